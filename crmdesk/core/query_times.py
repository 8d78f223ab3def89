"""Dates and ages in a search: `created:2021-01..2021-03`, `updated:7d`, `stale:>1d`.

Days are days at the desk: `now` carries its zone. Ages count back from `now`; a larger age is further back, so
`updated:>7d` is what was updated *more* than seven days ago, as `stale:>1d` is what was checked more than a day ago.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from crmdesk.core.query_nodes import Op, TimeTarget, When
from crmdesk.core.seams import iso
from crmdesk.core.text import fold

TIME_HINT: Final = (
    "{word} takes a day (2021-03-05), a month (2021-03), a year, an age such as 7d, or a range (2021..2022)."
)
AGE_HINT: Final = "{word} takes an age: 12h, 1d, 2w, 3m or 1y."

_DATE: Final = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?-?").fullmatch
_AGE: Final = re.compile(r"(\d{1,9})([hdwmy])").fullmatch
_UNFINISHED: Final = re.compile(r"(?:[<>]=?|\.\.)?\d{0,3}|\.").fullmatch
_COMPARE: Final = re.compile(r"(>=|<=|>|<)(.+)").fullmatch
_RANGE: Final = re.compile(r"(.*?)\.\.(.*)").fullmatch
_DAY_WORDS: Final = {"today": 0, "yesterday": 1}
_FIRST: Final = date(1000, 1, 2)  # four-digit years only, with room for any time zone
_LAST: Final = date(9999, 12, 30)
_COMPARE_DATE: Final = {">": Op.AFTER, ">=": Op.SINCE, "<": Op.BEFORE, "<=": Op.UNTIL}


@dataclass(frozen=True, slots=True)
class TimeText:
    """A condition on a time as typed: `literals` are one date or age, two for BETWEEN."""

    op: Op
    literals: tuple[str, ...]


def is_age(literal: str) -> bool:
    return _AGE(literal) is not None


def unfinished(text: str) -> bool:
    """True while the text may still become a date or an age as typing goes on."""
    key = fold(text)
    return _UNFINISHED(key) is not None or any(word != key and word.startswith(key) for word in _DAY_WORDS)


def read_time(field: str, text: str) -> TimeText | None:
    """The condition typed after `field:`; None if it is not one. `stale` takes ages only."""
    found = _condition(field, fold(text))
    return found if found is not None and all(_fits(field, literal) for literal in found.literals) else None


def _condition(field: str, key: str) -> TimeText | None:
    if compare := _COMPARE(key):
        return _compared(field, compare[1], compare[2])
    if between := _RANGE(key):
        return _ranged(field, between[1], between[2])
    return TimeText(Op.OLDER if field == "stale" else Op.LAST if is_age(key) else Op.ON, (key,))


def _fits(field: str, literal: str) -> bool:
    return is_age(literal) or (field != "stale" and _days(literal, _FIRST) is not None)


def _compared(field: str, sign: str, literal: str) -> TimeText:
    if is_age(literal) or field == "stale":
        return TimeText(Op.OLDER if sign[0] == ">" else Op.LAST, (literal,))
    return TimeText(_COMPARE_DATE[sign], (literal,))


def _ranged(field: str, low: str, high: str) -> TimeText | None:
    if low and high:
        return TimeText(Op.BETWEEN, (low, high))
    literal = low or high
    if not is_age(literal):
        return TimeText(Op.SINCE if low else Op.UNTIL, (literal,)) if literal else None
    # From an age of 1d on is older for `stale:` (a range of ages) and newer elsewhere (a range of times).
    return TimeText(Op.LAST if bool(low) != (field == "stale") else Op.OLDER, (literal,))


_TARGETS: Final[dict[str, TimeTarget]] = {
    "updated": "updated", "created": "created", "fetched": "fetched", "stale": "as_of",
}  # fmt: skip


def when(field: str, typed: TimeText, now: datetime) -> When:
    """The condition as UTC bounds. `typed` comes from `read_time`; BETWEEN may name the later end first."""
    spans = [_span(literal, now) for literal in typed.literals]
    low, high = min(start for start, _ in spans), max(end for _, end in spans)
    bounds = {
        Op.LAST: (low, None),
        Op.SINCE: (low, None),
        Op.AFTER: (high, None),
        Op.OLDER: (None, low),
        Op.BEFORE: (None, low),
        Op.UNTIL: (None, high),
    }
    begin, end = bounds.get(typed.op, (low, high))
    return When(_TARGETS[field], iso(begin) if begin else None, iso(end) if end else None)


def _span(literal: str, now: datetime) -> tuple[datetime, datetime]:
    """First moment of a date and of what follows it; for an age the same moment twice, to the minute: else each second
    had a condition of its own, and a look through a million contacts for it."""
    age = _AGE(literal)
    if age:
        moment = _back(now.replace(second=0, microsecond=0), int(age[1]), age[2])
        return moment, moment
    first, after = _days(literal, now.date()) or (now.date(), now.date())
    return _midnight(first, now), _midnight(after, now)


def _midnight(day: date, now: datetime) -> datetime:
    return datetime.combine(min(max(day, _FIRST), _LAST), time(), now.tzinfo)


def _days(literal: str, today: date) -> tuple[date, date] | None:
    """First day of a date and the day after its last; None if it is no date."""
    if literal in _DAY_WORDS:
        day = today - timedelta(_DAY_WORDS[literal])
        return day, day + timedelta(1)
    found = _DATE(literal)
    if not found:
        return None
    year, month, day_number = (int(part) if part else None for part in found.groups())
    try:
        first = date(year or 0, month or 1, day_number or 1)
    except ValueError:
        return None
    return first, _LAST if first.year == _LAST.year else _day_after(first, month, day_number)


def _day_after(first: date, month: int | None, day_number: int | None) -> date:
    if day_number:
        return first + timedelta(1)
    length = calendar.monthrange(first.year, first.month)[1] if month else 365 + calendar.isleap(first.year)
    return first + timedelta(length)


def _back(now: datetime, count: int, unit: str) -> datetime:
    """`now` less an age. Days, weeks, months and years keep the time of day, a shorter month gives its last day."""
    try:
        if unit == "h":
            moment = now.astimezone(UTC) - timedelta(hours=count)
        elif unit in "dw":
            moment = now - timedelta(days=count * (7 if unit == "w" else 1))
        else:
            moment = _months_back(now, count * (12 if unit == "y" else 1))
    except (OverflowError, ValueError):
        return _midnight(_FIRST, now)
    return moment if moment.date() >= _FIRST else _midnight(_FIRST, now)


def _months_back(now: datetime, count: int) -> datetime:
    year, month = divmod(now.year * 12 + now.month - 1 - count, 12)
    last_day = calendar.monthrange(year, month + 1)[1]
    return now.replace(year=year, month=month + 1, day=min(now.day, last_day))
