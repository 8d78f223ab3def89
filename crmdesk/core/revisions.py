"""What changed between two states of a contact, field by field: pure, for whatever the vendor kept or sent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from crmdesk.core import foreign
from crmdesk.core.fields import FieldKind, FieldSpec, find, undocumented
from crmdesk.core.types import Json, Revision

_LISTS = (FieldKind.RECORDS, FieldKind.PHONES, FieldKind.CHOICES, FieldKind.LANGUAGES)
_MOST_ITEMS = 500  # of a list that is compared entry by entry
_NOTHING: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Change:
    """One field that is not as it was. Of a list only the entries that went (`was`) and came (`now`) are left, unless
    nothing but their order changed."""

    spec: FieldSpec
    was: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Step:
    """One revision and what it changed since the one before it; `first`: the vendor keeps none before it."""

    revision: Revision
    changes: tuple[Change, ...]
    first: bool


def history(revisions: Sequence[Revision], specs: Sequence[FieldSpec]) -> tuple[Step, ...]:
    """The revisions, newest first as they come, each with its changes. Number and time of a revision are no changes:
    they differ every time, and stand beside it anyway."""
    steps = []
    for place, revision in enumerate(revisions):
        before = revisions[place + 1] if place + 1 < len(revisions) else None
        found = changes(before.raw, revision.raw, specs) if before is not None else ()
        kept = tuple(change for change in found if not _repeats(change, revision))
        steps.append(Step(revision, kept, first=before is None))
    return tuple(steps)


def changes(was: Json, now: Json, specs: Sequence[FieldSpec]) -> tuple[Change, ...]:
    """Documented fields in the specs' order, then undocumented ones. A missing field, null, '' and an empty list are
    the same: nothing."""
    found = [_change(spec, find(was, spec.path), find(now, spec.path)) for spec in specs]
    before, after = dict(undocumented(was, specs)), dict(undocumented(now, specs))
    paths = dict.fromkeys((*before, *after))
    found += [_change(FieldSpec(path, path, writable=False), before.get(path), after.get(path)) for path in paths]
    return tuple(change for change in found if change is not None)


def _change(spec: FieldSpec, was: Any, now: Any) -> Change | None:
    try:
        if _meant(spec, was) == _meant(spec, now):
            return None
        if spec.kind in _LISTS and isinstance(was, list) and isinstance(now, list):
            went, came = _less(was, now), _less(now, was)
            was, now = (went, came) if went or came else (was, now)
    except RecursionError:
        return Change(spec, was, now)  # too deep to be compared: nobody can say that it is the same
    return Change(spec, was, now)


def _less(entries: list[Any], others: list[Any]) -> list[Any]:
    known = {_spelled(other) for other in others[:_MOST_ITEMS]}
    return [entry for entry in entries[:_MOST_ITEMS] if _spelled(entry) not in known]


def _meant(spec: FieldSpec, value: Any) -> str:
    """As `_spelled`, but the same moment or answer in another spelling is no change."""
    if spec.kind is FieldKind.TIME:
        return foreign.epoch(value) or foreign.utc(value) or _spelled(value)
    known = foreign.flag(value) if spec.kind is FieldKind.FLAG else None
    return _spelled(value if known is None else known)


def _spelled(value: Any) -> str:
    """The value as text that is equal for equal values: true is not 1, 12.50 is 12.5, key order does not matter."""
    if value in _NOTHING:
        return ""
    return _number(value) if isinstance(value, Decimal) else json.dumps(value, sort_keys=True, default=_number)


def _number(value: Any) -> str:
    return str(value.normalize()) if isinstance(value, Decimal) else str(value)


def _repeats(change: Change, revision: Revision) -> bool:
    """True for the vendor's own fields that hold the revision's number or time."""
    if change.spec.writable:
        return False
    if change.spec.kind in (FieldKind.TIME, FieldKind.DATE):
        return bool(revision.at) and (foreign.epoch(change.now) or foreign.utc(change.now)) == revision.at
    return change.spec.kind is FieldKind.NUMBER and foreign.whole(change.now) == revision.number
