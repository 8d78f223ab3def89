"""Checking and sending events to the loopback emulator, beside a bare httpx script that makes the same calls."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

from tests.perf import child
from tests.perf.options import Options
from tests.perf.table import Row, median

FEW, MANY, PER_CALL = 10_000, 100_000, (200, 1000)
CHECK_LIMIT = 2.0  # s, of FEW rows


def measure(options: Options) -> Iterator[Row]:
    if options.quick:
        yield from _sent(1000, 200, 1)
        return
    for per_call in PER_CALL:
        yield from _sent(FEW, per_call, 3)
    yield from _sent(MANY, max(PER_CALL), 1)


def _sent(count: int, per_call: int, rounds: int) -> Iterator[Row]:
    ours: list[dict[str, float]] = []
    bare: list[float] = []
    for _ in range(rounds):
        with child.emulator(0, "crmcom_events") as url:
            bare.append(child.run("tests.perf.bare_send:send", url=url, count=count, per_call=per_call))
        with child.emulator(0, "crmcom_events") as url, tempfile.TemporaryDirectory() as folder:
            arguments = {"url": url, "folder": folder, "count": count, "per_call": per_call}
            ours.append(child.run("tests.perf.our_send:send", **arguments))
    name = f"{count:,} events in calls of {per_call}"
    yield Row(f"{name}, sealed and sent", median([one["send"] for one in ours]), "s", median(bare), most_ratio=1.5)
    yield Row(f"{name}, of that sealing", median([one["seal"] for one in ours]), "s")
    limit = CHECK_LIMIT if count <= FEW else None
    yield Row(f"{count:,} events checked", median([one["check"] for one in ours]), "s", most=limit)
