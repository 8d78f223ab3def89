"""Reads are repeated a few times where that can help, and never otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

import pytest
import stamina

from crmdesk.core import errors
from crmdesk.net.retry import HURRIED, READS, Patience, read
from tests.unit.net.fakes import FakeClock


@pytest.fixture
def no_pauses() -> Iterator[None]:
    stamina.set_testing(True, attempts=READS.attempts, cap=True)
    yield
    stamina.set_testing(False)


def failing(*faults: Exception) -> tuple[list[int], Callable[[], Awaitable[str]]]:
    """A step that fails in turn (the last one for ever, None = success), and how often it ran."""
    runs: list[int] = []

    async def step() -> str:
        runs.append(1)
        fault = faults[min(len(runs), len(faults)) - 1]
        if fault is not None:
            raise fault
        return "read"

    return runs, step


@pytest.mark.parametrize(
    ("fault", "runs"),
    [
        (errors.ServerFaultError("x"), 4),
        (errors.OfflineError("x"), 3),
        (errors.RateLimitedError("x", until=FakeClock().now() + timedelta(seconds=15)), 4),
        (errors.RateLimitedError("x", until=FakeClock().now() + timedelta(seconds=16)), 1),
        (errors.RateLimitedError("x"), 1),
        (errors.SignInNeededError("x"), 1),
        (errors.ForbiddenError("x"), 1),
        (errors.ProtocolError("x"), 1),
        (errors.SettingsError("x"), 1),
        (errors.NotFoundError("x"), 1),
        (errors.InDoubtError("x"), 1),
        (errors.BugError("x"), 1),
        (ValueError("x"), 1),
    ],
)
async def test_only_passing_faults_are_repeated(fault: Exception, runs: int, no_pauses: None) -> None:
    seen, step = failing(fault)
    with pytest.raises(type(fault)) as caught:
        await read(step, FakeClock())
    assert caught.value is fault
    assert len(seen) == runs


async def test_a_success_after_a_fault_is_a_success(no_pauses: None) -> None:
    seen, step = failing(errors.ServerFaultError("x"), errors.OfflineError("x"), None)
    assert await read(step, FakeClock()) == "read"
    assert len(seen) == 3


async def test_somebody_at_the_screen_is_told_of_a_limit_at_once(no_pauses: None) -> None:
    seen, step = failing(errors.RateLimitedError("x", until=FakeClock().now() + timedelta(seconds=3)))
    with pytest.raises(errors.RateLimitedError):
        await read(step, FakeClock(), HURRIED)
    assert len(seen) == 1


async def test_no_new_attempt_after_the_total_time() -> None:
    seen, step = failing(errors.ServerFaultError("x"))
    with pytest.raises(errors.ServerFaultError):
        await read(step, FakeClock(), Patience(attempts=1000, total=0.1, first_wait=0.02, longest_wait=0.02))
    assert 2 <= len(seen) <= 8


async def test_cancelling_ends_the_pause() -> None:
    seen, step = failing(errors.ServerFaultError("x"))
    task = asyncio.ensure_future(read(step, FakeClock(), Patience(first_wait=60, longest_wait=60)))
    while not seen:
        await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 1)
    assert len(seen) == 1
