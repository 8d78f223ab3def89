"""Exports are inert and come back identical; terminals are not written to by strangers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmdesk.core.tabular import FORMULA_STARTS, cells_wide, disarm, fit, printable, rearm, table

HOSTILE = [
    "=1+1",
    "+33 6 12",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1+1",
    '=HYPERLINK("http://x")',
    "'=1",
    "''",
    "plain",
    "",
]


@pytest.mark.parametrize("cell", HOSTILE)
def test_no_cell_starts_like_a_formula(cell: str) -> None:
    assert not disarm(cell).startswith(FORMULA_STARTS)


@given(st.text())
def test_every_cell_comes_back_identical(cell: str) -> None:
    assert rearm(disarm(cell)) == cell


@given(st.text())
def test_a_terminal_gets_no_control_characters(text: str) -> None:
    assert not any(ord(char) < 32 or char in "\x7f\x9b\u202e\u2066" for char in printable(text))


@given(st.text(max_size=30), st.integers(1, 20))
def test_fit_takes_exactly_the_width(text: str, width: int) -> None:
    assert cells_wide(fit(printable(text), width)) == width


def test_wide_characters_line_up() -> None:
    lines = table(["Name", "City"], [["王伟", "北京"], ["Ana", "Porto"]])
    assert lines == ["Name  City", "----  -----", "王伟  北京", "Ana   Porto"]


def test_a_long_cell_is_cut_with_an_ellipsis() -> None:
    assert table(["A"], [["x" * 50]], widest=10)[-1] == "xxxxxxxxx…"
