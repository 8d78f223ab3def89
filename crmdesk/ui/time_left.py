"""How long work under way will take yet, as far as that can be told from what it has done. No widget."""

from __future__ import annotations

import time
from collections.abc import Callable

from crmdesk.ui.words import tr

SURE = 4.0  # seconds until a pace is worth a word
STEP = 5  # seconds that it is rounded up to: words that change all the time tell less


class TimeLeft:
    """Of one piece of work after the other: another total, or a count that falls, is another piece."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._total = self._first = self._last = 0
        self._began = 0.0

    def told(self, done: int, total: int, *, fresh: bool = False) -> float | None:
        """Seconds that are left; None while nobody can know."""
        if fresh or total != self._total or done < self._last or not self._began:
            self._total, self._first, self._began = total, done, self._now()
        self._last = done
        spent, made = self._now() - self._began, done - self._first
        if spent < SURE or made <= 0 or done >= total:
            return None
        return spent / made * (total - done)


def left_words(seconds: float | None) -> str:
    """*about 1:35 left*, '' where it is not known."""
    if seconds is None:
        return ""
    whole = -(-round(seconds) // STEP) * STEP
    return tr("about {time} left").replace("{time}", clock(max(STEP, whole)))


def clock(seconds: float) -> str:
    """Minutes and seconds: 1:35."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
