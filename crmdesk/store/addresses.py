"""Which addresses an account has had, also one that was removed: a backup knows it under the one of its day."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from crmdesk.store.driver import Driver

_NAME = "account:addresses:"


@dataclass(frozen=True, slots=True)
class Known:
    """Two accounts under one number are the same one if they share an address."""

    vendor: str
    addresses: frozenset[str]

    def same(self, other: Known | None) -> bool:
        return other is not None and self.vendor == other.vendor and bool(self.addresses & other.addresses)


def note(driver: Driver, account_id: int) -> None:
    """Inside a write, before its address changes or it is removed."""
    row = driver.execute("SELECT vendor, base_url FROM account WHERE id=?", (account_id,)).fetchone()
    if row is None:
        return
    before = _noted(driver).get(account_id)
    addresses = {row[1], *(before.addresses if before is not None and before.vendor == row[0] else ())}
    value = json.dumps({"vendor": row[0], "addresses": sorted(addresses)})
    driver.execute("INSERT OR REPLACE INTO meta(name, value) VALUES (?, ?)", (f"{_NAME}{account_id}", value))


def known(driver: Driver) -> Mapping[int, Known]:
    """By the accounts' ids, which are never given out twice in one data folder."""
    found = dict(_noted(driver))
    for number, vendor, url in driver.execute("SELECT id, vendor, base_url FROM account").fetchall():
        before = found.get(number)
        addresses = before.addresses if before is not None and before.vendor == vendor else frozenset()
        found[number] = Known(vendor, addresses | {url})
    return found


def _noted(driver: Driver) -> dict[int, Known]:
    rows = driver.execute("SELECT name, value FROM meta WHERE name GLOB ?", (f"{_NAME}*",)).fetchall()
    found = {}
    for name, value in rows:
        told = json.loads(value)
        found[int(name.removeprefix(_NAME))] = Known(told["vendor"], frozenset(told["addresses"]))
    return found
