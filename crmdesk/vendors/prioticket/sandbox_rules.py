"""What the emulated PrioTicket refuses: parameters of the calls and values of a contact, read from the documents a
second time and never from our own field rules.

Guessed ([I] in the reference): the sentences, that a wrong value is a 422 (a "semantic error in the request") while a
missing contact_uid and a time with Z are a 400, and that an e-mail address is checked for an @ and no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

TYPES = frozenset(
    "BOOKER CONTACT GUEST PARTNER STAFF CASHIER PAYMENT AGENT EMERGENCY GUIDE SUPPLIER VENUE HOST COMPANY "  # noqa: SIM905
    "DELIVERY OTHER".split()
)
UPCOMING = frozenset({"MANAGER", "SUPPORT", "INSTRUCTOR"})
LIST_PARAMETERS = frozenset(
    {"reseller_id", "distributor_id", "contact_type", "items_per_page", "start_index", "page"},
)
READ_ONLY = ("contact_version", "contact_created", "contact_modified")

_ENUMS: Mapping[str, frozenset[str]] = {
    "contact_type": TYPES | UPCOMING,
    "contact_gender": frozenset({"MALE", "FEMALE", "OTHER"}),
    "contact_classification": frozenset(
        "IMPORTANT VERY_IMPORTANT PROBLEMATIC DISABLEDPERSON TOPMANAGEMENT STAFF LOYALTYPROGRAM MEDIA "  # noqa: SIM905
        "FRIENDORFAMILY RETURNING PERSONAL BUSINESS".split()
    ),
}
_LONGEST = {"contact_name_first": 255, "contact_name_last": 255, "contact_number": 50}
_STRINGS = (
    *("contact_name_first", "contact_name_last", "contact_email", "contact_phone", "contact_mobile", "contact_title"),
    *("contact_language", "contact_nationality", "contact_website", "contact_number", "contact_external_uid"),
    *("contact_passport", "contact_birth_date", "contact_birth_place", "contact_flight_number", "contact_room_number"),
    "contact_loyalty_number",
)
_ADDRESS = (
    *("id", "name", "street", "addition", "city", "postal_code", "region", "country", "country_code", "place_id"),
    *("latitude", "longitude", "notes"),
)
_LISTS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "contact_notes": {
        "note_type": frozenset({"GUEST", "PARTNER", "SUPPLIER", "RESELLER", "DISTRIBUTOR", "INTERNAL"}),
    },
    "contact_custom_fields": {"custom_field_type": frozenset({"SYSTEM", "USER"})},
}
_LANGUAGE = re.compile(r"[A-Za-z]{2}([-_][A-Za-z]{2})?")  # "language and culture code (ISO-639-1)"
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_E164 = re.compile(r"\+[1-9]\d{1,14}")
_ENDS_WITH_Z = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d.*[Zz]")


def problems(contact: Mapping[str, Any], *, e164: bool = False) -> list[str]:
    """What is wrong with the values, in the vendor's form: plain strings without field names apart.

    `e164`: phones have to be as the model says and its own samples are not."""
    return [*_problems(contact), *(_phone_problems(contact) if e164 else ())]


def _phone_problems(contact: Mapping[str, Any]) -> Iterator[str]:
    for key in ("contact_phone", "contact_mobile"):
        number = contact.get(key)
        if isinstance(number, str) and number and not _E164.fullmatch(number):
            yield f"{key} must be a valid E.164 spec compliant phone number"


def _problems(contact: Mapping[str, Any]) -> Iterator[str]:
    for key, allowed in _ENUMS.items():
        if contact.get(key) is not None and contact[key] not in allowed:
            yield f"{key} is not one of the possible values"
    for key, longest in _LONGEST.items():
        if isinstance(contact.get(key), str) and len(contact[key]) > longest:
            yield f"{key} is longer than {longest} characters"
    for key in _STRINGS:
        if not _is_text(contact.get(key)):
            yield f"{key} is not a string"
    yield from _inner_problems(contact)
    if isinstance(contact.get("contact_email"), str) and "@" not in contact["contact_email"]:
        yield "contact_email is not valid"
    age = contact.get("contact_age")
    if age is not None and not (type(age) is int and 0 <= age <= 150):
        yield "contact_age is not a number up to 150"
    yield from _form_problems(contact)


def _form_problems(contact: Mapping[str, Any]) -> Iterator[str]:
    """Texts that have a form: a day, a URI, codes."""
    address = contact.get("contact_address")
    country = address.get("country_code") if isinstance(address, dict) else None
    for key, value, fits in (
        ("contact_birth_date", contact.get("contact_birth_date"), _is_day),
        ("contact_website", contact.get("contact_website"), _URI.fullmatch),
        ("contact_language", contact.get("contact_language"), _LANGUAGE.fullmatch),
        ("contact_address.country_code", country, _is_country),
    ):
        if isinstance(value, str) and value and not fits(value):
            yield f"{key} is not valid"


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


@cache
def _is_country(code: str) -> bool:
    import pycountry  # slow to import, and reading never needs it

    return pycountry.countries.get(alpha_2=code) is not None and len(code) == 2


def _inner_problems(contact: Mapping[str, Any]) -> Iterator[str]:
    """Address, notes and custom fields: objects with texts in them, "the coordinates too" [D3.5]."""
    address = contact.get("contact_address")
    if isinstance(address, dict):
        yield from (f"contact_address.{key} is not a string" for key in _ADDRESS if not _is_text(address.get(key)))
    elif address is not None:
        yield "contact_address is not an object"
    for key, kinds in _LISTS.items():
        entries = contact.get(key)
        if entries is None:
            continue
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            yield f"{key} is not a list of objects"
        else:
            for name, allowed in kinds.items():
                if any(entry.get(name) not in (None, *allowed) for entry in entries):
                    yield f"{name} is not one of the possible values"
            for name in _LIST_TEXTS:
                if not all(_is_text(entry.get(name)) for entry in entries):
                    yield f"{name} is not a string"


_LIST_TEXTS = ("note_value", "note_creator", "custom_field_name", "custom_field_value")
_FREE = frozenset({*_STRINGS, *_ADDRESS, *_LIST_TEXTS}) - {"contact_birth_date"}


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def times_with_z(value: Any) -> bool:
    """True if any text in it is a time that ends with Z: "a Z suffix is not supported" [D3.5]. Free texts are none."""
    if isinstance(value, str):
        return _ENDS_WITH_Z.fullmatch(value) is not None
    if isinstance(value, dict):
        return any(times_with_z(inner) for key, inner in value.items() if key not in _FREE)
    return isinstance(value, list) and any(map(times_with_z, value))


def whole(text: str | None, default: int, least: int, most: int) -> int:
    """A parameter that is a whole number. ValueError outside of its limits."""
    if text is None:
        return default
    if not text.isdecimal() or len(text) > 9 or not least <= int(text) <= most:
        raise ValueError(f"not a number from {least} to {most}")
    return int(text)
