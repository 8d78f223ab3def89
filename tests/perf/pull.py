"""Pull from the loopback emulator, beside a bare script that stores the same pages, interleaved."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from crmdesk.store.connect import connect
from tests.perf import child
from tests.perf.options import Options
from tests.perf.table import Row, median

STORED = (
    "SELECT base_hash, body, doc, digits, marks FROM contact JOIN contact_raw ON contact_id = id ORDER BY remote_id"
)
CLEANED = 0.01  # share of contacts with hostile text, which the bare script indexes as it comes


def measure(options: Options) -> Iterator[Row]:
    bare: list[float] = []
    ours: list[float] = []
    with child.emulator(options.pulled) as url:
        for number in range(options.pull_rounds):
            with tempfile.TemporaryDirectory(prefix="crmdesk-perf-") as folder:
                seconds, stored = child.run("tests.perf.bare_pull:pull", url=url, folder=folder)
                bare.append(seconds)
                ours.append(child.run("tests.perf.our_pull:pull", url=url, folder=folder, expected=stored))
                if not number:
                    _check_same(Path(folder))
    name = f"pull of {options.pulled:,} contacts"
    yield Row(name, median(ours), "s", median(bare), most_ratio=1.5, stretch=1.2)
    yield Row(f"{name}, contacts per second", options.pulled / median(ours), "/s", options.pulled / median(bare))


def _check_same(folder: Path) -> None:
    """The floor counts only if both stored the same. RuntimeError where they differ."""
    bare, ours = (connect(folder / name, bytes(32)).execute(STORED).fetchall() for name in ("bare.db", "ours.db"))
    if [row[:2] for row in bare] != [row[:2] for row in ours]:
        raise RuntimeError("the bare script and the pull stored different contacts")
    worded = sum(one != two for one, two in zip(bare, ours, strict=True))
    if worded > CLEANED * len(ours):
        raise RuntimeError(f"the bare script and the pull indexed {worded} of {len(ours)} contacts differently")
