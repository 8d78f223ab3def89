"""Five vendors in one window, used as a person uses them: found, read, checked, and told what they lack."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from crmdesk.core.types import Consent, flags
from crmdesk.early import Found
from crmdesk.net.secrets import memory_key
from crmdesk.sandbox.faults import Kind
from crmdesk.settings import Settings
from crmdesk.sync.progress import Phase
from crmdesk.vendors import VENDORS
from crmdesk.vendors.cendyn import VENDOR as CENDYN
from crmdesk.vendors.crmcom_events import VENDOR as EVENTS
from tests.helpers.house import House, until

TOURS, RESORT, PORTAL, REWARDS = "City Tours", "Lakeside Resort", "Guest portal", "Rewards office"
CLIENT = "city-tours"


@asynccontextmanager
async def practice(tmp_path: Path) -> AsyncIterator[House]:
    """Practice mode with everybody listed. No fixture: between a fixture and its test Qt's loop does not run."""
    folder = tmp_path / "data"
    folder.mkdir()
    async with House(folder, Found(key=memory_key()), kept=Settings(), practice=True) as house:
        await house.practised()
        yield house


def emulator(house: House, vendor: str) -> Any:
    return house.program.emulators[vendor]


async def opened(house: House, query: str) -> None:
    """The first contact of this search, in the detail pane."""
    await house.search(query)
    await until(lambda: house.model.rowCount() > 0 and house.model.rowCount() < 400, f"hits of {query}")
    house.click_row(0)
    await until(lambda: house.window.contacts.detail.detail is not None, "a contact")
    wanted = house.table.current_id()
    await until(lambda: house.window.contacts.detail.detail.row.id == wanted, "the chosen contact")


@pytest.mark.parametrize(
    ("query", "heading"),
    [
        ("vendor:bookingsync", "BookingSync contact"),
        ("vendor:prio", "PrioTicket contact"),
        ("vendor:cendyn", "What we sent to Cendyn"),
        ('vendor:"crm.com self"', "CRM.COM profile"),
    ],
)
@pytest.mark.slow
async def test_every_vendors_contacts_are_found_and_shown_under_their_own_heading(
    query: str, heading: str, tmp_path: Path
) -> None:
    async with practice(tmp_path) as house:
        await opened(house, query)
        await until(lambda: heading in house.words("detail.pane"), f"the heading {heading}")


async def test_what_a_vendor_lacks_is_told_at_the_action(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        for vendor in VENDORS:
            if vendor is EVENTS:  # has no contacts to act on
                continue
            await opened(house, f"vendor:{vendor.key}")
            for command, action in (
                ("contact.delete", "delete"),
                ("contact.edit", "edit"),
                ("list.refresh", "refresh"),
            ):
                house.window.commands.refresh()
                reason = house.window.commands.why_not(command)
                assert reason == house.services.offer(vendor.key, action)
                tip = house.window.commands.action(command).toolTip()
                assert house.window.commands.action(command).isEnabled() == (reason is None)
                if action in vendor.lacks:
                    assert " ".join(tip.split()) == vendor.lacks[action]


async def test_a_change_at_prioticket_arrives_and_its_earlier_states_can_be_read(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        emulator(house, "prioticket").edit(
            CLIENT, emulator(house, "prioticket").uids(CLIENT)[0], contact_name_last="Zanzibar"
        )
        last = await house.check_now(TOURS)
        assert (last.phase, last.changed) == (Phase.DONE, 1)
        house.key("Esc")
        await house.search("zanzibar", hits=1)
        await opened(house, "zanzibar")
        house.window.commands.run("contact.history")
        await until(lambda: house.there("history") and "Zanzibar" in house.words("history"), "the newest state")
        assert "First version" in house.words("history")


async def test_consents_and_types_are_found_over_all_vendors(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        for word, meant in (("yes", Consent.YES), ("no", Consent.NO), ("never", Consent.NEVER)):
            await house.search(f"consent:{word}")
            await until(lambda: 0 < house.model.rowCount() < 100 and "…" not in house.names(100), f"consent {word}")
            rows = [house.model.row_at(row) for row in range(house.model.rowCount())]
            assert {flags(row.flags).consent for row in rows} == {meant}
        await house.search("type:booker")
        await until(lambda: 0 < house.model.rowCount() < 150, "bookers")
        assert {house.model.row_at(row).kind for row in range(3)} == {"Booker"}


@pytest.mark.slow
async def test_another_filter_of_an_account_lists_others_and_lets_the_old_ones_go(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        account = house.accounts()[TOURS]
        await house.services.update_account(account, credentials={"contact_type": "BOOKER"})
        await until(lambda: 0 < len(house.cached(TOURS)) < 150, "bookers only")
        assert {raw["contact_type"] for raw in house.cached(TOURS).values()} == {"BOOKER"}
        await house.services.update_account(account, credentials={"contact_type": ""})
        await until(lambda: len(house.cached(TOURS)) == 150, "everybody again")


async def test_another_person_at_the_portal_comes_beside_the_first(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        portal = emulator(house, "crmcom_selfservice")
        other = next(one for one in portal.contacts() if one.email and one.id != portal.guest().id and one.password)
        before = set(house.cached(PORTAL))
        assert before
        credentials = {"email": other.email, "password": other.password}
        await house.services.update_account(house.accounts()[PORTAL], credentials=credentials)
        await until(lambda: other.id in house.cached(PORTAL), "the other profile")
        assert before < set(house.cached(PORTAL)), "whoever was here may be a guest of the desk"


async def test_one_failing_vendor_leaves_the_others_alone(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        emulator(house, "prioticket").faults.set(Kind.SERVER_ERROR)
        last = await house.check_now(TOURS)
        assert last.phase is Phase.FAILED or last.phase is Phase.OFFLINE
        assert last.text
        assert len(house.cached(TOURS)) == 150
        house.key("Esc")
        assert (await house.check_now("Seaside Villas")).phase is Phase.DONE


def _states(house: House) -> set[str]:
    """Of the contacts that practice began with. Those of its submission go on their way meanwhile."""
    return {raw["state"] for raw in house.cached(RESORT).values() if raw["sent"].get("tags") != ["winter letter"]}


@pytest.mark.slow
async def test_what_became_of_what_was_sent_is_looked_up(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        assert _states(house) <= {"queued", "processed"}
        resort = emulator(house, "cendyn")
        today = resort.now
        resort.now = lambda: today().replace(year=2099)
        await house.check_now(RESORT)
        assert _states(house) == {"processed"}
        assert house.services.offer("cendyn", "refresh") == CENDYN.lacks["refresh"]


async def test_an_account_that_only_takes_events_is_ready_and_never_checked(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        assert house.phase(REWARDS) is Phase.READY
        emulator(house, "crmcom_events").requests.clear()
        assert (await house.services.pull(house.accounts()[REWARDS])).phase is Phase.READY
        assert not emulator(house, "crmcom_events").requests


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.key)
@pytest.mark.slow
async def test_the_connection_of_every_account_passes_its_test(vendor: Any, tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        described = emulator(house, vendor.key).describe("http://127.0.0.1")
        for one in described["accounts"]:
            steps = await house.services.check(vendor.key, described["base_url"], one["credentials"])
            assert [step.ok for step in steps] == [True, True, True], steps
