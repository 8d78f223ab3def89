"""Resident memory of the real program with the whole cache, after browsing and searching; floor: a bare window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.perf import child, start
from tests.perf.options import Options
from tests.perf.resident import resident
from tests.perf.table import Row

SETTLE = 1.0  # seconds
LOOKED_AT = 30  # contacts opened in the detail pane


def measure(options: Options) -> Iterator[Row]:
    found = child.run("tests.perf.memory:used", folder=str(options.cache.folder), people=options.people)
    bare = start.bare_memory()
    name = f"memory with {options.rows:,} contacts"
    yield Row(f"{name}, after start", found["started"]["Rss"], "MB", bare["Rss"])
    yield Row(f"{name}, after browsing and searching", found["used"]["Rss"], "MB", bare["Rss"], most=200)
    yield Row(f"{name}, its own share (PSS)", found["used"]["Pss"], "MB", bare["Pss"])


def used(folder: str, people: int) -> dict[str, dict[str, float]]:
    """Megabytes after the start and after use; runs in a process of its own."""
    from tests.perf import window

    return window.run(Path(folder), lambda desk: _after_use(desk, people))


async def _after_use(desk: Any, people: int) -> dict[str, dict[str, float]]:
    from tests.perf import scroll, search

    started = resident()
    await scroll.move_about_in(desk, jumps=LOOKED_AT)
    await search.type_in(desk, people)
    await search.clear(desk)
    for row in range(LOOKED_AT):
        await desk.after(lambda row=row: desk.page.table.choose(row * 1000))
    return {"started": started, "used": resident()}
