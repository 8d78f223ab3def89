"""Shape of an emulated PrioTicket contact: keys as in the vendor's model, times in local time with their offset, and
nothing for what is empty."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec

from crmdesk.sandbox.people import Person

Json = dict[str, Any]

LOCAL = timezone(timedelta(hours=1))
"""The emulated company's own time: "RFC 3339 in local time with its offset" [D3.5]."""

_COMMON = ("GUEST", "BOOKER", "GUEST", "GUEST", "CONTACT", "GUEST", "BOOKER", "GUEST")
_RARE = (
    *("PARTNER", "STAFF", "CASHIER", "PAYMENT", "AGENT", "EMERGENCY", "GUIDE", "SUPPLIER", "VENUE", "HOST", "COMPANY"),
    *("DELIVERY", "MANAGER", "SUPPORT", "INSTRUCTOR", "OTHER"),
)
_COUNTRIES = {"NL": "Netherlands", "DE": "Germany", "FR": "France", "ES": "Spain", "IT": "Italy", "GB": "Great Britain"}
_MIX = 2_654_435_761  # odd, so that every number gives another first part


def uid(number: int) -> str:
    """The contact_uid of our number: looks like the vendor's sample, and is never drawn."""
    return f"{number * _MIX & 0xFFFFFFFF:08x}-e142-11ea-86d2-{number:012x}"


def number(contact_uid: str) -> int | None:
    """Our number of a contact_uid; None for a text that is none of ours."""
    try:
        found = int(contact_uid[-12:], 16)
    except ValueError:
        return None
    return found if uid(found) == contact_uid else None


def local(moment: datetime) -> str:
    return moment.astimezone(LOCAL).isoformat(timespec="seconds")


def local_second(seconds: int) -> str:
    return local(datetime.fromtimestamp(seconds, UTC))


def contact(person: Person, own_number: int, position: int) -> Json:
    """A made-up person as this vendor shows it. The rest goes by `position`, so that a short list has some of all."""
    kind = _RARE[position // 5 % len(_RARE)] if position % 5 == 4 else _COMMON[position % len(_COMMON)]
    full: Json = {
        "contact_uid": uid(own_number),
        "contact_external_uid": f"{position:05d}" if position % 4 == 0 else "",
        "contact_version": 1 + position % 3,
        "contact_number": f"C{own_number:06d}" if position % 3 == 0 else "",
        "contact_type": kind,
        "contact_title": {"male": "Mister", "female": "Misses"}.get(person.gender, ""),
        **_name(person, kind, position),
        "contact_email": person.email,
        **_phones(person),
        "contact_language": person.languages[0] if person.languages else "",
        "contact_gender": person.gender.upper(),
        "contact_website": person.website,
        "contact_classification": "RETURNING" if position % 6 == 1 else "",
        **_visit(own_number, position),
        "contact_address": _address(person, own_number),
        "contact_notes": _notes(person),
        "contact_custom_fields": _custom("tier", "gold") if position % 7 == 3 else [],
        "contact_created": local(person.created),
        "contact_modified": local(person.updated),
    }
    return {key: value for key, value in full.items() if value not in ("", [], {})}


def _name(person: Person, kind: str, position: int) -> Json:
    """A name known only as a whole is sent as contact_name_last [D3.5]; a company has one name."""
    if kind == "COMPANY":
        return {"contact_name_last": f"{person.family} Travel"}
    if position % 17 == 8:
        return {"contact_name_last": f"{person.given} {person.family}"}
    return {"contact_name_first": person.given, "contact_name_last": person.family}


def _phones(person: Person) -> Json:
    mobile = next((phone.number for phone in person.phones if phone.label == "mobile"), "")
    other = next((phone.number for phone in person.phones if phone.number != mobile), "")
    return {"contact_phone": other, "contact_mobile": mobile}


def _visit(own_number: int, position: int) -> Json:
    return {
        "contact_nationality": "Dutch" if position % 13 == 2 else "",
        "contact_flight_number": f"KL{1000 + own_number % 900}" if position % 9 == 5 else "",
        "contact_loyalty_number": f"{own_number:08d}" if position % 6 == 1 else "",
        "contact_room_number": f"{100 + position % 300:04d}" if position % 8 == 6 else "",
        "contact_passport": f"NX{own_number:07d}" if position % 11 == 7 else "",
        "contact_birth_date": f"{1950 + position % 50}-03-0{1 + position % 9}" if position % 11 == 7 else "",
    }


def _address(person: Person, own_number: int) -> Json:
    if not (person.address or person.city):
        return {}
    full = {
        "id": uid(own_number + 5_000_000_000),
        "street": person.address,
        "addition": person.address_more,
        "postal_code": person.zip,
        "city": person.city,
        "region": person.state,
        "country": _COUNTRIES.get(person.country, ""),
        "country_code": person.country,
    }
    return {key: value for key, value in full.items() if value}


def _notes(person: Person) -> list[Json]:
    if not person.notes:
        return []
    made = {"note_date": local(person.updated), "note_creator": "Front desk"}
    return [{"note_value": person.notes, "note_type": "INTERNAL", **made}]


def _custom(name: str, value: str) -> list[Json]:
    return [{"custom_field_name": name, "custom_field_value": value, "custom_field_type": "USER"}]


def earlier(now: Json) -> list[Json]:
    """Made-up states before this one, oldest first: one for every number below its contact_version."""
    created = datetime.fromisoformat(now["contact_created"])
    span = datetime.fromisoformat(now["contact_modified"]) - created
    states = []
    for version in range(1, int(now["contact_version"])):
        left_out = ("contact_notes", "contact_mobile") if version == 1 else ("contact_notes",)
        state = {key: value for key, value in now.items() if key not in left_out}
        moment = local(created + span * (version - 1) / int(now["contact_version"]))
        states.append({**state, "contact_version": version, "contact_modified": moment})
    return states


def placed(contact: Json, fields: Mapping[str, Any]) -> Json:
    """The top-level keys of `contact` that these fields, named by dotted paths, make anew."""
    found: Json = {}
    for path, value in fields.items():
        key, _, inner = path.partition(".")
        within = found.get(key, contact.get(key))
        found[key] = {**(within if isinstance(within, dict) else {}), inner: value} if inner else value
    return found


def encode(value: Json) -> bytes:
    return msgspec.json.encode(value)


def decode(encoded: bytes) -> Json:
    found: Json = json.loads(encoded)
    return found
