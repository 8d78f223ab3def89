"""Addresses that others wrote, opened only after a person saw where they lead."""

from __future__ import annotations

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from crmdesk.ui.confirm import confirm
from crmdesk.ui.contacts.detail_rows import host_of, web_address
from crmdesk.ui.feedback import ask
from crmdesk.ui.kit import tr

LONGEST = 300  # letters of an address in the question


async def ask_and_open(parent: QWidget, name: str, address: str) -> None:
    """Asks with the host named; only http and https, see `web_address`. Anything else does nothing."""
    safe = web_address(address)
    if not safe:
        return
    question = tr("Open {host} in your browser?").replace("{host}", host_of(safe))
    open_it = ("open", tr("Open website"), False)
    dialog = confirm(parent, name, tr("Open website"), question, (open_it,), detail=safe[:LONGEST])
    if await ask(dialog) == 1:
        QDesktopServices.openUrl(QUrl(safe, QUrl.ParsingMode.StrictMode))
