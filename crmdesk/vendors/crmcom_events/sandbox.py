"""CRM.COM's back office Web API, emulated from its documents. It knows nothing of our connector.

Documented (source page "customer_events/bulk" and the vendor's wiki): paths, sign-in calls, token in body or query,
token lives, envelope, the six bulk methods with their fields, partial success, both error codes of rows, look-ups and
their filters, paging, spellings. Guessed, as the reference of this vendor marks it [A]: every code that starts with
Emulator, that a refused call has HTTP status 200 and `data: null`, that lists stand in `data` as they are, that a
breach of a row's rules puts that row among the unprocessed, and that more than 1000 rows refuse the whole call. Where
the documents leave two ways open, `Quirks` switches to the other one.

"Commit the first k, then drop the answer" is `Quirks(commit_first=k)` together with the fault cut_after.
"""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crmdesk.core.seams import SystemClock
from crmdesk.sandbox.faults import Due, Faults, Kind, due
from crmdesk.sandbox.runs import Run
from crmdesk.sandbox.service import Service
from crmdesk.vendors.crmcom_events import sandbox_wire as wire
from crmdesk.vendors.crmcom_events.sandbox_data import GUESTS, Json, World, make_id, world
from crmdesk.vendors.crmcom_events.sandbox_ledger import ExternalNumber, Ledger, Made
from crmdesk.vendors.crmcom_events.sandbox_lists import Lists
from crmdesk.vendors.crmcom_events.sandbox_rules import KINDS, Refusal, check_event, refused
from crmdesk.vendors.crmcom_events.sandbox_runs import composed, sample
from crmdesk.vendors.crmcom_events.sandbox_tokens import TokenStore

API = "/crmapi/rest/v2"
MOST = 1000
_EXPIRED = "The token is not valid or has expired."


@dataclass(frozen=True, slots=True)
class SandboxAccount:
    """Who may sign in."""

    title: str = "Rewards office"
    username: str = "desk"
    password: str = "demo rewards"  # noqa: S105 - made up, and shown on the index page
    organisation: str = "DEMO"
    web_api_key: str = make_id("web api key")


DEMO = SandboxAccount()


@dataclass(frozen=True, slots=True)
class Quirks:
    """The other way round, where the documents leave it open, and what may go wrong inside a call."""

    jwt: bool = True
    """R12 and later: a JWT for two hours. Without: 32 characters for an idle hour."""
    failed_status: int = 200
    """HTTP status of a refused call."""
    shuffled: bool = False
    """The sets of an answer come in an order of their own."""
    commit_first: int | None = None
    """Only so many events of a call are looked at; the others are neither made nor named."""
    unnamed: int = 0
    """The last so many events of a call are dealt with but stand in no set."""
    list_delay: int = 0
    """Seconds until an event shows in lists."""
    external_number: ExternalNumber = "misspelt"
    """How list rows spell the external number, if they have it at all."""
    chatty: bool = False
    """A message beside OK, as one recorded answer has it."""


def sandbox(
    counts: Sequence[int] | None = None,
    faults: Faults | None = None,
    now: Callable[[], datetime] | None = None,
    quirks: Quirks | None = None,
    account: SandboxAccount = DEMO,
) -> CrmComEventsSandbox:
    """The emulator as an ASGI application: one back office with 80 guests, or as many as `counts` has first. `now`:
    aware UTC."""
    guests = counts[0] if counts else GUESTS
    return CrmComEventsSandbox(account, guests, faults or Faults(), now or SystemClock().now, quirks or Quirks())


class CrmComEventsSandbox(Service):
    """The emulator."""

    posts = "/customer_events/bulk/"

    def __init__(
        self, account: SandboxAccount, guests: int, faults: Faults, now: Callable[[], datetime], quirks: Quirks
    ) -> None:
        super().__init__(faults, now)
        self.account, self.quirks = account, quirks
        self.world: World = world(guests)
        self.ledger = Ledger()
        self.tokens = TokenStore(self.seconds, jwt=quirks.jwt)
        self._lists = Lists(self.world, self.ledger)
        post = [
            ("/authentication/token", self._sign_in),
            ("/authentication/web_api_key/token", self._sign_in_by_key),
            ("/authentication/token/release", self._release),
            ("/customer_events/purchases/cancel", self._call(self._cancel)),
            *((f"/customer_events/bulk/{kind}/create", self._call(self._bulk(kind))) for kind in KINDS),
        ]
        routes = [Route(API + path, self._served(act), methods=["POST"]) for path, act in post]
        for method, path, read in self._lists.methods():
            routes.append(Route(API + path, self._served(self._call(self._listed(read))), methods=[method]))
        self.serve(routes, exception_handlers={404: _no_page, 405: _no_page})

    def describe(self, url: str) -> Mapping[str, Any]:
        """For the index page of the emulator server."""
        credentials = {
            "sign_in": "password",
            "username": self.account.username,
            "organisation": self.account.organisation,
            "secret": self.account.password,
            "release": "R12" if self.quirks.jwt else "R10.1",
            "time_zone": "UTC",
        }
        shown = {"title": self.account.title, "credentials": credentials, "contacts": 0}
        return {"title": "CRM.COM back office", "base_url": url + API, "accounts": [shown]}

    # What tests and demo mode see and do behind the API's back

    def created(self, kind: str) -> list[Made]:
        """The create log of one kind, oldest first."""
        with self.lock:
            return self.ledger.of(kind)

    def composed(self) -> tuple[Run, ...]:
        """See `sandbox_runs.composed`."""
        return composed(self.now())

    def sample(self) -> tuple[str, str]:
        """See `sandbox_runs.sample`."""
        return sample(self.now())

    def refuse_tokens(self) -> None:
        """From now on no token that was given out is good."""
        with self.lock:
            for token in self.tokens.live():
                self.tokens.drop(token)

    # One request

    def _served(self, act: Callable[[Request, bytes], Any]) -> Callable[[Request], Any]:
        def judged(request: Request, body: bytes) -> Response:
            try:
                said = wire.success(act(request, body))
            except wire.CallRefused as error:
                return wire.response(wire.failed(error), self.quirks.failed_status)
            if self.quirks.chatty:
                said["status"]["message"] = "Η επιχείρηση πέτυχε"
            return wire.response(said)

        async def endpoint(request: Request) -> Response:
            return await self.answer(request, judged)

        return endpoint

    def _call(self, act: Callable[[Request, Json], Any]) -> Callable[[Request, bytes], Any]:
        """A method that needs a token: in the body of a POST, in the query of a GET."""

        def called(request: Request, body: bytes) -> Any:
            asked = wire.read_query(request.query_params) if request.method == "GET" else wire.read_body(body)
            token = asked.pop("token", None)
            if Kind.EXPIRE_TOKEN in due(request.scope):
                self.tokens.drop(token)
            if not self.tokens.takes(token):
                raise wire.refuse("InvalidToken", _EXPIRED)
            return act(request, asked)

        return called

    # Signing in

    def _sign_in(self, _request: Request, body: bytes) -> Json:
        asked, account = wire.read_body(body), self.account
        if missing := {"username", "password", "organisation"} - asked.keys():
            raise wire.refuse("Mandatory", f"{min(missing)} is mandatory.")
        if asked["organisation"] != account.organisation:
            message = "Error:Organisation Not Found. - Description:The specified API value was not found."
            raise wire.CallRefused("NotFoundAPIValueException", message)
        if (asked["username"], asked["password"]) != (account.username, account.password):
            raise wire.refuse("Authentication", "The user name or the password is wrong.")
        return self._token(asked)

    def _sign_in_by_key(self, request: Request, body: bytes) -> Json:
        scheme, _, packed = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(packed, validate=True).decode() if scheme.lower() == "basic" else ""
        except (binascii.Error, UnicodeDecodeError):
            given = ""
        if given != f"{self.account.web_api_key}:":
            raise wire.refuse("Authentication", "The web API key is wrong.")
        return self._token(wire.read_body(body))

    def _token(self, asked: Json) -> Json:
        unit = asked.get("unit", make_id("unit", "Admin Unit"))
        if self.world.find("unit", "id", unit) is None:
            message = "Error:Unit Not Found. - Description:The specified API value was not found."
            raise wire.CallRefused("NotFoundAPIValueException", message)
        return {"token": self.tokens.issue(self.account.username, self.account.organisation, unit)}

    def _release(self, _request: Request, body: bytes) -> Json:
        self.tokens.drop(wire.read_body(body).get("token"))
        return {}

    # Events

    def _bulk(self, kind: str) -> Callable[[Request, Json], Json]:
        rules = KINDS[kind]

        def create(request: Request, asked: Json) -> Json:
            events, faults = _events_of(asked, rules.set_name, currency=kind == "purchases"), due(request.scope)
            looked_at = events[: self.quirks.commit_first]
            processed, unprocessed = [], []
            for event in looked_at:
                label = {"request_unique_identifier": event["request_unique_identifier"]}
                try:
                    if Kind.REFUSE_VALUES in faults:
                        raise refused("Refuses", "The Event Is Refused")
                    found = check_event(self.world, rules, event, asked.get("intended_currency_identifier"))
                except Refusal as no:
                    unprocessed.append(label | {"error_code": no.code, "error_description": no.description})
                    continue
                made = self.ledger.add(kind, event, found, self.seconds())
                processed.append(label | {"id": made.id, "number": made.number})
            named = {event["request_unique_identifier"] for event in looked_at[: len(looked_at) - self.quirks.unnamed]}
            data = {
                "unprocessed_customer_events_set": self._ordered(unprocessed, named, faults),
                "processed_customer_events_set": self._ordered(processed, named, faults),
            }
            return wire.only(data, asked.get("fields_set"))

        return create

    def _ordered(self, rows: list[Json], named: set[str], faults: Due) -> list[Json]:
        shown = [row for row in rows if row["request_unique_identifier"] in named]
        shuffled = self.quirks.shuffled or Kind.SHUFFLED in faults
        return [*shown[1::2], *shown[::2][::-1]] if shuffled else shown

    def _cancel(self, _request: Request, asked: Json) -> Json:
        given = asked.get("customer_event_identifier")
        event = self.ledger.get("purchases", given.get("id", "")) if isinstance(given, dict) else None
        if event is None:
            raise wire.CallRefused("NotFoundAPIValueException", "Error:Customer Event Not Found.")
        if event.cancelled:
            raise wire.refuse("LifeCycleState", "The event is cancelled already.")
        event.cancelled = True
        return {"id": event.id, "number": event.number, "life_cycle_state": "CANCELLED"}

    def _listed(self, read: Callable[[Json, int, ExternalNumber, bool], Any]) -> Callable[[Request, Json], Any]:
        def listed(request: Request, asked: Json) -> Any:
            latest = self.seconds() - self.quirks.list_delay
            return read(asked, latest, self.quirks.external_number, Kind.ENDLESS in due(request.scope))

        return listed


def _events_of(asked: Json, set_name: str, *, currency: bool) -> list[Json]:
    """The rows of a call. What is wrong with the call as a whole refuses it whole, and nothing is made [A]."""
    known = {set_name, "fields_set"} | ({"intended_currency_identifier"} if currency else set())
    if unknown := asked.keys() - known:
        raise wire.refuse("UnknownField", f"Unknown parameter {min(unknown)}.")
    if not isinstance(asked.get("fields_set", ""), str):
        raise wire.refuse("Type", "fields_set is a text, names with commas between.")
    events = asked.get(set_name)
    if not isinstance(events, list) or not events or not all(isinstance(event, dict) for event in events):
        raise wire.refuse("Mandatory", f"{set_name} is mandatory.")
    if len(events) > MOST:
        raise wire.refuse("TooMany", f"At most {MOST} events.")
    labels = [event.get("request_unique_identifier") for event in events]
    if not all(isinstance(label, str) and label for label in labels):
        raise wire.refuse("Mandatory", "request_unique_identifier is a text, and mandatory.")
    if any(count > 1 for count in Counter(labels).values()):
        raise wire.refuse("Duplicate", "request_unique_identifier is not unique.")
    return events


async def _no_page(_request: Request, _error: Exception) -> Response:
    return wire.no_page()
