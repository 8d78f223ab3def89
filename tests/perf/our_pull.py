"""The real pull: services, connector, network thread, checkpoints, progress, cache; everything but a window."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from crmdesk.core.changes import ChangeFeed
from crmdesk.core.seams import SystemClock
from crmdesk.core.vendor import Vendor
from crmdesk.store.database import Database
from crmdesk.store.reader import Reader
from crmdesk.sync.outcome import PullResult
from crmdesk.sync.progress import Phase, StatusBoard
from crmdesk.sync.services import Services
from crmdesk.sync.worker import NetworkThread
from crmdesk.vendors.bookingsync import VENDOR
from tests.perf.emulator import TOKEN


def new_account(url: str) -> tuple[str, str, str, dict[str, str]]:
    """What `Services.add_account` needs for the emulator at `url`."""
    return VENDOR.key, "Benchmark", url, {"sign_in": "token", "token": TOKEN}


def checked(result: PullResult, expected: int | None = None) -> None:
    """RuntimeError unless the pull ended well and brought `expected` contacts (None: some)."""
    if result.phase is not Phase.DONE or not result.new or expected not in (None, result.new):
        raise RuntimeError(f"the pull ended as {result.phase} with {result.new} contacts: {result.error}")


def pull(url: str, folder: str, expected: int) -> float:
    """Seconds for the whole check of `expected` contacts."""
    database = Database.open(Path(folder) / "ours.db", bytes(32), ChangeFeed(), SystemClock())
    try:
        return asyncio.run(_timed(database, url, expected))
    finally:
        database.close()


async def _timed(database: Database, url: str, expected: int) -> float:
    import crmdesk.vendors.bookingsync.connector  # noqa: F401 - the bare script has its imports behind it too

    return (await timed(database, VENDOR, new_account(url), expected, again=0))[0]


async def timed(
    database: Database, vendor: Vendor, new: tuple[str, str, str, dict[str, str]], expected: int, *, again: int
) -> list[float]:
    """Seconds of the first whole check of `expected` contacts, and of `again` further ones."""
    seconds = []
    async with working(database, vendor, new) as (services, account_id):
        for number in range(1 + again):
            started = time.perf_counter()
            result = await services.pull(account_id)
            seconds.append(time.perf_counter() - started)
            if not number:
                checked(result, expected)
            elif result.phase is not Phase.DONE or result.contacts:
                raise RuntimeError(f"a further check ended as {result.phase} with {result.contacts} contacts read")
    return seconds


@asynccontextmanager
async def working(
    database: Database, vendor: Vendor, new: tuple[str, str, str, dict[str, str]]
) -> AsyncIterator[tuple[Services, int]]:
    """Everything below a window, with one account of the vendor: its number."""
    network = NetworkThread()
    services = Services(database, Reader(database), {vendor.key: vendor}, network, StatusBoard(), SystemClock())
    yield services, (await services.add_account(*new)).id
    await services.aclose()
    network.close()
