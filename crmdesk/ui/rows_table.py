"""A plain read-only table: columns share the width, the current row has a ring, everything follows the theme."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from crmdesk.ui.painted_list import paint_bar
from crmdesk.ui.theme import theme
from crmdesk.ui.words import tr

PAD, RING = 8, 2
ROLE = Qt.ItemDataRole
AnyIndex = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


class TitledModel(QAbstractTableModel):
    """Rows under `titles` (English, translated here): the shape of what a RowsTable shows. Subclasses give `data`."""

    titles: Sequence[str] = ()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: Sequence[Any] = ()

    def put(self, rows: Sequence[Any]) -> None:
        """These rows instead of those there are."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: AnyIndex = ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: AnyIndex = ROOT) -> int:
        return 0 if parent.isValid() else len(self.titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = ROLE.DisplayRole) -> Any:
        titled = orientation == Qt.Orientation.Horizontal and role == ROLE.DisplayRole
        return tr(self.titles[section]) if titled and 0 <= section < len(self.titles) else None


class RowsTable(QTableView):
    """`parts` are the columns' shares of the width. Enter is told (`confirmed`), and Ctrl+C (`copyAsked`).

    The model gives DisplayRole, ForegroundRole (QColor) and DecorationRole (QPixmap)."""

    confirmed = Signal()
    copyAsked = Signal()

    def __init__(self, name: str, label: str, model: QAbstractTableModel, parts: Sequence[float]) -> None:
        super().__init__()
        self._parts = parts
        self.setObjectName(name)
        self.setAccessibleName(label)
        self.setModel(model)
        self.setItemDelegate(_RowPainter(self))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setFrameShape(self.Shape.NoFrame)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.horizontalHeader()
        header.setObjectName(f"{name}.header")
        header.setAccessibleName(tr("Columns"))
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setTextElideMode(Qt.TextElideMode.ElideRight)
        header.setSectionsClickable(False)
        rows = self.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.hide()
        theme().changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        self.verticalHeader().setMinimumSectionSize(10)
        self.verticalHeader().setDefaultSectionSize(theme().row_height)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide, left = self.viewport().width(), 0
        for place in range(len(self._parts)):
            right = round(wide * sum(self._parts[: place + 1]))
            self.setColumnWidth(place, right - left)
            left = right

    def paintEvent(self, event: QPaintEvent) -> None:
        """Without a row the ring is around the whole: it may have the focus all the same."""
        super().paintEvent(event)
        if self.hasFocus() and not self.currentIndex().isValid():
            painter = QPainter(self.viewport())
            painter.setPen(QPen(theme().color("accent"), 2 * RING))  # half of it lies outside
            painter.drawRect(self.viewport().rect())
            painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.confirmed.emit()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copyAsked.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Entered by keyboard there is a current row, so that it is spoken."""
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self.model().rowCount():
            self.selectRow(0)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()


class _RowPainter(QStyledItemDelegate):
    """Ground, hairline, picture, text, and the ring around the current row."""

    def __init__(self, view: RowsTable) -> None:
        super().__init__(view)
        self._view: QTableView = view

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        look, rect = theme(), QRect(option.rect)
        if self._view.selectionModel().isRowSelected(index.row(), QModelIndex()):
            painter.fillRect(rect, look.color("selected"))
            if index.column() == 0:
                paint_bar(painter, rect, self._view.layoutDirection())
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, look.color("hairline"))
        box = rect.adjusted(PAD, 0, -PAD, 0)
        picture = index.data(ROLE.DecorationRole)
        if isinstance(picture, QPixmap):
            self._picture(painter, box, picture)
        colour = index.data(ROLE.ForegroundRole)
        painter.setPen(colour if isinstance(colour, QColor) else look.color("text"))
        text = option.fontMetrics.elidedText(str(index.data() or ""), Qt.TextElideMode.ElideRight, max(0, box.width()))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading, text)
        self._ring(painter, rect, index)

    def _mirrored(self) -> bool:
        return self._view.layoutDirection() == Qt.LayoutDirection.RightToLeft

    def _picture(self, painter: QPainter, box: QRect, picture: QPixmap) -> None:
        """In front of the text, for which `box` keeps the rest."""
        size = round(picture.width() / picture.devicePixelRatio())
        left = box.right() - size + 1 if self._mirrored() else box.left()
        painter.drawPixmap(left, box.center().y() - size // 2, picture)
        box.adjust(0 if self._mirrored() else size + 6, 0, -size - 6 if self._mirrored() else 0, 0)

    def _ring(self, painter: QPainter, rect: QRect, index: AnyIndex) -> None:
        view, colour = self._view, theme().color("accent")
        if not view.hasFocus() or index.row() != view.currentIndex().row():
            return
        painter.fillRect(rect.left(), rect.top(), rect.width(), RING, colour)
        painter.fillRect(rect.left(), rect.bottom() - RING + 1, rect.width(), RING, colour)
        first, last = index.column() == 0, index.column() == view.model().columnCount() - 1
        if self._mirrored():
            first, last = last, first
        if first:
            painter.fillRect(rect.left(), rect.top(), RING, rect.height(), colour)
        if last:
            painter.fillRect(rect.right() - RING + 1, rect.top(), RING, rect.height(), colour)
