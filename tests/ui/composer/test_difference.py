"""What an edit altered is found in one walk, and counts follow it without looking at all rows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmdesk.core.submission import RowStage
from crmdesk.ui.composer.difference import difference
from crmdesk.ui.composer.rows import GridRow
from crmdesk.ui.composer.verdicts import count, recounted

STAGES = st.sampled_from(list(RowStage))
ROWS = st.lists(
    st.builds(GridRow, values=st.dictionaries(st.sampled_from("abc"), st.just("x")), stage=STAGES), max_size=12
)


def a_row(**values: object) -> GridRow:
    return GridRow(values)


@settings(deadline=None)  # a slow machine is no fault
@given(data=st.data(), before=ROWS)
def test_counts_that_follow_an_edit_are_those_of_all_rows(data: st.DataObject, before: list[GridRow]) -> None:
    keys = [row.key for row in before]
    wrong, doubtful = (data.draw(st.sets(st.sampled_from(keys)) if keys else st.just(set())) for _ in range(2))
    now = [
        replace(row, values={"a": "y"}, stage=data.draw(STAGES)) if data.draw(st.booleans()) else row for row in before
    ]
    at = data.draw(st.integers(0, len(now)))
    match data.draw(st.sampled_from(["stay", "come", "go"])):
        case "come":
            now = [*now[:at], *data.draw(ROWS), *now[at:]]
        case "go":
            now = now[:at]
    found = difference(before, now, ())
    assert recounted(count(before, wrong, doubtful), found, wrong, doubtful) == count(now, wrong, doubtful)
    assert {row.key for row in now} - {row.key for row in before} <= {row.key for row in found.come}
    inside = now[found.first : found.last + 1]
    assert list(found.come) == [row for row in inside if row in found.come]
    assert inside == [] or (inside[0], inside[-1]) == (found.come[0], found.come[-1])


def test_a_row_put_between_others_is_the_only_one_that_is_another() -> None:
    rows = [a_row(a=str(n)) for n in range(5)]
    new = a_row(b="x")
    found = difference(rows, [*rows[:2], new, *rows[2:]], ())
    assert (list(found.gone), list(found.come), found.touched, found.used) == ([], [new], 1, {"b"})


def test_rows_taken_away_are_counted() -> None:
    rows = [a_row(a=str(n)) for n in range(5)]
    found = difference(rows, [rows[0], *rows[3:]], ())
    assert (list(found.gone), list(found.come), found.touched) == (rows[1:3], [], 2)


def test_lines_of_a_record_are_told_by_their_parts() -> None:
    rows = [a_row(lines=[{"net": "1"}, {"vat": "2"}], a="x"), a_row(lines="not a list")]
    assert difference([], rows, ["lines"]).used == {"a", "lines.0.net", "lines.1.vat"}


@pytest.mark.parametrize("said", [{"text": "refused"}, {"code": "E1"}, {"note": "twice"}])
def test_what_was_said_of_a_row_is_noticed(said: dict[str, str]) -> None:
    row = a_row(a="x")
    assert not difference([], [row], ()).told
    assert difference([row], [replace(row, **said)], ()).told
