"""A desk without a window: store, vendor in memory, board and clock, with one account that can be pulled."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from crmdesk.core.changes import ChangeFeed
from crmdesk.core.types import Account
from crmdesk.core.vendor import ContactSource
from crmdesk.store import accounts, contacts
from crmdesk.store.database import Database, driver_of
from crmdesk.store.packed import unpack
from crmdesk.sync.outcome import Job, PullResult, Removals
from crmdesk.sync.progress import Progress, StatusBoard
from crmdesk.sync.pull import pull
from tests.helpers.clock import FakeClock
from tests.helpers.memory_vendor import MemoryVendor, summarise

KEY = b"k" * 32
ASK = Removals()


class SeenBoard(StatusBoard):
    """Keeps every word that was put on it."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Progress] = []

    def put(self, progress: Progress) -> None:
        self.seen.append(progress)
        super().put(progress)

    @property
    def last(self) -> Progress:
        return self.seen[-1]


class Desk:
    def __init__(self, path: Path, count: int = 0, *, memory: MemoryVendor | None = None) -> None:
        self.path = path
        self.vendor = memory or MemoryVendor(count)
        self.clock = FakeClock()
        self.board = SeenBoard()
        self.database = self._database()
        found = self.database.read_sync(accounts.accounts)
        if not found:
            found = [self.database.write_sync(lambda c, t: accounts.add(c, t, _account("Seaside")))]
        self.id = found[0].id

    def _database(self) -> Database:
        return Database.open(self.path, KEY, ChangeFeed(), self.clock)

    def restart(self) -> None:
        """The program ends (cleanly or not: nothing in memory counts) and starts again on the same file."""
        self.database.close()
        self.database = self._database()

    def close(self) -> None:
        self.database.close()

    @property
    def account(self) -> Account:
        found = self.database.read_sync(lambda c: accounts.account(c, self.id))
        assert found is not None
        return found

    async def pull(
        self, *, full: bool = False, removals: Removals = ASK, source: ContactSource | None = None
    ) -> PullResult:
        async def opened() -> ContactSource:
            return source or self.vendor

        return await pull(
            Job(
                account=self.account,
                vendor_title="Memory",
                open=opened,
                database=self.database,
                summarise=summarise,
                board=self.board,
                clock=self.clock,
                full=full,
                removals=removals,
            )
        )

    def run(self, **wanted: Any) -> PullResult:
        """`pull` for tests without a loop."""
        return asyncio.run(self.pull(**wanted))

    def closed(self) -> list[str]:
        """Remote ids of who is restricted here."""
        asked = "SELECT remote_id FROM contact WHERE flags & 1 ORDER BY remote_id"
        return [row[0] for row in self.database.read_sync(lambda c: driver_of(c).execute(asked).fetchall())]

    def cached(self) -> dict[str, dict[str, Any]]:
        """Remote id → stored JSON."""

        def read(connection: Any) -> dict[str, dict[str, Any]]:
            rows = driver_of(connection).execute(
                "SELECT remote_id, body FROM contact JOIN contact_raw ON contact_id=id WHERE account_id=?", (self.id,)
            )
            return {remote_id: json.loads(unpack(body)) for remote_id, body in rows.fetchall()}

        return self.database.read_sync(read)

    def since(self) -> str:
        """Where the next complete listing starts, whatever is unfinished now."""
        return str(
            self.database.read_sync(
                lambda c: (
                    driver_of(c).execute("SELECT since FROM cursor WHERE account_id=?", (self.id,)).fetchone() or [""]
                )[0]
            )
        )

    def checkpoint(self) -> int | None:
        """The page an unfinished listing goes on with."""
        row = self.database.read_sync(
            lambda c: driver_of(c).execute("SELECT checkpoint FROM cursor WHERE account_id=?", (self.id,)).fetchone()
        )
        return contacts.checkpoint_of(row[0]).page if row and row[0] else None


def _account(title: str) -> Account:
    return replace(Account(0, "memory", title, "https://memory.example"))
