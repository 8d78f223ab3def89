"""Back and forward through the places of the window; each place keeps its own trail of opened contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crmdesk.ui.places import Place

MOST = 100


@dataclass
class Stop:
    """A place, and the trail of contacts opened there (opaque, from the contacts page)."""

    place: Place
    trail: Any = None


class Visits:
    """The stop we are at and what lies on both sides of it."""

    def __init__(self) -> None:
        self._back: list[Stop] = []
        self._forward: list[Stop] = []
        self.current: Stop | None = None

    def visit(self, place: Place, trail: Any) -> bool:
        """A new place; what lay ahead is forgotten. `trail` is the left place's. False where we were there already."""
        if self.current is None or self.current.place == place:
            self.current = self.current or Stop(place)
            return False
        self.current.trail = trail
        self._back = [*self._back, self.current][-MOST:]
        self._forward = []
        self.current = Stop(place)
        return True

    def step(self, by: int, trail: Any) -> Stop | None:
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
