"""One-time codes in whatever people paste (UX-OTP-03, UX-OTP-07)."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmdesk.core.otp import LONGEST, LONGEST_TEXT, SHORTEST, clean, grouped


@pytest.mark.parametrize(
    "text",
    [
        "123456",
        " 123456 ",
        "123 456",
        "123-456",
        "Your code is 123 456!",
        "G-123456",
        "１２３４５６",
        "123456\n",
        "123456\r\n",
        "1 2 3 4 5 6",
        "12 34 56",
        "123\u00a0456",
        "123\u2009456",
        "123–456",
        "\u202a123456\u202c",
        "1\u200b2\u200b3\u200b4\u200b5\u200b6",
        "١٢٣٤٥٦",
        "123.456",
        "<#> Your code is 123456.\n@house.example #123456",
        "123456 is your code. It counts until 12:05 on 27.11.2026. Questions: +357 99 123456",
        "123456, for 10 minutes, at https://house.example/4711/8899",
    ],
)
def test_every_sample_gives_the_code(text: str) -> None:
    assert clean(text).code == "123456"
    assert clean(text).candidates == 1


@pytest.mark.parametrize("text", ["1234", "12345", "123456", "1234567", "12345678", "123456789"])
def test_no_length_is_assumed(text: str) -> None:
    assert clean(text).code == text
    assert clean(f"Code: {text}.").code == text


def test_groups_of_a_longer_code_belong_together() -> None:
    assert clean("1234 5678").code == "12345678"
    assert clean("123 456 789").code == "123456789"


@pytest.mark.parametrize("text", ["123456 654321", "123456\n654321", "First 123456, then 654321", "1234\n5678"])
def test_between_two_codes_nobody_chooses(text: str) -> None:
    found = clean(text)
    assert (found.code, found.candidates) == ("", 2)


@pytest.mark.parametrize("text", ["", " ", "123", "1234567890", "9" * 60, "hello", "27.11.2026", "12:05", "€", "²³¹"])
def test_what_holds_no_code_gives_none(text: str) -> None:
    assert clean(text).code == ""
    assert clean(text).candidates == 0


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("A1B2C3", "A1B2C3"),
        (" a1b2c3\n", "a1b2c3"),
        ("ABC-123", "ABC123"),
        ("A1B 2C3", "A1B2C3"),
        ("Your code is A1B2C3!", "A1B2C3"),
        ("G-123456", "123456"),
        ("ABCDEF", "ABCDEF"),
        ("Ａ１Ｂ２Ｃ３", "A1B2C3"),
        ("123 456", "123456"),
    ],
)
def test_codes_may_have_letters_where_the_vendor_s_have(text: str, code: str) -> None:
    assert clean(text, letters=True).code == code


def test_with_letters_a_sentence_is_no_code() -> None:
    assert clean("hello my world", letters=True).code == ""
    assert clean("Please call us", letters=True).candidates == 0
    assert clean("A1B2C3 or D4E5F6", letters=True).candidates == 2


def test_without_letters_they_are_no_part_of_a_code() -> None:
    assert clean("123456x").code == "123456"
    assert clean("Zimmer 12").candidates == 0


@pytest.mark.parametrize(
    "piece", ["1", "1 ", "1-", "-", "+", "a", "@", "1.", "١", "\ufdfa", "\u200b", "\x00", "12345 "]
)
def test_huge_pastes_are_bounded(piece: str) -> None:
    begun = time.process_time()
    for length in (LONGEST_TEXT, LONGEST_TEXT + 1, 3_000_000):
        text = (piece * (length // len(piece) + 1))[:length]
        assert len(clean(text).code) <= LONGEST
        assert len(clean(text, letters=True).code) <= LONGEST
    assert clean("123456" + " " * LONGEST_TEXT).candidates == 0, "that is no message with a code"
    assert time.process_time() - begun < 1.5, "the window waits for this"


def test_a_code_is_in_no_repr() -> None:
    assert "123456" not in repr(clean("123456"))


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("1234", "1234"),
        ("12345", "12345"),
        ("123456", "123 456"),
        ("1234567", "123 4567"),
        ("12345678", "1234 5678"),
        ("123456789", "123 456 789"),
    ],
)
def test_people_see_groups(code: str, shown: str) -> None:
    assert grouped(code) == shown
    assert clean(shown).code == code


@given(st.text(max_size=80), st.booleans())
def test_any_text_is_read(text: str, letters: bool) -> None:
    found = clean(text, letters=letters)
    assert bool(found.code) == (found.candidates == 1)
    assert found.code == "" or SHORTEST <= len(found.code) <= LONGEST
    assert found.code.isascii()
    assert found.code == "" or (found.code.isalnum() if letters else found.code.isdigit())
    assert clean(found.code, letters=letters).code == found.code


@given(st.from_regex(r"[0-9]{4,9}", fullmatch=True), st.sampled_from(["{}", " {}\n", "Code {}", "{}!", "„{}“", "({})"]))
def test_a_code_alone_in_a_message_is_always_found(code: str, message: str) -> None:
    assert clean(message.format(code)).code == code
