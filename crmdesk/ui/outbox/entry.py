"""The commands of Outbox, Conflicts and Trash, and why they cannot be used now. Light: it comes with the window."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from crmdesk.ui.commands import Command
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.ui.conflicts.page import ConflictPage
    from crmdesk.ui.main_window import MainWindow
    from crmdesk.ui.outbox.page import OutboxPage
    from crmdesk.ui.trash.page import TrashPage

MENU = "Outbox"
# (verb, words, icon, keys): verbs of an edit as of outbox.offers, of typing that was not saved the last two
VERBS = (
    ("try", "Try this edit now", "refresh", ()),
    ("hold", "Hold", "pause", ()),
    ("release", "Release", "", ()),
    ("edit", "Edit it again…", "pencil", ()),
    ("contact", "Open its contact", "person", ()),
    ("resolve", "Resolve its conflict…", "arrows", ()),
    ("sign_in", "Sign its guest in…", "key", ()),
    ("look", "Check whether the vendor has it", "question", ()),
    ("sent", "Mark sent", "", ()),
    ("again", "Send again what did not arrive", "", ()),
    ("create", "Create again what is gone", "", ()),
    ("draft", "Keep what is gone as a draft", "", ()),
    ("drop", "Drop the change of what is gone", "", ()),
    ("request", "Show or hide the exact request", "eye", ()),
    ("continue", "Go on with unsaved typing", "pencil", ()),
    ("discard", "Discard", "trash", ("Del",)),
)
SHOW = (
    ("all", "All edits"),
    ("needs_you", "Edits that need you"),
    ("waiting", "Edits that wait"),
    ("sent", "Edits that are done"),
    ("drafts", "Unsaved typing"),
)
DECIDE = (
    ("mine", "Keep all mine"),
    ("theirs", "Take all theirs"),
    ("save", "Save result"),
    ("create", "Create again"),
    ("draft", "Keep as local draft"),
    ("drop", "Drop my change"),
    ("keep", "Keep theirs"),
    ("delete", "Delete anyway"),
    ("contact", "Open its contact"),
    ("later", "Decide later"),
)


def commands(window: MainWindow) -> list[Command]:
    return [*_outbox(window), *_trash(window), *_conflicts(window)]


def _conflicts(window: MainWindow) -> list[Command]:
    return [
        Command(
            f"conflict.{verb}", tr(text), partial(_do_conflict, window, verb), (), "conflicts",
            partial(_why_no_conflict, window, verb), f"{MENU}/Conflict", words="conflict decide resolve both sides",
        )
        for verb, text in DECIDE
    ]  # fmt: skip


def _outbox(window: MainWindow) -> list[Command]:
    made = [
        Command(
            "outbox.try_all", tr("Try all now"), partial(_do, window, "try_all"), (), "outbox",
            partial(_why_not, window, "try_all"), MENU, "send", words="send outbox waiting",
        ),
        *(
            Command(
                f"outbox.{verb}", tr(text), partial(_do, window, verb), keys, "outbox", partial(_why_not, window, verb),
                MENU, icon, answered=True, words="outbox edit change",
            )
            for verb, text, icon, keys in VERBS
        ),
    ]  # fmt: skip
    for name, text in SHOW:
        verb = f"show.{name}"
        run, why = partial(_do, window, verb), partial(_why_not, window, verb)
        made.append(Command(f"outbox.{verb}", tr(text), run, (), "outbox", why, f"{MENU}/Show", words="outbox filter"))
    return [*made, Command("outbox.open", tr("To its buttons"), lambda: None, ("Return",), "outbox", listed_only=True)]


def _trash(window: MainWindow) -> list[Command]:
    return [
        Command(
            f"trash.{verb}", tr(text), partial(_do_trash, window, verb), (key,), "trash",
            partial(_why_no_trash, window, verb), MENU, icon, answered=True, words="trash deleted undelete bring back",
        )
        for verb, text, icon, key in (
            ("restore", "Restore deleted contacts", "undo", "Return"),
            ("copy", "Copy deleted contacts", "copy", "Ctrl+C"),
        )
    ]  # fmt: skip


def _shown(window: MainWindow) -> OutboxPage | None:
    return window.pages.built_outbox() if window.pages.shows("outbox") else None


def _why_not(window: MainWindow, verb: str) -> str | None:
    page = _shown(window)
    return page.why_not(verb) if page is not None else tr("Open the Outbox first.")


def _do(window: MainWindow, verb: str) -> None:
    if (page := _shown(window)) is not None:
        page.act(verb)


def _shown_conflicts(window: MainWindow) -> ConflictPage | None:
    return window.pages.built_conflicts() if window.pages.shows("conflicts") else None


def _why_no_conflict(window: MainWindow, verb: str) -> str | None:
    page = _shown_conflicts(window)
    return page.why_not(verb) if page is not None else tr("Open the page Conflicts first.")


def _do_conflict(window: MainWindow, verb: str) -> None:
    if (page := _shown_conflicts(window)) is not None:
        page.act(verb)


def _shown_trash(window: MainWindow) -> TrashPage | None:
    return window.pages.built_trash() if window.pages.shows("trash") else None


def _why_no_trash(window: MainWindow, verb: str) -> str | None:
    page = _shown_trash(window)
    return page.why_not(verb) if page is not None else tr("Open the Trash first.")


def _do_trash(window: MainWindow, verb: str) -> None:
    if (page := _shown_trash(window)) is not None:
        (page.restore if verb == "restore" else page.copy)()
