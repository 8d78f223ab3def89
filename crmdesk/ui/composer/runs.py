"""The list of submissions: drafts, what is being sent, what ended, and templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QStackedWidget, QWidget

from crmdesk.core.seams import Clock
from crmdesk.core.submission import EDITABLE, RowStage, Submission, SubmissionStage
from crmdesk.ui.composer.row_menu import show_menu
from crmdesk.ui.composer.stage_words import tally
from crmdesk.ui.contacts.empty import EmptyState
from crmdesk.ui.flow import FlowLayout, flowing
from crmdesk.ui.kit import ChipButton, Heading, Muted, Page, button, column, pixmap, row
from crmdesk.ui.rows_table import AnyIndex, RowsTable, TitledModel
from crmdesk.ui.theme import Theme
from crmdesk.ui.turning import Turned
from crmdesk.ui.words import clock_time, number, plural, tooltip, tr

ROLE = Qt.ItemDataRole
PARTS = (0.22, 0.12, 0.12, 0.13, 0.09, 0.1, 0.22)
TITLES = ("Name", "Kind", "Account", "File", "By", "Changed", "State")


class Shelf(Enum):
    """Which submissions are shown."""

    ALL = "All"
    DRAFTS = "Drafts"
    SENDING = "Being sent"
    ENDED = "Ended"
    TEMPLATES = "Templates"


@dataclass(frozen=True, slots=True)
class Run:
    """One submission with what the list tells of it."""

    one: Submission
    counts: Mapping[RowStage, int]
    kind: str
    account: str

    @property
    def shelf(self) -> Shelf:
        if self.one.template:
            return Shelf.TEMPLATES
        if self.one.stage is SubmissionStage.DRAFT:
            return Shelf.DRAFTS
        return Shelf.ENDED if self.one.stage is SubmissionStage.ENDED else Shelf.SENDING


def state_of(run: Run) -> tuple[str, str, str]:
    """Icon, words and tone."""
    counts, rows = run.counts, sum(run.counts.values())
    unknown, failed = counts.get(RowStage.UNKNOWN, 0), counts.get(RowStage.FAILED, 0)
    if unknown:
        return "question", tally(counts, first=RowStage.UNKNOWN), "unknown"
    if run.one.template:
        return "star", plural(rows, "1 row", "{n} rows"), "muted"
    match run.one.stage:
        case SubmissionStage.DRAFT:
            return "pencil", plural(rows, "Draft, 1 row", "Draft, {n} rows"), "muted"
        case SubmissionStage.SENDING:
            done = sum(counts.get(stage, 0) for stage in (RowStage.SENT, RowStage.FAILED, RowStage.ACCEPTED))
            words = tr("Being sent, {done} of {n}").replace("{done}", number(done)).replace("{n}", number(rows))
            return "send", words, "accent"
        case SubmissionStage.PAUSED:
            return "pause", tr("Paused"), "warning"
    if failed:
        return "cross", tally(counts, first=RowStage.FAILED), "error"
    if counts.get(RowStage.ACCEPTED):
        return "clock", tally(counts), "unknown"
    return "ok", tally(counts) or plural(0, "1 sent", "{n} sent"), "ok"


class _Model(TitledModel):
    titles = TITLES
    rows: Sequence[Run]

    def __init__(self, look: Theme, clock: Clock, parent: QWidget) -> None:
        super().__init__(parent)
        self._look, self._clock = look, clock

    def put(self, rows: Sequence[Run]) -> None:
        """The current row stays where they are the same ones."""
        if [run.one.id for run in rows] != [run.one.id for run in self.rows]:
            super().put(rows)
            return
        self.rows = rows
        if rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(TITLES) - 1))

    def data(self, index: AnyIndex, role: int = ROLE.DisplayRole) -> Any:
        run, column_ = self.rows[index.row()], index.column()
        name, words, tone = state_of(run)
        one = run.one
        last = len(TITLES) - 1
        if role in (ROLE.DisplayRole, ROLE.ToolTipRole):
            when = clock_time(one.ended_at or one.sent_at or one.changed_at, self._clock.now())
            text = (one.title, run.kind, run.account, one.file, one.operator, when, words)[column_]
            return tooltip(text) if role == ROLE.ToolTipRole else text
        if role == ROLE.AccessibleTextRole:
            spoken = (one.title, run.kind, run.account, one.file, one.operator, words)
            return ", ".join(part for part in spoken if part) if column_ == 0 else None
        if role == ROLE.DecorationRole and column_ == last:
            return pixmap(name, self._look.color(tone), 16, 1.0)
        if role == ROLE.ForegroundRole:
            return self._look.color(tone) if column_ == last else None if column_ == 0 else self._look.color("muted")
        return None


class RunsPage(Page):
    """`opened(id)`, `newWanted()`, `did(what, id)`: copy, template, delete or report of one."""

    opened = Signal(int)
    newWanted = Signal()
    ledgerWanted = Signal()
    accountWanted = Signal()
    did = Signal(str, int)

    def __init__(self, look: Theme, clock: Clock) -> None:
        super().__init__()
        self.setObjectName("events")
        self.runs: list[Run] = []
        self._shelf = Shelf.ALL
        self._kinds: tuple[str, ...] = ()
        self.model = _Model(look, clock, self)
        self.table = RowsTable("events.list", tr("Bulk events"), self.model, PARTS)
        self.table.confirmed.connect(self._open)
        self.table.doubleClicked.connect(lambda _index: self._open())
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._menu)
        self.empty = EmptyState()
        self.empty.setObjectName("events.empty")
        self._lay_out()

    def _lay_out(self) -> None:
        self.new = button("events.new", tr("New bulk events…"), self.newWanted.emit, main=True)
        self.ledger = button("events.ledger", tr("Everything that was sent…"), self.ledgerWanted.emit)
        top = QWidget()
        row(top, Heading(tr("Bulk events"), self, factor=1.35), flowing(self.ledger, self.new), stretch=0)
        summary = Muted(tr("Achievements, purchases and other events for many guests at once."), wrap=True)
        chips = QWidget()
        flow = FlowLayout(6)
        chips.setLayout(flow)
        self._group = QButtonGroup(self)
        self.chips: dict[Shelf, ChipButton] = {}
        for shelf in Shelf:
            chip = self.chips[shelf] = ChipButton(f"events.shelf.{shelf.name.lower()}", tr(shelf.value))
            chip.setCheckable(True)
            chip.setChecked(shelf is Shelf.ALL)
            chip.on_turn(self._chooser(shelf))
            self._group.addButton(chip)
            flow.addWidget(chip)
        head = QWidget()
        column(head, top, summary, chips, gap=8, margins=(20, 16, 16, 10))
        self.stack = QStackedWidget()
        self.stack.addWidget(self.table)
        self.stack.addWidget(self.empty)
        column(self, head, self.stack, gap=0, stretch=1)

    def _chooser(self, shelf: Shelf) -> Turned:
        return lambda _on: self.show_shelf(shelf)

    def show_shelf(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self.chips[shelf].setChecked(True)
        self.show_runs(self.runs)

    def show_runs(self, runs: Sequence[Run], *, can_send: bool = True, kinds: Sequence[str] = ()) -> None:
        """`can_send`: some account takes bulk events; `kinds`: which, () = as before."""
        self.runs = list(runs)
        self._kinds = tuple(kinds) or self._kinds
        shown = [run for run in self.runs if _belongs(run, self._shelf)]
        for shelf, chip in self.chips.items():
            count = sum(_belongs(run, shelf) for run in self.runs)
            chip.setText(f"{tr(shelf.value)} {number(count)}" if count else tr(shelf.value))
        self.new.setEnabled(can_send)
        self.model.put(shown)
        self.stack.setCurrentWidget(self.table if shown else self.empty)
        if not can_send:
            add = (("events.add_account", tr("Add account…"), self.accountWanted.emit),)
            words = tr("Bulk events go to CRM.COM or Cendyn.")
            self.empty.show_state("key", tr("No account takes bulk events."), words, add)
        elif not shown:
            words = tr("Nothing here.") if self.runs else tr("Nothing was composed yet.")
            new = (("events.empty.new", tr("New bulk events…"), self.newWanted.emit),)
            how = tr("Drop a file here, paste rows, or start with an empty grid.")
            self.empty.show_state("send", words, "\n".join((how, " · ".join(self._kinds))).strip(), new)

    @property
    def current(self) -> Run | None:
        place = self.table.currentIndex().row()
        return self.model.rows[place] if 0 <= place < len(self.model.rows) else None

    def _open(self) -> None:
        if (run := self.current) is not None:
            self.opened.emit(run.one.id)

    def why_not(self, verb: str) -> str | None:
        """Why this cannot be done with the current line; None: it can. `show.drafts` and the like choose the list."""
        if verb.startswith("show."):
            return None
        run = self.current
        if run is None:
            return tr("Choose a line first.")
        if verb == "failed" and not run.counts.get(RowStage.FAILED):
            return tr("No row of it failed.")
        if verb in ("keep", "report") and run.one.template:
            return tr("It is a template.")
        if verb == "delete" and not (run.one.stage is SubmissionStage.DRAFT and run.counts.keys() <= EDITABLE):
            return tr("Only drafts can be deleted: what was sent is kept.")
        return None

    def act(self, verb: str) -> None:
        """Of the current line."""
        run = self.current
        if verb.startswith("show."):
            self.show_shelf(Shelf[verb.removeprefix("show.").upper()])
        elif run is not None and self.why_not(verb) is None:
            self.did.emit("template" if verb == "keep" else verb, run.one.id)

    def _menu(self, at: QPoint) -> None:
        if self.current is None:
            return
        entries = (
            ("open", "open", tr("Open")),
            ("copy", "copy", tr("New from this one")),
            ("failed", "failed", tr("New from failures")),
            ("template", "keep", tr("Keep as a template")),
            ("report", "report", tr("Save report…")),
            ("delete", "delete", tr("Delete…")),
        )
        did = [(name, words, partial(self.act, verb), self.why_not(verb) or "") for name, verb, words in entries]
        show_menu(self, "events.menu", did, self.table.viewport().mapToGlobal(at))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        if control and event.key() == Qt.Key.Key_N and self.new.isEnabled():
            self.newWanted.emit()
        elif event.key() == Qt.Key.Key_Delete and self.table.hasFocus():
            self.act("delete")
        else:
            super().keyPressEvent(event)


def _belongs(run: Run, shelf: Shelf) -> bool:
    return run.shelf is shelf or (shelf is Shelf.ALL and run.shelf is not Shelf.TEMPLATES)
