"""The first screen of a start, read before SQLAlchemy, numpy or the search exist in the process."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlcipher3 import dbapi2 as driver

from crmdesk.core.types import Account, AccountState, ContactRow
from crmdesk.store.connect import APPLICATION_ID, SCHEMA_VERSION, to_read, why_unreadable
from crmdesk.store.rows import PLAIN_ROW, ROW_JSON, rows_of, with_others
from crmdesk.store.sorting import FAMILY, GIVEN

if TYPE_CHECKING:
    from crmdesk.core.pin import PinBook
    from crmdesk.store.driver import Driver

_ACCOUNT_FIELDS = (
    "id", "vendor", "title", "base_url", "config", "state", "reason", "checked_at", "contacts", "position", "active",
)  # fmt: skip
_ROWS = f"""
SELECT json_group_array({ROW_JSON}) FROM
  (SELECT {PLAIN_ROW} FROM contact INDEXED BY contact_order ORDER BY {FAMILY}, id LIMIT ?)
"""
_ROWS_BY_GIVEN = (
    f"SELECT json_group_array({ROW_JSON}) FROM (SELECT {PLAIN_ROW} FROM contact ORDER BY {GIVEN}, id LIMIT ?)"
)
_ACCOUNTS = """
SELECT json_group_array(json_array(
  id, vendor, title, base_url, json(config), state, reason, checked_at, contacts, position, active))
FROM (SELECT * FROM account ORDER BY position, id)
"""
_ANY_PIN = "SELECT 1 FROM meta WHERE name GLOB 'pin:*' LIMIT 1"


@dataclass(frozen=True, slots=True)
class FirstRows:
    """The first contacts by name, how many there are in all, the accounts, and whether somebody must unlock first."""

    rows: list[ContactRow]
    total: int
    accounts: list[Account]
    book: PinBook | None = None  # None where nobody has a PIN


NOTHING = FirstRows([], 0, [])


def read_first(path: Path, key: bytes, limit: int = 80, *, by_given: bool = False) -> FirstRows:
    """Reads only; `NOTHING` where there is no file of the current version yet (`Database.open` makes one). `by_given`:
    in the order of first names.

    SecretsError and StorageError as `Database.open` raises them."""
    if not path.exists() or not path.stat().st_size:
        return NOTHING
    try:
        connection, answer = to_read(path, key)
        try:
            if answer != (APPLICATION_ID, SCHEMA_VERSION):
                return NOTHING
            return _read(connection, limit, _ROWS_BY_GIVEN if by_given else _ROWS)
        finally:
            connection.close()
    except driver.DatabaseError as error:
        raise why_unreadable(path, key, error) from error


def _read(connection: Driver, limit: int, asked: str) -> FirstRows:
    connection.execute("BEGIN")
    rows = with_others(connection, rows_of(connection.execute(asked, (limit,)).fetchone()[0]))
    accounts = [_account(values) for values in json.loads(connection.execute(_ACCOUNTS).fetchone()[0])]
    book = _book(connection) if connection.execute(_ANY_PIN).fetchone() else None
    connection.execute("ROLLBACK")
    return FirstRows(rows, sum(account.contacts for account in accounts), accounts, book)


def _book(connection: Driver) -> PinBook:
    """Some milliseconds that only those pay who have PINs."""
    from crmdesk.store import pins

    return pins.read(connection)


def _account(values: list[Any]) -> Account:
    known = dict(zip(_ACCOUNT_FIELDS, values, strict=True))
    return Account(**known | {"state": AccountState(known["state"]), "active": bool(known["active"])})
