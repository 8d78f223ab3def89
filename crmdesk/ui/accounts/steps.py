"""What *Test connection* found, line by line."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QFormLayout, QWidget

from crmdesk.core.text import one_line
from crmdesk.core.vendor import CheckStep
from crmdesk.ui.feedback import announce
from crmdesk.ui.kit import Card, IconWord, PlainLabel, column
from crmdesk.ui.words import tr

STEP_SIGNS = {True: ("ok", "yes", "ok"), False: ("cross", "no", "error"), None: ("dash", "not tried", "")}


class Steps(Card):
    """The three lines of *Test connection*."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("accounts.steps")
        self._lines = QFormLayout(self)
        self._lines.setContentsMargins(12, 9, 12, 9)
        self._shown: list[str] = []
        self.hide()

    def show_steps(self, steps: Sequence[CheckStep]) -> None:
        self.clear()
        for step in steps:
            name, word, tone = STEP_SIGNS[step.ok]
            head, text = f"{tr(step.name)}: {tr(word)}", one_line(step.text)
            box = QWidget(self)
            parts: list[QWidget] = [IconWord(name, head, tone)]
            if text.strip(".").lower() == word:
                text = ""  # "Not tried." twice says no more
            if text:
                parts.append(PlainLabel(text, self, wrap=True))
            column(box, *parts, gap=1)
            self._lines.addRow(box)
            self._shown.append(f"{head}. {text}".strip())
        self.setVisible(bool(steps))
        announce(self, " ".join(self._shown), assertive=any(step.ok is False for step in steps))

    def clear(self) -> None:
        self._shown = []
        while self._lines.rowCount():
            self._lines.removeRow(0)
        self.hide()

    def texts(self) -> list[str]:
        return list(self._shown)
