"""Checks of the accounts: by schedule and on demand, one at a time for an account, several accounts side by side."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crmdesk.core.batch import BatchRow, RowOutcome
from crmdesk.core.errors import ForbiddenError, KnownError, NotFoundError, StorageError
from crmdesk.core.said import said, together
from crmdesk.core.seams import Clock
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import Account, AccountState, Json, Summary
from crmdesk.core.vendor import ContactSource, JobSource, Vendor
from crmdesk.sync.accounts import OpenAccounts, contacts_of, is_local
from crmdesk.sync.capabilities import REMOVED
from crmdesk.sync.outcome import Job, PullResult, Removals, ended_badly, ended_ready
from crmdesk.sync.progress import Connection, Phase, Progress, StatusBoard, clock_text, remembered
from crmdesk.sync.schedule import Schedule, Timetable
from crmdesk.sync.shelf import SecretShelf
from crmdesk.sync.stamps import Stamps
from crmdesk.sync.worker import NetworkThread

if TYPE_CHECKING:
    from crmdesk.store.database import Database

log = logging.getLogger(__name__)

AGAIN = "It will be tried again."  # ends the hint of errors that pass by themselves
AT_ONCE = 2  # accounts pulled at the same time: the writer is one, and the window stays light


class Checks:
    """Owns every running check, the timetable, and the connection word on the board. Used on one loop."""

    def __init__(
        self,
        database: Database,
        vendors: Mapping[str, Vendor],
        network: NetworkThread,
        board: StatusBoard,
        clock: Clock,
        transports: Mapping[str, Any],
        timetable: Timetable,
        shelf: SecretShelf,
        *,
        working_offline: bool,
    ) -> None:
        self.open = OpenAccounts(shelf, vendors, transports)
        self.working_offline = working_offline
        self.timetable = timetable
        self.removals: dict[int, Removals] = {}
        self._database = database
        self._vendors = vendors
        self._network = network
        self._board = board
        self._clock = clock
        self._transports = transports
        self._scope = TaskScope(_report)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._pulls: dict[int, asyncio.Task[PullResult]] = {}
        self._offline: set[int] = set()  # accounts whose last check found no connection
        self._practice: dict[int, bool] = {}  # active accounts that are checked; True: not the real vendor
        self._lanes: dict[int, asyncio.Lock] = {}  # of the network thread's loop
        self._changing: set[int] = set()  # accounts that are being changed: no check of them begins
        self._recovered: set[int] = set()
        self._halted = False  # the data file could not be written
        self.stamps = Stamps()
        self.ended: Callable[[PullResult], object] = lambda _result: None  # told how each check ended
        self.known: dict[int, Account] = {}
        self._schedule = Schedule(timetable, self.begin)
        self._show_connection()

    # ── life ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        self._scope.start(self._keep_checking(), what="checking by schedule", key="schedule", if_busy="keep")

    async def aclose(self) -> None:
        await self._scope.aclose()

    async def _keep_checking(self) -> None:
        accounts = await self.accounts()
        for account in accounts:
            self.know(account)
            if account.id not in self._pulls:
                self._board.put(remembered(account, self._vendors.get(account.vendor)))
        if not self.working_offline:
            self.timetable.begin(known for known in self._practice if known not in self._pulls)
        await self._network.run(lambda: self._recover_all(accounts))
        await self._schedule.run()

    async def _recover_all(self, accounts: Sequence[Account]) -> None:
        """What an earlier run was sending when it ended is not shown as being sent. In the network thread."""
        for account in accounts:
            vendor = self._vendors.get(account.vendor)
            if vendor is not None and "send" not in vendor.lacks:
                async with self.lane(account.id):
                    await self._recover(account, vendor.summarise)

    def set_working_offline(self, offline: bool) -> None:
        self.working_offline = offline
        if offline:
            self.timetable.hold()
            for account_id in list(self._pulls):
                self.cancel(account_id)
        else:
            self.timetable.begin(self._practice)
        self._show_connection()
        self._schedule.wake()

    # ── accounts ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def accounts(self) -> list[Account]:
        from crmdesk.store import accounts

        found = await self._database.read(accounts.accounts)
        self.known = {account.id: account for account in found}
        return found

    async def account(self, account_id: int) -> Account:
        """NotFoundError if it was removed."""
        from crmdesk.store import accounts

        found = await self._database.read(lambda c: accounts.account(c, account_id))
        if found is None:
            raise NotFoundError("This account no longer exists.", "Choose another one.")
        self.known[account_id] = found
        return found

    def know(self, account: Account) -> None:
        """An account as it is now; decides whether the status bar says *Practice*."""
        self.known[account.id] = account
        if not self.lists(account):
            self._board.put(remembered(account, self._vendors.get(account.vendor)))
        elif account.active:
            self._practice[account.id] = account.vendor in self._transports or is_local(account.base_url)
            self.timetable.pause(account.id, account.paused)
        self._show_connection()

    def lists(self, account: Account) -> bool:
        """False for accounts of vendors that are only written to: there is nothing to check. Of an unknown vendor the
        check says so itself."""
        vendor = self._vendors.get(account.vendor)
        return vendor is None or vendor.lists

    def forget(self, account_id: int) -> None:
        """The account was removed."""
        self.known.pop(account_id, None)
        self._practice.pop(account_id, None)
        self.removals.pop(account_id, None)
        self._offline.discard(account_id)
        self.timetable.remove(account_id)
        self._board.forget(account_id)
        self._show_connection()

    # ── one check ────────────────────────────────────────────────────────────────────────────────────────────────

    def soon(self, account_id: int) -> None:
        """By the schedule, as its next step; an account with nothing to check is left alone."""
        if not self.working_offline and account_id in self._practice:
            self.timetable.soon(account_id)
            self._schedule.wake()

    def pause(self, account: Account) -> None:
        """Takes over what `account` says: no more checks by themselves, or again, beginning now."""
        self.know(account)
        if account.paused:
            self._unplanned(account.id)
        else:
            self.soon(account.id)
        self._schedule.wake()

    async def pull(self, account_id: int, *, full: bool = False) -> PullResult:
        """Now, forgetting its backoff; joins a check that runs. Cancelling the caller leaves the check running.

        NotFoundError for an account that was removed."""
        if not self.lists(await self.account(account_id)):
            return PullResult(account_id, Phase.READY)
        self.timetable.soon(account_id)
        task = self.begin(account_id, full=full)
        if task is None:
            return PullResult(account_id, Phase.STOPPED)
        await asyncio.wait([task])
        return PullResult(account_id, Phase.STOPPED) if task.cancelled() else task.result()

    def begin(self, account_id: int, *, full: bool = False) -> asyncio.Task[PullResult] | None:
        """The account's running check, or a new one; None once closed, and while the account is being changed."""
        if (running := self._pulls.get(account_id)) is not None:
            return running
        if account_id in self._changing:
            return None
        self.timetable.started(account_id)
        task = self._scope.start(self._in_turn(account_id, full), what="check of an account", key=account_id)
        if task is not None:
            self._pulls[account_id] = task
            task.add_done_callback(lambda _: self._pulls.pop(account_id, None))
        return task

    def is_changing(self, account_id: int) -> bool:
        """Nothing further of the account begins: it waits for what is under way."""
        return account_id in self._changing

    def cancel(self, account_id: int) -> None:
        """The board says *Stopping…* at once."""
        task = self._pulls.get(account_id)
        if task is not None and not task.done():
            self._board.put(replace(self._board.of(account_id), phase=Phase.STOPPING, text="Stopping…", hint=""))
            task.cancel()

    async def change(self, account_id: int, step: Callable[[], Awaitable[object]]) -> None:
        """Stops the account's check, waits for what is being sent (its outcome is to be kept), and does `step` in the
        network thread while nothing else of the account runs there. Its connections and sessions are closed before
        and after."""
        self._changing.add(account_id)
        try:
            self.cancel(account_id)
            if (task := self._pulls.get(account_id)) is not None:
                await asyncio.wait([task])
            await self._network.run(lambda: self._alone(account_id, step))
        except Exception:
            self.soon(account_id)  # a check that was due meanwhile was not begun, and the caller plans none
            raise
        finally:
            self._changing.discard(account_id)

    async def signed_out(self, account: Account, error: KnownError) -> None:
        """The vendor no longer takes the account's sign-in, as a change that was to be sent found out."""
        from crmdesk.store import accounts

        result = PullResult(account.id, Phase.SIGN_IN, error=error)
        self._board.put(result.progress(Phase.SIGN_IN, error.title, error.hint))
        self.timetable.note(result)
        await self._database.write(lambda c, t: accounts.set_state(c, t, account.id, AccountState.SIGN_IN, error.title))

    async def _alone(self, account_id: int, step: Callable[[], Awaitable[object]]) -> None:
        """In the network thread."""
        async with self.lane(account_id):
            await self.open.close(account_id)
            try:
                await step()
            finally:
                await self.open.close(account_id)  # somebody may have asked about a contact meanwhile

    async def _in_turn(self, account_id: int, full: bool) -> PullResult:
        try:
            async with self._slots:
                result = await self._now(account_id, full)
        except asyncio.CancelledError:
            self._cancelled(account_id)
            raise
        except KnownError as error:  # the account could not even be read
            result = PullResult(account_id, Phase.FAILED, error=error)
            self._board.put(result.progress(Phase.FAILED, error.title, error.hint))
        except Exception:
            self.timetable.note(PullResult(account_id, Phase.FAILED))  # our mistake; the next check may go well
            self._schedule.wake()
            raise
        self._ended(result)
        return result

    async def _now(self, account_id: int, full: bool) -> PullResult:
        account = await self.account(account_id)
        self.know(account)
        if self.working_offline or not account.active:
            return PullResult(account_id, Phase.STOPPED)
        return await self._network.run(lambda: self._there(account, full))

    async def _there(self, account: Account, full: bool) -> PullResult:
        """In the network thread."""
        from crmdesk.sync.pull import pull

        vendor = self._vendors.get(account.vendor)

        async def source() -> ContactSource:
            return contacts_of(access, account)

        job = Job(
            account=account,
            vendor_title=vendor.title if vendor else account.title,
            open=source,
            database=self._database,
            summarise=vendor.summarise if vendor else _nothing,
            board=self._board,
            clock=self._clock,
            full=full,
            removals=self.removals.get(account.id, Removals()),
            vendor=vendor,
            stamps=self.stamps,
        )
        try:
            access = await self.open.access(account)
            if access.contacts is None and access.jobs is not None:
                return await self._look_up(job, access.jobs)
        except KnownError as error:
            return await ended_badly(job, PullResult(account.id), error)
        return await pull(job)

    async def _look_up(self, job: Job, jobs: JobSource) -> PullResult:
        """Of a vendor without a list: what became of what was sent there. KnownError."""
        from crmdesk.sync.sent import look_up

        self._board.put(
            Progress(job.account.id, Phase.CONNECTING, text=said("Asking {vendor}…", vendor=job.vendor_title))
        )
        async with self.lane(job.account.id):
            await self._recover(job.account, job.summarise)
            changed = await look_up(self._database, jobs, job.account, summarise=job.summarise, clock=self._clock)
        return await ended_ready(job, PullResult(job.account.id, changed=changed))

    # ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def push(self, account_id: int, rows: Sequence[BatchRow], request: Mapping[str, Any]) -> list[RowOutcome]:
        """See `sent.push_contacts`. In the network thread; one push, look-up or change at a time for an account."""
        from crmdesk.sync.sent import push_contacts

        async with self.lane(account_id):
            account = await self.account(account_id)  # as it is now: it may have been changed while this waited
            if not account.active:
                raise ForbiddenError(REMOVED)
            access = await self.open.access(account)
            vendor = self._vendors[account.vendor]
            if access.batches is None:
                raise ForbiddenError(vendor.lacks.get("send", said("{vendor} takes no contacts.", vendor=vendor.title)))
            await self._recover(account, vendor.summarise)
            return await push_contacts(
                self._database,
                access.batches,
                account,
                rows,
                request,
                summarise=vendor.summarise,
                clock=self._clock,
            )

    def lane(self, account_id: int) -> asyncio.Lock:
        """Whoever changes the account or sends to its vendor goes through here. In the network thread."""
        return self._lanes.setdefault(account_id, asyncio.Lock())

    async def _recover(self, account: Account, summarise: Callable[[Json], Summary]) -> None:
        """Once in a run, before anything else of the account: what an earlier run was sending is marked unknown."""
        from crmdesk.sync.sent import recover

        if account.id not in self._recovered:
            await recover(self._database, account, summarise=summarise, clock=self._clock)
            self._recovered.add(account.id)

    # ── after it ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _cancelled(self, account_id: int) -> None:
        """Also where the check was cancelled before it had begun."""
        stopped = PullResult(account_id, Phase.STOPPED)
        self.timetable.note(stopped)
        if self.working_offline or self._halted:
            self.timetable.hold()
        if self._board.of(account_id).phase is not Phase.STOPPED:
            self._board.put(stopped.progress(Phase.STOPPED, "Stopped."))
        self._schedule.wake()

    def _ended(self, result: PullResult) -> None:
        """Plans the next check and says when it is."""
        account_id = result.account_id
        if result.phase is Phase.DONE:
            self.removals.pop(account_id, None)
        if result.phase is Phase.OFFLINE:
            self._offline.add(account_id)
        elif result.phase is not Phase.STOPPED:
            self._offline.discard(account_id)
        self._show_connection()
        if isinstance(result.error, StorageError):
            self._halt(account_id)
        elif self._halted and result.phase is not Phase.STOPPED:
            self._halted = False
            self.timetable.begin(self._practice)
        self._announce(result, self.timetable.note(result))
        self._schedule.wake()
        self.ended(result)

    def _halt(self, account_id: int) -> None:
        """The data file cannot be written: this account tries again later, the others wait until that went well."""
        self._halted = True
        self.timetable.hold()
        for other in list(self._pulls):
            if other != account_id:
                self.cancel(other)

    def _announce(self, result: PullResult, seconds: float | None) -> None:
        shown = self._board.of(result.account_id)
        if self.timetable.paused(result.account_id):
            self._unplanned(result.account_id)
        if seconds is None or shown.phase is not result.phase:
            return
        at = self._clock.now() + timedelta(seconds=seconds)
        if result.phase in (Phase.OFFLINE, Phase.FAILED):
            again = said("It will be tried again at {time}.", time=clock_text(at, self._clock.now()))
            hint = shown.hint.removesuffix(AGAIN).strip()  # the same without a time
            shown = replace(shown, retry_at=at, hint=together(hint, again))
        self._board.put(replace(shown, next_at=at))

    def _unplanned(self, account_id: int) -> None:
        """Of a paused account nothing is said that tells when it goes on."""
        shown = self._board.of(account_id)
        hint = "" if shown.phase in (Phase.OFFLINE, Phase.FAILED, Phase.WAITING) else shown.hint
        self._board.put(replace(shown, next_at=None, retry_at=None, hint=hint))

    def _show_connection(self) -> None:
        """The word of the status bar. One account that answers is enough to be online."""
        if self.working_offline:
            self._board.connection = Connection.WORKING_OFFLINE
        elif self._offline and all(one in self._offline or self.timetable.paused(one) for one in self._practice):
            self._board.connection = Connection.OFFLINE
        elif self._practice and all(self._practice.values()):
            self._board.connection = Connection.PRACTICE
        else:
            self._board.connection = Connection.ONLINE


def _nothing(_raw: Json) -> Summary:
    """Of a vendor that this version does not know; its account cannot be opened, so this is never asked."""
    return Summary()


def _report(what: str, error: BaseException) -> None:
    log.error("%s failed", what, exc_info=error)
