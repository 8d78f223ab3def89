"""A part of a form that is folded away until somebody wants it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QWidget

from crmdesk.ui.kit import FlatButton, column, icon, row
from crmdesk.ui.theme import theme
from crmdesk.ui.words import tr


class _FoldButton(FlatButton):
    """Opens with Enter as with Space: outside of dialogs Qt's buttons know Space alone."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


class Fold(QFrame):
    """`body` holds what is folded; `toggled(bool)` comes after a person opened or closed it."""

    toggled = Signal(bool)

    def __init__(self, name: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = words
        self.button = _FoldButton(name, words, self)
        self.button.setProperty("leading", True)
        self.button.setStyleSheet("padding-left: 0px;")  # the arrow begins nearly where the labels do
        self.button.clicked.connect(lambda _checked=False: self._press())
        self.body = QWidget(self)
        line = QWidget(self)
        row(line, self.button).addStretch(1)
        column(self, line, self.body, gap=10)
        theme().changed.connect(self._draw)
        self.set_open(False)

    @property
    def opened(self) -> bool:
        return self._open

    def set_open(self, opened: bool) -> None:
        self._open = opened
        self.body.setVisible(opened)
        self._draw()

    def _press(self) -> None:
        self.set_open(not self._open)
        self.toggled.emit(self._open)

    def _draw(self) -> None:
        """The arrow shows what the state is; a screen reader hears it."""
        self.button.setIcon(icon("down" if self._open else "right"))
        self.button.setAccessibleName(f"{self._words}, {tr('open') if self._open else tr('closed')}")
