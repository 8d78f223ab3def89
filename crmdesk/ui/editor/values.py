"""Between a contact's JSON and what a field of the editor holds while somebody types.

`held` gives, for any JSON, a value of the one form that the field's kind is edited in:

    TEXT, LINES, EMAIL, URL, CHOICE, COUNTRY, NUMBER, DATE   text, '' for nothing (a date as YYYY-MM-DD)
    CHOICES, LANGUAGES                                       tuple of codes
    FLAG                                                     True, False or None
    PHONES                                                   list of objects, or text where the vendor has one number
    RECORDS                                                  list of objects

`as_json` goes the other way, in the form that the vendor's value had. What nobody edits is never put through both.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from crmdesk.core import foreign
from crmdesk.core.fields import FieldKind, FieldSpec

Held = Any
ROWS = (FieldKind.PHONES, FieldKind.RECORDS)
CODES = (FieldKind.CHOICES, FieldKind.LANGUAGES)
MOST_ROWS = 100  # phones or records that are put into rows; a contact with more is a mistake or an attack
_DATE_PARTS = ("year", "month", "day")


def is_single(spec: FieldSpec, seen: Any) -> bool:
    """One value as text where others have a list: one phone number, one language."""
    return spec.single or isinstance(seen, str)


def held(spec: FieldSpec, raw: Any) -> Held:
    """What the field of this kind holds for `raw`; a copy, so that typing never reaches the vendor's value."""
    if spec.kind is FieldKind.FLAG:
        return foreign.flag(raw)
    if spec.kind in CODES:
        return tuple(code for item in foreign.items(raw, MOST_ROWS) if (code := _text(item).strip()))
    if spec.kind is FieldKind.RECORDS or (spec.kind is FieldKind.PHONES and not is_single(spec, raw)):
        return [_row(spec, item) for item in foreign.items(raw, MOST_ROWS)]
    return _day(raw) if spec.kind is FieldKind.DATE else _text(raw)


def as_json(spec: FieldSpec, value: Held, seen: Any) -> Any:
    """The vendor's JSON for what a field holds; `seen` shows the form (a list or one object, a number or digits)."""
    if spec.kind in CODES:
        return (value[0] if value else "") if is_single(spec, seen) else list(value)
    if isinstance(value, list):
        rows = [dict(row) for row in value if _filled(row)]
        return (rows[0] if rows else None) if isinstance(seen, Mapping) and len(rows) < 2 else rows
    if spec.kind is FieldKind.FLAG:
        return ("true" if value else "false") if isinstance(seen, str) and value is not None else value
    if spec.kind is FieldKind.NUMBER:
        return _number(value, seen)
    return _date(value, seen) if spec.kind is FieldKind.DATE else value


def new_row(spec: FieldSpec) -> dict[str, Any]:
    """An empty line of phones or records."""
    return {"label": "", "number": ""} if spec.kind is FieldKind.PHONES else {}


def is_date(text: str) -> bool:
    """Whether this is a day that exists, as YYYY-MM-DD; a year alone may be missing (`--03-01`)."""
    try:
        date.fromisoformat(f"2000{text[1:]}" if text.startswith("--") else text)
    except ValueError:
        return False
    return len(text) in (7, 10)


def _text(raw: Any) -> str:
    if raw is None or isinstance(raw, bool):
        return "" if raw is None else str(raw).lower()
    if isinstance(raw, str):
        return raw
    if isinstance(raw, int | float | Decimal):
        return foreign.text(raw) or str(raw)
    if isinstance(raw, list) and all(isinstance(item, str | int) for item in raw):
        return ", ".join(_text(item) for item in raw)
    import json

    return json.dumps(raw, ensure_ascii=False, default=str)


def _row(spec: FieldSpec, item: Any) -> dict[str, Any]:
    if isinstance(item, Mapping):
        return deepcopy(dict(item))
    if spec.kind is FieldKind.PHONES:
        return {"label": "", "number": _text(item)}
    return {spec.parts[0].path if spec.parts else "value": _text(item)}


def _filled(row: Mapping[str, Any]) -> bool:
    return any(value not in (None, "", [], {}) for value in row.values())


def _number(value: str, seen: Any) -> Any:
    if isinstance(seen, str) or not value.strip():
        return value.strip()
    whole = foreign.whole(value)
    if whole is not None:
        return whole
    amount = foreign.decimal(value.replace(",", "."))
    return float(amount) if amount is not None else value  # what is no number is refused before it is sent


def _day(raw: Any) -> str:
    """`1985-03-01`, `--03-01` without a year; what is no date as it came."""
    if isinstance(raw, Mapping):
        year, month, day = (foreign.whole(raw.get(part)) for part in _DATE_PARTS)
        if month is None or day is None:
            return _text(dict(raw)) if raw else ""
        return f"{f'{year:04}' if year else '-'}-{month:02}-{day:02}"
    if isinstance(raw, str) and raw[4:5] == "-":
        return raw[:10] if is_date(raw[:10]) else raw
    return foreign.epoch(raw)[:10] or _text(raw)


def _date(value: str, seen: Any) -> Any:
    if not is_date(value):
        return value or (None if seen is not None and not isinstance(seen, str) else "")
    if isinstance(seen, Mapping):
        year, month, day = value.replace("--", "0-", 1).split("-")
        return {**seen, "year": int(year) or None, "month": int(month), "day": int(day)}
    if isinstance(seen, int) and not value.startswith("--"):
        return int(datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp())
    return value
