"""Look-ups: found, not found, all pages, both spellings, and lists that turn in circles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from crmdesk.core.errors import InDoubtError, KnownError, NotFoundError, ProtocolError, RejectedError
from crmdesk.sandbox.faults import Kind
from crmdesk.vendors.crmcom_events.connector import Line
from crmdesk.vendors.crmcom_events.lookups import MOST_PAGES, PAGE, Lookups
from crmdesk.vendors.crmcom_events.sandbox import CrmComEventsSandbox
from tests.contract.crmcom_events.tools import GOOD, KINDS, batch, row

ACCOUNT = ("number", "ACR0000000077")
WHO = {"accounts_receivable_identifier": ACCOUNT}


@pytest.fixture
def lookups(line: Callable[..., Line], emulator: CrmComEventsSandbox) -> Lookups:
    return line(emulator).lookups


async def send(one: Line, kind: str, *uids: str) -> None:
    from crmdesk.vendors.crmcom_events.connector import Events

    sender = Events(one.api, one.settings)
    body = sender.encode(batch(kind), [row(kind, uid) for uid in uids], {})
    await sender.send(batch(kind), body)


@pytest.mark.parametrize("kind", KINDS)
async def test_classifications_of_a_kind(kind: str, lookups: Lookups) -> None:
    found = await lookups.classifications(KINDS[kind])
    assert found
    assert {one.type for one in found} == {KINDS[kind].type}  # the answer's PURCHASED, too
    assert all(one.id and one.name and one.code for one in found)


async def test_an_account(lookups: Lookups, emulator: CrmComEventsSandbox) -> None:
    account = await lookups.account(ACCOUNT)
    assert (account.number, account.state) == ("ACR0000000077", "ACTIVE")
    assert await lookups.account(("id", account.id)) == account
    assert await lookups.account(("name", account.name)) == account
    assert "accounts_receivable_identifier=number%3DACR0000000077" in emulator.requests[-3].query
    with pytest.raises(NotFoundError, match="ACR9"):
        await lookups.account(("number", "ACR9"))


async def test_accounts_by_address(lookups: Lookups, emulator: CrmComEventsSandbox) -> None:
    email = next(row["email_address"] for row in emulator.world.tables["account"] if row["email_address"])
    assert len(await lookups.accounts(email=email)) >= 1
    assert await lookups.accounts(email="nobody@example.org") == ()
    contact = emulator.world.tables["account"][0]["account_owner"]["id"]
    assert len(await lookups.accounts(contact=("id", contact))) == 1
    with pytest.raises(RejectedError):
        await lookups.accounts()


async def test_participants(lookups: Lookups) -> None:
    (found,) = await lookups.participants(("number", "ACR0000000501"))
    assert (found.number, found.account) == ("RP0000000501", "ACR0000000501")
    assert await lookups.participant(("id", found.id)) == found
    with pytest.raises(NotFoundError):
        await lookups.participant(("number", "RP9"))
    with pytest.raises(NotFoundError):
        await lookups.participants(("number", "ACR9"))
    assert await lookups.participants(("number", "ACR0000000501"), state="TERMINATED") == ()


async def test_products_and_groups(lookups: Lookups) -> None:
    found = await lookups.products(of=("name", "Services"))
    assert {one.code for one in found} >= {"ROOM", "Serendipity"}
    assert await lookups.products(by="brand", of=("name", "Services")) == ()
    assert {one.code for one in await lookups.unit_groups()} == {"MAIN", "RESORTS"}


@pytest.mark.parametrize("kind", KINDS)
async def test_events_are_found_by_the_number_we_gave(kind: str, line: Callable[..., Line], emulator: Any) -> None:
    one = line(emulator)
    await send(one, kind, "u-1")
    who = {path.rpartition(".")[0]: ("number", value) for path, value in GOOD[kind].items() if path.endswith(".number")}
    for name, identifier in who.items():
        (event,) = await one.lookups.events(KINDS[kind], {name: identifier})
        assert (event.external_system, event.external_number) == ("crmdesk", "u-1")
        assert (event.type, event.state, event.unit) == (KINDS[kind].type, "POSTED", "Admin Unit")
        assert event.id == emulator.created(kind)[0].id
        assert event.raw["id"] == event.id
        shown = await one.lookups.event(KINDS[kind], event.id)
        assert replace(shown, raw={}) == replace(event, raw={})  # the whole event says the same as its short row
    with pytest.raises(NotFoundError):
        await one.lookups.event(KINDS[kind], "0" * 32)


@pytest.mark.parametrize(("spelling", "number"), [("misspelt", "u-1"), ("right", "u-1"), ("none", "")])
async def test_both_spellings_of_the_external_number(spelling: str, number: str, line: Any, make_emulator: Any) -> None:
    one = line(make_emulator(external_number=spelling))
    await send(one, "web", "u-1")
    (event,) = await one.lookups.events(KINDS["web"], WHO)
    assert event.external_number == number


async def test_events_by_the_time_they_were_submitted(line: Any, make_emulator: Any, now: Any) -> None:
    emulator = make_emulator(list_delay=30)
    one = line(emulator)
    sent_at = now.moment
    await send(one, "web", "u-1")
    assert await one.lookups.events(KINDS["web"], WHO) == ()  # not yet
    now.pass_by(minutes=10)
    await send(one, "web", "u-2")
    now.pass_by(minutes=10)
    late = sent_at + timedelta(minutes=5)
    numbers = [event.external_number for event in await one.lookups.events(KINDS["web"], WHO, after=late)]
    assert numbers == ["u-2"]
    numbers = [event.external_number for event in await one.lookups.events(KINDS["web"], WHO, before=late)]
    assert numbers == ["u-1"]


async def test_times_are_asked_in_the_vendors_zone(line: Any) -> None:
    seen: list[bytes] = []

    def vendor(request: httpx.Request) -> httpx.Response:
        seen.append(request.content)
        data: Any = {"token": "t" * 32} if len(seen) == 1 else []
        return httpx.Response(200, json={"status": {"code": "OK"}, "data": data})

    noon = datetime(2024, 7, 1, 12, tzinfo=UTC)
    await line(vendor, time_zone="Europe/Nicosia").lookups.events(KINDS["web"], WHO, after=noon)
    assert b'"submitted_after_date":"2024-07-01T15:00:00"' in seen[1]


async def test_every_page_is_read(line: Any, emulator: Any) -> None:
    one = line(emulator)
    await send(one, "web", *[f"u-{n}" for n in range(2 * PAGE + 5)])
    before = len(emulator.requests)
    found = await one.lookups.events(KINDS["web"], WHO)
    assert [event.external_number for event in found] == [f"u-{n}" for n in range(2 * PAGE + 5)]
    assert len(emulator.requests) - before == 3


async def test_a_list_that_turns_in_circles_is_no_whole_list(line: Any, emulator: Any) -> None:
    one = line(emulator)
    await send(one, "web", *[f"u-{n}" for n in range(2 * PAGE)])
    emulator.faults.set(Kind.ENDLESS, target="/list")
    with pytest.raises(ProtocolError, match="does not come to an end"):
        await one.lookups.events(KINDS["web"], WHO)


async def test_a_list_without_an_end_ends(line: Any) -> None:
    count = 0

    def vendor(request: httpx.Request) -> httpx.Response:
        nonlocal count
        count += 1
        data: Any = {"token": "t" * 32} if count == 1 else [{"id": f"{count}-{n}"} for n in range(PAGE)]
        return httpx.Response(200, json={"status": {"code": "OK"}, "data": data})

    with pytest.raises(ProtocolError):
        await line(vendor).lookups.unit_groups()
    assert count == MOST_PAGES + 1


async def test_a_page_with_odd_entries_is_as_long_as_it_is(line: Any) -> None:
    """Left-out entries must not make a full page look like the last one."""
    count = 0

    def vendor(request: httpx.Request) -> httpx.Response:
        nonlocal count
        count += 1
        full = [{"id": f"{count}-{n}"} for n in range(PAGE - 1)] + [None]
        data: Any = {"token": "t" * 32} if count == 1 else full if count == 2 else [{"id": "last"}]
        return httpx.Response(200, json={"status": {"code": "OK"}, "data": data})

    assert len(await line(vendor).lookups.unit_groups()) == PAGE


async def test_a_page_longer_than_asked_for_is_the_whole_list(line: Any) -> None:
    rows = [{"id": str(n)} for n in range(PAGE + 1)]
    assert len(await line(saying(rows)).lookups.unit_groups()) == PAGE + 1


async def test_cancelling_a_purchase(line: Any, emulator: Any) -> None:
    one = line(emulator)
    await send(one, "purchases", "u-1")
    (event,) = await one.lookups.events(KINDS["purchases"], WHO)
    await one.lookups.cancel_purchase(event.id)
    (event,) = await one.lookups.events(KINDS["purchases"], WHO)
    assert event.cancelled
    with pytest.raises(RejectedError):
        await one.lookups.cancel_purchase(event.id)
    with pytest.raises(NotFoundError):
        await one.lookups.cancel_purchase("0" * 32)


async def test_cancelling_is_never_repeated(line: Any, emulator: Any) -> None:
    one = line(emulator)
    await send(one, "purchases", "u-1")
    event_id = emulator.created("purchases")[0].id
    emulator.faults.set(Kind.CUT_AFTER, target="/cancel", times=1)
    with pytest.raises(InDoubtError):
        await one.lookups.cancel_purchase(event_id)
    assert sum(seen.path.endswith("/cancel") for seen in emulator.requests) == 1


@pytest.mark.parametrize("fault", [Kind.CUT_BEFORE, Kind.CUT_AFTER, Kind.HALF_BODY, Kind.SERVER_ERROR])
async def test_reading_is_repeated_although_it_is_a_post(fault: Kind, lookups: Lookups, emulator: Any) -> None:
    emulator.faults.set(fault, times=1, target="/list")
    assert await lookups.events(KINDS["web"], WHO) == ()


async def test_a_token_refused_in_the_middle_of_a_list(line: Any, emulator: Any) -> None:
    one = line(emulator)
    await send(one, "web", *[f"u-{n}" for n in range(PAGE + 1)])
    emulator.faults.set(Kind.EXPIRE_TOKEN, times=1, skip=1, target="/list")
    assert len(await one.lookups.events(KINDS["web"], WHO)) == PAGE + 1
    assert emulator.tokens.issued == 2


# ── odd answers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def saying(data: Any) -> Callable[[httpx.Request], httpx.Response]:
    def vendor(request: httpx.Request) -> httpx.Response:
        token = request.url.path.endswith("authentication/token")
        return httpx.Response(200, json={"status": {"code": "OK"}, "data": {"token": "t" * 32} if token else data})

    return vendor


@pytest.mark.parametrize("data", [None, [], {"groups_set": []}, {"groups_set": [], "total": 0}, [None, 5, "x", []]])
async def test_empty_lists(data: Any, line: Any) -> None:
    assert await line(saying(data)).lookups.unit_groups() == ()


@pytest.mark.parametrize("data", [{}, 5, "x", {"a": [], "b": []}, {"a": {}}])
async def test_what_holds_no_list_is_no_empty_list(data: Any, line: Any) -> None:
    with pytest.raises(ProtocolError):
        await line(saying(data)).lookups.unit_groups()


@pytest.mark.parametrize("data", [None, [], {}, "x", {"id": None}, {"id": ["x"]}])
async def test_what_is_no_record_is_none(data: Any, line: Any) -> None:
    with pytest.raises(ProtocolError):
        await line(saying(data)).lookups.account(ACCOUNT)


async def test_odd_values_are_empty_ones(line: Any) -> None:
    odd = {"id": "1", "number": 7, "life_cycle_state": {}, "type": [], "classification": {"name": "A"}}
    (event,) = await line(saying([odd, {"id": "1"}, 5])).lookups.events(KINDS["web"], WHO)
    assert (event.id, event.number, event.state, event.type, event.classification) == ("1", "7", "", "", "A")


async def test_a_404_page_is_no_word_about_an_account(line: Any, emulator: Any) -> None:
    emulator.faults.set(Kind.SERVER_ERROR, 404, target="/show")
    with pytest.raises(KnownError) as caught:
        await line(emulator).lookups.account(ACCOUNT)
    assert not isinstance(caught.value, NotFoundError)
