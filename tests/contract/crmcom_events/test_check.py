"""*Test connection*: reachability, sign-in and rights told apart, with the usual mistakes named."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from crmdesk.sandbox.faults import Kind
from crmdesk.vendors.crmcom_events.sandbox import DEMO, CrmComEventsSandbox


async def steps(access: Any) -> tuple[list[bool | None], str]:
    found = await access.check()
    assert [step.name for step in found] == ["Reachable", "Sign-in", "Rights"]
    assert all(step.text for step in found)
    told = " ".join(step.text for step in found)
    assert DEMO.password not in told
    return [step.ok for step in found], told


async def test_a_good_account_passes_all_three(emulator: CrmComEventsSandbox, connect: Any) -> None:
    ok, told = await steps(connect(emulator))
    assert ok == [True, True, True]
    assert "May read classifications (3 for achievements)" in told
    assert not any("/bulk/" in seen.path for seen in emulator.requests)


async def test_a_good_web_api_key(emulator: CrmComEventsSandbox, connect: Any) -> None:
    ok, _ = await steps(connect(emulator, secret=DEMO.web_api_key, sign_in="web_api_key", username=""))
    assert ok == [True, True, True]


async def test_every_check_signs_in_anew(emulator: CrmComEventsSandbox, connect: Any) -> None:
    access = connect(emulator)
    await steps(access)
    await steps(access)
    assert emulator.tokens.issued == 2


@pytest.mark.parametrize("wrong", [{"secret": "wrong pass"}, {"organisation": "Grand Hotel"}, {"unit": "x"}])
async def test_wrong_credentials_fail_at_sign_in(wrong: Any, emulator: CrmComEventsSandbox, connect: Any) -> None:
    ok, told = await steps(connect(emulator, **wrong))
    assert ok == [True, False, None]
    assert "sign-in page, not the name of the hotel" in told


@pytest.mark.parametrize("missing", [{"username": ""}, {"secret": ""}, {"time_zone": "Nowhere/Land"}])
async def test_what_is_missing_is_not_sent(missing: Any, emulator: CrmComEventsSandbox, connect: Any) -> None:
    ok, _ = await steps(connect(emulator, **missing))
    assert ok == [None, False, None]
    assert not emulator.requests


def behind_a_sign_in(told: httpx.Response) -> Any:
    def vendor(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("authentication/token"):
            return httpx.Response(200, json={"status": {"code": "OK"}, "data": {"token": "t" * 32}})
        return told

    return vendor


def refused(code: str) -> httpx.Response:
    return httpx.Response(200, json={"status": {"code": code, "message": "No"}, "data": None})


RIGHTS = {
    "right": refused("PermissionDeniedException"),
    "rule": refused("ValidationException"),
    "not found": refused("NotFoundAPIValueException"),
    "page": httpx.Response(404, text="<html>404</html>"),
    "odd list": httpx.Response(200, json={"status": {"code": "OK"}, "data": 5}),
}


@pytest.mark.parametrize("told", RIGHTS.values(), ids=RIGHTS.keys())
async def test_a_missing_right_fails_at_the_last_step(told: httpx.Response, connect: Any) -> None:
    ok, told_words = await steps(connect(behind_a_sign_in(told)))
    assert ok == [True, True, False]
    assert "right to use the Web API" in told_words


def refuse_connection(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


UNREACHABLE = {
    "no route": (refuse_connection, "VPN"),
    "wrong path": (lambda request: httpx.Response(404, text="<html>404</html>"), "/crmapi/rest/v2"),
    "web page": (lambda request: httpx.Response(200, text="<html>CRM.COM</html>"), "/crmapi/rest/v2"),
    "other service": (lambda request: httpx.Response(200, json={"ok": True}), "/crmapi/rest/v2"),
    "redirect": (lambda request: httpx.Response(302, headers={"Location": "https://x.example/"}), "redirect"),
    "fault": (lambda request: httpx.Response(502, text="bad gateway"), "502"),
}


@pytest.mark.parametrize(("vendor", "words"), UNREACHABLE.values(), ids=UNREACHABLE.keys())
async def test_what_is_not_the_vendor_fails_at_the_first_step_in_words(vendor: Any, words: str, connect: Any) -> None:
    ok, told = await steps(connect(vendor))
    assert ok == [False, None, None]
    assert words in told


async def test_a_vendor_that_asks_to_slow_down(emulator: CrmComEventsSandbox, connect: Any) -> None:
    emulator.faults.set(Kind.SERVER_ERROR, 429)
    ok, told = await steps(connect(emulator))
    assert ok == [True, None, None]
    assert "slow down" in told


async def test_what_the_index_page_shows_is_enough_to_sign_in(emulator: CrmComEventsSandbox, connect: Any) -> None:
    """Demo mode and `crmdesk sandbox` make the account from it."""
    (shown,) = emulator.describe("https://crm.example.com")["accounts"]
    given = dict(shown["credentials"])
    ok, _ = await steps(connect(emulator, secret=given.pop("secret"), **given))
    assert ok == [True, True, True]
