"""Back and forward through opened contacts, like pages of a browser."""

from __future__ import annotations

LONGEST = 100


class Trail:
    """Ids in the order they were opened; going on from the middle drops what lay ahead."""

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._at = -1

    def visit(self, contact_id: int) -> None:
        if self._at >= 0 and self._ids[self._at] == contact_id:
            return
        self._ids = [*self._ids[: self._at + 1], contact_id][-LONGEST:]
        self._at = len(self._ids) - 1

    def step(self, by: int) -> int:
        """Id one step back (-1) or forward (1); 0 at the end."""
        if not 0 <= self._at + by < len(self._ids):
            return 0
        self._at += by
        return self._ids[self._at]

    def can(self, by: int) -> bool:
        return 0 <= self._at + by < len(self._ids)
