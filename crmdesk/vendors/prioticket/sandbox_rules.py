"""What the emulated PrioTicket refuses: parameters of the calls and values of a contact, read from the documents a
second time and never from our own field rules.

Guessed ([I] in the reference): the sentences, that a wrong value is a 422 (a "semantic error in the request") while a
missing contact_uid and a time with Z are a 400, and that an e-mail address is checked for an @ and no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
_ENDS_WITH_Z = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d.*[Zz]")


def problems(contact: Mapping[str, Any]) -> list[str]:
    """What is wrong with the values, in the vendor's form: plain strings without field names apart."""
    return list(_problems(contact))


def _problems(contact: Mapping[str, Any]) -> Iterator[str]:
    for key, allowed in _ENUMS.items():
        if contact.get(key) is not None and contact[key] not in allowed:
            yield f"{key} is not one of the possible values"
    for key, longest in _LONGEST.items():
        if isinstance(contact.get(key), str) and len(contact[key]) > longest:
            yield f"{key} is longer than {longest} characters"
    for key in ("contact_name_first", "contact_name_last", "contact_email", "contact_phone", "contact_mobile"):
        if not isinstance(contact.get(key), str | None):
            yield f"{key} is not a string"
    if isinstance(contact.get("contact_email"), str) and "@" not in contact["contact_email"]:
        yield "contact_email is not valid"
    age = contact.get("contact_age")
    if age is not None and not (type(age) is int and 0 <= age <= 150):
        yield "contact_age is not a number up to 150"


def times_with_z(value: Any) -> bool:
    """True if any text in it is a time that ends with Z: "a Z suffix is not supported" [D3.5]."""
    if isinstance(value, str):
        return _ENDS_WITH_Z.fullmatch(value) is not None
    if isinstance(value, dict):
        return any(map(times_with_z, value.values()))
    return isinstance(value, list) and any(map(times_with_z, value))


def whole(text: str | None, default: int, least: int, most: int) -> int:
    """A parameter that is a whole number. ValueError outside of its limits."""
    if text is None:
        return default
    if not text.isdecimal() or len(text) > 9 or not least <= int(text) <= most:
        raise ValueError(f"not a number from {least} to {most}")
    return int(text)
