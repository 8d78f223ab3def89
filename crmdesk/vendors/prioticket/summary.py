"""What lists, sorting and searching need of a PrioTicket contact. Pure and total: any JSON value gives a Summary."""

from __future__ import annotations

from typing import Any

from crmdesk.core.foreign import items, mapping, text, utc
from crmdesk.core.text import one_line
from crmdesk.core.types import Json, Phone, Summary, flags, has
from crmdesk.vendors.prioticket.fields import CONTACT_TYPES

NOTES_LIMIT = 20_000  # characters of notes that can be found; all of them are kept in the raw JSON
NOTE_ENTRIES = 100  # notes summarised; a contact with more is a mistake or an attack
ID_LIMIT = 200  # characters of an id; the vendor's own have 36

_TYPE_WORDS = dict(CONTACT_TYPES)
_PHONES = (("contact_phone", "Phone"), ("contact_mobile", "Mobile"))
_NUMBERS = ("contact_external_uid", "contact_number", "contact_loyalty_number")
_STREET = ("name", "street", "addition")
RETURNING = "Returning"  # what `type:` finds beside the type: the classification that the Contacts Module is for


def summarise(raw: Json) -> Summary:
    """What lists and search need of a contact. Total: any JSON value gives a Summary, wrong types give ''.

    A name known only as a whole stands in the last name (contact model), also a company's. Passport, birth and age
    are never put into the search index."""
    get = mapping(raw).get
    address = mapping(get("contact_address")).get
    remote_id, email = as_id(get("contact_uid")), text(get("contact_email"))
    first, last = text(get("contact_name_first")), text(get("contact_name_last"))
    name = text(f"{first} {last}") if first and last else first or last
    kind = _kind(get("contact_type"))
    phones = tuple([Phone(label, number) for key, label in _PHONES if (number := text(get(key)))])
    country = _country(address("country_code")) or text(address("country"))
    language = text(get("contact_language"), 35)
    notes = _notes(get("contact_notes"))
    texts = {
        "name": name,
        "first": first,
        "last": last,
        "email": email,
        "company": last if get("contact_type") == "COMPANY" and not first else "",
        "phone": " ".join([phone.number for phone in phones]),
        **_address(address),
        "country": country,
        "lang": language,
        "gender": text(get("contact_gender")).lower(),
        "website": text(get("contact_website")),
        "notes": notes,
        "id": f"{remote_id} {_joined(get, _NUMBERS)}".strip(),
        "type": f"{kind} {RETURNING}".strip() if get("contact_classification") == "RETURNING" else kind,
    }
    return Summary(
        name=name or email or (one_line(f"#{remote_id}") if remote_id else ""),
        first=first,
        last=last,
        email=email,
        phones=phones,
        company=texts["company"],
        city=texts["city"],
        country=country,
        languages=(language,) if language else (),
        kind=kind,
        notes=one_line(notes),
        created_at=utc(get("contact_created")),
        updated_at=utc(get("contact_modified")),
        flags=flags(has(texts)),
        texts={key: found for key, found in texts.items() if found},
    )


def _address(get: Any) -> dict[str, str]:
    """Without the country, which a row shows too."""
    return {
        "address": _joined(get, _STREET),
        "city": text(get("city")),
        "zip": text(get("postal_code")),
        "state": text(get("region")),
    }


def _kind(value: Any) -> str:
    """The type in words; one that the documents do not name as it is."""
    code = text(value)
    return _TYPE_WORDS.get(code, code)


def _joined(get: Any, keys: tuple[str, ...]) -> str:
    return " ".join([found for key in keys if (found := text(get(key)))])


def _country(value: Any) -> str:
    code = text(value)
    return code.upper() if len(code) == 2 and code.isascii() else code


def _notes(value: Any) -> str:
    """contact_notes: a list of objects with `note_value`; a plain text counts as one."""
    if not value:
        return ""
    found: list[str] = []
    left = NOTES_LIMIT
    for entry in items(value, NOTE_ENTRIES):
        note = text(entry.get("note_value") if type(entry) is dict else entry, NOTES_LIMIT)[:left]
        if note:
            found.append(note)
            left -= len(note) + 1
        if left <= 0:
            break
    return " ".join(found)


def as_id(value: Any) -> str:
    """`contact_uid` exactly as sent ("made by Prio", a UUID in the samples); '' for anything that cannot be an id.

    An id is never mended: it has to name the same contact when it is asked for."""
    if type(value) is not str or not 0 < len(value) <= ID_LIMIT or value in (".", ".."):
        return ""
    return value if value.isprintable() and " " not in value else ""
