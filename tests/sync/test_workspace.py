"""What is below the window, put together: all of it, or nothing that stays open."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from crmdesk import backups
from crmdesk.core.errors import StorageError
from crmdesk.core.seams import SystemClock
from crmdesk.folder import CACHE, headless_key
from crmdesk.net.key_record import KeyMode
from crmdesk.net.secrets import Key
from crmdesk.store.database import Database
from crmdesk.sync.pins import Pins
from crmdesk.sync.progress import StatusBoard
from crmdesk.workspace import open_workspace
from tests.helpers.front_desk import FrontDesk

ENDS = ("", "-wal", "-shm")
KEY = Key(KeyMode.PASSPHRASE, b"k" * 32, "Encrypted.", "passphrase")


def test_a_file_that_cannot_be_read_behind_its_opening_is_closed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """*Try again* opens it once more, and a restored backup takes its place."""
    closed, close = [], Database.close

    def noted(database: Database) -> None:
        closed.append(database.path)
        close(database)

    def broken(_pins: Pins) -> None:
        raise StorageError("The network drive is away.")

    monkeypatch.setattr(Database, "close", noted)
    monkeypatch.setattr(Pins, "load", broken)
    with pytest.raises(StorageError, match="network drive"):
        open_workspace(tmp_path / CACHE, KEY, clock=SystemClock(), board=StatusBoard())
    assert closed == [tmp_path / CACHE]


async def test_nothing_but_the_driver_opens_the_data_file(tmp_path: Path) -> None:
    """Closing any descriptor of it drops the locks that this process holds on it, and another one writes in between
    (P9). A whole day: filled, edited, searched, backed up, opened anew."""
    home, opened = tmp_path / "data", []
    watched: set[str] = {str(home / f"{CACHE}{end}") for end in ENDS}

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if watched and event in ("open", "shutil.copyfile") and str(arguments[0]) in watched:
            opened.append(str(arguments[0]))

    sys.addaudithook(hook)  # for good: nobody can take one away
    try:
        home.mkdir()
        for city in ("Oslo", "Rome"):
            key = headless_key(home, {"CRMDESK_PASSPHRASE": "correct horse battery staple"})
            async with FrontDesk(home / CACHE) as desk:
                await desk.pull()
                await desk.change("2", city=city)
                await desk.push()
                assert desk.database.check() == []
                copy = tmp_path / f"{city}.crmdesk"
                backups.write(desk.database, key, home, copy, "", lambda *_: None, clock=SystemClock())
        assert opened == []
        (home / CACHE).read_bytes()
        assert opened == [str(home / CACHE)], "the watch sees it"
    finally:
        watched.clear()
