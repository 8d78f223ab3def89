"""What a person decides about an op that cannot go on by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from crmdesk.core.errors import ForbiddenError
from crmdesk.core.merge import same
from crmdesk.core.outbox import NEW, ConflictKind, Did, Draft, FieldChange, Op, OpKind, OpState
from crmdesk.core.seams import new_id
from crmdesk.core.types import RemoteContact
from crmdesk.store import contacts, edits, ops, traces
from crmdesk.store.effective import Desk, effective, raw_of, rebase_body, restate, the_contact
from crmdesk.store.packed import pack


def resolve(desk: Desk, op: Op, choices: Mapping[str, Any]) -> None:
    """The final value of each field that clashed. What was not chosen stays in the history. ForbiddenError where a
    field has no choice."""
    without = [one.path for one in op.clashes if one.path not in choices]
    if without:
        raise ForbiddenError("Not every field has been decided.", "Choose a value for each, or leave it for later.")
    told = []
    for one in op.clashes:
        final = choices[one.path]
        told += [FieldChange(one.path, other, final) for other in (one.mine, one.theirs) if not same(other, final)]
    desk.note(op.contact_id, Did.DECIDED, told, uid=op.uid)
    if op.conflict is ConflictKind.OVERWRITTEN:
        _put_theirs_back(desk, op, choices)
    else:
        _go_on(desk, op, choices)
    restate(desk, op.contact_id)


def _go_on(desk: Desk, op: Op, choices: Mapping[str, Any]) -> None:
    theirs = {one.path: one.theirs for one in op.clashes}
    kept = [change for change in op.changes if change.path not in theirs]
    decided = [FieldChange(path, theirs[path], choices[path]) for path in theirs]
    changes = (*kept, *(change for change in decided if not same(change.was, change.now)))
    edits.follow(
        desk, op, {change.path: (change.now, choices[change.path]) for change in op.changes if change.path in theirs}
    )
    done = not changes and not op.orders
    ops.put_theirs(desk.driver, op.id, b"")  # the next attempt is the first one again
    ops.put(
        desk.driver,
        desk.touched,
        replace(
            op,
            changes=op.changes if done else changes,
            state=OpState.DROPPED if done else OpState.PENDING,
            closed_at=desk.now if done else "",
            conflict=ConflictKind.NONE,
            clashes=(),
            reason=None,
            tries=0,
            next_at=desk.now,
        ),
    )


def _put_theirs_back(desk: Desk, op: Op, choices: Mapping[str, Any]) -> None:
    ops.put(desk.driver, desk.touched, replace(op, state=OpState.CONFIRMED, closed_at=desk.now, reason=None))
    again = [FieldChange(one.path, one.mine, choices[one.path]) for one in op.clashes]
    again = [change for change in again if not same(change.was, change.now)]
    if again:
        edits.edit(desk, op.contact_id, again, desk.now)


# ── gone at the vendor ───────────────────────────────────────────────────────────────────────────────────────────────


def make_again(desk: Desk, op: Op) -> None:
    """A contact that is gone at its vendor is made there anew, with everything that was edited."""
    contact = the_contact(desk.driver, op.contact_id)
    waiting = ops.open_ops(desk.driver, op.contact_id)
    values = edits.values_of(desk, effective(desk.vendor, raw_of(contact.base), waiting))
    uid = new_id()
    for one in waiting:
        ops.put(desk.driver, desk.touched, replace(one, state=OpState.DROPPED, closed_at=desk.now, reason=None))
    wanted = Op(
        0, uid, desk.account_id, contact.id, OpKind.CREATE,
        changes=tuple(FieldChange(path, None, value) for path, value in values.items()),
        title=contact.name, operator=desk.operator, created_at=desk.now, next_at=desk.now,
    )  # fmt: skip
    ops.add(desk.driver, desk.touched, wanted)
    desk.note(contact.id, Did.RESTORED, uid=uid)
    rebase_body(desk, contact.id, b"{}", NEW + uid)


def into_draft(desk: Desk, op: Op) -> Draft:
    """What was edited becomes the draft of a new contact; the contact that is gone leaves the list."""
    contact = the_contact(desk.driver, op.contact_id)
    waiting = ops.open_ops(desk.driver, op.contact_id)
    values = edits.values_of(desk, effective(desk.vendor, raw_of(contact.base), waiting))
    changes = tuple(FieldChange(path, None, value) for path, value in values.items())
    draft = Draft(NEW + new_id(), desk.account_id, 0, changes, desk.now, desk.operator)
    ops.put_draft(desk.driver, desk.touched, draft)
    let_go(desk, op)
    return draft


def let_go(desk: Desk, op: Op) -> None:
    """The change is dropped, and the contact that is gone at its vendor leaves the list."""
    for one in ops.open_ops(desk.driver, op.contact_id):
        ops.put(desk.driver, desk.touched, replace(one, state=OpState.DROPPED, closed_at=desk.now))
        desk.note(op.contact_id, Did.WITHDRAWN, one.changes, uid=one.uid)
    edits.drop_drafts(desk, op.contact_id)
    contacts.delete_ids(desk.driver, desk.touched, desk.account_id, [op.contact_id])


# ── deleted here, changed there ──────────────────────────────────────────────────────────────────────────────────────


def delete_anyway(desk: Desk, op: Op, theirs: bytes) -> None:
    """What the vendor has now is what the operator has seen; the deletion goes on."""
    desk.driver.execute("UPDATE trash SET base=? WHERE contact_id=?", (pack(theirs), op.contact_id))
    desk.note(op.contact_id, Did.DECIDED, text="Deleted all the same.", uid=op.uid)
    ops.put(
        desk.driver,
        desk.touched,
        replace(op, state=OpState.PENDING, conflict=ConflictKind.NONE, clashes=(), reason=None, next_at=desk.now),
    )


def keep_theirs(desk: Desk, op: Op, theirs: bytes) -> None:
    """The contact is back, as the vendor has it now."""
    desk.note(op.contact_id, Did.DECIDED, text="Kept as the vendor has it.", uid=op.uid)
    ops.put(desk.driver, desk.touched, replace(op, state=OpState.DROPPED, closed_at=desk.now))
    trashed, _ = edits.from_trash(desk.driver, op.contact_id)
    desk.driver.execute("DELETE FROM trash WHERE contact_id=?", (op.contact_id,))
    edits.put_back(desk, trashed, theirs)


# ── a create whose answer was lost ───────────────────────────────────────────────────────────────────────────────────


def adopt(desk: Desk, op: Op, found: RemoteContact) -> None:
    """The vendor has it: our contact gets its id there. Where a check has brought it as a contact of its own meanwhile,
    the two become one."""
    other = contacts.id_of(desk.driver, desk.account_id, found.remote_id)
    if other and other != op.contact_id:
        become_one(desk, other, op.contact_id)
    moved = replace(op, state=OpState.CONFIRMED, closed_at=desk.now, reason=None)
    ops.put(desk.driver, desk.touched, moved)
    desk.note(op.contact_id, Did.ADOPTED, uid=op.uid)
    rebase_body(desk, op.contact_id, found.body, found.remote_id)


def become_one(desk: Desk, other: int, contact_id: int) -> None:
    """A check has brought as `other` what was made here as `contact_id`: what waits for that one waits for this one."""
    traces.hand_over(desk.driver, desk.touched, other, contact_id)
    contacts.delete_ids(desk.driver, desk.touched, desk.account_id, [other])


def send_again(desk: Desk, op: Op) -> None:
    """A person says that the vendor does not have it: what was made there before now is not taken for it again."""
    again = replace(op, state=OpState.PENDING, reason=None, next_at=desk.now, tries=0, created_at=desk.now)
    ops.put(desk.driver, desk.touched, again)
    restate(desk, op.contact_id)


def call_it_sent(desk: Desk, op: Op) -> None:
    """A person says that the vendor has it, though it could not be found: the contact made here goes, the next check
    brings the vendor's. ForbiddenError while further edits of it wait."""
    if len(ops.open_ops(desk.driver, op.contact_id)) > 1 or ops.drafts_of(desk.driver, op.contact_id):
        raise ForbiddenError(
            "Further changes of this contact wait behind it.", "Discard them first, or send the contact again."
        )
    ops.put(desk.driver, desk.touched, replace(op, state=OpState.CONFIRMED, closed_at=desk.now, reason=None))
    desk.note(op.contact_id, Did.SENT, op.changes, text="As a person said; it was not found.", uid=op.uid)
    contacts.delete_ids(desk.driver, desk.touched, desk.account_id, [op.contact_id])
