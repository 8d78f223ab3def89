"""Guests about whom nothing may be sent are recognised however their number is written, and nobody else is."""

from __future__ import annotations

from typing import Any

import pytest

from crmdesk.core.closed_guests import Closed, closed_rows, clue_in, naming
from crmdesk.core.text import is_phone, phone_tail
from crmdesk.vendors.cendyn.kinds import CONTACTS

JOSE = Closed(frozenset({"g:9"}), "jose@example.com", "José Nuñez", "+33 6 12 34 56 78", "g:9")


def blocked(guest: Closed, *rows: dict[str, Any]) -> list[int]:
    return sorted(closed_rows(CONTACTS, rows, [guest]))


@pytest.mark.parametrize(
    "written",
    [
        "06.12.34.56.78", "+33\u00a06\u00a012\u00a034\u00a056\u00a078", "+33\u202f612345678", "(06) 12345678",
        "06–12–34–56–78", "06-12-34-56-78", "0033612345678", "+33 (0)6 12 34 56 78", "(+33) 612345678", "06/12345678",
        " 06 12 34 56 78 ",
    ],
)  # fmt: skip
def test_a_number_is_known_however_it_is_written(written: str) -> None:
    assert clue_in(written) == phone_tail(JOSE.phone)
    assert blocked(JOSE, {"phone": written}) == [0]
    assert naming([{}], [("", written)], [""], [JOSE]).clues == {0: frozenset({phone_tail(JOSE.phone)})}


def test_other_texts_are_no_numbers() -> None:
    assert not any(
        map(clue_in, ("", "06 12", "Room 612345678", "2026-05-03", "ACR0612345678", "612345678 612345678 " * 3))
    )
    assert is_phone("(030) 12-34", 6) and not is_phone("12 34", 6) and not is_phone("12:34:56", 6)


def test_the_number_without_its_country_code_is_read_too() -> None:
    rows = [
        {"phone_countrycode": "+33", "phone_number": "612345678"},
        {"phone_number": "06.12.34.56.78"},
        {"phone_countrycode": "33", "phone_number": "699999999"},
        {"phone_countrycode": "+33"},
    ]
    assert blocked(JOSE, *rows) == [0, 1]
    short = Closed(frozenset(), "", "Ann Lee", "+357 99 123456")
    assert blocked(short, {"phone_countrycode": "+357", "phone_number": "99 123456"}) == [0]


def test_a_relative_on_the_same_line_is_somebody_else() -> None:
    line = {"phone": "06 12 34 56 78"}
    rows = [
        {**line, "name_first": "María", "name_last": "Nuñez"},
        {**line, "name_first": "Jose", "name_last": "Nunez"},
        {**line, "name_last": "NUÑEZ"},
        {**line, "name_first": "José María", "name_last": "Nuñez Ruiz"},
        {**line, "name_first": "José", "name_last": "Ruiz"},
    ]
    assert blocked(JOSE, *rows) == [1, 2, 3]


def test_an_address_is_one_persons_even_where_the_name_is_written_otherwise() -> None:
    rows = [
        {"email": "JOSE@example.com", "name_first": "J.", "name_last": "Nuñez"},
        {"email": "jose@example.com", "name_first": "Ana", "name_last": "Ruiz"},
    ]
    assert blocked(JOSE, *rows) == [0]
