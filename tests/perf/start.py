"""From the start of the process to the first painted rows, beside a bare window, interleaved."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.perf import child
from tests.perf.cache import keyed_folder, prepared
from tests.perf.options import Options
from tests.perf.table import Row, centile, median

SOME = 100_000  # contacts
HERE = Path(__file__).parent
BARE, OURS = str(HERE / "bare_window.py"), str(HERE / "our_start.py")


def measure(options: Options) -> Iterator[Row]:
    """Without any contacts, with some, and with all of them."""
    with keyed_folder() as folder:
        yield from _starts(folder, 0, options)
    if options.rows > SOME:
        yield from _starts(prepared(options.root, SOME).folder, SOME, options)
    yield from _starts(options.cache.folder, options.rows, options)


def _starts(folder: Path, rows: int, options: Options) -> Iterator[Row]:
    bare: list[float] = []
    painted: list[float] = []
    searched: list[float] = []
    for number in range(1 + options.start_rounds):
        floor, ours = timed(BARE), timed(OURS, str(folder), *([] if rows else ["empty"]))
        if number:  # the first round fills the system's caches and compiles
            bare.append(floor[0])
            painted.append(ours[0])
            searched.append(ours[1])
    what = f"first rows painted, {rows:,} contacts" if rows else "first page painted, no data yet"
    yield Row(f"start to {what}, median", median(painted), floor=median(bare), most_ratio=2, stretch=1.5)
    yield Row(f"start to {what}, p95", centile(painted, 95), floor=centile(bare, 95))
    yield Row("… to the first answer of the search, median", median(searched), floor=median(bare))


def timed(script: str, *arguments: str) -> list[float]:
    """Milliseconds from just before the process is made to the moments it prints; the monotonic clock is the same in
    all processes."""
    environment = child.environment(PYTHONPATH=str(child.PROJECT))
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, script, *arguments], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return [(float(stamp) - started) * 1000 for stamp in done.stdout.splitlines()[-1].split()]


def bare_memory() -> dict[str, float]:
    """Rss and Pss of the bare window, in MB."""
    environment = child.environment(PYTHONPATH=str(child.PROJECT))
    command = [sys.executable, BARE, "--memory"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    rss, pss = done.stdout.split()[-2:]
    return {"Rss": float(rss), "Pss": float(pss)}
