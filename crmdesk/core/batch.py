"""Sending many rows in one call: what a kind of batch is, its rows, and what became of each.

A sender seals rows into a body that is stored before it is sent, sends it once, and settles the answer row by row. Only
the vendor's own word about a row makes it CREATED, ACCEPTED or REFUSED; everything else is IN_DOUBT.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from enum import Enum
from typing import Any

from crmdesk.core.fields import FieldSpec
from crmdesk.core.foreign import flag
from crmdesk.core.types import Json


@dataclass(frozen=True, slots=True)
class OneOf:
    """Of these paths at most one is given, and with `required` exactly one. They are paths of `BatchKind.fields`, of
    `BatchKind.request`, or, where `within` names a RECORDS field, of its parts."""

    paths: tuple[str, ...]
    required: bool = False
    within: str = ""


@dataclass(frozen=True, slots=True)
class BatchKind:
    """One kind of rows a vendor takes. `fields` describe a row, `request` what stands once in the call; `most` is the
    vendor's limit of rows in one call; `one_of` are its either-or rules. `identity`: the paths that make a row the
    same business event as another (`core.fingerprint`), () = all; `who`: those that say whom it is about.

    What checks look at (`core.row_checks`), each '' or () where the kind has no such field: `performed`: when it
    happened; `differ`: pairs of paths whose values must not be the same; `sums`: parts and whole, by paths in a line of
    RECORDS; `reference`: our own number at the vendor; `unique`: grid paths of what no two rows may have; `consents`:
    what says an agreement, and what proves it (its date); `zone`: that of times which say none (None: this computer's);
    `currency`: where the request says which one is meant; `unit`: the paths that say where.

    `picks`: what a row takes from a contact of this program, as (path, a name of `sync.picked.NAMES`). `numbers`:
    further phone numbers of a row, each by the paths of its parts. `alone`: a row that has this one speaks for its
    whole call, so it goes in a call of its own. `shared`: (path, tick): what stands at that path of the request
    speaks for all rows of a call, which a person must have ticked. `costs`: (tick, path): with that tick of the
    request every row that has the path may use a credit (`credits_of`); `costs_on`: where the request says nothing,
    the account's settings have the tick on. `own_ids`: whom a row is about is said by an id of ours, which may look
    like anything."""

    key: str
    title: str
    fields: tuple[FieldSpec, ...]
    request: tuple[FieldSpec, ...] = ()
    most: int = 1000
    one_of: tuple[OneOf, ...] = ()
    identity: tuple[str, ...] = ()
    who: tuple[str, ...] = ()
    performed: str = ""
    differ: tuple[tuple[str, str], ...] = ()
    sums: tuple[tuple[tuple[str, ...], str], ...] = ()
    reference: str = ""
    unique: tuple[str, ...] = ()
    consents: tuple[tuple[str, ...], ...] = ()
    zone: tzinfo | None = UTC
    currency: tuple[str, ...] = ()
    unit: tuple[str, ...] = ()
    picks: tuple[tuple[str, str], ...] = ()
    numbers: tuple[tuple[str, ...], ...] = ()
    alone: str = ""
    shared: tuple[str, str] | None = None
    costs: tuple[str, str] | None = None
    costs_on: bool = False
    own_ids: bool = False


def credits_of(kind: BatchKind, rows: Iterable[Mapping[str, Any]], request: Mapping[str, Any]) -> int:
    """How many credits sending rows with these values may use at most; 0 where nothing costs any."""
    if kind.costs is None:
        return 0
    tick, path = kind.costs
    on = flag(request[tick]) is True if request.get(tick) not in (None, "") else kind.costs_on
    return sum(values.get(path) not in (None, "") for values in rows) if on else 0


def shares_unsaid(kind: BatchKind, rows: int, request: Mapping[str, Any]) -> bool:
    """What speaks for all rows of a call (`BatchKind.shared`) is given for several, and nobody said that they share
    it."""
    if kind.shared is None or rows <= 1:
        return False
    path, tick = kind.shared
    return request.get(path) not in (None, "", []) and flag(request.get(tick)) is not True


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One row. `uid` is unique in its batch; `values` go by `FieldSpec.path`: only what was given, no '' and no None.

    Money is Decimal, times are the vendor's text, RECORDS are lists of mappings by their parts' paths. `earlier`: the
    uids under which the same row may have arrived before, the oldest first; refused attempts are not among them."""

    uid: str
    values: Mapping[str, Any]
    earlier: tuple[str, ...] = ()

    @property
    def number(self) -> str:
        """Our own number of it at the vendor: the same for every attempt that may have arrived, so that a vendor who
        keeps numbers apart takes it once, and a look-up finds it however often it was sent."""
        return self.earlier[0] if self.earlier else self.uid


class RowState(Enum):
    """What is known of a row after its call."""

    __hash__ = object.__hash__  # as `core.submission.RowStage`

    CREATED = "created"
    ACCEPTED = "accepted"  # the vendor queued it; whether it worked is not known yet
    REFUSED = "refused"
    IN_DOUBT = "in doubt"


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of one row. `code` and `text` are the vendor's, as received; `remote_id` and `number` of what was
    made, or of the job that will make it."""

    uid: str
    state: RowState
    code: str = ""
    text: str = ""
    remote_id: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What the vendor has of a row whose answer was lost. `withdrawn`: it was there and was cancelled since."""

    remote_id: str
    number: str = ""
    withdrawn: bool = False


class JobState(Enum):
    """How far a vendor is with something it queued."""

    RUNNING = "running"  # also for words the documents do not know
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Job:
    """Something the vendor queued. `word` is its own for the state; counts are None where it does not tell."""

    id: str
    state: JobState
    word: str = ""
    contacts: int | None = None
    purchases: int | None = None
    raw: Json = field(default_factory=dict)
