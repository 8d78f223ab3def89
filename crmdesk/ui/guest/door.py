"""The verbs of the signed-in guests for one contact. Whoever goes through it works with the card: its idle time starts
anew, whatever comes of the call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from crmdesk.core.seams import Clock
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.core.guest import Guest
    from crmdesk.sync.guests import Guests


class Door:
    """`guests` is services.guests. `vendor` is the vendor's title, for sentences."""

    def __init__(self, guests: Guests, contact_id: int, clock: Clock, vendor: str) -> None:
        self.guests, self.contact_id, self.clock, self.vendor = guests, contact_id, clock, vendor
        self.viewed_after: Callable[[], int] = _never  # s in view until a message counts as viewed; 0: never
        self.arrived: Callable[[int], object] = _nobody  # told of so many requests that wait for an answer

    @property
    def signed_in(self) -> Any:
        """sync.guests.SignedIn, None where this guest is not signed in (any more)."""
        return self.guests.signed_in(self.contact_id)

    @property
    def guest(self) -> Guest | None:
        found = self.signed_in
        return found.guest if found is not None else None

    def lacks(self, verb: str) -> str:
        """Why this version of the API cannot do it, '' where it can."""
        found = self.signed_in
        return tr(found.lacks.get(verb, "")) if found is not None else ""

    def touch(self) -> None:
        """Somebody works with this card."""
        if self.signed_in is not None:
            self.guests.touch(self.contact_id)

    async def ask(self, verb: str, *arguments: Any, **named: Any) -> Any:
        """`await guests.verb(contact_id, …)`. KnownError."""
        self.touch()
        return await getattr(self.guests, verb)(self.contact_id, *arguments, **named)

    async def ask_quietly(self, verb: str, *arguments: Any, **named: Any) -> Any:
        """The same where nobody sits there: an answer that waited for the line keeps no session alive."""
        return await getattr(self.guests, verb)(self.contact_id, *arguments, **named)


def _never() -> int:
    return 0


def _nobody(_count: int) -> None:
    """Nobody is to be told."""
