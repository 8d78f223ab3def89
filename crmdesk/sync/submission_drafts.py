"""Submissions as documents: made, changed, copied, deleted. On the caller's loop; every verb is one commit, or changes
nothing and says why (KnownError)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from crmdesk.core.batch import BatchKind
from crmdesk.core.call_sizes import LEAST, MOST
from crmdesk.core.epoch import EpochStore
from crmdesk.core.errors import ForbiddenError, SettingsError
from crmdesk.core.fingerprint import Fingerprints
from crmdesk.core.said import said
from crmdesk.core.seams import Clock, iso
from crmdesk.core.submission import NewRow, Pause, RowStage, Submission, SubmissionStage
from crmdesk.core.types import Account
from crmdesk.core.vendor import Vendor
from crmdesk.store import calls, restarts, row_decisions, submissions
from crmdesk.store.commits import Touched
from crmdesk.store.database import driver_of
from crmdesk.store.driver import Driver
from crmdesk.sync.epochs import EpochGuard
from crmdesk.sync.gated import write_gated
from crmdesk.sync.submission_jobs import JobWatch
from crmdesk.sync.submission_sending import Line, SubmissionSending

if TYPE_CHECKING:
    from crmdesk.store.database import Database
    from crmdesk.store.restarts import Recovered
    from crmdesk.sync.checks import Checks

T = TypeVar("T")
BUSY = (SubmissionStage.SENDING, SubmissionStage.PAUSED)
FEW = 200  # rows that are written out at once


class Drafts:
    """The part of `Submissions` that sends nothing. `sending` owns what is on its way."""

    def __init__(
        self,
        database: Database,
        vendors: Mapping[str, Vendor],
        network: Line,
        clock: Clock,
        checks: Checks,
        epochs: EpochStore,
    ) -> None:
        self._database, self._network, self._clock, self._checks = database, network, clock, checks
        self._vendors = vendors
        self._guard = EpochGuard(database, epochs, clock)
        self.sending = SubmissionSending(database, vendors, network, clock, checks, self._guard)
        self.jobs = JobWatch(database, vendors, network, clock, checks)
        self.sending.went = self.jobs.wake
        self._creating = asyncio.Lock()  # the folder gets one name beside it

    async def recover(self) -> Recovered:
        """What an earlier run left, once; see `SubmissionSending.recover`. StorageError."""
        return await self.sending.recover()

    # ── documents ────────────────────────────────────────────────────────────────────────────────────────────────

    async def kinds(self, account_id: int, *, reading: bool = False) -> tuple[BatchKind, ...]:
        """What this account takes, as its settings have it; for `reading` see `kind`. KnownError."""

        async def there() -> tuple[BatchKind, ...]:
            account = await self._checks.account(account_id)
            return (await self.sending.sender_of(account, reading=reading)).kinds

        found: tuple[BatchKind, ...] = await self._network.run(there)
        return found

    async def create(self, new: Submission, rows: Iterable[NewRow] = ()) -> Submission:
        """A draft or a template with its rows; `id`, `stage` and times of `new` are set here. KnownError."""
        await self.recover()
        prints = await self._prints(new.account_id, new.kind)
        stored = await _stored(rows, prints)
        async with self._creating:
            install, number = await self._guard.begin()
            return await self._create(new, stored, install, number)

    async def _create(
        self, new: Submission, stored: Sequence[tuple[Any, ...]], install: str, number: int
    ) -> Submission:
        now = iso(self._clock.now())

        def run(driver: Driver, touched: Touched) -> Submission:
            if restarts.put_install(driver, install) == install and not restarts.epoch_of(driver):
                calls.put_epoch(driver, number)
            fresh = replace(_checked(new), stage=SubmissionStage.DRAFT, created_at=now, changed_at=now)
            made = submissions.add(driver, touched, fresh)
            submissions.put_rows(driver, touched, made.id, stored)
            return made

        return await self._write("created", run)

    async def change(self, submission_id: int, **changes: Any) -> Submission:
        """New title, settings, request, columns, per_call, trial, file, file_hash. ForbiddenError for anything but
        title and settings of one that was sent."""
        now = iso(self._clock.now())

        def run(driver: Driver, touched: Touched) -> Submission:
            one = submissions.get(driver, submission_id)
            if one.stage is not SubmissionStage.DRAFT and changes.keys() - {"title", "settings", "operator"}:
                raise ForbiddenError("What was sent is not changed.", "Make a copy to change it.")
            return submissions.put(driver, touched, _checked(replace(one, changed_at=now, **changes)))

        return await self._write("changed", run)

    async def put_rows(self, submission_id: int, rows: Iterable[NewRow], *, append: bool = False) -> int:
        """Rows in the place of a draft's rows, or (`append`) behind them; how many were put. ForbiddenError."""
        one = await self.get(submission_id)
        prints = await self._prints(one.account_id, one.kind)
        stored = await _stored(rows, prints)

        def run(driver: Driver, touched: Touched) -> int:
            not_busy(submissions.get(driver, submission_id))
            if not append:
                submissions.clear_rows(driver, touched, submission_id)
            return submissions.put_rows(driver, touched, submission_id, stored)

        return await self._write("rows", run)

    async def change_rows(self, submission_id: int, values: Mapping[int, Mapping[str, Any]]) -> int:
        """New values by row id: a failed or unsent row is ready by that. Rows that left, or are to leave, stay as they
        are; how many were changed."""
        one = await self.get(submission_id)
        prints = await self._prints(one.account_id, one.kind)
        return await self._write("edited", lambda d, t: submissions.change_rows(d, t, submission_id, values, prints))

    async def remove_rows(self, submission_id: int, ids: Sequence[int]) -> int:
        """Rows that never were in a call; how many."""
        return await self._write("removed", lambda d, t: submissions.remove_rows(d, t, submission_id, ids))

    async def leave_out(self, ids: Sequence[int], why: str) -> int:
        return await self._write("left out", lambda d, t: row_decisions.leave_out(d, t, ids, why))

    async def take_in(self, ids: Sequence[int]) -> int:
        """Rows that were left out, failed or were not sent are ready; how many. Unknown ones are not: see
        `send_again`."""
        return await self._write("taken in", lambda d, t: row_decisions.take_in(d, t, ids))

    async def copy(
        self, submission_id: int, title: str, *, stages: Iterable[RowStage] = (), template: bool = False
    ) -> Submission:
        """A new draft (or template) with these rows (() = all) as if they were never sent. NotFoundError."""
        now, chosen = iso(self._clock.now()), tuple(stages)

        def run(driver: Driver, touched: Touched) -> Submission:
            one = submissions.get(driver, submission_id)
            fresh = replace(
                one, title=title, template=template, stage=SubmissionStage.DRAFT, pause=Pause.NONE, words="", hint="",
                stopping=False, created_at=now, changed_at=now, sent_at="", ended_at="",
            )  # fmt: skip
            made = submissions.add(driver, touched, fresh)
            submissions.copy_rows(driver, touched, submission_id, made.id, chosen)
            return made

        return await self._write("copied", run)

    async def delete(self, submission_id: int) -> None:
        """A draft or template. ForbiddenError for what was sent."""
        await self._write("deleted", lambda d, t: submissions.delete(d, t, submission_id))

    async def get(self, submission_id: int) -> Submission:
        """NotFoundError."""
        return await self._read(lambda d: submissions.get(d, submission_id))

    async def account_of(self, submission_id: int) -> Account:
        """NotFoundError where it was removed."""
        return await self._checks.account((await self.get(submission_id)).account_id)

    # ── small things ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _prints(self, account_id: int, key: str) -> Fingerprints:
        return Fingerprints(await self.kind(account_id, key))

    async def kind(self, account_id: int, key: str, *, reading: bool = False) -> BatchKind:
        """ForbiddenError for one the account does not take. `reading`: only to look at what was sent, also of an
        account that was removed and its contacts kept."""
        for kind in await self.kinds(account_id, reading=reading):
            if kind.key == key:
                return kind
        raise ForbiddenError("This account does not take this kind of rows.", "Check the account's settings.")

    async def _read(self, fn: Callable[[Any], T]) -> T:
        return await self._database.read(lambda c: fn(driver_of(c)))

    async def _write(self, step: str, fn: Callable[[Any, Any], T]) -> T:
        """One commit between two gates."""
        return await write_gated(self._database, f"submission.{step}", lambda c, t: fn(driver_of(c), t))


async def _stored(rows: Iterable[NewRow], prints: Fingerprints) -> list[tuple[Any, ...]]:
    """As `submissions.as_stored`; many rows take a moment, in which the window goes on."""
    chosen = list(rows)
    if len(chosen) <= FEW:
        return submissions.as_stored(chosen, prints)
    return await asyncio.to_thread(submissions.as_stored, chosen, prints)


def _checked(one: Submission) -> Submission:
    """SettingsError(field)."""
    if not LEAST <= one.per_call <= MOST:
        raise SettingsError(said("One call takes {least} to {most} rows.", least=LEAST, most=MOST), field="per_call")
    if one.trial < 0:
        raise SettingsError("This number cannot be below 0.", field="trial")
    if not one.title.strip():
        raise SettingsError("The submission has no name.", field="title")
    return one


def not_busy(one: Submission) -> None:
    if one.stage in BUSY:
        raise ForbiddenError("This submission is being sent.", "Stop it first, or wait until it has ended.")
