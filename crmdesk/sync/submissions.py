"""Submissions as verbs: drafts, sealing, going on and stopping, retrying, and settling what is unknown.

On the caller's loop; what needs the vendor's own code runs in the network thread. Nothing leaves by these verbs: they
seal, `submission_sending` sends. Every verb is one commit, or changes nothing and says why (KnownError).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from crmdesk.core.batch import BatchKind
from crmdesk.core.epoch import EpochStore
from crmdesk.core.errors import ForbiddenError, OfflineError, SettingsError
from crmdesk.core.fingerprint import Fingerprints
from crmdesk.core.seams import Clock, gate, iso
from crmdesk.core.submission import (
    LEAST,
    MOST,
    NewRow,
    Pause,
    Purpose,
    RowStage,
    Snapshot,
    Submission,
    SubmissionStage,
    culprit_calls,
    sizes,
)
from crmdesk.core.vendor import Vendor
from crmdesk.store import call_reads, calls, restarts, row_decisions, submission_reads, submissions
from crmdesk.store.database import driver_of
from crmdesk.sync.epochs import EpochGuard
from crmdesk.sync.look_up import LookedUp, look_up
from crmdesk.sync.sealing import kind_of, seal_rows
from crmdesk.sync.submission_call import halves_of
from crmdesk.sync.submission_sending import Line, Pace, SubmissionSending

if TYPE_CHECKING:
    from crmdesk.store.calls import Sealed
    from crmdesk.store.database import Database
    from crmdesk.store.restarts import Recovered
    from crmdesk.sync.checks import Checks

log = logging.getLogger(__name__)

T = TypeVar("T")
BUSY = (SubmissionStage.SENDING, SubmissionStage.PAUSED)
STOPPED = "It was stopped before this was sent."
FEW = 200  # rows that are written out at once
SLACK = timedelta(hours=1)  # a vendor's clock may be behind ours by so much


class Submissions:
    """`services.submissions`. `sending` owns what is on its way."""

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
        self._guard = EpochGuard(database, epochs, clock)
        self.sending = SubmissionSending(database, vendors, network, clock, checks, self._guard)
        self._kinds: dict[tuple[int, str], BatchKind] = {}

    async def recover(self) -> Recovered:
        """What an earlier run left, once; see `SubmissionSending.recover`. StorageError."""
        return await self.sending.recover()

    # ── documents ────────────────────────────────────────────────────────────────────────────────────────────────

    async def kinds(self, account_id: int) -> tuple[BatchKind, ...]:
        """What this account takes, as its settings have it. KnownError."""

        async def there() -> tuple[BatchKind, ...]:
            return (await self.sending.sender_of(await self._checks.account(account_id))).kinds

        found: tuple[BatchKind, ...] = await self._network.run(there)
        return found

    async def create(self, new: Submission, rows: Iterable[NewRow] = ()) -> Submission:
        """A draft or a template with its rows; `id`, `stage` and times of `new` are set here. KnownError."""
        await self.recover()
        prints = await self._prints(new.account_id, new.kind)
        stored = await _stored(rows, prints)
        install, number = await self._guard.begin()
        now = iso(self._clock.now())

        def run(driver: Any, touched: Any) -> Submission:
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

        def run(driver: Any, touched: Any) -> Submission:
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

        def run(driver: Any, touched: Any) -> int:
            _not_busy(submissions.get(driver, submission_id))
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

        def run(driver: Any, touched: Any) -> Submission:
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

    async def snapshot(self, submission_id: int) -> Snapshot:
        """How far it is, for a screen; `Changes.submissions` says when to ask again. NotFoundError."""
        found = await self._read(lambda d: submission_reads.snapshot(d, submission_id))
        pace = self.sending.paces.get(submission_id)
        if pace is None or found.submission.stage is SubmissionStage.ENDED:
            return found
        seconds = self._clock.monotonic() - pace.began
        done, queued = found.done - pace.rows, found.counts.get(RowStage.QUEUED, 0)
        left = seconds / done * queued if pace.calls >= 2 and done > 0 else None
        return replace(found, seconds=seconds, left=left)

    # ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def send(
        self, submission_id: int, operator: str, *, stages: Iterable[RowStage] = (RowStage.READY,)
    ) -> Submission:
        """Seals the rows in these stages into calls, in one commit, and begins to send. FAILED is *Retry failed*,
        NOT_SENT the rest of one that was stopped; unknown rows never go like this.

        RejectedError, nothing stored, with problems by `ROW ID/FIELD`; ForbiddenError."""
        chosen = tuple(stages)
        if RowStage.UNKNOWN in chosen or not set(chosen) <= _SENDABLE:
            raise ForbiddenError(
                "Rows whose outcome is unknown are not sent like this.", "Look them up or settle them."
            )
        await self.recover()
        one = await self._free(submission_id)

        def wanted(driver: Any) -> list[tuple[int, str]]:
            return call_reads.to_seal(driver, submission_id, chosen)

        contents = await self._read(wanted)
        first = one.trial if one.stage is SubmissionStage.DRAFT and one.trial < len(contents) else 0
        sealed = await self._seal_there(one, contents, sizes(len(contents), one.per_call, first), first=bool(first))
        return await self._begin(one, sealed, operator, chosen)

    async def retry_failed(self, submission_id: int, operator: str) -> Submission:
        """Only failed rows, with new uids; earlier answers stay in the ledger."""
        return await self.send(submission_id, operator, stages=(RowStage.FAILED,))

    async def send_again(self, ids: Sequence[int], reason: str, operator: str) -> Submission:
        """Unknown rows once more although they may be there already: one row per call, each with the reason."""
        _reason(reason)
        owners = await self._read(lambda d: submissions.submissions_of(d, ids))
        if len(owners) != 1:
            raise ForbiddenError("These rows do not belong to one submission.")
        one = await self._free(owners[0])
        contents = await self._read(lambda d: call_reads.contents(d, ids))
        sealed = await self._seal_there(one, contents, [1] * len(contents), purpose=Purpose.AGAIN)
        return await self._begin(one, sealed, operator, (RowStage.UNKNOWN,), reason)

    async def _seal_there(
        self,
        one: Submission,
        contents: Sequence[tuple[int, str]],
        parts: Sequence[int],
        *,
        purpose: Purpose = Purpose.PLAIN,
        first: bool = False,
    ) -> list[Sealed]:
        if not contents:
            raise ForbiddenError("There is no row to send.", "Take rows in, or correct those with errors.")

        async def there() -> list[Sealed]:
            sender = await self.sending.sender_of(await self._checks.account(one.account_id))
            kind = kind_of(sender, one.kind)
            trial = Purpose.TRIAL if first else None
            return await seal_rows(sender, kind, contents, parts, one.request, purpose=purpose, first=trial)

        found: list[Sealed] = await self._network.run(there)
        return found

    async def _begin(
        self, one: Submission, sealed: Sequence[Sealed], operator: str, stages: Sequence[RowStage], reason: str = ""
    ) -> Submission:
        """One commit: the rows are ready, in calls, and queued."""
        now = iso(self._clock.now())
        ids = [row[0] for call in sealed for row in call.rows]

        def run(driver: Any, touched: Any) -> Submission:
            now_there = submissions.get(driver, one.id)
            _may_begin(now_there, halted=call_reads.halted(driver))
            for stage in stages:
                row_decisions.make_ready(driver, touched, ids, stage, operator, reason)
            begun = replace(
                now_there, stage=SubmissionStage.SENDING, pause=Pause.NONE, words="", hint="", stopping=False,
                operator=operator, sent_at=now_there.sent_at or now, ended_at="",
            )  # fmt: skip
            return calls.seal(driver, touched, submissions.put(driver, touched, begun), sealed, now)

        begun = await self._write("sealed", run)
        log.info("a submission was sealed: %d rows in %d calls", len(ids), len(sealed))
        await self._set_pace(one.id)
        return begun

    async def _set_pace(self, submission_id: int) -> None:
        found = await self._read(lambda d: submission_reads.snapshot(d, submission_id))
        self.sending.paces[submission_id] = Pace(self._clock.monotonic(), found.done)
        self.sending.resume([found.submission.account_id])

    async def pause(self, submission_id: int) -> None:
        """The call that is out is awaited, the next one waits. Harmless where nothing is being sent."""

        def run(driver: Any, touched: Any) -> None:
            one = submissions.get(driver, submission_id)
            if one.stage is SubmissionStage.SENDING and not one.stopping:
                paused = replace(one, stage=SubmissionStage.PAUSED, pause=Pause.PERSON, words="", hint="")
                submissions.put(driver, touched, paused)

        await self._write("paused", run)

    async def go_on(self, submission_id: int) -> None:
        """*Send the rest*. Calls that were refused as a whole are left out. ForbiddenError while everything is
        halted."""
        await self.recover()
        now = iso(self._clock.now())

        def run(driver: Any, touched: Any) -> None:
            one = submissions.get(driver, submission_id)
            if one.stage is not SubmissionStage.PAUSED:
                raise ForbiddenError("This submission does not pause.")
            _not_halted(call_reads.halted(driver))
            begun = replace(one, stage=SubmissionStage.SENDING, pause=Pause.NONE, words="", hint="")
            submissions.put(driver, touched, begun)
            calls.make_due(driver, submission_id)
            calls.give_up_refused(driver, touched, submission_id, now)

        await self._write("resumed", run)
        await self._set_pace(submission_id)

    async def stop(self, submission_id: int) -> None:
        """What has not left does not leave; the call that is out is awaited. Harmless where nothing is being sent."""
        now = iso(self._clock.now())
        await self._write("stopped", lambda d, t: calls.stop(d, t, submission_id, STOPPED, now))

    async def culprit_calls(self, submission_id: int) -> tuple[int, int]:
        """How many calls `find_culprit` takes: where one row is to blame, and at most."""
        refused = await self._read(lambda d: call_reads.refused_sizes(d, submission_id))
        found = [culprit_calls(rows) for rows in refused]
        return sum(one for one, _ in found), sum(most for _, most in found)

    async def find_culprit(self, submission_id: int) -> None:
        """Halves what was refused as a whole until single rows answer; the person knows `culprit_calls`. ForbiddenError
        where nothing was refused."""
        one = await self.get(submission_id)
        refused = await self._read(lambda d: call_reads.refused_calls(d, submission_id))
        if not refused or one.stage is not SubmissionStage.PAUSED:
            raise ForbiddenError("No call of this submission was refused as a whole.")

        async def there() -> list[list[Sealed]]:
            sender = await self.sending.sender_of(await self._checks.account(one.account_id))
            return [await halves_of(self._database, sender, call_id) for call_id in refused]

        halves: list[list[Sealed]] = await self._network.run(there)
        now = iso(self._clock.now())

        def run(driver: Any, touched: Any) -> None:
            now_there = submissions.get(driver, submission_id)
            if (
                now_there.stage is not SubmissionStage.PAUSED
                or call_reads.refused_calls(driver, submission_id) != refused
            ):
                raise ForbiddenError("This submission went on meanwhile.")
            _not_halted(call_reads.halted(driver))
            begun = replace(now_there, stage=SubmissionStage.SENDING, pause=Pause.NONE, words="", hint="")
            submissions.put(driver, touched, begun)
            for call_id, parts in zip(refused, halves, strict=True):
                calls.reseal(driver, touched, begun, call_id, parts, now)

        await self._write("halved", run)
        await self._set_pace(submission_id)

    async def halted(self) -> bool:
        """Too many calls in a row had no valid answer: nothing goes until `release`."""
        return await self._read(call_reads.halted)

    async def release(self, reason: str, operator: str) -> None:
        """A person has looked: submissions may go on again, each when they say so."""
        _reason(reason)
        await self._write("released", lambda d, t: calls.release(d, t, reason, operator, iso(self._clock.now())))

    # ── what is unknown ──────────────────────────────────────────────────────────────────────────────────────────

    async def settle(
        self, ids: Sequence[int], reason: str, operator: str, *, sent: bool, numbers: Mapping[int, str] | None = None
    ) -> int:
        """A person's word on unknown rows: sent (with the event's number by row id, where they know it), or not sent.
        How many were unknown."""
        _reason(reason)
        then = RowStage.SENT if sent else RowStage.NOT_SENT
        return await self._write(
            "decided", lambda d, t: row_decisions.decide(d, t, ids, then, reason, operator, numbers or {})
        )

    async def look_up(self, submission_id: int) -> LookedUp:
        """Asks the vendor for the unknown rows by our own numbers. What is found once is sent; what is not found stays
        unknown: absence proves nothing. OfflineError, ForbiddenError where this vendor cannot be asked; other
        KnownErrors."""
        if self._checks.working_offline:
            raise OfflineError("You are working offline.", "Switch “Working offline” off to ask the vendor.")
        one = await self.get(submission_id)
        found: LookedUp = await self._network.run(lambda: self._look_up_there(one))
        return found

    async def _look_up_there(self, one: Submission) -> LookedUp:
        """In the network thread."""
        async with self._checks.lane(one.account_id):
            account = await self._checks.account(one.account_id)
            sender = await self.sending.sender_of(account)
            access = await self._checks.open.access(account)
            return await look_up(self._database, access.finder, kind_of(sender, one.kind), one, self._clock, SLACK)

    # ── small things ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _prints(self, account_id: int, key: str) -> Fingerprints:
        """ForbiddenError for a kind the account does not take."""
        for kind in await self.kinds(account_id):
            if kind.key == key:
                return Fingerprints(kind)
        raise ForbiddenError("This account does not take this kind of rows.", "Check the account's settings.")

    async def _free(self, submission_id: int) -> Submission:
        def read(driver: Any) -> Submission:
            one = submissions.get(driver, submission_id)
            _may_begin(one, halted=call_reads.halted(driver))
            return one

        return await self._read(read)

    async def _read(self, fn: Callable[[Any], T]) -> T:
        return await self._database.read(lambda c: fn(driver_of(c)))

    async def _write(self, step: str, fn: Callable[[Any, Any], T]) -> T:
        """One commit between two gates."""

        def gated(connection: Any, touched: Any) -> T:
            result = fn(driver_of(connection), touched)
            gate(f"submission.{step}.before_commit")
            return result

        result = await self._database.write(gated)
        gate(f"submission.{step}.after_commit")
        return result


_SENDABLE = frozenset({RowStage.READY, RowStage.FAILED, RowStage.NOT_SENT})


async def _stored(rows: Iterable[NewRow], prints: Fingerprints) -> list[tuple[Any, ...]]:
    """As `submissions.as_stored`; many rows take a moment, in which the window goes on."""
    chosen = list(rows)
    if len(chosen) <= FEW:
        return submissions.as_stored(chosen, prints)
    return await asyncio.to_thread(submissions.as_stored, chosen, prints)


def _checked(one: Submission) -> Submission:
    """SettingsError(field)."""
    if not LEAST <= one.per_call <= MOST:
        raise SettingsError(f"One call takes {LEAST} to {MOST} rows.", field="per_call")
    if one.trial < 0:
        raise SettingsError("This number cannot be below 0.", field="trial")
    if not one.title.strip():
        raise SettingsError("The submission has no name.", field="title")
    return one


def _not_busy(one: Submission) -> None:
    if one.stage in BUSY:
        raise ForbiddenError("This submission is being sent.", "Stop it first, or wait until it has ended.")


def _not_halted(halted: bool) -> None:
    if halted:
        raise ForbiddenError(
            "Several calls in a row had no valid answer, so nothing is sent.",
            "Look at what is unknown, and at the vendor; then release sending.",
        )


def _may_begin(one: Submission, *, halted: bool) -> None:
    if one.template:
        raise ForbiddenError("A template is not sent.", "Make a submission of it first.")
    _not_busy(one)
    _not_halted(halted)


def _reason(text: str) -> None:
    if not text.strip():
        raise SettingsError("Say why: the reason is kept.", field="reason")
