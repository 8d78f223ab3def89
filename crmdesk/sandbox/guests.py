"""The same guests at several vendors: most people of an emulated account are its own, some are known elsewhere too.

Somebody who is known elsewhere has the same e-mail address or the same phone there, and a name that may be spelt a
little differently, as people at desks do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from crmdesk.sandbox.people import Person, people

SEASIDE, SEASIDE_PEOPLE = 11, 260  # seed and size of the first BookingSync account of demo mode
_EVERY = 5  # so often somebody is known there too
_TWINS = 100  # where those begin who are there twice
_STEP = 3  # through that account's row
_SPELLINGS = (("ß", "ss"), ("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("é", "e"), ("á", "a"), ("ł", "l"), ("ph", "f"))


def guests(count: int, seed: int, *, offset: int = 0) -> Iterator[Person]:
    """`count` people of the row `seed` names; every fifth is one of the first BookingSync account's instead.

    `offset` moves along that account, so that two vendors share some of these people and each has some alone."""
    own = people(count, seed)
    for position, person in enumerate(own):
        yield _known(position // _EVERY, offset) if position % _EVERY == 2 else person


def twins(count: int) -> list[Person]:
    """So many of the first BookingSync account, written down there a second time by somebody who did not look."""
    return [_known(turn, _TWINS) for turn in range(count)]


def _known(turn: int, offset: int) -> Person:
    """One of the first BookingSync account, as another desk wrote it down."""
    place = (offset + turn * _STEP) % SEASIDE_PEOPLE
    person = replace(_seaside()[place], restricted=None, forget=None, cancelled=None, notes="")
    match turn % 4:
        case 0:
            return replace(person, family=_respelt(person.family), phones=())
        case 1:
            return replace(person, given=person.given[:1], email=_other_address(person, turn))
        case 2:
            return replace(person, phones=person.phones[:1], address="", city=person.city.upper())
        case _:
            return person


@cache
def _seaside() -> tuple[Person, ...]:
    return tuple(people(SEASIDE_PEOPLE, SEASIDE))


def _respelt(name: str) -> str:
    for wrong, right in _SPELLINGS:
        if wrong in name:
            return name.replace(wrong, right, 1)
    return name[:-1] if len(name) > 6 else f"{name}e"


def _other_address(person: Person, turn: int) -> str:
    """Somebody with a phone may have another address here; without one it is all that tells who it is."""
    return f"guest{turn}@example.org" if person.phones else person.email
