"""Guest cards: records of one person, whatever vendors they are of, linked here and nowhere else; and pairs of records
that may be one person, until somebody has decided. Pure values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from crmdesk.core.match import Trait
from crmdesk.core.types import ContactRow

Groups: TypeAlias = tuple[tuple[int, ...], ...]
"""Contacts by the card they are on, each group in the order of ids, the groups too; who is on none is a group alone."""

MOST_MEMBERS = 50  # records of one card


class Verdict(Enum):
    """What a person has said of a pair. Linking is no verdict: a linked pair is simply no question any more."""

    OPEN = "open"
    LATER = "later"  # not sure
    DIFFERENT = "different"  # kept over searches until it is lifted


UNDECIDED = (Verdict.OPEN, Verdict.LATER)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that may be one person; the ids `a` < `b`. `one` and `other` are their rows."""

    a: int
    b: int
    score: int
    matched: tuple[Trait, ...]
    contradicting: tuple[Trait, ...]
    verdict: Verdict
    one: ContactRow
    other: ContactRow
    decided_at: str = ""  # UTC ISO text or ''
    operator: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """One record of a guest card. `vendor` is its key, `account` its account's title, `title` the record's name."""

    id: int
    account_id: int
    vendor: str
    account: str
    title: str
    remote_id: str
    flags: int


@dataclass(frozen=True, slots=True)
class Linked:
    """What a verb did, and the ticket that takes it back: the groups before and after of all contacts concerned, or a
    pair with its verdict before and after. `did`: link, unlink or decide; `title`: the first record's name."""

    did: str
    title: str = ""
    before: Groups = ()
    after: Groups = ()
    pair: tuple[int, int] = (0, 0)
    verdicts: tuple[Verdict, Verdict] = (Verdict.OPEN, Verdict.OPEN)

    def __bool__(self) -> bool:
        """False: nothing was changed."""
        return self.before != self.after or self.verdicts[0] is not self.verdicts[1]

    @property
    def contact_ids(self) -> tuple[int, ...]:
        return tuple(number for group in self.before for number in group) or self.pair


def groups_of(groups: Iterable[Iterable[int]]) -> Groups:
    """In their one order; without empty ones."""
    return tuple(sorted(tuple(sorted(set(group))) for group in groups if group))


@dataclass(frozen=True, slots=True)
class ScanProgress:
    """How far a search is: first all records are read ("reading", in records), then those that share something are
    held against each other ("comparing", in candidates)."""

    step: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Crowd:
    """Records that have so much in common, and are so many, that they were not compared with each other for that:
    a thousand bookings with the agency's name and phone number. `shared`: what the first two of them have in common."""

    records: int
    shared: tuple[Trait, ...] = ()


@dataclass(frozen=True, slots=True)
class Scanned:
    """How a search for pairs ended. `pairs`: how many there are to decide now, `strong`: of these very likely ones.
    `crowds`: the greatest first. `stopped`: by a person; what was found until then is kept. `full`: there are more
    pairs than are kept."""

    records: int = 0
    pairs: int = 0
    strong: int = 0
    crowds: tuple[Crowd, ...] = field(default=())
    stopped: bool = False
    full: bool = False
    at: str = ""  # UTC ISO text
