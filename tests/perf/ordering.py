"""A click on each column's title, and each kind of filter, until the rows in their new order are painted. Floors: the
bare query for the ids in that order; a repaint of the list where it stands."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.perf import child
from tests.perf.options import Options
from tests.perf.table import Row, median

LIMIT, ROWS_OF_LIMIT = 150.0, 50_000  # ms; the budget is for a desk of so many contacts
ROUNDS = 3
REST = 0.05  # s between two clicks
FILTERS = (
    ("one country", "country:de"),
    ("two cities", "city:berlin,hamburg"),
    ("without an e-mail address", "no:email"),
    ("changed in a year", "updated:365d"),
    ("a language, with a phone", "lang:fr has:phone"),
    ("of one account", "account:1"),
)


def measure(options: Options) -> Iterator[Row]:
    folder = str(options.cache.folder)
    found = child.run("tests.perf.ordering:order_all", folder=folder)
    floors = child.run("tests.perf.bare_order:order_all", folder=folder)
    most = LIMIT if options.rows <= ROWS_OF_LIMIT else None
    for key, (title, times) in found["sort"].items():
        name = f"sort by {title}, {options.rows:,} contacts"
        yield Row(name, median(times), floor=floors.get(key), most=most)
    for name, times in found["filter"].items():
        yield Row(f"filter: {name}", median(times), floor=median(found["floor"]), most=most)


def order_all(folder: str) -> dict[str, Any]:
    """Milliseconds by column (with its title) and by filter; runs in a process of its own."""
    from tests.perf import window

    return window.run(Path(folder), _ordered)


async def _ordered(desk: Any) -> dict[str, Any]:
    from crmdesk.core.types import Sort
    from crmdesk.ui.contacts.columns import COLUMNS

    found: dict[str, Any] = {"sort": {}, "filter": {}, "floor": []}
    for column in COLUMNS:
        for number in range(ROUNDS):  # each another order than the one before
            ms = await _sorted(desk, Sort(column.key, descending=number % 2 == 0))
            found["sort"].setdefault(column.key, (column.title, []))[1].append(ms)
        found["floor"].append(await desk.after(desk.page.table.viewport().update))
    await _sorted(desk, Sort())
    for name, text in FILTERS:
        for _ in range(ROUNDS):
            found["filter"].setdefault(name, []).append(await _shown(desk, text))
            await _shown(desk, "")
    return found


async def _sorted(desk: Any, wanted: Any) -> float:
    """Until every row in sight has the text of its new place."""
    model = desk.page.model
    before = model.ids
    ms = await desk.after(
        lambda: desk.page.table.columns.sortAsked.emit((wanted,)),
        lambda: model.ids is not before and desk.rows_are_real(),
    )
    await asyncio.sleep(REST)
    return float(ms)


async def _shown(desk: Any, text: str) -> float:
    box = desk.page.search_box.line
    ms = await desk.after(lambda: box.setText(text), lambda: desk.showing(text) and desk.rows_are_real())
    await asyncio.sleep(REST)
    return float(ms)
