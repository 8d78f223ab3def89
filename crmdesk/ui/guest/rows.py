"""A list that goes on by itself: painted rows of two lines, another page when the end comes near."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QFont, QFontMetrics, QKeyEvent, QPainter, QShowEvent
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from crmdesk.ui.kit import pixmap
from crmdesk.ui.painted_list import PaintedList, paint_ground
from crmdesk.ui.theme import scaled, theme
from crmdesk.ui.words import tooltip

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = Qt.ItemDataRole.UserRole
LEAD = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading
TRAIL = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignTrailing
ELIDE = Qt.TextElideMode.ElideRight
SIDE, PAD, GAP = 12, 8, 10
DOT = 8  # pixels across
AHEAD = 3  # screens before the end at which the next page is asked for
NOWHERE = QModelIndex()


@dataclass(frozen=True, slots=True)
class Row:
    """`fresh`: nobody has looked at it yet (bold, a dot, and the word in `state`). `state` is in `tone`, `rest` behind
    it; `aside` at the end of the first line. `spoken` is all of it for a screen reader."""

    key: str
    title: str
    state: str = ""
    rest: str = ""
    aside: str = ""
    icon: str = ""
    tone: str = ""
    fresh: bool = False
    spoken: str = ""


class RowsModel(QAbstractListModel):
    """Rows in the order they came; what comes twice stands where it was."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or not 0 <= index.row() < len(self.rows):
            return None
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.spoken
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(row.title)
        return row if role == ROW_ROLE else None

    def place(self, key: str) -> int:
        """-1 where there is none."""
        return next((number for number, row in enumerate(self.rows) if row.key == key), -1)

    def show(self, rows: Sequence[Row]) -> None:
        self.beginResetModel()
        self.rows = list({row.key: row for row in rows}.values())
        self.endResetModel()

    def add(self, rows: Sequence[Row]) -> None:
        known = {row.key for row in self.rows}
        fresh = list({row.key: row for row in rows if row.key not in known}.values())
        if fresh:
            self.beginInsertRows(NOWHERE, len(self.rows), len(self.rows) + len(fresh) - 1)
            self.rows += fresh
            self.endInsertRows()

    def put(self, row: Row) -> None:
        """The same row in other words."""
        at = self.place(row.key)
        if at >= 0:
            self.rows[at] = row
            self.dataChanged.emit(self.index(at), self.index(at))

    def insert(self, at: int, row: Row) -> None:
        """Back to where it was taken from."""
        at = min(at, len(self.rows))
        self.beginInsertRows(NOWHERE, at, at)
        self.rows.insert(at, row)
        self.endInsertRows()

    def take(self, key: str) -> int:
        """Away with it; where it stood, -1 where it did not."""
        at = self.place(key)
        if at >= 0:
            self.beginRemoveRows(NOWHERE, at, at)
            del self.rows[at]
            self.endRemoveRows()
        return at


class RowsList(PaintedList):
    """`opened(key)` with Enter or a click; `chosen(key)` for the current row; `moreWanted` where the end is near (once
    per page: `expect(True)` says that there is another one, and that none is on its way)."""

    opened = Signal(str)
    chosen = Signal(str)
    moreWanted = Signal()
    deleteWanted = Signal(str)

    def __init__(self, name: str, label: str, model: RowsModel, parent: QWidget | None = None) -> None:
        super().__init__(name, label, parent)
        self.entries = model
        self._more = False
        self._delegate = _RowPainter(self)
        self.setItemDelegate(self._delegate)
        self.setModel(model)
        self.setUniformItemSizes(True)
        self.selectionModel().currentChanged.connect(lambda now, _was: self.chosen.emit(self._key(now)))
        self.clicked.connect(lambda index: self.opened.emit(self._key(index)))
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._look)
        bar = self.verticalScrollBar()
        bar.setObjectName(f"{name}.bar")
        bar.valueChanged.connect(lambda _value: self._look())
        bar.rangeChanged.connect(lambda _low, _high: self._soon.start())
        theme().changed.connect(self._restyle)

    def _restyle(self) -> None:
        self._delegate.restyle()
        self.doItemsLayout()

    def expect(self, more: bool) -> None:
        """Whether another page follows the rows that are there."""
        self._more = more
        if more:
            self._soon.start()

    def _look(self) -> None:
        bar = self.verticalScrollBar()
        if self._more and self.isVisible() and bar.maximum() - bar.value() <= AHEAD * max(1, self.viewport().height()):
            self._more = False
            self.moreWanted.emit()

    def _key(self, index: Index) -> str:
        row: Row | None = index.data(ROW_ROLE)
        return row.key if row is not None else ""

    def current_key(self) -> str:
        return self._key(self.currentIndex())

    def choose(self, key: str) -> None:
        at = self.entries.place(key)
        if at >= 0:
            self.setCurrentIndex(self.entries.index(at))
            self.scrollTo(self.entries.index(at))

    def choose_near(self, at: int) -> None:
        """The row at this place, or the last one: where the one before it was taken away."""
        if self.entries.rows:
            self.setCurrentIndex(self.entries.index(max(0, min(at, len(self.entries.rows) - 1))))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = self.current_key()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and key:
            self.opened.emit(key)
        elif event.key() == Qt.Key.Key_Delete and key:
            self.deleteWanted.emit(key)
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._soon.start()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Coming in with Tab finds a current row, so that it is read out."""
        super().focusInEvent(event)
        if not self.current_key():
            self.choose_near(0)


class _RowPainter(QStyledItemDelegate):
    """Dot or icon, title and date in the first line, state and the rest below."""

    def __init__(self, view: RowsList) -> None:
        super().__init__(view)
        self._view = view
        self.restyle()

    def restyle(self) -> None:
        """Fonts and heights are measured once."""
        font = theme().font
        self._bold, self._plain, self._small = QFont(font), QFont(font), scaled(font, 0.93)
        self._bold.setWeight(QFont.Weight.Bold)
        self._size = QSize(60, QFontMetrics(self._bold).height() + QFontMetrics(self._small).height() + 2 * PAD + 3)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return self._size

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: Row = index.data(ROW_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, self._view, option.rect, index)
        mirrored = self._view.layoutDirection() == Qt.LayoutDirection.RightToLeft
        mark = SIDE + DOT + GAP
        box = option.rect.adjusted(SIDE if mirrored else mark, PAD, -(mark if mirrored else SIDE), -PAD)
        self._mark(painter, option.rect, row, mirrored)
        self._first(painter, box, row, mirrored)
        self._second(painter, box, row, mirrored)
        painter.restore()

    def _mark(self, painter: QPainter, area: QRect, row: Row, mirrored: bool) -> None:
        """The dot of what nobody has looked at."""
        if not row.fresh:
            return
        left = area.right() - SIDE - DOT if mirrored else area.left() + SIDE
        middle = area.top() + PAD + QFontMetrics(self._bold).height() // 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("accent"))
        painter.drawEllipse(left, middle - DOT // 2, DOT, DOT)

    def _first(self, painter: QPainter, box: QRect, row: Row, mirrored: bool) -> None:
        font = self._bold if row.fresh else self._plain
        metrics, small = QFontMetrics(font), QFontMetrics(self._small)
        line = QRect(box.left(), box.top(), box.width(), QFontMetrics(self._bold).height())
        painter.setFont(self._small)
        painter.setPen(theme().color("muted"))
        used = small.horizontalAdvance(row.aside)
        painter.drawText(line, TRAIL, row.aside)
        room = line.adjusted(used + GAP, 0, 0, 0) if mirrored else line.adjusted(0, 0, -used - GAP, 0)
        painter.setFont(font)
        painter.setPen(theme().color("text"))
        painter.drawText(room, LEAD, metrics.elidedText(row.title, ELIDE, room.width()))

    def _second(self, painter: QPainter, box: QRect, row: Row, mirrored: bool) -> None:
        small = QFontMetrics(self._small)
        line = QRect(box.left(), box.bottom() - small.height() + 1, box.width(), small.height())
        if row.icon:
            size = small.height()
            left = line.right() - size if mirrored else line.left()
            colour = theme().color(row.tone or "muted")
            picture = pixmap(row.icon, colour, size, self._view.devicePixelRatioF())
            painter.drawPixmap(QPoint(left, line.top()), picture)
            line = line.adjusted(0 if mirrored else size + 5, 0, -(size + 5) if mirrored else 0, 0)
        painter.setFont(self._small)
        word = small.elidedText(row.state, ELIDE, line.width())
        painter.setPen(theme().color(row.tone or "muted"))
        painter.drawText(line, LEAD, word)
        used = small.horizontalAdvance(word)
        rest = f" · {row.rest}" if row.rest and row.state else row.rest
        line = line.adjusted(0, 0, -used, 0) if mirrored else line.adjusted(used, 0, 0, 0)
        painter.setPen(theme().color("muted"))
        painter.drawText(line, LEAD, small.elidedText(rest, ELIDE, line.width()))
