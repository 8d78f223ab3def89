"""What the installer is made of, without building one; the long test builds it."""

from __future__ import annotations

import argparse
import configparser
import gzip
import hashlib
import importlib.util
import os
import plistlib
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import build_installer
from crmdesk import __version__, intact, libraries, licences, packages
from crmdesk.cli import arguments
from crmdesk.manual import page
from crmdesk.settings import LANGUAGES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Stands for the frozen folder, as its builder alone may read it."""
    folder = tmp_path / "program"
    (folder / "licences").mkdir(parents=True, mode=0o700)
    (folder / "crmdesk").write_text("#!/bin/sh")
    (folder / "crmdesk").chmod(0o700)
    (folder / "licences" / "LICENCES.txt").write_text("httpx 0.28.1: BSD-3-Clause\n")
    (folder / "licences" / "LICENCES.txt").chmod(0o600)
    return folder


def output(*command: str | Path) -> str:
    """What it prints; it must be content."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_control_file_is_what_debian_reads() -> None:
    text = packages.control("amd64", 1234)
    fields = dict(line.split(": ", 1) for line in text.splitlines() if not line.startswith(" "))
    assert fields["Package"] == "crmdesk"
    assert fields["Version"] == __version__
    assert fields["Architecture"] == "amd64"
    assert fields["Installed-Size"] == "1234"
    assert {"libgl1", "ca-certificates"} <= set(fields["Depends"].split(", "))
    assert text.endswith("\n")
    details = text.partition("Description: ")[2].splitlines()[1:]
    assert len(details) > 2 and all(line.startswith(" ") and len(line) <= 80 for line in details)


def test_it_depends_on_every_library_that_a_start_asks_for() -> None:
    """The packages that `crmdesk` names where a library is missing."""
    from crmdesk import qt_preflight

    named = {part.split()[0] for entry in packages.DEPENDS for part in entry.split(" | ")}
    wanted = {package.debian for package in (*qt_preflight.CORE.values(), *qt_preflight.XCB.values())}
    assert wanted <= named
    assert {"libwayland-cursor0", "libwayland-egl1"} <= named  # without a display on X11


def test_the_menu_entry_starts_the_program_under_its_icon(program: Path) -> None:
    entry = configparser.ConfigParser()
    entry.optionxform = str  # type: ignore[assignment,method-assign]
    entry.read_string(packages.desktop_entry())
    assert entry["Desktop Entry"]["Exec"] == "crmdesk"
    files = build_installer.deb_files(program)
    icons = [path for path in files if "/icons/" in path]
    assert {Path(path).stem for path in icons} == {entry["Desktop Entry"]["Icon"]}
    for path in icons:  # each in the folder of its size
        if path.endswith(".png"):
            width, height = struct.unpack(">2I", files[path][16:24])
            assert f"/{width}x{height}/" in path
    assert {f"Comment[{code}]" for code in LANGUAGES[1:]} <= set(entry["Desktop Entry"])


@pytest.mark.skipif(shutil.which("desktop-file-validate") is None, reason="needs desktop-file-utils")
def test_desktops_are_content_with_the_menu_entry(tmp_path: Path) -> None:
    (tmp_path / "crmdesk.desktop").write_text(packages.desktop_entry(), "utf-8")
    assert output("desktop-file-validate", tmp_path / "crmdesk.desktop") == ""


@pytest.mark.skipif(shutil.which("appstreamcli") is None, reason="needs appstream")
def test_software_centres_are_content_with_the_metadata(tmp_path: Path) -> None:
    file = tmp_path / f"{packages.IDENTIFIER}.metainfo.xml"
    file.write_text(packages.metainfo(packages.releases(README)), "utf-8")
    told = output("appstreamcli", "validate", "--no-net", "--explain", file)
    assert "W:" not in told and "E:" not in told


def test_every_language_has_its_words_outside_the_program() -> None:
    assert {"en", *packages.SUMMARIES} == packages.REMOVING.keys() == packages.INNO_LANGUAGES.keys() == set(LANGUAGES)
    assert {"es", "de", "fr"} == packages.SUMMARIES.keys()
    metadata = packages.metainfo([])
    assert all(f'<summary xml:lang="{code}">' in metadata for code in packages.SUMMARIES)


def test_the_changelog_of_the_readme_tells_every_release() -> None:
    known = packages.releases(README)
    assert known[0].version == __version__
    assert len(known) == README.partition("## Changelog")[2].count("\n- **")
    assert [one.date for one in known] == sorted({one.date for one in known}, reverse=True)  # two of a day differ
    written = README.partition("## Changelog")[2]
    assert all(f"- **{one.version}** ({one.date:%Y-%m-%d}): " in written for one in known)
    assert not any(sign in one.words for one in known for sign in "`*\n")
    text = packages.changelog(known)
    assert text.startswith(f"crmdesk ({__version__}) stable; urgency=medium\n\n  * ")
    assert text.count("\n -- ") == len(known)


@pytest.mark.skipif(shutil.which("dpkg-parsechangelog") is None, reason="needs dpkg-dev")
def test_debian_reads_the_changelog(tmp_path: Path) -> None:
    (tmp_path / "changelog").write_text(packages.changelog(packages.releases(README)), "utf-8")
    told = output("dpkg-parsechangelog", "--all", "-l", tmp_path / "changelog")
    assert f"Version: {__version__}\n" in told and "warning" not in told
    assert "0.1.0" in told


def test_the_package_brings_what_debian_asks_of_one(program: Path) -> None:
    files = build_installer.deb_files(program)
    notice = files["usr/share/doc/crmdesk/copyright"].decode()
    assert "Copyright" in notice and "httpx 0.28.1" in notice and "/usr/share/common-licenses" in notice
    assert __version__ in gzip.decompress(files["usr/share/doc/crmdesk/changelog.gz"]).decode()
    assert b".TH CRMDESK 1" in gzip.decompress(files["usr/share/man/man1/crmdesk.1.gz"])
    assert files == build_installer.deb_files(program)  # the same again, byte by byte


# ── the manual page ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_manual_page_has_every_command_and_option() -> None:
    text = page(arguments.build(), "manager", "2026-11-28").replace("\\-", "-").replace("\\&", "")
    waiting = [arguments.build()]
    while waiting:
        parser = waiting.pop()
        assert parser.prog == "crmdesk" or f"\n.SS {parser.prog}\n" in text
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                waiting += action.choices.values()
            elif "--help" not in action.option_strings:
                assert not action.option_strings or action.option_strings[-1] in text
    assert "CRMDESK_PASSPHRASE" in text and "\n.SH EXIT CODES\n" in text


@pytest.mark.skipif(shutil.which("man") is None, reason="needs man-db")
def test_man_reads_the_manual_page_without_a_word_of_complaint(tmp_path: Path) -> None:
    (tmp_path / "crmdesk.1").write_text(page(arguments.build(), packages.SUMMARY, "2026-11-28"), "utf-8")
    command = ["man", "--warnings", "-l", str(tmp_path / "crmdesk.1")]
    settings = os.environ | {"LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANROFFSEQ": ""}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=settings)
    assert (done.returncode, done.stderr) == (0, "")
    assert "crmdesk accounts add" in done.stdout and "--accept-removals" in done.stdout


def test_words_of_the_manual_are_no_commands_of_its_own() -> None:
    parser = argparse.ArgumentParser(prog="x", description=".br begins this\\line", epilog="End.")
    assert "\n\\&.br begins this\\eline\n" in page(parser, "y", "2026-11-28")


# ── the folder ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_everything_that_is_read_as_a_file_goes_along(tmp_path: Path) -> None:
    options = build_installer.freeze_options(tmp_path / "out", tmp_path / "work")
    data = [options[at + 1] for at, word in enumerate(options) if word == "--add-data"]
    assert f"{ROOT / 'resources'}:crmdesk/_resources" in data
    assert f"{ROOT / 'crmdesk/store/migrations'}:crmdesk/store/migrations" in data
    assert options[-1] == str(ROOT / "crmdesk" / "__main__.py")


def test_a_file_of_the_checkout_that_was_left_behind_is_named(tmp_path: Path) -> None:
    for source, place in build_installer.DATA.items():
        shutil.copytree(ROOT / source, tmp_path / place, dirs_exist_ok=True)
    assert build_installer.left_behind(tmp_path) == []
    (tmp_path / "crmdesk/_resources/icons/lock.svg").unlink()
    (tmp_path / "crmdesk/store/migrations/versions/0002_outbox.py").unlink()
    lost = build_installer.left_behind(tmp_path)
    assert lost == ["resources/icons/lock.svg", "crmdesk/store/migrations/versions/0002_outbox.py"]


def test_only_what_nobody_asks_for_is_unneeded() -> None:
    """A plugin that was taken out asked for `libgtk`, which asked for `libcairo`."""
    asked = {
        Path("crmdesk"): {"libz.so.1", "libc.so.6"},
        Path("a/_ssl.so"): {"libssl.so.3"},
        Path("libssl.so.3"): {"libz.so.1"},
        Path("libz.so.1"): {"libc.so.6"},
        Path("libpython3.11.so.1.0"): set(),
        Path("libgtk-3.so.0"): {"libcairo.so.2"},
        Path("libcairo.so.2"): {"libz.so.1"},
    }
    assert libraries._unasked(asked) == [Path("libcairo.so.2"), Path("libgtk-3.so.0")]


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("objdump") is None, reason="needs binutils")
def test_libraries_say_what_they_need_and_forget_where_their_builder_had_it(tmp_path: Path) -> None:
    extension = Path(str(importlib.util.find_spec("_decimal").origin))  # type: ignore[union-attr]
    copy = tmp_path / "_decimal.so"
    shutil.copyfile(extension, copy)
    assert any(name.startswith("libc.so") for name in libraries.needs([copy])[copy])
    places = libraries.forget_places([copy])
    assert libraries.forget_places([copy]) == []
    assert copy.stat().st_size == extension.stat().st_size
    for place in places:  # Debian's own Python has none
        assert place.encode() not in copy.read_bytes()
    load = "import importlib.machinery as m, importlib.util as u; l = m.ExtensionFileLoader('_decimal', '{}');"
    load += " x = u.module_from_spec(u.spec_from_loader('_decimal', l)); l.exec_module(x); print(x.Decimal('1.5'))"
    assert output(sys.executable, "-c", load.format(copy)) == "1.5\n"


def test_the_sums_beside_the_program_are_those_of_its_files(program: Path) -> None:
    build_installer._note_sums(program)
    lines = (program / intact.SUMS).read_text("utf-8").splitlines()
    assert f"{hashlib.sha256(b'#!/bin/sh').hexdigest()}  crmdesk" in lines
    assert intact.files(program) == len(lines) == 2


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


def test_the_windows_script_names_program_version_and_languages(tmp_path: Path) -> None:
    script = packages.inno_script(tmp_path / "{x}" / "crmdesk", tmp_path, tmp_path / "crmdesk.ico", "AMD64")
    parts = dict(re.findall(r"^\[(\w+)\]\n((?:[^\[\n].*\n)+)", script, re.M))
    set_up = dict(line.split("=", 1) for line in parts["Setup"].splitlines())
    assert set_up["AppVersion"] == __version__
    assert set_up["ArchitecturesInstallIn64BitMode"] == set_up["ArchitecturesAllowed"] == "x64compatible"
    assert set_up["PrivilegesRequired"] == "lowest"
    assert set_up["DefaultDirName"] == "{autopf}\\crmdesk"
    assert set_up["OutputBaseFilename"] == f"crmdesk-{__version__}-setup"
    assert f'Source: "{tmp_path}/{{{{x}}/crmdesk\\*"; DestDir: "{{app}}"' in parts["Files"].replace("\\crm", "/crm")
    assert r'"{app}\crmdesk.exe"' in parts["Icons"]
    assert r'"{app}\_internal"' in parts["InstallDelete"]
    assert re.findall(r'^Name: "(\w\w)"', parts["Languages"], re.M) == list(LANGUAGES)
    assert "arm64\n" in packages.inno_script(tmp_path, tmp_path, tmp_path, "ARM64")


def test_the_compiler_of_set_up_programs_is_found_where_it_installs_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_installer.shutil, "which", lambda _: None)
    monkeypatch.setenv("ProgramFiles(x86)", str(tmp_path))
    assert build_installer.inno_compiler() is None
    (tmp_path / "Inno Setup 6").mkdir()
    (tmp_path / "Inno Setup 6" / "ISCC.exe").touch()
    assert build_installer.inno_compiler() == str(tmp_path / "Inno Setup 6" / "ISCC.exe")


def test_the_route_of_windows_packs_the_folder_and_calls_the_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: Path
) -> None:
    told: list[tuple[str, bytes]] = []

    def compiled(compiler: str, quiet: str, script: Path) -> None:
        text = script.read_text("utf-8-sig")
        told.append((compiler, Path(re.findall("SetupIconFile=(.+)", text)[0]).read_bytes()))

    monkeypatch.setattr(build_installer, "inno_compiler", lambda: "iscc")
    monkeypatch.setattr(build_installer, "run", compiled)
    made = build_installer.pack_windows(program, tmp_path)
    assert [path.name for path in made] == [f"crmdesk-{__version__}-windows.zip", f"crmdesk-{__version__}-setup.exe"]
    assert told[0][0] == "iscc" and told[0][1].startswith(b"\0\0\1\0")
    with zipfile.ZipFile(made[0]) as archive:
        assert "program/licences/LICENCES.txt" in archive.namelist()


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
def test_everybody_may_read_what_the_package_brings(tmp_path: Path, program: Path) -> None:
    """Also where the builder's files are nobody else's business (umask 077)."""
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
    script.write_text(packages.POSTRM)
    for word, told in (("remove", packages.DATA_STAYS), ("upgrade", ""), ("purge", "")):
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


def test_the_icons_of_other_systems_hold_a_picture_of_every_size(tmp_path: Path) -> None:
    made = build_installer.icon(tmp_path, "ico").read_bytes()
    count = struct.unpack("<3H", made[:6])[2]
    entries = [struct.unpack("<4B2H2I", made[6 + 16 * at : 22 + 16 * at]) for at in range(count)]
    sizes = [struct.unpack(">2I", made[entry[7] + 16 : entry[7] + 24]) for entry in entries]
    assert [pair[0] for pair in sizes] == [entry[0] or 256 for entry in entries] == list(packages.ICO_SIZES)
    assert entries[-1][6] + entries[-1][7] == len(made)
    made = build_installer.icon(tmp_path, "icns").read_bytes()
    assert (made[:4], struct.unpack(">I", made[4:8])[0]) == (b"icns", len(made))
    at, found = 8, {}
    while at < len(made):
        found[made[at : at + 4]] = struct.unpack(">I", made[at + 24 : at + 28])[0]
        at += struct.unpack(">I", made[at + 4 : at + 8])[0]
    assert found == packages.ICNS_KINDS


def test_the_picture_is_that_of_the_program(tmp_path: Path) -> None:
    from PySide6.QtGui import QImage

    drawn, kept = QImage.fromData(build_installer.picture(256)), QImage(str(ROOT / "resources" / "crmdesk.png"))
    for at in (4, 64, 128, 200):
        ours, theirs = drawn.pixelColor(at, at), kept.pixelColor(at, at)
        assert abs(ours.lightness() - theirs.lightness()) < 20 and abs(ours.alpha() - theirs.alpha()) < 20


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
    (facts,) = signed
    assert facts["CFBundleShortVersionString"] == facts["CFBundleVersion"] == __version__
    assert facts["CFBundleName"] == "crmdesk"  # what PyInstaller wrote stays
    assert facts["LSMinimumSystemVersion"] in ("13.0", "14.0")
    assert facts["CFBundleLocalizations"] == list(LANGUAGES)


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
