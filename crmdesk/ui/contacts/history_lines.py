"""A contact's time line as values: what was done here and what its vendor keeps, in one order and in words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from crmdesk.core.fields import FieldKind, FieldSpec, find
from crmdesk.core.outbox import Did, FieldChange, HistoryLine, SentRow
from crmdesk.core.revisions import Change, Step, changes
from crmdesk.core.submission import RowStage
from crmdesk.core.text import one_line
from crmdesk.core.types import Json
from crmdesk.ui.contacts.detail_fields import words_in_line
from crmdesk.ui.contacts.known_names import kind_words
from crmdesk.ui.kit import isolated, tr

FOLDED = 160  # letters of one value on screen, until somebody asks for more
MOST_LETTERS = 4000  # then
_NO_ISOLATES = str.maketrans("", "", "\u2068\u2069")
_ENTRIES = (FieldKind.RECORDS, FieldKind.PHONES, FieldKind.CHOICES, FieldKind.LANGUAGES)


class Sort(Enum):
    """What the time line can be narrowed to."""

    ALL = "All"
    HERE = "Edits here"
    THERE = "At the vendor"
    SENDS = "Sends"


# picture, tone, words, and under which sorts it stands; `{vendor}` is the vendor's name
LOOKS: dict[Did, tuple[str, str, str, tuple[Sort, ...]]] = {
    Did.CREATED: ("plus", "", "Created here", (Sort.HERE,)),
    Did.EDITED: ("pencil", "", "Edited here", (Sort.HERE,)),
    Did.DELETED: ("trash", "", "Deleted here", (Sort.HERE,)),
    Did.RESTORED: ("refresh", "", "Restored here", (Sort.HERE,)),
    Did.WITHDRAWN: ("dash", "", "Taken back before it was sent", (Sort.HERE,)),
    Did.SENT: ("tick", "ok", "Sent to {vendor}", (Sort.SENDS,)),
    Did.REFUSED: ("cross", "error", "Refused by {vendor}", (Sort.SENDS,)),
    Did.CONFLICT: ("arrows", "error", "Changed here and at {vendor}", (Sort.HERE, Sort.THERE)),
    Did.DECIDED: ("arrows", "ok", "Decided here", (Sort.HERE,)),
    Did.OVERWRITTEN: ("warning", "warning", "Replaced a change made at {vendor}", (Sort.THERE, Sort.SENDS)),
    Did.CHANGED_THERE: ("globe", "", "Changed at {vendor}", (Sort.THERE,)),
    Did.GONE: ("cross", "warning", "Gone at {vendor}", (Sort.THERE,)),
    Did.ADOPTED: ("search", "ok", "Found at {vendor}", (Sort.THERE, Sort.SENDS)),
    Did.LINKED: ("plus", "", "Linked with other records of the same person", (Sort.HERE,)),
    Did.UNLINKED: ("dash", "", "Link taken apart", (Sort.HERE,)),
    Did.EVENT: ("send", "", "Bulk event", (Sort.SENDS,)),
    Did.ERASED: ("lock", "", "Personal data erased", (Sort.HERE, Sort.THERE)),
}
_PAIRS = {  # where old → new would say something else
    Did.CONFLICT: "here: {now}; there: {was}",
    Did.DECIDED: "{now}, not {was}",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One field of one line. `text` and `whole` are the same words, `text` cut to FOLDED letters a value. `was` is the
    field's whole old value (JSON)."""

    spec: FieldSpec
    label: str
    text: str
    whole: str
    was: Any

    @property
    def folded(self) -> bool:
        return self.text != self.whole


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened. `key` names its widgets; `at` is UTC ISO or '' where the vendor does not say when."""

    key: str
    icon: str
    tone: str
    title: str
    at: str
    operator: str = ""
    note: str = ""
    told: tuple[Told, ...] = ()
    sorts: tuple[Sort, ...] = ()
    sent: SentRow | None = None

    def within(self, sort: Sort) -> bool:
        return sort is Sort.ALL or sort in self.sorts


def local_lines(history: Sequence[HistoryLine], specs: Sequence[FieldSpec], vendor: str) -> tuple[Line, ...]:
    """What was done here, in the order it comes (newest first)."""
    return tuple(_local(line, specs, vendor) for line in history)


def _local(line: HistoryLine, specs: Sequence[FieldSpec], vendor: str) -> Line:
    icon, tone, title, sorts = LOOKS[line.did]
    told = tuple(_told(change, specs, line.did) for change in line.changes)
    title = tr(title).replace("{vendor}", vendor)
    note = line.note
    if line.sent is not None:
        note = sent_words(line.sent)
        title = tr("Bulk event: {kind}").replace("{kind}", kind_words(line.sent.kind)) if line.sent.kind else title
    return Line(f"line.{line.id}", icon, tone, title, line.at, line.operator, note, told, sorts, line.sent)


def sent_words(sent: SentRow) -> str:
    """*May · Back office · Sent no. 45*, and what was answered."""
    from crmdesk.ui.composer.stage_words import WORDS  # with the first line of that sort

    words = {stage.value: text for stage, text in WORDS.items()}
    outcome = tr(words.get(sent.stage, sent.stage))
    if sent.number and sent.stage == RowStage.SENT.value:
        outcome = tr("Sent no. {number}").replace("{number}", sent.number)
    return " · ".join(part for part in (sent.title, sent.account, outcome, tr(sent.text)) if part)


def _told(change: FieldChange, specs: Sequence[FieldSpec], did: Did) -> Told:
    spec = next((spec for spec in specs if spec.path == change.path), None)
    spec = spec or FieldSpec(change.path, change.path, writable=False)
    reduced = changes(_nested(change.path, change.was), _nested(change.path, change.now), (spec,))
    shown = reduced[0] if len(reduced) == 1 else Change(spec, change.was, change.now)
    if did in _PAIRS:
        shown = Change(spec, change.was, change.now)
    return told_of(shown, change.was, _PAIRS.get(did, ""))


def as_json(value: Any) -> Any:
    """The value with plain numbers: what is read for the screen keeps amounts as Decimal."""
    return json.loads(json.dumps(value, default=_number))


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _nested(path: str, value: Any) -> Json:
    """{"a": {"b": value}} for the path "a.b"."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return dict(value)


def vendor_lines(steps: Sequence[Step], vendor: str) -> tuple[Line, ...]:
    """The states that the vendor keeps, newest first as they come. One whose time is not known stands by its number:
    right after the one before it."""
    found: list[Line] = []
    for place, step in enumerate(steps):
        older = steps[place + 1].revision.raw if place + 1 < len(steps) else {}
        told = tuple(told_of(change, find(older, change.spec.path)) for change in step.changes)
        title = tr("Version {n} at {vendor}").replace("{n}", str(step.revision.number)).replace("{vendor}", vendor)
        key, note = f"version.{step.revision.number}", _remark(step, vendor)
        found.append(Line(key, "clock", "", title, step.revision.at, "", note, told, (Sort.THERE,)))
    return tuple(found)


def _remark(step: Step, vendor: str) -> str:
    if step.first:
        if step.revision.number <= 1:
            return tr("First version")
        return tr("The oldest version that {vendor} keeps").replace("{vendor}", vendor)
    return "" if step.changes else tr("Nothing that is shown here changed")


def merged(local: Sequence[Line], versions: Sequence[Line]) -> tuple[Line, ...]:
    """Both, newest first. Neither changes its own order; of the same second the vendor's stands above."""
    times: list[str] = []  # each version's, or that of the newest one below it where it has none
    for line in reversed(versions):
        times.append(max(line.at, times[-1] if times else ""))
    times.reverse()
    made, place = [], 0
    for line in local:
        while place < len(versions) and times[place] >= line.at:
            made.append(versions[place])
            place += 1
        made.append(line)
    return (*made, *versions[place:])


def told_of(change: Change, was: Any, pair: str = "") -> Told:
    """A change in words. Masked values stay dots: history is no way around."""
    label = one_line(tr(change.spec.label), 60)
    return Told(change.spec, label, change_words(change, FOLDED, pair), change_words(change, MOST_LETTERS, pair), was)


def change_words(change: Change, most: int = FOLDED, pair: str = "") -> str:
    """*old → new*, each at most `most` letters; of a list what came and what went. `pair` is another sentence for
    {was} and {now}."""
    spec = change.spec
    was, now = (_short(words_in_line(spec, value, veiled=True), most) for value in (change.was, change.now))
    if pair:
        named = {"{was}": isolated(was) or tr("empty"), "{now}": isolated(now) or tr("empty")}
        first, _, rest = tr(pair).partition("{now}")  # a value may hold such a word itself
        return first + named["{now}"] + rest.replace("{was}", named["{was}"], 1)
    if spec.kind in _ENTRIES and was != now and not (was and now):
        words = tr("added {value}") if now else tr("removed {value}")
        return words.replace("{value}", isolated(was or now))
    return f"{isolated(was) or tr('empty')} → {isolated(now) or tr('empty')}"


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + "…"


def bare(text: str) -> str:
    """Without direction marks: for screen readers and the clipboard."""
    return text.translate(_NO_ISOLATES)
