"""How a token gets onto a request: only to its own origin, never as a crash."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator

import httpx

from crmdesk.core.errors import SettingsError
from crmdesk.core.vendor import TokenSource
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
