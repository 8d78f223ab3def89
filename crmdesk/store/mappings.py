"""Column mappings, kept by name and kind. Functions run inside one read or write of `Database`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from crmdesk.store.driver import Driver


@dataclass(frozen=True, slots=True)
class KeptMapping:
    """`columns` are the titles it was made for, `content` is `core.mapping.to_json`."""

    name: str
    kind: str
    columns: tuple[str, ...]
    content: str


def listed(driver: Driver, kind: str) -> list[KeptMapping]:
    """The one used last first."""
    rows = driver.execute(
        "SELECT name, columns, content FROM mapping WHERE kind=? ORDER BY used_at DESC, name", (kind,)
    ).fetchall()
    return [KeptMapping(name, kind, tuple(json.loads(columns)), content) for name, columns, content in rows]


def put(driver: Driver, name: str, kind: str, columns: Sequence[str], content: str, now: str) -> None:
    """In the place of one with the same name."""
    driver.execute(
        "INSERT OR REPLACE INTO mapping(name, kind, columns, content, used_at) VALUES (?,?,?,?,?)",
        (name, kind, json.dumps(list(columns)), content, now),
    )


def drop(driver: Driver, name: str, kind: str) -> None:
    driver.execute("DELETE FROM mapping WHERE name=? AND kind=?", (name, kind))
