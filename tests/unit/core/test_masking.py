"""What is hidden cannot be put together again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmdesk.core.masking import DOTS, masked_email, masked_phone


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
