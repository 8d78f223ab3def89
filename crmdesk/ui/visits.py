"""Back and forward through the places of the window; each place keeps its own trail of opened contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crmdesk.ui.places import Place
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.ui.contacts.trail import Trail
    from crmdesk.ui.main_window import MainWindow

MOST = 100


@dataclass
class Stop:
    """A place, and the trail of contacts opened there (opaque, from the contacts page)."""

    place: Place
    trail: Trail | None = None


class Visits:
    """The stop we are at and what lies on both sides of it."""

    def __init__(self) -> None:
        self._back: list[Stop] = []
        self._forward: list[Stop] = []
        self.current: Stop | None = None

    def visit(self, place: Place, trail: Trail) -> bool:
        """A new place; what lay ahead is forgotten. `trail` is the left place's. False where we were there already."""
        if self.current is None or self.current.place == place:
            self.current = self.current or Stop(place)
            return False
        self.current.trail = trail
        self._back = [*self._back, self.current][-MOST:]
        self._forward = []
        self.current = Stop(place)
        return True

    def step(self, by: int, trail: Trail) -> Stop | None:
        """One stop back (-1) or forward (1); None at the end."""
        source, target = (self._back, self._forward) if by < 0 else (self._forward, self._back)
        if not source or self.current is None:
            return None
        self.current.trail = trail
        target.append(self.current)
        self.current = source.pop()
        return self.current

    def can(self, by: int) -> bool:
        return bool(self._back if by < 0 else self._forward)


class Steps:
    """Alt+Left and Alt+Right: through the contacts opened here first, then through the places."""

    def __init__(self, window: MainWindow, visits: Visits) -> None:
        self._window, self._visits = window, visits

    def back(self) -> None:
        self._step(-1)

    def forward(self) -> None:
        self._step(1)

    def _here(self, by: int) -> bool:
        """Whether the contacts page itself has something to go to."""
        contacts = self._window.contacts
        return self._window.pages.shows_contacts() and (
            contacts.trail.can(by) or (by < 0 and contacts.in_narrow_detail())
        )

    def _step(self, by: int) -> None:
        contacts = self._window.contacts
        if self._here(by):
            (contacts.verbs.back if by < 0 else contacts.verbs.forward)()
        elif (stop := self._visits.step(by, contacts.trail)) is not None:
            self._window.show_place(stop.place)
            contacts.trail = stop.trail or type(contacts.trail)()

    def why_not(self, by: int) -> str | None:
        return None if self._here(by) or self._visits.can(by) else tr("There is nothing to go to.")
