"""A backup is whole or not there, opens with its passphrase only, and a restored one sends nothing by itself."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from crmdesk import backups, swap
from crmdesk.core.changes import ChangeFeed
from crmdesk.core.errors import KnownError, StorageError
from crmdesk.core.outbox import FieldChange, OpState
from crmdesk.core.privacy import Handled
from crmdesk.core.seams import SystemClock
from crmdesk.folder import CACHE
from crmdesk.net.key_record import KeyFault, KeyMode, KeyUnavailableError
from crmdesk.net.secrets import Key, open_key
from crmdesk.store import calls, desk_log, erased, kept_away, ops, pseudonyms, restarts
from crmdesk.store.database import Database, driver_of
from tests.helpers.desk import KEY
from tests.helpers.front_desk import FrontDesk

PASSPHRASE = "four words are best"
HERE = Key(KeyMode.KEYRING, KEY, "")


def quiet(_done: int, _total: int) -> None: ...


def files(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir())


async def made(desk: FrontDesk, target: Path, tell: Any = quiet) -> backups.Record:
    return backups.write(desk.database, HERE, desk.path.parent, target, PASSPHRASE, tell, clock=desk.clock)


def staged(source: Path, folder: Path, desk: FrontDesk, passphrase: str = PASSPHRASE) -> backups.Staged:
    folder.mkdir(exist_ok=True)
    return backups.stage(source, folder, passphrase, quiet, vendors={"memory": desk.vendor}, clock=desk.clock)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
async def backup(home: Path, tmp_path: Path) -> tuple[FrontDesk, Path]:
    """A backup of a folder in which an edit waits; by now the edit has been sent."""
    target = tmp_path / "x.crmdesk"
    (home / "settings.json").write_text('{"scheme": "dark"}', "utf-8")
    async with FrontDesk(home / CACHE) as desk:
        await desk.pull()
        number = desk.database.read_sync(lambda c: driver_of(c).execute("SELECT min(id) FROM contact").fetchone()[0])
        await desk.edits.save(number, [FieldChange("city", "", "Oslo")])
        desk.database.write_sync(
            lambda c, t: (restarts.put_install(driver_of(c), "abc"), calls.put_epoch(driver_of(c), 7))
        )
        await made(desk, target)
    return desk, target


async def test_a_restored_folder_holds_what_waited(backup: tuple[FrontDesk, Path], tmp_path: Path) -> None:
    desk, source = backup
    elsewhere = tmp_path / "elsewhere"
    copy = staged(source, elsewhere, desk)
    assert copy.put_in_place(SystemClock()) == "", "nothing was there"
    assert swap.finish(elsewhere) and not swap.finish(elsewhere)
    assert files(elsewhere) == [CACHE, "key.json", "settings.json"]
    assert "dark" in (elsewhere / "settings.json").read_text("utf-8")
    key = open_key(elsewhere, passphrase=PASSPHRASE)
    database = Database.open(elsewhere / CACHE, key.value, desk.feed, desk.clock)
    try:
        (op,) = database.read_sync(lambda c: ops.listed(driver_of(c), ""))
        assert op.state is OpState.HELD and "may have been sent" in str(op.reason)
        assert database.read_sync(lambda c: restarts.epoch_of(driver_of(c))) == 0, "older than any counter"
    finally:
        database.close()


async def test_what_waits_at_a_vendor_that_this_version_does_not_know_is_held_too(
    backup: tuple[FrontDesk, Path], tmp_path: Path
) -> None:
    """A later version may know it, and would send it."""
    desk, source = backup
    (tmp_path / "elsewhere").mkdir()
    copy = backups.stage(source, tmp_path / "elsewhere", PASSPHRASE, quiet, vendors={}, clock=desk.clock)
    database = opened(copy)
    try:
        (op,) = database.read_sync(lambda c: ops.listed(driver_of(c), ""))
        assert op.state is OpState.HELD
    finally:
        database.close()


def opened(copy: backups.Staged) -> Database:
    key = open_key(copy.place, passphrase=PASSPHRASE)
    return Database.open(copy.place / CACHE, key.value, ChangeFeed(), SystemClock())


async def test_who_was_erased_since_does_not_come_back_with_a_backup(home: Path, tmp_path: Path) -> None:
    async with FrontDesk(home / CACHE) as desk:
        await desk.pull()
        everybody, gone = set(desk.ids()), desk.number("2")
        await made(desk, tmp_path / "x.crmdesk")
        (token,) = await desk.services.privacy.erase([gone])
        (told,) = await desk.services.privacy.erased()
        here = backups.Backups(desk.database, HERE, home, {"memory": desk.vendor}, desk.clock)
        database = opened(here.stage(str(tmp_path / "x.crmdesk"), PASSPHRASE, quiet))
        try:
            driver = database.read_sync(driver_of)
            assert {row[0] for row in driver.execute("SELECT remote_id FROM contact")} == everybody - {"2"}
            assert erased.listed(driver) == [told], "kept away as before, by whom and since when"
            assert pseudonyms.token(pseudonyms.key_of(driver), desk.id, "2") == token
            (line,) = desk_log.of_guest(driver, token)
            assert (line.did, line.note) == (Handled.ERASED, kept_away.AGAIN)
        finally:
            database.close()


@pytest.mark.parametrize("since", ["moved", "moved twice", "removed", "moved before"])
async def test_nor_where_the_account_has_another_address_since_or_is_gone(
    home: Path, tmp_path: Path, since: str
) -> None:
    async with FrontDesk(home / CACHE) as desk:
        await desk.pull()
        everybody, gone = set(desk.ids()), desk.number("2")
        if since == "moved before":
            await desk.services.update_account(desk.id, base_url="https://new.example", credentials={"token": "abc"})
        await made(desk, tmp_path / "x.crmdesk")
        await desk.services.privacy.erase([gone])
        for number in range({"moved": 1, "moved twice": 2}.get(since, 0)):
            address = f"https://new{number}.example"
            await desk.services.update_account(desk.id, base_url=address, credentials={"token": "abc"})
        if since == "removed":
            await desk.services.remove_account(desk.id, keep_contacts=False)
        here = backups.Backups(desk.database, HERE, home, {"memory": desk.vendor}, desk.clock)
        database = opened(here.stage(str(tmp_path / "x.crmdesk"), PASSPHRASE, quiet))
        try:
            driver = database.read_sync(driver_of)
            assert {row[0] for row in driver.execute("SELECT remote_id FROM contact")} == everybody - {"2"}
            assert len(erased.listed(driver)) == 1
        finally:
            database.close()


async def test_a_backup_of_other_data_is_left_as_it_is(home: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    async with FrontDesk(tmp_path / "other" / CACHE) as other:
        await other.pull()
        await other.services.privacy.note(Handled.COPIED, contact_ids=[other.number("1")])  # it has a key of its own
        everybody = set(other.ids())
        await made(other, tmp_path / "x.crmdesk")
    async with FrontDesk(home / CACHE) as desk:
        await desk.pull()
        await desk.services.privacy.erase([desk.number("2")])
        here = backups.Backups(desk.database, HERE, home, {"memory": desk.vendor}, desk.clock)
        database = opened(here.stage(str(tmp_path / "x.crmdesk"), PASSPHRASE, quiet))
        try:
            driver = database.read_sync(driver_of)
            assert {row[0] for row in driver.execute("SELECT remote_id FROM contact")} == everybody
            assert erased.listed(driver) == []
        finally:
            database.close()


async def test_the_old_data_is_kept_and_a_killed_exchange_goes_on(
    backup: tuple[FrontDesk, Path], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, source = backup
    before = (home / CACHE).read_bytes()
    kept = staged(source, home, desk).put_in_place(SystemClock())
    import os

    real, left = os.replace, [2]

    def dies(a: Any, b: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError("power cut")
        real(a, b)

    monkeypatch.setattr("crmdesk.swap.os.replace", dies)
    with pytest.raises(StorageError):
        swap.finish(home)
    monkeypatch.setattr("crmdesk.swap.os.replace", real)
    assert swap.finish(home)
    assert (home / kept / CACHE).read_bytes() == before
    assert open_key(home, passphrase=PASSPHRASE)


async def test_nothing_but_a_whole_backup_is_taken(backup: tuple[FrontDesk, Path], home: Path, tmp_path: Path) -> None:
    desk, source = backup
    there, whole = files(home), source.read_bytes()
    flipped = bytearray(whole)
    flipped[5000] ^= 1
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("contacts.db", b"0" * 10_000_000)
    for number, content in enumerate((b"", whole[:-1], whole[:4000], whole[100:], bytes(flipped), b"x" * 99,
                                      bomb.read_bytes(), whole[:-24] + b"\xff" * 8 + whole[-16:])):  # fmt: skip
        bad = tmp_path / f"bad{number}"
        bad.write_bytes(content)
        with pytest.raises(KnownError):
            staged(bad, home, desk)
        assert files(home) == there, f"left behind by {number}"
    with pytest.raises(KeyUnavailableError) as wrong:
        staged(source, home, desk, "another passphrase")
    assert wrong.value.fault is KeyFault.WRONG_PASSPHRASE and files(home) == there


async def test_a_stopped_or_impossible_backup_leaves_nothing(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "x.crmdesk"

    def stop(_done: int, _total: int) -> None:
        raise KnownError("Stopped.")

    async with FrontDesk(home / CACHE) as desk:
        with pytest.raises(KnownError, match="Stopped"):
            await made(desk, target, stop)
        with pytest.raises(StorageError):
            await made(desk, home / "inside.crmdesk")
        with monkeypatch.context() as patch:
            usage = shutil.disk_usage(tmp_path)
            patch.setattr(shutil, "disk_usage", lambda _place: usage._replace(free=0))
            with pytest.raises(StorageError, match="room"):
                await made(desk, target)
        assert files(tmp_path) == ["data"]
        await made(desk, target)
        with pytest.raises(StorageError, match="already"):
            await made(desk, target)
