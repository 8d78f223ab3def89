"""Chips and the builder write and read the same grammar (UX-SRC-06, UX-FLT-01, UX-FLT-02)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmdesk.core.filter_words import LABELS, sentence, shown
from crmdesk.core.filters import Filter, from_query, ops, to_text
from crmdesk.core.query import FIELDS, Lexicon, Op, Query, parse
from crmdesk.core.query_parser import MAX_TERMS

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
VENDORS = ("bookingsync", "prioticket", "priority")
LEXICON = Lexicon({"germany": "DE"}, {"german": "de"}, {name: name for name in VENDORS})


def ask(text: str) -> Query:
    return parse(text, now=NOW, lexicon=LEXICON)


@pytest.mark.parametrize(
    ("text", "one", "words"),
    [
        ("city:berlin,hamburg", Filter("city", Op.IS, ("berlin", "hamburg")), "City is Berlin or Hamburg"),
        ("-city:a,b,c", Filter("city", Op.IS, ("a", "b", "c"), True), "City is not A, B or C"),
        ('city:"new york",berlin', Filter("city", Op.IS, ("new york", "berlin")), "City is New York or Berlin"),
        ('city:"berlin"', Filter("city", Op.EXACTLY, ("berlin",)), "City is exactly Berlin"),
        ('-name:"McAdam"', Filter("name", Op.EXACTLY, ("McAdam",), True), "Name is not exactly McAdam"),
        ("city:ham*", Filter("city", Op.STARTS, ("ham",)), "City starts with Ham"),
        ("-zip:10*,12*", Filter("zip", Op.STARTS, ("10", "12"), True), "Postcode does not start with 10 or 12"),
        ("notes:late", Filter("notes", Op.IS, ("late",)), "Notes contain late"),
        ("-notes:late", Filter("notes", Op.IS, ("late",), True), "Notes do not contain late"),
        ("email:gmail", Filter("email", Op.IS, ("gmail",)), "E-mail contains gmail"),
        ("-email:gmail", Filter("email", Op.IS, ("gmail",), True), "E-mail does not contain gmail"),
        ("no:email", Filter("email", Op.EMPTY), "E-mail is empty"),
        ("has:notes", Filter("notes", Op.EMPTY, (), True), "Notes are not empty"),
        ("has:email,phone", Filter("has", Op.IS, ("email", "phone")), "Has e-mail or phone"),
        ("-has:email,phone", Filter("has", Op.IS, ("email", "phone"), True), "Not: has e-mail or phone"),
        ("no:email,notes", Filter("no", Op.IS, ("email", "notes")), "Lacks e-mail or notes"),
        ("is:restricted", Filter("is", Op.IS, ("restricted",)), "Is restricted"),
        ("is:waiting,conflict", Filter("is", Op.IS, ("waiting", "conflict")), "Is waiting to be sent or in conflict"),
        ("is:needsyou", Filter("is", Op.IS, ("needsyou",)), "Is marked “Needs you”"),
        ("-is:unknown", Filter("is", Op.IS, ("unknown",), True), "Is not of unknown outcome"),
        ("is:draft", Filter("is", Op.IS, ("draft",)), "Is unsaved"),
        ("is:linked", Filter("is", Op.IS, ("linked",)), "Is linked"),
        ("is:duplicate", Filter("is", Op.IS, ("duplicate",)), "Is a possible duplicate"),
        ("-is:forget", Filter("is", Op.IS, ("forget",), True), "Is not to be forgotten"),
        ("vendor:bookingsync", Filter("vendor", Op.IS, ("bookingsync",)), "Vendor is Bookingsync"),
        ("consent:yes", Filter("consent", Op.IS, ("yes",)), "Consent is yes"),
        ("-consent:no", Filter("consent", Op.IS, ("no",), True), "Consent is not no"),
        ("consent:yes,never", Filter("consent", Op.IS, ("yes", "never")), "Consent is yes or “never asked”"),
        ("type:guest", Filter("type", Op.IS, ("guest",)), "Type is Guest"),
        ("-type:GUEST,booker", Filter("type", Op.IS, ("GUEST", "booker"), True), "Type is not Guest or Booker"),
        ('account:"Front Desk"', Filter("account", Op.IS, ("Front Desk",)), "Account is Front Desk"),
        ("country:de", Filter("country", Op.IS, ("de",)), "Country is DE"),
        ('by:maria,"tom smith"', Filter("by", Op.IS, ("maria", "tom smith")), "Changed by Maria or Tom Smith"),
        ("-by:maria", Filter("by", Op.IS, ("maria",), True), "Not changed by Maria"),
        ("event:45,46", Filter("event", Op.IS, ("45", "46")), "Event sent: 45 or 46"),
        ("-event:45", Filter("event", Op.IS, ("45",), True), "Event not sent: 45"),
        ("updated:7d", Filter("updated", Op.LAST, ("7d",)), "Updated in the last 7 days"),
        ("-updated:1d", Filter("updated", Op.LAST, ("1d",), True), "Not updated in the last day"),
        ("updated:>2w", Filter("updated", Op.OLDER, ("2w",)), "Updated more than 2 weeks ago"),
        ("stale:>1d", Filter("stale", Op.OLDER, ("1d",)), "Checked more than 1 day ago"),
        ("stale:<12h", Filter("stale", Op.LAST, ("12h",)), "Checked in the last 12 hours"),
        ("created:today", Filter("created", Op.ON, ("today",)), "Created today"),
        ("created:2021", Filter("created", Op.ON, ("2021",)), "Created in 2021"),
        ("created:2021-03-05", Filter("created", Op.ON, ("2021-03-05",)), "Created on 2021-03-05"),
        ("created:>2021", Filter("created", Op.AFTER, ("2021",)), "Created after 2021"),
        ("created:>=2021", Filter("created", Op.SINCE, ("2021",)), "Created since 2021"),
        ("created:<2021", Filter("created", Op.BEFORE, ("2021",)), "Created before 2021"),
        ("created:<=2021", Filter("created", Op.UNTIL, ("2021",)), "Created until 2021"),
        (
            "created:2021-01..2021-03",
            Filter("created", Op.BETWEEN, ("2021-01", "2021-03")),
            "Created between 2021-01 and 2021-03",
        ),
    ],
)
def test_a_filter_is_text_is_a_sentence(text: str, one: Filter, words: str) -> None:
    assert from_query(ask(text)) == ((one,), "")
    assert to_text([one]) == text
    assert sentence(one) == words


def test_other_spellings_become_the_usual_one() -> None:
    def usual(text: str) -> str:
        return to_text(*from_query(ask(text)))

    assert usual("-has:e-mail") == "no:email"
    assert usual('consent:"not asked",y') == "consent:never,yes"
    assert usual("vendor:book") == "vendor:bookingsync"
    assert usual("vendor:pri") == "vendor:prioticket,priority"
    assert usual("-no:phone") == "has:phone"
    assert usual("is:forgotten,restr") == "is:forget,restricted"
    assert usual("updated:<7d") == "updated:7d"
    assert usual("stale:1d") == "stale:>1d"
    assert usual("updated:2021..") == "updated:>=2021"
    assert usual("city: berlin, hamburg") == "city:berlin,hamburg"


def test_the_rest_keeps_what_is_no_filter() -> None:
    filters, rest = from_query(ask('anna city:berlin  (a OR b) is:trashed -has:email "x'))
    assert [one.field for one in filters] == ["city", "email"]
    assert rest == 'anna (a OR b) is:trashed "x'
    assert to_text(filters, rest) == 'city:berlin no:email anna (a OR b) is:trashed "x'


@pytest.mark.parametrize(
    "text",
    [
        "a OR city:berlin",
        "(city:berlin)",
        "is:trashed",
        "city:",
        "city:ham*,berlin",
        'city:"berlin",hamburg',
        "updated:2021,2022",
        "updated:soon",
        "06 city:berlin 12 31",
        "12 31 phone:0612",
        "city: has:email anna",
        "OR city:berlin anna",
        "city:berlin " + "a " * MAX_TERMS,
        "tag:vip",
    ],
)
def test_what_would_change_as_a_chip_stays_text(text: str) -> None:
    assert from_query(ask(text)) == ((), text.strip())


def test_values_need_quotes_only_sometimes() -> None:
    one = Filter("city", Op.IS, ("a b", "c", 'd"e', "f,g", "h*", ""))
    assert to_text([one]) == r'city:"a b",c,"d\"e","f,g","h*",""'
    assert to_text([Filter("city", Op.STARTS, ("new y", "b"))]) == 'city:"new y",b*'
    assert to_text([Filter("notes", Op.IS, ("a b\\",))], "x") == 'notes:"a b" x'


def test_the_builder_is_offered_what_fits() -> None:
    assert ops("city") == (Op.IS, Op.STARTS, Op.EXACTLY)
    assert Op.EMPTY in ops("email")
    assert Op.BETWEEN in ops("created")
    assert ops("stale") == (Op.LAST, Op.OLDER)
    assert ops("is") == ops("vendor") == ops("consent") == (Op.IS,)
    assert ops("naem") == ()


def test_every_field_has_a_label_and_something_to_offer() -> None:
    for field in FIELDS:
        assert LABELS[field]
        assert ops(field)


def test_codes_may_be_shown_by_name() -> None:
    def show(field: str, value: str) -> str:
        return "Germany" if value == "DE" else shown(field, value)

    assert sentence(Filter("country", Op.IS, ("DE", "france")), show) == "Country is Germany or France"
    assert sentence(Filter("city", Op.IS)) == "City is …"


VALUES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=12)
PLAIN = (
    st.text("abcdeéß王-.@' ", min_size=1, max_size=8)
    .map(lambda text: " ".join(text.split()))
    .filter(lambda text: any(char.isalpha() for char in text))
)
TEXT_FILTERS = st.builds(
    Filter, st.sampled_from(["city", "name", "notes", "email"]), st.just(Op.IS),
    st.lists(PLAIN, min_size=1, max_size=3).map(tuple), st.booleans(),
)  # fmt: skip
TIME_FILTERS = st.builds(
    Filter, st.sampled_from(["updated", "created", "fetched"]), st.sampled_from([Op.LAST, Op.OLDER]),
    st.sampled_from([("7d",), ("1y",)]), st.booleans(),
) | st.builds(
    Filter, st.just("created"), st.sampled_from([Op.ON, Op.BEFORE, Op.UNTIL, Op.AFTER, Op.SINCE]),
    st.sampled_from([("2021",), ("2021-02",), ("today",)]), st.booleans(),
)  # fmt: skip
OTHER_FILTERS = st.sampled_from(
    [Filter("phone", Op.IS, ("06 12 31",)),
     Filter("email", Op.EMPTY), Filter("notes", Op.EMPTY, (), True), Filter("is", Op.IS, ("restricted", "cancelled")),
     Filter("stale", Op.OLDER, ("1d",)), Filter("created", Op.BETWEEN, ("2021-01", "today")),
     Filter("phone", Op.IS, ("0612312",)), Filter("city", Op.STARTS, ("ber",), True)]
)  # fmt: skip
FILTERS = st.lists(TEXT_FILTERS | TIME_FILTERS | OTHER_FILTERS, max_size=4)


@given(FILTERS, st.sampled_from(["", "anna", '"a b" -c', "(a OR b", "06 12 31", "tag:x"]))
def test_filters_survive_being_text(filters: list[Filter], rest: str) -> None:
    again, left = from_query(ask(to_text(filters, rest)))
    assert (list(again), left) == (filters, rest)


TYPING = st.sampled_from(
    ["city:", "x", "berlin", " ", ",", "-", "(", ")", '"', "is:restricted ", "OR ", "06 ", "phone:", "no:email ", "*"]
)


@settings(max_examples=500)
@given(st.lists(TYPING, max_size=12).map("".join))
def test_chips_never_change_what_is_found(typed: str) -> None:
    query = ask(typed)
    filters, rest = from_query(query)
    again = ask(to_text(filters, rest))
    assert _meaning(again) == _meaning(query)
    assert from_query(again) == (filters, rest)


def _meaning(query: Query) -> set[str]:
    """Order of terms does not matter; `-has:x` is `no:x`."""
    texts = {repr(term.node) for term in query.top}
    no_no = "Not(node=Choice(field='no', value='email'))"
    return {text.replace(no_no, "Choice(field='has', value='email')") for text in texts}


@given(st.builds(Filter, st.sampled_from(FIELDS), st.just(Op.IS), st.lists(VALUES, min_size=1, max_size=2).map(tuple)))
def test_any_value_can_be_written_and_said(one: Filter) -> None:
    ask(to_text([one]))
    if Op.IS in ops(one.field):
        assert sentence(one).startswith(LABELS[one.field])
