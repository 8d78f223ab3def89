"""A further check of a large account, of which some contacts have changed since: ours, and the bare calls for the same
pages with the changed contacts decoded and nothing stored."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec

from crmdesk.core.changes import ChangeFeed
from crmdesk.core.seams import SystemClock
from crmdesk.store.database import Database
from crmdesk.sync.progress import Phase
from crmdesk.sync.services import Services
from crmdesk.vendors.bookingsync import VENDOR
from tests.perf import child
from tests.perf.emulator import TOKEN
from tests.perf.options import Options
from tests.perf.our_pull import checked, new_account, working
from tests.perf.table import Row, median

CHANGED = 500  # contacts, before each further check
KEPT = 450  # of them at least: some are cancelled, and a check that brings next to nothing would measure nothing
BEHIND = 2.0  # s; the vendor's times are whole seconds, and a check looks a little further back
PER_PAGE = 100


def measure(options: Options) -> Iterator[Row]:
    with child.emulator(options.pulled) as url, tempfile.TemporaryDirectory(prefix="crmdesk-perf-") as folder:
        rounds = options.pull_rounds
        found = child.run("tests.perf.increment:check_again", url=url, folder=folder, rounds=rounds)
    name = f"further check of {options.pulled:,} contacts"
    yield Row(f"{name}, {CHANGED} changed", median(found["changed"]), floor=median(found["bare"]))
    yield Row(f"{name}, none changed", median(found["unchanged"]))


def check_again(url: str, folder: str, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each further check; runs in a process of its own."""
    database = Database.open(Path(folder) / "ours.db", bytes(32), ChangeFeed(), SystemClock())
    try:
        return asyncio.run(_checked_again(database, url, rounds))
    finally:
        database.close()


async def _checked_again(database: Database, url: str, rounds: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"changed": [], "unchanged": [], "bare": []}
    client = httpx.Client(base_url=f"{url}/api/v3", headers={"Authorization": f"Bearer {TOKEN}"})
    async with working(database, VENDOR, new_account(url)) as (services, account_id):
        checked(await services.pull(account_id))
        for number in range(rounds):
            await asyncio.sleep(BEHIND)
            since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            await asyncio.to_thread(_change, client, f"Round {number}")
            found["changed"].append(await _pulled(services, account_id, KEPT))
            found["bare"].append(await asyncio.to_thread(_read, client, since))
            await asyncio.sleep(BEHIND)
            await _pulled(services, account_id, None)  # its margin brings those changed just now once more
            found["unchanged"].append(await _pulled(services, account_id, None))
    client.close()
    return found


async def _pulled(services: Services, account_id: int, least: int | None) -> float:
    started = time.perf_counter()
    result = await services.pull(account_id)
    if result.phase is not Phase.DONE or (least is not None and result.contacts < least):
        raise RuntimeError(f"a further check ended as {result.phase} with {result.contacts} contacts")
    return (time.perf_counter() - started) * 1000


def _change(client: httpx.Client, city: str) -> None:
    """The same contacts each time, at the vendor."""
    for contact in _pages(client, {"per_page": PER_PAGE}, CHANGED):
        client.put(f"/contacts/{contact['id']}", json={"contacts": [{"city": city}]}).raise_for_status()


def _read(client: httpx.Client, since: str) -> float:
    started = time.perf_counter()
    count = len(_pages(client, {"per_page": PER_PAGE, "updated_since": since}, None))
    if count < KEPT:
        raise RuntimeError(f"only {count} contacts had changed")
    return (time.perf_counter() - started) * 1000


def _pages(client: httpx.Client, params: dict[str, Any], most: int | None) -> list[Any]:
    """Contacts of all pages, `most` of them at the most."""
    found: list[Any] = []
    for number in range(1, 10**6):
        answer = client.get("/contacts", params={**params, "page": number})
        found += msgspec.json.decode(answer.content)["contacts"]
        if 'rel="next"' not in answer.headers["link"] or (most is not None and len(found) >= most):
            break
    return found[:most]
