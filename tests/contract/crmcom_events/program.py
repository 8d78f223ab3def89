"""The services of crmdesk with the emulated back office as their only vendor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from crmdesk.core.changes import ChangeFeed, Changes
from crmdesk.core.epoch import MemoryEpochs
from crmdesk.core.submission import NewRow, RowStage, Submission
from crmdesk.core.types import Account
from crmdesk.store import accounts
from crmdesk.store.database import Database
from crmdesk.store.reader import Reader
from crmdesk.sync.progress import StatusBoard
from crmdesk.sync.services import Services
from crmdesk.sync.worker import NetworkThread
from crmdesk.vendors.crmcom_events import EXAMPLE_URL, VENDOR
from crmdesk.vendors.crmcom_events.sandbox import DEMO
from tests.contract.crmcom_events.tools import CONFIG, GOOD
from tests.helpers.clock import FakeClock
from tests.helpers.desk import KEY


def account(config: dict[str, str] | None = None, base_url: str = EXAMPLE_URL) -> Account:
    return Account(1, VENDOR.key, "Rewards office", base_url, {**CONFIG, **(config or {})})


def some(count: int) -> list[dict[str, Any]]:
    return [{**GOOD["web"], "website": f"www.{number:03}.com"} for number in range(count)]


class Program:
    """The services over one data file, whose account is the emulator."""

    def __init__(self, folder: Path, address: str) -> None:
        self.told: list[Changes] = []
        feed = ChangeFeed()
        feed.subscribe(self.told.append)
        self.clock = FakeClock()
        self.database = Database.open(folder / "desk.db", KEY, feed, self.clock)
        self.network = NetworkThread()
        self.reader = Reader(self.database)
        self.services = Services(
            self.database, self.reader, {VENDOR.key: VENDOR}, self.network, StatusBoard(), self.clock,
            epochs=MemoryEpochs(),
        )  # fmt: skip
        self.verbs = self.services.submissions
        new = account(base_url=VENDOR.check_base_url(address))
        self.id = self.database.write_sync(lambda c, t: accounts.add(c, t, new)).id
        self.database.write_sync(lambda c, t: accounts.put_secret(c, t, self.id, "secret", DEMO.password))

    async def sent(self, rows: list[dict[str, Any]], **how: Any) -> int:
        new = Submission(0, self.id, how.pop("kind", "web"), "May", **how)
        made = await self.verbs.create(new, [NewRow(values) for values in rows])
        await self.verbs.send(made.id, "Maria")
        await self.verbs.sending.send_due()
        return made.id

    async def counts(self, number: int) -> dict[RowStage, int]:
        return dict((await self.verbs.snapshot(number)).counts)

    async def aclose(self) -> None:
        await self.services.aclose()
        self.network.close()
        self.database.close()
