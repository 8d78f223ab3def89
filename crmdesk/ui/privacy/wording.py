"""What is asked before a guest is erased, and what is left to do afterwards, in words."""

from __future__ import annotations

from collections.abc import Sequence

from crmdesk.core.privacy import Held
from crmdesk.core.text import one_line
from crmdesk.sync.privacy import Todo
from crmdesk.ui.words import isolated, plural, tr


def name_of(todo: Sequence[Todo]) -> str:
    """The guest's name as the first record has it."""
    return isolated(one_line(next((one.name for one in todo if one.name), ""), 80)) or tr("this guest")


def goes(held: Held) -> list[str]:
    """What goes, one sentence each."""
    told = [tr("The contact with all its values, its history here, and its words in the search.")]
    if held.waiting:
        told.append(
            plural(held.waiting, "1 edit that waits. It is not sent.", "{n} edits that wait. They are not sent.")
        )
    if held.sending:
        told.append(tr("One edit is being sent at this moment: it may still reach the vendor."))
    if held.drafts:
        told.append(tr("What was typed and not saved."))
    if held.trashed:
        told.append(tr("The copy in the trash. It cannot be restored any more."))
    if held.rows:
        told.append(
            plural(
                held.rows,
                "The guest in 1 row of bulk events. Its outcome, number and time stay, with a token for the guest.",
                "The guest in {n} rows of bulk events. Outcome, number and time stay, with a token for the guest.",
            )
        )
    if held.searches:
        told.append(
            plural(
                held.searches, "1 recent search with the guest’s name.", "{n} recent searches with the guest’s name."
            )
        )
    return told


def stays(held: Held) -> list[str]:
    """What somebody has to look at themselves."""
    told = []
    if held.shared:
        told.append(
            plural(
                held.shared,
                "1 row of a file has an address or number that another contact has too. It stays: look at it.",
                "{n} rows of files have an address or number that other contacts have too. They stay: look at them.",
            )
        )
    for title in held.views:
        words = tr("The saved view “{view}” names the guest. Rename or delete it.")
        told.append(words.replace("{view}", isolated(one_line(title, 60))))
    told.append(tr("Backups and files that were made earlier still hold the guest. Delete them when you can."))
    return told


def before(one: Todo) -> str:
    """What can be done about a record while it is still here."""
    if one.deleting:
        return _of(
            one, tr("{where}, contact {id}: its deletion was not sent yet. Cancel, and erase it once it was sent.")
        )
    if not one.deleted and not one.unsent and not one.why_not:
        return _of(
            one,
            tr(
                "{where}, contact {id}: crmdesk can delete it there. For that, cancel, use Delete contact, and "
                "erase it in the Trash afterwards."
            ),
        )
    return after(one)


def after(one: Todo) -> str:
    """What is left to do about a record at its vendor."""
    if one.deleted:
        return _of(one, tr("{where}, contact {id}: it was deleted there. Nothing is left to do."))
    if one.unsent:
        return _of(one, tr("{where}: the contact was never sent there. Nothing is left to do."))
    if one.why_not:
        words = tr(
            "{where}, contact {id}: crmdesk cannot erase it there. Do it at the vendor, or ask the vendor. {why}"
        )
        return _of(one, words)
    return _of(one, tr("{where}, contact {id}: delete it there."))


def _of(one: Todo, words: str) -> str:
    where = " · ".join(dict.fromkeys(text for text in (one.vendor, one.account) if text)) or tr("A removed account")
    parts = (("{why}", tr(one.why_not)), ("{id}", isolated(one_line(one.remote_id, 60))), ("{where}", isolated(where)))
    for name, part in parts:
        words = words.replace(name, part)
    return words.strip()
