"""The section's commands: one list for keys, menus, palette and the key help."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QWidget

from crmdesk.ui.commands import Command, Commands
from crmdesk.ui.contacts import call_catch
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.ui.contacts.page import ContactsPage

Run = Callable[[], object]
CONTEXT = (
    "list.open", "contact.edit", "list.edit_cell", "contact.batch", "events.of_contacts", "contact.duplicate",
    "list.refresh", "contact.history", "", "contact.link", "contact.unlink", "contact.merge", "contact.duplicates", "",
    "list.copy", "list.copy_email", "list.copy_phone", "contact.export", "",
    "contact.new", "contact.delete", "guest.extract", "guest.erase", "", "list.select_all", "view.add_filter",
)  # fmt: skip
MORE = (
    "view.save",
    "view.clear",
    "contact.export",
    "",
    "list.layout",
    "list.columns",
    "detail.show_empty",
    "detail.show_raw",
)


def register(page: ContactsPage, commands: Commands) -> None:
    """Add what the section can do. Keys of list and detail work only while the focus is there."""
    table, detail = page.table, page.detail
    for command in _anywhere(page):
        commands.add(command)
    for command in _records(page):
        commands.add(command, page)
    for command in _list(page):
        commands.add(command, table)
    for command in _page(page):
        commands.add(command, page)
    for command in _detail(page):
        commands.add(command, detail)


def _anywhere(page: ContactsPage) -> list[Command]:
    do = page.verbs
    back, forward = (do.back, do.needs_back), (do.forward, do.needs_forward)
    return [
        Command("search.focus", tr("Search contacts"), page.focus_search, ("Ctrl+F",), menu="Contacts", icon="search"),
        Command(
            "search.clipboard",
            tr("Search with the clipboard"),
            partial(call_catch.catch, page),
            ("Ctrl+Shift+V",),
            "anywhere",
            partial(call_catch.why_not, page),
            "Contacts",
            "search",
            words="caller phone paste note",
        ),
        Command("go.back", tr("Back"), back[0], ("Alt+Left",), "anywhere", back[1], "View", "back"),
        Command("go.forward", tr("Forward"), forward[0], ("Alt+Right",), "anywhere", forward[1], "View", "forward"),
        Command("list.layout", tr("Cards or table"), do.toggle_layout, menu="View", icon="cards"),
        Command("list.columns", tr("Columns…"), do.choose_columns, (), "anywhere", do.needs_table, "View", "columns"),
        _switch(page, "show_empty", tr("Show empty fields"), do.toggle_empty),
        _switch(page, "show_raw", tr("Show the stored answer (Raw)"), do.toggle_raw),
    ]


def _switch(page: ContactsPage, name: str, words: str, run: Run) -> Command:
    """A setting of the detail pane."""
    setting = {"show_empty": "show_empty_fields"}.get(name, name)
    return Command(
        f"detail.{name}", words, run, menu="View", checked=lambda: bool(getattr(page.settings, setting, False))
    )


def _records(page: ContactsPage) -> list[Command]:
    """What may be done with the vendors' contacts themselves; the capability map says with which."""
    do, name = page.verbs, "Contacts"
    new = partial(do.why_not, "listed", "create")
    edit, again = partial(do.why_not, "current", "edit"), partial(do.why_not, "current", "create")
    return [
        Command(
            "contact.new", tr("New contact…"), do.new_contact, ("Ctrl+N",), "contacts", new, name, "plus",
            words="add create",
        ),
        Command(
            "contact.edit", tr("Edit contact…"), do.edit, ("Ctrl+E",), "contacts", edit, name, "pencil", words="change"
        ),
        Command(
            "contact.duplicate", tr("Duplicate as new contact…"), do.duplicate, (), "contacts", again, name, "copy",
            words="copy create",
        ),
        Command(
            "contact.history", tr("History of this contact"), do.show_history, (), "contacts", do.needs_history,
            name, "clock", words="history versions revisions",
        ),
    ]  # fmt: skip


def _list(page: ContactsPage) -> list[Command]:
    do, table = page.verbs, page.table
    one, name = do.needs_current, "Contacts"
    gone = partial(do.why_not, "selected", "delete")
    return [
        Command("list.open", tr("Open"), do.open_current, ("Return",), "list", one, name, listed_only=True),
        Command(
            "list.tick", tr("Select or unselect the row; go on with Ctrl and an arrow"), lambda: None, ("Space",),
            "list", one, listed_only=True,
        ),
        Command("list.copy", tr("Copy rows"), do.copy_rows, ("Ctrl+C",), "list", do.needs_rows, f"{name}/Copy", "copy"),
        Command("list.copy_email", tr("Copy e-mail"), partial(do.copy_value, "email"), (), "list", one, f"{name}/Copy"),
        Command("list.copy_phone", tr("Copy phone"), partial(do.copy_value, "phone"), (), "list", one, f"{name}/Copy"),
        Command(
            "list.select_all", tr("Select all that match"), table.selectAll, ("Ctrl+A",), "list", menu=f"{name}/List"
        ),
        Command(
            "contact.delete", tr("Delete contact"), do.delete, ("Del",), "list", gone, name, "trash",
            words="remove",
        ),
    ]  # fmt: skip


def _page(page: ContactsPage) -> list[Command]:
    do, menu = page.verbs, "Contacts/List"
    return [
        Command(
            "list.refresh", tr("Check this contact now"), do.refresh, ("F5",), "contacts", do.needs_refresh, "Contacts",
            "refresh",
        ),
        Command(
            "view.add_filter", tr("Add filter…"), do.add_filter, ("Ctrl+Shift+F",), "contacts", menu=menu, icon="filter"
        ),
        Command(
            "view.save", tr("Save view…"), do.save_view, ("Ctrl+Shift+S",), "contacts", do.needs_data, menu, "star"
        ),
        Command("view.clear", tr("Clear search and filters"), do.clear_all, (), "contacts", menu=menu),
    ]  # fmt: skip


def _detail(page: ContactsPage) -> list[Command]:
    do, one, typing = page.verbs, page.verbs.needs_current, page.verbs.needs_editor
    save, close = partial(do.save_editor, close=False), partial(do.save_editor, close=True)
    return [
        Command("editor.keep", tr("Save"), save, ("Ctrl+S",), "detail", typing, "Contacts"),
        Command(
            "editor.save", tr("Save and close the editor"), close, ("Ctrl+Return", "Ctrl+Enter"), "detail", typing,
            "Contacts", "tick",
        ),
        Command("detail.copy_field", tr("Copy field"), do.copy_field, ("Ctrl+Shift+C",), "detail", one, icon="copy"),
        Command("detail.next", tr("Next contact"), lambda: page.table.move_by(1), ("Alt+Down",), "detail"),
        Command("detail.previous", tr("Previous contact"), lambda: page.table.move_by(-1), ("Alt+Up",), "detail"),
    ]  # fmt: skip


def menu(page: ContactsPage, commands: Commands, ids: tuple[str, ...], name: str) -> QMenu:
    """A menu of registered commands; '' is a line between groups. Keys are shown as everywhere. The window's own
    are left out where the page stands without it."""
    made = QMenu(page)
    made.setObjectName(name)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    made.setToolTipsVisible(True)
    for command_id in ids:
        if not command_id:
            made.addSeparator()
        elif command_id in commands:
            made.addAction(commands.action(command_id))
    return made


def below(widget: QWidget) -> QPoint:
    """Where a menu of this button opens."""
    return widget.mapToGlobal(QPoint(0, widget.height() + 2))
