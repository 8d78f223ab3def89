"""Commands of guest cards: for what is selected in the list, open in the detail pane, or current in Duplicates."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from crmdesk.core.types import Flag
from crmdesk.ui.commands import Command
from crmdesk.ui.places import DUPLICATES, Place
from crmdesk.ui.words import number, tr

if TYPE_CHECKING:
    from crmdesk.ui.cards.desk import CardDesk
    from crmdesk.ui.main_window import MainWindow

DECISIONS = (
    ("different", "Different people"),
    ("later", "Not sure – later"),
    ("lift", "Decide again"),
)
MOST = 50  # as core.cards.MOST_MEMBERS, which is not imported with the window


def commands(window: MainWindow) -> list[Command]:
    """Ctrl+Shift+L is the lock's: unlinking has a key of its own."""
    ready = partial(_opening, window)
    words = "duplicate same person card merge join"
    return [
        Command(
            "go.duplicates", tr("Duplicates"), lambda: window.go(DUPLICATES), ("Ctrl+6",), "anywhere", ready, "View",
            "pair", words="same person twice pairs",
        ),
        Command(
            "contact.link", tr("Link as the same person"), partial(_link, window), ("Ctrl+L",), "anywhere",
            partial(why_no_link, window), "Contacts/Duplicates", "link", words=words,
        ),
        Command(
            "contact.unlink", tr("Unlink from its guest card"), partial(_unlink, window), ("Ctrl+Shift+K",),
            "anywhere", partial(why_no_unlink, window), "Contacts/Duplicates", "unlink",
            words="split other person card",
        ),
        Command(
            "contact.duplicates", tr("Possible duplicates of this contact"), partial(_of_contact, window), (),
            "anywhere", partial(why_no_pairs, window), "Contacts/Duplicates", "pair", words=words,
        ),
        Command(
            "contact.merge", tr("Merge two contacts of one account…"), partial(_merge, window), (), "anywhere",
            partial(why_no_merge, window), "Contacts/Duplicates", "pair", words=words,
        ),
        *(_decision(window, key, text) for key, text in DECISIONS),
        Command(
            "duplicates.scan", tr("Look for duplicates now"), partial(_scan, window), (), "anywhere",
            partial(_why_no_scan, window), "Contacts/Duplicates", "search", words="scan same person",
        ),
    ]  # fmt: skip


def _decision(window: MainWindow, key: str, text: str) -> Command:
    """A button of the panel, for the palette too."""

    def why_not() -> str | None:
        if (reason := _opening(window)) is not None:
            return reason
        there = window.pages.shows("duplicates") and window.pages.duplicates().offers(key)
        return None if there else tr("Choose a pair in Duplicates first.")

    def run() -> None:
        window.pages.duplicates().do(key)

    return Command(f"duplicates.{key}", tr(text), run, (), "anywhere", why_not, words="duplicate same person")


def _opening(window: MainWindow) -> str | None:
    return None if window.outgoing is not None else tr("Contacts are still being opened.")


def _desk(window: MainWindow) -> CardDesk:
    assert window.outgoing is not None  # asked before
    return window.outgoing.cards


def _chosen(window: MainWindow) -> list[int]:
    """Contacts that a command is about: of the current pair, the selected ones, or the open one."""
    if window.pages.shows("duplicates"):
        return window.pages.duplicates().current_ids()
    if not window.pages.shows_contacts():
        return []
    table = window.contacts.table
    if table.selected_count() > MOST:
        return []
    if table.selected_count() > 1:
        return [int(contact_id) for contact_id in table.selected_ids()]
    current = window.contacts.detail.contact_id or table.current_id()
    return [current] if current else []


def why_no_link(window: MainWindow) -> str | None:
    if (reason := _opening(window)) is not None:
        return reason
    if window.pages.shows_contacts() and window.contacts.table.selected_count() > MOST:
        words = tr("At most {most} records can be on one guest card; {n} are selected.")
        selected = number(window.contacts.table.selected_count())
        return words.replace("{most}", number(MOST)).replace("{n}", selected)
    if len(_chosen(window)) < 2:
        return tr("Select two or more contacts first.")
    return None


def why_no_unlink(window: MainWindow) -> str | None:
    if (reason := _opening(window)) is not None:
        return reason
    if not window.pages.shows_contacts() or not (chosen := _chosen(window)):
        return tr("Select a contact first.")
    if not any(_flags(window, contact_id) & Flag.LINKED for contact_id in chosen):
        return tr("This contact is not linked.") if len(chosen) == 1 else tr("None of these contacts is linked.")
    return None


def why_no_pairs(window: MainWindow) -> str | None:
    """Also where there is none to decide: those that were said to be different people can be looked at again."""
    if (reason := _opening(window)) is not None:
        return reason
    contact_id = window.contacts.detail.contact_id if window.pages.shows_contacts() else 0
    return None if contact_id else tr("Select a contact first.")


def why_no_merge(window: MainWindow) -> str | None:
    if (reason := _opening(window)) is not None:
        return reason
    if len(chosen := _chosen(window)) != 2:
        return tr("Select two contacts first.")
    accounts = {_account(window, contact_id) for contact_id in chosen}
    return None if len(accounts) == 1 else tr("Only two contacts of one account can become one. Link them instead.")


def _why_no_scan(window: MainWindow) -> str | None:
    return _opening(window) or _desk(window).scanning.why_not()


def _flags(window: MainWindow, contact_id: int) -> int:
    """Of a contact in the list or open beside it; 0 where it is not read yet."""
    contacts = window.contacts
    shown = contacts.detail.detail
    if shown is not None and shown.row.id == contact_id:
        return int(shown.row.flags)
    row = contacts.model.row_at(contacts.model.position(contact_id))
    return int(row.flags) if row is not None else 0


def _account(window: MainWindow, contact_id: int) -> int:
    """0 where it is not read yet."""
    if window.pages.shows("duplicates"):
        return window.pages.duplicates().account_of(contact_id)
    row = window.contacts.model.row_at(window.contacts.model.position(contact_id))
    return int(row.account_id) if row is not None else 0


def _merge(window: MainWindow) -> None:
    one, other = _chosen(window)
    _desk(window).merge(one, other)


def _link(window: MainWindow) -> None:
    _desk(window).link(_chosen(window))


def _unlink(window: MainWindow) -> None:
    _desk(window).unlink(_chosen(window))


def _of_contact(window: MainWindow) -> None:
    window.go(Place("duplicates", window.contacts.detail.contact_id))


def _scan(window: MainWindow) -> None:
    """Where it can be watched."""
    window.go(DUPLICATES)
    _desk(window).scanning.start()
