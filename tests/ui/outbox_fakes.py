"""An outbox in memory: edits in every state, `services.edits` whose verbs are written down and change the states."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from crmdesk.core.changes import Changes
from crmdesk.core.errors import Problem, Recovery
from crmdesk.core.outbox import (
    NEW,
    Clash,
    ConflictKind,
    Draft,
    FieldChange,
    Op,
    OpKind,
    OpState,
    Reason,
    Request,
)
from crmdesk.core.seams import iso
from crmdesk.core.types import ContactDetail
from crmdesk.vendors.bookingsync.fields import FIELDS
from tests.helpers.clock import NOON, FakeClock
from tests.ui import fakes


@dataclass(frozen=True)
class Saved:
    """As sync.edits.Saved."""

    op_ids: tuple[int, ...]
    contact_ids: tuple[int, ...]
    lines: tuple[int, ...] = ()
    what: str = "edit"
    title: str = "Ana Ruiz"
    vendor: str = "BookingSync"
    joined: bool = False


def at(minutes: float) -> str:
    """So many minutes before noon."""
    return iso(NOON - timedelta(minutes=minutes))


def op(number: int, state: OpState = OpState.PENDING, **more: Any) -> Op:
    made = Op(
        id=number,
        uid=f"u{number}",
        account_id=1,
        contact_id=number,
        kind=OpKind.UPDATE,
        changes=(FieldChange("city", "Nevers", "Nantes"),),
        state=state,
        title="Ana Ruiz",
        operator="Maria",
        created_at=at(20),
    )
    return replace(made, **more)


REFUSED = Reason(
    "BookingSync refused the change.",
    "Nothing was changed there.",
    Recovery.EDIT,
    (Problem("zip", "too_long", "is too long (maximum is 15 characters)"),),
)
LOST = Reason("The connection broke before an answer came.", "It may have been made.", Recovery.LOOK)
BUSY = Reason("BookingSync has a fault on its side (503).", "It is tried again by itself.", Recovery.RETRY)
PHONES = ([{"label": "mobile", "number": "+33 6 12"}], [{"label": "mobile", "number": "+33 6 99"}])
NOTES = ("Late arrival. Asks for a cot.", "Late arrival, 23:00. Asks for a cot.", "Late arrival. Asks for two cots.")


def conflict(number: int = 40, **more: Any) -> Op:
    """City and notes changed on both sides, the postal code only there."""
    clashes = (Clash("city", "Nevers", "Nantes", "Nice"), Clash("private_notes", *NOTES))
    changes = (FieldChange("city", "Nevers", "Nantes"), FieldChange("private_notes", NOTES[0], NOTES[1]))
    made = op(number, OpState.CONFLICT, changes=changes, clashes=clashes, conflict=ConflictKind.FIELDS)
    return replace(made, theirs_at=at(8), contact_id=number, **more)


def every_state() -> list[Op]:
    """One edit in each state, and two more of one contact."""
    longer = (FieldChange("email", "", "δημήτρης@example.gr"), FieldChange("city", "Αθήνα", "Θεσσαλονίκη"))
    return [
        op(1, OpState.REJECTED, changes=(FieldChange("zip", "58000", "58000 Nevers Cedex 9"),), reason=REFUSED),
        conflict(2, title="Olena Shevchenko"),
        op(3, contact_id=2, title="Olena Shevchenko", changes=(FieldChange("phones", *PHONES),)),
        op(4, OpState.GONE, title="Hans-Peter Müller-Lüdenscheidt von und zu Hohenlohe-Langenburg"),
        op(5, OpState.IN_DOUBT, kind=OpKind.CREATE, title="Erik Åkesson", changes=_created(), reason=LOST, tries=1),
        op(6, OpState.PARKED, title="Fatima Al-Zahra", reason=BUSY, tries=8),
        op(7, title="Δημήτρης Παπαδόπουλος", changes=longer, joined=3),
        op(8, title="João Gonçalves", tries=2, next_at=iso(NOON + timedelta(minutes=12)), reason=BUSY),
        op(9, OpState.SENDING, title="Mary-Ann O’Connor"),
        op(10, OpState.HELD, title="Sakura Tanaka"),
        op(11, kind=OpKind.DELETE, changes=(), title="Jhon Doe", operator="Ben"),
        op(12, OpState.CONFIRMED, title="Agnès Lefèvre", closed_at=at(6), sent_at=at(6)),
        op(13, OpState.DROPPED, title="Cornelia Nienow", closed_at=at(50)),
    ]


def _created() -> tuple[FieldChange, ...]:
    given = {"firstname": "Erik", "lastname": "Åkesson", "email": "erik@example.se", "city": "Malmö"}
    return tuple(FieldChange(path, None, value) for path, value in given.items())


def drafts() -> list[Draft]:
    named = (FieldChange("fullname", None, "Nora Nilsen"),)
    return [
        Draft("contact:3", 1, 3, (FieldChange("city", "Lyon", "Lille"),), at(100), "Maria"),
        Draft(f"{NEW}7", 1, 0, named, at(30), "Maria"),
    ]


class OutboxReader(fakes.FakeReader):
    """A reader that has an outbox."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.draft_list: list[Draft] = []
        self.bodies: dict[int, dict[str, Any]] = {}  # contact → vendor's JSON as last read
        self.theirs_of: dict[int, dict[str, Any]] = {}  # op → vendor's JSON at the conflict
        self.reads = 0

    async def ops(self, shown: str = "open") -> list[Op]:
        self.reads += 1
        return list(self.op_list)

    async def op(self, op_id: int) -> Op | None:
        return next((one for one in self.op_list if one.id == op_id), None)

    async def drafts(self) -> list[Draft]:
        return list(self.draft_list)

    async def draft(self, key: str) -> Draft | None:
        return next((one for one in self.draft_list if one.key == key), None)

    async def theirs(self, op_id: int) -> str:
        found = self.theirs_of.get(op_id)
        return json.dumps(found) if found is not None else ""

    async def detail(self, contact_id: int) -> ContactDetail | None:
        found = await super().detail(contact_id)
        if found is None or contact_id not in self.bodies:
            return found
        return replace(found, body=json.dumps(self.bodies[contact_id]))


class FakeEdits:
    """sync.edits.Edits: every call is kept as (verb, arguments); `fail[verb]` is raised instead."""

    def __init__(self, services: fakes.FakeServices) -> None:
        self._services = services
        self.operator = "Maria"
        self.grace: tuple[int, int] | None = None
        self.signing: Any = None
        self.calls: list[tuple[Any, ...]] = []
        self.fail: dict[str, BaseException] = {}
        self.found = "BookingSync has Erik Åkesson since 11:41: it was made."

    @property
    def _reader(self) -> OutboxReader:
        return self._services.reader  # type: ignore[return-value]

    def verbs(self) -> list[str]:
        return [call[0] for call in self.calls]

    def set_grace(self, edit_seconds: int, delete_seconds: int) -> None:
        self.grace = (edit_seconds, delete_seconds)

    def why_not(self, row: Any, action: str) -> str | None:
        return None

    def _done(self, verb: str, *arguments: Any) -> None:
        self.calls.append((verb, *arguments))
        if verb in self.fail:
            raise self.fail[verb]

    def put(self, op_id: int, **changed: Any) -> None:
        """An edit is different now, and the feed says so."""
        self._reader.op_list = [replace(one, **changed) if one.id == op_id else one for one in self._reader.op_list]
        self._services.feed.emit(Changes(outbox=True))

    def take(self, op_id: int) -> None:
        self._reader.op_list = [one for one in self._reader.op_list if one.id != op_id]
        self._services.feed.emit(Changes(outbox=True))

    async def hold(self, op_id: int) -> None:
        self._done("hold", op_id)
        self.put(op_id, state=OpState.HELD)

    async def release(self, op_id: int) -> None:
        self._done("release", op_id)
        self.put(op_id, state=OpState.PENDING)

    async def try_now(self, op_id: int) -> None:
        self._done("try_now", op_id)
        self.put(op_id, state=OpState.PENDING, next_at="")

    async def try_all(self) -> None:
        self._done("try_all")

    async def discard(self, op_id: int) -> Saved:
        self._done("discard", op_id)
        self.put(op_id, state=OpState.DROPPED, closed_at=iso(NOON))
        return Saved((op_id,), (op_id,), what="discard")

    async def undo(self, saved: Saved) -> str:
        self._done("undo", saved)
        return "Taken back; nothing was sent."

    async def redo(self, saved: Saved) -> Saved:
        self._done("redo", saved)
        return replace(saved, op_ids=(99,))

    async def look_up(self, op_id: int) -> str:
        self._done("look_up", op_id)
        return self.found

    async def mark_sent(self, op_id: int, remote_id: str = "") -> None:
        self._done("mark_sent", op_id)
        self.put(op_id, state=OpState.CONFIRMED, closed_at=iso(NOON))

    async def mark_not_sent(self, op_id: int) -> None:
        self._done("mark_not_sent", op_id)
        self.put(op_id, state=OpState.PENDING)

    async def resolve(self, op_id: int, choices: Mapping[str, Any], *, seen: Any = None) -> None:
        self._done("resolve", op_id, dict(choices))
        self.put(op_id, state=OpState.PENDING, conflict=ConflictKind.NONE, clashes=())

    async def resolve_gone(self, op_id: int, choice: str) -> None:
        self._done("resolve_gone", op_id, choice)
        self.take(op_id)

    async def resolve_deleted(self, op_id: int, delete: bool) -> None:
        self._done("resolve_deleted", op_id, delete)
        self.take(op_id)

    async def request(self, op_id: int) -> Request:
        self._done("request", op_id)
        body = json.dumps({"contacts": [{"city": "Nantes"}]})
        return Request("PUT", "https://www.bookingsync.com/api/v3/contacts/902", body)

    async def keep_draft(self, draft: Draft) -> None:
        self._done("keep_draft", draft)
        self._reader.draft_list.append(draft)
        self._services.feed.emit(Changes(outbox=True))

    async def drop_draft(self, key: str) -> None:
        self._done("drop_draft", key)
        self._reader.draft_list = [one for one in self._reader.draft_list if one.key != key]
        self._services.feed.emit(Changes(outbox=True))


def outbox_services(clock: FakeClock, ops: Sequence[Op] = (), typing: Sequence[Draft] = ()) -> Any:
    """FakeServices with `edits` and a reader that has an outbox; BookingSync's own fields."""
    made: Any = fakes.demo_services(clock)
    made.vendors = {"bookingsync": replace(fakes.vendor(), fields=FIELDS)}
    reader = OutboxReader(list(made.reader.contacts.values()), made.reader.account_list)
    reader.op_list, reader.draft_list = list(ops), list(typing)
    made.reader = reader
    made._edits = FakeEdits(made)  # in place of the plain one
    return made
