"""What the emulated back office knows: units, accounts, participants, products and the like.

The numbers and names that the samples of the source page use exist here, besides made-up guests who partly are known at
other vendors, too. Ids are 32 upper-case hex characters, as in every sample.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from crmdesk.sandbox.guests import guests
from crmdesk.sandbox.people import Person

Json = dict[str, Any]

SEED, OFFSET, GUESTS = 51, 70, 80
_SAMPLE_ACCOUNTS = (20, 50, 77, 164, 218, 226, 228)  # of the source page's samples
_SAMPLE_PARTICIPANTS = (4, 10, 12, 14, 17)
ALREADY_REFERRED = "RP0000000004"  # as the referrals sample says
_FIRST_GUEST = 501
_MEDIA = {50: ("Cash",)}  # account → the payment media that it allows; the others allow all

CLASSIFICATIONS: Mapping[str, tuple[str, ...]] = {
    "ACHIEVEMENT": ("Customer Feedback 3", "Newsletter sign-up", "Breakfast review"),
    "PURCHASE": ("Restaurant", "Room", "Spa"),
    "REFERRAL": ("Friend",),
    "SOCIAL_MEDIA": ("Facebook",),
    "WEB": ("Visit",),
    "FINANCIAL_ACHIEVEMENT": ("Financial Achievement 1", "Financial Achievement 2", "Financial Achievement 3"),
    "SPEND_REQUEST": ("Voucher",),
}
_SHOWN_TYPE = {"PURCHASE": "PURCHASED"}  # wiki: the answer's list of types spells it so


def make_id(*parts: object) -> str:
    """32 upper-case hex characters, the same for the same parts."""
    return hashlib.sha256(":".join(map(str, parts)).encode()).hexdigest()[:32].upper()


@dataclass
class World:
    """Everything that can be looked up, by what it is. `referred` are numbers of participants referred already."""

    tables: dict[str, list[Json]] = field(default_factory=dict)
    referred: set[str] = field(default_factory=set)

    def find(self, table: str, key: str, value: str) -> Json | None:
        return next((row for row in self.tables[table] if row.get(key) == value), None)


def world(count: int = GUESTS) -> World:
    """A new back office with so many guests."""
    people = list(guests(count, SEED, offset=OFFSET))
    accounts = [_account(number, None) for number in _SAMPLE_ACCOUNTS]
    accounts += [_account(_FIRST_GUEST + place, person) for place, person in enumerate(people)]
    participants = [_participant(number, accounts[place]) for place, number in enumerate(_SAMPLE_PARTICIPANTS)]
    participants += [
        _participant(_FIRST_GUEST + place, account) for place, account in enumerate(accounts[len(_SAMPLE_ACCOUNTS) :])
    ]
    tables = {
        "account": accounts,
        "participant": participants,
        "unit": [
            _unit("Admin Unit", "adminunit"),
            _unit("Front Desk", "FRONTDESK"),
            _unit("Beach Bar", "BAR", "USD"),
        ],
        "group": _named("group", (("Main Group", "MAIN"), ("Resorts", "RESORTS"))),
        "currency": [{"id": make_id("currency", code), "code": code} for code in ("EUR", "USD")],
        "brand": _named("brand", (("Visa", "VISA"), ("Mastercard", "MC"))),
        "medium_type": _named("medium_type", (("Credit card", "CARD"), ("Cash", "CASH"))),
        "product": _products(),
        "invoice": [_invoice(number) for number in range(1, 4)],
    }
    tables |= {f"classification {type_}": _classifications(type_, names) for type_, names in CLASSIFICATIONS.items()}
    return World(tables, {ALREADY_REFERRED})


def _account(number: int, person: Person | None) -> Json:
    shown = f"ACR{number:010d}"
    given, family = (person.given, person.family) if person else ("Polina", f"Sample {number}")
    return {
        "id": make_id("account", number),
        "number": shown,
        "name": f"{shown} {given} {family}",
        "type": "CUSTOMER",
        "life_cycle_state": "TERMINATED" if person and person.cancelled else "ACTIVE",
        "account_owner": {"type": "PERSON", "first_name": given, "last_name": family, "id": make_id("contact", number)},
        "email_address": person.email if person else "",
        **({"payment_media": _MEDIA[number]} if number in _MEDIA else {}),
    }


def _participant(number: int, account: Json) -> Json:
    return {
        "id": make_id("participant", number),
        "number": f"RP{number:010d}",
        "life_cycle_state": "TERMINATED" if account["life_cycle_state"] == "TERMINATED" else "EFFECTIVE",
        "sign_up_on": "2015-02-03T09:00:35",
        "accounts_receivable": {name: account[name] for name in ("id", "number", "name")},
    }


def _unit(name: str, code: str, currency: str = "EUR") -> Json:
    return {
        "id": make_id("unit", name),
        "name": name,
        "alternative_code": code,
        "group_name": "Main Group",
        "community_name": "Community",
        "currency": currency,
    }


def _named(what: str, pairs: Iterable[tuple[str, str]]) -> list[Json]:
    return [{"id": make_id(what, name), "name": name, "alternative_code": code} for name, code in pairs]


def _products() -> list[Json]:
    codes = (("Serendipity", "SRD"), ("Bronze", "BRZ"), ("ROOM", "RM"), ("BREAKFAST", "BF"))
    return [
        {
            "id": make_id("product", code),
            "code": code,
            "alternative_code": other,
            "description": code.title(),
            "type": {"name": "Services", "alternative_code": "SERVICES"},
        }
        for code, other in codes
    ]


def _invoice(number: int) -> Json:
    return {
        "id": make_id("invoice", number),
        "number": f"INV{number:07d}",
        "reference_number": f"R-{number}",
        "back_office_code": f"BO{number}",
    }


def _classifications(type_: str, names: Iterable[str]) -> list[Json]:
    return [
        {
            "id": make_id(type_, name),
            "name": name,
            "alternative_code": f"{type_}_{place}",
            "description": name,
            "type": _SHOWN_TYPE.get(type_, type_),
        }
        for place, name in enumerate(names, 1)
    ]
