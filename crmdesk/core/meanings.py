"""What fields of different vendors have in common: the same meaning under other names and in other forms. Pure.

A vendor's folder says it for each field (`FieldSpec.meaning`); a vendor that says nothing is read by its summary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from crmdesk.core import foreign
from crmdesk.core.fields import FieldKind, FieldSpec, find, forms_in
from crmdesk.core.merge import day, is_empty
from crmdesk.core.said import mark
from crmdesk.core.types import Json, Summary
from crmdesk.core.vendor import Vendor

MEANINGS: Final[Mapping[str, str]] = {
    "title": mark("Title"),
    "first": mark("First name"),
    "last": mark("Last name"),
    "company": mark("Company"),
    "email": mark("E-mail"),
    "phone": mark("Phone"),
    "address": mark("Address"),
    "address2": mark("Address, line 2"),
    "zip": mark("Postal code"),
    "city": mark("City"),
    "state": mark("State or region"),
    "country": mark("Country"),
    "lang": mark("Language"),
    "gender": mark("Gender"),
    "birth": mark("Date of birth"),
    "website": mark("Website"),
    "notes": mark("Notes"),
}
"""Values of `FieldSpec.meaning` in the order of a comparison → words for people. Those that are in
`Summary.texts` too mean the same there."""

MOST = 100  # values of one meaning that are looked at


class Content:
    """A contact's JSON by meaning. Total: any JSON gives texts."""

    def __init__(self, vendor: Vendor, raw: Json) -> None:
        self.vendor, self.raw = vendor, raw
        self._specs = _by_meaning(vendor.fields)

    @cached_property
    def summary(self) -> Summary:
        return self.vendor.summarise(self.raw)

    def specs(self, meaning: str) -> list[FieldSpec]:
        """The vendor's fields of this meaning, of several forms of one field the one that this contact has."""
        return forms_in(self._specs.get(meaning, ()), self.raw)

    def raw_value(self, meaning: str) -> Any:
        """The first that is there, as the vendor has it; None where there is none."""
        values = (find(self.raw, spec.path) for spec in self._specs.get(meaning, ()))
        return next((value for value in values if not is_empty(value)), None)

    def values(self, meaning: str) -> tuple[str, ...]:
        """As texts, each once. Codes that each vendor spells in its own way come as the list has them: countries of two
        letters, languages by ISO, a gender in one English word."""
        return tuple(dict.fromkeys(text for text in self._values(meaning) if text))[:MOST]

    def _values(self, meaning: str) -> Iterator[str]:
        specs = self._specs.get(meaning, ())
        match meaning:
            case "country":
                yield self.summary.country
            case "lang":
                yield from self.summary.languages
            case "phone":
                yield from (phone.number for phone in self.summary.phones)
            case "birth":
                if found := day_of(self.raw_value(meaning)):
                    yield "{:04}-{:02}-{:02}".format(*found)
            case "gender":
                yield self.summary.texts.get(meaning, "")
            case _ if specs:
                for spec in specs:
                    yield from texts_of(spec, find(self.raw, spec.path))
            case _:
                yield self.summary.texts.get(meaning, "")


def texts_of(spec: FieldSpec, value: Any) -> Iterator[str]:
    """The entries of a value, each as one line; of records their first part."""
    for entry in foreign.items(value, MOST):
        if spec.kind is FieldKind.RECORDS and spec.parts:
            entry = find(entry, spec.parts[0].path) if isinstance(entry, dict) else entry
        elif spec.kind is FieldKind.PHONES and isinstance(entry, dict):
            entry = entry.get("number")
        yield foreign.text(entry, 2000)


def day_of(value: Any) -> tuple[int, int, int] | None:
    """A whole day; None where year, month or day is not told."""
    found = None if is_empty(value) else day(value)
    return found if found is not None and all(found) else None


def _by_meaning(specs: Sequence[FieldSpec]) -> Mapping[str, Sequence[FieldSpec]]:
    """Kept by the identity of a vendor's tuple of fields, which lives as long as the program."""
    known = _KNOWN.get(id(specs))
    if known is None or known[0] is not specs:
        found: dict[str, list[FieldSpec]] = {}
        for spec in specs:
            if spec.meaning and not spec.masked:
                found.setdefault(spec.meaning, []).append(spec)
        known = _KNOWN[id(specs)] = (specs, found)
    return known[1]


_KNOWN: dict[int, tuple[Sequence[FieldSpec], Mapping[str, Sequence[FieldSpec]]]] = {}
