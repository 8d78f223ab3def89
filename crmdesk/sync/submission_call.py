"""One call on its way to its vendor. Runs in the network thread, one call of an account at a time.

the counter beside the folder is raised ─► claim (SENDING, committed) ─► send, once ─► the raw answer, committed
    ─► settled row by row, committed
    ├─ certainly not sent ─► the same call waits, later again
    ├─ refused as a whole ─► nothing was done: a person says how it goes on
    └─ anything else ─► UNKNOWN: never sent again by itself

Where the answer has a clear word about each row, nothing but its storing stands between it and the account's next
call. Then one commit keeps the answer and claims that call, which leaves while the rows are settled. Whatever a person
or a rule decides by an outcome (a trial, a search, a doubt) is decided before.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from crmdesk.core.batch import BatchKind, BatchRow, RowOutcome, RowState
from crmdesk.core.errors import (
    BugError,
    ForbiddenError,
    InDoubtError,
    KnownError,
    OfflineError,
    RateLimitedError,
    RejectedError,
    SecretsError,
    ServerFaultError,
    SettingsError,
    SignInNeededError,
    StorageError,
)
from crmdesk.core.seams import Clock, gate, iso
from crmdesk.core.submission import Call, Pause, Purpose
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import Json
from crmdesk.core.vendor import BatchSender
from crmdesk.store import call_reads, calls, ledger, submissions, unsealed
from crmdesk.store.commits import Touched
from crmdesk.store.database import Connection, driver_of
from crmdesk.store.driver import Driver
from crmdesk.sync.gated import write_gated
from crmdesk.sync.lanes import BACKOFF, LONGEST_WAIT
from crmdesk.sync.sealing import hash_of, kind_of, seal_rows

if TYPE_CHECKING:
    from crmdesk.core.submission import Submission
    from crmdesk.store.database import Database
    from crmdesk.store.unsealed import Unsealed
    from crmdesk.sync.epochs import EpochGuard

log = logging.getLogger(__name__)

T = TypeVar("T")
KEPT_TRIES = (0.2, 1.0, 3.0)  # s; what the vendor has answered is written down again before it counts as unknown
PATIENCE = 0.05  # s; an answer is not kept from the disk for longer by what is only read to go on sooner
CUT = "The sending was cut short, and no answer came."
SIGN_IN = (SignInNeededError, SecretsError, SettingsError)
WAITS = (OfflineError, RateLimitedError)


@dataclass(frozen=True)
class _Ahead:
    """Read while a call is out: its rows, and the call that may follow it."""

    rows: Sequence[BatchRow]
    call: Call | None = None
    kind: str = ""


@dataclass
class CallRun:
    """A sealed call and the line it goes over. `go_on`: whether the account's next call may go behind it at once."""

    call: Call
    sender: BatchSender
    database: Database
    clock: Clock
    guard: EpochGuard
    go_on: Callable[[], bool] = lambda: False
    scope: TaskScope = field(default_factory=lambda: TaskScope(_awaited))  # of all calls that follow each other
    next: CallRun | None = None  # claimed already: whoever runs this one runs that one, too
    _known: BatchKind | None = None
    _behind: bool = False  # it was claimed with the answer of the call before
    _before: asyncio.Task[None] | None = None  # settles that one
    trouble: BaseException | None = None  # why what became of that one could not be written down

    async def one(self) -> KnownError | None:
        """Sends it and keeps what came of it; the error where nothing of this account can go for now. StorageError
        where that cannot be written down, OldFolderError where nothing at all may be sent. Afterwards `next` goes."""
        try:
            stops = await self._sent() if await self._claimed() else None
        finally:
            await self._wait_for_before()
        if self.trouble is not None:
            raise self.trouble
        return stops

    async def _sent(self) -> KnownError | None:
        looking = self.scope.start(self._look_ahead(), what="looking ahead")
        try:
            gate("submission.call.sending")
            answer = await self.sender.send(await self._kind(), self.call.body)
            gate("submission.call.answered")
        except (InDoubtError, ServerFaultError) as error:
            await self._unknown(error.title)
            return None
        except KnownError as error:
            return await self._not_sent(error)
        except (asyncio.CancelledError, Exception):  # bytes may have left
            await self._unknown(CUT)
            raise
        else:
            await self._answered(answer, looking)
            return None
        finally:
            if looking is not None:
                looking.cancel()  # nothing happens to what has ended

    async def _claimed(self) -> bool:
        """SENDING, committed before the first byte, with the number that the counter beside the folder has by now."""
        if self._behind:
            try:
                await asyncio.sleep(0)  # its write stands in line before this call's
            except asyncio.CancelledError:
                await self._back("", "")
                raise
            return True
        if hash_of(self.call.body) != self.call.hash:
            raise BugError("A stored call is not what was sealed.", "It was not sent.")
        epoch = self.guard.raise_for(self.call.token)
        try:
            return await self._write(
                "claimed", lambda d, t: calls.claim(d, t, self.call.id, epoch, iso(self.clock.now()))
            )
        except asyncio.CancelledError:  # it may be committed all the same, and nothing was sent
            self.guard.owe(epoch)
            await self._back("", "")
            raise
        except Exception:
            self.guard.owe(epoch)
            raise

    async def _kind(self) -> BatchKind:
        if self._known is None:
            one = await self.database.read(lambda c: submissions.get(driver_of(c), self.call.submission_id))
            self._known = kind_of(self.sender, one.kind)
        return self._known

    # ── the answer, and what follows it ──────────────────────────────────────────────────────────────────────────

    async def _look_ahead(self) -> _Ahead:
        """While the vendor is at work."""

        def read(connection: Connection) -> _Ahead:
            driver = driver_of(connection)
            rows = ledger.sealed_rows(driver, self.call.id)
            call = call_reads.next_call(driver, self.call.account_id)
            if call is None or call.next_at or not _plain(self.call) or not _plain(call):
                return _Ahead(rows)
            if hash_of(call.body) != call.hash:
                return _Ahead(rows)  # its own turn tells it to people
            return _Ahead(rows, call, submissions.get(driver, call.submission_id).kind)

        return await self.database.read(read)

    async def _answered(self, answer: Json, looking: asyncio.Task[_Ahead] | None) -> None:
        text = _text_of(answer)

        def keep(driver: Driver, touched: Touched) -> bool:
            return calls.keep_answer(driver, touched, self.call.id, text)

        try:
            following, outcomes = await self._follower(answer, looking)
        except asyncio.CancelledError:
            await self._surely("answer", keep)
            raise
        if following is None:
            if await self._surely("answer", keep):
                await self.settle(answer)
            return
        try:
            epoch = self.guard.raise_for(following.call.token)
        except Exception:  # nothing may follow; what was answered is kept all the same
            await self._surely("answer", keep)
            await self._settle_rows(outcomes)
            raise
        if await self._kept_and_claimed(text, following, epoch):
            following._before = self.scope.start(self._settle_rows(outcomes), what="settling of a call")
            following._behind, self.next = True, following
        else:
            await self._settle_rows(outcomes)

    async def _follower(
        self, answer: Json, looking: asyncio.Task[_Ahead] | None
    ) -> tuple[CallRun | None, Sequence[RowOutcome]]:
        """The call that may leave before the rows of this one are settled, with what will be settled; None where it
        depends on that."""
        try:
            await self._wait_for_before()
            if looking is not None:
                await asyncio.wait([looking], timeout=PATIENCE)
            if looking is None or not looking.done() or self.trouble is not None or not self.go_on():
                return None, ()
            ahead = looking.result()
            if ahead.call is None:
                return None, ()
            following = CallRun(ahead.call, self.sender, self.database, self.clock, self.guard, self.go_on, self.scope)
            following._known = kind_of(self.sender, ahead.kind)
            kind = await self._kind()
        except KnownError as error:
            log.info("no call follows at once: %s", error.title)
            return None, ()
        except Exception:  # a mistake of ours must not cost the answer
            log.exception("looking ahead failed")
            return None, ()
        outcomes = _outcomes(self.sender, kind, ahead.rows, answer)
        told = calls.all_told([row.uid for row in ahead.rows], outcomes)
        return (following, outcomes) if told else (None, ())

    async def _kept_and_claimed(self, text: bytes, following: CallRun, epoch: int) -> bool:
        """The answer is kept, and `following` claimed in the same commit; False where that may not go."""

        def keep(driver: Driver, touched: Touched) -> bool:
            calls.put_epoch(driver, epoch)  # the counter beside the folder was raised, whatever happens here
            return calls.keep_answer(driver, touched, self.call.id, text)

        def run(driver: Driver, touched: Touched) -> bool:
            now = iso(self.clock.now())
            return keep(driver, touched) and calls.claim(driver, touched, following.call.id, epoch, now)

        try:
            return await self._write("answer", run)
        except asyncio.CancelledError:  # both may be committed all the same, and the second was not sent
            await self._surely("answer", keep)
            await following._back("", "")
            raise
        except KnownError as error:
            log.info("a call does not follow at once: %s", error.title)
        except Exception:  # a mistake of ours must not cost the answer; the call's own turn tells it to people
            log.exception("a call could not be claimed behind another")
        self.guard.owe(epoch)
        await self._surely("answer", keep)
        await following._back("", "")  # committed all the same, where it failed behind the commit
        return False

    async def _wait_for_before(self) -> None:
        """What became of the call before this one is written down before anything is about this one."""
        cancelled = False
        while self._before is not None and not self._before.done():
            try:
                await asyncio.wait([self._before])
            except asyncio.CancelledError:
                cancelled = True
        if self._before is not None and not self._before.cancelled():
            self.trouble = self._before.exception()
        self._before = None
        if cancelled:
            raise asyncio.CancelledError

    # ── what became of it ────────────────────────────────────────────────────────────────────────────────────────

    async def settle(self, answer: Json) -> None:
        """May be done again: what is settled already stays as it is."""
        rows = await self.database.read(lambda c: ledger.sealed_rows(driver_of(c), self.call.id))
        await self._settle_rows(_outcomes(self.sender, await self._kind(), rows, answer))

    async def _settle_rows(self, outcomes: Sequence[RowOutcome]) -> None:
        now = iso(self.clock.now())
        await self._surely("settled", lambda d, t: calls.settle(d, t, self.call.id, outcomes, now))

    async def _unknown(self, words: str) -> None:
        now = iso(self.clock.now())
        await self._surely("unknown", lambda d, t: calls.put_unknown(d, t, self.call.id, words, now))

    async def _not_sent(self, error: KnownError) -> KnownError | None:
        """The vendor has certainly done nothing."""
        if isinstance(error, SIGN_IN):
            await self._back(error.title, "", Pause.SIGN_IN, error.hint)
            return error
        if isinstance(error, ForbiddenError):
            await self._back(error.title, "", Pause.FORBIDDEN, error.hint)
            return error
        if isinstance(error, WAITS):
            await self._back(error.title, iso(self.clock.now() + self._wait(error)))
            return error
        if isinstance(error, StorageError):
            await self._back(error.title, iso(self.clock.now() + timedelta(seconds=BACKOFF[0])))
            raise error
        await self._refused(error)
        return None

    def _wait(self, error: KnownError) -> timedelta:
        until = getattr(error, "until", None)
        if isinstance(until, datetime):
            return min(max(until - self.clock.now(), timedelta(seconds=1)), LONGEST_WAIT)
        return timedelta(seconds=BACKOFF[min(self.call.tries, len(BACKOFF) - 1)])

    async def _refused(self, error: KnownError) -> None:
        halves: Sequence[calls.Sealed] = ()
        if self.call.purpose is Purpose.HALF and self.call.rows > 1:
            halves = await self._halves()
        words, now = _words(error), iso(self.clock.now())
        await self._surely(
            "refused", lambda d, t: calls.put_refused(d, t, self.call.id, words, error.hint, now, halves)
        )

    async def _halves(self) -> Sequence[calls.Sealed]:
        """Of a call that a person wanted searched; nothing where they cannot be made, then that person is asked."""
        try:
            return await halves_of(self.database, self.sender, self.call.id)
        except KnownError as error:
            log.warning("a call cannot be halved: %s", error.title)
            return ()

    async def _back(self, words: str, next_at: str, pause: Pause = Pause.NONE, hint: str = "") -> None:
        now = iso(self.clock.now())
        await self._surely("back", lambda d, t: calls.put_back(d, t, self.call.id, words, next_at, now, pause, hint))

    # ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _write(self, step: str, fn: Callable[[Any, Any], T]) -> T:
        """One commit between two gates."""
        return await write_gated(self.database, f"submission.{step}", lambda c, t: fn(driver_of(c), t))

    async def _surely(self, step: str, fn: Callable[[Any, Any], T]) -> T:
        """Written down even where a full disk or a cancellation is in the way; each of the steps may be done twice."""
        try:
            await self._wait_for_before()
        except asyncio.CancelledError:
            await self._write(step, fn)
            raise
        for pause in KEPT_TRIES:
            try:
                return await self._write(step, fn)
            except StorageError as error:
                log.warning("what became of a call could not be stored: %s", error.title)
                await asyncio.sleep(pause)
            except asyncio.CancelledError:
                await self._write(step, fn)
                raise
        return await self._write(step, fn)


async def halves_of(database: Database, sender: BatchSender, call_id: int) -> list[calls.Sealed]:
    """Two calls in the place of a refused one; one where it has a single row. KnownError."""

    def read(connection: Connection) -> tuple[Submission, list[Unsealed]]:
        driver = driver_of(connection)
        ids = [row.id for row in submissions.rows_of_call(driver, call_id)]
        found = call_reads.get(driver, call_id)
        if found is None:
            raise ForbiddenError("This call is no longer here.")
        return submissions.get(driver, found.submission_id), unsealed.by_ids(driver, ids)

    one, rows = await database.read(read)
    half = (len(rows) + 1) // 2
    sizes = [size for size in (half, len(rows) - half) if size]
    return await seal_rows(sender, kind_of(sender, one.kind), rows, sizes, one.request, purpose=Purpose.HALF)


def _plain(call: Call) -> bool:
    """Nobody waits for its outcome before the next one goes, unless there is a doubt in it."""
    return call.purpose is Purpose.PLAIN


def _awaited(_what: str, _error: BaseException) -> None:
    """Who awaits it says so."""


def _outcomes(sender: BatchSender, kind: BatchKind, rows: Sequence[BatchRow], answer: Json) -> Sequence[RowOutcome]:
    """A mistake of ours in reading an answer must not leave it unread for ever."""
    try:
        return sender.settle(kind, rows, answer)
    except Exception:
        log.exception("an answer could not be settled")
        return [RowOutcome(row.uid, RowState.IN_DOUBT, text="The answer could not be read.") for row in rows]


def _text_of(answer: Json) -> bytes:
    """As JSON that UTF-8 can hold."""
    return json.dumps(answer, ensure_ascii=True, default=str).encode()


def _words(error: KnownError) -> str:
    """What the vendor says, for people."""
    problems = error.problems[:5] if isinstance(error, RejectedError) else ()
    return " ".join((error.title, *(problem.text for problem in problems))).strip()
