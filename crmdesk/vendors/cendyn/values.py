"""One value as Cendyn takes it. Each function gives the JSON value, None to leave the field out, or raises UnfitError.

Only what the documents forbid is refused; what they want in another spelling is spelt that way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.foreign import decimal, flag, utc, whole
from crmdesk.core.said import said, term
from crmdesk.vendors.cendyn.fields import GENDERS

_GENDERS = frozenset(code for code, _ in GENDERS)
LONGEST = 20_000  # characters of one text; the documents name no limit, and a longer one is a mistake
_LANGUAGE = re.compile(r"([A-Za-z]{2})(?:[-_][A-Za-z]{2,4})?")
_COUNTRY_CODE = re.compile(r"(?:\+|00)?([1-9]\d{0,3})")
_CURRENCY = re.compile(r"[A-Z]{3}")
_UNSENDABLE = re.compile("[\0\ud800-\udfff]")
_CUSTOM_NAME = re.compile(r"[^\s\0-\x1f\x7f\ud800-\udfff]{1,100}")


class UnfitError(ValueError):
    """Cendyn would not take this value; the text is a sentence for people."""


def is_empty(value: Any) -> bool:
    """Nothing to send: Cendyn refuses empty fields, and whether null blanks one is not documented."""
    return value is None or value == [] or value == {} or (isinstance(value, str) and not value.strip())


def encoded(spec: FieldSpec, value: Any) -> Any:
    """The JSON value of a documented field."""
    if (own := _BY_PATH.get(spec.path)) is not None:
        return own(value)
    by_kind = _BY_KIND.get(spec.kind)
    return line(value) if by_kind is None else by_kind(spec, value)


def custom(name: str, value: Any, kind: FieldKind | None = None) -> Any:
    """A custom field, which stands under its name. Types as Cendyn's: boolean, date, number, text, options.
    `kind`: what the account's settings say of it."""
    if not _CUSTOM_NAME.fullmatch(name):
        raise UnfitError("This cannot be the name of a custom field.")
    if kind in _OWN:
        return _OWN[kind](value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | Decimal | float):
        return number(value)
    return _lines(value) if isinstance(value, list | tuple) else line(value)


def line(value: Any) -> str:
    """A text as it is; a whole number as its digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise UnfitError("This is not a text.")
    if len(value) > LONGEST:
        raise UnfitError(said("This is longer than {most} characters.", most=LONGEST))
    if _UNSENDABLE.search(value):
        raise UnfitError("This contains a character that cannot be sent.")
    return value


def number(value: Any) -> Decimal:
    """An amount, to be written as a JSON number in plain digits."""
    found = decimal(value)
    if found is None or found.adjusted() > 15 or len(plain := format(found, "f")) > 40:
        raise UnfitError("This is not a number.")
    return Decimal(plain)


def _whole(_spec: FieldSpec, value: Any) -> int:
    found = whole(value)
    if found is None:
        raise UnfitError("This is not a whole number.")
    return found


def _flag(_spec: FieldSpec, value: Any) -> bool:
    return _yes_or_no(value)


def _choice(spec: FieldSpec, value: Any) -> str:
    words = [code for code, _ in spec.words]
    if value not in words:
        raise UnfitError(said("It is one of: {words}.", words=", ".join(words)))
    return str(value)


def _texts(_spec: FieldSpec, value: Any) -> list[str] | None:
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, Sequence):
        raise UnfitError("This is not a list.")
    return _lines(given)


def _lines(given: Sequence[Any]) -> list[str] | None:
    return [line(item) for item in given if not is_empty(item)] or None


def _records(spec: FieldSpec, value: Any) -> list[dict[str, Any]] | None:
    given = [value] if isinstance(value, Mapping) else value
    if not isinstance(given, list | tuple) or not all(isinstance(item, Mapping) for item in given):
        raise UnfitError("This is not a list of entries.")
    return [_record(spec, item) for item in given] or None


def _record(spec: FieldSpec, item: Mapping[str, Any]) -> dict[str, Any]:
    parts = {part.path: part for part in spec.parts}
    if unknown := [str(name)[:40] for name in item if name not in parts]:
        raise UnfitError(said("An entry has no {name}.", name=unknown[0]))
    if missing := [part.label for part in spec.parts if part.required and is_empty(item.get(part.path))]:
        raise UnfitError(said("An entry lacks this: {field}.", field=term(missing[0])))
    return {path: encoded(part, item[path]) for path, part in parts.items() if not is_empty(item.get(path))}


def _gender(value: Any) -> str | None:
    """MALE or FEMALE; Cendyn knows no other word, so others are left out (vendor reference, section 7)."""
    word = value.strip().upper() if isinstance(value, str) else ""
    return word if word in _GENDERS else None


def _language(value: Any) -> str:
    """Two upper-case letters, also out of `es_ES` and `zh-TW`."""
    found = _LANGUAGE.fullmatch(line(value).strip())
    if found is None:
        raise UnfitError("A language is two letters, as in ES.")
    return found[1].upper()


def _birthday(value: Any) -> str:
    """The day as written, at midnight UTC: a birthday has no zone."""
    day = line(value).strip()[:10]
    if not utc(line(value).strip()) or not re.fullmatch(r"\d{4}-\d\d-\d\d", day):
        raise UnfitError("A date is written as in 1990-01-31.")
    return f"{day}T00:00:00Z"


def _moment(value: Any) -> str:
    """A date-time in UTC; a date alone is its midnight."""
    given = line(value).strip()
    found = utc(given) if re.match(r"\d{4}-\d\d-\d\d", given) else ""
    if not found:
        raise UnfitError("A time is written as in 2024-05-01T10:00:00Z.")
    return found


def _phone_code(value: Any) -> str:
    """`+34`, also out of `34` and `0034`."""
    found = _COUNTRY_CODE.fullmatch(re.sub(r"[\s\-()]", "", line(value)))
    if found is None:
        raise UnfitError("A country code is written as in +34.")
    return f"+{found[1]}"


def _country(value: Any) -> str:
    """A name, as in the printed request; codes that other vendors use become names."""
    given = line(value).strip()
    return _names().get(given.upper(), given) if len(given) == 2 else given


@cache
def _names() -> Mapping[str, str]:
    """Alpha-2 codes → names of countries."""
    import pycountry  # slow to import; only sending needs it

    return {str(country.alpha_2): str(country.name) for country in pycountry.countries}


def _currency(value: Any) -> str:
    """Three letters, ISO 4217."""
    code = line(value).strip().upper()
    if not _CURRENCY.fullmatch(code):
        raise UnfitError("A currency is three letters, as in EUR.")
    return code


def _yes_or_no(value: Any) -> bool:
    found = flag(value)
    if found is None:
        raise UnfitError("This is neither yes nor no.")
    return found


_OWN: Mapping[FieldKind | None, Callable[[Any], Any]] = {
    FieldKind.FLAG: _yes_or_no,
    FieldKind.NUMBER: number,
    FieldKind.DATE: _moment,
}
_BY_PATH: Mapping[str, Callable[[Any], Any]] = {
    "gender": _gender,
    "language": _language,
    "born_date": _birthday,
    "gdpr_date": _moment,
    "phone_countrycode": _phone_code,
    "country": _country,
    "currency": _currency,
    "price": number,
}
_BY_KIND: Mapping[FieldKind, Callable[[FieldSpec, Any], Any]] = {
    FieldKind.NUMBER: _whole,
    FieldKind.FLAG: _flag,
    FieldKind.CHOICE: _choice,
    FieldKind.CHOICES: _texts,
    FieldKind.RECORDS: _records,
}
