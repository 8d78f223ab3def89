"""Stages of rows, calls and submissions, sizes of calls, and the age of a data folder."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmdesk.core.batch import RowState
from crmdesk.core.epoch import Age, Mark, MemoryEpochs, age
from crmdesk.core.submission import (
    CALL_TRANSITIONS,
    ROW_TRANSITIONS,
    STAGE_OF,
    SUBMISSION_TRANSITIONS,
    CallStage,
    RowStage,
    SubmissionStage,
    culprit_calls,
    sizes,
    sources,
)


@pytest.mark.parametrize(
    ("table", "stages"),
    [(ROW_TRANSITIONS, RowStage), (CALL_TRANSITIONS, CallStage), (SUBMISSION_TRANSITIONS, SubmissionStage)],
)
def test_every_stage_stands_in_its_table(table: Any, stages: Any) -> None:
    assert set(table) == set(stages)
    for stage in stages:
        assert stage not in table[stage]
        assert sources(table, stage) == {now for now in stages if stage in table[now]}


def test_what_is_sent_stays_sent_and_unknown_rows_never_queue_again_at_once() -> None:
    assert not ROW_TRANSITIONS[RowStage.SENT] and not CALL_TRANSITIONS[CallStage.SETTLED]
    assert RowStage.QUEUED not in ROW_TRANSITIONS[RowStage.UNKNOWN]
    assert CallStage.SEALED not in CALL_TRANSITIONS[CallStage.UNKNOWN] | CALL_TRANSITIONS[CallStage.ANSWERED]
    assert set(STAGE_OF) == set(RowState)


@settings(max_examples=200, deadline=None, database=None)
@given(rows=st.integers(0, 5000), per_call=st.integers(1, 1000), trial=st.integers(0, 20))
def test_calls_hold_all_rows_and_none_too_many(rows: int, per_call: int, trial: int) -> None:
    found = sizes(rows, per_call, trial)
    assert sum(found) == rows and all(0 < size <= max(per_call, trial) for size in found)
    assert not trial or not rows or found[0] == min(trial, rows)


@pytest.mark.parametrize(
    ("rows", "calls"), [(0, (0, 0)), (1, (1, 1)), (2, (2, 2)), (200, (16, 398)), (1000, (20, 1998))]
)
def test_how_many_calls_a_search_takes(rows: int, calls: tuple[int, int]) -> None:
    assert culprit_calls(rows) == calls


@pytest.mark.parametrize(
    ("install", "own", "mark", "found"),
    [
        ("", 0, None, Age.SAME),  # never held a submission
        ("a", 5, Mark(5, "t"), Age.SAME),
        ("a", 5, Mark(6, "t"), Age.CUT),  # raised for a call that is still here
        ("a", 5, Mark(6, "gone"), Age.OLD),
        ("a", 5, Mark(6), Age.OLD),
        ("a", 5, Mark(7, "t"), Age.OLD),
        ("a", 5, Mark(4, "t"), Age.OLD),  # the counter itself went back
        ("a", 5, None, Age.OLD),  # another computer, another user
    ],
)
def test_how_old_a_folder_is(install: str, own: int, mark: Mark | None, found: Age) -> None:
    assert age(install, own, mark, frozenset({"t"})) is found


def test_a_counter_is_swapped_only_for_what_stands_there() -> None:
    epochs = MemoryEpochs()
    assert epochs.read("a") is None
    assert epochs.swap("a", None, Mark(1)) and not epochs.swap("a", None, Mark(2))
    assert epochs.swap("a", Mark(1), Mark(2, "t")) and epochs.read("a") == Mark(2, "t")
