"""Cendyn: *Test connection*."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import httpx
import pytest

from crmdesk.core.errors import SettingsError
from crmdesk.sandbox.faults import Kind
from crmdesk.vendors.cendyn.credentials import EUROPE, UNITED_STATES
from tests.contract.cendyn.tools import ACCOUNT, SECRET

Answering = Callable[[httpx.Request], httpx.Response]
BALANCE = {"balance": "582.84660", "currency": "eur5"}


async def steps(access) -> dict[str, bool | None]:
    found = await access.check()
    assert [step.name for step in found] == ["Reachable", "Sign-in", "Rights"]
    assert all(step.text for step in found)
    return {step.name: step.ok for step in found}


async def test_a_good_account_passes_and_shows_its_credit(emulator, connect) -> None:
    access = connect(emulator)
    assert await steps(access) == {"Reachable": True, "Sign-in": True, "Rights": True}
    assert "Credit: 582.84660" in (await access.check())[2].text
    assert {(seen.method, seen.path) for seen in emulator.requests} == {
        ("GET", f"/v2/account/{ACCOUNT}/{path}")
        for path in ("balance/current", "custom_fields", "product_custom_fields")
    }


async def test_it_costs_no_credit(emulator, connect) -> None:
    await connect(emulator, validate_emails="true").check()
    assert emulator.account(ACCOUNT).credit == Decimal("582.84660")


@pytest.mark.parametrize("case", ["secret", "account", "region", "expired"])
async def test_what_cendyn_does_not_tell_apart_is_named_together(case: str, emulator, connect) -> None:
    given = {"secret": {"secret": "wrong"}, "account": {"account_id": "0" * 24}, "region": {"base_url": UNITED_STATES}}
    if case == "expired":
        emulator.faults.set(Kind.EXPIRE_TOKEN)
    access = connect(emulator, **given.get(case, {}))
    assert await steps(access) == {"Reachable": True, "Sign-in": False, "Rights": None}
    text = (await access.check())[1].text
    assert "secret, the account id and the region" in text


async def test_an_american_account_is_let_in_over_there(make_emulator, connect) -> None:
    emulator = make_emulator(region="us")
    assert (await steps(connect(emulator, base_url=UNITED_STATES)))["Rights"] is True
    assert (await steps(connect(emulator, base_url=EUROPE)))["Sign-in"] is False


@pytest.mark.parametrize("secret", ["", "  ", "two words", "Token token=x y", "ümlaut"])
async def test_a_secret_that_cannot_be_one_is_not_sent(secret: str, emulator, connect) -> None:
    assert await steps(connect(emulator, secret=secret)) == {"Reachable": None, "Sign-in": False, "Rights": None}
    assert not emulator.requests


@pytest.mark.parametrize("account_id", ["", "Lakeside Resort"])
async def test_an_account_id_that_cannot_be_one_is_not_asked(account_id: str, emulator, connect) -> None:
    access = connect(emulator, account_id=account_id)
    assert await steps(access) == {"Reachable": None, "Sign-in": False, "Rights": None}
    assert "account id" in (await access.check())[1].text
    assert not emulator.requests


async def test_an_account_without_the_api_lacks_the_right(connect) -> None:
    body = {"error": "Your account is not a b2b account to use this API"}
    access = connect(lambda request: httpx.Response(401, json=body))
    assert await steps(access) == {"Reachable": True, "Sign-in": True, "Rights": False}


@pytest.mark.parametrize("words", ["Account not found", "Not found"])
async def test_an_account_that_cendyn_does_not_know_is_named(words: str, connect) -> None:
    access = connect(lambda request: httpx.Response(404, json={"error": words}))
    assert await steps(access) == {"Reachable": True, "Sign-in": False, "Rights": None}
    assert "does not know this account id" in (await access.check())[1].text


async def test_an_unknown_account_is_no_word_about_a_job(connect) -> None:
    """What was sent is not given up as unknown because somebody mistyped the account id."""
    access = connect(lambda request: httpx.Response(404, json={"error": "Account not found"}))
    with pytest.raises(SettingsError) as caught:
        await access.jobs.job("5a3e1c0b9f8d7e6c5b4a3f2e")
    assert caught.value.field == "account_id"


def refuse_connection(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


UNREACHABLE: dict[str, tuple[Answering, str]] = {
    "no route": (refuse_connection, "cannot be reached"),
    "hotel network": (lambda request: httpx.Response(200, text="<html>Sign in</html>"), "web page"),
    "redirect": (lambda request: httpx.Response(302, headers={"Location": "https://x.example/"}), "redirect"),
    "other path": (lambda request: httpx.Response(404, text="<html>"), "base address"),
    "their 404": (lambda request: httpx.Response(404, json={"error": "Route not found"}), "region"),
    "other service": (lambda request: httpx.Response(200, json={"ok": True}), "balance"),
    "fault": (lambda request: httpx.Response(502, text="bad gateway"), "502"),
}


@pytest.mark.parametrize(("answer", "words"), UNREACHABLE.values(), ids=UNREACHABLE.keys())
async def test_what_is_not_cendyn_fails_at_the_first_step_in_words(answer: Answering, words: str, connect) -> None:
    access = connect(answer)
    assert await steps(access) == {"Reachable": False, "Sign-in": None, "Rights": None}
    assert words in (await access.check())[0].text


@pytest.mark.parametrize("balance", ["much", None, [], "1e400000", "NaN", "Infinity", "1" * 50, True])
async def test_an_odd_balance_is_no_reason_to_fail(balance: object, connect) -> None:
    access = connect(lambda request: httpx.Response(200, json={**BALANCE, "balance": balance}))
    assert await steps(access) == {"Reachable": True, "Sign-in": True, "Rights": True}
    assert "could not be read" in (await access.check())[2].text


async def test_a_slow_down_says_when_to_come_back(emulator, connect) -> None:
    emulator.faults.set(Kind.RATE_LIMITED)
    assert await steps(connect(emulator)) == {"Reachable": True, "Sign-in": None, "Rights": None}


async def test_no_text_holds_the_secret(connect) -> None:
    echo = connect(
        lambda request: httpx.Response(200, json={"balance": "1", "currency": request.headers["authorization"]})
    )
    for step in await echo.check():
        assert SECRET not in step.text
