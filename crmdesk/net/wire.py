"""Decoding of answers. A mismatch is a ProtocolError that names the JSON path, and never shows what stood there."""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

from crmdesk.core.errors import ProtocolError
from crmdesk.core.said import said, term

T = TypeVar("T")

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_ESCAPES = re.compile(
    rb"(?P<whole>\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
_TYPES = re.compile(r"Expected `([a-z0-9 |_-]{1,80})`, got `([a-z0-9 |_-]{1,40})`")
_PATH = re.compile(r" - at `((?:key in )?`?\$[^`]{0,200})`$")
_MISSING = re.compile(r"Object missing required field `([A-Za-z_][A-Za-z0-9_-]{0,60})`")


def decode(body: bytes, type: type[T], what: str) -> T:  # noqa: A002 - msgspec's own word for it
    """`body` as `type` (anything msgspec reads). `what` names the answer to people ("BookingSync's list of contacts").

    A byte order mark is skipped; half a surrogate pair, which JSON allows but no text can hold, becomes U+FFFD.
    ProtocolError(path) for everything else that is not such JSON."""
    reason, path = "", ""
    try:
        return _decoded(body.removeprefix(_BOM), type)
    except msgspec.ValidationError as error:
        reason, path = _mismatch(str(error))
    except UnicodeDecodeError:
        reason = "text that is not UTF-8"
    except msgspec.DecodeError as error:
        reason = _malformed(body, str(error))
    except RecursionError:
        reason = "too deeply nested"
    raise ProtocolError(
        _cannot_be_read(what, reason, path),
        _WEB_PAGE_HINT if reason == _WEB_PAGE else "Nothing was changed here. Copy the details and report them.",
        path=path,
        details={"reason": str(reason), "path": path, "size": f"{len(body)} bytes"},
    )


def _cannot_be_read(what: str, reason: str, path: str) -> str:
    if path:
        return said("{what} cannot be read: {why} at {path}.", what=term(what), why=term(reason), path=path)
    return said("{what} cannot be read: {why}.", what=term(what), why=term(reason))


def is_cut(body: bytes) -> bool:
    """True where `body` begins as a JSON object or list and ends before it does."""
    text = body.removeprefix(_BOM).lstrip()
    if text[:1] not in (b"{", b"["):
        return False
    try:
        _decoded(text, msgspec.Raw)
    except msgspec.DecodeError as error:
        words = str(error)
        within_number = words.endswith(f"(byte {len(text)})") and "trailing" not in words
        return "truncated" in words or within_number
    except RecursionError:
        return False
    return False


_WEB_PAGE = "it is a web page"
_WEB_PAGE_HINT = "The network may want you to sign in first (guest Wi-Fi), or the base address is wrong."


def _decoded(body: bytes, wanted: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=wanted)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError as error:
        repaired = _ESCAPES.sub(_whole, body) if b"\\u" in body else body
        if repaired == body:
            raise error from None
    return msgspec.json.decode(repaired, type=wanted)


def _whole(match: re.Match[bytes]) -> bytes:
    """Keeps escaped backslashes and whole pairs, replaces half a pair."""
    return match["whole"] or b"\\ufffd"


def _mismatch(text: str) -> tuple[str, str]:
    """What msgspec says, without any value it quotes."""
    found = _PATH.search(text)
    path = found[1] if found else "$"
    if (types := _TYPES.search(text)) is not None:
        found_type, wanted = types[2], types[1].replace(" | ", " / ")
        return said("{found} instead of {wanted}", found=found_type, wanted=wanted), path
    if (missing := _MISSING.search(text)) is not None:
        return said("“{name}” is missing", name=missing[1]), path
    return ("a number out of range" if "out of range" in text else "an unexpected value"), path


def _malformed(body: bytes, text: str) -> str:
    start = body.removeprefix(_BOM).lstrip()[:1]
    if not start:
        return "it is empty"
    if start == b"<":
        return _WEB_PAGE
    if body[:2] in _UTF16:
        return "text that is not UTF-8"
    if "truncated" in text:
        return "it ends in the middle"
    position = re.search(r"\(byte (\d+)\)", text)
    return said("no valid JSON at byte {byte}", byte=position[1]) if position else "no valid JSON"
