"""Guests who were erased here by a person and are kept away until a person lets them back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import sqlalchemy as sa

from crmdesk.core.privacy import ErasedGuest
from crmdesk.core.types import Cursor, Page
from crmdesk.store import accounts, pseudonyms
from crmdesk.store.commits import Touched
from crmdesk.store.driver import Driver

_DAY = 10  # letters of a day in an ISO time


def put(driver: Driver, tokens: Iterable[str], account_id: int, now: str, operator: str) -> None:
    """Keeps these guests away from now on."""
    driver.executemany(
        "INSERT OR REPLACE INTO erased(token, account_id, at, operator) VALUES (?,?,?,?)",
        [(token, account_id, now, operator) for token in tokens],
    )


def put_back(driver: Driver, guests: Iterable[ErasedGuest]) -> None:
    """As they were told before, by whom and when."""
    driver.executemany(
        "INSERT OR REPLACE INTO erased(token, account_id, at, operator, seen_at) VALUES (?,?,?,?,?)",
        [(one.token, one.account_id, one.at, one.operator, one.seen_at) for one in guests],
    )


def keep_out(driver: Driver, account_id: int, page: Page, now: str) -> tuple[Page, int]:
    """The page without erased guests, and how many those were. That the vendor still lists them is noted once a day."""
    known = dict(driver.execute("SELECT token, seen_at FROM erased WHERE account_id=?", (account_id,)).fetchall())
    if not known:
        return page, 0
    key = pseudonyms.key_of(driver)
    token_of = {one.remote_id: pseudonyms.token(key, account_id, one.remote_id) for one in page.contacts}
    there = {token for token in token_of.values() if token in known}
    stale = [(now, token) for token in there if known[token][:_DAY] != now[:_DAY]]
    driver.executemany("UPDATE erased SET seen_at=? WHERE token=?", stale)
    stay = tuple(one for one in page.contacts if token_of[one.remote_id] not in there)
    return replace(page, contacts=stay), len(page.contacts) - len(stay)


def listed(driver: Driver) -> list[ErasedGuest]:
    """Newest first."""
    rows = driver.execute("SELECT token, account_id, at, operator, seen_at FROM erased ORDER BY at DESC, token")
    return [ErasedGuest(*row) for row in rows.fetchall()]


def let_back(connection: sa.Connection, touched: Touched, driver: Driver, token: str) -> ErasedGuest | None:
    """The guest may be stored again: the account lists everything anew with its next check. None: nobody was kept
    away under this token."""
    found = next((one for one in listed(driver) if one.token == token), None)
    if found is not None:
        driver.execute("DELETE FROM erased WHERE token=?", (token,))
        accounts.set_cursor(connection, touched, found.account_id, Cursor())
    return found


def welcome(driver: Driver, account_id: int, remote_id: str) -> None:
    """The guest signed in at this desk, and is no longer kept away."""
    key = pseudonyms.key_of(driver)
    if key:
        driver.execute("DELETE FROM erased WHERE token=?", (pseudonyms.token(key, account_id, remote_id),))
