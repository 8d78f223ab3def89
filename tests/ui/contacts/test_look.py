"""Words and highlights of a row."""

from __future__ import annotations

from datetime import timedelta

import pytest
from PySide6.QtCore import QLocale

from crmdesk.core.seams import iso
from crmdesk.core.types import Consent, Flag, Sort, State
from crmdesk.ui.contacts import names
from crmdesk.ui.contacts.columns import AS_OF, COLUMNS, CONSENT, COUNTRY, KEYS, PHONE, STATE, VENDOR, Desk, sort_words
from crmdesk.ui.contacts.copying import cell, rows_as_text
from crmdesk.ui.contacts.header import next_sort
from crmdesk.ui.contacts.look import SECOND_LINE, Look, phone_spans, word_spans
from crmdesk.ui.contacts.painter import CONSENT_LOOK
from tests.ui import fakes

CLOCK = fakes.FakeClock()
DESK = Desk({1: fakes.account(1)}, {"bookingsync": "B"}, CLOCK)
PRIO = fakes.account(2, "Harbour Tours", vendor="prioticket")
TITLES = {"bookingsync": "BookingSync", "cendyn": "Cendyn CRM", "prioticket": "PrioTicket"}
TYPE = KEYS.index("type")


def marked(text: str, *terms: str) -> list[str]:
    return [text[start : start + length] for start, length in word_spans(text, terms)]


@pytest.mark.parametrize(
    ("text", "terms", "expected"),
    [
        ("João Gonçalves", ("gon",), ["Gon"]),
        ("Hans-Peter Müller", ("mul", "pet"), ["Pet", "Mül"]),
        ("Straße 7", ("strass",), ["Straß"]),
        ("Banana", ("ana",), []),
        ("東京都", ("京",), ["京"]),
        ("Anna Annabel", ("anna",), ["Anna", "Anna"]),
        ("", ("x",), []),
    ],
)
def test_matches_are_marked_where_words_begin(text: str, terms: tuple[str, ...], expected: list[str]) -> None:
    assert marked(text, *terms) == expected


@pytest.mark.parametrize(
    ("text", "terms", "expected"),
    [
        ("+33 6 12 31 23 12", ("1231",), "12 31"),
        ("+33 6 12 31 23 12", ("06123",), "6 12 3"),
        ("+33 6 12 31 23 12", ("12", "31", "23"), "12 31 23"),
        ("+33 6 12 31 23 12", ("99999",), ""),
    ],
)
def test_digits_are_marked_whatever_stands_between(text: str, terms: tuple[str, ...], expected: str) -> None:
    assert "".join(text[start : start + length] for start, length in phone_spans(text, terms)) == expected


def test_a_row_in_words() -> None:
    row = fakes.contact(
        0,
        phones=3,
        country="PT",
        flags=int(Flag.RESTRICTED | Flag.FORGET),
        fetched_at=iso(fakes.NOON - timedelta(days=3)),
        found_in="notes",
    )
    look = Look(row, DESK)
    assert look.text(PHONE) == "••• 312  +2"  # a restricted guest is masked in lists in any case
    assert look.text(COUNTRY) == "Portugal"
    assert look.text(VENDOR) == "B"
    assert look.text(STATE) == "Restricted"
    assert look.state is State.RESTRICTED
    assert look.text(AS_OF) == "3 days ago"
    assert look.old
    assert look.found == "found in Notes"


@pytest.mark.parametrize(
    ("bits", "word", "tip"),
    [
        (Flag.CONSENT_YES | Flag.RESTRICTED, "Yes", "Agreed to marketing, as the vendor has it"),
        (Flag.CONSENT_NO, "No", "Does not agree to marketing, as the vendor has it"),
        (Flag.CONSENT_NEVER, "Never asked", "Was never asked about marketing, as far as the vendor knows"),
        (Flag.HAS_EMAIL, "", ""),
    ],
)
def test_a_consent_in_words(bits: Flag, word: str, tip: str) -> None:
    row = fakes.contact(0, flags=int(bits))
    look = Look(row, DESK, terms=("yes", "no", "never"))
    assert (look.text(CONSENT), look.spans(CONSENT)) == (word, []), "our own word is no hit of a search"
    assert look.consent is bits.consent
    assert COLUMNS[CONSENT].tooltip(row, DESK) == tip
    assert (look.state is State.RESTRICTED) == bool(bits & Flag.RESTRICTED)


@pytest.mark.parametrize(
    ("kind", "word", "tip"),
    [
        ("Guest", "Guest", "Guest"),
        ("TOUR_GUIDE", "Tour guide", "Tour guide (TOUR_GUIDE)"),
        ("VIP", "VIP", "VIP"),
        ("Größe", "Größe", "Größe"),
        ("", "", ""),
    ],
)
def test_a_type_in_words_with_an_unknown_code_in_the_tooltip(kind: str, word: str, tip: str) -> None:
    row = fakes.contact(0, kind=kind)
    assert Look(row, DESK).text(TYPE) == word
    assert COLUMNS[TYPE].tooltip(row, DESK) == tip


def test_a_type_that_the_search_found_is_marked() -> None:
    assert Look(fakes.contact(0, kind="Guest"), DESK, terms=("gue",)).spans(TYPE) == [(0, 3)]


def test_a_badge_is_explained_by_vendor_and_account() -> None:
    desk = Desk(
        {1: fakes.account(1, "BookingSync"), 2: PRIO}, {"bookingsync": "B", "prioticket": "P"}, CLOCK, 24, TITLES
    )
    tip = COLUMNS[VENDOR].tooltip
    assert tip(fakes.contact(1, account_id=2), desk) == "PrioTicket · Harbour Tours"
    assert tip(fakes.contact(0, account_id=1), desk) == "BookingSync", "an account named after its vendor"
    assert tip(fakes.contact(0, account_id=9), desk) == ""
    assert desk.legend() == "B   BookingSync\nP   PrioTicket", "only vendors that have an account"


def test_of_several_accounts_of_a_vendor_the_badge_says_which() -> None:
    accounts = {
        7: fakes.account(7, "Mill"), 3: fakes.account(3, "Villas"), 2: PRIO, 9: fakes.account(9, "Old"),
    }  # fmt: skip
    desk = Desk(accounts, {"bookingsync": "B", "prioticket": "P"}, CLOCK, 24, TITLES)
    assert [desk.letter(one) for one in (3, 7, 9, 2, 5)] == ["B1", "B2", "B3", "P", ""]
    assert desk.legend().splitlines() == [
        "B1   BookingSync · Villas", "B2   BookingSync · Mill", "B3   BookingSync · Old", "P   PrioTicket",
    ]  # fmt: skip
    assert Look(fakes.contact(0, account_id=7, others=("prioticket",)), desk).letters == ["B2", "P"]


def test_other_titles_are_other_words() -> None:
    one = Desk({2: PRIO}, {"prioticket": "P"}, CLOCK, 24, TITLES)
    assert one.words_as(Desk({2: PRIO}, {"prioticket": "P"}, CLOCK, 24, dict(TITLES)))
    assert not one.words_as(Desk({2: PRIO}, {"prioticket": "P"}, CLOCK, 24))


async def test_types_consents_and_vendors_are_copied_in_words() -> None:
    rows = [
        fakes.contact(0, id=1, account_id=2, kind="Guest", flags=int(Flag.CONSENT_YES)),
        fakes.contact(1, id=2, account_id=2, kind="=1+1", flags=int(Flag.CONSENT_NEVER)),
    ]
    desk = Desk({2: PRIO}, {"prioticket": "P"}, CLOCK, 24, TITLES)
    copied = await rows_as_text(fakes.FakeReader(rows), [1, 2], ["account", "type", "consent"], desk)
    assert copied.splitlines() == [
        "Vendor\tType\tConsent",
        "PrioTicket · Harbour Tours\tGuest\tYes",
        "PrioTicket · Harbour Tours\t'=1+1\tNever asked",
    ]


def test_every_consent_has_a_shape_of_its_own() -> None:
    shapes = {CONSENT_LOOK[consent][0] for consent in Consent if consent is not Consent.UNKNOWN}
    assert len(shapes) == 3


def test_hostile_text_becomes_one_plain_line() -> None:
    evil = "\u202eevil\u2066\nsecond\x00\x07 " + "x" * 10_000
    look = Look(fakes.contact(0, name=evil, email=evil), DESK)
    for text in (look.text(0), look.text(SECOND_LINE)):
        assert not set(text) & set("\n\x00\x07\u202e\u2066")
        assert len(text) <= 700
    assert len(look.text(0)) <= 300


def test_texts_are_cut_once_per_width() -> None:
    look, calls = Look(fakes.contact(0), DESK), []
    for _ in range(3):
        look.fit(0, 100, lambda text, width: calls.append(width) or text)
    assert calls == [100]


def test_sort_in_words() -> None:
    assert sort_words((Sort(),)) == ""
    assert sort_words((Sort("updated", True),)) == "by Updated, newest first"
    assert sort_words((Sort("city"), Sort("name", True))) == "by City, A–Z, then Name, Z–A"
    assert sort_words((Sort("consent"), Sort("type"))) == "by Consent, yes first, then Type, A–Z"
    assert sort_words((Sort("consent", True),)) == "by Consent, never asked first"


def test_clicks_on_the_header() -> None:
    usual = (Sort(),)
    assert next_sort(usual, "name", further=False) == (Sort("name", True),)
    assert next_sort(usual, "updated", further=False) == (Sort("updated", True),)
    assert next_sort((Sort("city"),), "name", further=True) == (Sort("city"), Sort("name"))
    assert next_sort((Sort("city"), Sort("name")), "name", further=True) == (Sort("city"), Sort("name", True))
    assert next_sort((Sort("city"), Sort("name")), "email", further=False) == (Sort("email"),)


def test_codes_have_names_and_odd_ones_stay() -> None:
    assert names.country("DE") == "Germany"
    assert names.country("XQ") == "XQ"
    assert names.country("Atlantis") == "Atlantis"
    assert names.languages("pt, zh-TW xx") == "Portuguese, Chinese (Taiwan), xx"


def test_names_follow_the_desks_language() -> None:
    usual = QLocale()
    try:
        QLocale.setDefault(QLocale("de_DE"))
        names.forget()
        assert names.country("CZ") == "Tschechien"
        assert names.language("pt") == "Portugiesisch"
        assert names.lexicon({}).countries["deutschland"] == "DE"
        assert names.lexicon({}).countries["germany"] == "DE"
    finally:
        QLocale.setDefault(usual)
        names.forget()


@pytest.mark.parametrize(
    ("text", "copied"),
    [
        ("+49 170 555", "+49 170 555"),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+cmd|x", "'+cmd|x"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("a\tb\nc", "a b c"),
        ("Ana", "Ana"),
    ],
)
def test_copied_cells_are_one_line_and_run_nothing(text: str, copied: str) -> None:
    assert cell(text) == copied


def test_every_column_can_be_sorted() -> None:
    from crmdesk.core.query import SORT_COLUMNS

    assert set(KEYS) == set(SORT_COLUMNS)
