"""Where one can go in the window, and the views that are always there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from crmdesk.core.types import SavedView, Sort

PlaceKind = Literal["view", "account", "accounts", "settings", "outbox", "conflicts", "trash", "events", "duplicates"]
KINDS: tuple[PlaceKind, ...] = get_args(PlaceKind)


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation: a view over all contacts, one account's contacts, or another page."""

    kind: PlaceKind
    number: int = 0  # id of the view or account; of a conflict's edit; of a contact with possible duplicates

    @property
    def key(self) -> str:
        """Opaque text for the settings file."""
        return f"{self.kind}:{self.number}"


ALL_CONTACTS = SavedView(-1, "All contacts", "")
BUILT_IN = (
    ALL_CONTACTS,
    SavedView(-2, "Changed today", "updated:today", (Sort("updated", True),)),
    SavedView(-3, "Not checked for a day", "stale:>1d", (Sort("as_of"),)),
    SavedView(-4, "Restricted", "is:restricted"),
    SavedView(-5, "Without e-mail or phone", "no:email no:phone"),
)
# Reached from the palette; the navigation has Outbox, Conflicts and Duplicates with their counts instead of more lines,
# and not everybody has PrioTicket
WORK_VIEWS = (
    SavedView(-6, "Needs you", "is:needsyou"),
    SavedView(-7, "Waiting to be sent", "is:waiting"),
    SavedView(-8, "With a conflict", "is:conflict"),
    SavedView(-9, "Possible duplicates", "is:duplicate"),
    SavedView(-10, "Linked with other records", "is:linked"),
    SavedView(-11, "Returning guests (PrioTicket)", "vendor:prioticket type:returning"),
)
VIEW_ICONS = {-1: "people", -2: "pencil", -3: "clock", -4: "lock", -5: "mail"}
HOME = Place("view", ALL_CONTACTS.id)
ACCOUNTS = Place("accounts")
SETTINGS = Place("settings")
OUTBOX = Place("outbox")
CONFLICTS = Place("conflicts")
TRASH = Place("trash")
EVENTS = Place("events")
DUPLICATES = Place("duplicates")
WORK = frozenset({"outbox", "conflicts", "trash", "events", "duplicates"})  # pages that need an account
PASSING = frozenset({"accounts", "conflicts", "duplicates"})  # their number is no place to come back to


def place_of(key: str) -> Place:
    """The place a key names; the first view for anything else."""
    kind, _, number = key.partition(":")
    if kind in KINDS and number.lstrip("-").isdecimal():
        return Place(kind, int(number))
    return HOME
