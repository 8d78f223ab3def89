"""The PIN of whoever is at the desk, in Settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from crmdesk.ui.feedback import ask
from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.kit import GAP, IconWord, Muted, PlainLabel, button, column, row
from crmdesk.ui.words import isolated, tr

if TYPE_CHECKING:
    from crmdesk.ui.lock.dialog import What
    from crmdesk.ui.lock.lock import Lock
    from crmdesk.ui.main_window import MainWindow

DONE: dict[What, str] = {"set": "The PIN is set.", "change": "The PIN is changed.", "remove": "The PIN is removed."}


class PinBox(QWidget):
    """Says whether there is one and offers what can be done with it."""

    def __init__(self, lock: Lock, window: MainWindow) -> None:
        super().__init__()
        self.setObjectName("settings.pin")
        self._lock, self._window = lock, window
        self.sign, self.state = IconWord(), PlainLabel("", wrap=True)  # a long name takes two lines
        told = QWidget()
        row(told, self.sign, self.state, gap=6, stretch=1)
        self.note = Muted("", wrap=True)
        self.name = button("settings.pin.name", tr("Say who is at the desk…"), self._ask_name)
        self.set = button("settings.pin.set", tr("Set a PIN…"), lambda: self._begin("set"))
        self.change = button("settings.pin.change", tr("Change the PIN…"), lambda: self._begin("change"))
        self.remove = button("settings.pin.remove", tr("Remove the PIN…"), lambda: self._begin("remove"))
        buttons = QWidget()
        buttons.setLayout(flow := FlowLayout(GAP))
        for part in (self.name, self.set, self.change, self.remove):
            flow.addWidget(part)
        column(self, told, self.note, buttons, gap=6)
        lock.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """What is so now."""
        operator, names = self._lock.operator(), self._lock.names()
        has = self._lock.book().has(operator)
        if not operator:
            icon, words, tone = "info", tr("A PIN belongs to a name."), ""
        elif has:
            icon, words, tone = "ok", tr("{name} has a PIN."), "ok"
        else:
            icon, words, tone = "warning", tr("{name} has no PIN: anybody can show a locked window again."), "warning"
        self.sign.set(icon, "", tone)
        self.state.setText(words.replace("{name}", isolated(operator)))
        self.state.set_tone(tone)
        others = ", ".join(isolated(name) for name in names)
        self.note.setText(tr("With a PIN: {names}.").replace("{names}", others) if names else "")
        self.note.setVisible(bool(names))
        for part in (self.set, self.change, self.remove):
            part.setEnabled(self._lock.ready())
        self.name.setVisible(not operator)
        self.set.setVisible(bool(operator) and not has)
        self.change.setVisible(has)
        self.remove.setVisible(has)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def _ask_name(self) -> None:
        self._window.commands.run("operator.change")

    def _begin(self, what: What) -> None:
        self._window.scope.start(self._ask(what), what="change a PIN", key="pin dialog", if_busy="keep")

    async def _ask(self, what: What) -> None:
        from crmdesk.ui.lock.dialog import PinDialog

        pins = self._lock.pins
        assert pins is not None  # the buttons wait for them
        if await ask(PinDialog(self._window, pins, self._window.scope, self._lock.operator(), what)):
            self._window.feedback.notice(tr(DONE[what]))
            self._lock.desk_changed()
