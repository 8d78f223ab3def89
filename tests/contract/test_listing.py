"""Reading BookingSync's list: pages, cursor, deletions, and lists that move while they are read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crmdesk.core.errors import ProtocolError
from crmdesk.core.types import Cursor, Page
from crmdesk.sandbox.faults import Kind
from crmdesk.sandbox.people import people
from crmdesk.vendors.bookingsync.listing import MAX_PAGES, Listing
from crmdesk.vendors.bookingsync.sandbox import Quirks
from tests.contract.tools import listing as listed
from tests.contract.tools import pull

ACCOUNT = 71
SYNCED_AT = "X-Updated-Since-Request-Synced-At"


def ids(pages: list[Page]) -> list[str]:
    return [contact.remote_id for page in pages for contact in page.contacts]


def removed(pages: list[Page]) -> set[str]:
    return {remote_id for page in pages for remote_id in page.removed}


def live(emulator: Any) -> set[str]:
    """What the vendor has and has not cancelled."""
    found = ((n, emulator.contact(ACCOUNT, n)) for n in emulator.ids(ACCOUNT))
    return {str(n) for n, contact in found if contact["canceled_at"] is None}


# ── a full listing ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_every_contact_comes_once_page_by_page(emulator, connect) -> None:
    pages = await pull(connect(emulator))
    assert [page.number for page in pages] == [1, 2, 3]
    assert sorted(ids(pages)) == sorted(live(emulator))
    assert {(page.total, page.pages, page.full, page.odd) for page in pages} == {(250, 3, True, 0)}


async def test_an_empty_account_is_one_empty_page(make_emulator, connect) -> None:
    (page,) = await pull(connect(make_emulator(0)))
    assert (page.contacts, page.after, page.total) == ((), None, 0)
    assert page.next_since


async def test_what_the_vendor_sent_is_kept_byte_for_byte(emulator, connect) -> None:
    first = ids(await pull(connect(emulator)))[0]
    emulator.edit(ACCOUNT, int(first), invented={"b": [1, 2**70, None], "a": "ü"}, zip=None)
    contact = (await pull(connect(emulator)))[0].contacts[0]
    assert json.loads(contact.body) == contact.raw == emulator.contact(ACCOUNT, int(first))
    assert list(contact.raw["invented"]) == ["b", "a"]
    assert b'"invented":{"b":[1,1180591620717411303424,null],"a":"\xc3\xbc"}' in contact.body


async def test_cancelled_contacts_count_as_deleted(emulator, connect) -> None:
    cancelled = emulator.ids(ACCOUNT)[5]
    emulator.edit(ACCOUNT, cancelled, canceled_at="2026-11-01T00:00:00Z")
    pages = await pull(connect(emulator))
    assert str(cancelled) in removed(pages)
    assert str(cancelled) not in ids(pages)


async def test_contacts_of_another_account_are_left_out_when_the_account_is_fixed(emulator, connect) -> None:
    emulator.edit(ACCOUNT, emulator.ids(ACCOUNT)[0], links={"account": 999})
    assert sum(page.odd for page in await pull(connect(emulator))) == 0
    assert sum(page.odd for page in await pull(connect(emulator, config={"account_id": "71"}))) == 1


# ── the cursor ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_next_listing_asks_from_the_first_pages_time_less_the_tolerance(emulator, connect, now) -> None:
    access, pages = connect(emulator), []
    async for page in access.contacts.pages(Cursor()):
        pages.append(page)
        now.pass_by(minutes=10)
    assert {page.next_since for page in pages} == {"2026-11-22T10:13:00Z"}
    assert [page.after for page in pages] == [
        Cursor("", 2, "2026-11-22T10:13:00Z"),
        Cursor("", 3, "2026-11-22T10:13:00Z"),
        None,
    ]


async def test_a_listing_goes_on_from_its_checkpoint(emulator, connect) -> None:
    everything = await pull(connect(emulator))
    rest = await pull(connect(emulator), everything[0].after)
    assert ids(rest) == ids(everything[1:])
    assert rest[-1].next_since == everything[-1].next_since


async def test_the_next_listing_brings_changes_and_deletions_only(emulator, connect, now) -> None:
    first = await pull(connect(emulator))
    now.pass_by(hours=1)
    changed, gone, *_ = (int(remote_id) for remote_id in ids(first))
    emulator.edit(ACCOUNT, changed, city="Porto")
    emulator.remove(ACCOUNT, gone)
    pages = await pull(connect(emulator), Cursor(since=first[-1].next_since))
    assert ids(pages) == [str(changed)]
    assert removed(pages) == {str(gone)}
    assert not pages[-1].full
    assert pages[-1].next_since == "2026-11-22T11:13:00Z"


async def test_a_change_in_the_middle_of_a_listing_is_found_by_the_next_one(emulator, connect, now) -> None:
    access, pages = connect(emulator), []
    async for page in access.contacts.pages(Cursor()):
        pages.append(page)
        now.pass_by(minutes=5)
        if page.number == 2:
            emulator.edit(ACCOUNT, int(ids(pages)[0]), city="Porto")
    again = await pull(connect(emulator), Cursor(since=pages[-1].next_since))
    assert ids(pages)[0] in ids(again)


async def test_updated_since_stays_on_every_page(make_emulator, connect, now) -> None:
    emulator = make_emulator(250)
    for contact_id in emulator.ids(ACCOUNT):
        emulator.edit(ACCOUNT, contact_id, city="Porto", canceled_at=None)
    pages = await pull(connect(emulator), Cursor(since="2026-11-22T10:00:00Z"))
    assert len(ids(pages)) == 250
    assert all("updated_since=2026-11-22T10%3A00%3A00Z" in seen.query for seen in emulator.requests)


@pytest.mark.parametrize("told", ["", "yesterday", "0001-01-01 00:00:00 UTC"])
def test_without_a_usable_server_time_the_next_listing_is_a_full_one(told: str) -> None:
    page = Listing(Cursor()).take({SYNCED_AT: told} if told else {}, answer(1))
    assert page.next_since == ""


def test_the_time_of_a_later_page_is_never_taken() -> None:
    listing = Listing(Cursor(page=2))
    assert listing.take({SYNCED_AT: "2026-11-22 10:15:00 UTC"}, answer(1)).next_since == ""


# ── deletions ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_without_deleted_ids_nothing_is_deleted_and_the_next_listing_is_full(make_emulator, connect, now) -> None:
    emulator = make_emulator(quirks=Quirks(deleted_ids=False))
    first = await pull(connect(emulator))
    now.pass_by(hours=1)
    emulator.remove(ACCOUNT, emulator.ids(ACCOUNT)[0])
    pages = await pull(connect(emulator), Cursor(since=first[-1].next_since))
    assert removed(pages) == set()
    assert pages[-1].next_since == ""


@pytest.mark.parametrize("odd", [None, "5", {"5": 1}, [5, None], [5, "x"], [[5]], 5])
def test_odd_deleted_ids_delete_nothing(odd: Any) -> None:
    listing = Listing(Cursor(since="2026-01-01T00:00:00Z"))
    page = listing.take({SYNCED_AT: "2026-11-22 10:15:00 UTC"}, answer(1, deleted_ids=odd))
    assert (page.removed, page.next_since) == ((), "")


def test_deleted_ids_count_in_a_full_listing_for_nothing() -> None:
    assert Listing(Cursor()).take({}, answer(1, deleted_ids=[5])).removed == ()


def test_each_deletion_is_told_once_and_late_ones_too() -> None:
    listing = Listing(Cursor(since="2026-01-01T00:00:00Z"))
    link = {"Link": '<x>; rel="next"'}
    pages = [
        listing.take(link, answer(1, deleted_ids=[5, 6])),
        listing.take(link, answer(2, deleted_ids=[5, 6])),
        listing.take({}, answer(3, deleted_ids=[5, 6, 7])),
    ]
    assert [page.removed for page in pages] == [("5", "6"), (), ("7",)]


def test_a_contact_that_is_listed_is_not_deleted_by_the_same_page() -> None:
    page = Listing(Cursor(since="2026-01-01T00:00:00Z")).take({}, answer(5, deleted_ids=[5, 6]))
    assert page.removed == ("6",)


# ── lists that move, and lists without an end ────────────────────────────────────────────────────────────────────────


async def test_contacts_that_move_forward_over_a_page_border_are_not_lost(emulator, connect) -> None:
    staying = live(emulator)
    access, pages = connect(emulator), []
    async for page in access.contacts.pages(Cursor()):
        pages.append(page)
        if len(pages) == 1:
            for contact_id in emulator.ids(ACCOUNT)[:40]:
                emulator.remove(ACCOUNT, contact_id)
                staying.discard(str(contact_id))
    assert staying <= set(ids(pages))
    assert [page.number for page in pages] == [1, 2, 1, 2, 3]


async def test_a_page_read_again_tells_its_odd_entries_and_deletions_once(emulator, connect) -> None:
    odd, cancelled, *rest = emulator.ids(ACCOUNT)
    emulator.edit(ACCOUNT, odd, id=None)
    emulator.edit(ACCOUNT, cancelled, canceled_at="2026-11-01T00:00:00Z")
    access, pages = connect(emulator), []
    async for page in access.contacts.pages(Cursor()):
        pages.append(page)
        if len(pages) == 1:
            emulator.remove(ACCOUNT, rest[0])
    assert [page.number for page in pages].count(1) == 2
    assert sum(page.odd for page in pages) == 1
    assert [remote_id for page in pages for remote_id in page.removed].count(str(cancelled)) == 1


def test_a_total_that_goes_up_and_down_for_ever_does_not_hold_the_listing() -> None:
    listing = Listing(Cursor())
    for read in range(1000):
        if listing.page is None:
            break
        more = listing.page < 5
        total = {"X-Total-Count": str(250 - read % 2)}
        listing.take({"link": '<x>; rel="next"' if more else "", **total}, answer(1000 * listing.page + read))
    assert listing.page is None


async def test_contacts_that_come_while_reading_do_no_harm(make_emulator, connect) -> None:
    emulator = make_emulator()
    emulator.faults.set(Kind.SHIFTING, "insert")
    before = live(emulator)
    pages = await pull(connect(emulator))
    assert before <= set(ids(pages))


async def test_a_listing_that_shrinks_behind_the_reader_ends(make_emulator, connect) -> None:
    emulator = make_emulator(150)
    access, pages = connect(emulator), []
    async for page in access.contacts.pages(Cursor()):
        pages.append(page)
        if len(pages) == 1:
            for contact_id in emulator.ids(ACCOUNT)[:100]:
                emulator.remove(ACCOUNT, contact_id)
    assert live(emulator) <= set(ids(pages))


async def test_an_endless_list_is_given_up(emulator, connect) -> None:
    emulator.faults.set(Kind.ENDLESS)
    with pytest.raises(ProtocolError, match="does not come to an end"):
        await pull(connect(make_small(emulator)))


def make_small(emulator: Any) -> Any:
    """Only one page's worth, so that the emulator's circle repeats at once."""
    for contact_id in emulator.ids(ACCOUNT)[50:]:
        emulator.remove(ACCOUNT, contact_id)
    return emulator


def test_more_pages_than_anybody_has_are_given_up() -> None:
    listing = Listing(Cursor())
    with pytest.raises(ProtocolError, match=f"more than {MAX_PAGES:,} pages"):
        for number in range(1, MAX_PAGES + 2):
            listing.take({"link": '<x>; rel="next"'}, answer(number))


def test_an_empty_page_with_a_next_one_is_no_end() -> None:
    with pytest.raises(ProtocolError, match="empty but not the last"):
        Listing(Cursor()).take({"Link": '<x>; rel="next"'}, answer())


@pytest.mark.parametrize(
    ("headers", "meta", "more"),
    [
        ({"Link": '<https://evil.example/?page=9>; rel="next"'}, {}, True),
        ({"link": "<https://me:pw@x/>; rel=next; foo=1"}, {}, True),
        ({"Link": '<x>; rel="first", <y>; rel="last next"'}, {}, True),
        ({"Link": '<https://x/?rel=next>; rel="last"', "X-Total-Pages": "9"}, {}, False),
        ({}, {"Link": {"next": "https://x/?page=1"}}, True),
        ({}, {"Link": {"first": "x"}, "X-Total-Pages": "9"}, False),
        ({"X-Total-Pages": "2"}, {}, True),
        ({"X-Total-Pages": "1"}, {}, False),
        ({}, {"X-Total-Pages": "2"}, True),
        ({}, {"X-Total-Pages": 2}, True),
        ({"X-Total-Pages": "-1"}, {}, False),
        ({}, {}, False),
    ],
)
def test_whether_there_is_another_page(headers: dict[str, str], meta: dict[str, Any], more: bool) -> None:
    listing = Listing(Cursor())
    page = listing.take(headers, answer(1, **meta))
    assert (listing.page, page.after is not None) == ((2, True) if more else (None, False))


def test_with_no_word_about_pages_a_full_page_has_a_next_one() -> None:
    listing = Listing(Cursor())
    listing.take({}, answer(*range(1, 101)))
    assert listing.page == 2


async def test_links_to_another_host_are_never_followed(make_emulator, connect) -> None:
    emulator = make_emulator(quirks=Quirks(links_to="https://evil.example"))
    pages = await pull(connect(emulator))
    assert len(pages) == 3
    assert {seen.path for seen in emulator.requests} == {"/api/v3/contacts"}


@pytest.mark.parametrize("total", ["-1", "abc", "1000000000000", "", "1e3", "٣"])
def test_nonsense_totals_are_no_totals(total: str) -> None:
    assert Listing(Cursor()).take({"X-Total-Count": total}, answer(1)).total is None


def test_a_total_stands_in_meta_as_text() -> None:
    assert Listing(Cursor()).take({}, answer(1, **{"X-Total-Count": "812"})).total == 812


# ── faults on the line ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_short_fault_in_the_middle_is_lived_through(emulator, connect) -> None:
    emulator.faults.set(Kind.SERVER_ERROR, 503, times=1, skip=1)
    emulator.faults.set(Kind.CUT_BEFORE, times=1, skip=2)
    assert len(ids(await pull(connect(emulator)))) == len(live(emulator))


async def test_people_of_every_kind_come_through(make_emulator, connect) -> None:
    emulator = make_emulator(people=list(people(600, 5)))
    assert set(ids(await pull(connect(emulator)))) == live(emulator)


def answer(*contact_ids: int, **meta: Any) -> bytes:
    return listed(*({"id": contact_id} for contact_id in contact_ids), **meta)
