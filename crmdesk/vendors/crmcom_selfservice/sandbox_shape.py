"""Shape of an emulated CRM.COM contact, its messages, requests and addresses: names of the v1 page, or of version 2."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from typing import Any

from crmdesk.sandbox.people import Person

Json = dict[str, Any]
_CONSENTS = ("ACCEPTED", "ACCEPTED", "PENDING", "REJECTED", None)
_FLAGS = ("sms_opt_out", "email_opt_out", "is_tax_exempt", "service_acceptance")
_PLANS = ("Happy Birthday", "Welcome", "Award Provided", "New Festive Beverages")
_STATES = ("PENDING", "APPROVED", "REJECTED")
CATEGORY = "4AD9C84FA60F9FE407140E20F707726A"
"""The one category there is: the page's own sample."""


def identifier(seed: str, *, guid: bool) -> str:
    found = hashlib.sha256(f"crmdesk {seed}".encode()).hexdigest()[:32]
    if not guid:
        return found.upper()
    return f"{found[:8]}-{found[8:12]}-{found[12:16]}-{found[16:20]}-{found[20:]}"


def digits(number: str) -> str:
    return "".join(char for char in number if char.isdigit()).lstrip("0")


@cache
def alpha_3(country: str) -> str:
    import pycountry  # slow to import

    found = pycountry.countries.get(alpha_2=country) if country else None
    return found.alpha_3 if found is not None else ""


@cache
def is_country(code: Any) -> bool:
    import pycountry

    return isinstance(code, str) and len(code) == 3 and pycountry.countries.get(alpha_3=code) is not None


@cache
def language_3(code: str) -> str:
    import pycountry

    found = pycountry.languages.get(alpha_2=code[:2]) if code else None
    return found.alpha_3.upper() if found is not None else ""


@cache
def language_2(code: str) -> str:
    import pycountry

    found = pycountry.languages.get(alpha_3=code.lower()) if code else None
    return getattr(found, "alpha_2", code).upper()


def contact(person: Person, contact_id: str, position: int) -> Json:
    """A made-up person, or (1 in 13) a company, by the names of the v1 page."""
    company = position % 13 == 5
    made: Json = {
        "id": contact_id,
        "code": f"C{position + 1:05d}",
        "type": "COMPANY" if company else "PERSON",
        "title": "" if company else {"male": "Mr", "female": "Ms"}.get(person.gender, ""),
        "first_name": person.given,
        "middle_name": "",
        "last_name": person.family,
        "company_name": f"{person.family} Travel" if company else "",
        "preferred_language_code": language_3(person.languages[0] if person.languages else ""),
        "avatar_url": f"https://images.example/{contact_id}.png" if position % 4 == 0 else "",
        "email_address": person.email,
        "phones": _phones(person),
        "country_of_agreement": alpha_3(person.country),
        "sms_opt_out": position % 5 == 0,
        "email_opt_out": position % 7 == 0,
        "is_tax_exempt": False,
        "custom_fields": [{"key": "favourite_drink", "value": "Tea"}] if position % 6 == 0 else [],
        "category_id": CATEGORY if position % 4 == 0 else "",
        "statutory_number": f"EF-{position:05d}" if position % 8 == 0 else "",
        "demographics": {} if company else _demographics(person, position),
    }
    if (consent := _CONSENTS[position % len(_CONSENTS)]) is not None:
        made["consent_state"] = consent
    if company:
        made["company_profile"] = _company(person, position)
    return made


def _phones(person: Person) -> list[Json]:
    kinds = {"mobile": "MOBILE", "phone": "LANDLINE"}
    return [
        {"type": kinds.get(phone.label, "ALTERNATIVE"), "country_code": alpha_3(person.country), "number": phone.number}
        for phone in person.phones
    ]


def _demographics(person: Person, position: int) -> Json:
    made: Json = {"gender": person.gender.upper()} if person.gender else {}
    year = person.created.year - 20 - position % 50
    made["date_of_birth"] = {"year": year, "month": person.created.month, "day": str(person.created.day)}
    made["name_day"] = {"month": person.updated.month, "day": person.updated.day}
    if position % 3 == 0:
        made["passport"] = _document("passport_number", f"P{position:07d}", person)
    if position % 3 == 1:
        made["id_details"] = _document("id_number", f"00{position:05d}", person)
    return made


def _document(name: str, number: str, person: Person) -> Json:
    until = int(person.created.timestamp()) + 10 * 365 * 86400
    return {name: number, "issue_country_code": alpha_3(person.country) or "CYP", "expiration_date": until}


def _company(person: Person, position: int) -> Json:
    return {
        "annual_turnover": 1568.14,
        "established_on": int(person.created.timestamp()),
        "number_of_employees": position + 1,
        "registration_number": f"HE{position:06d}",
        "registration_country": alpha_3(person.country) or "CYP",
        "industry_id": CATEGORY,
        "industry_sectors": [CATEGORY],
    }


def communications(person: Person, contact_id: str, position: int) -> Iterator[Json]:
    """Some messages of each contact, also one in HTML and one that was "clicked" at second 1 of 1970."""
    for turn in range(position % 4 + (3 if position < 3 else 0)):
        made = int(person.updated.timestamp()) + turn * 3600
        viewed = turn % 2 == 0
        html = "<p>Dear guest, <b>welcome</b>.<img src='https://tracker.example/1.gif'></p>"
        yield {
            "life_cycle_state": ("COMPLETED", "PENDING", "REJECTED")[turn % 3],
            "contact_id": contact_id,
            "channel": ("EMAIL", "SMS", "INAPP", "DEVICE")[turn % 4],
            "is_viewed": viewed,
            "viewed_on": made + 60 if viewed else None,
            "is_archived": turn % 5 == 4,
            "clicked_on": 1 if viewed else None,
            "language": "ENG",
            "sender": "portal@hotel.example",
            "recipient": person.email,
            "subject": _PLANS[turn % len(_PLANS)],
            "content": html if turn % 2 else "You have been awarded!",
            "name": _PLANS[turn % len(_PLANS)],
            "created_on": made,
            "title": _PLANS[turn % len(_PLANS)],
            "subtitle": "",
            "in_app_image_url": "",
            "in_app_click_link_url": "",
        }


def approvals(position: int) -> Iterator[Json]:
    for turn in range(position % 3 + (2 if position < 3 else 0)):
        reference = f"CO{1000 + position * 10 + turn}"
        yield {"state": _STATES[turn % 3], "entity": {"type": "ORDER", "reference": reference}}


def addresses(person: Person, position: int) -> Iterator[Json]:
    if person.address and position % 3 != 2:
        yield {
            "type": "HOME",
            "is_primary": True,
            "address_line_1": person.address,
            "address_line_2": person.address_more,
            "state_province_county": person.state,
            "town_city": person.city,
            "postal_code": person.zip,
            "country_code": alpha_3(person.country),
        }


def filled(value: Any) -> Any:
    """Without what is null inside."""
    if isinstance(value, dict):
        return {key: filled(inner) for key, inner in value.items() if inner is not None}
    return value


# ── as it is shown ───────────────────────────────────────────────────────────────────────────────────────────────────


def shown(record: Json, *, version: str, form: str, typed: bool) -> Json:
    """The contact as GET gives it; empty things are left out, as the samples do. The page breaks off behind the e-mail;
    what follows there is what PUT takes."""
    made = {key: value for key, value in record.items() if value not in ("", None, [], {})}
    for name in _FLAGS:
        if name in made and not typed:
            made[name] = str(made[name]).lower()
    if version == "v2":
        return _second(made)
    if "company_profile" in made:
        made["company_profle"] = made.pop("company_profile")
    if form == "lists" and "email_address" in made:
        made["emails"] = [{"email_address": made.pop("email_address")}]
    return made


def _second(made: Json) -> Json:
    """Names of version 2."""
    for old, new in (("email_address", "email"), ("preferred_language_code", "language_code")):
        if old in made:
            made[new] = made.pop(old)
    if "language_code" in made:
        made["language_code"] = language_2(made["language_code"])
    if phones := made.pop("phones", []):
        made["phone"] = phones[0]
    made.pop("title", None)
    made.pop("consent_state", None)
    made["demographics"] = _second_demographics(made)
    if sectors := made.get("company_profile", {}).get("industry_sectors"):
        profile = {key: value for key, value in made["company_profile"].items() if key != "industry_sectors"}
        made["company_profile"] = profile | {"sub_industries": sectors}
    return made


def _second_demographics(made: Json) -> Json:
    people: Json = dict(made.get("demographics", {}))
    for name, number in (("passport", "passport_number"), ("id_details", "id_number")):
        if name in people:
            renamed = {number: "number", "issue_country_code": "issuing_country_code"}
            people[name] = {renamed.get(key, key): value for key, value in people[name].items()}
    if "statutory_number" in made:
        people["statutory_number"] = made.pop("statutory_number")
    return people
