"""The commands that go to a signed-in guest's messages and approvals. Light: it comes with the window."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from crmdesk.ui.commands import Command
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.ui.main_window import MainWindow

MESSAGES, APPROVALS = 0, 1  # of the card's tabs


def commands(window: MainWindow) -> list[Command]:
    why = partial(_why_not, window)
    return [
        Command(
            "go.messages", tr("Messages of the signed-in guest"), partial(_go, window, MESSAGES), ("Ctrl+2",),
            "anywhere", why, "View", "mail", words="inbox communications",
        ),
        Command(
            "go.approvals", tr("Approvals of the signed-in guest"), partial(_go, window, APPROVALS), ("Ctrl+3",),
            "anywhere", why, "View", "tick", words="requests accept reject",
        ),
    ]  # fmt: skip


def _why_not(window: MainWindow) -> str | None:
    if not window.attached:
        return tr("Contacts are still being opened.")
    return (
        None if _whose(window) else tr("No guest is signed in. Messages and approvals are on the card of one who is.")
    )


def _whose(window: MainWindow) -> int:
    """The contact that is open if its guest is signed in, else who signed in last; 0: nobody."""
    there = [one.contact_id for one in window.services.guests.everyone()]
    shown = window.contacts.detail.contact_id
    return shown if shown in there else there[-1] if there else 0


def _go(window: MainWindow, place: int) -> None:
    contact_id, page = _whose(window), window.contacts
    detail = page.detail
    if detail.editor is not None:
        page.verbs.leave_editor()  # what is typed is kept as a draft

    def show() -> bool:
        return detail.guest is not None and detail.guest.show_leaf(contact_id, place)

    def once_open() -> None:
        """Whichever contact came first: who has gone elsewhere meanwhile is not led away later."""
        detail.opened.disconnect(once_open)
        show()

    window.show_contacts()
    page.show_detail()
    if not show():
        detail.opened.connect(once_open)
        page.open_contact(contact_id)
