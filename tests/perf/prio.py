"""PrioTicket: a whole pull, and one where nothing has changed, beside a bare script that does the same, interleaved."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

from tests.perf import child
from tests.perf.options import Options
from tests.perf.table import Row, median

AGAIN = 10  # unchanged checks behind each whole one


def measure(options: Options) -> Iterator[Row]:
    whole: tuple[list[float], list[float]] = ([], [])
    unchanged: tuple[list[float], list[float]] = ([], [])
    with child.emulator(options.pulled, "prioticket") as url:
        for _ in range(options.pull_rounds):
            with tempfile.TemporaryDirectory(prefix="crmdesk-perf-") as folder:
                bare, stored = child.run("tests.perf.bare_prio:pull", url=url, folder=folder, again=AGAIN)
                ours = child.run("tests.perf.our_prio:pull", url=url, folder=folder, expected=stored, again=AGAIN)
            for kept, times in zip((0, 1), (ours, bare), strict=True):
                whole[kept].append(times[0])
                unchanged[kept].extend(times[1:])
    name = f"PrioTicket pull of {options.pulled:,} contacts"
    yield Row(name, median(whole[0]), "s", median(whole[1]), most_ratio=1.5, stretch=1.2)
    yield Row(f"{name}, unchanged (304)", median(unchanged[0]) * 1000, "ms", median(unchanged[1]) * 1000)
