"""Which records share a key: candidates for a comparison, found by sorting, so that no two records are held against
each other that have nothing in common.

Loaded by the first search for pairs: this module imports numpy."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

MOST_IN_BLOCK = 50  # records: 1,225 pairs. More have a key in common that says nothing, as an agency's address
MOST_CANDIDATES = 2_000_000
_LOW = 0xFFFFFFFF


class Blocks:
    """`add` every record, then `candidates`. A key is cut to 32 bits: a few strangers meet and are told apart by the
    comparison. 8 bytes a record and key."""

    def __init__(self) -> None:
        self._pieces: list[NDArray[np.uint64]] = []
        self._kept: list[int] = []

    def add(self, contact_id: int, keys: Iterable[int]) -> None:
        """Ids below 2^32."""
        self._kept += [(key & _LOW) << 32 | contact_id for key in set(keys)]
        if len(self._kept) > 100_000:
            self._pack()

    def _pack(self) -> None:
        self._pieces.append(np.array(self._kept, np.uint64))
        self._kept = []

    def candidates(self) -> tuple[NDArray[np.uint32], list[tuple[int, int, int]], bool]:
        """(pairs of ids, the lesser first, in order; blocks that are too large as (records, two ids of it); whether
        there were more candidates than are looked at)."""
        self._pack()
        entries = np.concatenate(self._pieces)
        self._pieces = []
        entries.sort()  # in its place: of a million records it is a hundred megabytes
        entries = entries[_first_of_equal(entries)]  # two keys of one record may be equal once they are cut
        blocks = entries >> np.uint64(32)
        ids = (entries & np.uint64(_LOW)).astype(np.uint32)
        starts = np.flatnonzero(_first_of_equal(blocks))
        sizes = np.diff(np.append(starts, len(blocks)))
        crowds = [
            (int(sizes[place]), int(ids[starts[place]]), int(ids[starts[place] + 1]))
            for place in np.flatnonzero(sizes > MOST_IN_BLOCK)
        ]
        found, complete = _pairs(ids, starts, sizes)
        full = not complete or len(found) > MOST_CANDIDATES
        found = found[:MOST_CANDIDATES]
        return np.stack(((found >> np.uint64(32)), found & np.uint64(_LOW)), axis=1).astype(np.uint32), crowds, full


def _first_of_equal(values: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Of sorted values: which of them differ from the one before."""
    return np.concatenate(([True], values[1:] != values[:-1]))[: len(values)]


def _pairs(
    ids: NDArray[np.uint32], starts: NDArray[np.intp], sizes: NDArray[np.intp]
) -> tuple[NDArray[np.uint64], bool]:
    """Every two members of each block that is not too large, once, as a << 32 | b; whether these are all. All blocks
    of one size together, small ones first."""
    pieces = [np.empty(0, np.uint64)]
    for size in range(2, MOST_IN_BLOCK + 1):
        chosen = starts[sizes == size]
        if not len(chosen):
            continue
        members = ids[chosen[:, None] + np.arange(size)].astype(np.uint64)  # sorted within a block
        first, second = np.triu_indices(size, 1)
        pieces.append(((members[:, first] << np.uint64(32)) | members[:, second]).ravel())
        if sum(map(len, pieces)) > 4 * MOST_CANDIDATES:  # the largest blocks are left: the likeliest to say nothing
            return np.unique(np.concatenate(pieces)), False
    return np.unique(np.concatenate(pieces)), True
