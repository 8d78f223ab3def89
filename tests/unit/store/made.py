"""Hand-made contacts and a data file to put them in."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crmdesk.core.changes import ChangeFeed, Changes
from crmdesk.core.query import Query, parse
from crmdesk.core.seams import SystemClock
from crmdesk.core.types import Account, Cursor, Flag, Page, Phone, RemoteContact, Sort, Summary
from crmdesk.store import accounts, contacts
from crmdesk.store.contacts import Applied
from crmdesk.store.database import Database
from crmdesk.store.reader import Hits, Reader

KEY = bytes(range(32))
NOW = datetime(2026, 1, 6, 12, 0, tzinfo=UTC)
STAMP = "2026-01-06T12:00:00Z"
TEXTS = (
    "name",
    "first",
    "last",
    "email",
    "company",
    "city",
    "country",
    "address",
    "zip",
    "notes",
    "website",
    "gender",
    "type",
)


def contact(remote_id: str, **given: Any) -> tuple[RemoteContact, Summary]:
    """`first`, `last`, `email`, `phone` (one text or several), … `body` overrides the JSON text."""
    body = given.pop("body", None)
    phones = given.pop("phone", ())
    phones = (phones,) if isinstance(phones, str) else tuple(phones)
    languages = tuple(given.pop("languages", ()))
    raw = {"id": remote_id, **given, "phones": phones, "languages": languages}
    given.setdefault("name", f"{given.get('first', '')} {given.get('last', '')}".strip())
    texts = {name: given[name] for name in TEXTS if given.get(name)}
    texts |= {"id": remote_id, "phone": " ".join(phones), "lang": " ".join(languages)}
    flags = given.pop("flags", Flag(0))
    for name, flag in (("email", Flag.HAS_EMAIL), ("address", Flag.HAS_ADDRESS), ("notes", Flag.HAS_NOTES)):
        flags |= flag if given.get(name) else Flag(0)
    flags |= Flag.HAS_PHONE if phones else Flag(0)
    known = {"name", "first", "last", "email", "company", "city", "country", "notes"}
    times = {"created_at", "updated_at", "forget_at"}
    summary = Summary(
        **{name: value for name, value in given.items() if name in known | times},
        kind=given.get("type", ""),
        phones=tuple(Phone("", number) for number in phones),
        languages=languages,
        flags=flags,
        texts=texts,
    )
    return RemoteContact(remote_id, body or json.dumps(raw).encode(), raw), summary


class Desk:
    """A data file with one account, its reader, and what the feed said."""

    def __init__(self, path: Path, *, patience: float = 0.0) -> None:
        self.path = path
        self.said: list[Changes] = []
        feed = ChangeFeed()
        feed.subscribe(self.said.append)
        self.database = Database.open(path, KEY, feed, SystemClock())
        self.reader = Reader(self.database, patience=patience)
        self.account = self.add_account("Grand Hotel")

    def add_account(self, title: str, vendor: str = "bookingsync") -> int:
        for known in self.database.read_sync(accounts.accounts):
            if known.title == title:
                return known.id
        new = Account(0, vendor, title, "https://vendor.example")
        return self.database.write_sync(lambda connection, touched: accounts.add(connection, touched, new)).id

    def begin(self, account: int | None = None, *, full: bool = True) -> int:
        account = account or self.account
        return self.database.write_sync(lambda connection, _: contacts.begin_listing(connection, account, full))

    def apply(
        self,
        made: Iterable[tuple[RemoteContact, Summary]],
        *,
        account: int | None = None,
        generation: int | None = None,
        removed: tuple[str, ...] = (),
        after: Cursor | None = None,
        now: str = STAMP,
    ) -> Applied:
        account = account or self.account
        generation = self.begin(account) if generation is None else generation
        pairs = list(made)
        page = Page(tuple(pair[0] for pair in pairs), 1, removed=removed, after=after)
        summaries = [pair[1] for pair in pairs]
        return self.database.write_sync(
            lambda connection, touched: contacts.apply_page(
                connection, touched, account, generation, page, summaries, now
            )
        )

    async def hits(self, text: str | Query, *, sort: tuple[Sort, ...] = (Sort(),), account: int | None = None) -> Hits:
        query = parse(text, now=NOW) if isinstance(text, str) else text
        return await self.reader.search(query, sort=sort, account_id=account)

    async def found(self, text: str, **how: Any) -> list[str]:
        """Remote ids in view order."""
        hits = await self.hits(text, **how)
        return [row.remote_id for row in await self.reader.rows(hits.ids)]

    def close(self) -> None:
        self.database.close()


def changed(pair: tuple[RemoteContact, Summary], **values: Any) -> tuple[RemoteContact, Summary]:
    """The same contact with other Summary values and another body."""
    remote, summary = pair
    return replace(remote, body=remote.body + b" "), replace(summary, **values)
