"""The grid's current cell, and what is being typed into it, through a reset of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QObject
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QLineEdit, QWidget

from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.ui.composer.grid import Grid

EDITOR = "composer.cell"


class KeepPlace(QObject):
    """A column that appears, or another filter, makes the model begin anew; Qt then closes the editor and throws away
    what was typed. Here it is taken up again in the cell of the same row, wherever that is now; where it is not shown
    any more, the row gets the text."""

    def __init__(self, grid: Grid) -> None:
        super().__init__(grid)
        self._grid = grid
        self._cell: tuple[int, str] | None = None  # row's key and path
        self._typed: str | None = None
        self._cursor = 0
        self._resetting = False
        grid.selectionModel().currentChanged.connect(self._remember)
        grid.rows.modelAboutToBeReset.connect(self._keep)
        grid.rows.modelReset.connect(self._take_up)

    def _remember(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid() and not self._resetting:  # an editor that Qt closes gives the grid the focus, and a cell
            model = self._grid.rows
            self._cell = model.row_at(current.row()).key, model.columns[current.column()]

    def _keep(self) -> None:
        editor = self.editor()
        self._typed, self._resetting = None, True
        if editor is not None:
            line = editor.lineEdit() if isinstance(editor, QComboBox) else editor
            if isinstance(line, QLineEdit):
                self._typed, self._cursor = line.text(), line.cursorPosition()

    def editor(self) -> QWidget | None:
        """That of the cell that is being typed into."""
        return self._newest() if self._grid.state() == QAbstractItemView.State.EditingState else None

    def _newest(self) -> QWidget | None:
        found = [one for one in self._grid.findChildren(QWidget, EDITOR) if not one.isHidden()]
        return found[-1] if found else None

    def _take_up(self) -> None:
        typed, self._typed, self._resetting = self._typed, None, False
        if self._cell is None:
            return
        key, path = self._cell
        model, document = self._grid.rows, self._grid.document
        place = document.place_of(key)
        row = model.row_of(place) if place >= 0 else -1
        if row >= 0 and path in model.columns:
            index = model.index(row, model.columns.index(path))
            self._grid.setCurrentIndex(index)
            if typed is not None and document.rows[place].editable and not document.busy:
                self._grid.edit(index)
                self._type(typed)
        elif typed is not None and place >= 0:
            document.set_cells([(place, path, typed)], tr("Typing"))

    def _type(self, text: str) -> None:
        editor = self._newest()
        line = editor.lineEdit() if isinstance(editor, QComboBox) else editor
        if isinstance(line, QLineEdit):
            line.setText(text)
            line.setCursorPosition(self._cursor)
