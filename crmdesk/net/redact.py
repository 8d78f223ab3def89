"""What may be written down: takes secrets and personal data out of text. Standard library only, cheap to import."""

from __future__ import annotations

import re
from threading import Lock
from urllib.parse import quote, quote_plus

MASK = "[secret]"
LONGEST = 20_000  # characters; more than any honest log line, and a bound for the patterns below
_SHORTEST = 6  # a shorter "secret" would blank out ordinary words

_CREDENTIAL_NAMES = (
    r"authorization|proxy-authorization|cookie|set-cookie|token|access_token|refresh_token|id_token|auth_token|api_key|"
    r"apikey|x-api-key|password|passwd|passphrase|secret|client_secret|otp|pin"
)
_NAMED = re.compile(
    rf"(?i)\b(?P<name>{_CREDENTIAL_NAMES})(?P<sep>[\"']?\s{{0,3}}[=:,]\s{{0,3}}(?:b?[\"'])?)(?:(?:bearer|basic|token)\s+)?[^\s\"'&,;)]+"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}")
_USER_INFO = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]{0,20}://)[^\s/@\"']{1,500}@", re.IGNORECASE)
_QUERY = re.compile(r"(?<=[\w/])\?[^\s\"'<>]+")
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_PHONE = re.compile(r"(?<![\w.:+-])(?:\+|00)?\(?\d[\d ()./-]{6,24}\d(?![\w:])")
_NOT_A_PHONE = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d)?|\d{1,3}(?:\.\d{1,3}){1,3}|\d{1,8}|\d+[./]\d+")

_known: dict[str, tuple[str, ...]] = {}  # replaced as a whole, so that readers in other threads need no lock
_registering = Lock()  # else one of two threads would put back what was known before the other's secret


def register_secret(value: str) -> None:
    """From now on `value`, also URL-encoded, is masked in everything `scrub` sees. Very short values are ignored."""
    global _known
    if len(value) >= _SHORTEST and value not in _known:
        forms = {value, quote(value, safe=""), quote_plus(value), value.encode("unicode_escape").decode("ascii")}
        longest_first = tuple(sorted(forms, key=len, reverse=True))
        with _registering:
            _known = {**_known, value: longest_first}


def hide_secrets(text: str) -> str:
    """`text` without registered secrets; everything else stays."""
    for forms in _known.values():
        for form in forms:
            text = text.replace(form, MASK)
    return text


def scrub(text: str) -> str:
    """`text` fit for a log: no registered secret, credential, query string, user-info, e-mail or phone number."""
    text = hide_secrets(text if len(text) <= LONGEST else text[:LONGEST] + "…")
    text = _NAMED.sub(rf"\g<name>\g<sep>{MASK}", text)
    text = _BEARER.sub(rf"\1 {MASK}", text)
    text = _USER_INFO.sub(rf"\g<scheme>{MASK}@", text)
    text = _QUERY.sub("?…", text)
    text = _EMAIL.sub("[e-mail]", text)
    return _PHONE.sub(_mask_phone, text)


def _mask_phone(match: re.Match[str]) -> str:
    """Dates, addresses of computers, plain counts and ids look like phone numbers but are needed to read a log."""
    return match[0] if _NOT_A_PHONE.fullmatch(match[0]) else "[phone]"
