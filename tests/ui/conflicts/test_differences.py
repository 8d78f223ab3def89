"""Differing words, and both sides' changes of one text put together."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmdesk.ui.conflicts.differences import MOST_WORDS, combined, pieces, spoken


def test_words_that_differ_are_marked() -> None:
    found = pieces("Late arrival, 23:00. Asks for a cot.", "Late arrival. Asks for a cot.")
    assert [part.text for part in found if part.changed] == [", 23:00"]
    assert spoken(found) == "Late arrival[, 23:00]. Asks for a cot."


def test_equal_texts_have_no_mark_and_empty_ones_nothing() -> None:
    assert not any(part.changed for part in pieces("Nantes", "Nantes"))
    assert pieces("", "Nantes") == ()
    assert all(part.changed for part in pieces("Nantes", ""))


@given(st.text(), st.text())
def test_nothing_of_the_text_is_lost(text: str, other: str) -> None:
    assert "".join(part.text for part in pieces(text, other)) == text


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "both"),
    [
        ("Late arrival. A cot.", "Late arrival, 23:00. A cot.", "Late arrival. Two cots.",
         "Late arrival, 23:00. Two cots."),
        ("a b c", "a x c", "a b c", "a x c"),
        ("a b c", "a b c", "a y c", "a y c"),
        ("a b c", "a x c", "a x c", "a x c"),
        ("a b c", "a x c", "a y c", "a x y c"),
        ("", "mine", "theirs", "mine theirs"),
        ("a", "", "", ""),
        ("one\ntwo", "one\ntwo\nthree", "zero\none\ntwo", "zero\none\ntwo\nthree"),
        ("a b c d", "b c d", "a b c", "b c"),
    ],
)  # fmt: skip
def test_both_sides_changes_together(base: str, mine: str, theirs: str, both: str) -> None:
    assert combined(base, mine, theirs) == both


@given(st.text("ab \n", max_size=30), st.text("ab \n", max_size=30))
def test_where_one_side_changed_nothing_the_other_counts(base: str, side: str) -> None:
    assert combined(base, side, base) == side
    assert combined(base, base, side) == side
    assert combined(base, side, side) == side


@given(st.text("abc ", max_size=25), st.text("abc ", max_size=25), st.text("abc ", max_size=25))
def test_any_three_texts_can_be_put_together(base: str, mine: str, theirs: str) -> None:
    assert isinstance(combined(base, mine, theirs), str)


def test_very_long_texts_are_shown_without_marks_at_once() -> None:
    long = "word " * (MOST_WORDS + 1)
    began = time.perf_counter()
    assert not any(part.changed for part in pieces(long, long + "x"))
    assert combined(long, long + "x", "y") == f"{long}x\ny"
    assert time.perf_counter() - began < 1
