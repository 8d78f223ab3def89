"""Times of day at which something is done by itself: read as people type them, and when the last and next one is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

MOST = 12
_TIME = re.compile(r"([01]?\d|2[0-3])[:.h]([0-5]\d)")


def read_times(text: str) -> tuple[str, ...]:
    """*6:30, 14.00 22:15* as ("06:30", "14:00", "22:15"). ValueError: what is no time, or '' for too many."""
    found: set[str] = set()
    for word in text.replace(",", " ").replace(";", " ").split():
        fits = _TIME.fullmatch(word)
        if fits is None:
            raise ValueError(word)
        found.add(f"{int(fits[1]):02}:{fits[2]}")
    if len(found) > MOST:
        raise ValueError("")
    return tuple(sorted(found))


def last_due(now: datetime, times: Iterable[str], zone: tzinfo | None = None) -> datetime | None:
    """The newest of these times of day that is not after `now`, in the zone of the clock on the wall (None: this
    computer's); UTC. None without times."""
    moments = _moments(now, times, zone, (-1, 0))
    return max((moment for moment in moments if moment <= now), default=None)


def next_due(now: datetime, times: Iterable[str], zone: tzinfo | None = None) -> datetime | None:
    """The first of them after `now`."""
    moments = _moments(now, times, zone, (0, 1))
    return min((moment for moment in moments if moment > now), default=None)


def _moments(now: datetime, times: Iterable[str], zone: tzinfo | None, days: Sequence[int]) -> list[datetime]:
    today = now.astimezone(zone).date()
    return [_at(today + timedelta(days=day), text, zone) for text in times for day in days]


def _at(day: date, text: str, zone: tzinfo | None) -> datetime:
    """Where a clock jumps over that time, as much later; where it shows it twice, the first of the two."""
    return datetime.combine(day, time.fromisoformat(text), tzinfo=zone).astimezone(UTC)
