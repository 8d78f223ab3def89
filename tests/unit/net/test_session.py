"""Tokens from a sign-in: one at a time, renewed by age and on refusal, and only for their own origin."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from crmdesk.core.errors import OfflineError, SettingsError, SignInNeededError
from crmdesk.net.auth import SecretHeader, SecretToken, Session, SessionBearer, Token
from tests.unit.net.fakes import FakeClock

BASE = "https://api.example.com/v1"


class SignIn:
    """Gives token-1, token-2, …; `errors` are raised first."""

    def __init__(self, lasts: float | None = None) -> None:
        self.calls = 0
        self.lasts = lasts
        self.errors: list[Exception] = []

    async def __call__(self) -> Token:
        self.calls += 1
        await asyncio.sleep(0)
        if self.errors:
            raise self.errors.pop(0)
        return Token(f"token-{self.calls}", self.lasts)


class Secrets:
    def __init__(self, **secrets: str) -> None:
        self._secrets = secrets

    async def get(self, path: str) -> str:
        return self._secrets[path]


def client(auth: httpx.Auth, answer: Callable[[httpx.Request], httpx.Response]) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(answer), auth=auth)


def accepting(*good: str) -> Callable[[httpx.Request], httpx.Response]:
    """A server that takes these tokens only, and notes what it was shown."""

    def answer(request: httpx.Request) -> httpx.Response:
        shown = request.headers.get("authorization", "").removeprefix("Bearer ")
        answer.shown.append(shown)  # type: ignore[attr-defined]
        return httpx.Response(200 if shown in good else 401)

    answer.shown = []  # type: ignore[attr-defined]
    return answer


async def test_many_callers_sign_in_once() -> None:
    sign_in = SignIn()
    session = Session(sign_in, FakeClock())
    assert set(await asyncio.gather(*(session.current() for _ in range(8)))) == {"token-1"}
    assert sign_in.calls == 1


async def test_a_token_is_replaced_when_its_time_is_over() -> None:
    clock, sign_in = FakeClock(), SignIn(lasts=3600)
    session = Session(sign_in, clock)
    assert await session.current() == "token-1"
    clock.advance(3599)
    assert await session.current() == "token-1"
    clock.advance(1)
    assert await session.current() == "token-2"


async def test_one_refusal_is_renewed_once_whoever_meets_it() -> None:
    sign_in = SignIn()
    session = Session(sign_in, FakeClock())
    refused = await session.current()
    assert set(await asyncio.gather(*(session.renew(refused) for _ in range(8)))) == {"token-2"}
    assert sign_in.calls == 2


async def test_a_failed_sign_in_is_told_and_tried_again_by_the_next_call() -> None:
    sign_in = SignIn()
    sign_in.errors.append(OfflineError("No connection."))
    session = Session(sign_in, FakeClock())
    with pytest.raises(OfflineError):
        await session.current()
    assert await session.current() == "token-2"


async def test_eight_refused_calls_make_one_renewal() -> None:
    sign_in, server = SignIn(), accepting("token-2")
    async with client(SessionBearer(Session(sign_in, FakeClock()), BASE), server) as http:
        answers = await asyncio.gather(*(http.get(f"{BASE}/contacts") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert sign_in.calls == 2


async def test_a_second_refusal_is_the_last_word() -> None:
    sign_in, server = SignIn(), accepting()
    async with client(SessionBearer(Session(sign_in, FakeClock()), BASE), server) as http:
        assert (await http.get(f"{BASE}/contacts")).status_code == 401
    assert server.shown == ["token-1", "token-2"]  # type: ignore[attr-defined]


async def test_where_signing_in_anew_is_refused_the_first_refusal_stands() -> None:
    sign_in, server = SignIn(), accepting()
    session = Session(sign_in, FakeClock())
    async with client(SessionBearer(session, BASE), server) as http:
        await session.current()
        sign_in.errors.append(SignInNeededError("The secret was changed."))
        assert (await http.get(f"{BASE}/contacts")).status_code == 401


async def test_the_body_of_a_refusal_is_not_read_where_the_call_is_repeated() -> None:
    class Endless(httpx.AsyncByteStream):
        closed = False
        read = 0

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for _ in range(100):
                self.read += 1
                yield gzip.compress(bytes(1024 * 1024))

        async def aclose(self) -> None:
            self.closed = True

    body = Endless()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["authorization"] == "Bearer token-2":
            return httpx.Response(200, text="good")
        return httpx.Response(401, stream=body, headers={"content-encoding": "gzip"})

    async with client(SessionBearer(Session(SignIn(), FakeClock()), BASE), answer) as http:
        assert (await http.get(f"{BASE}/contacts")).text == "good"
    assert body.closed
    assert not body.read


@pytest.mark.parametrize("url", ["https://example.com/", "http://api.example.com/", "https://api.example.com:444/"])
async def test_no_token_and_no_secret_goes_to_another_origin(url: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text=str(sorted(request.headers.keys())))

    sign_in = SignIn()
    for auth in (
        SessionBearer(Session(sign_in, FakeClock()), BASE),
        SecretHeader(Secrets(secret="s3cret"), "secret", BASE, header="X-Secret"),
    ):
        async with client(auth, answer) as http:
            said = (await http.get(url)).text
        assert "authorization" not in said
        assert "x-secret" not in said
    assert sign_in.calls == 0


async def test_a_secret_stands_in_its_header_as_the_vendor_wants_it() -> None:
    auth = SecretHeader(Secrets(secret=" s3cret\n"), "secret", BASE, header="Authorization", template="Token token={}")
    async with client(auth, lambda request: httpx.Response(200, text=request.headers["authorization"])) as http:
        assert (await http.get(f"{BASE}/x")).text == "Token token=s3cret"


async def test_a_secret_that_no_header_can_carry_is_named_by_its_field() -> None:
    auth = SecretHeader(Secrets(secret="s3\ncret"), "secret", BASE, header="Authorization")
    async with client(auth, lambda request: httpx.Response(200)) as http:
        with pytest.raises(SettingsError) as caught:
            await http.get(f"{BASE}/x")
    assert caught.value.field == "secret"
    assert "s3" not in str(caught.value)


async def test_a_named_secret_is_a_token() -> None:
    assert await SecretToken(Secrets(token="abc")).current() == "abc"


def test_nothing_shows_a_token() -> None:
    assert "abc" not in repr(Token("abc"))
