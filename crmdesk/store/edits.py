"""Intents of the operator: each function is the inside of one commit that changes row, search, outbox and history
together, so that what is called saved is in all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from crmdesk.core.errors import ForbiddenError, NotFoundError
from crmdesk.core.fields import find
from crmdesk.core.merge import folded, is_empty, overlay, same
from crmdesk.core.outbox import NEW, ConflictKind, Did, Draft, FieldChange, Op, OpKind, OpState, Trashed, draft_key
from crmdesk.core.said import said
from crmdesk.core.seams import gate, new_id
from crmdesk.core.types import Flag, Json, RemoteContact
from crmdesk.store import contacts, ops
from crmdesk.store.commits import Touched
from crmdesk.store.driver import Driver
from crmdesk.store.effective import (
    FORGOTTEN,
    RESTRICTED,
    Desk,
    Stored,
    body_of,
    check_free,
    effective,
    raw_of,
    restate,
    summary_of,
    the_contact,
)
from crmdesk.store.packed import pack, unpack

_JOINS = frozenset({OpState.HELD, OpState.PENDING, OpState.REJECTED, OpState.PARKED, OpState.CONFLICT, OpState.GONE})
"""An edit joins an op in one of these; behind one that is out, or whose outcome is unknown, a new op waits."""


@dataclass(frozen=True, slots=True)
class Entered:
    """What a commit did: the op (0 where nothing has to be sent), the contact, the line in its history (0: nothing was
    changed), its name, and whether an earlier op took it in."""

    op_id: int
    contact_id: int
    line: int
    title: str
    joined: bool = False


# ── edits ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def edit(
    desk: Desk,
    contact_id: int,
    changes: Sequence[FieldChange],
    next_at: str,
    *,
    orders: tuple[str, ...] = (),
    draft: str = "",
    did: Did = Did.EDITED,
) -> Entered:
    """Queues an edit or joins it to the one that waits. NotFoundError, ForbiddenError: nothing is changed."""
    contact = the_contact(desk.driver, contact_id)
    check_free(contact)
    ops.drop_draft(desk.driver, desk.touched, draft)
    wanted = tuple(change for change in changes if not same(change.was, change.now))
    if not wanted and not orders:
        if draft:
            restate(desk, contact_id)
        return Entered(0, contact_id, 0, contact.name)
    gate("edit: draft dropped")
    waiting = ops.open_ops(desk.driver, contact_id)
    last = waiting[-1] if waiting else None
    if last is not None and _takes_in(desk, last):
        op = _join(desk, last, wanted, next_at, orders)
    else:
        fresh = Op(
            0, "", desk.account_id, contact_id, OpKind.UPDATE,
            changes=wanted, title=contact.name, operator=desk.operator, created_at=desk.now, next_at=next_at,
            orders=orders,
        )  # fmt: skip
        op = ops.add(desk.driver, desk.touched, fresh)
    line = desk.note(contact_id, did, wanted, uid=op.uid)
    gate("edit: queued")
    restate(desk, contact_id)
    kept = op.state is not OpState.DROPPED
    return Entered(op.id if kept else 0, contact_id, line, contact.name, op.joined > 1)


def _takes_in(desk: Desk, op: Op) -> bool:
    """Whether a further edit joins it. Where an attempt has had no answer, the vendor may have its values already: what
    is typed now was typed over these. An overwritten one only waits for a person's word."""
    if op.state not in _JOINS or op.kind is OpKind.DELETE or op.conflict is ConflictKind.OVERWRITTEN or _is_look(op):
        return False
    return not (ops.is_damaged(op) or may_be_there(desk, op))


def may_be_there(desk: Desk, op: Op) -> bool:
    """Whether an attempt has got as far as reading what the vendor has, and its end is not known."""
    unknown = op.kind is OpKind.UPDATE and op.state in (OpState.PENDING, OpState.HELD)
    return unknown and bool(ops.theirs_of(desk.driver, op.id))


def _join(desk: Desk, op: Op, changes: Sequence[FieldChange], next_at: str, orders: tuple[str, ...]) -> Op:
    """Several edits of one record before sending make one request. Of what is taken back nothing is sent."""
    both = folded(op.changes, changes)
    if not both and op.kind is OpKind.UPDATE and not orders:
        dropped = replace(op, state=OpState.DROPPED, closed_at=desk.now, reason=None)
        return ops.put(desk.driver, desk.touched, dropped)
    waits = op.state in (OpState.REJECTED, OpState.PARKED)
    now = {change.path: change.now for change in both}
    clashes = tuple(replace(one, mine=now.get(one.path, one.mine)) for one in op.clashes if one.path in now)
    joined = replace(
        op,
        changes=both,
        clashes=clashes,
        joined=op.joined + 1,
        operator=desk.operator,
        orders=tuple(dict.fromkeys((*op.orders, *orders))),
        state=OpState.PENDING if waits else op.state,
        reason=None if waits else op.reason,
        next_at=next_at,
        tries=0,
    )
    if op.state is OpState.CONFLICT and not clashes:
        joined = replace(joined, state=OpState.PENDING, conflict=ConflictKind.NONE, reason=None)
    return ops.put(desk.driver, desk.touched, joined)


def correct(
    desk: Desk, op: Op, changes: Sequence[FieldChange], next_at: str, seen: Sequence[FieldChange] | None = None
) -> Entered:
    """New values for a refused op: what was wanted before is replaced by `changes`. `seen`: what it held when these
    were typed; what was saved into it since stays. ForbiddenError."""
    check_free(the_contact(desk.driver, op.contact_id))
    known, new = (
        {change.path for change in changes},
        [] if seen is None else [one for one in op.changes if one not in seen],
    )
    meanwhile = [change for change in new if change.path not in known]
    wanted = tuple(change for change in (*meanwhile, *changes) if not same(change.was, change.now))
    state = OpState.PENDING if wanted or op.kind is OpKind.CREATE else OpState.DROPPED
    closed = desk.now if state is OpState.DROPPED else ""
    fixed = replace(op, changes=wanted, state=state, reason=None, next_at=next_at, tries=0, closed_at=closed)
    ops.put(desk.driver, desk.touched, replace(fixed, operator=desk.operator))
    line = desk.note(op.contact_id, Did.EDITED, wanted, uid=op.uid)
    ops.drop_draft(desk.driver, desk.touched, draft_key(op.contact_id))
    restate(desk, op.contact_id)
    return Entered(0 if closed else op.id, op.contact_id, 0 if closed else line, op.title)


def undo_correction(desk: Desk, op: Op, before: Op, corrected: int, next_at: str) -> bool:
    """The op as it was `before` the correction that the line `corrected` in the history tells of. False where it is not
    what that made of it any more."""
    (line,) = ops.lines_by_id(desk.driver, [corrected])
    waits = op.state in (OpState.PENDING, OpState.HELD)
    if not waits or op.sent_at != before.sent_at or op.changes != line.changes:  # tried since, or joined by another
        return False
    op = ops.put(desk.driver, desk.touched, replace(op, state=OpState.PENDING, reason=None))
    again = next_at if before.state is OpState.PENDING else before.next_at
    was = replace(op, changes=before.changes, state=before.state, reason=before.reason, operator=before.operator)
    ops.put(desk.driver, desk.touched, replace(was, tries=before.tries, next_at=again))
    held, back = ({one.path: one.now for one in each} for each in (op.changes, before.changes))
    seen = {one.path: one.was for one in (*before.changes, *op.changes)}
    moved = [FieldChange(path, held.get(path, was), back.get(path, was)) for path, was in seen.items()]
    desk.note(op.contact_id, Did.EDITED, [one for one in moved if not same(one.was, one.now)], uid=op.uid)
    restate(desk, op.contact_id)
    return True


def follow(desk: Desk, op: Op, moved: Mapping[str, tuple[Any, Any]]) -> None:
    """Later edits of the same contact were made over this op's values; where these are not what the vendor has in the
    end (path → what they saw, what it is), they build on that."""
    for later in ops.open_ops(desk.driver, op.contact_id):
        if later.id <= op.id or later.kind is not OpKind.UPDATE:
            continue
        changes = tuple(
            replace(change, was=moved[change.path][1])
            if change.path in moved and same(change.was, moved[change.path][0])
            else change
            for change in later.changes
        )
        if changes != later.changes:
            ops.put(desk.driver, desk.touched, replace(later, changes=changes))


# ── new contacts ─────────────────────────────────────────────────────────────────────────────────────────────────────


def create(
    desk: Desk,
    values: Mapping[str, Any],
    next_at: str,
    *,
    draft: str = "",
    contact_id: int = 0,
    did: Did = Did.CREATED,
    doubtful: Op | None = None,
) -> Entered:
    """A contact that no vendor has yet, and the op that makes it there. `contact_id`: the id it had before; `doubtful`:
    an earlier op that may have made it."""
    uid = new_id()
    changes = tuple(FieldChange(path, None, value) for path, value in values.items() if not is_empty(value))
    raw = desk.vendor.derive(overlay({}, changes))
    summary = summary_of(desk.vendor, raw, Flag.WAITING)
    local = RemoteContact(NEW + uid, b"{}", {})
    number = contacts.insert(desk.driver, desk.touched, desk.account_id, local, summary, desk.now, contact_id)
    gate("create: contact stored")
    wanted = Op(
        0, uid, desk.account_id, number, OpKind.CREATE,
        changes=changes, title=summary.name, operator=desk.operator, created_at=desk.now, next_at=next_at,
    )  # fmt: skip
    if doubtful is not None:
        wanted = replace(
            wanted,
            state=OpState.IN_DOUBT,
            next_at=desk.now,
            created_at=doubtful.created_at,
            sent_at=doubtful.sent_at,
            reason=doubtful.reason,
        )
    op = ops.add(desk.driver, desk.touched, wanted)
    if doubtful is not None:
        restate(desk, number)
    ops.drop_draft(desk.driver, desk.touched, draft)
    line = desk.note(number, did, changes, uid=op.uid)
    return Entered(op.id, number, line, summary.name)


# ── deleting ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def delete(desk: Desk, contact_id: int, next_at: str) -> Entered:
    """Into the trash, at once; the op follows after its grace time. Edits that wait fold into it: they are kept with
    the trash. A contact that no vendor has yet just goes into the trash."""
    contact = the_contact(desk.driver, contact_id)
    waiting = ops.open_ops(desk.driver, contact_id)
    if contact.local and waiting and waiting[0].state in (OpState.SENDING, OpState.IN_DOUBT):
        raise ForbiddenError(
            said("{name} is just being made at {vendor}.", name=contact.name, vendor=desk.vendor.title),
            "Delete it once that is clear.",
        )
    _into_trash(desk, contact, effective(desk.vendor, raw_of(contact.base), waiting))
    for op in waiting:
        if may_be_there(desk, op):  # that must be known first, should the contact be restored
            ops.put(desk.driver, desk.touched, replace(op, state=OpState.PENDING))
        elif op.state is not OpState.SENDING:
            ops.put(desk.driver, desk.touched, replace(op, state=OpState.DROPPED, closed_at=desk.now, reason=None))
    gate("delete: in the trash")
    op_id = 0 if contact.local else _queue_delete(desk, contact, next_at).id
    drop_drafts(desk, contact_id)
    line = desk.note(contact_id, Did.DELETED)
    contacts.delete_ids(desk.driver, desk.touched, desk.account_id, [contact_id])
    return Entered(op_id, contact_id, line, contact.name)


def drop_drafts(desk: Desk, contact_id: int) -> None:
    """Of a contact that leaves: without it there is no editor to show them in."""
    for draft in ops.drafts_of(desk.driver, contact_id):
        ops.drop_draft(desk.driver, desk.touched, draft.key)


def _queue_delete(desk: Desk, contact: Stored, next_at: str) -> Op:
    wanted = Op(
        0, "", desk.account_id, contact.id, OpKind.DELETE,
        title=contact.name, operator=desk.operator, created_at=desk.now, next_at=next_at,
    )  # fmt: skip
    return ops.add(desk.driver, desk.touched, wanted)


def _into_trash(desk: Desk, contact: Stored, shown: Json) -> None:
    desk.driver.execute(
        "INSERT OR REPLACE INTO trash(contact_id, account_id, remote_id, title, deleted_at, operator, base, body)"
        " VALUES (?,?,?,?,?,?,?,?)",
        (
            contact.id, contact.account_id, contact.remote_id, contact.name, desk.now, desk.operator,
            pack(contact.base), pack(body_of(shown)),
        ),
    )  # fmt: skip
    desk.touched.outbox = True


_TRASH = "SELECT contact_id, account_id, remote_id, title, deleted_at, operator, body, base FROM trash"


def trash(driver: Driver) -> list[Trashed]:
    """Newest first."""
    return [
        _trashed(row)[0] for row in driver.execute(f"{_TRASH} ORDER BY deleted_at DESC, contact_id DESC").fetchall()
    ]


def from_trash(driver: Driver, contact_id: int) -> tuple[Trashed, bytes]:
    """What stands there, and the vendor's JSON as it was. NotFoundError where it is gone."""
    row = driver.execute(f"{_TRASH} WHERE contact_id=?", (contact_id,)).fetchone()
    if row is None:
        raise NotFoundError("This contact is no longer in the trash.")
    return _trashed(row)


def _trashed(row: Sequence[Any]) -> tuple[Trashed, bytes]:
    number, account_id, remote_id, title, deleted_at, operator, body, base = row
    shown = unpack(bytes(body)).decode("utf-8", "replace")
    return Trashed(number, account_id, remote_id, title, deleted_at, operator, shown), unpack(bytes(base))


def restore(desk: Desk, contact_id: int, next_at: str, *, can_create: str | None = None) -> Entered:
    """Back out of the trash. Where the deletion has not left yet, it is taken back and the contact is as it was, edits
    that waited included; else it is made again. `can_create`: why it cannot (None: it can). ForbiddenError.

    Where the deletion was tried and had no answer, the next look at the vendor tells whether it must be made again."""
    trashed, base = from_trash(desk.driver, contact_id)
    waiting = ops.open_ops(desk.driver, contact_id)
    deletion = next((op for op in waiting if op.kind is OpKind.DELETE), None)
    if deletion is not None and deletion.state is OpState.SENDING:
        raise ForbiddenError(
            said("{title} is just being deleted at {vendor}.", title=trashed.title, vendor=desk.vendor.title),
            "Try again in a moment.",
        )
    shown = raw_of(trashed.body.encode())
    if deletion is None:
        if can_create is not None:
            raise ForbiddenError(can_create)
        check_may_come_back(desk, shown)
        _empty_trash(desk, contact_id)
        if (doubtful := ops.doubtful_create(desk.driver, contact_id)) is not None:
            return _doubt_again(desk, doubtful, shown, next_at)
        return create(desk, values_of(desk, shown), next_at, contact_id=contact_id, did=Did.RESTORED)
    ops.put(desk.driver, desk.touched, replace(deletion, state=OpState.DROPPED, closed_at=desk.now, reason=None))
    _empty_trash(desk, contact_id)
    put_back(desk, trashed, base)
    line = desk.note(contact_id, Did.RESTORED, uid=deletion.uid)
    before = effective(desk.vendor, raw_of(base), [op for op in waiting if op.id != deletion.id])
    lost = _lost(desk, trashed, before, shown)
    look_id = _look(desk, trashed).id if deletion.tries else 0
    if lost and not _restricted(desk, contact_id):
        return replace(edit(desk, contact_id, lost, next_at), line=line)
    return Entered(look_id, contact_id, line, trashed.title)


def _lost(desk: Desk, trashed: Trashed, before: Json, shown: Json) -> list[FieldChange]:
    """What was edited before the deletion, with what was seen then: the vendor may have had another value since."""
    seen: dict[str, Any] = {}
    for op in ops.dropped_at(desk.driver, trashed.contact_id, trashed.deleted_at):
        seen = {change.path: change.was for change in op.changes} | seen
    return [
        FieldChange(spec.path, seen.get(spec.path, find(before, spec.path)), find(shown, spec.path))
        for spec in desk.vendor.fields
        if spec.writable and not same(find(before, spec.path), find(shown, spec.path))
    ]


def _doubt_again(desk: Desk, doubtful: Op, shown: Json, next_at: str) -> Entered:
    """Its making had no answer when it was put into the trash: that is found out first, what was edited since goes
    behind."""
    sent = {change.path: change.now for change in doubtful.changes}
    entered = create(desk, sent, next_at, contact_id=doubtful.contact_id, did=Did.RESTORED, doubtful=doubtful)
    since = [
        FieldChange(spec.path, sent.get(spec.path), find(shown, spec.path))
        for spec in desk.vendor.fields
        if spec.writable and not same(sent.get(spec.path), find(shown, spec.path))
    ]
    if since:
        edit(desk, doubtful.contact_id, since, next_at)
    return entered


def _look(desk: Desk, trashed: Trashed) -> Op:
    """Queues an update of nothing: it finds out whether the vendor has the contact."""
    wanted = Op(
        0, "", desk.account_id, trashed.contact_id, OpKind.UPDATE,
        title=trashed.title, operator=desk.operator, created_at=desk.now, next_at=desk.now,
    )  # fmt: skip
    op = ops.add(desk.driver, desk.touched, wanted)
    restate(desk, trashed.contact_id)
    return op


def _is_look(op: Op) -> bool:
    return op.kind is OpKind.UPDATE and not op.changes and not op.orders and op.conflict is ConflictKind.NONE


def check_may_come_back(desk: Desk, shown: Json) -> None:
    """ForbiddenError where the guest asked that nothing is done with their data, or that it goes, if only some day: the
    contact that would be made would know nothing of that wish."""
    summary = desk.vendor.summarise(shown)
    if summary.flags & Flag.RESTRICTED:
        raise ForbiddenError(RESTRICTED)
    if summary.forget_at:
        raise ForbiddenError(FORGOTTEN)


def _restricted(desk: Desk, contact_id: int) -> bool:
    return bool(the_contact(desk.driver, contact_id).flags & Flag.RESTRICTED)


def put_back(desk: Desk, trashed: Trashed, base: bytes) -> None:
    """Into the list again, with the id it had."""
    raw = raw_of(base)
    contact = RemoteContact(trashed.remote_id, base, raw)
    other = contacts.id_of(desk.driver, desk.account_id, trashed.remote_id)
    if other:
        contacts.delete_ids(desk.driver, desk.touched, desk.account_id, [other])
    summary = summary_of(desk.vendor, raw, Flag(0))
    contacts.insert(desk.driver, desk.touched, desk.account_id, contact, summary, desk.now, trashed.contact_id)
    desk.touched.gone.discard(trashed.contact_id)
    restate(desk, trashed.contact_id)  # an edit may still be on its way


def _empty_trash(desk: Desk, contact_id: int) -> None:
    desk.driver.execute("DELETE FROM trash WHERE contact_id=?", (contact_id,))
    desk.touched.outbox = True


def values_of(desk: Desk, raw: Json) -> dict[str, Any]:
    """What can be written of a contact, by path."""
    found = {spec.path: find(raw, spec.path) for spec in desk.vendor.fields if spec.writable}
    return {path: value for path, value in found.items() if not is_empty(value)}


# ── drafts, discarding ───────────────────────────────────────────────────────────────────────────────────────────────


def keep_draft(desk: Desk, draft: Draft) -> None:
    """Only the first of a contact changes its row. NotFoundError: it is gone, perhaps at its guest's wish."""
    if draft.contact_id:
        the_contact(desk.driver, draft.contact_id)
    new = ops.put_draft(desk.driver, desk.touched, draft)
    if new:
        contacts.set_flag(desk.driver, desk.touched, draft.contact_id, Flag.DRAFT, True)


def drop_draft(driver: Driver, touched: Touched, key: str) -> None:
    found = ops.drop_draft(driver, touched, key)
    if found is not None and found.contact_id and not ops.drafts_of(driver, found.contact_id):
        contacts.set_flag(driver, touched, found.contact_id, Flag.DRAFT, False)


def _take_back_behind(desk: Desk, op: Op) -> Entered:
    """Whether the vendor has it is found out by the next attempt; what it had before follows."""
    later = {path for one in ops.open_ops(desk.driver, op.contact_id) if one.id > op.id for path in one.paths}
    back = [FieldChange(change.path, change.now, change.was) for change in op.changes if change.path not in later]
    ops.put(desk.driver, desk.touched, replace(op, state=OpState.PENDING))
    return edit(desk, op.contact_id, back, desk.now, did=Did.WITHDRAWN)


def discard(desk: Desk, op: Op) -> Entered:
    """Takes the intent back. An edit: the vendor's value stands again. A new contact: into the trash. A deletion: the
    contact is back."""
    if op.kind is OpKind.DELETE:
        return restore(desk, op.contact_id, desk.now)
    if _is_look(op) and not op.state.needs_you:
        raise ForbiddenError(
            said("It is being looked whether {vendor} still has this contact.", vendor=desk.vendor.title),
            "That ends by itself.",
        )
    if may_be_there(desk, op):
        return _take_back_behind(desk, op)
    dropped = replace(op, state=OpState.DROPPED, closed_at=desk.now)
    if op.kind is OpKind.CREATE:
        contact = the_contact(desk.driver, op.contact_id)
        waiting = ops.open_ops(desk.driver, op.contact_id)
        _into_trash(desk, contact, effective(desk.vendor, raw_of(contact.base), waiting))
        if op.state is OpState.IN_DOUBT:
            ops.put_theirs(desk.driver, op.id, b"?")  # for `ops.doubtful_create`
        for one in waiting:
            ops.put(desk.driver, desk.touched, replace(one, state=OpState.DROPPED, closed_at=desk.now))
        drop_drafts(desk, op.contact_id)
        contacts.delete_ids(desk.driver, desk.touched, desk.account_id, [op.contact_id])
        return Entered(0, op.contact_id, desk.note(op.contact_id, Did.WITHDRAWN, op.changes, uid=op.uid), op.title)
    ops.put(desk.driver, desk.touched, dropped)
    back = [FieldChange(change.path, change.now, change.was) for change in op.changes]
    follow(desk, op, {change.path: (change.was, change.now) for change in back})
    line = desk.note(op.contact_id, Did.WITHDRAWN, back, uid=op.uid)
    restate(desk, op.contact_id)
    return Entered(0, op.contact_id, line, op.title)
