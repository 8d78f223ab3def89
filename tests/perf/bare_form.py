"""The floor of opening the editor: as many plain widgets, put into a window that is open already, until they are
painted. No style sheet, no values, no signals."""

from __future__ import annotations

import time
from collections.abc import Mapping

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

MAKERS = {
    "QLabel": lambda parent: QLabel("Label", parent),
    "QLineEdit": lambda parent: QLineEdit("Text", parent),
    "QPlainTextEdit": lambda parent: QPlainTextEdit("Text", parent),
    "QComboBox": QComboBox,
    "QAbstractButton": lambda parent: QPushButton("Button", parent),
    "QWidget": QWidget,
}


class Watched(QMainWindow):
    frames = 0

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        self.frames += event.type() == QEvent.Type.UpdateRequest
        return handled


def show_all(kinds: Mapping[str, int], count: int) -> list[float]:
    """Milliseconds of each of `count` forms with `kinds` of widgets; each takes the place of the one before."""
    app = QApplication([])
    window, stack = Watched(), QStackedWidget()
    window.setCentralWidget(stack)
    window.resize(1400, 860)
    window.show()
    _frame(app, window)
    return [_shown(app, window, stack, kinds) for _ in range(count)]


def _shown(app: QApplication, window: Watched, stack: QStackedWidget, kinds: Mapping[str, int]) -> float:
    started = time.perf_counter()
    area = QScrollArea(stack)
    inner = QWidget(area)
    column = QVBoxLayout(inner)
    for kind, number in kinds.items():
        for _ in range(number):
            column.addWidget(MAKERS[kind](inner))
    area.setWidgetResizable(True)
    area.setWidget(inner)
    stack.addWidget(area)
    stack.setCurrentWidget(area)
    ended = _frame(app, window)
    stack.removeWidget(area)
    area.deleteLater()
    app.processEvents()
    return (ended - started) * 1000


def _frame(app: QApplication, window: Watched) -> float:
    """`perf_counter` at the end of the next frame."""
    before = window.frames
    while window.frames == before:
        app.processEvents()
    return time.perf_counter()
