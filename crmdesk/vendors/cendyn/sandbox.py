"""Cendyn CRM's sync_data, emulated from its documents. It knows nothing of our connector and codec.

Where the behaviour comes from (tags of the vendor reference: D documented, S inferred from a sample, P recorded, R
read from a client, A assumed): paths, fields, 1000 contacts, 201 with `queued` [D, S]; `Token token=` login [D]; one
body for all three causes of a 401, the 404's words, `x-request-id` and `x-runtime` on every answer [P]; 400 for broken
JSON and empty fields, `error` as text or list [R]; balance as text with `currency` [D]; job states behind `queued`,
matching, keeping of absent fields, one bad contact costing nobody else, credit, forms of lists [A]. Where two ways are
open, `Quirks` switches to the other one. A 429 is not documented: its words begin with *Emulator*. Faults `shifting`
and `endless` do nothing here: no client of ours lists contacts.

An account lives in one region: `api.us.…` and paths under `/us` are the United States, everything else is Europe.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crmdesk.core.seams import SystemClock
from crmdesk.sandbox.faults import Faults, Kind, due
from crmdesk.sandbox.runs import Run
from crmdesk.sandbox.service import Service
from crmdesk.vendors.cendyn import sandbox_rules as rules
from crmdesk.vendors.cendyn.sandbox_account import (
    DEMO,
    EUROPE,
    UNITED_STATES,
    Account,
    Job,
    Json,
    Quirks,
    SandboxAccount,
    accounts_with,
    work,
)
from crmdesk.vendors.cendyn.sandbox_guests import Values, starters
from crmdesk.vendors.cendyn.sandbox_runs import composed

__all__ = ["DEMO", "CendynSandbox", "Quirks", "SandboxAccount", "sandbox", "starters"]

_LOGIN = re.compile(r'Token token=([^\s"]+)')
_LIMIT = 200  # D: default of `limit`
_NO_ROUTE = "Route not found, please visit https://developers.cendyncrm.com/api/docs"
_NO_JSON = "\nProblem:\n  The request body is not valid JSON.\nResolution:\n  Send valid JSON."
_CONTACT_FILTERS = ("user_id", "email", "phone_countrycode", "phone_number", "name_first", "name_last", "device_id")
_PURCHASE_FILTERS = ("transaction_code", "user_id", "product_UUID", "status", "currency")

Act = Callable[[Request, bytes, Account], Response]


def sandbox(
    counts: Sequence[int] | None = None,
    faults: Faults | None = None,
    now: Callable[[], datetime] | None = None,
    quirks: Quirks | None = None,
    accounts: Sequence[SandboxAccount] | None = None,
) -> CendynSandbox:
    """The emulator as an ASGI application: the demo account unless others are given, or one for each of `counts` (whose
    numbers mean nothing here: no contact can be listed). `now`: aware UTC."""
    given = accounts if accounts is not None else DEMO if counts is None else accounts_with(counts)
    return CendynSandbox(given, faults or Faults(), now or SystemClock().now, quirks or Quirks())


class CendynSandbox(Service):
    """The emulator."""

    posts = "/sync_data"

    def __init__(
        self, accounts: Sequence[SandboxAccount], faults: Faults, now: Callable[[], datetime], quirks: Quirks
    ) -> None:
        super().__init__(faults, now)
        self.quirks = quirks
        self._served = 0
        self._accounts = {given.id: Account(given) for given in accounts}
        self.serve(self._routes(), exception_handlers={404: self._no_route, 405: self._no_route})

    def _routes(self) -> list[Route]:
        acts: list[tuple[str, str, Act]] = [
            ("POST", "/account/{account}/sync_data", self._create),
            ("GET", "/account/{account}/sync_data/{job}", self._show),
            ("GET", "/v2/account/{account}/balance/current", self._balance),
            ("GET", "/v2/account/{account}/contact", self._find_contacts),
            ("GET", "/v2/account/{account}/purchases", self._find_purchases),
            ("GET", "/v2/account/{account}/custom_fields", self._custom_fields),
            ("GET", "/v2/account/{account}/product_custom_fields", self._purchase_fields),
        ]
        if self.quirks.v2:
            acts += [(method, f"/v2{path}", act) for method, path, act in acts[:2]]
        regions = ("", f"/{EUROPE}", f"/{UNITED_STATES}")
        return [Route(at + path, self._endpoint(act), methods=[way]) for at in regions for way, path, act in acts]

    def describe(self, url: str) -> Mapping[str, Any]:
        """For the index page of the emulator server."""
        accounts = [
            {
                "id": account.given.id,
                "title": account.given.title,
                "region": account.given.region,
                "credentials": {"account_id": account.given.id, "secret": account.secret},
                "contacts": 0,
            }
            for account in self._accounts.values()
        ]
        return {"title": "Cendyn CRM", "base_url": url, "accounts": accounts}

    # What tests and demo mode do behind the API's back

    def starters(self) -> list[Values]:
        """See `sandbox_guests.starters`."""
        return starters()

    def composed(self) -> tuple[Run, ...]:
        """See `sandbox_runs.composed`."""
        return composed(self.now())

    def contacts(self, account: str) -> list[Json]:
        """What Cendyn has of the account's contacts by now, oldest first."""
        with self.lock:
            self._work_off(self._accounts[account])
            return [dict(contact) for contact in self._accounts[account].contacts.values()]

    def purchases(self, account: str) -> list[Json]:
        """The account's purchases by now, oldest first."""
        with self.lock:
            self._work_off(self._accounts[account])
            return [dict(purchase) for purchase in self._accounts[account].purchases]

    def account(self, account: str) -> Account:
        """The live state: credit, jobs, what each contact was matched by."""
        with self.lock:
            self._work_off(self._accounts[account])
            return self._accounts[account]

    def fail_job(self, account: str, job_id: str) -> None:
        """The job will come to nothing. KeyError if there is none."""
        with self.lock:
            self._accounts[account].jobs[job_id].fails = True

    def forget_job(self, account: str, job_id: str) -> None:
        """How long a job is kept is not documented: from now on it is unknown. KeyError if there is none."""
        with self.lock:
            self._work_off(self._accounts[account])
            del self._accounts[account].jobs[job_id]

    def renew_secret(self, account: str, secret: str) -> None:
        """The account gets a new secret; the old one is refused at once."""
        with self.lock:
            self._accounts[account].secret = secret

    # One request

    def _endpoint(self, act: Act) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            return await self.answer(request, lambda asked, body: self._stamped(self._let_in(asked, body, act)))

        return endpoint

    def _let_in(self, request: Request, body: bytes, act: Act) -> Response:
        name = request.path_params["account"]
        account = self._holder(request)
        if account is None:
            return _answer(401, {"error": f"authorization failure for account: {name}"})
        if Kind.RATE_LIMITED in due(request.scope):
            return _answer(429, {"error": "Emulator: too many requests"})
        self._work_off(account)
        return act(request, body, account)

    def _holder(self, request: Request) -> Account | None:
        """None for a wrong secret, a wrong account and the wrong region alike."""
        account = self._accounts.get(request.path_params["account"])
        found = _LOGIN.fullmatch(request.headers.get("authorization", ""))
        if account is None or found is None or found[1] != account.secret:
            return None
        wrong = _region(request) != account.given.region or Kind.EXPIRE_TOKEN in due(request.scope)
        return None if wrong else account

    def _stamped(self, response: Response) -> Response:
        self._served += 1
        response.headers["x-request-id"] = f"00000000-0000-4000-8000-{self._served:012x}"
        response.headers["x-runtime"] = "0.012345"
        return response

    async def _no_route(self, request: Request, _error: Exception) -> Response:
        return await self.answer(request, lambda _request, _body: self._stamped(_answer(404, {"error": _NO_ROUTE})))

    # sync_data

    def _create(self, request: Request, body: bytes, account: Account) -> Response:
        try:
            sent = msgspec.json.decode(body)
        except (ValueError, RecursionError):
            return _answer(400, {"error": _NO_JSON})
        refused = Kind.REFUSE_VALUES in due(request.scope)
        if problems := ["Emulator: refused"] if refused else rules.problems(sent, account, self.quirks):
            return self._refused(problems)
        job = Job(account.new_id(), sent, self.now().timestamp(), self._shown(sent))
        account.jobs[job.id] = job
        return _answer(201, self._job(job))

    def _refused(self, problems: Sequence[str]) -> Response:
        if self.quirks.errors == "list":
            return _answer(400, {"error": [{"error": words} for words in problems]})
        return _answer(400, {"error": problems[0]})

    def _shown(self, body: Json) -> Json:
        options = body.get("options", {})
        webhook = options.get("webhook", {})
        return {
            "number_of_contacts": len(body.get("contacts", [])),
            "number_of_purchase": int("purchase" in body),
            "validate_emails": options.get("email_validation", {}).get("validate", False),
            "contacts_extra_fields": webhook.get("contacts_extra_fields", []),
            "purchase_extra_fields": webhook.get("purchase_extra_fields", []),
            "webhook_url": webhook.get("url"),
        }

    def _job(self, job: Job) -> Json:
        return {self.quirks.id_key: job.id, **job.shown, "status": self._status(job)}

    def _status(self, job: Job) -> str:
        """queued → processing → finished or failed, by the clock [A]."""
        age = self.now().timestamp() - job.accepted
        if age < self.quirks.queue_seconds:
            return self.quirks.word
        if age < self.quirks.queue_seconds + self.quirks.work_seconds:
            return "processing"
        return "failed" if job.fails else "finished"

    def _work_off(self, account: Account) -> None:
        for job in account.jobs.values():
            if not job.done and self._status(job) in ("finished", "failed"):
                purchase = job.body.get("purchase")
                product = rules.product_of(purchase, self.quirks) if purchase else None
                work(account, job, self.quirks, product)

    def _show(self, request: Request, _body: bytes, account: Account) -> Response:
        job = account.jobs.get(request.path_params["job"])
        if job is None:
            return _answer(404, {"error": "Emulator: sync data not found"})
        return _answer(200, self._job(job))

    # reading

    def _balance(self, _request: Request, _body: bytes, account: Account) -> Response:
        return _answer(200, {"balance": f"{account.credit:.5f}", "currency": "eur5"})

    def _custom_fields(self, _request: Request, _body: bytes, account: Account) -> Response:
        own = account.given.custom_fields.items()
        return _answer(
            200, {"custom_fields": [{"name": name, "label": name.title(), "type": kind} for name, kind in own]}
        )

    def _purchase_fields(self, _request: Request, _body: bytes, account: Account) -> Response:
        own = account.given.purchase_fields.items()
        return _answer(200, {"product_custom_fields": [{"name": name, "type": kind} for name, kind in own]})

    def _find_contacts(self, request: Request, _body: bytes, account: Account) -> Response:
        """Paged by `contact_id_from` only [D]; in order of creation."""
        query = request.query_params
        rows = [row for row in account.contacts.values() if _fits(row, query, _CONTACT_FILTERS)]
        if query.get("order") == "desc":
            rows.reverse()
        if (after := query.get("contact_id_from")) is not None:
            places = [place for place, row in enumerate(rows) if row["id"] == after]
            start = places[0] + (self.quirks.first_row == "exclusive") if places else len(rows)
            rows = rows[start:]
        limit = query.get("limit", "")
        return _answer(200, {"contacts": rows[: int(limit) if limit.isdecimal() and len(limit) < 6 else _LIMIT]})

    def _find_purchases(self, request: Request, _body: bytes, account: Account) -> Response:
        rows = [row for row in account.purchases if _fits(row, request.query_params, _PURCHASE_FILTERS)]
        return _answer(200, {"purchases": rows[:_LIMIT]})


def _region(request: Request) -> str:
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    american = (request.url.hostname or "").startswith("api.us.") or path.startswith(f"/{UNITED_STATES}/")
    return UNITED_STATES if american else EUROPE


def _fits(row: Json, query: Mapping[str, str], names: Sequence[str]) -> bool:
    return all(str(row.get(name)) == query[name] for name in names if name in query)


def _answer(status: int, body: Json) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json; charset=utf-8")
