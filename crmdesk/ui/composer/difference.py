"""What an edit altered, found in one walk through the rows: beside the window where they are many. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crmdesk.core.submission import Row
from crmdesk.ui.composer.rows import GridRow, merged, parts_of


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows that are in the list no more, and those that are in it now; an edited row is in both. Of the latter: `used`
    grid paths in which something stands, whether the vendor or a person `told` something of one, and the places of the
    `first` and the `last` one (where there is none, the last lies before the first)."""

    gone: Sequence[GridRow]
    come: Sequence[GridRow]
    used: frozenset[str]
    told: bool
    first: int
    last: int

    @property
    def touched(self) -> int:
        """Rows that are others."""
        return max(len(self.gone), len(self.come))


def difference(before: Sequence[GridRow], now: Sequence[GridRow], records: Sequence[str]) -> Difference:
    """`records`: paths of the kind's RECORDS fields, of which the parts are the grid's."""
    gone, come, first, last = _apart(before, now)
    used = set[str]().union(*(row.values for row in come))
    for path in used.intersection(records):
        used.discard(path)
        for row in come:
            used.update(parts_of(path, row.values.get(path)))
    told = any(row.text or row.code or row.note for row in come)
    return Difference(gone, come, frozenset(used), told, first, last)


def brought_up(
    rows: list[GridRow], saved: list[GridRow], stored: Sequence[Row], records: Sequence[str]
) -> tuple[list[GridRow], list[GridRow], Difference]:
    """Rows and saved rows with what is stored by now, and how the rows differ from before; for a thread."""
    now, kept = merged(rows, saved, stored)
    return now, kept, difference(rows, now, records)


def _apart(before: Sequence[GridRow], now: Sequence[GridRow]) -> tuple[Sequence[GridRow], Sequence[GridRow], int, int]:
    """Rows that are the same object count in neither; where some came or went, what lies before and behind them. Then
    the places of the first and the last one that is in `now`."""
    if len(before) == len(now):
        places = [place for place, (one, other) in enumerate(zip(before, now, strict=True)) if one is not other]
        first, last = (places[0], places[-1]) if places else (0, -1)
        return [before[place] for place in places], [now[place] for place in places], first, last
    short = min(len(before), len(now))
    start = next((place for place in range(short) if before[place] is not now[place]), short)
    rest = short - start
    end = next((place for place in range(rest) if before[-1 - place] is not now[-1 - place]), rest)
    return before[start : len(before) - end], now[start : len(now) - end], start, len(now) - end - 1
