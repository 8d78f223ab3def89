"""What the list shows, as one value: which view, which conditions, which words, which order.

The grammar is imported where a text is read: the first window is painted without one, and 25 ms sooner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from crmdesk.core.types import Account, SavedView, Sort
from crmdesk.ui.contacts import names
from crmdesk.ui.contacts.columns import DEFAULT_SHOWN
from crmdesk.ui.contacts.known_names import kind_words
from crmdesk.ui.words import number, plural, tr

if TYPE_CHECKING:
    from datetime import datetime

    from crmdesk.core.filters import Filter
    from crmdesk.core.query import Lexicon, Query

USUAL = (Sort(),)


@dataclass(frozen=True, slots=True)
class Listing:
    """`filters` are the chips that stand apart from the typed `text`; both together are the query."""

    view: SavedView | None = None
    account_id: int | None = None
    filters: tuple[Filter, ...] = ()
    text: str = ""
    sort: tuple[Sort, ...] = USUAL

    @property
    def query_text(self) -> str:
        return _joined(self.filters, self.text)

    @property
    def key(self) -> str:
        """Name under which columns are kept."""
        if self.account_id is not None:
            return f"account:{self.account_id}"
        return f"view:{self.view.id if self.view else 0}"

    def query(self, now: datetime, lexicon: Lexicon) -> Query:
        return _read(self.query_text, now, lexicon)

    def typed(self, now: datetime, lexicon: Lexicon) -> Query:
        """The box's text alone: its hints have positions in the box."""
        return _read(self.text, now, lexicon)

    def chips(self, now: datetime, lexicon: Lexicon) -> tuple[Filter, ...]:
        """All conditions on fields: those apart, then those typed into the box."""
        return self.filters + _taken_apart(self.text, now, lexicon)[0]

    def with_chip(self, number: int | None, new: Filter | None, now: datetime, lexicon: Lexicon) -> Listing:
        """Chip `number` replaced (None: added) by `new` (None: dropped); a typed one is rewritten in the text."""
        apart = len(self.filters)
        if number is None:
            return replace(self, filters=(*self.filters, new)) if new else self
        if number < apart:
            return replace(self, filters=_exchanged(self.filters, number, new))
        typed, rest = _taken_apart(self.text, now, lexicon)
        return replace(self, text=_joined(_exchanged(typed, number - apart, new), rest))

    def without_chips(self, now: datetime, lexicon: Lexicon) -> Listing:
        return replace(self, filters=(), text=_taken_apart(self.text, now, lexicon)[1])


def _read(text: str, now: datetime, lexicon: Lexicon) -> Query:
    from crmdesk.core.query import parse

    return parse(text, now=now, lexicon=lexicon)


def _taken_apart(text: str, now: datetime, lexicon: Lexicon) -> tuple[tuple[Filter, ...], str]:
    """The conditions on fields, and what is left of the text."""
    if not text:
        return (), ""
    from crmdesk.core.filters import from_query

    return from_query(_read(text, now, lexicon))


def _joined(filters: tuple[Filter, ...], text: str) -> str:
    """The other way round."""
    if not filters:
        return text.strip()
    from crmdesk.core.filters import to_text

    return to_text(filters, text)


def _exchanged(filters: tuple[Filter, ...], number: int, new: Filter | None) -> tuple[Filter, ...]:
    return (*filters[:number], *((new,) if new else ()), *filters[number + 1 :])


def of_view(view: SavedView, now: datetime, lexicon: Lexicon) -> Listing:
    """A view as it was saved."""
    filters, rest = _taken_apart(view.query, now, lexicon)
    return Listing(view=view, filters=filters, text=rest, sort=view.sort or USUAL)


def of_text(listing: Listing, text: str, now: datetime, lexicon: Lexicon) -> Listing:
    """The same place with another whole query."""
    filters, rest = _taken_apart(text, now, lexicon)
    return replace(listing, filters=filters, text=rest)


def columns_of(listing: Listing, kept: Mapping[str, Sequence[Any]]) -> list[Any]:
    """[key, width (0: usual), shown] of each column: as a person left them (`kept`, by the listing's key), or the
    view's own. Empty: the usual ones."""
    if state := kept.get(listing.key):
        return list(state)
    own = listing.view.columns if listing.view else ()
    return [[key, 0, True] for key in own] + [[key, 0, False] for key in DEFAULT_SHOWN if own and key not in own]


def chip_sentence(one: Filter, accounts: Mapping[int, Account], vendors: Mapping[str, str]) -> str:
    """The chip's words, with codes as names."""
    from crmdesk.core.filter_words import sentence

    return tr(sentence(one, lambda field, value: _shown(field, value, accounts, vendors)))


def count_words(shown: int, total: int, selected: int, *, every: bool) -> str:
    """*48,213 contacts*, *1,204 of 48,213*, *3 selected*, *2,431 selected (all that match)*. `every`: nothing is left
    out on purpose."""
    if selected > 1 and selected == shown:
        return tr("{n} selected (all that match)").replace("{n}", number(selected))
    if selected > 1:
        return tr("{n} selected").replace("{n}", number(selected))
    if every or shown == total:
        return plural(shown, "1 contact", "{n} contacts")
    return tr("{n} of {total}").replace("{n}", number(shown)).replace("{total}", number(total))


def _shown(field: str, value: str, accounts: Mapping[int, Account], vendors: Mapping[str, str]) -> str:
    if field == "country":
        return names.country(value.upper()) if len(value) == 2 else value.title()
    if field == "lang":
        return names.language(value)
    if field == "vendor":
        return vendors.get(value, value)
    if field == "event" and not any(letter.isdigit() for letter in value):
        return kind_words(value)
    if field == "account" and value.isdecimal() and int(value) in accounts:
        return accounts[int(value)].title
    from crmdesk.core.filter_words import shown

    return shown(field, value)
