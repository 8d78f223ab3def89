"""Shape of an emulated BookingSync contact: keys in the order of the source page, times as the service writes them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec

from crmdesk.sandbox.people import Person
from crmdesk.vendors.bookingsync import sandbox_rules as rules

Json = dict[str, Any]
_LOCALE_OF = {"no": "nb", "sr": "rs"}


class _Body(msgspec.Struct):
    """What a write sends: the plural key with a list of one."""

    contacts: list[Json]


def moment(text: str | None) -> int | None:
    """UNIX seconds of `2014-08-21T08:40:44Z` or `2010-01-01 12:12:12 UTC`; no zone means UTC. Else ValueError."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text.strip().removesuffix(" UTC"))
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def time(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def empty(account_id: int, contact_id: int) -> Json:
    """Every key of a contact in the order of the source page, null or empty."""
    return {
        "id": contact_id,
        "address1": None,
        "address2": None,
        "city": None,
        "country_code": None,
        "email": None,
        "firstname": None,
        "fullname": None,
        "gender": None,
        "lastname": None,
        "phones": [],
        "private_notes": None,
        "spoken_languages": [],
        "state": None,
        "website": None,
        "zip": None,
        "created_at": None,
        "updated_at": None,
        "canceled_at": None,
        "forget_me_at": None,
        "processing_restricted_at": None,
        "links": {"account": account_id},
    }


def contact(person: Person, account_id: int, contact_id: int) -> Json:
    """A made-up person as this vendor shows it."""
    spoken = (_LOCALE_OF.get(language, language) for language in person.languages)
    return {
        **empty(account_id, contact_id),
        "address1": person.address or None,
        "address2": person.address_more or None,
        "city": person.city or None,
        "country_code": person.country or None,
        "email": person.email or None,
        "firstname": person.given,
        "fullname": f"{person.given} {person.family}",
        "gender": person.gender or None,
        "lastname": person.family,
        "phones": [{"label": phone.label, "number": phone.number} for phone in person.phones],
        "private_notes": person.notes or None,
        "spoken_languages": [language for language in spoken if language in rules.LOCALES],
        "state": person.state or None,
        "website": person.website or None,
        "zip": person.zip or None,
        "created_at": shown(person.created),
        "updated_at": shown(person.updated),
        "canceled_at": shown(person.cancelled),
        "forget_me_at": shown(person.forget),
        "processing_restricted_at": shown(person.restricted),
    }


def fullname(contact: Json) -> str:
    return f"{contact['firstname']} {contact['lastname']}"


def shown(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def sent(body: bytes) -> Json | None:
    """What a client may write of the one contact in the body, the rest ignored [O]; None for any other body."""
    try:
        (contact,) = msgspec.json.decode(body, type=_Body).contacts
        return {name: contact[name] for name in rules.WRITABLE if name in contact}
    except (ValueError, RecursionError):
        return None


def limited(contacts: bytes, names: frozenset[str]) -> bytes:
    kept = (
        {name: value for name, value in contact.items() if name in names}
        for contact in json.loads(b"[" + contacts + b"]")
    )
    return b",".join(map(encode, kept))


def encode(value: Json) -> bytes:
    return msgspec.json.encode(value)


def decode(encoded: bytes | None) -> Json | None:
    contact: Json | None = None if encoded is None else json.loads(encoded)
    return contact
