"""Guests whom practice mode sends to the emulated Cendyn, some of them known at other vendors, too."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from crmdesk.sandbox.guests import guests
from crmdesk.sandbox.people import Person

Values = dict[str, Any]
_COUNT, _SEED, _OFFSET = 60, 31, 40
_LEVELS = ("bronze", "silver", "gold")


def starters() -> list[Values]:
    """About 60 contacts by the paths of sync_data's contact fields, each with its `user_id` ("crmdesk:1" …) and only
    what is known. Who asked to be restricted or forgotten is not among them: nobody would send those to a CRM."""
    people = guests(_COUNT, _SEED, offset=_OFFSET)
    return [
        _values(person, number)
        for number, person in enumerate(people, 1)
        if not (person.restricted or person.forget or person.cancelled)
    ]


def _values(person: Person, number: int) -> Values:
    names: Values = {
        "user_id": f"crmdesk:{number}",
        "email": person.email,
        "name_first": person.given,
        "name_last": person.family,
        "phone": person.phones[0].number if person.phones else "",
        "full_address": ", ".join(filter(None, (person.address, person.address_more))),
        "zip": person.zip,
        "city": person.city,
        "region": person.state,
        "country": person.country,
        "gender": person.gender.upper(),
        "language": person.languages[0][:2].upper() if person.languages else "",
        "born_date": (date(1950, 1, 1) + timedelta(days=number * 331)).isoformat() if number % 3 else "",
    }
    known = {path: value for path, value in names.items() if value}
    return known | _consent(person, number) | _marketing(number)


def _consent(person: Person, number: int) -> Values:
    """Yes, no, and never asked."""
    if number % 3 == 0:
        return {}
    return {
        "gdpr_marketing_consent": number % 3 == 1,
        "gdpr_accept_terms": True,
        "gdpr_date": f"{person.updated:%Y-%m-%dT%H:%M:%SZ}",
    }


def _marketing(number: int) -> Values:
    found: Values = {}
    if number % 4 == 1:
        found["tags"] = ["lake view", "returning"][: 1 + number % 2]
    if number % 5 == 2:
        found["list_subscriptions"] = [{"list_id": "newsletter", "subscribed": number % 2 == 0}]
    if number % 7 == 3:
        found["channel_subscriptions"] = [{"channel": "sms", "blacklisted": True}]
    if number % 6 == 0:
        found["loyalty_level"] = _LEVELS[number // 6 % 3]
    return found
