"""From the start of the process to practice with 200 guests listed, and to all that it begins with, beside a bare
window (UX-FST-01)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.perf.options import Options
from tests.perf.start import BARE, timed
from tests.perf.table import Row, median

OURS = str(Path(__file__).parent / "our_practice.py")
MOST = 5000.0  # ms


def measure(options: Options) -> Iterator[Row]:
    bare: list[float] = []
    listed: list[float] = []
    whole: list[float] = []
    for number in range(1 + options.practice_rounds):
        floor, ours = timed(BARE), timed(OURS)
        if number:  # the first round fills the system's caches and compiles
            bare.append(floor[0])
            listed.append(ours[0])
            whole.append(ours[1])
    yield Row("start to practice with 200 guests, median", median(listed), floor=median(bare), most=MOST)
    yield Row("… with conflicts and a refused change, median", median(whole), floor=median(bare))
