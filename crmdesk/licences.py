"""`licences/` of an installed program: a table of everything that goes along, and each part's own files.

Used by `build_installer.py` only, and not frozen itself."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterable
from email.message import Message
from pathlib import Path
from typing import cast

from crmdesk import __version__

NAME = "crmdesk"
OF_QT = Path(__file__).resolve().parents[1] / "resources" / "licences"  # its wheels bring none
TYPICAL = ("LICEN", "COPYING", "NOTICE", "AUTHORS")  # how files with licences are called
FRAME = "PyInstaller"  # a little of it goes along: GPL-2.0-or-later with an exception for what it freezes


def shipped() -> list[importlib.metadata.Distribution]:
    """crmdesk's dependencies and theirs, without those of its extras, by name."""
    from packaging.requirements import Requirement

    found: dict[str, importlib.metadata.Distribution] = {}
    waiting = [NAME]
    while waiting:
        one = importlib.metadata.distribution(waiting.pop())
        for text in one.requires or ():
            need = Requirement(text)
            key = _key(need.name)
            if key not in found and (need.marker is None or need.marker.evaluate({"extra": ""})):
                found[key] = importlib.metadata.distribution(need.name)
                waiting.append(need.name)
    return [found[key] for key in sorted(found)]


def strangers(modules: Iterable[str]) -> list[str]:
    """Distributions that these modules are of, but crmdesk does not need: their licences would be missing."""
    owners = importlib.metadata.packages_distributions()
    there = {_key(owner) for name in {one.partition(".")[0] for one in modules} for owner in owners.get(name, ())}
    known = {_key(one.metadata["Name"]) for one in shipped()} | {_key(NAME), _key(FRAME)}
    return sorted(there - known)


def message_of(one: importlib.metadata.Distribution) -> Message:
    """Its metadata, as the mail message that it is."""
    return cast(Message, one.metadata)


def licence_of(one: importlib.metadata.Distribution) -> str:
    """In a few words, as its author has them."""
    about = message_of(one)
    kinds = [text.rpartition(" :: ")[2] for text in about.get_all("Classifier") or () if text.startswith("License ::")]
    named = about.get("License-Expression") or about.get("License") or ""
    short = named.strip().splitlines()[0] if named.strip() else ""
    return short if 0 < len(short) <= 80 else ", ".join(kinds) or "see its files"


def write_licences(program: Path, libraries: Iterable[Path] = ()) -> None:
    """`libraries`: files of the building system that went along."""
    place = program / "licences"
    place.mkdir(exist_ok=True)
    lines = [f"What {NAME} {__version__} brings along, and under which licence.", ""]
    for one in shipped():
        name = one.metadata["Name"]
        lines.append(f"{name} {one.version}: {licence_of(one)}")
        for file in one.files or ():
            if any(word in file.name.upper() for word in TYPICAL) and not file.name.endswith((".py", ".pyc")):
                target = place / name / "-".join(file.parts[-2:])
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(one.locate_file(file)), target)
    lines.append(f"Python {platform.python_version()}: PSF-2.0, https://docs.python.org/3/license.html")
    own = Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    if own.is_file():
        shutil.copyfile(own, place / "Python.txt")
    lines.append("The frame around it is PyInstaller's: GPL-2.0-or-later with the exception for bootloaders")
    for text in sorted(OF_QT.glob("*.txt")):
        shutil.copyfile(text, place / text.name)
    lines += _system_licences(libraries, place / "system")
    (place / "LICENCES.txt").write_text("\n".join(lines) + "\n", "utf-8")


def _system_licences(libraries: Iterable[Path], place: Path) -> list[str]:
    """A line for each library of the system, and what its package says of its licence beside it."""
    lines = []
    for library, package in _packages(libraries).items():
        text = Path(f"/usr/share/doc/{package}/copyright")
        if package and text.is_file():
            place.mkdir(exist_ok=True)
            shutil.copyfile(text, place / f"{package}.txt")
            lines.append(f"{library.name}: system/{package}.txt")
        else:
            lines.append(f"{library.name}: of the system that this was built on")
    return lines


def _packages(libraries: Iterable[Path]) -> dict[Path, str]:
    """The Debian package that each file belongs to, '' where nobody knows. One question for all: dpkg reads all its
    lists for each. It may know a file by its path without /usr."""
    names = {one: {str(one), str(real := one.resolve()), str(real).removeprefix("/usr")} for one in libraries}
    dpkg = shutil.which("dpkg")
    if dpkg is None or not names:
        return dict.fromkeys(names, "")
    asked = sorted(set().union(*names.values()))
    done = subprocess.run([dpkg, "-S", *asked], capture_output=True, text=True, check=False)
    parts = (line.rpartition(": ") for line in done.stdout.splitlines())  # as in: libssl3:amd64: /usr/lib/…
    owners = {path: re.split(r"[:,]", owner)[0] for owner, _, path in parts}
    return {one: next((owners[name] for name in sorted(known) if name in owners), "") for one, known in names.items()}


def _key(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
