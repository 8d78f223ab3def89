"""Submissions and their rows: drafts made, changed, copied and read. What happens to them on their way is in `calls`.

Functions run inside one read or write of `Database`, on the driver's own connection. Rows go in bulk."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from crmdesk.core.errors import BugError, ForbiddenError, NotFoundError
from crmdesk.core.fingerprint import Fingerprints
from crmdesk.core.submission import (
    EDITABLE,
    SUBMISSION_TRANSITIONS,
    NewRow,
    Pause,
    Row,
    RowStage,
    Submission,
    SubmissionStage,
)
from crmdesk.store import row_erasure
from crmdesk.store.commits import Touched
from crmdesk.store.driver import Driver

T = TypeVar("T")
IN_LIST = "IN (SELECT value FROM json_each(?))"
_COLUMNS = (
    "id", "account_id", "kind", "title", "stage", "template", "operator", "request", "settings", "columns", "file",
    "file_hash", "per_call", "trial", "pause", "words", "hint", "stopping", "created_at", "changed_at", "sent_at",
    "ended_at",
)  # fmt: skip
_SUBMISSION = f"SELECT {','.join(_COLUMNS)} FROM submission"
_INSERT = f"INSERT INTO submission({','.join(_COLUMNS[1:])}) VALUES ({','.join('?' * (len(_COLUMNS) - 1))})"
_UPDATE = f"UPDATE submission SET {','.join(f'{name}=?' for name in _COLUMNS[1:])} WHERE id=?"
_ROW_COLUMNS = (
    "id", "position", "content", "cells", "stage", "uid", "call_id", "attempt", "code", "text", "remote_id", "number",
    "note", "sent_at",
)  # fmt: skip
_ROW = f"SELECT {','.join(_ROW_COLUMNS)} FROM submission_row"
_NEW_ROW = (
    "INSERT INTO submission_row(submission_id, position, stage, note, who, fingerprint, content, cells)"
    " VALUES (?,?,?,?,?,?,?,?)"
)
_DECIMAL = "$decimal"
_quickly = msgspec.json.Decoder().decode


# ── as text ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def values_text(values: Mapping[str, Any]) -> str:
    """JSON; money stays exact. Half a surrogate pair, which no file can hold, stays as its escape."""
    text = json.dumps(values, ensure_ascii=False, default=_special, separators=(",", ":"))
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(values, default=_special, separators=(",", ":"))
    return text


def _special(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {_DECIMAL: str(value)}
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} is no value of a row")


def _object(found: dict[str, Any]) -> Any:
    return Decimal(found[_DECIMAL]) if found.keys() == {_DECIMAL} else found


def values_of(text: str) -> dict[str, Any]:
    """Nothing where it cannot be read: such a row is refused before it is sent."""
    if _DECIMAL not in text:
        try:
            found = _quickly(text)
        except (ValueError, RecursionError):
            found = None  # what is no JSON for this one may be some for the other, as half a surrogate pair
        if type(found) is dict:
            return found
    with suppress(ValueError, ArithmeticError, TypeError, RecursionError):
        found = json.loads(text, object_hook=_object) if _DECIMAL in text else json.loads(text)
        if isinstance(found, dict):
            return found
    return {}


def texts_of(text: str) -> tuple[str, ...]:
    """Cells, or titles of columns."""
    if not text:
        return ()
    with suppress(ValueError, TypeError):
        return tuple(str(one) for one in json.loads(text))
    return ()


def _word(kind: Callable[[str], T], text: str, otherwise: T) -> T:
    """A word that this program does not write."""
    with suppress(ValueError):
        return kind(text)
    return otherwise


def _submission(row: Sequence[Any]) -> Submission:
    found = dict(zip(_COLUMNS, row, strict=True))
    return Submission(
        **found
        | {
            "stage": _word(SubmissionStage, found["stage"], SubmissionStage.ENDED),
            "pause": _word(Pause, found["pause"], Pause.NONE),
            "template": bool(found["template"]),
            "stopping": bool(found["stopping"]),
            "request": values_of(found["request"]),
            "settings": values_of(found["settings"]),
            "columns": texts_of(found["columns"]),
        }
    )


def _values(one: Submission) -> tuple[Any, ...]:
    """The columns behind `id`."""
    return (
        one.account_id, one.kind, one.title, one.stage.value, int(one.template), one.operator, values_text(one.request),
        values_text(one.settings), json.dumps(one.columns), one.file, one.file_hash, one.per_call, one.trial,
        one.pause.value, one.words, one.hint, int(one.stopping), one.created_at, one.changed_at, one.sent_at,
        one.ended_at,
    )  # fmt: skip


def _row(row: Sequence[Any]) -> Row:
    number, position, content, cells, stage, *rest = row
    known = _word(RowStage, stage, RowStage.UNKNOWN)
    return Row(number, position, values_of(content), texts_of(cells), known, *rest)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def find(driver: Driver, submission_id: int) -> Submission | None:
    row = driver.execute(f"{_SUBMISSION} WHERE id=?", (submission_id,)).fetchone()
    return _submission(row) if row else None


def get(driver: Driver, submission_id: int) -> Submission:
    """NotFoundError."""
    found = find(driver, submission_id)
    if found is None:
        raise NotFoundError("This submission is no longer here.", "Choose another one.")
    return found


def listed(driver: Driver, *, templates: bool = False) -> list[Submission]:
    """Newest first."""
    rows = driver.execute(f"{_SUBMISSION} WHERE template=? ORDER BY id DESC", (int(templates),)).fetchall()
    return [_submission(row) for row in rows]


def counts(driver: Driver, submission_id: int) -> dict[RowStage, int]:
    """Rows by stage. They add up to all rows: a word that is none of ours counts as unknown."""
    found: dict[RowStage, int] = {}
    asked = "SELECT stage, count(*) FROM submission_row WHERE submission_id=? GROUP BY stage"
    for word, number in driver.execute(asked, (submission_id,)).fetchall():
        stage = _word(RowStage, word, RowStage.UNKNOWN)
        found[stage] = found.get(stage, 0) + number
    return found


def rows(
    driver: Driver, submission_id: int, stages: Iterable[RowStage] = (), *, after: int = -1, most: int = 1_000_000
) -> list[Row]:
    """In their order, from behind the position `after`; `stages` () = all."""
    words = [stage.value for stage in stages]
    chosen = f" AND stage {IN_LIST}" if words else ""
    bound = (submission_id, after, *([json.dumps(words)] if words else []), most)
    asked = f"{_ROW} WHERE submission_id=? AND position>?{chosen} ORDER BY position LIMIT ?"
    return [_row(row) for row in driver.execute(asked, bound).fetchall()]


def row_ids(driver: Driver, submission_id: int, stages: Iterable[RowStage] = ()) -> list[int]:
    """In the rows' order; `stages` () = all."""
    words = [stage.value for stage in stages or RowStage]
    asked = f"SELECT id FROM submission_row WHERE submission_id=? AND stage {IN_LIST} ORDER BY position"
    return [row[0] for row in driver.execute(asked, (submission_id, json.dumps(words))).fetchall()]


def rows_by_id(driver: Driver, ids: Iterable[int]) -> list[Row]:
    """In their order; what is gone is left out."""
    asked = f"{_ROW} WHERE id {IN_LIST} ORDER BY submission_id, position"
    return [_row(row) for row in driver.execute(asked, (json.dumps(list(ids)),)).fetchall()]


def rows_of_call(driver: Driver, call_id: int) -> list[Row]:
    """In the order in which they stand in its body."""
    return [_row(row) for row in driver.execute(f"{_ROW} WHERE call_id=? ORDER BY position", (call_id,)).fetchall()]


def submissions_of(driver: Driver, ids: Iterable[int]) -> list[int]:
    """Whose rows these are."""
    asked = f"SELECT DISTINCT submission_id FROM submission_row WHERE id {IN_LIST} ORDER BY 1"
    return [row[0] for row in driver.execute(asked, (json.dumps(list(ids)),)).fetchall()]


# ── documents ────────────────────────────────────────────────────────────────────────────────────────────────────────


def add(driver: Driver, touched: Touched, new: Submission) -> Submission:
    """Stores a new one (its id is ignored); the stored one."""
    touched.submissions.add(0)
    return replace(new, id=int(driver.execute(_INSERT, _values(new)).lastrowid))


def put(driver: Driver, touched: Touched, one: Submission) -> Submission:
    """Stores it anew. BugError for a move that is not in the table of transitions; NotFoundError."""
    now = get(driver, one.id).stage
    if one.stage is not now and one.stage not in SUBMISSION_TRANSITIONS[now]:
        raise BugError(f"A submission cannot go from “{now.value}” to “{one.stage.value}”.")
    driver.execute(_UPDATE, (*_values(one), one.id))
    touched.submissions.add(one.id)
    return one


def delete(driver: Driver, touched: Touched, submission_id: int) -> None:
    """With its rows and calls; the ledger stays. ForbiddenError for one of which a row left or may have left: what was
    sent is kept."""
    if (
        get(driver, submission_id).stage is not SubmissionStage.DRAFT
        or not counts(driver, submission_id).keys() <= EDITABLE
    ):
        raise ForbiddenError("What was sent is kept.", "Only drafts and templates can be deleted.")
    _drop(driver, touched, [submission_id])


def _drop(driver: Driver, touched: Touched, ids: Sequence[int]) -> None:
    listed_ids = (json.dumps(list(ids)),)
    for table in ("submission_row", "call"):
        driver.execute(f"DELETE FROM {table} WHERE submission_id {IN_LIST}", listed_ids)
    driver.execute(f"DELETE FROM submission WHERE id {IN_LIST}", listed_ids)
    if ids:
        touched.submissions.add(0)
        touched.erased = True


def drop_account(driver: Driver, touched: Touched, account_id: int) -> None:
    """Everything of an account that was removed with what was kept of it."""
    found = driver.execute("SELECT id FROM submission WHERE account_id=?", (account_id,)).fetchall()
    _drop(driver, touched, [row[0] for row in found])
    driver.execute("DELETE FROM ledger WHERE account_id=?", (account_id,))


def tidy(driver: Driver, touched: Touched, before: str) -> int:
    """Deletes what ended before that moment, and the ledger's lines of then. What still has unknown rows stays, drafts
    and templates too. How many submissions."""
    old = driver.execute(
        "SELECT id FROM submission WHERE stage='ended' AND ended_at<? AND NOT EXISTS (SELECT 1 FROM submission_row AS r"
        " WHERE r.submission_id=submission.id AND r.stage IN ('unknown', 'accepted'))",
        (before,),
    ).fetchall()
    _drop(driver, touched, [row[0] for row in old])
    row_erasure.empty_bodies(driver, touched)
    gone = driver.execute("DELETE FROM ledger WHERE at<? AND stage NOT IN ('unknown', 'accepted')", (before,)).rowcount
    touched.erased = touched.erased or gone > 0
    return len(old)


# ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def as_stored(new: Iterable[NewRow], prints: Fingerprints) -> list[tuple[Any, ...]]:
    """What `put_rows` takes; the part that takes time, for any thread."""
    return [
        (
            (RowStage.LEFT_OUT if row.left_out else RowStage.READY).value, row.left_out, prints.who(row.values),
            prints.of(row.values), values_text(row.values), json.dumps(row.cells) if row.cells else "",
        )
        for row in new
    ]  # fmt: skip


def put_rows(driver: Driver, touched: Touched, submission_id: int, stored: Sequence[tuple[Any, ...]]) -> int:
    """Puts rows behind those that are there; how many."""
    last = driver.execute("SELECT max(position) FROM submission_row WHERE submission_id=?", (submission_id,)).fetchone()
    start = 0 if last[0] is None else last[0] + 1
    driver.executemany(_NEW_ROW, ((submission_id, place, *row) for place, row in enumerate(stored, start)))
    touched.submissions.add(submission_id)
    return len(stored)


def clear_rows(driver: Driver, touched: Touched, submission_id: int) -> None:
    """All rows of a draft go. ForbiddenError where some left or may have left."""
    if len(row_ids(driver, submission_id, EDITABLE)) != sum(counts(driver, submission_id).values()):
        raise ForbiddenError("Rows that were sent stay.", "Make a copy to begin with other rows.")
    driver.execute("DELETE FROM submission_row WHERE submission_id=?", (submission_id,))
    touched.submissions.add(submission_id)


def remove_rows(driver: Driver, touched: Touched, submission_id: int, ids: Iterable[int]) -> int:
    """Rows that never were in a call; how many. Others stay."""
    gone = driver.execute(
        f"DELETE FROM submission_row WHERE submission_id=? AND attempt=0 AND stage IN ('ready', 'left out')"
        f" AND id {IN_LIST}",
        (submission_id, json.dumps(list(ids))),
    ).rowcount
    touched.submissions.add(submission_id)
    return int(gone)


def change_rows(
    driver: Driver, touched: Touched, submission_id: int, changed: Mapping[int, Mapping[str, Any]], prints: Fingerprints
) -> int:
    """New values by row id; a failed or unsent row becomes ready by that. Only EDITABLE rows, others stay as they are:
    how many were changed."""
    words = ",".join(f"'{stage.value}'" for stage in sorted(EDITABLE, key=lambda one: one.value))
    count = driver.executemany(
        "UPDATE submission_row SET content=?, who=?, fingerprint=?, note=CASE stage WHEN 'left out' THEN note ELSE ''"
        " END, stage=CASE stage WHEN 'left out' THEN stage ELSE 'ready' END"
        f" WHERE id=? AND submission_id=? AND stage IN ({words})",
        [
            (values_text(values), prints.who(values), prints.of(values), row_id, submission_id)
            for row_id, values in changed.items()
        ],
    ).rowcount
    touched.submissions.add(submission_id)
    return max(0, int(count))


def copy_rows(driver: Driver, touched: Touched, source: int, target: int, stages: Iterable[RowStage] = ()) -> int:
    """As new rows that were never sent; `stages` () = all. How many."""
    words = [stage.value for stage in stages or RowStage]
    count = driver.execute(
        "INSERT INTO submission_row(submission_id, position, stage, note, who, fingerprint, content, cells)"
        " SELECT ?, row_number() OVER (ORDER BY position) - 1, CASE stage WHEN 'left out' THEN stage ELSE 'ready' END,"
        " CASE stage WHEN 'left out' THEN note ELSE '' END, who, fingerprint, content, cells FROM submission_row"
        f" WHERE submission_id=? AND stage {IN_LIST} ORDER BY position",
        (target, source, json.dumps(words)),
    ).rowcount
    touched.submissions.add(target)
    return int(count)
