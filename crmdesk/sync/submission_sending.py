"""When which account's sealed calls go: woken by verbs, by time, and by a connection that is back. On the caller's
loop; the calls themselves are sent in the network thread, one at a time for an account, several accounts side by
side."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from crmdesk.core.errors import (
    CrmDeskError,
    ForbiddenError,
    KnownError,
    NotFoundError,
    RateLimitedError,
    StorageError,
)
from crmdesk.core.outbox import FARTHEST
from crmdesk.core.seams import Clock, iso
from crmdesk.core.submission import KEPT_MONTHS, Pause, SubmissionStage
from crmdesk.core.types import Account
from crmdesk.core.vendor import BatchSender, Vendor
from crmdesk.store import call_reads, calls, submissions
from crmdesk.store.commits import Touched
from crmdesk.store.database import driver_of
from crmdesk.store.driver import Driver
from crmdesk.store.effective import raw_of
from crmdesk.sync.capabilities import REMOVED
from crmdesk.sync.epochs import EpochGuard, OldFolderError
from crmdesk.sync.lanes import BACKOFF, LONGEST_WAIT, Lanes
from crmdesk.sync.submission_call import SIGN_IN, CallRun
from crmdesk.sync.submission_jobs import show_in_list

if TYPE_CHECKING:
    from crmdesk.core.submission import Call
    from crmdesk.store.database import Database
    from crmdesk.store.restarts import Recovered
    from crmdesk.sync.checks import Checks

log = logging.getLogger(__name__)

T = TypeVar("T")
SERIES = 1.0  # s in which calls follow each other at once, before others get the account's lane
MISTAKE = "crmdesk made a mistake with this call, so it was set aside. It was not sent."
UNREAD = "crmdesk made a mistake with the answer to a call. The answer is kept; nothing is sent again."


class Line(Protocol):
    """Runs work where HTTP lives (`sync.worker.NetworkThread`)."""

    async def run(self, factory: Callable[[], Any]) -> Any: ...


@dataclass
class Pace:
    """Of one submission in this run of the program. `rows`: done when sending began."""

    began: float
    rows: int
    calls: int = 0


class SubmissionSending(Lanes):
    """Owns the lanes. `recover` first: before that nothing is sent."""

    def __init__(
        self,
        database: Database,
        vendors: Mapping[str, Vendor],
        network: Line,
        clock: Clock,
        checks: Checks,
        guard: EpochGuard,
    ) -> None:
        super().__init__(database, clock, "sending of submissions", "sending of an account's calls")
        self._vendors, self._network = vendors, network
        self._checks, self._guard = checks, guard
        self._recovered: Recovered | None = None
        self._found: Recovered | None = None  # at a start whose answers could not all be settled yet
        self._recovering = asyncio.Lock()
        self.paces: dict[int, Pace] = {}
        self.went: Callable[[], object] = lambda: None  # told on the caller's loop that a call has gone
        self.kept_months = KEPT_MONTHS

    # ── life ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def aclose(self) -> None:
        """See `Lanes.aclose`."""
        await super().aclose()
        with suppress(StorageError):  # it was tried
            await self._keep_owed()

    def resume(self, account_ids: Iterable[int]) -> None:
        """The vendor answers again: what waits for these accounts goes now."""
        for account_id in account_ids:
            self._not_before.pop(account_id, None)
        self.wake()

    async def recover(self) -> Recovered:
        """Once in a run: how old the data folder is, and what was on its way when the program ended. StorageError."""
        async with self._recovering:
            if self._recovered is None:
                found = self._found = self._found or await self._guard.start()
                await self._settle_answered()
                if found.calls:  # they left behind those whose answers were just settled, which began the count anew
                    await self._write(lambda d, _: calls.count_at_least(d, found.calls))
                self._recovered, self._found = found, None
            return self._recovered

    async def _come_first(self) -> None:
        await self.recover()

    async def _settle_answered(self) -> None:
        """What the vendor answered before the program ended is read from the stored answers. An account that cannot be
        opened any more leaves its rows unknown."""
        for call in await self._database.read(lambda c: call_reads.answered(driver_of(c))):
            try:
                await self._network.run(partial(self._settle_there, call))
            except StorageError:
                raise
            except KnownError as error:
                unknown = partial(calls.put_unknown, call_id=call.id, words=error.title, now=iso(self._clock.now()))
                await self._write(unknown)

    async def _settle_there(self, call: Call) -> None:
        """In the network thread."""
        account = await self._checks.account(call.account_id)
        text = await self._database.read(lambda c: call_reads.answer_of(driver_of(c), call.id))
        await self._run_of(call, await self.sender_of(account)).settle(raw_of(text))

    def _run_of(self, call: Call, sender: BatchSender, go_on: Callable[[], bool] = lambda: False) -> CallRun:
        return CallRun(call, sender, self._database, self._clock, self._guard, go_on)

    async def tidy(self) -> int:
        """What ended `kept_months` ago goes. StorageError."""
        before = iso(self._clock.now() - timedelta(days=self.kept_months * 365 // 12 + 1))
        return await self._write(lambda d, t: submissions.tidy(d, t, before))

    # ── what is due ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _due_times(self) -> Mapping[int, str]:
        return await self._database.read(lambda c: call_reads.due_times(driver_of(c)))

    def _wait(self, account_id: int, at: str) -> float | None:
        """Seconds until the account's next call may go; None: not by time alone."""
        if self._checks.working_offline or self._ending:
            return None
        due = _seconds(at, self._clock.now()) if self._is_early(at) else 0.0
        held = self._not_before.get(account_id, 0.0) - self._clock.monotonic()
        return max(0.0, due, held)

    def _is_early(self, at: str) -> bool:
        """What seems to wait for longer than anything does was put off before the clock was set back: it may go. Where
        a vendor asked for more, the account itself waits, by the monotonic clock."""
        return 0 < _seconds(at, self._clock.now()) <= FARTHEST.total_seconds()

    async def _lane(self, account_id: int) -> None:
        """The account's calls one after the other, until none is due or something stops them."""
        while not (self._ending or self._checks.working_offline):
            try:
                went = await self._network.run(lambda: self._next_there(account_id))
            except OldFolderError as error:
                await self._hold(error)
                return
            except KnownError as error:
                await self._stopped(account_id, error)
                return
            except Exception:  # a mistake of ours: reported, and not repeated at once for ever
                self._unsure.add(account_id)
                self._not_before[account_id] = self._clock.monotonic() + BACKOFF[0]
                raise
            if not went:
                return
            self.went()

    async def _next_there(self, account_id: int) -> bool:
        """In the network thread: sends the account's next call, and those that may follow it at once; False where none
        may go. KnownError where nothing of the account can go now."""
        async with self._checks.lane(account_id):
            await self._sure(account_id)
            call = await self._database.read(lambda c: call_reads.next_call(driver_of(c), account_id))
            if call is None or self._is_early(call.next_at):
                return False
            try:
                account = await self._checks.account(account_id)
                run = self._run_of(call, await self.sender_of(account), await self._may_follow(account))
            except KnownError as error:
                await self._pause_for(call.submission_id, error)
                raise
            try:
                await self._all_of(run)
            finally:
                await run.scope.aclose()
        return True

    async def _may_follow(self, account: Account) -> Callable[[], bool]:
        """Whether the next call may go behind the last one at once. Not where what was sent is shown in the list first,
        and not for ever: others wait for the account, too."""
        access = await self._checks.open.access(account)
        until = self._clock.monotonic() + SERIES

        def may() -> bool:
            held = self._ending or self._checks.working_offline or self._checks.is_changing(account.id)
            return not held and access.jobs is None and self._clock.monotonic() < until

        return may

    async def _all_of(self, first: CallRun) -> None:
        """One call after the other, each claimed by the one before it."""
        following: CallRun | None = first
        before: Call | None = None
        while following is not None:
            run = following
            try:
                stops = await run.one()
            except StorageError:
                self._unsure.add(run.call.account_id)
                raise
            except (KnownError, asyncio.CancelledError):
                raise
            except CrmDeskError as error:
                if before is not None and error is run.trouble:
                    await self._set_aside(before, UNREAD)
                else:
                    await self._set_aside(run.call, MISTAKE)
                raise
            finally:
                if run.trouble is not None:
                    self._unsure.add(run.call.account_id)
            before, following = run.call, run.next
            if following is None:
                await self._show(run.call)
            if stops is not None:
                raise stops
            pace = self.paces.get(run.call.submission_id)
            if pace is not None:
                pace.calls += 1

    async def _show(self, call: Call) -> None:
        """In the network thread."""
        account = await self._checks.account(call.account_id)
        access = await self._checks.open.access(account)
        await show_in_list(self._database, self._vendors, access, account, call.id, self._clock)

    async def sender_of(self, account: Account, *, reading: bool = False) -> BatchSender:
        """In the network thread. ForbiddenError, also for an account that was removed, unless only for `reading`."""
        if not account.active and not reading:
            raise ForbiddenError(REMOVED)
        access = await self._checks.open.access(account)
        if access.batches is None:
            vendor = self._vendors.get(account.vendor)
            raise ForbiddenError((vendor.lacks.get("send") if vendor else "") or "This account takes no submissions.")
        return access.batches

    # ── what went wrong ──────────────────────────────────────────────────────────────────────────────────────────

    async def _sure(self, account_id: int) -> None:
        """What stands as being sent although nothing is out (its outcome could not be written) is unknown."""
        await self._keep_owed()
        if account_id not in self._unsure:
            return

        def run(driver: Driver, touched: Touched) -> None:
            for call_id in call_reads.in_flight(driver, account_id):
                calls.put_unknown(driver, touched, call_id, "Its outcome could not be stored.", iso(self._clock.now()))

        await self._write(run)
        await self._settle_own_answers(account_id)
        self._unsure.discard(account_id)

    async def _keep_owed(self) -> None:
        """Before the counter is raised anew. StorageError: then it is not."""
        if owed := self._guard.owed:
            await self._write(lambda d, _: calls.put_epoch(d, owed))
            self._guard.paid(owed)

    async def _settle_own_answers(self, account_id: int) -> None:
        for call in await self._database.read(lambda c: call_reads.answered(driver_of(c))):
            if call.account_id == account_id:
                await self._settle_there(call)

    async def _pause_for(self, submission_id: int, error: KnownError) -> None:
        """The account cannot even be opened."""
        if isinstance(error, StorageError):
            return
        pause = Pause.SIGN_IN if isinstance(error, SIGN_IN) else Pause.FORBIDDEN
        await self._pause(submission_id, pause, error.title, error.hint)

    async def _pause(self, submission_id: int, pause: Pause, words: str, hint: str = "") -> None:
        def run(driver: Driver, touched: Touched) -> None:
            one = submissions.get(driver, submission_id)
            if one.stage is SubmissionStage.SENDING:
                paused = replace(one, stage=SubmissionStage.PAUSED, pause=pause, words=words, hint=hint)
                submissions.put(driver, touched, paused)

        await self._write(run)

    async def _set_aside(self, call: Call, words: str) -> None:
        await self._pause(call.submission_id, Pause.FAULT, words, "Copy the details for the maintainers.")

    async def _hold(self, error: OldFolderError) -> None:
        """Another copy of this folder has sent something: everything here that looks unsent is in doubt."""
        log.warning("nothing is sent: %s", error.title)
        self._recovered = self._found = None
        await self.recover()

    async def _stopped(self, account_id: int, error: KnownError) -> None:
        """Nothing of this account can go now."""
        seconds = float(BACKOFF[0])
        if isinstance(error, RateLimitedError) and error.until is not None:
            seconds = min(max((error.until - self._clock.now()).total_seconds(), 1.0), LONGEST_WAIT.total_seconds())
        if isinstance(error, SIGN_IN):
            with suppress(NotFoundError):
                await self._checks.signed_out(await self._checks.account(account_id), error)
        self._not_before[account_id] = self._clock.monotonic() + seconds

    async def _write(self, fn: Callable[[Any, Any], T]) -> T:
        return await self._database.write(lambda c, t: fn(driver_of(c), t))


def _seconds(at: str, now: datetime) -> float:
    """Until `at`; 0 for '' and for a time nobody of ours wrote."""
    with suppress(ValueError, TypeError):
        return (datetime.fromisoformat(at) - now).total_seconds() if at else 0.0
    return 0.0
