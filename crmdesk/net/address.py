"""Base addresses: what a person may type, and its one normal form."""

from __future__ import annotations

import ipaddress
import re
import unicodedata

import httpx
import idna

from crmdesk.core.errors import SettingsError
from crmdesk.core.said import said

LONGEST = 2000
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*):(//)?")
_HOST_AND_PORT = re.compile(r"^[^/\s]+:\d+(/|$)")
_UNSAFE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\\<>\"{}|^`]|[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def check_base_url(text: str, *, default_path: str = "") -> str:
    """The normal form of a typed base address, without trailing slash; `default_path` is added where no path was typed.

    HTTPS only, except to this computer itself (localhost, 127.0.0.0/8, ::1). International names become punycode.
    SettingsError(field="base_url") with the reason for everything else."""
    url = _parsed(_with_scheme(_clean(text)))
    host = _host(url)
    _check_scheme(url, host)
    _check_parts(url)
    path = url.path.rstrip("/") or default_path.rstrip("/")
    shown = f"[{host}]" if ":" in host else host
    port = f":{url.port}" if url.port is not None else ""
    return f"{url.scheme}://{shown}{port}{httpx.URL(path=path).raw_path.decode('ascii') if path else ''}"


def origin_of(url: httpx.URL) -> tuple[str, str, int]:
    """Scheme, host and port: what a token belongs to."""
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme, 0)


def is_loopback(host: str) -> bool:
    """True for this computer itself: localhost, 127.0.0.0/8, ::1."""
    address = _ip(host)
    return address.is_loopback if address else host.lower() == "localhost"


def _clean(text: str) -> str:
    typed = text.strip()
    if not typed:
        raise _refused("The address is empty.", "Type the address of the service, starting with https://.")
    if len(typed) > LONGEST:
        raise _refused("The address is too long.", said("An address has at most {most} characters.", most=LONGEST))
    if _UNSAFE.search(typed):
        raise _refused("The address contains spaces or signs that cannot be part of one.", "Type it without spaces.")
    return typed


def _with_scheme(typed: str) -> str:
    """Refuse a missing or foreign scheme in words that fit the mistake."""
    found = None if _HOST_AND_PORT.match(typed) else _SCHEME.match(typed)
    if found is None:
        raise _refused(
            "The address does not start with https://.",
            said("Try {address}", address=f"{_usual_scheme(typed)}://{typed.lstrip('/')[:200]}"),
        )
    scheme, slashes = found[1].lower(), found[2]
    if scheme in ("http", "https") and slashes:
        return typed
    if scheme in ("http", "https"):
        raise _refused(
            said("After {scheme}: two slashes are missing.", scheme=scheme), "An address starts with https://."
        )
    hint = "Did you mean https://?" if _looks_like_https(scheme) else "Only https:// addresses can be used."
    raise _refused(said("“{scheme}:” is not the start of a web address.", scheme=scheme[:20]), hint)


def _usual_scheme(typed: str) -> str:
    """A server on this computer has no certificate, as a rule."""
    try:
        host = httpx.URL(f"http://{typed.lstrip('/')}").host
    except (httpx.InvalidURL, ValueError):
        return "https"
    return "http" if is_loopback(host) else "https"


def _looks_like_https(scheme: str) -> bool:
    """htps, httsp, htttps, hhtps: the letters of https in about the right number."""
    return scheme[0] in "ht" and set(scheme) <= set("https") and 3 <= len(scheme) <= 8


def _parsed(typed: str) -> httpx.URL:
    try:
        return httpx.URL(typed)
    except (httpx.InvalidURL, ValueError):
        raise _refused("The address cannot be read.", "Check the server name and the number after the colon.") from None


def _host(url: httpx.URL) -> str:
    """The server's name in ASCII, without the root dot."""
    host = url.raw_host.decode("ascii").strip("[]").rstrip(".").lower()
    if not host:
        raise _refused("The address has no server name.", "It should look like https://www.example.com/api.")
    address = _ip(host)
    if address is not None and (address.is_link_local or address.is_unspecified or address.is_multicast):
        raise _refused("This number is not the address of a server.", "Type the name of the service instead.")
    for label in host.split("."):
        _check_label(label)
    return host


def _check_label(label: str) -> None:
    """Letters of two scripts in one name are how a false address is made to look like a true one."""
    if not label.startswith("xn--"):
        return
    try:
        scripts = {unicodedata.name(letter, "?").split()[0] for letter in idna.decode(label) if letter.isalpha()}
    except idna.IDNAError:
        raise _refused("The server name cannot be read.", "Check its spelling.") from None
    if len(scripts - {"HIRAGANA", "KATAKANA", "CJK", "HANGUL"}) > 1:
        raise _refused(
            "The server name mixes letters of different alphabets.",
            "It may imitate another name. Type the address yourself instead of copying it.",
        )


def _check_scheme(url: httpx.URL, host: str) -> None:
    if url.scheme == "http" and not is_loopback(host):
        raise _refused("The address starts with http://, which sends the sign-in unprotected.", "Use https:// instead.")


def _check_parts(url: httpx.URL) -> None:
    if url.userinfo:
        raise _refused(
            "The address contains a user name or password.",
            "Remove everything between // and @. Sign-in has its own field.",
        )
    if url.query or url.fragment or "?" in str(url) or "#" in str(url):
        raise _refused("The address has a part after ? or #.", "Remove it: only the server and its path are needed.")
    if url.port is not None and not 0 < url.port < 65536:
        raise _refused("The number after the colon is not a port.", "A port is a number from 1 to 65535.")
    if any(part in (".", "..") for part in url.path.split("/")) or "//" in url.path:
        raise _refused("The path of the address is not in its plain form.", "Remove dots and doubled slashes.")


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _refused(title: str, hint: str) -> SettingsError:
    return SettingsError(title, hint, field="base_url")
