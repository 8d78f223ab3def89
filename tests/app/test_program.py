"""The program as a whole, in this process: what a start meets, and that it ends clean whatever happened."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend

from crmdesk import backups, swap
from crmdesk import settings as settings_module
from crmdesk.core.changes import ChangeFeed
from crmdesk.core.seams import SystemClock
from crmdesk.early import Early, Found
from crmdesk.folder import CACHE, claim, headless_key
from crmdesk.net import secrets
from crmdesk.net.secrets import memory_key
from crmdesk.sandbox.faults import Kind
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.settings import Settings
from crmdesk.store.connect import connect
from crmdesk.store.database import Database, driver_of
from crmdesk.sync.progress import Connection, Phase
from crmdesk.vendors.bookingsync import VENDOR
from crmdesk.workspace import vendors
from tests.helpers.house import House, truth, until

PASSPHRASE = "correct horse battery staple"
WITH_PASSPHRASE = {"CRMDESK_PASSPHRASE": PASSPHRASE}
SEA = "Seaside Villas"


def start(folder: Path, **environ: str) -> House:
    """A start as the program does it, in an environment with nothing but `environ`."""
    found = Early(folder, environ).wait()
    assert found is not None
    return House(folder, found)


def made(folder: Path) -> Path:
    """A data folder with an empty cache, made with the passphrase. The cache's file."""
    folder.mkdir()
    key = headless_key(folder, WITH_PASSPHRASE)
    Database.open(folder / CACHE, key.value, ChangeFeed(), SystemClock()).close()
    return folder / CACHE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


async def test_the_window_has_the_programs_icon(folder: Path) -> None:
    async with start(folder, **WITH_PASSPHRASE) as house:
        await house.ready()
        assert not house.window.windowIcon().isNull()
        assert not house.window.windowIcon().pixmap(32, 32).isNull()


# practice


async def test_practice_shows_every_vendor_and_ends_clean(folder: Path) -> None:
    tasks = asyncio.all_tasks()
    folder.mkdir()
    async with House(folder, Found(key=memory_key()), kept=Settings(), practice=True) as house:
        await house.practised()
        await until(lambda: sum(counted(house).values()) == house.model.rowCount(), "the accounts' counts")
        assert [title for title, count in counted(house).items() if not count] == ["Rewards office"], "it has no list"
        assert house.there("practice")
        assert house.board.connection is Connection.PRACTICE
        assert await house.leave() == 0
    assert asyncio.all_tasks() == tasks
    assert list(folder.iterdir()) == [], "nothing is kept"


def counted(house: House) -> dict[str, int]:
    """Contacts of each account, as the window shows them."""
    return {account.title: account.contacts for account in house.window._accounts}


# the key


@pytest.mark.slow
async def test_a_first_start_without_a_keyring_asks_for_a_passphrase_and_then_works(folder: Path) -> None:
    async with start(folder) as house:
        await until(lambda: house.there("unlock.new"), "the page that asks for a passphrase")
        house.fill("unlock.new", PASSPHRASE)
        house.fill("unlock.again", PASSPHRASE)
        house.click("unlock.create")
        await house.ready()
        await until(lambda: house.there("welcome.connect"), "the first page")
        assert not house.there("unlock")
    async with start(folder) as house:
        await until(lambda: house.there("unlock.passphrase"), "the page that asks for the passphrase")
        house.fill("unlock.passphrase", "wrong horse battery staple")
        house.key("Return")
        await until(lambda: "The passphrase is not right" in house.words("unlock"), "words about the wrong one")
        assert house.find("unlock.passphrase").isEnabled()
        house.fill("unlock.passphrase", PASSPHRASE)
        house.click("unlock.open")
        await house.ready()
        assert not house.there("unlock")
    async with start(folder, **WITH_PASSPHRASE) as house:
        await house.ready()
        assert not house.there("unlock")


async def test_a_first_start_takes_the_passphrase_of_the_environment(folder: Path) -> None:
    async with start(folder, **WITH_PASSPHRASE) as house:
        await house.ready()
        assert not house.there("unlock")
    assert json.loads((folder / "key.json").read_text())["mode"] == "passphrase"


async def test_only_this_session_leaves_nothing_behind(folder: Path) -> None:
    async with start(folder) as house:
        await until(lambda: house.there("unlock.session"), "the page that asks")
        house.click("unlock.session")
        await house.ready()
        assert [path.name for path in folder.glob("session-*/*.db")] == [CACHE]
    assert not list(folder.rglob("*.db*"))
    assert not (folder / "key.json").exists()


async def test_what_a_killed_session_left_is_swept_at_the_next_start(folder: Path) -> None:
    dead = folder / "session-dead"
    dead.mkdir(parents=True)
    (dead / CACHE).write_bytes(b"x" * 9000)
    async with start(folder, **WITH_PASSPHRASE) as house:
        await house.ready()
        assert not dead.exists()


class Ring(KeyringBackend):
    """A system keyring in memory."""

    priority = 5  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ring]:
    before, ring = keyring.get_keyring(), Ring()
    monkeypatch.delenv("CRMDESK_NO_KEYRING")
    monkeypatch.setattr(secrets, "TRUSTED", (Ring.__module__,))
    monkeypatch.setattr("keyring.core.load_keyring", lambda _name: ring)
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


async def test_with_a_keyring_nothing_is_asked(folder: Path, ring: Ring) -> None:
    for again in (False, True):
        async with start(folder) as house:
            await house.ready()
            assert not house.there("unlock")
            if not again:  # where one was last is where the next start begins
                await until(lambda: house.there("welcome.connect"), "the first page")
                house.click("welcome.connect")
            await until(lambda: "keyring" in house.words("accounts"), "where the key is")
    assert len(ring.kept) == 1
    ring.kept.clear()
    async with start(folder) as house:
        await until(lambda: house.there("unlock.retry"), "the page that says what is missing")
        assert "not in the system's keyring" in house.words("unlock")


# files that cannot be used


def _damage(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096:8192] = os.urandom(4096)
    file.write_bytes(content)


def _foreign(file: Path) -> None:
    file.unlink()
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE mine (a)")
    connection.close()


def _newer(file: Path) -> None:
    connection = connect(file, headless_key(file.parent, WITH_PASSPHRASE).value)
    connection.execute("PRAGMA user_version = 99")
    connection.execute("UPDATE meta SET value='9.9.9' WHERE name='written_by'")
    connection.close()


def _garbage(file: Path) -> None:
    file.write_bytes(os.urandom(5000))


FILES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "damaged": (_damage, "is damaged"),
    "empty": (lambda file: file.write_bytes(b""), "is empty"),
    "foreign": (_foreign, "is a database of another program"),
    "newer": (_newer, "was written by crmdesk 9.9.9, which is newer"),
    "garbage": (_garbage, "is damaged or is not ours"),
    "folder": (lambda file: (file.unlink(), file.mkdir()), "contacts.db"),
}


@pytest.mark.expect_log
@pytest.mark.parametrize("what", FILES)
async def test_a_file_that_cannot_be_used_is_named_and_left_as_it_is(what: str, folder: Path) -> None:
    file = made(folder)
    spoil, words = FILES[what]
    spoil(file)
    before = file.read_bytes() if file.is_file() else None
    async with start(folder, **WITH_PASSPHRASE) as house:
        await until(lambda: house.there("unlock.retry"), "the page with the reason")
        assert words in house.words("unlock")
        house.click("unlock.retry")
        await until(lambda: house.there("unlock.retry") and house.find("unlock.retry").isEnabled(), "the page again")
        await until(lambda: words in house.words("unlock"), "the same reason")
        assert await house.leave() == 0
    assert (file.read_bytes() if file.is_file() else None) == before


@pytest.mark.expect_log
async def test_a_file_that_is_put_right_meanwhile_opens_with_try_again(folder: Path) -> None:
    file = made(folder)
    good = file.read_bytes()
    file.write_bytes(b"")
    async with start(folder) as house:
        await until(lambda: house.there("unlock.passphrase"), "the page that asks for the passphrase")
        house.fill("unlock.passphrase", PASSPHRASE)
        house.click("unlock.open")
        await until(lambda: house.there("unlock.retry"), "the page with the reason")
        file.write_bytes(good)
        house.click("unlock.retry")
        await house.ready()
        assert not house.there("unlock")


def restoring(folder: Path) -> str:
    """A backup of the folder is unpacked beside its data and waits to take its place; the name for the old files."""
    clock, key, file = SystemClock(), headless_key(folder, WITH_PASSPHRASE), folder.with_name("x.crmdesk")
    database = Database.open(folder / CACHE, key.value, ChangeFeed(), clock)
    try:
        backups.write(database, key, folder, file, "", lambda *_: None, clock=clock)
    finally:
        database.close()
    staged = backups.stage(file, folder, PASSPHRASE, lambda *_: None, vendors=vendors(), clock=clock)
    return staged.put_in_place(clock)


def was_restored(folder: Path, kept: str) -> bool:
    """And nothing is left to be done."""
    return (folder / kept / CACHE).exists() and not (folder / swap.MARKER).exists() and not [*folder.glob("session-*")]


@pytest.mark.expect_log
async def test_a_copy_restored_by_the_window_that_had_the_folder_is_in_place_with_try_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two windows: the first one closes to restore a backup while the second one says that the folder is in use."""
    made(folder)
    monkeypatch.setenv("CRMDESK_PASSPHRASE", PASSPHRASE)
    first = claim(folder)
    async with start(folder, **WITH_PASSPHRASE) as house:
        await until(lambda: house.there("unlock.retry"), "the page with the reason")
        kept = await asyncio.to_thread(restoring, folder)
        first.release()
        house.click("unlock.retry")
        await house.ready()
        assert was_restored(folder, kept)


@pytest.mark.expect_log
async def test_an_exchange_that_stopped_half_way_goes_on_with_try_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old files are aside, the restored ones not yet there: nothing empty may be made in their place."""
    made(folder)
    monkeypatch.setenv("CRMDESK_PASSPHRASE", PASSPHRASE)
    kept, tried = restoring(folder), []

    def busy_at_first(_place: Path) -> None:
        tried.append(1)
        if len(tried) == 1:
            raise PermissionError("in use by another program")

    monkeypatch.setattr(swap, "sync_folder", busy_at_first)
    async with start(folder, **WITH_PASSPHRASE) as house:
        await until(lambda: house.there("unlock.retry"), "the page with the reason")
        assert "could not be put in place" in house.words("unlock") and not (folder / CACHE).exists()
        house.click("unlock.retry")
        await house.ready()
        assert was_restored(folder, kept)


@pytest.mark.expect_log
async def test_a_folder_that_has_gone_meanwhile_is_named(folder: Path) -> None:
    async with House(folder, Found(key=memory_key()), kept=Settings()) as house:
        await until(lambda: house.there("unlock.retry"), "the page with the reason")
        assert "cannot be written" in house.words("unlock")


@pytest.mark.expect_log
async def test_a_data_folder_that_is_a_file(folder: Path) -> None:
    folder.write_text("mine")
    found = Early(folder, {}).wait()
    async with House(folder, found, kept=Settings()) as house:
        await until(lambda: house.there("unlock.retry"), "the page with the reason")
        assert "cannot be written" in house.words("unlock")
    assert folder.read_text() == "mine"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"scheme": 7, "window": {"geometry": "AAAA", "place": "account:x"}}'])
async def test_settings_that_make_no_sense_are_not_in_the_way(text: str, folder: Path) -> None:
    folder.mkdir()
    (folder / settings_module.FILE_NAME).write_text(text)
    async with start(folder, **WITH_PASSPHRASE) as house:
        await house.ready()
        await until(lambda: house.there("welcome.connect"), "the first page")
    assert json.loads((folder / settings_module.FILE_NAME).read_text())["scheme"] == "system"


# while it runs


@pytest.fixture
def emulator() -> Any:
    return VENDOR.sandbox(counts=(900,))


async def connected(house: House, server: LoopbackServer) -> None:
    await house.ready()
    await until(lambda: house.there("welcome.connect"), "the first page")
    house.click("welcome.connect")
    await house.add_account(SEA, f"{server.base_url}/api/v3", "demo-seaside", test=False)


async def test_closing_in_the_middle_of_a_check_is_quick_and_keeps_its_place(folder: Path, emulator: Any) -> None:
    with LoopbackServer(emulator) as server:
        async with House(folder) as house:
            emulator.faults.set(Kind.SLOW, 30, target="page=", skip=4)
            await connected(house, server)
            await until(lambda: len(house.cached(SEA)) > 100, "the first pages")
            began = time.monotonic()
            assert await house.leave() == 0
            assert time.monotonic() - began < 5
        emulator.faults.clear()
        emulator.requests.clear()
        async with House(folder) as house:
            await house.ready()
            await house.done(SEA)
            assert house.cached(SEA) == truth(emulator, 71)
        assert "page=1&" not in emulator.requests[0].query + "&", "it went on from where it was"


@pytest.mark.slow
async def test_a_full_disk_is_told_and_gone_on_with_when_there_is_room(folder: Path, emulator: Any) -> None:
    def most_pages(count: int) -> None:
        house.database.write_sync(lambda c, t: driver_of(c).execute(f"PRAGMA max_page_count={count}").fetchone())

    with LoopbackServer(emulator) as server:
        async with House(folder) as house:
            await connected(house, server)
            await house.done(SEA)
            before = house.cached(SEA)
            used = house.database.read_sync(lambda c: driver_of(c).execute("PRAGMA page_count").fetchone()[0])
            most_pages(used + 2)
            for number in emulator.ids(71)[:60]:  # more than a fifth would be asked about
                emulator.edit(71, number, private_notes=token_hex(9000))
            last = await house.check_now(SEA)
            assert last.phase is Phase.FAILED
            await until(lambda: "The disk is full" in house.banners(), "a banner about it")
            assert "Free some space" in house.banners()
            assert house.cached(SEA).keys() == before.keys()
            house.key("Esc")
            house.click_place(SEA)
            await until(lambda: house.model.rowCount() == len(before), "the contacts that were there before")
            most_pages(1_000_000)
            assert (await house.check_now(SEA)).phase is Phase.DONE
            assert house.cached(SEA) == truth(emulator, 71)
            await until(lambda: "The disk is full" not in house.banners(), "the banner to go")


@pytest.mark.expect_log
async def test_a_mistake_of_our_own_is_shown_and_logged_and_the_program_goes_on(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def mistake() -> None:
        raise ZeroDivisionError("seven")

    async with House(folder) as house:
        await house.ready()
        house.window.scope.start(mistake(), what="count the chairs")
        await until(lambda: "Something went wrong" in house.banners(), "words about it")
        assert "count the chairs" in caplog.text
        house.key("Ctrl+,")
        await until(lambda: house.there("settings.scheme"), "the settings page")
        assert await house.leave() == 0
