"""The commands that open the sign-in dialog, and why they cannot be used now. Light: it comes with the window."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from crmdesk.ui.commands import Command
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.core.types import ContactRow
    from crmdesk.ui.main_window import MainWindow


def commands(window: MainWindow) -> list[Command]:
    more = "otp code password login guest self-service"
    return [
        Command(
            "guest.sign_in", tr("Sign in a guest…"), lambda: window.overlays.sign_in(), ("Ctrl+Shift+G",),
            enabled=partial(why_not, window), menu="Contacts", icon="key", words=more,
        ),
        Command(
            "contact.sign_in", tr("Sign in this guest…"), partial(sign_in_current, window),
            enabled=partial(why_not_current, window), menu="Contacts", words=more,
        ),
    ]  # fmt: skip


def why_not(window: MainWindow) -> str | None:
    if not window.attached:
        return tr("Contacts are still being opened.")
    if not window.services.guests.accounts():
        return tr("No account here lets guests sign in.")
    return None


def why_not_current(window: MainWindow) -> str | None:
    if reason := why_not(window):
        return reason
    row, guests = _current(window), window.services.guests
    if row is None:
        return tr("Select a contact first.")
    if all(account.id != row.account_id for account in guests.accounts()):
        return tr("The guests of this account do not sign in here.")
    if guests.signed_in(row.id) is not None:
        return tr("This guest is signed in.")
    return None


def sign_in_current(window: MainWindow) -> None:
    row = _current(window)
    if row is not None:
        window.overlays.sign_in(row.account_id, row.id)


def _current(window: MainWindow) -> ContactRow | None:
    """The contact that is open, which may stand beside the list, else the list's current one."""
    page = window.contacts
    shown = page.detail.detail
    if shown is not None and shown.row.id == page.detail.contact_id:
        return shown.row
    return page.model.row_at(page.table.currentIndex().row())
