"""When two rows are the same business event (UX-CMP-20): who, classification, unit, performed on, reference, amounts.

The kind says which of its paths those are (`BatchKind.identity`); description, own fields and labels are not among
them. Values are normalised first, so that the same event typed twice is found: letters in one case and form, numbers
without trailing zeros, times to the second and in the zone in which the vendor is told of them. Pure.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from crmdesk.core.batch import BatchKind
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.text import has_hidden, without_hidden

SIZE = 16  # bytes
_TIMES = (FieldKind.TIME, FieldKind.DATE)
_UNZONED = 19  # characters of a time that says no zone
_EMPTY: tuple[Any, ...] = (None, "", [], {}, ())


@dataclass(frozen=True, slots=True)
class _How:
    """`zone`: in which times are compared. `old`: as versions before 0.10 did it."""

    zone: tzinfo | None = UTC
    old: bool = False


_OLD = _How(old=True)


class Fingerprints:
    """Of rows of one kind; made once for many rows."""

    def __init__(self, kind: BatchKind) -> None:
        specs = {spec.path: spec for spec in kind.fields}
        paths = kind.identity or tuple(path for path, spec in specs.items() if spec.writable)
        self._kind = kind.key
        self._specs = tuple(specs[path] for path in paths if path in specs)
        self._how = _How(kind.zone)
        self._who = tuple(path for path in kind.who if path in specs)

    def of(self, values: Mapping[str, Any]) -> bytes:
        """SIZE bytes; b"" for a row that has none of the values that count: it is like no other."""
        return self._print(_named(self._specs, values, self._how))

    def earlier(self, values: Mapping[str, Any]) -> bytes:
        """What versions before 0.10 made of a row where that differs, else b"": to them a time that says its zone was
        another than the same time without one, a quantity of 1 another than none, and a text with a character that
        nobody sees another than without."""
        if not any(_may_differ(spec, values.get(spec.path)) for spec in self._specs):
            return b""
        old = _named(self._specs, values, _OLD)
        return b"" if old == _named(self._specs, values, self._how) else self._print(old)

    def _print(self, found: list[tuple[str, Any]]) -> bytes:
        if not found:
            return b""
        text = json.dumps([self._kind, found], ensure_ascii=False, separators=(",", ":"))
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=SIZE).digest()

    def who(self, values: Mapping[str, Any]) -> str:
        """Whom the row is about, as it can be looked for in the ledger: path and value, '' where it names nobody."""
        given = (f"{path}={_text(values[path])}" for path in self._who if values.get(path) not in _EMPTY)
        return " ".join(given)


def named(who: str, values: Mapping[str, Any]) -> str:
    """What `Fingerprints.who` found in these values, as it was typed; '' where they say something else by now."""
    parts = {f"{path}={_text(value)}": " ".join(str(value).split()) for path, value in values.items()}
    found = [part for part in parts if part in who]
    whole = sum(map(len, found)) + len(found) - 1 == len(who)
    return " · ".join(parts[part] for part in sorted(found, key=who.index)) if whole else ""


def fingerprint(kind: BatchKind, values: Mapping[str, Any]) -> bytes:
    """Of one row; see `Fingerprints.of`."""
    return Fingerprints(kind).of(values)


def _named(specs: tuple[FieldSpec, ...], values: Mapping[str, Any], how: _How) -> list[tuple[str, Any]]:
    """Path and normal form of what is given, in the order of the specs; without what the vendor takes for given."""
    found = [(spec, normal(spec, values[spec.path], how)) for spec in specs if values.get(spec.path) not in _EMPTY]
    return [(spec.path, text) for spec, text in found if how.old or not spec.implied or text != spec.implied]


def _may_differ(spec: FieldSpec, value: Any) -> bool:
    """Whether earlier versions may have told this value from others; quick, for most rows have none such."""
    if isinstance(value, str):
        return has_hidden(value) or (spec.kind in _TIMES and len(value) > _UNZONED)
    if spec.kind in _TIMES:
        return value is not None
    lines = value if isinstance(value, list | tuple) else ()
    implied = [part.path for part in spec.parts if part.implied]
    return any(
        isinstance(line, Mapping)
        and (any(line.get(path) is not None for path in implied) or any(map(_is_hiding, line.values())))
        for line in lines
    )


def _is_hiding(value: Any) -> bool:
    return isinstance(value, str) and has_hidden(value)


def normal(spec: FieldSpec, value: Any, how: _How = _How()) -> Any:
    """A value in the form that is compared: text, or a sorted list of the parts of each record."""
    match spec.kind:
        case FieldKind.NUMBER:
            return _number(value, how)
        case FieldKind.TIME | FieldKind.DATE:
            return _time(value, how)
        case FieldKind.RECORDS if isinstance(value, list | tuple):
            lines = [_named(spec.parts, line, how) for line in value if isinstance(line, Mapping)]
            return sorted(lines, key=repr)
    return _text(value, how)


def same_text(one: Any, other: Any) -> bool:
    """Two values that a person reads as one."""
    return _text(one) == _text(other)


def _text(value: Any, how: _How = _How()) -> str:
    """Neither spaces at the ends and between words tell two values apart, nor capitals, nor what nobody sees."""
    text = unicodedata.normalize("NFKC", str(value))
    return " ".join((text if how.old else without_hidden(text)).casefold().split())


def _number(value: Any, how: _How) -> str:
    """1, 1.0 and "1.00" are one number; what is none is compared as text."""
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return _text(value, how)
    if not number.is_finite():
        return _text(value, how)
    return "0" if not number else f"{number.normalize():f}"


def _time(value: Any, how: _How) -> str:
    """To the second; one that says its zone in that of `how`. A day is its midnight."""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
        moment = moment.astimezone(how.zone) if moment.tzinfo is not None else moment
    except (ValueError, OverflowError):
        return _text(value, how)
    return moment.replace(microsecond=0, tzinfo=moment.tzinfo if how.old else None).isoformat()
