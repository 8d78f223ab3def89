"""Names for guests that tell nothing: the same guest always has the same one, and only this data file can make it.

The key lies in the data file, which is encrypted: it keeps somebody who is shown a list of tokens, or a file made of
it, from trying out vendors' ids."""

from __future__ import annotations

import hmac
from hashlib import sha256

from crmdesk.core.seams import random_bytes
from crmdesk.store.driver import Driver

_NAME = "pseudonyms"
_LETTERS = 16


def key_of(driver: Driver) -> bytes:
    """b"" where none was ever needed: then nobody has a pseudonym."""
    row = driver.execute("SELECT value FROM meta WHERE name=?", (_NAME,)).fetchone()
    return bytes.fromhex(row[0]) if row else b""


def make_key(driver: Driver) -> bytes:
    """As `key_of`, inside a write: made with the first question."""
    known = key_of(driver)
    if known:
        return known
    driver.execute("INSERT INTO meta(name, value) VALUES (?, ?)", (_NAME, random_bytes(32).hex()))
    return key_of(driver)


def put_key(driver: Driver, key: bytes) -> None:
    """Of other data that this file is a copy of. Inside a write."""
    driver.execute("INSERT OR IGNORE INTO meta(name, value) VALUES (?, ?)", (_NAME, key.hex()))


def token(key: bytes, account_id: int, remote_id: str) -> str:
    """Of one contact at its vendor."""
    text = f"{account_id}\0{remote_id}".encode("utf-8", "replace")
    return hmac.new(key, text, sha256).hexdigest()[:_LETTERS]


def seal(key: bytes, before: str, line: str) -> str:
    """Of a line of a log, and with it of all lines before."""
    return hmac.new(key, f"{before}\0{line}".encode("utf-8", "replace"), sha256).hexdigest()


def of_contacts(driver: Driver, ids_json: str) -> dict[int, str]:
    """Contact id → token, of those in list or trash. Inside a write."""
    rows = driver.execute(
        "SELECT id, account_id, remote_id FROM contact WHERE id IN (SELECT value FROM json_each(?1)) UNION"
        " SELECT contact_id, account_id, remote_id FROM trash WHERE contact_id IN (SELECT value FROM json_each(?1))",
        (ids_json,),
    ).fetchall()
    key = make_key(driver) if rows else b""
    return {number: token(key, account_id, remote_id) for number, account_id, remote_id in rows}
