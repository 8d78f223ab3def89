"""The emulated BookingSync signs in as its documents say: the page, the code, the three grants."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from crmdesk.sandbox.app import transport
from crmdesk.vendors.bookingsync.sandbox import BookingSyncSandbox, Quirks, sandbox

HOST = "https://www.bookingsync.com"
OOB = "urn:ietf:wg:oauth:2.0:oob"
BACK = "http://127.0.0.1:50001/callback"
APPLICATION = {"client_id": "application-71", "client_secret": "demo-secret-71"}


class Now:
    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def made(now: Now) -> Callable[..., tuple[BookingSyncSandbox, httpx.AsyncClient]]:
    def make(**quirks: Any) -> tuple[BookingSyncSandbox, httpx.AsyncClient]:
        emulator = sandbox(counts=[3], now=now, quirks=Quirks(**quirks))
        return emulator, httpx.AsyncClient(transport=transport(emulator), base_url=HOST)

    return make


def asked(redirect: str = OOB, **more: str) -> dict[str, str]:
    return {"client_id": "application-71", "redirect_uri": redirect, "response_type": "code", **more}


async def press(http: httpx.AsyncClient, button: str, **more: str) -> httpx.Response:
    """As a person does: what the page's form holds, and the button."""
    page = (await http.get("/oauth/authorize", params=asked(**more))).text
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    fields = {name: html.unescape(value) for name, value in hidden}
    return await http.post("/oauth/authorize", data={**fields, "decision": button})


async def code_of(http: httpx.AsyncClient, **more: str) -> str:
    place = (await press(http, "Authorize", **more)).headers["location"]
    found = re.search(r"<code id='authorization_code'>(\w+)</code>", (await http.get(place)).text)
    assert found is not None
    return found[1]


async def token(http: httpx.AsyncClient, **form: str) -> httpx.Response:
    return await http.post("/oauth/token", data={**APPLICATION, **form})


async def pair(http: httpx.AsyncClient) -> dict[str, Any]:
    grant = {"grant_type": "authorization_code", "redirect_uri": OOB}
    return (await token(http, code=await code_of(http, scope="rentals_write"), **grant)).json()


async def reads(http: httpx.AsyncClient, access: str) -> int:
    headers = {"Authorization": f"Bearer {access}"}
    return (await http.get("/api/v3/contacts", headers=headers)).status_code


async def test_a_person_allows_it_and_copies_the_code(made: Any, now: Now) -> None:
    _, http = made()
    given = await pair(http)
    assert given.keys() == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert (given["token_type"], given["expires_in"], given["scope"]) == ("bearer", 7200, "public rentals_write")
    assert re.fullmatch("[0-9a-f]{64}", given["access_token"])
    assert await reads(http, given["access_token"]) == 200
    now.moment += timedelta(seconds=7200)
    answer = await http.get("/api/v3/contacts", headers={"Authorization": f"Bearer {given['access_token']}"})
    assert answer.status_code == 401
    assert "The access token expired" in answer.headers["www-authenticate"]


async def test_the_state_comes_back_and_so_does_a_no(made: Any) -> None:
    emulator, http = made()
    place = (await press(http, "Deny", redirect=BACK, state="s&<x>")).headers["location"]
    assert place == f"{BACK}?error=access_denied&state=s%26%3Cx%3E"
    emulator.oauth.approve_at_once = True
    place = (await http.get("/oauth/authorize", params=asked(BACK, state="s"))).headers["location"]
    assert re.fullmatch(rf"{re.escape(BACK)}\?code=\w{{64}}&state=s", place)


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "nobody"},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": "http://127.0.0.1.evil.example/callback"},
        {"redirect_uri": "http://127.0.0.1:1/other"},
        {"redirect_uri": ""},
    ],
)
async def test_who_asks_wrongly_is_never_sent_on(made: Any, wrong: dict[str, str]) -> None:
    emulator, http = made()
    emulator.oauth.approve_at_once = True
    answer = await http.get("/oauth/authorize", params=asked() | wrong)
    assert answer.status_code == 401
    assert "location" not in answer.headers


async def test_what_was_asked_is_no_markup_on_the_page(made: Any) -> None:
    _, http = made()
    page = await http.get("/oauth/authorize", params=asked(state='"><script>alert(1)</script>'))
    assert "<script>" not in page.text
    assert page.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("status", [400, 401])
async def test_refusals_of_the_token_call(made: Any, status: int) -> None:
    _, http = made(token_errors=status)
    code = await code_of(http)
    for form, word in (
        ({"client_secret": "wrong", "grant_type": "client_credentials"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": code, "redirect_uri": OOB}, "invalid_grant"),  # tried once
        ({"grant_type": "refresh_token", "refresh_token": "x", "redirect_uri": OOB}, "invalid_grant"),
    ):
        answer = await token(http, **form)
        assert (answer.status_code, answer.json()["error"]) == (status, word)


async def test_an_application_reads_and_writes_nothing(made: Any) -> None:
    emulator, http = made()
    given = (await token(http, grant_type="client_credentials")).json()
    assert given.keys() == {"access_token", "token_type", "expires_in", "scope", "created_at"}
    assert given["scope"] == "public"
    headers = {"Authorization": f"Bearer {given['access_token']}"}
    assert await reads(http, given["access_token"]) == 200
    path = f"/api/v3/contacts/{emulator.ids(71)[0]}"
    assert (await http.delete(path, headers=headers)).status_code == 403


async def refresh(http: httpx.AsyncClient, given: dict[str, Any]) -> httpx.Response:
    return await token(http, grant_type="refresh_token", refresh_token=given["refresh_token"], redirect_uri=OOB)


async def test_a_refresh_works_after_the_end_and_a_second_use_ends_it_all(made: Any, now: Now) -> None:
    emulator, http = made()
    first = await pair(http)
    now.moment += timedelta(days=90)
    second = (await refresh(http, first)).json()
    assert await reads(http, second["access_token"]) == 200
    assert (await refresh(http, first)).json()["error"] == "invalid_grant"
    assert await reads(http, second["access_token"]) == 401
    assert (await refresh(http, second)).status_code == 401
    assert (emulator.oauth.renewals, emulator.oauth.reused) == (1, 1)


async def test_where_a_lost_answer_is_forgiven_the_old_one_dies_with_the_first_use_of_the_new(made: Any) -> None:
    _, http = made(reuse="until_used")
    first = await pair(http)
    await refresh(http, first)
    again = (await refresh(http, first)).json()
    assert await reads(http, again["access_token"]) == 200
    assert (await refresh(http, first)).status_code == 401


async def test_an_application_that_is_taken_out_has_nothing_left(made: Any) -> None:
    emulator, http = made()
    given = await pair(http)
    emulator.oauth.uninstall(71)
    assert await reads(http, given["access_token"]) == 401
    assert (await refresh(http, given)).status_code == 401
