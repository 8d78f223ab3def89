"""What a filter's chip says: *City is Berlin or Hamburg*. Every sentence is one message with its values in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from crmdesk.core.filters import Filter
from crmdesk.core.query_nodes import AGE_FIELDS, CHOICES, TIME_FIELDS, Op
from crmdesk.core.query_times import is_age
from crmdesk.core.said import mark, said, said_of, term
from crmdesk.core.text import fold

LABELS: Final = {
    "name": "Name", "first": "First name", "last": "Last name", "email": "E-mail", "company": "Company",
    "phone": "Phone", "address": "Address", "city": "City", "zip": "Postcode", "state": "State", "country": "Country",
    "lang": "Language", "gender": "Gender", "website": "Website", "notes": "Notes", "id": "Vendor id", "type": "Type",
    "vendor": "Vendor", "account": "Account", "updated": "Updated", "created": "Created", "fetched": "Fetched",
    "stale": "Checked", "is": "Is", "has": "Has", "no": "Lacks",
    "consent": "Consent", "by": "Changed by", "event": "Event",
}  # fmt: skip
"""What each search field is called on screen."""

_LONG: Final = ("email", "phone", "address", "website", "notes", "company")  # where a hit is a part of the text
_PROPER: Final = ("name", "first", "last", "company", "city", "state", "country", "lang", "vendor", "by")
_CHOICE_WORDS: Final = {
    "restricted": mark("restricted"), "forget": mark("to be forgotten"), "cancelled": mark("cancelled"),
    "waiting": mark("waiting to be sent"), "conflict": mark("in conflict"), "needsyou": mark("marked “Needs you”"),
    "unknown": mark("of unknown outcome"), "draft": mark("unsaved"), "email": mark("e-mail"), "phone": mark("phone"),
    "address": mark("address"), "notes": mark("notes"), "website": mark("website"), "yes": mark("yes"),
    "no": mark("no"), "never": mark("never asked"), "linked": mark("linked"),
    "duplicate": mark("a possible duplicate"),
}  # fmt: skip
# per way of comparing, whether it is turned round, and whether the label is a plural: the sentence
_TEXT: Final = {
    ("is", False, False): mark("{field} is {values}"),
    ("is", True, False): mark("{field} is not {values}"),
    ("exactly", False, False): mark("{field} is exactly {values}"),
    ("exactly", True, False): mark("{field} is not exactly {values}"),
    ("empty", False, False): mark("{field} is empty"),
    ("empty", True, False): mark("{field} is not empty"),
    ("contains", False, False): mark("{field} contains {values}"),
    ("contains", True, False): mark("{field} does not contain {values}"),
    ("starts", False, False): mark("{field} starts with {values}"),
    ("starts", True, False): mark("{field} does not start with {values}"),
    ("exactly", False, True): mark("{field} are exactly {values}"),
    ("exactly", True, True): mark("{field} are not exactly {values}"),
    ("empty", False, True): mark("{field} are empty"),
    ("empty", True, True): mark("{field} are not empty"),
    ("contains", False, True): mark("{field} contain {values}"),
    ("contains", True, True): mark("{field} do not contain {values}"),
    ("starts", False, True): mark("{field} start with {values}"),
    ("starts", True, True): mark("{field} do not start with {values}"),
}
_FACTS: Final = {
    ("is", False): mark("Is {values}"),
    ("is", True): mark("Is not {values}"),
    ("has", False): mark("Has {values}"),
    ("has", True): mark("Not: has {values}"),
    ("no", False): mark("Lacks {values}"),
    ("no", True): mark("Not: lacks {values}"),
    ("by", False): mark("Changed by {values}"),
    ("by", True): mark("Not changed by {values}"),
    ("event", False): mark("Event sent: {values}"),
    ("event", True): mark("Event not sent: {values}"),
}
_LAST: Final = {
    "h": ("{field} in the last hour", "{field} in the last {n} hours"),
    "d": ("{field} in the last day", "{field} in the last {n} days"),
    "w": ("{field} in the last week", "{field} in the last {n} weeks"),
    "m": ("{field} in the last month", "{field} in the last {n} months"),
    "y": ("{field} in the last year", "{field} in the last {n} years"),
}
_NOT_LAST: Final = {
    "h": ("Not {field} in the last hour", "Not {field} in the last {n} hours"),
    "d": ("Not {field} in the last day", "Not {field} in the last {n} days"),
    "w": ("Not {field} in the last week", "Not {field} in the last {n} weeks"),
    "m": ("Not {field} in the last month", "Not {field} in the last {n} months"),
    "y": ("Not {field} in the last year", "Not {field} in the last {n} years"),
}
_OLDER: Final = {
    "h": ("{field} more than 1 hour ago", "{field} more than {n} hours ago"),
    "d": ("{field} more than 1 day ago", "{field} more than {n} days ago"),
    "w": ("{field} more than 1 week ago", "{field} more than {n} weeks ago"),
    "m": ("{field} more than 1 month ago", "{field} more than {n} months ago"),
    "y": ("{field} more than 1 year ago", "{field} more than {n} years ago"),
}
_NOT_OLDER: Final = {
    "h": ("Not {field} more than 1 hour ago", "Not {field} more than {n} hours ago"),
    "d": ("Not {field} more than 1 day ago", "Not {field} more than {n} days ago"),
    "w": ("Not {field} more than 1 week ago", "Not {field} more than {n} weeks ago"),
    "m": ("Not {field} more than 1 month ago", "Not {field} more than {n} months ago"),
    "y": ("Not {field} more than 1 year ago", "Not {field} more than {n} years ago"),
}
_AGES: Final = {
    "h": ("1 hour", "{n} hours"),
    "d": ("1 day", "{n} days"),
    "w": ("1 week", "{n} weeks"),
    "m": ("1 month", "{n} months"),
    "y": ("1 year", "{n} years"),
}
_DATES: Final = {
    "day": (mark("{field} on {date}"), mark("Not {field} on {date}")),
    "month": (mark("{field} in {date}"), mark("Not {field} in {date}")),
    "today": (mark("{field} today"), mark("Not {field} today")),
    "yesterday": (mark("{field} yesterday"), mark("Not {field} yesterday")),
    "other": (mark("{field} {date}"), mark("Not {field} {date}")),
    Op.AFTER: (mark("{field} after {date}"), mark("Not {field} after {date}")),
    Op.SINCE: (mark("{field} since {date}"), mark("Not {field} since {date}")),
    Op.BEFORE: (mark("{field} before {date}"), mark("Not {field} before {date}")),
    Op.UNTIL: (mark("{field} until {date}"), mark("Not {field} until {date}")),
    Op.BETWEEN: (mark("{field} between {date} and {end}"), mark("Not {field} between {date} and {end}")),
}
Show = Callable[[str, str], str]


def shown(field: str, value: str) -> str:
    """A value as a sentence writes it; names get capitals where they were typed without."""
    if field in CHOICES:
        return term(_CHOICE_WORDS[value]) if value in _CHOICE_WORDS else value
    if field == "type":
        return value.capitalize() if value.islower() or value.isupper() else value
    if field in ("country", "lang") and len(value) == 2:
        return value.upper()
    return value.title() if field in _PROPER and value.islower() else value


def sentence(one: Filter, show: Show = shown) -> str:
    """The filter for a chip: *City is Berlin or Hamburg*. `show(field, value)` may give codes their names."""
    label = LABELS.get(one.field, one.field)
    if one.field in TIME_FIELDS or one.field in AGE_FIELDS:
        return _time_sentence(label, one)
    values = [show(one.field, value) for value in one.values]
    if one.field == "consent":  # an answer, and one that was not given
        values = [said("“{value}”", value=value) if " " in value else value for value in values]
    if (one.field, one.negated) in _FACTS:
        return said(_FACTS[one.field, one.negated], values=_any_of(values))
    text = _TEXT[_way(one), one.negated, one.field == "notes"]
    return said(text, field=term(label), values=_any_of(values) or "…")  # that is still being typed


def _way(one: Filter) -> str:
    """The sentence's verb; whatever a search for a word finds in long texts is a part of them."""
    if one.op is Op.STARTS:
        return "starts"
    if one.op is Op.IS and one.field in _LONG:
        return "contains"
    return {Op.EMPTY: "empty", Op.EXACTLY: "exactly"}.get(one.op, "is")


def _any_of(values: Sequence[str]) -> str:
    if len(values) < 2:
        return values[0] if values else ""
    rest = values[0]
    for value in values[1:-1]:
        rest = said("{first}, {second}", first=rest, second=value)
    return said("{first} or {last}", first=rest, last=values[-1])


def _time_sentence(label: str, one: Filter) -> str:
    field = term(label, label.lower()) if one.negated else term(label)
    first = one.values[0]
    if one.op in (Op.LAST, Op.OLDER) and is_age(fold(first)):
        count, unit = _age(first)
        last, older = (_NOT_LAST, _NOT_OLDER) if one.negated else (_LAST, _OLDER)
        return said_of(count, *(last if one.op is Op.LAST else older)[unit], field=field)
    how = _when(first) if one.op is Op.ON else one.op
    text = _DATES.get(how, _DATES["other"])[one.negated]
    end = _literal(one.values[1]) if len(one.values) > 1 else ""
    return said(text, field=field, date=_literal(first), end=end)


def _age(value: str) -> tuple[int, str]:
    key = fold(value)
    return int(key[:-1]), key[-1]


def _literal(value: str) -> str:
    """`7d` → "7 days"; a date stays as it is."""
    if not is_age(fold(value)):
        return value
    count, unit = _age(value)
    return said_of(count, *_AGES[unit])


def _when(date: str) -> str:
    if date in ("today", "yesterday"):
        return date
    if date[:1].isalpha():
        return "other"
    return "day" if date.count("-") == 2 else "month"
