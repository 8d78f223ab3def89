"""One run over BookingSync's contact list as a state machine: which page next, when to stop, what is gone, and from
when the next run asks. It sends nothing itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from crmdesk.core.errors import ProtocolError
from crmdesk.core.foreign import utc
from crmdesk.core.said import said
from crmdesk.core.seams import iso
from crmdesk.core.types import Cursor, Page
from crmdesk.vendors.bookingsync.codec import Listed, read_list, unreadable
from crmdesk.vendors.bookingsync.summary import as_id

PER_PAGE = 100  # what BookingSync gives by default and at most (gem, synced)
MAX_PAGES = 10_000  # a million contacts: more reads than that is a listing without an end
MOST_STEPS_BACK = 20  # in one run; a total that rises and falls for ever (two servers out of step) must not hold us
TOLERANCE = timedelta(seconds=120)
"""The next run asks from so much earlier: a record may be committed after a list that is newer than its `updated_at`.
The vendor's own client advises this (synced README, example 60 s); doubled, it costs a few records read again."""

_SYNCED_AT = "x-updated-since-request-synced-at"
_NEXT = re.compile(r""";\s*rel\s*=\s*["']?[^"',;]*\bnext\b""", re.IGNORECASE)
_MOST = 10**9  # contacts; a greater total is nonsense


class Listing:
    """Ask for `params`, hand the answer to `take`, store the page with its `after`; over when `page` is None.

    Rules: the page number is ours, links only say whether there is another one. A page that repeats the one before,
    an empty page with a next one and more than MAX_PAGES reads raise ProtocolError: such a list is not complete.
    Where the total fell since the page before, records have moved forward over the border: that page is read again
    (its odd entries and deletions are told once).
    Other drift shows in the count, which the pull checks."""

    def __init__(self, cursor: Cursor, account: str = "") -> None:
        self.page: int | None = max(1, cursor.page)
        self._since = cursor.since
        self._next_since = cursor.next_since
        self._account = account
        self._reads = 0
        self._before: tuple[int, tuple[str, ...]] = (0, ())
        self._total: int | None = None
        self._gone: set[str] = set()
        self._furthest = 0
        self._steps_back = 0

    @property
    def params(self) -> dict[str, str]:
        """Query of the next request."""
        params = {"page": str(self.page), "per_page": str(PER_PAGE)}
        return {**params, "updated_since": self._since} if self._since else params

    def take(self, headers: Mapping[str, str], body: bytes) -> Page:
        """The page just read. ProtocolError if the answer can't be one, or the list doesn't come to an end."""
        number = self.page or 1
        listed = read_list(body, self._account)
        facts = _Facts(headers, listed)
        if number == 1:
            self._next_since = facts.next_since()
        removed = self._removed(listed)
        self._check(number, listed, facts)
        odd = listed.odd if number > self._furthest else 0
        self._furthest = max(number, self._furthest)
        self.page = self._follow(number, facts)
        return Page(
            contacts=listed.contacts,
            number=number,
            removed=removed,
            after=Cursor(self._since, self.page, self._next_since) if self.page else None,
            total=facts.total,
            pages=facts.pages,
            next_since=self._next_since,
            full=not self._since,
            odd=odd,
        )

    def _removed(self, listed: Listed) -> tuple[str, ...]:
        """Ids that are gone by the vendor's word: cancelled ones in the list, and `deleted_ids` (each told once a run).

        `meta.deleted_ids` comes with `updated_since` only, on every page. Where it is missing or odd nothing is deleted
        (as `synced` does) and the next run is a full one, which finds out by itself."""
        told = _id_list(listed.meta.get("deleted_ids")) if self._since else ()
        if told is None:
            self._next_since = ""
        listed_now = {contact.remote_id for contact in listed.contacts}
        found = dict.fromkeys((*listed.cancelled, *(told or ())))
        new = tuple(remote_id for remote_id in found if remote_id not in self._gone and remote_id not in listed_now)
        self._gone.update(found)
        return new

    def _check(self, number: int, listed: Listed, facts: _Facts) -> None:
        """Raise where going on would never end, or where ending here would leave contacts out."""
        self._reads += 1
        ids = (*(contact.remote_id for contact in listed.contacts), *listed.cancelled)
        if self._reads > MAX_PAGES:
            raise _endless(said("more than {n} pages", n=MAX_PAGES))
        if ids and self._before == (number - 1, ids):
            raise _endless(said("page {page} repeats page {before}", page=number, before=number - 1))
        if not listed.entries and facts.another(number):
            raise _endless(said("page {page} is empty but not the last", page=number))
        self._before = number, ids

    def _follow(self, number: int, facts: _Facts) -> int | None:
        """The page to read next; the one before where the list became shorter while it was read."""
        shrunk = facts.total is not None and self._total is not None and facts.total < self._total
        self._total = facts.total
        if shrunk and number > 1 and self._steps_back < MOST_STEPS_BACK:
            self._steps_back += 1
            return number - 1
        return number + 1 if facts.another(number) else None


def server_time(headers: Mapping[str, str]) -> str:
    """The server's time of an answer as UTC ISO text, '' where it is missing or unreadable. Names in lower case."""
    return utc(headers.get(_SYNCED_AT, ""))


class _Facts:
    """What an answer says about the list it belongs to: headers first, then `meta`, which has the same as texts."""

    def __init__(self, headers: Mapping[str, str], listed: Listed) -> None:
        self._headers = {name.lower(): value for name, value in headers.items()}
        self._listed = listed
        self.total = self._number("X-Total-Count")
        self.pages = self._number("X-Total-Pages")

    def next_since(self) -> str:
        """Server time of this answer, less the tolerance; '' where the vendor doesn't tell."""
        told = server_time(self._headers)
        try:
            return iso(datetime.fromisoformat(told) - TOLERANCE) if told else ""
        except OverflowError:
            return ""

    def another(self, number: int) -> bool:
        """True if a page follows. The vendor's own client follows `rel=next` and nothing else (gem)."""
        link = self._headers.get("link")
        if link is not None:
            return _NEXT.search(link) is not None
        links = self._listed.meta.get("Link")
        if isinstance(links, dict):
            return bool(links.get("next"))
        if self.pages is not None:
            return number < self.pages
        return self._listed.entries >= PER_PAGE

    def _number(self, name: str) -> int | None:
        value: Any = self._headers.get(name.lower(), self._listed.meta.get(name))
        text = str(value).strip() if isinstance(value, str | int) else ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 and int(text) < _MOST else None


def _id_list(value: Any) -> tuple[str, ...] | None:
    """The ids as texts; None if this is no list of ids."""
    if not isinstance(value, list):
        return None
    ids = tuple(map(as_id, value))
    return ids if all(ids) else None


def _endless(why: str) -> ProtocolError:
    return unreadable(said("the list of contacts does not come to an end ({why})", why=why), "meta.Link")
