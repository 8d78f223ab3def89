"""PySide6 6.12.0 on Python 3.10 and 3.11 drops references of None and True: the process dies after some 1,000 calls."""

from __future__ import annotations

import itertools
import sys

import pytest

from crmdesk import intact


def test_this_pyside_keeps_the_references_of_none_and_true() -> None:
    intact.references()


def test_one_that_does_not_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = itertools.count(100_000, -intact.CALLS)
    monkeypatch.setattr(sys, "getrefcount", lambda _: next(fewer))
    with pytest.raises(intact.TroubleError, match="loses references"):
        intact.references()


def test_the_pin_keeps_the_broken_pair_out() -> None:
    import PySide6

    broken = sys.version_info < (3, 12) and PySide6.__version_info__[:3] == (6, 12, 0)
    assert not broken
