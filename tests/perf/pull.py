"""Pull from the loopback emulator, beside a bare script that stores the same pages, interleaved."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from crmdesk.store.connect import connect
from tests.perf import child
from tests.perf.options import Options
from tests.perf.table import Row, median

SAME = (
    "SELECT name, sort_key, email, phone, city, country, languages, notes, updated_at, base_hash, doc, digits, marks,"
    " body FROM contact JOIN contact_raw ON contact_id = id ORDER BY id"
)


def measure(options: Options) -> Iterator[Row]:
    bare: list[float] = []
    ours: list[float] = []
    with child.emulator(options.pulled) as url:
        for number in range(options.pull_rounds):
            with tempfile.TemporaryDirectory(prefix="crmdesk-perf-") as folder:
                bare.append(child.run("tests.perf.bare_pull:pull", url=url, folder=folder))
                ours.append(child.run("tests.perf.our_pull:pull", url=url, folder=folder, expected=options.pulled))
                if not number:
                    _check_same(Path(folder))
    name = f"pull of {options.pulled:,} contacts"
    yield Row(name, median(ours), "s", median(bare), most_ratio=1.5, stretch=1.2)
    yield Row(f"{name}, contacts per second", options.pulled / median(ours), "/s", options.pulled / median(bare))


def _check_same(folder: Path) -> None:
    """The floor counts only if both wrote the same. RuntimeError where they differ."""
    bare, ours = (connect(folder / name, bytes(32)).execute(SAME) for name in ("bare.db", "ours.db"))
    for number, (one, two) in enumerate(zip(bare, ours, strict=True), 1):
        if one != two:
            raise RuntimeError(f"the bare script and the pull stored contact {number} differently: {one} / {two}")
