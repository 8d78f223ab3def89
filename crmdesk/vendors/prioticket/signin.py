"""Signing in: client id and secret for an access token (OAuth 2 client credentials, docs: authentication).

`POST {base}/oauth2/token`, HTTP Basic, and the body as JSON, although OAuth itself wants a form: so it is documented
and used. There is no refresh token: when the token has expired, the same call is made again.
"""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from crmdesk.core.errors import KnownError, ProtocolError, SettingsError, SignInNeededError
from crmdesk.core.foreign import whole
from crmdesk.core.said import said, term, together
from crmdesk.core.vendor import Secrets
from crmdesk.net import wire
from crmdesk.net.auth import Token, check_token
from crmdesk.net.broker import early
from crmdesk.net.http import Answer, Http
from crmdesk.net.redact import register_secret
from crmdesk.vendors.prioticket.fields import CREDENTIALS
from crmdesk.vendors.prioticket.refusals import Refusal, RefusalGuard, read_refusal

TOKEN_PATH = "/oauth2/token"  # noqa: S105 - a path
_OWN = (400, 401, 403)
_WHAT = "PrioTicket’s answer to the sign-in"


class _Answer(msgspec.Struct):
    access_token: str
    expires_in: Any = None


class SignIn:
    """One sign-in each time it is called. KnownError; SignInNeededError where PrioTicket refuses id or secret."""

    def __init__(self, http: Http, guard: RefusalGuard, secrets: Secrets, client_id: str, scope: str) -> None:
        self._http = http
        self._guard = guard
        self._secrets = secrets
        self._client_id = client_id.strip()
        self._scope = scope

    async def __call__(self) -> Token:
        authorization = await self.authorization()
        answer = await self._ask(authorization)
        refusal = read_refusal(answer.body) if answer.status == 400 else None
        if refusal is not None and refusal.code == "invalid_scope" and self._scope:
            self._scope = ""  # for good: the spelling of scopes differs between the vendor's own pages
            answer = await self._ask(authorization)
        return self._token(answer)

    async def authorization(self) -> str:
        """The Authorization header's value, from what was typed. SettingsError(field) for what cannot be sent."""
        secret = (await self._secrets.get("client_secret")).strip()
        for field, value in (("client_id", self._client_id), ("client_secret", secret)):
            if not value or not value.isprintable():
                label = next(spec.label for spec in CREDENTIALS if spec.path == field)
                title: str = said("“{field}” is missing or cannot be used.", field=term(label))
                raise SettingsError(title, "Copy it again from PrioTicket, as one piece.", field=field)
        if ":" in self._client_id:
            title = "The client id contains a colon, which it cannot have."
            raise SettingsError(title, "Enter the id alone, without the secret.", field="client_id")
        basic = base64.b64encode(f"{self._client_id}:{secret}".encode()).decode("ascii")
        register_secret(secret)
        register_secret(basic)
        return f"Basic {basic}"

    async def _ask(self, authorization: str) -> Answer:
        body = {"grant_type": "client_credentials"} | ({"scope": self._scope} if self._scope else {})
        headers = {"Authorization": authorization, "Content-Type": "application/json"}
        answer = await self._http.send("POST", TOKEN_PATH, json=body, headers=headers, own=_OWN, write=False)
        self._guard.note(answer.status)
        return answer

    def _token(self, answer: Answer) -> Token:
        if not 200 <= answer.status < 300:
            raise self._refused(answer)
        found = wire.decode(answer.body, _Answer, _WHAT)
        lasts = whole(found.expires_in)
        return Token(_sendable(found.access_token), None if lasts is None or lasts <= 0 else lasts - early(lasts))

    def _refused(self, answer: Answer) -> KnownError:
        unexpected = self._http.unexpected(answer, "POST")
        found = read_refusal(answer.body)
        if answer.status not in _OWN or (found is None and answer.status != 401):
            return unexpected
        refusal = found or Refusal()
        details = {**unexpected.details, **refusal.details()}
        says = said("It says: {text}", text=refusal.message) if refusal.message else ""
        return SignInNeededError(*_words(refusal.code, answer.status, says), details=details)


def _words(code: str, status: int, says: str) -> tuple[str, str]:
    """What happened and what to do, by OAuth's own words for it."""
    if code == "invalid_scope":
        return "PrioTicket does not know the scope.", together(
            "Ask PrioTicket for the right scope, or leave it empty.", says
        )
    if code == "unauthorized_client":
        return (
            "PrioTicket does not let this client id sign in like this.",
            together("Ask PrioTicket to allow “client credentials” for it.", says),
        )
    if code == "invalid_client" or status == 401:
        return (
            "PrioTicket does not accept the client id and client secret.",
            together("Copy both again. They work only in the environment they were made for.", says),
        )
    return "PrioTicket refused the sign-in.", together("Check client id, client secret and address.", says)


def _sendable(token: str) -> str:
    try:
        return check_token(token)
    except SettingsError:
        raise ProtocolError(
            "PrioTicket gave an access token that cannot be used.", "Copy the details and report them."
        ) from None
