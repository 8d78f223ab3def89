"""Made-up people in any number: the same ones every time, in many scripts, with the odd cases real address books have.

Nobody here exists; e-mail hosts are `example.*` and `*.example`. About 1 in 25 has a field a vendor requires left
empty (old records break new rules), 1 in 53 has hostile text, 1 in 90 is restricted, 1 in 150 asked or asks to be
forgotten and 1 in 120 is cancelled.
"""

from __future__ import annotations

import random
import unicodedata
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import NamedTuple

from crmdesk.sandbox import names
from crmdesk.sandbox.names import LOCALES, Locale

MOST = 1_000_000
_BLOCK = 512  # people are drawn in blocks with a generator each, so a start in the middle costs nothing
_FIRST = datetime(2016, 1, 4, 8, 0, tzinfo=UTC)
_LAST = datetime(2025, 12, 19, 17, 0, tzinfo=UTC)
_SPAN = int((_LAST - _FIRST).total_seconds())
_WEIGHTS = tuple(accumulate(locale.weight for locale in LOCALES))
_UNDECOMPOSED = str.maketrans({"ł": "l", "ø": "o", "ı": "i", "ß": "ss", "æ": "ae", "å": "a", "đ": "d"})


class Phone(NamedTuple):
    label: str
    number: str


@dataclass(frozen=True, slots=True)
class Person:
    """One made-up person. Text fields may be empty; times are aware UTC in whole seconds; country is ISO alpha-2."""

    given: str
    family: str
    email: str
    phones: tuple[Phone, ...]
    address: str
    address_more: str
    city: str
    state: str
    zip: str
    country: str
    languages: tuple[str, ...]
    gender: str
    website: str
    notes: str
    created: datetime
    updated: datetime
    restricted: datetime | None = None
    forget: datetime | None = None
    cancelled: datetime | None = None


def people(count: int, seed: int = 7, start: int = 0) -> Iterator[Person]:
    """`count` people (0 to 1,000,000) of the endless row that `seed` names, from position `start`; drawn as they are
    asked for.
    """
    if not 0 <= count <= MOST or start < 0:
        raise ValueError(f"count must be 0 to {MOST} and start not negative, not {count} and {start}")
    return _drawn(count, seed, start)


def _drawn(count: int, seed: int, start: int) -> Iterator[Person]:
    end = start + count
    for block in range(start // _BLOCK, -(-end // _BLOCK)):
        draw = random.Random(seed * 1_000_003 + block)
        for position in range(block * _BLOCK, min(end, (block + 1) * _BLOCK)):
            person = _person(draw, position)
            if position >= start:
                yield person


def _person(draw: random.Random, position: int) -> Person:
    """Every person takes its own draws in the same order, whatever was asked for before."""
    r = draw.random
    locale = LOCALES[bisect(_WEIGHTS, r() * _WEIGHTS[-1])]
    woman = r() < 0.5
    given = _given(draw, locale.women if woman else locale.men)
    family = _family(draw, locale)
    place = locale.places[int(r() * r() * len(locale.places))]
    created = _FIRST + timedelta(seconds=int(r() * _SPAN))
    person = Person(
        given=given,
        family=family,
        email=_email(draw, given, family, position),
        phones=_phones(draw, locale),
        address=f"{_pick(draw, locale.streets)} {1 + int(r() * r() * 240)}",
        address_more=f"{1 + int(r() * 9)}. OG, 2/{1 + int(r() * 20)}" if r() < 0.12 else "",
        city=place.city,
        state=place.state,
        zip=_digits(draw, place.zip),
        country=locale.country,
        languages=locale.languages[: 1 + (r() < 0.6)],
        gender="" if r() < 0.2 else "female" if woman else "male",
        website=f"https://www.{_ascii(family) or 'guest'}.example/" if r() < 0.15 else "",
        notes=_pick(draw, locale.notes) if r() < 0.3 else "",
        created=created,
        updated=created + timedelta(seconds=int(r() * r() * (_LAST - created).total_seconds())),
    )
    return _odd(draw, person, position)


def _odd(draw: random.Random, person: Person, position: int) -> Person:
    """The person with what is unusual about it, if anything. Fixed positions, so a short list has some of each, too."""
    if position % 53 == 12:
        person = _hostile(person, position // 53)
    if draw.random() < 0.04:
        person = _incomplete(person, int(draw.random() * 4))
    if position % 90 == 33:
        person = replace(person, restricted=person.updated)
    if position % 150 == 71:
        person = replace(person, forget=datetime(2035, 6, 1, tzinfo=UTC) if position % 300 == 71 else person.updated)
    if position % 120 == 99:
        person = replace(person, cancelled=person.updated)
    return person


def _incomplete(person: Person, which: int) -> Person:
    """Old records lack what is required today."""
    if which == 0:
        return replace(person, zip="", state="")
    if which == 1:
        return replace(person, languages=())
    return replace(person, email="") if which == 2 else replace(person, address="", city="")


def _hostile(person: Person, which: int) -> Person:
    """Text that must be shown as it is and do nothing: markup, direction marks, formulas, far too much of it."""
    suffix = names.HOSTILE_SUFFIXES[which % len(names.HOSTILE_SUFFIXES)]
    notes = names.HOSTILE_NOTES[which % len(names.HOSTILE_NOTES)]
    family = (person.family * 200)[:200] if which % 4 == 3 else person.family + suffix
    return replace(person, family=family, notes=notes)


def _pick(draw: random.Random, choices: tuple[str, ...]) -> str:
    """One of them, early ones more often than late ones (as names are in real life)."""
    return choices[int(draw.random() ** 1.4 * len(choices))]


def _given(draw: random.Random, choices: tuple[str, ...]) -> str:
    given = _pick(draw, choices)
    return f"{given} {_pick(draw, choices)}" if draw.random() < 0.06 else given


def _family(draw: random.Random, locale: Locale) -> str:
    """A common family name, or (4 in 10, where the language allows) one built from syllables: the long tail."""
    if not locale.endings or draw.random() < 0.6:
        return _pick(draw, locale.families)
    stems, middles = _syllables(locale.country)
    name = _pick(draw, stems) + _pick(draw, middles) * (draw.random() < 0.7) + _pick(draw, locale.endings)
    return f"{name}-{_pick(draw, locale.families)}" if draw.random() < 0.04 else name


def _syllables(country: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if country in ("RU", "UA"):
        return names.CYRILLIC_STEMS, names.CYRILLIC_MIDDLES
    if country == "GR":
        return names.GREEK_STEMS, names.GREEK_MIDDLES
    return names.LATIN_STEMS, names.LATIN_MIDDLES


def _digits(draw: random.Random, form: str) -> str:
    """The form with each `#` replaced by a random digit."""
    places = form.count("#")
    if not places:
        return form
    drawn = str(10**places + int(draw.random() * 10**places))[1:]
    return _percent(form) % tuple(drawn)


@cache
def _percent(form: str) -> str:
    return form.replace("%", "%%").replace("#", "%s")


def _phones(draw: random.Random, locale: Locale) -> tuple[Phone, ...]:
    """None to three; the first is mostly a mobile."""
    if draw.random() < 0.07:
        return ()
    first = Phone("mobile" if draw.random() < 0.7 else "phone", _digits(draw, _pick(draw, locale.phones)))
    if draw.random() < 0.75:
        return (first,)
    more = tuple(
        Phone(_pick(draw, names.LABELS), _digits(draw, _pick(draw, locale.phones)))
        for _ in range(1 + (draw.random() < 0.3))
    )
    return (first, *more)


def _email(draw: random.Random, given: str, family: str, position: int) -> str:
    local = f"{_ascii(given)}.{_ascii(family)}".strip(".")
    number = str(position) if not local or draw.random() < 0.35 else ""
    return f"{local or 'guest'}{number}@{_pick(draw, names.EMAIL_HOSTS)}"


@cache
def _folded(letter: str) -> str:
    bare = unicodedata.normalize("NFKD", letter.casefold().translate(_UNDECOMPOSED))
    return "".join(char for char in bare if char.isascii() and char.isalnum())


def _ascii(name: str) -> str:
    """The name as it fits an e-mail address: bare ASCII letters, empty for scripts without such letters."""
    if name.isascii() and name.isalpha():
        return name.lower()
    return "".join(map(_folded, name))
