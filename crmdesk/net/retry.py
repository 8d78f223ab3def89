"""What may be repeated, and when: reads only, a few times, with growing pauses. Writes are never repeated."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import stamina
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from crmdesk.core.errors import OfflineError, RateLimitedError, ServerFaultError
from crmdesk.core.seams import Clock

T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a read is tried: `attempts` in all, no new one after `total` seconds; pauses grow from `first_wait` to
    `longest_wait` seconds and are jittered. Without a connection it is tried `offline` times more, `offline_wait`
    apart: coming back on-line is the schedule's job."""

    attempts: int = 4
    total: float = 120.0
    first_wait: float = 0.5
    longest_wait: float = 20.0
    offline: int = 2
    offline_wait: float = 0.3
    limit_wait: float = 15.0  # a vendor's "slow down" is waited for so long; beyond, the schedule waits, and says so


READS = Patience()
HURRIED = Patience(attempts=2, total=15.0, offline=1, limit_wait=2.0)  # somebody waits for it at the screen


async def read(step: Callable[[], Awaitable[T]], clock: Clock, patience: Patience = READS) -> T:
    """Await `step()` until it gives a value; its last error is raised as it is. Cancelling ends it at once."""
    async for attempt in stamina.retry_context(
        on=_Passing(patience, clock),
        attempts=patience.attempts,
        timeout=patience.total,
        wait_initial=patience.first_wait,
        wait_max=patience.longest_wait,
        wait_jitter=patience.first_wait,
    ):
        with attempt:
            return await step()
    raise AssertionError("stamina ended without a value or an error")


class _Passing:
    """stamina's question "again?": False, True (its own pause) or a pause in seconds."""

    def __init__(self, patience: Patience, clock: Clock) -> None:
        self._patience = patience
        self._clock = clock
        self._offline = 0

    def __call__(self, error: Exception) -> bool | float:
        if isinstance(error, OfflineError):
            self._offline += 1
            return self._patience.offline_wait if self._offline <= self._patience.offline else False
        if isinstance(error, RateLimitedError):
            return 0.0 if self._opens_soon(error) else False  # 0: the next call waits in the rate budget
        return isinstance(error, ServerFaultError)

    def _opens_soon(self, error: RateLimitedError) -> bool:
        left = (error.until - self._clock.now()).total_seconds() if error.until is not None else float("inf")
        return left <= self._patience.limit_wait


def _note(details: RetryDetails) -> None:
    """Instead of stamina's own hook, which would log a warning: a repeated read is no news."""
    _log.info("A read is repeated in %.1f s after %s.", details.wait_for, type(details.caused_by).__name__)


set_on_retry_hooks([_note])
