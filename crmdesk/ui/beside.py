"""Words with buttons beside them; below them where both have no room."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

LEAST_LETTERS = 16  # average letters of the words that are read beside buttons
GAP = 8


class Beside(QWidget):
    """`first` (a picture, a title) and the `words` that break, then `pressed`. A layout alone would never get narrow
    enough to be arranged otherwise."""

    def __init__(
        self, first: QWidget, words: QWidget, pressed: QWidget, *, gap: int = GAP, letters: int = LEAST_LETTERS
    ) -> None:
        super().__init__()
        self._first, self._words, self._pressed, self._gap, self._letters = first, words, pressed, gap, letters
        told = QWidget(self)
        inner = self._told = QHBoxLayout(told)
        self._line = QHBoxLayout(self)
        for layout, parts in ((inner, (first, words)), (self._line, (told, pressed))):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(gap)
            for part in parts:
                layout.addWidget(part, int(part in (words, told)))

    def arrange(self, width: int) -> None:
        """Beside each other or below, for so many pixels."""
        letters = self.fontMetrics().averageCharWidth() * self._letters
        needed = self._pressed.sizeHint().width() + self._first.sizeHint().width() + letters + 2 * self._gap
        way = QHBoxLayout.Direction
        wanted = way.LeftToRight if self._pressed.isHidden() or width >= needed else way.TopToBottom
        if self._line.direction() is not wanted:
            self._line.setDirection(wanted)
            top = Qt.AlignmentFlag.AlignTop if wanted is way.TopToBottom else Qt.AlignmentFlag(0)
            self._told.setAlignment(self._first, top)  # where few lines of the words are in sight, it is, too
            self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        """That of the narrow form, else it would never become narrow."""
        told = self._first.sizeHint().width() + self._gap + self._words.minimumSizeHint().width()
        pressed = 0 if self._pressed.isHidden() else self._pressed.minimumSizeHint().width()
        return QSize(max(told, pressed), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrange(event.size().width())
