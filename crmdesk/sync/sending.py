"""When which account's queued ops go: woken by saves, by time, and by a connection that is back. On the caller's loop;
the ops themselves are sent in the network thread, one at a time for an account, several accounts side by side."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from crmdesk.core.errors import (
    ForbiddenError,
    KnownError,
    NotFoundError,
    OfflineError,
    RateLimitedError,
    SecretsError,
    SettingsError,
    SignInNeededError,
    StorageError,
)
from crmdesk.core.guest import GuestAwayError
from crmdesk.core.outbox import FARTHEST, OPS_KEPT_DAYS, TRASH_DAYS, Op
from crmdesk.core.seams import Clock, iso
from crmdesk.core.types import Account
from crmdesk.core.vendor import Vendor
from crmdesk.store.commits import Touched
from crmdesk.store.database import Connection
from crmdesk.sync.accepted import Accepted
from crmdesk.sync.lanes import BACKOFF, LONGEST_WAIT, Lanes
from crmdesk.sync.push import Push
from crmdesk.sync.stamps import Stamps
from crmdesk.sync.worker import NetworkThread

if TYPE_CHECKING:
    from crmdesk.store.database import Database
    from crmdesk.sync.checks import Checks

log = logging.getLogger(__name__)

IDLE = 1.0  # s until an account is looked at again that had nothing to send although it seemed so


class Sending(Lanes):
    """Owns the lanes. `signed_out(account, error)` is told where a vendor no longer takes an account's sign-in."""

    def __init__(
        self,
        database: Database,
        vendors: Mapping[str, Vendor],
        network: NetworkThread,
        clock: Clock,
        checks: Checks,
        stamps: Stamps,
    ) -> None:
        super().__init__(database, clock, "sending of changes", "sending of an account's changes")
        self._vendors, self._network = vendors, network
        self._checks = checks
        self._stamps = stamps
        self._paused: set[int] = set()  # no sign-in: until a person has given one, or a check went well
        self._failures: dict[int, int] = {}
        self._recovered = False
        self.accepted = Accepted(database)
        self.guest_away: Callable[[int], object] = lambda _contact_id: None  # told whose edit found nobody signed in

    # ── life ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def resume(self, account_ids: Iterable[int]) -> None:
        """The vendor answers again: what waits for these accounts goes now."""
        for account_id in account_ids:
            self._paused.discard(account_id)
            self._not_before.pop(account_id, None)
            self._failures.pop(account_id, None)
        self.wake()

    def signed_in_again(self, account_id: int) -> None:
        """The account's own sign-in is good after it was not. Whose it is was not known before, so that its edits may
        wait among those of guests."""
        self._scope.start(self._try_guests(account_id), what="try what waits for guests")

    async def _try_guests(self, account_id: int) -> None:
        from crmdesk.store import ops
        from crmdesk.store.database import driver_of

        now = iso(self._clock.now())
        await self._database.write(lambda c, t: ops.make_due_of_guests(driver_of(c), t, account_id, now))
        self.wake()

    async def _come_first(self) -> None:
        """Once in a run, of every account. Where it cannot be written now, the account's lane does it later."""
        if self._recovered:
            return
        accounts = [account for account in await self._checks.accounts() if self._writes(account)]
        self._recovered = True
        self._unsure.update(account.id for account in accounts)
        for account in accounts:
            if account.id in self._lanes and not self._lanes[account.id].done():
                continue
            try:
                await self._recover(account)
            except StorageError as error:
                self._stopped(account, error)

    def _writes(self, account: Account) -> bool:
        vendor = self._vendors.get(account.vendor)
        return vendor is not None and account.active and "edit" not in vendor.lacks

    async def _recover(self, account: Account) -> None:
        """What was on its way when the program (or the disk) failed."""
        from crmdesk.store import incoming, settling

        vendor, now = self._vendors[account.vendor], iso(self._clock.now())

        def run(connection: Connection, touched: Touched) -> int:
            return settling.recover(incoming.desk_of(connection, touched, vendor, account.id, now))

        await self._database.write(run)
        self._unsure.discard(account.id)

    async def tidy(self) -> None:
        """Who asked to be forgotten by now is forgotten, checked or not; sent ops and the trash are kept for a month,
        the log of the handling of guests' data for two years.
        StorageError."""
        from crmdesk.store import desk_log, incoming, ops
        from crmdesk.store.database import driver_of

        now = self._clock.now()
        for account in await self._checks.accounts():
            if (vendor := self._vendors.get(account.vendor)) is not None:
                wanted: dict[str, Any] = {"account_id": account.id, "summarise": vendor.summarise, "now": iso(now)}
                due = await self._database.read(partial(incoming.to_forget, **wanted), idle=True)
                if due:
                    forget = partial(incoming.forget, account_id=account.id, ids=due, now=iso(now))
                    await self._database.write(forget)
        old, trashed = iso(now - timedelta(days=OPS_KEPT_DAYS)), iso(now - timedelta(days=TRASH_DAYS))
        await self._database.write(lambda c, t: ops.drop_old(driver_of(c), t, old, trashed))
        unlogged = iso(now - timedelta(days=desk_log.KEPT_DAYS))
        await self._database.write(lambda c, _: desk_log.drop_old(driver_of(c), unlogged))

    # ── what is due ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _due_times(self) -> Mapping[int, str]:
        from crmdesk.store import ops
        from crmdesk.store.database import driver_of

        times = await self._database.read(lambda c: ops.due_times(driver_of(c)))
        return times | dict.fromkeys(self._unsure - times.keys(), iso(self._clock.now()))

    def _wait(self, account_id: int, at: str) -> float | None:
        """Seconds until the account's next op may go; None: not by time alone."""
        if self._checks.working_offline or self._ending or account_id in self._paused:
            return None
        due = (_moment(at) - self._clock.now()).total_seconds()
        if due > FARTHEST.total_seconds() and not at.startswith("9999"):
            due = 0.0  # the clock was set back
        held = self._not_before.get(account_id, 0.0) - self._clock.monotonic()
        return max(0.0, due, held)

    async def _lane(self, account_id: int) -> None:
        """The account's ops one after the other, until none is due or something stops them all."""
        try:
            account = await self._checks.account(account_id)
        except NotFoundError:  # it was removed, and what was to be sent with it
            self._unsure.discard(account_id)
            return
        if not self._writes(account):
            self._paused.add(account_id)
            return
        done = 0
        while not (self._ending or self._checks.working_offline):
            try:
                if account_id in self._unsure:
                    await self._recover(account)
                error, contact_id = await self._network.run(lambda: self._next_there(account_id))
            except StorageError as storage:
                self._unsure.add(account_id)
                error, contact_id = storage, 0
            except Exception:  # a mistake of ours: reported, and not repeated at once for ever
                self._not_before[account_id] = self._clock.monotonic() + BACKOFF[0]
                raise
            if error is _NOTHING:
                if not done:  # what seemed due was not, e.g. a damaged row
                    self._not_before[account_id] = self._clock.monotonic() + IDLE
                return
            done += 1
            if isinstance(error, GuestAwayError):  # the account's other contacts are not concerned
                self.guest_away(contact_id)
                continue
            if error is not None:
                self._stopped(account, error)
                return
            self._failures.pop(account_id, None)

    async def _next_there(self, account_id: int) -> tuple[KnownError | None, int]:
        """In the network thread: one op, and whose; _NOTHING where none is due."""
        async with self._checks.lane(account_id):
            account = await self._checks.account(account_id)  # as it is now
            op = await self._due_op(account_id) if account.active else None
            if op is None:
                return _NOTHING, 0
            try:
                push = await self.push_of(account)
            except KnownError as error:
                return error, op.contact_id
            return await (push.look_up_again(op) if op.state.needs_you else push.one(op)), op.contact_id

    async def _due_op(self, account_id: int) -> Op | None:
        from crmdesk.store import ops
        from crmdesk.store.database import driver_of

        now = iso(self._clock.now())
        return await self._database.read(lambda c: ops.next_due_or_unknown(driver_of(c), account_id, now))

    async def push_of(self, account: Account) -> Push:
        """In the network thread."""
        vendor = self._vendors[account.vendor]
        access = await self._checks.open.access(account)
        return Push(account, vendor, access, self._database, self._clock, self._stamps, self.accepted)

    def _stopped(self, account: Account, error: KnownError) -> None:
        """Nothing of this account can go now."""
        failures = self._failures[account.id] = self._failures.get(account.id, 0) + 1
        seconds = float(BACKOFF[min(failures - 1, len(BACKOFF) - 1)])
        match error:
            case SignInNeededError() | SecretsError() | SettingsError():
                self._paused.add(account.id)
                self._scope.start(self._checks.signed_out(account, error), what="note that a sign-in is needed")
            case RateLimitedError(until=until) if until is not None:
                seconds = min(max((until - self._clock.now()).total_seconds(), 1.0), LONGEST_WAIT.total_seconds())
            case OfflineError() | RateLimitedError() | StorageError() | ForbiddenError():
                pass
            case _:
                log.warning("changes of account %s wait: %s", account.id, error.title)
        self._not_before[account.id] = self._clock.monotonic() + seconds


_LONG_AGO = datetime.fromisoformat("1970-01-01T00:00:00Z")
_NOTHING = KnownError("Nothing is due.")


def _moment(at: str) -> datetime:
    try:
        found = datetime.fromisoformat(at)
    except ValueError:  # a time nobody of ours wrote
        return _LONG_AGO
    return found if found.tzinfo is not None else _LONG_AGO
