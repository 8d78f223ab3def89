"""Candidates for a comparison: exactly those that share a key."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmdesk.store import blocks
from crmdesk.store.blocks import MOST_IN_BLOCK, Blocks

KEYS = st.sets(st.sampled_from([-5, 0, 1, 7, 2**40, 2**62, -(2**62)]), max_size=3)


@given(st.lists(KEYS, max_size=12))
def test_who_shares_a_key_is_a_candidate_once(records: list[set[int]]) -> None:
    found = Blocks()
    for number, keys in enumerate(records, 1):
        found.add(number, keys)
    pairs, crowds, full = found.candidates()
    cut = [{key & 0xFFFFFFFF for key in keys} for keys in records]
    wanted = [(a, b) for a, b in combinations(range(1, len(records) + 1), 2) if cut[a - 1] & cut[b - 1]]
    assert [tuple(pair) for pair in pairs.tolist()] == wanted
    assert (crowds, full) == ([], False)


def test_two_keys_of_one_record_that_are_equal_once_they_are_cut_make_no_pair() -> None:
    found = Blocks()
    found.add(1, [5, 5 + 2**32])
    assert found.candidates()[0].tolist() == []


def test_a_crowd_is_told_and_makes_no_candidates() -> None:
    found = Blocks()
    for number in range(1, MOST_IN_BLOCK + 2):
        found.add(number, [1, 1000 + number // 2])
    pairs, crowds, full = found.candidates()
    assert crowds == [(MOST_IN_BLOCK + 1, 1, 2)] and not full
    assert len(pairs) == MOST_IN_BLOCK // 2


def test_there_is_an_end_to_what_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "MOST_CANDIDATES", 10)
    found = Blocks()
    for number in range(1, 40):
        found.add(number, [1])
    pairs, _, full = found.candidates()
    assert len(pairs) == 10 and full


def test_many_records_are_packed_on_the_way() -> None:
    found = Blocks()
    for number in range(1, 200_001):
        found.add(number, [number // 2])
    assert len(found.candidates()[0]) == 99_999
