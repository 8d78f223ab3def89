"""Checks of what somebody typed, before it is saved: the vendor's rules as its field specifications tell them.

Only what was touched is given, so that old records stay editable. An error keeps a value from being saved, a warning
does not: the vendor has the last word. Total: any JSON may be given, also what no control of the editor would make.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from crmdesk.core import foreign
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.merge import is_empty
from crmdesk.core.said import said, said_of, term
from crmdesk.core.text import one_line, phone_digits
from crmdesk.sync import addresses, plausible
from crmdesk.sync.cleaning import HIDDEN, cleaned

__all__ = ["Finding", "cleaned", "missing", "validate", "warm_up"]

MOST_ENTRIES = 500  # of a list; more is a mistake
MOST_FINDINGS = 200
VERY_LONG = 100_000  # characters of a text for which the vendor names no limit
_LEAST_DIGITS = 4
_FOUR_YEARS = 2000  # a leap year: a day without its year may be 29 February


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong (or, as a `warning`, doubtful) with one value. `path`: the field, or a part of an entry of it as in
    `phones.0.number`. `code` is for programs, `text` a sentence for people. `fix`: a value to offer for that path."""

    path: str
    code: str
    text: str
    warning: bool = False
    fix: Any = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """One value to check. `country`: two letters of where the person lives, or ''. `today`: the day at the desk."""

    path: str
    value: Any
    spec: FieldSpec
    country: str = ""
    today: date | None = None

    def error(self, code: str, text: str, fix: Any = None) -> Finding:
        return Finding(self.path, code, text, fix=fix)

    def warning(self, code: str, text: str, fix: Any = None) -> Finding:
        return Finding(self.path, code, text, warning=True, fix=fix)


def validate(
    values: Mapping[str, Any], specs: Sequence[FieldSpec], *, country: str = "", today: date | None = None
) -> tuple[Finding, ...]:
    """Findings on the values given, in the specs' order; at most MOST_FINDINGS. `values` go by `FieldSpec.path`; a part
    of an entry may be given alone, as `phones.0.number`. Paths of no spec are passed over.

    `country`: code of the person's country, for proposals of phone prefixes; by default the one among the values.
    `today`: for days that should not have passed; without it they may."""
    home = country or _home(values, specs)
    return tuple(islice(_all(values, specs, home, today), MOST_FINDINGS))


def missing(values: Mapping[str, Any], specs: Sequence[FieldSpec]) -> tuple[Finding, ...]:
    """Of a new contact: the required fields that are not given at all. A given, empty one is found by `validate`."""
    lacking = (spec for spec in specs if spec.required and spec.writable and spec.path not in values)
    return tuple(_needed(_Asked(spec.path, None, spec)) for spec in lacking)


def warm_up() -> None:
    """Imports what the first check would wait for (a quarter of a second). Any thread."""
    plausible.warm_up()


def _all(values: Mapping[str, Any], specs: Sequence[FieldSpec], country: str, today: date | None) -> Iterator[Finding]:
    paths = {spec.path for spec in specs}
    parts = [path for path in values if path not in paths]
    for spec in specs:
        if spec.path in values:
            yield from _field(_Asked(spec.path, values[spec.path], spec, country, today))
        if spec.kind in (FieldKind.PHONES, FieldKind.RECORDS):
            for path in parts:
                yield from _part(_Asked(path, values[path], spec, country))


def _home(values: Mapping[str, Any], specs: Sequence[FieldSpec]) -> str:
    """The country of the address; a nationality says nothing about a phone."""
    for spec in specs:
        given = values.get(spec.path)
        if spec.kind is FieldKind.COUNTRY and spec.path.endswith("country_code") and isinstance(given, str):
            return given if plausible.is_country(given) else ""
    return ""


def _part(asked: _Asked) -> Iterator[Finding]:
    """A value whose path lies inside a list: `phones.0.number`, `notes.2.text`."""
    head = f"{asked.spec.path}."
    number, _, name = asked.path.removeprefix(head).partition(".")
    if not asked.path.startswith(head) or not number.isdecimal():
        return
    if asked.spec.kind is FieldKind.PHONES and name in ("number", "label"):
        yield from (_number if name == "number" else _label)(asked)
    for part in asked.spec.parts:
        if part.path == name:
            yield from _field(_Asked(asked.path, asked.value, part, asked.country))


def _field(asked: _Asked) -> Iterator[Finding]:
    spec = asked.spec
    if spec.kind.secret:
        return
    if not spec.writable:
        yield asked.error("read_only", said("{field} cannot be changed here.", field=term(spec.label)))
    elif _is_blank(asked.value):
        if spec.required:
            yield _needed(asked)
    else:
        yield from _CHECKS.get(spec.kind, _text)(asked)


def _needed(asked: _Asked) -> Finding:
    match asked.spec.kind:
        case FieldKind.CHOICE | FieldKind.COUNTRY:
            text = said("Choose a value: {field} is needed.", field=term(asked.spec.label))
        case FieldKind.CHOICES | FieldKind.LANGUAGES | FieldKind.RECORDS:
            text = said("Add at least one: {field} is needed.", field=term(asked.spec.label))
        case _:
            text = said("Fill this in: {field} is needed.", field=term(asked.spec.label))
    return asked.error("required", text)


def _is_blank(value: Any) -> bool:
    if isinstance(value, str):
        return not HIDDEN.sub("", value).strip()
    if isinstance(value, list | tuple):
        return all(is_empty(item) or (isinstance(item, str) and _is_blank(item)) for item in value)
    return is_empty(value)


# ── texts ────────────────────────────────────────────────────────────────────────────────────────────────────────────

_UNSENDABLE = re.compile("[\0\ud800-\udfff]")
_UNPRINTABLE = frozenset({"Cc", "Cn", "Cs", "Zl", "Zp"})


def _written(value: Any) -> str | None:
    """A text; also of a number, which some vendors send where text belongs. None for anything else."""
    return value if isinstance(value, str) else foreign.text(value) or None


def _text(asked: _Asked) -> Iterator[Finding]:
    text, most = _written(asked.value), asked.spec.max_length
    if text is None:
        yield asked.error("type", "This is not a text. Type it anew.")
        return
    if most is not None and len(text) > most:
        over = len(text) - most
        yield asked.error(
            "too_long",
            said_of(
                over,
                "Too long: at most {most} characters fit. Take one away.",
                "Too long: at most {most} characters fit. Take {n} away.",
                most=most,
            ),
        )
    elif most is None and len(text) > VERY_LONG:
        yield asked.warning("very_long", "This is very long. The vendor may refuse it.")
    yield from _letters(asked, text)


def _letters(asked: _Asked, text: str) -> Iterator[Finding]:
    if text.isprintable():
        return
    if _UNSENDABLE.search(text):
        text = _UNSENDABLE.sub("", text)
        yield asked.error("unsendable", "There is a character in it that cannot be sent. Take it out.", text)
    elif asked.spec.printable and (odd := {char for char in set(text) if unicodedata.category(char) in _UNPRINTABLE}):
        spaced = text[:VERY_LONG].translate(dict.fromkeys(map(ord, odd), " "))
        fix = " ".join(spaced.split()) if len(text) <= VERY_LONG else None
        yield asked.error("unprintable", "Line breaks and invisible characters cannot stand here. Take them out.", fix)


def _email(asked: _Asked) -> Iterator[Finding]:
    errors = list(_text(asked))
    yield from errors
    text = _written(asked.value)
    if errors or text is None:
        return
    if not addresses.is_email(text):
        words, better = addresses.no_email(text)
        yield asked.error("email", words, better or None)
    elif meant := plausible.email_meant(text):
        yield asked.warning("email_domain", said("Did you mean {meant}?", meant=meant), meant)
    elif doubt := plausible.email_doubt(text):
        yield asked.warning("email_form", doubt)


def _url(asked: _Asked) -> Iterator[Finding]:
    errors = list(_text(asked))
    yield from errors
    text = _written(asked.value)
    if errors or text is None or addresses.is_url(text):
        return
    if better := addresses.url_meant(text):
        yield asked.error("url", "A web address begins with https://.", better)
    else:
        yield asked.error("url", "This is not a web address. It looks like https://www.example.com.")


# ── one of a list ────────────────────────────────────────────────────────────────────────────────────────────────────


def _choice(asked: _Asked) -> Iterator[Finding]:
    codes = {code for code, _ in asked.spec.words if code}
    if not codes:
        yield from _text(asked)
    elif not isinstance(asked.value, str) or asked.value not in codes:
        yield asked.error("choice", "Choose one of the values offered.", _code_meant(asked.value, asked.spec))
    elif asked.value in asked.spec.upcoming:
        yield asked.warning("upcoming", "The vendor has announced this value and may refuse it yet.")


def _code_meant(value: Any, spec: FieldSpec) -> str | None:
    typed = foreign.text(value).casefold()
    meant = (code for code, word in spec.words if typed and typed in (code.casefold(), word.casefold()))
    return next(meant, None)


def _choices(asked: _Asked) -> Iterator[Finding]:
    codes = {code for code, _ in asked.spec.words}
    for item in _items(asked):
        if not isinstance(item, str):
            yield asked.error("type", "This is not a list of texts. Choose the values anew.")
            return
        if codes and item not in codes:
            yield asked.error("choice", _not_offered(item))
        yield from _letters(asked, item)


def _country(asked: _Asked) -> Iterator[Finding]:
    given, spec = asked.value, asked.spec
    if not isinstance(given, str):
        yield asked.error("country", "Choose a country of the list.")
    elif not (plausible.is_country(given, three_letters=spec.three_letters) or given in dict(spec.words)):
        yield asked.error("country", "Choose a country of the list.", plausible.country_meant(given) or None)


def _languages(asked: _Asked) -> Iterator[Finding]:
    if asked.spec.single and not isinstance(asked.value, str):
        yield asked.error("type", "Only one language fits here. Choose it anew.")
        return
    taken = set(asked.spec.suggests)
    known = {*taken, *dict(asked.spec.words)}
    for code in _items(asked):
        if not isinstance(code, str) or not (code in known or (not taken and plausible.is_language(code))):
            yield asked.error("language", _no_language(code))


def _items(asked: _Asked) -> list[Any]:
    """The entries of a list, or the lone value; too many are cut, for `_listed` has said so."""
    value = asked.value
    return [item for item in (value if isinstance(value, list | tuple) else [value])[:MOST_ENTRIES] if item != ""]


def _not_offered(value: Any) -> str:
    if not (text := one_line(foreign.text(value), 40)):
        return "This is not offered here. Take it out."
    return said("“{value}” is not offered here. Take it out.", value=text)


def _no_language(value: Any) -> str:
    if not (text := one_line(foreign.text(value), 40)):
        return "This is not a language that can be chosen here. Take it out."
    return said("“{value}” is not a language that can be chosen here. Take it out.", value=text)


def _listed(check: Callable[[_Asked], Iterator[Finding]]) -> Callable[[_Asked], Iterator[Finding]]:
    """The check, and that the list is not endless."""

    def checked(asked: _Asked) -> Iterator[Finding]:
        if isinstance(asked.value, list | tuple) and len(asked.value) > MOST_ENTRIES:
            yield asked.error(
                "too_many", said("More than {most} entries do not fit. Take some away.", most=MOST_ENTRIES)
            )
        yield from check(asked)

    return checked


# ── phones and records ───────────────────────────────────────────────────────────────────────────────────────────────

_E164 = re.compile(r"\+[1-9]\d{1,14}", re.ASCII)
_PHONE_LETTERS = re.compile(r"[\d\s+\-.()/]+")


def _phones(asked: _Asked) -> Iterator[Finding]:
    spec, value = asked.spec, asked.value
    if isinstance(value, Mapping) or (spec.single and isinstance(value, list | tuple)):
        yield asked.error("type", "This is not a phone number. Type it anew.")
    elif not isinstance(value, list | tuple):
        yield from _number(asked)
    else:
        seen: set[str] = set()
        for place, entry in enumerate(value[:MOST_ENTRIES]):
            yield from _phone(_Asked(f"{asked.path}.{place}", entry, spec, asked.country), seen)


def _phone(asked: _Asked, seen: set[str]) -> Iterator[Finding]:
    """One line; `seen` are the digits of those above."""
    path, entry, spec = asked.path, asked.value, asked.spec
    if not isinstance(entry, Mapping):
        yield asked.error("type", "This is not a phone number. Remove the line and type it anew.")
        return
    number = _Asked(f"{path}.number", entry.get("number"), spec, asked.country)
    if not spec.parts:
        yield from _label(_Asked(f"{path}.label", entry.get("label"), spec))
    for part in spec.parts:
        if part.path in entry and part.path != "number":
            yield from _field(_Asked(f"{path}.{part.path}", entry[part.path], part))
    yield from _number(number)
    written = _written(number.value) or ""
    digits = phone_digits(written) if len(written) <= VERY_LONG else ""
    if digits and digits in seen:
        yield number.warning("phone_twice", "This number stands in the list already.")
    seen.add(digits)


def _label(asked: _Asked) -> Iterator[Finding]:
    if _is_blank(asked.value):
        yield asked.error("required", "Say what kind of number this is, as in mobile.")
    else:
        yield from _text(asked)


def _number(asked: _Asked) -> Iterator[Finding]:
    if _is_blank(asked.value):
        yield asked.error("required", "Type the number, or remove the line.")
        return
    errors = list(_text(asked))
    yield from errors
    text = (_written(asked.value) or "").strip()
    if errors:
        return
    if len(phone_digits(text)) < _LEAST_DIGITS:
        yield asked.error("phone_short", said("A phone number has at least {least} digits.", least=_LEAST_DIGITS))
    elif not _PHONE_LETTERS.fullmatch(text):
        yield asked.warning(
            "phone_letters", "Only digits, spaces and + - . ( ) / belong here. The vendor may refuse it."
        )
    elif not text.startswith(("+", "00", "(+", "(00")):
        make = plausible.e164 if asked.spec.e164 else plausible.with_prefix
        fix = make(text, asked.country) or None
        yield asked.warning("phone_prefix", _prefix_words(plausible.prefix_of(asked.country)), fix)
    elif doubt := plausible.phone_doubt(text.replace("(+", "+").replace("(00", "00")):
        yield asked.warning("phone_doubt", doubt)
    elif asked.spec.e164 and not _E164.fullmatch(text):
        fix = plausible.e164(text, asked.country) or None
        yield asked.warning("phone_e164", "The vendor wants + and digits only, without spaces.", fix)


def _prefix_words(own: str) -> str:
    """With the prefix of where the guest lives, where that is known."""
    if not own:
        return "The country prefix is missing, as in +33."
    return said("The country prefix is missing, as in {prefix}.", prefix=own)


def _records(asked: _Asked) -> Iterator[Finding]:
    listed = asked.value if isinstance(asked.value, list | tuple) else [asked.value]
    for place, entry in enumerate(listed[:MOST_ENTRIES]):
        path = f"{asked.path}.{place}"
        if not isinstance(entry, Mapping):
            yield Finding(path, "type", "This is not an entry. Remove it and type it anew.")
            continue
        parts = [part for part in asked.spec.parts if part.writable]  # the vendor's own ones come with old entries
        if parts and all(_is_blank(entry.get(part.path)) for part in parts):
            yield Finding(path, "required", "Fill this entry in, or remove it.")
            continue
        for part in parts:
            if part.path in entry or part.required:
                yield from _field(_Asked(f"{path}.{part.path}", entry.get(part.path), part, asked.country))


# ── numbers, days, yes and no ────────────────────────────────────────────────────────────────────────────────────────


def _amount(asked: _Asked) -> Iterator[Finding]:
    number, most = foreign.decimal(asked.value), asked.spec.most
    if number is None:
        yield asked.error("number", "Type a number in digits.")
    elif asked.spec.whole and number != number.to_integral_value():
        yield asked.error("number", "Type a whole number.")
    elif most is not None and not 0 <= number <= most:
        yield asked.error("number", said("Type a number from 0 to {most}.", most=most))


def _flag(asked: _Asked) -> Iterator[Finding]:
    if foreign.flag(asked.value) is None:
        yield asked.error("flag", "Choose yes or no.")


_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ].+)?", re.ASCII)
_YEARLESS = re.compile(r"--(\d\d)-(\d\d)", re.ASCII)  # as the editor has it


def _date(asked: _Asked) -> Iterator[Finding]:
    value = asked.value
    if isinstance(value, Mapping):
        parts = [value.get(name) for name in ("year", "month", "day")]
        numbers = [0 if is_empty(part) else foreign.whole(part) for part in parts]
    else:
        numbers = _written_day(asked)
    if numbers == [None] and (moment := foreign.epoch(value)):
        yield from _ended(asked, moment[:10])
        return
    if None in numbers:
        yield asked.error("date", "This is not a date. It looks like 1990-01-31.")
    elif not _is_day(*(number or 0 for number in numbers)) or (isinstance(value, str) and not all(numbers)):
        yield asked.error("date", "There is no such day. Check day and month.")
    else:
        yield from _ended(asked, "-".join(f"{number or 0:02}" for number in numbers))


def _written_day(asked: _Asked) -> list[int | None]:
    """Year (any leap year where it may be missing, and is), month and day of a text."""
    value = asked.value if isinstance(asked.value, str) and len(asked.value) <= 40 else ""
    if asked.spec.yearless and (found := _YEARLESS.fullmatch(value)) is not None:
        return [_FOUR_YEARS, int(found[1]), int(found[2])]
    found = _DAY.fullmatch(value)
    return [int(part) for part in found.groups()] if found else [None]


def _ended(asked: _Asked, day: str) -> Iterator[Finding]:
    """`day`: as ISO text; the vendor may take a document that is no longer valid all the same."""
    if asked.spec.ends and asked.today is not None and "1000" < day < asked.today.isoformat():
        yield asked.warning("expired", "This day has passed: it is no longer valid.")


def _is_day(year: int, month: int, day: int) -> bool:
    """0 stands for what is not known: a birthday may have no year."""
    if not (0 <= year <= 9999 and 0 <= month <= 12 and 0 <= day <= 31):
        return False
    return not day or (month > 0 and day <= monthrange(year or _FOUR_YEARS, month)[1])


def _time(asked: _Asked) -> Iterator[Finding]:
    if not (foreign.epoch(asked.value) or foreign.utc(asked.value)):
        yield asked.error("time", "This is not a time. It looks like 2024-05-01T10:00:00Z.")


_CHECKS: Mapping[FieldKind, Callable[[_Asked], Iterator[Finding]]] = {
    FieldKind.EMAIL: _email,
    FieldKind.URL: _url,
    FieldKind.CHOICE: _choice,
    FieldKind.CHOICES: _listed(_choices),
    FieldKind.COUNTRY: _country,
    FieldKind.LANGUAGES: _listed(_languages),
    FieldKind.PHONES: _listed(_phones),
    FieldKind.RECORDS: _listed(_records),
    FieldKind.NUMBER: _amount,
    FieldKind.FLAG: _flag,
    FieldKind.DATE: _date,
    FieldKind.TIME: _time,
}
