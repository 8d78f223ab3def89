"""Checking and sending events to the loopback emulator, beside a bare httpx script that makes the same calls."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

from tests.perf import child
from tests.perf.options import Options
from tests.perf.table import Row, median

EVENTS, PER_CALL = 10_000, (200, 1000)
CHECK_LIMIT = 2.0  # s


def measure(options: Options) -> Iterator[Row]:
    count = 1000 if options.quick else EVENTS
    for per_call in PER_CALL:
        ours: list[dict[str, float]] = []
        bare: list[float] = []
        for _ in range(1 if options.quick else 3):
            with child.emulator(0, "crmcom_events") as url:
                bare.append(child.run("tests.perf.bare_send:send", url=url, count=count, per_call=per_call))
            with child.emulator(0, "crmcom_events") as url, tempfile.TemporaryDirectory() as folder:
                arguments = {"url": url, "folder": folder, "count": count, "per_call": per_call}
                ours.append(child.run("tests.perf.our_send:send", **arguments))
        name = f"{count:,} events in calls of {per_call}"
        yield Row(f"{name}, sealed and sent", median([one["send"] for one in ours]), "s", median(bare), most_ratio=1.5)
        yield Row(f"{name}, of that sealing", median([one["seal"] for one in ours]), "s")
    yield Row(f"{count:,} events checked", median([one["check"] for one in ours]), "s", most=CHECK_LIMIT)
