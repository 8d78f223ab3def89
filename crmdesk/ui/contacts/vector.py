"""Small questions about an id vector: a numpy array from the search, or any sequence before that.

numpy is imported only once an array is here, so the first paint does without it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# numpy uint32 array, a result of the search that is not ordered to its end yet (`store.in_order.InOrder`), or a list or
# range of numbers: indexable, with a length
Ids = Any
Run = tuple[int, int]  # first and last row, both included
_BLOCK = 1 << 16  # ids that are looked through together: a million at once need memory that costs more than the look


def whole(ids: Ids) -> Ids:
    """The same as one array, list or range."""
    return ids.whole() if hasattr(ids, "whole") else ids


def position(ids: Ids, contact_id: int) -> int:
    """Row of `contact_id`, -1 if it is not there."""
    if hasattr(ids, "position"):
        return int(ids.position(contact_id))
    if hasattr(ids, "nonzero"):
        for start in range(0, len(ids), _BLOCK):
            found = (ids[start : start + _BLOCK] == contact_id).nonzero()[0]
            if len(found):
                return start + int(found[0])
        return -1
    return ids.index(contact_id) if contact_id in ids else -1


def piece(ids: Ids, start: int, end: int) -> list[int]:
    """Ids of the rows from `start` up to before `end`, as plain numbers."""
    return [int(item) for item in ids[start:end]]


def take(ids: Ids, runs: Sequence[Run]) -> Ids:
    """Ids of all rows of `runs`; stays an array where `ids` is one, so that a million of them cost little."""
    parts = [ids[first : last + 1] for first, last in runs]
    if len(parts) == 1:
        return parts[0]
    if hasattr(ids, "nonzero") and parts:
        import numpy as np

        return np.concatenate(parts)
    return [item for part in parts for item in part]


def runs_of(ids: Ids, wanted: Ids) -> list[Run]:
    """Where the `wanted` ids stand in `ids` now, as runs of rows; ids that are gone are left out."""
    if len(wanted) <= 8 or not hasattr(ids, "nonzero"):
        return _joined(sorted(row for item in wanted if (row := position(ids, int(item))) >= 0))
    import numpy as np

    rows = np.isin(ids, wanted, kind="table").nonzero()[0]
    cuts = np.flatnonzero(np.diff(rows) != 1)
    firsts = rows[np.concatenate(([0], cuts + 1))] if len(rows) else rows
    lasts = rows[np.concatenate((cuts, [len(rows) - 1]))] if len(rows) else rows
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def _joined(rows: Sequence[int]) -> list[Run]:
    runs: list[Run] = []
    for row in rows:
        if runs and row == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return runs
