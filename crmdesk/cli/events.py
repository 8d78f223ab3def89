"""`crmdesk events`: a file is checked, sent and reported by the same rules as in the window."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from crmdesk import workspace
from crmdesk.cli import output
from crmdesk.cli.accounts import account_named
from crmdesk.cli.event_files import Rows, load, refuse_unsaid, request_of, rows_of
from crmdesk.cli.exits import Exit
from crmdesk.core.batch import BatchKind, credits_of
from crmdesk.core.errors import ForbiddenError, SettingsError, StorageError
from crmdesk.core.flaw_groups import VENDOR_SAYS, group, rows_with, to_leave_out
from crmdesk.core.mapping import to_json
from crmdesk.core.row_checks import Flaw, Severity
from crmdesk.core.submission import NewRow, Pause, Row, RowStage, Snapshot, Submission, SubmissionStage
from crmdesk.core.types import Account
from crmdesk.sync import report
from crmdesk.sync.progress import counted

ASK_EVERY = 5.0  # s, for jobs that the vendor queued
_SHOWN = 20  # rows that are told one by one
_SUFFIXES = (".csv", ".xlsx")
_BY_PAUSE = {
    Pause.SIGN_IN: Exit.SIGN_IN,
    Pause.FORBIDDEN: Exit.SIGN_IN,
}


async def events(chosen: argparse.Namespace, opened: workspace.Workspace) -> Exit:
    """`crmdesk events check | send | template`."""
    account, kind = await _target(chosen, opened)
    if chosen.verb == "template":
        await opened.services.submissions.template(account.id, kind.key, _report_path(chosen.file))
        return Exit.OK
    target = _report_path(chosen.report) if chosen.report else None
    request = request_of(kind, chosen.option)
    table, told = await asyncio.to_thread(load, chosen)
    kept = await opened.reader.submissions.mappings(kind.key)
    now = opened.services.clock.now().astimezone()
    found = await asyncio.to_thread(rows_of, kind, table, told, kept, chosen, now)
    for words in found.told:
        _say(words)
    refuse_unsaid(kind, len(found.rows), request)
    columns = table.columns
    flaws = await opened.services.submissions.check(account.id, kind.key, found.rows, request, columns=columns)
    if chosen.verb == "check":
        return await _checked(kind, found, flaws, target)
    if (refused := _refused(kind, found.rows, flaws, chosen)) is not None:
        return refused
    if most := credits_of(kind, [row.values for row in found.rows], request):
        _say(f"This uses up to {counted(most, 'credit', 'credits')} of the account.")
    made = await _create(chosen, opened, account, kind, found, flaws, request)
    return await _send(chosen, opened, made, target)


async def _target(chosen: argparse.Namespace, opened: workspace.Workspace) -> tuple[Account, BatchKind]:
    """The account and the kind that are meant. SettingsError naming those there are."""
    active = [account for account in await opened.reader.accounts() if account.active]
    if chosen.account:
        account = account_named(chosen.account, active)
        kinds = await opened.services.submissions.kinds(account.id)
    else:
        taking = await _taking(opened, active)
        if len(taking) != 1:
            known = ", ".join(account.title for account, _ in taking) or "none yet"
            raise SettingsError("Say which account is meant.", f"Use --account with one of: {known}.", field="account")
        account, kinds = taking[0]
    wanted = (chosen.kind or "").strip().casefold()
    fits = [kind for kind in kinds if not wanted or wanted in (kind.key.casefold(), kind.title.casefold())]
    if len(fits) != 1:
        known = ", ".join(kind.key for kind in kinds)
        raise SettingsError(
            f"Say what kind of rows goes to {account.title}.", f"Use --kind with one of: {known}.", field="kind"
        )
    return account, fits[0]


async def _taking(
    opened: workspace.Workspace, accounts: Sequence[Account]
) -> list[tuple[Account, tuple[BatchKind, ...]]]:
    found = []
    for account in accounts:
        try:
            found.append((account, await opened.services.submissions.kinds(account.id)))
        except ForbiddenError:  # of a vendor that takes none
            continue
    return found


def _report_path(text: str) -> Path:
    """Looked at before anything is sent. SettingsError."""
    path = Path(text).expanduser()
    if path.suffix.lower() not in _SUFFIXES:
        raise SettingsError(f"{path.name} is no name for this file.", f"It ends with {' or '.join(_SUFFIXES)}.")
    if not path.parent.is_dir():
        raise SettingsError(f"The folder of {path.name} is not there.", "Make it first.")
    return path


# ── checking ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _checked(kind: BatchKind, found: Rows, flaws: Sequence[Flaw], target: Path | None) -> Exit:
    _print_groups(kind, found.rows, flaws)
    bad, warned = rows_with(flaws, Severity.ERROR), rows_with(flaws, Severity.WARNING)
    print(f"{counted(len(found.rows), 'row', 'rows')}: {len(bad):,} with errors, {len(warned - bad):,} with warnings.")
    if target is not None:
        await asyncio.to_thread(_write_check, target, found, flaws)
    return Exit.ROWS if bad else Exit.OK


def _print_groups(kind: BatchKind, rows: Sequence[NewRow], flaws: Sequence[Flaw]) -> None:
    texts = {(flaw.code, flaw.path, flaw.row): flaw.text for flaw in flaws}
    for one in group(kind, flaws, [row.values for row in rows]):
        shown = ", ".join(str(place + 1) for place in one.rows[:_SHOWN])
        more = ", …" if len(one.rows) > _SHOWN else ""
        print(output.plain(f"{one.severity.value}: {one.title}: rows {shown}{more}"))
        if one.code == VENDOR_SAYS:  # its title tells nothing
            print(output.plain(f"    {texts[one.code, one.path, one.rows[0]]}"))


def _write_check(target: Path, found: Rows, flaws: Sequence[Flaw]) -> None:
    """The file with a column of what was found in each row."""
    told: dict[int, list[Flaw]] = {}
    for flaw in flaws:
        if flaw.severity is not Severity.NOTE:
            told.setdefault(flaw.row, []).append(flaw)
    lines = []
    for place, row in enumerate(found.rows):
        own = told.get(place, [])
        worst = "error" if any(flaw.severity is Severity.ERROR for flaw in own) else "warning" if own else ""
        lines.append([*row.cells, str(place + 1), worst, " ".join(flaw.text for flaw in own)])
    report.write_report(target, [*found.table.columns, "Row", "Check", "Findings"], lines)


def _refused(kind: BatchKind, rows: Sequence[NewRow], flaws: Sequence[Flaw], chosen: argparse.Namespace) -> Exit | None:
    """None where it may be sent: errors stay behind and warnings go only if that was said."""
    bad = rows_with(flaws, Severity.ERROR)
    repeats = frozenset() if chosen.repeats else to_leave_out(flaws).keys()
    warned = rows_with(flaws, Severity.WARNING) - bad - repeats
    if len(bad | repeats) == len(rows) or (bad and not chosen.leave_out_errors) or (warned and not chosen.yes):
        _print_groups(kind, rows, flaws)
    if bad and not chosen.leave_out_errors:
        _say(f"{counted(len(bad), 'row has', 'rows have')} errors. Nothing was sent (--leave-out-errors: the others).")
        return Exit.ROWS
    if len(bad | repeats) == len(rows):
        _say("There is no row to send: all have errors, or were sent before (--repeats sends those again).")
        return Exit.ROWS
    if warned and not chosen.yes:
        _say(f"{counted(len(warned), 'row has', 'rows have')} warnings. Nothing was sent (--yes: send them, too).")
        return Exit.ROWS
    if repeats:
        _say(
            f"{counted(len(repeats), 'row was', 'rows were')} sent before and will be left out (--repeats: send again)."
        )
    return None


# ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _create(
    chosen: argparse.Namespace,
    opened: workspace.Workspace,
    account: Account,
    kind: BatchKind,
    found: Rows,
    flaws: Sequence[Flaw],
    request: Mapping[str, Any],
) -> Submission:
    left_out = {} if chosen.repeats else to_leave_out(flaws)
    left_out |= {flaw.row: flaw.text for flaw in flaws if flaw.severity is Severity.ERROR}
    rows = [NewRow(row.values, row.cells, left_out.get(place, "")) for place, row in enumerate(found.rows)]
    name = output.plain(Path(chosen.file).name)
    new = Submission(
        0, account.id, kind.key, chosen.name or Path(name).stem, operator=chosen.operator, request=request,
        columns=found.table.columns, file=name, file_hash=found.table.hash, per_call=chosen.per_call,
        trial=chosen.trial, settings={"mapping": to_json(found.mapping, found.table.columns)},
    )  # fmt: skip
    return await opened.services.submissions.create(new, rows)


async def _send(chosen: argparse.Namespace, opened: workspace.Workspace, made: Submission, target: Path | None) -> Exit:
    verbs = opened.services.submissions
    await verbs.send(made.id, chosen.operator)
    over = asyncio.Event()
    await asyncio.gather(_follow(chosen, opened, made.id, over), _until_ended(chosen, opened, made.id, over))
    why = (await verbs.snapshot(made.id)).submission
    if why.stage is not SubmissionStage.ENDED:
        await verbs.stop(made.id)
    await _await_jobs(chosen, opened, made.id)
    state = await verbs.snapshot(made.id)
    rows = await opened.reader.submissions.rows(made.id)
    _print_result(state, rows)
    if why.words:
        _say(f"{why.words} {why.hint}".strip())
    if why.pause is Pause.REFUSED and why.stage is not SubmissionStage.ENDED:
        _say("A call was refused as a whole; --find-culprit halves it until the rows to blame are found.")
    return await _reported(chosen, opened, made.id, target, _exit(state, why))


async def _until_ended(
    chosen: argparse.Namespace, opened: workspace.Workspace, submission_id: int, over: asyncio.Event
) -> None:
    """Sends what may go; after a trial of which every row went well, the rest."""
    verbs = opened.services.submissions
    try:
        while True:
            await verbs.sending.send_due()
            state = await verbs.snapshot(submission_id)
            if state.submission.stage is not SubmissionStage.PAUSED:
                return
            if state.submission.pause is Pause.REFUSED and chosen.find_culprit:
                await _find_culprit(opened, submission_id)
                continue
            if state.submission.pause is not Pause.TRIAL:
                return
            if state.counts.get(RowStage.FAILED, 0) or state.counts.get(RowStage.UNKNOWN, 0):
                _say("The first rows did not all go well, so the others were not sent.")
                return
            await verbs.go_on(submission_id)
    finally:
        over.set()


async def _find_culprit(opened: workspace.Workspace, submission_id: int) -> None:
    """Halves what was refused as a whole; how many calls that takes is told, as in the window."""
    verbs = opened.services.submissions
    least, most = await verbs.culprit_calls(submission_id)
    about = counted(least, "call", "calls")
    _say(f"A call was refused. It is halved until the row to blame is found: about {about}, at most {most:,}.")
    await verbs.find_culprit(submission_id)


async def _follow(
    chosen: argparse.Namespace, opened: workspace.Workspace, submission_id: int, over: asyncio.Event
) -> None:
    told = ""
    while not over.is_set():
        state = await opened.services.submissions.snapshot(submission_id)
        words = f"{state.done:,} of {state.rows - state.counts.get(RowStage.LEFT_OUT, 0):,} rows"
        if words != told and not chosen.quiet:
            _say(words)
        told = words
        try:
            async with asyncio.timeout(1.0):
                await over.wait()
        except TimeoutError:
            continue


async def _await_jobs(chosen: argparse.Namespace, opened: workspace.Workspace, submission_id: int) -> None:
    """What the vendor has queued is asked for, for a time."""
    clock = opened.services.clock
    end = clock.monotonic() + chosen.wait
    verbs = opened.services.submissions
    while (await verbs.snapshot(submission_id)).counts.get(RowStage.ACCEPTED, 0) and clock.monotonic() < end:
        await asyncio.sleep(min(ASK_EVERY, max(0.0, end - clock.monotonic())))
        await verbs.ask_jobs(submission_id)


def _exit(state: Snapshot, why: Submission) -> Exit:
    counts = state.counts
    if counts.get(RowStage.UNKNOWN, 0):
        return Exit.DOUBTFUL
    if counts.get(RowStage.NOT_SENT, 0) and why.pause in _BY_PAUSE:
        return _BY_PAUSE[why.pause]
    if counts.get(RowStage.NOT_SENT, 0) and why.stage is SubmissionStage.SENDING:
        return Exit.OFFLINE
    if any(counts.get(stage, 0) for stage in (RowStage.FAILED, RowStage.NOT_SENT)):
        return Exit.ROWS
    return Exit.ACCEPTED if counts.get(RowStage.ACCEPTED, 0) else Exit.OK


def _print_result(state: Snapshot, rows: Sequence[Row]) -> None:
    parts = [f"{state.counts[stage]:,} {stage.value}" for stage in RowStage if state.counts.get(stage, 0)]
    print(f"{counted(state.rows, 'row', 'rows')}: {', '.join(parts)}.")
    wrong = [
        (number, row)
        for number, row in enumerate(rows, 1)
        if row.stage in (RowStage.FAILED, RowStage.UNKNOWN, RowStage.NOT_SENT)
    ]
    for number, row in wrong[:_SHOWN]:
        words = " ".join(part for part in (row.code, row.text, row.note) if part)
        print(output.plain(f"row {number}: {row.stage.value}: {words}"))
    if len(wrong) > _SHOWN:
        print(f"… and {len(wrong) - _SHOWN:,} more.")


async def _reported(
    chosen: argparse.Namespace, opened: workspace.Workspace, submission_id: int, target: Path | None, code: Exit
) -> Exit:
    """A report that cannot be written is told, but never hides what became of the rows."""
    if target is None:
        return code
    try:
        await opened.services.submissions.report(submission_id, target, personal=not chosen.without_persons)
    except StorageError as error:
        _say(f"{error} The rows were sent; save the report in the window.")
        return Exit.STORAGE if code is Exit.OK else code
    return code


def _say(text: str) -> None:
    print(output.plain(text), file=sys.stderr, flush=True)
