"""The rate budget: patience learnt from the vendor's headers, bounded whatever they say."""

from __future__ import annotations

import time
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest

from crmdesk.core.seams import SystemClock
from crmdesk.net.limiter import RateBudget, retry_after
from tests.unit.net.fakes import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def headers(clock: FakeClock, limit: str, remaining: str, reset_in: float) -> httpx.Headers:
    reset = str(int(clock.now().timestamp() + reset_in))
    return httpx.Headers({"x-RATELIMIT-limit": limit, "X-RateLimit-Remaining": remaining, "X-Ratelimit-Reset": reset})


async def test_a_spent_window_is_waited_for(clock: FakeClock) -> None:
    budget = RateBudget(clock, sleep=clock.sleep)
    budget.learn(headers(clock, "1000", "2", 420))
    until = clock.now() + timedelta(seconds=420)
    assert budget.opens_at() == until
    await budget.take()
    assert clock.now() == until
    assert budget.opens_at() is None
    await budget.take()
    assert clock.now() == until


async def test_calls_count_down_between_answers(clock: FakeClock) -> None:
    budget = RateBudget(clock, sleep=clock.sleep)
    budget.learn(headers(clock, "1000", "5", 60))
    for _ in range(3):
        await budget.take()
    assert clock.pauses == []
    await budget.take()
    assert sum(clock.pauses) == 60


async def test_a_tiny_window_keeps_no_reserve(clock: FakeClock) -> None:
    budget = RateBudget(clock, sleep=clock.sleep)
    budget.learn(headers(clock, "3", "1", 60))
    await budget.take()
    assert clock.pauses == []


@pytest.mark.parametrize(
    ("limit", "remaining", "reset"),
    [
        ("1000", "abc", "2000000000"),
        ("1000", "-1", "2000000000"),
        ("1000", "0", ""),
        ("1000", "0", "nan"),
        ("1000", "0", "inf"),
        ("1000", "0", "1"),
        ("1000", "0", "-5"),
        ("1000", "9" * 400, "2000000000"),
        ("", "", ""),
        ("١٠", "٠", "٢"),
    ],
)
async def test_garbage_is_no_reason_to_wait(limit: str, remaining: str, reset: str, clock: FakeClock) -> None:
    budget = RateBudget(clock, sleep=clock.sleep)
    budget.learn({"x-ratelimit-limit": limit, "x-ratelimit-remaining": remaining, "x-ratelimit-reset": reset})
    await budget.take()
    assert clock.pauses == []


async def test_no_header_makes_us_wait_longer_than_an_hour(clock: FakeClock) -> None:
    budget = RateBudget(clock, sleep=clock.sleep)
    budget.learn(headers(clock, "1000", "0", 10**9))
    await budget.take()
    assert sum(clock.pauses) == pytest.approx(3600)


async def test_the_vendors_own_clock_counts(clock: FakeClock) -> None:
    budget = RateBudget(clock, sleep=clock.sleep)
    theirs = clock.now() + timedelta(hours=24)
    answer = {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(int(theirs.timestamp()) + 90),
        "date": format_datetime(theirs, usegmt=True),
    }
    budget.learn(answer)
    await budget.take()
    assert sum(clock.pauses) == pytest.approx(90)


@pytest.mark.parametrize("jump", [-3 * 365 * 86400, 3 * 365 * 86400])
async def test_a_jump_of_the_wall_clock_does_not_hold_calls_up(jump: int, clock: FakeClock) -> None:
    async def sleep(seconds: float) -> None:
        await clock.sleep(seconds)
        if len(clock.pauses) == 1:
            clock.wall += timedelta(seconds=jump)

    budget = RateBudget(clock, sleep=sleep)
    budget.refused({"retry-after": "120"})
    await budget.take()
    assert sum(clock.pauses) <= 121


@pytest.mark.parametrize("how", ["refused", "spent"])
@pytest.mark.parametrize("jump", [-30 * 86400, -3600, 3600])
async def test_a_wall_clock_that_was_moved_between_two_calls_makes_nobody_wait_longer(
    jump: int, how: str, clock: FakeClock
) -> None:
    """Whoever asks first when it opens would be told a month from now, and call no more until then."""
    budget = RateBudget(clock, sleep=clock.sleep)
    if how == "refused":
        budget.refused({"retry-after": "120"})
    else:
        budget.learn(headers(clock, "1000", "0", 120))
    clock.wall += timedelta(seconds=jump)
    until = budget.opens_at()
    assert until is None if jump > 0 else until == clock.now() + timedelta(seconds=120)
    clock.advance(121)
    assert budget.opens_at() is None
    await budget.take()
    assert clock.pauses == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        ("0", 1),
        ("-5", 1),
        ("1e9", 3600),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30),
        ("Sun, 22 Nov 2020 12:00:30 GMT", 1),
        ("Sun, 22 Nov 2099 12:00:30 GMT", 3600),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("Sun, 99 Nov 2026 12:00:30 GMT", None),
        ("9" * 5000, None),
    ],
)
def test_retry_after_in_every_form(text: str, seconds: float | None, clock: FakeClock) -> None:
    pause = retry_after({"retry-after": text}, clock.now())
    assert pause == (None if seconds is None else timedelta(seconds=seconds))


async def test_a_storm_of_refusals_without_times_is_met_with_growing_pauses(clock: FakeClock) -> None:
    budget = RateBudget(clock, sleep=clock.sleep)
    calls = 0
    end = clock.now() + timedelta(minutes=30)
    while clock.now() < end:
        await budget.take()
        budget.refused({})
        calls += 1
    assert calls <= 6
    await budget.take()
    budget.learn({})
    assert budget.refused({}) - clock.now() == timedelta(minutes=1)


async def test_a_ceiling_holds_on_average() -> None:
    budget = RateBudget(SystemClock(), ceiling=200)
    began = time.perf_counter()
    for _ in range(240):
        await budget.take()
    assert time.perf_counter() - began >= 0.15


async def test_without_a_ceiling_a_call_costs_next_to_nothing() -> None:
    budget = RateBudget(SystemClock())
    answer = httpx.Headers({"x-ratelimit-limit": "100000", "x-ratelimit-remaining": "99999"})
    began = time.process_time()
    for _ in range(2000):
        await budget.take()
        budget.learn(answer)
    assert (time.process_time() - began) / 2000 < 0.0002  # measured: 0.00001
