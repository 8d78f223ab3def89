"""Edits in plain words: what one does, where it stands, what was refused. Pure; used by the window and the tests.

A `Speech` says values, translates and protects foreign text; `PLAIN` does it without a desk (no locale, no names of
countries)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from crmdesk.core import foreign
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.outbox import ConflictKind, FieldChange, Op, OpKind, OpState, waits_for_guest, word_of
from crmdesk.core.said import Said, said_of
from crmdesk.core.text import one_line
from crmdesk.sync.progress import clock_text, number_text

SHORT: Final = 40  # letters of one value inside a sentence
LONG: Final = 300  # of one value in a table
DOTS: Final = "••••••••"  # always as many: how long a masked value is, is nobody's business
_NOTHING: Final[tuple[Any, ...]] = (None, "", [], {})
_ENTRIES: Final = (FieldKind.RECORDS, FieldKind.PHONES, FieldKind.CHOICES, FieldKind.LANGUAGES)
_CLOSED: Final = {OpState.CONFIRMED: "{word} {time}", OpState.DROPPED: "{word} {time}"}


class SavedLike(Protocol):
    """What words need of `sync.edits.Saved`."""

    @property
    def what(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def vendor(self) -> str: ...
    @property
    def contact_ids(self) -> tuple[int, ...]: ...


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def plain_value(spec: FieldSpec, value: Any) -> str:
    """Any JSON value in one line, '' for an empty one; dots for a masked field."""
    if value in _NOTHING:
        return ""
    return DOTS if spec.masked else one_line(_worded(spec, value), LONG)


def _worded(spec: FieldSpec, value: Any) -> str:
    words = dict(spec.words)
    match spec.kind:
        case FieldKind.FLAG:
            known = foreign.flag(value)
            return _text(value) if known is None else ("Yes" if known else "No")
        case FieldKind.CHOICE:
            return words.get(_text(value), _text(value))
        case FieldKind.CHOICES | FieldKind.LANGUAGES:
            return ", ".join(words.get(code, code) for code in map(_text, _items(value)))
        case FieldKind.PHONES:
            return "; ".join(_phone(item) for item in _items(value))
        case FieldKind.RECORDS:
            return "; ".join(_record(spec, item) for item in _items(value))
        case FieldKind.DATE if isinstance(value, Mapping):
            return "-".join(_text(value[part]) for part in ("year", "month", "day") if value.get(part) not in _NOTHING)
    return _text(value)


def _items(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _phone(item: Any) -> str:
    if not isinstance(item, Mapping):
        return _text(item)
    return " ".join(text for text in (_text(item.get("label")), _text(item.get("number"))) if text) or _text(item)


def _record(spec: FieldSpec, item: Any) -> str:
    if not isinstance(item, Mapping):
        return _text(item)
    named = [plain_value(part, item.get(part.path)) for part in spec.parts]
    return ", ".join(text for text in named if text) or _text(item)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, list) and not any(isinstance(item, list | dict) for item in value):
        return ", ".join(_text(item) for item in value)
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        return "…"


@dataclass(frozen=True, slots=True)
class Speech:
    """`value` words one value in a line, '' for an empty one; `foreign` wraps text that is not ours. `capitals`: the
    language writes nouns with a capital inside a sentence, too."""

    value: Callable[[FieldSpec, Any], str] = plain_value
    tr: Callable[[str], str] = str
    foreign: Callable[[str], str] = str
    capitals: Callable[[], bool] = bool

    def label(self, spec: FieldSpec) -> str:
        """As it stands inside a sentence."""
        label = self.tr(spec.label)
        return label if self.capitals() else in_sentence(label)

    def fill(self, template: str, **parts: str) -> str:
        """The translated template with its {parts}."""
        text = self.tr(template)
        for name, part in parts.items():
            text = text.replace(f"{{{name}}}", part)
        return text

    def short(self, spec: FieldSpec, value: Any) -> str:
        """For a sentence; *empty* where there is nothing."""
        return self.foreign(one_line(self.value(spec, value), SHORT)) or self.tr("empty")


PLAIN: Final = Speech()


# ── fields ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def spec_of(path: str, specs: Sequence[FieldSpec]) -> FieldSpec:
    """The spec that names the path or what lies above it (`phones.0.number` → phones); one made up for unknown ones."""
    best = max(
        (spec for spec in specs if path == spec.path or path.startswith(f"{spec.path}.")),
        key=lambda spec: len(spec.path),
        default=None,
    )
    return best or FieldSpec(path, path, writable=False)


def in_sentence(label: str) -> str:
    """A label as it stands inside a sentence: *City* → *city*, *E-mail* → *e-mail*; *VAT number* and names stay."""
    first = label.split(" ", 1)[0]
    return label[:1].lower() + label[1:] if first[1:] == first[1:].lower() and len(first) > 1 else label


def change_text(change: FieldChange, spec: FieldSpec, speech: Speech = PLAIN) -> str:
    """*Nevers → Nantes*; of a list what came or went, where it is only that."""
    was, now = change.was, change.now
    if spec.kind in _ENTRIES and not spec.masked:
        went, came = _less(_items_of(was), _items_of(now)), _less(_items_of(now), _items_of(was))
        if came and not went:
            return speech.fill("added {value}", value=speech.short(spec, came))
        if went and not came:
            return speech.fill("removed {value}", value=speech.short(spec, went))
        was, now = (went, came) if went else (was, now)
    return f"{speech.short(spec, was)} → {speech.short(spec, now)}"


def _items_of(value: Any) -> list[Any]:
    return [] if value in _NOTHING else list(_items(value))


def _less(entries: list[Any], others: list[Any]) -> list[Any]:
    known = {_spelled(other) for other in others}
    return [entry for entry in entries if _spelled(entry) not in known]


def _spelled(entry: Any) -> str:
    try:
        return json.dumps(entry, sort_keys=True, default=str)
    except (ValueError, RecursionError):
        return repr(type(entry))


def in_order(changes: Sequence[FieldChange], specs: Sequence[FieldSpec]) -> list[tuple[FieldSpec, FieldChange]]:
    """The changes with their specs, in the order of the vendor's fields; unknown ones last."""
    places = {spec.path: place for place, spec in enumerate(specs)}
    found = [(spec_of(change.path, specs), change) for change in changes]
    return sorted(found, key=lambda pair: places.get(pair[0].path, len(places)))


# ── an edit ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def sentence(op: Op, specs: Sequence[FieldSpec], vendor: str, speech: Speech = PLAIN) -> str:
    """*Change city of Ana Ruiz at BookingSync: Nevers → Nantes*. `vendor` is its title."""
    who = speech.foreign(one_line(op.title, 80)) or speech.tr("a contact without a name")
    names = {"name": who, "vendor": vendor}
    if op.kind is OpKind.CREATE:
        return speech.fill("Create {name} at {vendor}", **names)
    if op.kind is OpKind.DELETE:
        return speech.fill("Delete {name} at {vendor}", **names)
    if op.conflict is ConflictKind.OVERWRITTEN:
        return _overwritten(op, specs, names, speech)
    changes = in_order(op.changes, specs)
    if not changes:
        return speech.fill("Change {name} at {vendor}", **names)
    spec, change = changes[0]
    field = speech.label(spec)
    if len(changes) > 1:
        more = number_text(len(changes) - 1)
        return speech.fill("Change {field} and {n} more of {name} at {vendor}", field=field, n=more, **names)
    text = change_text(change, spec, speech)
    return speech.fill("Change {field} of {name} at {vendor}: {change}", field=field, change=text, **names)


def _overwritten(op: Op, specs: Sequence[FieldSpec], names: Mapping[str, str], speech: Speech) -> str:
    """Our write replaced what somebody else had just written."""
    replaced = in_order([FieldChange(clash.path, clash.theirs, clash.mine) for clash in op.clashes], specs)
    if not replaced:
        return speech.fill("Change {name} at {vendor}", **names)
    field = speech.label(replaced[0][0])
    if len(replaced) > 1:
        more = number_text(len(replaced) - 1)
        text = "Somebody’s change of {field} and {n} more of {name} at {vendor} was replaced"
        return speech.fill(text, field=field, n=more, **names)
    return speech.fill("Somebody’s change of {field} of {name} at {vendor} was replaced", field=field, **names)


def state_text(op: Op, now: datetime, speech: Speech = PLAIN) -> str:
    """*Will retry 14:12 (try 3)*, *Sent 14:05*, *On hold*."""
    word = speech.tr(word_of(op))
    if waits_for_guest(op):
        return word
    if op.state is OpState.PENDING and op.tries:
        due, tried = _moment(op.next_at), number_text(op.tries + 1)
        if due is None or due <= now:
            return speech.fill("{word} now (try {n})", word=word, n=tried)
        return speech.fill("{word} {time} (try {n})", word=word, time=clock_text(due, now), n=tried)
    if op.state in _CLOSED and (closed := _moment(op.closed_at or op.sent_at)) is not None:
        return speech.fill(_CLOSED[op.state], word=word, time=clock_text(closed, now))
    return word


def facts(op: Op, now: datetime, speech: Speech = PLAIN) -> tuple[str, ...]:
    """What else is worth a word: who, when, how many edits it holds."""
    made = _moment(op.created_at)
    when = clock_text(made, now) if made is not None else ""
    who = speech.foreign(one_line(op.operator, 60))
    told = [", ".join(part for part in (who, when) if part)]
    if op.joined > 1:
        told.append(speech.tr(said_of(op.joined, "1 edit joined", "{n} edits joined")))
    if op.orders:
        told.append(speech.tr(said_of(len(op.orders), "also 1 order", "also {n} orders")))
    return tuple(text for text in told if text)


def reason_lines(op: Op, specs: Sequence[FieldSpec], speech: Speech = PLAIN) -> tuple[str, ...]:
    """Why it waits or stopped: our sentence with what to do next, then one line for each refused field, in the
    server's words."""
    if op.reason is None:
        return ()
    if waits_for_guest(op):
        who = speech.foreign(one_line(op.title, 80)) or speech.tr("the guest")
        return (speech.fill("Waits until {name} signs in again.", name=who),)
    first = f"{speech.tr(op.reason.title)} {speech.tr(op.reason.hint)}".strip()
    refused = [
        f"{speech.tr(spec_of(problem.path, specs).label)}: {speech.foreign(speech.tr(one_line(problem.text, LONG)))}"
        if problem.path
        else speech.foreign(speech.tr(one_line(problem.text, LONG)))
        for problem in op.reason.problems
    ]
    return tuple(text for text in (first, *refused) if text)


def reason_line(op: Op, specs: Sequence[FieldSpec], speech: Speech = PLAIN) -> str:
    """`reason_lines` where no field stands beside it: what was refused in place of where that can be read."""
    lines = reason_lines(op, specs, speech)
    if op.reason is None or not op.reason.problems or waits_for_guest(op):
        return lines[0] if lines else ""
    return " ".join((speech.tr(op.reason.title), *lines[1:]))


def _moment(iso_text: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(iso_text)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


# ── what a person just did ───────────────────────────────────────────────────────────────────────────────────────────

_SAVED: Final = {
    "edit": "Saved here. Will be sent to {vendor}.",
    "correct": "Saved here. Will be sent to {vendor}.",
    "create": "{name} is saved here. Will be made at {vendor}.",
    "delete": "{name} is deleted here. {vendor} is told in a moment.",
    "discard": "The change of {name} is discarded.",
    "restore": "{name} is back here.",
}
_SAVED_MANY: Final = {
    "edit": "{name} are saved here. They will be sent to {vendor}.",
    "delete": "{name} are deleted here. {vendor} is told in a moment.",
}
_UNDO: Final = {
    "edit": "Undo change of {name}",
    "correct": "Undo change of {name}",
    "create": "Undo making {name}",
    "delete": "Undo delete of {name}",
    "discard": "Undo discard for {name}",
    "restore": "Undo restore of {name}",
}
_REDO: Final = {
    "edit": "Redo change of {name}",
    "correct": "Redo change of {name}",
    "create": "Redo making {name}",
    "delete": "Redo delete of {name}",
    "restore": "Redo restore of {name}",
}


def saved_text(saved: SavedLike, speech: Speech = PLAIN) -> str:
    """The words beside *Undo*."""
    one = _SAVED.get(saved.what, "Saved here.")
    text = _filled(_SAVED_MANY.get(saved.what, one) if len(saved.contact_ids) > 1 else one, saved, speech)
    return text[:1].upper() + text[1:]


def undo_text(saved: SavedLike, speech: Speech = PLAIN) -> str:
    """*Undo delete of Ana Ruiz*, for the menu."""
    return _filled(_UNDO.get(saved.what, "Undo"), saved, speech)


def redo_text(saved: SavedLike, speech: Speech = PLAIN) -> str:
    """*Redo delete of Ana Ruiz*, for the menu."""
    return _filled(_REDO.get(saved.what, "Redo"), saved, speech)


def _filled(template: str, saved: SavedLike, speech: Speech) -> str:
    if isinstance(saved.title, Said):  # of several: it is ours
        name = speech.tr(saved.title)
    else:
        name = speech.foreign(one_line(saved.title, 60)) or speech.tr("the contact")
    return speech.fill(template, name=name, vendor=saved.vendor or speech.tr("its vendor"))
