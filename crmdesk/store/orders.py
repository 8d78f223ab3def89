"""Orders other than by name: sorted by SQLite when asked for, kept for the last two."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from crmdesk.core.text import fold, sort_key
from crmdesk.core.types import STATES, Flag, Sort
from crmdesk.store.driver import Driver
from crmdesk.store.in_order import Order
from crmdesk.store.operators import NEWEST
from crmdesk.store.search import AS_OF
from crmdesk.store.vectors import Ids, Vectors, ids_of, rank_of

_KEPT = 2
DEFAULT = (Sort(),)

# column → (what is empty, what to sort by); empty values stand last in either direction
# (an expression that is a bare number would mean the number of a result column)
_NEVER = "id IS NULL"
_STATE = "CASE " + "".join(f"WHEN flags & {bit.value} THEN {n} " for n, (bit, _) in enumerate(STATES, 1)) + "ELSE 0 END"
_CONSENT = f"CASE WHEN flags & {Flag.CONSENT_YES.value} THEN 1 WHEN flags & {Flag.CONSENT_NO.value} THEN 2" \
           f" WHEN flags & {Flag.CONSENT_NEVER.value} THEN 3 ELSE 0 END"  # fmt: skip
_NO_NAME = "'" + sort_key("") + "'"
_VENDOR = "SELECT vendor || char(31) || title FROM account WHERE account.id = account_id"  # its accounts together


def _plain(column: str) -> tuple[str, tuple[str, ...]]:
    return f"{column} = ''", (f"{column} COLLATE NOCASE",)


def _named(column: str) -> tuple[str, tuple[str, ...]]:
    """By its folded form, so that Öhringen stands beside Ohrdruf. Most texts are ASCII and stay in SQLite: of a million
    contacts a call for each would cost a second."""
    return f"{column} = ''", (f"({_folds(column)}) COLLATE NOCASE",)


def _folds(column: str) -> str:
    return f"CASE WHEN {column} GLOB '*[^ -~]*' THEN folded({column}) ELSE {column} END"


_COLUMNS: dict[str, tuple[str, tuple[str, ...]]] = {
    "account": (_NEVER, (f"({_VENDOR}) COLLATE NOCASE", "account_id")),
    "email": _plain("email"),
    "phone": _plain("phone"),
    "city": _named("city"),
    "country": ("country = ''", (f"coalesce(called, {_folds('country')}) COLLATE NOCASE", "country")),
    "languages": _plain("languages"),
    "type": _named("kind"),
    "consent": (f"{_CONSENT} = 0", (_CONSENT,)),
    "updated": _plain("updated_at"),
    "as_of": (_NEVER, (AS_OF,)),
    "created": _plain("created_at"),
    "notes": _named("notes"),
    "remote_id": ("remote_id = ''", ("length(remote_id)", "remote_id")),  # ids are mostly numbers
    "state": (f"{_STATE} = 0", (_STATE,)),
    "changed_by": ("coalesce(operator, '') = ''", ("operator COLLATE NOCASE",)),
}
# What an order needs beside the contacts: a table, what is in it, how it is joined. It is materialized, so that SQLite
# gives it an index of its own: a million contacts cost a tenth more than without; else each would walk through it.
_JOINED = {
    "country": ("countries", "SELECT key AS code, value AS called FROM json_each(?1)", "code = country"),
    "changed_by": ("changes", NEWEST, "contact_id = contact.id"),
}


@dataclass(slots=True)
class _Kept:
    order: Order
    content: int  # number of the content it was sorted from
    next_at: float  # when it may be sorted again


class Orders:
    """`patience` seconds, or five times what sorting costs, must lie between two sortings of one order; until then
    contacts that came since stand at the end."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._kept: OrderedDict[tuple[Sort, ...], _Kept] = OrderedDict()
        self._countries: Mapping[str, str] = {}

    def forget(self, countries: Mapping[str, str]) -> None:
        """Names (the last key of every order) or countries are sorted by something else now."""
        self._kept.clear()
        self._countries = countries

    def get(
        self, driver: Driver, vectors: Vectors, sort: tuple[Sort, ...], content: int, now: Any
    ) -> tuple[Order, float | None]:
        """The order, and when a fresher one may be had (None: it is fresh). `now()` is the monotonic clock."""
        if sort in (DEFAULT, ()):
            return Order(vectors.order, vectors.rank, vectors.alive), None
        kept = self._kept.get(sort)
        if kept is None or (kept.content != content and now() >= kept.next_at):
            started = now()
            order = sorted_by(driver, sort, vectors, self._countries)
            ended = now()
            kept = _Kept(order, content, ended + max(self._patience, 5 * (ended - started) if self._patience else 0))
            self._kept[sort] = kept
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(sort)
        if kept.content == content:
            return kept.order, None
        return _mended(kept.order.ids, vectors), kept.next_at


def sorted_by(driver: Driver, sort: tuple[Sort, ...], vectors: Vectors, countries: Mapping[str, str]) -> Order:
    driver.create_function("folded", 1, _folded)
    joined = [_JOINED[column] for column in dict.fromkeys(key.column for key in sort) if column in _JOINED]
    terms: list[str] = []
    name = f"{vectors.key} = {_NO_NAME}", (vectors.key,)
    for key in sort:
        empty, columns = name if key.column == "name" else _COLUMNS[key.column]
        terms += [empty, *(f"{column}{' DESC' if key.descending else ''}" for column in columns)]
    tables = ", ".join(f"{name} AS MATERIALIZED ({select})" for name, select, _ in joined)
    beside = f"WITH {tables} " if joined else ""
    joins = "".join(f" LEFT JOIN {name} ON {same}" for name, _, same in joined)
    hexes = driver.execute(
        f"{beside}SELECT group_concat(printf('%08x', id), '') FROM"
        f" (SELECT id FROM contact{joins} ORDER BY {', '.join([*terms, vectors.key, 'id'])} LIMIT -1)",
        (json.dumps(dict(countries)),) if "?1" in beside else (),
    ).fetchone()[0]
    return _mended(ids_of(hexes), vectors)


@lru_cache(maxsize=10_000)
def _folded(text: str) -> str:
    return fold(text)


def _mended(ids: Ids, vectors: Vectors) -> Order:
    """Exactly the contacts that the vectors hold: gone ones taken out, unknown ones at the end."""
    ids = ids[ids < vectors.size]
    ids = ids[vectors.alive[ids]]
    if len(ids) < len(vectors.order):
        known = np.zeros(vectors.size, np.bool_)
        known[ids] = True
        ids = np.append(ids, vectors.order[~known[vectors.order]])
    ids.flags.writeable = False
    return Order(ids, rank_of(ids, vectors.size), vectors.alive)
