"""Shift packs that are made by themselves: switched on in Settings, made behind a locked window too."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crmdesk.core.seams import SystemClock
from crmdesk.core.types import Flag
from crmdesk.ui import choosing
from crmdesk.ui.papers import output
from tests.helpers.house import House, until
from tests.walks.test_export import rows_of
from tests.walks.test_keyboard import practice
from tests.walks.test_shift_pack import leaves


class Wall(SystemClock):
    """The system's clock, put forward."""

    def __init__(self, now: datetime) -> None:
        self.ahead = now - datetime.now(UTC)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def show(house: House, moment: datetime) -> None:
    house.window.clock = Wall(moment)
    house.window.shift_packs._woken.set()


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The pages of each PDF."""
    found: list[Any] = []
    real = output.as_pdf

    async def as_pdf(pages: Any, *more: Any) -> bytes:
        found.append(pages)
        return await real(pages, *more)

    monkeypatch.setattr(output, "as_pdf", as_pdf)
    return found


def everybody(pages: Any) -> int:
    """How many guests of *All contacts* are on paper."""
    found = re.search(r"Guests: All contacts \((\d+)\)", pages.words())
    return int(found[1]) if found else 0


async def switched_on(house: House, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def chosen(*_: object) -> str:
        return str(folder)

    monkeypatch.setattr(choosing, "choose_folder", chosen)
    house.key("Ctrl+,")
    await until(lambda: house.there("settings.packs.times"), "Settings")
    assert "Off." in house.words("settings.packs")
    times: Any = house.find("settings.packs.times")
    times.setText("noon")
    times.editingFinished.emit()
    assert "“noon” is no time of day" in house.words("settings.packs")
    times.setText("6:30 14.00")
    times.editingFinished.emit()
    assert times.text() == "06:30, 14:00" and "Choose a folder to switch it on." in house.words("settings.packs")
    house.find("settings.packs.folder").click()
    await until(lambda: "Next one:" in house.words("settings.packs"), "it is on")
    assert str(folder) in house.words("settings.packs").replace("\u200b", "")


async def test_packs_are_made_at_their_times_behind_a_locked_window_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: list[Any]
) -> None:
    folder = tmp_path / "packs"
    folder.mkdir()
    day = datetime.now().astimezone().replace(hour=13, minute=59, second=30, microsecond=0)
    first, second, third = (folder / f"shift-pack-{day + timedelta(days=after):%Y-%m-%d}-{at}.pdf"
                            for after, at in ((0, "1400"), (1, "0630"), (1, "1400")))  # fmt: skip
    async with practice(tmp_path) as house:
        rows = await rows_of(house)
        house.services.set_working_offline(True)
        show(house, day)
        await switched_on(house, folder, monkeypatch)
        house.click_place("Restricted")
        show(house, day + timedelta(minutes=1))
        await until(first.exists, "the pack")
        await until(
            lambda: f"Shift pack saved as {first.name}." in [one.text for one in house.window.feedback.told],
            "the notice",
        )
        assert leaves(first.read_bytes()) == len(printed[0])
        kept = [row for row in rows if not row.flags & (Flag.RESTRICTED | Flag.FORGET)]
        assert everybody(printed[0]) > len(rows) // 2, "its own view, whatever is on screen"
        assert "partly hidden" in printed[0].footer
        assert not [row.email for row in kept if row.email.count("@") == 1 and row.email in printed[0].words()]

        shutil.rmtree(folder)
        show(house, day + timedelta(hours=17))
        await until(lambda: "was not made" in house.banners(), "what went wrong")
        assert "The folder is no longer there. Choose another one." in house.banners()
        assert "Next one: 14:00." in house.banners()
        assert not second.exists()
        folder.mkdir()

        house.key("Ctrl+Shift+L")
        await until(lambda: house.window.lock.locked, "the lock")
        show(house, day + timedelta(hours=24, minutes=1))
        await until(third.exists, "a pack while the window is locked")
        assert everybody(printed[-1]) > len(rows) // 2
        assert not [row.name for row in rows[:40] if row.name in house.words()]
