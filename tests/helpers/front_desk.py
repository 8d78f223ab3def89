"""A front desk without a window: the program's verbs over the real store, a vendor in memory, a clock to be moved."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from crmdesk.core.changes import ChangeFeed, Changes
from crmdesk.core.outbox import FieldChange, Op, OpState
from crmdesk.core.types import OUTBOX_FLAGS, Account, ContactDetail, ContactRow
from crmdesk.core.vendor import Vendor
from crmdesk.store import accounts, ops
from crmdesk.store.database import Database, driver_of
from crmdesk.store.effective import effective, raw_of
from crmdesk.store.packed import unpack
from crmdesk.store.reader import Reader
from crmdesk.sync.edits import Edits
from crmdesk.sync.services import Services
from crmdesk.sync.worker import NetworkThread
from tests.helpers.clock import FakeClock
from tests.helpers.desk import KEY, SeenBoard
from tests.helpers.memory_vendor import MemoryVendor, vendor_of

GRACE = 6  # s; more than an edit waits before it leaves


@dataclass(frozen=True)
class Now:
    """A contact: the vendor's state as last read, and what a person sees of it."""

    id: int
    remote_id: str
    name: str
    base: dict[str, Any]
    shown: dict[str, Any]


class FrontDesk:
    """`async with FrontDesk(path) as desk`: one run of the program on the data file `path`."""

    def __init__(
        self,
        path: Path,
        memory: MemoryVendor | None = None,
        *,
        clock: FakeClock | None = None,
        lacks: dict[str, str] | None = None,
        resends: bool = False,
    ) -> None:
        self.path = path
        self.memory = memory or MemoryVendor(5)
        self.clock = clock or FakeClock()
        self.vendor: Vendor = replace(vendor_of(self.memory, lacks=lacks), resends=resends)
        self.told: list[Changes] = []

    async def __aenter__(self) -> Self:
        self.feed = ChangeFeed()
        self.feed.subscribe(self.told.append)
        self.database = Database.open(self.path, KEY, self.feed, self.clock)
        self.reader = Reader(self.database)
        self.network = NetworkThread()
        self.board = SeenBoard()
        vendors = {"memory": self.vendor}
        self.services = Services(self.database, self.reader, vendors, self.network, self.board, self.clock)
        found = self.database.read_sync(accounts.accounts)
        if not found:
            new = Account(0, "memory", "Seaside", "https://memory.example")
            found = [self.database.write_sync(lambda c, t: accounts.add(c, t, new))]
            self.database.write_sync(lambda c, t: accounts.put_secret(c, t, found[0].id, "token", "abc"))
        self.id = found[0].id
        await self.services._checks.accounts()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.services.aclose()
        self.network.close()
        self.database.close()

    @property
    def edits(self) -> Edits:
        return self.services.edits

    # what happens

    async def pull(self, *, full: bool = False) -> Any:
        return await self.services.pull(self.id, full=full)

    async def push(self, seconds: float = GRACE) -> None:
        """Lets the grace time pass and sends what is due."""
        self.clock.forward(seconds)
        await self.services.sending.send_due()

    async def change(self, remote_id: str, **values: Any) -> Any:
        """A person changes fields of a contact, as they see it."""
        contact_id, shown = self.number(remote_id), self.shown(remote_id)
        changes = [FieldChange(path, shown.get(path), value) for path, value in values.items()]
        return await self.edits.save(contact_id, changes)

    # what there is

    def ids(self) -> dict[str, int]:
        rows = self.database.read_sync(lambda c: driver_of(c).execute("SELECT remote_id, id FROM contact").fetchall())
        return dict(rows)

    def number(self, remote_id: str) -> int:
        return self.ids()[remote_id]

    async def row(self, contact_id: int) -> ContactRow:
        return (await self.reader.rows([contact_id]))[0]

    async def detail(self, contact_id: int) -> ContactDetail:
        found = await self.reader.detail(contact_id)
        assert found is not None
        return found

    def base(self, remote_id: str) -> dict[str, Any]:
        """What is kept as the vendor's state."""

        def read(connection: Any) -> dict[str, Any]:
            row = driver_of(connection).execute(
                "SELECT body FROM contact JOIN contact_raw ON contact_id=id WHERE remote_id=?", (remote_id,)
            )
            return raw_of(unpack(bytes(row.fetchone()[0])))

        return self.database.read_sync(read)

    def shown(self, remote_id: str) -> dict[str, Any]:
        """What a person sees of it."""
        number = self.number(remote_id)
        waiting = self.database.read_sync(lambda c: ops.open_ops(driver_of(c), number))
        return effective(self.vendor, self.base(remote_id), waiting)

    async def ops(self) -> list[Op]:
        return await self.reader.ops("all")

    async def states(self) -> list[OpState]:
        return [op.state for op in await self.ops()]

    async def the_op(self) -> Op:
        (op,) = await self.reader.ops()
        return op

    async def found(self, text: str) -> list[str]:
        """Names that a search finds."""
        from crmdesk.core.query import parse

        return [row.name for row in (await self.reader.search(parse(text, now=self.clock.now()))).first]

    def now(self) -> list[Now]:
        """Every contact, in one read: consistent while other threads write."""
        return self.database.read_sync(lambda c: self.now_in(driver_of(c)))

    def now_in(self, driver: Any) -> list[Now]:
        rows = driver.execute(
            "SELECT id, remote_id, name, city, flags, body FROM contact JOIN contact_raw ON contact_id=id ORDER BY id"
        ).fetchall()
        found = []
        for number, remote_id, name, city, marks, body in rows:
            base, waiting = raw_of(unpack(bytes(body))), ops.open_ops(driver, number)
            shown = effective(self.vendor, base, waiting)
            assert (name, city) == (shown.get("name") or "", shown.get("city") or ""), "list and editor differ"
            assert marks & OUTBOX_FLAGS == ops.outbox_flags(driver, number, waiting), f"the marks of {name} are wrong"
            found.append(Now(number, remote_id, name, base, shown))
        return found

    def dump(self) -> str:
        """Every word in the file's own tables."""
        tables = ("op", "draft", "history", "trash", "contact", "contact_raw")
        rows = self.database.read_sync(
            lambda c: [driver_of(c).execute(f"SELECT * FROM {t}").fetchall() for t in tables]
        )
        return json.dumps(rows, default=lambda value: unpack(bytes(value)).decode("utf-8", "replace"))
