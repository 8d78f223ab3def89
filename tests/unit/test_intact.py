"""What `crmdesk self-test` finds missing in an installation."""

from __future__ import annotations

import importlib.metadata
import shutil
from pathlib import Path

import pycountry
import pytest

from crmdesk import intact
from crmdesk.ui import icons, language, paths

RESOURCES = paths.resources()


@pytest.fixture
def resources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of ours that may be broken."""
    copy = tmp_path / "resources"
    shutil.copytree(RESOURCES, copy)
    for module in (paths, icons, language):
        monkeypatch.setattr(module, "resources", lambda: copy)
    icons._drawn.cache_clear()
    return copy


def test_everything_is_there(qapp: object) -> None:
    assert intact.files() == 0  # of a checkout nobody noted sums
    assert intact.pictures() > 50
    assert intact.languages() == ("de", "fr", "es")
    assert intact.keyring()


def test_files_that_are_damaged_or_missing_are_named(tmp_path: Path) -> None:
    for name in ("program", "icon.svg"):
        (tmp_path / name).write_text(name)
    sums = [f"{intact.digest_of(tmp_path / name)}  {name}\n" for name in ("program", "icon.svg")]
    (tmp_path / intact.SUMS).write_text("".join(sums))
    assert intact.files(tmp_path) == 2
    (tmp_path / "icon.svg").write_text("icon")
    with pytest.raises(intact.TroubleError, match=r"icon\.svg is not what was packed"):
        intact.files(tmp_path)
    (tmp_path / "icon.svg").unlink()
    with pytest.raises(FileNotFoundError, match=r"icon\.svg"):
        intact.files(tmp_path)


def test_a_catalogue_that_is_missing_or_empty_is_named(resources: Path, qapp: object) -> None:
    catalogue = resources / "locale" / "fr" / "crmdesk.mo"
    catalogue.unlink()
    with pytest.raises(FileNotFoundError, match="fr"):
        intact.languages()
    nothing = b"\xde\x12\x04\x95" + b"\0" * 24  # a catalogue of no message
    catalogue.write_bytes(nothing)
    with pytest.raises(intact.TroubleError, match="the catalogue of fr is empty"):
        intact.languages()


def test_missing_names_of_countries_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: object) -> None:
    monkeypatch.setattr(pycountry, "LOCALES_DIR", str(tmp_path))
    with pytest.raises(intact.TroubleError, match="names of countries"):
        intact.languages()


def test_icons_that_draw_nothing_are_named(resources: Path, qapp: object) -> None:
    (resources / "icons" / "lock.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"/>')
    with pytest.raises(intact.TroubleError, match="the icon lock is empty"):
        intact.pictures()


def test_a_missing_picture_of_the_program_is_told(resources: Path, qapp: object) -> None:
    (resources / "crmdesk.png").unlink()
    with pytest.raises(intact.TroubleError, match="own icon"):
        intact.pictures()


def test_a_keyring_that_cannot_be_reached_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **_: ())
    with pytest.raises(intact.TroubleError, match="keyring"):
        intact.keyring()
