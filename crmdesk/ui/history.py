"""Back and forward through places of the window, as in a browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crmdesk.ui.places import Place

MOST = 100


@dataclass
class Stop:
    """A place and how it looked when it was left (opaque, from the page)."""

    place: Place
    state: Any = None


class History:
    """The current stop and what lies on both sides of it."""

    def __init__(self) -> None:
        self._back: list[Stop] = []
        self._forward: list[Stop] = []
        self.current: Stop | None = None

    def visit(self, place: Place, left_state: Any) -> None:
        """Go to a new place; what lay ahead is forgotten."""
        if self.current is not None and self.current.place != place:
            self.current.state = left_state
            self._back = [*self._back, self.current][-MOST:]
            self._forward = []
        self.current = Stop(place)

    def back(self, left_state: Any) -> Stop | None:
        """The stop before; None at the beginning."""
        return self._move(self._back, self._forward, left_state)

    def forward(self, left_state: Any) -> Stop | None:
        return self._move(self._forward, self._back, left_state)

    def _move(self, source: list[Stop], target: list[Stop], left_state: Any) -> Stop | None:
        if not source or self.current is None:
            return None
        self.current.state = left_state
        target.append(self.current)
        self.current = source.pop()
        return self.current

    def can_go_back(self) -> bool:
        return bool(self._back)

    def can_go_forward(self) -> bool:
        return bool(self._forward)
