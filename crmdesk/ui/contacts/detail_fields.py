"""A contact's JSON as labelled, harmless texts in groups: what the detail pane shows, without any widget.

The vendor may send any shape in any field: whatever it is, it becomes text here, cut to what a screen can take."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.text import one_line
from crmdesk.core.types import Json
from crmdesk.ui.contacts import names
from crmdesk.ui.words import ago, exact_time, tr

MAX_VALUE = 10_000  # characters of one value on screen; the whole is in Raw
MAX_LINES = 500
MAX_OTHER = 60  # unknown fields
MAX_PHONES = 50
OTHER = "Other fields"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a block. `copy` is what the Copy button takes: the vendor's value, not our words for it."""

    path: str
    label: str
    text: str
    copy: str = ""
    kind: FieldKind = FieldKind.TEXT
    hint: str = ""

    @property
    def empty(self) -> bool:
        return not self.text


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    entries: tuple[Entry, ...]


def read_body(body: str) -> Json:
    """The stored JSON text as a dict; {} for anything that cannot be read as one (Raw still shows the text)."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def groups(raw: Json, specs: Sequence[FieldSpec], now: datetime) -> list[Group]:
    """Documented fields under their headings in the vendor's order, then whatever else the vendor sent."""
    by_title: dict[str, list[Entry]] = {}
    for spec in specs:
        if spec.kind is not FieldKind.SECRET:
            by_title.setdefault(spec.group, []).extend(_entries(spec, find(raw, spec.path), now))
    others = tuple(_others(raw, {spec.path for spec in specs}))
    made = [Group(tr(title), tuple(entries)) for title, entries in by_title.items()]
    return [*made, Group(tr(OTHER), others)] if others else made


def find(raw: Any, path: str) -> Any:
    """Value at a dotted path, None where there is none."""
    for key in path.split("."):
        if not isinstance(raw, Mapping):
            return None
        raw = raw.get(key)
    return raw


def state_time(raw: Json, specs: Sequence[FieldSpec], word: str) -> str:
    """When a state began or will: the vendor's time field whose path holds `word` (`restrict`, `forget`, `cancel`)."""
    for spec in specs:
        if spec.kind is FieldKind.TIME and word in spec.path:
            return exact_time(_plain(find(raw, spec.path)))
    return ""


def _entries(spec: FieldSpec, value: Any, now: datetime) -> list[Entry]:
    label = tr(spec.label)
    if spec.kind is FieldKind.PHONES and isinstance(value, list) and value:
        return [_phone(spec, number, item) for number, item in enumerate(value[:MAX_PHONES])]
    copy = "" if value in (None, [], {}) else clean(_plain(value))
    text, hint = _worded(spec, value, copy, now)
    return [Entry(spec.path, label, text, copy, spec.kind, hint)]


def _phone(spec: FieldSpec, number: int, item: Any) -> Entry:
    """One phone line; its vendor's label stands behind the field's own."""
    if not isinstance(item, Mapping):
        return Entry(f"{spec.path}.{number}", tr(spec.label), one_line(_plain(item)), _plain(item), spec.kind)
    text = one_line(_plain(item.get("number")))
    kind = one_line(_plain(item.get("label")), 40)
    shown = f"{text}   ({kind})" if kind and text else text or kind
    return Entry(f"{spec.path}.{number}", tr("Phone"), shown, text, spec.kind)


def _worded(spec: FieldSpec, value: Any, copy: str, now: datetime) -> tuple[str, str]:
    """Text and tooltip of one value."""
    words = dict(spec.words)
    match spec.kind:
        case _ if not copy:
            return "", ""
        case FieldKind.CHOICE if copy in words:
            return tr(words[copy]), copy
        case FieldKind.CHOICES if isinstance(value, list):
            return ", ".join(tr(words.get(_plain(item), _plain(item))) for item in value[:100]), copy
        case FieldKind.COUNTRY:
            name = names.country(copy)
            return (f"{name} ({copy})", copy) if name != copy else (copy, "")
        case FieldKind.LANGUAGES if isinstance(value, list):
            codes = [one_line(_plain(item), 20) for item in value[:100]]
            return ", ".join(tr(words[code]) if code in words else names.language(code) for code in codes), copy
        case FieldKind.LANGUAGES:
            return names.languages(one_line(copy)), copy
        case FieldKind.TIME:
            stamp = exact_time(copy)
            return (f"{stamp}   ({ago(copy, now)})" if stamp else copy), copy
        case FieldKind.FLAG if isinstance(value, bool):
            return (tr("Yes") if value else tr("No")), copy
        case FieldKind.LINES:
            return clean(_plain(value), lines=True), ""
    return copy, ""


def _others(raw: Json, known: set[str]) -> Iterator[Entry]:
    """Fields that no FieldSpec names, one level of nesting opened, at most MAX_OTHER."""
    left = MAX_OTHER
    for path, value in _flat(raw):
        inside = any(spec == path or spec.startswith(f"{path}.") or path.startswith(f"{spec}.") for spec in known)
        if not inside and left:
            left -= 1
            text = "" if value is None else clean(_plain(value))
            yield Entry(one_line(path, 80), one_line(path, 40), text, text)


def _flat(raw: Json) -> Iterator[tuple[str, Any]]:
    for key, value in raw.items():
        if isinstance(value, dict) and value and len(value) < MAX_OTHER:
            yield from ((f"{key}.{inner}", deeper) for inner, deeper in value.items())
        else:
            yield str(key), value


def _plain(value: Any) -> str:
    """Any JSON value as text; lists of plain values joined, anything deeper as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return ", ".join(str(item) for item in value[:200])
    try:
        return json.dumps(value, ensure_ascii=False)[: 2 * MAX_VALUE]
    except (ValueError, RecursionError):
        return tr("(too deeply nested to show)")


def clean(text: str, *, lines: bool = False) -> str:
    """Without control characters, bidi controls or lone surrogates, at most MAX_VALUE long. `lines` keeps breaks."""
    if not lines:
        return one_line(text[: 2 * MAX_VALUE], MAX_VALUE)
    kept = text[: 2 * MAX_VALUE].splitlines()[:MAX_LINES]
    return "\n".join(one_line(line, MAX_VALUE) for line in kept)[:MAX_VALUE]
