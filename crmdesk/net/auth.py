"""How a token gets onto a request: only to its own origin, never as a crash."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol, cast

import httpx

from crmdesk.core.errors import SettingsError, SignInNeededError
from crmdesk.core.seams import Clock
from crmdesk.core.vendor import Secrets, TokenSource
from crmdesk.net.address import origin_of
from crmdesk.net.redact import register_secret

_SENDABLE = re.compile(r"[\x21-\x7e]{1,16384}")


def check_token(text: str, *, field: str = "token") -> str:
    """A typed or pasted token as it is sent: trimmed, without "Bearer". SettingsError(field) if it is none."""
    token = re.sub(r"(?i)^(authorization:\s*)?bearer(\s+|$)", "", text.strip())
    if not token:
        raise SettingsError("The access token is empty.", "Paste the token of the account.", field=field)
    if not _SENDABLE.fullmatch(token):
        raise SettingsError(
            "The access token contains spaces, line breaks or letters that a token cannot have.",
            "Copy it again, as one piece.",
            field=field,
        )
    register_secret(token)
    return token


class Bearer(httpx.Auth):
    """Adds `Authorization: Bearer …` to requests to `base_url`'s origin, and to no other."""

    def __init__(self, tokens: TokenSource, base_url: str) -> None:
        self._tokens = tokens
        self._origin = origin_of(httpx.URL(base_url))

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        if origin_of(request.url) == self._origin:
            request.headers["Authorization"] = f"Bearer {check_token(await self._tokens.current())}"
        yield request


class SecretToken:
    """A TokenSource whose token is one of the account's secrets."""

    def __init__(self, secrets: Secrets, path: str = "token") -> None:
        self._secrets = secrets
        self._path = path

    async def current(self) -> str:
        return await self._secrets.get(self._path)


class SecretHeader(httpx.Auth):
    """Adds one header with one of the account's secrets, to requests to `base_url`'s origin only.

    `template` has one `{}` for the secret, as in "Token token={}"."""

    def __init__(self, secrets: Secrets, path: str, base_url: str, *, header: str, template: str = "{}") -> None:
        self._secrets = secrets
        self._path = path
        self._origin = origin_of(httpx.URL(base_url))
        self._header = header
        self._template = template

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        if origin_of(request.url) == self._origin:
            secret = check_token(await self._secrets.get(self._path), field=self._path)
            request.headers[self._header] = self._template.format(secret)
        yield request


@dataclass(frozen=True, slots=True)
class Token:
    """What a sign-in gave. `lasts`: seconds from now until it should be replaced; None = until it is refused."""

    value: str = field(repr=False)
    lasts: float | None = None


class Session:
    """A token that a sign-in call gives, kept in memory. One sign-in at a time whatever runs in parallel; replaced when
    its time is over and when it was refused, but never twice for the same refusal.

    `sign_in` raises KnownError; its error goes to every caller that waits for it."""

    def __init__(self, sign_in: Callable[[], Awaitable[Token]], clock: Clock) -> None:
        self._sign_in = sign_in
        self._clock = clock
        self._lock = asyncio.Lock()
        self._token: Token | None = None
        self._until: float | None = None

    async def current(self) -> str:
        """The token to send now; signs in first where there is none that still lasts."""
        async with self._lock:
            return self._token.value if self._token is not None and self._lasts() else await self._renewed()

    async def renew(self, refused: str) -> str:
        """A token other than `refused`; another call may have fetched it already."""
        async with self._lock:
            if self._token is not None and self._token.value != refused and self._lasts():
                return self._token.value
            return await self._renewed()

    def forget(self) -> None:
        """The next call signs in anew."""
        self._token = self._until = None

    def _lasts(self) -> bool:
        return self._until is None or self._clock.monotonic() < self._until

    async def _renewed(self) -> str:
        self.forget()
        token = await self._sign_in()
        register_secret(token.value)
        self._token = token
        self._until = None if token.lasts is None else self._clock.monotonic() + token.lasts
        return token.value


class Renewing(Protocol):
    """A TokenSource that can do something about a refusal: Session, and `net.broker.Broker`."""

    async def current(self) -> str: ...

    async def renew(self, refused: str) -> str: ...


class SessionBearer(httpx.Auth):
    """`Authorization: Bearer …` from a Session, to `base_url`'s origin only. A 401 renews the token and repeats the
    request once: a request that was refused did nothing. A second 401 is the vendor's last word.

    `ended`, where it is given, makes the error for that, and why a renewal was refused is told instead of the 401.
    The body of a 401 that is repeated is never read: httpx would unpack all of it, without a bound."""

    def __init__(
        self, session: Renewing, base_url: str, *, ended: Callable[[], SignInNeededError] | None = None
    ) -> None:
        self._session = session
        self._origin = origin_of(httpx.URL(base_url))
        self._ended = ended

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        if origin_of(request.url) != self._origin:
            yield request
            return
        token = check_token(await self._session.current())
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == 401:
            try:
                renewed = await self._session.renew(token)
            except SignInNeededError:
                if self._ended is None:
                    return  # the refusal stands
                raise
            request.headers["Authorization"] = f"Bearer {check_token(renewed)}"
            await _drop_body(response)
            response = yield request
            if response.status_code == 401 and self._ended is not None:
                raise self._ended()


async def _drop_body(response: httpx.Response) -> None:
    """Ends the answer here, with its connection; what is left of it is empty for whoever reads on."""
    sent = cast(httpx.AsyncByteStream, response.stream)
    response.stream = httpx.ByteStream(b"")
    await sent.aclose()
