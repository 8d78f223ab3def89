"""Who is at the desk: a small question with the names given before, and the button that shows the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtWidgets import QComboBox, QDialog, QWidget

from crmdesk.core.text import fold, one_line
from crmdesk.settings import LONGEST_NAME, MOST_NAMES
from crmdesk.ui.kit import Heading, PlainLabel, button, column, row
from crmdesk.ui.words import tr


class OperatorDialog(QDialog):
    """Accepted with `name()`; closed without one, nobody is asked again in this session."""

    def __init__(self, parent: QWidget, current: str, names: Sequence[str]) -> None:
        super().__init__(parent)
        self.setObjectName("operator")
        self.setWindowTitle(tr("Who is at the desk?"))
        self.edit = QComboBox(self)
        self.edit.setObjectName("operator.name")
        self.edit.setAccessibleName(tr("Your name"))
        self.edit.setEditable(True)
        self.edit.addItems(list(names))
        line = self.edit.lineEdit()
        assert line is not None  # it is editable
        line.setObjectName("operator.name.text")
        line.setAccessibleName(tr("Your name"))
        line.setMaxLength(LONGEST_NAME)
        line.setPlaceholderText(tr("Your name"))
        self.edit.setEditText(current or (names[0] if len(names) == 1 else ""))
        line.selectAll()
        save = button("operator.save", tr("That’s me"), self.accept, main=True)
        save.setDefault(True)
        later = button("operator.later", tr("Not now"), self.reject)
        self.edit.editTextChanged.connect(lambda text: save.setEnabled(bool(text.strip())))
        save.setEnabled(bool(self.edit.currentText().strip()))
        foot = QWidget(self)
        row(foot, later, save).insertStretch(0, 1)
        text = tr(
            "Your name stands beside each change, so that colleagues know whom to ask. It stays on this computer."
        )
        title = Heading(tr("Who is at the desk?"), self)
        column(self, title, PlainLabel(text, wrap=True), self.edit, foot, gap=12, margins=(20, 18, 20, 16))
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 58)
        self.edit.setFocus()

    def name(self) -> str:
        return one_line(self.edit.currentText(), LONGEST_NAME)


def remember(settings: Any, name: str) -> None:
    """The name of now, and the newest dozen."""
    known = [one for one in settings.operators if fold(one) != fold(name)]
    settings.operators = [name, *known][:MOST_NAMES] if name else known
    settings.operator = name
