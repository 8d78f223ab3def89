"""The bars above the rows: as high as they are, and in a low window part of it, where they scroll."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from crmdesk.ui.kit import column, scroll

PART = 4  # of a low window they take one such part


class Bars(QWidget):
    """Shown while one of them is."""

    def __init__(self, *bars: QWidget) -> None:
        super().__init__()
        self._bars, self._most = bars, 0  # pixels; 0 = as high as they are
        self._inner = QWidget()
        self._layout = column(self._inner, *bars, gap=8)
        column(self, scroll(self._inner, "composer.bars"))
        self._inner.installEventFilter(self)

    def fit(self, room: int, *, low: bool) -> None:
        """`room`: height of what they are in."""
        self._most = room // PART if low else 0
        self._fit()

    def _fit(self) -> None:
        self.setVisible(any(not bar.isHidden() for bar in self._bars))
        high = self._layout.heightForWidth(self.width()) if self._layout.hasHeightForWidth() else -1
        high = high if high >= 0 else self._layout.sizeHint().height()
        self.setFixedHeight(min(high, self._most) if self._most else high)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A bar came, went or has other fields."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()
