"""The section's commands: one list for keys, menus, palette and the key help."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QWidget

from crmdesk.ui.commands import Command, Commands
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.ui.contacts.page import ContactsPage

Run = Callable[[], object]
CONTEXT = (
    "list.open", "list.refresh", "", "list.copy", "list.copy_email", "list.copy_phone", "", "list.select_all",
    "view.add_filter",
)  # fmt: skip
MORE = ("view.save", "view.clear", "", "list.layout", "list.columns", "detail.show_empty", "detail.show_raw")


def register(page: ContactsPage, commands: Commands) -> None:
    """Add what the section can do. Keys of list and detail work only while the focus is there."""
    table, detail = page.table, page.detail
    for command in _anywhere(page):
        commands.add(command)
    for command in _list(page):
        commands.add(command, table)
    for command in _page(page):
        commands.add(command, page)
    for command in _detail(page):
        commands.add(command, detail)


def _anywhere(page: ContactsPage) -> list[Command]:
    return [
        Command("search.focus", tr("Search contacts"), page.focus_search, ("Ctrl+F",), menu="Contacts", icon="search"),
        Command("go.back", tr("Back"), page.back, ("Alt+Left",), menu="View", icon="back"),
        Command("go.forward", tr("Forward"), page.forward, ("Alt+Right",), menu="View", icon="forward"),
        Command("list.layout", tr("Cards or table"), page.toggle_layout, menu="View", icon="cards"),
        Command("list.columns", tr("Columns…"), page.choose_columns, menu="View", icon="columns", enabled=page.no_columns),
        Command(
            "detail.show_empty", tr("Show empty fields"), page.toggle_empty, menu="View",
            checked=lambda: bool(page.settings.show_empty_fields),
        ),
        Command(
            "detail.show_raw", tr("Show the stored answer (Raw)"), page.toggle_raw, menu="View",
            checked=lambda: bool(page.settings.show_raw),
        ),
    ]  # fmt: skip


def _list(page: ContactsPage) -> list[Command]:
    one, some = page.needs_current, page.needs_selection
    return [
        Command("list.open", tr("Open"), page.open_current, ("Return",), "list", one, "Contacts", listed_only=True),
        Command("list.copy", tr("Copy rows"), page.copy_rows, ("Ctrl+C",), "list", some, "Contacts", "copy"),
        Command("list.copy_email", tr("Copy e-mail"), lambda: page.copy_value("email"), (), "list", one, "Contacts"),
        Command("list.copy_phone", tr("Copy phone"), lambda: page.copy_value("phone"), (), "list", one, "Contacts"),
        Command("list.select_all", tr("Select all that match"), page.table.selectAll, ("Ctrl+A",), "list", menu="Contacts"),
    ]


def _page(page: ContactsPage) -> list[Command]:
    return [
        Command("list.refresh", tr("Check this contact now"), page.refresh, ("F5",), "contacts", menu="Contacts", icon="refresh"),
        Command("view.add_filter", tr("Add filter…"), page.add_filter, ("Ctrl+Shift+F",), "contacts", menu="Contacts", icon="filter"),
        Command("view.save", tr("Save view…"), page.save_view, ("Ctrl+Shift+S",), "contacts", menu="Contacts", icon="star"),
        Command("view.clear", tr("Clear search and filters"), page.clear_all, (), "contacts", menu="Contacts"),
    ]


def _detail(page: ContactsPage) -> list[Command]:
    one = page.needs_current
    return [
        Command("detail.copy_field", tr("Copy field"), page.copy_field, ("Ctrl+Shift+C",), "detail", one, icon="copy"),
        Command("detail.next", tr("Next contact"), lambda: page.table.move_by(1), ("Alt+Down",), "detail"),
        Command("detail.previous", tr("Previous contact"), lambda: page.table.move_by(-1), ("Alt+Up",), "detail"),
    ]


def menu(page: ContactsPage, commands: Commands, ids: tuple[str, ...], name: str) -> QMenu:
    """A menu of registered commands; '' is a line between groups. Keys are shown as everywhere."""
    made = QMenu(page)
    made.setObjectName(name)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    made.setToolTipsVisible(True)
    for command_id in ids:
        if command_id:
            made.addAction(commands.action(command_id))
        else:
            made.addSeparator()
    return made


def below(widget: QWidget) -> QPoint:
    """Where a menu of this button opens."""
    return widget.mapToGlobal(QPoint(0, widget.height() + 2))
