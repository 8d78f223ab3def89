"""Folding, words, digits: what is indexed and what is typed must meet."""

from __future__ import annotations

import random
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmdesk.core import text
from crmdesk.core.text import (
    MAX_DIGITS,
    MAX_WORD,
    digit_needles,
    digit_tokens,
    fold,
    initials,
    one_line,
    phone_digits,
    sort_key,
    words,
)

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)  # lone surrogates too


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("strasse", "Straße"),
        ("aeroskobing", "Ærøskøbing"),
        ("oeuvre", "Œuvre"),
        ("lodz", "Łódź"),
        ("istanbul", "İSTANBUL"),
        ("isik", "Işık"),
        ("reykjavik", "REYKJAVÍK"),
        ("thor", "Þór"),
        ("fiona", "\ufb01ona"),
        ("abc 12", "ＡＢＣ　１２"),
        ("nguyen", "Nguyễn"),
        ("nguyen", "Nguye\u0302\u0303n"),
        ("tel", "℡"),
        ("0612", "٠٦١٢"),
        ("muller", "Mül\u00adler"),
        ("anna", "\u202eanna\u2069\u200b"),
        ("❤", "❤\ufe0f"),
        ("김", "\u1100\u1175\u11b7"),
        ("محمد", "مـحـمّد"),
    ],
)
def test_both_sides_fold_to_the_same(typed: str, stored: str) -> None:
    assert fold(stored).strip() == fold(typed).strip() == typed


def test_what_cannot_be_stored_is_gone() -> None:
    assert fold("a\0b\ud800c") == "abc"
    assert fold("\0A") == "a"


@given(ANY_TEXT)
def test_folding_twice_changes_nothing_more(anything: str) -> None:
    folded = fold(anything)
    assert fold(folded) == folded
    folded.encode("utf-8")


@given(ANY_TEXT)
def test_words_are_the_same_from_any_form(anything: str) -> None:
    found = words(anything)
    assert words(fold(anything)) == found
    assert words(" ".join(found)) == found
    for word in found:
        assert 0 < len(word) <= MAX_WORD
        assert not any(char.isascii() and not char.isalnum() for char in word)


def test_every_character_keeps_these_promises() -> None:
    """A sample of all of Unicode; the whole takes five seconds."""
    for code in random.Random(2).sample(range(sys.maxunicode + 1), 20_000):
        char = chr(code)
        assert fold(fold(char)) == fold(char)
        assert words(fold(char)) == words(char) == words(" ".join(words(char)))


@pytest.mark.parametrize(
    ("full", "expected"),
    [
        ("O'Brien", ["o", "brien"]),
        ("OʼBrien", ["o", "brien"]),
        ("anna_maria@x.example", ["anna", "maria", "x", "example"]),
        ("Müller-Lüdenscheidt", ["muller", "ludenscheidt"]),
        ("王小明", ["王", "小", "明"]),
        ("김철수 abc", ["김", "철", "수", "abc"]),
        ("\u1100\u1175\u11b7", ["김"]),
        ("\uffa1\uffc2", ["가"]),
        ("やまだ", ["や", "ま", "た"]),
        ("राजेश", ["राजेश"]),
        ("x" * 50, ["x" * 40]),
        ("é" * 50, ["e" * 40]),
        ("", []),
        ("… – « »", []),
        ("a\0b", ["ab"]),
    ],
)
def test_words(full: str, expected: list[str]) -> None:
    assert words(full) == expected


def test_hostile_text_does_not_fill_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "_TABLE_LIMIT", 0)
    for table in (text._FOLDS, text._WORDS):
        before = len(table)
        "\U00012345\U00012346".translate(table)
        assert len(table) == before


def test_names_sort_letters_then_digits_then_nothing() -> None:
    names = ["", "42 Rooms", "Жанна", "zoe", "Émile", "anna", "(Berta)", "??", "王"]
    assert sorted(names, key=sort_key) == ["anna", "(Berta)", "Émile", "zoe", "Жанна", "王", "42 Rooms", "", "??"]
    by_bytes = sorted(names, key=lambda name: sort_key(name).encode())
    assert by_bytes == sorted(names, key=sort_key)


@given(ANY_TEXT, st.integers(0, 60))
def test_type_ahead_is_a_prefix_of_the_sort_key(name: str, length: int) -> None:
    typed = sort_key("anna " + name[:length])
    # Cutting may take a mark off its letter (or a Hangul letter off its syllable); whole words always hold.
    whole = " ".join(typed.split()[:-1])
    assert sort_key("anna " + name).startswith(whole)


@pytest.mark.parametrize(
    ("number", "digits"),
    [
        ("+33 (0)6 123.123.123", "336123123123"),
        ("+33 ( 0 ) 6", "336"),
        ("0033 6 12", "33612"),
        ("（０）６１２", "612"),
        ("06-12/31", "061231"),
        ("", ""),
        ("none", ""),
        ("9" * 99, "9" * MAX_DIGITS),
    ],
)
def test_phone_digits(number: str, digits: str) -> None:
    assert phone_digits(number) == digits


def test_digit_tokens_are_all_endings_of_four_and_more() -> None:
    assert digit_tokens("06 12 31") == ["061231", "61231", "1231"]
    assert digit_tokens("112") == []


def _finds(typed: str, stored: str) -> bool:
    return any(token.startswith(needle) for needle in digit_needles(typed) for token in digit_tokens(stored))


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("0612312", "+33 (0)6 123.123.123"),
        ("+336123", "+33 (0)6 123.123.123"),
        ("00336123", "+33 6 123 123 123"),
        ("123.123.123", "+33 (0)6 123.123.123"),
        ("(030)1234", "+49 30 1234567"),
        ("+49301234", "030 1234567"),
        ("+12125550100", "0212 555 0100"),
        ("+3531234567", "01234567"),
        ("٠٦١٢٣", "06123"),
        ("3100", "+33 6 310 099"),
    ],
)
def test_a_typed_number_is_found_anywhere_in_the_stored_one(typed: str, stored: str) -> None:
    assert _finds(typed, stored)


def test_other_numbers_are_not_found() -> None:
    assert not _finds("0612312", "+33 (0)6 124.123.123")
    assert not _finds("+49301234", "+33 30 1234567")


@pytest.mark.parametrize("typed", ["", "anna", "061", "06 12a", "1-2-3", "(0)612", "a1234"])
def test_what_is_not_like_a_phone_number_has_no_needles(typed: str) -> None:
    assert digit_needles(typed) == ()


def test_leading_zeros_alone_do_not_match_every_number() -> None:
    assert digit_needles("0000") == ("0000",)


@given(st.text(st.sampled_from("0123456789 +()-./"), max_size=30))
def test_a_number_typed_as_it_is_stored_is_always_found(number: str) -> None:
    needles = digit_needles(number)
    assert not needles or len(phone_digits(number)) < 4 or _finds(number, number)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Anna\r\nBerg", "Anna Berg"),
        ("a\u2028b\x85c\x1b[31m", "a b c [31m"),
        ("\u202eevil\u2066x", "evilx"),
        ("\ud800", ""),
        ("\u200b\ufeff", ""),
        ("a\u00a0b", "a\u00a0b"),
        ("<b>x</b>", "<b>x</b>"),
        ("  x ", "x"),
    ],
)
def test_one_line(raw: str, shown: str) -> None:
    assert one_line(raw) == shown


def test_one_line_is_cut() -> None:
    assert one_line("x" * 301) == "x" * 299 + "…"
    assert one_line("x" * 300) == "x" * 300
    assert one_line("abc def", limit=5) == "abc…"


@given(ANY_TEXT, st.integers(1, 20))
def test_one_line_is_one_short_line(anything: str, limit: int) -> None:
    shown = one_line(anything, limit)
    assert len(shown) <= limit
    assert len(shown.splitlines()) <= 1
    shown.encode("utf-8")


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Anna Maria Berg", "AB"),
        ("anna berg", "AB"),
        ("Anna", "A"),
        ("élodie d'Arc", "ÉD"),
        ("e\u0301lodie", "É"),
        ("(Anna) “Berg”", "AB"),
        ("Z" + "\u0351\u036b" * 20, "Z\u0351\u036b"),
        ("王小明", "王"),
        ("محمد علي", "م"),
        ("क्षमा शर्मा", "क्"),
        ("ßan", "ß"),
        ("😀 ☂", ""),
        ("4 Seasons", "4S"),
        ("", ""),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters
