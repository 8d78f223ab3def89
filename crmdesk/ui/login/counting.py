"""Seconds as the dialog writes and says them."""

from __future__ import annotations

from math import ceil

from crmdesk.ui.words import plural, tr


def left(until: float, now: float) -> int:
    """Whole seconds from `now` to `until`, 0 where that is over. A begun one counts: the last word is 0:01."""
    return max(0, ceil(until - now - 1e-6))


def minutes(seconds: int) -> str:
    """0:30, 1:00, 75:00."""
    return f"{seconds // 60}:{seconds % 60:02}"


def spoken(seconds: int) -> str:
    """For a screen reader: *30 seconds*, *2 minutes*."""
    if seconds >= 120 or seconds == 60:
        return plural(ceil(seconds / 60), "1 minute", "{n} minutes")
    return plural(seconds, "1 second", "{n} seconds")


def age(asked_at: float, now: float) -> str:
    """How old the request for a code is."""
    passed = int(max(0.0, now - asked_at) // 60)
    return plural(passed, "Asked 1 min ago", "Asked {n} min ago") if passed else tr("Asked just now")
