"""A process that is killed with SIGKILL while it pulls, again and again: nothing acknowledged is lost, it goes on."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.helpers.desk import Desk
from tests.helpers.pull_child import CONTACTS, PER_PAGE, vendor

PAGES = CONTACTS // PER_PAGE


def told(line: bytes, before: int) -> int:
    """Contacts acknowledged so far. A line that the kill cut off says nothing."""
    return int(line.split()[1]) if line.startswith(b"pull") and line.endswith(b"\n") else before


def kill_once(path: Path, chance: random.Random) -> int:
    """Starts the program, kills it a moment after some page; how many contacts it had acknowledged."""
    child = subprocess.Popen([sys.executable, "-m", "tests.helpers.pull_child", str(path)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    acknowledged = 0
    after_pages, moment = chance.randint(0, 9), chance.random() * 0.02
    try:
        for number, line in enumerate(child.stdout):
            acknowledged = told(line, acknowledged)
            if number >= after_pages or line.startswith(b"end"):
                break
        threading.Event().wait(moment)
    finally:
        child.kill()
        child.wait()
    for line in child.stdout:  # what it said before it died
        acknowledged = told(line, acknowledged)
    child.stdout.close()
    return acknowledged


def rounds(folder: Path, count: int, seed: int) -> None:
    chance = random.Random(seed)
    file, truth = 0, vendor().bodies()
    path = folder / "killed0.db"
    for _ in range(count):
        acknowledged = kill_once(path, chance)
        desk = Desk(path, memory=vendor())
        cached = desk.cached()
        assert len(cached) >= acknowledged
        assert all(truth[remote_id] == raw for remote_id, raw in cached.items())
        assert desk.account.contacts == len(cached)
        assert desk.database.check() == []
        finished = desk.since() != ""
        if finished or len(cached) > CONTACTS * 0.7:
            page = desk.checkpoint()
            desk.run()
            assert desk.cached() == truth
            if not finished and page is not None:
                assert desk.vendor.requests[0] == f"page {page}", "it went on where it was killed"
            file += 1
            path = folder / f"killed{file}.db"
        desk.close()


@pytest.mark.timeout(300)
@pytest.mark.slow
def test_killed_five_times(tmp_path: Path) -> None:
    rounds(tmp_path, 5, seed=2)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_killed_a_hundred_times(tmp_path: Path) -> None:
    rounds(tmp_path, 100, seed=3)
