"""A program to be killed while it sends events. python -m tests.helpers.submission_child serve: for each line of JSON
(`[folder, seed]`) a process of its own, until its killer has done with it."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from crmdesk.core.batch import BatchKind
from crmdesk.core.changes import ChangeFeed
from crmdesk.core.errors import KnownError
from crmdesk.core.seams import SystemClock
from crmdesk.core.submission import NewRow, RowStage, Submission, SubmissionStage
from crmdesk.core.types import Json
from crmdesk.epoch_file import FileEpochs
from crmdesk.store import submissions
from crmdesk.store.database import Database, driver_of
from crmdesk.sync.submissions import Submissions
from tests.helpers.desk import KEY
from tests.helpers.submission_world import Desk, Here, Vendor, answer, refusal


class KeptVendor(Vendor):
    """Its ledger is a file, one line per event: what is in a whole line has happened, whoever dies meanwhile."""

    def __init__(self, path: Path, chance: random.Random | None = None) -> None:
        super().__init__()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        self._chance = chance
        for line in path.read_bytes().split(b"\n")[:-1]:
            self.events.append(json.loads(line))

    async def send(self, kind: BatchKind, body: bytes) -> Json:
        made = []
        rows: Sequence[Mapping[str, Any]] = json.loads(body)
        refused = [row for row in rows if self._chance is not None and self._chance.random() < 0.2]
        await self._on_the_line()
        for row in rows:
            if row not in refused:
                (one,) = self.make([dict(row)])
                os.write(self._file, json.dumps(self.events[-1]).encode() + b"\n")
                made.append(one)
        await self._on_the_line()
        return answer(made, [refusal(row) for row in refused])

    async def _on_the_line(self) -> None:
        if self._chance is not None:
            await asyncio.sleep(self._chance.random() * 0.004)


class Run:
    """One run of the program on a folder; no network thread, everything else is real."""

    def __init__(self, folder: Path, chance: random.Random | None = None) -> None:
        self.vendor = KeptVendor(folder / "vendor.log", chance)
        self.database = Database.open(folder / "desk.db", KEY, ChangeFeed(), SystemClock())
        self.verbs = Submissions(
            self.database,
            {},
            Here(),
            SystemClock(),
            Desk(self.vendor),  # type: ignore[arg-type]
            FileEpochs(folder / "counters"),
        )

    async def all(self) -> list[Submission]:
        return await self.database.read(lambda c: submissions.listed(driver_of(c)))

    async def aclose(self) -> None:
        await self.verbs.sending.aclose()
        self.database.close()


async def live(folder: Path, seed: int) -> None:
    """Submits, sends, stops, retries, until somebody kills it."""
    chance, count = random.Random(seed), 0
    run = Run(folder, chance)
    forge = os.getppid()
    while os.getppid() == forge:  # not longer than its killer
        keys = [f"{seed}-{count}-{place}" for place in range(chance.randint(1, 9))]
        count += 1
        new = Submission(0, 1, "points", "May", per_call=chance.randint(1, 4), trial=chance.randint(0, 1))
        made = await run.verbs.create(new, [NewRow({"key": key}) for key in keys])
        await run.verbs.send(made.id, "Maria")
        await run.verbs.sending.send_due()
        os.write(1, b'{"sent": true}\n')
        for one in await run.all():
            try:
                if one.stage is SubmissionStage.PAUSED:
                    await chance.choice([run.verbs.go_on, run.verbs.stop])(one.id)
                elif chance.random() < 0.5:
                    await run.verbs.send(one.id, "Maria", stages=[RowStage.FAILED, RowStage.NOT_SENT])
            except KnownError:
                continue
        await run.verbs.sending.send_due()


def serve() -> None:
    """Everything is imported once; each life is a fork of that."""
    for line in sys.stdin:
        folder, seed = json.loads(line)
        if (pid := os.fork()) == 0:
            try:
                asyncio.run(live(Path(folder), seed))
            finally:
                traceback.print_exc()
                os._exit(1)
        os.write(1, json.dumps({"pid": pid}).encode() + b"\n")
        os.write(1, json.dumps({"dead": pid, "status": os.waitpid(pid, 0)[1]}).encode() + b"\n")


if __name__ == "__main__":
    serve()
