"""What a documented field tells about a person, for masks and for exports. Pure.

Vendors' own words in the paths decide, so that a further vendor needs no list here; what is not known to be harmless
counts as personal."""

from __future__ import annotations

from enum import Enum

from crmdesk.core.fields import FieldKind, FieldSpec


class Personal(Enum):
    """Groups of personal columns, in the words of the export's question."""

    NAME = "Names and company"
    EMAIL = "E-mail addresses"
    PHONE = "Phone numbers"
    ADDRESS = "Addresses, cities and countries"
    BIRTH = "Birth dates"
    NOTES = "Notes"
    OTHER = "Everything else about the person"


_BIRTH = ("birth", "dob")
_STREET = ("address", "street", "zip", "postal", "postcode", "po_box")
_PLACE = ("city", "town", "state", "region", "county", "country")
_NAMES = ("name", "first", "last", "company", "salutation", "surname")
_NOTES = ("note", "comment", "remark")
_HARMLESS = ("created", "updated", "modified", "canceled", "cancelled", "fetched", "version", "type", "status")
LIST_COLUMNS = {
    "name": Personal.NAME,
    "email": Personal.EMAIL,
    "phone": Personal.PHONE,
    "city": Personal.ADDRESS,
    "country": Personal.ADDRESS,
    "languages": Personal.OTHER,
    "notes": Personal.NOTES,
}
"""The list's columns by their keys; the others name nobody."""


def personal_of(spec: FieldSpec) -> Personal | None:
    """None for what tells nothing about the person: ids, times of the record, its type."""
    last = spec.path.casefold().rpartition(".")[2]
    path = spec.path.casefold()
    if spec.kind is FieldKind.EMAIL or "email" in last:
        return Personal.EMAIL
    if spec.kind is FieldKind.PHONES or "phone" in last or "mobile" in last or last == "fax":
        return Personal.PHONE
    if _has(path, _BIRTH):
        return Personal.BIRTH
    if _has(path, _STREET) or _has(last, _PLACE) or spec.kind is FieldKind.COUNTRY:
        return Personal.ADDRESS
    if _has(last, _NOTES) or spec.kind is FieldKind.LINES:
        return Personal.NOTES
    if last == "id" or _has(last, _HARMLESS):
        return None
    return Personal.NAME if _has(last, _NAMES) else Personal.OTHER


def is_street(spec: FieldSpec) -> bool:
    """Where the person lives, more exactly than the city."""
    return _has(spec.path.casefold(), _STREET) and not _has(spec.path.casefold().rpartition(".")[2], _PLACE)


def _has(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text for word in words)
