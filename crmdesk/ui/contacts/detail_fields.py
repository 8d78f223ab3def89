"""A contact's JSON as labelled, harmless texts in groups: what the detail pane shows, without any widget.

The vendor may send any shape in any field: whatever it is, it becomes text here, cut to what a screen can take."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from crmdesk.core.fields import FieldKind, FieldSpec, find, undocumented
from crmdesk.core.text import one_line
from crmdesk.core.types import Json
from crmdesk.ui.contacts.detail_values import DOTS, MAX_VALUE, clean, date_words, plain, time_of, value_words
from crmdesk.ui.hiding import hides, veil_of, veil_of_text
from crmdesk.ui.words import exact_time, plural, tr

__all__ = [
    "DOTS",
    "MAX_VALUE",
    "Entry",
    "Group",
    "groups",
    "read_body",
    "read_contact",
    "record_text",
    "state_time",
    "words_in_line",
]

MAX_OTHER = 60  # unknown fields
MAX_ENTRIES = 50  # phones or records of one field
SHORT = 44  # characters of a record that stays on one line
OTHER = "Other fields"
_NAMED = (FieldKind.FLAG, FieldKind.NUMBER, FieldKind.TIME, FieldKind.DATE)  # say nothing without their label
_JOINT = "   ·   "


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a block. `copy` is what the Copy button takes: the vendor's value, not our words for it. `veil` is
    shown in place of `text` until somebody asks; till then neither `text` nor `copy` nor `hint` leaves the program.
    `old` is the vendor's value that an edit is about to replace, `mark` says where that edit stands."""

    path: str
    label: str
    text: str
    copy: str = ""
    kind: FieldKind = FieldKind.TEXT
    hint: str = ""
    veil: str = ""
    old: str = ""
    mark: str = ""
    remark: str = ""  # a sentence about the value
    hold: bool = False  # shown only while somebody holds it

    @property
    def empty(self) -> bool:
        return not self.text and not self.mark


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    entries: tuple[Entry, ...]


def read_body(body: str) -> Json:
    """The stored JSON text as a dict; {} for anything that cannot be read as one (Raw still shows the text).

    Numbers with a point are Decimal: an amount is shown with the zeros it came with."""
    try:
        found = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def read_contact(body: str, specs: Sequence[FieldSpec], now: datetime) -> tuple[Json, list[Group]]:
    """The stored text as JSON and in words: work for a thread, for a body may be large and names have to be learnt."""
    raw = read_body(body)
    return raw, groups(raw, specs, now)


def groups(raw: Json, specs: Sequence[FieldSpec], now: datetime) -> list[Group]:
    """Documented fields under their headings in the vendor's order, then whatever else the vendor sent."""
    by_title: dict[str, list[Entry]] = {}
    for spec in specs:
        if not spec.kind.secret:
            by_title.setdefault(spec.group, []).extend(_entries(spec, find(raw, spec.path), now))
    others = tuple(_other(path, value) for path, value in islice(undocumented(raw, specs, MAX_OTHER), MAX_OTHER))
    made = [Group(tr(title), tuple(entries)) for title, entries in by_title.items()]
    return [*made, Group(tr(OTHER), others)] if others else made


def state_time(raw: Json, specs: Sequence[FieldSpec], word: str) -> str:
    """When a state began or will: the vendor's time field whose path holds `word` (`restrict`, `forget`, `cancel`)."""
    for spec in specs:
        if word not in spec.path:
            continue
        value = find(raw, spec.path)
        found = exact_time(time_of(value)) if spec.kind is FieldKind.TIME else ""
        found = date_words(value) if spec.kind is FieldKind.DATE else found
        if found:
            return found
    return ""


def _entries(spec: FieldSpec, value: Any, now: datetime) -> list[Entry]:
    if spec.kind is FieldKind.PHONES and isinstance(value, list | Mapping) and value:
        return _listed(spec, value if isinstance(value, list) else [value], _phone)
    if spec.kind is FieldKind.RECORDS and value not in (None, "", [], {}):
        return _listed(spec, value if isinstance(value, list) else [value], _record)
    text, hint = value_words(spec, value, now)
    copy = "" if value in (None, [], {}) else clean(plain(value))
    return [Entry(spec.path, tr(spec.label), text, copy, spec.kind, hint, _veil(spec, text), hold=hides())]


def _veil(spec: FieldSpec, text: str) -> str:
    return DOTS if spec.masked and text else veil_of(spec, text)


def _listed(spec: FieldSpec, items: list[Any], make: Callable[[FieldSpec, int, Any], Entry]) -> list[Entry]:
    """One entry for each of the first items, and how many there are besides."""
    made = [make(spec, number, item) for number, item in enumerate(items[:MAX_ENTRIES])]
    if (left := len(items) - MAX_ENTRIES) > 0:
        more = plural(left, "and 1 more", "and {n} more")
        made.append(Entry(f"{spec.path}.more", tr(spec.label), more))
    return made


def _phone(spec: FieldSpec, number: int, item: Any) -> Entry:
    """One phone line; what the vendor says of the number stands behind it."""
    path = f"{spec.path}.{number}"
    if not isinstance(item, Mapping):
        text = one_line(plain(item))
        return Entry(path, tr(spec.label), text, text, spec.kind, veil=_veil(spec, text), hold=hides())
    text = one_line(plain(item.get("number")))
    kind = ", ".join(_phone_words(spec, item))
    shown = f"{text}   ({kind})" if kind and text else text or kind
    return Entry(path, tr("Phone"), shown, text, spec.kind, veil=_veil(spec, text or shown), hold=hides())


def _phone_words(spec: FieldSpec, item: Mapping[str, Any]) -> list[str]:
    """Its label, or the words of its parts (`mobile`, `Sweden`)."""
    if not spec.parts:
        return [_kind(label)] if (label := one_line(plain(item.get("label")), 40)) else []
    words = (value_words(part, find(item, part.path))[0] for part in spec.parts if part.path != "number")
    return [one_line(word, 40) for word in words if word]


def _kind(label: str) -> str:
    """The labels that vendors and this program use most, in words; anything else as somebody typed it."""
    match label.casefold():
        case "phone":
            return tr("Phone")
        case "mobile":
            return tr("Mobile")
        case "fax":
            return tr("Fax")
        case "work":
            return tr("Work")
        case "home":
            return tr("Home")
    return label


def _record(spec: FieldSpec, number: int, item: Any) -> Entry:
    text = record_text(spec, item)
    veiled = DOTS if spec.masked else record_text(spec, item, veiled=True)
    veil = veiled if text and veiled != text else ""
    return Entry(f"{spec.path}.{number}", tr(spec.label), text, text, spec.kind, veil=veil, hold=hides())


def record_text(spec: FieldSpec, item: Any, *, veiled: bool = False) -> str:
    """One record as a small block: its first value, then the others on a line with their labels. `veiled`: masked
    parts are dots."""
    if not isinstance(item, Mapping):
        return clean(plain(item))
    parts: list[tuple[FieldSpec, str]] = []
    for part in spec.parts:
        text = words_in_line(part, find(item, part.path), veiled=veiled)
        if text:
            parts.append((part, text))
    others = islice(undocumented(item, spec.parts, MAX_OTHER), MAX_OTHER)
    parts += [(FieldSpec(key, one_line(key, 40)), clean(plain(value))) for key, value in others if value is not None]
    first = parts.pop(0)[1] if parts and parts[0][0].kind not in _NAMED else ""
    rest = _JOINT.join(f"{tr(part.label)}: {text}" for part, text in parts if text)
    joint = _JOINT if len(first) + len(rest) <= SHORT else "\n"
    return joint.join(part for part in (first, rest) if part)[:MAX_VALUE]


def words_in_line(spec: FieldSpec, value: Any, *, veiled: bool) -> str:
    """A value in words without its age, for one line among others; dots for a masked one if `veiled`."""
    if spec.kind in (FieldKind.PHONES, FieldKind.RECORDS) and isinstance(value, list | Mapping):
        items = value if isinstance(value, list) else [value]
        texts = [_in_line(spec, item, veiled=veiled) for item in items[:MAX_ENTRIES]]
        text = "; ".join(text for text in texts if text)
    else:
        text = one_line(value_words(spec, value)[0], MAX_VALUE)
    if not veiled or not text:
        return text
    return DOTS if spec.masked else veil_of(spec, text) or text


def _in_line(spec: FieldSpec, item: Any, *, veiled: bool) -> str:
    if spec.kind is FieldKind.PHONES:
        return _phone(spec, 0, item).text
    return record_text(spec, item, veiled=veiled).replace("\n", ", ")


def _other(path: str, value: Any) -> Entry:
    """A field that no FieldSpec names."""
    text = "" if value is None else clean(plain(value))
    return Entry(one_line(path, 80), one_line(path, 40), text, text, veil=veil_of_text(text), hold=hides())
