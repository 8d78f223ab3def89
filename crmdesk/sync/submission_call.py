"""One call on its way to its vendor. Runs in the network thread, one call of an account at a time.

the counter beside the folder is raised ─► claim (SENDING, committed) ─► send, once ─► the raw answer, committed
    ─► settled row by row, committed
    ├─ certainly not sent ─► the same call waits, later again
    ├─ refused as a whole ─► nothing was done: a person says how it goes on
    └─ anything else ─► UNKNOWN: never sent again by itself
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
from crmdesk.core.types import Json
from crmdesk.core.vendor import BatchSender
from crmdesk.store import call_reads, calls, ledger, submissions, unsealed
from crmdesk.store.database import driver_of
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
CUT = "The sending was cut short, and no answer came."
SIGN_IN = (SignInNeededError, SecretsError, SettingsError)
WAITS = (OfflineError, RateLimitedError)


@dataclass
class CallRun:
    """A sealed call and the line it goes over."""

    call: Call
    sender: BatchSender
    database: Database
    clock: Clock
    guard: EpochGuard
    _known: BatchKind | None = None

    async def one(self) -> KnownError | None:
        """Sends it and keeps what came of it; the error where nothing of this account can go for now. StorageError
        where that cannot be written down, OldFolderError where nothing at all may be sent."""
        if hash_of(self.call.body) != self.call.hash:
            raise BugError("A stored call is not what was sealed.", "It was not sent.")
        if not await self._claimed():
            return None
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
        if await self._surely("answer", lambda d, t: calls.keep_answer(d, t, self.call.id, _text_of(answer))):
            await self.settle(answer)
        return None

    async def _claimed(self) -> bool:
        """SENDING, committed before the first byte, with the number that the counter beside the folder has by now."""
        epoch = self.guard.raise_for(self.call.token)
        try:
            claimed = await self._write(
                "claimed", lambda d, t: calls.claim(d, t, self.call.id, epoch, iso(self.clock.now()))
            )
        except asyncio.CancelledError:  # it may be committed all the same, and nothing was sent
            await self._back("", "")
            raise
        return claimed is not None

    async def _kind(self) -> BatchKind:
        if self._known is None:
            one = await self.database.read(lambda c: submissions.get(driver_of(c), self.call.submission_id))
            self._known = kind_of(self.sender, one.kind)
        return self._known

    # ── what became of it ────────────────────────────────────────────────────────────────────────────────────────

    async def settle(self, answer: Json) -> None:
        """May be done again: what is settled already stays as it is."""
        rows = await self.database.read(lambda c: ledger.sealed_rows(driver_of(c), self.call.id))
        outcomes = _outcomes(self.sender, await self._kind(), rows, answer)
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

    def read(connection: Any) -> tuple[Submission, list[Unsealed]]:
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
