"""`crmdesk backup` and `crmdesk restore`, as a script uses them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from crmdesk import folder as folders
from crmdesk.__main__ import main
from crmdesk.cli.exits import Exit
from crmdesk.core.changes import ChangeFeed
from crmdesk.core.seams import SystemClock
from crmdesk.sandbox.app import mount
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.store import guest_erasure
from crmdesk.store.database import Database, driver_of
from crmdesk.store.personal import Guest
from crmdesk.swap import KEPT
from crmdesk.vendors.bookingsync.sandbox import sandbox

PASSPHRASE = "four words are best"


@pytest.fixture(autouse=True)
def passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRMDESK_PASSPHRASE", PASSPHRASE)


@pytest.fixture
def data() -> Path:
    return Path(os.environ["CRMDESK_DATA"])


@pytest.fixture
def listed(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What `crmdesk contacts` says of a folder with one account that was fetched."""
    with LoopbackServer(mount({"bookingsync": sandbox(counts=[30])})) as server:
        monkeypatch.setenv("CRMDESK_TOKEN", "demo-seaside")
        address = f"{server.base_url}/bookingsync/api/v3"
        assert main(["accounts", "add", "Seaside", "--base-url", address]) == Exit.OK
        assert main(["sync", "--quiet"]) == Exit.OK
    return contacts(capsys)


def contacts(capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(["contacts", "--format", "json"]) == Exit.OK
    return capsys.readouterr().out


def names(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir())


def test_a_backup_brings_everything_back_and_keeps_what_was_there(
    listed: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "evening.crmdesk"
    assert listed.count("\n") >= 20
    with folders.claim(data, folders.WINDOW):  # beside an open window
        assert main(["backup", str(file)]) == Exit.OK
        assert f"{file}: " in capsys.readouterr().out
        assert main(["restore", str(file)]) == Exit.BUSY
    assert main(["accounts", "remove", "Seaside", "--delete-contacts"]) == Exit.OK
    assert contacts(capsys) == ""
    (data / "session-restore-killed").mkdir()
    assert main(["restore", str(file)]) == Exit.OK
    said = capsys.readouterr().out
    (kept,) = data.glob(f"{KEPT}*")
    assert str(kept) in said and "Nothing is sent by itself." in said
    assert contacts(capsys) == listed
    assert not list(data.glob(f"{folders.SESSION}*")), "what a killed restore had unpacked"


def erase(folder: Path, remote_id: str) -> None:
    """As the window does it."""
    key = folders.known_key(folder)
    database = Database.open(folder / folders.CACHE, key.value, ChangeFeed(), SystemClock())
    try:
        driver = database.read_sync(driver_of)
        asked = "SELECT id, account_id FROM contact WHERE remote_id=?"
        guest = Guest(*driver.execute(asked, (remote_id,)).fetchone(), remote_id)
        database.write_sync(lambda c, t: guest_erasure.erase(driver_of(c), t, [guest], "2026-11-01T00:00:00Z", "Ana"))
    finally:
        database.close()


def test_who_was_erased_since_the_backup_stays_away(
    listed: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, (gone, *others) = tmp_path / "evening.crmdesk", listed.splitlines()
    assert main(["backup", str(file)]) == Exit.OK
    erase(data, json.loads(gone)["id"])
    assert main(["restore", str(file)]) == Exit.OK
    assert contacts(capsys).splitlines() == others


def test_where_it_cannot_be_known_who_was_erased_that_is_said(
    listed: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "evening.crmdesk"
    assert main(["backup", str(file)]) == Exit.OK
    (data / folders.CACHE).write_bytes(b"x" * 100_000)
    for side in data.glob(f"{folders.CACHE}-*"):
        side.unlink()
    assert main(["restore", str(file)]) == Exit.OK
    assert "Guests erased in it may come back" in capsys.readouterr().err
    assert contacts(capsys) == listed


def test_it_is_brought_back_on_another_computer(
    listed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "evening.crmdesk"
    assert main(["backup", str(file)]) == Exit.OK
    monkeypatch.setenv("CRMDESK_DATA", str(tmp_path / "new computer"))
    assert main(["restore", str(file)]) == Exit.OK
    assert "kept in" not in capsys.readouterr().out
    assert contacts(capsys) == listed


def test_what_cannot_be_done_is_said_and_changes_nothing(
    listed: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file, other = tmp_path / "evening.crmdesk", tmp_path / "other.crmdesk"
    assert main(["backup", str(file)]) == Exit.OK
    whole = file.read_bytes()
    assert main(["backup", str(file)]) == Exit.STORAGE and file.read_bytes() == whole
    assert "already" in capsys.readouterr().err
    assert main(["backup", str(data / "inside.crmdesk")]) == Exit.STORAGE
    assert main(["backup", str(tmp_path / "nowhere" / "x.crmdesk")]) == Exit.STORAGE
    assert "no longer there" in capsys.readouterr().err
    before = names(data)
    other.write_bytes(whole[:-100])
    for source in (other, tmp_path / "none.crmdesk", tmp_path):
        assert main(["restore", str(source)]) == Exit.STORAGE
        assert capsys.readouterr().err
    monkeypatch.setenv("CRMDESK_PASSPHRASE", "not the right words")
    assert main(["restore", str(file)]) == Exit.KEY
    monkeypatch.setenv("CRMDESK_PASSPHRASE", PASSPHRASE)
    assert names(data) == before and contacts(capsys) == listed
