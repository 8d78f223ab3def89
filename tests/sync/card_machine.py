"""Guest cards beside everything else that happens to contacts: checks, edits, deletions, the trash, guests who ask to
be forgotten. A plain model says who is linked with whom and which pairs are open; list, search and marks must say the
same after every step, and no vendor's record may change by it."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crmdesk.core.cards import UNDECIDED, Linked, Verdict, groups_of
from crmdesk.core.errors import ForbiddenError, KnownError, NotFoundError
from crmdesk.core.match import Match, Trait
from crmdesk.core.outbox import TRASH_DAYS, FieldChange
from crmdesk.core.query import parse
from crmdesk.core.types import CARD_FLAGS, Flag
from crmdesk.store import cards, ops
from crmdesk.store.database import driver_of
from tests.helpers.clock import FakeClock
from tests.helpers.front_desk import FrontDesk
from tests.helpers.memory_vendor import MemoryVendor
from tests.sync.edit_machine import home

COUNT = 5
contacts = st.integers(0, COUNT - 1)
several = st.lists(contacts, min_size=1, max_size=3)


class CardMachine(RuleBasedStateMachine):
    """`cards`: sets of contact ids, those in the trash too; `pairs`: (a, b) → verdict."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="card-machine-", dir=home()))
        self.loop = asyncio.new_event_loop()
        self.memory = MemoryVendor(COUNT, per_page=3)
        self.clock = FakeClock()
        self.cards: list[set[int]] = []
        self.pairs: dict[tuple[int, int], Verdict] = {}
        self.tickets: list[tuple[Linked, list[set[int]], list[set[int]]]] = []
        self.edited: dict[str, dict[str, Any]] = {}
        self.scans = 0

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    @initialize()
    def begin(self) -> None:
        self.desk = FrontDesk(self.folder / "desk.db", self.memory, clock=self.clock)
        self.run(self.desk.__aenter__())
        self.run(self.desk.services.pull(self.desk.id))
        self.ids = sorted(contact.id for contact in self.now())

    def teardown(self) -> None:
        if hasattr(self, "desk"):
            self.run(self.desk.__aexit__())
        self.loop.close()
        shutil.rmtree(self.folder)

    # ── looking

    def now(self) -> Any:
        return self.desk.database.read_sync(lambda c: self.desk.now_in(driver_of(c)))

    def here(self) -> set[int]:
        return {contact.id for contact in self.now()}

    def trashed(self) -> set[int]:
        return {one.contact_id for one in self.run(self.desk.reader.trash())}

    def settle(self) -> None:
        """Who is in neither list leaves the model."""
        known = self.here() | self.trashed()
        self.cards = [group & known for group in self.cards if len(group & known) > 1]
        self.pairs = {pair: verdict for pair, verdict in self.pairs.items() if set(pair) <= known}

    def together(self, pair: tuple[int, int]) -> bool:
        return any(set(pair) <= group for group in self.cards)

    # ── cards

    @rule(places=several)
    def link(self, places: list[int]) -> None:
        chosen = [self.ids[place] for place in places]
        before = [set(group) for group in self.cards]
        try:
            ticket = self.run(self.desk.services.cards.link(chosen))
        except NotFoundError:
            assert not set(chosen) <= self.here()
            return
        except ForbiddenError:
            assert len(set(chosen)) < 2
            return
        joined = set(chosen).union(*(group for group in self.cards if group & set(chosen)))
        self.cards = [group for group in self.cards if not group & joined] + [joined]
        self.tickets.append((ticket, before, [set(group) for group in self.cards]))

    @rule(places=several, together=st.booleans())
    def unlink(self, places: list[int], together: bool) -> None:
        chosen = {self.ids[place] for place in places}
        before = [set(group) for group in self.cards]
        try:
            ticket = self.run(self.desk.services.cards.unlink(list(chosen), together=together))
        except NotFoundError:
            assert not chosen <= self.here()
            return
        self.cards = [group - chosen for group in self.cards if len(group - chosen) > 1]
        if together and len(chosen) > 1:
            self.cards.append(set(chosen))
        self.tickets.append((ticket, before, [set(group) for group in self.cards]))

    @rule()
    def undo(self) -> None:
        if not self.tickets:
            return
        ticket, before, after = self.tickets.pop()
        known = self.here() | self.trashed()
        concerned = set(ticket.contact_ids) & known

        def of(groups: list[set[int]]) -> Any:
            near = [group & known for group in groups if group & concerned]
            return groups_of([*near, *({one} for one in concerned.difference(*near))])

        if of(self.cards) != of(after):
            try:
                self.run(self.desk.services.cards.undo(ticket))
            except ForbiddenError:
                return
            raise AssertionError("undone over what was linked otherwise meanwhile")
        self.run(self.desk.services.cards.undo(ticket))
        others = [group for group in self.cards if not group & concerned]
        self.cards = others + [set(group) for group in of(before) if len(group) > 1]

    # ── pairs

    @rule(places=st.lists(st.tuples(contacts, contacts), max_size=4), whole=st.booleans())
    def scan(self, places: list[tuple[int, int]], whole: bool) -> None:
        """A search that found these; not `whole`: it was stopped."""
        found = {(self.ids[min(pair)], self.ids[max(pair)]) for pair in places if pair[0] != pair[1]}
        matches = [(a, b, Match(80, (Trait.EMAIL, Trait.PHONE))) for a, b in sorted(found)]
        here, self.scans = self.here(), self.scans + 1

        def put(connection: Any, touched: Any) -> None:
            driver = driver_of(connection)
            number = cards.next_scan(driver)
            cards.put_pairs(driver, touched, number, matches)
            if whole:
                cards.drop_unseen(driver, touched, number, 100)

        self.desk.database.write_sync(put)
        seen = {pair for pair in found if set(pair) <= here}
        for pair in seen:
            self.pairs.setdefault(pair, Verdict.OPEN)
        if whole:
            gone = [p for p, v in self.pairs.items() if v in UNDECIDED and p not in seen and set(p) <= here]
            for pair in gone:
                del self.pairs[pair]

    @rule(place=st.integers(0, 9), verdict=st.sampled_from(Verdict), back=st.booleans())
    def decide(self, place: int, verdict: Verdict, back: bool) -> None:
        if not self.pairs:
            return
        pair = sorted(self.pairs)[place % len(self.pairs)]
        ticket = self.run(self.desk.services.cards.decide(pair, verdict))
        if back:
            self.run(self.desk.services.cards.undo(ticket))
        else:
            self.pairs[pair] = verdict

    # ── everything else

    @rule(place=contacts, city=st.sampled_from(["Rome", "Oslo", None]))
    def edit(self, place: int, city: str | None) -> None:
        try:
            self.run(self.desk.services.edits.save(self.ids[place], [FieldChange("city", None, city)]))
        except KnownError:
            assert self.ids[place] not in self.here()

    @rule(place=contacts)
    def delete(self, place: int) -> None:
        try:
            self.run(self.desk.services.edits.delete([self.ids[place]]))
        except KnownError:
            assert self.ids[place] not in self.here()

    @rule(place=contacts)
    def restore(self, place: int) -> None:
        try:
            self.run(self.desk.services.edits.restore(self.ids[place]))
        except KnownError:
            assert self.ids[place] not in self.trashed() or self.ids[place] not in self.here()

    @rule()
    def send(self) -> None:
        self.clock.forward(60)
        self.run(self.desk.services.sending.send_due())

    @rule(place=contacts, what=st.sampled_from(["change", "remove", "forget"]))
    def at_the_vendor(self, place: int, what: str) -> None:
        remote_id = str(place + 1)
        if remote_id not in self.memory.contacts:
            return
        if what == "remove":
            self.memory.remove(remote_id)
        elif what == "forget":
            self.memory.edit(remote_id, forget_at="2020-01-01T00:00:00Z")
        else:
            self.memory.edit(remote_id)

    @rule(full=st.booleans())
    def pull(self, full: bool) -> None:
        self.run(self.desk.services.pull(self.desk.id, full=full))
        self.settle()

    @rule()
    def empty_the_trash(self) -> None:
        self.clock.forward(timedelta(days=TRASH_DAYS + 1).total_seconds())
        before = self.clock.now() - timedelta(days=TRASH_DAYS)
        stamp = before.replace(microsecond=0, tzinfo=None).isoformat() + "Z"
        self.desk.database.write_sync(lambda c, t: ops.drop_old(driver_of(c), t, stamp, stamp))
        self.settle()

    # ── what must hold

    @invariant()
    def everybody_says_the_same(self) -> None:
        if not hasattr(self, "ids"):
            return
        self.settle()
        reader, here = self.desk.reader, self.here()
        shown = [group & here for group in self.cards]
        for number in here:
            card = next((group for group in shown if number in group and len(group) > 1), set())
            assert {member.id for member in self.run(reader.card_of(number))} == card
        open_pairs = {
            pair: verdict for pair, verdict in self.pairs.items() if set(pair) <= here and not self.together(pair)
        }
        undecided = {pair for pair, verdict in open_pairs.items() if verdict in UNDECIDED}
        assert {(one.a, one.b) for one in self.run(reader.pairs(100))} == undecided
        assert self.run(reader.pair_count()) == len(undecided)
        different = self.run(reader.pairs(100, verdicts=[Verdict.DIFFERENT]))
        assert {(one.a, one.b) for one in different} == open_pairs.keys() - undecided
        self._marks(here, shown, undecided)
        self._tables()

    def _tables(self) -> None:
        """Nothing stays of who is in neither list, and no card has one member."""

        def read(connection: Any) -> tuple[set[Any], set[Any], int]:
            driver = driver_of(connection)
            members = driver.execute("SELECT group_concat(contact_id) FROM card_member GROUP BY card_id").fetchall()
            pairs = driver.execute("SELECT a, b, verdict FROM pair").fetchall()
            made = driver.execute("SELECT count(*) FROM card").fetchone()[0]
            return {frozenset(map(int, row[0].split(","))) for row in members}, set(map(tuple, pairs)), made

        members, pairs, made = self.desk.database.read_sync(read)
        assert members == {frozenset(group) for group in self.cards} and made == len(members)
        assert pairs == {(*pair, verdict.value) for pair, verdict in self.pairs.items()}

    def _marks(self, here: set[int], shown: list[set[int]], undecided: set[tuple[int, int]]) -> None:
        linked = {number for group in shown if len(group) > 1 for number in group}
        double = {number for pair in undecided for number in pair}
        rows = self.run(self.desk.reader.rows(sorted(here)))
        for flag, wanted in ((Flag.LINKED, linked), (Flag.DUPLICATE, double)):
            assert {row.id for row in rows if row.flags & flag} == wanted
        assert all(bool(row.others) == bool(row.flags & Flag.LINKED) for row in rows)
        for word, wanted in (("is:linked", linked), ("is:duplicate", double)):
            hits = self.run(self.desk.reader.search(parse(word, now=self.clock.now())))
            assert set(hits.ids[: len(hits.ids)].tolist()) == wanted
        assert not any(int(Flag(row.flags) & CARD_FLAGS) for row in rows if row.id not in linked | double)

    @invariant()
    def no_vendor_is_told(self) -> None:
        """Only edits and deletions are ops."""
        if hasattr(self, "ids"):
            paths = {path for op in self.run(self.desk.reader.ops("all")) for path in op.paths}
            assert paths <= {"city", "name", "email", "notes", "tags"}
