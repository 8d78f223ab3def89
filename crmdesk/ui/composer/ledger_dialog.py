"""Everything that was sent, searchable: who, event number, id, operator, code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QWidget

from crmdesk.core.seams import Clock
from crmdesk.core.submission import Line
from crmdesk.core.tasks import TaskScope
from crmdesk.ui.composer.model import WORDS
from crmdesk.ui.kit import Heading, Muted, SearchEdit, button, column, plural, row, tr
from crmdesk.ui.rows_table import AnyIndex, RowsTable, TitledModel
from crmdesk.ui.words import clock_time, tooltip

ROLE = Qt.ItemDataRole
TITLES = ("When", "Who", "Outcome", "Event", "Message", "By")
PARTS = (0.13, 0.24, 0.15, 0.12, 0.24, 0.12)
TYPED_MS, MOST = 200, 500


class _Model(TitledModel):
    titles = TITLES
    rows: Sequence[Line]

    def __init__(self, clock: Clock, parent: QWidget) -> None:
        super().__init__(parent)
        self._clock = clock

    def data(self, index: AnyIndex, role: int = ROLE.DisplayRole) -> Any:
        if role not in (ROLE.DisplayRole, ROLE.ToolTipRole, ROLE.AccessibleTextRole):
            return None
        texts = self.texts(index.row())
        if role == ROLE.AccessibleTextRole and not index.column():
            return ", ".join(text for text in texts if text)  # the first cell speaks the row
        text = texts[index.column()]
        return tooltip(text) if role == ROLE.ToolTipRole else text

    def texts(self, place: int) -> tuple[str, ...]:
        line = self.rows[place]
        who = line.who.rpartition("=")[2]
        message = " · ".join(part for part in (line.text, line.code, line.note) if part)
        when = clock_time(line.at, self._clock.now())
        by = line.settled_by or line.operator
        return when, who, tr(WORDS[line.stage]), line.number or line.remote_id, message, by


class AnswersDialog(QDialog):
    """Every time that one row left or may have left, with what was answered; the first one first."""

    def __init__(self, parent: QWidget, lines: list[Line], clock: Clock) -> None:
        super().__init__(parent)
        self.setObjectName("answers")
        self.setWindowTitle(tr("What was answered"))
        self.model = _Model(clock, self)
        self.model.put(lines)
        self.table = RowsTable("answers.list", self.windowTitle(), self.model, PARTS)
        foot = QWidget()
        row(foot, button("answers.close", tr("Close"), self.reject)).insertStretch(0, 1)
        column(self, Heading(self.windowTitle(), self), self.table, foot, gap=10, margins=(20, 18, 20, 16), stretch=1)
        self.resize(self.fontMetrics().averageCharWidth() * 130, self.fontMetrics().height() * 20)
        self.table.setFocus()


class LedgerDialog(QDialog):
    """`openWanted(submission id)`."""

    openWanted = Signal(int)

    def __init__(self, parent: QWidget, reader: Any, scope: TaskScope, clock: Clock) -> None:
        super().__init__(parent)
        self.setObjectName("ledger")
        self.setWindowTitle(tr("Everything that was sent"))
        self._reader, self._scope = reader, scope
        self.search = SearchEdit()
        self.search.setObjectName("ledger.search")
        self.search.setPlaceholderText(tr("Account number, event number, operator, code…"))
        self.search.setAccessibleName(self.search.placeholderText())
        self.model = _Model(clock, self)
        self.table = RowsTable("ledger.list", tr("Everything that was sent"), self.model, PARTS)
        self.table.confirmed.connect(self._open)
        self.table.doubleClicked.connect(lambda _index: self._open())
        self.table.copyAsked.connect(self._copy)
        self.told = Muted("")
        self.told.setObjectName("ledger.told")
        self._soon = QTimer(self, singleShot=True, interval=TYPED_MS)
        self._soon.timeout.connect(self.read)
        self.search.textChanged.connect(lambda _text: self._soon.start())
        foot = QWidget()
        close = button("ledger.close", tr("Close"), self.reject)
        self.go = button("ledger.open", tr("Open its submission"), self._open)
        row(foot, self.told, self.go, close, stretch=0)
        column(self, Heading(self.windowTitle(), self), self.search, self.table, foot, gap=10,
               margins=(20, 18, 20, 16), stretch=2)  # fmt: skip
        room = parent.window().size()
        letters = self.fontMetrics().averageCharWidth()
        self.resize(min(letters * 160, room.width() - 60), min(self.fontMetrics().height() * 40, room.height() - 60))
        self.search.setFocus()
        self.read()

    def read(self) -> None:
        self._scope.start(self._read(), what="Read what was sent", key="ledger", if_busy="replace")

    async def _read(self) -> None:
        found = await self._reader.submissions.search(" ".join(self.search.text().split()))
        self.model.put(found)
        if found and not self.table.currentIndex().isValid():
            self.table.selectRow(0)  # what Enter and the button are about
        self.go.setEnabled(bool(found))
        words = plural(len(found), "1 row", "{n} rows") if found else tr("Nothing was found.")
        self.told.setText(tr("The newest {n}").replace("{n}", str(MOST)) if len(found) >= MOST else words)

    def _open(self) -> None:
        place = self.table.currentIndex().row()
        if 0 <= place < len(self.model.rows):
            self.openWanted.emit(self.model.rows[place].submission_id)
            self.accept()

    def _copy(self) -> None:
        place = self.table.currentIndex().row()
        if 0 <= place < len(self.model.rows):
            QGuiApplication.clipboard().setText("\t".join(self.model.texts(place)))
