"""Why an action cannot be done with what is current, selected or listed: what the capability map says about it.

Every answer is None, where it can be done, or the sentence for menu, button, palette and tooltip. Imported with the
first question: no command is asked before the first paint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from crmdesk.core.types import Flag
from crmdesk.sync import capabilities
from crmdesk.ui.words import plural, tr

if TYPE_CHECKING:
    from crmdesk.core.types import ContactRow
    from crmdesk.ui.contacts.page import ContactsPage

COUNTED = 1000  # selected rows that are counted by their accounts at each question
EDITS = ("edit", "delete", "create")
BARRED = int(Flag.RESTRICTED | Flag.FORGET)
OPENING = "Contacts are still being opened."


def listed(page: ContactsPage, action: str) -> str | None:
    """What needs no contact: of the account that is listed, else of any."""
    if not page.attached:
        return tr(OPENING)
    account = page.desk.accounts.get(page.listing.account_id or 0)
    if account is not None:
        return _worded(capabilities.of_account(page.services.vendors, account, action))
    return _worded(capabilities.somewhere(page.services.vendors, page.desk.accounts.values(), action))


def current(page: ContactsPage, action: str) -> str | None:
    """The current contact, or the one that is open beside the list."""
    if not page.attached:
        return tr(OPENING)
    row = _row(page)
    if row is None:
        return tr(OPENING) if current_id(page) else tr("Select a contact first.")
    account = page.desk.accounts.get(row.account_id)
    reason = capabilities.of_account(page.services.vendors, account, action) if account else OPENING
    return _worded(reason) or _of_rows(page, [row], action)


def selected(page: ContactsPage, action: str) -> str | None:
    """All selected contacts; where that is one or none, the current contact."""
    if not page.attached or page.table.selected_count() < 2:
        return current(page, action)
    vendors, accounts, rows = page.services.vendors, list(page.desk.accounts.values()), _rows(page)
    if rows is not None:
        counts = Counter(row.account_id for row in rows)
        return _worded(capabilities.of_several(vendors, counts, accounts, action)) or _of_rows(page, rows, action)
    possible = [account for account in accounts if page.listing.account_id in (None, account.id)]
    return _worded(capabilities.of_many(vendors, page.table.selected_count(), possible, action))


def _worded(reason: str | None) -> str | None:
    return reason and tr(reason)


def closed(page: ContactsPage) -> str | None:
    """Where the guests of all that is selected asked to be left alone: why nothing about them may leave."""
    rows = _rows(page) if page.table.selected_count() else None
    return _closed(rows) if rows else None


def listed_closed(page: ContactsPage) -> str | None:
    """As `closed`, of everything in a short list."""
    count = page.model.rowCount()
    rows = [page.model.row_at(row) for row in range(count)] if 0 < count <= COUNTED else [None]
    return None if None in rows else _closed([row for row in rows if row is not None])


def _closed(rows: Sequence[ContactRow]) -> str | None:
    if not all(row.flags & BARRED for row in rows):
        return None
    return plural(
        len(rows),
        "This guest asked to be left alone, so nothing about them may leave. An extract for the guest can be made.",
        "These guests asked to be left alone, so nothing about them may leave. Extracts for them can be made.",
    )


def current_id(page: ContactsPage) -> int:
    """The contact in the detail pane, which may stand beside the list, else the list's current one; 0 for none."""
    return page.detail.contact_id or page.table.current_id()


def _row(page: ContactsPage) -> ContactRow | None:
    listed = page.model.row_at(page.table.currentIndex().row()) if current_id(page) == page.table.current_id() else None
    if listed is not None:
        return listed
    shown = page.detail.detail  # beside the list, or open before the list has read it
    return shown.row if shown is not None and shown.row.id == page.detail.contact_id else None


def _rows(page: ContactsPage) -> list[ContactRow] | None:
    """The selected rows; None where not all of them are at hand."""
    if page.table.selected_count() > COUNTED:
        return None
    found = [page.model.row_at(row) for first, last in page.table.runs() for row in range(first, last + 1)]
    return None if None in found else [row for row in found if row is not None]


def _of_rows(page: ContactsPage, rows: Sequence[ContactRow], action: str) -> str | None:
    """What stands in the way with these contacts themselves, e.g. that their guest asked for it."""
    if action not in EDITS:
        return None
    barred = [tr(reason) for row in rows if (reason := page.services.edits.why_not(row, action)) is not None]
    if not barred or len(rows) == 1:
        return barred[0] if barred else None
    who = tr("{n} of {total} contacts:").replace("{n}", str(len(barred))).replace("{total}", str(len(rows)))
    return f"{who} {' '.join(dict.fromkeys(barred))}"
