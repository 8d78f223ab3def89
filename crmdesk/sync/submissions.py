"""Submissions as verbs: drafts, sealing, going on and stopping, retrying, and settling what is unknown.

On the caller's loop; what needs the vendor's own code runs in the network thread. Nothing leaves by these verbs: they
seal, `submission_sending` sends. Every verb is one commit, or changes nothing and says why (KnownError).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from crmdesk.core.errors import ForbiddenError, OfflineError, SettingsError
from crmdesk.core.seams import iso
from crmdesk.core.submission import (
    Pause,
    Purpose,
    RowStage,
    Snapshot,
    Submission,
    SubmissionStage,
    culprit_calls,
)
from crmdesk.store import call_reads, calls, row_decisions, submission_reads, submissions, unsealed
from crmdesk.store.commits import Touched
from crmdesk.store.driver import Driver
from crmdesk.sync.look_up import LookedUp, look_up
from crmdesk.sync.look_watch import LookWatch
from crmdesk.sync.picked import Picking
from crmdesk.sync.row_checking import Checking
from crmdesk.sync.sealing import kind_of, seal_rows, sizes_of
from crmdesk.sync.submission_call import halves_of
from crmdesk.sync.submission_drafts import not_busy
from crmdesk.sync.submission_files import Files
from crmdesk.sync.submission_mappings import Mappings
from crmdesk.sync.submission_sending import Pace

if TYPE_CHECKING:
    from crmdesk.store.calls import Sealed
    from crmdesk.store.unsealed import Unsealed

log = logging.getLogger(__name__)

T = TypeVar("T")
STOPPED = "It was stopped before this was sent."
SLACK = timedelta(hours=1)  # a vendor's clock may be behind ours by so much


class Submissions(Checking, Mappings, Files, Picking):
    """`services.submissions`."""

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

        rows = await self._read(lambda d: unsealed.in_stages(d, submission_id, chosen))
        await self.refuse_flawed(one, rows)
        first = one.trial if one.stage is SubmissionStage.DRAFT and one.trial < len(rows) else 0
        sealed = await self._seal_there(one, rows, one.per_call, first=first)
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
        rows = await self._read(lambda d: unsealed.by_ids(d, ids))
        await self.refuse_flawed(one, rows)
        sealed = await self._seal_there(one, rows, 1, purpose=Purpose.AGAIN)
        return await self._begin(one, sealed, operator, (RowStage.UNKNOWN,), reason)

    async def _seal_there(
        self,
        one: Submission,
        rows: Sequence[Unsealed],
        per_call: int,
        *,
        purpose: Purpose = Purpose.PLAIN,
        first: int = 0,
    ) -> list[Sealed]:
        """`first`: rows of the call that goes on trial, 0 for none."""
        if not rows:
            raise ForbiddenError("There is no row to send.", "Take rows in, or correct those with errors.")

        async def there() -> list[Sealed]:
            sender = await self.sending.sender_of(await self._checks.account(one.account_id))
            kind = kind_of(sender, one.kind)
            trial = Purpose.TRIAL if first else None
            parts = sizes_of(kind, rows, one.request, per_call, first)
            return await seal_rows(sender, kind, rows, parts, one.request, purpose=purpose, first=trial)

        found: list[Sealed] = await self._network.run(there)
        return found

    async def _begin(
        self, one: Submission, sealed: Sequence[Sealed], operator: str, stages: Sequence[RowStage], reason: str = ""
    ) -> Submission:
        """One commit: the rows are ready, in calls, and queued."""
        now = iso(self._clock.now())
        ids = [row[0] for call in sealed for row in call.rows]

        def run(driver: Driver, touched: Touched) -> Submission:
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

        def run(driver: Driver, touched: Touched) -> None:
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

        def run(driver: Driver, touched: Touched) -> None:
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

        def run(driver: Driver, touched: Touched) -> None:
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
        then, now = RowStage.SENT if sent else RowStage.NOT_SENT, iso(self._clock.now())
        return await self._write(
            "decided", lambda d, t: row_decisions.decide(d, t, ids, then, reason, operator, numbers or {}, now)
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

    @cached_property
    def looks(self) -> LookWatch:
        """Looks up by itself what was lost; once `start` was called."""
        return LookWatch(self._database, self._clock, self._checks, self.look_up, self.can_look_up)

    async def can_look_up(self, submission_id: int) -> bool:
        """False where this vendor cannot be asked what became of rows of this kind, or the account was removed."""
        one = await self.get(submission_id)

        async def there() -> bool:
            account = await self._checks.account(one.account_id)
            if not account.active:
                return False
            access = await self._checks.open.access(account)
            sender = await self.sending.sender_of(account)
            return access.finder is not None and not access.finder.lacks(kind_of(sender, one.kind))

        found: bool = await self._network.run(there)
        return found

    async def ask_jobs(self, submission_id: int) -> None:
        """Asks now how far the vendor is with the rows that it has accepted. OfflineError, StorageError; what else is
        in the way leaves them accepted, and they are asked for again by themselves."""
        if self._checks.working_offline:
            raise OfflineError("You are working offline.", "Switch “Working offline” off to ask the vendor.")
        await self.jobs.ask([submission_id])

    async def _look_up_there(self, one: Submission) -> LookedUp:
        """In the network thread."""
        async with self._checks.lane(one.account_id):
            account = await self._checks.account(one.account_id)
            sender = await self.sending.sender_of(account)
            access = await self._checks.open.access(account)
            return await look_up(self._database, access.finder, kind_of(sender, one.kind), one, self._clock, SLACK)

    async def _free(self, submission_id: int) -> Submission:
        def read(driver: Driver) -> Submission:
            one = submissions.get(driver, submission_id)
            _may_begin(one, halted=call_reads.halted(driver))
            return one

        return await self._read(read)


_SENDABLE = frozenset({RowStage.READY, RowStage.FAILED, RowStage.NOT_SENT})


def _not_halted(halted: bool) -> None:
    if halted:
        raise ForbiddenError(
            "Several calls in a row had no valid answer, so nothing is sent.",
            "Look at what is unknown, and at the vendor; then release sending.",
        )


def _may_begin(one: Submission, *, halted: bool) -> None:
    if one.template:
        raise ForbiddenError("A template is not sent.", "Make a submission of it first.")
    not_busy(one)
    _not_halted(halted)


def _reason(text: str) -> None:
    if not text.strip():
        raise SettingsError("Say why: the reason is kept.", field="reason")
