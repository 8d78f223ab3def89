"""PINs: what counts as one, how long a wrong one makes people wait, when a start begins locked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from crmdesk.core.pin import LONGEST_WAIT, AtDesk, PinBook, PinRecord, clean, key_of, wait_after, wait_left, why_bad
from crmdesk.core.seams import iso
from tests.helpers.clock import NOON

MARIA = PinRecord("Maria", "00" * 32, "11" * 32, 2, 1, 1)


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("482915", "482915"),
        (" 48 29-15\n", "482915"),
        ("４８２９１５", "482915"),
        ("٤٨٢٩١٥", "482915"),
        ("48a915", ""),
        ("48.2915", ""),
        ("", ""),
        ("--", ""),
    ],
)
def test_digits_of_every_script_are_a_pin(typed: str, digits: str) -> None:
    assert clean(typed) == digits


@pytest.mark.parametrize("digits", ["4829", "482915", "482915482915", "112233", "121212"])
def test_good_pins(digits: str) -> None:
    assert why_bad(digits) == ""


@pytest.mark.parametrize("digits", ["", "482", "4829154829151", "0000", "123456", "987654"])
def test_pins_that_are_too_short_too_long_or_guessed_at_once(digits: str) -> None:
    assert why_bad(digits)


def test_five_tries_then_thirty_seconds_doubled_each_time() -> None:
    assert [wait_after(tries) for tries in range(10)] == [0, 0, 0, 0, 0, 30, 60, 120, 240, 480]
    assert wait_after(40) == wait_after(10_000) == LONGEST_WAIT


def test_a_wait_goes_on_in_the_next_run_and_a_clock_put_back_shortens_nothing() -> None:
    record = replace(MARIA, tries=6, since=iso(NOON))
    assert wait_left(record, NOON) == 60
    assert wait_left(record, NOON + timedelta(seconds=45)) == 15
    assert wait_left(record, NOON + timedelta(hours=1)) == 0
    assert wait_left(record, NOON - timedelta(days=3650)) == 60
    assert wait_left(replace(record, since="rubbish"), NOON) == 60


def test_nothing_of_a_pin_is_in_its_repr() -> None:
    assert "00" * 32 not in repr(MARIA) and "11" * 32 not in repr(MARIA)


@pytest.mark.parametrize(
    ("desk", "named", "at_start", "locked"),
    [
        (AtDesk("Maria"), "Maria", True, True),
        (AtDesk("Maria"), "Maria", False, False),
        (AtDesk("Maria", locked=True), "Maria", False, True),  # it was locked when it ended
        (AtDesk("Noor", locked=True), "Noor", True, True),
        (AtDesk("Noor"), "Noor", True, False),  # has no PIN
        (AtDesk("Maria"), "Noor", True, True),  # the settings file was edited
        (AtDesk("Noor"), "MARIA", False, True),  # nobody becomes Maria by editing a file
        (AtDesk(), "", True, False),
    ],
)
def test_when_a_start_begins_locked(desk: AtDesk, named: str, at_start: bool, locked: bool) -> None:
    book = PinBook({key_of("Maria"): MARIA}, desk)
    assert book.starts_locked(named, at_start) is locked


def test_without_a_pin_no_start_is_locked() -> None:
    assert not PinBook({}, AtDesk("Maria", locked=True)).starts_locked("Maria", True)
