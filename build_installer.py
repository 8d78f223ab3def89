"""Makes what a hotel installs: a folder with the whole program, and the installer of this system.

    .venv/bin/pip install -e '.[installer]'
    .venv/bin/python build_installer.py

Linux: `.deb` and `.tar.xz`. Windows: a set-up program (with Inno Setup) and a `.zip`. macOS: a `.dmg`. Each system's is
built on that system. The frozen program tries itself out before anything is packed (`crmdesk self-test`); what fails
that is deleted. Everything lands in `dist/`, with the licences of all parts and SHA-256 sums beside it."""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Mapping
from email.message import Message
from pathlib import Path
from typing import Any, TypeVar, cast

T = TypeVar("T")

PROJECT = Path(__file__).resolve().parent
NAME = "crmdesk"
SUMMARY = "Desktop contact manager for hotels and holiday rentals"
DETAILS = (
    "Keeps the contacts of several vendors' systems in one window, over an encrypted cache that works without a"
    " connection, and sends bulk events with an outcome for every row."
)
MAINTAINER = "The crmdesk developers <crmdesk@example.invalid>"
SELF_TEST_SECONDS = 300.0
MARK = ".made-by-build-installer"  # a folder with it may be deleted by the next build
TYPICAL = ("LICEN", "COPYING", "NOTICE", "AUTHORS")  # how files with licences are called

# Found at run time by name, so that no import statement shows them.
SUBMODULES = ("crmdesk", "phonenumbers")
HIDDEN = ("anyio._backends._asyncio", "sqlalchemy.dialects.sqlite", "logging.config", "uvicorn.lifespan.off")
EXCLUDED = (
    "tkinter", "unittest", "pytest", "_pytest", "hypothesis", "mypy", "IPython", "numpy.f2py", "numpy.testing",
    "PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtDesigner", "PySide6.QtHelp", "PySide6.QtSql", "PySide6.QtTest",
    "PySide6.QtUiTools", "PySide6.QtXml", "PySide6.QtOpenGL", "PySide6.QtOpenGLWidgets", "PySide6.QtConcurrent",
)  # fmt: skip
# Parts of Qt that a program of windows never loads; the first two would ask for libraries of their own.
DROPPED = (
    "plugins/platformthemes/libqgtk3.so", "plugins/platforms/libqeglfs.so", "plugins/platforms/libqvnc.so",
    "plugins/platforms/libqlinuxfb.so", "plugins/platforms/libqminimalegl.so", "plugins/platforms/libqvkkhrdisplay.so",
    "plugins/egldeviceintegrations", "plugins/generic", "plugins/qmltooling",
)  # fmt: skip
# What the frozen program takes from the system (drivers, X11, fonts): found with `ldd` on bare Debian 12 and 13.
DEPENDS = (
    "libc6 (>= 2.34)", "libgl1", "libegl1", "libfontconfig1", "libfreetype6", "libglib2.0-0t64 | libglib2.0-0",
    "libdbus-1-3", "libx11-6", "libx11-xcb1", "libxkbcommon0", "libxkbcommon-x11-0", "libxcb-cursor0",
    "libxcb-icccm4", "libxcb-image0", "libxcb-keysyms1", "libxcb-render-util0", "libxcb-shape0", "libxcb-xkb1",
    "libgssapi-krb5-2",
)  # fmt: skip
ARCHITECTURES: Mapping[str, str] = {"x86_64": "amd64", "aarch64": "arm64"}


def main() -> int:
    chosen = _arguments()
    if chosen.check_deb:
        for suite in chosen.check_deb:
            check_deb(suite, chosen.out)
        return 0
    if importlib.util.find_spec("PyInstaller") is None:
        sys.exit("PyInstaller is missing. Install it first: .venv/bin/pip install -e '.[installer]'")
    out: Path = chosen.out.resolve()
    clear(out)
    try:
        made = build(out)
    except BaseException:  # Ctrl-C, too
        shutil.rmtree(out)  # nobody shall install it by mistake
        raise
    for path in made:
        print(f"{path}  {path.stat().st_size / 1e6:.1f} MB")
    return 0


def clear(out: Path) -> None:
    """An empty folder, marked as this script's. One with anything else in it is not touched: this script ends."""
    if out.exists() and not (out / MARK).is_file() and (not out.is_dir() or any(out.iterdir())):
        sys.exit(f"{out} holds other files, which a build would delete. Empty it, or name a new folder with --out.")
    if out.exists():
        shutil.rmtree(out)
    out.mkdir(parents=True)
    (out / MARK).touch()


def build(out: Path) -> list[Path]:
    """The files to give away, tried out, with their sums beside them."""
    program = _timed("freeze", freeze, out)
    _timed("self-test", self_test, executable(program))
    made = _timed("pack", pack, program, out)
    sums = "".join(f"{sha256(path)}  {path.name}\n" for path in made)
    (out / "SHA256SUMS").write_text(sums, "utf-8")
    return made


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=PROJECT / "dist", metavar="DIR", help="default: dist")
    parser.add_argument(
        "--check-deb",
        nargs="+",
        metavar="SUITE",
        help="install, try out and remove the .deb that is there on a bare Debian (bookworm, trixie); needs root and"
        " debootstrap",
    )
    return parser.parse_args()


def _timed(name: str, work: Callable[..., T], *given: Any) -> T:
    started = time.monotonic()
    result = work(*given)
    print(f"{name}: {time.monotonic() - started:.0f} s", flush=True)
    return result


def _run(*command: object, **named: Any) -> None:
    """CalledProcessError where it fails."""
    subprocess.run([str(part) for part in command], check=True, **named)


def version() -> str:
    """Of crmdesk, without importing it."""
    found = re.search(r'^__version__ = "([^"]+)"', (PROJECT / NAME / "__init__.py").read_text("utf-8"), re.M)
    if found is None:
        sys.exit("crmdesk/__init__.py names no version.")
    return found[1]


# ── the folder ───────────────────────────────────────────────────────────────────────────────────────────────────────


def freeze(out: Path) -> Path:
    """The folder (on macOS the bundle) with the program, Python and all libraries."""
    with tempfile.TemporaryDirectory() as work:
        _run(sys.executable, "-m", "PyInstaller", *freeze_options(out, Path(work)), cwd=PROJECT)
    program = out / (f"{NAME}.app" if sys.platform == "darwin" else NAME)
    inside = program / ("Contents/Frameworks" if sys.platform == "darwin" else "_internal")
    for name in DROPPED:
        _remove(inside / "PySide6" / "Qt" / name)
    for name in ("libgtk-3.so.0", "libgdk-3.so.0"):
        _remove(inside / name)
    _slim(inside)
    write_licences(program / "Contents/Resources" if sys.platform == "darwin" else program)
    return program


def freeze_options(out: Path, work: Path) -> list[str]:
    """Words for PyInstaller. Migrations are read as files by the library that runs them."""
    data = {"resources": f"{NAME}/_resources", f"{NAME}/store/migrations": f"{NAME}/store/migrations"}
    options = ["--noconfirm", "--clean", "--log-level", "ERROR", "--name", NAME]
    options += ["--distpath", str(out), "--workpath", str(work), "--specpath", str(work)]
    for source, place in data.items():
        options += ["--add-data", f"{PROJECT / source}:{place}"]
    for module in SUBMODULES:
        options += ["--collect-submodules", module]
    for module in HIDDEN:
        options += ["--hidden-import", module]
    for module in EXCLUDED:
        options += ["--exclude-module", module]
    if sys.platform == "darwin":
        options += ["--windowed"]
    elif sys.platform == "win32":  # one program for window and command line; its black window is hidden at once
        options += ["--console", "--hide-console", "hide-early"]
    return [*options, str(PROJECT / NAME / "__main__.py")]


def executable(program: Path) -> Path:
    if sys.platform == "darwin":
        return program / "Contents" / "MacOS" / NAME
    return program / (f"{NAME}.exe" if sys.platform == "win32" else NAME)


def _slim(inside: Path) -> None:
    """Symbols for debuggers in the two libraries that bring megabytes of them."""
    strip = shutil.which("strip")
    if sys.platform == "linux" and strip:
        for pattern in ("libpython*.so*", "sqlcipher3/*.so"):
            for library in inside.glob(pattern):
                _run(strip, "--strip-unneeded", library)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def self_test(program: Path) -> None:
    """The frozen program tries itself out, as somebody who has nothing of this project. Ends this script where it
    fails."""
    hidden = ("PYTHON", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "QT_", "CRMDESK_")
    bare = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    with tempfile.TemporaryDirectory() as home:
        bare |= {"HOME": home, "XDG_DATA_HOME": home, "XDG_CONFIG_HOME": home}
        try:
            _run(program, "self-test", env=bare, cwd=home, timeout=SELF_TEST_SECONDS)
        except (subprocess.SubprocessError, OSError) as error:
            sys.exit(f"The frozen program does not work ({error}). Nothing was packed.")


# ── licences ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def shipped() -> list[importlib.metadata.Distribution]:
    """crmdesk's dependencies and theirs, without those of its extras, by name."""
    from packaging.requirements import Requirement

    found: dict[str, importlib.metadata.Distribution] = {}
    waiting = [NAME]
    while waiting:
        one = importlib.metadata.distribution(waiting.pop())
        for text in one.requires or ():
            need = Requirement(text)
            key = re.sub(r"[-_.]+", "-", need.name).lower()
            if key not in found and (need.marker is None or need.marker.evaluate({"extra": ""})):
                found[key] = importlib.metadata.distribution(need.name)
                waiting.append(need.name)
    return [found[key] for key in sorted(found)]


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


def write_licences(program: Path) -> None:
    """`licences/`: a table of everything that is in the folder, and each part's own files."""
    place = program / "licences"
    lines = [f"What {NAME} {version()} brings along, and under which licence.", ""]
    for one in shipped():
        name = one.metadata["Name"]
        lines.append(f"{name} {one.version}: {licence_of(one)}")
        for file in one.files or ():
            if any(word in file.name.upper() for word in TYPICAL) and not file.name.endswith((".py", ".pyc")):
                target = place / name / "-".join(file.parts[-2:])
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(one.locate_file(file)), target)
    lines.append(f"Python {platform.python_version()}: PSF-2.0, https://docs.python.org/3/license.html")
    lines.append("The frame around it is PyInstaller's: GPL-2.0-or-later with the exception for bootloaders")
    for text in sorted((PROJECT / "resources" / "licences").glob("*.txt")):  # of Qt, whose wheels bring none
        place.mkdir(exist_ok=True)
        shutil.copyfile(text, place / text.name)
    (place / "LICENCES.txt").write_text("\n".join(lines) + "\n", "utf-8")


# ── packing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def pack(program: Path, out: Path) -> list[Path]:
    """The files for this system."""
    if sys.platform == "win32":
        return _pack_windows(program, out)
    if sys.platform == "darwin":
        image = out / f"{NAME}-{version()}.dmg"
        _run("hdiutil", "create", "-volname", NAME, "-srcfolder", program, "-ov", "-format", "UDZO", image)
        return [image]
    made = [pack_tar(program, out)]
    if shutil.which("dpkg-deb"):
        made.append(pack_deb(program, out))
    else:
        print("No .deb: dpkg-deb is not on this system.", file=sys.stderr)
    return made


def _pack_windows(program: Path, out: Path) -> list[Path]:
    made = [Path(shutil.make_archive(str(out / f"{NAME}-{version()}-windows"), "zip", out, program.name))]
    compiler = shutil.which("iscc")
    if compiler is None:
        print("No set-up program: Inno Setup (iscc) was not found. The .zip is complete.", file=sys.stderr)
        return made
    script = out / f"{NAME}.iss"
    script.write_text(inno_script(program, out), "utf-8-sig")
    _run(compiler, "/Q", script)
    return [*made, out / f"{NAME}-{version()}-setup.exe"]


def inno_script(program: Path, out: Path) -> str:
    """What Inno Setup is told. For the person alone, so that nobody needs an administrator."""
    return f"""\
[Setup]
AppId={NAME}
AppName={NAME}
AppVersion={version()}
DefaultDirName={{autopf}}\\{NAME}
PrivilegesRequired=lowest
OutputDir={out}
OutputBaseFilename={NAME}-{version()}-setup
UninstallDisplayIcon={{app}}\\{NAME}.exe

[Files]
Source: "{program}\\*"; DestDir: "{{app}}"; Flags: recursesubdirs

[Icons]
Name: "{{autoprograms}}\\{NAME}"; Filename: "{{app}}\\{NAME}.exe"
"""


def pack_tar(program: Path, out: Path) -> Path:
    path = out / f"{NAME}-{version()}-linux-{platform.machine()}.tar.xz"
    with tarfile.open(path, "w:xz", preset=3) as archive:
        archive.add(program, f"{NAME}-{version()}", filter=_nobodys)
    return path


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """The builder's name and time are nobody's business, and the same program gives the same archive."""
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    member.mtime = int(os.environ.get("SOURCE_DATE_EPOCH", "0")) or member.mtime
    return member


def pack_deb(program: Path, out: Path) -> Path:
    machine = ARCHITECTURES[platform.machine()]
    path = out / f"{NAME}_{version()}_{machine}.deb"
    with tempfile.TemporaryDirectory() as work:
        root = Path(work) / "root"
        for place, content in deb_files().items():
            target = root / place
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        shutil.copytree(program, root / "opt" / NAME, symlinks=True)
        (root / "usr/bin").mkdir(parents=True)
        (root / "usr/bin" / NAME).symlink_to(f"/opt/{NAME}/{NAME}")
        files = [file for file in sorted(root.rglob("*")) if file.is_file() and not file.is_symlink()]
        sums = "".join(f"{_digest(file, 'md5')}  {file.relative_to(root)}\n" for file in files)
        size = sum(file.stat().st_size for file in files) // 1024
        (root / "DEBIAN").mkdir()
        (root / "DEBIAN/control").write_text(control(machine, size), "utf-8")
        (root / "DEBIAN/md5sums").write_text(sums, "utf-8")
        for folder in (root, *(one for one in root.rglob("*") if one.is_dir() and not one.is_symlink())):
            folder.chmod(0o755)
        _run("dpkg-deb", "--root-owner-group", "-Zxz", "-z3", "--build", root, path, stdout=subprocess.DEVNULL)
    return path


def deb_files() -> dict[str, bytes]:
    """Path in the system → content, besides the program's folder."""
    icons = "usr/share/icons/hicolor"
    return {
        f"usr/share/applications/{NAME}.desktop": desktop_entry().encode(),
        f"{icons}/scalable/apps/{NAME}.svg": (PROJECT / "resources" / f"{NAME}.svg").read_bytes(),
        f"{icons}/256x256/apps/{NAME}.png": (PROJECT / "resources" / f"{NAME}.png").read_bytes(),
        f"usr/share/doc/{NAME}/copyright": f"Licences of all parts: /opt/{NAME}/licences\n".encode(),
    }


def control(machine: str, size: int) -> str:
    """`size` in KiB."""
    return f"""\
Package: {NAME}
Version: {version()}
Architecture: {machine}
Maintainer: {MAINTAINER}
Installed-Size: {size}
Depends: {", ".join(DEPENDS)}
Section: misc
Priority: optional
Description: {SUMMARY[0].lower()}{SUMMARY[1:]}
 {DETAILS}
"""


def desktop_entry() -> str:
    return f"""\
[Desktop Entry]
Type=Application
Name={NAME}
Comment={SUMMARY}
Exec={NAME}
Icon={NAME}
Terminal=false
Categories=Office;ContactManagement;
StartupWMClass={NAME}
"""


def sha256(path: Path) -> str:
    return _digest(path, "sha256")


def _digest(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()


# ── the check of the .deb ────────────────────────────────────────────────────────────────────────────────────────────

IN_DEBIAN = f"""
set -eu
export DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp
apt-get update -qq
apt-get install -y -qq --no-install-recommends /{NAME}.deb >/dev/null
cd /tmp
{NAME} --version
{NAME} self-test
apt-get remove -y -qq {NAME} >/dev/null
test ! -e /opt/{NAME} && test ! -e /usr/bin/{NAME} && test ! -e /usr/share/applications/{NAME}.desktop
"""


def check_deb(suite: str, out: Path) -> None:
    """Installs, tries out and removes the package on a bare Debian in a folder of its own. CalledProcessError where
    something fails."""
    packages = sorted(out.resolve().glob(f"{NAME}_*.deb"))
    if len(packages) != 1 or not shutil.which("debootstrap"):
        sys.exit("Build the .deb first, and install debootstrap: both are needed for this check.")
    with tempfile.TemporaryDirectory() as work:
        root = Path(work) / "root"
        _run("debootstrap", "--variant=minbase", suite, root, *_mirror(), stdout=subprocess.DEVNULL)
        shutil.copyfile(packages[0], root / f"{NAME}.deb")
        _run("chroot", root, "bash", "-c", IN_DEBIAN)
    print(f"{packages[0].name} is installed, works and is removed cleanly on {suite}.")


def _mirror() -> list[str]:
    """Where this system's own packages come from; [] leaves it to debootstrap."""
    sources = Path("/etc/apt/sources.list.d/debian.sources")
    found = re.search(r"^URIs: *(\S+)", sources.read_text("utf-8"), re.M) if sources.exists() else None
    return [found[1]] if found else []


if __name__ == "__main__":
    sys.exit(main())
