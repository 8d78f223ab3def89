"""A backup from before an erasure still holds the guest: a copy that takes the place of the data in use is rid of
everybody whom that data keeps away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlcipher3 import dbapi2 as driver_module

from crmdesk.core.privacy import ErasedGuest
from crmdesk.core.vendor import Vendor
from crmdesk.store import addresses, erased, guest_erasure, pseudonyms
from crmdesk.store.commits import Touched
from crmdesk.store.connect import connect, reraise
from crmdesk.store.driver import Driver
from crmdesk.store.effective import raw_of
from crmdesk.store.packed import unpack
from crmdesk.store.personal import Guest, clues_of

AGAIN = "Came back with a backup, and was erased again."
_RECORDS = (
    "SELECT id, remote_id, name, body FROM contact JOIN contact_raw ON contact_id=id WHERE account_id=?1"
    " UNION ALL SELECT contact_id, remote_id, title, body FROM trash WHERE account_id=?1"
)


@dataclass(frozen=True, slots=True)
class KeptAway:
    """By the data in use. `key` makes the tokens; `accounts` by id, since a copy of other data has other accounts under
    the same numbers."""

    key: bytes
    guests: tuple[ErasedGuest, ...]
    accounts: Mapping[int, addresses.Known]


def by(driver: Driver) -> KeptAway:
    """Inside a read of the data in use."""
    return KeptAway(pseudonyms.key_of(driver), tuple(erased.listed(driver)), addresses.known(driver))


def of_file(path: Path, key: bytes) -> KeptAway:
    """As `by`, of data that nobody has open; nothing in it is changed. StorageError, SecretsError."""
    try:
        with closing(connect(path, key)) as connection:
            known = connection.execute("SELECT 1 FROM sqlite_master WHERE name='erased'").fetchone()
            return by(connection) if known else KeptAway(b"", (), {})  # before 0.7.0 nobody was erased
    except driver_module.Error as error:
        reraise(error, path)


def take_over(driver: Driver, touched: Touched, away: KeptAway, vendors: Mapping[str, Vendor], now: str) -> int:
    """Inside one write of the copy: erases whoever came back with it; how many records. Where the copy is of other data
    its tokens mean nothing, and nobody is touched."""
    own, accounts = pseudonyms.key_of(driver), addresses.known(driver)
    same = {number for number, account in accounts.items() if account.same(away.accounts.get(number))}
    guests = {one.token: one for one in away.guests if one.account_id in same}
    if not guests or (own and own != away.key):
        return 0
    pseudonyms.put_key(driver, away.key)
    by_operator: dict[str, list[Guest]] = defaultdict(list)
    for account_id in {one.account_id for one in guests.values()}:
        vendor = vendors.get(accounts[account_id].vendor)
        for number, remote_id, name, body in driver.execute(_RECORDS, (account_id,)):  # a million have no room at once
            found = guests.get(pseudonyms.token(away.key, account_id, remote_id))
            if found is not None:
                guest = _guest(number, account_id, remote_id, name, bytes(body), vendor)
                by_operator[found.operator].append(guest)
    for operator, some in by_operator.items():
        guest_erasure.erase(driver, touched, some, now, operator, note=AGAIN)
    erased.put_back(driver, guests.values())
    return sum(map(len, by_operator.values()))


def _guest(number: int, account_id: int, remote_id: str, name: str, body: bytes, vendor: Vendor | None) -> Guest:
    raw = raw_of(unpack(body))
    found = [vendor.summarise(raw)] if vendor is not None and raw else []
    return Guest(number, account_id, remote_id, clues_of(name, found))
