"""The commands about guests' rights, and why they cannot be used now. Light: it comes with the window."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from crmdesk.ui.commands import Command
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.ui.main_window import MainWindow


def commands(window: MainWindow) -> list[Command]:
    return [
        Command(
            "guest.extract", tr("Extract for this guest…"), partial(_extract, window), (), "anywhere",
            partial(_why_not, window, "extract"), "Contacts", "download",
            words="gdpr privacy access portability person file data article 15 20",
        ),
        Command(
            "guest.erase", tr("Erase this guest here…"), partial(_erase, window), (), "anywhere",
            partial(_why_not, window, "erase"), "Contacts", "trash",
            words="gdpr privacy forget erasure remove delete article 17",
        ),
        Command(
            "privacy.mode", tr("Mask guests on screen"), partial(_turn, window), ("Ctrl+Shift+H",), menu="View",
            icon="eye-off", checked=lambda: window.settings.masks,
            words="privacy mode hide mask counter",
        ),
        Command(
            "privacy.record", tr("Privacy record…"), partial(_record, window), (), "anywhere",
            partial(_why_no_record, window), "File", "lock",
            words="gdpr log audit who looked exported erased kept away",
        ),
    ]  # fmt: skip


def _why_no_record(window: MainWindow) -> str | None:
    return window.why_not_yet()


def _why_not(window: MainWindow, action: str) -> str | None:
    if window.scope.running(f"guest.{action}"):
        return tr("This is being done for another guest. Wait for its end.")
    return window.contacts.verbs.why_not("current", action) if window.attached else _why_no_record(window)


def _turn(window: MainWindow) -> None:
    window.pages.set_setting("privacy", "off" if window.settings.masks else "on")


def _current(window: MainWindow) -> int:
    from crmdesk.ui.contacts.offers import current_id

    return current_id(window.contacts)


def _extract(window: MainWindow) -> None:
    from crmdesk.ui.privacy.extract import extract

    window.scope.start(extract(window, _current(window)), what="Extract", key="guest.extract", if_busy="keep")


def _erase(window: MainWindow) -> None:
    start_erasing(window, [_current(window)])


def start_erasing(window: MainWindow, ids: list[int]) -> None:
    """Asks, and erases these records of one person."""
    from crmdesk.ui.privacy.erase import erase

    window.scope.start(erase(window, ids), what="Erase here", key="guest.erase", if_busy="keep")


def _record(window: MainWindow) -> None:
    from crmdesk.ui.privacy.record import show_record

    window.scope.start(show_record(window), what="Privacy record", key="privacy.record", if_busy="keep")
