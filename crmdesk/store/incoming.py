"""Contacts as they come from the vendor, beside what was edited here: nothing typed is hidden or lost by a check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from crmdesk.core.errors import Recovery
from crmdesk.core.merge import differences, rebase
from crmdesk.core.outbox import Clash, ConflictKind, Did, FieldChange, Op, OpKind, OpState, Reason
from crmdesk.core.types import Flag, Json, Page, RemoteContact, Summary
from crmdesk.store import contacts, erased, ops, traces
from crmdesk.store.commits import Touched
from crmdesk.store.database import driver_of
from crmdesk.store.driver import Driver
from crmdesk.store.effective import Desk, effective, raw_of, restate, summary_of, writable
from crmdesk.store.packed import unpack

CLASHED = Reason("The same field was changed here and at the vendor.", "Choose which value counts.", Recovery.DECIDE)


def take_in(
    connection: sa.Connection, desk: Desk, generation: int, page: Page, summarise: Callable[[RemoteContact], Summary]
) -> contacts.Applied:
    """`contacts.apply_page` for contacts that may have been edited here: the page becomes their base, the edits stay
    over it. Where the same field was changed on both sides, the edit becomes a conflict. A contact that is being
    deleted here does not come back, and neither does a guest whom somebody erased here."""
    page, kept_out = erased.keep_out(desk.driver, desk.account_id, page, desk.now)
    applied = _take_in(connection, desk, generation, page, summarise)
    return replace(applied, erased=applied.erased + kept_out)


def _take_in(
    connection: sa.Connection, desk: Desk, generation: int, page: Page, summarise: Callable[[RemoteContact], Summary]
) -> contacts.Applied:
    driver = desk.driver
    marked, trashed = ops.marked(driver, desk.account_id), traces.trashed(driver, desk.account_id)
    if not marked and not trashed:
        summaries = [summarise(contact) for contact in page.contacts]
        return contacts.apply_page(connection, desk.touched, desk.account_id, generation, page, summaries, desk.now)
    wanted = [contact for contact in page.contacts if contact.remote_id not in trashed]
    held = [contact for contact in page.contacts if contact.remote_id in trashed]
    _forget_trashed(desk, held, trashed, summarise)
    concerned = _concerned(driver, desk.account_id, wanted, marked)
    summaries = [_with_edits(desk, contact, concerned.get(contact.remote_id), summarise) for contact in wanted]
    page = replace(page, contacts=tuple(wanted))
    applied = contacts.apply_page(connection, desk.touched, desk.account_id, generation, page, summaries, desk.now)
    for contact in wanted:
        before = concerned.get(contact.remote_id)
        if before is not None and (before.base != contact.body or before.gone):
            _notice(desk, before, contact)
    return replace(applied, held=len(held))


@dataclass(frozen=True, slots=True)
class _Edited:
    """A contact of the page that something waits for; `base` is what the vendor had before."""

    id: int
    base: bytes
    ops: tuple[Op, ...]

    @property
    def gone(self) -> bool:
        """So it was told; now it is there again."""
        return bool(self.ops) and self.ops[0].state is OpState.GONE


def _concerned(
    driver: Driver, account_id: int, incoming: Sequence[RemoteContact], marked: set[int]
) -> Mapping[str, _Edited]:
    found = {}
    for contact in incoming:
        contact_id = contacts.id_of(driver, account_id, contact.remote_id)
        if contact_id in marked:
            base = driver.execute("SELECT body FROM contact_raw WHERE contact_id=?", (contact_id,)).fetchone()
            found[contact.remote_id] = _Edited(contact_id, unpack(bytes(base[0])), ops.open_ops(driver, contact_id))
    return found


def _with_edits(
    desk: Desk, contact: RemoteContact, edited: _Edited | None, summarise: Callable[[RemoteContact], Summary]
) -> Summary:
    plain = summarise(contact)
    if edited is None or (plain.forget_at and plain.forget_at <= desk.now):
        return plain
    marks = ops.outbox_flags(desk.driver, edited.id, edited.ops)
    return summary_of(desk.vendor, effective(desk.vendor, contact.raw, edited.ops), marks)


def _forget_trashed(
    desk: Desk,
    held: Iterable[RemoteContact],
    trashed: Mapping[str, int],
    summarise: Callable[[RemoteContact], Summary],
) -> None:
    """A guest's wish to be forgotten reaches the trash too."""
    due = [contact for contact in held if (at := summarise(contact).forget_at) and at <= desk.now]
    if due:
        traces.erase(
            desk.driver, desk.touched, desk.account_id, [trashed[contact.remote_id] for contact in due], desk.now
        )


def _notice(desk: Desk, before: _Edited, theirs: RemoteContact) -> None:
    """The vendor has another state than the one that was edited here: kept in the history, and a conflict where both
    sides changed the same. Only the first op is held against it: the others build on that one."""
    if contacts.id_of(desk.driver, desk.account_id, theirs.remote_id) != before.id:
        return  # its guest asked to be forgotten, and it was erased
    changed = differences(raw_of(before.base), theirs.raw, writable(desk.vendor))
    if changed:
        desk.note(before.id, Did.CHANGED_THERE, changed)
    first = before.ops[0] if before.ops else None
    if first is not None and first.kind is OpKind.UPDATE and first.state is not OpState.SENDING:
        weigh(desk, first, theirs)
        restate(desk, before.id)


def weigh(desk: Desk, op: Op, theirs: RemoteContact) -> Op:
    """Holds an update against the vendor's newest state: a conflict where both sides changed the same, none any more
    where the vendor's side went back. The op as it is stored then."""
    if op.conflict not in (ConflictKind.NONE, ConflictKind.FIELDS):
        return op
    if op.state is OpState.GONE:  # it is back there
        op = ops.put(desk.driver, desk.touched, replace(op, state=OpState.PENDING, reason=None, next_at=desk.now))
    clashes = rebase(op.changes, theirs.raw, desk.vendor.fields).clashes
    if clashes:
        return clash(desk, op, clashes, theirs)
    if op.state is not OpState.CONFLICT:
        return op
    ops.put_theirs(desk.driver, op.id, b"")  # no attempt has begun
    free = replace(op, state=OpState.PENDING, conflict=ConflictKind.NONE, clashes=(), reason=None, next_at=desk.now)
    return ops.put(desk.driver, desk.touched, free)


def clash(
    desk: Desk, op: Op, clashes: Sequence[Clash], theirs: RemoteContact, kind: ConflictKind = ConflictKind.FIELDS
) -> Op:
    """The op becomes a conflict; both sides' values go into the history, whatever is chosen later."""
    if op.state is OpState.CONFLICT and tuple(op.clashes) == tuple(clashes):
        return op
    told = [FieldChange(one.path, one.theirs, one.mine) for one in clashes]
    desk.note(op.contact_id, Did.CONFLICT, told, uid=op.uid)
    found = replace(
        op, state=OpState.CONFLICT, conflict=kind, clashes=tuple(clashes), reason=CLASHED, theirs_at=desk.now
    )
    stored = ops.put(desk.driver, desk.touched, found)
    ops.put_theirs(desk.driver, op.id, theirs.body)
    return stored


def desk_of(
    connection: sa.Connection, touched: Touched, vendor: Any, account_id: int, now: str, operator: str = ""
) -> Desk:
    return Desk(driver_of(connection), touched, vendor, account_id, now, operator)


def to_forget(connection: sa.Connection, account_id: int, summarise: Callable[[Json], Summary], now: str) -> list[int]:
    """Contacts of the account, in the list or in the trash, whose guest asked to be forgotten by now; a check may be
    long ago."""
    rows = driver_of(connection).execute(
        "SELECT id, body FROM contact INDEXED BY contact_order JOIN contact_raw ON contact_id=id"
        " WHERE flags & ?1 AND account_id=?2 UNION ALL SELECT contact_id, base FROM trash WHERE account_id=?2",
        (int(Flag.FORGET), account_id),
    )
    due = []
    for contact_id, body in rows.fetchall():
        at = summarise(raw_of(unpack(bytes(body)))).forget_at
        if at and at <= now:
            due.append(int(contact_id))
    return due


def forget(
    connection: sa.Connection,
    touched: Touched,
    account_id: int,
    ids: Sequence[int],
    now: str,
    *,
    told: str = traces.ERASED,
) -> None:
    """Erases these contacts with everything that is kept about them; `told` as for `traces.erase`."""
    driver = driver_of(connection)
    traces.erase(driver, touched, account_id, ids, now, told=told)
    contacts.delete_ids(driver, touched, account_id, list(ids))
