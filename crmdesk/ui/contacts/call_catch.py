"""Ctrl+Shift+V: who is meant by the note on the clipboard (UX-SRC-11). Nothing leaves the computer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from crmdesk.ui.places import ALL_CONTACTS
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.ui.contacts.page import ContactsPage


def why_not(page: ContactsPage) -> str | None:
    return page.why_not_yet()


def catch(page: ContactsPage) -> None:
    """Searches all contacts with what the clipboard tells, and opens the only one that is found."""
    text = QGuiApplication.clipboard().text()
    page.scope.start(_catch(page, text), what="Search with the clipboard", key="catch")


async def _catch(page: ContactsPage, text: str) -> None:
    from crmdesk.core import caught

    found = caught.searches(text)
    if not found:
        page.copied.emit(tr("The clipboard holds no number, no e-mail address and no name. Copy one, then try again."))
        return
    search, ids = await _first_with_hits(page, found)
    page.set_view(ALL_CONTACTS)
    # as if it was typed, not as a filter: whatever is searched for next takes its place, and Esc lists everybody again
    page.set_listing(replace(page.listing, filters=(), text=search))
    if len(ids) == 1:
        page.open_contact(int(ids[0]))
    if page.model.rowCount():  # one that is hidden would take the focus as soon as it is shown: from whoever types then
        page.table.setFocus(Qt.FocusReason.ShortcutFocusReason)


async def _first_with_hits(page: ContactsPage, searches: list[str]) -> tuple[str, Any]:
    """The first search that finds anybody, and whom. Where none does, that for the number or the address alone: what
    stands beside it in a note may be no name."""
    from crmdesk.core.query import parse

    now, lexicon = page.words()
    for search in searches:
        hits = await page.reader.search(parse(search, now=now, lexicon=lexicon))
        if len(hits.ids):
            return search, hits.ids
    return next((search for search in searches if search.startswith(("phone:", "email:"))), searches[0]), ()
