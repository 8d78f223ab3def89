"""A log in a dialog: searched while somebody types, copied row by row, opened where its rows lead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QPushButton, QWidget

from crmdesk.core.tasks import PartScope, TaskScope
from crmdesk.ui.flow import flowing
from crmdesk.ui.kit import Heading, Muted, SearchEdit, button, column, row, tr
from crmdesk.ui.rows_table import AnyIndex, RowsTable, TitledModel
from crmdesk.ui.words import tooltip

ROLE = Qt.ItemDataRole
TYPED_MS = 200
MOST = 500  # rows of one answer


class LogModel(TitledModel):
    """Subclasses give the `texts` of a row, one for each title."""

    def texts(self, place: int) -> tuple[str, ...]:
        raise NotImplementedError

    def data(self, index: AnyIndex, role: int = ROLE.DisplayRole) -> Any:
        if role not in (ROLE.DisplayRole, ROLE.ToolTipRole, ROLE.AccessibleTextRole):
            return None
        texts = self.texts(index.row())
        if role == ROLE.AccessibleTextRole and not index.column():
            return ", ".join(text for text in texts if text)  # the first cell speaks the row
        text = texts[index.column()]
        return tooltip(text) if role == ROLE.ToolTipRole else text


class LogDialog(QDialog):
    """`name` begins all object names; `open_words` are the main button's. Subclasses say what is found, how many that
    is in words, and where a row leads. `openWanted(number)` is that of the chosen row."""

    openWanted = Signal(int)

    def __init__(
        self, parent: QWidget, scope: TaskScope, name: str, words: tuple[str, str, str], model: LogModel,
        parts: Sequence[float],
    ) -> None:  # fmt: skip
        """`words`: title, what the search box says, what opens a row. `model` becomes the dialog's."""
        super().__init__(parent)
        title, sought, opens = words
        self.setObjectName(name)
        self.setWindowTitle(title)
        self.owned, self.model = PartScope(scope), model
        model.setParent(self)
        self.search = SearchEdit()
        self.search.setObjectName(f"{name}.search")
        self.search.setPlaceholderText(sought)
        self.search.setAccessibleName(sought)
        self.table = RowsTable(f"{name}.list", title, model, parts)
        self.table.confirmed.connect(self._open)
        self.table.doubleClicked.connect(lambda _index: self._open())
        self.table.copyAsked.connect(self._copy)
        self.table.selectionModel().currentChanged.connect(lambda *_: self._offer())
        self.told = Muted("")
        self.told.setObjectName(f"{name}.told")
        self._soon = QTimer(self, singleShot=True, interval=TYPED_MS)
        self._soon.timeout.connect(self.read)
        self.search.textChanged.connect(lambda _text: self._soon.start())
        foot = QWidget()
        self.go = button(f"{name}.open", opens, self._open)
        close = button(f"{name}.close", tr("Close"), self.reject)
        row(foot, self.told, flowing(*self.more_buttons(), self.go, close), stretch=0)
        column(self, Heading(title, self), self.search, self.table, foot, gap=10, margins=(20, 18, 20, 16), stretch=2)
        room, letters = parent.window().size(), self.fontMetrics().averageCharWidth()
        self.resize(min(letters * 160, room.width() - 60), min(self.fontMetrics().height() * 40, room.height() - 60))
        self.search.setFocus()
        self.read()

    def more_buttons(self) -> Sequence[QPushButton]:
        """Before those that each such dialog has."""
        return ()

    async def look_for(self, text: str) -> Sequence[Any]:
        """At most MOST rows, newest first."""
        raise NotImplementedError

    def counted(self, number: int, *, searched: bool) -> str:
        """How many were found, in words; `number` is less than MOST."""
        raise NotImplementedError

    def target(self, found: Any) -> tuple[int, str]:
        """The number that `openWanted` tells, 0 where the row leads nowhere; then why."""
        raise NotImplementedError

    def read(self) -> None:
        self.owned.start(self._read(), what="Read a log", key=self.objectName(), if_busy="replace")

    async def _read(self) -> None:
        text = " ".join(self.search.text().split())
        found = await self.look_for(text)
        self.model.put(found)
        if found:
            self.table.selectRow(0)  # what Enter and the button are about
        words = tr("The newest {n}").replace("{n}", str(MOST))
        self.told.setText(words if len(found) >= MOST else self.counted(len(found), searched=bool(text)))
        self._offer()

    def _current(self) -> int:
        """Place of the current row, -1 where there is none."""
        place = self.table.currentIndex().row()
        return place if 0 <= place < len(self.model.rows) else -1

    def _target(self) -> tuple[int, str]:
        place = self._current()
        return self.target(self.model.rows[place]) if place >= 0 else (0, "")

    def _offer(self) -> None:
        number, why = self._target()
        self.go.setEnabled(bool(number))
        self.go.setToolTip(tooltip(why))
        self.go.setAccessibleDescription(why)

    def _open(self) -> None:
        number, _why = self._target()
        if number:
            self.openWanted.emit(number)
            self.accept()

    def _copy(self) -> None:
        copy_line(self.model, self._current())


def copy_line(model: LogModel, place: int) -> None:
    """Its cells with tabs between them; nothing where there is no such line."""
    if 0 <= place < len(model.rows):
        QGuiApplication.clipboard().setText("\t".join(model.texts(place)))
