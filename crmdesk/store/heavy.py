"""Words that a great part of all contacts has: one or two letters typed, the endings of e-mail addresses.

Walking FTS5's list of a heavy word takes 13-40 ms at a million contacts; its hits as a bitmap take 125 KB and 0.1 ms.
Bitmaps follow commits: the changed contacts' documents are looked up and their bits set anew."""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray

from crmdesk.store.document import has_digits, index_words
from crmdesk.store.driver import Driver
from crmdesk.store.endings import Endings
from crmdesk.store.vectors import Ids, Mask

HEAVY = 20_000  # hits from which a bitmap is kept
_BYTES = 12_000_000  # 92 bitmaps at a million contacts: all single letters and digits, and the heaviest pairs
_PATCHED = 1_000  # contacts; more of them at once are dearer to look up than the bitmaps to make anew
_MARK, _WHOLE = "\0", "\1"  # stand around a mark (see document.py) among the keys: a mark counts whole, not its start


_DIGITS = "\2"  # stands before a run of digits among the keys


def key_of_mark(mark: str) -> str:
    """The key of a mark's bitmap; other keys are word starts."""
    return f"{_MARK}{mark}{_WHOLE}"


def key_of_digits(needle: str) -> str:
    """The key of the bitmap of a run of digits in a phone number."""
    return f"{_DIGITS}{needle}"


class HeavyWords:
    """Bitmaps by word start or `key_of_mark`. Where there is no room for all, those with the most hits stay: they cost
    most to make anew."""

    def __init__(self) -> None:
        self._bits: dict[str, NDArray[np.uint8]] = {}
        self._hits: dict[str, int] = {}  # when the bitmap was made
        self._capacity = 0  # ids a bitmap has room for
        self.endings = Endings()

    def __contains__(self, word: str) -> bool:
        return word in self._bits

    def __len__(self) -> int:
        return len(self._bits)

    def clear(self) -> None:
        self._bits.clear()
        self._hits.clear()
        self.endings.clear()

    def hits(self, word: str) -> int:
        """How many contacts had it when its bitmap was made; 0 without one."""
        return self._hits.get(word, 0)

    def get(self, word: str, size: int) -> Mask | None:
        """Mask over the ids below `size`, or None if there is no bitmap of this word."""
        bits = self._bits.get(word)
        if bits is None:
            return None
        return np.unpackbits(bits, count=size, bitorder="little").view(np.bool_)

    def put(self, word: str, ids: Ids) -> None:
        """Keeps all hits of a word, also of contacts that the view does not show yet, if there is room for it."""
        if len(self._bits) >= self._most() and len(ids) <= min(self._hits.values()):
            return  # it would be the first to go
        self._make_room(int(ids.max()) + 1)
        self._hits[word] = len(ids)
        mask = np.zeros(self._capacity, np.bool_)
        mask[ids] = True
        self._bits[word] = np.packbits(mask, bitorder="little")
        while len(self._bits) > self._most():
            lightest = min(self._hits, key=self._hits.__getitem__)
            del self._bits[lightest], self._hits[lightest]

    def _most(self) -> int:
        """How many bitmaps there is room for; always one."""
        return max(1, _BYTES * 8 // max(1, self._capacity))

    def _make_room(self, size: int) -> None:
        if size <= self._capacity:
            return
        self._capacity = (size + size // 32 + 1024) // 8 * 8
        for word, bits in self._bits.items():
            self._bits[word] = np.append(bits, np.zeros(self._capacity // 8 - len(bits), np.uint8))

    def patch(self, driver: Driver, ids: set[int]) -> None:
        """Sets the bits of these contacts as their documents are now (in the snapshot of `driver`)."""
        if not ids:
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

    def _having(self, driver: Driver, ids: set[int]) -> dict[str, list[int]]:
        """For each kept word the contacts among `ids` that have it."""
        text = driver.execute(
            "SELECT json_group_array(json_array(contact_id, doc, marks, digits)) FROM contact_raw"
            " WHERE contact_id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        ).fetchone()[0]
        needles = [key for key in self._bits if key.startswith(_DIGITS)]
        lengths = {len(word) for word in self._bits}
        having: dict[str, list[int]] = {}
        for contact_id, doc, marks, digits in json.loads(text):
            self.endings.note(marks.split())
            found = index_words(doc) + [key_of_mark(mark) for mark in marks.split()]
            kept = self._bits.keys() & {word[:length] for word in found for length in lengths}
            for key in (*kept, *(key for key in needles if has_digits(digits, key.removeprefix(_DIGITS)))):
                having.setdefault(key, []).append(contact_id)
        return having


def _places(ids: list[int]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """(byte, bit) of each id in a bitmap."""
    array = np.array(ids, np.int64)
    return array >> 3, np.left_shift(1, array & 7).astype(np.uint8)
