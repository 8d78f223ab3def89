"""Resident memory of the real program with the whole cache, after browsing and searching; floor: a bare window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crmdesk.net.secrets import open_key
from crmdesk.workspace import CACHE
from tests.perf import child
from tests.perf.options import Options
from tests.perf.table import Row

SETTLE = 1.0  # seconds
LOOKED_AT = 30  # contacts opened in the detail pane


def measure(options: Options) -> Iterator[Row]:
    found = child.run("tests.perf.memory:used", folder=str(options.cache.folder), people=options.people)
    bare = child.run("tests.perf.start:bare_memory")
    name = f"memory with {options.rows:,} contacts"
    yield Row(f"{name}, after start", found["started"]["Rss"], "MB", bare["Rss"])
    yield Row(f"{name}, after browsing and searching", found["used"]["Rss"], "MB", bare["Rss"], most=200)
    yield Row(f"{name}, its own share (PSS)", found["used"]["Pss"], "MB", bare["Pss"])


def used(folder: str, people: int) -> dict[str, dict[str, float]]:
    """Megabytes after the start and after use; runs in a process of its own."""
    from tests.perf import window

    return window.run(Path(folder) / CACHE, open_key(Path(folder)), lambda desk: _after_use(desk, people))


async def _after_use(desk: Any, people: int) -> dict[str, dict[str, float]]:
    from tests.perf import scroll, search

    started = resident()
    await scroll.move_about_in(desk, jumps=LOOKED_AT)
    await search.type_in(desk, people)
    await search.clear(desk)
    for row in range(LOOKED_AT):
        await desk.after(lambda row=row: desk.page.table.choose(row * 1000))
    return {"started": started, "used": resident()}


def resident() -> dict[str, float]:
    """Rss and Pss of this process, in MB."""
    lines = Path("/proc/self/smaps_rollup").read_text("ascii").splitlines()[1:]
    sizes = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
    return {name: sizes[name] for name in ("Rss", "Pss")}
