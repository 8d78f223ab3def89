"""One value of a contact's JSON in words, by its kind. Any value of any type becomes a short, harmless text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from PySide6.QtCore import QDate, QLocale

from crmdesk.core import foreign
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.text import one_line
from crmdesk.ui.contacts import names
from crmdesk.ui.words import ago, exact_time, tr

MAX_VALUE = 10_000  # characters of one value on screen; the whole is in Raw
MAX_LINES = 500
MAX_ITEMS = 100  # of a list of plain values
DOTS = "••••••••"  # always as many: the length of what is masked is nobody's business either


def value_words(spec: FieldSpec, value: Any, now: datetime | None = None) -> tuple[str, str]:
    """Text and tooltip of one value: words for codes, the code in the tooltip. With `now`, times say their age."""
    copy = "" if value in (None, [], {}) else clean(plain(value))
    if not copy:
        return "", ""
    words = dict(spec.words)
    match spec.kind:
        case FieldKind.CHOICE if copy in words:
            return tr(words[copy]), copy
        case FieldKind.CHOICES:
            codes = [one_line(plain(item)) for item in foreign.items(value, MAX_ITEMS)]
            return ", ".join(tr(words.get(code, code)) for code in codes), copy
        case FieldKind.COUNTRY:
            code = two_letters(copy)
            name = names.country(code)
            return (name, copy) if name != code else (copy, "")
        case FieldKind.LANGUAGES:
            return _languages(value, words), copy
        case FieldKind.TIME:
            return _time_words(time_of(value), now) or copy, copy
        case FieldKind.DATE:
            return date_words(value) or copy, copy
        case FieldKind.FLAG:
            known = foreign.flag(value)
            return (copy, "") if known is None else (tr("Yes") if known else tr("No"), copy)
        case FieldKind.LINES:
            return clean(plain(value), lines=True), ""
    return copy, ""


@lru_cache(maxsize=512)
def two_letters(code: str) -> str:
    """ISO 3166 alpha-3 → alpha-2; anything else as it is. pycountry takes 70 ms with the first one: contacts are put
    into words beside the window (`read_contact`)."""
    if len(code) != 3 or not (code.isascii() and code.isalpha()):
        return code
    import pycountry

    found = pycountry.countries.get(alpha_3=code.upper())
    return str(found.alpha_2) if found else code


def _languages(value: Any, words: Mapping[str, str]) -> str:
    if not isinstance(value, list):
        code = one_line(plain(value))
        return tr(words[code]) if code in words else names.languages(code)
    codes = [one_line(plain(item), 20) for item in value[:MAX_ITEMS]]
    return ", ".join(tr(words[code]) if code in words else names.language(code) for code in codes)


def _time_words(stamp: str, now: datetime | None) -> str:
    exact = exact_time(stamp)
    return f"{exact}   ({ago(stamp, now)})" if exact and now is not None else exact


def time_of(value: Any) -> str:
    """ISO text or seconds since 1970 (also as text) → UTC ISO; '' for what is no time. Digits are seconds: read as
    ISO text, `1612121212345` would be a day of the year 1612."""
    if isinstance(value, float | Decimal):
        seconds = foreign.decimal(value)
        value = int(seconds) if seconds is not None and abs(seconds) < 10**15 else None
    return foreign.epoch(value) or foreign.utc(value)


def date_words(value: Any) -> str:
    """ISO text (`--03-01` without a year), seconds since 1970 or {year, month, day} → a day in the desk's words, `March
    1985` where the day is missing; '' for what is no date. A day has no time zone: it is the one written there."""
    if isinstance(value, Mapping):
        return _parts_words(*(foreign.whole(value.get(part)) for part in ("year", "month", "day")))
    yearless = isinstance(value, str) and len(value) == 7 and value.startswith("--")
    if yearless:
        value = f"2000{value[1:]}"
    text = value[:10] if isinstance(value, str) and value[4:5] == "-" else time_of(value)[:10]
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return ""
    return _parts_words(0 if yearless else found.year, found.month, found.day)


def _parts_words(year: int | None, month: int | None, day: int | None) -> str:
    whole = QDate(year or 0, month or 0, day or 0)
    if whole.isValid():
        return QLocale().toString(whole, QLocale.FormatType.LongFormat)
    if month is None or not 1 <= month <= 12 or (year and day):  # 30 February is no date
        return ""
    parts = (
        str(day) if day and 1 <= day <= 31 else "",
        QLocale().standaloneMonthName(month),
        str(year) if year else "",
    )
    return " ".join(part for part in parts if part)


def plain(value: Any) -> str:
    """Any JSON value as text; lists of plain values joined, anything deeper as JSON. Amounts keep their zeros."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, str | int | float | Decimal) for item in value):
        return ", ".join(plain(item) for item in value[:200])
    try:
        return json.dumps(value, ensure_ascii=False, default=str)[: 2 * MAX_VALUE]
    except (ValueError, RecursionError):
        return tr("(too deeply nested to show)")


def clean(text: str, *, lines: bool = False) -> str:
    """Without control characters, bidi controls or lone surrogates, at most MAX_VALUE long. `lines` keeps breaks."""
    if not lines:
        return one_line(text[: 2 * MAX_VALUE], MAX_VALUE)
    kept = text[: 2 * MAX_VALUE].splitlines()[:MAX_LINES]
    return "\n".join(one_line(line, MAX_VALUE) for line in kept)[:MAX_VALUE]
