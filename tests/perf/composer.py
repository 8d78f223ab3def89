"""How long the window stands still while somebody works with many rows in the composer."""

from __future__ import annotations

from collections.abc import Iterator

from tests.perf import child
from tests.perf.options import Options
from tests.perf.table import Row

FEW, MANY = 10_000, 100_000
LIMIT = 50.0  # ms, of FEW rows


def measure(options: Options) -> Iterator[Row]:
    for count in (1000,) if options.quick else (FEW, MANY):
        for what, longest in child.run("tests.perf.our_composer:gaps", count=count).items():
            most = LIMIT if count <= FEW else None
            yield Row(f"longest stall, {count:,} rows, {what}", longest, most=most)
