"""Made-up people: the same every time, of every kind a list has to cope with, and nobody real."""

import unicodedata
from itertools import islice

import pytest

from crmdesk.sandbox.people import MOST, Person, people

MANY = list(people(4000))


def test_the_same_seed_gives_the_same_people() -> None:
    assert list(people(700)) == MANY[:700]
    assert list(people(20, seed=8)) != MANY[:20]


def test_a_start_in_the_middle_continues_the_same_row() -> None:
    assert list(people(900, start=450)) == MANY[450:1350]


def test_a_million_are_drawn_only_as_asked_for() -> None:
    assert list(islice(people(MOST), 5)) == MANY[:5]


@pytest.mark.parametrize("count", [-1, MOST + 1])
def test_other_numbers_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="1000000"):
        people(count)


def test_many_scripts_are_there() -> None:
    words = {unicodedata.name(char, "?").split()[0] for person in MANY for char in person.given + person.family}
    assert {
        "LATIN",
        "GREEK",
        "CYRILLIC",
        "HEBREW",
        "ARABIC",
        "DEVANAGARI",
        "THAI",
        "CJK",
        "HIRAGANA",
        "HANGUL",
    } <= words
    letters = {char for person in MANY for char in person.given + person.family}
    assert set("ßüłøåıİéñç") <= letters


def test_family_names_have_a_long_tail() -> None:
    assert len({person.family for person in MANY}) > 1000


def test_every_address_is_of_a_domain_kept_for_examples() -> None:
    hosts = {person.email.rpartition("@")[2] for person in MANY if person.email}
    assert all(host.endswith(".example") or host.startswith("example.") for host in hosts)


@pytest.mark.parametrize(
    "odd",
    [
        lambda p: not p.phones,
        lambda p: len(p.phones) > 1,
        lambda p: "(0)" in p.phones[0].number if p.phones else False,
        lambda p: p.notes and not p.notes.isascii(),
        lambda p: not p.email,
        lambda p: not p.zip,
        lambda p: not p.languages,
        lambda p: not p.gender,
        lambda p: p.website,
        lambda p: p.restricted,
        lambda p: p.cancelled,
        lambda p: p.forget and p.forget.year > 2030,
        lambda p: p.forget and p.forget.year < 2026,
        lambda p: "<script>" in p.family,
        lambda p: "\u202e" in p.family,
        lambda p: len(p.family) == 200,
        lambda p: len(p.notes) == 10_000,
        lambda p: p.notes.startswith("=HYPERLINK"),
    ],
)
def test_odd_cases_come_up_but_not_all_the_time(odd) -> None:  # type: ignore[no-untyped-def]
    found = sum(bool(odd(person)) for person in MANY)
    assert 0 < found < len(MANY) * 0.9


def test_even_the_demo_lists_have_some_odd_cases() -> None:
    few = list(people(260, seed=11))
    assert any(p.restricted for p in few) and any(p.cancelled for p in few) and any(p.forget for p in few)


def test_times_are_utc_whole_seconds_and_in_order() -> None:
    assert all(p.created <= p.updated and not p.updated.microsecond and p.updated.tzinfo is not None for p in MANY)


def test_a_person_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        MANY[0].given = "Else"  # type: ignore[misc]
    assert isinstance(MANY[0], Person)
