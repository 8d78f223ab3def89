"""Signing in at CRM.COM and out again: a token for user, password and organisation, or for a web API key.

Wiki, authentication: `POST authentication/token` takes `username`, `password`, `organisation` and, if wanted, `unit`;
`POST authentication/web_api_key/token` (R10) takes the key as user name of HTTP Basic with an empty password, and
`unit` in the body. Both answer `data.token`. The token is opaque to us, although it is a JWT from R12 on.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re

from crmdesk.core.errors import KnownError, ProtocolError, ServerFaultError, SettingsError, SignInNeededError
from crmdesk.core.foreign import mapping
from crmdesk.core.said import said
from crmdesk.core.vendor import Secrets
from crmdesk.net.auth import Token
from crmdesk.net.http import Answer, Http
from crmdesk.net.redact import register_secret
from crmdesk.vendors.crmcom_events.codec import TITLE, Reply, failure, read_reply
from crmdesk.vendors.crmcom_events.settings import Settings, check_sign_in

TOKEN, KEY_TOKEN, RELEASE = "authentication/token", "authentication/web_api_key/token", "authentication/token/release"
SECRET = "secret"  # noqa: S105 - the path of the credential
OWN = frozenset(range(400, 600)) - {407, 429}
"""Statuses that only the envelope explains; no page says which one goes with which failure."""

_SENDABLE = re.compile(r"[\x21-\x7e]{1,16384}")
_GOODBYE = 3.0  # seconds; nobody waits longer for a sign-out when the program ends


class SignIn:
    """The token calls of one account. `last` is the token that was given last, '' before."""

    def __init__(self, http: Http, secrets: Secrets, settings: Settings) -> None:
        self._http, self._secrets, self._settings = http, secrets, settings
        self.last = ""

    async def prepare(self) -> None:
        """Looks at what was typed, sends nothing. SettingsError, SignInNeededError."""
        check_sign_in(self._settings)
        await self._secret()

    async def __call__(self) -> Token:
        """Signs in. SignInNeededError for a refusal; a lost answer is a ServerFaultError: signing in does no harm."""
        check_sign_in(self._settings)
        secret = await self._secret()
        headers: dict[str, str] = {}
        body = {"unit": self._settings.unit} if self._settings.unit else {}
        if self._settings.by_key:
            path, headers = KEY_TOKEN, {"Authorization": _basic(secret)}
        else:
            path, who = TOKEN, {"username": self._settings.username, "password": secret}
            body = who | {"organisation": self._settings.organisation} | body
        answer = await self._http.send("POST", path, json=body, headers=JSON_BODY | headers, own=OWN, write=False)
        try:
            reply = read_reply(answer.body, said("The sign-in answer of {vendor}", vendor=TITLE))
        except ProtocolError as error:
            raise no_envelope(self._http, answer, "POST", error) from None
        self.last = _token(reply)
        return Token(self.last, self._settings.token_lasts)

    async def release(self) -> None:
        """Gives the token back where the release documents that; a token that stays behind dies by itself."""
        token, self.last = self.last, ""
        if not token or self._settings.release >= (12, 0):
            return
        with contextlib.suppress(KnownError, TimeoutError):  # the program ends: nobody could do anything about it
            async with asyncio.timeout(_GOODBYE):
                await self._http.send("POST", RELEASE, json={"token": token}, headers=JSON_BODY, own=OWN, write=False)

    async def _secret(self) -> str:
        secret = await self._secrets.get(SECRET)
        if self._settings.by_key:
            secret = secret.strip()
        if not secret:
            raise SignInNeededError("The password or web API key is missing.", "Type it into the account's settings.")
        register_secret(secret)
        if self._settings.by_key and (":" in secret or not _SENDABLE.fullmatch(secret)):
            raise SettingsError(
                "This is no web API key: it holds a colon, a space or a letter no key has.",
                "Copy the key again, as one piece and without the colon that some examples put behind it.",
                field=SECRET,
            )
        return secret


JSON_BODY = {"Content-Type": "application/json"}


def no_envelope(http: Http, answer: Answer, method: str, error: ProtocolError) -> KnownError:
    """The error for an answer to a question that is no envelope; `error` says what is wrong with its body."""
    if 200 <= answer.status < 300:
        return error
    strange = http.unexpected(answer, method)
    if answer.status < 500:
        return strange
    title = said("{vendor} has a fault on its side (status {status}).", vendor=TITLE, status=str(answer.status))
    return ServerFaultError(title, "It will be tried again.", details=strange.details)


def _basic(key: str) -> str:
    packed = base64.b64encode(f"{key}:".encode()).decode()
    register_secret(packed)
    return f"Basic {packed}"


def _token(reply: Reply) -> str:
    if not reply.ok:
        error = failure(reply)
        if reply.own_fault:
            raise error
        raise SignInNeededError(error.title, "Check what was typed for this account.", details=error.details)
    token = mapping(reply.data).get("token")
    if not isinstance(token, str) or not _SENDABLE.fullmatch(token):
        raise ProtocolError(
            said("The sign-in answer of {vendor} cannot be read: it brings no token.", vendor=TITLE),
            "Copy the details and report them.",
            path="data.token",
        )
    register_secret(token)
    return token
