"""View order in memory: which contact stands where, and what a mask can answer about all of them at once.

Loaded in the search thread, never at start: this module imports numpy."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crmdesk.store.driver import Driver
from crmdesk.store.shifted import NOWHERE, Ids, Spare, order_with, rank_with
from crmdesk.store.sorting import BY_GIVEN, FAMILY, GIVEN, has_index

__all__ = ["NOWHERE", "Ids", "Mask", "Vectors", "first_with_key", "ids_of", "numbers_of", "rank_of"]

Mask = NDArray[np.bool_]
_CHUNK = 20_000  # rows per statement: what one holds the GIL for stays below 2 ms
_ROW_HEX = 20  # id 8, account 4, flags 8

_LOAD = """
SELECT group_concat(printf('%08x%04x%08x', id, account_id, flags), ''), max(sort_key), count(*) FROM
  (SELECT sort_key, id, account_id, flags FROM contact INDEXED BY contact_order
   WHERE (sort_key, id) > (?, ?) ORDER BY sort_key, id LIMIT ?)
"""

_LOAD_GIVEN = f"""
SELECT group_concat(printf('%08x', id), ''), max({GIVEN}), count(*) FROM
  (SELECT {GIVEN}, id FROM contact INDEXED BY {BY_GIVEN} WHERE ({GIVEN}, id) > (?, ?) ORDER BY {GIVEN}, id LIMIT ?)
"""
_SORT_GIVEN = f"SELECT group_concat(printf('%08x', id), '') FROM (SELECT id FROM contact ORDER BY {GIVEN}, id LIMIT -1)"


def ids_of(hexes: str | None) -> Ids:
    """Ids from a text of eight hex digits each."""
    return np.frombuffer(bytes.fromhex(hexes or ""), dtype=">u4").astype(np.uint32)


def numbers_of(listed: str | None) -> Ids:
    """Ids from `group_concat(id)`."""
    return np.fromstring(listed, dtype=np.uint32, sep=",") if listed else np.empty(0, np.uint32)


def rank_of(order: Ids, size: int) -> Ids:
    """By id its place in `order`; NOWHERE for ids that are not in it."""
    rank = np.full(size, NOWHERE, np.uint32)
    rank[order] = np.arange(len(order), dtype=np.uint32)
    return rank


class Vectors:
    """`order`: ids by (`key`, id). By id: `rank` in that order, `alive` (it has one), `account` (0 = none), `flags`.

    The first three are not altered while anybody has them, so a result may keep what it was given; the others stay in
    here."""

    def __init__(self) -> None:
        self.key = FAMILY
        self.order: Ids = np.empty(0, np.uint32)
        self.rank: Ids = np.empty(0, np.uint32)
        self.alive: Mask = np.empty(0, np.bool_)
        self.account = np.empty(0, np.uint16)
        self.flags = np.empty(0, np.uint32)
        self._orders, self._ranks = Spare(), Spare()

    @property
    def size(self) -> int:
        """One more than the greatest id that the vectors know."""
        return len(self.rank)

    def load(self, driver: Driver, key: str = FAMILY) -> None:
        """Everything afresh, in chunks by key."""
        pieces = list(_chunks(driver))
        order = np.concatenate([piece[0] for piece in pieces]) if pieces else np.empty(0, np.uint32)
        size = int(order.max()) + 1 if len(order) else 0
        account, flags = np.zeros(size, np.uint16), np.zeros(size, np.uint32)
        for ids, accounts, bits in pieces:
            account[ids], flags[ids] = accounts, bits
        if key == GIVEN and pieces:
            order = _by_given(driver)
        self.key, self.account, self.flags = key, account, flags
        self._set_order(order)

    def _set_order(self, order: Ids) -> None:
        order.flags.writeable = False
        self.order, self.rank = order, rank_of(order, len(self.account))
        self.alive = self.rank != NOWHERE

    def patch(self, driver: Driver, ids: set[int]) -> None:
        """Brings a few contacts to where they belong now: about 0.3 ms each, plus 10 ms per million rows."""
        rows = _rows(driver, ids, self.key)
        self._widen(max(ids, default=0) + 1)
        if len(ids) == 1:
            self._patch_one(driver, next(iter(ids)), rows)
            return
        order = self._without(ids)
        places = [_place(driver, order, key, contact_id, self.key) for contact_id, key, _, _ in rows]
        self._note_facts(ids, rows)
        # np.insert keeps the given sequence among equal places, and rows are in view order.
        self._set_order(np.insert(order, places, np.array([row[0] for row in rows], np.uint32)))

    def _patch_one(self, driver: Driver, contact_id: int, rows: list[tuple[int, str, int, int]]) -> None:
        """3 ms per million rows, next to nothing where it stays in its place: somebody saved it and is waiting."""
        was, count = int(self.rank[contact_id]), len(self.order)
        now = _place(driver, self.order, rows[0][1], contact_id, self.key, without=was) if rows else NOWHERE
        self._note_facts({contact_id}, rows)
        if was == now:
            if len(self.alive) < self.size:  # it came and is gone already
                self.alive = self.rank != NOWHERE
            return
        order = order_with(self.order, contact_id, was, now, self._orders)
        rank = rank_with(self.rank, contact_id, count, now, self._ranks)
        order.flags.writeable = False
        if NOWHERE in (was, now):
            self.alive = rank != NOWHERE
        self._orders.keep(self.order)
        self._ranks.keep(self.rank)
        self.order, self.rank = order, rank

    def drop_gone(self, driver: Driver, ids: set[int]) -> None:
        """Takes out those of `ids` that are no more and corrects the facts of the others; their order may be stale."""
        rows = [row for row in _rows(driver, ids, self.key) if row[0] < self.size]
        gone = {contact_id for contact_id in ids if contact_id < self.size} - {row[0] for row in rows}
        self._note_facts(gone, rows)
        self._set_order(self._without(gone))

    def _without(self, ids: set[int]) -> Ids:
        known = np.array([contact_id for contact_id in ids if contact_id < len(self.rank)], np.int64)
        places = self.rank[known]
        return np.delete(self.order, places[places != NOWHERE])

    def _widen(self, size: int) -> None:
        more = size - self.size
        if more > 0:
            self.account = np.append(self.account, np.zeros(more, np.uint16))
            self.flags = np.append(self.flags, np.zeros(more, np.uint32))
            self.rank = np.append(self.rank, np.full(more, NOWHERE, np.uint32))

    def _note_facts(self, ids: set[int], rows: list[tuple[int, str, int, int]]) -> None:
        self.account[np.array(list(ids), np.int64)] = 0
        for contact_id, _, account_id, bits in rows:
            self.account[contact_id], self.flags[contact_id] = account_id, bits


def _chunks(driver: Driver) -> Any:
    """(ids, accounts, flags) of all contacts in view order."""
    key, last, count = "", 0, _CHUNK
    while count == _CHUNK:
        hexes, key, count = driver.execute(_LOAD, (key, last, _CHUNK)).fetchone()
        if not count:
            return
        raw = np.frombuffer(bytes.fromhex(hexes), np.uint8).reshape(-1, _ROW_HEX // 2)
        ids = np.ascontiguousarray(raw[:, :4]).view(">u4").ravel().astype(np.uint32)
        accounts = np.ascontiguousarray(raw[:, 4:6]).view(">u2").ravel().astype(np.uint16)
        flags = np.ascontiguousarray(raw[:, 6:]).view(">u4").ravel().astype(np.uint32)
        last = int(ids[-1])
        yield ids, accounts, flags


def _by_given(driver: Driver) -> Ids:
    """Ids of all contacts by (given_key, id)."""
    if not has_index(driver):
        return ids_of(driver.execute(_SORT_GIVEN).fetchone()[0])
    return np.concatenate(list(_chunks_by_given(driver)))


def _chunks_by_given(driver: Driver) -> Any:
    key, last, count = "", 0, _CHUNK
    while count == _CHUNK:
        hexes, key, count = driver.execute(_LOAD_GIVEN, (key, last, _CHUNK)).fetchone()
        if not count:
            return
        ids = ids_of(hexes)
        last = int(ids[-1])
        yield ids


def _rows(driver: Driver, ids: set[int], column: str) -> list[tuple[int, str, int, int]]:
    """(id, key of its name, account, flags) of those that exist, in view order."""
    text = driver.execute(
        f"SELECT json_group_array(json_array(id, {column}, account_id, flags) ORDER BY {column}, id) FROM contact"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    ).fetchone()[0]
    return [(contact_id, key, account_id, bits) for contact_id, key, account_id, bits in json.loads(text)]


def _place(driver: Driver, order: Ids, key: str, contact_id: int, column: str, *, without: int = NOWHERE) -> int:
    """Where (key, id) belongs in `order`, by bisection over the table. Text compares alike in Python and SQLite.
    `without`: as if nothing stood at this place."""
    low, high = 0, len(order) - (without < len(order))
    while low < high:
        middle = (low + high) // 2
        other = int(order[middle + (middle >= without)])
        found = driver.execute(f"SELECT {column} FROM contact WHERE id=?", (other,)).fetchone()
        if (found[0], other) < (key, contact_id):
            low = middle + 1
        else:
            high = middle
    return low


def first_with_key(driver: Driver, ids: Ids, key: str, column: str = FAMILY) -> int:
    """The first place in `ids` (in the order of `column`) whose key is not below `key`; len(ids) if there is none."""
    return _place(driver, ids, key, 0, column)
