"""When to check which account. All on the monotonic clock: a jump of the wall clock changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from crmdesk.core.seams import Clock, random_fraction
from crmdesk.sync.outcome import PullResult
from crmdesk.sync.progress import Phase

CHECK_MINUTES = 10
STAGGER_SECONDS = 2.0  # between the accounts' first checks, so that the start of the program stays light
BACKOFF_MINUTES = (1, 2, 4, 8, 15)
JITTER = 0.2  # a wait is up to so much longer or shorter
BRAKED_MINUTES = 60.0  # the question stands; looking again may answer it, but a full listing costs many requests
LONGEST_WAIT = 24 * 3600.0  # of what a vendor may ask for with its rate limit; more is nonsense


@dataclass
class _Entry:
    due: float | None = None  # None: not by itself (running, signed out, held)
    failures: int = 0


class Timetable:
    """Due times and backoff of the accounts. Holds no timers: `due` and `wait` are asked."""

    def __init__(
        self, clock: Clock, minutes: float = CHECK_MINUTES, jitter: Callable[[], float] = random_fraction
    ) -> None:
        self._clock = clock
        self._minutes = minutes
        self._jitter = jitter
        self._entries: dict[int, _Entry] = {}
        self._paused: set[int] = set()

    def begin(self, account_ids: Iterable[int]) -> None:
        """First checks, one after the other."""
        now = self._clock.monotonic()
        waiting = [account_id for account_id in account_ids if account_id not in self._paused]
        for place, account_id in enumerate(waiting):
            self._entries[account_id] = _Entry(now + place * STAGGER_SECONDS)

    def soon(self, account_id: int) -> None:
        """Due at once, as if nothing had ever failed; never where it is paused."""
        self._entries[account_id] = _Entry(None if self.paused(account_id) else self._clock.monotonic())

    def remove(self, account_id: int) -> None:
        self._entries.pop(account_id, None)
        self._paused.discard(account_id)

    def paused(self, account_id: int) -> bool:
        return account_id in self._paused

    def pause(self, account_id: int, paused: bool) -> None:
        """Paused, nothing makes it due; afterwards `soon` does."""
        if paused:
            self._paused.add(account_id)
            self.started(account_id)
        else:
            self._paused.discard(account_id)

    def hold(self) -> None:
        """Nothing is due any more until `soon` or a noted result."""
        for entry in self._entries.values():
            entry.due = None

    def set_minutes(self, minutes: float) -> None:
        """From the next check on."""
        self._minutes = minutes

    def started(self, account_id: int) -> None:
        """A check runs: not due until its result is noted."""
        if (entry := self._entries.get(account_id)) is not None:
            entry.due = None

    def due(self) -> list[int]:
        now = self._clock.monotonic()
        return [account_id for account_id, entry in self._entries.items() if entry.due is not None and entry.due <= now]

    def wait(self) -> float | None:
        """Seconds until the next check is due; None if none will be."""
        times = [entry.due for entry in self._entries.values() if entry.due is not None]
        return max(0.0, min(times) - self._clock.monotonic()) if times else None

    def note(self, result: PullResult) -> float | None:
        """Plans the next check after this result; seconds until then, None if it waits for a person."""
        entry = self._entries.get(result.account_id)
        if entry is None:
            return None
        troubled = result.phase in (Phase.OFFLINE, Phase.FAILED, Phase.WAITING)
        entry.failures = entry.failures + 1 if troubled else 0
        seconds = self._seconds(result, entry.failures)
        entry.due = None if seconds is None else self._clock.monotonic() + seconds
        return seconds

    def _seconds(self, result: PullResult, failures: int) -> float | None:
        if self.paused(result.account_id):
            return None
        match result.phase:
            case Phase.SIGN_IN:
                return None  # a token that was refused will be refused again
            case Phase.BRAKED:
                return BRAKED_MINUTES * 60
            case Phase.WAITING if result.retry_at is not None:
                asked = (result.retry_at - self._clock.now()).total_seconds()
                return min(max(asked, 1.0), LONGEST_WAIT) + self._jitter()
            case Phase.OFFLINE | Phase.FAILED | Phase.WAITING:
                minutes = BACKOFF_MINUTES[min(failures, len(BACKOFF_MINUTES)) - 1]
                return minutes * 60 * (1 + JITTER * (2 * self._jitter() - 1))
            case _:
                return self._minutes * 60


class Schedule:
    """Starts the checks of a timetable when they are due, until cancelled."""

    def __init__(self, timetable: Timetable, check: Callable[[int], object]) -> None:
        self._timetable = timetable
        self._check = check
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """The timetable has changed. Call it on the loop of `run`."""
        self._changed.set()

    async def run(self) -> None:
        while True:
            self._changed.clear()
            for account_id in self._timetable.due():
                self._timetable.started(account_id)
                self._check(account_id)
            try:
                async with asyncio.timeout(self._timetable.wait()):
                    await self._changed.wait()
            except TimeoutError:
                continue
