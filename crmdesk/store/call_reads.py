"""Calls as rows: read. What happens to them is in `calls`.

Functions run inside one read or write of `Database`, on the driver's own connection."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crmdesk.core.submission import MOST_UNKNOWN, Call, CallStage, Purpose
from crmdesk.store.driver import Driver
from crmdesk.store.packed import unpack

_COLUMNS = (
    "id", "submission_id", "account_id", "number", "rows", "stage", "purpose", "body", "hash", "token", "tries",
    "next_at", "sealed_at", "sent_at", "ended_at", "words",
)  # fmt: skip
_CALL = f"SELECT {','.join('call.' + name for name in _COLUMNS)} FROM call"
_HEAD = _CALL.replace("call.body", "x'' AS body")
UNKNOWN_IN_ROW = "submission:unknown"


def _call(row: Sequence[Any]) -> Call:
    found = dict(zip(_COLUMNS, row, strict=True))
    return Call(
        **found
        | {
            "stage": CallStage(found["stage"]),
            "purpose": Purpose(found["purpose"]),
            "body": unpack(bytes(found["body"])),
            "hash": bytes(found["hash"]),
        }
    )


def get(driver: Driver, call_id: int) -> Call | None:
    row = driver.execute(f"{_CALL} WHERE id=?", (call_id,)).fetchone()
    return _call(row) if row else None


def head(driver: Driver, call_id: int) -> Call | None:
    """Without its body: what a step on its way needs."""
    row = driver.execute(f"{_HEAD} WHERE id=?", (call_id,)).fetchone()
    return _call(row) if row else None


def of_submission(driver: Driver, submission_id: int) -> list[Call]:
    """In their order, without their bodies."""
    rows = driver.execute(f"{_HEAD} WHERE submission_id=? ORDER BY id", (submission_id,)).fetchall()
    return [_call(row) for row in rows]


def answer_of(driver: Driver, call_id: int) -> bytes:
    """The vendor's answer as it was stored; b"" where there is none."""
    row = driver.execute("SELECT answer FROM call WHERE id=?", (call_id,)).fetchone()
    return unpack(bytes(row[0])) if row and row[0] is not None else b""


def tallied(driver: Driver, submission_id: int) -> dict[CallStage, int]:
    """Calls by stage."""
    asked = "SELECT stage, count(*) FROM call WHERE submission_id=? GROUP BY stage"
    return {CallStage(word): number for word, number in driver.execute(asked, (submission_id,)).fetchall()}


def due_times(driver: Driver) -> dict[int, str]:
    """Account → when its next call may go. The calls of an account go in the order in which they were sealed."""
    rows = driver.execute(
        "SELECT call.account_id, next_at, min(call.id) FROM call JOIN submission AS s ON s.id=submission_id"
        " WHERE call.stage='sealed' AND s.stage='sending' GROUP BY call.account_id"
    ).fetchall()
    return {account_id: at for account_id, at, _ in rows}


def next_call(driver: Driver, account_id: int) -> Call | None:
    row = driver.execute(
        f"{_CALL} JOIN submission AS s ON s.id=submission_id WHERE call.account_id=? AND call.stage='sealed'"
        " AND s.stage='sending' ORDER BY call.id LIMIT 1",
        (account_id,),
    ).fetchone()
    return _call(row) if row else None


def answered(driver: Driver) -> list[Call]:
    """Those whose answer is stored and whose rows do not say so yet."""
    return [_call(row) for row in driver.execute(f"{_CALL} WHERE stage='answered' ORDER BY id").fetchall()]


def in_flight(driver: Driver, account_id: int) -> list[int]:
    """Calls of the account that are said to be on their way."""
    asked = "SELECT id FROM call WHERE stage='sending' AND account_id=?"
    return [row[0] for row in driver.execute(asked, (account_id,)).fetchall()]


def unsent_tokens(driver: Driver) -> frozenset[str]:
    """Of calls that have not left, as far as this file knows."""
    rows = driver.execute("SELECT token FROM call WHERE stage IN ('sealed', 'not sent')").fetchall()
    return frozenset(row[0] for row in rows)


def unknown_in_row(driver: Driver) -> int:
    """How many calls in a row had no valid answer, whatever submission they belong to."""
    row = driver.execute("SELECT value FROM meta WHERE name=?", (UNKNOWN_IN_ROW,)).fetchone()
    return int(row[0]) if row and str(row[0]).isdecimal() else 0


def halted(driver: Driver) -> bool:
    return unknown_in_row(driver) >= MOST_UNKNOWN


def refused_calls(driver: Driver, submission_id: int) -> list[int]:
    """Calls that were refused as a whole and whose rows wait for a person's word."""
    rows = driver.execute(
        "SELECT id FROM call WHERE submission_id=?1 AND stage='not sent' AND EXISTS"
        " (SELECT 1 FROM submission_row AS r WHERE r.call_id=call.id AND r.stage='queued') ORDER BY id",
        (submission_id,),
    ).fetchall()
    return [row[0] for row in rows]


def refused_sizes(driver: Driver, submission_id: int) -> list[int]:
    """Rows of each of these calls."""
    count = "SELECT count(*) FROM submission_row WHERE call_id=? AND stage='queued'"
    return [driver.execute(count, (call_id,)).fetchone()[0] for call_id in refused_calls(driver, submission_id)]


def newest_unknown(driver: Driver, since: str, most: int) -> list[tuple[int, str]]:
    """(submission id, when the newest of them left) of the submissions with at most so many unknown rows, one of which
    left after `since`."""
    rows: list[tuple[int, str]] = driver.execute(
        "SELECT s.id, max(r.sent_at) AS newest FROM submission AS s CROSS JOIN submission_row AS r"
        " ON r.submission_id=s.id AND r.stage='unknown' WHERE r.uid<>'' GROUP BY s.id HAVING newest>=? AND count(*)<=?",
        (since, most),
    ).fetchall()
    return rows
