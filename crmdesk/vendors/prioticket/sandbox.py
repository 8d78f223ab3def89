"""PrioTicket Distributor API v3.8 contacts, emulated from its documents. It knows nothing of our connector and codec.

Where the behaviour comes from (tags of the vendor reference: D documented for 3.8, D3.5 documented for 3.5, I
inferred): paths, parameters, filters, If-Modified-Since with 304 and everything or nothing, PUT that overwrites with
contact_uid in path and body, types, token call with JSON body and Basic, several tokens at once, 400 without an
Authorization header, 1000 requests and 60 refusals a minute [D]; envelope, seven numbers, models, error bodies,
read-only keys, no time with Z, empty fields left out, revisions in the detail's list [D3.5].

Guesses [I], none of them relied on by a document: that being locked out is a 429; codes other than INVALID_REQUEST
(ours begin with EMULATOR); that unknown parameters are refused while unknown keys of a contact are kept; a token that
may not do something is a 403; what a new address or note gets from the server; the order of lists and revisions. Where
the documents leave two ways open, `Quirks` switches to the other one. Unlike the real service it speaks plain HTTP.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from crmdesk.core.seams import SystemClock
from crmdesk.sandbox.faults import Faults, Kind, due
from crmdesk.sandbox.people import Person, people
from crmdesk.sandbox.service import Service
from crmdesk.vendors.prioticket import sandbox_rules as rules
from crmdesk.vendors.prioticket import sandbox_shape as shape
from crmdesk.vendors.prioticket import sandbox_wire as wire
from crmdesk.vendors.prioticket.sandbox_accounts import DEMO, SCOPES, Account, Quirks, SandboxAccount, accounts_with
from crmdesk.vendors.prioticket.sandbox_shape import Json
from crmdesk.vendors.prioticket.sandbox_tokens import Tokens

__all__ = ["DEMO", "SCOPES", "PrioTicketSandbox", "Quirks", "SandboxAccount", "sandbox"]

API = "/v3.8/distributor"
PER_MINUTE = 1000
_BROKEN = "The body is not as documented."


def sandbox(
    accounts: Sequence[SandboxAccount] | None = None,
    faults: Faults | None = None,
    now: Callable[[], datetime] | None = None,
    quirks: Quirks | None = None,
    per_minute: int | None = None,
    counts: Sequence[int] | None = None,
) -> PrioTicketSandbox:
    """The emulator as an ASGI application: the demo account unless others are given, or one for each of `counts` with
    so many contacts. `now`: aware UTC.

    1000 requests a minute are 100,000 contacts. For `counts` that need more it is raised, so that they can be listed
    whole."""
    given = accounts if accounts is not None else DEMO if counts is None else accounts_with(counts)
    budget = per_minute or (max(PER_MINUTE, sum(counts) // 10) if counts else PER_MINUTE)
    return PrioTicketSandbox(given, faults or Faults(), now or SystemClock().now, quirks or Quirks(), budget)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One authorised request and whose it is."""

    request: Request
    body: bytes
    account: Account

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.query_params

    @property
    def uid(self) -> str:
        return str(self.request.path_params["contact_uid"])

    def due(self, kind: Kind) -> bool:
        return kind in due(self.request.scope)


class PrioTicketSandbox(Service):
    """The emulator. Its accounts are named by their client id."""

    def __init__(
        self,
        accounts: Sequence[SandboxAccount],
        faults: Faults,
        now: Callable[[], datetime],
        quirks: Quirks,
        per_minute: int,
    ) -> None:
        super().__init__(faults, now)
        self._quirks, self._limits = quirks, wire.Limits(per_minute)
        self._served = 0
        self._accounts = {given.client_id: Account(given) for given in accounts}
        self._tokens = Tokens(self._accounts, self._quirks.scopes)
        if len(self._accounts) != len(accounts):
            raise ValueError("every account needs a client id of its own")
        self._next = 1
        for account in self._accounts.values():
            self._next = account.load(self._next)
        routes = [
            Route(f"{API}/oauth2/token", self._serve, methods=["POST"]),
            Route(f"{API}/contacts", self._serve, methods=["GET"]),
            Route(f"{API}/contacts/{{contact_uid}}", self._serve, methods=["GET", "PUT"]),
        ]
        self.serve(routes, exception_handlers={404: self._no_page, 405: self._no_page})

    def describe(self, url: str) -> Mapping[str, Any]:
        """For the index page of the emulator server."""
        accounts = [
            {
                "title": a.given.title,
                "credentials": {"client_id": a.given.client_id, "client_secret": a.given.client_secret},
                "contacts": len(a.records),
            }
            for a in self._accounts.values()
        ]
        return {"title": "PrioTicket", "base_url": url + API, "accounts": accounts}

    # What tests and demo mode do behind the API's back

    def uids(self, client_id: str) -> list[str]:
        """contact_uid of the account's contacts, in list order."""
        with self.lock:
            return list(map(shape.uid, self._accounts[client_id].records.ids))

    def contact(self, client_id: str, uid: str) -> Json | None:
        """The contact as the API would show it; None if there is none."""
        with self.lock:
            encoded = self._accounts[client_id].records.get(shape.number(uid) or 0)
            return None if encoded is None else shape.decode(encoded)

    def orders(self, client_id: str) -> Mapping[str, tuple[str, int]]:
        """Orders that were given a contact by `order_reference`: its contact_uid and version."""
        return dict(self._accounts[client_id].orders)

    def add(self, client_id: str, person: Person, **fields: Any) -> str:
        """A contact appears, created and changed now, as by an order; returns its contact_uid."""
        with self.lock:
            number, seconds = self._new_number(), self.seconds()
            stamps = dict.fromkeys(("contact_created", "contact_modified"), shape.local_second(seconds))
            contact = shape.contact(person, number, number) | {"contact_version": 1} | stamps | fields
            self._accounts[client_id].put(number, contact, seconds)
            return shape.uid(number)

    def edit(self, client_id: str, uid: str, **fields: Any) -> Json:
        """Change any field to anything, checked by nobody; version and `contact_modified` move on unless given.

        KeyError if there is no such contact."""
        with self.lock:
            contact = self.contact(client_id, uid)
            if contact is None:
                raise KeyError(uid)
            contact |= self._stamps(contact) | fields
            self._accounts[client_id].put(shape.number(uid) or 0, contact, self.seconds())
            return contact

    def remove(self, client_id: str, uid: str) -> None:
        """A contact goes. KeyError if it isn't there."""
        with self.lock:
            self._accounts[client_id].drop(shape.number(uid) or 0, self.seconds())

    def elsewhere(self, contact: str, fields: Mapping[str, Any] | None) -> None:
        """See `crmdesk.sandbox.service.Shared`. The account is found by the contact's id."""
        with self.lock:
            owner = next((name for name in self._accounts if self.contact(name, contact) is not None), None)
            if owner is None:
                raise KeyError(contact)
            if fields is None:
                self.remove(owner, contact)
            else:
                self.edit(owner, contact, **shape.placed(self.contact(owner, contact) or {}, fields))

    def expire_tokens(self) -> None:
        """Every token given so far is refused from now on; signing in gives new ones."""
        with self.lock:
            self._tokens.clear()

    # One request

    async def _serve(self, request: Request) -> Response:
        return await self.answer(request, self._limited)

    async def _no_page(self, request: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 404)
        return await self.answer(request, lambda _request, _body: self._refusal(status, "EMULATOR_NO_SUCH_CALL"))

    def _limited(self, request: Request, body: bytes) -> Response:
        """Limits first, then whatever else: as a gateway in front of the service does."""
        self._served += 1
        now = self.seconds()
        if not self._limits.take(now) or Kind.RATE_LIMITED in due(request.scope):
            return self._refusal(429, "EMULATOR_TOO_MANY_REQUESTS", "Too many requests.")
        response = self._judged(request, body)
        self._limits.note(response.status_code, now)
        return response

    def _judged(self, request: Request, body: bytes) -> Response:
        if request.url.path.endswith("/oauth2/token"):
            return self._tokens.sign_in(request, body, self.seconds())
        header = request.headers.get("authorization")
        if header is None:
            return self._refusal(400, "INVALID_REQUEST", "The Authorization header is missing.")
        account = self._tokens.holder(header, self.seconds())
        if account is None or Kind.EXPIRE_TOKEN in due(request.scope):
            return self._refusal(401, "EMULATOR_INVALID_TOKEN", "The access token is not valid.")
        if not account.given.module:
            return self._refusal(403, "EMULATOR_FORBIDDEN", "This function is not part of your contract.")
        return self._done(_Asked(request, body, account))

    def _done(self, asked: _Asked) -> Response:
        if asked.request.method == "PUT":
            return self._update(asked)
        return self._show(asked) if "contact_uid" in asked.request.path_params else self._list(asked)

    def _refusal(self, status: int, code: str, message: str = "", **more: Any) -> Response:
        reference = f"emu-{self._served:06x}"
        return wire.refusal(status, code, message or "This cannot be done.", reference=reference, **more)

    # Reading

    def _list(self, asked: _Asked) -> Response:
        query, quirks = asked.query, self._quirks
        kind = query.get("contact_type", "CONTACT" if quirks.default_type_contact else "")
        allowed = rules.TYPES | (rules.UPCOMING if quirks.upcoming else frozenset())
        if query.keys() - rules.LIST_PARAMETERS or (kind and kind not in allowed):
            return self._refusal(400, "INVALID_REQUEST", "A parameter is unknown.")
        kind = kind if quirks.filters_work else ""
        numbers = asked.account.listed(kind, query.get("reseller_id", ""), query.get("distributor_id", ""))
        try:
            paging = wire.Paging(
                query, len(numbers), size=quirks.page_size, most=quirks.most_per_page, empty_pages=quirks.empty_pages
            )
        except ValueError as error:
            return self._refusal(400, "INVALID_REQUEST", "A parameter is wrong.", errors=[str(error)])
        modified = asked.account.modified(kind)
        headers = {"Last-Modified": wire.http_date(modified)} if quirks.last_modified else {}
        since = wire.seconds_of(asked.request.headers.get("if-modified-since"))
        if headers and since is not None and modified <= since:
            return Response(status_code=304, headers=headers)
        response = self._page(asked, numbers, paging, headers)
        if asked.due(Kind.SHIFTING):
            self._shift(asked.account, str(due(asked.request.scope)[Kind.SHIFTING].value))
        return response

    def _page(self, asked: _Asked, numbers: Sequence[int], paging: wire.Paging, headers: dict[str, str]) -> Response:
        start = paging.start
        if asked.due(Kind.ENDLESS) and numbers:
            start = start % len(numbers) // paging.size * paging.size
            paging.pages = paging.page + 1
        shown = numbers[start : start + paging.size]
        return wire.listed(asked.account.records.join(shown), paging.numbers(len(shown)), headers)

    def _show(self, asked: _Asked) -> Response:
        versions = asked.query.get("include_versions", "false")
        if asked.query.keys() - {"include_versions"} or versions not in ("true", "false"):
            return self._refusal(400, "INVALID_REQUEST", "A parameter is wrong.")
        number = shape.number(asked.uid)
        encoded = asked.account.records.get(number) if number is not None else None
        if encoded is None or number is None:
            return self._missing()
        states = [*asked.account.earlier(number), encoded] if versions == "true" else [encoded]
        return wire.listed(b",".join(reversed(states) if self._quirks.newest_first else states), {}, {})

    def _missing(self) -> Response:
        if self._quirks.not_found == "html":
            return HTMLResponse("<!DOCTYPE html><html><body><h1>Not found</h1></body></html>", 404)
        status = 400 if self._quirks.not_found == "400" else 404
        return self._refusal(status, "EMULATOR_CONTACT_NOT_FOUND", "This contact does not exist.")

    # Writing

    def _update(self, asked: _Asked) -> Response:
        if asked.account.given.read_only or asked.due(Kind.NO_RIGHT):
            return self._refusal(403, "EMULATOR_FORBIDDEN", "This client may only read.")
        number = shape.number(asked.uid)
        before = asked.account.records.get(number) if number is not None else None
        if before is None or number is None:
            return self._missing()
        if asked.due(Kind.EDITED_MEANWHILE):
            before = self._meanwhile(asked)
        sent = _contact_in(asked.body)
        if sent is None or asked.query.keys() - {"order_reference"}:
            return self._refusal(400, "INVALID_REQUEST", _BROKEN)
        if wrong := self._wrong(sent, asked.uid):
            return self._refusal(400, "INVALID_REQUEST", _BROKEN, errors=wrong)
        if problems := self._problems(asked, sent):
            status = 400 if asked.due(Kind.OTHER_FORM) else 422
            return self._refusal(status, "EMULATOR_INVALID_VALUES", "Some values cannot be saved.", errors=problems)
        contact = self._overwritten(sent, shape.decode(before))
        asked.account.put(number, contact, self.seconds())
        for reference in _references(asked.request.query_params.getlist("order_reference")):
            asked.account.orders[reference] = (asked.uid, contact["contact_version"])
        return wire.listed(shape.encode(contact), {}, {})

    def _problems(self, asked: _Asked, sent: Json) -> list[str]:
        """What the rules say, or the one thing that a fault says."""
        fault = due(asked.request.scope).get(Kind.REFUSE_VALUES)
        wrong = rules.problems(sent, e164=self._quirks.e164)
        return [f"{fault.value or 'contact_email'} is not valid"] if fault is not None else wrong

    def _meanwhile(self, asked: _Asked) -> bytes:
        """Somebody else is faster with the same contact; as it is now."""
        field = str(due(asked.request.scope)[Kind.EDITED_MEANWHILE].value or "contact_room_number")
        self.elsewhere(asked.uid, {field: f"Written elsewhere, {self._served}"})
        return shape.encode(self.contact(asked.account.given.client_id, asked.uid) or {})

    def _wrong(self, sent: Json, uid: str) -> list[str]:
        found = []
        if sent.get("contact_uid") != uid:
            found.append("contact_uid differs between path and body")
        if rules.times_with_z(sent):
            found.append("a time ends with Z")
        if self._quirks.read_only_keys == "refused" and any(key in sent for key in rules.READ_ONLY):
            found.append("a key is read-only")
        return found

    def _overwritten(self, sent: Json, before: Json) -> Json:
        """ "The data is always overwritten, not merged" [D]: only what the server itself makes stays."""
        kept = {
            key: value for key, value in sent.items() if value not in (None, "", [], {}) and key not in rules.READ_ONLY
        }
        contact = kept | self._stamps(before) | {"contact_created": before["contact_created"]}
        if isinstance(address := contact.get("contact_address"), dict):
            contact["contact_address"] = {"id": shape.uid(self._new_number() + 6_000_000_000)} | address
        if isinstance(notes := contact.get("contact_notes"), list):
            now = {"note_date": contact["contact_modified"], "note_creator": "API"}
            contact["contact_notes"] = [now | note if isinstance(note, dict) else note for note in notes]
        return contact

    # Records

    def _new_number(self) -> int:
        self._next += 1
        return self._next - 1

    def _stamps(self, before: Json) -> Json:
        version = before.get("contact_version")
        return {
            "contact_version": version + 1 if isinstance(version, int) else 1,
            "contact_modified": shape.local_second(self.seconds()),
        }

    def _shift(self, account: Account, way: str) -> None:
        """What happens between two page reads: the list moves under the reader's feet."""
        ids = account.records.ids
        if way in ("remove", "all") and ids:
            account.drop(ids[0], self.seconds())
        if way in ("insert", "all"):
            number = self._new_number()
            contact = shape.contact(next(people(1, seed=404, start=self._served)), number, self._served)
            account.put(number, contact, self.seconds(), position=0)
        if way in ("move", "all") and ids:
            account.to_end(ids[0])


def _contact_in(body: bytes) -> Json | None:
    """data.contact of a PUT; None for any other body. `data.kind` may be missing, as in the vendor's own sample."""
    try:
        data = json.loads(body)["data"]
        contact = data["contact"]
        fits = isinstance(contact, dict) and data.get("kind", "contact") == "contact"
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return contact if fits else None


def _references(given: Sequence[str]) -> list[str]:
    """Repeated keys, comma-joined, or a JSON list: the documents show all three."""
    found: list[str] = []
    for text in given:
        try:
            listed = json.loads(text)
        except ValueError:
            listed = text.split(",")
        found += [str(item) for item in listed] if isinstance(listed, list) else [text]
    return [reference.strip() for reference in found if reference.strip()]
