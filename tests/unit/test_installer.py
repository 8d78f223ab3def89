"""What the installer is made of, without building one; the long test builds it."""

from __future__ import annotations

import configparser
import os
import plistlib
import shutil
import struct
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

import build_installer
from crmdesk import __version__, licences

ROOT = Path(__file__).parents[2]


def test_the_control_file_is_what_debian_reads() -> None:
    text = build_installer.control("amd64", 1234)
    fields = dict(line.split(": ", 1) for line in text.splitlines() if not line.startswith(" "))
    assert fields["Package"] == "crmdesk"
    assert fields["Version"] == __version__
    assert fields["Architecture"] == "amd64"
    assert fields["Installed-Size"] == "1234"
    assert "libgl1" in fields["Depends"].split(", ")
    assert text.endswith("\n")


def test_it_depends_on_every_library_that_a_start_asks_for() -> None:
    """The packages that `crmdesk` names where a library is missing."""
    from crmdesk import qt_preflight

    named = {part.split()[0] for entry in build_installer.DEPENDS for part in entry.split(" | ")}
    wanted = {package.debian for package in (*qt_preflight.CORE.values(), *qt_preflight.XCB.values())}
    assert wanted <= named
    assert {"libwayland-cursor0", "libwayland-egl1"} <= named  # without a display on X11


def test_the_menu_entry_starts_the_program_under_its_icon() -> None:
    entry = configparser.ConfigParser()
    entry.optionxform = str  # type: ignore[assignment,method-assign]
    entry.read_string(build_installer.desktop_entry())
    assert entry["Desktop Entry"]["Exec"] == "crmdesk"
    icons = [path for path in build_installer.deb_files() if "/icons/" in path]
    assert {Path(path).stem for path in icons} == {entry["Desktop Entry"]["Icon"]}


def test_everything_that_is_read_as_a_file_goes_along(tmp_path: Path) -> None:
    options = build_installer.freeze_options(tmp_path / "out", tmp_path / "work")
    data = [options[at + 1] for at, word in enumerate(options) if word == "--add-data"]
    assert f"{ROOT / 'resources'}:crmdesk/_resources" in data
    assert f"{ROOT / 'crmdesk/store/migrations'}:crmdesk/store/migrations" in data
    assert options[-1] == str(ROOT / "crmdesk" / "__main__.py")


def test_every_part_is_listed_with_its_licence(tmp_path: Path) -> None:
    licences.write_licences(tmp_path)
    text = (tmp_path / "licences" / "LICENCES.txt").read_text("utf-8")
    for name in ("PySide6_Essentials", "qasync", "httpx", "SQLAlchemy", "sqlcipher3", "h11", "Python"):
        assert f"\n{name} " in text
    assert "pytest" not in text
    named = {one.metadata["Name"] for one in licences.shipped()}
    without = {name for name in named if not (tmp_path / "licences" / name).is_dir()}
    assert without == {"PySide6_Essentials", "shiboken6"}  # theirs are the two below
    assert (tmp_path / "licences" / "httpx").is_dir()
    for name in ("LGPL-3.0.txt", "GPL-3.0.txt"):  # Qt is given away under these; its wheels bring no texts
        assert "Version 3, 29 June 2007" in (tmp_path / "licences" / name).read_text("utf-8")


def test_the_windows_script_names_program_and_version(tmp_path: Path) -> None:
    script = build_installer.inno_script(tmp_path / "crmdesk", tmp_path)
    assert f"AppVersion={__version__}\n" in script
    assert 'DestDir: "{app}"' in script
    assert r'"{app}\crmdesk.exe"' in script


def test_a_program_that_does_not_work_is_not_packed(tmp_path: Path) -> None:
    broken = tmp_path / "crmdesk"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(SystemExit, match="does not work"):
        build_installer.self_test(broken)


def test_a_build_deletes_no_folder_but_its_own(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("somebody's work")
    with pytest.raises(SystemExit, match="holds other files"):
        build_installer.clear(tmp_path)
    assert kept.read_text() == "somebody's work"
    own = tmp_path / "dist"
    build_installer.clear(own)
    (own / "old").touch()
    build_installer.clear(own)
    assert not (own / "old").exists()


@pytest.mark.parametrize("failing", ["freeze", "self_test", "pack"])
def test_nothing_is_left_of_a_build_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    def fails(*_: object) -> None:
        raise subprocess.CalledProcessError(1, failing)

    for step in ("freeze", "self_test", "pack"):
        monkeypatch.setattr(build_installer, step, lambda *_: tmp_path / "program")
    monkeypatch.setattr(build_installer, failing, fails)
    monkeypatch.setattr(build_installer, "lacking", lambda: None)
    monkeypatch.setattr(sys, "argv", ["build_installer.py", "--out", str(tmp_path / "dist")])
    with pytest.raises(subprocess.CalledProcessError):
        build_installer.main()
    assert not (tmp_path / "dist").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="names and rights as POSIX has them")
def test_the_archive_tells_nothing_of_its_builder(tmp_path: Path) -> None:
    program = tmp_path / "crmdesk"
    program.mkdir(mode=0o700)
    (program / "file").write_text("x")
    (program / "file").chmod(0o600)
    with tarfile.open(build_installer.pack_tar(program, tmp_path)) as archive:
        members = archive.getmembers()
    assert {member.name for member in members} == {f"crmdesk-{__version__}", f"crmdesk-{__version__}/file"}
    assert {(member.uname, member.uid) for member in members} == {("root", 0)}
    assert {member.mode for member in members} == {0o755, 0o644}


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs dpkg-deb")
def test_everybody_may_read_what_the_package_brings(tmp_path: Path) -> None:
    """Also where the builder's files are nobody else's business (umask 077)."""
    program = tmp_path / "program"
    (program / "licences").mkdir(parents=True, mode=0o700)
    (program / "crmdesk").write_text("#!/bin/sh")
    (program / "crmdesk").chmod(0o700)
    (program / "licences" / "LICENCES.txt").write_text("x")
    (program / "licences" / "LICENCES.txt").chmod(0o600)
    before = os.umask(0o077)
    try:
        package = build_installer.pack_deb(program, tmp_path)
    finally:
        os.umask(before)
    told = subprocess.run(["dpkg-deb", "--contents", package], capture_output=True, text=True, check=True).stdout
    rights = {line.split()[5].removeprefix("."): line.split()[0] for line in told.splitlines()}
    assert set(rights.values()) == {"drwxr-xr-x", "-rwxr-xr-x", "-rw-r--r--", "lrwxrwxrwx"}
    assert rights["/opt/crmdesk/crmdesk"] == "-rwxr-xr-x"
    assert rights["/usr/share/applications/crmdesk.desktop"] == "-rw-r--r--"


def test_who_removes_the_package_is_told_that_the_data_stays(tmp_path: Path) -> None:
    script = tmp_path / "postrm"
    script.write_text(build_installer.POSTRM)
    for word, told in (("remove", build_installer.DATA_STAYS), ("upgrade", ""), ("purge", "")):
        done = subprocess.run(["/bin/sh", script, word], capture_output=True, text=True, check=True)
        assert told in done.stdout if told else not done.stdout


def test_a_part_that_nobody_named_as_a_dependency_is_found() -> None:
    """Its licence would be missing in the folder."""
    assert licences.strangers(["httpx._api", "PySide6.QtCore", "json", "crmdesk.core.types"]) == []
    assert licences.strangers(["httpx", "_pytest.config", "babel.core"]) == ["babel", "pytest"]


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="needs dpkg")
def test_a_library_of_the_system_has_the_licence_of_its_package(tmp_path: Path) -> None:
    known = subprocess.run(["dpkg", "-L", "libc6"], capture_output=True, text=True, check=False).stdout.splitlines()
    library = next(Path(line) for line in known if line.endswith("/libc.so.6"))
    licences.write_licences(tmp_path, [library, tmp_path / "libof-nobody.so"])
    lines = (tmp_path / "licences" / "LICENCES.txt").read_text("utf-8").splitlines()
    assert "libc.so.6: system/libc6.txt" in lines
    assert "libof-nobody.so: of the system that this was built on" in lines
    assert "GNU" in (tmp_path / "licences" / "system" / "libc6.txt").read_text("utf-8")


@pytest.mark.parametrize("kind", ["ico", "icns"])
def test_the_icon_of_other_systems_wraps_the_whole_picture(tmp_path: Path, kind: str) -> None:
    picture = (ROOT / "resources" / "crmdesk.png").read_bytes()
    assert struct.unpack(">2I", picture[16:24]) == (256, 256)  # both formats say so of it
    made = build_installer.icon(tmp_path, kind).read_bytes()
    assert made.endswith(picture)
    if kind == "ico":
        size, offset = struct.unpack("<2I", made[14:22])
        assert made[offset : offset + size] == picture
    else:
        assert struct.unpack(">I", made[4:8])[0] == len(made)
        assert (made[8:12], struct.unpack(">I", made[12:16])[0]) == (b"ic08", len(made) - 8)


def test_what_is_missing_for_freezing_is_said_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_installer.shutil, "which", lambda name: None if name == "objdump" else f"/usr/bin/{name}")
    monkeypatch.setattr(build_installer.sys, "platform", "linux")
    message = build_installer.lacking()
    assert message is not None
    assert "lacks objdump" in message and "binutils libpython3." in message


def test_a_bundle_is_signed_after_its_last_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is altered after a signature, macOS calls damaged."""
    about_it = tmp_path / "crmdesk.app" / "Contents" / "Info.plist"
    about_it.parent.mkdir(parents=True)
    about_it.write_bytes(plistlib.dumps({"CFBundleName": "crmdesk", "CFBundleShortVersionString": "0.0.0"}))
    signed: list[dict[str, str]] = []
    monkeypatch.setattr(build_installer, "run", lambda *_: signed.append(plistlib.loads(about_it.read_bytes())))
    build_installer.finish_bundle(tmp_path / "crmdesk.app")
    assert [one["CFBundleShortVersionString"] for one in signed] == [__version__]


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_an_installer_is_built_and_works(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "build_installer.py"), "--out", str(tmp_path / "dist")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "This installation works." in done.stdout
    sums = dict(line.split("  ")[::-1] for line in (tmp_path / "dist" / "SHA256SUMS").read_text("utf-8").splitlines())
    packed = [path for path in (tmp_path / "dist").iterdir() if path.is_file() and path.suffix in (".xz", ".deb")]
    assert packed and {path.name: build_installer.digest(path) for path in packed} == sums
