"""The real pull of PrioTicket contacts, see `our_pull`; without the ceiling of calls that spares the vendor."""

from __future__ import annotations

import asyncio
from pathlib import Path

from crmdesk.core.changes import ChangeFeed
from crmdesk.core.seams import SystemClock
from crmdesk.store.database import Database
from crmdesk.vendors.prioticket import VENDOR
from tests.perf.emulator import CLIENT, TOKEN
from tests.perf.our_pull import timed


def pull(url: str, folder: str, expected: int, again: int) -> list[float]:
    """Seconds of the whole check of `expected` contacts and of `again` unchanged ones."""
    from crmdesk.vendors.prioticket import connector

    connector.CALLS_PER_SECOND = None
    database = Database.open(Path(folder) / "ours.db", bytes(32), ChangeFeed(), SystemClock())
    new = (VENDOR.key, "Benchmark", f"{url}/v3.8/distributor", {"client_id": CLIENT, "client_secret": TOKEN})
    try:
        return asyncio.run(timed(database, VENDOR, new, expected, again=again))
    finally:
        database.close()
