"""Contacts as vCard 4.0 (RFC 6350), the form that address books of phones and mail programs read.

Written here and not with vobject, whose rules are those of 3.0 (DECISIONS, Files and paper)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from crmdesk.core.types import Phone

MOST_OCTETS = 75  # of a line, without its end (3.2)
END = "\r\n"
_ESCAPES = {"\\": "\\\\", ",": "\\,", ";": "\\;", "\n": "\\n"}
_SPECIAL = re.compile(r"[\\,;\n]")
_BREAKS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")  # whatever some program takes for the end of a line
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_WEB = re.compile(r"https?://[^\s\x00-\x20]+", re.IGNORECASE)
_STAMP = re.compile(r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d+)?Z")
_TYPES = (
    (re.compile(r"mobile|cell|handy", re.IGNORECASE), "cell"),
    (re.compile(r"fax", re.IGNORECASE), "fax"),
    (re.compile(r"work|office|business", re.IGNORECASE), "work"),
    (re.compile(r"home|private", re.IGNORECASE), "home"),
)


@dataclass(frozen=True, slots=True)
class Card:
    """One contact. `name` is never empty. `country` is a name, `revised` UTC ISO text or ''."""

    uid: str
    name: str
    first: str = ""
    last: str = ""
    company: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[Phone, ...] = ()
    city: str = ""
    country: str = ""
    languages: Sequence[str] = field(default=())
    website: str = ""
    note: str = ""
    revised: str = ""


def write(card: Card) -> str:
    """The card's lines, each with its end; nothing in a value can become a line or a property of its own."""
    return "".join(_folded(line) + END for line in _lines(card))


def _lines(card: Card) -> Iterator[str]:
    yield "BEGIN:VCARD"
    yield "VERSION:4.0"  # must be the second line (3.3)
    yield f"UID;VALUE=text:{_escaped(card.uid)}"
    person = bool(card.first or card.last)
    yield "KIND:org" if card.company and card.name == card.company and not person else "KIND:individual"
    yield f"FN:{_escaped(card.name)}"
    if person:
        yield f"N:{_escaped(card.last)};{_escaped(card.first)};;;"
    if card.company:
        yield f"ORG:{_escaped(card.company)}"
    for email in card.emails:
        yield f"EMAIL:{_escaped(email)}"
    for phone in card.phones:
        yield f"TEL{_type_of(phone.label)}:{_escaped(phone.number)}"
    if card.city or card.country:
        yield f"ADR:;;;{_escaped(card.city)};;;{_escaped(card.country)}"
    yield from (f"LANG:{code}" for code in card.languages if _LANGUAGE.fullmatch(code))
    if _WEB.fullmatch(card.website):
        yield f"URL:{_clean(card.website)}"
    if card.note:
        yield f"NOTE:{_escaped(card.note)}"
    if stamp := _STAMP.fullmatch(card.revised):
        year, month, day, hour, minute, second = stamp.groups()
        yield f"REV:{year}{month}{day}T{hour}{minute}{second}Z"
    yield "END:VCARD"


def _type_of(label: str) -> str:
    return next((f";TYPE={kind}" for pattern, kind in _TYPES if pattern.search(label)), "")


def _clean(text: str) -> str:
    """One kind of line end, no other controls, no half of a surrogate pair."""
    whole = text.encode("utf-8", "replace").decode()
    return _CONTROLS.sub("", _BREAKS.sub("\n", whole))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: _ESCAPES[found[0]], _clean(text))


def _folded(line: str) -> str:
    """Cut into lines of at most MOST_OCTETS, never inside a letter; each but the first begins with a space."""
    if len(line.encode()) <= MOST_OCTETS:
        return line
    parts: list[str] = []
    part: list[str] = []
    used = 0
    for letter in line:
        size = len(letter.encode())
        if used + size > MOST_OCTETS:
            parts.append("".join(part))
            part, used = [" "], 1
        part.append(letter)
        used += size
    return END.join([*parts, "".join(part)])
