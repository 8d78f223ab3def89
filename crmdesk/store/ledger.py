"""The ledger: one line per row and call that left or may have left. Kept longer than what it tells of.

Functions run inside one read or write of `Database`, on the driver's own connection."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import msgspec

from crmdesk.core.batch import BatchRow
from crmdesk.core.fingerprint import named
from crmdesk.core.submission import Line, RowStage
from crmdesk.store.driver import Driver
from crmdesk.store.submissions import values_of

_COLUMNS = (
    "id", "submission_id", "row_id", "call_id", "account_id", "kind", "uid", "attempt", "at", "operator", "stage",
    "who", "code", "text", "remote_id", "number", "settled_by", "note", "fingerprint",
)  # fmt: skip
_LINE = f"SELECT {','.join(_COLUMNS)} FROM ledger"
_IN_LIST = "IN (SELECT value FROM json_each(?))"
_CHUNK = 10_000
_THERE = "('sent', 'accepted', 'unknown', 'sending')"


def _line(row: Sequence[Any]) -> Line:
    found = dict(zip(_COLUMNS, row, strict=True))
    stage = RowStage.UNKNOWN
    with suppress(ValueError):
        stage = RowStage(found["stage"])
    return Line(**found | {"stage": stage, "fingerprint": bytes(found["fingerprint"])})


def of_row(driver: Driver, row_id: int) -> list[Line]:
    """Every attempt of one row, the first one first: earlier answers stay."""
    return _named(driver, driver.execute(f"{_LINE} WHERE row_id=? ORDER BY id", (row_id,)).fetchall())


def uids(driver: Driver, ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """Row → the uids under which it left and was not refused, the oldest first; nothing of rows without one."""
    rows = driver.execute(
        "SELECT l.row_id, l.uid FROM submission_row AS r JOIN ledger AS l ON l.row_id=r.id"
        f" AND l.submission_id=r.submission_id WHERE r.id {_IN_LIST} AND r.attempt>0 AND l.stage<>'failed'"
        " ORDER BY l.id",
        (json.dumps(list(ids)),),
    ).fetchall()
    found: dict[int, tuple[str, ...]] = {}
    for row_id, uid in rows:
        found[row_id] = (*found.get(row_id, ()), uid)
    return found


def numbers(driver: Driver, ids: Iterable[int]) -> dict[int, str]:
    """Row → our own number under which it may be at the vendor (`BatchRow.number`)."""
    return {row_id: known[0] for row_id, known in uids(driver, ids).items()}


def times(driver: Driver, of: Iterable[str]) -> list[str]:
    """When rows left under these uids."""
    rows = driver.execute(f"SELECT at FROM ledger WHERE uid {_IN_LIST}", (json.dumps(list(of)),)).fetchall()
    return [at for (at,) in rows]


def batch_rows(driver: Driver, rows: Iterable[tuple[int, str, int, Mapping[str, Any]]]) -> list[BatchRow]:
    """Of (row id, uid, attempt, values): as they were sent under this uid, and under which ones before."""
    chosen = list(rows)
    several = [row_id for row_id, _, attempt, _ in chosen if attempt > 1]
    known = uids(driver, several) if several else {}
    return [
        BatchRow(uid, values, tuple(one for one in known.get(row_id, ()) if one != uid))
        for row_id, uid, _, values in chosen
    ]


def sealed_rows(driver: Driver, call_id: int) -> list[BatchRow]:
    """The rows of a call as they were sealed, in the order in which they stand in its body. All in one result: each
    row of many would wait for Python's lock."""
    asked = (
        "SELECT json_group_array(json_array(id, uid, attempt, content)) FROM"
        " (SELECT id, uid, attempt, content FROM submission_row WHERE call_id=? ORDER BY position)"
    )
    rows = msgspec.json.decode(driver.execute(asked, (call_id,)).fetchone()[0])
    return batch_rows(driver, [(row_id, uid, attempt, values_of(text)) for row_id, uid, attempt, text in rows])


def by_ids(driver: Driver, ids: Iterable[int]) -> list[Line]:
    rows = driver.execute(f"{_LINE} WHERE id {_IN_LIST}", (json.dumps(list(ids)),)).fetchall()
    return [_line(row) for row in rows]


def of_person(driver: Driver, who: str, most: int = 200) -> list[Line]:
    """What was sent about somebody (`Fingerprints.who`), newest first."""
    rows = driver.execute(f"{_LINE} WHERE who=? ORDER BY id DESC LIMIT ?", (who, most)).fetchall()
    return [_line(row) for row in rows]


def repeats(driver: Driver, account_ids: Iterable[int], fingerprints: Iterable[bytes]) -> dict[bytes, Line]:
    """Of these, what was sent before by one of these accounts, or may have been: fingerprint → the newest line
    (V-REPEAT)."""
    wanted = sorted({one.hex() for one in fingerprints if one})
    owners = json.dumps(sorted(account_ids))
    found: dict[bytes, Line] = {}
    for start in range(0, len(wanted), _CHUNK):
        rows = driver.execute(
            f"{_LINE} WHERE substr(fingerprint, 1, 4) IN (SELECT unhex(substr(value, 1, 8)) FROM json_each(?1))"
            " AND fingerprint IN (SELECT unhex(value) FROM json_each(?1)) AND account_id IN"
            f" (SELECT value FROM json_each(?2)) AND stage IN {_THERE} ORDER BY id",
            (json.dumps(wanted[start : start + _CHUNK]), owners),
        ).fetchall()
        found |= {line.fingerprint: line for line in map(_line, rows)}
    return found


def search(driver: Driver, text: str, most: int = 500) -> list[Line]:
    """Lines whose person, event number, event id, operator or code hold `text`; newest first."""
    sought = text.casefold()
    like = "%" + sought.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    people = [name for (name,) in driver.execute("SELECT DISTINCT operator FROM ledger") if sought in name.casefold()]
    columns = ("who", "number", "remote_id", "code", "uid")
    chosen = " OR ".join(f"lower({name}) LIKE ?1 ESCAPE '\\'" for name in columns)  # lower() knows a to z alone
    rows = driver.execute(
        f"{_LINE} WHERE {chosen} OR operator IN (SELECT value FROM json_each(?2)) ORDER BY id DESC LIMIT ?3",
        (like, json.dumps(people), most),
    )
    return _named(driver, rows.fetchall())


def _named(driver: Driver, rows: Iterable[Sequence[Any]]) -> list[Line]:
    """With whom each is about, in the letters in which it was typed: `who` is folded, so that it is found."""
    lines = [_line(row) for row in rows]
    asked = f"SELECT id, content FROM submission_row WHERE id {_IN_LIST}"
    typed = dict(driver.execute(asked, (json.dumps([line.row_id for line in lines]),)).fetchall())
    return [
        replace(line, named=named(line.who, values_of(typed[line.row_id]))) if line.row_id in typed else line
        for line in lines
    ]


# ── writing: in the commit that moves the rows ───────────────────────────────────────────────────────────────────────


def begin(driver: Driver, call_id: int, now: str) -> int:
    """A line for every row of a call that is about to leave; how many. The uid is unique for ever."""
    return int(
        driver.execute(
            "INSERT INTO ledger(submission_id, row_id, call_id, account_id, kind, uid, attempt, at, operator, stage,"
            " who, fingerprint) SELECT r.submission_id, r.id, r.call_id, s.account_id, s.kind, r.uid, r.attempt, ?2,"
            " s.operator, 'sending', r.who, r.fingerprint FROM submission_row AS r"
            " JOIN submission AS s ON s.id=r.submission_id WHERE r.call_id=?1 ORDER BY r.position",
            (call_id, now),
        ).rowcount
    )


def take_back(driver: Driver, call_id: int) -> None:
    """It certainly did not leave."""
    driver.execute("DELETE FROM ledger WHERE call_id=? AND stage='sending'", (call_id,))


def restate(driver: Driver, call_id: int) -> None:
    """The lines of a call say what its rows say now."""
    _follow(driver, "r.call_id=?", (call_id,))


def decide(driver: Driver, ids: Iterable[int], by: str) -> None:
    """Likewise the newest lines of these rows; `by`: who said so, '' for a look-up."""
    listed = json.dumps(list(ids))
    driver.execute(
        f"UPDATE ledger SET settled_by=? WHERE uid IN (SELECT uid FROM submission_row WHERE id {_IN_LIST} AND uid<>'')",
        (by, listed),
    )
    _follow(driver, f"r.id {_IN_LIST}", (listed,))


def note(driver: Driver, ids: Iterable[int], by: str, text: str) -> None:
    """What a person said of rows whose outcome stays unknown."""
    driver.execute(
        "UPDATE ledger SET settled_by=?, note=? WHERE uid IN"
        f" (SELECT uid FROM submission_row WHERE id {_IN_LIST} AND uid<>'')",
        (by, text, json.dumps(list(ids))),
    )


def _follow(driver: Driver, chosen: str, bound: tuple[Any, ...]) -> None:
    driver.execute(
        "UPDATE ledger SET stage=r.stage, code=r.code, text=r.text, remote_id=r.remote_id, number=r.number, note=r.note"
        f" FROM submission_row AS r WHERE {chosen} AND r.uid<>'' AND ledger.uid=r.uid",
        bound,
    )
