"""What the installer is made of, without building one; the long test builds it."""

from __future__ import annotations

import configparser
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from crmdesk import __version__

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_installer", ROOT / "build_installer.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_version_is_the_programs(installer: ModuleType) -> None:
    assert installer.version() == __version__


def test_the_control_file_is_what_debian_reads(installer: ModuleType) -> None:
    text = installer.control("amd64", 1234)
    fields = dict(line.split(": ", 1) for line in text.splitlines() if not line.startswith(" "))
    assert fields["Package"] == "crmdesk"
    assert fields["Version"] == __version__
    assert fields["Architecture"] == "amd64"
    assert fields["Installed-Size"] == "1234"
    assert "libgl1" in fields["Depends"].split(", ")
    assert text.endswith("\n")


def test_it_depends_on_every_library_that_a_start_asks_for(installer: ModuleType) -> None:
    """The packages that `crmdesk` names where a library is missing."""
    from crmdesk import qt_preflight

    named = {part.split()[0] for entry in installer.DEPENDS for part in entry.split(" | ")}
    wanted = {package.debian for package in (*qt_preflight.CORE.values(), *qt_preflight.XCB.values())}
    assert wanted <= named


def test_the_menu_entry_starts_the_program_under_its_icon(installer: ModuleType) -> None:
    entry = configparser.ConfigParser()
    entry.optionxform = str  # type: ignore[assignment,method-assign]
    entry.read_string(installer.desktop_entry())
    assert entry["Desktop Entry"]["Exec"] == "crmdesk"
    icons = [path for path in installer.deb_files() if "/icons/" in path]
    assert {Path(path).stem for path in icons} == {entry["Desktop Entry"]["Icon"]}


def test_everything_that_is_read_as_a_file_goes_along(installer: ModuleType, tmp_path: Path) -> None:
    options = installer.freeze_options(tmp_path / "out", tmp_path / "work")
    data = [options[at + 1] for at, word in enumerate(options) if word == "--add-data"]
    assert f"{ROOT / 'resources'}:crmdesk/_resources" in data
    assert f"{ROOT / 'crmdesk/store/migrations'}:crmdesk/store/migrations" in data
    assert options[-1] == str(ROOT / "crmdesk" / "__main__.py")


def test_every_part_is_listed_with_its_licence(installer: ModuleType, tmp_path: Path) -> None:
    pytest.importorskip("packaging")
    installer.write_licences(tmp_path)
    text = (tmp_path / "licences" / "LICENCES.txt").read_text("utf-8")
    for name in ("PySide6_Essentials", "qasync", "httpx", "SQLAlchemy", "sqlcipher3", "h11", "Python"):
        assert f"\n{name} " in text
    assert "pytest" not in text
    assert (tmp_path / "licences" / "httpx").is_dir()
    for name in ("LGPL-3.0.txt", "GPL-3.0.txt"):  # Qt is given away under these; its wheels bring no texts
        assert "Version 3, 29 June 2007" in (tmp_path / "licences" / name).read_text("utf-8")


def test_the_windows_script_names_program_and_version(installer: ModuleType, tmp_path: Path) -> None:
    script = installer.inno_script(tmp_path / "crmdesk", tmp_path)
    assert f"AppVersion={__version__}\n" in script
    assert 'DestDir: "{app}"' in script
    assert r'"{app}\crmdesk.exe"' in script


def test_a_program_that_does_not_work_is_not_packed(installer: ModuleType, tmp_path: Path) -> None:
    broken = tmp_path / "crmdesk"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(SystemExit, match="does not work"):
        installer.self_test(broken)


def test_a_build_deletes_no_folder_but_its_own(installer: ModuleType, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("somebody's work")
    with pytest.raises(SystemExit, match="holds other files"):
        installer.clear(tmp_path)
    assert kept.read_text() == "somebody's work"
    own = tmp_path / "dist"
    installer.clear(own)
    (own / "old").touch()
    installer.clear(own)
    assert not (own / "old").exists()


@pytest.mark.parametrize("failing", ["freeze", "self_test", "pack"])
def test_nothing_is_left_of_a_build_that_fails(
    installer: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def fails(*_: object) -> None:
        raise subprocess.CalledProcessError(1, failing)

    for step in ("freeze", "self_test", "pack"):
        monkeypatch.setattr(installer, step, lambda *_: tmp_path / "program")
    monkeypatch.setattr(installer, failing, fails)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: True)
    monkeypatch.setattr(sys, "argv", ["build_installer.py", "--out", str(tmp_path / "dist")])
    with pytest.raises(subprocess.CalledProcessError):
        installer.main()
    assert not (tmp_path / "dist").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="names and rights as POSIX has them")
def test_the_archive_tells_nothing_of_its_builder(installer: ModuleType, tmp_path: Path) -> None:
    import tarfile

    program = tmp_path / "crmdesk"
    program.mkdir()
    (program / "file").write_text("x")
    with tarfile.open(installer.pack_tar(program, tmp_path)) as archive:
        members = archive.getmembers()
    assert {member.name for member in members} == {f"crmdesk-{__version__}", f"crmdesk-{__version__}/file"}
    assert {(member.uname, member.uid) for member in members} == {("root", 0)}


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.skipif(importlib.util.find_spec("PyInstaller") is None, reason="needs the extra `installer`")
def test_an_installer_is_built_and_works(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "build_installer.py"), "--out", str(tmp_path / "dist")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "This installation works." in done.stdout
    assert (tmp_path / "dist" / "SHA256SUMS").read_text("utf-8").count("\n") >= 1
