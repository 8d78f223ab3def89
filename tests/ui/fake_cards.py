"""sync.cards.Cards and the reads that go with it, in memory: verbs are written down and change what is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from crmdesk.core.cards import Linked, Member, Pair, Scanned, ScanProgress, Verdict
from crmdesk.core.compare import Cell, Compared
from crmdesk.core.errors import ForbiddenError
from crmdesk.core.fields import FieldSpec
from crmdesk.core.match import DEFAULT, Trait
from crmdesk.core.outbox import FieldChange, Request
from crmdesk.core.types import ContactRow


def pair(one: ContactRow, other: ContactRow, score: int = 80, **more: Any) -> Pair:
    made = Pair(one.id, other.id, score, (Trait.EMAIL, Trait.PHONE), (), Verdict.OPEN, one, other)
    return replace(made, **more)


class CardShelf:
    """What a Reader tells of cards and pairs. A test puts `pair_list` and `card_list` (ids of each card)."""

    contacts: dict[int, ContactRow]

    def begin_cards(self) -> None:
        self.pair_list: list[Pair] = []
        self.card_list: list[tuple[int, ...]] = []

    def _of(self, verdicts: Sequence[Verdict]) -> list[Pair]:
        linked = [set(card) for card in self.card_list]
        return [
            one
            for one in self.pair_list
            if one.verdict in verdicts and not any({one.a, one.b} <= card for card in linked)
        ]

    async def pairs(self, limit: int, offset: int = 0, verdicts: Sequence[Verdict] = (Verdict.OPEN,)) -> list[Pair]:
        return self._of(verdicts)[offset : offset + limit]

    async def pair_count(self, verdicts: Sequence[Verdict] = (Verdict.OPEN,)) -> int:
        return len(self._of(verdicts))

    async def pairs_of(self, contact_id: int) -> list[Pair]:
        return [one for one in self._of(tuple(Verdict)) if contact_id in (one.a, one.b)]

    async def card_of(self, contact_id: int) -> tuple[Member, ...]:
        card = next((card for card in self.card_list if contact_id in card), ())
        return tuple(self.member(number) for number in card)

    def member(self, contact_id: int) -> Member:
        row = self.contacts[contact_id]
        return Member(row.id, row.account_id, "bookingsync", "Seaside Villas", row.name, row.remote_id, row.flags)


class FakeComparison:
    """City and e-mail of each; the city can be copied, the e-mail not."""

    def __init__(self, members: Sequence[Member], rows: Sequence[ContactRow]) -> None:
        self.members = tuple(members)
        self._rows = {row.id: row for row in rows}
        emails, cities = ([Cell((getattr(row, name),)) for row in rows] for name in ("email", "city"))
        self.rows = (
            Compared("email", "E-mail", tuple(emails), len({cell.values for cell in emails}) > 1),
            Compared("city", "City", tuple(cities), len({cell.values for cell in cities}) > 1),
            Compared("title", "Title", (Cell((), has=False), *(Cell(("Ms",)) for _ in rows[1:])), False),
        )

    def change(self, from_id: int, to_id: int, field: str) -> FieldChange:
        if field == "email":
            raise ForbiddenError("BookingSync does not let this field be changed from here.")
        return FieldChange(field, getattr(self._rows[to_id], field), getattr(self._rows[from_id], field))

    def spec(self, contact_id: int, path: str) -> FieldSpec:
        return FieldSpec(path, path.title())


class FakeCards:
    """`fail` is raised by the next verb; `found` is what a scan gives, once `release` was called."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self.weights = DEFAULT
        self.calls: list[tuple[str, Any]] = []
        self.fail: BaseException | None = None
        self.scanned, self.found = "2026-11-20T09:00:00Z", Scanned()
        self.saved: Any = None  # what `copy` gives
        self.plan: Any = None
        self.stopped = False
        self.hold: Any = None

    def verbs(self) -> list[str]:
        return [verb for verb, _ in self.calls]

    def _called(self, verb: str, *arguments: Any) -> None:
        self.calls.append((verb, arguments))
        if self.fail is not None:
            failed, self.fail = self.fail, None
            raise failed

    async def link(self, contact_ids: Sequence[int]) -> Linked:
        self._called("link", tuple(contact_ids))
        before = tuple((number,) for number in contact_ids)
        card = {*contact_ids, *(one for old in self._reader.card_list if set(old) & set(contact_ids) for one in old)}
        kept = [old for old in self._reader.card_list if not set(old) & card]
        self._reader.card_list = [*kept, tuple(sorted(card))]
        return Linked("link", self._reader.contacts[contact_ids[0]].name, before, (tuple(sorted(card)),))

    async def unlink(self, contact_ids: Sequence[int], *, together: bool = False) -> Linked:
        self._called("unlink", tuple(contact_ids), together)
        before = tuple(self._reader.card_list)
        left = [tuple(one for one in card if one not in contact_ids) for card in before]
        self._reader.card_list = [card for card in left if len(card) > 1]
        return Linked("unlink", self._reader.contacts[contact_ids[0]].name, before, tuple(self._reader.card_list))

    async def decide(self, of: Any, verdict: Verdict) -> Linked:
        self._called("decide", of, verdict)
        a, b = of if isinstance(of, tuple) else (of.a, of.b)
        was = next(one for one in self._reader.pair_list if (one.a, one.b) == (a, b))
        self._reader.pair_list = [
            replace(one, verdict=verdict) if one is was else one for one in self._reader.pair_list
        ]
        return Linked("decide", was.one.name, pair=(a, b), verdicts=(was.verdict, verdict))

    async def undo(self, ticket: Linked) -> None:
        self._called("undo", ticket)
        if ticket.did == "link":
            self._reader.card_list = [card for card in self._reader.card_list if card not in ticket.after]

    async def last_scan(self) -> str:
        return self.scanned

    async def scan(self, progress: Any = None) -> Scanned:
        self._called("scan")
        progress(ScanProgress("reading", 500, 2000))
        if self.hold is not None:
            await self.hold.wait()
        return self.found

    def stop_scan(self) -> None:
        self.stopped = True

    async def compare(self, contact_ids: Sequence[int]) -> FakeComparison:
        rows = [self._reader.contacts[number] for number in contact_ids]
        return FakeComparison([self._reader.member(row.id) for row in rows], rows)

    async def copy_preview(self, from_id: int, to_id: int, field: str) -> Any:
        comparison = await self.compare([from_id, to_id])
        request = Request("PUT", "https://www.bookingsync.com/api/v3/contacts/1", '{"city": "Berlin"}')
        return SimpleNamespace(
            change=comparison.change(from_id, to_id, field), spec=FieldSpec(field, field.title()), request=request
        )

    async def copy(self, from_id: int, to_id: int, field: str, *, seen: Any = None) -> Any:
        self._called("copy", from_id, to_id, field)
        return self.saved

    async def merge_plan(self, keep_id: int, drop_id: int) -> Any:
        self._called("merge_plan", keep_id, drop_id)
        return self.plan

    async def merge(self, plan: Any, choices: Any, *, delete: bool) -> Any:
        self._called("merge", dict(choices), delete)
        return SimpleNamespace(edit=None, delete=None)
