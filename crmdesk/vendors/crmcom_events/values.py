"""One value of an event, from how the desk keeps it to how CRM.COM wants it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.said import said

CENT = Decimal("0.01")
_ZERO = Decimal("0.00")
_MOST = Decimal(10) ** 15  # beyond this no amount is meant, and a double could not hold its cents
_PLAIN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Local = Callable[[datetime], str]
"""A moment as the vendor's text: its zone, without saying so."""
Convert = Callable[[Any, Local], Any]


class Unfit(Exception):  # noqa: N818 - a verdict on one value, caught by the encoder
    """A value that cannot be sent; `code` and `text` become a Problem."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def text(value: Any, _local: Local) -> str:
    """Text as it is: labels, numbers of accounts and the like keep their zeros."""
    if not isinstance(value, str):
        raise Unfit("type", "This must be a text.")
    if not value.strip():
        raise Unfit("required", "This is empty.")
    try:
        _ = value.isascii() or value.encode()
    except UnicodeEncodeError:
        raise Unfit("text", "This holds half a character, which cannot be sent.") from None
    if "\0" in value:
        raise Unfit("text", "This contains a character that cannot be sent.")
    return value


def amount(value: Any, _local: Local) -> Decimal:
    """Money: exactly two places, never rounded."""
    number = _finite(value)
    cents = number.quantize(CENT)
    if cents != number:
        raise Unfit("places", "An amount has at most two places.")
    return cents or _ZERO  # not -0.00


def number(value: Any, _local: Local) -> Decimal:
    """A plain number with the places it has, at most 20."""
    given = _finite(value)
    plain = given.normalize()  # to 28 digits, which may be fewer than there are
    exponent = plain.as_tuple().exponent
    if plain != given or not isinstance(exponent, int) or exponent < -20:
        raise Unfit("places", "This number has too many places.")
    return plain if exponent <= 0 else Decimal(f"{plain:f}")


def moment(value: Any, local: Local) -> str:
    """`2016-06-22T15:00:00`. Text with a zone is turned into the vendor's; without one it is the vendor's already."""
    if isinstance(value, str) and value[11:13] == "24":
        raise Unfit("time", "There is no such date or time.")  # newer Pythons read it as the next midnight
    plain = isinstance(value, str) and _PLAIN.fullmatch(value)
    if not plain and not (isinstance(value, str) and len(value) <= 40 and _MOMENT.fullmatch(value)):
        raise Unfit("time", "This must be a date and a time, such as 2016-06-22T15:00:00.")
    try:
        read = datetime.fromisoformat(value)
        return value if plain else local(read)
    except (ValueError, OverflowError):
        raise Unfit("time", "There is no such date or time.") from None


def day(value: Any, local: Local) -> str:
    """A date, sent as its midnight; a date with a time as `moment`."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return moment(value, local)
    try:
        return f"{date.fromisoformat(value).isoformat()}T00:00:00"
    except ValueError:
        raise Unfit("time", "There is no such date.") from None


def choice(spec: FieldSpec) -> Convert:
    """One of the codes the documents name."""
    codes = frozenset(code for code, _ in spec.words)

    def convert(value: Any, _local: Local) -> str:
        if not isinstance(value, str) or value not in codes:
            raise Unfit("choice", said("This must be one of: {codes}.", codes=", ".join(sorted(codes))))
        return value

    return convert


_MONEY = frozenset({"net_amount", "vat_amount", "total_amount"})
_BY_KIND: dict[FieldKind, Convert] = {
    FieldKind.TEXT: text,
    FieldKind.LINES: text,
    FieldKind.NUMBER: number,
    FieldKind.TIME: moment,
    FieldKind.DATE: day,
}


def convert_for(spec: FieldSpec) -> Convert:
    """How values of this field are sent."""
    if spec.kind is FieldKind.CHOICE:
        return choice(spec)
    return amount if spec.path in _MONEY else _BY_KIND[spec.kind]


def _finite(value: Any) -> Decimal:
    """Decimal or whole number. A float is refused: its cents may be off already."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise Unfit("number", "This must be a decimal number.")
    number = value if isinstance(value, Decimal) else Decimal(value)
    if not number.is_finite() or not -_MOST < number < _MOST:
        raise Unfit("number", "This number is out of all bounds.")
    return number
