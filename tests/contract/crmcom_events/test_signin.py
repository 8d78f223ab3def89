"""Signing in: both ways, token lives by release, signing out, and secrets that stay where they belong."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from crmdesk.core.errors import (
    InDoubtError,
    KnownError,
    OfflineError,
    ProtocolError,
    ServerFaultError,
    SettingsError,
    SignInNeededError,
)
from crmdesk.net.redact import hide_secrets
from crmdesk.sandbox.faults import Kind
from crmdesk.vendors.crmcom_events.connector import Line
from crmdesk.vendors.crmcom_events.sandbox import DEMO, CrmComEventsSandbox
from crmdesk.vendors.crmcom_events.sandbox_data import make_id
from tests.contract.crmcom_events.tools import Given
from tests.helpers.clock import FakeClock

KEY = {"sign_in": "web_api_key", "username": "", "organisation": ""}


async def test_user_password_organisation(line: Callable[..., Line], emulator: CrmComEventsSandbox) -> None:
    token = await line(emulator).session.current()
    assert emulator.tokens.live() == [token]


async def test_a_web_api_key(line: Callable[..., Line], emulator: CrmComEventsSandbox) -> None:
    token = await line(emulator, secret=f" {DEMO.web_api_key}\n", **KEY).session.current()
    assert emulator.tokens.live() == [token]
    assert emulator.requests[-1].path.endswith("/authentication/web_api_key/token")


async def test_what_each_way_sends(line: Callable[..., Line]) -> None:
    seen: list[httpx.Request] = []

    def vendor(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"status": {"code": "OK", "message": None}, "data": {"token": "t" * 32}})

    await line(vendor, secret=" p w ", unit="U1").session.current()
    await line(vendor, secret="K" * 32, unit="U1", **KEY).session.current()
    assert json.loads(seen[0].content) == {
        "username": DEMO.username,
        "password": " p w ",
        "organisation": DEMO.organisation,
        "unit": "U1",
    }
    assert "authorization" not in seen[0].headers
    assert json.loads(seen[1].content) == {"unit": "U1"}
    assert base64.b64decode(seen[1].headers["authorization"].removeprefix("Basic ")) == b"K" * 32 + b":"


@pytest.mark.parametrize("unit", ["", make_id("unit", "Front Desk")])
async def test_a_unit_is_optional(unit: str, line: Any, emulator: CrmComEventsSandbox) -> None:
    assert await line(emulator, unit=unit).session.current()


REFUSED: list[tuple[dict[str, str], str]] = [
    ({"secret": "wrong pass"}, "wrong"),
    ({"username": "nobody"}, "wrong"),
    ({"organisation": "OTHER"}, "Organisation Not Found"),
    ({"unit": "Admin Unit"}, "Unit Not Found"),
    ({"secret": "F" * 32, **KEY}, "key is wrong"),
]


@pytest.mark.parametrize(("given", "words"), REFUSED)
@pytest.mark.parametrize("status", [200, 401])
async def test_a_refused_sign_in_says_why(given: Any, words: str, status: int, line: Any, make_emulator: Any) -> None:
    with pytest.raises(SignInNeededError) as caught:
        await line(make_emulator(failed_status=status), **given).session.current()
    assert words in caught.value.title
    assert given.get("secret", DEMO.password) not in str(caught.value)


MISSING: list[tuple[dict[str, str], str]] = [
    ({"username": " "}, "username"),
    ({"organisation": ""}, "organisation"),
    ({"time_zone": "Nowhere/Land"}, "time_zone"),
    ({"secret": "two words", **KEY}, "secret"),
    ({"secret": DEMO.web_api_key + ":", **KEY}, "secret"),
    ({"secret": "schlüssel-schlüssel", **KEY}, "secret"),
]


@pytest.mark.parametrize(("given", "field"), MISSING)
async def test_what_cannot_work_is_not_sent(given: Any, field: str, line: Any, emulator: CrmComEventsSandbox) -> None:
    with pytest.raises(SettingsError) as caught:
        await line(emulator, **given).session.current()
    assert caught.value.field == field
    assert not emulator.requests


async def test_a_missing_secret_is_asked_for(line: Any, emulator: CrmComEventsSandbox) -> None:
    with pytest.raises(SignInNeededError, match="missing"):
        await line(emulator, secret="").session.current()
    assert not emulator.requests


ODD_TOKENS = [None, "", 5, ["x"], "two words", "line\nbreak", "schl\u00fcssel", "x" * 20_000]


@pytest.mark.parametrize("token", ODD_TOKENS)
async def test_a_token_that_is_none(token: Any, line: Any) -> None:
    told = {"status": {"code": "OK"}, "data": {"token": token}}
    with pytest.raises(ProtocolError):
        await line(lambda request: httpx.Response(200, json=told)).session.current()


BROKEN: list[tuple[Kind, Any, type[KnownError]]] = [
    (Kind.CUT_AFTER, None, ServerFaultError),
    (Kind.CUT_BEFORE, None, ServerFaultError),
    (Kind.SERVER_ERROR, 503, ServerFaultError),
    (Kind.SERVER_ERROR, 404, ProtocolError),
    (Kind.HTML, None, ProtocolError),
    (Kind.HALF_BODY, None, ServerFaultError),
]


@pytest.mark.parametrize(("fault", "value", "error"), BROKEN)
async def test_a_broken_sign_in_is_never_in_doubt(
    fault: Kind, value: Any, error: type, line: Any, emulator: Any
) -> None:
    emulator.faults.set(fault, value)
    with pytest.raises(error) as caught:
        await line(emulator).session.current()
    assert not isinstance(caught.value, InDoubtError)


@pytest.mark.parametrize(("release", "minutes"), [("R10", 55), ("R10.1", 55), ("R12", 110), ("R15", 110), ("R17", 110)])
@pytest.mark.parametrize("way", [{}, {"secret": DEMO.web_api_key, **KEY}], ids=["password", "web API key"])
async def test_tokens_are_replaced_before_they_die_and_when_they_are_refused(
    release: str, minutes: int, way: dict[str, str], line: Any, make_emulator: Any
) -> None:
    emulator = make_emulator(jwt=release >= "R12")
    clock = FakeClock()
    one = line(emulator, release=release, clock=clock, **way)
    first = await one.session.current()
    clock.forward(minutes * 60 - 1)
    assert await one.session.current() == first
    clock.forward(2)
    second = await one.session.current()
    assert second != first
    assert await one.session.renew(first) == second
    assert await one.session.renew(second) not in (first, second)


@pytest.mark.parametrize(("release", "live"), [("R10.1", 0), ("R12", 1)])
async def test_signing_out_where_the_release_documents_it(release: str, live: int, connect: Any, emulator: Any) -> None:
    access = connect(emulator, release=release)
    await access.check()
    await access.aclose()
    assert len(emulator.tokens.live()) == live
    before = len(emulator.requests)
    await access.aclose()
    assert len(emulator.requests) == before


async def test_a_sign_out_that_fails_holds_nothing_up(connect: Any, emulator: CrmComEventsSandbox) -> None:
    access = connect(emulator, release="R10.1")
    await access.check()
    emulator.faults.set(Kind.CUT_BEFORE)
    await access.aclose()


async def test_nothing_is_sent_on_closing_what_was_never_used(connect: Any, emulator: CrmComEventsSandbox) -> None:
    await connect(emulator).aclose()
    assert not emulator.requests


async def test_a_changed_password_counts_at_the_next_sign_in(line: Any, emulator: CrmComEventsSandbox) -> None:
    given = Given("wrong pass")
    one = line(emulator, secret=given)
    with pytest.raises(SignInNeededError):
        await one.session.current()
    given.secret = DEMO.password
    assert await one.session.current()


async def test_no_log_holds_a_token_or_a_password(line: Any, emulator: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="crmdesk")
    one = line(emulator)
    await one.lookups.account(("number", "ACR0000000077"))
    token = await one.session.current()
    assert token not in caplog.text
    assert DEMO.password not in caplog.text
    assert hide_secrets(f"a {token} b {DEMO.password}") == "a [secret] b [secret]"


async def test_errors_hold_no_query(line: Any, emulator: CrmComEventsSandbox) -> None:
    one = line(emulator)
    token = await one.session.current()
    emulator.faults.set(Kind.SERVER_ERROR, 404)
    with pytest.raises(KnownError) as caught:
        await one.lookups.account(("number", "ACR0000000077"))
    told = f"{caught.value} {caught.value.details} {caught.value!r}"
    assert token not in told
    assert "ACR0000000077" not in told


async def test_no_route_is_offline(line: Any) -> None:
    def nowhere(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(OfflineError):
        await line(nowhere).session.current()
