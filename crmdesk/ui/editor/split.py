"""A pasted address block or signature taken apart: e-mail, phones, website, postal code with city, name. Pure.

Modest on purpose: what is not surely one of these stays where it was pasted. A person agrees before it is filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.text import one_line, phone_digits

LEAST_LINES, MOST_LINES = 2, 20
LEAST_FOUND = 2  # kinds of values, else it is no address block
_EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_WEB = re.compile(r"(?:https?://|www\.)[^\s<>,;]+", re.IGNORECASE)
_PHONE = re.compile(r"(?:\+|00|0|\()[\d\s()./-]{6,24}\d")
_LABELS = (("mob", "mobile"), ("cell", "mobile"), ("handy", "mobile"), ("fax", "fax"))
_CITY = re.compile(r"(?:[A-Z]{1,2}-)?(\d{4,5}|\d{3} ?\d{2})\s+([^\d,;]{2,60})")
_STREET = re.compile(r"\D{3,60}\s\d{1,4}\s?[a-zA-Z]?|\d{1,4},?\s\D{3,60}")
_ROLES: Mapping[str, Sequence[str]] = {
    "first": ("firstname", "name_first", "first_name"),
    "last": ("lastname", "name_last", "last_name"),
    "street": ("address1", "street"),
    "zip": ("zip", "postal_code"),
    "city": ("city",),
}


def parts_of(text: str) -> dict[str, Any]:
    """What a block of lines holds, by role; `phones` are (label, number). {} for what is no such block."""
    lines = [line for line in (one_line(raw, 200) for raw in text.splitlines()[:MOST_LINES]) if line]
    if len(lines) < LEAST_LINES:
        return {}
    found: dict[str, Any] = {}
    rest = [line for line in lines if not _take(line, found)]
    kinds = len(found) - ("street" in found)  # many a sentence looks like a street
    if kinds and rest and (names := _name_of(rest[0])):
        found["first"], found["last"] = names
    return found if kinds >= LEAST_FOUND else {}


def _take(line: str, found: dict[str, Any]) -> bool:
    """Whether the line was understood."""
    before = len(found), len(found.get("phones", ()))
    if mail := _EMAIL.search(line):
        found.setdefault("email", mail[0])
        line = line.replace(mail[0], " ")
    if web := _WEB.search(line):
        address = web[0].rstrip(".")
        found.setdefault("website", address if "://" in address else f"https://{address}")
        line = line.replace(web[0], " ")
    if (place := _CITY.fullmatch(line.strip())) and "zip" not in found:
        found["zip"], found["city"] = place[1], place[2].strip()
        return True
    for number in _PHONE.finditer(line):
        if len(phone_digits(number[0])) >= 6:
            found.setdefault("phones", []).append((_label(line), number[0].strip()))
    if (len(found), len(found.get("phones", ()))) != before:
        return True
    if _STREET.fullmatch(line) and "street" not in found:
        found["street"] = line
        return True
    return False


def _label(line: str) -> str:
    lower = line.lower()
    return next((label for word, label in _LABELS if word in lower), "phone")


def _name_of(line: str) -> tuple[str, str] | None:
    """Two to four words of letters; the last one is the family's."""
    words = line.strip(" ,").split()
    if 2 <= len(words) <= 4 and all(word.strip(".'’-").replace("-", "").replace("’", "").isalpha() for word in words):
        return " ".join(words[:-1]), words[-1]
    return None


def into_fields(found: Mapping[str, Any], specs: Iterable[FieldSpec], now: Mapping[str, Any]) -> dict[str, Any]:
    """JSON by path for the vendor's fields that these values belong to; `now` is what they hold. Phones are added,
    a field that holds the value already is left out."""
    filled: dict[str, Any] = {}
    for spec in specs:
        value = _for(spec, found, now.get(spec.path))
        if value not in (None, "", []) and value != now.get(spec.path):
            filled[spec.path] = value
    return filled


def _for(spec: FieldSpec, found: Mapping[str, Any], now: Any) -> Any:
    if spec.kind is FieldKind.EMAIL:
        return found.get("email")
    if spec.kind is FieldKind.URL:
        return found.get("website")
    if spec.kind is FieldKind.PHONES:
        return _phones(spec, found.get("phones", ()), now)
    last = spec.path.rpartition(".")[2].lower()
    role = next((role for role, ends in _ROLES.items() if any(last.endswith(end) for end in ends)), "")
    return found.get(role) if role and spec.kind is FieldKind.TEXT else None


def _phones(spec: FieldSpec, phones: Sequence[tuple[str, str]], now: Any) -> Any:
    if spec.single:
        mobile = "mobile" in spec.path.lower()
        fitting = [number for label, number in phones if (label == "mobile") == mobile]
        return fitting[0] if fitting and not now else None
    rows = list(now) if isinstance(now, list) else []
    known = {phone_digits(str(row.get("number", ""))) for row in rows if isinstance(row, Mapping)}
    more = [{"label": label, "number": number} for label, number in phones if phone_digits(number) not in known]
    return [*rows, *more] if more else None
