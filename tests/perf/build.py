"""Data for the benchmarks: a data file of any size with invented contacts, through the store's own writing.

Usage: python -m tests.perf.build PATH COUNT"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from crmdesk.core.changes import ChangeFeed
from crmdesk.core.seams import SystemClock
from crmdesk.core.types import Account, AccountState, Page, RemoteContact, Summary
from crmdesk.sandbox.people import people
from crmdesk.store import accounts, contacts
from crmdesk.store.database import Database
from crmdesk.vendors.bookingsync import sandbox_shape
from crmdesk.vendors.bookingsync.summary import summarise

KEY = b"benchmark-key-of-32-bytes-length"
NOW = "2026-01-05T09:00:00Z"
_PAGE = 2000  # large transactions: the builder is in a hurry


def made_up(count: int, account_id: int = 1, seed: int = 7, start: int = 0) -> Iterator[tuple[RemoteContact, Summary]]:
    """`count` contacts as the vendor sends them, each with its summary."""
    for number, person in enumerate(people(count, seed, start), start + 1):
        raw = sandbox_shape.contact(person, account_id, 100_000 + number)
        body = json.dumps(raw, ensure_ascii=False, separators=(",", ":")).encode()
        yield RemoteContact(str(raw["id"]), body, raw), summarise(raw)


def build_cache(path: Path, key: bytes, count: int, accounts_count: int = 2) -> None:
    """A data file with `count` contacts spread over `accounts_count` accounts; `path` must not exist."""
    database = Database.open(path, key, ChangeFeed(), SystemClock())
    try:
        share = -(-count // accounts_count)
        for number in range(accounts_count):
            _fill(database, number, min(share, count - number * share), number * share)
    finally:
        database.close()


def _fill(database: Database, number: int, count: int, start: int) -> None:
    title = f"Hotel {number + 1}"
    new = Account(0, "bookingsync", title, "https://vendor.example/api", state=AccountState.GOOD)
    account = database.write_sync(lambda connection, touched: accounts.add(connection, touched, new))
    generation = database.write_sync(lambda connection, _: contacts.begin_listing(connection, account.id, True))
    stream = made_up(count, account.id, start=start)
    page_number = 0
    while chunk := list(islice(stream, _PAGE)):
        page_number += 1
        page = Page(tuple(contact for contact, _ in chunk), page_number)
        summaries = [summary for _, summary in chunk]
        database.write_sync(
            lambda connection, touched, page=page, summaries=summaries: contacts.apply_page(
                connection, touched, account.id, generation, page, summaries, NOW
            )
        )
    database.write_sync(
        lambda connection, touched: contacts.finish_listing(connection, touched, account.id, generation, NOW, NOW)
    )


if __name__ == "__main__":
    build_cache(Path(sys.argv[1]), KEY, int(sys.argv[2]))
