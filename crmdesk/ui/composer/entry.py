"""The commands of the page *Bulk events* and of what is open in it, and why they cannot be used now. Light: it comes
with the window, the page with its first use."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from crmdesk.ui.commands import Command
from crmdesk.ui.composer.keys import COMPOSER_KEYS, GRID_KEYS
from crmdesk.ui.places import EVENTS, Place
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.ui.composer.composer import Composer
    from crmdesk.ui.composer.events_page import EventsPage
    from crmdesk.ui.main_window import MainWindow

MENU = "Bulk events"

# (verb, words, icon) as of composer.acts, by the part of the menu they stand in
OPEN = (
    ("import", "Import file…", "download"),
    ("paste", "Paste rows", ""),
    ("add", "Add row", "plus"),
    ("template", "Template…", ""),
    ("find", "Find and replace…", "search"),
    ("columns", "Columns of the grid…", "columns"),
    ("save", "Save now", "tick"),
    ("check", "Check again", "refresh"),
    ("send", "Review and send…", "send"),
    ("retry", "Retry failed rows…", ""),
    ("rest", "Send rows that were not sent…", ""),
    ("report", "Save report…", ""),
    ("back", "Back to the list of bulk events", "back"),
)
PROBLEMS = (
    ("next", "Next problem", "warning"),
    ("previous", "Previous problem", ""),
    ("fix", "Fix all of the chosen problem…", ""),
    ("out", "Leave out all of the chosen problem", ""),
)
SENDING = (
    ("pause", "Pause sending", "pause"),
    ("stop", "Stop after this call", ""),
    ("go_on", "Send the rest", "send"),
    ("sign_in", "Sign in to go on sending", "key"),
    ("culprit", "Find the culprit…", ""),
    ("release", "Allow sending again…", ""),
    ("look_up", "Look unknown rows up", "question"),
    ("arrived", "Unknown rows arrived…", ""),
    ("again", "Unknown rows did not arrive: send again…", ""),
    ("rows", "Decide unknown rows one by one…", ""),
)
SHOW = (
    ("show.all", "All rows", ""),
    ("show.queued", "Rows that wait to be sent", ""),
    ("show.sent", "Rows that were sent", ""),
    ("show.accepted", "Rows that were accepted", ""),
    ("show.failed", "Rows that failed", ""),
    ("show.unknown", "Rows whose outcome is unknown", ""),
    ("show.not_sent", "Rows that were not sent", ""),
    ("show.left_out", "Rows that are left out", ""),
)
GRID = (
    ("undo", "Undo in the grid", "undo"),
    ("redo", "Redo in the grid", ""),
    ("cut", "Cut cells", ""),
    ("copy", "Copy cells", "copy"),
    ("put", "Paste cells", ""),
    ("clear", "Empty cells", ""),
    ("fill_down", "Fill down", ""),
    ("insert", "Insert a row above", ""),
    ("remove", "Remove rows", ""),
    ("leave_out", "Leave rows out", ""),
    ("take_in", "Take rows in again", ""),
    ("answers", "What was answered…", "clock"),
)
WIDGETS = (  # answered by the grid alone
    ("down", "Next row, or a new one", ("Return",)),
    ("up", "Previous row", ("Shift+Return",)),
    ("edit", "Edit the cell", ("F2",)),
    ("first", "First cell of the row, of all", ("Home", "Ctrl+Home")),
    ("last", "Last cell of the row, of all", ("End", "Ctrl+End")),
    ("jump", "To the end of what is filled", ("Ctrl+Up", "Ctrl+Down", "Ctrl+Left", "Ctrl+Right")),
)
LIST = (  # of the chosen line of the list, as of RunsPage.did
    ("open", "Open bulk events", ("Return",)),
    ("copy", "New from this one", ()),
    ("failed", "New from failures", ()),
    ("keep", "Keep as a template", ()),
    ("report", "Save report of this one…", ()),
    ("delete", "Delete this one…", ("Del",)),
    ("show.all", "All bulk events", ()),
    ("show.drafts", "Drafts of bulk events", ()),
    ("show.sending", "Bulk events being sent", ()),
    ("show.ended", "Bulk events that ended", ()),
    ("show.templates", "Templates of bulk events", ()),
)


def commands(window: MainWindow) -> list[Command]:
    return [*_page(window), *_grid(window), *_open(window)]


def _page(window: MainWindow) -> list[Command]:
    why, lists = partial(_why_no_page, window), partial(_why_no_list, window)
    made = [
        Command(
            "events.new", tr("New bulk events…"), partial(_new, window), ("Ctrl+N",), "runs", why, MENU, "plus",
            answered=True, words="achievements purchases referrals import compose",
        ),
        Command(
            "events.ledger", tr("Everything that was sent…"), partial(_ledger, window), (), "anywhere", why, MENU,
            "clock", words="ledger search event number",
        ),
    ]  # fmt: skip
    for verb, text, keys in LIST:
        made.append(
            Command(
                f"events.{verb}", tr(text), partial(_do_listed, window, verb), keys, "runs", partial(lists, verb),
                f"{MENU}/List",
                answered=True,
            )
        )  # fmt: skip
    return made


def _open(window: MainWindow) -> list[Command]:
    parts = ((OPEN, MENU), (PROBLEMS, f"{MENU}/Problems"), (SENDING, f"{MENU}/Sending"), (SHOW, f"{MENU}/Show"))
    return [
        Command(
            f"composer.{verb}", tr(text), partial(_do, window, verb), COMPOSER_KEYS.get(verb, ()), "composer",
            partial(_why_not, window, verb), menu, icon, answered=True,
        )
        for entries, menu in parts
        for verb, text, icon in entries
    ]  # fmt: skip


def _grid(window: MainWindow) -> list[Command]:
    made = [
        Command(
            f"grid.{verb}", tr(text), partial(_do, window, verb), GRID_KEYS.get(verb, ()), "grid",
            partial(_why_not, window, verb), f"{MENU}/Rows", icon, answered=True,
        )
        for verb, text, icon in GRID
    ]  # fmt: skip
    for verb, text, keys in WIDGETS:
        made.append(Command(f"grid.{verb}", tr(text), lambda: None, keys, "grid", listed_only=True))
    return made


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _why_no_page(window: MainWindow) -> str | None:
    return None if window.outgoing is not None else tr("Contacts are still being opened.")


def _shown(window: MainWindow) -> EventsPage | None:
    return window.pages.built_events() if window.pages.shows("events") else None


def _new(window: MainWindow) -> None:
    _at_list(window).new()


def _ledger(window: MainWindow) -> None:
    _at_list(window).show_ledger()


def _at_list(window: MainWindow) -> EventsPage:
    if not window.pages.shows("events"):
        window.go(EVENTS)
    return window.pages.events()


def of_contacts(window: MainWindow) -> None:
    """Rows of a new submission are made from what is selected in the list."""
    ids = [int(contact_id) for contact_id in window.contacts.table.selected_ids()]
    if not ids or not window.pages.shows_contacts():
        window.feedback.notice(tr("Select contacts in the list first."))
        return
    window.go(EVENTS)
    window.pages.events().new(ids)


def _why_no_list(window: MainWindow, verb: str) -> str | None:
    page = _shown(window)
    if page is None or page.composer is not None:
        return tr("Only in the list of bulk events.")
    return page.runs.why_not(verb)


def _do_listed(window: MainWindow, verb: str) -> None:
    if (page := _shown(window)) is not None:
        page.runs.act(verb)


def go_to(window: MainWindow, place: Place) -> None:
    """From sidebar or key. Where bulk events are open already, their list is meant: what was typed is saved."""
    page = _shown(window) if place == EVENTS else None
    if page is not None and page.composer is not None:
        page.back()
    else:
        window.go(place)


# ── what is open ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _composer(window: MainWindow) -> Composer | None:
    page = _shown(window)
    return page.composer if page is not None else None


def _why_not(window: MainWindow, verb: str) -> str | None:
    composer = _composer(window)
    return composer.acts.why_not(verb) if composer is not None else tr("Open bulk events first.")


def _do(window: MainWindow, verb: str) -> None:
    if (composer := _composer(window)) is not None:
        composer.acts.do(verb)
