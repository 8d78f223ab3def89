"""What a note about a caller is searched for (UX-SRC-11)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmdesk.core.caught import MOST, searches
from crmdesk.core.query import parse

NOW = datetime(2026, 5, 3, 12, tzinfo=UTC)

NOTES = {
    "06 12 31 23 12 3": ["phone:06123123123"],
    "06.12.31.23.12": ["phone:0612312312"],
    "+33 (0)6 123.123.123": ["phone:+336123123123"],
    "0049 30 1234567": ["phone:+49301234567"],
    "٠٣٠ ١٢٣٤٥٦٧": ["phone:0301234567"],
    "mail: <ana.ruiz@example.com>.": ["email:ana.ruiz@example.com"],
    "ana@example.com ana@example.com": ["email:ana@example.com"],
    "ana ruiz": ["ana ruiz"],
    "Ana Ruiz": ["ana ruiz", "ana OR ruiz"],
    "Ludwig van Beethoven": ["ludwig beethoven", "ludwig OR beethoven"],
    "Ruiz, Ana: 0612312312": ["(phone:0612312312) ruiz ana", "phone:0612312312", "ruiz ana", "ruiz OR ana"],
    "小林太郎": ["小林太郎"],
    "": [],
    "   \n\t ": [],
    "please call back as soon as you can today": [],
    "arrives 12.05.2026 leaves 2026-05-14": [],
    "a payment card 4111 1111 1111 1111 is none": [],
}


@pytest.mark.parametrize("note", NOTES)
def test_a_note_is_searched_for_the_most_telling_first(note: str) -> None:
    assert searches(note) == NOTES[note]


def test_a_title_before_the_name_does_not_hide_it() -> None:
    found = searches("Herr Hans Müller (Tel 0170 1234567) bitte Rückruf")
    assert "(phone:01701234567) hans muller" in found
    assert found.index("phone:01701234567") < found.index("hans muller")


@given(st.text(max_size=300))
def test_whatever_is_copied_gives_few_searches_that_ask_for_something(text: str) -> None:
    found = searches(text)
    assert len(found) <= MOST and len(set(found)) == len(found)
    assert all(parse(one, now=NOW).top for one in found)


def test_a_huge_clipboard_is_no_work() -> None:
    assert len(searches("Ana Ruiz 0612312312 ana@example.com\n" * 100_000)) <= MOST
