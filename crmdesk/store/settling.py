"""An op on its way: claimed before anything leaves, and what became of it. Each function is the inside of a commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from crmdesk.core.errors import Recovery
from crmdesk.core.fields import find
from crmdesk.core.merge import alike, differences, overlay, same
from crmdesk.core.outbox import (
    Clash,
    ConflictKind,
    Did,
    FieldChange,
    Op,
    OpKind,
    OpState,
    Reason,
)
from crmdesk.core.said import listed, said, said_of
from crmdesk.core.types import Json, Page, RemoteContact, Revision
from crmdesk.core.vendor import Written
from crmdesk.store import contacts, decisions, edits, incoming, ops
from crmdesk.store.driver import Driver
from crmdesk.store.effective import Desk, body_of, raw_of, rebase_body, restate, stored, writable
from crmdesk.store.packed import pack

INTERRUPTED = Reason(
    "crmdesk ended while this contact was being made; whether the vendor has it is not known.",
    "It is looked up there. It is not sent again by itself.",
    Recovery.LOOK,
)
WRITTEN_BETWEEN = Reason(
    "Somebody changed this contact at the vendor just before your change arrived, which replaced the whole contact.",
    "Choose which values count; theirs can be put back.",
    Recovery.DECIDE,
)


UNREAD_BETWEEN = Reason(
    "Somebody changed this contact at the vendor just before your change arrived, which replaced the whole contact.",
    "What they wrote could not be read. Look at the contact there, then discard this notice.",
    Recovery.DECIDE,
)


def recover(desk: Desk) -> int:
    """After a start: what was on its way when the program ended. A create is in doubt, the others look again before
    they send; how many there were."""
    ops.set_damaged_aside(desk.driver, desk.touched, desk.account_id)
    rows = desk.driver.execute(
        "SELECT id FROM op WHERE account_id=? AND state='sending'", (desk.account_id,)
    ).fetchall()
    for (op_id,) in rows:
        op = ops.op_by_id(desk.driver, op_id)
        if op is None:
            continue
        if op.kind is OpKind.CREATE:
            op = replace(op, state=OpState.IN_DOUBT, reason=INTERRUPTED)
        else:
            op = replace(op, state=OpState.PENDING, next_at=desk.now, tries=op.tries + 1)  # it may have arrived
        ops.put(desk.driver, desk.touched, op)
        drop_if_deleted(desk, op)
        restate(desk, op.contact_id)
    return len(rows)


def claim(desk: Desk, op_id: int) -> Op | None:
    """The op, now SENDING; None where it may not go any more (held, discarded, not the first of its contact)."""
    op = ops.next_due(desk.driver, desk.account_id, desk.now)
    if op is None or op.id != op_id:
        return None
    return ops.put(desk.driver, desk.touched, replace(op, state=OpState.SENDING, sent_at=desk.now))


def base_of(driver: Driver, op: Op) -> tuple[str, bytes]:
    """(remote id, the vendor's JSON as last read) of the op's contact, also where it stands in the trash."""
    contact = stored(driver, op.contact_id)
    if contact is not None:
        return contact.remote_id, contact.base
    trashed, base = edits.from_trash(driver, op.contact_id)
    return trashed.remote_id, base


def mine(driver: Driver, op: Op) -> Op | None:
    """The op as it stands now; None where it is gone (its guest asked to be forgotten) or no longer on its way."""
    now = ops.op_by_id(driver, op.id)
    return now if now is not None and now.state is OpState.SENDING else None


def take_base(connection: sa.Connection, desk: Desk, op: Op, theirs: RemoteContact) -> None:
    """What was read just before an update becomes the contact's base, like a page of one. It is kept with the op too:
    should its answer be lost, that tells what the update was based on."""
    ops.put_theirs(desk.driver, op.id, theirs.body)
    page = Page((theirs,), number=0)
    incoming.take_in(connection, desk, 0, page, lambda contact: desk.vendor.summarise(contact.raw))


def put_off(
    desk: Desk, op: Op, reason: Reason, next_at: str, state: OpState = OpState.PENDING, *, tried: bool = True
) -> None:
    """It did not go: back to waiting, or to a person. `tried` False: nobody was asked, so that this was no attempt."""
    current = mine(desk.driver, op)
    if current is None:
        return
    closed = replace(current, state=state, reason=reason, tries=current.tries + tried, next_at=next_at)
    ops.put(desk.driver, desk.touched, closed)
    if state is OpState.REJECTED:
        desk.note(op.contact_id, Did.REFUSED, op.changes, str(reason), op.uid)
    elif state is OpState.GONE:
        desk.note(op.contact_id, Did.GONE, uid=op.uid)
        if ops.was_ours(desk.driver, op.contact_id) and stored(desk.driver, op.contact_id) is not None:
            decisions.make_again(desk, closed)
    drop_if_deleted(desk, op)
    restate(desk, op.contact_id)


def drop_if_deleted(desk: Desk, op: Op) -> None:
    """An edit that was on its way while its contact was deleted here, and did not arrive: nobody wants it any more. The
    deletion behind it asks, where there is anything to ask."""
    current = ops.op_by_id(desk.driver, op.id)
    if current is None or current.kind is not OpKind.UPDATE or not current.state.open:
        return
    if current.state is OpState.SENDING or edits.may_be_there(desk, current):
        return  # what has become of it must be known, should the contact be restored
    if stored(desk.driver, op.contact_id) is None:
        ops.put(desk.driver, desk.touched, replace(current, state=OpState.DROPPED, closed_at=desk.now))


def confirm(desk: Desk, op: Op, sent: Sequence[FieldChange], text: str = "") -> Op | None:
    """It is as wanted at the vendor. `sent`: what really had to be sent."""
    current = mine(desk.driver, op)
    if current is None:
        return None
    done = ops.put(
        desk.driver, desk.touched, replace(current, state=OpState.CONFIRMED, closed_at=desk.now, reason=None)
    )
    desk.note(op.contact_id, Did.SENT, sent, text, op.uid)
    return done


def confirm_as_it_is(desk: Desk, op: Op) -> None:
    """The vendor has everything already."""
    if confirm(desk, op, (), "It was so already.") is not None:
        restate(desk, op.contact_id)


def confirm_update(desk: Desk, op: Op, sent: Sequence[FieldChange], written: Written, before: Json) -> None:
    """The answer is the contact's base now. Where others wrote in between, what they wrote is put before a person."""
    done = confirm(desk, op, sent, _odd_text(desk, sent, written.contact.raw))
    if done is None:
        return
    for change in sent:
        _later_see(desk, op, change, written.contact.raw)
    _new_base(desk, op, written.contact)
    if written.between:
        tell_overwritten(desk, op, written.between, before, written.contact.raw)
    if written.missed:
        _tell_unread(desk, op, written.missed)
    restate(desk, op.contact_id)


def _later_see(desk: Desk, op: Op, change: FieldChange, echo: Json) -> None:
    """Edits made meanwhile saw what was wanted, the vendor may have kept it in another form."""
    wanted = next((one.now for one in op.changes if one.path == change.path), change.now)
    edits.follow(desk, op, {change.path: (wanted, find(echo, change.path))})


def _odd_text(desk: Desk, sent: Sequence[FieldChange], echo: Json) -> str:
    """Which values the vendor keeps otherwise than they were sent."""
    specs = {spec.path: spec for spec in desk.vendor.fields}
    odd = [
        specs[change.path].label
        for change in sent
        if change.path in specs and not alike(specs[change.path], find(echo, change.path), change.now)
    ]
    return (
        said("Kept in another form by {vendor}: {fields}.", vendor=desk.vendor.title, fields=listed(odd)) if odd else ""
    )


def _new_base(desk: Desk, op: Op, echo: RemoteContact) -> None:
    if stored(desk.driver, op.contact_id) is not None:
        rebase_body(desk, op.contact_id, echo.body)
        return
    body = pack(echo.body)  # deleted here meanwhile: the deletion compares with this
    desk.driver.execute("UPDATE trash SET base=? WHERE contact_id=?", (body, op.contact_id))


def tell_overwritten(desk: Desk, op: Op, between: Sequence[Json], before: Json, now: Json) -> None:
    """What somebody wrote between our read (`before`) and our write, and what the vendor has in its place `now`, field
    by field: a person decides whether it is put back."""
    theirs = between[-1]
    found = [
        Clash(change.path, change.was, find(now, change.path), change.now)
        for change in differences(before, theirs, writable(desk.vendor))
        if not same(find(now, change.path), change.now)
    ]
    desk.note(
        op.contact_id,
        Did.OVERWRITTEN,
        [FieldChange(one.path, one.theirs, one.mine) for one in found],
        said_of(len(between), "1 in between", "{n} in between"),
        op.uid,
    )
    if not found:
        return
    told = replace(
        op, id=0, uid="", kind=OpKind.UPDATE, changes=(), state=OpState.CONFLICT, conflict=ConflictKind.OVERWRITTEN,
        clashes=tuple(found), reason=WRITTEN_BETWEEN, theirs_at=desk.now, created_at=desk.now, closed_at="", tries=0,
        joined=1, orders=(),
    )  # fmt: skip
    ops.put_theirs(desk.driver, ops.add(desk.driver, desk.touched, told).id, body_of(theirs))


def _tell_unread(desk: Desk, op: Op, missed: int) -> None:
    """Others wrote in between, and the vendor does not give what: a person must know all the same."""
    text = said_of(missed, "1 in between could not be read", "{n} in between could not be read")
    desk.note(op.contact_id, Did.OVERWRITTEN, (), text, op.uid)
    told = replace(
        op, id=0, uid="", changes=(), state=OpState.PARKED, reason=UNREAD_BETWEEN, created_at=desk.now, closed_at="",
        tries=0, joined=1, orders=(), conflict=ConflictKind.NONE, clashes=(),
    )  # fmt: skip
    ops.add(desk.driver, desk.touched, told)


def tell_overwritten_before(desk: Desk, op: Op, revisions: Sequence[Revision], theirs: RemoteContact) -> None:
    """As `tell_overwritten`, of an earlier attempt that had no answer; before `take_base` forgets its base."""
    base = raw_of(ops.theirs_of(desk.driver, op.id).encode("utf-8", "surrogatepass"))
    if base and (between := overwritten_before(desk, op, revisions, base)):
        tell_overwritten(desk, op, between, base, theirs.raw)


def overwritten_before(desk: Desk, op: Op, revisions: Sequence[Revision], base: Json) -> tuple[Json, ...]:
    """An earlier attempt of `op`, based on `base`, had no answer: states of others that it replaced if it arrived,
    oldest first. `revisions` newest first, as the vendor keeps them."""
    specs = writable(desk.vendor)
    after: list[Json] = []
    for one in revisions:
        if not differences(base, one.raw, specs):
            break
        after.insert(0, one.raw)
    sent = overlay(base, op.changes)
    ours = next((place for place, raw in enumerate(after) if not differences(sent, raw, specs)), 0)
    return tuple(after[:ours])


def confirm_create(desk: Desk, op: Op, echo: RemoteContact) -> None:
    """The vendor's id becomes the contact's. A check may have brought it already: then the two become one."""
    done = confirm(desk, op, op.changes)
    if done is None:
        return
    other = contacts.id_of(desk.driver, desk.account_id, echo.remote_id)
    if other and other != op.contact_id:
        decisions.become_one(desk, other, op.contact_id)
    for change in op.changes:
        _later_see(desk, op, change, echo.raw)
    rebase_body(desk, op.contact_id, echo.body, echo.remote_id)


def confirm_delete(desk: Desk, op: Op, text: str = "") -> None:
    confirm(desk, op, (), text)


def changed_since(desk: Desk, op: Op, base: bytes, theirs: RemoteContact) -> tuple[FieldChange, ...]:
    """What the vendor's contact differs in from what the operator saw when they deleted it: its state then, or their
    own edit of it, which may have been on its way."""
    shown = raw_of(edits.from_trash(desk.driver, op.contact_id)[0].body.encode("utf-8", "surrogatepass"))
    found = differences(raw_of(base), theirs.raw, writable(desk.vendor))
    return tuple(change for change in found if not same(find(shown, change.path), change.now))


def deleted_here(desk: Desk, op: Op, changed: Sequence[FieldChange], theirs: RemoteContact) -> None:
    current = mine(desk.driver, op)
    if current is not None:
        clashes = [Clash(change.path, change.was, None, change.now) for change in changed]
        incoming.clash(desk, current, clashes, theirs, ConflictKind.DELETED_HERE)
