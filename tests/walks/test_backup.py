"""A backup is made in the evening and put back in the morning, through the window."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from crmdesk import swap
from crmdesk.early import Early
from crmdesk.folder import CACHE
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.swap import KEPT, MARKER
from crmdesk.ui import choosing, menus
from crmdesk.vendors.bookingsync import VENDOR
from crmdesk.vendors.bookingsync.sandbox_accounts import SandboxAccount
from tests.helpers.house import House, until

PASSPHRASE = "correct horse battery staple"
SEA, TOKEN = "Seaside Villas", "e" * 64


def start(folder: Path) -> House:
    found = Early(folder, {"CRMDESK_PASSPHRASE": PASSPHRASE}).wait()
    assert found is not None
    return House(folder, found)


def choose(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    async def chosen(*_: object) -> str:
        return str(path)

    monkeypatch.setattr(choosing, "choose_place", chosen)
    monkeypatch.setattr(choosing, "choose_file", chosen)


def count(house: House) -> int:
    return int(house.model.rowCount())


@pytest.mark.expect_log
async def test_a_backup_is_made_and_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRMDESK_COUNTERS", str(tmp_path / "counters"))
    folder, file = tmp_path / "data", tmp_path / "evening.crmdesk"
    emulator: Any = VENDOR.sandbox([SandboxAccount(71, SEA, TOKEN, count=40)])
    choose(monkeypatch, file)
    with LoopbackServer(emulator) as server:
        async with start(folder) as house:
            await house.ready()
            await until(lambda: house.there("welcome.connect"), "the first page")
            house.click("welcome.connect")
            await house.add_account(SEA, f"{server.base_url}/api/v3", TOKEN)
            await house.done(SEA)
            house.click_place("All contacts")
            before = count(house)
            await _backed_up(house, file)
            house.window.services.set_working_offline(True)
            account = house.accounts()[SEA]
            await house.services.remove_account(account, keep_contacts=False)
            assert await house.window.reader.accounts() == [], "by mistake, in the morning"
            await _put_back(house)
            await until(lambda: house._life.done(), "the end of the program")
        assert (folder / MARKER).exists(), "the next start exchanges the files"
        async with start(folder) as house:
            await house.ready()
            await until(lambda: count(house) == before, "the contacts of the evening")
            assert list(house.accounts()) == [SEA]
    assert not (folder / MARKER).exists()
    (kept,) = folder.glob(f"{KEPT}*")
    assert (kept / CACHE).exists(), "what was there is kept"


async def _backed_up(house: House, file: Path) -> None:
    house.window.commands.get("backup").run()
    await until(lambda: house.there("backup.go") and house.find("backup.go").isEnabled(), "the dialog")
    assert "Your passphrase opens this backup" in house.words("backup")
    house.click("backup.go")
    await until(lambda: "The backup is written" in house.words("backup"), "the file")
    assert b"SQLite" not in file.read_bytes()[:16]
    house.click("backup.go")
    await until(lambda: not house.there("backup.go"), "the end of the dialog")


async def _put_back(house: House) -> None:
    house.window.commands.get("restore").run()
    await until(lambda: house.there("restore.passphrase"), "the dialog")
    house.fill("restore.passphrase", "a wrong passphrase")
    house.click("restore.go")
    dialog: Any = house.find("restore")
    await until(lambda: dialog.trouble.isVisible() and not dialog.working, "a refusal")
    assert "can be restored" not in house.words("restore")
    house.fill("restore.passphrase", PASSPHRASE)
    house.click("restore.go")
    await until(lambda: "can be restored" in house.words("restore"), "a backup that is whole")
    house.click("restore.go")


def unpacked(folder: Path) -> list[str]:
    return [item.name for item in folder.iterdir() if item.name == MARKER or item.name.startswith("session-")]


@asynccontextmanager
async def _backed_up_before(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """The program over a folder that has a backup beside it, which is the file that is chosen."""
    file = folder.with_name("evening.crmdesk")
    choose(monkeypatch, file)
    async with start(folder) as house:
        await house.ready()
        backups = house.program.opened.backups  # type: ignore[union-attr]
        await asyncio.to_thread(backups.write, str(file), "", lambda *_: None)
        yield house


@pytest.mark.expect_log
async def test_a_restore_that_cannot_be_noted_is_told_and_the_window_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the program would go, come back with the old data, and say nothing."""
    folder = tmp_path / "data"
    async with _backed_up_before(folder, monkeypatch) as house:

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(swap, "write_durably", full)
        await _put_back(house)
        await until(lambda: "could not be put in place" in house.words(), "the reason")
        assert unpacked(folder) == [] and not house.window.start_again and not house._life.done()


async def test_a_window_that_is_not_closed_after_all_restores_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"
    async with _backed_up_before(folder, monkeypatch) as house:
        asked: list[list[str]] = []

        async def stay() -> bool:
            asked.append(unpacked(folder))
            return False

        with monkeypatch.context() as patch:
            patch.setattr(menus, "unsaved", lambda _contacts: True)
            patch.setattr(house.window, "_may_leave", stay)
            await _put_back(house)
            await until(lambda: bool(asked) and unpacked(folder) == [], "nothing that waits")
        assert len(asked[0]) == 2 and not house.window.start_again, "the mark and the copy"
    assert not list(folder.glob(f"{KEPT}*"))
