"""Numbers, counts and times as people read them, in the desk's locale and time zone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import cmp_to_key
from typing import TypeVar

from PySide6.QtCore import QCollator, QDate, QLocale, Qt

from crmdesk.ui import language

T = TypeVar("T")

BREAK = "\u200b"  # a place where a word may go on in the next line, without a width
LONG_WORD = 12  # letters; a label breaks a longer word only where it is told to


def tr(text: str) -> str:
    """A visible text, in the language of the program."""
    return language.translated(text)


def number(value: int) -> str:
    """With the locale's grouping: 48,213."""
    return language.number(value)


def plural(count: int, one: str, many: str) -> str:
    """`one` for 1, else `many`, in a translation by its own rule; `{n}` in either stands for the grouped number."""
    return language.counted(one, many, count).replace("{n}", number(count))


def moment(iso_text: str) -> datetime | None:
    """A stored UTC time; None for '' and for what is no time."""
    try:
        read = datetime.fromisoformat(iso_text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def ago(iso_text: str, now: datetime) -> str:
    """How long before `now`: "just now", "2 min ago", "3 hours ago", "5 days ago"; '' for no time."""
    then = moment(iso_text)
    if then is None:
        return ""
    minutes = int((now - then).total_seconds() // 60)
    if minutes < 1:
        return tr("just now")
    if minutes < 60:
        return plural(minutes, "1 min ago", "{n} min ago")
    if minutes < 48 * 60:
        return plural(minutes // 60, "1 hour ago", "{n} hours ago")
    days = minutes // (24 * 60)
    if days < 60:
        return plural(days, "1 day ago", "{n} days ago")
    if days < 730:
        return plural(days // 30, "1 month ago", "{n} months ago")
    return plural(days // 365, "1 year ago", "{n} years ago")


def clock_time(iso_text: str, now: datetime) -> str:
    """Local time of day where it is of today ("14:05"), else day and time; '' for no time."""
    then = moment(iso_text)
    if then is None:
        return ""
    local, today = then.astimezone(), now.astimezone().date()
    time_text = local.strftime("%H:%M")
    if local.date() == today:
        return time_text
    if local.date() == today - timedelta(days=1):
        return tr("yesterday {time}").replace("{time}", time_text)
    if local.date() == today + timedelta(days=1):
        return tr("tomorrow {time}").replace("{time}", time_text)
    return f"{_day(local, QLocale.FormatType.ShortFormat)} {time_text}"


def exact_time(iso_text: str) -> str:
    """Whole local date and time with its zone, for tooltips and the detail pane; '' for no time."""
    then = moment(iso_text)
    if then is None:
        return ""
    local = then.astimezone()
    return f"{_day(local, QLocale.FormatType.LongFormat)}, {local.strftime('%H:%M:%S')} {local.strftime('%Z')}".strip()


def _day(local: datetime, length: QLocale.FormatType) -> str:
    desk, day = QLocale(), QDate(local.year, local.month, local.day)
    if desk.language() == QLocale.Language.C and length is QLocale.FormatType.ShortFormat:
        return QLocale(QLocale.Language.English).toString(day, "d MMM yyyy")  # its own would be "20 11 2026"
    return desk.toString(day, length)


def in_name_order(things: Iterable[T], name: Callable[[T], str]) -> list[T]:
    """By their names as the desk's locale sorts them, capitals and small letters alike: ä beside a in German, å after z
    in Swedish."""
    desk = QLocale()
    order = QCollator(QLocale(QLocale.Language.English) if desk.language() == QLocale.Language.C else desk)
    order.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    key = cmp_to_key(order.compare)
    return sorted(things, key=lambda thing: key(name(thing)))


def isolated(text: str) -> str:
    """Foreign text between Unicode isolates, so that its direction cannot turn the sentence around it."""
    return f"\u2068{text}\u2069" if text else ""


def breakable(text: str, longest: int = LONG_WORD) -> str:
    """The text with places where a label may break a word of more than `longest` letters: after the signs that part an
    address, and inside only what is longer even so (after a hyphen it may anyway)."""
    parted = re.sub(
        rf"[^\s-]{{{longest + 1},}}",
        lambda word: re.sub(r"[@._/\\?&=+:,;](?=[^\s@._/\\?&=+:,;])", lambda sign: f"{sign[0]}{BREAK}", word[0]),
        text,
    )
    return re.sub(rf"[^\s{BREAK}-]{{{longest}}}(?=[^\s{BREAK}-])", lambda found: f"{found[0]}{BREAK}", parted)


def unbroken(text: str) -> str:
    """As it was before `breakable`."""
    return text.replace(BREAK, "")


def tooltip(text: str) -> str:
    """Foreign text for a tooltip: Qt would take anything with a tag in it as markup."""
    import html  # the first paint has no tooltip; its table of named characters takes 1 ms

    escaped = html.escape(text).replace("\n", "<br>")
    return f"<qt>{escaped}</qt>" if text else ""
