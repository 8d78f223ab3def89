"""Reading lists of foreign JSON so that one bad entry never costs the others.

The fast way is msgspec over the whole document. It refuses a document for one wrong byte; then `split` finds the
borders of the entries by brackets alone and every entry is parsed by itself, first strictly, then leniently.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from crmdesk.core.types import Json

_decode = msgspec.json.Decoder().decode
_NO_VALUES = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
# Possessive, and a string without an end reaches to the end: no document takes more than one walk.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[][{},]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_MOST_TOKENS = 1_000_000  # a second of work; a page of 500 contacts has a fifth
_LONGEST_NUMBER = 300  # digits; anything longer is no number anybody meant


def split(document: bytes, key: str) -> tuple[list[bytes], bytes]:
    """The entries of the list under `key` of a JSON object, as they stand, and the document with that list emptied.

    Works on documents that no parser takes (lone surrogates, NaN, Latin-1 bytes, depth 100,000 in an entry).
    ValueError, in words, if there is no such list, or it doesn't end, or the document goes on behind its end."""
    scan = _scanned(document, key, b"[")
    return scan.entries, document[: scan.opened] + b"[]" + document[scan.closed :]


def inner(document: bytes, key: str) -> bytes:
    """The object under `key` of a JSON object, as it stands: for lists that stand one level deeper. As `split`."""
    scan = _scanned(document, key, b"{")
    return document[scan.opened : scan.closed]


def _scanned(document: bytes, key: str, opening: bytes) -> _Scan:
    start = document.find(b"{")
    if start < 0 or document[:start].strip():
        raise ValueError("it is no JSON object")
    scan = _Scan(document, json.dumps(key).encode(), start, opening)
    for count, token in enumerate(_TOKEN.finditer(document, start)):
        if count > _MOST_TOKENS:
            raise ValueError("it has too many parts")
        scan.step(token)
    if scan.end is None or document[scan.end :].strip():
        raise ValueError("it is cut off, or goes on behind its end")
    if scan.closed is None:
        raise ValueError(f"it has no list of {key}" if opening == b"[" else f"it has no object called {key}")
    return scan


class _Scan:
    """Depth counting over brackets; notes where the wanted list or object and its entries begin and end."""

    def __init__(self, document: bytes, key: bytes, start: int, opening: bytes) -> None:
        self.entries: list[bytes] = []
        self.opened = start
        self.closed: int | None = None
        self.end: int | None = None
        self._document, self._key, self._opening = document, key, opening
        self._depth, self._inside, self._entry, self._name_end = 0, False, 0, -1

    def step(self, token: re.Match[bytes]) -> None:
        mark = token[0]
        if self.end is not None:
            self.end = 0  # something behind the end: the rest is then not blank
        elif mark in (b"{", b"["):
            self._open(token)
        elif mark in (b"}", b"]"):
            self._close(token)
        elif mark == b",":
            if self._inside and self._depth == 2:
                self._take(token.start())
        elif self._depth == 1 and mark == self._key:
            self._name_end = token.end()

    def _open(self, token: re.Match[bytes]) -> None:
        if self._depth == 1 and token[0] == self._opening and self._is_value_of_key(token.start()):
            self._inside, self._entry, self.opened = True, token.end(), token.start()
        self._depth += 1

    def _is_value_of_key(self, at: int) -> bool:
        return self.closed is None and self._name_end >= 0 and self._document[self._name_end : at].strip() == b":"

    def _close(self, token: re.Match[bytes]) -> None:
        self._depth -= 1
        if self._inside and self._depth == 1:
            self._take(token.start())
            self._inside, self.closed = False, token.end()
        if self._depth == 0:
            self.end = token.end()

    def _take(self, at: int) -> None:
        if entry := self._document[self._entry : at].strip():
            self.entries.append(entry)
        self._entry = at + 1


def read_entry(entry: bytes) -> tuple[bytes, Json] | None:
    """One entry as strict JSON text and parsed; None if it is no JSON object at all.

    The text is the vendor's own unless it had to be mended: then bytes that are no UTF-8 and lone surrogates became
    U+FFFD and numbers beyond all bounds null, so that every later reader can read what is stored."""
    try:
        value = _decode(entry)
        mended = entry
    except _NO_VALUES:
        value = _lenient(entry)
        mended = b""
    if type(value) is not dict:
        return None
    return mended or json.dumps(value, ensure_ascii=False).encode(), value


def _lenient(entry: bytes) -> Any:
    """What the standard library makes of it; None if nothing. Never a value that strict JSON couldn't say."""
    try:
        value = json.loads(
            entry.decode("utf-8", "replace"),
            strict=False,
            parse_int=lambda digits: int(digits) if len(digits) <= _LONGEST_NUMBER else None,
            parse_float=_float,
            parse_constant=lambda _name: None,
        )
        return _without_surrogates(value)
    except (ValueError, RecursionError):
        return None


def _float(digits: str) -> float | None:
    number = float(digits)
    return number if abs(number) != float("inf") else None


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value
