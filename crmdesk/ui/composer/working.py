"""What changes the rows of a document, one step after the other: little at once, much in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from crmdesk.core.tasks import TaskScope
from crmdesk.ui.composer.rows import GridRow

MANY = 2000  # cells that are worked out at once
T = TypeVar("T")


class Working:
    """`rows` gives those of now. While something is worked out, later steps wait for it: what was typed last holds."""

    def __init__(self, scope: TaskScope, rows: Callable[[], list[GridRow]]) -> None:
        self._scope, self._rows = scope, rows
        self._last: asyncio.Task[Any] | None = None

    @property
    def busy(self) -> bool:
        """Something is still worked out, or waits for its turn."""
        return self._last is not None and not self._last.done()

    async def over(self) -> None:
        """Until nothing is worked out any more."""
        while self._last is not None and not self._last.done():
            await asyncio.wait([self._last])

    def do(self, make: Callable[[list[GridRow]], T], cells: int, words: str, take: Callable[[T], None]) -> None:
        """`make` of the rows, to `take`; in a thread, on the rows as they are then, where it is of many cells."""
        if cells <= MANY:
            self.in_turn(lambda: take(make(self._rows())), words)
            return

        async def there() -> None:
            while True:
                before = self._rows()
                made = await asyncio.to_thread(make, before)
                if self._rows() is before:
                    take(made)
                    return

        self._start(there(), words)

    def in_turn(self, run: Callable[[], None], words: str) -> None:
        """At once where nothing is worked out, else after it."""
        if not self.busy:
            run()
            return

        async def then() -> None:
            run()

        self._start(then(), words)

    def _start(self, work: Any, words: str) -> None:
        self._last = self._scope.start(work, what=words, key=("composer.work", id(self)), if_busy="queue")


class Spots:
    """Places of rows, wherever these rows are by then: others may have come or gone before them. A place behind the
    last row means a new one."""

    def __init__(self, rows: list[GridRow], places: Sequence[int]) -> None:
        self._of, self._places = rows, places

    def among(self, rows: list[GridRow]) -> Sequence[int | None]:
        """One for each place that was given; None for a row that is gone."""
        if rows is self._of:
            return self._places
        now = {row.key: place for place, row in enumerate(rows)}
        last, more = len(self._of), len(rows) - len(self._of)
        return [now.get(self._of[place].key) if place < last else place + more for place in self._places]
