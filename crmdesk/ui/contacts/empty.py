"""What stands in place of an empty list: why it is empty and the one thing to do about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from crmdesk.ui.feedback import announce
from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.kit import Heading, Muted, PlainLabel, button, column, pixmap, row
from crmdesk.ui.theme import theme

CHARS = 76  # a line's length
Action = tuple[str, str, Callable[[], object]]  # object name, words, what it does


class EmptyState(QWidget):
    """At most one picture, one main action; read out on arrival."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("list.empty")
        self._box = QWidget()
        self._column: QVBoxLayout = column(self._box, gap=10)
        outer = column(self, margins=(24, 24, 24, 24))
        outer.addStretch(2)
        line = QWidget()
        middle = row(line)
        middle.addStretch(1)
        middle.addWidget(self._box, 6)
        middle.addStretch(1)
        outer.addWidget(line)
        outer.addStretch(3)
        self._said = ""

    def show_state(self, icon_name: str, title: str, text: str, actions: Sequence[Action]) -> None:
        while (item := self._column.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self._box.setMaximumWidth(CHARS * self.fontMetrics().averageCharWidth())
        picture = PlainLabel()
        picture.setPixmap(pixmap(icon_name, theme().color("muted"), 40, self.devicePixelRatioF()))
        heading = Heading(title, factor=1.2)
        heading.setWordWrap(True)
        center = Qt.AlignmentFlag.AlignHCenter
        words = Muted(text, wrap=True)
        for widget in (picture, heading, words):
            widget.setAlignment(center)
            self._column.addWidget(widget)
        words.setVisible(bool(text))
        buttons = QWidget()
        made = [button(name, label, run, main=not place) for place, (name, label, run) in enumerate(actions)]
        buttons.setLayout(flow := FlowLayout(8, centred=True))  # long words of a search, and of other languages
        for one in made:
            flow.addWidget(one)
        self._column.addWidget(buttons)
        self._speak(f"{title} {text}".strip())

    def title(self) -> str:
        return self._said

    def _speak(self, text: str) -> None:
        if text != self._said:
            self._said = text
            self.setAccessibleName(text)
            announce(self, text)
