"""The frame that tells practice from the real thing, and what is switched on there. Cheap to import: the first paint
needs it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QWidget

from crmdesk.ui.kit import FlatButton, IconWord, PlainLabel, column, row
from crmdesk.ui.words import tr

TITLE = "crmdesk"


def window_title(*, practising: bool) -> str:
    """Of the main window: a task bar tells practice from the real thing, too, and may show only its first word. Nothing
    of a guest is ever in it."""
    return tr("Practice – crmdesk") if practising else TITLE


class PracticeStrip(QFrame):
    """Hidden until practice begins; a second line tells the troubles while there are any. `practising`: it stays, also
    where the line is away."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("practice")
        self.practising = False
        words = tr("Practice: nothing leaves this computer. All contacts are made up.")
        self.setAccessibleName(words)
        head = QWidget(self)
        self._head = row(head, IconWord("theatre", "", "unknown"), self._line(words), margins=(12, 3, 12, 3), stretch=1)
        self._below = QWidget(self)
        self.troubles = self._line("")
        self._tail = row(
            self._below, IconWord("warning", "", "warning"), self.troubles, margins=(12, 0, 12, 3), stretch=1
        )
        column(self, head, self._below, gap=0)
        self._below.hide()
        self.hide()

    def _line(self, text: str) -> PlainLabel:
        label = PlainLabel(text, self, wrap=True)
        label.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        label.set_tone("unknown")
        return label

    def offer(self, panel: Callable[[], object], off: Callable[[], object]) -> list[QWidget]:
        """Practice begins: the buttons to the panel, and from what is on."""
        self.practising = True
        buttons: list[QWidget] = []
        for line, name, text, run in (
            (self._head, "practice.open", tr("Practice panel…"), panel),
            (self._tail, "practice.strip.off", tr("All off"), off),
        ):
            made = FlatButton(name, text, self)
            made.clicked.connect(lambda _checked=False, run=run: run())
            line.addWidget(made)
            buttons.append(made)
        return buttons

    def show_troubles(self, text: str) -> None:
        """'' where nothing is switched on."""
        self.troubles.setText(text)
        self._below.setVisible(bool(text))
