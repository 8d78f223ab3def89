"""What a person does with the open submission: importing, fixing, sending, deciding."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from shiboken6 import isValid

from crmdesk.core.batch import credits_of
from crmdesk.core.errors import KnownError
from crmdesk.core.flaw_groups import FlawGroup
from crmdesk.core.mapping import ColumnMapping, to_json
from crmdesk.core.row_checks import Severity
from crmdesk.core.sheet import Table
from crmdesk.core.submission import CallStage, NewRow, RowStage, SubmissionStage
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import Account
from crmdesk.ui.composer.document import Document
from crmdesk.ui.composer.look_words import look_words
from crmdesk.ui.composer.new_dialog import NOTHING_COPIED
from crmdesk.ui.composer.row_words import described, in_one_line
from crmdesk.ui.composer.rows import GridRow, cell_text, joined, placed
from crmdesk.ui.composer.stage_words import tally
from crmdesk.ui.composer.verdicts import by_call
from crmdesk.ui.confirm import confirm
from crmdesk.ui.feedback import ask
from crmdesk.ui.kit import plural, tr

if TYPE_CHECKING:
    from crmdesk.ui.composer.composer import Composer
    from crmdesk.ui.composer.events_page import EventsPage

_IN_TURN = frozenset({"out", "in", "repeats"})  # each time of other rows
_FINISHED = frozenset({RowStage.SENT, RowStage.FAILED, RowStage.UNKNOWN, RowStage.ACCEPTED})


class ComposerVerbs(QObject):
    """Acts for a composer."""

    def __init__(
        self, page: EventsPage, composer: Composer, document: Document, account: Account, scope: TaskScope
    ) -> None:
        super().__init__(composer)
        self.page, self.composer, self.document, self.account = page, composer, document, account
        self.services, self.scope, self.feedback = page.services, scope, page.feedback
        self._left_out: set[int] = set()  # keys that were proposed once
        self._stage = document.submission.stage
        self._calls: dict[int, CallStage] = {}  # as shown last
        composer.do.connect(self._do)
        composer.fixWanted.connect(lambda group: self._start("fix", self._fix, group))
        composer.outWanted.connect(lambda group: self._start("out", self._leave_out, group.rows, group.title))
        composer.grid.wideAsked.connect(lambda block: self._start("wide", self._ask_wide, block))
        composer.grid.leaveOutWanted.connect(lambda keys: self._start("out", self._leave_out, keys, tr("By hand")))
        composer.grid.takeInWanted.connect(lambda keys: self._start("in", self._take_in, keys))
        composer.grid.answersWanted.connect(lambda row_id: self._start("answers", self._show_answers, row_id))
        composer.sending.do.connect(self._sending)
        composer.sending.showWanted.connect(composer.show_call)
        composer.sending.decideWanted.connect(lambda what, call: self._start("decide", self._decide, what, call))
        document.failed.connect(page.why_unsaved)
        document.stored.connect(page.show_stored)
        document.checked.connect(self._checked)
        document.others.connect(self._tell_others)

    def _here(self) -> bool:
        """The submission is still open."""
        return isValid(self) and self.page.composer is self.composer

    def _start(self, name: str, work: Callable[..., Awaitable[object]], *given: Any) -> None:
        """`work(*given)`. What asks a person is asked once, however often its button is pressed."""
        key = f"composer.verb.{name}.{self.number}"
        self.scope.start(
            self._guarded(partial(work, *given)), what="Bulk events", key=key,
            if_busy="queue" if name in _IN_TURN else "keep",
        )  # fmt: skip

    async def _guarded(self, work: Callable[[], Awaitable[object]]) -> None:
        """What the world refused stands above the page."""
        try:
            await work()
        except KnownError as error:
            self.page.why_wrong(error)

    def _do(self, what: str) -> None:
        runs: dict[str, Callable[[], object]] = {
            "import": self.import_file,
            "paste": self.paste_rows,
            "check": self.document.check_now,
            "send": lambda: self._start("send", self._send, (RowStage.READY,)),
            "retry": lambda: self._start("send", self._send, (RowStage.FAILED,), True),
            "rest": lambda: self._start("send", self._send, (RowStage.NOT_SENT,), True),
            "template": lambda: self._start("template", self._template),
            "columns": lambda: self._start("columns", self._columns),
            "save": lambda: self._start("save", self._save),
        }
        runs[what]()

    @property
    def number(self) -> int:
        return self.document.submission.id

    async def _save(self) -> None:
        """It is done by itself; somebody wants to be sure."""
        if await self.page.flush() and self._here():
            self.feedback.notice(tr("Everything is saved."))

    # ── rows in ──────────────────────────────────────────────────────────────────────────────────────────────────

    def begin(self, source: Path | str | None) -> None:
        """Rows of what was just made, from a file or a text; None: a file that is still to be chosen. Where none come,
        nothing is left of it."""

        async def rows() -> None:
            taken = await (self._choose_file() if source is None else self._import(source))
            if not taken:
                await self.page.drop(self.document)

        self._start("import", rows)

    def import_file(self) -> None:
        self._start("import", self._choose_file)

    def take_file(self, path: Path) -> None:
        """As *Import file*, once the file is chosen."""
        self._start("import", self._import, path)

    async def _choose_file(self) -> bool:
        from crmdesk.sync.importing import SUFFIXES
        from crmdesk.ui.choosing import choose_file

        patterns = " ".join(f"*{suffix}" for suffix in SUFFIXES)
        path = await choose_file(
            self.page, (tr("Tables ({patterns})").replace("{patterns}", patterns), tr("All files (*)"))
        )
        return bool(path) and await self._import(Path(path))

    async def _template(self) -> None:
        """A file to fill in, with a row of examples and a sheet of notes."""
        from crmdesk.ui.written import place_for, tell_written

        place = await place_for(self.page, self.document.kind.key, ".xlsx")
        if place is not None:
            await self.services.submissions.template(self.account.id, self.document.kind.key, place)
            tell_written(self.feedback, tr("Template written to {name}."), place)

    def paste_rows(self) -> None:
        text = QGuiApplication.clipboard().text()
        if text.strip():
            self._start("import", self._import, text)
        else:
            self.feedback.notice(tr(NOTHING_COPIED))

    async def _import(self, source: Path | str) -> bool:
        """False where a person gave it up."""
        from crmdesk.ui.composer.import_dialog import ImportDialog

        kind = self.document.kind
        kept = await self.page.reader.submissions.mappings(kind.key)
        dialog = ImportDialog(self.page, self.scope, kind, source, kept, lambda: self.services.clock.now().astimezone())
        accepted = await ask(dialog)
        if not accepted or dialog.table is None:
            return False
        await self._take(dialog.rows, dialog.table, dialog.mapping, dialog.keep_as)
        return True

    async def _take(self, rows: Sequence[NewRow], table: Table, mapping: ColumnMapping, keep_as: str) -> None:
        document, verbs = self.document, self.services.submissions
        columns, places = joined(document.submission.columns, table.columns)

        def made() -> list[GridRow]:
            return [GridRow(one.values, placed(one.cells, places, len(columns))) for one in rows]

        new = await asyncio.to_thread(made)
        before = [row for row in document.rows if not row.blank]
        settings = {**document.submission.settings, "mapping": to_json(mapping, table.columns)}
        document.change(columns=columns, settings=settings, file=table.name, file_hash=table.hash)
        document.put_in_place([*before, *document.completed(new)],
                              plural(len(new), "Importing 1 row", "Importing {n} rows"))  # fmt: skip
        await document.flush()
        if keep_as:
            await verbs.remember_mapping(keep_as, document.kind.key, table.columns, mapping)
        self.feedback.notice(plural(len(new), "1 row imported.", "{n} rows imported."))

    async def _ask_wide(self, block: list[list[str]]) -> None:
        wide = max(len(line) for line in block)
        text = tr("The copied block has {n} columns, from here on there are fewer.").replace("{n}", str(wide))
        dialog = confirm(
            self.page, "composer.wide", tr("This block is too wide"), text, [("go", tr("Paste what fits"), False)]
        )
        if await ask(dialog):
            self.composer.grid.put_block(block, anyway=True)

    def _tell_others(self, path: str, count: int) -> None:
        """A value for every row does not silently replace those that are there."""
        document, text = self.document, self.document.fills.get(path, "")

        def replace_them() -> None:
            document.fill(path, text, tr("Filling every row"), every=True)

        words = plural(count, "1 row keeps its own value.", "{n} rows keep their own values.")
        replace = (tr("Replace them, too"), replace_them)
        self.feedback.notice(words, replace, lambda: self._here() and document.fills.get(path) == text)

    # ── what is wrong ────────────────────────────────────────────────────────────────────────────────────────────

    def _checked(self) -> None:
        """Rows that were sent before are left out, once: a person may take them in again."""
        document = self.document
        proposed = document.repeats.keys() - self._left_out
        rows = [
            row
            for row in (document.rows if proposed else ())
            if row.key in proposed and row.stage is RowStage.READY and row.id and not row.attempt
        ]
        self._left_out |= {row.key for row in rows}
        fresh = {row.id: document.repeats[row.key] for row in rows}
        if fresh:
            self._start("repeats", self._leave_repeats, fresh)

    async def _leave_repeats(self, why: dict[int, str]) -> None:
        if not await self.document.flush():
            return
        by_words: dict[str, list[int]] = {}
        for row_id, words in why.items():
            by_words.setdefault(words, []).append(row_id)
        for words, ids in by_words.items():
            await self.services.submissions.leave_out(ids, words)
        await self.document.reload()
        ids = list(why)

        async def back() -> None:
            await self.services.submissions.take_in(ids)
            await self.document.reload()

        words = plural(
            len(ids), "1 row was sent before and is left out.", "{n} rows were sent before and are left out."
        )
        self.feedback.notice(words, (tr("Take in again"), lambda: self._start("in", back)), self._here)

    def _ids(self, keys: Sequence[int]) -> list[int]:
        chosen = set(keys)
        return [row.id for row in self.document.rows if row.key in chosen and row.id]

    async def _leave_out(self, keys: Sequence[int], why: str) -> None:
        if await self.document.flush():
            await self.services.submissions.leave_out(self._ids(keys), why.partition(" (")[0])
            await self.document.reload()

    async def _take_in(self, keys: Sequence[int]) -> None:
        if await self.document.flush():
            await self.services.submissions.take_in(self._ids(keys))
            await self.document.reload()

    async def _fix(self, group: FlawGroup) -> None:
        """One value for all rows of a group."""
        from crmdesk.ui.composer.small_dialogs import FixDialog

        document = self.document
        column = document.column(group.path)
        if column is None:
            return
        place = document.place_of(group.rows[0])
        now = cell_text(document.rows[place], column) if place >= 0 else ""
        dialog = FixDialog(self.page, tr(group.title), tr(column.title), now)
        if await ask(dialog):
            keys, text = set(group.rows), dialog.text
            places = [place for place, row in enumerate(document.rows) if row.key in keys]
            words = plural(len(places), "Fixing 1 row", "Fixing {n} rows")
            document.set_cells([(place, group.path, text) for place in places], words)
            self.composer.grid.show_only(None)

    async def _columns(self) -> None:
        from crmdesk.ui.composer.small_dialogs import ColumnsDialog

        grid = self.composer.grid.rows
        dialog = ColumnsDialog(self.page, self.document.columns, frozenset(grid.columns))
        if await ask(dialog):
            grid.chosen |= dialog.chosen
            grid.refresh()
            self.composer.grid.fit_columns()

    # ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _send(self, stages: tuple[RowStage, ...], again: bool = False) -> None:
        from crmdesk.ui.composer.review import ReviewDialog

        document = self.document
        if not await document.settle():
            return
        await self.page.window_.outgoing.sign()  # type: ignore[union-attr]  # it is there with the services
        rows = [row for row in document.rows if row.stage in stages and not row.blank]
        bad = [row for row in rows if row.key in document.bad]
        good = [row for row in rows if row.key not in document.bad]
        if not good:
            self.feedback.notice(tr("Every row has errors. Correct them first, or leave them out."))
            return
        dialog = ReviewDialog(self.page, self._plan(good, len(bad), again=again))
        if not await ask(dialog):
            return
        per_call, trial = dialog.per_call, dialog.trial  # the dialog is gone with the next step
        verbs, one = self.services.submissions, document.submission
        if bad and stages != (RowStage.READY,):
            self.feedback.notice(tr("Rows with errors stay. Correct them, or leave them out."))
            return
        out = [row.id for row in bad]
        if out:
            await verbs.leave_out(out, tr("It has errors."))
        try:
            if document.draft:
                await verbs.change(one.id, per_call=per_call, trial=trial)
            await verbs.send(one.id, self.services.edits.operator, stages=stages)
        except KnownError:
            await verbs.take_in(out)  # nothing was sent: they are what they were
            await document.reload()
            raise
        self.follow()

    def _plan(self, good: Sequence[GridRow], bad: int, *, again: bool) -> Any:
        from crmdesk.ui.composer.review import Plan, reasons_out, zone_words

        document, one = self.document, self.document.submission
        warned = [row for row in good if row.key in document.warned]
        groups = [tr(group.title) for group in document.groups if group.severity is Severity.WARNING]
        out = sum(row.stage is RowStage.LEFT_OUT for row in document.rows)
        kind, values = document.kind, [row.values for row in good]
        return Plan(
            title=one.title,
            kind=tr(kind.title),
            account=self.account.title,
            operator=self.services.edits.operator,
            practice=bool(self.services.practises(self.account)),
            rows=len(good),
            warned=len(warned),
            warnings=groups,
            bad=bad,
            out=out,
            why_out=reasons_out(document.rows),
            again=again,
            per_call=one.per_call,
            trial=one.trial,
            most=kind.most,
            cost=self._cost(credits_of(kind, values, one.request)),
            alone=[bool(kind.alone and given.get(kind.alone)) for given in values],
            zone=zone_words(self.account, self.services.clock.now()) if kind.performed else "",
            events=bool(kind.performed),
            unit=self.account.config.get("unit", "").strip(),
        )

    def _cost(self, most: int) -> str:
        return (
            plural(
                most,
                "Checking e-mail addresses uses up to 1 credit of the account.",
                "Checking e-mail addresses uses up to {n} credits of the account.",
            )
            if most
            else ""
        )

    def _sending(self, what: str) -> None:
        verbs, number = self.services.submissions, self.number
        runs: dict[str, Callable[[], Any]] = {
            "pause": lambda: verbs.pause(number),
            "stop": lambda: verbs.stop(number),
            "go_on": lambda: verbs.go_on(number),
            "culprit": self._culprit,
            "look_up": self._look_up,
            "release": self._release,
            "report": self._report,
        }
        if what == "sign_in":
            self.page.signInWanted.emit(self.account.id)
        else:
            self._start(what, runs[what])

    async def _report(self) -> None:
        from crmdesk.ui.composer.reporting import save_report

        await save_report(self.page, self.services, self.feedback, self.document.submission)

    async def _culprit(self) -> None:
        verbs = self.services.submissions
        least, most = await verbs.culprit_calls(self.number)
        text = plural(
            least,
            "The refused call is halved until the row to blame is found: about 1 call, at most {most}.",
            "The refused call is halved until the row to blame is found: about {n} calls, at most {most}.",
        ).replace("{most}", str(most))
        dialog = confirm(self.page, "culprit", tr("Find the culprit"), text, [("go", tr("Find it"), False)])
        if await ask(dialog):
            await verbs.find_culprit(self.number)

    async def _look_up(self) -> None:
        found = await self.services.submissions.look_up(self.number)
        sentences = (
            (found.found, "1 row was found: it is marked as sent.", "{n} rows were found: they are marked as sent."),
            (
                found.absent,
                "1 row was not found. It may still come: look again later, or in the back office, then decide.",
                "{n} rows were not found. They may still come: look again later, or in the back office, then decide.",
            ),
            (
                found.several,
                "1 row is there more than once: look at it in the back office, then decide.",
                "{n} rows are there more than once: look at them in the back office, then decide.",
            ),
            (
                found.not_asked,
                "1 row has no number to ask for: look for it in the back office, then decide.",
                "{n} rows have no number to ask for: look for them in the back office, then decide.",
            ),
        )
        self.feedback.notice(" ".join(plural(count, one, many) for count, one, many in sentences if count))

    async def _release(self) -> None:
        from crmdesk.ui.composer.small_dialogs import ReasonDialog

        text = tr("Several calls in a row had no valid answer. Look at the vendor's system first.")
        dialog = ReasonDialog(self.page, tr("Allow sending again"), text)
        if await ask(dialog):
            await self.services.submissions.release(dialog.reason, self.services.edits.operator)

    async def _decide(self, what: str, call_id: int) -> None:
        from crmdesk.ui.composer.unknown import AGAIN, ARRIVED, DecideDialog, RowByRowDialog

        rows = [row for row in self.document.rows if row.stage is RowStage.UNKNOWN and call_id in (0, row.call_id)]
        verbs, operator = self.services.submissions, self.services.edits.operator
        if not rows:
            return
        kind = self.document.kind
        if what == "rows":
            numbers = await self.page.reader.submissions.numbers([row.id for row in rows])
            shown = [described(kind, row) for row in rows]
            copied = [in_one_line(kind, row, numbers.get(row.id, "")) for row in rows]
            by_row = RowByRowDialog(self.page, rows, shown, copied, events=bool(kind.performed))
            if await ask(by_row):
                arrived, others, reason = by_row.arrived, by_row.others, by_row.reason
                if arrived:
                    await verbs.settle(arrived, reason, operator, sent=True)
                if others:
                    await verbs.settle(others, reason, operator, sent=False)
            return
        dialog = DecideDialog(self.page, AGAIN if what == "again" else ARRIVED, len(rows), events=bool(kind.performed))
        if not await ask(dialog):
            return
        ids = [row.id for row in rows]
        if what == "arrived":
            await verbs.settle(ids, dialog.reason, operator, sent=True)
        else:
            await verbs.send_again(ids, dialog.reason, operator)

    async def _show_answers(self, row_id: int) -> None:
        from crmdesk.ui.composer.ledger_dialog import AnswersDialog

        lines = await self.page.reader.submissions.attempts(row_id)
        await ask(AnswersDialog(self.page, lines, self.page.clock))

    # ── following ────────────────────────────────────────────────────────────────────────────────────────────────

    def follow(self) -> None:
        """Calls and rows moved."""
        self.scope.start(self._guarded(self._follow), what="Show how sending goes", key="composer.follow",
                         if_busy="queue")  # fmt: skip

    async def _follow(self) -> None:
        verbs, reader = self.services.submissions, self.page.reader.submissions
        shot = await verbs.snapshot(self.number)
        told = RowStage.UNKNOWN in shot.counts or RowStage.UNKNOWN in self.document.tally().stages
        if told or shot.submission.stage is not SubmissionStage.DRAFT:  # of a draft, in a restored copy
            calls = await reader.calls(self.number)
            moved = [call.id for call in calls if self._calls.get(call.id) is not call.stage]
            if self._calls and self._stage is shot.submission.stage is SubmissionStage.SENDING:
                await self.document.reload_calls(moved)
            else:
                await self.document.reload()
            self._calls = {call.id: call.stage for call in calls}
            found = await asyncio.to_thread(by_call, self.document.rows)
            can = found.to_look_up and await verbs.can_look_up(self.number)
            looks = look_words(await verbs.looks.of(self.number)) if can else ""
            self.composer.sending.show_state(shot, calls, found.stages, kind=tr(self.document.kind.title),
                                             can_look_up=can, looks=looks, removed=self.document.removed)  # fmt: skip
            unsent = shot.submission.stage is SubmissionStage.DRAFT and RowStage.UNKNOWN not in shot.counts
            self.composer.sending.setVisible(not unsent)
        self._tell_end(shot.submission.stage, shot.counts)
        self.composer.refresh()

    def _tell_end(self, stage: SubmissionStage, counts: Any) -> None:
        ended = self._stage is SubmissionStage.SENDING and stage is SubmissionStage.ENDED
        self._stage = stage
        if ended:
            told = {key: value for key, value in counts.items() if key in _FINISHED}
            self.feedback.notice(tr("Sending has ended: {what}.").replace("{what}", tally(told)))
