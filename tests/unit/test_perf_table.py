"""The arithmetic behind the benchmark table: a wrong verdict there would hide a slow program."""

from __future__ import annotations

import pytest

from tests.perf.table import Row, amount, centile, median, render


@pytest.mark.parametrize(("percent", "expected"), [(0, 1), (50, 10), (50.1, 11), (95, 19), (99, 20), (100, 20)])
def test_centile_is_the_nearest_rank(percent: float, expected: int) -> None:
    assert centile(reversed(range(1, 21)), percent) == expected


def test_centile_of_one_value_and_of_none() -> None:
    assert median([7.0]) == 7.0
    with pytest.raises(ValueError, match="nothing"):
        centile([], 50)


@pytest.mark.parametrize(
    ("row", "met"),
    [
        (Row("information", 10.0), None),
        (Row("within", 16.0, most=16.0), True),
        (Row("over", 16.1, most=16.0), False),
        (Row("ratio within", 20.0, floor=10.0, most_ratio=2.0), True),
        (Row("ratio over", 20.1, floor=10.0, most_ratio=2.0), False),
        (Row("fast, but slow beside its floor", 5.0, floor=1.0, most=16.0, most_ratio=3.0), False),
        (Row("floor is missing", 5.0, most_ratio=3.0), False),
    ],
)
def test_a_target_is_met_only_if_every_bound_holds(row: Row, met: bool | None) -> None:
    assert row.met is met


def test_the_stretch_is_told_apart() -> None:
    assert Row("start", 15.0, floor=10.0, most_ratio=2.0, stretch=1.5).cells()[-1] == "met, stretch too"
    assert Row("start", 16.0, floor=10.0, most_ratio=2.0, stretch=1.5).cells()[-1] == "met"


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0 ms"), (1.234, "1.23 ms"), (12.34, "12.3 ms"), (16, "16 ms"), (1234.5, "1,234 ms")]
)
def test_amounts_are_short(value: float, text: str) -> None:
    assert amount(value, "ms") == text


def test_every_line_of_the_table_is_as_wide_as_the_first() -> None:
    rows = [Row("a", 1.5, most=2), Row("a longer name", 210.0, "MB", floor=50, most=200), Row("c", 3, floor=2)]
    lines = render(rows).splitlines()
    assert len(lines) == 2 + len(rows)
    assert len({len(line) for line in lines}) == 1
    assert "NOT MET" in lines[3] and "4.20 ×" in lines[3]
