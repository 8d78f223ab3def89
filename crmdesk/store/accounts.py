"""Accounts with their secrets and cursors, saved views, recent searches.

Functions that change something take `(connection, touched, …)` inside `Database.write`, the others `(connection)`."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from crmdesk.core.types import Account, AccountState, Cursor, SavedView, Sort
from crmdesk.store import addresses, traces
from crmdesk.store.contacts import checkpoint_of, checkpoint_text, delete_ids
from crmdesk.store.database import Touched, driver_of
from crmdesk.store.driver import Driver
from crmdesk.store.schema import account as table
from crmdesk.store.schema import cursor as cursor_table
from crmdesk.store.schema import recent_search, saved_view
from crmdesk.store.schema import secret as secret_table

RECENT_SEARCHES = 20
_DELETED_AT_ONCE = 500  # contacts per step of a removal

# Asked several times in each check and before each change that is sent: writing them out each time costs more than the
# answer.
_ONE = sa.select(table).where(table.c.id == sa.bindparam("wanted"))
_CURSOR = sa.select(cursor_table.c.since, cursor_table.c.checkpoint).where(
    cursor_table.c.account_id == sa.bindparam("wanted")
)


def _account(row: Any) -> Account:
    return Account(
        id=row.id, vendor=row.vendor, title=row.title, base_url=row.base_url, config=json.loads(row.config),
        state=AccountState(row.state), reason=row.reason, checked_at=row.checked_at, contacts=row.contacts,
        position=row.position, active=bool(row.active),
    )  # fmt: skip


def accounts(connection: sa.Connection) -> list[Account]:
    """All accounts, removed ones whose contacts were kept too, in the order of the navigation."""
    return [_account(row) for row in connection.execute(sa.select(table).order_by(table.c.position, table.c.id))]


def _new_id(result: sa.CursorResult[Any]) -> int:
    key = result.inserted_primary_key
    assert key is not None
    return int(key[0])


def account(connection: sa.Connection, account_id: int) -> Account | None:
    row = connection.execute(_ONE, {"wanted": account_id}).one_or_none()
    return _account(row) if row else None


def add(connection: sa.Connection, touched: Touched, new: Account) -> Account:
    """Stores a new account (its `id` and `contacts` are ignored) at the end of the list; the stored one."""
    end = connection.execute(sa.select(sa.func.coalesce(sa.func.max(table.c.position), -1))).scalar_one() + 1
    result = connection.execute(
        table.insert().values(
            vendor=new.vendor, title=new.title, base_url=new.base_url, config=json.dumps(dict(new.config)),
            state=new.state.value, reason=new.reason, checked_at=new.checked_at, position=end, active=int(new.active),
        )
    )  # fmt: skip
    touched.accounts = True
    return replace(new, id=_new_id(result), contacts=0, position=end)


def update(
    connection: sa.Connection,
    touched: Touched,
    account_id: int,
    *,
    title: str | None = None,
    base_url: str | None = None,
    config: Mapping[str, str] | None = None,
    position: int | None = None,
    active: bool | None = None,
) -> None:
    """Changes what is not None."""
    values = {
        "title": title, "base_url": base_url, "position": position,
        "config": None if config is None else json.dumps(dict(config)),
        "active": None if active is None else int(active),
    }  # fmt: skip
    wanted = {name: value for name, value in values.items() if value is not None}
    if base_url is not None:
        addresses.note(driver_of(connection), account_id)
    if wanted:
        connection.execute(table.update().where(table.c.id == account_id).values(wanted))
        touched.accounts = True


def rename(connection: sa.Connection, touched: Touched, account_id: int, title: str) -> None:
    update(connection, touched, account_id, title=title)


def set_state(
    connection: sa.Connection, touched: Touched, account_id: int, state: AccountState, reason: str = ""
) -> None:
    """How the last check ended; nothing is said where nothing changed."""
    changed = sa.or_(table.c.state != state.value, table.c.reason != reason)
    result = connection.execute(
        table.update().where(table.c.id == account_id, changed).values(state=state.value, reason=reason)
    )
    touched.accounts = touched.accounts or result.rowcount > 0


def remove(connection: sa.Connection, touched: Touched, account_id: int, *, keep_contacts: bool) -> None:
    """Removes the account with its secrets and cursor. Its cached contacts go too, unless they are kept: then the
    account stays as an inactive heading over them."""
    drop_secrets(connection, touched, account_id)
    connection.execute(cursor_table.delete().where(cursor_table.c.account_id == account_id))
    touched.accounts = touched.listing = True
    if keep_contacts:
        traces.park_account(driver_of(connection), touched, account_id)
        update(connection, touched, account_id, active=False)
        return
    addresses.note(driver_of(connection), account_id)
    traces.drop_account(driver_of(connection), touched, account_id)
    _drop_contacts(driver_of(connection), touched, account_id)
    connection.execute(table.delete().where(table.c.id == account_id))


def _drop_contacts(driver: Driver, touched: Touched, account_id: int) -> None:
    chosen = "SELECT json_group_array(id) FROM (SELECT id FROM contact WHERE account_id=? LIMIT ?)"
    while ids := json.loads(driver.execute(chosen, (account_id, _DELETED_AT_ONCE)).fetchone()[0]):
        delete_ids(driver, touched, account_id, ids)


# ── cursors ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def cursor(connection: sa.Connection, account_id: int) -> Cursor:
    """Where the account's next pull starts: the checkpoint of an unfinished listing, else behind the last one."""
    row = connection.execute(_CURSOR, {"wanted": account_id}).one_or_none()
    if row is None:
        return Cursor()
    return checkpoint_of(row.checkpoint) if row.checkpoint else Cursor(since=row.since)


def set_cursor(
    connection: sa.Connection, _touched: Touched, account_id: int, value: Cursor, *, unfinished: bool = False
) -> None:
    """Sets where the next pull starts, e.g. `Cursor()` to list everything again. `unfinished`: as a checkpoint."""
    checkpoint = checkpoint_text(value) if unfinished else None
    found = connection.execute(sa.select(cursor_table.c.since).where(cursor_table.c.account_id == account_id)).first()
    if found is None:
        connection.execute(cursor_table.insert().values(account_id=account_id))
    connection.execute(
        cursor_table.update()
        .where(cursor_table.c.account_id == account_id)
        .values(checkpoint=checkpoint, **({} if unfinished else {"since": value.since}))
    )


# ── secrets ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def put_secret(connection: sa.Connection, _touched: Touched, account_id: int, name: str, value: str) -> None:
    driver_of(connection).execute(
        "INSERT OR REPLACE INTO secret(account_id, name, value) VALUES (?,?,?)", (account_id, name, value)
    )


def secrets(connection: sa.Connection, account_id: int) -> dict[str, str]:
    chosen = sa.select(secret_table.c.name, secret_table.c.value).where(secret_table.c.account_id == account_id)
    return {row.name: row.value for row in connection.execute(chosen)}


def drop_secrets(
    connection: sa.Connection, _touched: Touched, account_id: int, names: Collection[str] | None = None
) -> None:
    """All of the account's secrets, or those of these names."""
    chosen = secret_table.c.account_id == account_id
    if names is not None:
        chosen &= secret_table.c.name.in_(names)
    connection.execute(secret_table.delete().where(chosen))


# ── saved views and recent searches ──────────────────────────────────────────────────────────────────────────────────


def views(connection: sa.Connection) -> list[SavedView]:
    chosen = sa.select(saved_view).order_by(saved_view.c.position, saved_view.c.id)
    return [
        SavedView(
            row.id, row.title, row.query, tuple(Sort(column, bool(down)) for column, down in json.loads(row.sort)),
            tuple(json.loads(row.columns)), row.position,
        )
        for row in connection.execute(chosen)
    ]  # fmt: skip


def save_view(connection: sa.Connection, touched: Touched, view: SavedView) -> SavedView:
    """Stores a new view (`id` 0) or the new content of one; the stored one."""
    values = {
        "title": view.title, "query": view.query, "position": view.position, "columns": json.dumps(view.columns),
        "sort": json.dumps([(sort.column, sort.descending) for sort in view.sort]),
    }  # fmt: skip
    touched.views = True
    if view.id:
        connection.execute(saved_view.update().where(saved_view.c.id == view.id).values(values))
        return view
    result = connection.execute(saved_view.insert().values(values))
    return replace(view, id=_new_id(result))


def delete_view(connection: sa.Connection, touched: Touched, view_id: int) -> None:
    connection.execute(saved_view.delete().where(saved_view.c.id == view_id))
    touched.views = True


def recent_searches(connection: sa.Connection) -> list[str]:
    """The last searches, newest first."""
    return list(connection.scalars(sa.select(recent_search.c.text).order_by(recent_search.c.id.desc())))


def remember_search(connection: sa.Connection, touched: Touched, text: str) -> None:
    """Puts `text` first and keeps the newest RECENT_SEARCHES."""
    connection.execute(recent_search.delete().where(recent_search.c.text == text))
    connection.execute(recent_search.insert().values(text=text))
    kept = sa.select(recent_search.c.id).order_by(recent_search.c.id.desc()).limit(RECENT_SEARCHES)
    connection.execute(recent_search.delete().where(recent_search.c.id.not_in(kept)))
    touched.views = True


def clear_searches(connection: sa.Connection, touched: Touched) -> None:
    connection.execute(recent_search.delete())
    touched.views = True
