"""Whether a value can be what it is meant to be: addresses, phone numbers, countries and languages of the real world.

Only doubts and proposals come from here. What is certainly wrong is said in `validation`: a library that is stricter
than the vendor must not keep anybody from saving.

The libraries behind it are slow to import (together a quarter of a second); `warm_up` is work for a thread.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from crmdesk.core.said import said

_LONGEST_NUMBER = 60  # characters; more is no phone number
_LONGEST_NAME = 60  # characters of a country
_LEAST_NAME = 5  # letters of a mail provider that may be misspelt: `gmx` and `web` are too near to other words

_DOMESTIC = ("de", "fr", "it", "es", "be", "nl", "ch", "at", "co.uk", "gr", "dk", "se", "no", "fi", "cz", "pl", "pt")
_OVERSEAS = ("ca", "ie", "hu", "ro", "com.br", "com.au", "co.in", "in", "co.jp", "com.mx", "com.ar", "com.tr", "cl")
_EVERYWHERE = ("com", *_DOMESTIC, *_OVERSEAS)
_PROVIDERS: dict[str, tuple[str, ...]] = {
    "gmail": ("com",),
    "googlemail": ("com",),
    "icloud": ("com",),
    "hotmail": _EVERYWHERE,
    "outlook": _EVERYWHERE,
    "yahoo": _EVERYWHERE,
    "protonmail": ("com", "ch"),
    "t-online": ("de",),
    "freenet": ("de",),
    "orange": ("fr", "es", "be", "pl", "com"),
    "wanadoo": ("fr", "es", "nl"),
    "laposte": ("net",),
    "libero": ("it",),
    "bluewin": ("ch",),
    "telenet": ("be",),
    "skynet": ("be",),
    "comcast": ("net",),
}
"""Mail providers with many customers, and what stands behind the dot there, the most likely first."""
_FIXED = frozenset({"gmail", "googlemail", "icloud", "laposte", "t-online", "comcast"})
"""Those that exist under the endings above only; `orange.…` and the like are also names of other people's domains."""
_CUT_COM = frozenset({"co", "cm", "om", "c"})
"""What is left of `com` when a letter was lost; no provider above is known under one of them."""
_NO_ENDING = frozenset({"con", "cmo", "vom", "xom", "cpm", "comm", "coom", "ocm", "cim", "clm", "coml", "conm", "ccom"})
"""Endings that nobody has, all meant to be `com`."""


def warm_up() -> None:
    """Imports what the first check would have to wait for. Any thread."""
    is_country("DE")
    is_language("de")
    email_doubt("name@example.com")
    phone_doubt("+49 30 123456")


# ── e-mail ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def email_meant(address: str) -> str:
    """The address with the domain that was probably meant, '' where nothing looks misspelt."""
    person, _, domain = address.rpartition("@")
    meant = _domain_meant(domain.lower()) if person and len(domain) <= _LONGEST_NAME else ""
    return f"{person}@{meant}" if meant else ""


def _domain_meant(domain: str) -> str:
    name, _, ending = domain.partition(".")
    if ending in _PROVIDERS.get(name, ()):
        return ""
    head, _, last = domain.rpartition(".")
    if head and last in _NO_ENDING:
        return _domain_meant(f"{head}.com") or f"{head}.com"
    if name in _PROVIDERS:
        meant = _PROVIDERS[name][0]
        slipped = (name in _FIXED and "." not in ending) or (meant == "com" and ending in _CUT_COM)
        return f"{name}.{meant}" if slipped else ""
    for provider, endings in _PROVIDERS.items():
        near = len(name) >= _LEAST_NAME - 1 and name[:1] == provider[0] and one_slip(name, provider)
        if near and ending in endings:
            return f"{provider}.{ending}"
    return ""


def one_slip(typed: str, meant: str) -> bool:
    """One letter too many, too few, wrong, or two neighbours exchanged."""
    if abs(len(typed) - len(meant)) > 1 or typed == meant:
        return False
    start = next((i for i, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), min(len(typed), len(meant)))
    left, right = typed[start:], meant[start:]
    exchanged = left[:2] == right[:2][::-1] and left[2:] == right[2:]
    return exchanged or left[1:] == right[1:] or left[1:] == right or left == right[1:]


def email_doubt(address: str) -> str:
    """What the standards for addresses say against it, as a sentence; '' if nothing. No name server is asked."""
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(address, check_deliverability=False)
    except EmailNotValidError as error:
        return str(error)
    return ""


# ── phone numbers ────────────────────────────────────────────────────────────────────────────────────────────────────


def phone_doubt(number: str) -> str:
    """What speaks against a number with country prefix (+ or 00), as a sentence; '' if nothing."""
    import phonenumbers as library

    if len(number) > _LONGEST_NUMBER:
        return "This is too long for a phone number."
    try:
        parsed = library.parse(_with_plus(number), None)
    except library.NumberParseException as error:
        if error.error_type == library.NumberParseException.INVALID_COUNTRY_CODE:
            return "No country has this prefix. Check the digits behind the +."
        return "This does not look like a phone number. Check it."
    reason, prefix = library.is_possible_number_with_reason(parsed), f"+{parsed.country_code}"
    if reason == library.ValidationResult.IS_POSSIBLE:
        return ""
    if reason == library.ValidationResult.TOO_LONG:
        return said("Numbers with {prefix} have fewer digits. Check whether there is one too many.", prefix=prefix)
    if reason == library.ValidationResult.INVALID_LENGTH:
        return said("No number with {prefix} has this many digits. Check it.", prefix=prefix)
    return said("Numbers with {prefix} have more digits. Check whether one is missing.", prefix=prefix)


def _with_plus(number: str) -> str:
    bare = number.strip()
    return f"+{bare[2:]}" if bare.startswith("00") else bare


def prefix_of(country: str) -> str:
    """*+46* of SE; '' for what is no country."""
    if not is_country(country):
        return ""
    import phonenumbers as library

    code = library.country_code_for_region(country)
    return f"+{code}" if code else ""


def with_prefix(number: str, country: str) -> str:
    """A number as it is dialled inside `country` (two letters) written for the whole world; '' if it is none there."""
    import phonenumbers as library

    if len(number) > _LONGEST_NUMBER or not is_country(country):
        return ""
    try:
        parsed = library.parse(number, country)
    except library.NumberParseException:
        return ""
    valid = library.is_valid_number_for_region(parsed, country)
    return str(library.format_number(parsed, library.PhoneNumberFormat.INTERNATIONAL)) if valid else ""


def e164(number: str, country: str) -> str:
    """A number as E.164 has it, `+31201234567`; '' where that cannot be said. `country`: where one without prefix is
    dialled."""
    import phonenumbers as library

    if len(number) > _LONGEST_NUMBER:
        return ""
    written = _with_plus(number.replace("(+", "+").replace("(00", "00"))
    try:
        parsed = library.parse(written, country or None)
    except library.NumberParseException:
        return ""
    prefixed = written.startswith("+")
    good = library.is_possible_number(parsed) if prefixed else library.is_valid_number_for_region(parsed, country)
    return str(library.format_number(parsed, library.PhoneNumberFormat.E164)) if good else ""


# ── countries and languages ──────────────────────────────────────────────────────────────────────────────────────────


_OTHER_NAMES = {
    "uk": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "great britain": "GB",
    "usa": "US",
    "holland": "NL",
    "turkey": "TR",
    "russia": "RU",
    "south korea": "KR",
}
"""What people write that ISO 3166 does not have."""


@cache
def _countries() -> tuple[dict[str, str], dict[str, str]]:
    """Codes (ISO 3166, two and three letters) → two letters; names in lower case → two letters."""
    import pycountry

    codes, names = {}, dict(_OTHER_NAMES)
    for country in pycountry.countries:
        found: Any = country
        codes[found.alpha_2] = codes[found.alpha_3] = found.alpha_2
        for name in ("name", "common_name", "official_name"):
            names[str(getattr(found, name, found.name)).casefold()] = found.alpha_2
    return codes, names


def is_country(code: str, *, three_letters: bool = False) -> bool:
    """A code of ISO 3166 in capital letters: of two, with `three_letters` also of three."""
    return code in _countries()[0] and (len(code) == 2 or three_letters)


def three_letter_codes() -> dict[str, str]:
    """Every country's code of two letters → of three."""
    return {two: three for three, two in _countries()[0].items() if len(three) == 3}


def country_meant(text: str) -> str:
    """The two letters of a country given by another code or its English name; '' if it is none."""
    if len(text) > _LONGEST_NAME:
        return ""
    codes, names = _countries()
    word = text.strip()
    return codes.get(word.upper()) or names.get(word.casefold(), "")


_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{2,8}){0,3}")


@cache
def _languages() -> frozenset[str]:
    import pycountry

    codes = set()
    for language in pycountry.languages:
        codes |= {getattr(language, kind, "") for kind in ("alpha_2", "alpha_3", "bibliographic")}
    return frozenset(codes - {""})


def is_language(code: str) -> bool:
    """A code of ISO 639 of two or three letters, also with a script or region behind it (`zh-TW`, `nl_BE`)."""
    found = _LANGUAGE.fullmatch(code)
    return found is not None and found[1].lower() in _languages()
