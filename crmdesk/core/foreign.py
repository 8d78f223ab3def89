"""Reading values of foreign JSON. Total: a value of the wrong type gives an empty one, never an error.

Vendors send numbers as text and text as numbers, `"false"` for false and seconds or ISO text for times; what a vendor
means by a key stands in its own folder, what a value can be read as stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from crmdesk.core.text import one_line

LINE = 300  # characters of one line of a Summary
_CUT = 4  # a text is cut to this many times its limit before it is cleaned: a note may have 10 MB
_TRUE, _FALSE = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})
_1970 = datetime(1970, 1, 1, tzinfo=UTC)
_NAN = Decimal("NaN")
_MILLISECONDS = 10**11  # a greater number of seconds would be after the year 5100


def text(value: Any, limit: int = LINE) -> str:
    """One clean line of a text or a number; '' for null, true, lists and objects."""
    if type(value) is str:
        plain = len(value) <= limit and value.isprintable()  # nearly all are: spares a call for 1 M contacts × 18
        return value.strip() if plain else one_line(value[: _CUT * limit], limit)
    if value is None:
        return ""
    if type(value) is int and abs(value) < 10**30:
        return str(value)
    return repr(value) if type(value) is float and value == value and abs(value) != float("inf") else ""


def items(value: Any, most: int) -> list[Any]:
    """The list, or a lone value as a list of one; [] for null."""
    if type(value) is list:
        return value[:most]
    return [] if value is None else [value]


def mapping(value: Any) -> Mapping[str, Any]:
    """The JSON object, or an empty one in place of anything else."""
    return value if type(value) is dict else {}


def flag(value: Any) -> bool | None:
    """true and false, also as the texts "true" and "false"; None for anything else. `bool("false")` would be True."""
    if type(value) is bool:
        return value
    word = value.strip().lower() if type(value) is str and len(value) < 10 else ""
    return True if word in _TRUE else False if word in _FALSE else None


def whole(value: Any) -> int | None:
    """A whole number, also as text; None for anything else."""
    if type(value) is float and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if type(value) is int:
        return value if abs(value) < 10**18 else None
    digits = value.strip() if type(value) is str and len(value) < 20 else ""
    return int(digits) if digits.isascii() and digits.removeprefix("-").isdigit() else None


def decimal(value: Any) -> Decimal | None:
    """An amount, also as text; None for anything else. A float is taken by its shortest spelling."""
    if type(value) is bool or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        digits = repr(value) if type(value) is float else str(value).strip()
        number = Decimal(digits) if len(digits) <= 60 and "_" not in digits else _NAN
    except (InvalidOperation, ValueError):  # ValueError: a whole number of thousands of digits
        return None
    return number if number.is_finite() else None


def utc(value: Any) -> str:
    """ISO time as `2021-01-22T08:40:20Z`; '' for null and anything that is no time. Without a zone it is UTC."""
    if type(value) is not str or not 10 <= len(value) <= 40:
        return ""
    try:
        moment = datetime.fromisoformat(value.removesuffix(" UTC"))
        if len(value) == 20 and value[19] == "Z" and value[10] == "T":
            return value
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return _stamp(zoned)
    except (ValueError, OverflowError):
        return ""


def epoch(value: Any) -> str:
    """Seconds (or, above 10^11, milliseconds) since 1970 as a number or digits → `2021-01-22T08:40:20Z`; '' else."""
    seconds = whole(value)
    if seconds is None:
        return ""
    try:  # not `fromtimestamp`: on Windows it knows nothing before 1970, and people were born then
        return _stamp(_1970 + timedelta(seconds=seconds / 1000 if abs(seconds) >= _MILLISECONDS else seconds))
    except OverflowError:
        return ""


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
