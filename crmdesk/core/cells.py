"""A cell's text to the value a row keeps, and back. Nothing is guessed: what can be read in two ways is asked about
once for the file (`orders_of`, `decimals_of`); what cannot be read stays the text it is, and the check says so. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from crmdesk.core.cell_errors import NO_RESULT
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.sheet import BadCell, Cell, as_text

ORDERS, DECIMALS = ("dmy", "mdy", "ymd"), (".", ",")
LONGEST_NUMBER = 40  # characters
_UNGROUPED = {ord(sign): None for sign in " \t\u00a0\u2007\u2009\u202f'’"} | {ord("−"): "-"}
_GROUPS = {".": ",", ",": "."}
_BARE = re.compile(r"[+-]?[0-9.,]+")
_SHAPES = {
    decimal: re.compile(rf"[+-]?(?:[1-9][0-9]{{0,2}}(?:\{group}[0-9]{{3}})+|[0-9]+)(?:\{decimal}[0-9]+)?")
    for decimal, group in _GROUPS.items()
}
_GROUPED = re.compile(r"-?[1-9][0-9]{0,2}\.[0-9]{3}")
_COMPACT = re.compile(r"(?:19|20)[0-9]{6}")  # 20260503
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T(?:[01][0-9]|2[0-3])[0-9:.]{3,16}(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?")
_PLAIN = re.compile(r"[+-]?[0-9]+")
_DATE = re.compile(r"([0-9]{1,4})([-./ ])([0-9]{1,2})\2([0-9]{1,4})\.?")
_NAMED = re.compile(
    r"([0-9]{1,2})[ .-]+([a-z]{3,9})\.?[ ,.-]+([0-9]{4})|([a-z]{3,9})\.? ([0-9]{1,2}),? ([0-9]{4})", re.IGNORECASE
)
_TIME = re.compile(
    r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?\s*([ap])?\.?(?(5)m\.?)?\s*"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?",
    re.IGNORECASE,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YES = frozenset({"true", "yes", "y", "1", "x", "ja", "oui", "si", "sí", "ναι", "on"})
_NO = frozenset({"false", "no", "n", "0", "nein", "non", "όχι", "off"})
_LISTS = (FieldKind.CHOICES,)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file writes dates and numbers; '' = not asked: then only what has one meaning is read."""

    order: str = ""
    decimal: str = ""


AS_TYPED = Reading()


def value_of(spec: FieldSpec, cell: Cell, how: Reading = AS_TYPED) -> Any:
    """As a row keeps it: None for an empty cell, Decimal for NUMBER, ISO text for TIME and DATE, a flag, a choice's
    code, a list for CHOICES, an address in one line, else text. The text itself where it cannot be read."""
    if isinstance(cell, BadCell):
        return as_text(cell) or NO_RESULT
    if isinstance(cell, str):
        cell = cell.strip()
    if cell is None or cell == "":
        return None
    match spec.kind:
        case FieldKind.NUMBER:
            return _number(cell, how.decimal)
        case FieldKind.TIME:
            return _time(cell, how.order)
        case FieldKind.DATE:
            return _day(cell, how.order)
        case FieldKind.FLAG:
            return _flag(cell)
        case FieldKind.CHOICE:
            return _choice(spec, as_text(cell))
        case FieldKind.CHOICES:
            return [part.strip() for part in re.split(r"[;\n]", as_text(cell)) if part.strip()] or None
    return _in_one_line(as_text(cell)) if spec.kind is FieldKind.TEXT and spec.meaning == "address" else as_text(cell)


def _in_one_line(address: str) -> str:
    """Tables have addresses of several lines in a cell; a field of one line has commas there."""
    if "\n" not in address and "\r" not in address:
        return address
    lines = (line.strip(" \t,") for line in re.split(r"[\r\n\v]+", address))
    return ", ".join(filter(None, lines)) or address


def text_of(spec: FieldSpec, value: Any) -> str:
    """What the grid shows and edits; `value_of` reads it back to the same value."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Decimal():
            plain = f"{value:f}"  # one more zero where the point could be taken for that of thousands
            return f"{plain}0" if _GROUPED.fullmatch(plain) else plain
        case list() | tuple():
            return "; ".join(str(part) for part in value)
        case str() if spec.kind is FieldKind.TIME and is_readable(spec, value):
            return value.replace("T", " ", 1).removesuffix(":00") if len(value) == 19 else value.replace("T", " ", 1)
    return str(value)


def is_readable(spec: FieldSpec, value: Any) -> bool:
    """False for what `value_of` had to leave as text; codes of choices are the check's business."""
    match spec.kind:
        case FieldKind.NUMBER:
            return isinstance(value, Decimal | int) and not isinstance(value, bool)
        case FieldKind.TIME | FieldKind.DATE:
            return isinstance(value, str) and _is_iso(value)
        case FieldKind.FLAG:
            return isinstance(value, bool)
    return True


def orders_of(cells: Iterable[Cell]) -> frozenset[str]:
    """The orders of day, month and year in which all dates of a column can be read. More than one: ask. None: there is
    no date in digits that needs one, or no order fits all."""
    fits = set(ORDERS)
    asked = False
    for cell in cells:
        if not isinstance(cell, str) or (found := _DATE.match(cell.strip())) is None or _year_first(found):
            continue
        asked = True
        fits &= {order for order in ("dmy", "mdy") if _in_order(found, order) is not None}
    return frozenset(fits) if asked else frozenset()


def decimals_of(cells: Iterable[Cell]) -> frozenset[str]:
    """The decimal signs with which all numbers of a column can be read. More than one: ask, they differ in value. None:
    no number needs it, or none fits all."""
    fits, asked = set(DECIMALS), False
    for cell in cells:
        if not isinstance(cell, str) or not (text := _bare(cell)) or _PLAIN.fullmatch(text):
            continue
        asked = True
        fits = {sign for sign in fits if _with_sign(text, sign) is not None}
    return frozenset(fits) if asked else frozenset()


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _bare(text: str) -> str:
    """Without the spaces and apostrophes that group thousands; '' for what can be no number."""
    found = text.strip().translate(_UNGROUPED)
    return found if 0 < len(found) <= LONGEST_NUMBER and _BARE.fullmatch(found) else ""


def _with_sign(text: str, decimal: str) -> Decimal | None:
    if not _SHAPES[decimal].fullmatch(text):
        return None
    return Decimal(text.replace(_GROUPS[decimal], "").replace(decimal, "."))


def _number(cell: Cell, decimal: str) -> Any:
    match cell:
        case bool() | datetime() | date() | time():
            return as_text(cell)
        case int():
            return Decimal(cell)
        case float():
            return Decimal(repr(cell)) if cell == cell and abs(cell) != float("inf") else str(cell)
        case Decimal():
            return cell
    text = _bare(str(cell))
    if not text:
        return str(cell)
    found = {value for sign in ([decimal] if decimal else DECIMALS) if (value := _with_sign(text, sign)) is not None}
    return found.pop() if len(found) == 1 else str(cell)


def places_of(number: Decimal) -> int:
    """Behind the point, without zeros at the end. By its digits: rounding fails for very long numbers."""
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or exponent >= 0:
        return 0
    text = "".join(map(str, digits))
    return max(0, -exponent - (len(text) - len(text.rstrip("0"))))


# ── dates and times ──────────────────────────────────────────────────────────────────────────────────────────────────


def _year_first(found: re.Match[str]) -> bool:
    return len(found[1]) == 4


def _in_order(found: re.Match[str], order: str, *, short: bool = True) -> date | None:
    """A date in digits, None where there is no such day. Years of two digits are of this century; `short`: they may
    be."""
    if _year_first(found) or order == "ymd":
        year, month, day = found[1], found[3], found[4]
    else:
        day, month = (found[1], found[3]) if order == "dmy" else (found[3], found[1])
        year = found[4]
    if len(year) == 2 and short:
        year = f"20{year}"
    if len(year) != 4 or len(day) > 2:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _date_in(text: str, order: str, *, short: bool) -> tuple[date, str] | None:
    """The date at the beginning, and what follows."""
    if _COMPACT.fullmatch(text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if found := _DATE.match(text):
        orders = [order] if order else ["dmy", "mdy"]
        days = {read for one in orders if (read := _in_order(found, one, short=short)) is not None}
        return (days.pop(), text[found.end() :]) if len(days) == 1 else None
    if found := _NAMED.match(text):
        word, day, year = (found[2], found[1], found[3]) if found[1] else (found[4], found[5], found[6])
        if (month := word[:3].casefold()) in _MONTHS:
            try:
                return date(int(year), _MONTHS.index(month) + 1, int(day)), text[found.end() :]
            except ValueError:
                return None
    return None


def _clock_in(text: str) -> tuple[time, str] | None:
    """A time of day and its zone ('' = none said)."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    hour = int(found[1])
    if found[5]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[5] in "pP" else 0)
    try:
        return time(hour, int(found[2]), int(found[3] or 0)), (found[6] or "").upper()
    except ValueError:
        return None


def _moment_in(cell: Cell, order: str, *, short: bool) -> tuple[date, time, str] | None:
    """Day, time of day (midnight where none is said) and zone of a text that has one meaning. `short`: years may have
    two digits."""
    if not isinstance(cell, str | int) or (found := _date_in(as_text(cell), order, short=short)) is None:
        return None
    rest = found[1].lstrip(" ,Tt")
    clock = _clock_in(rest) if rest else (time.min, "")
    return (found[0], *clock) if clock else None


def _time(cell: Cell, order: str) -> str:
    """`2026-05-03T14:30:00`, with the zone where one was said. A day is its midnight."""
    if isinstance(cell, datetime):
        return _rounded(cell).isoformat()
    if isinstance(cell, date):
        return f"{cell.isoformat()}T00:00:00"
    if (found := _moment_in(cell, order, short=True)) is None:
        return as_text(cell)
    day, clock, zone = found
    return f"{day.isoformat()}T{clock.isoformat()}{zone}"


def _day(cell: Cell, order: str) -> str:
    """The day alone where its time is midnight."""
    if isinstance(cell, datetime):
        moment = _rounded(cell)
        return moment.date().isoformat() if moment.time() == time.min else moment.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if (found := _moment_in(cell, order, short=False)) is None:
        return as_text(cell)
    day, clock, zone = found
    return day.isoformat() if clock == time.min else f"{day.isoformat()}T{clock.isoformat()}{zone}"


def _rounded(moment: datetime) -> datetime:
    """To the second: a workbook keeps times as parts of a day."""
    return (moment + timedelta(microseconds=500_000)).replace(microsecond=0)


def _is_iso(text: str) -> bool:
    if not _ISO.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


# ── choices ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _flag(cell: Cell) -> Any:
    if isinstance(cell, bool):
        return cell
    word = as_text(cell).strip().casefold()
    return True if word in _YES else False if word in _NO else as_text(cell)


def _choice(spec: FieldSpec, text: str) -> str:
    """The code, also from its word; what is neither stays as it is."""
    wanted = text.strip().casefold()
    for code, word in spec.words:
        if wanted in (code.casefold(), word.casefold()):
            return code
    return text
