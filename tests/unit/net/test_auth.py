"""Tokens: what can be one, and where it goes."""

from __future__ import annotations

import httpx
import pytest

from crmdesk.core.errors import SettingsError, SignInNeededError
from crmdesk.net.auth import Bearer, check_token


class Tokens:
    def __init__(self, token: str | Exception) -> None:
        self.token = token

    async def current(self) -> str:
        if isinstance(self.token, Exception):
            raise self.token
        return self.token


async def sent_to(url: str, token: str | Exception = "abc.DEF-123") -> str | None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, text=request.headers.get("authorization", "-")))
    auth = Bearer(Tokens(token), "https://api.example.com/v3")
    async with httpx.AsyncClient(transport=transport, auth=auth) as client:
        return (await client.get(url)).text


@pytest.mark.parametrize("url", ["https://api.example.com/v3/x", "https://API.example.com:443/y"])
async def test_the_token_goes_to_its_origin(url: str) -> None:
    assert await sent_to(url) == "Bearer abc.DEF-123"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/",
        "http://api.example.com/",
        "https://api.example.com:444/",
        "https://api.example.com.evil.example/",
        "https://www.api.example.com/",
    ],
)
async def test_the_token_goes_nowhere_else(url: str) -> None:
    assert await sent_to(url) == "-"


@pytest.mark.parametrize(
    "token", ["", "  ", "a b", "tök€n", "abc\r\nX: y", "abc\x00", "\ud800", "x" * 20000, "Bearer "]
)
async def test_what_cannot_be_a_token_is_a_setting_to_correct(token: str) -> None:
    with pytest.raises(SettingsError) as caught:
        await sent_to("https://api.example.com/", token)
    assert caught.value.field == "token"
    assert token.strip() == "" or token not in repr(caught.value)


def test_a_pasted_header_is_understood() -> None:
    assert check_token("  Authorization: Bearer abc123\n", field="access_token") == "abc123"


async def test_a_missing_token_is_a_sign_in() -> None:
    with pytest.raises(SignInNeededError):
        await sent_to("https://api.example.com/", SignInNeededError("x"))
