"""A result that is ordered only as far as somebody looks says the same as one that is ordered at once."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmdesk.store import in_order
from crmdesk.store.in_order import InOrder, Order, whole
from crmdesk.store.vectors import NOWHERE, rank_of

SIZE = 400  # ids; every seventh has no place


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few ids are many here."""
    monkeypatch.setattr(in_order, "HEAD", 5)
    monkeypatch.setattr(in_order, "_BLOCK", 7)
    monkeypatch.setattr(in_order, "SORTED", 12)


def order(seed: int = 1) -> Order:
    ids = np.array([number for number in range(SIZE) if number % 7], np.uint32)
    np.random.default_rng(seed).shuffle(ids)
    ids.flags.writeable = False
    rank = rank_of(ids, SIZE)
    return Order(ids, rank, rank != NOWHERE)


def naive(wanted: set[int], view: Order) -> list[int]:
    return [number for number in view.ids.tolist() if number in wanted]


def made(wanted: set[int], view: Order, *, mask: bool) -> InOrder:
    ids = np.array(sorted(wanted), np.uint32)
    if not mask:
        return InOrder(ids, view)
    found = np.zeros(SIZE, np.bool_)
    found[ids] = True
    return InOrder(found, view)


WANTED = st.one_of(
    st.sets(st.integers(0, SIZE - 1), max_size=20),
    st.sets(st.integers(0, SIZE - 1), max_size=20).map(lambda barred: set(range(SIZE)) - barred),
)
ASKED = st.one_of(
    st.integers(-20, SIZE + 20),
    st.builds(slice, st.none() | st.integers(-9, SIZE), st.none() | st.integers(-9, SIZE), st.none() | st.just(2)),
)


@given(wanted=WANTED, mask=st.booleans(), asked=st.lists(ASKED, max_size=6), seed=st.integers(0, 3))
def test_whatever_is_asked_in_whatever_sequence(wanted: set[int], mask: bool, asked: list[Any], seed: int) -> None:
    view = order(seed)
    ids, want = made(wanted, view, mask=mask), naive(wanted, view)
    assert len(ids) == len(want)
    for at in asked:
        if isinstance(at, slice):
            assert ids[at].tolist() == want[at]
        elif -len(want) <= at < len(want):
            assert ids[at] == want[at]
        else:
            with pytest.raises(IndexError):
                ids[at]
    assert list(ids) == ids.tolist() == want


@given(wanted=WANTED, mask=st.booleans(), asked=st.lists(st.integers(-2, SIZE + 2), max_size=4))
def test_position_is_the_row_of_an_id(wanted: set[int], mask: bool, asked: list[int]) -> None:
    view = order()
    ids, want = made(wanted, view, mask=mask), naive(wanted, view)
    for contact_id in (*asked, *want[:6], *want[-2:]):
        assert ids.position(contact_id) == (want.index(contact_id) if contact_id in want else -1)


@pytest.mark.parametrize("mask", [True, False])
def test_what_is_looked_at_first_orders_nothing_else(mask: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    view = order()
    everyone = set(range(SIZE))
    ids, want = made(everyone, view, mask=mask), naive(everyone, view)
    monkeypatch.setattr(InOrder, "whole", lambda _: pytest.fail("the whole vector was made"))
    assert ids[:5].tolist() == want[:5]
    assert [ids[row] for row in range(5)] == want[:5]
    assert ids.position(want[3]) == 3
    assert ids.position(7) == -1, "it has no place in the view"
    assert len(ids) == len(want)


def test_the_whole_vector_is_made_once() -> None:
    ids = made(set(range(SIZE)), order(), mask=True)
    assert whole(ids) is whole(ids)
    assert whole(ids[:3]).tolist() == ids[:3].tolist()


def test_the_mask_it_was_made_from_may_be_used_again() -> None:
    found = np.ones(SIZE, np.bool_)
    ids = InOrder(found, order())
    assert found.all()
    found[:] = False
    assert ids.tolist() == order().ids.tolist()


def test_two_threads_that_ask_at_once_get_the_same() -> None:
    view = order()
    for _ in range(20):
        ids, seen = made(set(range(SIZE)), view, mask=True), []
        threads = [threading.Thread(target=lambda: seen.append(ids.tolist())) for _ in range(4)]  # noqa: B023
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == [view.ids.tolist()] * 4


def test_nobody_found() -> None:
    for mask in (True, False):
        ids = made(set(), order(), mask=mask)
        assert (len(ids), ids.tolist(), ids[:80].tolist(), ids.position(1)) == (0, [], [], -1)
    nobody = Order(np.empty(0, np.uint32), np.empty(0, np.uint32), np.empty(0, np.bool_))
    assert InOrder(np.empty(0, np.bool_), nobody).tolist() == []
