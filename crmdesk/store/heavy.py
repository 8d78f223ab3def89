"""Words that a great part of all contacts has: one or two letters typed, the endings of e-mail addresses.

Walking FTS5's list of a heavy word takes 13-40 ms at a million contacts; its hits as a bitmap take 125 KB and 0.1 ms.
Bitmaps follow commits: the changed contacts' documents are looked up and their bits set anew."""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crmdesk.store.document import index_words
from crmdesk.store.vectors import Ids, Mask

HEAVY = 20_000  # hits from which a bitmap is kept
_BYTES = 10_000_000  # 80 bitmaps at a million contacts: all single letters and digits, and the heaviest pairs
_PATCHED = 1_000  # contacts; more of them at once are dearer to look up than the bitmaps to make anew
MARK = "\0"  # stands before a mark (see document.py) among the keys


class HeavyWords:
    """Bitmaps by word start (or MARK + mark start), least recently used first."""

    def __init__(self) -> None:
        self._bits: OrderedDict[str, NDArray[np.uint8]] = OrderedDict()
        self._capacity = 0  # ids a bitmap has room for

    def __contains__(self, word: str) -> bool:
        return word in self._bits

    def __len__(self) -> int:
        return len(self._bits)

    def clear(self) -> None:
        self._bits.clear()

    def get(self, word: str, size: int) -> Mask | None:
        """Mask over the ids below `size`, or None if there is no bitmap of this word."""
        bits = self._bits.get(word)
        if bits is None:
            return None
        self._bits.move_to_end(word)
        return np.unpackbits(bits, count=size, bitorder="little").view(np.bool_)

    def put(self, word: str, ids: Ids) -> None:
        """Keeps all hits of a word, also of contacts that the view does not show yet."""
        self._make_room(int(ids.max()) + 1)
        mask = np.zeros(self._capacity, np.bool_)
        mask[ids] = True
        self._bits[word] = np.packbits(mask, bitorder="little")
        while len(self._bits) > 1 and len(self._bits) * self._capacity // 8 > _BYTES:
            del self._bits[self._least_needed()]

    def _least_needed(self) -> str:
        """The least recently used one; single letters stay as long as there are others: every search begins there, and
        they cost most to make anew."""
        return next((word for word in self._bits if len(word) > 1), next(iter(self._bits)))

    def _make_room(self, size: int) -> None:
        if size <= self._capacity:
            return
        self._capacity = (size + size // 8 + 1024) // 8 * 8
        for word, bits in self._bits.items():
            self._bits[word] = np.append(bits, np.zeros(self._capacity // 8 - len(bits), np.uint8))

    def patch(self, driver: Any, ids: set[int]) -> None:
        """Sets the bits of these contacts as their documents are now (in the snapshot of `driver`)."""
        if not self._bits or not ids:
            return
        if len(ids) > _PATCHED:
            self.clear()
            return
        self._make_room(max(ids) + 1)
        having = self._having(driver, ids)
        places, bits_of = _places(list(ids))
        for word, bits in self._bits.items():
            np.bitwise_and.at(bits, places, ~bits_of)
            if word in having:
                np.bitwise_or.at(bits, *_places(having[word]))

    def _having(self, driver: Any, ids: set[int]) -> dict[str, list[int]]:
        """For each kept word the contacts among `ids` that have it."""
        text = driver.execute(
            "SELECT json_group_array(json_array(contact_id, doc, marks)) FROM contact_raw"
            " WHERE contact_id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        ).fetchone()[0]
        lengths = {len(word) for word in self._bits}
        having: dict[str, list[int]] = {}
        for contact_id, doc, marks in json.loads(text):
            found = index_words(doc) + [MARK + mark for mark in marks.split()]
            for word in self._bits.keys() & {word[:length] for word in found for length in lengths}:
                having.setdefault(word, []).append(contact_id)
        return having


def _places(ids: list[int]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """(byte, bit) of each id in a bitmap."""
    array = np.array(ids, np.int64)
    return array >> 3, np.left_shift(1, array & 7).astype(np.uint8)
