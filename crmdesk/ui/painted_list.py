"""What lists have in common whose delegate paints every row itself."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QFrame, QListView, QWidget

from crmdesk.ui.kit import own_viewport
from crmdesk.ui.theme import theme

BAR = 3  # pixels at the leading edge of a selected row: a tint alone is not seen by everybody


class PaintedList(QListView):
    """Without a frame, scrolled by pixels, never sideways. `hover_row`: the row under the mouse, -1 for none."""

    def __init__(self, name: str, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(label)
        own_viewport(self)
        self.hover_row = -1
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._hover(self.indexAt(event.position().toPoint()).row())

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(-1)

    def _hover(self, row: int) -> None:
        if row != self.hover_row:
            self.hover_row = row
            self.viewport().update()


def paint_bar(painter: QPainter, area: QRect, direction: Qt.LayoutDirection) -> None:
    """At the leading edge of a selected row."""
    left = area.right() - BAR + 1 if direction == Qt.LayoutDirection.RightToLeft else area.left()
    painter.fillRect(left, area.top(), BAR, area.height(), theme().color("accent"))


def paint_ground(painter: QPainter, view: PaintedList, area: QRect, index: QModelIndex | QPersistentModelIndex) -> None:
    """Behind a row from edge to edge: selected, below the mouse, and a ring where the keyboard is."""
    look, chosen = theme(), view.selectionModel().isSelected(index)
    if chosen or index.row() == view.hover_row:
        painter.fillRect(area, look.color("selected" if chosen else "hover"))
    painter.fillRect(area.left(), area.bottom(), area.width(), 1, look.color("hairline"))
    if chosen:
        paint_bar(painter, area, view.layoutDirection())
    if view.hasFocus() and index == view.currentIndex():
        painter.setPen(QPen(look.color("accent"), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(area.adjusted(1, 1, -1, -1))
