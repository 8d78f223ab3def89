"""E-mail and web addresses as people write them: their form, and what is meant by one that is not right."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_LONGEST_EMAIL = 320  # characters, by its standard
_LONGEST_URL = 8_000
_EMAIL = re.compile(r"[^@\s,;:<>]+@[^@\s,;:<>.]+(\.[^@\s,;:<>.]+)+")
_NAMED_EMAIL = re.compile(r"[^<>@]*<\s*([^<>\s]+)\s*>\s*")


def is_email(text: str) -> bool:
    """The form that every vendor asks for; what else the standards forbid is `plausible.email_doubt`."""
    return len(text) <= _LONGEST_EMAIL and _EMAIL.fullmatch(text) is not None


def no_email(text: str) -> tuple[str, str]:
    """Of a text that is no address: what to do about it, in a sentence, and the address that was meant, or ''."""
    words, better = _no_email(text)
    return words, better if is_email(better) else ""


def _no_email(text: str) -> tuple[str, str]:
    if len(text) > _LONGEST_EMAIL:
        return "This is too long for an e-mail address.", ""
    before, at, after = text.strip().partition("@")
    if (named := _NAMED_EMAIL.fullmatch(text)) is not None:
        return "Only the address belongs here, without the name.", named[1]
    if text.lower().startswith("mailto:"):
        return "Only the address belongs here, without mailto.", text[len("mailto:") :].strip()
    if not at:
        return "An e-mail address has an @ in it, as in name@example.com.", ""
    if "@" in after:
        return "Only one address fits here, with one @.", ""
    if re.search(r"\s", text):
        return "Take the space out: an e-mail address has none.", re.sub(r"\s", "", text)
    if not before:
        return "Type what stands before the @, as in name@example.com.", ""
    if "," in after:
        return "A comma cannot stand in an e-mail address.", f"{before}@{after.replace(',', '.')}"
    if "." not in after:
        return "The part behind the @ needs an ending, as in name@example.com.", ""
    return "This is not an e-mail address. It looks like name@example.com.", ""


_SCHEME = re.compile(r"(?:h?t{1,3}ps?\s?[:;]?\s?/{1,3}|//)?(\S*)", re.IGNORECASE)
_HOST = re.compile(r"[^\s/?#@:.]+(?:\.[^\s/?#@:.]+)+(?::\d{1,5})?(?:[/?#]\S*)?")


def is_url(text: str) -> bool:
    """An address of http or https with a host."""
    if len(text) > _LONGEST_URL or re.search(r"[\s\0-\x1f\x7f]", text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # a port of letters, half an IPv6 address
        return False


def url_meant(text: str) -> str:
    """The whole address of one without `https://` or with a slip in it; '' where that does not help."""
    found = _SCHEME.fullmatch(text.strip()[:_LONGEST_URL])
    better = f"https://{found[1]}" if found is not None and _HOST.fullmatch(found[1]) else ""
    return better if is_url(better) else ""
