"""What a signed-in guest may do, and that no secret gets anywhere by it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from crmdesk.core.errors import (
    InDoubtError,
    KnownError,
    RejectedError,
)
from crmdesk.core.guest import Address, Challenge
from crmdesk.sandbox.faults import Call, Kind
from crmdesk.vendors.crmcom_selfservice.dialect import V2
from tests.contract.crmcom_selfservice.tools import CONTACT_ID, Vendor, come_in, session_answer, two

both = pytest.mark.parametrize("version", ["v1", "v2"])


# ── what a guest may do ──────────────────────────────────────────────────────────────────────────────────────────────


@both
async def test_messages_files_addresses_and_the_rest(version: str, make_emulator, open_api) -> None:
    emulator = make_emulator(version=version)
    desk, guest = open_api(emulator).desk, emulator.contacts()[2]
    await come_in(desk, guest)
    calls = desk.calls(guest.id)
    found = (await calls.communications(1, viewed=False)).entries
    await calls.mark(found[0].id, viewed=True, archived=True)
    assert guest.communications[found[0].id]["is_archived"]
    assert (await calls.communication(found[0].id)).id == found[0].id
    made = await calls.add_address(Address("BUSINESS", "Street 1", country_code="CY"))
    await calls.change_address(Address("BUSINESS", "Street 2", id=made))
    assert {one.id: one.address_line_1 for one in await calls.addresses()}[made] == "Street 2"
    await calls.remove_address(made)
    file_id = await calls.upload("a.pdf", b"%PDF", "application/pdf")
    assert (await calls.file(file_id)).content == (b"%PDF" if version == "v2" else None)
    await calls.delete_file(file_id)
    assert await calls.printout("INVOICE", guest.invoice)
    assert await calls.printout("INVOICE", guest.invoice, "EMAIL") == ""
    await calls.authorise_wifi("01-23-45-67-89-AB", "e-1", "place")
    if version == "v2":
        await calls.change_password("new pässword")
        assert guest.password == "new pässword"
        with pytest.raises(RejectedError):
            await calls.set_consent("ACCEPTED")
    else:
        await calls.set_consent("REJECTED")
        assert guest.record["consent_state"] == "REJECTED"


async def test_all_addresses_come_whatever_the_pages(make_emulator, open_api) -> None:
    for paging in ("paging", "absent"):
        emulator = make_emulator(paging=paging)
        desk, guest = open_api(emulator).desk, two(emulator)[0]
        await come_in(desk, guest)
        guest.addresses.clear()
        for number in range(230):
            guest.addresses[str(number)] = {"id": str(number), "type": "HOME", "address_line_1": f"{number}"}
        assert len(await desk.calls(guest.id).addresses()) == 230


def with_requests(emulator) -> tuple[Any, list[str]]:
    guest = max(emulator.contacts(), key=lambda one: len(one.approvals) if one.email else 0)
    for made in guest.approvals.values():
        made["state"] = "PENDING"
    return guest, list(guest.approvals)


@both
@pytest.mark.parametrize("accept", [True, False])
@pytest.mark.parametrize("elsewhere", ["APPROVED", "REJECTED"])
async def test_an_answer_counts_or_tells_what_somebody_else_answered(
    elsewhere, accept, version, make_emulator, open_api
):
    emulator = make_emulator(version=version)
    guest, (first, second, *_) = with_requests(emulator)
    desk = open_api(emulator).desk
    await come_in(desk, guest)
    calls = desk.calls(guest.id)
    assert await calls.answer_approval(first, accept=accept) == ""
    assert guest.approvals[first]["state"] == ("APPROVED" if accept else "REJECTED")
    emulator.decide(guest.id, second, elsewhere)
    assert await calls.answer_approval(second, accept=accept) == elsewhere


async def test_any_other_refusal_of_an_answer_stays_one(make_emulator, open_api) -> None:
    emulator = make_emulator()
    guest, (first, *_) = with_requests(emulator)
    desk = open_api(emulator).desk
    await come_in(desk, guest)
    calls = desk.calls(guest.id)
    with pytest.raises(KnownError) as caught:
        await calls.answer_approval("no such request", accept=True)
    assert not isinstance(caught.value, InDoubtError)
    with pytest.raises(RejectedError, match="no comment"):
        await calls.answer_approval(first, accept=False, comments="no")
    assert guest.approvals[first]["state"] == "PENDING"


# ── secrets ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_no_secret_goes_to_another_origin(open_api) -> None:
    """Whatever a redirect or an id in an answer says."""
    hosts: list[httpx.URL] = []

    def vendor(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url)
        return httpx.Response(307, headers={"Location": f"https://evil.example{request.url.path}"})

    listening = Vendor(vendor, session_answer(refresh_token="canary-refresh"))
    desk = open_api(listening).desk
    await desk.sign_in("password", {"email": "a@b.example", "password": "canary password"})
    calls = desk.calls(CONTACT_ID)
    for call in (
        calls.approvals(1),
        calls.set_consent("ACCEPTED"),
        calls.file("//evil.example/x"),
        desk.sign_out(CONTACT_ID),
    ):
        with pytest.raises(KnownError) as caught:
            await call
        assert "canary" not in f"{caught.value} {caught.value.details}"
    with pytest.raises(KnownError):
        await desk.sign_in("otp.CARD", {"card": "1"})
    assert {one.url.host for one in listening.requests} == {"crm.example"} and hosts


async def test_no_token_shows_anywhere(emulator, caplog, open_api) -> None:
    written: list[bytes] = []

    def keep(call: Call) -> None:
        written.append(call.body)

    emulator.faults.set(Kind.ANSWER, answer=keep)
    desk, (one, _) = open_api(emulator).desk, two(emulator)
    with caplog.at_level("DEBUG"):
        await come_in(desk, one)
        seat = desk.seat(one.id)
        tokens = seat._tokens
        assert tokens._access and tokens._refresh
        shown = repr([desk, seat, tokens, desk.calls(one.id), vars(desk)])
        await desk.calls(one.id).approvals(1)
    for secret in (tokens._access, tokens._refresh, one.password):
        assert secret not in shown and secret not in caplog.text
    assert any(one.password.encode() in body for body in written)


async def test_version_2_sends_the_refresh_token_as_a_header_alone(open_api) -> None:
    state = iter([401, 200])
    vendor = Vendor(
        lambda _: httpx.Response(next(state), json={"content": []}), session_answer(refresh_token="canary-r")
    )
    desk = open_api(vendor, dialect=V2).desk
    assert not isinstance(await desk.sign_in("mac", {"mac_address": "AA-AA-AA-AA-AA-AA"}), Challenge)
    vendor._session = session_answer(access_token="token-2")
    await desk.calls(CONTACT_ID).approvals(1)
    renewal = next(one for one in vendor.requests if one.url.path.endswith("/refresh"))
    assert (renewal.headers["refresh_token"], renewal.content) == ("canary-r", b"")
