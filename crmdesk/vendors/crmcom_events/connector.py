"""CRM.COM's back office over HTTP: sending batches of events, look-ups, *Test connection*."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import tzinfo
from typing import Any

from crmdesk.core.batch import BatchKind, BatchRow, RowOutcome
from crmdesk.core.errors import (
    ForbiddenError,
    KnownError,
    NotFoundError,
    OfflineError,
    ProtocolError,
    RejectedError,
    SettingsError,
    SignInNeededError,
)
from crmdesk.core.said import said, term, together
from crmdesk.core.seams import Clock, SystemClock
from crmdesk.core.types import Account, Json
from crmdesk.core.vendor import Access, CheckStep, Secrets
from crmdesk.net.auth import Session
from crmdesk.net.http import Http
from crmdesk.net.limiter import RateBudget
from crmdesk.net.probe import check_connection
from crmdesk.vendors.crmcom_events import settling
from crmdesk.vendors.crmcom_events.api import Api, in_doubt
from crmdesk.vendors.crmcom_events.codec import TITLE
from crmdesk.vendors.crmcom_events.encoder import Encoder
from crmdesk.vendors.crmcom_events.finder import Finder
from crmdesk.vendors.crmcom_events.kinds import EventKind, kinds_of
from crmdesk.vendors.crmcom_events.lookups import Lookups
from crmdesk.vendors.crmcom_events.settings import Settings, read_settings
from crmdesk.vendors.crmcom_events.signin import SignIn

BATCH_DEADLINE = 180.0
"""Seconds for one bulk call. A thousand events take the vendor a while, and giving up leaves them all in doubt."""


def _zone(settings: Settings) -> tzinfo | None:
    """This computer's where the typed one cannot be used: a sign-in and the first time that is sent tell about it."""
    with suppress(SettingsError):
        return settings.zone()
    return None


class Events:
    """BatchSender of one account."""

    def __init__(self, api: Api, settings: Settings) -> None:
        self._api = api
        zone = _zone(settings)
        self._kinds = {
            kind.batch.key: replace(kind, batch=replace(kind.batch, zone=zone)) for kind in kinds_of(settings.release)
        }
        self._encoders = {key: Encoder(kind, settings) for key, kind in self._kinds.items()}

    @property
    def kinds(self) -> tuple[BatchKind, ...]:
        """The six, as the account's release takes them."""
        return tuple(kind.batch for kind in self._kinds.values())

    def encode(self, kind: BatchKind, rows: Sequence[BatchRow], request: Mapping[str, Any]) -> bytes:
        """See `BatchSender.encode`. The row's uid is its label and, from R10.1 on, its number at `external_system`,
        unless the row brings one of its own."""
        return self._encoders[kind.key].encode(rows, request)

    async def send(self, kind: BatchKind, body: bytes) -> Json:
        """See `BatchSender.send`. OK without any of the two sets proves nothing, so it is in doubt."""
        reply = await self._api.write(f"customer_events/bulk/{self._kinds[kind.key].word}/create", body)
        if settling.sets_of(reply.raw) is None:
            title = said("The answer of {vendor} names no events, neither created nor refused.", vendor=TITLE)
            raise in_doubt(title, {"path": "data"})
        return reply.raw

    def settle(self, kind: BatchKind, rows: Sequence[BatchRow], answer: Json) -> list[RowOutcome]:
        """See `BatchSender.settle` and `settling`."""
        return settling.settle(rows, answer)


# -- test the connection -------------------------------------------------------------------------------------------

_HINTS: Mapping[type[KnownError], str] = {
    SignInNeededError: "The organisation is the one on the back office's sign-in page, not the name of the hotel.",
    OfflineError: "The server is your own installation: it may be reachable only inside your company or through a VPN.",
    ProtocolError: "The address of the Web API usually ends with /crmapi/rest/v2. The server needs a certificate this "
    "computer trusts; crmdesk never switches that check off, and never sends a password over plain http.",
    ForbiddenError: "The user needs the right to use the Web API and to work with customer events.",
}


async def check(sign_in: SignIn, session: Session, events: Lookups, kind: EventKind) -> tuple[CheckStep, ...]:
    """The three lines of *Test connection*: a sign-in, then a list of classifications. Never raises KnownError."""

    async def probe() -> str:
        session.forget()  # what is typed now is to be tried, not what was right an hour ago
        await session.current()
        try:
            found = await events.classifications(kind)
        except (RejectedError, NotFoundError, ProtocolError) as error:
            raise ForbiddenError(together("Signed in.", error.words), error.hint, details=error.details) from None
        return together(
            said(
                "May read classifications ({n} for {kind}).",
                n=len(found),
                kind=term(kind.batch.title, kind.batch.title.lower()),
            ),
            _WRITING,
        )

    return await check_connection(
        TITLE, prepare=sign_in.prepare, probe=probe, accepted="The sign-in is accepted.", hints=_HINTS
    )


_WRITING = "Whether it may also create events shows at the first batch."


def open_access(account: Account, secrets: Secrets, transport: Any = None) -> Access:
    """Live slots of one account. `transport` replaces the network. SettingsError for an address or a choice that
    cannot be used."""
    line = open_line(account, secrets, transport)

    async def aclose() -> None:
        await line.sign_in.release()
        await line.http.aclose()
        await line.batches.aclose()

    first = kinds_of(line.settings.release)[0]
    return Access(
        check=lambda: check(line.sign_in, line.session, line.lookups, first),
        aclose=aclose,
        batches=Events(line.api, line.settings),
        finder=Finder(line.lookups, line.settings),
    )


class Line:
    """Everything below the slots of one account. `lookups` are for the composer, which has no slot of its own yet."""

    def __init__(self, account: Account, secrets: Secrets, transport: Any, clock: Clock) -> None:
        budget = RateBudget(clock)
        self.settings = read_settings(account.config)
        self.http = Http(account.base_url, vendor=TITLE, clock=clock, budget=budget, transport=transport)
        self.batches = Http(
            account.base_url, vendor=TITLE, clock=clock, budget=budget, transport=transport, deadline=BATCH_DEADLINE
        )
        self.sign_in = SignIn(self.http, secrets, self.settings)
        self.session = Session(self.sign_in, clock)
        self.api = Api(self.http, self.batches, self.session, clock)
        self.lookups = Lookups(self.api, self.settings)


def open_line(account: Account, secrets: Secrets, transport: Any = None, clock: Clock | None = None) -> Line:
    """The calls of one account without slots: look-ups, and tests. SettingsError as `open_access`."""
    return Line(account, secrets, transport, clock or SystemClock())
