"""Foreign JSON is read as what it can be read as, and never fails."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmdesk.core import foreign

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60)
ANYTHING = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner))


@given(ANYTHING)
def test_nothing_fails_and_every_answer_has_its_type(value: Any) -> None:
    assert isinstance(foreign.text(value), str)
    assert len(foreign.text(value)) <= foreign.LINE
    assert foreign.flag(value) in (True, False, None)
    assert isinstance(foreign.whole(value), int | None)
    assert isinstance(foreign.decimal(value), Decimal | None)
    for stamp in (foreign.utc(value), foreign.epoch(value)):
        assert stamp == "" or (len(stamp) == 20 and stamp.endswith("Z"))
    assert isinstance(foreign.items(value, 3), list)
    assert foreign.mapping(value) == (value if isinstance(value, dict) else {})


@pytest.mark.parametrize(
    ("value", "meant"),
    [(True, True), (False, False), ("true", True), ("false", False), ("False ", False), ("yes", True), ("0", False)]
    + [(value, None) for value in (None, "", "maybe", 1, 0, [], {}, "t" * 50)],
)
def test_false_as_text_is_not_true(value: Any, meant: bool | None) -> None:
    assert foreign.flag(value) is meant


@pytest.mark.parametrize(
    ("value", "meant"),
    [(7, 7), ("7", 7), (" -7 ", -7), (7.0, 7), (7.5, None), ("7.0", None), ("٣", None), (True, None), ("1" * 30, None)],
)
def test_whole_numbers(value: Any, meant: int | None) -> None:
    assert foreign.whole(value) == meant


@pytest.mark.parametrize(
    ("value", "meant"),
    [(0.1, "0.1"), ("10.50", "10.50"), (3, "3"), (Decimal("1.10"), "1.10")]
    + [(value, None) for value in (True, "", "ten", "NaN", float("inf"), None, [], "1_000", "1" * 61)]
    + [pytest.param(10**5000, None, id="5001 digits")],
)
def test_money_is_decimal_to_the_digit(value: Any, meant: str | None) -> None:
    assert foreign.decimal(value) == (None if meant is None else Decimal(meant))


@pytest.mark.parametrize("value", [1611304820, "1611304820", 1611304820000, "1611304820000"])
def test_seconds_and_milliseconds_since_1970(value: Any) -> None:
    assert foreign.epoch(value) == "2021-01-22T08:40:20Z"


@pytest.mark.parametrize("value", [10**17, "99999999999999999", -(10**15), None, "soon", 1.5, True])
def test_what_is_no_second_of_any_year_is_no_time(value: Any) -> None:
    assert foreign.epoch(value) == ""
