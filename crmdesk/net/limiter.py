"""RateBudget: how fast one account may call, learnt from the vendor's own answer headers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _Until:
    """A moment by both clocks, of which the first to come counts: a wall clock may be set back, and the monotonic one
    stands still while a computer sleeps."""

    wall: datetime
    ticks: float

    def left(self, clock: Clock) -> float:
        """Seconds; none or fewer where it has come."""
        return min((self.wall - clock.now()).total_seconds(), self.ticks - clock.monotonic())


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
        self._closed: _Until | None = None
        self._window: _Until | None = None
        self._untold = 0

    def opens_at(self) -> datetime | None:
        """When the next call may leave; None = now."""
        left = self._left()
        return self._clock.now() + timedelta(seconds=left) if left > 0 else None

    def _left(self) -> float:
        """Seconds until the next call may leave."""
        spent = self._remaining is not None and self._remaining <= self._floor
        ends = (self._closed, self._window if spent else None)
        return max((end.left(self._clock) for end in ends if end is not None), default=0.0)

    async def take(self) -> None:
        """Wait until a call may leave (at most an hour at a time), and count it."""
        while (left := self._left()) > 0:
            await self._sleep(min(left, _SLICE))
        if self._window is not None and self._window.left(self._clock) <= 0:
            self._remaining = self._window = None
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
            self._window = self._in(pause)

    def refused(self, headers: Mapping[str, str]) -> datetime:
        """A 429 (or 503 with Retry-After) came: no call leaves before the time returned."""
        now = self._clock.now()
        pause = retry_after(headers, now) or _until_reset(headers, now)
        if pause is None:
            pause = min(_FIRST_UNTOLD_PAUSE * 2 ** min(self._untold, 10), _LONGEST_UNTOLD_PAUSE)
            self._untold += 1
        fresh, known = self._in(pause), self._closed
        longer = known is not None and known.left(self._clock) > pause.total_seconds()
        self._closed = known if known is not None and longer else fresh
        return now + timedelta(seconds=self._closed.left(self._clock))

    def _in(self, pause: timedelta) -> _Until:
        return _Until(self._clock.now() + pause, self._clock.monotonic() + pause.total_seconds())


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
