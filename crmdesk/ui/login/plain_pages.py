"""The pages without anything to fill in: a request under way (S1), no line (S7), trouble at the vendor (S9)."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QProgressBar, QPushButton, QWidget

from crmdesk.sync.login import LoginView, Step
from crmdesk.ui.feedback import announce
from crmdesk.ui.kit import Muted, PlainLabel, button, tr
from crmdesk.ui.login.page import LoginPage

ASKING, SIGNING = "Asking for a code…", "Signing in…"
NO_LINE, KEEP_WORKING = "No connection", "You can keep working with saved data."


class WorkingPage(LoginPage):
    """`stopAsked`: back to where it came from."""

    stopAsked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("login.working", tr(ASKING), parent)
        self.text = Muted(tr("Nothing is sent twice. You can cancel at any time."), self.body, wrap=True)
        self.bar = QProgressBar(self.body)
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.cancel = button("login.working.cancel", tr("Cancel"), self.stopAsked.emit)
        self.fill(self.bar, self.text)
        self.set_foot(self.cancel)

    def show_words(self, words: str) -> None:
        self.heading.setText(words)
        self.bar.setAccessibleName(words)
        self.setAccessibleName(words)

    def take_focus(self) -> None:
        self.cancel.setFocus(Qt.FocusReason.OtherFocusReason)

    def chain(self) -> Sequence[QWidget]:
        return (self.cancel,)


class TroublePage(LoginPage):
    """`retryAsked`, `backAsked`. *Copy details* copies what is fit for others to read: no code, no guest."""

    retryAsked = Signal()
    backAsked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("login.trouble", tr(NO_LINE), parent)
        self._details = ""
        self.text = PlainLabel("", self.body, wrap=True)
        self.text.setObjectName("login.trouble.text")
        self.copied = Muted("", self.body)
        self.copy = button("login.trouble.copy", tr("Copy details"), self._copy)
        self.back = button("login.trouble.back", tr("Back"), self.backAsked.emit)
        self.again = button("login.trouble.retry", tr("Try again"), self.retryAsked.emit, main=True)
        self.fill(self.text, self.copied)
        self.set_foot(self.copy, self.back, self.again)
        self.order()

    def show_view(self, view: LoginView) -> None:
        offline = view.step is Step.OFFLINE
        if offline:
            self.heading.setText(tr(view.title).rstrip(".") or tr(NO_LINE))
            self.text.setText(tr(view.hint) or tr(KEEP_WORKING))
        else:
            self.heading.setText(tr("That did not work"))
            said = f"{tr(view.title)} {tr(view.hint)}".strip()
            self.text.setText(said or tr("Something went wrong at the vendor. Try again in a moment."))
        self.setAccessibleName(self.heading.text())
        self._details = view.details
        self.copy.setVisible(bool(view.details))
        self.copied.setText("")

    def spoken(self) -> str:
        return f"{self.heading.text().rstrip('.')}. {self.text.text()}"

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._details)
        self.copied.setText(tr("Details copied"))
        announce(self, self.copied.text())

    def main(self) -> QPushButton:
        return self.again

    def take_focus(self) -> None:
        self.again.setFocus(Qt.FocusReason.OtherFocusReason)

    def chain(self) -> Sequence[QWidget]:
        return (self.again, self.copy, self.back)
