"""What practice mode lets go wrong: several faults of several emulators, switched together."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from crmdesk.sandbox.faults import Kind
from crmdesk.sandbox.troubles import Switches, Trouble
from crmdesk.vendors import VENDORS
from crmdesk.vendors.bookingsync.sandbox import sandbox
from tests.sandbox.support import SAMPLE_NEW, SEASIDE, client

BODY = {"contacts": [SAMPLE_NEW]}
SIGN_IN = (
    "/oauth/token",
    "/v3.8/distributor/oauth2/token",
    "/self-service/v1/contacts/authenticate",
    "/self-service/v1/contacts/validate-otp",
    "/crmapi/rest/v2/authentication/token",
)


@pytest.fixture
def heard() -> list[str]:
    return []


@pytest.fixture
def switches(heard: list[str]) -> Switches:
    emulators: dict[str, Any] = {vendor.key: vendor.sandbox() for vendor in VENDORS}
    return Switches(emulators, lambda: heard.append("changed"))


def active(switches: Switches, name: str) -> set[Kind]:
    return {fault.kind for fault in switches._emulators[name].faults.active()}


@pytest.mark.parametrize("trouble", list(Trouble))
def test_each_is_on_where_it_was_switched_on_and_nowhere_else(switches: Switches, trouble: Trouble) -> None:
    switches.set(trouble, True, ["bookingsync", "cendyn"])
    assert switches.on(trouble) == ("bookingsync", "cendyn")
    assert active(switches, "bookingsync") and active(switches, "cendyn") and not active(switches, "prioticket")
    switches.set(trouble, False, ["cendyn"])
    assert switches.active() == {trouble: ("bookingsync",)}
    assert not active(switches, "cendyn")


def test_all_off_leaves_what_somebody_else_has_set(switches: Switches, heard: list[str]) -> None:
    mine = switches._emulators["bookingsync"].faults.set(Kind.CUT_AFTER, times=1)
    switches.set(Trouble.LOST, True, switches.names)
    switches.set(Trouble.LOST, True, switches.names)  # a second time changes nothing
    switches.clear()
    assert switches.active() == {}
    assert switches._emulators["bookingsync"].faults.active() == [mine]
    assert not any(active(switches, name) for name in switches.names[1:])
    assert len(heard) == 3


def test_a_name_that_is_none_is_told(switches: Switches) -> None:
    with pytest.raises(KeyError):
        switches.set(Trouble.SLOW, True, ["nobody"])
    with pytest.raises(KeyError):
        switches.elsewhere("cendyn", "1", {"city": "Porto"})
    with pytest.raises(KeyError):
        switches.elsewhere("bookingsync", "999999", {"city": "Porto"})


def test_vendors_with_contacts_of_many_desks(switches: Switches) -> None:
    assert set(switches.shared()) == {"bookingsync", "prioticket", "crmcom_selfservice"}


async def test_without_a_line_nothing_leaves_and_a_lost_answer_is_of_something_done() -> None:
    emulator = sandbox()
    switches = Switches({"bookingsync": emulator})
    before = len(emulator.ids(SEASIDE))
    async with client(emulator) as http:
        switches.set(Trouble.OFFLINE, True, switches.names)
        with pytest.raises(httpx.ConnectError):
            await http.post("/contacts", json=BODY)
        assert len(emulator.ids(SEASIDE)) == before
        switches.clear()
        switches.set(Trouble.LOST, True, switches.names)
        with pytest.raises(httpx.RemoteProtocolError):
            await http.post("/contacts", json=BODY)
        assert len(emulator.ids(SEASIDE)) == before + 1
        assert (await http.get("/contacts")).status_code == 200, "reading is never lost"


@pytest.mark.parametrize("path", SIGN_IN)
def test_signing_in_is_never_lost(switches: Switches, path: str) -> None:
    """Else nobody could look what became of anything."""
    switches.set(Trouble.LOST, True, switches.names)
    switches.set(Trouble.REFUSE, True, switches.names)
    faults = [fault for one in switches._emulators.values() for fault in one.faults.active()]
    assert len(faults) > 15
    assert not any(fault.matches("POST", path) for fault in faults)
