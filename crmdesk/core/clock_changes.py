"""Hours that the change of clocks takes away in spring, or gives twice in autumn. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from enum import Enum


class Change(Enum):
    """What the change of clocks does to an hour."""

    NONE = "none"
    SKIPPED = "skipped"
    TWICE = "twice"


def clock_change(local: datetime, zone: tzinfo | None) -> Change:
    """Of a time that says no zone and is one of `zone` (None: this computer's)."""
    try:
        first, second = (_there(local.replace(tzinfo=None, fold=fold), zone) for fold in (0, 1))
        back = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    except (OverflowError, ValueError, OSError):  # at the ends of the calendar
        return Change.NONE
    if first.utcoffset() == second.utcoffset():
        return Change.NONE
    return Change.TWICE if back == local.replace(tzinfo=None) else Change.SKIPPED


def _there(local: datetime, zone: tzinfo | None) -> datetime:
    return local.astimezone() if zone is None else local.replace(tzinfo=zone)
