"""Painting and editing of the grid's cells."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import QComboBox, QCompleter, QLineEdit, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from crmdesk.core.fields import FieldKind
from crmdesk.ui.composer.document import Document
from crmdesk.ui.composer.model import GridModel
from crmdesk.ui.theme import theme
from crmdesk.ui.words import tr

PAD, RING = 6, 2
MOST_SUGGESTED = 200
Index = QModelIndex | QPersistentModelIndex
ROLE = Qt.ItemDataRole


class CellDelegate(QStyledItemDelegate):
    """A line to type into, with what stands in the column already; a choice where there is one."""

    def __init__(self, grid: QWidget) -> None:
        super().__init__(grid)
        self._grid = grid

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, index: Index) -> QWidget:
        model: GridModel = index.model()  # type: ignore[assignment]
        column = model.column_at(index.column())
        if column is not None and column.spec.kind is FieldKind.CHOICE and column.spec.words:
            box = QComboBox(parent)
            box.setEditable(True)  # what is no choice can be typed, and is marked
            box.addItems([code for code, _ in column.spec.words])
            editor: QWidget = box
        else:
            line = QLineEdit(parent)
            line.setFrame(False)
            completer = QCompleter(suggestions(model.document, model.columns[index.column()]), line)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
            line.setCompleter(completer)
            editor = line
        editor.setObjectName("composer.cell")
        editor.setAccessibleName(column.title if column is not None else "")
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Once: the rows are drawn anew while somebody types, and what they type stays."""
        if editor.property("begun"):
            return
        editor.setProperty("begun", True)
        text = str(index.data(ROLE.EditRole) or "")
        if isinstance(editor, QComboBox):
            editor.setCurrentText(text)
        elif isinstance(editor, QLineEdit):
            editor.setText(text)

    def setModelData(self, editor: QWidget, _model: object, index: Index) -> None:
        model: GridModel = index.model()  # type: ignore[assignment]
        text = editor.currentText() if isinstance(editor, QComboBox) else editor.text()  # type: ignore[attr-defined]
        path = model.columns[index.column()]
        model.document.set_cells([(model.place_of(index.row()), path, text)], tr("Typing"))

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        """Enter takes the text and goes down, with Shift up, as in a spreadsheet."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and isinstance(editor, QWidget):
            popup = editor.completer().popup() if isinstance(editor, QLineEdit) and editor.completer() else None
            choosing = popup is not None and popup.isVisible() and popup.currentIndex().isValid()
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not choosing:
                self.commitData.emit(editor)
                self.closeEditor.emit(editor, QStyledItemDelegate.EndEditHint.NoHint)
                self._grid.step_down(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)  # type: ignore[attr-defined]
                return True
        return super().eventFilter(editor, event)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: Index) -> None:
        editor.setGeometry(option.rect)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        look, rect = theme(), QRect(option.rect)
        ground = index.data(ROLE.BackgroundRole)
        grid = self._grid
        selected = grid.selectionModel().isSelected(index)  # type: ignore[attr-defined]
        if isinstance(ground, QColor):
            painter.fillRect(rect, ground)
        elif selected:
            painter.fillRect(rect, look.color("selected"))
        colour = index.data(ROLE.ForegroundRole)
        painter.setPen(colour if isinstance(colour, QColor) else look.color("text"))
        box = rect.adjusted(PAD, 0, -PAD, 0)
        text = option.fontMetrics.elidedText(str(index.data() or ""), Qt.TextElideMode.ElideRight, max(0, box.width()))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading, text)
        if index == grid.currentIndex():  # type: ignore[attr-defined]
            colour = look.color("accent" if grid.hasFocus() else "border")
            for edge in (
                QRect(rect.left(), rect.top(), rect.width(), RING),
                QRect(rect.left(), rect.bottom() - RING + 1, rect.width(), RING),
                QRect(rect.left(), rect.top(), RING, rect.height()),
                QRect(rect.right() - RING + 1, rect.top(), RING, rect.height()),
            ):
                painter.fillRect(edge, colour)


def suggestions(document: Document, path: str) -> list[str]:
    """Different texts of a column, those of the first rows first."""
    from crmdesk.ui.composer.rows import cell_text

    column = document.column(path)
    if column is None:
        return []
    found: dict[str, None] = dict.fromkeys(column.spec.suggests)
    for row in document.rows[:5000]:
        if text := cell_text(row, column):
            found.setdefault(text)
            if len(found) >= MOST_SUGGESTED:
                break
    return list(found)
