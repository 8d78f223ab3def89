"""A key in the search box to the painted first screenful of its hits, over the whole cache."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crmdesk.core.text import phone_digits
from crmdesk.core.types import ContactRow
from tests.perf import child
from tests.perf.options import Options
from tests.perf.table import Row, centile

PACE = 0.08  # seconds between two keys
FLOOR_EVERY = 2  # keys for each sample of the floor
SMALL = 40  # hits of the fixed result
NO_HIT = "xqzvw jjkqx"


def measure(options: Options) -> Iterator[Row]:
    found = child.run("tests.perf.search:type_all", folder=str(options.cache.folder), people=options.people)
    keys = [ms for samples in found["keys"].values() for ms in samples]
    floor = found["floor"]
    name = f"key to painted hits, {options.rows:,} contacts, {len(keys)} keys"
    yield Row(f"{name}, p50", centile(keys, 50), floor=centile(floor, 50), most_ratio=3)
    yield Row(f"{name}, p95", centile(keys, 95), floor=centile(floor, 95), most=16, most_ratio=3, stretch=1.3)
    yield Row(f"{name}, p99", centile(keys, 99), floor=centile(floor, 99))
    yield Row("full hit count (painted with the hits), p95", centile(keys, 95), most=100)
    for kind, samples in found["keys"].items():
        yield Row(f"… {kind} ({len(samples)} keys), p95", centile(samples, 95), floor=centile(floor, 95))


def type_all(folder: str, people: int) -> dict[str, Any]:
    """Milliseconds of every key by class, and of the floor in between; runs in a process of its own."""
    from tests.perf import window

    return window.run(Path(folder), lambda desk: type_in(desk, people))


async def type_in(desk: Any, people: int) -> dict[str, Any]:
    keys: dict[str, list[float]] = {}
    floor: list[float] = []
    fixed = itertools.cycle([await _sample(desk, SMALL, seed) for seed in (1, 2)])
    for text, kind in _texts(await _sample(desk, people, seed=5)):
        await clear(desk)
        for length in range(1, len(text) + 1):
            ms = await _key(desk, text[:length])
            keys.setdefault(kind or f"{min(length, 4)}{'+' * (length > 3)} letters", []).append(ms)
            if length % FLOOR_EVERY == 0 and desk.page.model.rowCount():
                floor.append(await _floor(desk, next(fixed)))
                await desk.after(desk.page.run)  # back to the hits
    return {"keys": keys, "floor": floor}


async def _sample(desk: Any, count: int, seed: int) -> list[ContactRow]:
    """Some contacts, the same in every run."""
    ids = desk.page.model.ids
    chosen = random.Random(seed).sample(range(len(ids)), count)
    return list(await desk.reader.rows([int(ids[at]) for at in chosen]))


def _texts(rows: list[ContactRow]) -> Iterator[tuple[str, str]]:
    """What is typed, and its class ('' = by how many letters stand in the box)."""
    for row in rows:
        names = row.name.split()
        digits = phone_digits(row.phone)
        yield names[0][:6], ""
        yield row.name[:24], "full name"
        yield f"{names[-1][:4]} {names[0][:3]}", "two words"
        yield row.email.partition("@")[0][:10], "e-mail start"
        yield row.city[:8], "city"
        yield digits[-4:], "last 4 digits"
        yield digits[-7:], "last 7 digits"
    yield NO_HIT, "no hit"


async def clear(desk: Any) -> None:
    if desk.page.search_box.text():
        await desk.after(desk.page.search_box.line.clear, lambda: desk.showing(""))
        await asyncio.sleep(PACE)


async def _key(desk: Any, text: str) -> float:
    """Types the last letter of `text`; milliseconds to the frame that shows its hits."""
    started = time.perf_counter()
    ms = await desk.after(lambda: _press(desk.page.search_box.line, text[-1]), lambda: desk.showing(text.strip()))
    await asyncio.sleep(max(0.0, PACE - (time.perf_counter() - started)))
    return float(ms)


def _press(line: Any, letter: str) -> None:
    from PySide6.QtCore import QEvent, Qt
    from PySide6.QtGui import QKeyEvent
    from PySide6.QtWidgets import QApplication

    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        QApplication.sendEvent(line, QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, letter))


async def _floor(desk: Any, rows: list[ContactRow]) -> float:
    """The bare minimum in the same window: a small result that is at hand replaces the list and is painted."""
    model, ids = desk.page.model, [row.id for row in rows]
    return float(await desk.after(lambda: model.set_result(ids, model.query, (), {0: rows})))
