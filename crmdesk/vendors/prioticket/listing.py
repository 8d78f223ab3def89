"""One run over PrioTicket's contact list as a state machine: which page next, when to stop, and what the next run asks
with. It sends nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from math import ceil

from crmdesk.core.errors import ProtocolError
from crmdesk.core.foreign import text
from crmdesk.core.said import said
from crmdesk.core.types import Cursor, Page
from crmdesk.vendors.prioticket import bookmark
from crmdesk.vendors.prioticket.bookmark import Part
from crmdesk.vendors.prioticket.codec import Listed, read_list, unreadable

PER_PAGE = 100  # within both limits that the vendor names, 500 (3.5) and 200 (3.8); the answer's own number counts
MAX_PAGES = 20_000  # 200,000 contacts where only 10 a page are given: more reads than that is a list without an end
MOST_STEPS_BACK = 20  # in one run; a total that rises and falls for ever (two servers out of step) must not hold us

_SETTLED = timedelta(seconds=2)
"""A Last-Modified that is younger than this when it is given has whole seconds only: another change in the same second
would hide behind it for good. It is not kept, and the next run reads everything."""


class Listing:
    """Ask for `params` with `headers`, hand the answer to `take`, store the page with its `after`; over when `page` is
    None.

    Page numbers count through all parts, from 1, whatever the vendor counts within one part. A page that repeats the
    one before, an empty page with more to come and more than MAX_PAGES reads raise ProtocolError: such a list is not
    complete. Where the total fell since the page before, contacts have moved forward over the border: that page is
    read again (its odd entries are told once). Other drift shows in the count, which the pull checks."""

    def __init__(self, cursor: Cursor, filters: Mapping[str, str], parts: tuple[Part, ...] = ()) -> None:
        """From `cursor` on; with `parts`, from their beginning. A checkpoint of other filters begins anew."""
        self._filters = filters
        self._since = cursor.since
        known = parts or (bookmark.read(cursor.next_since, filters) if cursor.page > 1 else ())
        self.page: int | None = cursor.page if known and not parts else 1
        self._parts = known or (Part(),)
        asked = bookmark.read(cursor.since, filters) if self.page == 1 and not parts else ()
        self._condition = asked[0].stamp if len(asked) == 1 and not asked[0].kind else ""
        self._total = self._sum()
        self._reads = 0
        self._before: tuple[int, tuple[str, ...]] = (0, ())
        self._furthest = 0
        self._steps_back = 0

    @property
    def params(self) -> dict[str, str]:
        """Query of the next request."""
        place, within = self._place(self.page or 1)
        kind = self._parts[place].kind
        params = {"page": str(within), "items_per_page": str(PER_PAGE), **self._filters}
        return {**params, "contact_type": kind} if kind else params

    @property
    def headers(self) -> dict[str, str]:
        """Only the first request asks whether anything has changed at all."""
        return {"If-Modified-Since": self._condition} if self._condition and not self._reads else {}

    @property
    def may_be_filtered(self) -> bool:
        """True after the first page of a listing that asked for everything: the vendor may have chosen a type."""
        first = self._reads == self._furthest == 1
        return first and not self._since and not self._parts[0].kind and "contact_type" not in self._filters

    def unchanged(self) -> Page:
        """The page for a 304. ProtocolError where nobody had asked."""
        if not self.headers:
            raise unreadable("it says that nothing has changed, which was not asked")
        return nothing_changed(self._since)

    def take(self, headers: Mapping[str, str], body: bytes) -> Page:
        """The page just read. ProtocolError if the answer can't be one, or the list doesn't come to an end."""
        number = self.page or 1
        place, within = self._place(number)
        listed = read_list(body)
        more = _another(listed, within)
        self._check(number, listed, more)
        self._note(place, within, listed, more, headers)
        odd = listed.odd if number > self._furthest else 0
        self._furthest = max(number, self._furthest)
        self.page = self._follow(number, place, more)
        return Page(
            contacts=listed.contacts,
            number=number,
            after=self._checkpoint(),
            total=self._total,
            pages=max(1, sum(part.pages for part in self._parts)),
            next_since=bookmark.write_complete(self._parts, self._filters),
            odd=odd,
        )

    def _place(self, number: int) -> tuple[int, int]:
        """Which part this page is in, and its number there."""
        before = 0
        last = len(self._parts) - 1
        for place, part in enumerate(self._parts):
            if place == last or number <= before + part.pages:
                return place, number - before
            before += part.pages
        raise AssertionError("a listing has at least one part")

    def _check(self, number: int, listed: Listed, more: bool) -> None:
        """Raise where going on would never end, or where ending here would leave contacts out."""
        self._reads += 1
        ids = tuple(contact.remote_id for contact in listed.contacts)
        if self._reads > MAX_PAGES:
            raise _endless(said("more than {n} pages", n=MAX_PAGES))
        if ids and self._before == (number - 1, ids):
            raise _endless(said("page {page} repeats page {before}", page=number, before=number - 1))
        if not listed.entries and more:
            raise _endless(said("page {page} is empty but not the last", page=number))
        self._before = number, ids

    def _note(self, place: int, within: int, listed: Listed, more: bool, headers: Mapping[str, str]) -> None:
        """What this answer says about its part. Pages that were read stay counted, so that numbers stay as they are;
        the Last-Modified of the first reading counts: what changes while we read has to show in the next run."""
        part = self._parts[place]
        pages = max(within + 1 if more else within, listed.pages or 0) if more else within
        stamp = last_modified(headers) if not part.kind and within == 1 and self._reads == 1 else part.stamp
        total = part.total if listed.total is None else listed.total
        updated = replace(part, total=total, pages=pages, stamp=stamp)
        self._parts = (*self._parts[:place], updated, *self._parts[place + 1 :])

    def _follow(self, number: int, place: int, more: bool) -> int | None:
        """The page to read next; the one before where the list became shorter while it was read."""
        before, self._total = self._total, self._sum()
        shrunk = before is not None and self._total is not None and self._total < before
        if shrunk and number > 1 and self._steps_back < MOST_STEPS_BACK:
            self._steps_back += 1
            return number - 1
        return number + 1 if more or any(part.pages for part in self._parts[place + 1 :]) else None

    def _checkpoint(self) -> Cursor | None:
        return Cursor(self._since, self.page, bookmark.write(self._parts, self._filters)) if self.page else None

    def _sum(self) -> int | None:
        totals = [part.total for part in self._parts]
        return None if None in totals else sum(total or 0 for total in totals)


def nothing_changed(since: str) -> Page:
    """The only page of a listing whose vendor says that nothing changed since `since`."""
    return Page(contacts=(), number=1, unchanged=True, next_since=since)


def part_of(kind: str, headers: Mapping[str, str], listed: Listed) -> Part | None:
    """A type's list as its smallest page shows it; None where that page shows that the filter does not work."""
    others = {text(contact.raw.get("contact_type")) for contact in listed.contacts} - {kind}
    if listed.total is None or others:
        return None
    return Part(kind, listed.total, ceil(listed.total / PER_PAGE), last_modified(headers))


def last_modified(headers: Mapping[str, str]) -> str:
    """The Last-Modified as the vendor wrote it, to be sent back unchanged; '' for none, for one that is no date, and
    for one too young to be trusted."""
    told = {name.lower(): value.strip() for name, value in headers.items()}
    stamp = told.get("last-modified", "")
    moment, now = _date(stamp), _date(told.get("date", ""))
    if moment is None or (now is not None and now - moment < _SETTLED):
        return ""
    return stamp


def _date(stamp: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(stamp) if 0 < len(stamp) <= 60 and stamp.isascii() else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)


def _another(listed: Listed, number: int) -> bool:
    """True if a page of this list follows: by the answer's own numbers, else while pages are full."""
    if listed.pages is not None:
        return number < listed.pages
    return listed.entries >= (listed.per_page or PER_PAGE)


def _endless(why: str) -> ProtocolError:
    return unreadable(said("the list of contacts does not come to an end ({why})", why=why), "$.data.total_pages")
