"""Rows that are to be put into calls: read once, with all that sealing needs of them.

Functions run inside one read or write of `Database`, on the driver's own connection."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from crmdesk.core.submission import RowStage
from crmdesk.store import ledger
from crmdesk.store.driver import Driver
from crmdesk.store.submissions import IN_LIST, texts_of, values_of


@dataclass(slots=True)  # frozen, ten thousand take three times as long to make
class Unsealed:
    """A row before it gets its uid. `content`: the text that its values were read from. `earlier`: as
    `BatchRow.earlier`."""

    id: int
    content: str = field(repr=False)
    values: Mapping[str, Any] = field(repr=False)
    cells: tuple[str, ...] = field(repr=False)
    earlier: tuple[str, ...] = ()


def in_stages(driver: Driver, submission_id: int, stages: Iterable[RowStage]) -> list[Unsealed]:
    """The rows of a submission that are in these stages, in their order."""
    asked = "SELECT id, content, cells, attempt, position FROM submission_row WHERE submission_id=? AND stage=?"
    found: list[Any] = []
    for stage in stages:
        found += driver.execute(asked, (submission_id, stage.value)).fetchall()
    return _read(driver, sorted(found, key=itemgetter(4)))


def by_ids(driver: Driver, ids: Iterable[int]) -> list[Unsealed]:
    """In their order; what is gone is left out."""
    asked = (
        f"SELECT id, content, cells, attempt FROM submission_row WHERE id {IN_LIST} ORDER BY submission_id, position"
    )
    return _read(driver, driver.execute(asked, (json.dumps(list(ids)),)).fetchall())


def _read(driver: Driver, rows: Sequence[Sequence[Any]]) -> list[Unsealed]:
    tried = [row[0] for row in rows if row[3]]
    earlier = ledger.uids(driver, tried) if tried else {}
    return [Unsealed(row[0], row[1], values_of(row[1]), texts_of(row[2]), earlier.get(row[0], ())) for row in rows]
