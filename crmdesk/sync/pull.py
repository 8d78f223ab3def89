"""One check of one account: the vendor's pages into the cache, from the checkpoint to a complete listing.

    begin ─► page: rows + checkpoint in ONE commit, while the next page is being fetched ─► … ─► last page
    last page ─► as many as announced? ─ no ─► read again, at most 3 times ─► unsettled: rows kept, nothing removed,
          │ yes                                                               cursor not advanced
          ▼
    full listing: what it did not bring is asked for one by one ─► removed, in the commit that advances the cursor
    brake: more than 10 and more than 10 % of the account would vanish ─► nothing is removed, the operator is asked;
           more than 20 and more than 20 % would get other values ─► no more do, the operator is asked
           the pages behind are read all the same: of those, as of that one, only who was closed is taken over
    where every listing brings everything (`source.whole`), the vendor is asked first whether anything changed; if not,
    all is confirmed and nothing is read

A vendor who has just listed everything and then forbids one contact (403) has taken it out of our sight: it goes too.

Rules: the cursor moves only in the commit that ends a complete listing, to the server's time of that listing's first
page. Nothing is removed on a failed, partial or odd answer. A record is removed only by the vendor's own word: told
as removed in the listing, or missing from a complete one and not found when asked for. Killed at any point, the next
pull goes on at the page that was not stored yet.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from crmdesk.core.errors import ForbiddenError, KnownError, NotFoundError, ProtocolError
from crmdesk.core.said import said
from crmdesk.core.seams import iso
from crmdesk.core.types import Account, AccountState, Cursor, Flag, Page, RemoteContact, Summary
from crmdesk.store import accounts, contacts, incoming
from crmdesk.store.commits import Touched
from crmdesk.store.database import Connection
from crmdesk.sync.gated import write_gated
from crmdesk.sync.outcome import (
    RESELECTED,
    WOULD_REMOVE,
    Braked,
    Job,
    PullResult,
    counts,
    ended_badly,
    ended_braked,
    ended_well,
    wait_for_operator,
)
from crmdesk.sync.progress import WOULD_ALTER, Phase, page_text

log = logging.getLogger(__name__)

T = TypeVar("T")
U = TypeVar("U")

MOST_RESTARTS = 3
MOST_PAGES = 20_000  # two million contacts; and no contact may come behind the announced number of pages
ASK_EACH = 20
"""So many missing contacts are asked for one by one; of more, this many spread over the list. The vendor counts
requests (1,000 an hour for a whole application), and one that is still there shows that the pages had shifted."""
FULL_EVERY = timedelta(hours=24)
"""A full listing at least this often: that BookingSync's `updated_since` covers contacts is inferred, not documented,
and a record may slip between two pages while another is made. A full listing finds both."""
FULL_AT = "full_at"  # in the account's config: time of the last complete full listing
BRAKE_COUNT, BRAKE_SHARE = 10, 0.10
ALTER_COUNT, ALTER_SHARE = 20, 0.20


def too_many(gone: int, cached: int) -> bool:
    """The brake: more than 10 and more than 10 % of the account's cached contacts."""
    return gone > BRAKE_COUNT and gone > cached * BRAKE_SHARE


def too_many_altered(altered: int, cached: int) -> bool:
    """The same for contacts that get other values: more than 20 and more than 20 %."""
    return altered > ALTER_COUNT and altered > cached * ALTER_SHARE


def full_due(account: Account, now: datetime) -> bool:
    """True if the last complete full listing is unknown, too old, or in the future (a clock that jumped)."""
    try:
        age = now - datetime.fromisoformat(account.config.get(FULL_AT, ""))
    except (ValueError, TypeError):
        return True
    return not timedelta(0) <= age < FULL_EVERY


@dataclass
class _Listing:
    """One reading of the list. `odd` counts entries that are announced but not stored; `ids` what an incremental
    listing brought (a full one is counted in the cache: a set of a million ids would be 100 MB)."""

    generation: int
    full: bool
    start: Cursor
    cached: int  # contacts of the account when it began
    pages: int = 0
    last: int = 0
    total: int | None = None
    next_since: str = ""
    odd: int = 0
    slipped: bool = False  # the total fell: records moved over a border to a page that was read before
    unchanged: bool = False  # the vendor says that nothing changed since the last listing
    partial: bool = False  # it says nothing about what it does not bring
    asked: int = 0  # of so many contacts it was asked whether they may get other values; nobody has answered yet
    reselected: bool = False  # the account's settings were changed to list other contacts: the old ones just go
    braked: Braked | None = None  # a page went too far
    ids: set[str] = field(default_factory=set)

    @property
    def resumed(self) -> bool:
        return self.start.page > 1

    def note(self, page: Page, erased: int) -> None:
        distinct = {contact.remote_id for contact in page.contacts}
        fell = self.total is not None and page.total is not None and page.total < self.total
        self.slipped = fell or (self.slipped and page.number > self.last)  # a connector may read the page before again
        self.pages += 1
        self.partial = self.partial or page.partial
        self.last, self.total, self.next_since = page.number, page.total, page.next_since
        self.odd += page.odd + erased + len(page.contacts) - len(distinct)
        if self.full:
            self.odd += len(page.removed)  # listed as cancelled: announced, but not among the contacts
        else:
            self.ids |= distinct.union(page.removed)


async def pull(job: Job) -> PullResult:
    """Brings the account's cache up to date. Never raises KnownError: how it ended is the result, on the board and in
    the account's state. CancelledError leaves the checkpoint. Only one pull may run for an account at a time."""
    run = _Pull(job)
    try:
        return await run.whole()
    except asyncio.CancelledError:
        run.stopped()
        raise
    except Braked as brake:
        return await ended_braked(job, run.result, brake)
    except KnownError as error:
        return await ended_badly(job, run.result, error)
    except Exception:
        run.show(Phase.FAILED, "crmdesk made a mistake in this check.", hint="The log says more. Nothing was removed.")
        raise


class _Pull:
    def __init__(self, job: Job) -> None:
        self.job = job
        self.id = job.account.id
        self.result = PullResult(self.id)
        self.removed = self.altered = 0  # in this listing, for the brake
        self.before: tuple[int | None, int] | None = None  # total and entries seen, of the reading before this one

    # ── the whole ────────────────────────────────────────────────────────────────────────────────────────────────

    async def whole(self) -> PullResult:
        self.show(Phase.CONNECTING, said("Connecting to {vendor}…", vendor=self.job.vendor_title))
        self.source = await self.job.open()
        for attempt in range(1 + MOST_RESTARTS):
            listing = await self._write("begin", lambda c, _, fresh=attempt > 0: self._begin(c, fresh))
            await self._read(listing)
            if await self._complete(listing):
                return await ended_well(self.job, self.result)
            log.info("the list shifted while it was read (account %s, attempt %s)", self.id, attempt + 1)
        await self._write("unsettled", lambda c, _: contacts.begin_listing(c, self.id, not self.result.full))
        return await ended_well(self.job, replace(self.result, unsettled=True))

    async def _complete(self, listing: _Listing) -> bool:
        """Ends a listing whose last page is stored; False if it has to be read again."""
        if listing.unchanged:
            await self._write("finish", lambda c, t: self._confirm(c, t, listing))
            return True
        self.show(Phase.CHECKING, "Checking what is gone…")
        missing = await self._missing(listing)
        seen = (listing.total, await self._present(listing, missing))
        # Where a vendor's total never fits (it may count what it does not list), two readings agree: that is no drift.
        slipped = listing.slipped or await self._deleted_during(listing, missing)
        settled = not slipped and (not self._short(listing, seen[1]) or seen == self.before)
        self.before = seen
        gone = await self._gone_among(listing, missing) if settled else None
        if gone is None:
            return False
        await self._write("finish", lambda c, t: self._finish(c, t, listing, gone))
        return True

    def _begin(self, connection: Connection, fresh: bool) -> _Listing:
        """Goes on with an unfinished listing unless `fresh`; which kind, the cursor and the last full one decide."""
        account = accounts.account(connection, self.id) or self.job.account
        since = accounts.cursor(connection, self.id).since
        unasked = fresh or self.job.full or not since or full_due(account, self.job.clock.now())
        full = unasked or self.source.whole
        if fresh:
            contacts.begin_listing(connection, self.id, not full)  # a listing of the other kind ends this one
        generation = contacts.begin_listing(connection, self.id, full)
        start = accounts.cursor(connection, self.id)
        start = replace(start, since="") if unasked else start
        self.removed = self.altered = 0
        self.result = replace(self.result, full=full)
        asked = int(text) if (text := account.config.get(WOULD_ALTER, "")).isdecimal() else 0
        reselected = RESELECTED in account.config
        return _Listing(
            generation, full, start, account.contacts, next_since=start.next_since, asked=asked, reselected=reselected
        )

    # ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _read(self, listing: _Listing) -> None:
        """Every page from the listing's start; the next one is on its way while this one is being stored. Braked once
        they have come, where one of them went too far."""
        pages = self.source.pages(listing.start)
        try:
            asked = self._written()
            page = await anext(pages, None)
            while page is not None:
                earlier, asked = asked, self._written()
                _, page = await _both(self._store(listing, page, earlier), _following(pages))
        finally:
            if (close := getattr(pages, "aclose", None)) is not None:
                await close()
        if listing.braked is not None:
            raise listing.braked
        if not listing.pages:
            raise self._not_understood("It gave a list without any page.")

    def _written(self) -> int:
        """How many contacts had been written at the vendor when a page was asked for."""
        return self.job.stamps.now if self.job.stamps is not None else 0

    async def _store(self, listing: _Listing, page: Page, asked: int) -> None:
        if page.unchanged:
            if not listing.start.since or page.contacts or listing.pages:
                raise self._not_understood("It says that nothing has changed, which was not asked.")
            listing.pages, listing.unchanged, listing.next_since = 1, True, page.next_since
            return
        behind = bool(page.contacts) and page.pages is not None and page.number > page.pages + 1  # an empty one may be
        if page.number > MOST_PAGES or behind:
            raise self._not_understood("Its list of contacts does not come to an end.")
        if listing.braked is None:
            try:
                applied = await self._write("page", lambda c, t: self._apply(c, t, listing, page, asked))
            except Braked as brake:
                listing.braked = brake  # from here on the question stands, however this listing ends
                await self._write("braked", lambda c, t, over=brake: wait_for_operator(c, t, self.job, over))
            else:
                self._count(listing, page, applied)
                return
        await self._write("closed", lambda c, t: self._close(c, t, listing, page, asked))
        self.result = replace(self.result, page=page.number, pages=page.pages)
        self.show(Phase.LISTING, page_text(page.number, page.pages))

    def _count(self, listing: _Listing, page: Page, applied: contacts.Applied) -> None:
        listing.note(page, applied.erased + (applied.held if listing.full else 0))
        self.removed += applied.removed
        self.altered += applied.altered
        self.result = counts(self.result, applied)
        self.result = replace(
            self.result,
            odd=self.result.odd + page.odd,
            page=page.number,
            pages=page.pages,
            contacts=self.result.contacts + len(page.contacts),
            total=page.total,
        )
        self.show(Phase.LISTING, page_text(page.number, page.pages))

    def _apply(
        self, connection: Connection, touched: Touched, listing: _Listing, page: Page, asked: int
    ) -> contacts.Applied:
        """Runs in the writer. The brake undoes the page: its removals are not stored, nor is its checkpoint.

        A contact that was written at the vendor after the page was `asked` for is left as the answer to that has it."""
        page = replace(page, removed=()) if self.job.removals.keep else page
        page, older = self._without_older(page, asked)
        if self.job.removals.keep_values:
            page = contacts.without_altered(connection, self.id, listing.generation, page, *self._summed(page))
        applied = self._take(connection, touched, listing.generation, page)
        self._brake(listing, self.removed + applied.removed)
        self._brake_altered(listing, self.altered + applied.altered)
        return replace(applied, held=applied.held + older)

    def _close(self, connection: Connection, touched: Touched, listing: _Listing, page: Page, asked: int) -> None:
        """Of a page that goes too far, and of those behind: nothing may be sent about a guest who has asked for that,
        whatever a person will say of the others."""
        page, _ = self._without_older(page, asked)
        closed = contacts.only_closed(connection, self.id, page, *self._summed(page))
        if closed.contacts:
            self._take(connection, touched, listing.generation, closed)

    def _summed(self, page: Page) -> tuple[list[Summary], str]:
        """What a page brings, and when."""
        return [self._summary(contact) for contact in page.contacts], iso(self.job.clock.now())

    def _without_older(self, page: Page, asked: int) -> tuple[Page, int]:
        """And how many were left out."""
        kept = tuple(contact for contact in page.contacts if not self._is_older(contact, asked))
        left = len(page.contacts) - len(kept)
        return (replace(page, contacts=kept) if left else page), left

    def _is_older(self, contact: RemoteContact, asked: int) -> bool:
        stamps = self.job.stamps
        return stamps is not None and stamps.newer(self.id, contact.remote_id, asked)

    def _take(self, connection: Connection, touched: Touched, generation: int, page: Page) -> contacts.Applied:
        now, vendor = iso(self.job.clock.now()), self.job.vendor
        if vendor is None:
            summaries = [self._summary(contact) for contact in page.contacts]
            return contacts.apply_page(connection, touched, self.id, generation, page, summaries, now)
        desk = incoming.desk_of(connection, touched, vendor, self.id, now)
        return incoming.take_in(connection, desk, generation, page, self._summary)

    def _summary(self, contact: RemoteContact) -> Summary:
        try:
            return self.job.summarise(contact.raw)
        except Exception as error:  # noqa: BLE001 - one odd record never stops a page
            log.warning("a contact of account %s could not be summarised: %s", self.id, type(error).__name__)
            return Summary(texts={"id": contact.remote_id})

    def _brake(self, listing: _Listing, gone: int) -> None:
        if too_many(gone, listing.cached) and gone > self.job.removals.agreed:
            raise Braked(gone, listing.cached, listing.full)

    def _brake_altered(self, listing: _Listing, altered: int) -> None:
        """Where the question stands it goes on standing: what came before it is no more among the altered ones."""
        stop = too_many_altered(altered, listing.cached) or (listing.asked and altered)
        if stop and not (self.job.removals.alter or self.job.removals.keep_values):
            raise Braked(0, listing.cached, listing.full, max(altered, listing.asked))

    # ── the end of a listing ─────────────────────────────────────────────────────────────────────────────────────

    async def _missing(self, listing: _Listing) -> list[str]:
        """Remote ids that a complete full listing did not bring. After a change of what the account lists, nothing from
        before belongs to it any more, whatever the listing tells."""
        if not listing.full or (listing.partial and not listing.reselected):
            return []
        found = await self.job.database.read(lambda c: contacts.vanished(c, self.id, listing.generation))
        return [remote_id for _, remote_id in found]

    async def _present(self, listing: _Listing, missing: list[str]) -> int:
        """How many of the announced entries were seen."""
        if not listing.full:
            return len(listing.ids) + listing.odd
        return await self.job.database.read(self._at_vendor) - len(missing) + listing.odd

    def _at_vendor(self, connection: Connection) -> int:
        """Cached contacts that the vendor has: not those that were only made here so far."""
        account = accounts.account(connection, self.id)
        return account.contacts - contacts.count_local(connection, self.id) if account else 0

    def _short(self, listing: _Listing, present: int) -> bool:
        """True if a record may have slipped over a border between two pages while the list was read.

        A full listing that was interrupted is judged by what is in the cache; of an incremental one nobody knows what
        its first part brought, so it is read once more (a page or two)."""
        if listing.resumed and not listing.full:
            return True
        return listing.total is not None and present < listing.total

    async def _deleted_during(self, listing: _Listing, missing: list[str]) -> bool:
        """Asked of a full listing that was interrupted: while it paused, records may have moved onto pages read before
        although the total is the same, since others were made. True if the vendor tells of a deleted one among those
        that this listing has brought."""
        if self.source.whole or not (listing.full and listing.resumed and listing.next_since):
            return False
        told: set[str] = set()
        async for page in self.source.pages(Cursor(since=listing.next_since)):
            told.update(page.removed)
        return not told <= set(missing)

    async def _gone_among(self, listing: _Listing, missing: list[str]) -> list[str] | None:
        """The missing ones that are really gone; None if too many are still there, so that the pages had shifted."""
        if not missing or self.job.removals.keep:
            return []
        if listing.reselected and listing.full:
            return missing  # they may well be there still, but were deselected here
        self._brake(listing, self.removed + len(missing))
        few = len(missing) <= ASK_EACH
        asked = missing if few else missing[:: len(missing) // ASK_EACH][:ASK_EACH]
        there = [remote_id for remote_id in asked if await self._still_there(listing, remote_id)]
        if there and not few:
            return None
        return [remote_id for remote_id in missing if remote_id not in there]

    async def _still_there(self, listing: _Listing, remote_id: str) -> bool:
        """Asks for one contact; what comes is stored. One that was cancelled counts as gone, and so does one that a
        vendor who has just listed everything does not let us see any more."""
        asked = self._written()
        try:
            contact = await self.source.get(remote_id)
        except NotFoundError:
            return False
        except ForbiddenError:
            if self.source.whole:
                return False
            raise
        if self._summary(contact).flags & Flag.CANCELLED:
            return False
        page = Page((contact,), number=listing.last)

        def keep(connection: Connection, touched: Touched) -> None:
            one, older = self._without_older(page, asked)
            if not older:
                self._take(connection, touched, listing.generation, one)

        await self._write("kept", keep)
        return True

    def _confirm(self, connection: Connection, touched: Touched, listing: _Listing) -> None:
        """Everything is as it was. When the last full reading was stays noted: it is due again all the same."""
        now, since = iso(self.job.clock.now()), listing.next_since or listing.start.since
        contacts.finish_listing(connection, touched, self.id, listing.generation, since, now)
        accounts.set_state(connection, touched, self.id, AccountState.GOOD)

    def _finish(self, connection: Connection, touched: Touched, listing: _Listing, gone: list[str]) -> None:
        """Removals, cursor and state in one commit."""
        now = iso(self.job.clock.now())
        removed = contacts.remove_contacts(connection, touched, self.id, gone, now) if gone else 0
        generation, since = listing.generation, listing.next_since
        if listing.resumed and self.source.whole:
            since = ""  # while it paused, contacts may have moved onto pages read before: the next check reads all anew
        if listing.full and self.job.removals.keep:
            # A list that shrank oddly may have hidden changes too: they are asked for from where we were before.
            generation = contacts.begin_listing(connection, self.id, False)
            since = accounts.cursor(connection, self.id).since or since
        contacts.finish_listing(connection, touched, self.id, generation, since, now)
        if (account := accounts.account(connection, self.id)) is not None:
            over = {WOULD_REMOVE, WOULD_ALTER, *({RESELECTED} if listing.full else ())}
            config = {name: value for name, value in account.config.items() if name not in over}
            config |= {FULL_AT: now} if listing.full else {}
            accounts.update(connection, touched, self.id, config=config)
        accounts.set_state(connection, touched, self.id, AccountState.GOOD)
        self.result = replace(self.result, removed=self.result.removed + removed)

    # ── small things ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _write(self, step: str, fn: Any) -> Any:
        """One commit between two gates."""
        return await write_gated(self.job.database, f"pull.{step}", fn)

    def _not_understood(self, why: str) -> ProtocolError:
        text = said(
            "The answer from {vendor} could not be understood. Nothing was removed here.", vendor=self.job.vendor_title
        )
        return ProtocolError(text, why)

    def show(self, phase: Phase, text: str, *, hint: str = "") -> None:
        self.job.board.put(self.result.progress(phase, text, hint))

    def stopped(self) -> None:
        text = _stopped_text(self.result.page, self.result.pages)
        self.show(Phase.STOPPED, text, hint="What was read is kept. The next check goes on from there.")


def _stopped_text(page: int, pages: int | None) -> str:
    if pages and pages >= page:
        return said("Stopped after page {page} of {pages}.", page=page, pages=pages)
    return said("Stopped after page {page}.", page=page) if page else "Stopped."


async def _following(pages: AsyncIterator[Page]) -> Page | None:
    return await anext(pages, None)


async def _both(first: Awaitable[T], second: Awaitable[U]) -> tuple[T, U]:
    """Both to their ends, at once; then the first one's error, else the second one's. So a page that came is stored
    although the next one did not come."""
    one, two = await asyncio.gather(first, second, return_exceptions=True)
    for result in (one, two):
        if isinstance(result, BaseException):
            raise result
    return one, two  # type: ignore[return-value]
