"""After one contact moved, came or went, the view order and its ranks are as if they were made anew."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmdesk.store import shifted
from crmdesk.store.shifted import NOWHERE, Spare, order_with, rank_with
from crmdesk.store.vectors import rank_of

SIZE = 12  # ids


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several blocks of few ids."""
    monkeypatch.setattr(shifted, "_BLOCK", 5)


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
    moved = order_with(order, contact_id, was, now, Spare())
    ranks = rank_with(rank, contact_id, len(order), now, Spare())
    assert moved.tolist() == wanted
    assert ranks.tolist() == rank_of(moved, SIZE).tolist()
    assert moved.dtype == ranks.dtype == np.uint32
    assert order.tolist() == ids, "what was given stays as it is"


def test_a_spare_array_is_filled_again_once_nobody_looks_at_it() -> None:
    spare, array = Spare(), np.arange(5, dtype=np.uint32)
    array.flags.writeable = False
    part = array[2:4]
    spare.keep(array)
    del array
    assert not np.shares_memory(spare.room(5), part), "somebody has a part of it"
    assert part.tolist() == [2, 3]
    array = np.arange(5, dtype=np.uint32)
    place = array.ctypes.data
    spare.keep(array)
    del array
    again = spare.room(5)
    again[:] = 7
    assert again.ctypes.data == place
    spare.keep(again[1:])
    assert not np.shares_memory(spare.room(4), again), "a part of something is no spare"
    spare.keep(np.arange(5, dtype=np.uint32))
    assert len(spare.room(6)) == 6
