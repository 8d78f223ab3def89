"""Whether this computer's clock is believed before something is deleted for its age: a computer may start in a wrong
year, and what goes then does not come back when the clock is set right."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from crmdesk.core.seams import iso
from crmdesk.store.driver import Driver

_NAME = "clock"  # in meta: the last moment that was believed, and since when another one is told
NEAR = timedelta(days=2)
A_WHILE, TOO_LONG = timedelta(days=1), timedelta(days=400)


def is_believed(driver: Driver, now: datetime) -> bool:
    """Inside a write; asked every hour. A moment far from the last one, either way, is believed a day later, if the
    clock went on from there: after months in which nobody started crmdesk nothing goes on the first day."""
    last, doubted = _kept(driver)
    near = last is None or abs(now - last) <= NEAR
    went_on = doubted is not None and A_WHILE <= now - doubted <= TOO_LONG
    if near or went_on:
        last, doubted = now, None
    elif doubted is None or not timedelta() <= now - doubted <= TOO_LONG:
        doubted = now
    told = json.dumps([iso(one) if one is not None else "" for one in (last, doubted)])
    driver.execute("INSERT OR REPLACE INTO meta(name, value) VALUES (?, ?)", (_NAME, told))
    return doubted is None


def _kept(driver: Driver) -> tuple[datetime | None, datetime | None]:
    row = driver.execute("SELECT value FROM meta WHERE name=?", (_NAME,)).fetchone()
    try:
        last, doubted = json.loads(row[0]) if row else ("", "")
        return _moment(last), _moment(doubted)
    except (ValueError, TypeError):  # nobody of ours wrote it
        return None, None


def _moment(text: str) -> datetime | None:
    found = datetime.fromisoformat(text) if text else None
    return found if found is not None and found.tzinfo is not None else None
