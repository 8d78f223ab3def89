"""What is hidden cannot be put together again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmdesk.core.masking import DOTS, masked_email, masked_phone, masked_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("carla@nienow.co.uk", f"c{DOTS}@nienow.co.uk"),
        ("c@nienow.co.uk", f"{DOTS}@nienow.co.uk"),
        ("no address", DOTS),
        ("a@b@c.example", DOTS),
        ("", ""),
    ],
)
def test_of_an_address_the_first_letter_and_the_host(text: str, shown: str) -> None:
    assert masked_email(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"), [("+30 210 123-4567", f"{DOTS} 567"), ("112", DOTS), ("call me", DOTS), (" ", "")]
)
def test_of_a_number_the_last_three_digits(text: str, shown: str) -> None:
    assert masked_phone(text) == shown


@given(st.text(max_size=60))
def test_most_of_a_value_is_never_shown(text: str) -> None:
    digits = [letter for letter in text if letter.isdecimal()]
    assert sum(letter.isdecimal() for letter in masked_phone(text)) <= min(3, len(digits) / 2)
    name = text.rpartition("@")[0]
    assert len(name) < 2 or name not in masked_email(text).rpartition("@")[0]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Call +30 210 123-4567, or ana@x.example!", f"Call {DOTS} 567, or a{DOTS}@x.example!"),
        ("“ana@x.example” is not valid", f"“{DOTS}@x.example” is not valid"),
        ("Room 1204, 2 nights, 12.50 EUR", "Room 1204, 2 nights, 12.50 EUR"),
        ("(0612345678)", f"({DOTS} 678)"),
    ],
)
def test_free_text_keeps_its_words(text: str, shown: str) -> None:
    assert masked_text(text) == shown


@given(st.text(max_size=20), st.emails(), st.from_regex(r"[+]?[0-9]{7,15}", fullmatch=True), st.text(max_size=20))
def test_no_address_and_no_number_is_left_whole(before: str, email: str, phone: str, after: str) -> None:
    shown = masked_text(f"{before} {email} {phone} {after}")
    assert not email.partition("@")[0][1:] or email not in shown
    assert phone not in shown
