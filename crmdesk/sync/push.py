"""One queued op on its way to its vendor. Runs in the network thread, one op of an account at a time.

    claim (SENDING, committed) ─► update: read what the vendor has ─► becomes the base; the edit is put on top of it
        ├─ both sides changed the same ─► CONFLICT, nothing is sent
        ├─ nothing left to send ─► CONFIRMED (also: an earlier attempt had arrived)
        └─ send only what differs ─► the answer becomes the base, CONFIRMED
    delete: read, compare with what the operator saw, delete. create: send once.

Faults: certainly not sent ─► back to waiting, later again. Refused ─► a person. No valid answer ─► an update or delete
looks first when it is tried again; a create is IN_DOUBT: it is looked up at the vendor and never sent again by itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from crmdesk.core.errors import (
    ForbiddenError,
    InDoubtError,
    KnownError,
    NotFoundError,
    OfflineError,
    RateLimitedError,
    Recovery,
    RejectedError,
    SecretsError,
    ServerFaultError,
    SettingsError,
    SignInNeededError,
    StorageError,
)
from crmdesk.core.guest import GuestAwayError
from crmdesk.core.merge import overlay, rebase
from crmdesk.core.outbox import GUEST_AWAY, NEVER, FieldChange, Op, OpKind, OpState, Reason, reason_of
from crmdesk.core.said import said, said_of
from crmdesk.core.seams import Clock, gate, iso
from crmdesk.core.types import Account, Flag, RemoteContact, Revision
from crmdesk.core.vendor import Access, ContactSource, ContactWriter, Vendor
from crmdesk.store import decisions, effective, incoming, ops, settling
from crmdesk.store.commits import Touched
from crmdesk.store.database import Connection, driver_of
from crmdesk.sync import capabilities
from crmdesk.sync.gated import write_gated
from crmdesk.sync.lanes import BACKOFF, LONGEST_WAIT

if TYPE_CHECKING:
    from crmdesk.store.database import Database
    from crmdesk.sync.accepted import Accepted
    from crmdesk.sync.stamps import Stamps

log = logging.getLogger(__name__)

T = TypeVar("T")
MOST_TRIES = 8  # attempts that fail for a reason that does not pass by itself
LATE = timedelta(minutes=2)
"""A create that waited longer may have been sent by another copy of this data folder (a backup put back, two desks):
before it goes, the vendor is asked whether such a contact was made since."""
SET_BACK = timedelta(days=1)  # by how much at most a clock is thought to be wrong that was set back since a create
MOST_LOOKS = 4
KEPT_TRIES = (0.2, 1.0, 3.0)  # s; what the vendor has done is written down again before it counts as unknown


STOPS = (OfflineError, RateLimitedError, SignInNeededError, SecretsError, SettingsError)
"""After these nothing of the account goes for a while."""


class _TakenError(Exception):
    """The op may not go any more, or its contact is gone for good: nothing is to be written down."""


@dataclass
class Push:
    """The account's line to its vendor."""

    account: Account
    vendor: Vendor
    access: Access
    database: Database
    clock: Clock
    stamps: Stamps
    accepted: Accepted | None = None
    _left: bool = False  # the write of this op has begun

    async def one(self, op: Op) -> KnownError | None:
        """Brings one op as far as it gets; the error that stops the whole account for now, if any, or the
        GuestAwayError of an op that waits for its guest. StorageError."""
        self._left = False
        try:
            claimed = await self._write("claimed", lambda desk: settling.claim(desk, op.id))
            if claimed is None:
                return None
            await self._send(claimed)
        except _TakenError:
            return None
        except StorageError:
            raise
        except KnownError as error:
            return await self._failed(op, error)
        except Exception:
            state, reason = self._broken(op)
            await self._write("parked", lambda desk: settling.put_off(desk, op, reason, iso(self._now), state))
            raise
        return None

    def _broken(self, op: Op) -> tuple[OpState, Reason]:
        """Where a mistake of ours leaves an op. One that has left may have arrived: only a contact that is to be made
        would be there twice if it were simply tried again, the others look first."""
        if self._left and op.kind is OpKind.CREATE:
            return OpState.IN_DOUBT, _lost_here(self.vendor)
        return OpState.PARKED, _BUG

    async def _send(self, op: Op) -> None:
        match op.kind:
            case OpKind.CREATE:
                await self._create(op)
            case OpKind.UPDATE:
                await self._update(op)
            case OpKind.DELETE:
                await self._delete(op)

    # ── the three kinds ──────────────────────────────────────────────────────────────────────────────────────────

    async def _create(self, op: Op) -> None:
        values = overlay({}, op.changes)
        made_at = datetime.fromisoformat(op.created_at)
        if self._now - made_at > LATE and (found := await self._writer.find_created(values, made_at)):
            await self._write("doubted", lambda desk: self._doubt(desk, op, _there_already(self.vendor, len(found))))
            return
        self._left = True
        gate("push.create.sending")
        made = await self._writer.create(values)
        self.stamps.note(self.account.id, made.remote_id)
        gate("push.create.answered")
        await self._surely("created", lambda desk: settling.confirm_create(desk, op, made))
        await self._learn(op.changes)

    async def _update(self, op: Op) -> None:
        theirs = await self._read(op)
        rebased = rebase(op.changes, theirs.raw, self.vendor.fields)
        if rebased.clashes:
            await self._write("conflict", lambda desk: _clash(desk, op, theirs))
            return
        if not rebased.send and not op.orders:
            await self._write("nothing to send", lambda desk: settling.confirm_as_it_is(desk, op))
            return
        self._left = True
        gate("push.update.sending")
        written = await self._writer.update(theirs, rebased.send, op.orders)
        self.stamps.note(self.account.id, theirs.remote_id)
        gate("push.update.answered")
        await self._surely("updated", lambda desk: settling.confirm_update(desk, op, rebased.send, written, theirs.raw))
        await self._learn(rebased.send)

    async def _learn(self, changes: Sequence[FieldChange]) -> None:
        """The vendor took these, whatever our rules had thought of them."""
        if self.accepted is not None:
            await self.accepted.learn(self.vendor, changes, self._now.astimezone().date())

    async def _read(self, op: Op) -> RemoteContact:
        """What the vendor has now; it is the base from here on. What the attempt before this one replaced unseen is
        told in the same commit: afterwards nobody knows any more what that attempt was based on. ForbiddenError where
        its guest wants that."""
        remote_id, _ = await self._base(op)
        theirs = await self._source.get(remote_id)
        gate("push.read")
        revisions = await self._revisions(op, remote_id)

        def take(connection: Connection, touched: Touched) -> bool:
            desk = self._desk(connection, touched)
            if settling.mine(desk.driver, op) is not None:
                settling.tell_overwritten_before(desk, op, revisions, theirs)
            settling.take_base(connection, desk, op, theirs)
            return settling.mine(desk.driver, op) is not None

        if not await self.database.write(take):
            raise _TakenError
        gate("push.base.committed")
        if self.vendor.summarise(theirs.raw).flags & Flag.RESTRICTED:
            raise ForbiddenError(effective.RESTRICTED)
        return theirs

    async def _revisions(self, op: Op, remote_id: str) -> Sequence[Revision]:
        """Where the attempt before had no answer and the vendor replaces whole contacts: its states, newest first. If
        that attempt arrived, it replaced whatever somebody had written just before it."""
        if not self.vendor.resends or self.access.history is None:
            return ()
        if not await self.database.read(lambda c: ops.theirs_of(driver_of(c), op.id)):
            return ()  # none got as far as sending
        return await self.access.history.revisions(remote_id)

    async def _delete(self, op: Op) -> None:
        remote_id, base = await self._base(op)
        try:
            theirs = await self._source.get(remote_id)
            gate("push.read")
            changed = await self._with_desk(lambda desk: settling.changed_since(desk, op, base, theirs))
            if changed:
                await self._write("conflict", lambda desk: settling.deleted_here(desk, op, changed, theirs))
                return
            self._left = True
            gate("push.delete.sending")
            await self._writer.delete(remote_id)
        except NotFoundError:
            await self._surely("deleted", lambda desk: settling.confirm_delete(desk, op, "It was gone already."))
            return
        self.stamps.note(self.account.id, remote_id)
        gate("push.delete.answered")
        await self._surely("deleted", lambda desk: settling.confirm_delete(desk, op))

    # ── what went wrong ──────────────────────────────────────────────────────────────────────────────────────────

    async def _failed(self, op: Op, error: KnownError) -> KnownError | None:
        """Writes down why it did not go; the error where nothing else of the account can go now either."""
        current = await self.database.read(lambda c: ops.op_by_id(driver_of(c), op.id))
        tries = current.tries if current else 0
        state, reason, wait = self._verdict(op, error, tries)
        at = NEVER if wait is None else iso(self._now + wait)
        away = isinstance(error, GuestAwayError)
        await self._write("put off", lambda desk: settling.put_off(desk, op, reason, at, state, tried=not away))
        return error if away or isinstance(error, STOPS) else None

    def _verdict(self, op: Op, error: KnownError, tries: int) -> tuple[OpState, Reason, timedelta | None]:
        """State, words, and how long to wait (None: not by time alone)."""
        reason, wait = reason_of(error), timedelta(seconds=BACKOFF[min(tries, len(BACKOFF) - 1)])
        match error:
            case GuestAwayError():  # until that guest signs in, or a person tries it
                return OpState.PENDING, GUEST_AWAY, None
            case RejectedError() | ForbiddenError():
                return OpState.REJECTED, reason, timedelta()
            case NotFoundError() if op.kind is OpKind.UPDATE:
                return OpState.GONE, _gone(self.vendor), timedelta()
            case InDoubtError() | ServerFaultError() if self._left and op.kind is OpKind.CREATE:
                return OpState.IN_DOUBT, _unknown(self.vendor, error), wait
            case InDoubtError() | ServerFaultError() if self._left:
                return OpState.PENDING, _looked_at_first(self.vendor, error), wait
            case RateLimitedError(until=until) if until is not None:
                asked = min(max(until - self._now, timedelta(seconds=1)), LONGEST_WAIT)
                return OpState.PENDING, reason, asked
            case SignInNeededError() | SecretsError() | SettingsError():  # the account stands still until one is given
                return OpState.PENDING, reason, timedelta()
            case OfflineError() | RateLimitedError():
                return OpState.PENDING, reason, wait
        state = OpState.PARKED if tries + 1 >= MOST_TRIES else OpState.PENDING
        return state, reason, wait

    @staticmethod
    def _doubt(desk: effective.Desk, op: Op, reason: Reason) -> None:
        settling.put_off(desk, op, reason, NEVER, OpState.IN_DOUBT)

    # ── a create in doubt ────────────────────────────────────────────────────────────────────────────────────────

    async def look_up(self, op: Op) -> str:
        """Asks the vendor for a contact with exactly these values, made since it was sent. One: it is ours. Words for
        what was found. KnownError."""
        since = datetime.fromisoformat(op.sent_at or op.created_at)
        if since > self._now:
            since = self._now - SET_BACK
        found = await self._writer.find_created(overlay({}, op.changes), since)
        gate("push.looked.up")
        if len(found) == 1:
            await self._write("adopted", lambda desk: self._adopt(desk, op, found[0]))
            return said("{vendor} has it. Nothing needs to be sent.", vendor=self.vendor.title)
        reason = _several(self.vendor, len(found)) if found else _not_found(self.vendor)
        await self._write("looked up", lambda desk: self._still_unknown(desk, op, reason))
        return str(reason)

    async def look_up_again(self, op: Op) -> KnownError | None:
        """As `look_up`, by itself; the error where nothing of the account can be asked now."""
        try:
            await self.look_up(op)
        except StorageError:
            raise
        except KnownError as error:
            reason, stops = reason_of(error), isinstance(error, STOPS)
            await self._write("look-up failed", lambda desk: self._still_unknown(desk, op, reason, 0 if stops else 1))
            return error if stops else None
        return None

    @staticmethod
    def _adopt(desk: effective.Desk, op: Op, found: RemoteContact) -> None:
        current = ops.op_by_id(desk.driver, op.id)
        if current is not None and current.state is OpState.IN_DOUBT:
            decisions.adopt(desk, current, found)

    def _still_unknown(self, desk: effective.Desk, op: Op, reason: Reason, looked: int = 1) -> None:
        """`looked`: 0 where nobody could be asked."""
        current = ops.op_by_id(desk.driver, op.id)
        if current is None or current.state is not OpState.IN_DOUBT:
            return
        tries = current.tries + looked
        wait = timedelta(seconds=BACKOFF[min(tries, len(BACKOFF) - 1)])
        at = NEVER if tries >= MOST_LOOKS else iso(self._now + wait)
        ops.put(desk.driver, desk.touched, replace(current, reason=reason, tries=tries, next_at=at))

    # ── small things ─────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _now(self) -> datetime:
        return self.clock.now()

    @property
    def _writer(self) -> ContactWriter:
        if self.access.writer is None:
            why = capabilities.of_account({self.vendor.key: self.vendor}, self.account, "edit")
            raise ForbiddenError(why or said("{vendor} takes no changes.", vendor=self.vendor.title))
        return self.access.writer

    @property
    def _source(self) -> ContactSource:
        if self.access.contacts is None:
            raise ForbiddenError(
                self.vendor.lacks.get("pull", said("{vendor} lists no contacts.", vendor=self.vendor.title))
            )
        return self.access.contacts

    def _desk(self, connection: Connection, touched: Touched) -> effective.Desk:
        return incoming.desk_of(connection, touched, self.vendor, self.account.id, iso(self._now))

    async def _base(self, op: Op) -> tuple[str, bytes]:
        try:
            return await self.database.read(lambda c: settling.base_of(driver_of(c), op))
        except NotFoundError:
            raise _TakenError from None

    async def _with_desk(self, fn: Callable[[effective.Desk], T]) -> T:
        return await self.database.read(lambda c: fn(self._desk(c, Touched())))

    async def _write(self, step: str, fn: Callable[[effective.Desk], T]) -> T:
        """One commit between two gates."""
        return await write_gated(self.database, f"push.{step}", lambda c, t: fn(self._desk(c, t)))

    async def _surely(self, step: str, fn: Callable[[effective.Desk], object]) -> None:
        """What the vendor has done is written down, if need be again: a full disk must not turn it into a failure."""
        for pause in KEPT_TRIES:
            try:
                await self._write(step, fn)
                return
            except StorageError as error:
                log.warning("what became of a change could not be stored: %s", error.title)
                await asyncio.sleep(pause)
        await self._write(step, fn)


def _clash(desk: effective.Desk, op: Op, theirs: RemoteContact) -> None:
    """As the op stands now: it may have been erased meanwhile."""
    current = settling.mine(desk.driver, op)
    if current is not None:
        incoming.weigh(desk, current, theirs)
        settling.drop_if_deleted(desk, op)
        effective.restate(desk, op.contact_id)


_BUG = Reason(
    "crmdesk made a mistake with this change, so it was set aside.",
    "Nothing typed is lost. Try it again, or copy the details for the maintainers.",
)


def _lost_here(vendor: Vendor) -> Reason:
    return Reason(
        said(
            "crmdesk made a mistake after the new contact was sent; whether {vendor} has it is not known.",
            vendor=vendor.title,
        ),
        "It is looked up there. It is not sent again by itself.",
        Recovery.LOOK,
    )


def _gone(vendor: Vendor) -> Reason:
    return Reason(
        said("This contact no longer exists at {vendor}. Your change was not applied.", vendor=vendor.title),
        "Make it again there, keep it as a draft, or drop your change.",
        Recovery.DECIDE,
    )


def _unknown(vendor: Vendor, error: KnownError) -> Reason:
    return Reason(
        said(
            "The line dropped after the new contact was sent; whether {vendor} has it is not known.",
            vendor=vendor.title,
        ),
        "It is looked up there. It is not sent again by itself.",
        Recovery.LOOK,
        details=error.details,
    )


def _looked_at_first(vendor: Vendor, error: KnownError) -> Reason:
    return Reason(
        said("The line dropped after the change was sent to {vendor}.", vendor=vendor.title),
        "Before it is tried again, crmdesk looks whether it has arrived.",
        Recovery.RETRY,
        details=error.details,
    )


def _there_already(vendor: Vendor, count: int) -> Reason:
    return Reason(
        said_of(
            count,
            "A contact with the same values was made at {vendor} while this one waited, so it was not sent.",
            "{n} contacts with the same values were made at {vendor} while this one waited, so it was not sent.",
            vendor=vendor.title,
        ),
        "Check whether it is the same; then mark it as sent, or send it.",
        Recovery.LOOK,
    )


def _several(vendor: Vendor, count: int) -> Reason:
    return Reason(
        said_of(
            count,
            "{vendor} has one contact with these values, made since then.",
            "{vendor} has {n} contacts with these values, made since then.",
            vendor=vendor.title,
        ),
        "Open them there and see which one is yours; then mark it as sent, or send it again.",
        Recovery.LOOK,
    )


def _not_found(vendor: Vendor) -> Reason:
    return Reason(
        said("It was looked up at {vendor} and is not there so far.", vendor=vendor.title),
        "Send it again if you are sure that it did not arrive.",
        Recovery.LOOK,
    )
