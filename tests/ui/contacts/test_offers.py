"""What the current contact's vendor lacks stays in sight, greyed, with the reason: in menus, palette and tips."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QItemSelectionModel, QPoint
from PySide6.QtWidgets import QAbstractButton, QMenu

from crmdesk.core.types import ContactRow
from crmdesk.sync.capabilities import NO_ACCOUNT, REMOVED
from crmdesk.ui.contacts import offers
from crmdesk.ui.contacts.page import ContactsPage
from crmdesk.ui.palette import command_entries
from tests.ui import fakes
from tests.ui.contacts.conftest import settle

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform on every menu
DELETE = "PrioTicket has no way to delete a contact."
REFRESH = "PrioTicket has no way to read one contact."
HISTORY = "BookingSync keeps no earlier states of a contact."
CREATE = "PrioTicket makes contacts only inside orders; there is no way to make one here."
ROW = {"bookingsync": 0, "prioticket": 1}  # contacts alternate between the two accounts


@pytest.fixture
def services(clock: fakes.FakeClock, services: fakes.FakeServices) -> fakes.FakeServices:
    lacks = {"delete": DELETE, "refresh": REFRESH, "create": CREATE}
    prio = replace(fakes.vendor("prioticket", "PrioTicket"), lacks=lacks)
    booking = replace(services.vendors["bookingsync"], lacks={"history": HISTORY})
    services.vendors = {"bookingsync": booking, "prioticket": prio}
    services.reader.account_list[1] = replace(services.reader.account_list[1], vendor="prioticket")
    return services


async def choose(page: ContactsPage, vendor: str) -> None:
    page.table.choose(ROW[vendor])
    await settle(lambda: page.detail.detail is not None and page.detail.detail.row.id == page.table.current_id())


def select(page: ContactsPage, rows: int) -> None:
    """The first rows, all of them at once."""
    model, flag = page.model, QItemSelectionModel.SelectionFlag
    page.table.choose(0)
    for row in range(rows):
        page.table.selectionModel().select(model.index(row, 0), flag.Select | flag.Rows)


@pytest.mark.parametrize(
    ("command", "vendor", "reason"),
    [
        ("contact.edit", "bookingsync", None),
        ("contact.edit", "prioticket", None),
        ("contact.delete", "prioticket", DELETE),
        ("list.refresh", "bookingsync", None),
        ("list.refresh", "prioticket", REFRESH),
        ("contact.history", "bookingsync", None),  # what was done here
        ("contact.history", "prioticket", None),
    ],
)
async def test_the_reason_is_that_of_the_current_contacts_vendor(
    page: ContactsPage, command: str, vendor: str, reason: str | None
) -> None:
    await choose(page, vendor)
    assert page.commands.why_not(command) == reason
    page.commands.refresh()
    action = page.commands.action(command)
    assert action.isEnabled() == (reason is None)
    assert action.statusTip() == (reason or "")
    entry = next(one for one, _ in command_entries(page.commands) if one.text == action.text().rstrip("…"))
    assert entry.reason == (reason or "")


async def test_the_context_menu_asks_anew(page: ContactsPage) -> None:
    await choose(page, "prioticket")
    page.table.choose(ROW["bookingsync"])
    select(page, 4)
    page.table.menuAsked.emit(QPoint(5, 5))
    menu = page.findChild(QMenu, "list.menu")
    deleting = next(action for action in menu.actions() if action.objectName() == "command.contact.delete")
    assert deleting.isVisible()
    assert not deleting.isEnabled()
    assert deleting.toolTip().replace("\n", " ").endswith(DELETE)
    assert deleting.shortcut().toString() == "Del"
    menu.close()


async def test_without_a_contact_there_is_nothing_to_change_and_f5_reads_the_list(page: ContactsPage) -> None:
    page.table.selectionModel().clear()
    assert page.commands.why_not("contact.edit") == "Select a contact first."
    assert page.commands.why_not("contact.history") == "Select a contact first."
    assert page.commands.why_not("list.refresh") is None
    before = len(page.reader.searched)
    page.commands.run("list.refresh")
    await settle(lambda: len(page.reader.searched) == before + 1)


async def test_a_contact_that_is_open_beside_the_list_counts(page: ContactsPage) -> None:
    page.table.selectionModel().clear()
    page.detail.show_contact(2)
    await settle(lambda: page.detail.detail is not None)
    assert page.commands.why_not("contact.delete") == DELETE


async def test_a_new_contact_is_a_matter_of_the_listed_account_or_of_all(page: ContactsPage) -> None:
    await choose(page, "prioticket")
    assert page.commands.why_not("contact.new") is None, "another account can"
    assert page.commands.why_not("contact.duplicate") == CREATE
    page.set_account(2)
    assert page.commands.why_not("contact.new") == CREATE
    page._set_accounts([])
    assert page.commands.why_not("contact.new") == NO_ACCOUNT


async def test_several_selected_contacts_are_counted_by_vendor(page: ContactsPage) -> None:
    select(page, 5)
    assert page.table.selected_count() == 5
    assert offers.selected(page, "refresh") == f"2 of 5 contacts cannot be checked: {REFRESH}"
    assert page.commands.why_not("contact.delete") == f"2 of 5 contacts cannot be deleted: {DELETE}"
    assert page.commands.why_not("contact.edit") is None, "the current one"
    page.set_account(2)
    await settle(lambda: page.model.rowCount() == 150)
    select(page, 3)
    assert page.commands.why_not("contact.delete") == f"These 3 contacts cannot be deleted: {DELETE}"
    await settle(lambda: page.detail.detail is not None and page.detail.detail.row.id == page.table.current_id())


async def test_a_selection_that_is_not_read_yet_is_judged_by_the_accounts(page: ContactsPage) -> None:
    page.table.selectAll()
    assert page.model.row_at(299) is None
    assert offers.selected(page, "refresh") == f"Some of these 300 contacts perhaps cannot be checked: {REFRESH}"
    assert offers.selected(page, "copy") is None


async def test_contacts_of_a_removed_account_can_only_be_read(page: ContactsPage) -> None:
    accounts = list(page.desk.accounts.values())
    page._set_accounts([replace(accounts[0], active=False), accounts[1]])
    await choose(page, "bookingsync")
    assert page.commands.why_not("contact.edit") == REMOVED
    assert page.commands.why_not("list.refresh") == REMOVED
    assert page.commands.why_not("contact.new") == CREATE


async def test_an_account_whose_vendor_lists_nothing_says_so_and_is_not_checked_again(
    page: ContactsPage, services: fakes.FakeServices
) -> None:
    lists_nothing = "CRM.COM back office takes events; it has no list of contacts here."
    events = replace(fakes.vendor("events", "CRM.COM back office"), lacks={"pull": lists_nothing})
    services.vendors = {**services.vendors, "events": events}
    page._set_accounts([*page.desk.accounts.values(), fakes.account(3, "Nicosia", vendor="events")])
    page.set_account(3)
    await settle(lambda: page.empty.title() == f"Nicosia has no contacts here. {lists_nothing}")
    assert page.empty.findChild(QAbstractButton, "empty.check") is None


async def test_earlier_states_are_a_tab_of_the_detail_pane(page: ContactsPage) -> None:
    await choose(page, "prioticket")
    assert page.commands.run("contact.history")
    assert page.detail.tabs.currentWidget() is page.detail.history
    await settle(lambda: not (page.scope.running("history") or page.scope.running("history.local")))


async def test_before_the_services_are_there_everything_waits(
    qtbot: Any, scope: Any, settings: Any, people: list[ContactRow]
) -> None:
    from PySide6.QtWidgets import QMainWindow

    from crmdesk.ui.commands import Commands
    from crmdesk.ui.theme import theme

    window = QMainWindow()
    qtbot.addWidget(window)
    page = ContactsPage(None, None, settings, theme(), scope, Commands(window))
    window.setCentralWidget(page)
    for command in ("contact.new", "contact.edit", "contact.delete", "contact.history"):
        assert page.commands.why_not(command) == "Contacts are still being opened."
    await scope.aclose()


async def test_what_a_contacts_guest_asked_for_counts_too(page: ContactsPage, services: fakes.FakeServices) -> None:
    services.edits.refused[3] = "Processing of this contact is restricted."
    select(page, 1)
    assert page.commands.why_not("contact.delete") is None
    page.table.choose(2)
    assert page.commands.why_not("contact.edit") == "Processing of this contact is restricted."


async def test_a_reason_can_be_told_as_a_notice(page: ContactsPage) -> None:
    told: list[str] = []
    page.copied.connect(told.append)
    page._set_accounts([])
    page.commands.get("contact.new").run()
    assert told == [NO_ACCOUNT]
