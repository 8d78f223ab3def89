"""BookingSync: reading one contact, and *Test connection*."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from crmdesk.core.errors import KnownError, NotFoundError, ProtocolError, RateLimitedError, SignInNeededError
from crmdesk.sandbox.faults import Kind
from crmdesk.vendors.bookingsync.sandbox import Quirks
from tests.contract.tools import listing, sample

ACCOUNT = 71
HTML_404 = "<html><h1>The page doesn't exist.</h1></html>"

# ── one contact ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_one_contact_comes_as_the_list_has_it(emulator, connect) -> None:
    contact_id = emulator.ids(ACCOUNT)[3]
    contact = await connect(emulator).contacts.get(str(contact_id))
    assert contact.remote_id == str(contact_id)
    assert contact.raw == emulator.contact(ACCOUNT, contact_id)
    assert emulator.requests[-1].path == f"/api/v3/contacts/{contact_id}"


async def test_the_printed_single_answer(connect) -> None:
    contact = await connect(lambda request: httpx.Response(200, content=sample("show"))).contacts.get("1")
    assert contact.raw["address1"] == "Nilsa Crossroad"


@pytest.mark.parametrize("quirks", [Quirks(not_found="html"), Quirks(not_found="json"), Quirks(deleted="canceled")])
async def test_a_deleted_contact_is_not_found_however_the_vendor_says_it(quirks, make_emulator, connect) -> None:
    emulator = make_emulator(quirks=quirks)
    contact_id = emulator.ids(ACCOUNT)[0]
    emulator.remove(ACCOUNT, contact_id)
    with pytest.raises(NotFoundError):
        await connect(emulator).contacts.get(str(contact_id))


@pytest.mark.parametrize(
    "behind", [httpx.Response(404, text=HTML_404), httpx.Response(200, text="<html>Sign in</html>")]
)
async def test_a_proxys_404_deletes_nothing(behind: httpx.Response, connect) -> None:
    """Where the list does not answer either, somebody else is speaking."""

    def stranger(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404, text=HTML_404) if request.url.path.endswith("/5") else behind

    with pytest.raises(ProtocolError):
        await connect(stranger).contacts.get("5")


async def test_a_404_while_the_token_is_refused_is_a_matter_of_the_token(connect) -> None:
    def vendor(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404, text=HTML_404) if request.url.path.endswith("/5") else httpx.Response(401)

    with pytest.raises(SignInNeededError):
        await connect(vendor).contacts.get("5")


@pytest.mark.parametrize("body", [listing(), listing({"id": 6}), listing({"id": 6}, {"id": 7}), listing(None), b"{}"])
async def test_an_answer_about_somebody_else_is_refused(body: bytes, connect) -> None:
    with pytest.raises(ProtocolError):
        await connect(lambda request: httpx.Response(200, content=body)).contacts.get("5")


@pytest.mark.parametrize("remote_id", ["", "..", "../accounts", "5?x=1", "5/6", "a b", "5\n6"])
async def test_an_odd_id_never_leaves_its_place_in_the_address(remote_id: str, emulator, connect) -> None:
    with pytest.raises(KnownError):
        await connect(emulator).contacts.get(remote_id)
    assert all(seen.path.startswith("/api/v3/contacts") for seen in emulator.requests)


async def test_reading_one_does_not_wait_for_a_closed_window(emulator, connect) -> None:
    emulator.faults.set(Kind.RATE_LIMITED)
    with pytest.raises(RateLimitedError) as caught:
        await connect(emulator).contacts.get("1")
    assert caught.value.until is not None
    assert caught.value.until > datetime(2020, 1, 1, tzinfo=UTC)


# ── test the connection ──────────────────────────────────────────────────────────────────────────────────────────────

Answering = Callable[[httpx.Request], httpx.Response]


async def steps(access) -> dict[str, bool | None]:
    found = await access.check()
    assert [step.name for step in found] == ["Reachable", "Sign-in", "Rights"]
    assert all(step.text for step in found)
    return {step.name: step.ok for step in found}


async def test_a_good_account_passes_all_three(emulator, connect) -> None:
    access = connect(emulator)
    assert await steps(access) == {"Reachable": True, "Sign-in": True, "Rights": True}
    rights = (await access.check())[2].text
    assert "May read contacts (250 at the moment)" in rights
    assert "rentals_write" in rights
    assert {seen.method for seen in emulator.requests} == {"GET"}


async def test_a_wrong_token_fails_at_sign_in(emulator, connect) -> None:
    access = connect(emulator, token="wrong" * 8)
    assert await steps(access) == {"Reachable": True, "Sign-in": False, "Rights": None}
    assert "did not accept the access token" in (await access.check())[1].text


@pytest.mark.parametrize("token", ["", "   ", "two words", "ümlaut"])
async def test_a_token_that_cannot_be_one_is_not_sent(token: str, emulator, connect) -> None:
    assert await steps(connect(emulator, token=token)) == {"Reachable": None, "Sign-in": False, "Rights": None}
    assert not emulator.requests


def refuse_connection(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


def never_answer(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("late", request=request)


UNREACHABLE: dict[str, tuple[Answering, str]] = {
    "no route": (refuse_connection, "cannot be reached"),
    "no answer": (never_answer, ""),
    "hotel network": (lambda request: httpx.Response(200, text="<html>Sign in</html>"), "web page"),
    "redirect": (lambda request: httpx.Response(302, headers={"Location": "https://x.example/"}), "redirect"),
    "other path": (lambda request: httpx.Response(404, text=HTML_404), "base address"),
    "other service": (lambda request: httpx.Response(200, json={"ok": True}), "contacts"),
    "fault": (lambda request: httpx.Response(502, text="bad gateway"), "502"),
}


@pytest.mark.parametrize(("answer", "words"), UNREACHABLE.values(), ids=UNREACHABLE.keys())
async def test_what_is_not_the_vendor_fails_at_the_first_step_in_words(answer: Answering, words: str, connect) -> None:
    access = connect(answer)
    assert await steps(access) == {"Reachable": False, "Sign-in": None, "Rights": None}
    assert words in (await access.check())[0].text


async def test_a_missing_right_fails_at_the_last_step(connect) -> None:
    access = connect(lambda request: httpx.Response(403, json={"errors": [{"code": "forbidden"}]}))
    assert await steps(access) == {"Reachable": True, "Sign-in": True, "Rights": False}


async def test_a_full_hour_says_when_to_come_back(emulator, connect) -> None:
    emulator.faults.set(Kind.RATE_LIMITED)
    access = connect(emulator)
    assert await steps(access) == {"Reachable": True, "Sign-in": None, "Rights": None}
    assert "slow down" in (await access.check())[1].text


async def test_no_text_holds_the_token(connect) -> None:
    echo = connect(lambda request: httpx.Response(200, text=str(request.headers)))
    for step in await echo.check():
        assert "c0ffee" not in step.text
