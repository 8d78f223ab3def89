"""One open submission: head, what fills its rows, grid, problems, sending, results, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QLineEdit, QSplitter, QWidget

from crmdesk.core.flaw_groups import FlawGroup
from crmdesk.core.row_checks import Severity
from crmdesk.core.seams import Clock
from crmdesk.core.submission import RowStage, SubmissionStage
from crmdesk.ui.composer.acts import Acts
from crmdesk.ui.composer.bars import Bars
from crmdesk.ui.composer.document import Document
from crmdesk.ui.composer.fill_bar import FillBar, RequestBar
from crmdesk.ui.composer.find_bar import FindBar
from crmdesk.ui.composer.grid import Grid
from crmdesk.ui.composer.kept_focus import KeptFocus
from crmdesk.ui.composer.keys import COMPOSER_KEYS, key_words, verb_of
from crmdesk.ui.composer.model import offending
from crmdesk.ui.composer.problems import Problems
from crmdesk.ui.composer.rows import GridRow
from crmdesk.ui.composer.sending import LOW_LINES, SendingPanel
from crmdesk.ui.composer.verdicts import CHECKED, Tally
from crmdesk.ui.feedback import announce
from crmdesk.ui.flow import FlowLayout, flowing
from crmdesk.ui.kit import Badge, ChipButton, IconButton, Muted, MutedLine, button, column, number, plural, row, tr
from crmdesk.ui.rest import AsksLeast
from crmdesk.ui.scrolling import seen_height
from crmdesk.ui.theme import Theme
from crmdesk.ui.turning import Turned
from crmdesk.ui.words import tooltip

STEPS = ("Source", "Columns", "Check", "Send", "Results")
FILTERS: tuple[tuple[str, tuple[RowStage, ...]], ...] = (
    ("All", ()),
    ("Sent", (RowStage.SENT,)),
    ("Accepted", (RowStage.ACCEPTED,)),
    ("Failed", (RowStage.FAILED,)),
    ("Unknown", (RowStage.UNKNOWN,)),
    ("Queued", (RowStage.QUEUED,)),
    ("Not sent", (RowStage.NOT_SENT,)),
    ("Left out", (RowStage.LEFT_OUT,)),
)
LEAST_ROWS = 2.5  # in sight at least: where one is cut it is seen that there are more
UNSENT = frozenset({RowStage.READY, RowStage.LEFT_OUT})
"""Stages of rows before anything is sent: there is nothing to sort by yet."""


def _plain(name: str) -> str:
    return name.replace(" ", "_").lower()


class _RowsAndProblems(AsksLeast, QSplitter):
    """The grid, and what is wrong with its rows."""


class Composer(QWidget):
    """`left`: back to the list. `do(what)`: import, paste, check, send, retry, rest, template, report, columns.
    `fixWanted`/`outWanted(FlawGroup)`, `wideAsked(block)`: as of its parts."""

    left = Signal()
    do = Signal(str)
    fixWanted = Signal(object)
    outWanted = Signal(object)

    def __init__(self, document: Document, look: Theme, clock: Clock, account: str) -> None:
        super().__init__()
        self.setObjectName("composer")
        self.document, self._look, self._clock, self._account = document, look, clock, account
        self._stored_at = ""
        self.grid = Grid(document, look)
        self.fill, self.request = FillBar(document), RequestBar(document)
        self.problems = Problems(document, look)
        self.find_bar = FindBar(document, self.grid)
        self.sending = SendingPanel()
        self.acts = Acts(self)
        self.grid.why_not = self.acts.why_not
        self._lay_out()
        self._connect()
        self._kept_focus = KeptFocus(self, self.grid)

    # ── building ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _lay_out(self) -> None:
        self.split = _RowsAndProblems(Qt.Orientation.Horizontal)
        self.split.setObjectName("composer.split")
        self.split.setHandleWidth(1)
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(self.grid)
        self.split.addWidget(self.problems)
        letters = self.fontMetrics().averageCharWidth()
        self.grid.setMinimumWidth(letters * 32)
        self.problems.setMaximumWidth(letters * 46)
        self.split.setStretchFactor(0, 1)
        self.split.setStretchFactor(1, 0)
        self.split.setSizes([letters * 140, letters * 34])
        self.find_bar.hide()
        self.sending.hide()
        self.bars = Bars(self.fill, self.request)
        above = (self._head(), self.sending, self.bars, self._chips(), self.find_bar)
        column(self, *above, self.split, self._foot(), gap=8, margins=(16, 12, 16, 10), stretch=5)

    def _head(self) -> QWidget:
        back = IconButton("composer.back", "back", tr("Back to the list"))
        back.clicked.connect(lambda _checked=False: self.left.emit())
        self.title = QLineEdit()
        self.title.setObjectName("composer.title")
        self.title.setAccessibleName(tr("Name"))
        self.title.setFrame(False)
        font = self.title.font()
        font.setPointSizeF(font.pointSizeF() * 1.3)
        font.setBold(True)
        self.title.setFont(font)
        self.under = MutedLine()
        self.under.setObjectName("composer.under")
        self.steps = MutedLine()
        self.steps.setObjectName("composer.steps")
        names = QWidget()
        column(names, self.title, self.under, self.steps, gap=2)
        self.load = button("composer.import", tr("Import file…"), lambda: self.do.emit("import"))
        self.sample = button("composer.template", tr("Template…"), lambda: self.do.emit("template"))
        self.paste = button("composer.paste", tr("Paste rows"), lambda: self.do.emit("paste"))
        self.add = button("composer.add", tr("Add row"), self.add_row)
        find = f"{tr('Find and replace')} ({key_words('find', COMPOSER_KEYS)})"
        self.look_for = IconButton("composer.find.open", "search", find)
        self.look_for.clicked.connect(lambda _checked=False: self.show_find())
        self.more = IconButton("composer.columns", "columns", tr("Columns…"))
        self.more.clicked.connect(lambda _checked=False: self.do.emit("columns"))
        head = QWidget()
        does = flowing(self.sample, self.load, self.paste, self.add, self.look_for, self.more)
        row(head, back, names, does, stretch=1)
        return head

    def _chips(self) -> QWidget:
        self.filters = QWidget()
        flow = FlowLayout(6)
        self.filters.setLayout(flow)
        self._group = QButtonGroup(self)
        self.chips: dict[str, ChipButton] = {}
        for name, stages in FILTERS:
            chip = self.chips[name] = ChipButton(f"composer.filter.{_plain(name)}", tr(name))
            chip.setCheckable(True)
            chip.setChecked(not stages)
            chip.on_turn(self._filterer(stages))
            self._group.addButton(chip)
            flow.addWidget(chip)
        self.filters.hide()
        return self.filters

    def named_chips(self) -> dict[str, ChipButton]:
        """By the last part of their object names."""
        return {_plain(name): chip for name, chip in self.chips.items()}

    def _filterer(self, stages: tuple[RowStage, ...]) -> Turned:
        return lambda _on: self.show_stages(stages)

    def _foot(self) -> QWidget:
        self.count, self.ready, self.out = Badge(""), Badge("", tone="ok"), Badge("")
        self.bad = ChipButton("composer.bad", "")
        self.bad.clicked.connect(lambda _checked=False: self._show_bad())
        self.told = Muted("", wrap=True)
        self.told.setObjectName("composer.told")
        self.again = button("composer.check", tr("Check again"), lambda: self.do.emit("check"))
        self.retry = button("composer.retry", "", lambda: self.do.emit("retry"))
        self.rest = button("composer.rest", "", lambda: self.do.emit("rest"))
        self.send = button("composer.send", "", lambda: self.do.emit("send"), main=True)
        for verb, made in (("send", self.send), ("retry", self.retry)):
            made.setToolTip(key_words(verb, COMPOSER_KEYS))
            made.setAccessibleDescription(key_words(verb, COMPOSER_KEYS))
        self.foot = QWidget()
        tally = flowing(self.count, self.ready, self.bad, self.out)
        row(self.foot, tally, self.told, flowing(self.again, self.retry, self.rest, self.send), stretch=1)
        return self.foot

    def _connect(self) -> None:
        document = self.document
        document.changed.connect(self.refresh)
        document.checked.connect(self.refresh)
        document.stored.connect(self._show_stored)
        self.title.editingFinished.connect(self._rename)
        self.problems.chosen.connect(self._show_group)
        self.problems.fixWanted.connect(self.fixWanted)
        self.problems.outWanted.connect(self.outWanted)
        self.find_bar.closed.connect(self._hide_find)
        self.grid.told.connect(self.tell)
        self.grid.narrowed.connect(self._narrowed)

    # ── showing ──────────────────────────────────────────────────────────────────────────────────────────────────

    def refresh(self) -> None:
        """Head, chips and foot say what is so now."""
        document, tally = self.document, self.document.tally()
        one = document.submission
        if not self.title.hasFocus():
            self._show_title(one.title)
        sent = one.stage is not SubmissionStage.DRAFT or not tally.stages.keys() <= UNSENT
        editable = document.draft and not one.template
        for widget in (self.load, self.paste, self.add):
            widget.setVisible(document.draft)
        self.sample.setVisible(document.draft and not tally.rows)
        self._show_under()
        self._show_step(tally)
        self.count.setText(plural(tally.rows, "1 row", "{n} rows"))
        self.ready.setText(plural(tally.ready, "1 ready", "{n} ready"))
        self.ready.setVisible(tally.ready > 0 and not document.busy)
        self.bad.setText(plural(tally.bad, "1 to fix ›", "{n} to fix ›"))
        self.bad.setProperty("tone", "error")
        self.bad.setVisible(tally.bad > 0 and not document.busy)
        self.out.setText(plural(tally.out, "1 left out", "{n} left out"))
        self.out.setVisible(tally.out > 0)
        self.again.setVisible(not document.busy and not tally.stages.keys().isdisjoint(CHECKED))
        self.foot.setVisible(not document.busy or bool(self.told.text()))  # all it has else is told above the rows
        self._show_send(tally, sent=sent)
        self._show_filters(tally, sent=sent)
        self.problems.setVisible(not document.busy and (editable or bool(document.groups)))
        self.fill.setVisible(not document.busy and document.draft and bool(self.fill.fields))
        self.request.setVisible(not document.busy and document.draft and bool(self.request.fields))
        self.bars.setVisible(not (self.fill.isHidden() and self.request.isHidden()))

    def _show_under(self) -> None:
        saved = tr("Saved {time}").replace("{time}", self._stored_at) if self._stored_at else tr("Saving…")
        parts = [saved, self._account, tr(self.document.kind.title)]
        if self.document.submission.file:
            parts.append(self.document.submission.file)
        if self.document.removed:
            parts.append(tr("The account was removed: this can be read, not changed or sent."))
        self.under.setText(" · ".join(part for part in parts if part))

    def _show_step(self, tally: Tally) -> None:
        """Where one is: 1 Source → 2 Columns → 3 Check → 4 Send → 5 Results."""
        match self.document.submission.stage:
            case SubmissionStage.ENDED:
                now = 4
            case SubmissionStage.SENDING | SubmissionStage.PAUSED:
                now = 3
            case _:
                now = 0 if not tally.rows else 2
        words = [f"{place + 1} {tr(name)}" for place, name in enumerate(STEPS)]
        words[now] = f"▸ {words[now]}"
        self.steps.setText("   →   ".join(words))
        self.steps.setAccessibleName(tr("Step {step}").replace("{step}", words[now]))

    def _show_send(self, tally: Tally, *, sent: bool) -> None:
        failed, waiting = tally.stages.get(RowStage.FAILED, 0), tally.stages.get(RowStage.NOT_SENT, 0)
        idle = not self.document.busy and not self.document.submission.template
        self.send.setText(plural(tally.fit, "Send 1 row…", "Send {n} rows…"))
        self.send.setVisible(idle and (tally.fit > 0 or not sent))
        self.send.setEnabled(tally.fit > 0)
        self.retry.setText(plural(failed, "Retry 1 failed…", "Retry {n} failed…"))
        self.retry.setVisible(idle and sent and failed > 0)
        self.rest.setText(plural(waiting, "Send 1 that was not sent…", "Send {n} that were not sent…"))
        self.rest.setVisible(idle and waiting > 0)

    def _show_filters(self, tally: Tally, *, sent: bool) -> None:
        self.filters.setVisible(sent)
        for name, stages in FILTERS:
            count = sum(tally.stages.get(stage, 0) for stage in stages) if stages else tally.rows
            self.chips[name].setText(f"{tr(name)} {number(count)}")
            self.chips[name].setVisible(bool(count) or not stages or self.chips[name].isChecked())

    def show_stages(self, stages: tuple[RowStage, ...]) -> None:
        """Only rows in these stages; () = all."""
        keys = [one.key for one in self.document.rows if one.stage in stages] if stages else None
        self.grid.show_only(keys)
        self._press_chip(stages)
        if stages == (RowStage.FAILED,):
            self._to_offending(self.document.rows)

    def _narrowed(self) -> None:
        """Other rows than before: those of a chip's press it afterwards, any others are no chip's."""
        self._press_chip(None if self.grid.rows.filtered else ())

    def _press_chip(self, stages: tuple[RowStage, ...] | None) -> None:
        self._group.setExclusive(False)  # or one would have to stay
        for name, own in FILTERS:
            self.chips[name].setChecked(own == stages)
        self._group.setExclusive(True)

    def _to_offending(self, rows: Sequence[GridRow]) -> None:
        """To the first cell that a refusal names: it is where one will type."""
        failed = next((one for one in rows if offending(one)), None)
        if failed is not None:
            self.grid.go_to(failed.key, offending(failed))

    def show_call(self, call_id: int) -> None:
        """Only what failed or is unknown in a call; all its rows where there is nothing of that."""
        mine = [one for one in self.document.rows if one.call_id == call_id]
        bad = [one for one in mine if one.stage in (RowStage.FAILED, RowStage.UNKNOWN)]
        self.grid.show_only([one.key for one in bad or mine])
        self._to_offending(bad)
        self.grid.setFocus()

    def _show_group(self, group: FlawGroup | None) -> None:
        self.grid.show_only(group.rows if group is not None else None)
        if group is not None and group.rows:
            self.grid.go_to(group.rows[0], group.path)

    def _show_bad(self) -> None:
        keys = [one.key for one in self.document.rows if self.document.flaws_of(one, Severity.ERROR)]
        self.grid.show_only(keys)
        self.grid.setFocus()

    def _show_stored(self, stored: bool) -> None:
        self._stored_at = self._clock.now().astimezone().strftime("%H:%M") if stored else ""
        self._show_under()

    def tell(self, words: str) -> None:
        """At the foot, and said."""
        self.told.setText(words)
        self.foot.show()
        announce(self, words)

    # ── doing ────────────────────────────────────────────────────────────────────────────────────────────────────

    def add_row(self) -> None:
        self.document.add_rows([GridRow()], tr("Adding a row"))
        self.grid.go(self.grid.rows.rowCount() - 1, self.grid.first_own())
        self.grid.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = seen_height(self)
        self.sending.fit(room)
        low = room <= LOW_LINES * self.fontMetrics().lineSpacing()
        self.steps.setVisible(not low)  # in a low window rows are worth more than the steps
        self.bars.fit(room, low=low)
        rows = self.grid.horizontalHeader().sizeHint().height() + LEAST_ROWS * self._look.row_height
        self.split.setMinimumHeight(round(rows))
        self.problems.fit(low=low)

    def take_typed(self) -> None:
        """What is being typed counts as if it had been left: in a cell, a field or the name."""
        self.grid.take_typed()
        for field in (*self.fill.fields.values(), *self.request.fields.values()):
            field.take()
        self._rename()

    def _rename(self) -> None:
        self.title.setCursorPosition(0)  # of a long name the beginning is seen
        title = " ".join(self.title.text().split())
        if title and title != self.document.submission.title:
            self.document.change(title=title)
        elif not title:
            self._show_title(self.document.submission.title)

    def _show_title(self, title: str) -> None:
        """Of a long one the beginning is seen, all of it under the pointer."""
        if self.title.text() != title:
            self.title.setText(title)
            self.title.setCursorPosition(0)
        self.title.setToolTip(tooltip(title))

    def show_find(self) -> None:
        self.find_bar.begin()

    def _hide_find(self) -> None:
        self.find_bar.hide()
        self.grid.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        verb = verb_of(event, COMPOSER_KEYS)
        if verb:
            self.acts.do(verb)
        elif event.key() == Qt.Key.Key_Escape:
            if self.grid.rows.filtered:
                self.show_stages(())
            else:
                self.left.emit()
        else:
            super().keyPressEvent(event)

    def event(self, event: Any) -> bool:
        """These keys are ours while this is on screen, whatever the window uses them for."""
        if event.type() == event.Type.ShortcutOverride and verb_of(event, COMPOSER_KEYS):
            event.accept()
            return True
        return super().event(event)
