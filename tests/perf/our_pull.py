"""The real pull: services, connector, network thread, checkpoints, progress, cache; everything but a window."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from crmdesk.core.changes import ChangeFeed
from crmdesk.core.seams import SystemClock
from crmdesk.core.types import Account
from crmdesk.store import accounts
from crmdesk.store.database import Database
from crmdesk.store.reader import Reader
from crmdesk.sync.outcome import PullResult
from crmdesk.sync.progress import Phase, StatusBoard
from crmdesk.sync.services import Services
from crmdesk.sync.worker import NetworkThread
from crmdesk.vendors.bookingsync import VENDOR
from tests.perf.emulator import TOKEN


def add_account(database: Database, url: str) -> Account:
    """An account at the emulator, with its token stored."""
    new = Account(0, VENDOR.key, "Benchmark", VENDOR.check_base_url(url))

    def add(connection, touched):  # type: ignore[no-untyped-def]
        account = accounts.add(connection, touched, new)
        for field in VENDOR.credentials:
            accounts.put_secret(connection, touched, account.id, field.path, TOKEN)
        return account

    return database.write_sync(add)


def checked(result: PullResult, expected: int) -> None:
    """RuntimeError unless the pull ended well and brought `expected` contacts."""
    if result.phase is not Phase.DONE or result.new != expected:
        raise RuntimeError(f"the pull ended as {result.phase} with {result.new} contacts: {result.error}")


def pull(url: str, folder: str, expected: int) -> float:
    """Seconds for the whole check of `expected` contacts."""
    database = Database.open(Path(folder) / "ours.db", bytes(32), ChangeFeed(), SystemClock())
    try:
        return asyncio.run(_timed(database, add_account(database, url), expected))
    finally:
        database.close()


async def _timed(database: Database, account: Account, expected: int) -> float:
    import crmdesk.vendors.bookingsync.connector  # noqa: F401 - the bare script has its imports behind it too

    network = NetworkThread()
    clock = SystemClock()
    services = Services(database, Reader(database), {VENDOR.key: VENDOR}, network, StatusBoard(), clock)
    started = time.perf_counter()
    result = await services.pull(account.id)
    seconds = time.perf_counter() - started
    await services.aclose()
    network.close()
    checked(result, expected)
    return seconds
