"""Who is at the desk: a small question with the names given before. A name with a PIN is not given without it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QDialog, QWidget
from shiboken6 import isValid

from crmdesk.core.errors import CrmDeskError
from crmdesk.core.text import fold, one_line
from crmdesk.settings import LONGEST_NAME, MOST_NAMES
from crmdesk.ui.feedback import error_words
from crmdesk.ui.kit import Heading, PlainLabel, button, column, row
from crmdesk.ui.lock.entry import PinEntry, grow_later
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.core.tasks import TaskScope
    from crmdesk.settings import Settings
    from crmdesk.sync.pins import Pins


NOT_NOW = 2  # beside QDialog’s 0 and 1


class OperatorDialog(QDialog):
    """Accepted with `name()`, done with `NOT_NOW` where nobody wants to give one, rejected where it was closed. With
    `pins` a name that has a PIN, other than `current`, is accepted only with it."""

    def __init__(
        self,
        parent: QWidget,
        current: str,
        names: Sequence[str],
        pins: Pins | None = None,
        scope: TaskScope | None = None,
    ) -> None:
        super().__init__(parent)
        self._current, self._pins, self._scope = current, pins, scope
        self.setObjectName("operator")
        self.setWindowTitle(tr("Who is at the desk?"))
        self.edit = QComboBox(self)
        self.edit.setObjectName("operator.name")
        self.edit.setAccessibleName(tr("Your name"))
        self.edit.setAccessibleDescription(tr("Your name"))  # on Linux Qt takes the value for the name
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
        self.pin = PinEntry(
            "operator.pin", tr("PIN"), lambda: pins.wait(self.name()) if pins is not None else 0.0, self
        )
        self.pin.field.edit.setPlaceholderText(tr("PIN"))
        self.save = button("operator.save", tr("That’s me"), self._submit, main=True)
        self.save.setDefault(True)
        later = button("operator.later", tr("Not now"), lambda: self.done(NOT_NOW))
        self.edit.editTextChanged.connect(lambda _text: self._follow())
        self.pin.waitOver.connect(lambda _over: self._offer())
        foot = QWidget(self)
        row(foot, later, self.save).insertStretch(0, 1)
        text = tr(
            "Your name stands beside each change, so that colleagues know whom to ask. It stays on this computer."
        )
        title = Heading(tr("Who is at the desk?"), self)
        parts = (title, PlainLabel(text, wrap=True), self.edit, self.pin, foot)
        column(self, *parts, gap=12, margins=(20, 18, 20, 16))
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 58)
        self._follow()
        self.edit.setFocus()

    def name(self) -> str:
        return one_line(self.edit.currentText(), LONGEST_NAME)

    def _needs_pin(self) -> bool:
        name = self.name()
        return self._pins is not None and self._pins.has(name) and fold(name) != fold(self._current)

    def _follow(self) -> None:
        """Another name: its PIN is asked for, and what was typed for the one before is gone."""
        needed = self._needs_pin()
        self.pin.fresh()
        if self.pin.isHidden() is needed:
            self.pin.setVisible(needed)
            grow_later(self)
        self._offer()

    def _offer(self) -> None:
        self.save.setEnabled(bool(self.name()) and not (self._needs_pin() and self.pin.waiting))

    def _submit(self) -> None:
        if not self._needs_pin():
            self.accept()
        elif self._scope is not None and self.save.isEnabled():
            if not self.pin.field.edit.text():
                self.pin.setFocus()
                return
            self._scope.start(self._check(self.name()), what="check a PIN", key="operator pin", if_busy="keep")

    async def _check(self, name: str) -> None:
        typed = self.pin.take()
        assert self._pins is not None  # it was asked for
        try:
            verdict = await self._pins.check(name, typed)
        except CrmDeskError as error:
            if isValid(self):
                self.pin.tell(" ".join(error_words(error)).strip())
            return
        if not isValid(self) or name != self.name():
            return  # closed, or another name was typed meanwhile
        if verdict.right:
            self.accept()
        else:
            self.pin.show_verdict(verdict, typed)
            self._offer()


def remember(settings: Settings, name: str) -> None:
    """The name of now, and the newest dozen."""
    known = [one for one in settings.operators if fold(one) != fold(name)]
    settings.operators = [name, *known][:MOST_NAMES] if name else known
    settings.operator = name
