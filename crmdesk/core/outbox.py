"""What the operator wants of the vendors: one op per intent, its states, and what is told about it.

    draft ──save──► PENDING ──claim──► SENDING ──answer as wanted──► CONFIRMED
                    ▲   │ ▲               │
             HELD ◄─┘   │ └── certainly not sent ◄──┤
                        │                           ├─ values refused ─────────► REJECTED ──edited──► PENDING
                        │                           ├─ same field changed ─────► CONFLICT ──decided─► PENDING
                        │                           ├─ gone at the vendor ─────► GONE ──decided─────► PENDING
                        │                           ├─ a create without answer ► IN_DOUBT ──looked up─► CONFIRMED
                        │                           └─ eight attempts, our bug ► PARKED ──by a person─► PENDING
                        └─ withdrawn by a person ─► DROPPED

An update carries, per field, what the operator saw (`was`) and what they want (`now`): merging needs nothing else. One
op of a contact is in flight at most; they go in the order of their ids. Pure values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Any

from crmdesk.core.errors import KnownError, Problem, Recovery, RejectedError

NEVER = "9999-12-31T00:00:00Z"  # as `Op.next_at`: not by time alone
NEW = "new:"  # begins the remote id of a contact that no vendor has yet; nothing a vendor gives begins so


class OpKind(Enum):
    """What is wanted."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class OpState(Enum):
    """Where an op stands; the words are in `word_of`."""

    HELD = "held"
    PENDING = "pending"
    SENDING = "sending"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    CONFLICT = "conflict"
    GONE = "gone"
    IN_DOUBT = "in doubt"
    PARKED = "parked"
    DROPPED = "dropped"

    @property
    def open(self) -> bool:
        """Its values are not at the vendor yet, as far as anybody knows."""
        return self not in (OpState.CONFIRMED, OpState.DROPPED)

    @property
    def needs_you(self) -> bool:
        """It goes on only when a person has decided."""
        return self in NEEDS_YOU


NEEDS_YOU = frozenset({OpState.REJECTED, OpState.CONFLICT, OpState.GONE, OpState.IN_DOUBT, OpState.PARKED})

_S = OpState
TRANSITIONS: Mapping[OpState, frozenset[OpState]] = {
    _S.HELD: frozenset({_S.PENDING, _S.CONFLICT, _S.GONE, _S.PARKED, _S.CONFIRMED, _S.DROPPED}),
    _S.PENDING: frozenset(
        {_S.HELD, _S.SENDING, _S.CONFLICT, _S.GONE, _S.REJECTED, _S.PARKED, _S.CONFIRMED, _S.DROPPED}
    ),
    _S.SENDING: frozenset({_S.PENDING, _S.CONFIRMED, _S.REJECTED, _S.CONFLICT, _S.GONE, _S.IN_DOUBT, _S.PARKED}),
    _S.CONFIRMED: frozenset(),
    _S.REJECTED: frozenset({_S.PENDING, _S.HELD, _S.CONFLICT, _S.GONE, _S.CONFIRMED, _S.DROPPED}),
    _S.CONFLICT: frozenset({_S.PENDING, _S.CONFIRMED, _S.GONE, _S.DROPPED}),
    _S.GONE: frozenset({_S.PENDING, _S.CONFIRMED, _S.DROPPED}),
    _S.IN_DOUBT: frozenset({_S.PENDING, _S.CONFIRMED, _S.DROPPED}),
    _S.PARKED: frozenset({_S.PENDING, _S.HELD, _S.CONFLICT, _S.GONE, _S.CONFIRMED, _S.DROPPED}),
    _S.DROPPED: frozenset(),
}
"""The only moves there are. A crash leaves SENDING: `Outbox` makes it IN_DOUBT for a create, PENDING for the others."""


def may_become(now: OpState, then: OpState) -> bool:
    """Staying where one is is always allowed: several edits join one op."""
    return now is then or then in TRANSITIONS[now]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a contact, by `FieldSpec.path`: what the operator saw, and what is wanted. JSON values; None, '',
    [] and {} all mean empty."""

    path: str
    was: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Clash:
    """One field changed on both sides: the last common value, ours, the vendor's. All JSON values."""

    path: str
    base: Any
    mine: Any
    theirs: Any


class ConflictKind(Enum):
    """Why a person has to choose."""

    NONE = ""
    FIELDS = "fields"  # the same fields were changed here and there
    DELETED_HERE = "deleted here"  # deleted here, changed there since; `clashes` say what changed (mine = None)
    OVERWRITTEN = "overwritten"  # somebody wrote between our read and our write, and a whole contact was sent: their
    # values (`theirs`) were replaced by what was there before (`mine`)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an op waits or stopped, in words that survive a restart; `problems` by field path. No secrets in it."""

    title: str
    hint: str = ""
    recovery: Recovery = Recovery.STOP
    problems: tuple[Problem, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.title} {self.hint}".strip()


GUEST_AWAY = Reason("Only the guest can change this contact, and is not signed in.", recovery=Recovery.SIGN_IN)
"""Of an op that waits for its guest (`waits_for_guest`); whoever shows it says the name."""


def reason_of(error: KnownError) -> Reason:
    problems = error.problems if isinstance(error, RejectedError) else ()
    return Reason(error.title, error.hint, error.recovery, problems, error.details)


@dataclass(frozen=True, slots=True)
class Op:
    """One queued intent. `title` is the contact's name when it was made, for contacts that are gone since. Times are
    UTC ISO text or ''. `next_at`: not sent before that. `joined`: how many saves it holds. `orders`: references whose
    copies of the contact are changed too."""

    id: int
    uid: str
    account_id: int
    contact_id: int
    kind: OpKind
    changes: tuple[FieldChange, ...] = ()
    state: OpState = OpState.PENDING
    title: str = ""
    operator: str = ""
    created_at: str = ""
    next_at: str = ""
    sent_at: str = ""
    closed_at: str = ""
    tries: int = 0
    joined: int = 1
    reason: Reason | None = None
    orders: tuple[str, ...] = ()
    conflict: ConflictKind = ConflictKind.NONE
    clashes: tuple[Clash, ...] = ()
    theirs_at: str = ""  # when the vendor's side was read

    @property
    def paths(self) -> frozenset[str]:
        return frozenset(change.path for change in self.changes)


def waits_for_guest(op: Op) -> bool:
    """It goes as soon as the contact's guest signs in, and not by time."""
    return op.state is OpState.PENDING and op.next_at >= NEVER and op.reason == GUEST_AWAY


@dataclass(frozen=True, slots=True)
class Request:
    """What an op sends, for people to look at: no token, no key. `body` is JSON text or ''."""

    method: str
    address: str
    body: str = ""


class Did(Enum):
    """What a line of a contact's history tells."""

    CREATED = "created here"
    EDITED = "edited here"
    DELETED = "deleted here"
    RESTORED = "restored here"
    WITHDRAWN = "withdrawn"  # an edit was taken back before it was sent
    SENT = "sent"
    REFUSED = "refused by the vendor"
    CONFLICT = "changed on both sides"  # `was`: the vendor's value, `now`: ours
    DECIDED = "decided"  # `was`: the value not chosen, `now`: the chosen one
    OVERWRITTEN = "overwritten"  # `was`: somebody's value that our write replaced
    CHANGED_THERE = "changed at the vendor"  # seen in a check while it was being edited here
    GONE = "gone at the vendor"
    ADOPTED = "found at the vendor"  # a create whose answer was lost
    ERASED = "erased"  # nobody's data in it
    LINKED = "linked"  # put on a guest card with other records; no vendor is told
    UNLINKED = "no longer linked"
    EVENT = "bulk event"  # a row made from the contact left, or may have left; read from the ledger, never stored


@dataclass(frozen=True, slots=True)
class SentRow:
    """A row of bulk events made from a contact, as the ledger has it. `stage`: a value of `core.submission.RowStage`;
    `kind`: key of a `BatchKind`; `number`: of the event, '' where it has none; `text`: the vendor's words, or a
    sentence of ours in English."""

    submission_id: int
    row_id: int
    title: str
    account: str
    stage: str
    number: str = ""
    text: str = ""
    kind: str = ""

    @property
    def in_english(self) -> str:
        """For files; the window words it in its own language."""
        outcome = f"{self.stage} no. {self.number}" if self.number and self.stage == "sent" else self.stage
        return " · ".join(part for part in (self.title, self.account, outcome, self.text) if part)


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One thing that happened to a contact, kept here. `at` is UTC ISO."""

    id: int
    contact_id: int
    account_id: int
    at: str
    did: Did
    operator: str = ""
    changes: tuple[FieldChange, ...] = ()
    note: str = ""
    op_uid: str = ""
    sent: SentRow | None = None  # of an EVENT


@dataclass(frozen=True, slots=True)
class Draft:
    """Typing that is not saved yet. `key` names it: `draft_key(contact_id)`, or NEW + anything for a new contact
    (`contact_id` 0). `changes` are as an update's; `orders` as an op's."""

    key: str
    account_id: int
    contact_id: int
    changes: tuple[FieldChange, ...]
    at: str = ""
    operator: str = ""
    orders: tuple[str, ...] = ()


def draft_key(contact_id: int) -> str:
    return f"contact:{contact_id}"


@dataclass(frozen=True, slots=True)
class Trashed:
    """A contact deleted here: kept TRASH_DAYS, with the vendor's JSON as it was last seen plus what was edited."""

    contact_id: int
    account_id: int
    remote_id: str
    title: str
    deleted_at: str
    operator: str
    body: str


TRASH_DAYS = 30
SENT_SHOWN_HOURS = 24  # so long a sent change stays in the outbox; then only the contact's history has it
OPS_KEPT_DAYS = 30
FARTHEST = timedelta(hours=1)
"""Nothing waits longer for a time of its own; what seems to was put off before the clock was set back."""


@dataclass(frozen=True, slots=True)
class OutboxCounts:
    """How much there is to do. `waiting` are PENDING and SENDING."""

    waiting: int = 0
    held: int = 0
    conflicts: int = 0  # what the Conflicts page asks about: changed on both sides, deleted here or there
    unknown: int = 0
    needs_you: int = 0  # all that a person has to decide, conflicts and unknown ones too
    drafts: int = 0
    trashed: int = 0


def word_of(op: Op) -> str:
    """The state in a word or two, as it stands in the outbox (the time of a retry is added by whoever shows it)."""
    if waits_for_guest(op):
        return "Waits for the guest"
    if op.state is OpState.PENDING and op.tries:
        return "Will retry"
    return WORDS[op.state]


WORDS: Mapping[OpState, str] = {
    _S.HELD: "On hold",
    _S.PENDING: "Waiting",
    _S.SENDING: "Sending",
    _S.CONFIRMED: "Sent",
    _S.REJECTED: "Needs you",
    _S.CONFLICT: "Conflict",
    _S.GONE: "Gone at the vendor",
    _S.IN_DOUBT: "Unknown outcome",
    _S.PARKED: "Needs you",
    _S.DROPPED: "Withdrawn",
}
