"""Painting and editing of the grid's cells."""

from __future__ import annotations

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QHeaderView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from crmdesk.core.fields import FieldKind
from crmdesk.ui.composer.document import Document
from crmdesk.ui.composer.keep_place import EDITOR
from crmdesk.ui.composer.model import GridModel
from crmdesk.ui.composer.rows import cell_text
from crmdesk.ui.contacts.painter import Ruler
from crmdesk.ui.icons import icon_size, pixmap
from crmdesk.ui.theme import theme
from crmdesk.ui.words import isolated, tr

PAD, RING = 6, 2
LEADING = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading
MOST_SUGGESTED, MOST_LOOKED_AT = 200, 1000  # texts, rows
Index = QModelIndex | QPersistentModelIndex
ROLE = Qt.ItemDataRole
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class _Line(QLineEdit):
    """`entered(self, key event)`: Enter while suggestions are shown and none of them is chosen. Qt hands the line their
    keys past the delegate's filter."""

    entered = Signal(QWidget, QEvent)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        popup = self.completer().popup() if event.key() in ENTER else None
        if popup is not None and popup.isVisible() and not popup.currentIndex().isValid():
            popup.hide()
            event.accept()
            self.entered.emit(self, event)
        else:
            super().keyPressEvent(event)


class CellDelegate(QStyledItemDelegate):
    """A line to type into, with what stands in the column already; a choice where there is one."""

    def __init__(self, grid: QWidget) -> None:
        super().__init__(grid)
        self._grid = grid
        self._ruler: Ruler | None = None  # of the letters as they are now
        theme().changed.connect(self._restyle)

    def _restyle(self) -> None:
        self._ruler = None

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, index: Index) -> QWidget:
        model: GridModel = index.model()  # type: ignore[assignment]
        column = model.column_at(index.column())
        if column is not None and column.spec.kind is FieldKind.CHOICE and column.spec.words:
            box = QComboBox(parent)
            box.setEditable(True)  # what is no choice can be typed, and is marked
            box.addItems([code for code, _ in column.spec.words])
            editor: QWidget = box
        else:
            line = _Line(parent)
            line.entered.connect(self._enter)
            line.setFrame(False)
            completer = QCompleter(suggestions(model.document, model.columns[index.column()]), line)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
            line.setCompleter(completer)
            editor = line
        editor.setObjectName(EDITOR)
        editor.setAccessibleName(tr(column.title) if column is not None else "")
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
        """Enter takes the text and goes down, with Shift up, as in a spreadsheet; with Ctrl it goes on to the grid."""
        pressed = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if pressed and isinstance(editor, QWidget) and event.key() in ENTER:  # type: ignore[attr-defined]  # a key
            self._enter(editor, event)
            return True
        return super().eventFilter(editor, event)

    def _enter(self, editor: QWidget, event: QEvent) -> None:
        held = event.modifiers()  # type: ignore[attr-defined]  # a key
        self.commitData.emit(editor)
        self.closeEditor.emit(editor, QStyledItemDelegate.EndEditHint.NoHint)
        if held & Qt.KeyboardModifier.ControlModifier:
            QCoreApplication.sendEvent(self._grid, event)
        else:
            self._grid.step_down(-1 if held & Qt.KeyboardModifier.ShiftModifier else 1)  # type: ignore[attr-defined]

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: Index) -> None:
        editor.setGeometry(option.rect)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        look, rect, grid = theme(), option.rect, self._grid
        model: GridModel = index.model()  # type: ignore[assignment]
        row, path = model.row_at(index.row()), model.columns[index.column()]
        text, ground, colour = model.painted(row, path)
        if grid.selectionModel().isSelected(index):  # type: ignore[attr-defined]
            painter.fillRect(rect, look.color("selected"))
        elif ground is not None:
            painter.fillRect(rect, ground)
        box = rect.adjusted(PAD, 0, -PAD, 0)
        if ground is not None:
            self._mark(painter, box, option.direction, *model.mark(row, path))
        if text:
            painter.setPen(colour or look.color("text"))
            self._ruler = self._ruler or Ruler(option.font)
            text = self._ruler.cut(text, max(0, box.width()))
            if option.direction == Qt.LayoutDirection.RightToLeft:
                text = isolated(text)  # a phone number is read from the left in any window
            painter.drawText(box, LEADING, text)
        if index == grid.currentIndex():  # type: ignore[attr-defined]
            self._ring(painter, QRect(rect), look.color("accent" if grid.hasFocus() else "border"))

    def _mark(self, painter: QPainter, box: QRect, direction: Qt.LayoutDirection, name: str, tone: str) -> None:
        """At the cell's end; `box` keeps the rest for the text."""
        size = icon_size(self._grid) - 2
        place = QRect(box.right() - size + 1, box.center().y() - size // 2, size, size)
        picture = pixmap(name, theme().color(tone), size, self._grid.devicePixelRatioF())
        painter.drawPixmap(QStyle.visualRect(direction, box, place).topLeft(), picture)
        used = size + PAD // 2
        mirrored = direction == Qt.LayoutDirection.RightToLeft
        box.adjust(used if mirrored else 0, 0, 0 if mirrored else -used, 0)

    def _ring(self, painter: QPainter, rect: QRect, colour: QColor) -> None:
        """Where the keyboard is."""
        for edge in (
            QRect(rect.left(), rect.top(), rect.width(), RING),
            QRect(rect.left(), rect.bottom() - RING + 1, rect.width(), RING),
            QRect(rect.left(), rect.top(), RING, rect.height()),
            QRect(rect.right() - RING + 1, rect.top(), RING, rect.height()),
        ):
            painter.fillRect(edge, colour)


class RowHeader(QHeaderView):
    """The frozen column of numbers and states. It is drawn here: by the style sheet it takes longer than all cells."""

    def __init__(self, grid: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical, grid)
        self.setSectionsClickable(True)
        self.setHighlightSections(False)

    def sizeHint(self) -> QSize:
        """Its width is given: else Qt asks for the texts of hundreds of rows whenever some come or go."""
        return QSize(self.minimumWidth(), 0)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        look = theme()
        model: GridModel = self.model()  # type: ignore[assignment]
        painter.fillRect(rect, look.color("window"))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, look.color("hairline"))
        text, name, tone = model.header(section)
        size = icon_size(self)
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        if name:
            left = rect.right() - PAD - size if mirrored else rect.left() + PAD
            picture = pixmap(name, look.color(tone), size, self.devicePixelRatioF())
            painter.drawPixmap(left, rect.center().y() - size // 2, picture)
        painter.setPen(look.color("muted"))
        room = size + PAD + 4
        box = rect.adjusted(PAD if mirrored else room, 0, -room if mirrored else -PAD, 0)
        painter.drawText(box, LEADING, text)


def suggestions(document: Document, path: str) -> list[str]:
    """Different texts of a column, those of the first rows first."""
    column = document.column(path)
    if column is None:
        return []
    found: dict[str, None] = dict.fromkeys(column.spec.suggests)
    for row in document.rows[:MOST_LOOKED_AT]:
        if text := cell_text(row, column):
            found.setdefault(text)
            if len(found) >= MOST_SUGGESTED:
                break
    return list(found)
