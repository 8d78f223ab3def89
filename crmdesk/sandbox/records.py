"""Records of one emulated account: encoded once, kept in list order, with an index of changes and the ids of what is
gone.

Made for a million records: a page is a slice of ids and a join of bytes; "changed since" is a bisection in one sorted
array. Not safe for several threads; the emulator that owns it serves one request at a time.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence

_ID_BITS = 32  # an index entry is (seconds << 32 | id): sorted by time, 8 bytes each


class Records:
    """`id -> encoded JSON object`; times are whole UNIX seconds."""

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._json: dict[int, bytes] = {}
        self._changed_at: dict[int, int] = {}
        self._changes = array("q")
        self._sorted = True
        self._gone: dict[int, int] = {}
        self._found: tuple[int, Sequence[int]] | None = None

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, record_id: int) -> bool:
        return record_id in self._json

    @property
    def ids(self) -> Sequence[int]:
        """All ids in list order; read only."""
        return self._ids

    def load(self, rows: Iterable[tuple[int, bytes, int]]) -> None:
        """Many new records (id, JSON, changed at), appended without keeping the index sorted meanwhile."""
        for record_id, encoded, changed_at in rows:
            self._ids.append(record_id)
            self._json[record_id] = encoded
            self._changed_at[record_id] = changed_at
            self._changes.append(changed_at << _ID_BITS | record_id)
        self._sorted = False
        self._found = None

    def put(self, record_id: int, encoded: bytes, changed_at: int, position: int | None = None) -> None:
        """Store a record; a new one goes to `position` of the list (default: the end)."""
        if record_id not in self._json:
            self._ids.insert(len(self._ids) if position is None else position, record_id)
        self._json[record_id] = encoded
        self._changed_at[record_id] = changed_at
        insort(self._index(), changed_at << _ID_BITS | record_id)
        self._gone.pop(record_id, None)
        self._found = None

    def get(self, record_id: int) -> bytes | None:
        return self._json.get(record_id)

    def drop(self, record_id: int, gone_at: int) -> None:
        """Take a record out of all lists and remember when. KeyError if it isn't there."""
        del self._json[record_id]
        del self._changed_at[record_id]
        del self._ids[self._position(record_id)]
        self._gone[record_id] = gone_at
        self._found = None

    def to_end(self, record_id: int) -> None:
        """Move a record to the end of the list without changing it: no vendor promises an order."""
        del self._ids[self._position(record_id)]
        self._ids.append(record_id)

    def join(self, ids: Iterable[int]) -> bytes:
        """Their JSON, separated by commas."""
        return b",".join(map(self._json.__getitem__, ids))

    def changed_since(self, since: int) -> Sequence[int]:
        """Ids of records changed at `since` or later, by id. Kept until the next change: pages ask again and again."""
        if self._found is None or self._found[0] != since:
            index = self._index()
            start = bisect_left(index, since << _ID_BITS)
            self._found = (since, sorted({entry & 0xFFFFFFFF for entry in index[start:] if self._is_current(entry)}))
        return self._found[1]

    def gone_since(self, since: int) -> list[int]:
        """Ids of records that went at `since` or later, in order of id."""
        return sorted(record_id for record_id, gone_at in self._gone.items() if gone_at >= since)

    def _is_current(self, entry: int) -> bool:
        """Older changes of a record stay in the index; only its last one counts."""
        return self._changed_at.get(entry & 0xFFFFFFFF) == entry >> _ID_BITS

    def _index(self) -> array[int]:
        if not self._sorted:
            self._changes = array("q", sorted(self._changes))
            self._sorted = True
        return self._changes

    def _position(self, record_id: int) -> int:
        """Ids mostly ascend, so try bisection first."""
        guess = bisect_left(self._ids, record_id)
        in_order = guess < len(self._ids) and self._ids[guess] == record_id
        return guess if in_order else self._ids.index(record_id)
