"""`crmdesk self-test`, as an installer asks its frozen program and as a person asks an installation."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

BROKEN = """
import sys
from crmdesk import selftest

async def fails(test):
    raise selftest.TroubleError("no fonts")

selftest.STEPS = (selftest.STEPS[0], selftest.Step("broken", fails), selftest.STEPS[1])
sys.exit(selftest.run())
"""


def ended(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )


def test_a_sound_installation_passes_and_leaves_nothing_behind() -> None:
    before = set(Path(tempfile.gettempdir()).glob("crmdesk-self-test-*"))
    done = ended("-m", "crmdesk", "self-test")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "This plugin" not in done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == [
        "window", "pull", "cache", "update", "search", "edit", "events", "files", "lines"
    ]  # fmt: skip
    assert lines[-1] == "This installation works."
    assert set(Path(tempfile.gettempdir()).glob("crmdesk-self-test-*")) <= before


def test_the_first_step_that_fails_is_told_and_ends_it() -> None:
    done = ended("-c", BROKEN)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert "FAILED: no fonts" in lines[2]
    assert lines[3:] == ["This installation does NOT work."]
