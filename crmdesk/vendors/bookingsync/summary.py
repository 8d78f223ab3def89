"""What lists, sorting and searching need of a BookingSync contact. Pure and total: any JSON value gives a Summary."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from crmdesk.core.text import one_line
from crmdesk.core.types import Flag, Json, Phone, Summary
from crmdesk.vendors.bookingsync.fields import ISO_LANGUAGE

NOTES_LIMIT = 20_000  # characters of a note that can be found; all of it is kept in the raw JSON
PHONES_LIMIT = 100  # lines summarised; a contact with more is a mistake or an attack
LANGUAGES_LIMIT = 60  # twice the vendor's list of locales
_ID_DIGITS = 19  # a longer number is no id of a database
_CUT = 4  # a text is cut to this many times its limit before it is cleaned: a note may have 10 MB


def summarise(raw: Json) -> Summary:
    """What lists and search need of a contact. Total: any JSON value gives a Summary, wrong types give ''."""
    get = mapping(raw).get
    remote_id, email = as_id(get("id")), _text(get("email"))
    first, last = _text(get("firstname")), _text(get("lastname"))
    name = _text(get("fullname")) or f"{first} {last}".strip()
    notes = _text(get("private_notes"), NOTES_LIMIT)
    phones, languages = _phones(get("phones")), _languages(get("spoken_languages"))
    country = _country(get("country_code"))
    texts = {
        "name": name,
        "first": first,
        "last": last,
        "email": email,
        "phone": " ".join([phone.number for phone in phones]),
        "address": f"{_text(get('address1'))} {_text(get('address2'))}".strip(),
        "city": _text(get("city")),
        "zip": _text(get("zip")),
        "state": _text(get("state")),
        "country": country,
        "lang": " ".join(languages),
        "gender": _text(get("gender")),
        "website": _text(get("website")),
        "notes": notes,
        "id": remote_id,
    }
    return Summary(
        name=name or email or (f"#{remote_id}" if remote_id else ""),
        first=first,
        last=last,
        email=email,
        phones=phones,
        city=texts["city"],
        country=country,
        languages=languages,
        notes=one_line(notes),
        created_at=utc(get("created_at")),
        updated_at=utc(get("updated_at")),
        forget_at=utc(get("forget_me_at")),
        flags=_FLAGS[_flags(raw, texts)],
        texts={key: text for key, text in texts.items() if text},
    )


_FLAGS = tuple(Flag(bits) for bits in range(2 * max(flag.value for flag in Flag)))  # making a Flag costs 10 × a look-up
_MARKS = (
    ("processing_restricted_at", Flag.RESTRICTED.value),
    ("forget_me_at", Flag.FORGET.value),
    ("canceled_at", Flag.CANCELLED.value),
)
_HAS = (
    ("email", Flag.HAS_EMAIL.value),
    ("phone", Flag.HAS_PHONE.value),
    ("address", Flag.HAS_ADDRESS.value),
    ("notes", Flag.HAS_NOTES.value),
    ("website", Flag.HAS_WEBSITE.value),
)


def _flags(raw: Json, texts: Mapping[str, str]) -> int:
    marks = mapping(raw)
    bits = 0
    for key, bit in _MARKS:
        if marks.get(key):
            bits |= bit
    for key, bit in _HAS:
        if texts[key]:
            bits |= bit
    return bits


def _text(value: Any, limit: int = 300) -> str:
    """One clean line of a text or a number; '' for null, true, lists and objects."""
    if type(value) is str:
        plain = len(value) <= limit and value.isprintable()  # nearly all are: spares a call for 1 M contacts × 18
        return value.strip() if plain else one_line(value[: _CUT * limit], limit)
    if value is None:
        return ""
    if type(value) is int and abs(value) < 10**30:
        return str(value)
    return repr(value) if type(value) is float and value == value and abs(value) != float("inf") else ""


def _items(value: Any, most: int) -> list[Any]:
    """The list, or a lone value as a list of one."""
    if type(value) is list:
        return value[:most]
    return [] if value is None else [value]


def _phones(value: Any) -> tuple[Phone, ...]:
    """phones: "Array of contacts’s phone numbers", each with label and number (contacts page)."""
    lines = []
    for item in _items(value, PHONES_LIMIT):
        if type(item) is dict:
            phone = Phone(_text(item.get("label")), _text(item.get("number")))
        else:
            phone = Phone("", _text(item))
        if phone.number:
            lines.append(phone)
    return tuple(lines)


def _languages(value: Any) -> tuple[str, ...]:
    """Language codes in the vendor's order, each once, as ISO has them."""
    codes = [_text(item, 35) for item in _items(value, LANGUAGES_LIMIT)]
    return tuple(dict.fromkeys([ISO_LANGUAGE.get(code, code) for code in codes if code]))


def _country(value: Any) -> str:
    text = _text(value)
    return text.upper() if len(text) == 2 and text.isascii() else text


def utc(value: Any) -> str:
    """Vendor time as `2021-01-22T08:40:20Z`; '' for null and anything that is no time. Without a zone it is UTC.

    "2014-08-21T08:40:44Z" (enums page); headers have "2019-10-08 12:20:37 UTC" (recordings of the official client)."""
    if type(value) is not str or not 10 <= len(value) <= 40:
        return ""
    try:
        moment = datetime.fromisoformat(value.removesuffix(" UTC"))
        if len(value) == 20 and value[19] == "Z" and value[10] == "T":
            return value
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return zoned.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
    except (ValueError, OverflowError):
        return ""


def as_id(value: Any) -> str:
    """A positive whole number as the vendor's ids are, also as text or as 7.0; '' for anything else."""
    if type(value) is float and value.is_integer() and value < 2**53:
        value = int(value)
    if type(value) is int:
        value = str(value) if 0 < value < 10**_ID_DIGITS else ""
    if type(value) is not str or len(value) > _ID_DIGITS:
        return ""
    return value if value.isascii() and value.isdigit() and value[0] != "0" else ""


def mapping(value: Any) -> Mapping[str, Any]:
    """The JSON object, or an empty one in place of anything else."""
    return value if type(value) is dict else {}
