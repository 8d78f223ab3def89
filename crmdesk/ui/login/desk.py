"""What opens the sign-in dialog, once in a window, and what follows when somebody has signed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from shiboken6 import isValid

from crmdesk.core.errors import KnownError
from crmdesk.ui.login.dialog import LoginDialog
from crmdesk.ui.login.practice_note import NO_PRACTICE, Described
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.ui.contacts.results import Results
    from crmdesk.ui.main_window import MainWindow

LISTED_MS = 3000  # a contact that was stored just now is in the list by then, if it ever is


class SignInDesk:
    """Acts for its window. `practice` describes the accounts of practice mode by their ids."""

    def __init__(self, window: MainWindow, practice: Mapping[int, Described] = NO_PRACTICE) -> None:
        self._window, self._practice = window, practice
        self.dialog: LoginDialog | None = None

    def open(self, account_id: int = 0, contact_id: int = 0) -> None:
        """For this account and contact where they are given. Opened twice, the first one comes forward; for somebody
        else it begins anew as long as nothing was asked for."""
        window, guests = self._window, self._window.services.guests
        accounts = guests.accounts()
        if not accounts:
            return
        wanted = account_id if any(one.id == account_id for one in accounts) else accounts[0].id
        dialog = self._open_dialog()
        if dialog is not None:
            if dialog.may_begin(wanted if account_id else dialog.account_id, contact_id):
                dialog.begin(wanted, contact_id)
            dialog.bring_forward()
            return
        try:
            self.dialog = dialog = LoginDialog(
                window, window.scope, guests, accounts, wanted, contact_id, practice=self._practice
            )
        except KnownError as error:  # the account was changed at this moment
            window.feedback.show(error, "guest.sign_in")
            return
        dialog.signedIn.connect(self._signed_in)
        dialog.bring_forward()

    def _open_dialog(self) -> LoginDialog | None:
        dialog = self.dialog
        return dialog if dialog is not None and isValid(dialog) and not dialog.over else None

    def close(self) -> None:
        """At lock and when the window goes: nobody goes on with somebody else's sign-in."""
        if (dialog := self._open_dialog()) is not None:
            dialog.reject()

    def _choose_soon(self, results: Results, contact_id: int) -> None:
        """The list may come to know them only now; where it shows others, it is not to jump there later."""
        results.want_id = contact_id

        def no_longer() -> None:
            if results.want_id == contact_id:
                results.want_id = 0

        QTimer.singleShot(LISTED_MS, self._window, no_longer)

    def _signed_in(self, contact_id: int, name: str) -> None:
        """The guest's card, and a word about it; what waited for them goes by itself."""
        window: MainWindow = self._window
        if window.outgoing is not None and contact_id:
            self._choose_soon(window.contacts.results, contact_id)
            window.outgoing.open_contact(contact_id)
            window.contacts.show_detail()
            window.contacts.detail.focus_first()  # what had the focus may be hidden by it
        window.activateWindow()
        window.feedback.notice(tr("{name} is signed in.").replace("{name}", name or tr("The guest")))
