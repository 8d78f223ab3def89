"""The guest's own password, changed while signed in. What is typed here is never kept."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from crmdesk.core.errors import RejectedError
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.tasks import TaskScope
from crmdesk.ui.guest.door import Door
from crmdesk.ui.guest.form import CardForm
from crmdesk.ui.guest.work import Part, offer
from crmdesk.ui.kit import Card, Muted, button, column, tr

NAME = "guest.password"
SPECS = (
    FieldSpec(
        "password",
        "New password",
        FieldKind.PASSWORD,
        required=True,
        hint="The guest types it. It can be shown with the eye; it is kept nowhere on this computer.",
    ),
)


class Password(Part):
    """One field with an eye instead of typing it twice."""

    stopped_words = "Stopped. The password may be the new one all the same: sign in again to see."

    def __init__(self, door: Door, scope: TaskScope, parent: QWidget | None = None) -> None:
        super().__init__(NAME, door, scope, parent)
        self.save = button(f"{NAME}.save", tr("Change password"), self._save, main=True)
        self.form = CardForm(f"{NAME}.field", SPECS, (self.save,), self)
        self.form.submitted.connect(self._save)
        self.form.typed.connect(self.door.touch)
        self.why = Muted("", self, wrap=True)
        self.why.setObjectName(f"{NAME}.why")
        card = Card(self)
        column(card, self.why, self.form, gap=8, margins=(12, 10, 12, 12))
        column(self, self.trouble, self.result, self.busy, card, gap=8)
        self.session_changed()

    def _save(self) -> None:
        if self.save.isEnabled() and self.form.form.check():
            self.hush()
            password = self.form.fields["password"].text()
            self.run(lambda: self._change(password), "Change password", busy=tr("Changing the password…"))

    async def _change(self, password: str) -> None:
        self.save.setEnabled(False)
        try:
            await self.door.ask("change_password", password)
        except RejectedError as error:
            if self.form.form.show_problems(error.problems) or not error.problems:
                raise
            return
        finally:
            self.session_changed()
        self.form.clear()
        self.say("ok", tr("The password was changed."))

    def session_changed(self) -> None:
        lacks = self.door.lacks("change_password")
        offer(self.save, lacks if self.door.signed_in is not None else tr("The guest is not signed in."))
        self.form.fields["password"].setEnabled(not lacks)
        self.why.setText(lacks)
        self.why.setVisible(bool(lacks))

    def forget(self) -> None:
        self.form.clear()
        self.hush()
        self.session_changed()
