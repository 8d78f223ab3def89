"""Rows that go on because a person said so, or because the vendor was asked. Each function is the inside of a
commit."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from crmdesk.core.batch import Found
from crmdesk.core.errors import BugError
from crmdesk.core.submission import ROW_TRANSITIONS, RowStage
from crmdesk.store import calls, ledger, submissions
from crmdesk.store.commits import Touched
from crmdesk.store.driver import Driver

AGAIN = "Sent again by a person's decision: "
WITHDRAWN = "The vendor has it, and it was withdrawn there since."
FOUND = "Found at the vendor."


def leave_out(driver: Driver, touched: Touched, ids: Iterable[int], why: str) -> int:
    """Ready rows that are not to be sent; how many."""
    return _move(driver, touched, ids, RowStage.READY, RowStage.LEFT_OUT, why)


def take_in(driver: Driver, touched: Touched, ids: Iterable[int]) -> int:
    """Rows that certainly are not at the vendor are ready; how many."""
    listed = list(ids)
    from_where = (RowStage.LEFT_OUT, RowStage.NOT_SENT, RowStage.FAILED)
    return sum(_move(driver, touched, listed, stage, RowStage.READY) for stage in from_where)


def make_ready(
    driver: Driver, touched: Touched, ids: Iterable[int], of: RowStage, operator: str, reason: str = ""
) -> int:
    """Those of the rows that are in stage `of` are ready; how many became so. Of unknown ones the ledger keeps who said
    so."""
    if of is RowStage.READY:
        return 0
    chosen = _those(driver, ids, of)
    if of is RowStage.UNKNOWN:
        ledger.note(driver, chosen, operator, AGAIN + reason)
    moved = _move(driver, touched, chosen, of, RowStage.READY)
    if of is RowStage.UNKNOWN:
        calls.close_decided(driver, chosen)
    return moved


def decide(
    driver: Driver,
    touched: Touched,
    ids: Iterable[int],
    then: RowStage,
    reason: str,
    operator: str,
    numbers: Mapping[int, str],
    now: str,
) -> int:
    """A person's word on unknown rows; how many of `ids` were unknown."""
    chosen = _those(driver, ids, RowStage.UNKNOWN)
    _move(driver, touched, chosen, RowStage.UNKNOWN, then, reason)
    known = [(numbers[row_id], row_id) for row_id in chosen if numbers.get(row_id)]
    driver.executemany("UPDATE submission_row SET number=? WHERE id=?", known)
    _decided(driver, chosen, operator, now)
    return len(chosen)


def keep_found(driver: Driver, touched: Touched, uids: Mapping[int, str], found: Mapping[int, Found], now: str) -> None:
    """What a look-up found once. Only rows that are still unknown under the uid that was asked for."""
    chosen = _still(driver, uids, found)
    _move(driver, touched, chosen, RowStage.UNKNOWN, RowStage.SENT, FOUND)
    driver.executemany(
        "UPDATE submission_row SET remote_id=?, number=?, note=? WHERE id=?",
        [
            (found[one].remote_id, found[one].number, WITHDRAWN if found[one].withdrawn else FOUND, one)
            for one in chosen
        ],
    )
    _decided(driver, chosen, "", now)


def keep_notes(driver: Driver, touched: Touched, uids: Mapping[int, str], notes: Mapping[int, str]) -> None:
    """What a look-up says of rows that stay unknown."""
    chosen = _still(driver, uids, notes)
    driver.executemany("UPDATE submission_row SET note=? WHERE id=?", [(notes[one], one) for one in chosen])
    touched.submissions.update(submissions.submissions_of(driver, chosen))


def _decided(driver: Driver, ids: Sequence[int], by: str, now: str) -> None:
    ledger.decide(driver, ids, by)
    calls.close_decided(driver, ids)
    _end_drafts(driver, ids, now)


def _end_drafts(driver: Driver, ids: Sequence[int], now: str) -> None:
    """A draft in a restored copy, rows of which turn out to have been sent since, was sent: it is kept like that."""
    driver.execute(
        f"UPDATE submission SET stage='ended', sent_at=?, ended_at=? WHERE stage='draft' AND id IN"
        f" (SELECT submission_id FROM submission_row WHERE stage='sent' AND id {submissions.IN_LIST})",
        (now, now, json.dumps(list(ids))),
    )


def _those(driver: Driver, ids: Iterable[int], stage: RowStage) -> list[int]:
    asked = f"SELECT id FROM submission_row WHERE id {submissions.IN_LIST} AND stage=? ORDER BY id"
    return [row[0] for row in driver.execute(asked, (json.dumps(list(ids)), stage.value)).fetchall()]


def _still(driver: Driver, uids: Mapping[int, str], ids: Iterable[int]) -> list[int]:
    asked = f"SELECT id, uid FROM submission_row WHERE id {submissions.IN_LIST} AND stage='unknown' ORDER BY id"
    return [row[0] for row in driver.execute(asked, (json.dumps(list(ids)),)).fetchall() if uids[row[0]] == row[1]]


def _move(driver: Driver, touched: Touched, ids: Iterable[int], of: RowStage, then: RowStage, note: str = "") -> int:
    if then not in ROW_TRANSITIONS[of]:
        raise BugError(f"A row cannot go from “{of.value}” to “{then.value}”.")
    listed = list(ids)
    count = driver.execute(
        f"UPDATE submission_row SET stage=?, note=? WHERE id {submissions.IN_LIST} AND stage=?",
        (then.value, note, json.dumps(listed), of.value),
    ).rowcount
    touched.submissions.update(submissions.submissions_of(driver, listed))
    return int(count)
