"""Which contacts were written at their vendor lately."""

from __future__ import annotations


class Stamps:
    """Which contacts were written at their vendor lately. A page of a listing that was asked for before must not be
    stored over the answer. Used in the network thread."""

    def __init__(self, most: int = 5000) -> None:
        self._most = most
        self._number = 0
        self._written: dict[tuple[int, str], int] = {}

    @property
    def now(self) -> int:
        return self._number

    def note(self, account_id: int, remote_id: str) -> None:
        """The vendor has just answered a write of this contact."""
        self._number += 1
        self._written.pop((account_id, remote_id), None)
        self._written[(account_id, remote_id)] = self._number
        while len(self._written) > self._most:
            del self._written[next(iter(self._written))]

    def newer(self, account_id: int, remote_id: str, asked: int) -> bool:
        """True if it was written after `now` was `asked`."""
        return self._written.get((account_id, remote_id), 0) > asked
