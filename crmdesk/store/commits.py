"""What a write altered: for the windows (`Changes`) and for the vectors the search keeps in memory."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field

from crmdesk.core.changes import Changes

_REMEMBERED = 20_000  # contact ids a reader may be behind before it starts afresh


@dataclass(slots=True)
class Touched:
    """Filled by the functions of one write."""

    contacts: set[int] = field(default_factory=set)  # new or changed
    gone: set[int] = field(default_factory=set)
    listing: bool = False
    accounts: bool = False
    views: bool = False
    outbox: bool = False  # ops, drafts, the trash
    cards: bool = False  # guest cards, pairs of records that may be one person
    submissions: set[int] = field(default_factory=set)  # documents, rows or calls of these; 0: some came or went
    forgotten: int = 0  # contacts erased at their guest's wish although something waited for them
    erased: bool = False  # personal data was deleted: its bytes must leave the file
    purged: bool = False  # they have left its tables

    def changes(self, origin: object = None) -> Changes:
        return Changes(
            contacts=frozenset(self.contacts | self.gone),
            listing=self.listing,
            accounts=self.accounts,
            views=self.views,
            outbox=self.outbox,
            cards=self.cards,
            submissions=frozenset(self.submissions),
            forgotten=self.forgotten,
            origin=origin,
        )


class CommitLog:
    """Ids touched by recent commits, for one reader that keeps derived data.

    Commits are numbered, and the number is written with the commit: a reader takes exactly what its own snapshot of
    the file holds, however threads interleave. Nothing is waited for."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._lock = threading.Lock()
        self._entries: deque[tuple[int, frozenset[int]]] = deque()
        self._kept = 0
        self._lost_to = 0  # entries up to this number were dropped

    def note(self, touched: Touched) -> int:
        """The number for this commit; called before it, so that no reader can see a commit not noted. One that fails
        later does no harm: readers look the ids up."""
        with self._lock:
            self.number += 1
            ids = frozenset(touched.contacts | touched.gone)
            if ids:
                self._entries.append((self.number, ids))
                self._kept += len(ids)
            while self._kept > _REMEMBERED:
                self._lost_to, dropped = self._entries.popleft()
                self._kept -= len(dropped)
            return self.number

    def take(self, known: int, upto: int) -> set[int] | None:
        """Ids touched by the commits known+1 … upto; None if that is not known (any more); `known` -1: nothing is."""
        with self._lock:
            if known < 0 or known < self._lost_to:
                return None
            found: set[int] = set()
            while self._entries and self._entries[0][0] <= upto:
                number, ids = self._entries.popleft()
                self._kept -= len(ids)
                if number > known:
                    found |= ids
            return found
