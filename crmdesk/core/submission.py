"""What a manager submits: rows of one kind for one account, sent in calls, each row accounted for. Pure values.

    ROW    READY ──► QUEUED ──► SENDING ──► SENT │ FAILED │ UNKNOWN │ ACCEPTED (there) ──► SENT │ FAILED │ UNKNOWN
             ▲ ▲        │ ▲        └─ certainly not sent ─► QUEUED
             │ │        └─ stopped, crash ─► NOT_SENT        UNKNOWN ──by a person or a look-up──► SENT │ NOT_SENT
             │ └── LEFT_OUT                                  FAILED, NOT_SENT, UNKNOWN ──by a person──► READY
    CALL   SEALED ──commit──► SENDING ──any answer──► ANSWERED ──► SETTLED │ PARTLY_UNKNOWN │ UNKNOWN
             │ ▲                 ├─ certainly not sent ─► SEALED; refused as a whole ─► NOT_SENT
             │ └─────────────────┘  anything else, crash ─► UNKNOWN        what is unknown ──all decided──► SETTLED
             └─ stopped, crash ─► NOT_SENT

*Stage* is where a row, a call or a submission stands; *state* is the vendor's word on a row (`core.batch`). A row has
a new uid in each call it is put into (*attempt*); answers are joined by it and by nothing else. No row is ever sent
again unless a person said so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from math import ceil, log2
from types import MappingProxyType
from typing import Any, TypeVar

from crmdesk.core.batch import RowState
from crmdesk.core.call_sizes import PER_CALL

KEPT_MONTHS = 24  # that the ledger and what was sent are kept
MOST_UNKNOWN = 3  # calls in a row without a valid answer; then everything pauses
CONTACT_COLUMN = "crmdesk contact"
"""Title of the cell that holds the id of the contact a row was made from."""
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class RowStage(Enum):
    """Where a row stands."""

    __hash__ = object.__hash__  # each member is there once; Enum's own is Python code, for each of many thousand rows

    READY = "ready"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    ACCEPTED = "accepted"  # the vendor has queued it; whether it worked is not known yet
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_SENT = "not sent"
    LEFT_OUT = "left out"


class CallStage(Enum):
    """Where a call stands."""

    SEALED = "sealed"
    SENDING = "sending"
    ANSWERED = "answered"
    SETTLED = "settled"
    PARTLY_UNKNOWN = "partly unknown"
    UNKNOWN = "unknown"
    NOT_SENT = "not sent"


class SubmissionStage(Enum):
    """Where a submission stands."""

    DRAFT = "draft"
    SENDING = "sending"
    PAUSED = "paused"
    ENDED = "ended"


_R, _C, _S = RowStage, CallStage, SubmissionStage
ROW_TRANSITIONS: Mapping[RowStage, frozenset[RowStage]] = {
    _R.READY: frozenset({_R.QUEUED, _R.LEFT_OUT, _R.UNKNOWN}),
    _R.QUEUED: frozenset({_R.SENDING, _R.NOT_SENT, _R.UNKNOWN}),
    _R.SENDING: frozenset({_R.SENT, _R.ACCEPTED, _R.FAILED, _R.UNKNOWN, _R.QUEUED}),
    _R.SENT: frozenset(),
    _R.ACCEPTED: frozenset({_R.SENT, _R.FAILED, _R.UNKNOWN}),
    _R.FAILED: frozenset({_R.READY, _R.UNKNOWN}),
    _R.UNKNOWN: frozenset({_R.SENT, _R.NOT_SENT, _R.READY}),
    _R.NOT_SENT: frozenset({_R.READY, _R.UNKNOWN}),
    _R.LEFT_OUT: frozenset({_R.READY, _R.UNKNOWN}),
}
"""The only moves there are. Those to UNKNOWN from where nothing has left are for a data folder that went back in time:
there a row that looks unsent may have been sent since."""
CALL_TRANSITIONS: Mapping[CallStage, frozenset[CallStage]] = {
    _C.SEALED: frozenset({_C.SENDING, _C.NOT_SENT, _C.UNKNOWN}),
    _C.SENDING: frozenset({_C.ANSWERED, _C.UNKNOWN, _C.SEALED, _C.NOT_SENT}),
    _C.ANSWERED: frozenset({_C.SETTLED, _C.PARTLY_UNKNOWN, _C.UNKNOWN}),
    _C.SETTLED: frozenset(),
    _C.PARTLY_UNKNOWN: frozenset({_C.SETTLED}),
    _C.UNKNOWN: frozenset({_C.SETTLED}),
    _C.NOT_SENT: frozenset(),
}
SUBMISSION_TRANSITIONS: Mapping[SubmissionStage, frozenset[SubmissionStage]] = {
    _S.DRAFT: frozenset({_S.SENDING, _S.ENDED}),  # ended: of a restored copy, rows of which are at the vendor
    _S.SENDING: frozenset({_S.PAUSED, _S.ENDED}),
    _S.PAUSED: frozenset({_S.SENDING, _S.ENDED}),
    _S.ENDED: frozenset({_S.SENDING}),
}

StageT = TypeVar("StageT", RowStage, CallStage, SubmissionStage)


def sources(table: Mapping[StageT, frozenset[StageT]], then: StageT) -> frozenset[StageT]:
    """From where one may come to `then`."""
    return frozenset(now for now, targets in table.items() if then in targets)


STAGE_OF: Mapping[RowState, RowStage] = {
    RowState.CREATED: _R.SENT,
    RowState.ACCEPTED: _R.ACCEPTED,
    RowState.REFUSED: _R.FAILED,
    RowState.IN_DOUBT: _R.UNKNOWN,
}
"""What an outcome makes of its row."""

EDITABLE = frozenset({_R.READY, _R.FAILED, _R.NOT_SENT, _R.LEFT_OUT})
"""Rows whose values may be changed: certainly not sent, as far as anybody knows."""


class Purpose(Enum):
    """Why a call is made; it decides what happens after it."""

    PLAIN = "plain"
    TRIAL = "trial"  # then it pauses
    AGAIN = "again"  # one row that a person wants sent once more
    HALF = "half"  # a part of a call that was refused as a whole: refused again, it is halved again


class Pause(Enum):
    """Why a submission does not go on."""

    NONE = ""
    PERSON = "person"
    TRIAL = "trial"
    UNKNOWN = "unknown"  # a call has no valid answer
    HALTED = "halted"  # MOST_UNKNOWN of them in a row, of any submission
    REFUSED = "refused"  # a call was refused as a whole: `find the culprit`
    SIGN_IN = "sign in"
    FORBIDDEN = "forbidden"
    STOPPED = "stopped"  # ended by a person before the end
    INTERRUPTED = "interrupted"  # the program ended while it was being sent
    RESTORED = "restored"  # this data folder went back in time, or is a copy
    FAULT = "fault"  # our mistake


@dataclass(frozen=True, slots=True)
class Submission:
    """The document. `request` goes by `BatchKind.request`'s paths, `settings` are the composer's own (columns, mapping,
    step), `columns` the titles of the rows' `cells`. `words` and `hint` say in words why it pauses. Times are UTC ISO
    or ''.

    `file`, `file_hash`: where its rows came from."""

    id: int
    account_id: int
    kind: str
    title: str
    stage: SubmissionStage = SubmissionStage.DRAFT
    template: bool = False
    operator: str = ""
    request: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    settings: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    columns: tuple[str, ...] = ()
    file: str = ""
    file_hash: str = ""
    per_call: int = PER_CALL
    trial: int = 0
    pause: Pause = Pause.NONE
    words: str = ""
    hint: str = ""
    stopping: bool = False
    created_at: str = ""
    changed_at: str = ""
    sent_at: str = ""
    ended_at: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One event. `values` go by `FieldSpec.path` as in `BatchRow`, `cells` are the file's own. `attempt`: how often it
    was put into a call, `uid` is that of the last time. `code` and `text` are the vendor's; `note` says why it is
    unknown, left out, or what a person said of it."""

    id: int
    position: int
    values: Mapping[str, Any] = field(repr=False)
    cells: tuple[str, ...] = field(default=(), repr=False)
    stage: RowStage = RowStage.READY
    uid: str = ""
    call_id: int = 0
    attempt: int = 0
    code: str = ""
    text: str = ""
    remote_id: str = ""
    number: str = ""
    note: str = ""
    sent_at: str = ""


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row to be stored."""

    values: Mapping[str, Any] = field(repr=False)
    cells: tuple[str, ...] = field(default=(), repr=False)
    left_out: str = ""  # why; '' = it is to be sent


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `tries`: how often it certainly did not leave."""

    id: int
    submission_id: int
    account_id: int
    number: int  # in its submission, from 1
    rows: int
    stage: CallStage = CallStage.SEALED
    purpose: Purpose = Purpose.PLAIN
    body: bytes = field(default=b"", repr=False)
    hash: bytes = field(default=b"", repr=False)
    token: str = field(default="", repr=False)
    tries: int = 0
    next_at: str = ""
    sealed_at: str = ""
    sent_at: str = ""
    ended_at: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the ledger: one row, put into one call, that left or may have left. `settled_by` is a person's name,
    or '' for the vendor's own answer or a look-up; `note` their reason."""

    id: int
    submission_id: int
    row_id: int
    call_id: int
    account_id: int
    kind: str
    uid: str
    attempt: int
    at: str
    operator: str
    stage: RowStage
    who: str = field(default="", repr=False)
    code: str = ""
    text: str = ""
    remote_id: str = ""
    number: str = ""
    settled_by: str = ""
    note: str = ""
    fingerprint: bytes = b""
    named: str = field(default="", repr=False)  # `who` as it was typed, while the row is still here


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How far a submission is; nothing in it changes. `seconds` since sending began in this run, `left` as estimated
    from the second call on (None: not known)."""

    submission: Submission
    counts: Mapping[RowStage, int]
    calls: int = 0
    calls_ended: int = 0
    in_flight: int = 0
    seconds: float = 0.0
    left: float | None = None
    halted: bool = False

    @property
    def rows(self) -> int:
        """All rows: the counts always add up to it."""
        return sum(self.counts.values())

    @property
    def done(self) -> int:
        """Rows that have left and are told about, whatever was told."""
        told = (RowStage.SENT, RowStage.ACCEPTED, RowStage.FAILED, RowStage.UNKNOWN)
        return sum(self.counts.get(stage, 0) for stage in told)

    @property
    def finishing(self) -> bool:
        """It was stopped, and the call that is out is awaited."""
        return self.submission.stopping and self.in_flight > 0


def culprit_calls(rows: int) -> tuple[int, int]:
    """How many calls *find the culprit* takes for a refused call of so many rows: where one row is to blame, and at
    most."""
    if rows <= 1:
        return rows, rows
    return 2 * ceil(log2(rows)), 2 * rows - 2


def sizes(rows: int, per_call: int, trial: int) -> list[int]:
    """Rows of each call: the trial first, then as many as may be."""
    first = [min(trial, rows)] if trial and rows else []
    rest = rows - sum(first)
    return first + [min(per_call, rest - start) for start in range(0, rest, per_call)]


def sizes_alone(alone: Sequence[bool], per_call: int, trial: int) -> list[int]:
    """As `sizes`, where each row of which `alone` is True is a call of its own. The rows keep their order."""
    found: list[int] = []
    most, left = per_call, 0  # what the open call may hold, and how many more it takes
    for place, by_itself in enumerate(alone):
        if by_itself or left == 0:
            most = trial - place if place < trial else per_call
            found.append(0)
            left = 1 if by_itself else max(1, min(most, per_call))
        found[-1] += 1
        left -= 1
        if place + 1 == trial:
            left = 0
    return found
