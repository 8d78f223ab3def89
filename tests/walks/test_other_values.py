"""A vendor that suddenly has other values for most contacts: the check stops and asks, and the answer holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmdesk.sandbox.server import LoopbackServer
from crmdesk.sync.progress import Phase
from crmdesk.vendors.bookingsync import VENDOR
from tests.helpers.house import House, until

SEA, SEA_ID = "Seaside Villas", 71


def lost(house: House) -> int:
    return sum(raw["city"] == "Nowhere" for raw in house.cached(SEA).values())


@pytest.mark.parametrize("take", [True, False])
async def test_other_values_for_most_contacts_wait_for_somebody(tmp_path: Path, take: bool) -> None:
    emulator = VENDOR.sandbox(counts=(260, 20))
    with LoopbackServer(emulator) as server:
        async with House(tmp_path) as house:
            await house.begin_with(SEA, server.base_url)
            here = len(house.cached(SEA))
            for number in emulator.ids(SEA_ID):
                emulator.edit(SEA_ID, number, city="Nowhere")
            assert (await house.check_now(SEA)).phase is Phase.BRAKED
            assert lost(house) <= 0.2 * here
            await until(lambda: "now returns other values for" in house.banners(), "the question")
            account = house.accounts()[SEA]
            await until(lambda: house.there(f"sync.{account}.remove"), "the answers")
            assert house.find(f"sync.{account}.remove").text() == "Take them over"  # type: ignore[attr-defined]
            assert house.find(f"sync.{account}.keep").text() == "Keep what is here"  # type: ignore[attr-defined]
            stayed = lost(house)
            house.find(f"sync.{account}.{'remove' if take else 'keep'}").click()  # type: ignore[attr-defined]
            await until(lambda: house.phase(SEA) is Phase.DONE, "the answered check")
            assert lost(house) == (here if take else stayed)
            await until(lambda: "now returns other values for" not in house.banners(), "no question any more")
