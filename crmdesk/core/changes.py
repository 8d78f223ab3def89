"""What a commit altered, and the one feed that says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from crmdesk.core.listeners import Listeners

PERSON: Final = "person"
"""`Changes.origin` of what somebody at this desk just did: they wait to see it."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Emitted once per commit that altered anything, after the commit."""

    contacts: frozenset[int] = frozenset()  # rows whose content changed
    listing: bool = False  # rows came, went or moved: run the query again
    accounts: bool = False
    views: bool = False
    outbox: bool = False  # ops, drafts or the trash
    cards: bool = False  # guest cards, pairs of records that may be one person
    submissions: frozenset[int] = frozenset()  # documents, rows or calls of these changed; 0: some came or went
    forgotten: int = 0  # contacts erased because their guest asked for it, although something was waiting for them
    origin: object | None = None  # who caused it; None for several together

    def __or__(self, other: Changes) -> Changes:
        return Changes(
            contacts=self.contacts | other.contacts,
            listing=self.listing or other.listing,
            accounts=self.accounts or other.accounts,
            views=self.views or other.views,
            outbox=self.outbox or other.outbox,
            cards=self.cards or other.cards,
            submissions=self.submissions | other.submissions,
            forgotten=self.forgotten + other.forgotten,
            origin=self.origin if self.origin is other.origin else None,
        )

    def __bool__(self) -> bool:
        marks = self.listing or self.accounts or self.views or self.outbox or self.cards
        return bool(self.contacts or marks or self.submissions or self.forgotten)


Listener = Callable[[Changes], None]


class ChangeFeed:
    """Hands each commit's changes to its listeners, on whatever thread `post` moves them to.

    `post` is e.g. the GUI loop's `call_soon_threadsafe`; the default calls at once, in the writer's thread."""

    def __init__(self, post: Callable[[Callable[[], None]], object] | None = None) -> None:
        self._post = post or (lambda deliver: deliver())
        self._listeners: Listeners[Listener] = Listeners()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Returns the function that ends the subscription (harmless when called twice)."""
        return self._listeners.add(listener)

    def emit(self, changes: Changes) -> None:
        if changes:
            self._post(lambda: self._deliver(changes))

    def _deliver(self, changes: Changes) -> None:
        for listener in self._listeners:
            listener(changes)
