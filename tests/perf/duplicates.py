"""A search for duplicates over 50,000 records, one in ten of them twice, and what the window's reads wait meanwhile.
Floors: a bare pass over the same rows; the same reads while nothing else is done."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from tests.perf import child
from tests.perf.options import Options
from tests.perf.table import Row, centile

RECORDS, QUICK = 50_000, 3_000
LIMIT = 60_000.0  # ms; UX-DUP-08
TWICE = 10  # one in so many
SCREEN = 80  # rows of one read of the window
BETWEEN = 0.1  # s between two reads: somebody scrolls all the time


def measure(options: Options) -> Iterator[Row]:
    count = QUICK if options.quick else RECORDS
    found = child.run("tests.perf.duplicates:search", count=count)
    name = f"search {count:,} records for duplicates"
    yield Row(f"{name} ({found['pairs']:,} pairs)", found["ms"], floor=found["floor"], most=LIMIT)
    yield Row("… the same again, nothing new", found["again"], floor=found["floor"], most=LIMIT)
    yield Row(f"a read of {SCREEN} rows meanwhile, p95", centile(found["reads"], 95), floor=centile(found["rest"], 95))
    yield Row("… the longest", max(found["reads"]), floor=max(found["rest"]))


def search(count: int) -> dict[str, Any]:
    """Milliseconds; runs in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="crmdesk-perf-") as folder:
        path = Path(folder) / "desk.db"
        _build(path, count)
        return {**asyncio.run(_search(path)), "floor": _pass(path)}


def _build(path: Path, count: int) -> None:
    """Two hotels whose guests are partly the same people."""
    from tests.perf import build

    twice = count // TWICE
    build.build_cache(path, build.KEY, count - twice, accounts_count=1)
    database = _opened(path)
    try:
        build._fill(database, 1, twice, 0)
    finally:
        database.close()


def _opened(path: Path) -> Any:
    from crmdesk.core.changes import ChangeFeed
    from crmdesk.core.seams import SystemClock
    from crmdesk.store.database import Database
    from tests.perf import build

    return Database.open(path, build.KEY, ChangeFeed(), SystemClock())


async def _search(path: Path) -> dict[str, Any]:
    from crmdesk.app import SLICE
    from crmdesk.core.match import DEFAULT
    from crmdesk.core.seams import SystemClock
    from crmdesk.store.reader import Reader
    from crmdesk.sync.card_scan import Scan
    from crmdesk.vendors import VENDORS

    sys.setswitchinterval(SLICE)  # as the program does
    database = _opened(path)
    reader = Reader(database)
    vendors = {vendor.key: vendor for vendor in VENDORS}
    try:
        rest = await _reads(reader, lambda: False, 100)
        times, pairs, reads = [], 0, []
        for _ in range(2):
            scan = Scan(database, vendors, SystemClock(), DEFAULT, lambda _: None, lambda: False)
            started = time.perf_counter()
            task = asyncio.create_task(scan.run())
            reads += await _reads(reader, task.done)
            pairs = (await task).pairs
            times.append((time.perf_counter() - started) * 1000)
    finally:
        database.close()
    return {"ms": times[0], "again": times[1], "pairs": pairs, "reads": reads, "rest": rest}


async def _reads(reader: Any, ended: Callable[[], bool], most: int = 1_000_000) -> list[float]:
    """Milliseconds of each read of a screenful."""
    found = []
    while not ended() and len(found) < most:
        started = time.perf_counter()
        await reader.rows(range(1 + 37 * len(found) % 1000, SCREEN + 1 + 37 * len(found) % 1000))
        found.append((time.perf_counter() - started) * 1000)
        await asyncio.sleep(BETWEEN)
    return found


def _pass(path: Path) -> float:
    """The least that looking at every record takes: read it, and read its JSON."""
    from crmdesk.store.connect import connect
    from crmdesk.store.packed import unpack
    from tests.perf import build

    connection = connect(path, build.KEY)
    started = time.perf_counter()
    rows = connection.execute("SELECT id, body FROM contact JOIN contact_raw ON contact_id=id ORDER BY id")
    while chunk := list(islice(rows, 500)):
        for _, body in chunk:
            json.loads(unpack(bytes(body)))
    ms = (time.perf_counter() - started) * 1000
    connection.close()
    return ms
