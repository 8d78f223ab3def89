"""Importing rows: what is in the file, how it is read, which column is what. Nothing is written before *Import*."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QSizePolicy,
    QStackedWidget,
    QTableView,
    QWidget,
)

from crmdesk.core import mapping as mappings
from crmdesk.core.batch import BatchKind
from crmdesk.core.errors import CrmDeskError
from crmdesk.core.sheet import Layout, Table, TextForm, as_text
from crmdesk.core.submission import NewRow
from crmdesk.core.tasks import PartScope, TaskScope
from crmdesk.store.mappings import KeptMapping
from crmdesk.sync.letters import ENCODING_WORDS
from crmdesk.sync.unreadable import UnreadableError, cancelled
from crmdesk.ui.busy import Busy
from crmdesk.ui.composer.columns_step import ColumnsStep
from crmdesk.ui.feedback import error_words
from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.kit import Banner, Heading, Muted, PlainLabel, button, column, number, plural, row, tr
from crmdesk.ui.patience import Patience
from crmdesk.ui.turning import TickBox
from crmdesk.ui.words import tooltip

ROLE = Qt.ItemDataRole
Index = QModelIndex | QPersistentModelIndex
PREVIEW = 20
SEPARATOR_WORDS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Bar"}
QUOTE_WORDS = {'"': 'Double quotes "', "'": "Single quotes '", "": "No quotes"}
EDGE = 40
POLL_MS = 150  # between two looks at how far it is


class _Preview(QAbstractTableModel):
    table: Table | None = None

    def show(self, table: Table | None) -> None:
        self.beginResetModel()
        self.table = table
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if self.table is None or (parent and parent.isValid()) else min(PREVIEW, len(self.table.rows))

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if self.table is None or (parent and parent.isValid()) else len(self.table.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = ROLE.DisplayRole) -> Any:
        if role != ROLE.DisplayRole or self.table is None:
            return None
        return self.table.columns[section] if orientation is Qt.Orientation.Horizontal else number(section + 1)

    def data(self, index: Index, role: int = ROLE.DisplayRole) -> Any:
        if role != ROLE.DisplayRole or self.table is None:
            return None
        return as_text(self.table.rows[index.row()][index.column()]).replace("\n", " ↵ ")[:500]


class _Making:
    """How far the rows are that a thread makes, in `busy`."""

    def __init__(self, total: int, busy: Busy) -> None:
        self.stopping = threading.Event()
        self._done, self._total, self._busy = 0, total, busy
        self._poll = QTimer(busy, interval=POLL_MS)
        self._poll.timeout.connect(self._look)
        self._poll.start()
        self._look()

    def tell(self, done: int) -> None:
        """In the thread. UnreadableError where somebody has stopped it."""
        self._done = done
        if self.stopping.is_set():
            raise cancelled()

    def _look(self) -> None:
        stops = self.stopping.is_set()
        words = tr("Stopping…") if stops else tr("Reading {done} of {n} rows")
        words = words.replace("{done}", number(self._done)).replace("{n}", number(self._total))
        self._busy.set(words, self._done, None if stops else self._total, fresh=not self._done)

    def end(self) -> None:
        self._poll.stop()
        self._poll.deleteLater()


class ImportDialog(QDialog):
    """`source` is a file's path, or pasted text. Accepted: `rows`, `table` and `mapping` are what was chosen, `keep_as`
    the name to keep the mapping under. `now` is local."""

    def __init__(
        self,
        parent: QWidget,
        scope: TaskScope,
        kind: BatchKind,
        source: Path | str,
        kept: Sequence[KeptMapping],
        now: Callable[[], Any],
    ) -> None:
        super().__init__(parent)
        self.setObjectName("import")
        self.setWindowTitle(tr("Import rows"))
        self.owned = PartScope(scope)
        self._source, self._kept, self._now = source, kept, now
        self.layout_ = Layout()
        self.rows: list[NewRow] = []
        self.table: Table | None = None
        self._whole: Table | None = None
        self._stopping = threading.Event()  # one per reading
        self._unread = False  # the file is being read, in this way for the first time
        self.columns = ColumnsStep(kind, self.owned)
        self._make_choices()
        self._make_preview()
        self._lay_out()
        self.columns.changed.connect(self._refresh)
        letters = self.fontMetrics().averageCharWidth()
        room = parent.window().size()
        self.resize(
            min(letters * 150, room.width() - EDGE), min(self.fontMetrics().height() * 42, room.height() - EDGE)
        )
        self._read()

    # ── building ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _make_choices(self) -> None:
        self.encoding, self.separator, self.quote, self.sheet = QComboBox(), QComboBox(), QComboBox(), QComboBox()
        for box, words in (
            (self.encoding, ENCODING_WORDS),
            (self.separator, SEPARATOR_WORDS),
            (self.quote, QUOTE_WORDS),
        ):
            for key, text in words.items():
                box.addItem(tr(text), key)
        self.header = TickBox(tr("The first row has the headings"))
        self._choice_labels: list[PlainLabel] = []
        for name, title, widget in (
            ("encoding", tr("Letters"), self.encoding),
            ("separator", tr("Between cells"), self.separator),
            ("quote", tr("Around texts"), self.quote),
            ("sheet", tr("Sheet"), self.sheet),
            ("header", tr("The first row has the headings"), self.header),
        ):
            widget.setObjectName(f"import.{name}")
            widget.setAccessibleName(title)
        for box in (self.encoding, self.separator, self.quote, self.sheet):
            box.activated.connect(lambda _place: self._choose())
        self.header.on_turn(lambda _on: self._choose())

    def _make_preview(self) -> None:
        self.model = _Preview(self)
        self.preview = QTableView()
        self.preview.setObjectName("import.preview")
        self.preview.setAccessibleName(tr("The first rows"))
        self.preview.setModel(self.model)
        self.preview.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.preview.setTabKeyNavigation(False)
        self.preview.setWordWrap(False)
        header = self.preview.horizontalHeader()
        header.setTextElideMode(Qt.TextElideMode.ElideRight)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        self.remarks = PlainLabel("", wrap=True, selectable=True)
        self.remarks.setObjectName("import.remarks")
        self.count = Muted("")
        self.count.setObjectName("import.count")
        self.ours = QComboBox()
        self.ours.setObjectName("import.ours")
        self.ours.setAccessibleName(tr("Which rows of the result"))
        for words, failed in (
            (tr("Only rows that failed or were not sent"), True),
            (tr("All rows as new ones"), False),
        ):
            self.ours.addItem(words, failed)
        self.ours.activated.connect(lambda _place: self._take())
        self.our_words = PlainLabel(tr("This looks like a result of crmdesk. Take:"))

    def _lay_out(self) -> None:
        name = self._source.name if isinstance(self._source, Path) else tr("What was copied")
        choices = QWidget()
        self._pairs: dict[QComboBox, QWidget] = {}  # a box with its label
        flow = FlowLayout(8)
        choices.setLayout(flow)
        for words, box in (
            (tr("Letters"), self.encoding),
            (tr("Between cells"), self.separator),
            (tr("Around texts"), self.quote),
            (tr("Sheet"), self.sheet),
        ):
            label = PlainLabel(words)
            label.setBuddy(box)
            self._choice_labels.append(label)
            pair = self._pairs[box] = QWidget()
            row(pair, label, box)
            flow.addWidget(pair)
        flow.addWidget(self.header)
        ours = QWidget()
        row(ours, self.our_words, self.ours).addStretch(1)
        self._ours = ours
        first = QWidget()
        heading = Heading(name, self)
        heading.setWordWrap(True)
        heading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # a name may have no gaps
        heading.setToolTip(tooltip(name))
        column(first, heading, choices, ours, self.remarks, self.preview, self.count, gap=10, stretch=4)
        self.stack = QStackedWidget()
        self.stack.addWidget(first)
        self.stack.addWidget(self.columns)
        self.problem = Banner("error", "")
        self.problem.setObjectName("import.problem")
        self.problem.hide()
        self.busy = Busy("import.busy", self._cancel_reading)
        self.patience = Patience(self.busy)
        self.back = button("import.back", tr("Back"), lambda: self._go(0))
        self.cancel = button("import.cancel", tr("Cancel"), self.reject)
        self.change = button("import.change", tr("Columns…"), lambda: self._go(1))
        self.go = button("import.go", tr("Import"), self._next, main=True)
        self.go.setDefault(True)
        foot = QWidget()
        row(foot, self.back, self.cancel, self.change, self.go).insertStretch(0, 1)
        column(self, self.stack, self.problem, self.busy, foot, gap=10, margins=(20, 18, 20, 16), stretch=0)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _choose(self) -> None:
        form = TextForm(self.encoding.currentData() or "", self.separator.currentData() or "", self.quote.currentData())
        self.layout_ = Layout(form, self.sheet.currentText(), self.header.isChecked())
        self._read()

    def _read(self) -> None:
        self._stopping.set()  # what is still being read is no longer wanted
        self._stopping = threading.Event()
        self._unread = True
        self.go.setEnabled(False)  # at once: somebody may be faster than the task
        self.owned.start(self._reading(self._stopping), what="Read the file", key="import.read", if_busy="replace")

    async def _reading(self, stopping: threading.Event) -> None:
        from crmdesk.sync import importing

        self.problem.hide()
        self.busy.set(tr("Reading…"))
        self.patience.begin()
        source, layout = self._source, self.layout_

        def work() -> Table:
            if isinstance(source, Path):
                return importing.read_file(source, layout, stopped=stopping.is_set)
            return importing.read_text(source, layout)

        problem: CrmDeskError | None = None
        try:
            self._whole = await asyncio.to_thread(work)
        except CrmDeskError as error:
            problem = error
        finally:
            if stopping is self._stopping:  # else another reading is under way
                self.patience.end()
                self._unread = False
        if problem is None:
            self._take()
        elif stopping.is_set():  # a person's own doing: what was read before stays
            self._refresh()
        else:
            self._whole = self.table = None
            self.model.show(None)
            self._show_problem(problem)

    def _show_problem(self, error: CrmDeskError) -> None:
        self.problem.set("error", " ".join(error_words(error)))
        self.problem.show()
        self._refresh()

    def _cancel_reading(self) -> None:
        self._stopping.set()
        self.busy.set(tr("Stopping…"))

    def _take(self) -> None:
        """The table as it is to be imported: a result of ours without its result."""
        from crmdesk.sync import report

        whole = self._whole
        if whole is None:
            return
        ours = report.is_report(whole)
        self._ours.setVisible(ours)
        take = report.failed_only if self.ours.currentData() else report.as_new
        self.table = take(whole) if ours else whole
        self._show_layout(whole)
        self.model.show(self.table)
        self.preview.resizeColumnsToContents()
        for place in range(min(60, self.model.columnCount())):
            self.preview.setColumnWidth(place, min(self.preview.columnWidth(place), 260))
        told = [f"{'⚠ ' if one.warning else ''}{tr(one.text)}" for one in self.table.remarks]
        self.remarks.setText("\n".join(told))
        self.remarks.setVisible(bool(told))
        rows = len(self.table.rows)
        words = plural(rows, "1 row", "{n} rows")
        if rows > PREVIEW:
            words += " · " + tr("the first {n} are shown").replace("{n}", str(PREVIEW))
        self.count.setText(words)
        self.columns.show_table(self.table, self._kept)
        self._refresh()

    def _show_layout(self, table: Table) -> None:
        """What was found out, in the choices."""
        form = table.layout.form
        text = not table.sheets
        pasted = not isinstance(self._source, Path)
        if self.encoding.findData(form.encoding) < 0 and form.encoding:
            self.encoding.addItem(form.encoding, form.encoding)
        self.encoding.setCurrentIndex(self.encoding.findData(form.encoding))
        self.separator.setCurrentIndex(self.separator.findData(form.separator))
        self.quote.setCurrentIndex(self.quote.findData(form.quote))
        self.sheet.clear()
        for sheet in table.sheets:
            self.sheet.addItem(sheet.name)
        self.sheet.setCurrentText(table.layout.sheet)
        self.header.setChecked(bool(table.layout.header))
        shown = (text and not pasted, text, text, len(table.sheets) > 1)
        for label, box, on in zip(
            self._choice_labels, (self.encoding, self.separator, self.quote, self.sheet), shown, strict=True
        ):
            for part in (label, box, self._pairs[box]):
                part.setVisible(on)

    # ── going on ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _refresh(self) -> None:
        there = self.table is not None and bool(self.table.rows)
        second = self.stack.currentIndex() == 1
        if self._unread or (there and self.columns.looking):  # it is not known yet what the button will do
            self.go.setEnabled(False)
            return
        straight = second or (there and self.columns.plain)
        self.back.setVisible(second)
        self.change.setVisible(not second and there and straight)
        self.go.setText(tr("Import") if straight else tr("Columns…"))
        self.go.setEnabled(there and not (second and (self.columns.open_question or not self.columns.mapping.choices)))

    def _go(self, place: int) -> None:
        self.stack.setCurrentIndex(place)
        self._refresh()

    def _next(self) -> None:
        if self.stack.currentIndex() == 0 and not self.columns.plain:
            self._go(1)
            return
        self.owned.start(self._making(), what="Read the rows", key="import.make", if_busy="keep")

    async def _making(self) -> None:
        table, kind, mapping = self.table, self.columns.kind, self.columns.mapping
        assert table is not None  # else there is nothing to press
        making = _Making(len(table.rows), self.busy)
        self._stopping = making.stopping
        self.patience.begin()
        self.go.setEnabled(False)
        self.stack.setEnabled(False)  # what is changed now would not be in the rows
        now = self._now()
        try:
            self.rows = await asyncio.to_thread(mappings.apply, kind, table, mapping, now, tell=making.tell)
        except UnreadableError:  # stopped: the file as it was read is still there
            self._refresh()
            return
        except CrmDeskError as error:
            self._show_problem(error)
            return
        finally:
            making.end()
            self.patience.end()
            self.stack.setEnabled(True)
        self.accept()

    @property
    def mapping(self) -> mappings.ColumnMapping:
        return replace(self.columns.mapping, name=self.keep_as)

    @property
    def keep_as(self) -> str:
        return " ".join(self.columns.name.text().split())

    def done(self, result: int) -> None:
        """However it ends: what is still being read is no longer wanted, and nothing is shown in it any more."""
        self._stopping.set()
        super().done(result)
