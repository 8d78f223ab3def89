"""Undo and redo of the grid. Rows are never altered, so that an earlier state is a list that shares them."""

from __future__ import annotations

from collections.abc import Mapping

from crmdesk.ui.composer.rows import GridRow

MOST = 60

Step = tuple[list[GridRow], str, Mapping[str, str]]  # rows before it, its words, what every row was filled with


class Steps:
    """What was done, newest last, and what of it was taken back."""

    def __init__(self) -> None:
        self._done: list[Step] = []
        self._undone: list[Step] = []

    def clear(self) -> None:
        self._done, self._undone = [], []

    def note(self, step: Step) -> None:
        """Something new was done: what was taken back before cannot be done again."""
        self._done = [*self._done[1 - MOST :], step]
        self._undone = []

    def words(self, *, back: bool) -> str:
        """Of the next step back or forward; '' where there is none."""
        steps = self._done if back else self._undone
        return steps[-1][1] if steps else ""

    def take(self, rows: list[GridRow], fills: Mapping[str, str], *, back: bool) -> Step | None:
        """One step back or forward from this state; None where there is none."""
        source, target = (self._done, self._undone) if back else (self._undone, self._done)
        if not source:
            return None
        step = source.pop()
        target.append((rows, step[1], fills))
        return step
