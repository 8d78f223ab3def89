"""After one contact moved, came or went, the view order and its ranks are as if they were made anew."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmdesk.store import shifted
from crmdesk.store.shifted import NOWHERE, order_with, rank_with, room
from crmdesk.store.vectors import rank_of

SIZE = 12  # ids


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several blocks of few ids, and large pages for them."""
    monkeypatch.setattr(shifted, "_BLOCK", 5)
    monkeypatch.setattr(shifted, "_LEAST", 16)


@given(
    ids=st.lists(st.integers(0, SIZE - 1), unique=True),
    contact_id=st.integers(0, SIZE - 1),
    place=st.none() | st.integers(0, SIZE),
)
def test_it_is_as_if_made_anew(ids: list[int], contact_id: int, place: int | None) -> None:
    order = np.array(ids, np.uint32)
    rank = rank_of(order, SIZE)
    wanted = [number for number in ids if number != contact_id]
    now = NOWHERE if place is None else min(place, len(wanted))
    if place is not None:
        wanted.insert(now, contact_id)
    was = int(rank[contact_id])
    if was == now:
        return  # nobody asks
    moved, ranks = order_with(order, contact_id, was, now), rank_with(rank, contact_id, len(order), now)
    assert moved.tolist() == wanted
    assert ranks.tolist() == rank_of(moved, SIZE).tolist()
    assert moved.dtype == ranks.dtype == np.uint32
    assert order.tolist() == ids, "what was given stays as it is"


@pytest.mark.parametrize("count", [0, 1, 4, 5, 700_000])
def test_room_is_as_large_as_asked_for_and_can_be_written_to(count: int) -> None:
    made = room(count)
    made[:] = np.arange(count)
    assert len(made) == count and made.dtype == np.uint32
    assert made.tolist() == list(range(count))
