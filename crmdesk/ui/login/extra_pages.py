"""Beside the sign-in itself: somebody new registers, a password is forgotten or set anew, an e-mail is confirmed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from crmdesk.core.errors import KnownError, RejectedError
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.sync.login import LoginView
from crmdesk.ui.feedback import announce, error_words
from crmdesk.ui.kit import Banner, Muted, button, tr
from crmdesk.ui.login.form import GuestForm
from crmdesk.ui.login.page import LoginPage

NEUTRAL = "If this matches an account, a message with a link is on its way."
USER = FieldSpec("username", "E-mail or user name", required=True)
TOKEN = FieldSpec(
    "token", "Link from the message", FieldKind.SECRET, required=True, hint="Paste the whole link, or only its code."
)
PASSWORD = FieldSpec("password", "New password", FieldKind.PASSWORD, required=True)


class FormPage(LoginPage):
    """A form with one thing to do. `asked(values)` once nothing is missing; `backAsked`."""

    asked = Signal(object)
    backAsked = Signal()

    def __init__(
        self, name: str, heading: str, text: str, specs: Sequence[FieldSpec], do: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(f"login.{name}", heading, parent)
        self.text = Muted(text, self.body, wrap=True)
        self.form = GuestForm(specs, self.body)
        self.form.submitted.connect(self.submit)
        self.problem = Banner("error", "", parent=self.body)
        self.problem.setObjectName(f"login.{name}.problem")
        self.problem.hide()
        self.back = button(f"login.{name}.back", tr("Back"), self.backAsked.emit)
        self.go = button(f"login.{name}.go", do, self.submit, main=True)
        self.fill(*([self.text] if text else []), self.form, self.problem)
        self.set_foot(self.back, self.go)
        self.order()

    def submit(self) -> None:
        self.problem.hide()
        if self.go.isEnabled() and self.form.check():
            values: Mapping[str, str] = self.form.values()
            self.form.wipe()
            self.asked.emit(values)

    def show_busy(self, busy: bool) -> None:
        self.form.setEnabled(not busy)
        self.go.setEnabled(not busy)

    def fail(self, error: KnownError) -> None:
        """At the fields that the vendor named, the rest below them."""
        rest = self.form.show_problems(error.problems) if isinstance(error, RejectedError) else []
        self.say(" ".join((*error_words(error), *(tr(problem.text) for problem in rest))).strip())
        self.take_focus()

    def say(self, text: str) -> None:
        self.problem.set("error", text)
        self.problem.setVisible(bool(text))
        if text:
            announce(self, text, assertive=True)

    def show_view(self, view: LoginView) -> None:
        """A registration came back."""
        rest = self.form.show_problems(view.problems)
        self.say(" ".join(part for part in (tr(view.title), tr(view.hint), *(tr(one.text) for one in rest)) if part))

    def main(self) -> QPushButton:
        return self.go

    def take_focus(self) -> None:
        self.form.focus_first()

    def chain(self) -> Sequence[QWidget]:
        return (*self.form.inputs(), self.go, self.back)

    def wipe(self) -> None:
        self.form.wipe()


def register_page(specs: Sequence[FieldSpec], parent: QWidget) -> FormPage:
    text = tr("The guest agrees to what is ticked here, so let the guest read it. A code may be asked for afterwards.")
    return FormPage("register", tr("Register a new guest"), text, specs, tr("Register"), parent)


def forgot_page(parent: QWidget) -> FormPage:
    text = tr("A message with a link goes to the guest. Nobody is told here whether there is such an account.")
    return FormPage("forgot_password", tr("Forgot password"), text, (USER,), tr("Send the message"), parent)


def password_page(parent: QWidget) -> FormPage:
    text = tr("The guest got a message after “Forgot password”; its link is pasted here.")
    return FormPage(
        "change_password", tr("Set a new password"), text, (TOKEN, PASSWORD), tr("Set the password"), parent
    )


def verify_page(parent: QWidget) -> FormPage:
    text = tr("The guest got a message with a link that confirms the address; it is pasted here.")
    return FormPage("verify_email", tr("Confirm an e-mail address"), text, (TOKEN,), tr("Confirm"), parent)


MADE: Mapping[str, Callable[[QWidget], FormPage]] = {
    "forgot_password": forgot_page,
    "change_password": password_page,
    "verify_email": verify_page,
}
