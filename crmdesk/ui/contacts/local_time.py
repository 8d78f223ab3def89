"""What time it is where a guest lives, as far as the country tells it: nobody calls at three in the night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from PySide6.QtCore import QDateTime, QLocale, QTimeZone

from crmdesk.ui.words import tr

MOST = 2  # different times in one country; with more of them nothing is known


def time_there(country: str, now: datetime) -> str:
    """*04:30 there*, or both where a country has two (Spain and its islands); '' where it is the desk's own time, and
    where the country does not tell. `country` is an alpha-2 code, or any text."""
    here = now.astimezone().utcoffset() or timedelta(0)
    found = sorted({_offset(zone, now) for zone in _zones(country)})
    if not found or len(found) > MOST or here in found:
        return ""
    first, *more = ((now.astimezone(UTC) + offset).strftime("%H:%M") for offset in found)
    if not more:
        return tr("{time} there").replace("{time}", first)
    return tr("{time} or {other} there").replace("{time}", first).replace("{other}", more[0])


def _offset(zone: bytes, now: datetime) -> timedelta:
    moment = QDateTime.fromSecsSinceEpoch(int(now.timestamp()), QTimeZone(QTimeZone.Initialization.UTC))
    return timedelta(seconds=QTimeZone(zone).offsetFromUtc(moment))


@lru_cache(maxsize=256)
def _zones(country: str) -> tuple[bytes, ...]:
    """Names of the zones that a country has; none where the system does not know them."""
    territory = QLocale.codeToTerritory(country) if len(country) == 2 else QLocale.Country.AnyTerritory
    if territory == QLocale.Country.AnyTerritory:
        return ()
    return tuple(bytes(zone.data()) for zone in QTimeZone.availableTimeZoneIds(territory))
