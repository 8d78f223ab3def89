"""Setting, changing and removing a PIN: the old one first, the new one twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Literal

from PySide6.QtWidgets import QDialog, QWidget
from shiboken6 import isValid

from crmdesk.core.errors import CrmDeskError
from crmdesk.core.pin import ADVISED, LONGEST, SHORTEST, Verdict, clean, why_bad
from crmdesk.core.tasks import TaskScope
from crmdesk.ui.feedback import error_words
from crmdesk.ui.kit import Heading, Muted, PlainLabel, button, column, row
from crmdesk.ui.lock.entry import PinEntry, pin_form
from crmdesk.ui.words import isolated, tr

if TYPE_CHECKING:
    from crmdesk.sync.pins import Pins

What = Literal["set", "change", "remove"]
TITLES: dict[What, str] = {"set": "Set a PIN", "change": "Change the PIN", "remove": "Remove the PIN"}
MAIN: dict[What, str] = {"set": "Set PIN", "change": "Change PIN", "remove": "Remove PIN"}


class PinDialog(QDialog):
    """For `feedback.ask`: accepted once the PIN is what was asked for."""

    def __init__(self, parent: QWidget, pins: Pins, scope: TaskScope, name: str, what: What) -> None:
        super().__init__(parent)
        self.setObjectName("pin")
        self.setWindowTitle(tr(TITLES[what]))
        self._pins, self._scope, self._name, self._what = pins, scope, name, what
        self.old = self._field("pin.old", "PIN until now", lambda: pins.wait(name))
        self.new = self._field("pin.new", "New PIN")
        self.again = self._field("pin.again", "The same again")
        shown = {"set": (self.new, self.again), "change": (self.old, self.new, self.again), "remove": (self.old,)}
        self._fields: tuple[PinEntry, ...] = shown[what]
        self._lay_out(what)
        self.old.waitOver.connect(self.save.setEnabled)
        for entry, after in zip(self._fields, (*self._fields[1:], None), strict=True):
            entry.submitted.connect(self._submit if after is None else after.setFocus)
        self._fields[0].setFocus()
        if what != "set":
            self.old.fresh()

    def _field(self, name: str, label: str, wait: Callable[[], float] = float) -> PinEntry:
        made = PinEntry(name, tr(label), wait, self)
        made.hide()
        return made

    def _lay_out(self, what: What) -> None:
        form = pin_form()
        for entry in self._fields:
            label = PlainLabel(entry.field.edit.accessibleName())
            label.setBuddy(entry.field.edit)
            label.setFixedHeight(entry.field.edit.sizeHint().height())
            form.addRow(label, entry)
            entry.show()
        self.save = button("pin.save", tr(MAIN[what]), self._submit, main=True)
        self.save.setDefault(True)
        cancel = button("pin.cancel", tr("Cancel"), self.reject)
        foot = QWidget(self)
        row(foot, cancel, self.save).insertStretch(0, 1)
        layout = column(self, Heading(tr(TITLES[what]), self), PlainLabel(self._text(), wrap=True), gap=12,
                        margins=(20, 18, 20, 16))  # fmt: skip
        layout.addLayout(form)
        if what != "remove":
            hint = tr("{shortest} to {longest} digits; {advised} are best.")
            for word, value in (("shortest", SHORTEST), ("longest", LONGEST), ("advised", ADVISED)):
                hint = hint.replace("{" + word + "}", str(value))
            layout.addWidget(Muted(hint, wrap=True))
        layout.addWidget(foot)
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 62)

    def _text(self) -> str:
        words = {
            "set": "It is asked for at a locked window, at a start, and when somebody chooses the name {name}.",
            "change": "{name} is asked for the new one from now on.",
            "remove": "From then on anybody can show a window that was locked while {name} was at the desk.",
        }
        return tr(words[self._what]).replace("{name}", isolated(self._name))

    def _submit(self) -> None:
        if self.save.isEnabled() and self._sensible():
            self._scope.start(self._do(), what="change a PIN", key="pin", if_busy="keep")

    def _sensible(self) -> bool:
        """Says at its field what cannot be; the old PIN is looked at last, since that may cost a try."""
        if self._what == "remove":
            return True
        digits = clean(self.new.field.edit.text())
        wrong = (self.new, tr(why_bad(digits))) if why_bad(digits) else None
        if wrong is None and digits != clean(self.again.field.edit.text()):
            wrong = (self.again, tr("The two do not match. Type the second one again."))
        for entry in (self.new, self.again):
            entry.trouble.hide()
        if wrong is None:
            return True
        entry, text = wrong
        entry.tell(text)
        entry.field.edit.selectAll()
        entry.setFocus()
        return False

    def _asked(self, old: str) -> Awaitable[Verdict]:
        if self._what == "remove":
            return self._pins.remove(self._name, old)
        return self._pins.set(self._name, self.new.field.edit.text(), old)

    async def _do(self) -> None:
        old, failed, verdict = self.old.take(), "", Verdict(False)
        self.save.setEnabled(False)
        try:
            verdict = await self._asked(old)
        except CrmDeskError as error:
            failed = " ".join(error_words(error)).strip()
        if not isValid(self):
            return  # closed meanwhile, perhaps by the lock
        if verdict.right:
            self.accept()
            return
        if failed:
            self._fields[-1].tell(failed)
        else:
            self.old.show_verdict(verdict, old)
        self.save.setEnabled(not self.old.waiting)
