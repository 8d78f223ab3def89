"""PrioTicket: one contact, its revisions, refusals in words, and *Test connection*."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from crmdesk.core.errors import (
    ForbiddenError,
    KnownError,
    NotFoundError,
    ProtocolError,
    RateLimitedError,
    SignInNeededError,
)
from crmdesk.core.types import Revision
from crmdesk.sandbox.faults import Kind
from crmdesk.vendors.prioticket import connector
from crmdesk.vendors.prioticket.refusals import RefusalGuard
from crmdesk.vendors.prioticket.sandbox import Quirks
from tests.contract.prioticket.tools import CLIENT, UID, Answering, always, answer, page, sample, signed_in
from tests.contract.tools import pull

SHIPPED = connector.CALLS_PER_SECOND
HTML_404 = "<html><h1>Not found</h1></html>"

# ── one contact ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_one_contact_comes_as_the_list_has_it(emulator, connect) -> None:
    uid = emulator.uids(CLIENT)[3]
    contact = await connect(emulator).contacts.get(uid)
    assert contact.remote_id == uid
    assert contact.raw == emulator.contact(CLIENT, uid)
    assert (emulator.requests[-1].path, emulator.requests[-1].query) == (f"/v3.8/distributor/contacts/{uid}", "")


async def test_the_printed_single_answer(connect) -> None:
    contact = await connect(always(content=sample("detail"))).contacts.get(UID)
    assert contact.raw["contact_address"]["street"] == "Kade 1"


@pytest.mark.parametrize("quirks", [Quirks(not_found="json"), Quirks(not_found="html"), Quirks(not_found="400")])
async def test_a_contact_that_went_is_not_found_however_the_vendor_says_it(quirks, make_emulator, connect) -> None:
    emulator = make_emulator(quirks=quirks)
    access, uid = connect(emulator), emulator.uids(CLIENT)[0]
    emulator.remove(CLIENT, uid)
    for asking in (access.contacts.get, access.history.revisions):
        with pytest.raises(NotFoundError):
            await asking(uid)


@pytest.mark.parametrize(
    "behind", [httpx.Response(404, text=HTML_404), httpx.Response(200, text="<html>Sign in</html>")]
)
async def test_a_proxys_404_deletes_nothing(behind: httpx.Response, connect) -> None:
    """Where the list does not answer either, somebody else is speaking."""

    def stranger(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404, text=HTML_404) if request.url.path.endswith(UID) else behind

    with pytest.raises(ProtocolError):
        await connect(signed_in(stranger)).contacts.get(UID)


@pytest.mark.parametrize("code", ["Not Found", "NOT_FOUND", "ROUTE_NOT_FOUND", "INVALID_REQUEST"])
@pytest.mark.parametrize("status", [404, 410])
async def test_a_wrong_address_that_speaks_json_deletes_nothing(status: int, code: str, connect) -> None:
    """A gateway says it of every address; only where the list is answered was it about the contact."""
    with pytest.raises(ProtocolError):
        await connect(always(status, json={"error": code, "status": status})).contacts.get(UID)


NOT_GONE = {
    "filter's page": httpx.Response(403, text="<html>Blocked</html>"),
    "no such reseller": httpx.Response(400, json={"error": "RESELLER_NOT_FOUND", "error_reference": "1"}),
    "no such endpoint": httpx.Response(422, json={"error": "ENDPOINT_DOES_NOT_EXIST", "error_reference": "1"}),
    "wrong parameter": httpx.Response(400, content=sample("error")),
    "code as a list": httpx.Response(400, json={"error": ["NOT_FOUND"]}),
    "400 as a page": httpx.Response(400, text=HTML_404),
    "payment": httpx.Response(402, json={"error": "NOT_FOUND", "error_reference": "1"}),
    "conflict": httpx.Response(409, json={"error": "X", "error_reference": "1"}),
    "empty list": httpx.Response(200, content=answer()),
    "somebody else": httpx.Response(200, content=answer({"contact_uid": "x" * 8})),
    "nothing": httpx.Response(200, content=answer(None)),
    "no list": httpx.Response(200, json={"data": {"kind": "contact"}}),
    "204": httpx.Response(204),
    "304": httpx.Response(304),
}


@pytest.mark.parametrize("told", NOT_GONE.values(), ids=NOT_GONE.keys())
async def test_what_does_not_say_gone_is_no_deletion(told: httpx.Response, connect) -> None:
    access = connect(signed_in(lambda request: told))
    for asking in (access.contacts.get, access.history.revisions):
        with pytest.raises(ProtocolError):
            await asking(UID)


@pytest.mark.parametrize("remote_id", ["", "..", "../orders", "5?x=1", "5/6", "a b", "5\n6"])
async def test_an_odd_id_never_leaves_its_place_in_the_address(remote_id: str, emulator, connect) -> None:
    with pytest.raises(KnownError):
        await connect(emulator).contacts.get(remote_id)
    paths = {seen.path for seen in emulator.requests if seen.method == "GET"}
    assert all(path.startswith("/v3.8/distributor/contacts") for path in paths)


async def test_of_several_states_the_newest_is_the_contact(connect) -> None:
    states = [{"contact_uid": UID, "contact_version": version} for version in (2, 10, 9)]
    contact = await connect(always(content=answer(*states))).contacts.get(UID)
    assert contact.raw["contact_version"] == 10


async def test_reading_one_does_not_wait_for_a_closed_window(emulator, connect) -> None:
    emulator.faults.set(Kind.RATE_LIMITED)
    with pytest.raises(RateLimitedError) as caught:
        await connect(emulator).contacts.get(UID)
    assert caught.value.until is not None
    assert caught.value.until > datetime(2020, 1, 1, tzinfo=UTC)


# ── revisions ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("newest_first", [True, False])
async def test_revisions_come_newest_first_whatever_their_order(newest_first: bool, make_emulator, connect) -> None:
    emulator = make_emulator(quirks=Quirks(newest_first=newest_first))
    uid = emulator.uids(CLIENT)[2]
    emulator.edit(CLIENT, uid, contact_name_first="Ana")
    revisions = await connect(emulator).history.revisions(uid)
    assert [revision.number for revision in revisions] == [4, 3, 2, 1]
    assert revisions[0] == Revision(4, "2026-11-22T10:15:00Z", emulator.contact(CLIENT, uid))
    assert [revision.at for revision in revisions] == sorted((revision.at for revision in revisions), reverse=True)
    assert emulator.requests[-1].query == "include_versions=true"


async def test_a_contact_that_never_changed_has_one_revision(emulator, connect) -> None:
    uid = emulator.uids(CLIENT)[0]
    assert [revision.number for revision in await connect(emulator).history.revisions(uid)] == [1]


async def test_odd_revisions_cost_nobody_else(connect) -> None:
    states: list[Any] = [
        {"contact_uid": UID, "contact_version": 2, "contact_modified": "never"},
        None,
        {"contact_uid": "somebody-else", "contact_version": 9},
        {"contact_uid": UID, "contact_version": "3", "contact_modified": "2024-05-06T12:30:00+02:00"},
        {"contact_uid": UID},
    ]
    revisions = await connect(always(content=answer(*states))).history.revisions(UID)
    assert [(one.number, one.at) for one in revisions] == [(3, "2024-05-06T10:30:00Z"), (2, ""), (1, "")]


async def test_a_state_without_a_version_takes_no_others_place(connect) -> None:
    states: list[Any] = [{"contact_uid": UID, "n": 1}, {"contact_uid": UID, "contact_version": 1, "n": 2}]
    revisions = await connect(always(content=answer(*states))).history.revisions(UID)
    assert sorted(one.raw["n"] for one in revisions) == [1, 2]


# ── refusals in words ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_printed_error_is_told_and_its_reference_kept(connect) -> None:
    with pytest.raises(ProtocolError) as caught:
        await pull(connect(always(400, content=sample("error"))))
    assert "Text for an end user" in caught.value.title
    assert "developer" not in str(caught.value)
    assert caught.value.details["error reference"] == "c0ffee-01"
    assert caught.value.details["error"] == "INVALID_REQUEST"
    assert caught.value.details["endpoint"] == "GET /contacts"


async def test_a_missing_module_is_named(make_emulator, connect) -> None:
    with pytest.raises(ForbiddenError, match="Contacts Module"):
        await pull(connect(make_emulator(module=False)))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 406, 409, 422])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"<html>",
        b'{"error":null}',
        b'{"error":{"a":1},"error_message":5}',
        b'{"error":"A\\nB\\u202e","error_reference":"x y","error_message":"<b>\\u202eno</b>\\n\\u001b[31m"}',
        b'{"error":"X","error_reference":"1","errors":"no","error_message":"' + b"x" * 1_000_000 + b'"}',
        b'{"error":"X","errors":[1,null,{"a":2},"anna@example.org is not +31 20 123 4567"]}',
        b"[" * 100_000,
    ],
)
async def test_any_refusal_is_a_known_error_in_one_clean_line(status: int, body: bytes, connect) -> None:
    with pytest.raises(KnownError) as caught:
        await pull(connect(always(status, content=body)))
    told = f"{caught.value}{caught.value.details}"
    assert len(told) < 1000
    assert caught.value.title.isprintable()
    assert caught.value.hint.isprintable()
    assert "anna@" not in told
    assert "123 4567" not in told


async def test_the_vendors_lock_is_kept_away_from(emulator, connect) -> None:
    """60 refusals in a minute would lock out everybody behind our address; we stop before."""
    access = connect(emulator)
    for _ in range(RefusalGuard.MOST):
        with pytest.raises(NotFoundError):
            await access.contacts.get(UID)
    with pytest.raises(RateLimitedError):
        await access.contacts.get(UID)
    assert len(emulator.requests) == RefusalGuard.MOST + 1
    assert len(await pull(connect(emulator))) == 3  # the vendor has not locked anybody out


async def test_the_ceiling_is_below_the_vendors(emulator, connect, monkeypatch: pytest.MonkeyPatch) -> None:
    assert SHIPPED is not None
    assert SHIPPED * 60 < 1000
    made: list[float | None] = []
    budget = connector.RateBudget
    monkeypatch.setattr(connector, "CALLS_PER_SECOND", 7.0)
    monkeypatch.setattr(connector, "RateBudget", lambda clock, ceiling: made.append(ceiling) or budget(clock))
    await pull(connect(emulator))
    assert made == [7.0]


async def test_a_locked_out_client_is_asked_to_wait(connect, make_emulator) -> None:
    emulator = make_emulator(per_minute=2)
    with pytest.raises(RateLimitedError) as caught:
        await pull(connect(emulator))
    assert "slow down" in caught.value.title


# ── test the connection ──────────────────────────────────────────────────────────────────────────────────────────────


async def steps(access: Any) -> dict[str, bool | None]:
    found = await access.check()
    assert [step.name for step in found] == ["Reachable", "Sign-in", "Rights"]
    assert all(step.text for step in found)
    return {step.name: step.ok for step in found}


async def test_a_good_account_passes_all_three(emulator, connect) -> None:
    access = connect(emulator)
    assert await steps(access) == {"Reachable": True, "Sign-in": True, "Rights": True}
    assert "May read contacts (250 at the moment)" in (await access.check())[2].text
    assert {seen.method for seen in emulator.requests} == {"POST", "GET"}


async def test_a_wrong_secret_fails_at_sign_in(emulator, connect) -> None:
    access = connect(emulator, secret="wrong" * 8)
    assert await steps(access) == {"Reachable": True, "Sign-in": False, "Rights": None}
    words = (await access.check())[1].text
    assert "client id and client secret" in words
    assert "sandbox" in words  # the usual mistake: another environment


@pytest.mark.parametrize("given", [{"secret": ""}, {"secret": "two\nlines"}, {"client_id": " "}])
async def test_what_cannot_be_sent_is_not_tried(given: dict[str, str], emulator, connect) -> None:
    assert await steps(connect(emulator, **given)) == {"Reachable": None, "Sign-in": False, "Rights": None}
    assert not emulator.requests


async def test_a_missing_module_fails_at_the_last_step(make_emulator, connect) -> None:
    access = connect(make_emulator(module=False))
    assert await steps(access) == {"Reachable": True, "Sign-in": True, "Rights": False}
    assert "Contacts Module" in (await access.check())[2].text


def refuse_connection(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


def never_answer(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("late", request=request)


def everywhere(status: int, **response: Any) -> Answering:
    return lambda request: httpx.Response(status, **response)


UNREACHABLE: dict[str, tuple[Answering, str]] = {
    "no route": (refuse_connection, "cannot be reached"),
    "no answer": (never_answer, ""),
    "hotel network": (everywhere(200, text="<html>Sign in</html>"), "web page"),
    "redirect": (everywhere(302, headers={"Location": "https://x.example/"}), "redirect"),
    "other path": (everywhere(404, text=HTML_404), "base address"),
    "other service": (everywhere(200, json={"ok": True}), "access_token"),
    "fault": (everywhere(502, text="bad gateway"), "502"),
    "page after sign-in": (always(text="<html>Sign in</html>"), "web page"),
}


@pytest.mark.parametrize(("vendor", "words"), UNREACHABLE.values(), ids=UNREACHABLE.keys())
async def test_what_is_not_the_vendor_fails_at_the_first_step_in_words(vendor: Answering, words: str, connect) -> None:
    access = connect(vendor)
    assert await steps(access) == {"Reachable": False, "Sign-in": None, "Rights": None}
    assert words in (await access.check())[0].text


async def test_a_full_minute_says_when_to_come_back(emulator, connect) -> None:
    emulator.faults.set(Kind.RATE_LIMITED)
    access = connect(emulator)
    assert await steps(access) == {"Reachable": True, "Sign-in": None, "Rights": None}
    assert "slow down" in (await access.check())[1].text


async def test_a_token_that_is_refused_at_once_is_a_matter_of_the_sign_in(emulator, connect) -> None:
    emulator.faults.set(Kind.EXPIRE_TOKEN)
    assert await steps(connect(emulator)) == {"Reachable": True, "Sign-in": False, "Rights": None}


@pytest.mark.parametrize("asking", [lambda access: access.contacts.get(UID), lambda access: pull(access)])
async def test_a_401_after_a_good_sign_in_says_so(asking: Callable[[Any], Any], connect) -> None:
    with pytest.raises(SignInNeededError):
        await asking(connect(always(401, json={"error": "X", "error_reference": "1"})))


async def test_an_empty_list_passes(connect) -> None:
    access = connect(always(content=page(total=0, pages=0)))
    assert await steps(access) == {"Reachable": True, "Sign-in": True, "Rights": True}
