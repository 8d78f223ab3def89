"""How likely two records are the same person: what is compared, what it weighs, and which records are compared at all.
Pure.

What a record says comes through its vendor's own summary, the one that the search index is made of (`traits_of`), so
that a phone number or a name is read in one way in the whole program.

- E-mail: equal when case is put aside.
- Phone: two numbers with country code (+ or 00 first) are the same only when all digits are. Otherwise nobody knows the
  country, and one must end with the other, at least MIN_DIGITS digits of it, a leading 0 aside.
- Name: the same words, whatever their order, accents and case; at least two of them, for one word is no family and
  given name.
- Similar name: a word in common, and every other word of the shorter name is in the longer one too, is an initial
  there, or is one typing mistake away (`near`).
- Address: the same words in the street, and the same postal code or city.
- Birth date: the same day. Two other days speak against it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from itertools import combinations, product
from typing import Any, TypeAlias

from crmdesk.core.meanings import Content, day_of
from crmdesk.core.text import fold, phone_digits, words
from crmdesk.core.types import Json, Summary
from crmdesk.core.vendor import Vendor

MIN_DIGITS = 8  # of a phone number; fewer are the same in many towns
MIN_NEAR = 4  # letters of a word from which one typing mistake is overlooked
_MOST_EMAILS, _MOST_PHONES, _MOST_WORDS = 5, 10, 8  # of one record; more is a mistake or an attack

Day: TypeAlias = tuple[int, int, int]
Plan: TypeAlias = tuple["Trait", ...]


class Trait(Enum):
    """What two records may have in common, or what speaks against them. The values are kept in the data file."""

    EMAIL = "email"
    PHONE = "phone"
    NAME = "name"
    SIMILAR_NAME = "similar name"
    ADDRESS = "address"
    BIRTH = "birth"

    __hash__ = object.__hash__  # Enum's own looks the name up, half a million times in a search


@dataclass(frozen=True, slots=True)
class Weights:
    """Points of each trait that matches, or contradicts (`other_…`), and the limits from which two records are a pair
    to look at (`review`) and very likely one person (`strong`)."""

    email: int = 45
    phone: int = 35
    name: int = 25
    similar_name: int = 15
    address: int = 15
    birth: int = 20
    other_birth: int = -40
    other_email: int = 0
    review: int = 50
    strong: int = 80

    def __post_init__(self) -> None:
        """ValueError for points that no choice of the settings gives."""
        for item in fields(self):
            low, high = (-100, 0) if item.name.startswith("other_") else (0, 100)
            if not low <= getattr(self, item.name) <= high:
                raise ValueError(f"{item.name} is not between {low} and {high}")
        if not 1 <= self.review <= self.strong:
            raise ValueError("the limit for a look is below 1 or above the one for a very likely pair")

    def of(self, trait: Trait) -> int:
        """Points where it matches."""
        return int(getattr(self, _NAMES[trait]))


_NAMES = {
    Trait.EMAIL: "email", Trait.PHONE: "phone", Trait.NAME: "name", Trait.SIMILAR_NAME: "similar_name",
    Trait.ADDRESS: "address", Trait.BIRTH: "birth",
}  # fmt: skip
DEFAULT = Weights()


@dataclass(frozen=True, slots=True)
class Number:
    """A phone number: its digits, and whether they begin with the country code (`whole`)."""

    digits: str
    whole: bool

    @property
    def tail(self) -> str:
        """Equal for all numbers that can be the same."""
        return self.digits[-MIN_DIGITS:]


@dataclass(frozen=True, slots=True)
class Traits:
    """What a record says about who it is. `names`: all words of the name, sorted; `addresses`: (street, place)."""

    emails: tuple[str, ...] = ()
    phones: tuple[Number, ...] = ()
    names: tuple[str, ...] = ()
    addresses: tuple[Hashable, ...] = ()
    birth: Day | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """`score` from 0 to 100, and why."""

    score: int
    matched: tuple[Trait, ...] = ()
    contradicting: tuple[Trait, ...] = ()


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def traits_of(vendor: Vendor, raw: Json) -> Traits:
    """Of a contact's JSON (edits that wait included). Total."""
    content = Content(vendor, raw)
    return traits_of_summary(content.summary, content.values("email"), day_of(content.raw_value("birth")))


def traits_of_summary(it: Summary, emails: Sequence[str] = (), birth: Day | None = None) -> Traits:
    """Of what the list and the search know of a contact. `emails`: all of them, where there are several."""
    own = dict.fromkeys(email_key(email) for email in (it.email, *emails) if "@" in email)
    numbers = dict.fromkeys(found for phone in it.phones if (found := number_of(phone.number)))
    named = words(f"{it.first} {it.last}") or words(it.name)
    return Traits(
        tuple(own)[:_MOST_EMAILS],
        tuple(numbers)[:_MOST_PHONES],
        tuple(sorted(named[:_MOST_WORDS])),
        tuple(_addresses(it)),
        birth,
    )


def email_key(email: str) -> str:
    return email.strip().casefold()


def number_of(text: str) -> Number | None:
    """None where too few digits are in it, or only one over and over again (000000000)."""
    digits = phone_digits(text)
    whole = fold(text).lstrip(" (").startswith(("+", "00"))
    bare = digits if whole else digits.lstrip("0")
    return Number(bare, whole) if len(bare) >= MIN_DIGITS and len(set(bare)) > 1 else None


def _addresses(it: Summary) -> Iterator[Hashable]:
    street = tuple(sorted(words(it.texts.get("address", ""))))
    if len(street) < 2:  # a place, no street
        return
    for place in ("zip", "city"):
        if found := "".join(words(it.texts.get(place, ""))):
            yield street, place, found


# ── comparing ────────────────────────────────────────────────────────────────────────────────────────────────────────


def score(one: Traits, other: Traits, weights: Weights = DEFAULT) -> Match:
    """Symmetric. Total."""
    matched, contradicting, points = [], [], 0
    for trait, same in _SAME:
        if same(one, other) and not (trait is Trait.SIMILAR_NAME and Trait.NAME in matched):
            matched.append(trait)
            points += weights.of(trait)
    if one.birth and other.birth and one.birth != other.birth:
        contradicting.append(Trait.BIRTH)
        points += weights.other_birth
    if one.emails and other.emails and Trait.EMAIL not in matched:
        contradicting.append(Trait.EMAIL)
        points += weights.other_email
    return Match(min(max(points, 0), 100), tuple(matched), tuple(contradicting))


def same_number(one: Number, other: Number) -> bool:
    if one.whole and other.whole:
        return one.digits == other.digits
    longer, shorter = sorted((one.digits, other.digits), key=len, reverse=True)
    return longer.endswith(shorter)


def same_name(one: Sequence[str], other: Sequence[str]) -> bool:
    """Both sorted."""
    return len(one) > 1 and one == other


def similar_name(one: Sequence[str], other: Sequence[str]) -> bool:
    """Also true for the same name."""
    if min(len(one), len(other)) < 2 or not any(len(word) > 1 for word in set(one) & set(other)):
        return False
    shorter, longer = sorted((one, other), key=len)
    rest, left = list(longer), []
    for word in shorter:
        if word in rest:
            rest.remove(word)
        else:
            left.append(word)
    return _fit(left, rest)


def _fit(left: list[str], rest: list[str]) -> bool:
    """Whether each word on the left has one of its own on the right. There are eight at most."""
    if not left:
        return True
    return any(
        _fits(left[0], word) and _fit(left[1:], rest[:place] + rest[place + 1 :]) for place, word in enumerate(rest)
    )


def _fits(one: str, other: str) -> bool:
    if 1 in (len(one), len(other)):
        return one[0] == other[0]
    return min(len(one), len(other)) >= MIN_NEAR and near(one, other)


def near(one: str, other: str) -> bool:
    """At most one letter is another, missing, too many, or has changed places with its neighbour."""
    longer, shorter = sorted((one, other), key=len, reverse=True)
    start = 0
    while start < len(shorter) and longer[start] == shorter[start]:
        start += 1
    end = 0
    while end < len(shorter) - start and longer[-1 - end] == shorter[-1 - end]:
        end += 1
    here, there = longer[start : len(longer) - end], shorter[start : len(shorter) - end]
    return len(here) < 2 or (len(here) == 2 and here == there[::-1])


def _same_phone(one: Traits, other: Traits) -> bool:
    return any(same_number(first, second) for first in one.phones for second in other.phones)


def _share(one: Sequence[Hashable], other: Sequence[Hashable]) -> bool:
    return any(value in other for value in one)


_SAME: tuple[tuple[Trait, Callable[[Traits, Traits], bool]], ...] = (
    (Trait.EMAIL, lambda one, other: _share(one.emails, other.emails)),
    (Trait.PHONE, _same_phone),
    (Trait.NAME, lambda one, other: same_name(one.names, other.names)),
    (Trait.SIMILAR_NAME, lambda one, other: similar_name(one.names, other.names)),
    (Trait.ADDRESS, lambda one, other: _share(one.addresses, other.addresses)),
    (Trait.BIRTH, lambda one, other: one.birth is not None and one.birth == other.birth),
)


# ── which are compared ───────────────────────────────────────────────────────────────────────────────────────────────


def plans(weights: Weights = DEFAULT) -> tuple[Plan, ...]:
    """The least sets of traits that together reach the limit. A pair that reaches it has all traits of one of them in
    common, so records are compared only where they share one of the keys that `keys` makes of these."""
    weighing = [trait for trait in Trait if weights.of(trait) > 0]
    found: list[Plan] = []
    for size in range(1, len(weighing) + 1):
        for plan in combinations(weighing, size):
            both_names = Trait.NAME in plan and Trait.SIMILAR_NAME in plan
            enough = sum(map(weights.of, plan)) >= weights.review
            if enough and not both_names and not any(set(least) <= set(plan) for least in found):
                found.append(plan)
    return tuple(found)


def keys(traits: Traits, wanted: Sequence[Plan]) -> Iterator[int]:
    """Two records that have all traits of one plan in common share a number at least. They may share one by chance;
    numbers are good for this run of the program only."""
    values = _key_values(traits)
    for number, plan in enumerate(wanted):
        chosen = [values[trait] for trait in plan]
        if all(chosen):
            yield from [hash((number, one)) for one in product(*chosen)]


def _key_values(traits: Traits) -> dict[Trait, Sequence[Any]]:
    return {
        Trait.EMAIL: traits.emails,
        Trait.PHONE: tuple({phone.tail for phone in traits.phones}),
        Trait.NAME: (traits.names,) if len(traits.names) > 1 else (),
        Trait.SIMILAR_NAME: tuple({word for word in traits.names if len(word) > 1}) if len(traits.names) > 1 else (),
        Trait.ADDRESS: traits.addresses,
        Trait.BIRTH: (traits.birth,) if traits.birth else (),
    }
