"""Reading PrioTicket's list: pages, Last-Modified, filters, and lists that move while they are read."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from crmdesk.core.errors import ProtocolError
from crmdesk.core.types import Cursor, Page
from crmdesk.sandbox.faults import Kind
from crmdesk.sandbox.people import people
from crmdesk.vendors.prioticket import listing as rules
from crmdesk.vendors.prioticket.listing import MOST_STEPS_BACK, Listing
from crmdesk.vendors.prioticket.sandbox import Quirks
from tests.contract.prioticket.tools import CLIENT, MONDAY, answer, page, signed_in
from tests.contract.tools import pull

PLAIN: dict[str, str] = {}


def ids(pages: list[Page]) -> list[str]:
    return [contact.remote_id for one in pages for contact in one.contacts]


def queries(emulator: Any) -> list[str]:
    return [seen.query for seen in emulator.requests if seen.method == "GET"]


# ── a full listing ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_every_contact_comes_once_page_by_page(emulator, connect) -> None:
    pages = await pull(connect(emulator))
    assert [one.number for one in pages] == [1, 2, 3]
    assert ids(pages) == emulator.uids(CLIENT)
    assert {(one.total, one.pages, one.full, one.odd, one.removed) for one in pages} == {(250, 3, True, 0, ())}
    assert queries(emulator) == [f"page={number}&items_per_page=100" for number in (1, 2, 3)]


@pytest.mark.parametrize("empty_pages", [0, 1])
async def test_an_empty_account_is_one_empty_page(empty_pages: int, make_emulator, connect) -> None:
    (only,) = await pull(connect(make_emulator(0, quirks=Quirks(empty_pages=empty_pages))))
    assert (only.contacts, only.after, only.total, only.unchanged) == ((), None, 0, False)


async def test_what_the_vendor_sent_is_kept_byte_for_byte(emulator, connect) -> None:
    first = emulator.uids(CLIENT)[0]
    emulator.edit(CLIENT, first, invented={"b": [1, 2**70, None], "a": "ü"}, contact_email=None)
    contact = (await pull(connect(emulator)))[0].contacts[0]
    assert json.loads(contact.body) == contact.raw == emulator.contact(CLIENT, first)
    assert b'"invented":{"b":[1,1180591620717411303424,null],"a":"\xc3\xbc"}' in contact.body


@pytest.mark.parametrize(("quirks", "count"), [(Quirks(page_size=10), 25), (Quirks(most_per_page=50), 5)])
async def test_the_answers_own_page_size_counts(quirks: Quirks, count: int, make_emulator, connect) -> None:
    emulator = make_emulator(quirks=quirks)
    pages = await pull(connect(emulator))
    assert len(pages) == count
    assert sorted(ids(pages)) == sorted(emulator.uids(CLIENT))


async def test_people_of_every_kind_come_through(make_emulator, connect) -> None:
    emulator = make_emulator(people=list(people(600, 5)))
    assert set(ids(await pull(connect(emulator)))) == set(emulator.uids(CLIENT))


async def test_a_listing_goes_on_from_its_checkpoint(emulator, connect) -> None:
    everything = await pull(connect(emulator))
    rest = await pull(connect(emulator), everything[0].after)
    assert ids(rest) == ids(everything[1:])
    assert rest[-1].next_since == everything[-1].next_since
    assert rest[-1].total == 250


async def test_the_listing_tells_who_asks(connect) -> None:
    seen: list[httpx.Request] = []

    def vendor(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=page("a" * 8, "b" * 8, total=2))

    await pull(connect(signed_in(vendor)))
    assert (seen[0].headers["app-name"], seen[0].headers["accept"]) == ("crmdesk", "application/json")


# ── whether anything has changed ─────────────────────────────────────────────────────────────────────────────────────


async def test_an_unchanged_list_is_one_page_without_contacts(emulator, connect) -> None:
    access = connect(emulator)
    since = (await pull(access))[-1].next_since
    emulator.requests.clear()
    (only,) = await pull(access, Cursor(since=since))
    assert only == Page((), number=1, unchanged=True, full=True, next_since=since)
    assert queries(emulator) == ["page=1&items_per_page=100"]


async def test_last_modified_is_sent_back_as_it_came_and_on_the_first_page_only(connect) -> None:
    asked: list[str | None] = []

    def vendor(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("if-modified-since"))
        number = int(request.url.params["page"])
        body = page(f"{number}aaaaaaa", f"{number}bbbbbbb", total=6, pages=3)
        return httpx.Response(200, content=body, headers={"Last-Modified": MONDAY if number == 1 else "later"})

    pages = await pull(connect(signed_in(vendor)), Cursor(since="Sunday, 26-Oct-25 10:00:00 GMT"))
    assert asked == ["Sunday, 26-Oct-25 10:00:00 GMT", None, None]
    assert {one.next_since for one in pages} == {MONDAY}
    assert all(one.full for one in pages)


async def test_a_changed_list_comes_whole(emulator, connect, now) -> None:
    access = connect(emulator)
    since = (await pull(access))[-1].next_since
    now.pass_by(hours=1)
    emulator.edit(CLIENT, emulator.uids(CLIENT)[0], contact_name_first="Ana")
    pages = await pull(access, Cursor(since=since))
    assert len(ids(pages)) == 250
    assert pages[-1].next_since == "Sun, 22 Nov 2026 11:15:00 GMT"


async def test_a_contact_that_went_is_a_change(emulator, connect, now) -> None:
    access = connect(emulator)
    since = (await pull(access))[-1].next_since
    now.pass_by(hours=1)
    emulator.remove(CLIENT, emulator.uids(CLIENT)[7])
    assert len(ids(await pull(access, Cursor(since=since)))) == 249


async def test_without_last_modified_everything_is_read_again(make_emulator, connect) -> None:
    access = connect(make_emulator(quirks=Quirks(last_modified=False)))
    pages = await pull(access)
    assert {one.next_since for one in pages} == {""}
    assert len(await pull(access, Cursor(since=pages[-1].next_since))) == 3


@pytest.mark.parametrize(
    ("stamp", "date", "kept"),
    [
        (MONDAY, "", MONDAY),
        (MONDAY, "Mon, 27 Oct 2025 19:50:00 GMT", MONDAY),
        (MONDAY, "Mon, 27 Oct 2025 19:46:33 GMT", ""),  # another change in that second would hide behind it
        (MONDAY, "Mon, 27 Oct 2025 10:00:00 GMT", ""),
        (MONDAY, "yesterday", MONDAY),
        ("yesterday", "", ""),
        ("Mon, 99 Oct 2025 19:46:32 GMT", "", ""),
        ("Mon, 27 Oct 99999999999 19:46:32 GMT", "", ""),
        ("x" * 1000, "", ""),
        ("", "", ""),
    ],
)
def test_only_a_last_modified_that_can_be_trusted_is_kept(stamp: str, date: str, kept: str) -> None:
    headers = {"last-modified": stamp, "date": date}
    assert Listing(Cursor(), PLAIN).take(headers, page("a" * 8, total=1)).next_since == kept


async def test_304_that_nobody_asked_for_is_no_page(connect) -> None:
    with pytest.raises(ProtocolError, match="not asked"):
        await pull(connect(signed_in(lambda request: httpx.Response(304))))


async def test_304_in_the_middle_is_no_page(connect) -> None:
    def vendor(request: httpx.Request) -> httpx.Response:
        if request.url.params["page"] == "2":
            return httpx.Response(304)
        return httpx.Response(200, content=page("a" * 8, "b" * 8, total=4, pages=2))

    with pytest.raises(ProtocolError, match="not asked"):
        await pull(connect(signed_in(vendor)), Cursor(since=MONDAY))


async def test_304_with_a_body_is_a_304(connect) -> None:
    vendor = signed_in(lambda request: httpx.Response(304, content=page("a" * 8)))
    (only,) = await pull(connect(vendor), Cursor(since=MONDAY))
    assert only.unchanged
    assert only.contacts == ()


# ── filters ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_filters_of_the_account_stand_on_every_page(emulator, connect) -> None:
    pages = await pull(connect(emulator, reseller_id="501", distributor_id="501"))
    assert 0 < len(ids(pages)) < 250
    assert all(query.endswith("reseller_id=501&distributor_id=501") for query in queries(emulator))


async def test_one_type_is_read_and_nothing_is_probed(emulator, connect) -> None:
    pages = await pull(connect(emulator, contact_type="BOOKER"))
    assert {contact.raw["contact_type"] for one in pages for contact in one.contacts} == {"BOOKER"}
    assert queries(emulator) == ["page=1&items_per_page=100&contact_type=BOOKER"]


async def test_another_filter_never_meets_the_old_last_modified(emulator, connect) -> None:
    """ "Nothing changed" about another list would leave the old one in the cache."""
    old = (await pull(connect(emulator, contact_type="BOOKER")))[-1].next_since
    assert (await pull(connect(emulator, contact_type="BOOKER"), Cursor(since=old)))[0].unchanged
    for filters in ({"contact_type": "GUEST"}, {}, {"contact_type": "BOOKER", "reseller_id": "501"}):
        pages = await pull(connect(emulator, **filters), Cursor(since=old))
        assert ids(pages)
    plain = (await pull(connect(emulator)))[-1].next_since
    assert ids(await pull(connect(emulator, contact_type="BOOKER"), Cursor(since=plain)))


async def test_a_checkpoint_of_another_filter_begins_anew(emulator, connect) -> None:
    after = (await pull(connect(emulator)))[0].after
    pages = await pull(connect(emulator, contact_type="GUEST"), after)
    assert pages[0].number == 1
    after = (await pull(connect(emulator, reseller_id="501")))[0].after
    assert (await pull(connect(emulator), after))[0].number == 1


@pytest.mark.parametrize("text", ["{", "{}", '{"filters":{},"parts":5}', '{"filters":{},"parts":[]}', "{\ud800"])
async def test_a_cursor_that_nobody_wrote_reads_everything(text: str, emulator, connect) -> None:
    assert len(ids(await pull(connect(emulator), Cursor(since=text)))) == 250
    assert len(ids(await pull(connect(emulator), Cursor(page=2, next_since=text)))) == 250


# ── lists that move, and lists without an end ────────────────────────────────────────────────────────────────────────


async def test_contacts_that_move_forward_over_a_page_border_are_not_lost(emulator, connect) -> None:
    access, pages = connect(emulator), []
    async for one in access.contacts.pages(Cursor()):
        pages.append(one)
        if len(pages) == 2:
            for uid in emulator.uids(CLIENT)[:40]:
                emulator.remove(CLIENT, uid)
    assert [one.number for one in pages] == [1, 2, 3, 2, 3]
    assert set(emulator.uids(CLIENT)) <= set(ids(pages))


async def test_a_list_that_shrinks_behind_the_reader_ends(make_emulator, connect) -> None:
    emulator = make_emulator(150)
    access, pages = connect(emulator), []
    async for one in access.contacts.pages(Cursor()):
        pages.append(one)
        if len(pages) == 1:
            for uid in emulator.uids(CLIENT)[:100]:
                emulator.remove(CLIENT, uid)
    assert set(emulator.uids(CLIENT)) <= set(ids(pages))
    assert (pages[-1].after, pages[-1].total) == (None, 50)


async def test_contacts_that_come_while_reading_do_no_harm(emulator, connect) -> None:
    emulator.faults.set(Kind.SHIFTING, "insert")
    before = set(emulator.uids(CLIENT))
    assert before <= set(ids(await pull(connect(emulator))))


async def test_a_page_read_again_keeps_the_first_last_modified(emulator, connect, now) -> None:
    """What changed on page 2 after it was read has to show in the next listing."""
    access, pages = connect(emulator), []
    async for one in access.contacts.pages(Cursor()):
        pages.append(one)
        if len(pages) == 1:
            now.pass_by(hours=1)
            emulator.remove(CLIENT, emulator.uids(CLIENT)[0])
    assert [one.number for one in pages] == [1, 2, 1, 2, 3]
    assert len({one.next_since for one in pages}) == 1
    assert not (await pull(access, Cursor(since=pages[-1].next_since)))[0].unchanged


def test_a_total_that_goes_up_and_down_for_ever_does_not_hold_the_listing() -> None:
    listing, reads = Listing(Cursor(), PLAIN), 0
    while listing.page is not None:
        reads += 1
        listing.take({}, page(f"{reads:08}", total=250 - reads % 2, pages=5))
    assert reads == 5 + 2 * MOST_STEPS_BACK


def test_a_page_read_again_tells_its_odd_entries_once() -> None:
    listing = Listing(Cursor(), PLAIN)
    odd = [
        listing.take({}, answer({"contact_uid": "a" * 8}, None, total_items=4, total_pages=2)).odd,
        listing.take({}, page("b" * 8, total=3, pages=2)).odd,
        listing.take({}, answer({"contact_uid": "c" * 8}, None, total_items=3, total_pages=2)).odd,
    ]
    assert odd == [1, 0, 0]
    assert listing.page == 2


async def test_an_endless_list_is_given_up(make_emulator, connect) -> None:
    emulator = make_emulator(50)
    emulator.faults.set(Kind.ENDLESS)
    with pytest.raises(ProtocolError, match="does not come to an end"):
        await pull(connect(emulator))


def test_more_pages_than_anybody_has_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MAX_PAGES", 50)
    listing = Listing(Cursor(), PLAIN)
    with pytest.raises(ProtocolError, match="more than 50 pages"):
        for number in range(1, 100):
            listing.take({}, page(f"{number:08}", total=10**6, pages=10**6))


def test_an_empty_page_with_a_next_one_is_no_end() -> None:
    with pytest.raises(ProtocolError, match="empty but not the last"):
        Listing(Cursor(), PLAIN).take({}, page(total=5, pages=3))


@pytest.mark.parametrize(
    ("numbers", "more"),
    [
        ({"total_items": 200, "total_pages": 2}, True),
        ({"total_items": 1, "total_pages": 1}, False),
        ({"total_items": 1, "total_pages": 0}, False),
        ({"total_items": 30, "items_per_page": 10}, True),
        ({"total_items": "30", "items_per_page": "10"}, True),
        ({"total_items": 1, "items_per_page": 10}, False),
        ({"items_per_page": 1}, True),
        ({"items_per_page": 2}, False),
        ({"total_pages": -1, "total_items": 1}, False),
        ({"total_pages": "x", "total_items": None}, False),
        ({"total_pages": 10**12}, False),
        ({"total_pages": 2.0}, True),
        ({"total_pages": True}, False),
        ({}, False),
    ],
)
def test_whether_there_is_another_page(numbers: dict[str, Any], more: bool) -> None:
    listing = Listing(Cursor(), PLAIN)
    one = listing.take({}, answer({"contact_uid": "a" * 8}, **numbers))
    assert (listing.page, one.after is not None) == ((2, True) if more else (None, False))


@pytest.mark.parametrize("total", [-1, "abc", 10**12, "", "1e3", "٣", None, [], True])
def test_nonsense_totals_are_no_totals(total: Any) -> None:
    assert Listing(Cursor(), PLAIN).take({}, answer({"contact_uid": "a" * 8}, total_items=total)).total is None


async def test_a_short_fault_in_the_middle_is_lived_through(emulator, connect) -> None:
    emulator.faults.set(Kind.SERVER_ERROR, 503, times=1, skip=1, target="/contacts")
    emulator.faults.set(Kind.CUT_BEFORE, times=1, skip=2, target="/contacts")
    assert len(ids(await pull(connect(emulator)))) == 250
