"""What lists, sorting and searching need of a BookingSync contact. Pure and total: any JSON value gives a Summary."""

from __future__ import annotations

from typing import Any

from crmdesk.core.foreign import items, mapping, text, utc
from crmdesk.core.text import one_line
from crmdesk.core.types import Flag, Json, Phone, Summary, flags, has
from crmdesk.vendors.bookingsync.fields import ISO_LANGUAGE

NOTES_LIMIT = 20_000  # characters of a note that can be found; all of it is kept in the raw JSON
PHONES_LIMIT = 100  # lines summarised; a contact with more is a mistake or an attack
LANGUAGES_LIMIT = 60  # twice the vendor's list of locales
_ID_DIGITS = 19  # a longer number is no id of a database


def summarise(raw: Json) -> Summary:
    """What lists and search need of a contact. Total: any JSON value gives a Summary, wrong types give ''."""
    get = mapping(raw).get
    remote_id, email = as_id(get("id")), text(get("email"))
    first, last = text(get("firstname")), text(get("lastname"))
    name = text(get("fullname")) or text(f"{first} {last}".strip())
    notes = text(get("private_notes"), NOTES_LIMIT)
    phones, languages = _phones(get("phones")), _languages(get("spoken_languages"))
    country = _country(get("country_code"))
    texts = {
        "name": name,
        "first": first,
        "last": last,
        "email": email,
        "phone": " ".join([phone.number for phone in phones]),
        "address": f"{text(get('address1'))} {text(get('address2'))}".strip(),
        "city": text(get("city")),
        "zip": text(get("zip")),
        "state": text(get("state")),
        "country": country,
        "lang": " ".join(languages),
        "gender": text(get("gender")),
        "website": text(get("website")),
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
        flags=flags(_marks(raw) | has(texts)),
        texts={key: found for key, found in texts.items() if found},
    )


def derive(raw: Json) -> Json:
    """The contact with `fullname` made of its parts, as the server does after a write (recorded): "firstname lastname".
    As it is where neither part is there. Total."""
    get = mapping(raw).get
    parts = [part.strip() for key in ("firstname", "lastname") if type(part := get(key)) is str]
    name = " ".join(filter(None, parts))
    return {**raw, "fullname": name} if name and name != get("fullname") else raw


_MARKS = (
    ("processing_restricted_at", Flag.RESTRICTED.value),
    ("forget_me_at", Flag.FORGET.value),
    ("canceled_at", Flag.CANCELLED.value),
)


def _marks(raw: Json) -> int:
    """Any value counts, also one we cannot read: it is a wish to be respected."""
    get, bits = mapping(raw).get, 0
    for key, bit in _MARKS:
        if get(key):
            bits |= bit
    return bits


def _phones(value: Any) -> tuple[Phone, ...]:
    """phones: "Array of contacts’s phone numbers", each with label and number (contacts page)."""
    lines = []
    for item in items(value, PHONES_LIMIT):
        if type(item) is dict:
            phone = Phone(text(item.get("label")), text(item.get("number")))
        else:
            phone = Phone("", text(item))
        if phone.number:
            lines.append(phone)
    return tuple(lines)


def _languages(value: Any) -> tuple[str, ...]:
    """Language codes in the vendor's order, each once, as ISO has them."""
    codes = [text(item, 35) for item in items(value, LANGUAGES_LIMIT)]
    return tuple(dict.fromkeys([ISO_LANGUAGE.get(code, code) for code in codes if code]))


def _country(value: Any) -> str:
    code = text(value)
    return code.upper() if len(code) == 2 and code.isascii() else code


def as_id(value: Any) -> str:
    """A positive whole number as the vendor's ids are, also as text or as 7.0; '' for anything else."""
    if type(value) is float and value.is_integer() and value < 2**53:
        value = int(value)
    if type(value) is int:
        value = str(value) if 0 < value < 10**_ID_DIGITS else ""
    if type(value) is not str or len(value) > _ID_DIGITS:
        return ""
    return value if value.isascii() and value.isdigit() and value[0] != "0" else ""
