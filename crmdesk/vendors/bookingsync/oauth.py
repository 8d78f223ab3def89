"""OAuth 2 at BookingSync: where the browser is sent, and the three token calls (docs: authorization; guides: read all
authorized accounts at once; testing authorization).

`POST {server}/oauth/token`, a form with the application's id and secret in it. Every call is sent once. By the docs an
error is a 401; its body is not shown there, so the words of OAuth 2 itself (RFC 6749, 5.2) are read where they come.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec

from crmdesk.core.errors import KnownError, ProtocolError, SettingsError, SignInNeededError
from crmdesk.core.foreign import mapping, text
from crmdesk.core.seams import Clock
from crmdesk.core.vendor import Secrets
from crmdesk.net import wire
from crmdesk.net.auth import Token, check_token
from crmdesk.net.broker import REFRESH, early, life_of, pair
from crmdesk.net.http import Answer, Http, check_base_url
from crmdesk.net.limiter import RateBudget
from crmdesk.net.redact import register_secret
from crmdesk.vendors.bookingsync.fields import API_PATH, READ_ONLY

AUTHORIZE, TOKEN = "/oauth/authorize", "/oauth/token"
REDIRECT, SCOPE = "redirect_uri", "scope"
"""What is kept beside the tokens: a refresh "needs redirect_uri, the same as in the first step" (docs)."""

PUBLIC, WRITE = "public", "rentals_write"
DEADLINE = 12.0  # seconds; two tries must fit into the deadline of the call that waits for the token
_OWN = (400, 401)
_WHAT = "BookingSync’s answer to the sign-in"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class _Answer(msgspec.Struct):
    access_token: str
    refresh_token: Any = None
    expires_in: Any = None
    scope: Any = None


def server_of(base_url: str) -> str:
    """Where `/oauth` is: the base address without the API's own path; its origin where that path is another one."""
    base = check_base_url(base_url)
    if base.endswith(API_PATH):
        return base.removesuffix(API_PATH)
    return str(httpx.URL(base).copy_with(path="/")).rstrip("/")


def scope_of(rights: str) -> str:
    """What is asked for. `public` "allows readonly access"; for contacts only `rentals_write` is needed to change them
    (contacts page), and "write scope also gives the permission to read" (guide on scopes)."""
    return PUBLIC if rights == READ_ONLY else f"{PUBLIC} {WRITE}"


def authorize_address(base_url: str, client_id: str, rights: str, redirect: str, state: str, challenge: str) -> str:
    """What the browser opens. PKCE is not mentioned by the docs; a server ignores parameters it does not know (RFC
    6749, 3.1), and one that knows it is safer with it."""
    asked = {
        "client_id": client_id,
        REDIRECT: redirect,
        "response_type": "code",
        SCOPE: scope_of(rights),
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{server_of(base_url)}{AUTHORIZE}?{urlencode(asked)}"


class TokenCalls:
    """The token calls of one application. Raises KnownError: SignInNeededError where BookingSync refuses what was
    given, ServerFaultError or ProtocolError where its answer was lost."""

    def __init__(self, base_url: str, client_id: str, secrets: Secrets, clock: Clock, transport: Any = None) -> None:
        self._client_id, self._secrets, self._clock = client_id.strip(), secrets, clock
        budget = RateBudget(clock)  # the hourly limit is the API's
        self._http = Http(
            server_of(base_url), vendor="BookingSync", clock=clock, budget=budget, transport=transport,
            deadline=DEADLINE, max_body=256 * 1024,
        )  # fmt: skip

    async def by_code(self, code: str, redirect: str, verifier: str) -> dict[str, str]:
        """The first pair, for a code that the browser (or the person) brought."""
        register_secret(code)
        register_secret(verifier)
        grant = {"grant_type": "authorization_code", "code": code, REDIRECT: redirect, "code_verifier": verifier}
        return self._pair(await self._ask(grant), {REDIRECT: redirect})

    async def by_refresh(self, kept: Mapping[str, str]) -> dict[str, str]:
        """The next pair, "therefore make sure to save it" (docs)."""
        if not kept.get(REFRESH):
            raise signed_out()
        grant = {"grant_type": "refresh_token", "refresh_token": kept[REFRESH], REDIRECT: kept.get(REDIRECT, "")}
        return self._pair(await self._ask(grant), kept)

    async def by_application(self) -> Token:
        """A token of the application itself: no refresh token, only `public` (docs, client credentials)."""
        answer = await self._ask({"grant_type": "client_credentials"})
        life = life_of(answer.expires_in)
        return Token(_sendable(answer.access_token), life - early(life))

    async def application(self) -> dict[str, str]:
        """Id and secret as they are sent. SettingsError(field) for what cannot be sent."""
        secret = check_token(await self._secrets.get("client_secret"), field="client_secret")
        if not self._client_id or not self._client_id.isprintable():
            title = "The client id is missing or cannot be used."
            raise SettingsError(title, "Copy it again from BookingSync, as one piece.", field="client_id")
        return {"client_id": self._client_id, "client_secret": secret}

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _ask(self, grant: Mapping[str, str]) -> _Answer:
        body = urlencode({**await self.application(), **grant}).encode()
        answer = await self._http.send("POST", TOKEN, body=body, headers=_FORM, own=_OWN, write=False)
        if answer.status not in (200, 201):
            raise self._refused(answer, grant["grant_type"])
        return wire.decode(answer.body, _Answer, _WHAT)

    def _pair(self, answer: _Answer, before: Mapping[str, str]) -> dict[str, str]:
        """A refresh token that does not come (or is empty) leaves the one there was."""
        new = answer.refresh_token if isinstance(answer.refresh_token, str) else ""
        refresh = _sendable(new) if new else before.get(REFRESH, "")
        tokens = pair(_sendable(answer.access_token), refresh, life_of(answer.expires_in), self._clock)
        scope = text(answer.scope)[:300] or before.get(SCOPE, "")
        return {name: value for name, value in {**before, **tokens, SCOPE: scope}.items() if value}

    def _refused(self, answer: Answer, grant: str) -> KnownError:
        unexpected = self._http.unexpected(answer, "POST")
        word = _oauth_word(answer)
        if answer.status not in _OWN or (answer.status == 400 and not word):
            return unexpected
        details = {**unexpected.details, **({"oauth error": word} if word else {})}
        title, hint, field = _words(word, grant)
        if field and grant == "authorization_code":
            return SettingsError(title, hint, field=field)
        return SignInNeededError(title, hint, details=details)


def signed_out() -> SignInNeededError:
    """The error for an account whose sign-in has ended, or that nobody signed in."""
    return SignInNeededError(
        "BookingSync signed this desk out. Your edits are safe.", "Sign in again on the Accounts page."
    )


def _words(word: str, grant: str) -> tuple[str, str, str]:
    """Title, hint, and the field that is wrong."""
    if word in ("invalid_client", "unauthorized_client") or grant == "client_credentials":
        return (
            "BookingSync does not accept the client id and client secret.",
            "Copy both again from your application at BookingSync.",
            "client_secret",
        )
    if grant == "refresh_token":
        ended = signed_out()
        return ended.title, ended.hint, ""
    return (
        "BookingSync does not accept this code.",
        "A code is good once and for a few minutes only. Sign in again to get another one.",
        "",
    )


def _oauth_word(answer: Answer) -> str:
    """`error` of RFC 6749, 5.2; '' where the body is none. Total."""
    try:
        word = mapping(wire.decode(answer.body, dict[str, Any], _WHAT)).get("error")
    except ProtocolError:
        return ""
    return word[:60] if isinstance(word, str) and word.replace("_", "").isalpha() and word.isascii() else ""


def _sendable(token: str) -> str:
    try:
        return check_token(token)
    except SettingsError:
        raise ProtocolError(
            "BookingSync gave a token that cannot be used.", "Copy the details and report them."
        ) from None
