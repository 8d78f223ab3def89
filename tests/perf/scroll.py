"""A wheel step and a jump to anywhere in the whole list, until a frame and until a frame with all its text."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.perf import child
from tests.perf.options import Options
from tests.perf.table import Row, centile

STEP_ROWS = 3
REST = 0.03  # seconds between two moves, as a wheel turned by hand gives them
RUN = 40  # steps in a row before the next jump
WORDS = {"step": f"scroll step of {STEP_ROWS} rows", "jump": "jump anywhere"}


def measure(options: Options) -> Iterator[Row]:
    found = child.run("tests.perf.scroll:move_about", folder=str(options.cache.folder), jumps=options.jumps)
    for kind, words in WORDS.items():
        first, real = found[kind]["first"], found[kind]["real"]
        yield Row(f"{words}, first frame, p50", centile(first, 50), most=16)
        yield Row(f"{words}, first frame, p95", centile(first, 95), most=33)
        yield Row(f"{words}, all text painted, p50", centile(real, 50), most=16)
        yield Row(f"{words}, all text painted, p95", centile(real, 95), most=33)
    floor = found["floor"]
    yield Row("repaint of the list where it stands, p50", centile(floor, 50))
    yield Row("repaint of the list where it stands, p95", centile(floor, 95))


def move_about(folder: str, jumps: int) -> dict[str, Any]:
    """Milliseconds of each move by kind; runs in a process of its own."""
    from tests.perf import window

    return window.run(Path(folder), lambda desk: move_about_in(desk, jumps))


async def move_about_in(desk: Any, jumps: int) -> dict[str, Any]:
    found: dict[str, Any] = {kind: {"first": [], "real": []} for kind in WORDS} | {"floor": []}
    bar, step = desk.page.table.verticalScrollBar(), STEP_ROWS * desk.page.table.row_height
    anywhere = random.Random(3)
    for _ in range(jumps):
        target = anywhere.randrange(bar.maximum())
        await _move(desk, found["jump"], lambda target=target: bar.setValue(target))
        found["floor"].append(await desk.after(desk.page.table.viewport().update))
    bar.setValue(bar.maximum() // 3)
    await asyncio.sleep(0.5)
    for number in range(4 * jumps):
        back = -1 if number // RUN % 2 else 1
        await _move(desk, found["step"], lambda back=back: bar.setValue(bar.value() + back * step))
    return found


async def _move(desk: Any, found: dict[str, list[float]], act: Callable[[], object]) -> None:
    real, started = desk.frame(desk.rows_are_real), time.perf_counter()
    found["first"].append(await desk.after(act))
    found["real"].append((await real - started) * 1000)
    await asyncio.sleep(REST)
