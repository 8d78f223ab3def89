"""What the emulated BookingSync refuses to save: the constraints column of its contacts page, read a second time.

Written from the documents and never from our own field rules: a mistake there shows as a 422 here. Not in any document
and guessed ([I] in the reference): the words of the titles other than "can't be blank", "is not included in the list"
and "is too short", that a wrong JSON type is a 422, which characters count as printable, and that errors of phones
name the field `phones`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

Problem = tuple[str, str]
"""Attribute name and title, as in `("email", "can't be blank")`."""

REQUIRED = ("email", "firstname", "lastname", "address1", "city", "country_code", "zip", "spoken_languages")
WRITABLE = (*REQUIRED, "address2", "state", "website", "private_notes", "gender", "phones")
GENDERS = frozenset({"male", "female"})
LOCALES = frozenset(
    "bg cs da de el en es fi fr hu id it ja ko lt lv mk nb nl pl pt ro rs ru sk sv uk zh zh-TW".split()  # noqa: SIM905
)

_BLANK = "can't be blank"
_NOT_LISTED = "is not included in the list"
_INVALID = "is invalid"
_LONGEST: Mapping[str, int] = {"address1": 100, "address2": 100, "city": 100, "state": 100, "zip": 15}
_PRINTABLE = frozenset({"address1", "address2", "state", "zip"})
_UNPRINTABLE = frozenset({"Cc", "Cn", "Cs", "Zl", "Zp"})
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>.]+(\.[^@\s,;<>.]+)+")
_WEBSITE = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)
_NUMBER = re.compile(r"(?=.*\d)[\d\s+\-.()/]+")


def problems(values: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with these attributes; those not given or not writable are passed over."""
    return [(name, title) for name in WRITABLE if name in values for title in _titles(name, values[name])]


def _titles(name: str, value: Any) -> Iterable[str]:
    if _is_blank(value):
        return (_BLANK,) if name in REQUIRED else ()
    return _CHECKS[name](value) if name in _CHECKS else _text(name, value)


def _is_blank(value: Any) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _text(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, str):
        yield _INVALID
        return
    longest = _LONGEST.get(name)
    if longest is not None and len(value) > longest:
        yield f"is too long (maximum is {longest} characters)"
    if name in _PRINTABLE and any(unicodedata.category(char) in _UNPRINTABLE for char in value):
        yield "contains non-printable characters"


def _form(pattern: re.Pattern[str]) -> Callable[[Any], Iterator[str]]:
    def check(value: Any) -> Iterator[str]:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            yield _INVALID

    return check


def _gender(value: Any) -> Iterator[str]:
    if not isinstance(value, str) or value not in GENDERS:
        yield _NOT_LISTED


def _country(value: Any) -> Iterator[str]:
    if not isinstance(value, str) or value not in _countries():
        yield _NOT_LISTED


def _languages(value: Any) -> Iterator[str]:
    if not isinstance(value, list):
        yield _INVALID
    elif not all(isinstance(item, str) and item in LOCALES for item in value):
        yield _NOT_LISTED


def _phones(value: Any) -> Iterator[str]:
    """Both are required in an entry. "Label in email format" is a slip of the page; the number is loose."""
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        yield _INVALID
        return
    for entry in value:
        label, number = entry.get("label"), entry.get("number")
        if _is_blank(label) or _is_blank(number):
            yield _BLANK
        elif not (isinstance(label, str) and isinstance(number, str) and _NUMBER.fullmatch(number)):
            yield _INVALID


@cache
def _countries() -> frozenset[str]:
    import pycountry  # slow to import, and reading never needs it

    return frozenset(country.alpha_2 for country in pycountry.countries)


_CHECKS: Mapping[str, Callable[[Any], Iterator[str]]] = {
    "email": _form(_EMAIL),
    "website": _form(_WEBSITE),
    "gender": _gender,
    "country_code": _country,
    "spoken_languages": _languages,
    "phones": _phones,
}
