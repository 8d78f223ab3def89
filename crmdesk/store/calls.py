"""Calls on their way, each function the inside of one commit: sealed, claimed before anything leaves, answered,
settled.

Rows move in bulk and only as `core.submission`'s tables allow: a statement names where it takes them from, and a count
that is not the expected one is our mistake, which undoes the whole commit."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from crmdesk.core.batch import RowOutcome, RowState
from crmdesk.core.errors import BugError, ForbiddenError
from crmdesk.core.submission import (
    CALL_TRANSITIONS,
    ROW_TRANSITIONS,
    STAGE_OF,
    CallStage,
    Pause,
    Purpose,
    RowStage,
    Submission,
    SubmissionStage,
    sources,
)
from crmdesk.store import call_reads, ledger, submissions
from crmdesk.store.commits import Touched
from crmdesk.store.driver import Driver
from crmdesk.store.packed import pack

_INSERT = (
    "INSERT INTO call(submission_id, account_id, number, rows, stage, purpose, token, sealed_at, hash, body)"
    " VALUES (?,?,?,?,'sealed',?,?,?,?,?)"
)
_CHANGED = ForbiddenError("Rows were changed meanwhile.", "Check them again, then send. Nothing was sent.")


@dataclass(frozen=True, slots=True)
class Sealed:
    """A call to be stored: `rows` are (row id, uid, the row's content as it was encoded) in the body's order."""

    rows: Sequence[tuple[int, str, str]]
    body: bytes
    hash: bytes
    token: str
    purpose: Purpose = Purpose.PLAIN


# ── sealing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def seal(driver: Driver, touched: Touched, one: Submission, calls: Sequence[Sealed], now: str) -> Submission:
    """Stores the calls and queues their rows, which must be READY. ForbiddenError, nothing done, where a row changed
    since it was encoded."""
    number = driver.execute("SELECT count(*) FROM call WHERE submission_id=?", (one.id,)).fetchone()[0]
    for call in calls:
        number += 1
        call_id = driver.execute(
            _INSERT,
            (
                one.id, one.account_id, number, len(call.rows), call.purpose.value, call.token, now, call.hash,
                pack(call.body),
            ),
        ).lastrowid  # fmt: skip
        count = driver.executemany(
            "UPDATE submission_row SET stage='queued', uid=?, call_id=?, attempt=attempt+1, code='', text='',"
            " remote_id='', number='', note='', sent_at='' WHERE id=? AND content=? AND stage='ready'",
            ((uid, call_id, row_id, content) for row_id, uid, content in call.rows),
        ).rowcount
        if count != len(call.rows):
            raise _CHANGED
    touched.submissions.add(one.id)
    return one


# ── on its way ───────────────────────────────────────────────────────────────────────────────────────────────────────


def claim(driver: Driver, touched: Touched, call_id: int, epoch: int, now: str) -> bool:
    """The call is SENDING, and its rows with it, before anything leaves; False where it may not go any more."""
    put_epoch(driver, epoch)  # also for one that does not go: the counter beside the folder was raised for it
    found = call_reads.head(driver, call_id)
    if found is None or found.stage is not CallStage.SEALED or call_reads.halted(driver):
        return False
    if submissions.get(driver, found.submission_id).stage is not SubmissionStage.SENDING:
        return False
    _move_call(driver, call_id, CallStage.SENDING, "sent_at=?, epoch=?", (now, epoch))
    moved = _move_rows(driver, call_id, RowStage.SENDING, "sent_at=?", (now,), of=RowStage.QUEUED)
    if moved != found.rows or ledger.begin(driver, call_id, now) != found.rows:
        raise BugError("A stored call and its rows do not fit each other.", "It was not sent.")
    touched.submissions.add(found.submission_id)
    return True


def keep_answer(driver: Driver, touched: Touched, call_id: int, answer: bytes) -> bool:
    """As it came, before any row is touched. False where the call was given up as unknown meanwhile."""
    found = call_reads.head(driver, call_id)
    if found is None or found.stage is not CallStage.SENDING:
        return False
    _move_call(driver, call_id, CallStage.ANSWERED, "answer=?", (pack(answer),))
    touched.submissions.add(found.submission_id)
    return True


def settle(driver: Driver, touched: Touched, call_id: int, outcomes: Iterable[RowOutcome], now: str) -> None:
    """What the answer says of each row, joined by uid only. A row that no outcome names, or several do, is unknown.
    Nothing happens to a call that was settled already."""
    found = call_reads.head(driver, call_id)
    if found is None or found.stage is not CallStage.ANSWERED:
        return
    told = _by_uid(outcomes)
    rows = msgspec.json.decode(driver.execute(_UIDS, (call_id,)).fetchone()[0])
    settled = [_settled(told.get(uid, _NO_WORD), row_id) for row_id, uid in rows]
    driver.execute(_SETTLE, (_as_json(settled).decode(),))
    unknown = sum(row[1] == _UNKNOWN for row in settled)
    stage = CallStage.PARTLY_UNKNOWN if unknown else CallStage.SETTLED
    if unknown and unknown == len(settled):
        stage = CallStage.UNKNOWN
    _move_call(driver, call_id, stage, "ended_at=?", (now,))
    ledger.restate(driver, call_id)
    _count_unknown(driver, reset=stage is not CallStage.UNKNOWN)
    cause = Pause.UNKNOWN if unknown else Pause.TRIAL if found.purpose is Purpose.TRIAL else Pause.NONE
    go_on_or_end(driver, touched, found.submission_id, now, cause)


def all_told(uids: Iterable[str], outcomes: Iterable[RowOutcome]) -> bool:
    """What `settle` will find: the answer has one clear word about each of these rows."""
    told = _by_uid(outcomes)
    return all(uid in told and STAGE_OF[told[uid].state] is not RowStage.UNKNOWN for uid in uids)


def _by_uid(outcomes: Iterable[RowOutcome]) -> Mapping[str, RowOutcome]:
    """What is said of a uid once; two words about one row are none."""
    once: dict[str, RowOutcome] = {}
    for outcome in outcomes:
        if outcome.uid in once:
            outcome = RowOutcome(outcome.uid, RowState.IN_DOUBT, text="The answer names this row more than once.")
        once[outcome.uid] = outcome
    return once


_UNKNOWN = RowStage.UNKNOWN.value
_NO_WORD = RowOutcome("", RowState.IN_DOUBT, text="The answer does not name this row.")
_as_json = msgspec.json.Encoder(enc_hook=str).encode  # our own words are a kind of text
_UIDS = "SELECT json_group_array(json_array(id, uid)) FROM submission_row WHERE call_id=? AND stage='sending'"
_SETTLE = (
    "WITH told AS MATERIALIZED (SELECT value ->> 0 AS id, value ->> 1 AS stage, value ->> 2 AS code, value ->> 3 AS"
    " text, value ->> 4 AS remote_id, value ->> 5 AS number, value ->> 6 AS note FROM json_each(?))"
    " UPDATE submission_row SET stage=told.stage, code=told.code, text=told.text, remote_id=told.remote_id,"
    " number=told.number, note=told.note FROM told WHERE submission_row.id=told.id AND submission_row.stage='sending'"
)
"""All rows in one statement: of many, each would wait for Python's lock, and hold up what leaves meanwhile."""


_WORD_OF = {state: stage.value for state, stage in STAGE_OF.items()}  # an Enum's value is found by Python code


def _settled(told: RowOutcome, row_id: int) -> tuple[Any, ...]:
    word = _WORD_OF[told.state]
    note, text = (told.text, "") if word == _UNKNOWN else ("", told.text)
    return row_id, word, told.code, text, told.remote_id, told.number, note


def put_unknown(driver: Driver, touched: Touched, call_id: int, words: str, now: str) -> None:
    """It may have arrived, and no valid answer says what became of it. Nothing is sent again by itself."""
    found = call_reads.head(driver, call_id)
    if found is None or found.stage not in (CallStage.SENDING, CallStage.ANSWERED):
        return
    _move_call(driver, call_id, CallStage.UNKNOWN, "words=?, ended_at=?", (words, now))
    _move_rows(driver, call_id, RowStage.UNKNOWN, "note=?", (words,), of=RowStage.SENDING)
    ledger.restate(driver, call_id)
    _count_unknown(driver, reset=False)
    go_on_or_end(driver, touched, found.submission_id, now, Pause.UNKNOWN, words)


def put_back(
    driver: Driver,
    touched: Touched,
    call_id: int,
    words: str,
    next_at: str,
    now: str,
    pause: Pause = Pause.NONE,
    hint: str = "",
) -> None:
    """It certainly did not leave: the same call waits again, unless it was stopped meanwhile."""
    found = call_reads.head(driver, call_id)
    if found is None or found.stage is not CallStage.SENDING:
        return
    ledger.take_back(driver, call_id)
    _move_call(driver, call_id, CallStage.SEALED, "words=?, next_at=?, tries=tries+1, sent_at=''", (words, next_at))
    _move_rows(driver, call_id, RowStage.QUEUED, "sent_at=''", (), of=RowStage.SENDING)
    if submissions.get(driver, found.submission_id).stopping:
        _give_up(driver, found.submission_id, words, now)
    go_on_or_end(driver, touched, found.submission_id, now, pause, words, hint)


def put_refused(
    driver: Driver, touched: Touched, call_id: int, words: str, hint: str, now: str, halves: Sequence[Sealed] = ()
) -> None:
    """The vendor refused the call as a whole and did nothing. `halves`: what goes in its place, where a person wanted
    the culprit found; a single row of such a search has failed."""
    found = call_reads.head(driver, call_id)
    if found is None or found.stage is not CallStage.SENDING:
        return
    searching = found.purpose is Purpose.HALF
    if searching and found.rows == 1:
        _move_call(driver, call_id, CallStage.ANSWERED, "words=?", (words,))
        _move_rows(driver, call_id, RowStage.FAILED, "text=?", (words,), of=RowStage.SENDING)
        _move_call(driver, call_id, CallStage.SETTLED, "ended_at=?", (now,))
        ledger.restate(driver, call_id)
    else:
        ledger.take_back(driver, call_id)
        _move_call(driver, call_id, CallStage.NOT_SENT, "words=?, ended_at=?", (words, now))
        _move_rows(driver, call_id, RowStage.QUEUED, "sent_at='', note=?", (words,), of=RowStage.SENDING)
    _count_unknown(driver, reset=True)
    one = submissions.get(driver, found.submission_id)
    if one.stopping:
        _give_up(driver, one.id, words, now)
    elif halves:
        reseal(driver, touched, one, call_id, halves, now)
    goes_on = searching and (found.rows == 1 or bool(halves))
    go_on_or_end(driver, touched, one.id, now, Pause.NONE if goes_on else Pause.REFUSED, words, hint)


def reseal(
    driver: Driver, touched: Touched, one: Submission, call_id: int, calls: Sequence[Sealed], now: str
) -> Submission:
    """The rows of a refused call go into others."""
    _rows_to(driver, RowStage.NOT_SENT, "call_id=?", (call_id,), of=RowStage.QUEUED)
    _rows_to(driver, RowStage.READY, "call_id=?", (call_id,), of=RowStage.NOT_SENT)
    return seal(driver, touched, one, calls, now)


# ── the submission around it ─────────────────────────────────────────────────────────────────────────────────────────


def go_on_or_end(
    driver: Driver,
    touched: Touched,
    submission_id: int,
    now: str,
    cause: Pause = Pause.NONE,
    words: str = "",
    hint: str = "",
) -> None:
    """After each step: it ends where nothing is left to go, and pauses where `cause` says so; all pause where too many
    calls in a row are unknown."""
    one = submissions.get(driver, submission_id)
    touched.submissions.add(submission_id)
    if not _left(driver, submission_id):
        if one.stage in (SubmissionStage.SENDING, SubmissionStage.PAUSED):
            kept = cause if cause is Pause.UNKNOWN else Pause.STOPPED if one.stopping else Pause.NONE
            ended = replace(one, stage=SubmissionStage.ENDED, ended_at=now, pause=kept, words=words, hint=hint)
            submissions.put(driver, touched, replace(ended, stopping=False))
    elif cause is not Pause.NONE and one.stage is SubmissionStage.SENDING and not one.stopping:
        paused = replace(one, stage=SubmissionStage.PAUSED, pause=cause, words=words, hint=hint)
        submissions.put(driver, touched, paused)
    if call_reads.halted(driver):
        _halt(driver, touched)


def _left(driver: Driver, submission_id: int) -> bool:
    row = driver.execute(
        "SELECT EXISTS(SELECT 1 FROM call WHERE submission_id=?1 AND stage IN ('sealed', 'sending', 'answered'))"
        " OR EXISTS(SELECT 1 FROM submission_row WHERE submission_id=?1 AND stage='queued')",
        (submission_id,),
    ).fetchone()
    return bool(row[0])


def _halt(driver: Driver, touched: Touched) -> None:
    """Everything that would go on pauses until a person has looked."""
    for (submission_id,) in driver.execute("SELECT id FROM submission WHERE stage='sending'").fetchall():
        one = submissions.get(driver, submission_id)
        submissions.put(driver, touched, replace(one, stage=SubmissionStage.PAUSED, pause=Pause.HALTED))


def stop(driver: Driver, touched: Touched, submission_id: int, words: str, now: str) -> None:
    """What has not left does not leave; a call that is out is awaited."""
    one = submissions.get(driver, submission_id)
    if one.stage not in (SubmissionStage.SENDING, SubmissionStage.PAUSED):
        return
    submissions.put(driver, touched, replace(one, stopping=True))
    _give_up(driver, submission_id, words, now)
    go_on_or_end(driver, touched, submission_id, now)


def _give_up(driver: Driver, submission_id: int, words: str, now: str) -> None:
    driver.execute(
        "UPDATE call SET stage='not sent', words=?, ended_at=? WHERE submission_id=? AND stage='sealed'",
        (words, now, submission_id),
    )
    _rows_to(driver, RowStage.NOT_SENT, "submission_id=?", (submission_id,), of=RowStage.QUEUED, note=words)


def park_account(driver: Driver, touched: Touched, account_id: int, words: str) -> None:
    """The account was removed, or is at another server now: what has not left stays here."""
    of_account = "SELECT id FROM submission WHERE account_id=? AND stage IN ('sending', 'paused')"
    for (submission_id,) in driver.execute(of_account, (account_id,)).fetchall():
        one = submissions.get(driver, submission_id)
        _give_up(driver, submission_id, words, one.changed_at)
        stopped = replace(one, stage=SubmissionStage.ENDED, pause=Pause.FORBIDDEN, words=words, ended_at=one.sent_at)
        submissions.put(driver, touched, replace(stopped, stopping=False))


def give_up_refused(driver: Driver, touched: Touched, submission_id: int, now: str) -> None:
    """The rest goes without the calls that were refused."""
    for call_id in call_reads.refused_calls(driver, submission_id):
        words = driver.execute("SELECT words FROM call WHERE id=?", (call_id,)).fetchone()[0]
        _rows_to(driver, RowStage.NOT_SENT, "call_id=?", (call_id,), of=RowStage.QUEUED, note=words)
    go_on_or_end(driver, touched, submission_id, now)


def make_due(driver: Driver, submission_id: int) -> None:
    """What waits for its time goes now."""
    driver.execute("UPDATE call SET next_at='' WHERE submission_id=? AND stage='sealed'", (submission_id,))


def put_unknown_in_row(driver: Driver, number: int) -> None:
    driver.execute("INSERT OR REPLACE INTO meta(name, value) VALUES (?, ?)", (call_reads.UNKNOWN_IN_ROW, str(number)))


def count_at_least(driver: Driver, number: int) -> None:
    """So many calls in a row are unknown, if not more."""
    put_unknown_in_row(driver, max(number, call_reads.unknown_in_row(driver)))


def release(driver: Driver, touched: Touched, reason: str, operator: str, now: str) -> None:
    """A person has looked; what they said is kept."""
    put_unknown_in_row(driver, 0)
    told = json.dumps({"at": now, "operator": operator, "reason": reason}, ensure_ascii=True)
    driver.execute("INSERT OR REPLACE INTO meta(name, value) VALUES ('submission:released', ?)", (told,))
    touched.submissions.add(0)


def close_decided(driver: Driver, ids: Iterable[int]) -> None:
    """Calls of which nothing is unknown any more are settled."""
    listed = str(list(ids))
    driver.execute(
        "UPDATE call SET stage='settled' WHERE stage IN ('unknown', 'partly unknown') AND id IN (SELECT call_id FROM"
        f" submission_row WHERE id {submissions.IN_LIST}) AND NOT EXISTS (SELECT 1 FROM submission_row AS r"
        " WHERE r.call_id=call.id AND r.stage='unknown')",
        (listed,),
    )


# ── small things ─────────────────────────────────────────────────────────────────────────────────────────────────────


def put_epoch(driver: Driver, number: int) -> None:
    """The folder's own number never goes down: of two accounts the later one may be written first. A folder that came
    out of a backup is told by `forget_epoch`."""
    driver.execute(
        "INSERT INTO meta(name, value) VALUES ('submission:epoch', ?) ON CONFLICT(name) DO UPDATE"
        " SET value=excluded.value WHERE CAST(excluded.value AS INTEGER) > CAST(meta.value AS INTEGER)",
        (str(number),),
    )


def forget_epoch(driver: Driver) -> None:
    """From now on the folder is older than any counter beside it."""
    driver.execute("INSERT OR REPLACE INTO meta(name, value) VALUES ('submission:epoch', '0')")


def _count_unknown(driver: Driver, *, reset: bool) -> None:
    put_unknown_in_row(driver, 0 if reset else call_reads.unknown_in_row(driver) + 1)


def _move_call(driver: Driver, call_id: int, then: CallStage, sets: str, values: tuple[Any, ...]) -> None:
    words = ",".join(f"'{stage.value}'" for stage in sources(CALL_TRANSITIONS, then))
    moved = driver.execute(
        f"UPDATE call SET stage=?, {sets} WHERE id=? AND stage IN ({words})", (then.value, *values, call_id)
    ).rowcount
    if moved != 1:
        raise BugError(f"A call cannot become “{then.value}” from where it is.")


def _move_rows(
    driver: Driver, call_id: int, then: RowStage, sets: str, values: tuple[Any, ...], *, of: RowStage
) -> int:
    if then not in ROW_TRANSITIONS[of]:
        raise BugError(f"A row cannot go from “{of.value}” to “{then.value}”.")
    return int(
        driver.execute(
            f"UPDATE submission_row SET stage=?, {sets} WHERE call_id=? AND stage=?",
            (then.value, *values, call_id, of.value),
        ).rowcount
    )


def _rows_to(
    driver: Driver, then: RowStage, chosen: str, bound: tuple[Any, ...], *, of: RowStage, note: str = ""
) -> int:
    if then not in ROW_TRANSITIONS[of]:
        raise BugError(f"A row cannot go from “{of.value}” to “{then.value}”.")
    return int(
        driver.execute(
            f"UPDATE submission_row SET stage=?, note=? WHERE {chosen} AND stage=?",
            (then.value, note, *bound, of.value),
        ).rowcount
    )
