"""The only places that ask the system for time and chance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from crmdesk.core import seams


def test_the_clock_is_aware_and_never_runs_backwards() -> None:
    clock = seams.SystemClock()
    assert clock.now().tzinfo is UTC
    first = clock.monotonic()
    assert clock.monotonic() >= first


def test_moments_are_stored_as_utc_text_that_sorts() -> None:
    desk = timezone(timedelta(hours=5, minutes=30))
    assert seams.iso(datetime(2026, 11, 22, 4, 0, 0, 999, tzinfo=desk)) == "2026-11-21T22:30:00Z"
    earlier, later = datetime(2026, 1, 9, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)
    assert seams.iso(earlier) < seams.iso(later)


def test_ids_and_keys_do_not_repeat() -> None:
    assert len({seams.new_id() for _ in range(100)}) == 100
    assert all(char in "0123456789abcdef" for char in seams.new_id())
    assert len(seams.new_id()) == 32
    assert len(seams.random_bytes(32)) == 32
    assert seams.random_bytes(32) != seams.random_bytes(32)


def test_fractions_spread_over_the_whole_range() -> None:
    drawn = [seams.random_fraction() for _ in range(1000)]
    assert all(0 <= fraction < 1 for fraction in drawn)
    assert min(drawn) < 0.2 < 0.8 < max(drawn)


def test_a_gate_does_nothing_unless_a_test_hooks_it() -> None:
    passed: list[str] = []
    seams.gate("before commit")
    seams.set_gate(passed.append)
    try:
        seams.gate("before commit")
    finally:
        seams.set_gate(None)
    seams.gate("after commit")
    assert passed == ["before commit"]


def test_a_gate_may_stop_the_step() -> None:
    def power_cut(name: str) -> None:
        raise KeyboardInterrupt(name)

    seams.set_gate(power_cut)
    try:
        with pytest.raises(KeyboardInterrupt, match="commit"):
            seams.gate("commit")
    finally:
        seams.set_gate(None)
