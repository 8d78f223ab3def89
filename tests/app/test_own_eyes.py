"""What lies on the disk is for its owner alone, and tells nothing by its name (UX-PRV-08)."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from crmdesk import folder
from crmdesk.core.changes import ChangeFeed
from crmdesk.core.seams import SystemClock
from crmdesk.store.database import Database
from crmdesk.sync import extracting

KEY = b"k" * 32


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights: the folder lies in the user's profile")
def test_the_data_folder_can_be_read_by_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0o000)  # the most careless system
    try:
        place = tmp_path / "data"
        place.mkdir(mode=0o700)
        database = Database.open(place / folder.CACHE, KEY, ChangeFeed(), SystemClock())
        database.close()
        (place / folder.CACHE).chmod(0o644)  # as the first versions left it
        database = Database.open(place / folder.CACHE, KEY, ChangeFeed(), SystemClock())
        database.write_sync(lambda c, t: c.exec_driver_sql("INSERT INTO meta(name, value) VALUES ('a', 'b')").rowcount)
        extracting.write(place / "extract.json", "{}")
        found = {one.name: stat.S_IMODE(one.stat().st_mode) for one in place.iterdir()}
        database.close()
    finally:
        os.umask(before)
    assert {"contacts.db", "contacts.db-wal", "extract.json"} <= found.keys()
    assert {name: oct(mode) for name, mode in found.items() if mode & 0o077} == {}
