"""Areas that scroll up and down, and bring to sight what gets the focus."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QWidget
from shiboken6 import isValid

AROUND = (
    90  # pixels that are seen above and below what Tab goes to; what reaches the foot of the window ends in as many
)


class ScrollArea(QScrollArea):
    """What gets the focus by Tab comes to sight above what may lie over the foot of the window: notices, undo."""

    def __init__(self) -> None:
        super().__init__()
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._entered)

    def focusNextPrevChild(self, forward: bool) -> bool:
        moved = super().focusNextPrevChild(forward)
        now = self.focusWidget()
        if moved and now is not None and self._holds(now):
            self._bring(now)
        return moved

    def _entered(self, old: QWidget | None, now: QWidget | None) -> None:
        """A focus that comes from outside is nothing that this area hears of as Tab. Under a pressed button nothing
        moves: it would be let go of over something else."""
        if now is None or not self._holds(now) or (old is not None and isValid(old) and self._holds(old)):
            return
        if QApplication.mouseButtons() == Qt.MouseButton.NoButton and not self._in_sight(now):
            self._bring(now)

    def _holds(self, widget: QWidget) -> bool:
        inner = self.widget()
        return inner is not None and inner.isAncestorOf(widget)

    def _top(self, widget: QWidget) -> int:
        """Pixels from the top of what is scrolled."""
        inner = self.widget()
        return widget.mapTo(inner, QPoint()).y() if inner is not None else 0

    def _in_sight(self, widget: QWidget) -> bool:
        """Whole."""
        above = self._top(widget) - self.verticalScrollBar().value()
        return above >= 0 and above + widget.height() <= self.viewport().height()

    def _bring(self, widget: QWidget) -> None:
        """`ensureWidgetVisible` knows only the viewport's edge."""
        top, view, bar = self._top(widget), self.viewport().height(), self.verticalScrollBar()
        room = min(AROUND, max(0, (view - widget.height()) // 2))
        bar.setValue(max(top + widget.height() + room - view, min(bar.value(), top - room)))


def scroll(inner: QWidget, name: str) -> QScrollArea:
    """`inner` in an area that scrolls up and down only."""
    area = ScrollArea()
    area.setObjectName(name)
    area.setWidget(inner)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area
