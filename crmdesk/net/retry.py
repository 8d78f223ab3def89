"""What may be repeated, and when: reads only, a few times, with growing pauses. Writes are never repeated."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import stamina
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from crmdesk.core.errors import OfflineError, RateLimitedError, ServerFaultError

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
    outwaits_limits: bool = True  # False: a vendor's "slow down" is told at once instead of waited for


READS = Patience()
HURRIED = Patience(attempts=2, total=15.0, offline=1, outwaits_limits=False)  # somebody waits for it at the screen


async def read(step: Callable[[], Awaitable[T]], patience: Patience = READS) -> T:
    """Await `step()` until it gives a value; its last error is raised as it is. Cancelling ends it at once."""
    async for attempt in stamina.retry_context(
        on=_Passing(patience),
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

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._offline = 0

    def __call__(self, error: Exception) -> bool | float:
        if isinstance(error, OfflineError):
            self._offline += 1
            return self._patience.offline_wait if self._offline <= self._patience.offline else False
        if isinstance(error, RateLimitedError):
            return 0.0 if self._patience.outwaits_limits else False  # the next call waits in the rate budget
        return isinstance(error, ServerFaultError)


def _note(details: RetryDetails) -> None:
    """Instead of stamina's own hook, which would log a warning: a repeated read is no news."""
    _log.info("A read is repeated in %.1f s after %s.", details.wait_for, type(details.caused_by).__name__)


set_on_retry_hooks([_note])
