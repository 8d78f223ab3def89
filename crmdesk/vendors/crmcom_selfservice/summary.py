"""What lists, sorting and searching need of a CRM.COM contact. Pure and total: any JSON value gives a Summary.

E-mail and phone are read in all three forms that are known of them: `email_address` and `phone_number` (source page),
`emails[].email_address` and `phones[].number` (a public client), `email` and `phone{}` (version 2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crmdesk.core.foreign import items, mapping, text
from crmdesk.core.types import Flag, Json, Phone, Summary, flags, has
from crmdesk.vendors.crmcom_selfservice.codes import country_of_two, language_of_two
from crmdesk.vendors.crmcom_selfservice.fields import GENDERS, TYPES

PHONES_LIMIT = 100  # lines summarised; a contact with more is a mistake or an attack
_CODE = 35  # characters of a language or country code that are looked at
_CONSENT = {"ACCEPTED": Flag.CONSENT_YES.value, "REJECTED": Flag.CONSENT_NO.value, "PENDING": Flag.CONSENT_NEVER.value}
_TYPE_WORDS, _GENDER_WORDS = dict(TYPES), dict(GENDERS)


def summarise(raw: Json) -> Summary:
    """What lists and search need of a contact. Total: any JSON value gives a Summary, wrong types give ''."""
    get = mapping(raw).get
    first, last = text(get("first_name")), text(get("last_name"))
    company, kind = text(get("company_name")), _word(_TYPE_WORDS, get("type"))
    email, phones = _email(mapping(raw)), tuple(_phones(mapping(raw)))
    person = text(" ".join(part for part in (first, text(get("middle_name")), last) if part))
    name = (company or person) if get("type") == "COMPANY" else (person or company)
    code, remote_id = text(get("code")), text(get("id"))
    languages = _languages(get("preferred_language_code"), get("language_code"))
    country = country_of_two(text(get("country_of_agreement"), _CODE))
    texts = {
        "name": name,
        "first": first,
        "last": last,
        "email": email,
        "company": company,
        "phone": " ".join([phone.number for phone in phones]),
        "country": country,
        "lang": " ".join(languages),
        "gender": _word(_GENDER_WORDS, mapping(get("demographics")).get("gender")),
        "id": f"{remote_id} {code}".strip(),
        "type": kind,
    }
    return Summary(
        name=name or email or code or (f"#{remote_id}" if remote_id else ""),
        first=first,
        last=last,
        email=email,
        phones=phones,
        company=company,
        country=country,
        languages=languages,
        kind=kind,
        flags=flags(_consent(get("consent_state")) | has(texts)),
        texts={key: found for key, found in texts.items() if found},
    )


def _word(words: Mapping[str, str], value: Any) -> str:
    """The word for a code; an unknown code as it came."""
    code = text(value)
    return words.get(code, code)


def _consent(value: Any) -> int:
    """Absent is "never asked", as is PENDING; a word that no document knows is neither yes nor no nor never."""
    state = text(value)
    return _CONSENT.get(state.upper(), 0) if state else Flag.CONSENT_NEVER.value


def _email(raw: Mapping[str, Any]) -> str:
    """The first address, whichever form it comes in."""
    listed = (mapping(item).get("email_address", item) for item in items(raw.get("emails"), PHONES_LIMIT))
    found = (text(value) for value in (raw.get("email_address"), raw.get("email"), *listed))
    return next((email for email in found if email), "")


def _phones(raw: Mapping[str, Any]) -> Iterator[Phone]:
    """Every number once, in the order of the forms; the label holds its type and country."""
    lone = {"number": raw.get("phone_number"), "country_code": raw.get("country_code", raw.get("phone_country_code"))}
    seen: set[str] = set()
    for item in (lone, *items(raw.get("phone"), 1), *items(raw.get("phones"), PHONES_LIMIT)):
        entry = item if type(item) is dict else {"number": item}
        number = text(entry.get("number"))
        if number and number not in seen:
            seen.add(number)
            yield Phone(_phone_label(entry), number)


def _phone_label(entry: Mapping[str, Any]) -> str:
    """`Mobile, CY` of type MOBILE and country CYP."""
    kind = text(entry.get("type"), 40).replace("_", " ").capitalize()
    country = country_of_two(text(entry.get("country_code"), _CODE))
    return ", ".join(part for part in (kind, country) if part)


def _languages(*values: Any) -> tuple[str, ...]:
    codes = [text(item, _CODE) for value in values for item in items(value, 10)]
    return tuple(dict.fromkeys([language_of_two(code) for code in codes if code]))
