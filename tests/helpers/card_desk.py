"""The program's verbs over two accounts of real vendors whose contacts are put into the file without any network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from crmdesk.core.changes import ChangeFeed, Changes
from crmdesk.core.query import parse
from crmdesk.core.types import Account, Json, Page, RemoteContact
from crmdesk.store import accounts, contacts, incoming
from crmdesk.store.database import Database, driver_of
from crmdesk.store.reader import Reader
from crmdesk.sync.cards import Cards
from crmdesk.sync.progress import StatusBoard
from crmdesk.sync.services import Services
from crmdesk.sync.worker import NetworkThread
from crmdesk.vendors import VENDORS
from tests.helpers.clock import FakeClock
from tests.helpers.desk import KEY

NOW = "2026-11-27T10:00:00Z"
OF_KEY = {vendor.key: vendor for vendor in VENDORS}


def booking(number: int, **values: Any) -> Json:
    """A BookingSync contact. `phone`: its only number."""
    phone = values.pop("phone", None)
    lines = {"phones": [{"label": "mobile", "number": phone}]} if phone else {}
    return {"id": number, "firstname": "", "lastname": "", **lines, **values}


def prio(uid: str, **values: Any) -> Json:
    """A PrioTicket contact; the names of its fields without `contact_`."""
    return {"contact_uid": uid, **{f"contact_{key}": value for key, value in values.items()}}


class CardDesk:
    """`async with CardDesk(path) as desk`; `desk.b` and `desk.p` are the accounts' ids."""

    def __init__(self, path: Path) -> None:
        self.path, self.clock, self.told = path, FakeClock(), list[Changes]()

    async def __aenter__(self) -> Self:
        feed = ChangeFeed()
        feed.subscribe(self.told.append)
        self.database = Database.open(self.path, KEY, feed, self.clock)
        self.reader = Reader(self.database)
        found = self.database.read_sync(accounts.accounts) or [
            self._add("bookingsync", "Seaside", "https://www.bookingsync.com/api/v3"),
            self._add("prioticket", "Tickets", "https://distributor-api.prioticket.com/v3.8/distributor"),
        ]
        self.b, self.p = (account.id for account in found)
        self.network = NetworkThread()
        self.services = Services(self.database, self.reader, OF_KEY, self.network, StatusBoard(), self.clock)
        await self.services._checks.accounts()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.services.aclose()
        self.network.close()
        self.database.close()

    def _add(self, vendor: str, title: str, url: str) -> Account:
        new = Account(0, vendor, title, url, {"sign_in": "token"} if vendor == "bookingsync" else {})
        return self.database.write_sync(lambda c, t: accounts.add(c, t, new))

    @property
    def cards(self) -> Cards:
        return self.services.cards

    def put(self, account_id: int, raws: Sequence[Json], *, whole: bool = True) -> list[int]:
        """Contacts as a listing brings them; their ids. Not `whole`: the others stay."""
        vendor = OF_KEY["bookingsync" if account_id == self.b else "prioticket"]
        names = [str(raw.get("id") or raw.get("contact_uid")) for raw in raws]
        found = [RemoteContact(n, json.dumps(raw).encode(), raw) for n, raw in zip(names, raws, strict=True)]

        def write(connection: Any, touched: Any) -> list[int]:
            generation = contacts.begin_listing(connection, account_id, True)
            desk = incoming.desk_of(connection, touched, vendor, account_id, NOW)
            page = Page(tuple(found), 1)
            incoming.take_in(connection, desk, generation, page, lambda contact: vendor.summarise(contact.raw))
            return [contacts.id_of(driver_of(connection), account_id, name) for name in names]

        return self.database.write_sync(write)

    def gone(self, account_id: int, remote_ids: Sequence[str]) -> None:
        """So the vendor says."""
        self.database.write_sync(lambda c, t: contacts.remove_contacts(c, t, account_id, remote_ids, NOW))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.database.read_sync(lambda c: [tuple(row) for row in driver_of(c).execute(sql).fetchall()])

    async def found(self, text: str) -> set[int]:
        hits = await self.reader.search(parse(text, now=self.clock.now()))
        return set(hits.ids[: len(hits.ids)].tolist())

    async def pairs(self) -> dict[tuple[int, int], int]:
        """Score by ids."""
        return {(pair.a, pair.b): pair.score for pair in await self.reader.pairs(1000)}
