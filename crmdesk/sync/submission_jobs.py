"""What a vendor queued is asked for until it has ended: ACCEPTED rows become SENT, FAILED or UNKNOWN.

    job under way ─► asked again, less and less often; GIVE_UP later ─► UNKNOWN
    job failed ─► FAILED                 job no longer known ─► UNKNOWN
    job done ─► each row is looked for at the vendor: there ─► SENT, *verified*; not there ─► FAILED, or UNKNOWN where
                sending it again could book something twice; where the vendor cannot be asked ─► SENT, *not verified*

Nothing here sends anything. On the caller's loop; requests are made in the network thread, in the account's lane.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from crmdesk.core.batch import BatchKind, BatchRow, Found, Job, JobState
from crmdesk.core.errors import (
    KnownError,
    NotFoundError,
    OfflineError,
    RateLimitedError,
    ServerFaultError,
    StorageError,
)
from crmdesk.core.said import said, said_of
from crmdesk.core.seams import Clock
from crmdesk.core.submission import Row, RowStage, Submission
from crmdesk.core.types import Account
from crmdesk.core.vendor import Access, Vendor
from crmdesk.store import call_reads, job_rows, submissions
from crmdesk.store.database import driver_of
from crmdesk.store.driver import Driver
from crmdesk.store.job_rows import OpenJob, Told
from crmdesk.sync.gated import write_gated
from crmdesk.sync.rounds import LONGEST_SLEEP, Questions
from crmdesk.sync.sealing import kind_of
from crmdesk.sync.sent import GIVE_UP, GONE, NO_PURCHASE, TOO_LONG, show_call

if TYPE_CHECKING:
    from crmdesk.store.database import Database
    from crmdesk.sync.checks import Checks
    from crmdesk.sync.submission_sending import Line

log = logging.getLogger(__name__)

STEPS = (5.0, 10.0, 20.0, 40.0, 60.0, 120.0, 300.0, 600.0)  # s between questions about one job
AT_ONCE = 50  # rows that are looked for before others get the account's lane
VERIFIED = "Verified: the vendor has it."
NOT_VERIFIED = "Processed, but not verified: the vendor could not be asked for it."
NOT_THERE = "The vendor has processed the call, but does not have this with these values."
SEVERAL = "The vendor has this more than once."
_LATER = (OfflineError, RateLimitedError, ServerFaultError, StorageError)


@dataclass
class _Asked:
    """Of one open job, in this run. `at`: monotonic, of the next question."""

    at: float
    times: int = 0


class JobWatch(Questions):
    """Owns the questions about open jobs."""

    def __init__(
        self, database: Database, vendors: Mapping[str, Vendor], network: Line, clock: Clock, checks: Checks
    ) -> None:
        super().__init__("questions about jobs", checks)
        self._database, self._vendors, self._network, self._clock = database, vendors, network, clock
        self._asked: dict[tuple[int, str], _Asked] = {}
        self._round = asyncio.Lock()

    async def ask_due(self) -> float:
        """See `Questions.ask_due`."""
        return await self.ask()

    # ── rounds ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def ask(self, only: Collection[int] | None = None) -> float:
        """Asks for every open job whose time has come, one after the other; seconds until the next is due. `only`:
        submissions whose jobs are asked for now, whatever the time. StorageError."""
        async with self._round:
            found = await self._database.read(lambda c: job_rows.open_jobs(driver_of(c)))
            known = {(job.call_id, job.job) for job in found}
            self._asked = {name: asked for name, asked in self._asked.items() if name in known}
            for job in found:
                if self._is_due(job, only):
                    await self._one(job)
            now = self._clock.monotonic()
            return max(0.5, min((asked.at - now for asked in self._asked.values()), default=LONGEST_SLEEP))

    def _is_due(self, job: OpenJob, only: Collection[int] | None) -> bool:
        asked = self._asked.setdefault((job.call_id, job.job), _Asked(self._clock.monotonic() + STEPS[0]))
        if only is not None:
            return job.submission_id in only
        return asked.at <= self._clock.monotonic()

    async def _one(self, job: OpenJob) -> None:
        asked = self._asked[job.call_id, job.job]
        ended = False
        try:
            ended = await self._network.run(lambda: self._ask_there(job))
        except StorageError:
            raise
        except KnownError as error:
            log.info("a job could not be asked for: %s", error.title)
        asked.times += 1
        asked.at = self._clock.monotonic() + STEPS[min(asked.times, len(STEPS) - 1)]
        if ended:
            self._asked.pop((job.call_id, job.job), None)

    # ── one job, in the network thread ───────────────────────────────────────────────────────────────────────────

    async def _ask_there(self, job: OpenJob) -> bool:
        """True where it has ended. KnownError where nothing can be said now."""
        async with self._checks.lane(job.account_id):
            account = await self._checks.account(job.account_id)
            access = await self._checks.open.access(account)
            if access.jobs is None or not account.active:
                return False
            try:
                answer = await access.jobs.job(job.job)
            except NotFoundError:
                answer = None
        if answer is not None and answer.state is JobState.RUNNING and not _too_old(job.sent_at, self._clock.now()):
            return False
        one, rows, size = await self._database.read(lambda c: _state(driver_of(c), job))
        if answer is not None and answer.state is JobState.DONE:
            told = await self._done(job, answer, one, rows, size)
        else:
            told = [_without_look(answer, row) for row in rows]
        await write_gated(self._database, "submission.job", lambda c, t: job_rows.settle(driver_of(c), t, job, told))
        await show_in_list(self._database, self._vendors, access, account, job.call_id, self._clock)
        return True

    async def _done(self, job: OpenJob, answer: Job, one: Submission, rows: Sequence[Row], size: int) -> list[Told]:
        """`size`: rows of the whole call. KnownError where it cannot be asked now."""
        found, kind = await self._look(job.account_id, one, rows)
        shared = bool(kind is not None and kind.shared and one.request.get(kind.shared[0]))
        told = []
        for row in rows:
            booked = shared or bool(kind is not None and kind.alone and row.values.get(kind.alone))
            stage, text, remote_id = _verdict(found.get(row.uid), booked=booked)
            counted = _miscounted(answer, size, booked=booked)
            told.append(Told(row.id, stage, answer.word, f"{text} {counted}".strip(), remote_id))
        return told

    async def _look(
        self, account_id: int, one: Submission, rows: Sequence[Row]
    ) -> tuple[Mapping[str, tuple[Found, ...]], BatchKind | None]:
        """By uid what the vendor has; nothing of rows that cannot be looked up."""
        found: dict[str, tuple[Found, ...]] = {}
        kind = None
        since = _moment(one.sent_at, self._clock.now())
        for start in range(0, len(rows), AT_ONCE):
            asked = [BatchRow(row.uid, row.values) for row in rows[start : start + AT_ONCE]]
            async with self._checks.lane(account_id):
                access = await self._checks.open.access(await self._checks.account(account_id))
                if access.batches is None:
                    break
                kind = kind_of(access.batches, one.kind)
                if access.finder is None or access.finder.lacks(kind):
                    break
                try:
                    found |= await access.finder.find(kind, asked, since)
                except _LATER:
                    raise
                except KnownError as error:
                    log.info("rows could not be looked for: %s", error.title)
                    break
        return found, kind


def _state(driver: Driver, job: OpenJob) -> tuple[Submission, list[Row], int]:
    """The submission, the rows that wait for the job, and how many the whole call had."""
    call = call_reads.get(driver, job.call_id)
    return submissions.get(driver, job.submission_id), job_rows.waiting(driver, job), call.rows if call else job.rows


def _verdict(hits: tuple[Found, ...] | None, *, booked: bool) -> tuple[RowStage, str, str]:
    """Stage, words and the vendor's id of a row whose job is done. `booked`: a purchase went with it, which might be
    booked twice if it is sent again."""
    if hits is None:
        return RowStage.SENT, NOT_VERIFIED, ""
    if len(hits) == 1:
        return RowStage.SENT, VERIFIED, hits[0].remote_id
    if hits:
        return RowStage.UNKNOWN, SEVERAL, ""
    return RowStage.UNKNOWN if booked else RowStage.FAILED, NOT_THERE, ""


def _without_look(answer: Job | None, row: Row) -> Told:
    """What is not known, or took too long, or failed as a whole."""
    if answer is None:
        return Told(row.id, RowStage.UNKNOWN, row.code, GONE)
    if answer.state is JobState.RUNNING:
        return Told(row.id, RowStage.UNKNOWN, answer.word, TOO_LONG)
    return Told(row.id, RowStage.FAILED, answer.word, said("The vendor says: {word}.", word=answer.word))


def _miscounted(job: Job, rows: int, *, booked: bool) -> str:
    """What the vendor counted otherwise than was sent; '' where it fits or is not told."""
    if booked and job.purchases == 0:
        return NO_PURCHASE
    if job.contacts is not None and job.contacts != rows:
        return said_of(
            rows,
            "The vendor counted {contacts} of 1 row in this job.",
            "The vendor counted {contacts} of {n} rows in this job.",
            contacts=job.contacts,
        )
    return ""


def _moment(at: str, now: datetime) -> datetime:
    with suppress(ValueError):
        found = datetime.fromisoformat(at)
        if found.tzinfo is not None:
            return min(found, now)
    return now


def _too_old(sent_at: str, now: datetime) -> bool:
    return now - _moment(sent_at, now) > GIVE_UP


async def show_in_list(
    database: Database, vendors: Mapping[str, Vendor], access: Access, account: Account, call_id: int, clock: Clock
) -> None:
    """Where a vendor's contacts are those that were sent to it, the list shows what this call sent. The rows' own
    outcome is kept already: a full disk here costs the list only."""
    vendor = vendors.get(account.vendor)
    if access.jobs is None or access.contacts is not None or vendor is None:
        return
    try:
        await show_call(database, account, call_id, summarise=vendor.summarise, clock=clock)
    except StorageError as error:
        log.warning("what was sent is not shown in the list: %s", error.title)
