"""sync.edits.Edits and the reads that go with it, in memory: what was saved is written down and shows at once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from crmdesk.core.errors import ForbiddenError
from crmdesk.core.outbox import Did, Draft, FieldChange, HistoryLine, Op, OpKind, OpState, OutboxCounts, Trashed
from crmdesk.core.seams import iso
from crmdesk.core.types import ContactRow
from tests.helpers.clock import FakeClock


@dataclass(frozen=True)
class Saved:
    """As sync.edits.Saved."""

    op_ids: tuple[int, ...] = ()
    contact_ids: tuple[int, ...] = ()
    lines: tuple[int, ...] = ()
    what: str = "edit"
    title: str = ""
    vendor: str = ""
    joined: bool = False


class FakeEdits:
    """`reasons` by (account id, action) and `refused` by contact id say why not; `fail` is raised by the next verb."""

    def __init__(self, reader: Any, clock: FakeClock) -> None:
        self.pending: dict[int, int] = {}  # account → edits that its vendor does not have yet
        self._reader, self._clock = reader, clock
        self.operator = "Maria"
        self.calls: list[tuple[str, Any]] = []
        self.reasons: dict[tuple[int, str], str] = {}
        self.refused: dict[int, str] = {}
        self.fail: BaseException | None = None
        self.grace: tuple[int, int] | None = None

    def verbs(self) -> list[str]:
        return [verb for verb, _ in self.calls]

    def set_grace(self, edit_seconds: int, delete_seconds: int) -> None:
        self.grace = (edit_seconds, delete_seconds)

    def why_not(self, row: ContactRow, action: str) -> str | None:
        return self.refused.get(row.id) or self.reasons.get((row.account_id, action))

    async def waiting_of_account(self, account_id: int) -> int:
        return await self.pending_of_account(account_id)

    async def sign(self) -> None:
        """The operator is known."""

    async def pending_of_account(self, account_id: int) -> int:
        return self.pending.get(account_id, 0)

    async def save(
        self, contact_id: int, changes: Sequence[FieldChange], *, orders: Sequence[str] = (), draft: str = ""
    ) -> Saved:
        self._called("save", contact_id, tuple(changes))
        return self._keep([(contact_id, tuple(changes))])

    async def save_many(self, edits: Sequence[tuple[int, Sequence[FieldChange]]]) -> Saved:
        kept = [(contact_id, tuple(changes)) for contact_id, changes in edits]
        self._called("save_many", kept)
        return self._keep(kept)

    async def restore(self, contact_id: int) -> Saved:
        self._called("restore", contact_id)
        gone = next(one for one in self._reader.trash_list if one.contact_id == contact_id)
        self._reader.trash_list.remove(gone)
        return Saved((1,), (contact_id,), (), "restore", gone.title)

    def _called(self, verb: str, *arguments: Any) -> None:
        self.calls.append((verb, arguments))
        if self.fail is not None:
            failed, self.fail = self.fail, None
            raise failed

    def _keep(self, edits: Sequence[tuple[int, tuple[FieldChange, ...]]]) -> Saved:
        for contact_id, changes in edits:
            row = self._reader.contacts[contact_id]
            if (reason := self.why_not(row, "edit")) is not None:
                raise ForbiddenError(reason)
            op = Op(
                len(self._reader.op_list) + 1, f"op{contact_id}", row.account_id, contact_id, OpKind.UPDATE, changes
            )
            self._reader.op_list.append(op)
            lines = self._reader.lines.setdefault(contact_id, [])
            number = sum(map(len, self._reader.lines.values())) + 1
            at = iso(self._clock.now())
            lines.insert(0, HistoryLine(number, contact_id, row.account_id, at, Did.EDITED, self.operator, changes))
        ids = tuple(contact_id for contact_id, _ in edits)
        title = self._reader.contacts[ids[0]].name if len(ids) == 1 else f"{len(ids)} contacts"
        return Saved(tuple(range(1, len(ids) + 1)), ids, (), "edit", title, "BookingSync")


class Outbox:
    """Mixed into a fake reader: history, trash and open ops; a detail shows its ops."""

    def begin_outbox(self) -> None:
        self.lines: dict[int, list[HistoryLine]] = {}
        self.trash_list: list[Trashed] = []
        self.op_list: list[Op] = []

    async def history(self, contact_id: int) -> list[HistoryLine]:
        return list(self.lines.get(contact_id, ()))

    async def trash(self) -> list[Trashed]:
        return list(self.trash_list)

    async def ops(self, shown: str = "open") -> list[Op]:
        return list(self.op_list)

    async def drafts(self) -> list[Draft]:
        return []

    async def outbox_counts(self) -> OutboxCounts:
        states = [op.state for op in self.op_list]
        return OutboxCounts(
            waiting=sum(state in (OpState.PENDING, OpState.SENDING) for state in states),
            held=states.count(OpState.HELD),
            conflicts=states.count(OpState.CONFLICT),
            unknown=states.count(OpState.IN_DOUBT),
            needs_you=sum(state.needs_you for state in states),
            trashed=len(self.trash_list),
        )

    def ops_of(self, contact_id: int) -> tuple[Op, ...]:
        return tuple(op for op in self.op_list if op.contact_id == contact_id and op.state.open)


def trashed(
    contact_id: int, title: str, deleted_at: str, body: Mapping[str, Any] | None = None, **more: Any
) -> Trashed:
    made = Trashed(contact_id, 1, str(900 + contact_id), title, deleted_at, "Maria", json.dumps(body or {}))
    return replace(made, **more)
