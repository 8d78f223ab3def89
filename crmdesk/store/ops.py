"""Ops, drafts and history as rows: read, written, moved from state to state.

Functions run inside one read or write of `Database`, on the driver's own connection."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from crmdesk.core.errors import BugError, Problem, Recovery
from crmdesk.core.outbox import (
    FARTHEST,
    Clash,
    ConflictKind,
    Did,
    Draft,
    FieldChange,
    HistoryLine,
    Op,
    OpKind,
    OpState,
    OutboxCounts,
    Reason,
    may_become,
)
from crmdesk.core.seams import iso, new_id
from crmdesk.core.types import Flag
from crmdesk.store import card_rows
from crmdesk.store.commits import Touched
from crmdesk.store.driver import Driver

T = TypeVar("T")

_COLUMNS = (
    "id", "uid", "account_id", "contact_id", "kind", "changes", "state", "title", "operator", "created_at", "next_at",
    "sent_at", "closed_at", "tries", "joined", "reason", "orders", "conflict", "clashes", "theirs_at",
)  # fmt: skip
_OP = f"SELECT {','.join(_COLUMNS)} FROM op"
_INSERT = f"INSERT INTO op({','.join(_COLUMNS[1:])}) VALUES ({','.join('?' * (len(_COLUMNS) - 1))})"
_UPDATE = f"UPDATE op SET {','.join(f'{name}=?' for name in _COLUMNS[1:])} WHERE id=?"
_CLOSED = "('confirmed','dropped')"
IS_OPEN = f"state NOT IN {_CLOSED}"
_IN_LIST = "IN (SELECT value FROM json_each(?))"
_FIRST = (
    "NOT EXISTS (SELECT 1 FROM op AS older WHERE older.contact_id=op.contact_id AND older.id<op.id"
    f" AND older.{IS_OPEN})"
)
_MAY_GO = "(next_at<=?2 OR (next_at>?3 AND next_at<'9999'))"  # the latter: a clock was set back since
LINE_COLUMNS = ("id", "contact_id", "account_id", "at", "did", "operator", "changes", "note", "op_uid")
_LINES = f"SELECT {', '.join(LINE_COLUMNS)} FROM history"
_LINE = "INSERT INTO history(contact_id, account_id, at, did, operator, changes, note, op_uid) VALUES (?,?,?,?,?,?,?,?)"


# ── as text ──────────────────────────────────────────────────────────────────────────────────────────────────────────


DAMAGED = Reason(
    "What was saved of this change can no longer be read, so it is not sent.",
    "Discard it, then make the change again.",
    Recovery.DECIDE,
)


def is_damaged(op: Op) -> bool:
    """Its row in the data file holds what this program does not write: it can only be discarded."""
    return op.reason is not None and op.reason.title == DAMAGED.title


def _text(value: Any) -> str:
    """As JSON that UTF-8 can hold: half a surrogate pair, as a vendor may send it, stays as its escape."""
    found = json.dumps(value, ensure_ascii=False)
    try:
        found.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    return found


def changes_text(changes: Iterable[FieldChange]) -> str:
    return _text([[change.path, change.was, change.now] for change in changes])


def changes_of(text: str) -> tuple[FieldChange, ...]:
    """ValueError or TypeError where it is none of ours."""
    found = tuple(FieldChange(*values) for values in json.loads(text or "[]"))
    if not all(isinstance(change.path, str) for change in found):
        raise TypeError("a path is no text")
    return found


def _reason_text(reason: Reason | None) -> str:
    if reason is None:
        return ""
    problems = [[problem.path, problem.code, problem.text] for problem in reason.problems]
    return json.dumps([reason.title, reason.hint, reason.recovery.value, problems, dict(reason.details)])


def _reason_of(text: str) -> Reason | None:
    if not text:
        return None
    title, hint, recovery, problems, details = json.loads(text)
    return Reason(title, hint, Recovery(recovery), tuple(Problem(*values) for values in problems), dict(details))


def _clashes_text(clashes: Iterable[Clash]) -> str:
    return _text([[clash.path, clash.base, clash.mine, clash.theirs] for clash in clashes])


def _clashes_of(text: str) -> tuple[Clash, ...]:
    return tuple(Clash(*values) for values in json.loads(text or "[]"))


def _orders_of(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text or "[]"))


def _values(op: Op) -> tuple[Any, ...]:
    """The columns behind `id`."""
    return (
        op.uid, op.account_id, op.contact_id, op.kind.value, changes_text(op.changes), op.state.value, op.title,
        op.operator, op.created_at, op.next_at, op.sent_at, op.closed_at, op.tries, op.joined, _reason_text(op.reason),
        json.dumps(op.orders), op.conflict.value, _clashes_text(op.clashes), op.theirs_at,
    )  # fmt: skip


def _or_none(read: Callable[[str], tuple[T, ...]], text: str) -> tuple[T, ...]:
    """What `text` says; nothing where it cannot be read."""
    with suppress(*_UNREADABLE):
        return read(text)
    return ()


_UNREADABLE = (ValueError, TypeError, RecursionError)
_READ: Mapping[str, tuple[Callable[[str], Any], Any]] = {
    "kind": (OpKind, OpKind.UPDATE),
    "state": (OpState, OpState.PARKED),
    "changes": (changes_of, ()),
    "orders": (_orders_of, ()),
    "conflict": (ConflictKind, ConflictKind.NONE),
    "clashes": (_clashes_of, ()),
}
"""How a column is read, and what stands for one that cannot be."""


def _op(row: Sequence[Any]) -> Op:
    """Total: one damaged row must not take the outbox, a check or the start along. See `is_damaged`."""
    known = dict(zip(_COLUMNS, row, strict=True))
    sound = True
    for column, (read, instead) in _READ.items():
        try:
            known[column] = read(known[column])
        except _UNREADABLE:
            known[column], sound = instead, False
    try:
        known["reason"] = _reason_of(known["reason"])
    except _UNREADABLE:  # only words
        known["reason"] = None
    op = Op(**known)
    return op if sound or not op.state.open else replace(op, state=OpState.PARKED, reason=DAMAGED)


def set_damaged_aside(driver: Driver, touched: Touched, account_id: int) -> None:
    """Rows of the account that cannot be read wait for a person; what stands in them stays as it is."""
    rows = driver.execute(f"{_OP} WHERE account_id=? AND {IS_OPEN} AND state<>'parked'", (account_id,)).fetchall()
    for op in filter(is_damaged, map(_op, rows)):
        driver.execute("UPDATE op SET state='parked', reason=? WHERE id=?", (_reason_text(DAMAGED), op.id))
        touched.outbox = True


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def op_by_id(driver: Driver, op_id: int) -> Op | None:
    row = driver.execute(f"{_OP} WHERE id=?", (op_id,)).fetchone()
    return _op(row) if row else None


def open_ops(driver: Driver, contact_id: int) -> tuple[Op, ...]:
    """Of one contact, oldest first: the order in which they go."""
    rows = driver.execute(f"{_OP} WHERE contact_id=? AND {IS_OPEN} ORDER BY id", (contact_id,)).fetchall()
    return tuple(map(_op, rows))


def dropped_at(driver: Driver, contact_id: int, at: str) -> tuple[Op, ...]:
    """Edits of one contact that were taken out at this moment, oldest first."""
    wanted = "contact_id=? AND state='dropped' AND kind='update' AND closed_at=?"
    return tuple(map(_op, driver.execute(f"{_OP} WHERE {wanted} ORDER BY id", (contact_id, at)).fetchall()))


def listed(driver: Driver, sent_since: str, *, everything: bool = False) -> list[Op]:
    """Open ops and those closed since then, oldest first; withdrawn ones only with `everything`."""
    wanted = "1" if everything else f"{IS_OPEN} OR (state='confirmed' AND closed_at>=?)"
    rows = driver.execute(f"{_OP} WHERE {wanted} ORDER BY id", () if everything else (sent_since,)).fetchall()
    return list(map(_op, rows))


def theirs_of(driver: Driver, op_id: int) -> str:
    row = driver.execute("SELECT theirs FROM op WHERE id=?", (op_id,)).fetchone()
    return row[0] if row else ""


def next_due(driver: Driver, account_id: int, now: str) -> Op | None:
    """The account's oldest op that may go now: the first of its contact, waiting, its time come."""
    return _first_due(driver, account_id, now, f"state='pending' AND {_FIRST}", OpState.PENDING)


def next_due_or_unknown(driver: Driver, account_id: int, now: str) -> Op | None:
    """As `next_due`; else a create in doubt whose look-up is due."""
    found = next_due(driver, account_id, now)
    return found or _first_due(driver, account_id, now, "state='in doubt'", OpState.IN_DOUBT)


def _first_due(driver: Driver, account_id: int, now: str, which: str, state: OpState) -> Op | None:
    """The first one that can be read."""
    far = iso(datetime.fromisoformat(now) + FARTHEST)
    asked = f"{_OP} WHERE account_id=?1 AND {which} AND {_MAY_GO} ORDER BY id"
    with closing(driver.execute(asked, (account_id, now, far))) as rows:
        return next((op for op in map(_op, rows) if op.state is state), None)


def due_times(driver: Driver) -> dict[int, str]:
    """Account id → when its next op may go or be looked up, of those that have one."""
    rows = driver.execute(
        f"SELECT account_id, min(next_at) FROM op WHERE state='in doubt' OR (state='pending' AND {_FIRST})"
        " GROUP BY account_id"
    ).fetchall()
    return dict(rows)


def marked(driver: Driver, account_id: int) -> set[int]:
    """Contacts of the account for which something is open or typed; in a long list nearly all are not."""
    rows = driver.execute(
        f"SELECT contact_id FROM op WHERE account_id=?1 AND {IS_OPEN} UNION"
        " SELECT contact_id FROM draft WHERE account_id=?1 AND contact_id<>0",
        (account_id,),
    ).fetchall()
    return {row[0] for row in rows}


def outbox_flags(driver: Driver, contact_id: int, ops: Iterable[Op]) -> Flag:
    """What the contact's row shows of its open ops and its draft."""
    found = Flag(0)
    for op in ops:
        if op.state is OpState.CONFLICT:
            found |= Flag.CONFLICT
        elif op.state is OpState.IN_DOUBT:
            found |= Flag.IN_DOUBT
        found |= Flag.NEEDS_YOU if op.state.needs_you else Flag.WAITING
    if driver.execute("SELECT 1 FROM draft WHERE contact_id=? LIMIT 1", (contact_id,)).fetchone():
        found |= Flag.DRAFT
    return found


def counts(driver: Driver) -> OutboxCounts:
    states = dict(driver.execute(f"SELECT state, count(*) FROM op WHERE {IS_OPEN} GROUP BY state").fetchall())
    drafts, trashed = driver.execute("SELECT (SELECT count(*) FROM draft), (SELECT count(*) FROM trash)").fetchone()
    return OutboxCounts(
        waiting=states.get("pending", 0) + states.get("sending", 0),
        held=states.get("held", 0),
        conflicts=states.get("conflict", 0) + states.get("gone", 0),
        unknown=states.get("in doubt", 0),
        needs_you=sum(number for state, number in states.items() if _state_of(state).needs_you),
        drafts=drafts,
        trashed=trashed,
    )


def _state_of(text: str) -> OpState:
    """A word that is none of ours counts as set aside, as in `_op`."""
    with suppress(ValueError):
        return OpState(text)
    return OpState.PARKED


def open_of_account(driver: Driver, account_id: int) -> int:
    found = driver.execute(f"SELECT count(*) FROM op WHERE account_id=? AND {IS_OPEN}", (account_id,)).fetchone()
    return int(found[0])


def waiting_of_account(driver: Driver, account_id: int) -> int:
    """Of them those that go by themselves once they can."""
    wanted = "SELECT count(*) FROM op WHERE account_id=? AND state IN ('pending', 'sending')"
    return int(driver.execute(wanted, (account_id,)).fetchone()[0])


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def add(driver: Driver, touched: Touched, op: Op) -> Op:
    """Stores a new op (its id is ignored); the stored one."""
    touched.outbox = True
    op = replace(op, uid=op.uid or new_id())
    return replace(op, id=int(driver.execute(_INSERT, _values(op)).lastrowid))


def put(driver: Driver, touched: Touched, op: Op) -> Op:
    """Stores the op anew. BugError for a move that is not in the table of transitions."""
    row = driver.execute("SELECT state FROM op WHERE id=?", (op.id,)).fetchone()
    if row is None:
        raise BugError("A change that is no longer there was to be stored.")
    if not may_become(_state_of(row[0]), op.state):
        raise BugError(f"A change cannot go from “{row[0]}” to “{op.state.value}”.")
    driver.execute(_UPDATE, (*_values(op), op.id))
    touched.outbox = True
    return op


def put_theirs(driver: Driver, op_id: int, theirs: bytes) -> None:
    driver.execute("UPDATE op SET theirs=? WHERE id=?", (theirs.decode("utf-8", "replace"), op_id))


def doubtful_create(driver: Driver, contact_id: int) -> Op | None:
    """The contact's newest creation, where that was put into the trash before it was known whether it had arrived."""
    row = driver.execute(
        f"{_OP} WHERE contact_id=? AND kind='create' ORDER BY id DESC LIMIT 1", (contact_id,)
    ).fetchone()
    op = _op(row) if row else None
    return op if op is not None and op.state is OpState.DROPPED and theirs_of(driver, op.id) else None


def was_ours(driver: Driver, contact_id: int) -> bool:
    """Whether a deletion of the contact was tried, had no answer and was then taken back, and the vendor has not been
    seen to have it since: if it is gone there, that was us."""
    row = driver.execute(
        "SELECT 1 FROM op WHERE contact_id=? AND kind='delete' AND state='dropped' AND tries>0 AND NOT EXISTS"
        " (SELECT 1 FROM op AS later WHERE later.contact_id=op.contact_id AND later.id>op.id"
        " AND later.state='confirmed')",
        (contact_id,),
    ).fetchone()
    return row is not None


def make_due(driver: Driver, touched: Touched, now: str) -> None:
    """Everything that waits for its time goes now; what waits for its guest goes on waiting."""
    driver.execute("UPDATE op SET next_at=?1 WHERE state='pending' AND next_at>?1 AND next_at<'9999'", (now,))
    touched.outbox = True


def make_due_of(driver: Driver, touched: Touched, contact_id: int, now: str) -> None:
    """What waits for this contact's guest goes now."""
    asked = "UPDATE op SET next_at=?, reason='' WHERE contact_id=? AND state='pending' AND next_at>='9999'"
    if driver.execute(asked, (now, contact_id)).rowcount:
        touched.outbox = True


def make_due_of_guests(driver: Driver, touched: Touched, account_id: int, now: str) -> None:
    """What waits for guests of this account is tried once more: its own sign-in has changed."""
    asked = "UPDATE op SET next_at=?, reason='' WHERE account_id=? AND state='pending' AND next_at>='9999'"
    if driver.execute(asked, (now, account_id)).rowcount:
        touched.outbox = True


def drop_old(driver: Driver, touched: Touched, ops_before: str, trash_before: str) -> None:
    """Closed ops, the trash, and the history of contacts that are in neither list, older than these moments. What was
    changed stays in the history of a contact that is here; a deletion that could not be sent yet keeps its trash."""
    gone = driver.execute(f"DELETE FROM op WHERE state IN {_CLOSED} AND closed_at<?", (ops_before,)).rowcount
    trashed = driver.execute(
        "DELETE FROM trash WHERE deleted_at<? AND NOT EXISTS"
        f" (SELECT 1 FROM op WHERE op.contact_id=trash.contact_id AND {IS_OPEN}) RETURNING contact_id",
        (trash_before,),
    ).fetchall()
    card_rows.leave(driver, touched, [row[0] for row in trashed])
    told = driver.execute(
        "DELETE FROM history WHERE at<? AND contact_id<>0"
        " AND NOT EXISTS (SELECT 1 FROM contact WHERE id=history.contact_id)"
        " AND NOT EXISTS (SELECT 1 FROM trash WHERE trash.contact_id=history.contact_id)",
        (trash_before,),
    ).rowcount
    touched.outbox = touched.outbox or bool(gone or trashed)
    touched.erased = touched.erased or bool(gone or trashed or told)


# ── history ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def note(
    driver: Driver,
    contact_id: int,
    account_id: int,
    at: str,
    did: Did,
    *,
    operator: str = "",
    changes: Iterable[FieldChange] = (),
    text: str = "",
    op_uid: str = "",
) -> int:
    """Adds a line to the contact's history; its id."""
    values = (contact_id, account_id, at, did.value, operator, changes_text(changes), text, op_uid)
    return int(driver.execute(_LINE, values).lastrowid)


def lines(driver: Driver, contact_id: int) -> list[HistoryLine]:
    """Newest first."""
    rows = driver.execute(f"{_LINES} WHERE contact_id=? ORDER BY id DESC", (contact_id,)).fetchall()
    return [line_of(row) for row in rows]


def lines_by_id(driver: Driver, ids: Iterable[int]) -> list[HistoryLine]:
    rows = driver.execute(f"{_LINES} WHERE id {_IN_LIST} ORDER BY id", (json.dumps(list(ids)),)).fetchall()
    return [line_of(row) for row in rows]


_DONE = frozenset(did.value for did in Did)


def line_of(row: Sequence[Any]) -> HistoryLine:
    """Of a row of LINE_COLUMNS."""
    number, contact_id, account_id, at, did, operator, changes, text, op_uid = row
    known = Did(did) if did in _DONE else Did.EDITED
    values = _or_none(changes_of, changes)
    return HistoryLine(number, contact_id, account_id, at, known, operator, values, text, op_uid)


# ── drafts ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_DRAFT = "SELECT key, account_id, contact_id, changes, at, operator, orders FROM draft"


def _draft(row: Sequence[Any]) -> Draft:
    key, account_id, contact_id, changes, at, operator, orders = row
    typed = _or_none(changes_of, changes)
    return Draft(key, account_id, contact_id, typed, at, operator, _or_none(_orders_of, orders))


def draft_by_key(driver: Driver, key: str) -> Draft | None:
    row = driver.execute(f"{_DRAFT} WHERE key=?", (key,)).fetchone()
    return _draft(row) if row else None


def drafts_of(driver: Driver, contact_id: int) -> list[Draft]:
    return [_draft(row) for row in driver.execute(f"{_DRAFT} WHERE contact_id=?", (contact_id,)).fetchall()]


def drafts(driver: Driver) -> list[Draft]:
    """Newest first."""
    return [_draft(row) for row in driver.execute(f"{_DRAFT} ORDER BY at DESC, key").fetchall()]


def put_draft(driver: Driver, touched: Touched, draft: Draft) -> bool:
    """Stores it in place of an earlier one; True if there was none of its contact."""
    new = not drafts_of(driver, draft.contact_id) if draft.contact_id else False
    driver.execute(
        "INSERT OR REPLACE INTO draft(key, account_id, contact_id, changes, at, operator, orders)"
        " VALUES (?,?,?,?,?,?,?)",
        (
            draft.key, draft.account_id, draft.contact_id, changes_text(draft.changes), draft.at, draft.operator,
            json.dumps(draft.orders),
        ),
    )  # fmt: skip
    touched.outbox = True
    return new


def drop_draft(driver: Driver, touched: Touched, key: str) -> Draft | None:
    """The draft that was there."""
    found = draft_by_key(driver, key) if key else None
    if found is not None:
        driver.execute("DELETE FROM draft WHERE key=?", (key,))
        touched.outbox = True
    return found
