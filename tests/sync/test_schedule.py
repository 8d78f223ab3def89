"""When accounts are checked: virtual time, no waiting."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from crmdesk.core.seams import random_fraction
from crmdesk.sync.outcome import PullResult
from crmdesk.sync.progress import Phase
from crmdesk.sync.schedule import BACKOFF_MINUTES, JITTER, Schedule, Timetable
from tests.helpers.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def timetable(clock: FakeClock, jitter: float = 0.5) -> Timetable:
    table = Timetable(clock, 10, lambda: jitter)
    table.begin([1])
    return table


def ended(phase: Phase, account_id: int = 1, **more: object) -> PullResult:
    return PullResult(account_id, phase, **more)  # type: ignore[arg-type]


def test_first_checks_come_one_after_the_other(clock: FakeClock) -> None:
    table = Timetable(clock)
    table.begin([1, 2, 3])
    assert table.due() == [1]
    clock.forward(2)
    assert table.due() == [1, 2]


def test_a_good_check_is_followed_after_the_interval(clock: FakeClock) -> None:
    table = timetable(clock)
    table.started(1)
    assert table.wait() is None
    assert table.note(ended(Phase.DONE)) == 600
    clock.forward(599)
    assert table.due() == []
    clock.forward(1)
    assert table.due() == [1]


@pytest.mark.parametrize("phase", [Phase.OFFLINE, Phase.FAILED, Phase.WAITING])
def test_trouble_backs_off_step_by_step_and_a_good_check_forgets_it(clock: FakeClock, phase: Phase) -> None:
    table = timetable(clock)
    waits = [table.note(ended(phase)) for _ in range(7)]
    assert waits == [60 * minutes for minutes in (*BACKOFF_MINUTES, 15, 15)]
    table.note(ended(Phase.DONE))
    assert table.note(ended(phase)) == 60


@pytest.mark.parametrize("drawn", [0.0, 0.999999])
def test_jitter_stays_in_its_bounds(clock: FakeClock, drawn: float) -> None:
    wait = timetable(clock, drawn).note(ended(Phase.OFFLINE))
    assert wait == pytest.approx(60 * (1 - JITTER if drawn == 0 else 1 + JITTER), abs=0.01)


@pytest.mark.parametrize(("asked", "waited"), [(420, 420), (-5, 1), (10**9, 24 * 3600)])
def test_a_rate_limit_is_waited_for_within_reason(clock: FakeClock, asked: float, waited: float) -> None:
    until = clock.now() + timedelta(seconds=min(asked, 10**8))
    assert timetable(clock, 0.0).note(ended(Phase.WAITING, retry_at=until)) == waited


def test_a_refused_token_waits_for_a_person(clock: FakeClock) -> None:
    table = timetable(clock)
    table.started(1)
    assert table.note(ended(Phase.SIGN_IN)) is None
    clock.forward(10**6)
    assert table.due() == []
    table.soon(1)
    assert table.due() == [1]


def test_a_braked_account_is_looked_at_hourly(clock: FakeClock) -> None:
    assert timetable(clock).note(ended(Phase.BRAKED)) == 3600


def test_asking_resets_the_backoff(clock: FakeClock) -> None:
    table = timetable(clock)
    for _ in range(4):
        table.note(ended(Phase.OFFLINE))
    table.soon(1)
    assert table.due() == [1]
    assert table.note(ended(Phase.OFFLINE)) == 60


def test_a_jump_of_the_wall_clock_changes_nothing(clock: FakeClock) -> None:
    table = timetable(clock)
    table.note(ended(Phase.DONE))
    for days in (3650, -7300):
        clock.moment += timedelta(days=days)
        assert table.wait() == 600
        assert table.due() == []


def test_a_removed_account_is_never_due_again(clock: FakeClock) -> None:
    table = timetable(clock)
    table.remove(1)
    assert table.note(ended(Phase.DONE)) is None
    assert table.wait() is None


def test_holding_stops_everything(clock: FakeClock) -> None:
    table = timetable(clock)
    table.hold()
    assert table.due() == []
    assert table.wait() is None


async def test_the_schedule_starts_what_is_due_and_sleeps_until_the_next(clock: FakeClock) -> None:
    table = timetable(clock)
    started: list[int] = []
    schedule = Schedule(table, started.append)
    task = asyncio.ensure_future(schedule.run())
    await asyncio.sleep(0)
    assert started == [1]
    table.note(ended(Phase.DONE))
    clock.forward(600)
    schedule.wake()
    while len(started) < 2:
        await asyncio.sleep(0)
    table.note(ended(Phase.DONE))
    table._entries[1].due = clock.monotonic() + 0.001
    schedule.wake()
    for _ in range(3):
        await asyncio.sleep(0)
    clock.forward(1)
    while len(started) < 3:
        await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_the_shipped_jitter_is_a_fraction() -> None:
    drawn = {random_fraction() for _ in range(100)}
    assert len(drawn) > 90
    assert all(0 <= number < 1 for number in drawn)
