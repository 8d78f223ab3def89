"""*Pause* in the panel of accounts: kept over a restart, seen wherever the account is, and *Check now* works."""

from __future__ import annotations

from pathlib import Path

from crmdesk.sandbox.server import LoopbackServer
from crmdesk.sync.progress import Phase
from crmdesk.ui.places import Place
from crmdesk.vendors.bookingsync import VENDOR
from tests.helpers.house import House, until

SEA = "Seaside Villas"


def signs(house: House) -> list[str]:
    return [line.sign for line in house.window.navigation.lines() if line.title == SEA]


async def test_a_paused_account_stays_so_and_is_checked_on_demand(tmp_path: Path) -> None:
    emulator = VENDOR.sandbox(counts=(30, 20))
    with LoopbackServer(emulator) as server:
        async with House(tmp_path) as house:
            await house.begin_with(SEA, server.base_url)
            house.open_panel()
            number = house.accounts()[SEA]
            house.click(f"sync.{number}.pause")
            await until(lambda: signs(house) == ["paused"], "the pause in the navigation")
            await until(lambda: f"{SEA} paused" in house.status() and "Paused: " in house.words("sync"), "its words")
        asked = len(emulator.requests)
        async with House(tmp_path) as house:
            await house.ready()
            await until(lambda: signs(house) == ["paused"], "the pause after a restart")
            house.window.go(Place("accounts", number))
            await until(lambda: "Paused · " in house.words(house.window.pages.currentWidget()), "the form's words")
            assert len(emulator.requests) == asked, "nobody asked for a check"
            assert (await house.check_now(SEA)).phase is Phase.DONE
            assert len(emulator.requests) > asked
            await until(lambda: signs(house) == ["paused"], "the pause after the check")
            await until(lambda: house.find(f"sync.{number}.pause").text() == "Resume", "the way out")
            house.click(f"sync.{number}.pause")
            await until(lambda: signs(house) == [""], "the end of the pause")
