"""The window's own commands, and the menu bar made from all of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QMenu, QMenuBar

from crmdesk.ui import view_transfer
from crmdesk.ui.cards import entry as cards
from crmdesk.ui.commands import Command, Commands
from crmdesk.ui.composer import entry as composer
from crmdesk.ui.guest import entry as guest
from crmdesk.ui.login import entry as login
from crmdesk.ui.outbox import entry as outbox
from crmdesk.ui.papers import entry as papers
from crmdesk.ui.places import ACCOUNTS, CONFLICTS, EVENTS, HOME, OUTBOX, SETTINGS, TRASH, Place
from crmdesk.ui.privacy import entry as privacy
from crmdesk.ui.theme import SCHEMES
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.ui.contacts.page import ContactsPage
    from crmdesk.ui.main_window import MainWindow

MENUS = ("&File", "&Edit", "&View", "&Contacts", "&Outbox", "&Bulk events", "&Accounts", "&Help")
SUBMENUS = (
    "List",
    "Rows",
    "Problems",
    "Sending",
    "Show",
    "Conflict",
    "Copy",
    "Duplicates",
    "Colours",
)  # behind a stroke in a command's menu
LINE_AFTER = frozenset({  # commands that end a group of their menu
    "events.ledger", "composer.check", "composer.report", "grid.redo", "grid.fill_down", "composer.go_on",
    "composer.release", "outbox.try_all", "outbox.discard",
})  # fmt: skip
ORDER: dict[str, tuple[str, ...]] = {  # '' is a line; commands that are not named stand before the last group
    "File": (
        "operator.change", "lock", "", "contact.export", "pack.print", "", "backup", "restore", "", "privacy.record",
        "settings", "", "quit",
    ),
    "View": (
        "go.contacts", "go.messages", "go.approvals", "go.events", "go.outbox", "go.conflicts", "go.duplicates",
        "go.trash", "deeds", "", "go.back", "go.forward", "problem.next", "problem.previous", "pane.next",
        "pane.previous", "palette", "", "list.layout", "list.columns", "detail.show_empty", "detail.show_raw", "",
        "privacy", "privacy.mode", "", "text.larger", "text.smaller",
    ),
}  # fmt: skip
SCHEME_WORDS = {"system": "Colours as the system", "light": "Light colours", "dark": "Dark colours"}


def register(window: MainWindow, commands: Commands) -> None:
    """Everything that works anywhere in the window. Pages add their own."""
    every = (
        *_going(window), *_working(window), *_checking(window), *login.commands(window), *papers.commands(window),
        *outbox.commands(window), *composer.commands(window), *cards.commands(window), *privacy.commands(window),
        *guest.commands(window), *view_transfer.commands(window), *_looking(window), *_helping(window),
    )  # fmt: skip
    for command in every:
        commands.add(command)


def _going(window: MainWindow) -> list[Command]:
    return [
        Command("palette", tr("Commands…"), window.overlays.open_palette, ("Ctrl+K",), menu="View", icon="command"),
        Command("go.contacts", tr("Contacts"), lambda: window.go(HOME), ("Ctrl+1",), menu="View", icon="people"),
        Command("pane.next", tr("Next pane"), lambda: window.panes.step(1), ("F6",), menu="View"),
        Command("pane.previous", tr("Previous pane"), lambda: window.panes.step(-1), ("Shift+F6",), menu="View"),
        Command(
            "backup", tr("Back up…"), window.backup.back_up, (), "anywhere", window.backup.why_not, "File", "copy",
            words="backup copy save data safety",
        ),
        Command(
            "restore", tr("Restore from a backup…"), window.backup.restore, (), "anywhere", window.backup.why_not,
            "File", words="backup copy bring back data",
        ),
        Command("quit", tr("Quit"), window.close, ("Ctrl+Q",), menu="File", icon="close"),
    ]  # fmt: skip


def _offers() -> Any:
    from crmdesk.ui.contacts import offers  # with the first question, not with the window

    return offers


def _working(window: MainWindow) -> list[Command]:
    """Edits under way."""
    why = _WhyNot(window)
    return [*_undoing(window, why), *_work_pages(window, why), *_at_the_desk(window, why)]


class _WhyNot:
    """Why something cannot be done now; None: it can."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def ready(self) -> str | None:
        return None if self._window.outgoing is not None else tr("Contacts are still being opened.")

    def undo(self) -> str | None:
        return self.ready() or self._window.outgoing.undo.why_not()  # type: ignore[union-attr]  # ready

    def redo(self) -> str | None:
        return self.ready() or self._window.outgoing.undo.why_no_redo()  # type: ignore[union-attr]  # ready

    def problem(self) -> str | None:
        return self.ready() or self._window.outgoing.why_no_problem()  # type: ignore[union-attr]  # ready

    def picked(self) -> str | None:
        window = self._window
        if (reason := self.ready()) is not None:
            return reason
        chosen = window.pages.shows_contacts() and window.contacts.table.selected_count()
        return _offers().closed(window.contacts) if chosen else tr("Select contacts in the list first.")


def _do(window: MainWindow, name: str, *values: object) -> None:
    getattr(window.outgoing, name)(*values)


def _undoing(window: MainWindow, why: _WhyNot) -> list[Command]:
    back, again = partial(_do, window, "take_back"), partial(_do, window, "do_again")
    return [
        Command("undo", tr("Undo"), back, ("Ctrl+Z",), enabled=why.undo, menu="Edit", icon="undo"),
        Command("redo", tr("Redo"), again, ("Ctrl+Y", "Ctrl+Shift+Z"), enabled=why.redo, menu="Edit"),
    ]


def _work_pages(window: MainWindow, why: _WhyNot) -> list[Command]:
    ready, view = why.ready, "View"
    return [
        Command("go.outbox", tr("Outbox"), lambda: window.go(OUTBOX), ("Ctrl+5",), "anywhere", ready, view, "outbox"),
        Command(
            "events.of_contacts", tr("Bulk events for the selected contacts…"), partial(composer.of_contacts, window),
            ("Ctrl+Shift+N",), "anywhere", why.picked, "Contacts", "send",
            words="achievements push send to vendor compose",
        ),
        Command(
            "go.events", tr("Bulk events"), partial(composer.go_to, window, EVENTS), ("Ctrl+4",), "anywhere", ready,
            view, "send", words="achievements purchases referrals import csv excel",
        ),
        Command(
            "deeds", tr("Everything that was done…"), window.overlays.show_deeds, ("Ctrl+7",), "anywhere", ready,
            view, "clock", words="history log who when operator changes",
        ),
        Command("go.conflicts", tr("Conflicts"), lambda: window.go(CONFLICTS), (), "anywhere", ready, view, "arrows"),
        Command("go.trash", tr("Trash"), lambda: window.go(TRASH), (), "anywhere", ready, view, "trash"),
        Command(
            "problem.next", tr("Next that needs you"), partial(_do, window, "next_problem", 1), ("F8",), "anywhere",
            why.problem, view, "warning", words="conflict refused problem",
        ),
        Command(
            "problem.previous", tr("Previous that needs you"), partial(_do, window, "next_problem", -1),
            ("Shift+F8",), "anywhere", why.problem, view, words="conflict refused problem",
        ),
    ]  # fmt: skip


def _at_the_desk(window: MainWindow, why: _WhyNot) -> list[Command]:
    ready = why.ready
    return [
        Command(
            "operator.change", tr("Who is at the desk…"), partial(_do, window, "change_operator"), ("Ctrl+Shift+W",),
            "anywhere", ready, "File", "person", words="operator name shift",
        ),
        # Ctrl+Alt+L is taken: several desktops lock the screen with it, and a Polish keyboard writes ł with it
        Command("lock", tr("Lock now"), window.lock.now, ("Ctrl+Shift+L",), "anywhere", ready, "File", "lock",
                words="pin leave away"),
        Command("privacy", tr("Hide guests at once"), window.lock.hide_content, ("F9",), "anywhere", ready, "View",
                "eye-off", words="privacy screen counter"),
    ]  # fmt: skip


def _checking(window: MainWindow) -> list[Command]:
    add = Place("accounts", -1)
    return [
        Command(
            "check.all",
            tr("Check all vendors now"),
            window.checks.check_all,
            ("Shift+F5",),
            enabled=window.checks.why_not,
            menu="Accounts",
            icon="refresh",
            words="sync pull refresh",
        ),
        Command(
            "offline",
            tr("Work offline"),
            window.checks.toggle_offline,
            ("Ctrl+Shift+O",),
            enabled=window.checks.why_not_yet,
            checked=window.checks.working_offline,
            menu="Accounts",
            icon="offline",
        ),
        Command("sync", tr("How every account is doing"), window.overlays.toggle_panel, menu="Accounts", icon="online"),
        Command("accounts", tr("Accounts…"), lambda: window.go(ACCOUNTS), menu="Accounts", icon="key"),
        Command("accounts.new", tr("Add account…"), lambda: window.go(add), menu="Accounts", icon="plus"),
    ]


def _looking(window: MainWindow) -> list[Command]:
    schemes = [
        Command(
            f"scheme.{scheme}",
            tr(SCHEME_WORDS[scheme]),
            partial(_choose_scheme, window, scheme),
            checked=partial(_has_scheme, window, scheme),
            menu="View/Colours",
            words="theme dark light mode",
        )
        for scheme in SCHEMES
    ]
    return [
        *schemes,
        Command("text.larger", tr("Larger text"), lambda: window.pages.grow_text(10), menu="View", words="zoom font"),
        Command(
            "text.smaller", tr("Smaller text"), lambda: window.pages.grow_text(-10), menu="View", words="zoom font"
        ),
        Command("settings", tr("Settings…"), lambda: window.go(SETTINGS), ("Ctrl+,",), menu="File", icon="settings"),
    ]


def _choose_scheme(window: MainWindow, scheme: str) -> None:
    window.pages.set_setting("scheme", scheme)


def _has_scheme(window: MainWindow, scheme: str) -> bool:
    return bool(window.settings.scheme == scheme)


def _helping(window: MainWindow) -> list[Command]:
    return [
        Command("help", tr("Keys and help"), window.overlays.show_help, ("F1",), menu="Help", icon="help"),
        Command(
            "notices", tr("Notices…"), window.overlays.show_notices, ("Ctrl+Shift+M",), menu="Help", icon="info",
            words="messages toasts told missed history again",
        ),
        Command("close", tr("Close what is open"), window.close_innermost, ("Esc",), listed_only=True),
        Command("dialog.main", tr("The main button"), lambda: None, ("Ctrl+Return",), "dialog", listed_only=True),
        Command("dialog.close", tr("Close without doing it"), lambda: None, ("Esc",), "dialog", listed_only=True),
        Command("about", tr("About crmdesk"), lambda: window.pages.show_about(), menu="Help", icon="info"),
    ]  # fmt: skip


def build_menu_bar(bar: QMenuBar, commands: Commands) -> dict[str, QMenu]:
    """The titles: one menu for each name that commands have. `fill` puts the commands into them."""
    bar.clear()
    made: dict[str, QMenu] = {}
    used = {command.menu.partition("/")[0] for command in commands}
    for title in MENUS:
        name = title.replace("&", "")
        if name in used:
            menu = bar.addMenu(tr(title))
            menu.setObjectName(f"menu.{name.lower().replace(' ', '_')}")
            menu.setToolTipsVisible(True)
            menu.aboutToShow.connect(commands.refresh)
            made[name] = menu
    return made


def fill(menus: dict[str, QMenu], commands: Commands) -> None:
    """Every command into its menu, in the order they were added; menus within a menu come last in it. Emptied menus are
    filled again."""
    for name in dict.fromkeys(command.menu for command in commands if command.menu):
        upper, _, part = name.partition("/")
        if part and name not in menus:
            assert part in SUBMENUS, part  # else nobody translates it
            menus[name] = QMenu(tr(part), menus[upper])
            menus[name].setObjectName(f"{menus[upper].objectName()}.{part.lower()}")
            menus[name].setToolTipsVisible(True)
        if part:
            menus[upper].addMenu(menus[name])
        own = [command.id for command in commands if command.menu == name]
        _add(menus[name], commands, _as_in_the_list(own) if name == "Contacts" else _in_order(name, own))


def _in_order(name: str, own: list[str]) -> list[str]:
    order = ORDER.get(name)
    if order is None:
        return own
    known = [command_id for command_id in order if not command_id or command_id in own]
    last = len(known) - known[::-1].index("")
    return [*known[:last], *(command_id for command_id in own if command_id not in order), *known[last:]]


def _as_in_the_list(own: list[str]) -> list[str]:
    """First what the menu of the list's rows has, in its order; then the others."""
    from crmdesk.ui.contacts.actions import CONTEXT

    first = [command_id for command_id in CONTEXT if not command_id or command_id in own]
    return [*first, "", *(command_id for command_id in own if command_id not in first)]


def _add(menu: QMenu, commands: Commands, ids: list[str]) -> None:
    """'' is a line between groups."""
    for command_id in ids:
        if command_id:
            menu.addAction(commands.action(command_id))
        if (not command_id or command_id in LINE_AFTER) and menu.actions() and not menu.actions()[-1].isSeparator():
            menu.addSeparator()


def take_over(window: MainWindow, commands: Commands) -> None:
    """What the contacts page registered for itself works from every page, and through places too."""
    if "search.focus" in commands:
        commands.override("search.focus", window.focus_search)
    if "search.clipboard" in commands:
        commands.override("search.clipboard", partial(_catch, window))
    for command_id, run, by in (("go.back", window.steps.back, -1), ("go.forward", window.steps.forward, 1)):
        if command_id in commands:
            commands.override(command_id, run, partial(window.steps.why_not, by))


def _catch(window: MainWindow) -> None:
    from crmdesk.ui.contacts.call_catch import catch

    window.go(HOME)
    catch(window.contacts)


def place_in(contacts: ContactsPage) -> Place:
    """The entry of the navigation that the contacts page shows."""
    account_id = contacts.account_id
    return Place("account", account_id) if account_id is not None else Place("view", contacts.view_id)


def unsaved(contacts: ContactsPage) -> bool:
    """Whether the contacts page's editor holds typing that was not saved."""
    editor = contacts.detail.editor
    return editor is not None and bool(editor.dirty)
