"""Every benchmark can still be run: what a program has changed under it is told by the next long run, not by the person
who needs its figure. The figures of such a small run mean nothing and are not looked at."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.perf.__main__ import MEASURES

PROJECT = Path(__file__).parents[2]


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", MEASURES)
def test_a_small_run_fills_the_table(name: str, tmp_path: Path) -> None:
    found = tmp_path / "table.json"
    command = [sys.executable, "-m", "tests.perf", "--quick", "--only", name, "--json", str(found)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr[-2000:]  # 1: a target was missed
    rows = json.loads(found.read_text("utf-8"))
    assert rows and all(row["value"] >= 0 for row in rows)
    assert name in done.stderr
