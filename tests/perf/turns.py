"""Two functions timed in turn, so that both meet the same machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.perf.table import median


def medians(ours: Callable[[], Any], bare: Callable[[], Any], rounds: int) -> tuple[float, float]:
    """Milliseconds of each, in turn."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for run, kept in zip((ours, bare), times, strict=True):
            started = time.perf_counter()
            run()
            kept.append((time.perf_counter() - started) * 1000)
    return median(times[0]), median(times[1])
