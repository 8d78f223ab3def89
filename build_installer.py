"""Makes what a hotel installs: a folder with the whole program, and the installer of this system.

    .venv/bin/pip install -e '.[installer]'
    .venv/bin/python build_installer.py

Linux: `.deb` and `.tar.xz`. Windows: a set-up program (with Inno Setup) and a `.zip`. macOS: a `.dmg`. Each system's is
built on that system. The frozen program tries itself out before anything is packed (`crmdesk self-test`); what fails
that is deleted. Everything lands in `dist/`, with the licences of all parts and SHA-256 sums beside it."""

from __future__ import annotations

import argparse
import ast
import ctypes
import gzip
import hashlib
import importlib.util
import os
import platform
import plistlib
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from crmdesk import __version__, intact, libraries, packages
from crmdesk.cli import arguments
from crmdesk.licences import strangers, write_licences
from crmdesk.packages import NAME
from crmdesk.settings import LANGUAGES

T = TypeVar("T")

PROJECT = Path(__file__).resolve().parent
MARK = ".made-by-build-installer"  # a folder with it may be deleted by the next build
SELF_TEST_SECONDS = 300.0

# Found at run time by name, so that no import statement shows them.
SUBMODULES = ("crmdesk", "phonenumbers")
HIDDEN = ("anyio._backends._asyncio", "sqlalchemy.dialects.sqlite", "logging.config", "uvicorn.lifespan.off")
EXCLUDED = (
    "tkinter", "unittest", "pytest", "_pytest", "hypothesis", "mypy", "IPython", "numpy.f2py", "numpy.testing",
    "rich", "pygments", "setuptools", "pip",
    "crmdesk.licences", "crmdesk.libraries", "crmdesk.manual", "crmdesk.packages",
    "PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtDesigner", "PySide6.QtHelp", "PySide6.QtSql", "PySide6.QtTest",
    "PySide6.QtUiTools", "PySide6.QtXml", "PySide6.QtOpenGL", "PySide6.QtOpenGLWidgets", "PySide6.QtConcurrent",
)  # fmt: skip
# Parts of Qt that a program of windows never loads. The first would bring GTK along, see crmdesk/DECISIONS.md.
DROPPED = (
    "plugins/platformthemes/libqgtk3.so", "plugins/platforms/libqeglfs.so", "plugins/platforms/libqvnc.so",
    "plugins/platforms/libqlinuxfb.so", "plugins/platforms/libqminimalegl.so", "plugins/platforms/libqvkkhrdisplay.so",
    "plugins/egldeviceintegrations", "plugins/generic", "plugins/qmltooling",
    "plugins/networkinformation", "plugins/tls",
)  # fmt: skip
STRIPPED = (
    "libpython*.so*",
    "python3*/lib-dynload/*.so",
    "sqlcipher3/*.so",
    "sqlalchemy/**/*.so",
    "cryptography/**/*.so",
)
DATA = {"resources": f"{NAME}/_resources", f"{NAME}/store/migrations": f"{NAME}/store/migrations"}
SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)  # of the picture in menus; Linux
OLDEST_MACOS = "13.0" if sys.version_info < (3, 12) else "14.0"  # that the pinned Qt runs on

ARCHITECTURES: Mapping[str, str] = {"x86_64": "amd64", "aarch64": "arm64"}


def main() -> int:
    chosen = _arguments()
    if chosen.check_deb:
        for suite in chosen.check_deb:
            check_deb(suite, chosen.out, chosen.older)
        return 0
    if message := lacking():
        sys.exit(message)
    out: Path = chosen.out.resolve()
    clear(out)
    try:
        made = build(out, folder_only=chosen.folder_only)
    except BaseException:  # Ctrl-C, too
        shutil.rmtree(out)  # nobody shall install it by mistake
        raise
    for path in made:
        print(path if path.is_dir() else f"{path}  {path.stat().st_size / 1e6:.1f} MB")
    return 0


def clear(out: Path) -> None:
    """An empty folder, marked as this script's. One with anything else in it is not touched: this script ends."""
    if out.exists() and not (out / MARK).is_file() and (not out.is_dir() or any(out.iterdir())):
        sys.exit(f"{out} holds other files, which a build would delete. Empty it, or name a new folder with --out.")
    if out.exists():
        shutil.rmtree(out)
    out.mkdir(parents=True)
    (out / MARK).touch()


def build(out: Path, *, folder_only: bool = False) -> list[Path]:
    """What is given away, tried out, with sums beside the files."""
    program = _timed("freeze", freeze, out)
    _timed("self-test", self_test, executable(program))
    if folder_only:
        return [program]
    made = _timed("pack", pack, program, out)
    sums = "".join(f"{digest(path)}  {path.name}\n" for path in made)
    (out / "SHA256SUMS").write_text(sums, "utf-8")
    return made


def pack(program: Path, out: Path) -> list[Path]:
    """The files for this system."""
    if sys.platform == "win32":
        return pack_windows(program, out)
    return pack_macos(program, out) if sys.platform == "darwin" else pack_linux(program, out)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=PROJECT / "dist", metavar="DIR", help="default: dist")
    parser.add_argument("--folder-only", action="store_true", help="freeze and try out, but pack nothing")
    parser.add_argument(
        "--check-deb",
        nargs="+",
        metavar="SUITE",
        help="install, try out and remove the .deb that is there on a bare Debian (bookworm, trixie); needs root and"
        " debootstrap",
    )
    parser.add_argument("--older", type=Path, metavar="DEB", help="with --check-deb: an older .deb to update from")
    return parser.parse_args()


def _timed(name: str, work: Callable[..., T], *given: Any) -> T:
    started = time.monotonic()
    result = work(*given)
    print(f"{name}: {time.monotonic() - started:.0f} s", flush=True)
    return result


def run(*command: object, **named: Any) -> None:
    """CalledProcessError where it fails."""
    subprocess.run([str(part) for part in command], check=True, **named)


def digest(path: Path, algorithm: str = "sha256") -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()


# ── the folder ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Frozen(NamedTuple):
    """What PyInstaller put into the folder: names of Python modules, and where each library of the system came from."""

    modules: tuple[str, ...]
    libraries: tuple[Path, ...]


def lacking() -> str | None:
    """What this computer needs before it can freeze the program, and how to get it."""
    if importlib.util.find_spec("PyInstaller") is None:
        return "PyInstaller is missing. Install it first: .venv/bin/pip install -e '.[installer]'"
    if sys.platform != "linux":
        return None
    tools = [name for name in ("ldd", "objcopy", "objdump") if shutil.which(name) is None]
    library = str(sysconfig.get_config_var("INSTSONAME"))
    try:
        ctypes.CDLL(library)
    except OSError:
        tools.append(library)
    if not tools:
        return None
    package = f"libpython{sys.version_info.major}.{sys.version_info.minor}"
    return (
        f"To freeze the program this computer lacks {', '.join(tools)}.\n"
        f"Debian, Ubuntu:  sudo apt-get install -y --no-install-recommends binutils {package}\n"
        "A Python that was compiled here must have been configured with --enable-shared."
    )


def freeze(out: Path) -> Path:
    """The folder; this script ends where something is in it that crmdesk does not name as its dependency."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        settings = dict(os.environ) | {"PYINSTALLER_CONFIG_DIR": str(work / "cache")}
        run(sys.executable, "-m", "PyInstaller", *freeze_options(out, work), cwd=PROJECT, env=settings)
        found = content(work / NAME)
    if unknown := strangers(found.modules):
        sys.exit(f"In the folder, but no dependency of crmdesk: {', '.join(unknown)}. Add them to EXCLUDED.")
    program = out / (f"{NAME}.app" if sys.platform == "darwin" else NAME)
    inside = program / ("Contents/Frameworks" if sys.platform == "darwin" else "_internal")
    for compiled in [*inside.rglob("__pycache__")]:  # of the builder's Python, with its folders
        _remove(compiled)
    if lost := left_behind(inside):
        sys.exit(f"Not in the folder, but read as files: {', '.join(lost[:5])}")
    _slim(executable(program), inside)
    kept = [path for path in found.libraries if any(inside.rglob(path.name))]
    write_licences(program / "Contents/Resources" if sys.platform == "darwin" else program, kept)
    if sys.platform == "darwin":
        finish_bundle(program)
    else:
        _note_sums(program)
    return program


def left_behind(inside: Path) -> list[str]:
    """Files of the checkout that the frozen program would miss."""
    return [
        f"{source}/{name}"
        for source, place in DATA.items()
        for name in sorted(path.relative_to(PROJECT / source).as_posix() for path in _data_files(PROJECT / source))
        if not (inside / place / name).is_file()
    ]


def _data_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def _note_sums(program: Path) -> None:
    """So that `crmdesk self-test` finds what is damaged or missing; `sha256sum --check` reads it, too."""
    files = [path for path in sorted(program.rglob("*")) if path.is_file() and not path.is_symlink()]
    sums = "".join(f"{digest(path)}  {path.relative_to(program).as_posix()}\n" for path in files)
    (program / intact.SUMS).write_text(sums, "utf-8")


def freeze_options(out: Path, work: Path) -> list[str]:
    """Words for PyInstaller. Migrations are read as files by the library that runs them."""
    options = ["--noconfirm", "--clean", "--log-level", "ERROR", "--name", NAME]
    options += ["--distpath", str(out), "--workpath", str(work), "--specpath", str(work)]
    for source, place in DATA.items():
        options += ["--add-data", f"{PROJECT / source}:{place}"]
    for module in SUBMODULES:
        options += ["--collect-submodules", module]
    for module in HIDDEN:
        options += ["--hidden-import", module]
    for module in EXCLUDED:
        options += ["--exclude-module", module]
    if sys.platform == "darwin":
        options += ["--windowed", "--icon", str(icon(work, "icns")), "--osx-bundle-identifier", packages.IDENTIFIER]
    elif sys.platform == "win32":  # one program for window and command line; its black window is hidden at once
        options += ["--console", "--hide-console", "hide-early", "--icon", str(icon(work, "ico"))]
    return [*options, str(PROJECT / NAME / "__main__.py")]


def icon(folder: Path, kind: str) -> Path:
    """The program's picture as Windows (`ico`) or macOS (`icns`) has it."""
    wrap = packages.icns if kind == "icns" else packages.ico
    path = folder / f"{NAME}.{kind}"
    path.write_bytes(wrap(picture))
    return path


def picture(size: int) -> bytes:
    """The program's picture as a PNG of so many pixels."""
    from PySide6.QtCore import QBuffer
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(str(PROJECT / "resources" / f"{NAME}.svg")).render(painter)
    painter.end()
    buffer = QBuffer()
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def content(work: Path) -> Frozen:
    """Read from the lists that PyInstaller leaves in its folder of work."""
    modules = {name for name, *_ in ast.literal_eval((work / "PYZ-00.toc").read_text("utf-8"))[1]}
    files = ast.literal_eval((work / "COLLECT-00.toc").read_text("utf-8"))[0]
    modules |= {Path(place).parts[0].partition(".")[0] for place, _source, kind in files if kind == "EXTENSION"}
    ours = [Path(root).resolve() for root in {sys.prefix, sys.base_prefix} if root != "/usr"]
    libraries = {
        Path(source)
        for _place, source, kind in files
        if kind == "BINARY" and not any(Path(source).resolve().is_relative_to(root) for root in ours)
    }
    return Frozen(tuple(sorted(modules)), tuple(sorted(libraries)))


def executable(program: Path) -> Path:
    if sys.platform == "darwin":
        return program / "Contents" / "MacOS" / NAME
    return program / (f"{NAME}.exe" if sys.platform == "win32" else NAME)


def self_test(program: Path) -> None:
    """The frozen program tries itself out, as somebody who has nothing of this project. Ends this script where it
    fails."""
    hidden = ("PYTHON", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "QT_", "CRMDESK_")
    bare = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    with tempfile.TemporaryDirectory() as home:
        own = ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA")
        bare |= dict.fromkeys(own, home)
        try:
            run(program, "self-test", env=bare, cwd=home, timeout=SELF_TEST_SECONDS)
        except (subprocess.SubprocessError, OSError) as error:
            sys.exit(f"The frozen program does not work ({error}). Nothing was packed.")


def _slim(program: Path, inside: Path) -> None:
    """Takes out what nobody needs: parts of Qt and the libraries that came for them, languages that we do not speak,
    symbols for debuggers where they are many, and where the builder's libraries lie."""
    qt = inside / "PySide6" / ("Qt" if sys.platform != "win32" else "")
    for part in DROPPED:
        _remove(qt / part)
    for words in (qt / "translations").glob("*.qm"):
        if words.stem not in {f"qtbase_{code}" for code in LANGUAGES}:
            words.unlink()
    if sys.platform != "linux":
        return
    for library in libraries.unneeded(program, inside):
        library.unlink()
    for link in [path for path in inside.rglob("*.so*") if path.is_symlink() and not path.exists()]:
        link.unlink()
    strip = shutil.which("strip")
    for library in [path for pattern in STRIPPED for path in inside.glob(pattern) if strip]:
        run(strip, "--strip-unneeded", library)
    libraries.forget_places(libraries.libraries(inside))
    for library in libraries.libraries(inside):
        library.chmod(0o644)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


# ── Linux: a .deb and a .tar.xz ──────────────────────────────────────────────────────────────────────────────────────


def pack_linux(program: Path, out: Path) -> list[Path]:
    made = [pack_tar(program, out)]
    if shutil.which("dpkg-deb"):
        made.append(pack_deb(program, out))
    else:
        print("No .deb: dpkg-deb is not on this system.", file=sys.stderr)
    return made


def pack_tar(program: Path, out: Path) -> Path:
    path = out / f"{NAME}-{__version__}-linux-{platform.machine()}.tar.xz"
    with tarfile.open(path, "w:xz", preset=3) as archive:
        archive.add(program, f"{NAME}-{__version__}", filter=_nobodys)
    return path


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """The builder's name, time and way with rights are nobody's business, and the same program gives the same
    archive."""
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    member.mode = 0o777 if member.issym() else 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    member.mtime = int(os.environ.get("SOURCE_DATE_EPOCH", "0")) or member.mtime
    return member


def pack_deb(program: Path, out: Path) -> Path:
    machine = ARCHITECTURES[platform.machine()]
    path = out / f"{NAME}_{__version__}_{machine}.deb"
    with tempfile.TemporaryDirectory() as work:
        root = Path(work) / "root"
        for place, content in deb_files(program).items():
            target = root / place
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        shutil.copytree(program, root / "opt" / NAME, symlinks=True)
        (root / "usr/bin").mkdir(parents=True)
        (root / "usr/bin" / NAME).symlink_to(f"/opt/{NAME}/{NAME}")
        files = [file for file in sorted(root.rglob("*")) if file.is_file() and not file.is_symlink()]
        sums = "".join(f"{digest(file, 'md5')}  {file.relative_to(root)}\n" for file in files)
        size = sum(file.stat().st_size for file in files) // 1024
        (root / "DEBIAN").mkdir()
        (root / "DEBIAN/control").write_text(packages.control(machine, size), "utf-8")
        (root / "DEBIAN/md5sums").write_text(sums, "utf-8")
        (root / "DEBIAN/postrm").write_text(packages.POSTRM, "utf-8")
        (root / "DEBIAN/postrm").chmod(0o755)
        _open_to_all(root)
        run("dpkg-deb", "--root-owner-group", "-Zxz", "-z3", "--build", root, path, stdout=subprocess.DEVNULL)
    return path


def _open_to_all(root: Path) -> None:
    """Everybody on the computer may read it, whatever the builder's own rights are like."""
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def deb_files(program: Path) -> dict[str, bytes]:
    """Path in the system → content, besides the program's folder."""
    from crmdesk.manual import page

    known = packages.releases((PROJECT / "README.md").read_text("utf-8"))
    newest = known[0].date
    parts = (program / "licences" / "LICENCES.txt").read_text("utf-8")
    manual = page(arguments.build(), packages.SUMMARY, f"{newest:%Y-%m-%d}")
    icons = "usr/share/icons/hicolor"
    return {
        f"usr/share/applications/{NAME}.desktop": packages.desktop_entry().encode(),
        f"usr/share/metainfo/{packages.IDENTIFIER}.metainfo.xml": packages.metainfo(known).encode(),
        f"{icons}/scalable/apps/{NAME}.svg": (PROJECT / "resources" / f"{NAME}.svg").read_bytes(),
        **{f"{icons}/{size}x{size}/apps/{NAME}.png": picture(size) for size in SIZES},
        f"usr/share/man/man1/{NAME}.1.gz": _packed(manual),
        f"usr/share/doc/{NAME}/copyright": packages.copyright_of(parts, newest.year).encode(),
        f"usr/share/doc/{NAME}/changelog.gz": _packed(packages.changelog(known)),
        f"usr/share/lintian/overrides/{NAME}": packages.OVERRIDES.encode(),
    }


def _packed(text: str) -> bytes:
    """Without the time: the same text gives the same file."""
    return gzip.compress(text.encode(), 9, mtime=0)


# ── Windows and macOS: never tried yet, see crmdesk/DECISIONS.md, Installers ─────────────────────────────────────────


def pack_windows(program: Path, out: Path) -> list[Path]:
    made = [Path(shutil.make_archive(str(out / f"{NAME}-{__version__}-windows"), "zip", out, program.name))]
    compiler = inno_compiler()
    if compiler is None:
        print("No set-up program: Inno Setup (iscc) was not found. The .zip is complete.", file=sys.stderr)
        return made
    with tempfile.TemporaryDirectory() as work:
        script = Path(work) / f"{NAME}.iss"
        text = packages.inno_script(program, out, icon(Path(work), "ico"), platform.machine())
        script.write_text(text, "utf-8-sig")
        run(compiler, "/Q", script)
    return [*made, out / f"{NAME}-{__version__}-setup.exe"]


def inno_compiler() -> str | None:
    """Its set-up program puts it on no path."""
    usual = [Path(os.environ.get(name, "")) / "Inno Setup 6/ISCC.exe" for name in ("ProgramFiles(x86)", "ProgramFiles")]
    return shutil.which("iscc") or next((str(path) for path in usual if path.is_file()), None)


def finish_bundle(program: Path) -> None:
    """Tells macOS of version and languages, and signs the bundle again: what was changed after PyInstaller's signature
    would make macOS call the program damaged. The signature names nobody; one that does needs a certificate."""
    path = program / "Contents" / "Info.plist"
    about = packages.bundle_facts(plistlib.loads(path.read_bytes()), OLDEST_MACOS, list(LANGUAGES))
    path.write_bytes(plistlib.dumps(about))
    run("codesign", "--force", "--deep", "--sign", "-", program)


def pack_macos(program: Path, out: Path) -> list[Path]:
    image = out / f"{NAME}-{__version__}.dmg"
    with tempfile.TemporaryDirectory() as work:
        shutil.copytree(program, Path(work) / program.name, symlinks=True)
        (Path(work) / "Applications").symlink_to("/Applications")
        run("hdiutil", "create", "-volname", NAME, "-srcfolder", work, "-ov", "-format", "UDZO", image)
    return [image]


# ── the check of the .deb ────────────────────────────────────────────────────────────────────────────────────────────


def check_deb(suite: str, out: Path, older: Path | None = None) -> None:
    """Installs (or updates from `older`), tries out and removes the package on a bare Debian in a folder of its own.
    CalledProcessError where something fails."""
    built = sorted(out.resolve().glob(f"{NAME}_{__version__}_*.deb"))
    if len(built) != 1 or not shutil.which("debootstrap"):
        sys.exit("Build the .deb first, and install debootstrap: both are needed for this check.")
    with tempfile.TemporaryDirectory() as work:
        root = Path(work) / "root"
        run("debootstrap", "--variant=minbase", suite, root, *_mirror(), stdout=subprocess.DEVNULL)
        shutil.copyfile(built[0], root / f"{NAME}.deb")
        if older is not None:
            shutil.copyfile(older, root / "older.deb")
        shutil.copyfile(PROJECT / "tests" / "helpers" / "bare_debian.sh", root / "check.sh")
        run("chroot", root, "bash", "/check.sh")
    print(f"{built[0].name} is installed, works and is removed cleanly on {suite}.")


def _mirror() -> list[str]:
    """Where this system's own packages come from; [] leaves it to debootstrap."""
    sources = Path("/etc/apt/sources.list.d/debian.sources")
    found = re.search(r"^URIs: *(\S+)", sources.read_text("utf-8"), re.M) if sources.exists() else None
    return [found[1]] if found else []


if __name__ == "__main__":
    sys.exit(main())
