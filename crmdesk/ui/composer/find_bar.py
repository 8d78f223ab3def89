"""Find and replace in the grid."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from crmdesk.ui.composer.document import Document
from crmdesk.ui.composer.grid import Grid
from crmdesk.ui.flow import flowing
from crmdesk.ui.kit import IconButton, Muted, button, plural, row, tr


class FindBar(QWidget):
    """`closed`: Esc, or its button."""

    closed = Signal()

    def __init__(self, document: Document, grid: Grid) -> None:
        super().__init__()
        self.setObjectName("composer.find")
        self.document, self._grid = document, grid
        self.sought, self.instead, self.where = QLineEdit(), QLineEdit(), QComboBox()
        for name, words, widget in (
            ("sought", tr("Find"), self.sought),
            ("instead", tr("Replace with"), self.instead),
            ("where", tr("Column"), self.where),
        ):
            widget.setObjectName(f"composer.find.{name}")
            widget.setAccessibleName(words)
        self.sought.setPlaceholderText(tr("Find"))
        self.instead.setPlaceholderText(tr("Replace with"))
        self.whole = QCheckBox(tr("Whole cell"))
        self.whole.setObjectName("composer.find.whole")
        self.told = Muted("")
        self.told.setObjectName("composer.find.told")
        close = IconButton("composer.find.close", "close", tr("Close"))
        close.clicked.connect(lambda _checked=False: self.closed.emit())
        self._replacing = False
        document.done.connect(self._done)
        back = button("composer.find.previous", tr("Previous"), lambda: self.step(-1))
        find = button("composer.find.next", tr("Next"), lambda: self.step(1))
        every = button("composer.find.all", tr("Replace all"), self.replace_all)
        does = flowing(self.whole, back, find, every)
        row(self, self.sought, self.instead, self.where, does, self.told, close, margins=(0, 4, 0, 4), stretch=4)

    def begin(self) -> None:
        """Opened: columns as they are now, the first field focused."""
        self.where.clear()
        self.where.addItem(tr("All columns"), "")
        for path in self._grid.rows.columns:
            if (column := self.document.column(path)) is not None:
                self.where.addItem(tr(column.title), path)
        self.show()
        self.sought.setFocus()
        self.sought.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.focusWidget() is self.sought:
            self.step(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        else:
            super().keyPressEvent(event)

    def _paths(self) -> list[str]:
        chosen = self.where.currentData()
        return [chosen] if chosen else [path for path in self._grid.rows.columns if self.document.column(path)]

    def step(self, step: int) -> None:
        """To the next cell that holds the text; -1: the one before."""
        if not self.sought.text():
            self.told.setText(tr("Type what to look for."))
            return
        self.document.find(self._paths(), self.sought.text(), lambda spots: self._go(spots, step))

    def _go(self, spots: list[tuple[int, str]], step: int) -> None:
        rows, model = self.document.rows, self._grid.rows
        order = {path: place for place, path in enumerate(model.columns)}
        places = sorted((place, order[path], path) for place, path in spots if place < len(rows) and path in order)
        if not places:
            self.told.setText(tr("Not found."))
            return
        current = self._grid.currentIndex()
        here = (model.place_of(current.row()), current.column()) if current.isValid() else (-1, -1)
        if step > 0:
            found = next((spot for spot in places if spot[:2] > here), places[0])
        else:
            found = next((spot for spot in reversed(places) if spot[:2] < here), places[-1])
        if model.row_of(found[0]) < 0:
            self._grid.show_only(None)
        self._grid.go_to(rows[found[0]].key, found[2])
        self.told.setText(plural(len(places), "1 cell", "{n} cells"))

    def replace_all(self) -> None:
        if not self.sought.text():
            self.told.setText(tr("Type what to look for."))
            return
        self._replacing = True
        self.document.replace(
            self._paths(), self.sought.text(), self.instead.text(), tr("Replacing"), whole=self.whole.isChecked()
        )

    def _done(self, _words: str, rows: int) -> None:
        if self._replacing:
            self._replacing = False
            self.told.setText(plural(rows, "1 row changed.", "{n} rows changed.") if rows else tr("Not found."))
