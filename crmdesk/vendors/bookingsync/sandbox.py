"""BookingSync API v3 contacts, emulated from its documents. It knows nothing of our connector and codec.

Where the behaviour comes from (tags of the vendor reference: D documented, O recorded from the real service, C read
from a client, I inferred): paths, envelope, field names, constraints, page links, 201 with Location, 204, scopes,
hourly limit of 1000 for the whole application, `updated_since` with `meta.deleted_ids` [D source page and docs];
`links.account`, null for empty fields, merging PUT, totals as strings, `{}` as meta of writes, synced-at header on
every answer, reset on the full hour, WWW-Authenticate text, both 401 bodies, list form of 422, HTML 404, weak ETag,
X-Request-Id [O]; several ids in the path, map form of 422, "The access token expired" [C]; PATCH on contacts [O for
clients only].

Guesses [I], none of them relied on by a document: lists go by id; `updated_since` means changed at that second or
later; a PUT that changes nothing leaves `updated_at`; unknown ids among several are passed over; `fields` always keeps
`id` and `links`; a broken body is a 400; the bodies of 403, 429 and of a JSON 404; cancelled records stay in lists;
PUT checks only what was sent. Where the documents leave two ways open, `Quirks` switches to the other one. Unlike the
real service it speaks plain HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crmdesk.core.seams import SystemClock
from crmdesk.sandbox.faults import Faults, Kind, due
from crmdesk.sandbox.guests import twins
from crmdesk.sandbox.people import Person, people
from crmdesk.sandbox.service import Service
from crmdesk.vendors.bookingsync import sandbox_rules as rules
from crmdesk.vendors.bookingsync import sandbox_shape as shape
from crmdesk.vendors.bookingsync import sandbox_wire as wire
from crmdesk.vendors.bookingsync.sandbox_accounts import DEMO, Account, Quirks, SandboxAccount, accounts_with
from crmdesk.vendors.bookingsync.sandbox_oauth import OAuth
from crmdesk.vendors.bookingsync.sandbox_shape import Json

__all__ = ["DEMO", "BookingSyncSandbox", "Quirks", "SandboxAccount", "sandbox"]

API = "/api/v3"
HOURLY = 1000
_IDS = re.compile(r"\d{1,18}(,\d{1,18}){0,999}")
_EXPIRED, _UNKNOWN = "The access token expired", "The access token is invalid"


def sandbox(
    accounts: Sequence[SandboxAccount] | None = None,
    faults: Faults | None = None,
    now: Callable[[], datetime] | None = None,
    quirks: Quirks | None = None,
    hourly: int | None = None,
    counts: Sequence[int] | None = None,
) -> BookingSyncSandbox:
    """The emulator as an ASGI application: two demo accounts unless others are given, or one for each of `counts` with
    so many contacts. `now`: aware UTC.

    1000 pages are an hour's budget. For `counts` that need more it is raised, so that they can be listed whole."""
    given = accounts if accounts is not None else DEMO if counts is None else accounts_with(counts)
    budget = hourly or (max(HOURLY, sum(counts) // 10) if counts else HOURLY)
    return BookingSyncSandbox(given, faults or Faults(), now or SystemClock().now, quirks or Quirks(), budget)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One authorised request and whose it is."""

    request: Request
    body: bytes
    account: Account
    base: str
    ids: tuple[int, ...]
    scopes: tuple[str, ...]

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.query_params

    def due(self, kind: Kind) -> bool:
        return kind in due(self.request.scope)


class BookingSyncSandbox(Service):
    """The emulator."""

    posts = f"{API}/contacts"

    def __init__(
        self,
        accounts: Sequence[SandboxAccount],
        faults: Faults,
        now: Callable[[], datetime],
        quirks: Quirks,
        hourly: int,
    ) -> None:
        super().__init__(faults, now)
        self._quirks, self._window = quirks, wire.HourWindow(hourly)
        self._served = 0
        self._accounts = {given.id: Account(given) for given in accounts}
        if len({given.token for given in accounts}) != len(accounts) or len(self._accounts) != len(accounts):
            raise ValueError("every account needs an id and a token of its own")
        self._next_id = 1
        for account in self._accounts.values():
            self._next_id = account.load(self._next_id)
        routes = [
            Route(f"{API}/contacts", self._serve, methods=["GET", "POST"]),
            Route(f"{API}/contacts/{{ids}}", self._serve, methods=["GET", "PUT", "PATCH", "DELETE"]),
            Route("/oauth/authorize", self._ask, methods=["GET", "POST"]),
            Route("/oauth/authorize/native", self._ask),
            Route("/oauth/token", self._ask, methods=["POST"]),
        ]
        self.oauth = OAuth(self._accounts, quirks)
        self.serve(routes, exception_handlers={404: wire.no_page, 405: wire.no_page})

    def describe(self, url: str) -> Mapping[str, Any]:
        """For the index page of the emulator server."""
        accounts = [
            {
                "id": a.given.id,
                "title": a.given.title,
                "credentials": {
                    "token": a.token,
                    "client_id": a.given.client_id,
                    "client_secret": a.given.client_secret,
                },
                "scopes": a.given.scopes,
                "contacts": len(a.records),
            }
            for a in self._accounts.values()
        ]
        return {"title": "BookingSync", "base_url": url + API, "accounts": accounts}

    # What tests and demo mode do behind the API's back

    def ids(self, account: int) -> list[int]:
        """Ids of the account's contacts, in list order."""
        with self.lock:
            return list(self._accounts[account].records.ids)

    def contact(self, account: int, contact_id: int) -> Json | None:
        """The contact as the API would show it; None if there is none."""
        with self.lock:
            return shape.decode(self._accounts[account].records.get(contact_id))

    def add(self, account: int, person: Person) -> int:
        """A contact appears, created and changed now; returns its id."""
        with self.lock:
            contact = shape.contact(person, account, self._new_id())
            self._accounts[account].records.put(contact["id"], *self._stamped(contact, created=True))
            return int(contact["id"])

    def write_twice(self, count: int = 3) -> list[int]:
        """So many guests of the first account get a second contact there; their ids."""
        first = next(iter(self._accounts))
        return [self.add(first, person) for person in twins(count)]

    def edit(self, account: int, contact_id: int, **fields: Any) -> Json:
        """Change any field to anything, checked by nobody; `updated_at` moves to now unless given.

        KeyError if there is no such contact."""
        with self.lock:
            contact = shape.decode(self._accounts[account].records.get(contact_id))
            if contact is None:
                raise KeyError(contact_id)
            changed_at = self.seconds()
            contact |= {"updated_at": shape.time(changed_at)} | fields
            contact["fullname"] = fields.get("fullname", shape.fullname(contact))
            self._accounts[account].records.put(contact_id, shape.encode(contact), changed_at)
            return contact

    def remove(self, account: int, contact_id: int) -> None:
        """A contact goes, as by DELETE. KeyError if it isn't there."""
        with self.lock:
            self._drop(self._accounts[account], contact_id)

    def elsewhere(self, contact: str, fields: Mapping[str, Any] | None) -> None:
        """See `crmdesk.sandbox.service.Shared`. The account is found by the contact's id."""
        with self.lock:
            contact_id = int(contact) if contact.isdecimal() and len(contact) < 19 else 0
            owner = next((a.given.id for a in self._accounts.values() if contact_id in a.records), None)
            if owner is None:
                raise KeyError(contact)
            if fields is None:
                self.remove(owner, contact_id)
            else:
                self.edit(owner, contact_id, **fields)

    def expire_token(self, account: int) -> None:
        """From now on the token is answered with 401 `The access token expired`, until `renew_token`."""
        self._accounts[account].expired = True

    def renew_token(self, account: int, token: str) -> None:
        """Give the account a new token; the old one is invalid at once."""
        with self.lock:
            self._accounts[account].token = token
            self._accounts[account].expired = False

    # Signing in

    async def _ask(self, request: Request) -> Response:
        return await self.answer(request, self._sign_in)

    def _sign_in(self, request: Request, body: bytes) -> Response:
        path, now = request.scope["path"], self.seconds()
        if path.endswith("/oauth/token"):
            return self.oauth.token(request, body, now)
        if path.endswith("/native"):
            return self.oauth.native(request)
        return self.oauth.decide(request, body, now) if request.method == "POST" else self.oauth.authorize(request, now)

    # One request

    async def _serve(self, request: Request) -> Response:
        return await self.answer(request, self._numbered)

    def _numbered(self, request: Request, body: bytes) -> Response:
        self._served += 1
        response = self._judged(request, body)
        response.headers["X-Request-Id"] = f"00000000-0000-4000-8000-{self._served:012x}"
        if self._quirks.synced_at:
            response.headers["X-Updated-Since-Request-Synced-At"] = f"{self.now():%Y-%m-%d %H:%M:%S} UTC"
        return response

    def _judged(self, request: Request, body: bytes) -> Response:
        """Path first, then token, then budget: as far as the recordings show."""
        ids = request.path_params.get("ids", "0")
        if not _IDS.fullmatch(ids):
            return wire.not_found()
        found = self._holder(request)
        faults = due(request.scope)
        if found is None or found[2] or Kind.EXPIRE_TOKEN in faults:
            return self._unauthorized(_UNKNOWN if found is None else found[2] or _EXPIRED)
        account, scopes, _ = found
        exhausted = not self._window.take(self.seconds()) or Kind.RATE_LIMITED in faults
        asked = _Asked(request, body, account, self._base(request), tuple(map(int, ids.split(","))), scopes)
        response = wire.answer(429, {"error": "API v3 rate limit exceeded."}) if exhausted else self._done(asked)
        response.headers.update(self._window.headers(exhausted))
        return response

    def _base(self, request: Request) -> str:
        """Address that links start with: the one the client called, unless a quirk says otherwise."""
        called = f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"
        return (self._quirks.links_to or called) + API

    def _holder(self, request: Request) -> tuple[Account, tuple[str, ...], str] | None:
        """Whose token it is, what that may do, and why it is refused; None for a token nobody knows."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        known = self.oauth.holder(token.strip(), self.seconds())
        account = next((one for one in self._accounts.values() if one.token == token.strip()), None)
        if known is not None or account is None:
            return known
        return account, account.given.scopes, _EXPIRED if account.expired else ""

    def _unauthorized(self, description: str) -> Response:
        old = self._quirks.unauthorized == "error"
        body: Json = {"error": "Not authorized"} if old else {"errors": [{"code": "unauthorized"}]}
        challenge = f'Bearer realm="Doorkeeper", error="invalid_token", error_description="{description}"'
        return wire.answer(401, body, {"WWW-Authenticate": challenge}, "application/json")

    def _done(self, asked: _Asked) -> Response:
        method = asked.request.method
        writes = method not in ("GET", "HEAD")
        if writes and (asked.due(Kind.NO_RIGHT) or "rentals_write" not in asked.scopes):
            return wire.answer(403, {"errors": [{"code": "forbidden"}]})
        if writes and asked.due(Kind.EDITED_MEANWHILE):
            self._meanwhile(asked)
        if "ids" not in asked.request.path_params:
            return self._create(asked) if method == "POST" else self._list(asked)
        if method in ("GET", "HEAD"):
            return self._show(asked)
        if len(asked.ids) > 1 or asked.ids[0] not in asked.account.records:
            return self._missing()
        return self._delete(asked) if method == "DELETE" else self._update(asked)

    def _missing(self) -> Response:
        if self._quirks.not_found == "html":
            return wire.not_found()
        return wire.answer(404, {"errors": [{"code": "not_found"}]})

    # Reading

    def _list(self, asked: _Asked) -> Response:
        try:
            since = shape.moment(asked.query.get("updated_since"))
        except ValueError:
            return self._refused([("updated_since", "is invalid")], asked)
        records = asked.account.records
        ids = records.ids if since is None else records.changed_since(since)
        paging = wire.Paging(asked.query, f"{asked.base}/contacts", len(ids), endless=asked.due(Kind.ENDLESS))
        gone = {"deleted_ids": records.gone_since(since)} if since is not None and self._quirks.deleted_ids else {}
        response = self._found(asked, records.join(ids[paging.start : paging.start + paging.size]), paging, gone)
        if asked.due(Kind.SHIFTING):
            self._shift(asked.account, str(due(asked.request.scope)[Kind.SHIFTING].value))
        return response

    def _show(self, asked: _Asked) -> Response:
        found = [encoded for encoded in map(asked.account.find, asked.ids) if encoded is not None]
        if not found:
            return self._missing()
        return self._found(asked, b",".join(found), wire.Paging(asked.query, f"{asked.base}/contacts", len(found)), {})

    def _found(self, asked: _Asked, contacts: bytes, paging: wire.Paging, extra: Json) -> Response:
        wanted = asked.query.get("fields")
        if wanted:
            contacts = shape.limited(contacts, frozenset(wanted.split(",")) | {"id", "links"})
        meta = {"Link": paging.links, **paging.totals, **extra}
        link = ", ".join(f'<{url}>; rel="{rel}"' for rel, url in paging.links.items())
        headers = {"Link": link, "X-Current-Page": str(paging.page), **paging.totals}
        return wire.envelope(200, asked.base, contacts, meta, headers)

    # Writing

    def _create(self, asked: _Asked) -> Response:
        sent = shape.sent(asked.body)
        if sent is None:
            return _broken_body()
        if problems := self._problems(asked, {**dict.fromkeys(rules.REQUIRED), **sent}):
            return self._refused(problems, asked)
        contact = {**shape.empty(asked.account.given.id, self._new_id()), **sent}
        encoded, changed_at = self._stamped(contact, created=True)
        asked.account.records.put(contact["id"], encoded, changed_at)
        return wire.envelope(201, asked.base, encoded, {}, {"Location": f"{asked.base}/contacts/{contact['id']}"})

    def _update(self, asked: _Asked) -> Response:
        sent = shape.sent(asked.body)
        if sent is None:
            return _broken_body()
        records, contact_id = asked.account.records, asked.ids[0]
        before = shape.decode(records.get(contact_id)) or {}
        merged = {**before, **sent}
        if problems := self._problems(asked, merged if self._quirks.checks_whole_record else sent):
            return self._refused(problems, asked)
        if merged != before:
            records.put(contact_id, *self._stamped(merged))
        return wire.envelope(200, asked.base, records.get(contact_id) or b"", {}, {})

    def _delete(self, asked: _Asked) -> Response:
        self._drop(asked.account, asked.ids[0])
        return Response(status_code=204)

    def _problems(self, asked: _Asked, values: Json) -> Sequence[rules.Problem]:
        """What the rules say, or the one thing that a fault says."""
        fault = due(asked.request.scope).get(Kind.REFUSE_VALUES)
        return [(str(fault.value or "zip"), "is invalid")] if fault is not None else rules.problems(values)

    def _meanwhile(self, asked: _Asked) -> None:
        """Somebody else is faster with the same contact."""
        if len(asked.ids) == 1 and asked.ids[0] in asked.account.records:
            field = str(due(asked.request.scope)[Kind.EDITED_MEANWHILE].value or "private_notes")
            self.edit(asked.account.given.id, asked.ids[0], **{field: f"Written elsewhere, {self._served}"})

    def _refused(self, problems: Sequence[rules.Problem], asked: _Asked) -> Response:
        if (self._quirks.validation == "list") != asked.due(Kind.OTHER_FORM):
            return wire.answer(
                422,
                {"errors": [{"code": "validation_failed", "field": name, "title": title} for name, title in problems]},
            )
        by_field: dict[str, list[str]] = {}
        for name, title in problems:
            by_field.setdefault(name, []).append(title)
        return wire.answer(422, {"errors": by_field})

    # Records

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1

    def _stamped(self, contact: Json, *, created: bool = False) -> tuple[bytes, int]:
        """The contact saved now: encoded, and the second it changed at. Its full name is the server's work [O]."""
        seconds = self.seconds()
        contact["updated_at"] = shape.time(seconds)
        if created:
            contact["created_at"] = contact["updated_at"]
        contact["fullname"] = shape.fullname(contact)
        return shape.encode(contact), seconds

    def _drop(self, account: Account, contact_id: int) -> None:
        contact = shape.decode(account.records.get(contact_id))
        account.records.drop(contact_id, self.seconds())
        if contact is not None and self._quirks.deleted == "canceled":
            account.canceled[contact_id] = shape.encode({**contact, "canceled_at": shape.time(self.seconds())})

    def _shift(self, account: Account, way: str) -> None:
        """What happens between two page reads: the list moves under the reader's feet."""
        records = account.records
        if way in ("remove", "all") and records:
            self._drop(account, records.ids[0])
        if way in ("insert", "all"):
            contact = shape.contact(next(people(1, seed=404, start=self._served)), account.given.id, self._new_id())
            records.put(contact["id"], *self._stamped(contact, created=True), position=0)
        if way in ("move", "all") and records:
            records.to_end(records.ids[0])


def _broken_body() -> Response:
    return wire.answer(400, {"errors": [{"code": "bad_request"}]})
