"""When a shift pack is made by itself, what becomes of older ones, and what is said where none could be made."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from crmdesk.core.errors import StorageError
from crmdesk.core.tasks import TaskScope
from crmdesk.settings import SENSIBLE, Settings, load
from crmdesk.ui.papers import by_itself, kept_packs
from crmdesk.ui.papers.by_itself import DONE, ShiftPacks
from tests.helpers.clock import FakeClock
from tests.ui.guest.conftest import settle

SIX = datetime(2026, 11, 27, 6, 0).astimezone()


class Desk:
    """A window with nothing but what the schedule needs; a pack is a word in `made`."""

    def __init__(self, scope: TaskScope, settings: Settings, now: datetime) -> None:
        self.clock, self.settings, self.scope = FakeClock(now.astimezone(UTC)), settings, scope
        self.saved = 0
        self.made: list[str] = []
        self.told: list[str] = []
        self.fails: Exception | None = None
        self.feedback = SimpleNamespace(
            show=lambda error, where: self.told.append(str(error)), notice=lambda text, action: self.told.append(text)
        )
        self.packs = ShiftPacks(self)  # type: ignore[arg-type]
        self.packs._written = self._written  # type: ignore[method-assign]

    def save_settings(self) -> None:
        self.saved += 1

    async def _written(self, due: datetime) -> Path:
        if self.fails is not None:
            raise self.fails
        self.made.append(f"{due.astimezone():%d %H:%M}")
        return Path(f"/there/{due.astimezone():%d-%H%M}.pdf")

    async def at(self, moment: datetime) -> None:
        """The clock on the wall shows this."""
        self.clock.moment = moment.astimezone(UTC)
        assert self.packs._woken is not None
        self.packs._woken.set()
        await settle()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(pack_times=["06:00", "14:00"], pack_folder=str(tmp_path))


@pytest.fixture
def desk(scope: TaskScope, settings: Settings) -> Callable[[datetime], Desk]:
    """The program starts at that time."""

    def begin(now: datetime) -> Desk:
        made = Desk(scope, settings, now)
        made.packs.start()
        return made

    return begin


async def test_it_is_made_at_each_time_once(desk: Callable[[datetime], Desk]) -> None:
    here = desk(SIX - timedelta(hours=1))
    await settle()
    assert here.made == [], "what was due before it was ever switched on is not owed"
    for minutes in (59, 60, 61, 90, 8 * 60 + 59, 9 * 60 + 1, 12 * 60):
        await here.at(SIX + timedelta(minutes=minutes - 60))
    assert here.made == ["27 06:00", "27 14:00"]
    assert "Shift pack saved as 27-0600.pdf." in here.told[0]
    await here.at(SIX + timedelta(days=1))
    assert here.made[2:] == ["28 06:00"]


@pytest.mark.parametrize(("late", "made"), [(1, ["27 06:00"]), (7.9, ["27 06:00"]), (9, ["27 14:00"]), (21, [])])
async def test_a_missed_time_is_made_up_for_once(
    desk: Callable[[datetime], Desk], settings: Settings, late: float, made: list[str]
) -> None:
    """The program was closed from five on; it starts `late` hours after six."""
    settings.window[DONE] = (SIX - timedelta(hours=1)).astimezone(UTC).isoformat()
    if late > 12:
        settings.pack_times = ["06:00"]
    here = desk(SIX + timedelta(hours=late))
    await settle()
    assert here.made == made
    await here.at(SIX + timedelta(hours=late, minutes=1))
    assert here.made == made


async def test_a_failure_is_told_with_its_remedy_and_the_next_time_is_another_try(
    desk: Callable[[datetime], Desk],
) -> None:
    here = desk(SIX - timedelta(hours=1))
    await settle()
    here.fails = StorageError("x.pdf cannot be written.", "The folder is no longer there. Choose another one.")
    await here.at(SIX)
    await here.at(SIX + timedelta(minutes=5))
    assert here.told == [
        "The shift pack of 06:00 was not made. x.pdf cannot be written. The folder is no longer there. Choose another "
        "one. Next one: 14:00."
    ]
    here.fails = RuntimeError("a mistake of ours")
    await here.at(SIX + timedelta(hours=8))
    assert here.told[1:] == ["a mistake of ours"]
    here.fails = None
    await here.at(SIX + timedelta(days=1))
    assert here.made == ["28 06:00"]


async def test_one_that_was_broken_off_is_owed_to_the_next_start(
    desk: Callable[[datetime], Desk], settings: Settings, scope: TaskScope
) -> None:
    here, begun = desk(SIX - timedelta(hours=1)), asyncio.Event()
    await settle()

    async def never(_due: datetime) -> Path:
        begun.set()
        return await asyncio.Event().wait()  # type: ignore[return-value]

    here.packs._written = never  # type: ignore[method-assign]
    await here.at(SIX)
    assert begun.is_set()
    scope.cancel(by_itself.KEY)
    await settle()
    again = desk(SIX + timedelta(hours=1))
    await settle()
    assert again.made == ["27 06:00"]


async def test_it_is_off_without_a_folder_and_owes_nothing_afterwards(
    desk: Callable[[datetime], Desk], settings: Settings, tmp_path: Path
) -> None:
    assert Settings().pack_folder == "" and Settings().pack_times == []
    settings.pack_folder = ""
    here = desk(SIX - timedelta(hours=1))
    await settle()
    await here.at(SIX + timedelta(minutes=1))
    assert here.made == [] and here.packs.next_at() is None
    settings.pack_folder = str(tmp_path)
    here.packs.changed()
    await settle()
    assert here.made == [] and here.saved
    await here.at(SIX + timedelta(hours=8))
    assert here.made == ["27 14:00"]


async def test_a_clock_that_was_wrong_stops_nothing_for_long(
    desk: Callable[[datetime], Desk], settings: Settings
) -> None:
    settings.window[DONE] = "2036-01-01T00:00:00Z"
    here = desk(SIX - timedelta(hours=1))
    await settle()
    await here.at(SIX)
    assert here.made == ["27 06:00"]


# -- the folder --------------------------------------------------------------------------------------------------

LOCAL = datetime(2026, 11, 27, 6, 0)


def names(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir())


def test_nothing_is_overwritten_and_only_files_of_its_own_go(tmp_path: Path) -> None:
    others = [
        "Shift pack 2020-01-01 0600.pdf", "shift-pack-2020-01-01-0600.pdf.bak", "shift-pack-2020-01-01.pdf",
        "my shift-pack-2020-01-01-0600.pdf", "contacts.xlsx", "shift-pack-2020-01-01-0600-x.pdf",
    ]  # fmt: skip
    for name in others:
        (tmp_path / name).write_bytes(b"mine")
    (tmp_path / "shift-pack-2019-01-01-0600.pdf").mkdir()
    for day in range(1, 6):
        kept_packs.put(tmp_path, LOCAL.replace(day=day), b"%PDF", kept=3)
    (tmp_path / "shift-pack-2026-11-05-0600.unfinished-ab_12.pdf").write_bytes(b"half")
    kept_packs.put(tmp_path, LOCAL.replace(day=5), b"again", kept=3)
    ours = ["shift-pack-2026-11-04-0600.pdf", "shift-pack-2026-11-05-0600-2.pdf", "shift-pack-2026-11-05-0600.pdf"]
    assert names(tmp_path) == sorted([*others, "shift-pack-2019-01-01-0600.pdf", *ours])
    assert (tmp_path / ours[1]).read_bytes() == b"again" and (tmp_path / ours[2]).read_bytes() == b"%PDF"
    kept_packs.put(tmp_path, LOCAL.replace(year=2001), b"old clock", kept=1)
    assert "shift-pack-2001-11-27-0600.pdf" in names(tmp_path), "what was just made stays"


def test_where_it_cannot_be_written_nothing_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept_packs.put(tmp_path, LOCAL, b"%PDF", kept=1)
    with pytest.raises(StorageError, match="no longer there"):
        kept_packs.put(tmp_path / "gone", LOCAL, b"%PDF", kept=1)

    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="disk is full"):
        kept_packs.put(tmp_path, LOCAL.replace(day=28), b"%PDF", kept=1)
    assert names(tmp_path) == ["shift-pack-2026-11-27-0600.pdf"]


# -- the settings ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "bad"),
    [("pack_times", ["6:00"]), ("pack_times", "06:00"), ("pack_times", ["06:00"] * 13), ("pack_folder", "relative"),
     ("pack_folder", 5), ("pack_view", 0), ("pack_kept", 0), ("pack_kept", True)],
)  # fmt: skip
def test_settings_edited_by_hand_are_sensible(tmp_path: Path, name: str, bad: Any) -> None:
    import json

    assert not SENSIBLE[name](bad)
    (tmp_path / "settings.json").write_text(json.dumps({name: bad}), "utf-8")
    assert getattr(load(tmp_path), name) == getattr(Settings(), name)
