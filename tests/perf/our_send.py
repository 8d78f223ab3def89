"""The real sending of events: sealing, ledger, calls, outcomes; everything but a window. Another account of the same
emulator each time, so that no row was sent before."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from pathlib import Path
from typing import Any

from crmdesk.app import SLICE
from crmdesk.core.changes import ChangeFeed
from crmdesk.core.seams import SystemClock
from crmdesk.core.submission import NewRow, RowStage, Submission, SubmissionStage
from crmdesk.core.types import Account
from crmdesk.epoch_file import FileEpochs
from crmdesk.store.database import Database
from crmdesk.store.reader import Reader
from crmdesk.sync.progress import StatusBoard
from crmdesk.sync.services import Services
from crmdesk.sync.worker import NetworkThread
from crmdesk.vendors.crmcom_events import VENDOR
from crmdesk.vendors.crmcom_events.sandbox import DEMO

KIND = "achievements"


def rows(count: int) -> list[dict[str, Any]]:
    """Achievements by the paths of their fields, each at another minute."""
    return [
        {
            "accounts_receivable_identifier.number": "ACR0000000077",
            "classification_identifier.name": "Customer Feedback 3",
            "performed_by_unit_identifier.name": "Admin Unit",
            "performed_on": f"2026-{1 + n // 40_320 % 12:02}-{1 + n // 1440 % 28:02}T{n // 60 % 24:02}:{n % 60:02}:00",
        }
        for n in range(count)
    ]


def config() -> dict[str, str]:
    """Of an account of the emulator."""
    return {"username": DEMO.username, "organisation": DEMO.organisation, "time_zone": "UTC", "secret": DEMO.password}


def send(url: str, folder: str, count: int, per_call: int) -> dict[str, float]:
    """Seconds of the check, of sealing and sending until the last outcome is stored, and of storing the draft."""
    sys.setswitchinterval(SLICE)  # as the program does
    gc.disable()  # likewise: collections happen in Qt's thread, when it has time
    database = Database.open(Path(folder) / "ours.db", bytes(32), ChangeFeed(), SystemClock())
    try:
        return asyncio.run(_timed(database, url, count, per_call))
    finally:
        database.close()


async def _sign_in(services: Services, account: Account) -> None:
    """By *Test connection*, with the access that sends."""
    steps = await (await services._checks.open.access(account)).check()
    if not all(step.ok for step in steps):
        raise RuntimeError(f"no connection: {steps}")


async def _timed(database: Database, url: str, count: int, per_call: int) -> dict[str, float]:
    network = NetworkThread()
    epochs = FileEpochs(database.path.parent / "counters")
    services = Services(
        database, Reader(database), {VENDOR.key: VENDOR}, network, StatusBoard(), SystemClock(), epochs=epochs
    )
    account = await services.add_account(VENDOR.key, "Benchmark", VENDOR.check_base_url(url), config())
    await network.run(lambda: _sign_in(services, account))  # the bare script has signed in, too, with its imports
    new = [NewRow(values) for values in rows(count)]
    seconds = {}
    started = time.perf_counter()
    await services.submissions.check(account.id, KIND, new, {})
    seconds["check"], started = time.perf_counter() - started, time.perf_counter()
    made = await services.submissions.create(Submission(0, account.id, KIND, "Benchmark", per_call=per_call), new)
    seconds["store"], started = time.perf_counter() - started, time.perf_counter()
    await services.submissions.send(made.id, "Maria")
    seconds["seal"] = time.perf_counter() - started
    services.start()
    while (await services.submissions.get(made.id)).stage is not SubmissionStage.ENDED:
        await asyncio.sleep(0.02)
    seconds["send"] = time.perf_counter() - started
    shot = await services.submissions.snapshot(made.id)
    if shot.counts != {RowStage.SENT: count}:
        raise RuntimeError(f"not every event was sent: {shot.counts}")
    await services.aclose()
    network.close()
    return seconds
