"""PrioTicket's contacts over HTTP: list, read one, its revisions, test the connection. Writing is in `writer`."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator, Iterator, Mapping
from operator import itemgetter
from typing import Any

from crmdesk import __version__
from crmdesk.core.errors import KnownError, NotFoundError, ProtocolError, SignInNeededError
from crmdesk.core.foreign import utc, whole
from crmdesk.core.said import said_of, together
from crmdesk.core.seams import SystemClock
from crmdesk.core.types import Account, Cursor, Page, RemoteContact, Revision
from crmdesk.core.vendor import Access, CheckStep, Secrets
from crmdesk.net.auth import Session, SessionBearer
from crmdesk.net.http import Answer, Http, segment
from crmdesk.net.limiter import RateBudget
from crmdesk.net.probe import MAY_READ, MAY_READ_SOME, check_connection
from crmdesk.net.retry import HURRIED, READS, Patience
from crmdesk.vendors.prioticket import bookmark
from crmdesk.vendors.prioticket.bookmark import Part
from crmdesk.vendors.prioticket.codec import CONTACTS, Listed, read_list, unreadable
from crmdesk.vendors.prioticket.fields import CONTACT_TYPES, SCOPE, UPCOMING
from crmdesk.vendors.prioticket.listing import Listing, nothing_changed, part_of
from crmdesk.vendors.prioticket.refusals import RefusalGuard, read_refusal, refused
from crmdesk.vendors.prioticket.signin import SignIn
from crmdesk.vendors.prioticket.writer import Writer

CALLS_PER_SECOND: float | None = 15.0
"""1000 calls a minute for an address (docs, limits); a tenth is left for other desks behind the same address. None, for
benchmarks: no ceiling."""

FILTERS = ("reseller_id", "distributor_id", "contact_type")
"""Query parameters that are settings of the account under the same name."""

_APP = {"App-Name": "crmdesk", "App-Version": __version__}  # "recommended" (3.5)
_SMALLEST = {"page": "1", "items_per_page": "1"}
_OWN = (401, 403)


class Line:
    """Calls of one account: every refusal is counted, and told in the vendor's words."""

    def __init__(self, http: Http, guard: RefusalGuard) -> None:
        self._http = http
        self._guard = guard

    async def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        patience: Patience = READS,
    ) -> Answer:
        """200, 304 and those 4xx that only their body explains; KnownError for everything else."""
        sent = {**_APP, **(headers or {})}
        answer = await self._http.get(path, params=params, headers=sent, own=_OWN, patience=patience)
        self._guard.note(answer.status)
        return answer

    async def put(self, path: str, body: bytes, params: Mapping[str, str | list[str]]) -> Answer:
        """Any status below 500, from one request; InDoubtError where it may have been done, any other KnownError where
        certainly nothing was."""
        sent = {**_APP, "Content-Type": "application/json"}
        answer = await self._http.send("PUT", path, body=body, params=params, headers=sent, own=_OWN)
        self._guard.note(answer.status)
        return answer

    def refused(self, answer: Answer, method: str = "GET") -> KnownError:
        """The error for an answer that is not the one hoped for."""
        return refused(answer.status, answer.body, self.unexpected(answer, method))

    def unexpected(self, answer: Answer, method: str = "GET") -> ProtocolError:
        """The error for an answer that may be somebody else's."""
        return self._http.unexpected(answer, method)

    def good(self, answer: Answer) -> Answer:
        if answer.status != 200:
            raise self.refused(answer)
        return answer


class Contacts:
    """ContactSource and RevisionSource of one account. `filters` stand in every call for a list."""

    whole = True

    def __init__(self, line: Line, filters: Mapping[str, str]) -> None:
        self._line = line
        self._filters = filters

    async def pages(self, cursor: Cursor) -> AsyncIterator[Page]:
        """See `ContactSource.pages`; the rules are in `listing`, and why there may be parts in `_by_type`.

        With `since` the vendor is asked first whether anything has changed; if not, one page says so and is all."""
        before = bookmark.read(cursor.since, self._filters) if cursor.page <= 1 else ()
        if before and before[0].kind:
            if await self._all_as_before(before):
                yield nothing_changed(cursor.since)
                return
            cursor = Cursor()
        listing = Listing(cursor, self._filters)
        while listing.page is not None:
            answer = await self._line.get(CONTACTS, listing.params, listing.headers)
            with _naming(answer):
                if answer.status == 304:
                    yield listing.unchanged()
                    return
                page = listing.take(self._line.good(answer).headers, answer.body)
            if listing.may_be_filtered and (parts := await self._by_type(page)):
                listing = Listing(Cursor(), self._filters, parts)
                continue
            yield page

    async def get(self, remote_id: str) -> RemoteContact:
        """One contact, from "a list of one". NotFoundError where PrioTicket says that there is none.

        RateLimitedError at once instead of waiting: somebody may look at the screen."""
        listed = await self._detail(remote_id)
        return _states_of(listed, remote_id)[-1]

    async def states(self, remote_id: str, patience: Patience = HURRIED) -> list[RemoteContact]:
        """All states of one contact as they came, oldest first. Errors as `get`."""
        return _states_of(await self._detail(remote_id, {"include_versions": "true"}, patience), remote_id)

    async def revisions(self, remote_id: str) -> tuple[Revision, ...]:
        """All states of one contact, newest first: their order in the answer is not documented."""
        states = await self.states(remote_id)
        versions = set(map(version_of, states))
        free = (number for number in itertools.count(1) if number not in versions)  # for states that name none
        found = {version_of(state) or next(free): state.raw for state in states}
        newest_first = sorted(found.items(), key=itemgetter(0), reverse=True)
        return tuple(Revision(number, utc(raw.get("contact_modified")), raw) for number, raw in newest_first)

    async def probe(self) -> Listed:
        """The smallest list there is: shows that address, sign-in and rights are right. KnownError."""
        answer = await self._line.get(CONTACTS, {**_SMALLEST, **self._filters}, patience=HURRIED)
        with _naming(answer):
            return read_list(self._line.good(answer).body)

    async def _detail(
        self, remote_id: str, params: Mapping[str, str] | None = None, patience: Patience = HURRIED
    ) -> Listed:
        path = f"{CONTACTS}/{segment(remote_id)}"
        answer = await self._line.get(path, params, patience=patience)
        if 400 <= answer.status < 500 and await self._says_gone(answer):
            raise NotFoundError("This contact no longer exists at PrioTicket.", "Check the account to update the list.")
        with _naming(answer):
            return read_list(self._line.good(answer).body)

    async def _says_gone(self, answer: Answer) -> bool:
        """True if this is the vendor's word that there is no such contact; raises the reason if somebody else speaks.

        404 is not among the documented statuses of this call, though general text names it: also a 400 or 422 whose
        code says "not found" counts. A 404 that does not name the contact may be a proxy's, or about the address; if
        right after it a list is answered as documented, address, sign-in and line are good and the 404 was meant."""
        refusal = read_refusal(answer.body)
        if answer.status in (404, 410):
            if refusal is None or not refusal.contact_gone:
                await self.probe()
            return True
        if answer.status == 403 and refusal is None:
            raise self._line.unexpected(answer)  # a filter's word about one address is none about the contact
        return answer.status in (400, 422) and refusal is not None and refusal.gone

    # ── whether the list without a type is the whole list ────────────────────────────────────────────────────────

    async def _by_type(self, first: Page) -> tuple[Part, ...]:
        """A part for each type of contact where the list without a type leaves some out; () where it is whole.

        The contacts page prints CONTACT as the default of the filter: taken literally, a list without a type has
        contacts of that type only. Two types on the first page prove the opposite; otherwise the totals of all types
        are added up, from their smallest pages."""
        if len({contact.raw.get("contact_type") for contact in first.contacts}) > 1 or first.total is None:
            return ()
        parts: list[Part] = []
        for kind, _ in CONTACT_TYPES:
            answer = await self._line.get(CONTACTS, {**_SMALLEST, **self._filters, "contact_type": kind})
            if answer.status in (400, 422) and kind in UPCOMING:
                continue  # this server does not know it yet
            with _naming(answer):
                part = part_of(kind, answer.headers, read_list(self._line.good(answer).body))
            if part is None:
                return ()
            parts.append(part)
        return tuple(parts) if sum(part.total or 0 for part in parts) > first.total else ()

    async def _all_as_before(self, parts: tuple[Part, ...]) -> bool:
        """Asks for each type whether its list has changed, until one has."""
        for part in parts:
            params = {**_SMALLEST, **self._filters, "contact_type": part.kind}
            answer = await self._line.get(CONTACTS, params, {"If-Modified-Since": part.stamp})
            if answer.status != 304:
                self._line.good(answer)
                return False
        return True


def _states_of(listed: Listed, remote_id: str) -> list[RemoteContact]:
    """The entries that are about this contact, oldest first. ProtocolError where there is none."""
    states = [state for state in listed.states if state.remote_id == remote_id]
    if not states:
        raise unreadable("it is not the contact that was asked for", "$.data.items[0].contact_uid")
    return sorted(states, key=version_of)


def version_of(contact: RemoteContact) -> int:
    """`contact_version`, which counts from 1; 0 where there is none."""
    return whole(contact.raw.get("contact_version")) or 0


@contextlib.contextmanager
def _naming(answer: Answer) -> Iterator[None]:
    """Adds to a ProtocolError what the vendor's support asks for."""
    try:
        yield
    except ProtocolError as error:
        error.details.setdefault("endpoint", f"GET {CONTACTS}")
        error.details.setdefault("status", str(answer.status))
        raise


# ── test the connection ──────────────────────────────────────────────────────────────────────────────────────────────

_WRITING = "Whether it may also change them shows at the first change."
_HINTS: Mapping[type[KnownError], str] = {
    SignInNeededError: "The address decides the environment: production, sandbox and staging have their own clients.",
}


async def check(contacts: Contacts, sign_in: SignIn) -> tuple[CheckStep, ...]:
    """The three lines of *Test connection*, from one small list. Never raises KnownError."""

    async def probe() -> str:
        total = (await contacts.probe()).total
        return together(MAY_READ if total is None else said_of(total, *MAY_READ_SOME), _WRITING)

    accepted = "Client id and client secret are accepted."
    return await check_connection(
        "PrioTicket", prepare=sign_in.authorization, probe=probe, accepted=accepted, hints=_HINTS
    )


def open_access(account: Account, secrets: Secrets, transport: Any = None) -> Access:
    """Live slots of one account. `transport` replaces the network. SettingsError for an address that can't be used."""
    clock, config = SystemClock(), account.config
    budget = RateBudget(clock, ceiling=CALLS_PER_SECOND)
    guard = RefusalGuard(clock, budget)

    def http(**more: Any) -> Http:
        made = {"vendor": "PrioTicket", "clock": clock, "budget": budget, "transport": transport, **more}
        return Http(account.base_url, **made)

    outside = http()
    scope = config.get("scope", "").strip() or SCOPE
    sign_in = SignIn(outside, guard, secrets, config.get("client_id", ""), scope)
    inside = http(auth=SessionBearer(Session(sign_in, clock), account.base_url))
    filters = {name: value for name in FILTERS if (value := config.get(name, "").strip())}
    line = Line(inside, guard)
    contacts = Contacts(line, filters)

    async def aclose() -> None:
        await inside.aclose()
        await outside.aclose()

    return Access(
        check=lambda: check(contacts, sign_in),
        aclose=aclose,
        contacts=contacts,
        history=contacts,
        writer=Writer(line, contacts, account.base_url),
    )
