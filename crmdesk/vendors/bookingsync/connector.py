"""BookingSync's contacts over HTTP: list, read one, test the connection. Writing is in `writer`."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

from crmdesk.core.errors import ForbiddenError, NotFoundError, ProtocolError
from crmdesk.core.said import said_of, together
from crmdesk.core.seams import SystemClock
from crmdesk.core.types import Account, Cursor, Page, RemoteContact
from crmdesk.core.vendor import Access, CheckStep, Secrets
from crmdesk.net.http import Answer, Http, segment
from crmdesk.net.limiter import RateBudget
from crmdesk.net.probe import MAY_READ, MAY_READ_SOME, check_connection
from crmdesk.net.retry import HURRIED
from crmdesk.vendors.bookingsync.codec import CONTACTS, HEADERS, Listed, read_list, unreadable
from crmdesk.vendors.bookingsync.listing import Listing, server_time
from crmdesk.vendors.bookingsync.refusals import envelope
from crmdesk.vendors.bookingsync.signin import SignIn, sign_in
from crmdesk.vendors.bookingsync.writer import Writer

_PROBE = {"page": "1", "per_page": "1"}


class Contacts:
    """ContactSource of one account. With `account` (BookingSync's own id of it) contacts of others are left out as odd;
    without, everything the token may see is listed: "List all contacts for a given account(s)" (contacts page)."""

    whole = False

    def __init__(self, http: Http, account: str = "", hint: str = "") -> None:
        """`hint`: what to do where the right to read is missing."""
        self._http = http
        self._account = account
        self._hint = hint

    async def pages(self, cursor: Cursor) -> AsyncIterator[Page]:
        """See `ContactSource.pages`; the rules are in `listing`. Waits where the hourly budget is used up."""
        listing = Listing(cursor, self._account)
        while listing.page is not None:
            with self._allowed():
                answer = await self._http.get(CONTACTS, params=listing.params, headers=HEADERS)
            with _naming(answer):
                page = listing.take(self._good(answer).headers, answer.body)
            yield page

    async def get(self, remote_id: str) -> RemoteContact:
        """One contact, from "a list of one". NotFoundError where BookingSync says it is deleted or doesn't exist.

        RateLimitedError at once instead of waiting: somebody may look at the screen."""
        path = f"{CONTACTS}/{segment(remote_id)}"
        with self._allowed():
            answer = await self._http.get(path, headers=HEADERS, patience=HURRIED)
        if answer.status in (404, 410):
            await self._confirm_missing(answer)
            raise _gone("This contact no longer exists at BookingSync.")
        with _naming(answer):
            listed = read_list(self._good(answer).body, self._account)
        if remote_id in listed.cancelled:
            raise _gone("This contact was deleted at BookingSync.")
        return _the_one(listed, remote_id)

    async def probe(self) -> Listed:
        """The smallest list there is: shows that address and token are right. KnownError."""
        answer = await self._smallest()
        with _naming(answer):
            return read_list(answer.body)

    async def server_time(self) -> str:
        """What time it is there, as UTC ISO text; '' where the vendor doesn't tell. KnownError."""
        return server_time((await self._smallest()).headers)

    async def _smallest(self) -> Answer:
        with self._allowed():
            return self._good(await self._http.get(CONTACTS, params=_PROBE, headers=HEADERS, patience=HURRIED))

    @contextlib.contextmanager
    def _allowed(self) -> Iterator[None]:
        """What a 403 means by how the account signs in."""
        try:
            yield
        except ForbiddenError as error:
            raise ForbiddenError(error.title, self._hint or error.hint, details=error.details) from None

    async def _confirm_missing(self, answer: Answer) -> None:
        """Returns if this 404 is the vendor's word about the contact, raises the reason if it may be somebody else's.

        BookingSync's own 404 may be an HTML page (recordings of ex and gem), and so is that of any proxy. If right
        after it a list is answered as documented, the address, the token and the line are good."""
        if envelope(answer.body) is None:
            await self.probe()

    def _good(self, answer: Answer) -> Answer:
        if answer.status != 200:
            raise self._http.unexpected(answer)
        return answer


def _gone(title: str) -> NotFoundError:
    return NotFoundError(title, "Check the account to update the list.")


def _the_one(listed: Listed, remote_id: str) -> RemoteContact:
    for contact in listed.contacts:
        if contact.remote_id == remote_id:
            return contact
    raise unreadable("it is not the contact that was asked for", "contacts[0].id")


@contextlib.contextmanager
def _naming(answer: Answer) -> Iterator[None]:
    """Adds to a ProtocolError what the vendor's support asks for."""
    try:
        yield
    except ProtocolError as error:
        error.details.setdefault("endpoint", f"GET {CONTACTS}")
        error.details.setdefault("status", str(answer.status))
        error.details.setdefault("request id", answer.headers.get("x-request-id", "")[:80])
        raise


# ── test the connection ──────────────────────────────────────────────────────────────────────────────────────────────


async def check(contacts: Contacts, signed: SignIn) -> tuple[CheckStep, ...]:
    """The three lines of *Test connection*, from one small list. Never raises KnownError."""

    async def probe() -> str:
        return together(_may_read(await contacts.probe()), await signed.rights())

    return await check_connection("BookingSync", prepare=signed.prepare, probe=probe, accepted=signed.accepted)


def _may_read(listed: Listed) -> str:
    """`X-Total-Count` from `meta`, where it stands as text."""
    total = listed.meta.get("X-Total-Count")
    if not isinstance(total, str | int) or not str(total).isdecimal():
        return MAY_READ
    return said_of(int(total), *MAY_READ_SOME) if len(str(total)) < 10 else MAY_READ


def open_access(account: Account, secrets: Secrets, transport: Any = None) -> Access:
    """Live slots of one account. `transport` replaces the network. SettingsError for an address that can't be used."""
    clock = SystemClock()
    signed = sign_in(account, secrets, clock, transport)
    http = Http(
        account.base_url,
        vendor="BookingSync",
        clock=clock,
        budget=RateBudget(clock),
        auth=signed.auth,
        transport=transport,
    )
    contacts = Contacts(http, account.config.get("account_id", ""), signed.may_not_read)
    writer = Writer(http, contacts, clock, account.base_url, signed.may_not_write) if signed.writes else None

    async def aclose() -> None:
        await signed.aclose()
        await http.aclose()

    return Access(check=lambda: check(contacts, signed), aclose=aclose, contacts=contacts, writer=writer)
