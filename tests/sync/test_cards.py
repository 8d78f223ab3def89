"""Guest cards: searching for pairs, deciding about them, linking; nothing else may change by it."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from crmdesk.core import seams
from crmdesk.core.cards import Verdict
from crmdesk.core.errors import ForbiddenError, NotFoundError
from crmdesk.core.match import Trait, Weights, score, traits_of
from crmdesk.core.outbox import Did, FieldChange
from crmdesk.core.types import CARD_FLAGS, Flag, Page, RemoteContact
from crmdesk.store import contacts, decisions, first_rows, incoming, ops
from crmdesk.store.database import driver_of
from crmdesk.sync import card_scan
from crmdesk.sync import cards as cards_module
from tests.helpers.card_desk import NOW, OF_KEY, CardDesk, booking, prio
from tests.helpers.desk import KEY

ANA = booking(1, firstname="Ana", lastname="Ruiz", email="ANA@x.es", phone="+34 612 345 678")
SAME = prio("u1", name_last="Ruiz, Ána", email="ana@x.es", phone="612345678")
OTHER = booking(2, firstname="Bob", lastname="Lee", email="bob@x.es")


@pytest.fixture
async def desk(folder: Path) -> AsyncIterator[CardDesk]:
    async with CardDesk(folder / "desk.db") as made:
        yield made


def two(desk: CardDesk) -> tuple[int, int, int]:
    """Ids of Ana at one vendor, Ana at the other, and Bob."""
    ana, bob = desk.put(desk.b, [ANA, OTHER])
    return ana, desk.put(desk.p, [SAME])[0], bob


def everything(desk: CardDesk) -> dict[str, list[tuple[Any, ...]]]:
    """What must be as before when a link was taken back. Histories grow, and numbers of commits."""
    tables = ("contact", "contact_raw", "op", "draft", "trash", "pair", "card_member", "account", "seen")
    return {table: desk.rows(f"SELECT * FROM {table}") for table in tables}


# ── linking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_linking_shows_both_and_unlinking_gives_everything_back(desk: CardDesk) -> None:
    """Walk-through 5; UX-DUP-05."""
    ana, same, bob = two(desk)
    await desk.cards.scan()
    before = everything(desk)
    ticket = await desk.cards.link([ana, same])
    assert [member.id for member in await desk.reader.card_of(same)] == [ana, same]
    assert [(member.vendor, member.account) for member in await desk.reader.card_of(ana)] == [
        ("bookingsync", "Seaside"),
        ("prioticket", "Tickets"),
    ]
    assert await desk.found("is:linked") == {ana, same}
    assert await desk.found("is:duplicate") == set(), "no question any more"
    assert [row.others for row in await desk.reader.rows([ana, same, bob])] == [("prioticket",), ("bookingsync",), ()]
    assert len(await desk.found("")) == 3, "linking never hides a row"
    assert await desk.reader.ops("all") == []
    await desk.cards.unlink([ana])
    assert everything(desk) == before
    await desk.cards.link([ana, same])
    assert [line.did for line in await desk.reader.history(ana)] == [Did.LINKED, Did.UNLINKED, Did.LINKED]
    assert ticket.title == "Ana Ruiz"


async def test_an_undone_link_is_as_if_it_had_never_been(desk: CardDesk) -> None:
    ana, same, bob = two(desk)
    before = everything(desk)
    await desk.cards.undo(await desk.cards.link([ana, same]))
    assert everything(desk) == before
    linked = await desk.cards.link([ana, same])
    joined = await desk.cards.link([bob, ana])
    assert joined.after == (tuple(sorted((ana, bob, same))),)
    with pytest.raises(ForbiddenError, match="linked otherwise meanwhile"):
        await desk.cards.undo(linked)
    await desk.cards.undo(joined)
    await desk.cards.undo(linked)
    assert everything(desk) == before


async def test_a_card_is_split_by_choosing_members(desk: CardDesk) -> None:
    """UX-DUP-06."""
    ids = desk.put(desk.b, [booking(number) for number in range(1, 5)])
    await desk.cards.link(ids)
    await desk.cards.unlink(ids[:2], together=True)
    assert [member.id for member in await desk.reader.card_of(ids[0])] == ids[:2]
    assert [member.id for member in await desk.reader.card_of(ids[3])] == ids[2:]
    await desk.cards.unlink(ids[:1])
    assert await desk.reader.card_of(ids[1]) == (), "nobody is linked with nobody"


async def test_what_cannot_be_linked_says_so(desk: CardDesk) -> None:
    ana, _same, _ = two(desk)
    with pytest.raises(ForbiddenError, match="alone"):
        await desk.cards.link([ana, ana])
    with pytest.raises(NotFoundError, match="no longer here"):
        await desk.cards.link([ana, 999])
    ids = desk.put(desk.b, [booking(number) for number in range(10, 65)], whole=False)
    with pytest.raises(ForbiddenError, match="at most 50"):
        await desk.cards.link(ids)
    assert not desk.rows("SELECT * FROM card") and not desk.rows("SELECT * FROM card_member")


async def test_a_link_is_one_commit(desk: CardDesk) -> None:
    ana, same, _ = two(desk)
    before = everything(desk)

    def die(name: str) -> None:
        if name == "cards: members written":
            raise KeyboardInterrupt

    seams.set_gate(die)
    with pytest.raises(KeyboardInterrupt):
        await desk.cards.link([ana, same])
    seams.set_gate(None)
    assert everything(desk) == before


async def test_history_names_accounts_and_nobody(desk: CardDesk) -> None:
    """The name of a guest who asks to be forgotten must not live on in the other record's history."""
    ana, same, _ = two(desk)
    desk.services.edits.operator = "Maria"
    await desk.cards.link([ana, same])
    desk.gone(desk.b, ["1"])
    (line,) = await desk.reader.history(same)
    assert (line.did, line.operator, line.note) == (Did.LINKED, "Maria", "Seaside")
    assert await desk.reader.card_of(same) == () and await desk.found("is:linked") == set()


async def test_a_forgotten_guest_leaves_no_trace_on_cards(desk: CardDesk) -> None:
    ana, same, _ = two(desk)
    await desk.cards.scan()
    await desk.cards.link([ana, same])
    desk.put(desk.b, [ANA | {"forget_me_at": "2020-01-01T00:00:00Z"}, OTHER])
    for table in ("pair", "card", "card_member"):
        assert desk.rows(f"SELECT * FROM {table}") == []
    assert not (await desk.reader.rows([same]))[0].flags & Flag.LINKED


async def test_the_trash_keeps_a_place_on_the_card(desk: CardDesk) -> None:
    """Undo of a deletion gives the record back as it was, its link and what was said of it too."""
    ana, same, bob = two(desk)
    await desk.cards.scan()
    await desk.cards.link([ana, bob])
    await desk.cards.decide((ana, same), Verdict.DIFFERENT)
    desk.put(desk.p, [SAME | {"contact_uid": "u2"}], whole=False)
    await desk.cards.scan()
    pairs = desk.rows("SELECT a, b, verdict FROM pair")
    deleted = await desk.services.edits.delete([ana])
    await desk.cards.scan()
    assert desk.rows("SELECT a, b, verdict FROM pair") == pairs, "a search does not see who is in the trash"
    assert await desk.found("is:linked") == set() and await desk.reader.card_of(bob) == ()
    assert ana not in {pair.a for pair in await desk.reader.pairs_of(same)}
    await desk.services.edits.undo(deleted)
    assert await desk.found("is:linked") == {ana, bob}
    assert [pair.verdict for pair in await desk.reader.pairs_of(same) if pair.a == ana] == [Verdict.DIFFERENT]


async def test_who_leaves_the_trash_leaves_the_cards(desk: CardDesk) -> None:
    ana, same, bob = two(desk)
    await desk.cards.scan()
    await desk.cards.link([ana, bob])
    await desk.services.edits.delete([ana])

    def purge(connection: Any, touched: Any) -> None:
        driver = driver_of(connection)
        driver.execute("UPDATE op SET state='confirmed', closed_at='2026-01-01T00:00:00Z'")
        ops.drop_old(driver, touched, "2099-01-01T00:00:00Z", "2099-01-01T00:00:00Z")

    desk.database.write_sync(purge)
    assert await desk.reader.trash() == []
    for table in ("pair", "card", "card_member"):
        assert desk.rows(f"SELECT * FROM {table}") == []
    assert {row.flags & CARD_FLAGS for row in await desk.reader.rows([same, bob])} == {0}


@pytest.mark.parametrize("both", [False, True])
async def test_two_rows_that_turn_out_to_be_one_record_have_one_place(desk: CardDesk, both: bool) -> None:
    """A contact made here is found at its vendor, and a check has brought it meanwhile as another row."""
    made, brought, bob = desk.put(desk.b, [ANA, ANA | {"id": 3}, OTHER])
    (same,) = desk.put(desk.p, [SAME])
    await desk.cards.link([brought, same])
    if both:
        await desk.cards.link([made, bob])

    def become_one(connection: Any, touched: Any) -> None:
        one = incoming.desk_of(connection, touched, OF_KEY["bookingsync"], desk.b, NOW)
        decisions.become_one(one, brought, made)

    desk.database.write_sync(become_one)
    card = {member.id for member in await desk.reader.card_of(made)}
    assert card == ({made, bob} if both else {made, same})
    assert await desk.found("is:linked") == card


async def test_a_removed_account_takes_its_records_off_the_cards(desk: CardDesk) -> None:
    ana, same, bob = two(desk)
    await desk.cards.scan()
    await desk.cards.link([ana, bob, same])
    await desk.services.edits.delete([bob])
    await desk.services.remove_account(desk.b, keep_contacts=False)
    assert await desk.found("is:linked") == set()
    assert desk.rows("SELECT * FROM pair") == desk.rows("SELECT * FROM card_member") == []


async def test_cards_are_there_after_a_restart_in_the_first_rows_too(folder: Path) -> None:
    path = folder / "desk.db"
    async with CardDesk(path) as desk:
        ana, same, _ = two(desk)
        await desk.cards.link([ana, same])
    first = first_rows.read_first(path, KEY)
    assert {row.id: row.others for row in first.rows if row.others} == {ana: ("prioticket",), same: ("bookingsync",)}
    async with CardDesk(path) as desk:
        assert await desk.found("is:linked") == {ana, same}


async def test_windows_are_told(desk: CardDesk) -> None:
    ana, same, _ = two(desk)
    desk.told.clear()
    await desk.cards.link([ana, same])
    (told,) = desk.told
    assert told.cards and told.listing and told.contacts == {ana, same}


# ── pairs ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_pair_is_found_decided_and_kept(desk: CardDesk) -> None:
    """UX-DUP-02, UX-DUP-03."""
    ana, same, _ = two(desk)
    found = await desk.cards.scan()
    assert (found.records, found.pairs, found.strong, found.stopped, found.crowds) == (3, 1, 1, False, ())
    (pair,) = await desk.reader.pairs(10)
    assert (pair.a, pair.b, pair.score) == (ana, same, 100)
    assert pair.matched == (Trait.EMAIL, Trait.PHONE, Trait.NAME) and pair.contradicting == ()
    assert (pair.one.name, pair.other.name) == ("Ana Ruiz", "Ruiz, Ána")
    assert await desk.found("is:duplicate") == {ana, same}
    desk.services.edits.operator = "Maria"
    await desk.cards.decide(pair, Verdict.DIFFERENT)
    await desk.cards.scan()
    assert await desk.reader.pairs(10) == [] and await desk.found("is:duplicate") == set()
    (kept,) = await desk.reader.pairs_of(same)
    assert (kept.verdict, kept.operator) == (Verdict.DIFFERENT, "Maria") and kept.decided_at
    await desk.cards.lift(kept)
    assert await desk.reader.pair_count() == 1


async def test_what_was_put_off_comes_last(desk: CardDesk) -> None:
    ids = desk.put(desk.b, [booking(n, firstname="Ana", lastname="Ruiz", email="a@x.es") for n in (1, 2, 3)])
    await desk.cards.scan()
    ticket = await desk.cards.decide((ids[1], ids[0]), Verdict.LATER)
    assert [(pair.a, pair.b) for pair in await desk.reader.pairs(10)][-1] == (ids[0], ids[1])
    assert await desk.found("is:duplicate") == set(ids)
    await desk.cards.undo(ticket)
    assert next((pair.a, pair.b) for pair in await desk.reader.pairs(10)) == (ids[0], ids[1])
    assert len(await desk.reader.pairs(1, 2)) == 1


async def test_pairs_that_are_none_any_more_are_forgotten_and_verdicts_kept(desk: CardDesk) -> None:
    ana, same, _bob = two(desk)
    await desk.cards.scan()
    desk.put(desk.p, [prio("u1", name_last="Somebody", email="else@x.es")])
    assert await desk.reader.pair_count() == 1, "until the next search"
    await desk.cards.scan()
    assert await desk.reader.pair_count() == 0 and await desk.found("is:duplicate") == set()
    with pytest.raises(NotFoundError, match="no pair any more"):
        await desk.cards.decide((ana, same), Verdict.LATER)
    desk.put(desk.p, [SAME])
    await desk.cards.scan()
    await desk.cards.decide((ana, same), Verdict.DIFFERENT)
    desk.put(desk.p, [prio("u1", name_last="Somebody")])
    await desk.cards.scan()
    assert len(await desk.reader.pairs_of(ana)) == 1


async def test_nothing_links_by_itself(desk: CardDesk) -> None:
    """UX-DUP-04."""
    two(desk)
    await desk.cards.scan()
    assert desk.rows("SELECT * FROM card_member") == []


async def test_restricted_records_are_left_alone(desk: CardDesk) -> None:
    desk.put(desk.b, [ANA | {"processing_restricted_at": "2026-01-01T00:00:00Z"}])
    desk.put(desk.p, [SAME])
    assert (await desk.cards.scan()).pairs == 0


async def test_edits_that_wait_count(desk: CardDesk) -> None:
    ana, same, bob = two(desk)
    await desk.services.edits.save(bob, [FieldChange("email", "bob@x.es", "ana@x.es"), FieldChange("phones", None, [
        {"label": "m", "number": "0034612345678"}])])  # fmt: skip
    await desk.cards.scan()
    assert set(await desk.pairs()) == {(ana, same), (min(ana, bob), max(ana, bob)), (min(same, bob), max(same, bob))}


async def test_the_editor_finds_the_likely_person_by_the_same_rules(desk: CardDesk) -> None:
    ana, same, _ = two(desk)
    by_email = await desk.services.edits.similar({"email": " Ana@X.es"}, desk.b)
    assert {(one.row.id, one.why) for one in by_email} == {(ana, "same e-mail"), (same, "same e-mail")}
    by_phone = await desk.services.edits.similar({"contact_phone": "0034 612345678"}, desk.p)
    assert {(one.row.id, one.why) for one in by_phone} == {(ana, "same phone number"), (same, "same phone number")}
    assert await desk.services.edits.similar({"contact_phone": "5678"}, desk.p) == []


# ── the search ───────────────────────────────────────────────────────────────────────────────────────────────────────


def crowd_of_guests(chance: random.Random, count: int) -> list[dict[str, Any]]:
    """Guests who have much in common."""
    first, last = ("Ana", "Anna", "Maria", "M", "Ana Maria"), ("Ruiz", "Lopez", "Lopes")
    return [
        booking(
            number,
            firstname=chance.choice(first),
            lastname=chance.choice(last),
            email=f"g{chance.randrange(count)}@x.es" if chance.random() < 0.6 else "",
            phone=f"{chance.choice(('+34', '0', ''))}6123456{chance.randrange(count):03}",
            address1=f"Calle Mayor {chance.randrange(5)}",
            zip=chance.choice(("28001", "28002")),
        )
        for number in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    "weights", [Weights(), Weights(name=50), Weights(review=35, similar_name=20), Weights(phone=0, address=40)]
)
async def test_no_pair_is_missed(desk: CardDesk, weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search finds what holding every record against every other finds."""
    from crmdesk.store import blocks

    monkeypatch.setattr(card_scan, "CHUNK", 17)
    monkeypatch.setattr(card_scan, "COMPARED", 40)
    monkeypatch.setattr(card_scan, "WRITTEN", 13)
    monkeypatch.setattr(blocks, "MOST_IN_BLOCK", 200)
    raws = crowd_of_guests(random.Random(4), 90)
    ids = desk.put(desk.b, raws)
    desk.cards.weights = weights
    found = await desk.cards.scan()
    traits = {number: traits_of(OF_KEY["bookingsync"], raw) for number, raw in zip(ids, raws, strict=True)}
    wanted = {
        (a, b): match.score
        for a, b in combinations(sorted(ids), 2)
        if (match := score(traits[a], traits[b], weights)).score >= weights.review
    }
    assert await desk.pairs() == wanted and len(wanted) > 10
    assert (found.pairs, found.crowds) == (len(wanted), ())
    assert found.strong == sum(points >= weights.strong for points in wanted.values())
    assert await desk.found("is:duplicate") == {number for pair in wanted for number in pair}


async def test_a_crowd_is_told_and_not_compared(desk: CardDesk) -> None:
    """A thousand bookings of one agency are no thousand duplicates; who is one in truth is found all the same."""
    agency = [
        booking(n, firstname="Guest", lastname=f"Nr{n}x", email="desk@agency.es", phone="+34 911 111 111")
        for n in range(1, 61)
    ]
    ids = desk.put(desk.b, agency)
    (same,) = desk.put(desk.p, [prio("u1", name_first="Guest", name_last="Nr7x", mobile="911 111 111")])
    found = await desk.cards.scan()
    assert found.crowds and found.crowds[0].records >= 60
    assert Trait.EMAIL in found.crowds[0].shared and not found.full
    assert (ids[6], same) in await desk.pairs()
    assert found.pairs < 60


async def test_a_stopped_search_keeps_what_it_found_and_forgets_nothing(
    desk: CardDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(card_scan, "COMPARED", 1)
    ids = desk.put(desk.b, [booking(n, firstname="Ana", lastname="Ruiz", email="a@x.es") for n in range(1, 7)])
    heard: list[Any] = []
    found = await desk.cards.scan(heard.append, lambda: sum(one.step == "comparing" for one in heard) >= 3)
    assert found.stopped and 0 < found.pairs < 15
    assert await desk.cards.last_scan() == "", "it was no whole search"
    assert heard[0].step == "reading" and heard[0].done == heard[0].total == 6
    whole = await desk.cards.scan()
    assert (whole.stopped, whole.pairs) == (False, 15)
    again = await desk.cards.scan(None, lambda: True)
    assert (again.stopped, again.pairs) == (True, 15)
    assert await desk.cards.last_scan() == whole.at
    assert len(ids) == 6


async def test_who_asks_while_a_search_runs_joins_it(desk: CardDesk) -> None:
    two(desk)
    heard: list[Any] = []
    first, second = await asyncio.gather(desk.cards.scan(), desk.cards.scan(heard.append))
    assert first is second and heard and not desk.cards.scanning
    await asyncio.gather(desk.cards.scan(), asyncio.to_thread(desk.cards.stop_scan))
    desk.cards.stop_scan()
    assert not (await desk.cards.scan()).stopped, "stopping nothing stops nothing later"


async def test_who_is_deleted_during_a_search_is_no_pair(desk: CardDesk) -> None:
    _ana, _same, _ = two(desk)

    def delete(progress: Any) -> None:
        if progress.step == "reading":
            desk.gone(desk.p, ["u1"])

    assert (await desk.cards.scan(delete)).pairs == 0
    assert desk.rows("SELECT * FROM pair") == []


async def test_once_a_day_it_looks_by_itself(desk: CardDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards_module, "FIRST_SCAN", 0.0)
    monkeypatch.setattr(cards_module, "SCAN_LOOK", 0.01)
    two(desk)
    desk.cards.start()
    async with asyncio.timeout(10):
        while not await desk.cards.last_scan():
            await asyncio.sleep(0.01)
    first = await desk.cards.last_scan()
    desk.clock.forward(23 * 3600)
    await asyncio.sleep(0.1)
    assert await desk.cards.last_scan() == first
    desk.clock.forward(2 * 3600)
    async with asyncio.timeout(10):
        while await desk.cards.last_scan() == first:
            await asyncio.sleep(0.01)


async def test_a_clock_that_was_wrong_during_a_search_does_not_put_off_the_next_ones(
    desk: CardDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cards_module, "FIRST_SCAN", 0.0)
    monkeypatch.setattr(cards_module, "SCAN_LOOK", 0.01)
    two(desk)
    desk.clock.forward(400 * 86400)
    await desk.cards.scan()
    first = await desk.cards.last_scan()
    desk.clock.moment -= timedelta(days=400)
    desk.cards.start()
    async with asyncio.timeout(10):
        while await desk.cards.last_scan() == first:
            await asyncio.sleep(0.01)


async def test_an_empty_desk_is_searched_too(desk: CardDesk) -> None:
    assert (await desk.cards.scan()).records == 0


# ── checks ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_page_asks_nothing_of_cards(desk: CardDesk) -> None:
    """A check of ten thousand contacts must not be slower for cards that nobody is on."""
    two(desk)
    asked: list[str] = []
    vendor = OF_KEY["bookingsync"]

    def write(connection: Any, touched: Any) -> None:
        driver = driver_of(connection)
        generation = contacts.begin_listing(connection, desk.b, True)
        page = _page([booking(n, lastname=f"New {n}") for n in range(1, 200)])
        driver.set_trace_callback(asked.append)
        one = incoming.desk_of(connection, touched, vendor, desk.b, NOW)
        incoming.take_in(connection, one, generation, page, lambda contact: vendor.summarise(contact.raw))
        driver.set_trace_callback(None)

    desk.database.write_sync(write)
    assert asked and not [sql for sql in asked if "card_member" in sql or "FROM pair" in sql]


def _page(raws: list[dict[str, Any]]) -> Page:
    return Page(tuple(RemoteContact(str(raw["id"]), json.dumps(raw).encode(), raw) for raw in raws), 1)


async def test_checks_and_edits_keep_the_marks(desk: CardDesk) -> None:
    ana, same, bob = two(desk)
    desk.put(desk.p, [SAME, prio("u2", name_last="Lee, Bob", email="bob@x.es")])
    await desk.cards.scan()
    await desk.cards.link([ana, same])
    desk.put(desk.b, [ANA | {"city": "Madrid"}, OTHER | {"city": "Oslo"}])
    saved = await desk.services.edits.save(ana, [FieldChange("city", "Madrid", "Rome")])
    assert await desk.found("is:linked city:rome") == {ana} and bob in await desk.found("is:duplicate city:oslo")
    await desk.services.edits.undo(saved)
    assert await desk.found("is:linked") == {ana, same}
