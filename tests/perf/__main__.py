"""Speed and memory of crmdesk as one table: `.venv/bin/python -m tests.perf`.

Every number stands beside the least that the same job can take on this machine, measured in the same run: compare the
ratios, not the milliseconds. The first run builds a data file with a million contacts, which takes some minutes."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path

from tests.perf import child
from tests.perf.options import Options
from tests.perf.table import Row, render

MEASURES = (
    "start",
    "practice",
    "search",
    "scroll",
    "ordering",
    "save",
    "editor",
    "pull",
    "increment",
    "prio",
    "events",
    "importing",
    "sending",
    "composer",
    "duplicates",
    "gaps",
    "memory",
)


def main() -> int:
    chosen = _arguments()
    options = Options(rows=chosen.rows, pulled=chosen.pulled, quick=chosen.quick, root=chosen.cache)
    rows: list[Row] = []
    for name in chosen.only or MEASURES:
        print(f"Measuring {name} …", file=sys.stderr, flush=True)
        child.peaks.clear()
        rows += importlib.import_module(f"tests.perf.{name}").measure(options)
        rows += _peak(name)
        if chosen.json is not None:  # after each, for whoever has no time for the rest
            chosen.json.write_text(json.dumps([row.as_json() for row in rows], indent=2, ensure_ascii=False), "utf-8")
    print(render(rows))
    return any(row.met is False for row in rows)


def _peak(name: str) -> list[Row]:
    """The most memory of a process of ours while this was measured, beside the bare script's where there is one."""
    ours = [peak for module, peak in child.peaks.items() if ".bare_" not in module]
    bare = [peak for module, peak in child.peaks.items() if ".bare_" in module]
    return [Row(f"… most memory, {name}", max(ours), "MB", max(bare, default=None))] if ours else []


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.perf", description=__doc__)
    parser.add_argument("--rows", type=int, default=Options.rows, metavar="N", help="contacts in the cache")
    parser.add_argument("--pulled", type=int, default=Options.pulled, metavar="N", help="contacts of the pull")
    parser.add_argument("--only", action="append", choices=MEASURES, help="may be given several times")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="where data files are kept between runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers there as well")
    parser.add_argument("--quick", action="store_true", help="a small smoke test of the benchmarks; no real numbers")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.rows, chosen.pulled = min(chosen.rows, 20_000), min(chosen.pulled, 2_000)
    return chosen


if __name__ == "__main__":
    sys.exit(main())
