"""Wi-Fi of the house for one of the guest's devices, as an action of the guest."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from crmdesk.core.errors import RejectedError
from crmdesk.core.fields import FieldSpec
from crmdesk.core.tasks import TaskScope
from crmdesk.ui.accounts.inputs import Trouble
from crmdesk.ui.feedback import announce
from crmdesk.ui.guest.door import Door
from crmdesk.ui.guest.form import CardForm
from crmdesk.ui.guest.mac import read_mac
from crmdesk.ui.guest.work import Part, offer
from crmdesk.ui.kit import Card, button, column, tr

NAME = "guest.wifi"
SPECS = (
    FieldSpec(
        "mac_address",
        "Wi-Fi address of the device (MAC)",
        required=True,
        hint="12 digits in the device’s Wi-Fi settings, e.g. 3C-22-FB-6A-89-AB. Any way of writing them will do.",
    ),
    FieldSpec("estimation_id", "Estimation id", required=True, hint="Of the vendor’s Wi-Fi offer."),
    FieldSpec("place", "Site", required=True, hint="The vendor’s id of the house."),
)


class Wifi(Part):
    """A device is let in once; that somebody else's hand did it before is said and is no error of ours."""

    stopped_words = "Stopped. The device may have been let in all the same."

    def __init__(self, door: Door, scope: TaskScope, parent: QWidget | None = None) -> None:
        super().__init__(NAME, door, scope, parent)
        self.send = button(f"{NAME}.send", tr("Let the device in"), self._send, main=True)
        self.form = CardForm(f"{NAME}.field", SPECS, (self.send,), self)
        self.form.submitted.connect(self._send)
        self.form.typed.connect(self._typed)
        self.remark = Trouble(self)
        self.remark.setObjectName(f"{NAME}.remark")
        self.remark.hide()
        mac = self.form.fields["mac_address"]
        mac.edit.editingFinished.connect(self._clean)  # type: ignore[attr-defined]  # it is a line
        card = Card(self)
        column(card, self.form, self.remark, gap=8, margins=(12, 10, 12, 12))
        column(self, self.trouble, self.result, self.busy, card, gap=8)
        self.session_changed()

    @property
    def dirty(self) -> bool:
        return self.form.dirty

    def _typed(self) -> None:
        self.door.touch()
        self.remark.hide()

    def _clean(self) -> None:
        """On leaving the field it stands there as the vendor wants it."""
        field = self.form.fields["mac_address"]
        found = read_mac(field.text())
        if found.address and found.address != field.text():
            field.set_text(found.address)
        self.remark.set("warning", tr(found.remark) if found.remark else "", "warning")
        self.remark.setVisible(bool(found.remark))

    def _send(self) -> None:
        if not self.send.isEnabled() or not self.form.form.check():
            return
        values = self.form.values()
        found = read_mac(values["mac_address"])
        if found.problem:
            self.form.fields["mac_address"].set_error(tr(found.problem))
            self.form.form.focus_first()
            announce(self, tr(found.problem), assertive=True)
            return
        self._clean()
        self.hush()
        self.run(lambda: self._let_in(found.address, values), "Authorise Wi-Fi", busy=tr("Asking…"))

    async def _let_in(self, address: str, values: dict[str, str]) -> None:
        self.send.setEnabled(False)
        try:
            await self.door.ask("authorise_wifi", address, values["estimation_id"], values["place"])
        except RejectedError as error:
            if error.problems:
                rest = self.form.form.show_problems(error.problems)
                self.form.form.focus_first()
                if not rest:
                    return
            self.say("warning", f"{tr(error.title)} {tr(error.hint)}".strip())
            return
        finally:
            self.session_changed()
        self.form.fill({"estimation_id": values["estimation_id"], "place": values["place"]})
        self.remark.hide()
        self.say("ok", tr("{device} is let in.").replace("{device}", address))

    def session_changed(self) -> None:
        away = "" if self.door.signed_in is not None else tr("The guest is not signed in.")
        offer(self.send, away or self.door.lacks("authorise_wifi"))

    def forget(self) -> None:
        self.hush()
        self.session_changed()
