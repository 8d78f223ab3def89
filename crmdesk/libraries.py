"""Shared libraries of a frozen folder on Linux: which of them nobody needs, and where they look for others.

Used by `build_installer.py` only, and not frozen itself."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

OF_PYTHON = "libpython"  # loaded by the program's start by its name
# not an extension of Python, nor a plugin of Qt: somebody else has to ask for it
LIBRARY = re.compile(r"lib.+\.so\.\d")


def _entries(files: list[Path]) -> Iterator[tuple[Path, str, str]]:
    """File, kind and value of every line that the loader reads at a start."""
    told = subprocess.run(["objdump", "-p", *map(str, files)], capture_output=True, text=True, check=False).stdout
    path = Path()
    for line in told.splitlines():
        kind, _, value = line.strip().partition(" ")
        if "file format" in line:
            path = Path(line.rpartition(":")[0])
            yield path, "file", ""
        elif kind in ("NEEDED", "RPATH", "RUNPATH"):
            yield path, kind, value.strip()


def needs(files: list[Path]) -> dict[Path, set[str]]:
    """Names of the libraries that each of these libraries or programs asks for at its start."""
    found: dict[Path, set[str]] = {}
    for path, kind, value in _entries(files):
        names = found.setdefault(path, set())
        if kind == "NEEDED":
            names.add(value)
    return found


def libraries(inside: Path) -> list[Path]:
    """All of the folder, each once: PyInstaller puts a link to many beside the program."""
    return sorted(path for path in inside.rglob("*.so*") if path.is_file() and not path.is_symlink())


def unneeded(program: Path, inside: Path) -> list[Path]:
    """What nobody asks for: it came along for a plugin that was taken out."""
    asked = needs([program, *libraries(inside)])
    return _unasked(asked)


def _unasked(asked: Mapping[Path, set[str]]) -> list[Path]:
    waiting = [path for path in asked if not LIBRARY.match(path.name) or path.name.startswith(OF_PYTHON)]
    by_name = {path.name: path for path in asked}
    kept = set(waiting)
    while waiting:
        for name in asked[waiting.pop()]:
            if (path := by_name.get(name)) is not None and path not in kept:
                kept.add(path)
                waiting.append(path)
    return sorted(asked.keys() - kept)


def forget_places(files: list[Path]) -> list[str]:
    """Takes folders of the building computer out of the places where these look for libraries, and names them: on
    another computer somebody else may have such a folder. An emptied path is none for the loader; files keep their
    length."""
    found = {
        (path, value)
        for path, kind, value in _entries(files)
        if kind != "NEEDED" and value and not value.startswith("$ORIGIN")
    }
    for path, value in found:
        text = value.encode()
        path.write_bytes(path.read_bytes().replace(b"\0" + text + b"\0", b"\0" * (len(text) + 2)))
    return sorted({value for _, value in found})
