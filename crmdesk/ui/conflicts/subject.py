"""One conflict as the page shows it: words, columns and buttons by its kind. Pure but for the translations."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.merge import differences
from crmdesk.core.outbox import ConflictKind, Did, FieldChange, HistoryLine, Op, OpState
from crmdesk.core.text import one_line
from crmdesk.ui.words import clock_time, isolated, tr

FREE = frozenset({FieldKind.TEXT, FieldKind.LINES, FieldKind.EMAIL, FieldKind.URL})  # may be typed
LONG_TEXT = 60  # letters from which differing words are marked


class Kind(Enum):
    """Which form the page takes."""

    FIELDS = "fields"
    OVERWRITTEN = "overwritten"
    DELETED_HERE = "deleted here"
    GONE = "gone"

    @property
    def chooses(self) -> bool:
        """A value has to be chosen for each field."""
        return self in (Kind.FIELDS, Kind.OVERWRITTEN)


@dataclass(frozen=True, slots=True)
class Subject:
    """`others`: what the vendor's side changed besides, and that is kept. `no_create`: why it cannot be made again."""

    op: Op
    vendor: str
    specs: tuple[FieldSpec, ...]
    others: tuple[FieldChange, ...] = ()
    no_create: str | None = None

    @property
    def kind(self) -> Kind:
        if self.op.state is OpState.GONE:
            return Kind.GONE
        kinds = {ConflictKind.OVERWRITTEN: Kind.OVERWRITTEN, ConflictKind.DELETED_HERE: Kind.DELETED_HERE}
        return kinds.get(self.op.conflict, Kind.FIELDS)

    @property
    def name(self) -> str:
        return isolated(one_line(self.op.title, 80)) or tr("a contact without a name")

    def title(self) -> str:
        words = {
            Kind.FIELDS: "Conflict: {name} at {vendor}",
            Kind.OVERWRITTEN: "Written over: {name} at {vendor}",
            Kind.DELETED_HERE: "Deleted here, changed there: {name} at {vendor}",
            Kind.GONE: "Gone at the vendor: {name} at {vendor}",
        }
        return self._filled(words[self.kind])

    def explanation(self) -> str:
        words = {
            Kind.FIELDS: "The same field was changed here and at {vendor}. Nothing is sent for this contact until you "
            "have chosen; other contacts go on. Both versions are kept in its History.",
            Kind.OVERWRITTEN: "Somebody wrote between our reading and our writing; their values were replaced. Put "
            "theirs back? Both versions are kept in its History.",
            Kind.DELETED_HERE: "You deleted it here; meanwhile it was changed at {vendor}, as shown below. Nothing was "
            "deleted there yet. Both versions are kept in its History.",
            Kind.GONE: "{vendor} no longer has this contact. What was changed here is still there, and nothing is sent "
            "until you have chosen. Both versions are kept in its History.",
        }
        return self._filled(words[self.kind])

    def columns(self, now: datetime) -> tuple[tuple[str, str], ...]:
        """Title and the line below it for base, mine and theirs."""
        made, seen = clock_time(self.op.created_at, now), clock_time(self.op.theirs_at, now)
        who = isolated(one_line(self.op.operator, 60))
        mine = ", ".join(part for part in (who, made) if part)
        theirs = ", ".join(
            part for part in (self.vendor, tr("seen {time}").replace("{time}", seen) if seen else "") if part
        )
        if self.kind is Kind.OVERWRITTEN:
            return ((tr("Before"), ""), (tr("There now"), mine), (tr("Theirs, replaced"), theirs))
        return ((tr("Base"), tr("before both changes")), (tr("Mine"), mine), (tr("Theirs"), theirs))

    def all_words(self) -> tuple[str, str]:
        """What stands on the two buttons that choose for all fields."""
        if self.kind is Kind.OVERWRITTEN:
            return tr("Leave all as it is"), tr("Put all theirs back")
        return tr("Keep all mine"), tr("Take all theirs")

    def shown(self) -> tuple[FieldChange, ...]:
        """The fields of a kind that has nothing to choose: what changed there, or what was wanted here."""
        if self.kind is Kind.DELETED_HERE:
            return tuple(FieldChange(clash.path, clash.base, clash.theirs) for clash in self.op.clashes)
        return self.op.changes

    def _filled(self, words: str) -> str:
        return tr(words).replace("{name}", self.name).replace("{vendor}", self.vendor)


def other_changes(
    op: Op, lines: Sequence[HistoryLine], before: str, theirs: str, specs: Sequence[FieldSpec]
) -> tuple[FieldChange, ...]:
    """What changed at the vendor besides the clashing fields, since the edit was made: as checks noticed it, and as the
    two JSON texts differ."""
    clashing = {clash.path for clash in op.clashes}
    found: dict[str, FieldChange] = {}
    seen = (line for line in lines if line.did is Did.CHANGED_THERE and line.at >= op.created_at)
    noticed = [change for line in sorted(seen, key=lambda line: (line.at, line.id)) for change in line.changes]
    for change in (*noticed, *_between(before, theirs, specs)):
        first = found.get(change.path, change)
        found[change.path] = FieldChange(change.path, first.was, change.now)
    writable = {spec.path for spec in specs if spec.writable}
    return tuple(change for path, change in found.items() if path not in clashing and path in writable)


def _between(before: str, theirs: str, specs: Sequence[FieldSpec]) -> tuple[FieldChange, ...]:
    one, other = _json(before), _json(theirs)
    return differences(one, other, specs) if one and other else ()


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
