"""Commands for many contacts at once and for one cell; the dialog and the cell's line come with their first use."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from crmdesk.ui.commands import Command, Commands
from crmdesk.ui.words import number, tr

if TYPE_CHECKING:
    from crmdesk.core.vendor import Vendor
    from crmdesk.ui.contacts.page import ContactsPage

LIMIT = 2000  # as plan.LIMIT, which is not imported with the window


def register(page: ContactsPage, commands: Commands) -> None:
    """Ctrl+Shift+B works in list and detail, F2 in the list."""
    commands.add(
        Command(
            "contact.batch", tr("Change a field of the selected contacts…"), partial(open_batch, page),
            ("Ctrl+Shift+B",), "contacts", partial(why_no_batch, page), "Contacts", "pencil",
            words="batch bulk mass edit many",
        ),
        page,
    )  # fmt: skip
    commands.add(
        Command(
            "list.edit_cell", tr("Edit in the list"), partial(edit_cell, page), ("F2",), "list",
            partial(why_no_cell, page), "Contacts", "pencil", words="inline cell change",
        ),
        page.table,
    )  # fmt: skip


def why_no_batch(page: ContactsPage) -> str | None:
    count = page.table.selected_count()
    if not page.attached:
        return tr("Contacts are still being opened.")
    if count < 2:
        return tr("Select two or more contacts first.")
    if count > LIMIT:
        words = tr("At most {most} contacts can be changed at once; {n} are selected.")
        return words.replace("{most}", number(LIMIT)).replace("{n}", number(count))
    return None


def open_batch(page: ContactsPage) -> None:
    page.scope.start(_batch(page), what="Change a field of many contacts", key="batch", if_busy="keep")


async def _batch(page: ContactsPage) -> None:
    from crmdesk.ui.batch.dialog import BatchDialog
    from crmdesk.ui.feedback import ask

    ids = [int(contact_id) for contact_id in page.table.selected_ids()]
    dialog = BatchDialog(page, page.scope, page.reader, page.services.edits, partial(vendor_of, page), ids)
    await ask(dialog)
    if dialog.saved is not None:
        page.saved.emit(dialog.saved)


def vendor_of(page: ContactsPage, account_id: int) -> Vendor | None:
    account = page.desk.accounts.get(account_id)
    return page.services.vendors.get(account.vendor) if account is not None else None


def why_no_cell(page: ContactsPage) -> str | None:
    """What the list itself knows; whether the field can be changed is found out with the contact."""
    if not page.attached:
        return tr("Contacts are still being opened.")
    if page.table.cards:
        return tr("Cards have no cells. Switch to the table, or edit the contact.")
    row = page.model.row_at(page.table.currentIndex().row())
    if row is None:
        return tr("Select a contact first.")
    return page.services.edits.why_not(row, "edit")


def edit_cell(page: ContactsPage) -> None:
    """One line over the cell."""
    from crmdesk.ui.batch.cell import CellEditing

    if page.table.cell_editing is None:
        page.table.cell_editing = CellEditing(page)
    page.table.cell_editing.begin()
