"""RateBudget: how fast one account may call, learnt from the vendor's own answer headers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from math import isfinite

from aiolimiter import AsyncLimiter

from crmdesk.core.seams import Clock

SHORTEST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(hours=1)
_FIRST_UNTOLD_PAUSE = timedelta(minutes=1)  # a 429 that names no time; doubled with every further one
_LONGEST_UNTOLD_PAUSE = timedelta(minutes=15)
_SLICE = 15.0  # seconds; a sleeping computer's monotonic clock stands still, so the wall clock is asked now and then


class RateBudget:
    """One account's budget. `opens_at` tells when a call may leave, `take` waits for it.

    `ceiling` is calls per second that we never exceed on average (a leaky bucket: twice as many may pass within one
    second); None = no ceiling. Of the vendor's window `reserve` calls are left for the people at the desk."""

    def __init__(
        self,
        clock: Clock,
        *,
        ceiling: float | None = None,
        reserve: int = 2,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._bucket = AsyncLimiter(max(ceiling, 1.0), max(ceiling, 1.0) / ceiling) if ceiling else None
        self._reserve = reserve
        self._sleep = sleep
        self._remaining: int | None = None
        self._floor = 0
        self._closed_until: datetime | None = None
        self._window_ends: datetime | None = None
        self._untold = 0

    def opens_at(self) -> datetime | None:
        """When the next call may leave; None = now."""
        now = self._clock.now()
        spent = self._remaining is not None and self._remaining <= self._floor
        times = [self._closed_until, self._window_ends if spent else None]
        return max((time for time in times if time is not None and time > now), default=None)

    async def take(self) -> None:
        """Wait until a call may leave (at most an hour at a time), and count it."""
        while (until := self.opens_at()) is not None:
            await self._wait(until)
        if self._window_ends is not None and self._window_ends <= self._clock.now():
            self._remaining = self._window_ends = None
        if self._remaining is not None:
            self._remaining -= 1
        if self._bucket is not None:
            await self._bucket.acquire()

    def learn(self, headers: Mapping[str, str]) -> None:
        """Read X-RateLimit-Limit, -Remaining and -Reset (UNIX seconds) of an answer that was no refusal."""
        self._untold = 0
        if (remaining := _count(headers.get("x-ratelimit-remaining"))) is None:
            return
        limit = _count(headers.get("x-ratelimit-limit"))
        pause = _until_reset(headers, self._clock.now())
        if pause is not None:
            self._remaining = remaining
            self._floor = min(self._reserve, limit // 20) if limit else 0
            self._window_ends = self._clock.now() + pause

    def refused(self, headers: Mapping[str, str]) -> datetime:
        """A 429 (or 503 with Retry-After) came: no call leaves before the time returned."""
        now = self._clock.now()
        pause = retry_after(headers, now) or _until_reset(headers, now)
        if pause is None:
            pause = min(_FIRST_UNTOLD_PAUSE * 2 ** min(self._untold, 10), _LONGEST_UNTOLD_PAUSE)
            self._untold += 1
        self._closed_until = max(now + pause, self._closed_until or now)
        return self._closed_until

    async def _wait(self, until: datetime) -> None:
        """Until the wall clock or, should that be set back, the monotonic one says so."""
        last = self._clock.monotonic() + (until - self._clock.now()).total_seconds()
        while (left := self._left(until, last)) > 0:
            await self._sleep(min(left, _SLICE))
        if self._clock.now() < until:  # the wall clock was set back: the window is over all the same
            self._closed_until = self._window_ends = self._remaining = None

    def _left(self, until: datetime, last: float) -> float:
        return min((until - self._clock.now()).total_seconds(), last - self._clock.monotonic())


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """The pause a Retry-After header asks for, as seconds or as a date, kept between a second and an hour."""
    text = headers.get("retry-after", "").strip()
    if (seconds := _number(text)) is not None:
        return _clamped(seconds)
    moment = _date(text)
    return _clamped((moment - _server_now(headers, now)).total_seconds()) if moment else None


def _until_reset(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Time until X-RateLimit-Reset by the vendor's own clock; None where it is missing, unreadable or past."""
    reset = _number(headers.get("x-ratelimit-reset", ""))
    if reset is None:
        return None
    left = reset - _server_now(headers, now).timestamp()
    return _clamped(left) if left > 0 else None


def _server_now(headers: Mapping[str, str], now: datetime) -> datetime:
    """The vendor's clock if its Date header can be read, so that a wrong clock on either side changes nothing."""
    return _date(headers.get("date", "")) or now


def _clamped(seconds: float) -> timedelta:
    low, high = SHORTEST_PAUSE.total_seconds(), LONGEST_PAUSE.total_seconds()
    return timedelta(seconds=min(max(seconds, low), high))


def _number(text: str) -> float | None:
    try:
        value = float(text) if len(text) <= 30 and text.isascii() else None
    except ValueError:
        return None
    return value if value is not None and isfinite(value) else None


def _count(text: str | None) -> int | None:
    number = _number(text or "")
    return int(number) if number is not None and number >= 0 else None


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text) if 0 < len(text) <= 60 else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
