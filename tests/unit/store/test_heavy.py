"""Which bitmaps stay, and what is in them."""

from __future__ import annotations

import numpy as np
import pytest

from crmdesk.store import heavy
from crmdesk.store.heavy import HeavyWords


def ids(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.uint32)


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> HeavyWords:
    """Room for two bitmaps."""
    made = HeavyWords()
    made.put("first", ids(*range(10)))
    monkeypatch.setattr(heavy, "_BYTES", 2 * made._capacity // 8)
    return made


def test_a_bitmap_says_who_has_the_word(words: HeavyWords) -> None:
    mask = words.get("first", 20)
    assert mask is not None
    assert mask.nonzero()[0].tolist() == list(range(10))
    assert len(mask) == 20
    assert words.get("other", 20) is None


def test_where_room_is_short_the_heavier_words_stay(words: HeavyWords) -> None:
    words.put("heavier", ids(*range(30)))
    words.put("lighter", ids(1, 2))
    assert "lighter" not in words
    assert words.hits("lighter") == 0
    words.put("heaviest", ids(*range(60)))
    assert [word in words for word in ("first", "heavier", "heaviest")] == [False, True, True]
    assert len(words) == 2


def test_there_is_always_room_for_one(words: HeavyWords, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heavy, "_BYTES", 0)
    words.put("heavier", ids(*range(30)))
    assert (len(words), "heavier" in words) == (1, True)
