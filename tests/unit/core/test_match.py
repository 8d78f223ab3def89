"""How likely two records are the same person, and that no pair is missed by comparing only some."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmdesk.core.match import (
    DEFAULT,
    Number,
    Trait,
    Traits,
    Weights,
    keys,
    near,
    number_of,
    plans,
    same_number,
    score,
    similar_name,
    traits_of,
    traits_of_summary,
)
from crmdesk.core.text import words
from crmdesk.core.types import Phone, Summary
from crmdesk.vendors import VENDORS

VENDOR = {vendor.key: vendor for vendor in VENDORS}

names = st.lists(
    st.sampled_from(["ana", "anna", "maria", "m", "ruiz", "ruis", "o", "lopez"]), max_size=4
).map(lambda found: tuple(sorted(found)))  # fmt: skip
numbers = st.sampled_from(
    [Number("34612345678", True), Number("612345678", False), Number("35799123456", True), Number("99123456", False)]
)
traits = st.builds(
    Traits,
    emails=st.lists(st.sampled_from(["a@x.es", "b@x.es"]), max_size=2, unique=True).map(tuple),
    phones=st.lists(numbers, max_size=2, unique=True).map(tuple),
    names=names,
    addresses=st.lists(st.sampled_from([("5", "mayor"), ("6", "mayor")]), max_size=2, unique=True).map(tuple),
    birth=st.none() | st.sampled_from([(1980, 1, 2), (1981, 1, 2)]),
)
points = st.integers(0, 100)
minus = st.integers(-100, 0)
weights = st.builds(
    lambda parts, against, limits: Weights(*parts, *against, min(limits), max(limits)),
    st.lists(points, min_size=6, max_size=6),
    st.tuples(minus, minus),
    st.tuples(st.integers(1, 100), st.integers(1, 100)),
)


@given(traits, traits, weights)
def test_a_score_is_bounded_and_the_same_both_ways(one: Traits, other: Traits, chosen: Weights) -> None:
    match = score(one, other, chosen)
    assert 0 <= match.score <= 100
    assert match == score(other, one, chosen)
    assert not {Trait.NAME, Trait.SIMILAR_NAME} <= set(match.matched)
    assert not set(match.matched) & set(match.contradicting)


@given(traits, traits, weights)
def test_a_score_is_the_sum_of_what_matches_and_what_contradicts(one: Traits, other: Traits, chosen: Weights) -> None:
    match = score(one, other, chosen)
    against = {Trait.BIRTH: chosen.other_birth, Trait.EMAIL: chosen.other_email}
    total = sum(map(chosen.of, match.matched)) + sum(against[trait] for trait in match.contradicting)
    assert match.score == max(0, min(100, total))


@given(traits, traits, weights)
def test_whoever_reaches_the_limit_shares_a_key(one: Traits, other: Traits, chosen: Weights) -> None:
    """So that comparing only those that share one misses nobody."""
    wanted = plans(chosen)
    if score(one, other, chosen).score >= chosen.review:
        assert set(keys(one, wanted)) & set(keys(other, wanted))


@given(weights)
def test_plans_are_the_least_sets_that_reach_the_limit(chosen: Weights) -> None:
    found = plans(chosen)
    for plan in found:
        assert sum(map(chosen.of, plan)) >= chosen.review
        assert not any(set(other) < set(plan) for other in found)
        for less in combinations(plan, len(plan) - 1):
            assert sum(map(chosen.of, less)) < chosen.review


@pytest.mark.parametrize(
    ("has", "points"),
    [
        ({"emails": ("a@x.es",)}, 45),
        ({"phones": (Number("34612345678", True),)}, 35),
        ({"names": ("ana", "ruiz")}, 25),
        ({"addresses": (("mayor", "5"),)}, 15),
        ({"birth": (1980, 1, 2)}, 20),
    ],
)
def test_the_points_of_the_house(has: dict[str, Any], points: int) -> None:
    """UX-DUP-01."""
    assert score(Traits(**has), Traits(**has)).score == points


def test_a_similar_name_has_fewer_points_and_another_birth_date_takes_forty() -> None:
    one, other = Traits(names=("ana", "maria", "ruiz")), Traits(names=("ana", "ruiz"))
    assert (score(one, other).score, score(one, other).matched) == (15, (Trait.SIMILAR_NAME,))
    born, later = replace(one, birth=(1980, 1, 2)), replace(other, birth=(1980, 1, 3), emails=("a@x.es",))
    match = score(replace(born, emails=("a@x.es",)), later)
    assert (match.score, match.contradicting) == (45 + 15 - 40, (Trait.BIRTH,))
    everything = Traits(("a@x.es",), (Number("34612345678", True),), ("ana", "ruiz"), (("m", "5"),), (1980, 1, 2))
    assert score(everything, everything).score == 100, "and never more"


def test_another_email_is_told_and_weighs_nothing() -> None:
    match = score(Traits(("a@x.es",), names=("ana", "ruiz")), Traits(("b@x.es",), names=("ana", "ruiz")))
    assert (match.score, match.contradicting) == (25, (Trait.EMAIL,))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("+34 612 345 678", "0034 612-345-678", True),
        ("+34 612 345 678", "612345678", True),
        ("+33 (0)6 12 34 56 78", "06 12 34 56 78", True),
        ("0612345678", "612345678", True),
        ("+357 99123456", "+34 699123456", False),  # the same eight digits at the end, and two countries
        ("99123456", "+34 699123456", True),  # nobody knows the country of the first
        ("+34 612 345 678", "+34 612 345 679", False),
        ("٠٦١٢٣٤٥٦٧٨", "0612345678", True),
    ],
)
def test_numbers_are_the_same_however_they_are_written(one: str, other: str, same: bool) -> None:
    first, second = number_of(one), number_of(other)
    assert first and second and same_number(first, second) is same
    if same:
        assert first.tail == second.tail


@pytest.mark.parametrize("text", ["", "112", "1234567", "000000000", "99999999", "ask the porter"])
def test_what_is_no_number_of_anybody(text: str) -> None:
    assert number_of(text) is None


@pytest.mark.parametrize(
    ("one", "other", "similar"),
    [
        ("Ana Ruiz", "Ana Maria Ruiz", True),
        ("Ana Ruiz", "A. Ruiz", True),
        ("Anna Ruiz", "Anne Ruiz", True),
        ("Ana Ruiz", "Ann Ruiz", False),  # three letters: too short to overlook a mistake
        ("Jürgen Müller", "Jurgen Mueler", True),
        ("Maria Lopez", "Maria Lopze", True),
        ("Maria Lopez", "Marta Gomez", False),
        ("Ruiz", "Ana Ruiz", False),
        ("A R", "Ana Ruiz", False),
        ("Ana Ruiz", "Bob Ruiz", False),
        ("Ana Maria Ruiz", "Ana Bob Ruiz", False),
        ("A B Ruiz", "Anna Bert Ruiz", True),
        ("", "", False),
    ],
)
def test_names_that_are_similar(one: str, other: str, similar: bool) -> None:
    first, second = (tuple(sorted(words(name))) for name in (one, other))
    assert similar_name(first, second) is similar_name(second, first) is similar


@given(st.text("ab", max_size=6), st.text("ab", max_size=6))
def test_one_typing_mistake_is_one_step(one: str, other: str) -> None:
    def steps(word: str) -> set[str]:
        cut = [(word[:place], word[place:]) for place in range(len(word) + 1)]
        return (
            {word}
            | {a + b[1:] for a, b in cut if b}
            | {a + letter + b for a, b in cut for letter in "ab"}
            | {a + letter + b[1:] for a, b in cut if b for letter in "ab"}
            | {a + b[1] + b[0] + b[2:] for a, b in cut if len(b) > 1}
        )

    assert near(one, other) == (other in steps(one))


def test_a_record_is_read_as_its_vendor_summarises_it() -> None:
    """The same guest in the words of four vendors."""
    said: dict[str, Any] = {
        "bookingsync": {
            "firstname": "Ana",
            "lastname": "Ruíz",
            "email": "ANA@x.es",
            "phones": [{"label": "m", "number": "+34612345678"}],
            "address1": "Calle Mayor 5",
            "zip": "28 001",
        },
        "prioticket": {
            "contact_name_last": "Ruiz, Ana",
            "contact_email": "ana@x.es",
            "contact_birth_date": "1980-01-02",
            "contact_address": {"street": "mayor, calle 5", "postal_code": "28001"},
        },
        "crmcom_selfservice": {
            "first_name": "Ana",
            "last_name": "RUIZ",
            "emails": [{"email_address": "x@x.es"}, {"email_address": "ana@x.es"}],
            "phones": [{"number": "612 345 678"}],
            "demographics": {"date_of_birth": {"year": 1980, "month": "1", "day": 2}},
        },
        "cendyn": {
            "sent": {"name_first": "Ana", "name_last": "Ruiz", "email": "ana@x.es", "born_date": "1980-01-02T00:00:00Z"}
        },
    }
    read = [traits_of(VENDOR[key], raw) for key, raw in said.items()]
    for one, other in combinations(read, 2):
        match = score(one, other)
        assert {Trait.EMAIL, Trait.NAME} <= set(match.matched) and not match.contradicting
    assert Trait.ADDRESS in score(read[0], read[1]).matched
    assert Trait.PHONE in score(read[0], read[2]).matched
    assert {one.birth for one in read[1:]} == {(1980, 1, 2)}


@pytest.mark.parametrize("raw", [{}, {"phones": 5, "email": []}, {"demographics": {"date_of_birth": {"day": 3}}}])
@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.key)
def test_nothing_is_read_out_of_nothing(vendor: Any, raw: Any) -> None:
    assert traits_of(vendor, raw).birth is None
    assert not list(keys(traits_of(vendor, raw), plans()))


def test_a_hostile_record_has_no_more_than_a_few_keys() -> None:
    many = tuple(Phone("", f"+3461234{number:04}") for number in range(100))
    it = Summary(name="x", first=" ".join(f"w{n}" for n in range(200)), last="y", email="a@b.c", phones=many)
    assert len(set(keys(traits_of_summary(it), plans()))) < 200


@pytest.mark.parametrize("name", [item.name for item in fields(Weights)])
def test_points_that_make_no_sense_are_refused(name: str) -> None:
    for value in (-101, 101):
        with pytest.raises(ValueError):
            replace(DEFAULT, **{name: value})
