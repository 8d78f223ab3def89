"""PrioTicket: signing in with client id and secret."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import httpx
import pytest

from crmdesk.core.errors import KnownError, ProtocolError, RateLimitedError, SettingsError, SignInNeededError
from crmdesk.sandbox.faults import Kind
from crmdesk.vendors.prioticket.fields import SCOPE
from crmdesk.vendors.prioticket.sandbox import SCOPES, Quirks
from tests.contract.prioticket.tools import CLIENT, SECRET, answer
from tests.contract.tools import pull
from tests.helpers.clock import FakeClock

TOKEN_PATH = "/v3.8/distributor/oauth2/token"
EMPTY = answer(total_items=0, total_pages=0)


class Vendor:
    """Remembers every request; the token call answers from `tokens`, the last one for ever."""

    def __init__(self, *tokens: httpx.Response, contacts: list[httpx.Response] | None = None) -> None:
        self.tokens, self.contacts = list(tokens), contacts or [httpx.Response(200, content=EMPTY)]
        self.sign_ins: list[httpx.Request] = []
        self.calls: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        sign_in = request.url.path == TOKEN_PATH
        (self.sign_ins if sign_in else self.calls).append(request)
        answers = self.tokens if sign_in else self.contacts
        return answers.pop(0) if len(answers) > 1 else answers[0]


def token(text: str = "a.b.c", **more: Any) -> httpx.Response:
    return httpx.Response(200, json={"access_token": text, "token_type": "Bearer", "expires_in": 3600} | more)


def refusal(status: int, code: str) -> httpx.Response:
    return httpx.Response(status, json={"error": code, "error_description": "Told to developers."})


async def test_the_token_call_is_as_documented(connect) -> None:
    vendor = Vendor(token())
    await pull(connect(vendor))
    (sent,) = vendor.sign_ins
    assert sent.method == "POST"
    assert sent.headers["authorization"] == "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
    assert sent.headers["content-type"] == "application/json"
    assert json.loads(sent.content) == {"grant_type": "client_credentials", "scope": SCOPE}
    assert {call.headers["authorization"] for call in vendor.calls} == {"Bearer a.b.c"}


async def test_another_scope_is_a_setting(connect) -> None:
    vendor = Vendor(token())
    await pull(connect(vendor, scope="other/scope"))
    assert json.loads(vendor.sign_ins[0].content)["scope"] == "other/scope"


@pytest.mark.parametrize("scopes", [SCOPES, SCOPES[1:], ()])
async def test_a_scope_that_is_not_known_is_left_out(scopes: tuple[str, ...], make_emulator, connect) -> None:
    emulator = make_emulator(quirks=Quirks(scopes=scopes))
    assert len(await pull(connect(emulator))) == 3


async def test_a_scope_that_was_refused_is_not_asked_for_again(connect) -> None:
    vendor = Vendor(
        refusal(400, "invalid_scope"),
        token("t1"),
        token("t2"),
        contacts=[httpx.Response(401), httpx.Response(200, content=EMPTY)],
    )
    await pull(connect(vendor))
    assert ["scope" in json.loads(sent.content) for sent in vendor.sign_ins] == [True, False, False]


async def test_one_sign_in_serves_all_calls_at_once(emulator, connect) -> None:
    access, uids = connect(emulator), emulator.uids(CLIENT)[:8]
    await asyncio.gather(*(access.contacts.get(uid) for uid in uids))
    assert [seen.method for seen in emulator.requests].count("POST") == 1


async def test_an_expired_token_is_renewed_once(emulator, connect, now) -> None:
    access = connect(emulator)
    await access.contacts.get(emulator.uids(CLIENT)[0])
    now.pass_by(hours=2)  # the emulator's clock alone: our side learns it from the 401
    await access.contacts.get(emulator.uids(CLIENT)[0])
    assert [seen.method for seen in emulator.requests] == ["POST", "GET", "GET", "POST", "GET"]


async def test_a_token_is_renewed_two_minutes_before_its_end(connect, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock()
    monkeypatch.setattr("crmdesk.vendors.prioticket.connector.SystemClock", lambda: clock)
    vendor = Vendor(token("t1"), token("t2"))
    access = connect(vendor)
    sent = []
    for seconds in (0, 3600 - 121, 1):
        clock.forward(seconds)
        vendor.calls.clear()
        await pull(access)
        sent.append({call.headers["authorization"] for call in vendor.calls})
    assert sent == [{"Bearer t1"}, {"Bearer t1"}, {"Bearer t2"}]
    assert len(vendor.sign_ins) == 2


async def test_a_token_that_is_always_refused_is_renewed_only_once(emulator, connect) -> None:
    emulator.faults.set(Kind.EXPIRE_TOKEN)
    with pytest.raises(SignInNeededError, match="client id and client secret"):
        await pull(connect(emulator))
    assert [seen.method for seen in emulator.requests] == ["POST", "GET", "POST", "GET"]


@pytest.mark.parametrize(
    ("told", "calls"), [(3600, 1), ("3600", 1), (None, 1), (-5, 1), ("soon", 1), (10**20, 1), (True, 1)]
)
async def test_an_odd_life_time_costs_no_sign_in(told: Any, calls: int, connect) -> None:
    vendor = Vendor(token(expires_in=told))
    access = connect(vendor)
    await pull(access)
    await pull(access)
    assert len(vendor.sign_ins) == calls


REFUSALS = {
    "wrong secret": (refusal(401, "invalid_client"), "does not accept the client id"),
    "401 without a body": (httpx.Response(401), "does not accept the client id"),
    "401 as a page": (httpx.Response(401, text="<html>"), "does not accept the client id"),
    "not allowed": (refusal(400, "unauthorized_client"), "client credentials"),
    "grant": (refusal(400, "unsupported_grant_type"), "refused the sign-in"),
    "scope": (refusal(400, "invalid_scope"), "does not know the scope"),
    "forbidden": (refusal(403, "access_denied"), "refused the sign-in"),
}


@pytest.mark.parametrize(("told", "words"), REFUSALS.values(), ids=REFUSALS.keys())
async def test_a_refused_sign_in_says_what_to_do(told: httpx.Response, words: str, connect) -> None:
    with pytest.raises(SignInNeededError) as caught:
        await pull(connect(Vendor(told)))
    assert words in str(caught.value)
    assert caught.value.details["endpoint"] == "POST /:id/token"


ODD = {
    "page": httpx.Response(200, text="<html>Sign in</html>"),
    "empty": httpx.Response(200),
    "list": httpx.Response(200, json=[]),
    "no token": httpx.Response(200, json={"expires_in": 3600}),
    "null token": token(None),
    "number": httpx.Response(200, json={"access_token": 5}),
    "empty token": token(""),
    "two lines": token("a\r\nX-Evil: 1"),
    "letters": token("tökén"),
    "a book": token("x" * 20_000),
    "error inside": httpx.Response(200, json={"error": "invalid_client"}),
    "400 as a page": httpx.Response(400, text="<html>"),
    "404": httpx.Response(404, text="<html>"),
    "redirect": httpx.Response(302, headers={"location": "https://evil.example/"}),
    "teapot": httpx.Response(418),
}


@pytest.mark.parametrize("told", ODD.values(), ids=ODD.keys())
async def test_an_odd_answer_to_the_sign_in_is_named(told: httpx.Response, connect) -> None:
    vendor = Vendor(told)
    with pytest.raises(ProtocolError) as caught:
        await pull(connect(vendor))
    assert caught.value.title
    assert len(vendor.sign_ins) == 1
    assert not vendor.calls


async def test_a_fault_at_the_sign_in_is_lived_through(emulator, connect) -> None:
    emulator.faults.set(Kind.SERVER_ERROR, 503, times=1, target="oauth2")
    emulator.faults.set(Kind.CUT_AFTER, times=1, skip=1, target="oauth2")
    assert len(await pull(connect(emulator))) == 3


async def test_too_many_sign_ins_close_the_window(connect) -> None:
    vendor = Vendor(httpx.Response(429))
    access = connect(vendor)
    for _ in range(3):
        with pytest.raises(RateLimitedError):
            await access.contacts.get("x" * 8)
    assert len(vendor.sign_ins) == 1


@pytest.mark.parametrize(
    ("config", "secret", "field"),
    [
        ({"client_id": ""}, SECRET, "client_id"),
        ({"client_id": "  "}, SECRET, "client_id"),
        ({"client_id": "a:b"}, SECRET, "client_id"),
        ({}, "", "client_secret"),
        ({}, "two\nlines", "client_secret"),
    ],
)
async def test_what_cannot_be_sent_is_not_sent(config: dict[str, str], secret: str, field: str, connect) -> None:
    vendor = Vendor(token())
    with pytest.raises(SettingsError) as caught:
        await pull(connect(vendor, secret=secret, **config))
    assert caught.value.field == field
    assert not vendor.sign_ins


async def test_no_error_holds_the_secret(connect) -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        said = f"{request.headers['authorization']} {SECRET}"
        return httpx.Response(400, json={"error": "invalid_request", "error_description": said})

    with pytest.raises(KnownError) as caught:
        await pull(connect(echo))
    told = f"{caught.value} {caught.value.details}"
    assert SECRET not in told
    assert base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode() not in told
