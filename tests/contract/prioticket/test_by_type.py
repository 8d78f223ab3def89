"""PrioTicket: the list without a type may leave types out (trap 16); then it is read type by type."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from crmdesk.core.errors import ForbiddenError, KnownError
from crmdesk.core.types import Cursor, Page
from crmdesk.sandbox.faults import Answer, Kind
from crmdesk.vendors.prioticket.fields import CONTACT_TYPES
from crmdesk.vendors.prioticket.sandbox import Quirks
from tests.contract.prioticket.test_listing import ids, queries
from tests.contract.prioticket.tools import CLIENT
from tests.contract.tools import pull

FILTERED = Quirks(default_type_contact=True)


@pytest.fixture
def filtered(make_emulator) -> Any:
    return make_emulator(400, quirks=FILTERED)


def assert_whole(pages: list[Page], emulator: Any) -> None:
    """Every contact, numbers without gaps, totals of the whole, and within what the pull allows."""
    assert set(ids(pages)) == set(emulator.uids(CLIENT))
    assert [one.number for one in pages] == list(range(1, len(pages) + 1))
    assert {one.total for one in pages} == {len(emulator.uids(CLIENT))}
    assert all(one.pages is not None and one.number <= one.pages for one in pages)
    assert all(one.full for one in pages)


async def test_every_type_is_read_where_the_list_has_contacts_only(filtered, connect) -> None:
    pages = await pull(connect(filtered))
    assert_whole(pages, filtered)
    types = {contact.raw["contact_type"] for one in pages for contact in one.contacts}
    assert types == {code for code, _ in CONTACT_TYPES}


async def test_two_types_on_one_page_prove_that_nothing_is_left_out(emulator, connect) -> None:
    await pull(connect(emulator))
    assert len(queries(emulator)) == 3


async def test_a_list_that_holds_one_type_only_is_asked_about_and_read_once(emulator, connect) -> None:
    for uid in emulator.uids(CLIENT):
        emulator.edit(CLIENT, uid, contact_type="GUEST")
    pages = await pull(connect(emulator))
    assert sorted(ids(pages)) == sorted(emulator.uids(CLIENT))
    assert [one.number for one in pages] == [1, 2, 3]
    assert len(queries(emulator)) == 3 + len(CONTACT_TYPES)


@pytest.mark.parametrize("size", [7, None])
async def test_pages_of_any_size_are_counted_through(size: int | None, make_emulator, connect) -> None:
    emulator = make_emulator(400, quirks=Quirks(default_type_contact=True, page_size=size))
    pages = await pull(connect(emulator))
    assert set(ids(pages)) == set(emulator.uids(CLIENT))
    assert [one.number for one in pages] == list(range(1, len(pages) + 1))
    assert all(one.number <= one.pages + 1 for one in pages)
    assert pages[-1].pages == len(pages)


async def test_every_checkpoint_goes_on_where_it_was(make_emulator, connect) -> None:
    emulator = make_emulator(120, quirks=Quirks(default_type_contact=True, page_size=9))
    access = connect(emulator)
    everything = await pull(access)
    for place, one in enumerate(everything[:-1]):
        for since in (one.after.since, ""):  # the pull drops `since` where it wants everything
            rest = await pull(access, Cursor(since, one.after.page, one.after.next_since))
            assert ids(rest) == ids(everything[place + 1 :])
            assert rest[0].number == one.number + 1
            assert rest[-1].next_since == everything[-1].next_since
            assert rest[-1].total == 120


async def test_unchanged_types_are_one_unchanged_page(filtered, connect) -> None:
    access = connect(filtered)
    since = (await pull(access))[-1].next_since
    filtered.requests.clear()
    (only,) = await pull(access, Cursor(since=since))
    assert only == Page((), number=1, unchanged=True, full=True, next_since=since)
    assert len(queries(filtered)) == len(CONTACT_TYPES)
    assert all("items_per_page=1&" in query for query in queries(filtered))


async def test_a_change_of_any_type_brings_everything(filtered, connect, now) -> None:
    access = connect(filtered)
    since = (await pull(access))[-1].next_since
    now.pass_by(hours=1)
    support = next(u for u in filtered.uids(CLIENT) if filtered.contact(CLIENT, u)["contact_type"] == "SUPPORT")
    filtered.edit(CLIENT, support, contact_name_first="Ana")
    pages = await pull(access, Cursor(since=since))
    assert_whole(pages, filtered)
    assert pages[-1].next_since != since


async def test_types_that_this_server_does_not_know_yet_are_passed_over(make_emulator, connect) -> None:
    emulator = make_emulator(400, quirks=Quirks(default_type_contact=True, upcoming=False))
    pages = await pull(connect(emulator))
    types = {contact.raw["contact_type"] for one in pages for contact in one.contacts}
    assert {code for code, _ in CONTACT_TYPES} - types == {"MANAGER", "SUPPORT", "INSTRUCTOR"}


async def test_a_filter_that_does_not_work_reads_nothing_twice(make_emulator, connect) -> None:
    emulator = make_emulator(quirks=Quirks(filters_work=False))
    for uid in emulator.uids(CLIENT):
        emulator.edit(CLIENT, uid, contact_type="GUEST")
    pages = await pull(connect(emulator))
    assert len(ids(pages)) == 250


async def test_without_last_modified_nothing_is_asked_with_next_time(make_emulator, connect) -> None:
    emulator = make_emulator(400, quirks=Quirks(default_type_contact=True, last_modified=False))
    pages = await pull(connect(emulator))
    assert_whole(pages, emulator)
    assert pages[-1].next_since == ""
    rest = await pull(connect(emulator), pages[4].after)
    assert ids(rest) == ids(pages[5:])


async def test_filters_of_the_account_stand_in_every_question(filtered, connect) -> None:
    pages = await pull(connect(filtered, reseller_id="501"))
    assert 100 < len(ids(pages)) < 300
    assert all("reseller_id=501" in query for query in queries(filtered))
    assert (await pull(connect(filtered, reseller_id="501"), Cursor(since=pages[-1].next_since)))[0].unchanged


async def test_contacts_that_go_while_types_are_read_are_not_lost(make_emulator, connect) -> None:
    emulator = make_emulator(400, quirks=Quirks(default_type_contact=True, page_size=20))
    access, pages = connect(emulator), []
    async for one in access.contacts.pages(Cursor()):
        pages.append(one)
        if len(pages) in (3, 9):
            for uid in emulator.uids(CLIENT)[5:30]:
                emulator.remove(CLIENT, uid)
    assert set(emulator.uids(CLIENT)) <= set(ids(pages))
    steps = {later.number - earlier.number for earlier, later in pairwise(pages)}
    assert steps == {1, -1}
    assert pages[-1].after is None
    assert len(set(ids(pages))) >= pages[-1].total >= 350  # as many as announced, so that the pull is content


@pytest.mark.parametrize("status", [403, 500])
async def test_a_refused_question_is_an_error_and_no_half_list(status: int, filtered, connect) -> None:
    filtered.faults.set(Kind.ANSWER, target="contact_type=STAFF", answer=Answer(status, b"{}"))
    with pytest.raises(ForbiddenError if status == 403 else KnownError):
        await pull(connect(filtered))


async def test_the_questions_stay_far_below_the_refusals_that_lock_out(make_emulator, connect) -> None:
    emulator = make_emulator(400, quirks=Quirks(default_type_contact=True, upcoming=False, last_modified=False))
    access = connect(emulator)
    for _ in range(5):  # fifteen refused questions in the same minute
        assert len(await pull(access)) > 10
