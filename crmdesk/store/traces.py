"""What is left of a contact that leaves: edits that must not be lost with it, or nothing at all, where its guest asked
to be forgotten."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

from crmdesk.core.errors import Recovery
from crmdesk.core.outbox import Did, Draft, Op, OpKind, OpState, Reason, draft_key
from crmdesk.core.types import OUTBOX_FLAGS, Flag
from crmdesk.store import calls, card_rows, ops, row_erasure, submissions
from crmdesk.store.commits import Touched
from crmdesk.store.driver import Driver

_IN_LIST = "IN (SELECT value FROM json_each(?))"
_THESE = "IN (SELECT value FROM json_each(?1))"  # named: it stands twice in a statement
GONE = Reason(
    "This contact no longer exists at the vendor. Your change was not applied.",
    "Make it again there, keep it as a draft, or drop your change.",
    Recovery.DECIDE,
)
REMOVED = Reason(
    "Its account was removed here, so this cannot be sent.", "Copy what you need, then discard it.", Recovery.DECIDE
)
MOVED = Reason(
    "Its account is at another server now, where the contact with this number may be another one.",
    "Look at the contact there, then try again, or discard the change.",
    Recovery.DECIDE,
)
ERASED = "A contact was erased: its guest asked to be forgotten."
SIGNED_OUT = "A contact was erased here when its guest signed out."
BY_HAND = "A contact was erased here."


def spare(driver: Driver, touched: Touched, account_id: int, ids: Sequence[int], now: str) -> set[int]:
    """Of contacts that are gone at their vendor those that must stay here, because something was edited or typed: a
    person decides about them. An op that is just on its way is told by the vendor itself."""
    marked = ops.marked(driver, account_id) if ids else set()
    kept = marked.intersection(ids)
    for contact_id in kept:
        _hold_back(driver, touched, account_id, contact_id, now)
    return kept


def _hold_back(driver: Driver, touched: Touched, account_id: int, contact_id: int, now: str) -> None:
    waiting = ops.open_ops(driver, contact_id)
    typed = not waiting  # and not saved: nothing may be sent of it
    if typed:
        drafts = ops.drafts_of(driver, contact_id)
        waiting = (_from_draft(driver, touched, account_id, contact_id, drafts[0], now),)
        for draft in drafts:
            ops.drop_draft(driver, touched, draft.key)
    first = waiting[0]
    if not typed and (first.state in (OpState.SENDING, OpState.GONE) or ops.was_ours(driver, contact_id)):
        return  # the op itself finds it out, and what then has to be done
    ops.put(driver, touched, replace(first, state=OpState.GONE, reason=GONE))
    ops.note(driver, contact_id, account_id, now, Did.GONE, op_uid=first.uid)
    _mark(driver, touched, contact_id)


def _mark(driver: Driver, touched: Touched, contact_id: int) -> None:
    """What the outbox says of the contact, in its row, where there is one."""
    bits = ops.outbox_flags(driver, contact_id, ops.open_ops(driver, contact_id))
    changed = driver.execute(
        "UPDATE contact SET flags = flags & ? | ? WHERE id=?", (~int(OUTBOX_FLAGS), int(bits), contact_id)
    )
    if changed.rowcount:
        touched.contacts.add(contact_id)
        touched.listing = True


def _from_draft(driver: Driver, touched: Touched, account_id: int, contact_id: int, draft: Draft, now: str) -> Op:
    """Typing becomes an op that waits for a person: without its contact there is no editor to show a draft in."""
    name = driver.execute("SELECT name FROM contact WHERE id=?", (contact_id,)).fetchone()
    wanted = Op(
        0, "", account_id, contact_id, OpKind.UPDATE,
        changes=draft.changes, title=name[0] if name else "", operator=draft.operator, created_at=now,
    )  # fmt: skip
    return ops.add(driver, touched, wanted)


def hand_over(driver: Driver, touched: Touched, other: int, contact_id: int) -> None:
    """Two contacts are one: what is kept about `other` belongs to `contact_id`. Of two drafts the newer one stays."""
    card_rows.hand_over(driver, touched, other, contact_id)
    for table in ("op", "history"):
        driver.execute(f"UPDATE {table} SET contact_id=? WHERE contact_id=?", (contact_id, other))
    drafts = sorted((*ops.drafts_of(driver, contact_id), *ops.drafts_of(driver, other)), key=lambda draft: draft.at)
    for draft in drafts:
        ops.drop_draft(driver, touched, draft.key)
    for draft in drafts[-1:]:
        ops.put_draft(driver, touched, replace(draft, key=draft_key(contact_id), contact_id=contact_id))
    touched.outbox = True


def erase(
    driver: Driver, touched: Touched, account_id: int, ids: Iterable[int], now: str, *, told: str = ERASED
) -> None:
    """Deletes everything kept about these contacts besides the contacts themselves: ops, drafts, history, trash.
    `told`: what the history says instead; where a person wanted it, nobody need be told what was lost with them."""
    chosen = list(ids)
    row_erasure.erase(driver, touched, chosen)
    listed = (json.dumps(chosen),)
    waiting = driver.execute(
        f"SELECT count(*) FROM (SELECT contact_id FROM op WHERE contact_id {_THESE} AND {ops.IS_OPEN}"
        f" UNION SELECT contact_id FROM draft WHERE contact_id {_THESE})",
        listed,
    ).fetchone()[0]
    gone = 0
    for table in ("op", "draft", "history", "trash"):
        gone += driver.execute(f"DELETE FROM {table} WHERE contact_id {_IN_LIST}", listed).rowcount
    card_rows.leave(driver, touched, chosen)
    if gone:
        ops.note(driver, 0, account_id, now, Did.ERASED, text=told)
        touched.outbox = touched.erased = True
        touched.forgotten += waiting if told is ERASED else 0


def to_be_forgotten(driver: Driver, ids: Sequence[int]) -> list[int]:
    """Those of the contacts whose guest has asked to be forgotten some day."""
    wanted = (json.dumps(list(ids)), int(Flag.FORGET))
    rows = driver.execute(f"SELECT id FROM contact WHERE id {_IN_LIST} AND flags & ?", wanted)
    return [row[0] for row in rows.fetchall()]


def trashed(driver: Driver, account_id: int) -> dict[str, int]:
    """Remote id → contact id of the account's contacts whose deletion is not confirmed yet."""
    rows = driver.execute(
        "SELECT remote_id, trash.contact_id FROM trash JOIN op ON op.contact_id=trash.contact_id"
        f" WHERE trash.account_id=? AND kind='delete' AND {ops.IS_OPEN}",
        (account_id,),
    ).fetchall()
    return dict(rows)


def in_trash(driver: Driver, account_id: int, remote_ids: Iterable[str]) -> list[int]:
    """Contact ids of those that stand in the trash."""
    rows = driver.execute(
        f"SELECT contact_id FROM trash WHERE account_id=? AND remote_id {_IN_LIST}",
        (account_id, json.dumps(list(remote_ids))),
    ).fetchall()
    return [row[0] for row in rows]


def park_account(driver: Driver, touched: Touched, account_id: int, reason: Reason = REMOVED) -> None:
    """What waits of the account waits for a person: it was removed and its contacts kept, or it is at another server
    now."""
    rows = driver.execute(f"SELECT DISTINCT contact_id FROM op WHERE account_id=? AND {ops.IS_OPEN}", (account_id,))
    for (contact_id,) in rows.fetchall():
        for op in ops.open_ops(driver, contact_id):
            if not op.state.needs_you:
                ops.put(driver, touched, replace(op, state=OpState.PARKED, reason=reason))
            elif reason is REMOVED and not ops.is_damaged(op):
                ops.put(driver, touched, replace(op, reason=reason))
        _mark(driver, touched, contact_id)
    calls.park_account(driver, touched, account_id, reason.title)


def drop_account(driver: Driver, touched: Touched, account_id: int) -> None:
    """Everything of an account that was removed with its contacts."""
    trashed = [row[0] for row in driver.execute("SELECT contact_id FROM trash WHERE account_id=?", (account_id,))]
    for table in ("op", "draft", "history", "trash"):
        driver.execute(f"DELETE FROM {table} WHERE account_id=?", (account_id,))
    card_rows.leave(driver, touched, trashed)
    submissions.drop_account(driver, touched, account_id)
    touched.outbox = True
