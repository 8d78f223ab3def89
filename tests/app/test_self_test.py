"""`crmdesk self-test`, as an installer asks its frozen program and as a person asks an installation."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BROKEN = """
import sys
from crmdesk import selftest

async def fails(test):
    raise selftest.TroubleError("no fonts")

selftest.STEPS = (selftest.STEPS[0], selftest.Step("broken", fails), selftest.STEPS[1])
sys.exit(selftest.run())
"""


def ended(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False,
        env={**os.environ, **environ},
    )  # fmt: skip


def test_a_sound_installation_passes_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = ended("-m", "crmdesk", "self-test", TMPDIR=str(tmp_path), TEMP=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "This plugin" not in done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == [
        "window", "parts", "pull", "cache", "update", "search", "edit", "events", "files", "lines"
    ]  # fmt: skip
    assert lines[-1] == "This installation works."
    assert not [*tmp_path.iterdir()]


def test_the_first_step_that_fails_is_told_and_ends_it() -> None:
    done = ended("-c", BROKEN)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert "FAILED: no fonts" in lines[2]
    assert lines[3:] == ["This installation does NOT work."]


START = "import shutil, sys; from crmdesk import selftest; {break_it}; sys.exit(selftest.run())"
LOST = {  # what is broken → how, and the words that must tell it
    "a module": ("sys.modules['crmdesk.ui.trash.page'] = None", "crmdesk.ui.trash.page"),
    "an emulator": ("sys.modules['crmdesk.vendors.cendyn.sandbox'] = None", "crmdesk.vendors.cendyn.sandbox"),
    "the accounts of a vendor": (
        "from crmdesk.vendors.cendyn import sandbox; sandbox.CendynSandbox.describe = lambda *_: {'accounts': ()}",
        "nobody plays cendyn",
    ),
    "the last revision": (
        "from crmdesk.store.migrations import run; shutil.copytree(run.MIGRATIONS, 'm', dirs_exist_ok=True);"
        " run.MIGRATIONS = run.MIGRATIONS.__class__('m'); next((run.MIGRATIONS / 'versions').glob('0009*')).unlink()",
        "brought to 0008, not to 0009",
    ),
    "the encryption": (
        "from crmdesk.store import connect; connect._unlock = lambda *_: None",
        "the cache lies readable on the disk",
    ),
}


@pytest.mark.parametrize("what", LOST)
def test_what_an_installation_lost_is_found(what: str, tmp_path: Path) -> None:
    break_it, words = LOST[what]
    done = subprocess.run(
        [sys.executable, "-c", START.format(break_it=break_it)],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == "This installation does NOT work."
    assert "FAILED" in lines[-2] and words in lines[-2]
