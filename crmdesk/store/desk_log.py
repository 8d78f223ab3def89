"""Who looked at, took out or erased whose data at this desk: lines that are only ever added.

Each line is sealed together with the seal of the line before, and the newest seal stands beside the table: a line that
is altered, taken out or put in between no longer fits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from crmdesk.core.privacy import DeskLog, Handled, LogLine
from crmdesk.store import pseudonyms
from crmdesk.store.driver import Driver

_COLUMNS = "id, at, operator, did, who, account_id, contacts, fields, note, seal"
_INSERT = (
    "INSERT INTO desk_log(at, operator, did, who, account_id, contacts, fields, note, seal) VALUES (?,?,?,?,?,?,?,?,?)"
)
KEPT_DAYS = 730
_HEAD = "desk_log"  # in meta: the seal before the oldest line that is kept, and the newest one


def add(driver: Driver, line: LogLine) -> int:
    """Stores the line (its id is ignored); its id. Inside a write."""
    key = pseudonyms.make_key(driver)
    first, last = _head(driver)
    fields = json.dumps(line.fields, ensure_ascii=False)
    values = (line.at, line.operator, line.did.value, line.who, line.account_id, line.contacts, fields, line.note)
    seal = pseudonyms.seal(key, last, json.dumps(values))
    number = int(driver.execute(_INSERT, (*values, seal)).lastrowid)
    _put_head(driver, first, seal)
    return number


def lines(driver: Driver) -> DeskLog:
    """All of them, and whether they are as they were written."""
    rows = driver.execute(f"SELECT {_COLUMNS} FROM desk_log ORDER BY id").fetchall()  # noqa: S608 - constants
    return DeskLog(tuple(_line(row) for row in reversed(rows)), _sound(driver, rows))


def of_guest(driver: Driver, who: str) -> list[LogLine]:
    """Oldest first."""
    asked = f"SELECT {_COLUMNS} FROM desk_log WHERE who=? ORDER BY id"  # noqa: S608 - constants
    return [_line(row) for row in driver.execute(asked, (who,)).fetchall()]


def drop_old(driver: Driver, before: str) -> None:
    """Lines older than this moment go; the others stay sealed."""
    row = driver.execute("SELECT id, seal FROM desk_log WHERE at<? ORDER BY id DESC LIMIT 1", (before,)).fetchone()
    if row is None:
        return
    driver.execute("DELETE FROM desk_log WHERE id<=?", (row[0],))
    _put_head(driver, row[1], _head(driver)[1])


def _sound(driver: Driver, rows: Sequence[Sequence[Any]]) -> bool:
    key = pseudonyms.key_of(driver)
    seal, last = _head(driver)
    for row in rows:
        seal = pseudonyms.seal(key, seal, json.dumps(tuple(row[1:-1])))
        if seal != row[-1]:
            return False
    return seal == last


def _head(driver: Driver) -> tuple[str, str]:
    row = driver.execute("SELECT value FROM meta WHERE name=?", (_HEAD,)).fetchone()
    first, _, last = (row[0] if row else "").partition(" ")
    return first, last


def _put_head(driver: Driver, first: str, last: str) -> None:
    driver.execute("INSERT OR REPLACE INTO meta(name, value) VALUES (?, ?)", (_HEAD, f"{first} {last}"))


def _line(row: Sequence[Any]) -> LogLine:
    number, at, operator, did, who, account_id, contacts, fields, note, _ = row
    known = Handled.REVEALED
    named: tuple[str, ...] = ()
    with suppress(ValueError):
        known = Handled(did)
    with suppress(ValueError, TypeError):
        named = tuple(str(one) for one in json.loads(fields or "[]"))
    return LogLine(number, at, operator, known, who, account_id, contacts, named, note)
