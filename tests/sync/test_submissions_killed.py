"""A process that is killed with SIGKILL while it sends events, again and again: nothing is sent twice, and what is told
of a row is so."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any, Self

import pytest

from crmdesk.core.submission import RowStage
from crmdesk.store import submissions
from crmdesk.store.database import driver_of
from tests.helpers.submission_child import Run

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="each life is a fork of a process that is warm")

ROUNDS = 5  # in the normal run
LIVES = 5  # of one data folder
SHORTEST, LONGEST = 0.03, 0.5  # s until it is killed
UNSENT = {"ready", "queued", "failed", "not sent", "left out"}


class Forge:
    """The warm process: gives birth to lives, and tells of their deaths."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.helpers.submission_child"]
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # no threads before the fork
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def life(self, folder: Path, seed: int, seconds: float) -> int:
        """How many submissions went before it was killed."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(folder), seed]).encode() + b"\n")
        self._process.stdin.flush()
        sent, pid, dead = 0, 0, dict[str, Any]()
        while not pid:  # the newborn may speak before its birth is told
            line = json.loads(self._process.stdout.readline())
            pid, sent = line.get("pid", 0), sent + ("sent" in line)
        threading.Event().wait(seconds)
        with contextlib.suppress(ProcessLookupError):  # it died by itself: told below
            os.kill(pid, signal.SIGKILL)
        while "dead" not in dead:
            dead = json.loads(self._process.stdout.readline())
            sent += "sent" in dead
        assert os.WIFSIGNALED(dead["status"]), f"it ended by itself: {self._last_words()}"
        return sent

    def _last_words(self) -> str:
        self._process.kill()
        return self._process.communicate()[1].decode()[-2000:]


async def check(folder: Path) -> int:
    """Starts again, looks, and lets a person settle what is unknown; how many rows that was."""
    run = Run(folder)
    await run.verbs.recover()
    assert run.database.check() == []
    there = Counter(event["key"] for event in run.vendor.events)
    assert not there or max(there.values()) == 1, f"sent twice: {there.most_common(3)}"
    labels = {event["uid"] for event in run.vendor.events}
    unknown = 0
    for one in await run.all():
        rows = await run.database.read(lambda c, one=one: submissions.rows(driver_of(c), one.id))
        assert sum((await run.verbs.snapshot(one.id)).counts.values()) == len(rows)
        for row in rows:
            key = row.values["key"]
            assert row.stage not in (RowStage.QUEUED, RowStage.SENDING), "it goes by itself"
            assert row.stage is not RowStage.SENT or there[key], f"{key} is told to be sent"
            assert row.stage.value not in UNSENT or row.uid not in labels, f"{key} is told to be {row.stage.value}"
        doubt = [row for row in rows if row.stage is RowStage.UNKNOWN]
        unknown += len(doubt)
        for sent in (True, False):
            ids = [row.id for row in doubt if bool(there[row.values["key"]]) is sent]
            await run.verbs.settle(ids, "I have looked.", "Maria", sent=sent)
    await run.verbs.release("I have looked.", "Maria")
    await run.aclose()
    return unknown


async def rounds(folder: Path, count: int, seed: int) -> str:
    """Kills `count` times; the figures in words."""
    chance, sent, unknown, place = random.Random(seed), 0, 0, folder
    with Forge() as forge:
        for number in range(count):
            if number % LIVES == 0:
                place = folder / str(number)
                place.mkdir()
            seconds = SHORTEST + (LONGEST - SHORTEST) * chance.random() ** 2
            sent += forge.life(place, seed * 10_000 + number, seconds)
            try:
                unknown += await check(place)
            except AssertionError as error:
                error.add_note(f"seed {seed}, round {number}, killed after {seconds * 1000:.0f} ms")
                raise
    assert sent, "nothing was sent before it was killed"
    return f"{count} kills: {sent:,} submissions went, 0 rows doubled; {unknown:,} rows were unknown"


@pytest.mark.timeout(120)
async def test_killed_five_times_nothing_is_sent_twice(folder: Path) -> None:
    await rounds(folder, ROUNDS, 1)


@pytest.mark.long
@pytest.mark.timeout(1800)
async def test_killed_two_hundred_times_nothing_is_sent_twice(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = await rounds(folder, 200, 4711)
    with capsys.disabled():
        print(f"\n{figures}")
