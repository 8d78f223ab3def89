"""What lists, sorting and searching need of a contact that was sent to Cendyn. Pure and total.

`raw` is what `crmdesk.sync.sent` keeps: `{"sent": {the contact as sent}, "purchase": {…}, "state": …, "sent_at": …}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from crmdesk.core.foreign import flag, mapping, text, utc
from crmdesk.core.text import phone_digits
from crmdesk.core.types import Flag, Json, Phone, Summary, flags, has

_CONSENT = {True: Flag.CONSENT_YES.value, False: Flag.CONSENT_NO.value, None: Flag.CONSENT_NEVER.value}


def summarise(raw: Json) -> Summary:
    """What lists and search need of a sent contact. Total: any JSON value gives a Summary, wrong types give ''."""
    kept = mapping(raw)
    get = mapping(kept.get("sent")).get
    user_id, email = text(get("user_id")), text(get("email"))
    first, last = text(get("name_first")), text(get("name_last"))
    name = text(f"{first} {last}".strip())
    phones, languages = _phones(mapping(kept.get("sent"))), _languages(get("language"))
    texts = {
        "name": name,
        "first": first,
        "last": last,
        "email": email,
        "phone": " ".join(phone.number for phone in phones),
        "address": text(get("full_address")),
        "city": text(get("city")),
        "zip": text(get("zip")),
        "state": text(get("region")),
        "country": _country(get("country")),
        "lang": " ".join(languages),
        "gender": text(get("gender")).lower(),
        "id": user_id,
    }
    return Summary(
        name=name or email or (f"#{user_id}"[:300] if user_id else ""),
        first=first,
        last=last,
        email=email,
        phones=phones,
        city=texts["city"],
        country=texts["country"],
        languages=languages,
        updated_at=utc(kept.get("sent_at")),
        flags=flags(has(texts) | _CONSENT[flag(get("gdpr_marketing_consent"))]),
        texts={key: found for key, found in texts.items() if found},
    )


def _phones(sent: Mapping[str, Any]) -> tuple[Phone, ...]:
    """The number in two parts and the full one, each once."""
    code, number = text(sent.get("phone_countrycode")), text(sent.get("phone_number"))
    found: dict[str, str] = {}
    for line in (f"{code} {number}"[:300].strip() if number else "", text(sent.get("phone"))):
        if line:
            found.setdefault(phone_digits(line) or line, line)
    return tuple(Phone("", line) for line in found.values())


def _languages(value: Any) -> tuple[str, ...]:
    """`ES`, or `es_ES` as a client sends it."""
    code = text(value, 35).replace("_", "-").split("-")[0].lower()
    return (code,) if code else ()


def _country(value: Any) -> str:
    """The alpha-2 code of a country's name, so that one country is one word in the list; else what was sent."""
    name = text(value)
    if not name:
        return ""
    if len(name) == 2 and name.isascii():
        return name.upper()
    return _codes().get(name.casefold(), name)


@cache
def _codes() -> Mapping[str, str]:
    """Names of countries → alpha-2 codes."""
    import pycountry  # slow to import, and most of the program never needs it

    names = ("official_name", "common_name", "name")
    return {
        str(getattr(country, name)).casefold(): str(country.alpha_2)
        for name in names
        for country in pycountry.countries
        if hasattr(country, name)
    }
