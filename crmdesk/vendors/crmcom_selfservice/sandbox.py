"""CRM.COM Self-Service, emulated from its documents. It knows nothing of our connector and codec.

Documented: paths, bodies, headers, the error body, 400/401/403/404, both answers of a sign-in, names of fields. The
vendor reference weighs what the documents leave open; where it names two ways, `Quirks` switches to the other one.
Ours alone: everything about the life of codes and tokens (`sandbox_tokens`), error codes that begin with EMULATOR,
which lists can be sorted by what, that a contact sees only itself, that a phone number is compared by its digits.

    GET /_codes     codes and mailed links, for whoever tries the emulator: from this computer only

Every code of the demo organisations is PRACTICE_CODE: practice mode has no such page. A refusal of a code can be
switched on: fault `refuse_values` for `/validate-otp` with the value wrong, expired, used, unknown or too_many.

Unlike the real service it speaks plain HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from ipaddress import ip_address
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crmdesk.core.seams import SystemClock
from crmdesk.sandbox.faults import Faults, Kind, due
from crmdesk.sandbox.people import Person
from crmdesk.sandbox.service import Service
from crmdesk.vendors.crmcom_selfservice import sandbox_calls as calls
from crmdesk.vendors.crmcom_selfservice import sandbox_signin as signin
from crmdesk.vendors.crmcom_selfservice.sandbox_accounts import (
    DEMO,
    PRACTICE_CODE,
    Contact,
    Organisation,
    Quirks,
    SandboxAccount,
    accounts_with,
)
from crmdesk.vendors.crmcom_selfservice.sandbox_ask import Ask
from crmdesk.vendors.crmcom_selfservice.sandbox_register import register
from crmdesk.vendors.crmcom_selfservice.sandbox_wire import Json, Refused, answer, missing, no_page

__all__ = ["DEMO", "CrmComSandbox", "Quirks", "SandboxAccount", "sandbox"]

Handler = Callable[[Ask], Response]
_KEY, _TOKEN, _NOTHING = "api_key", "token", ""
_CONTACT = "/contacts/{contact_id}"

_ROUTES: tuple[tuple[str, str, str, Handler], ...] = (
    ("POST", "/contacts/authenticate", _KEY, signin.authenticate),
    ("POST", "/contacts/otp", _KEY, signin.otp),
    ("POST", "/contacts/validate", _KEY, signin.validate),
    ("POST", "/contacts/refresh", _KEY, signin.refresh),
    ("POST", "/contacts/register", _KEY, register),
    ("POST", "/contacts/forgot_password", _KEY, signin.forgot_password),
    ("POST", "/contacts/change_password", _NOTHING, signin.change_password),
    ("POST", f"{_CONTACT}/sign_out", _TOKEN, signin.sign_out),
    ("GET", _CONTACT, _TOKEN, calls.show),
    ("PUT", _CONTACT, _TOKEN, calls.update),
    ("DELETE", _CONTACT, _TOKEN, calls.unregister),
    ("GET", f"{_CONTACT}/addresses", _TOKEN, calls.list_addresses),
    ("POST", f"{_CONTACT}/addresses", _TOKEN, calls.add_address),
    ("PUT", f"{_CONTACT}/addresses/{{address_id}}", _TOKEN, calls.change_address),
    ("DELETE", f"{_CONTACT}/addresses/{{address_id}}", _TOKEN, calls.remove_address),
    ("GET", f"{_CONTACT}/communications", _TOKEN, calls.list_communications),
    ("GET", "/communications/{communication_id}", _TOKEN, calls.show_communication),
    ("PUT", "/communications/{communication_id}/actions", _TOKEN, calls.mark_communication),
    ("GET", f"{_CONTACT}/approval_requests", _TOKEN, calls.list_approvals),
    ("POST", "/approval_requests/{approval_id}/actions", _TOKEN, calls.answer_approval),
    ("POST", "/upload/files", _TOKEN, calls.upload),
    ("GET", "/files/{file_id}", _TOKEN, calls.show_file),
    ("DELETE", "/files/{file_id}", _TOKEN, calls.delete_file),
    ("POST", "/printout", _TOKEN, calls.printout),
)
_ONLY: Mapping[str, tuple[tuple[str, str, str, Handler], ...]] = {
    "v1": (
        ("POST", "/contacts/validate-otp", _KEY, signin.validate_otp),
        ("GET", "/contacts/verify_email/{token}", _NOTHING, signin.verify_email),
        ("PUT", f"{_CONTACT}/consents", _TOKEN, calls.consents),
        ("POST", f"{_CONTACT}/wifi/authorization", _KEY, signin.wifi),
    ),
    "v2": (
        ("POST", "/contacts/validate_otp", _KEY, signin.validate_otp),
        ("GET", "/contacts/verify_email", _NOTHING, signin.verify_email),
        ("POST", f"{_CONTACT}/change_password", _TOKEN, signin.change_own_password),
        ("POST", f"{_CONTACT}/wifi/authorize", _KEY, signin.wifi),
    ),
}


def sandbox(
    accounts: Sequence[SandboxAccount] | None = None,
    faults: Faults | None = None,
    now: Callable[[], datetime] | None = None,
    quirks: Quirks | None = None,
    counts: Sequence[int] | None = None,
) -> CrmComSandbox:
    """The emulator as an ASGI application: the demo organisation unless others are given, or one for each of `counts`
    with so many contacts. `now`: aware UTC."""
    demo = DEMO if counts is None else accounts_with(counts)
    given = accounts if accounts is not None else [replace(one, code=PRACTICE_CODE) for one in demo]
    return CrmComSandbox(given, faults or Faults(), now or SystemClock().now, quirks or Quirks())


class CrmComSandbox(Service):
    """The emulator. Contacts are named by their id; the first organisation is number 1."""

    def __init__(
        self, accounts: Sequence[SandboxAccount], faults: Faults, now: Callable[[], datetime], quirks: Quirks
    ) -> None:
        super().__init__(faults, now)
        self.quirks = quirks
        self.api = f"/self-service/{quirks.version}"
        self._organisations = [Organisation(given, number) for number, given in enumerate(accounts, 1)]
        if len({given.api_key for given in accounts}) != len(accounts):
            raise ValueError("every organisation needs a key of its own")
        # fixed paths first: `/contacts/{contact_id}` would take them
        known = sorted((*_ROUTES, *_ONLY[quirks.version]), key=lambda route: "{" in route[1])
        routes = [
            Route(self.api + path, partial(self._serve, auth, handler), methods=[method])
            for method, path, auth, handler in known
        ]
        self.serve([*routes, Route("/_codes", self._codes)], exception_handlers={404: no_page, 405: no_page})

    def describe(self, url: str) -> Mapping[str, Any]:
        """For the index page of the emulator server."""
        accounts = []
        for organisation in self._organisations:
            if (guest := organisation.guest()) is not None:
                given = organisation.given
                credentials = {"api_key": given.api_key, "email": guest.email, "password": guest.password}
                credentials["dialect"] = self.quirks.version
                shown = {"title": given.title, "credentials": credentials, "contacts": 1, "guests": organisation.able()}
                accounts.append(shown | ({"code": given.code} if given.code else {}))
        return {"title": "CRM.COM Self-Service", "base_url": url + self.api, "accounts": accounts}

    # What tests and demo mode do behind the API's back

    def contacts(self, number: int = 1) -> list[Contact]:
        """The live contacts of an organisation; what is changed in them counts at once."""
        with self.lock:
            return list(self._organisation(number).contacts.values())

    def guest(self, number: int = 1) -> Contact:
        """The contact whose credentials `describe` gives. LookupError where nobody has an e-mail address."""
        if (guest := self._organisation(number).guest()) is None:
            raise LookupError(number)
        return guest

    def shown(self, contact_id: str, number: int = 1) -> Json:
        """The contact as the API shows it. KeyError if there is none."""
        with self.lock:
            return calls.as_shown(self._organisation(number).contacts[contact_id], self.quirks)

    def add(self, person: Person, number: int = 1) -> Contact:
        """Somebody joins the organisation."""
        with self.lock:
            return self._organisation(number).add(person)

    def edit(self, contact_id: str, number: int = 1, **fields: Any) -> None:
        """Change any field of the record to anything, checked by nobody. KeyError if there is no such contact."""
        with self.lock:
            self._organisation(number).contacts[contact_id].record |= fields

    def remove(self, contact_id: str, number: int = 1) -> None:
        """A contact goes; its tokens stay good, so that a profile can be gone under a live session."""
        with self.lock:
            organisation = self._organisation(number)
            organisation.contacts[contact_id] = replace(organisation.contacts[contact_id], active=False)

    def elsewhere(self, contact: str, fields: Mapping[str, Any] | None) -> None:
        """See `crmdesk.sandbox.service.Shared`; fields have the names of the v1 page."""
        with self.lock:
            number = next((one.number for one in self._organisations if contact in one.contacts), 0)
            if not number:
                raise KeyError(contact)
            if fields is None:
                self.remove(contact, number)
                return
            record = self._organisation(number).contacts[contact].record
            for path, value in fields.items():
                *heads, last = path.split(".")
                here = record
                for head in heads:
                    here = here.setdefault(head, {})
                here[last] = value

    def decide(self, contact_id: str, approval_id: str, state: str, number: int = 1) -> None:
        """Somebody else answers a request. KeyError if there is none."""
        with self.lock:
            self._organisation(number).contacts[contact_id].approvals[approval_id]["state"] = state

    def drop_tokens(self, contact_id: str, number: int = 1, *, refresh: bool = True) -> None:
        """The contact's tokens are worth nothing from now on; `refresh=False` spares the refresh tokens."""
        with self.lock:
            self._organisation(number).tokens.drop(contact_id, refresh=refresh)

    def codes(self, number: int = 1) -> list[Json]:
        """Codes that were sent, oldest first."""
        with self.lock:
            return self._organisation(number).codes.shown()

    def mailed(self, number: int = 1) -> list[str]:
        """Tokens of the links that were mailed, oldest first."""
        with self.lock:
            return list(self._organisation(number).mailed)

    def _organisation(self, number: int) -> Organisation:
        return self._organisations[number - 1]

    # One request

    async def _serve(self, auth: str, handler: Handler, request: Request) -> Response:
        return await self.answer(request, partial(self._judged, auth, handler))

    def _judged(self, auth: str, handler: Handler, request: Request, body: bytes) -> Response:
        try:
            if Kind.RATE_LIMITED in due(request.scope):
                raise Refused(429, "EMULATOR.RATELIMIT", "Too many requests.")
            return handler(self._ask(auth, request, body))
        except Refused as refused:
            return refused.response()

    def _ask(self, auth: str, request: Request, body: bytes) -> Ask:
        """Key first, then token. A call that needs neither is answered by the organisation whose link it is."""
        organisation = self._by_key(request)
        if organisation is None and ("api_key" in request.headers or auth == _KEY):
            raise Refused(401, "EMULATOR.APIKEY", "The provided API Key is invalid.")
        signed = None
        if auth == _TOKEN:
            organisation, signed = self._by_token(request, organisation)
        return Ask(request, body, organisation or self._organisations[0], self.quirks, self.seconds(), signed)

    def _by_key(self, request: Request) -> Organisation | None:
        given = request.headers.get("api_key")
        return next((one for one in self._organisations if one.given.api_key == given), None)

    def _by_token(self, request: Request, keyed: Organisation | None) -> tuple[Organisation, Contact]:
        token, expired = self._token(request), Kind.EXPIRE_TOKEN in due(request.scope)
        for organisation in self._organisations if keyed is None else [keyed]:
            holder = organisation.tokens.holder(token, self.seconds())
            if holder is not None and not expired:
                return organisation, self._present(organisation, holder)
        raise Refused(401, "EMULATOR.TOKEN", "The provided Token is invalid.")

    def _present(self, organisation: Organisation, holder: str) -> Contact:
        contact = organisation.contacts.get(holder)
        if contact is None or not contact.active:
            raise missing("contact", holder, self.quirks.unknown_id)
        return contact

    def _token(self, request: Request) -> str:
        """`Authorization: Bearer`; the page's two other forms by a quirk."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return token.strip()
        if not self.quirks.legacy_headers:
            return ""
        return request.headers.get("auth_token", "") or (scheme if not token else "")

    async def _codes(self, request: Request) -> Response:
        """What a person would find in messages and mails."""
        local = request.client is None or ip_address(request.client.host).is_loopback
        if not local or "origin" in request.headers:
            return answer({"error": "only from this computer, and not from a web page"}, 403)
        with self.lock:
            shown = [
                {"title": one.given.title, "codes": one.codes.shown(), "mailed": list(one.mailed)}
                for one in self._organisations
            ]
        return answer({"organisations": shown})
