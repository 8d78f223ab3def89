"""Batches through the real client: created, refused, in doubt, certainly not sent, and never sent twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from crmdesk.core.batch import BatchRow, RowState
from crmdesk.core.errors import (
    BugError,
    ForbiddenError,
    InDoubtError,
    KnownError,
    NotFoundError,
    OfflineError,
    ProtocolError,
    RateLimitedError,
    RejectedError,
    SignInNeededError,
)
from crmdesk.sandbox.faults import Kind
from crmdesk.vendors.crmcom_events.connector import Events
from crmdesk.vendors.crmcom_events.sandbox import CrmComEventsSandbox
from tests.contract.crmcom_events.tools import (
    BULK,
    KINDS,
    answer,
    batch,
    by_uid,
    encode,
    made,
    printed,
    row,
    rows_of,
    unmade,
)

CREATED, REFUSED, IN_DOUBT = RowState.CREATED, RowState.REFUSED, RowState.IN_DOUBT
EVERY = pytest.mark.parametrize("kind", KINDS)


async def send(sender: Any, kind: str, *rows: BatchRow) -> list[RowState]:
    told = await sender.send(batch(kind), sender.encode(batch(kind), rows, {}))
    return [outcome.state for outcome in sender.settle(batch(kind), rows, told)]


def bulk_calls(emulator: CrmComEventsSandbox) -> int:
    return sum(seen.path.startswith(BULK) for seen in emulator.requests)


# ── done ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@EVERY
async def test_the_printed_rows_end_as_printed(kind: str, events: Events, emulator: CrmComEventsSandbox) -> None:
    rows = rows_of(kind)
    told = await events.send(batch(kind), events.encode(batch(kind), rows, {}))
    outcomes = by_uid(events.settle(batch(kind), rows, told))
    data = printed(kind, "answer")["data"]
    for entry in data["processed_customer_events_set"]:
        outcome = outcomes[entry["request_unique_identifier"]]
        assert (outcome.state, outcome.number) == (CREATED, entry["number"])
    for entry in data["unprocessed_customer_events_set"]:
        outcome = outcomes[entry["request_unique_identifier"]]
        assert (outcome.state, outcome.code, outcome.text) == (REFUSED, entry["error_code"], entry["error_description"])
    assert [event.id for event in emulator.created(kind)] == [
        outcome.remote_id for outcome in outcomes.values() if outcome.state is CREATED
    ]


@EVERY
async def test_every_kind_is_taken_with_every_field_it_has(kind: str, events: Events) -> None:
    """The two readings of the page agree: what our data calls a field, the emulator takes as one."""
    known = {
        "text": "x",
        "lines": "a\nb",
        "number": 3,
        "date": "2024-05-01",
        "classification_identifier.name": None,
        "invoice_identifier.number": "INV0000001",
        "payment_medium_brand_identifier.alternative_code": "MC",
        "payment_medium_type_identifier.name": "Cash",
        "product_identifier.alternative_code": "SRD",
    }
    values = dict(row(kind).values)
    for spec in events.kinds[list(KINDS).index(kind)].fields:
        if spec.writable and spec.path not in values and "." not in spec.path:
            values[spec.path] = known[spec.kind.value]
        elif known.get(spec.path):
            values[spec.path] = known[spec.path]
    assert await send(events, kind, BatchRow("1", values)) == [CREATED]


async def test_a_thousand_in_an_order_of_the_vendors_own(make_emulator: Callable[..., Any], connect: Any) -> None:
    emulator = make_emulator(shuffled=True, chatty=True)
    rows = [row("web", f"{n:04}") for n in range(1000)]
    sender = connect(emulator).batches
    told = await sender.send(batch("web"), sender.encode(batch("web"), rows, {}))
    outcomes = sender.settle(batch("web"), rows, told)
    assert [outcome.uid for outcome in outcomes] == [one.uid for one in rows]
    by_id = {event.id: event.sent["external_system_reference_number"] for event in emulator.created("web")}
    assert [by_id[outcome.remote_id] for outcome in outcomes] == [one.uid for one in rows]


async def test_two_batches_at_once_do_not_disturb_each_other(events: Events, emulator: CrmComEventsSandbox) -> None:
    emulator.faults.set(Kind.SLOW, 0.05, target="/bulk/")
    found = await asyncio.gather(*[send(events, "web", row("web", str(n))) for n in range(3)])
    assert found == [[CREATED]] * 3


async def test_money_arrives_to_the_cent(events: Events, emulator: CrmComEventsSandbox) -> None:
    await send(events, "purchases", row("purchases"))
    (line,) = emulator.created("purchases")[0].sent["products_set"]
    assert str(line["total_amount"]) == "109.00"


async def test_the_request_is_checked_by_the_vendor(events: Events) -> None:
    body = events.encode(batch("purchases"), [row("purchases")], {"intended_currency_identifier.code": "USD"})
    (outcome,) = events.settle(batch("purchases"), [row("purchases")], await events.send(batch("purchases"), body))
    assert (outcome.state, outcome.code) == (REFUSED, "EmulatorCurrencyException")


async def test_the_sealed_body_is_sent_byte_for_byte_behind_the_token(connect: Any) -> None:
    seen: list[bytes] = []

    def vendor(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json={"status": {"code": "OK"}, "data": {"token": 'quo"ted\\token'}})
        seen.append(request.content)
        return httpx.Response(200, json=answer([made("b7-1")]))

    body = encode("web", row("web"))
    assert b"token" not in body
    await connect(vendor).batches.send(batch("web"), body)
    assert seen[0] == b'{"token":"quo\\"ted\\\\token",' + body[1:]


async def test_a_token_in_the_answer_is_not_handed_on(connect: Any) -> None:
    def vendor(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json={"status": {"code": "OK"}, "data": {"token": "canary-0123456789"}})
        return httpx.Response(200, json=answer([made("b7-1")]) | {"asked": json.loads(request.content)})

    told = await connect(vendor).batches.send(batch("web"), encode("web", row("web")))
    assert "canary" not in json.dumps(told)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"x", b'{"token":"x","web_customer_events_set":[]}'])
async def test_what_was_never_sealed_is_not_sent(body: bytes, events: Events, emulator: CrmComEventsSandbox) -> None:
    with pytest.raises(BugError):
        await events.send(batch("web"), body)
    assert bulk_calls(emulator) == 0


# ── the token ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_one_sign_in_serves_many_batches(events: Events, emulator: CrmComEventsSandbox) -> None:
    for _ in range(3):
        await send(events, "web", row("web"))
    assert emulator.tokens.issued == 1


async def test_a_token_refused_in_the_middle_is_renewed_once(events: Events, emulator: CrmComEventsSandbox) -> None:
    await send(events, "web", row("web"))
    emulator.faults.set(Kind.EXPIRE_TOKEN, times=1)
    assert await send(events, "web", row("web")) == [CREATED]
    assert (emulator.tokens.issued, len(emulator.created("web")), bulk_calls(emulator)) == (2, 2, 3)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 500])
async def test_a_token_refused_for_ever_needs_a_sign_in(status: int, make_emulator: Any, connect: Any) -> None:
    """Whatever status goes with it: the vendor's own word says that nothing was done."""
    emulator = make_emulator(failed_status=status)
    emulator.faults.set(Kind.EXPIRE_TOKEN)
    with pytest.raises(SignInNeededError):
        await send(connect(emulator).batches, "web", row("web"))
    assert (bulk_calls(emulator), emulator.created("web")) == (2, [])


@pytest.mark.parametrize("code", ["HibernateSessionException", "SESSION_CLOSED_BY_DATABASE", "SQL_TOKEN_ERROR"])
async def test_a_session_that_broke_in_their_database_is_in_doubt_and_not_sent_again(code: str, connect: Any) -> None:
    sent: list[bytes] = []

    def vendor(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json={"status": {"code": "OK"}, "data": {"token": "t-1"}})
        sent.append(request.content)
        return httpx.Response(200, json={"status": {"code": code, "message": "could not execute"}})

    with pytest.raises(InDoubtError):
        await send(connect(vendor).batches, "web", row("web"))
    assert len(sent) == 1


@pytest.mark.parametrize("status", [401, 403])
async def test_somebody_elses_refusal_renews_nothing_and_is_in_doubt(status: int, events: Any, emulator: Any) -> None:
    emulator.faults.set(Kind.SERVER_ERROR, status, target="/bulk/")
    with pytest.raises(InDoubtError):
        await send(events, "web", row("web"))
    assert (emulator.tokens.issued, bulk_calls(emulator)) == (1, 0)


async def test_a_sign_in_without_an_answer_is_no_doubt_about_the_batch(connect: Any) -> None:
    def vendor(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late", request=request)

    with pytest.raises(KnownError) as caught:
        await send(connect(vendor).batches, "web", row("web"))
    assert not isinstance(caught.value, InDoubtError)


# ── in doubt ─────────────────────────────────────────────────────────────────────────────────────────────────────────

DONE = [Kind.CUT_AFTER, Kind.HALF_BODY, Kind.SERVER_ERROR_AFTER]
NOT_DONE = [Kind.CUT_BEFORE, Kind.SERVER_ERROR, Kind.HTML]


@pytest.mark.parametrize("fault", DONE + NOT_DONE)
async def test_a_lost_answer_is_in_doubt_and_never_sent_again(fault: Kind, events: Any, emulator: Any) -> None:
    emulator.faults.set(fault, target="/bulk/", times=1)
    with pytest.raises(InDoubtError) as caught:
        await send(events, "web", row("web"), row("web", "b7-2"))
    assert "Look at CRM.COM back office" in caught.value.hint
    assert len(emulator.created("web")) == (2 if fault in DONE else 0)
    assert bulk_calls(emulator) == (1 if fault in DONE else 0)


async def test_the_first_k_are_made_and_the_answer_is_lost(make_emulator: Any, connect: Any) -> None:
    emulator = make_emulator(commit_first=2)
    emulator.faults.set(Kind.CUT_AFTER, target="/bulk/")
    with pytest.raises(InDoubtError):
        await send(connect(emulator).batches, "web", *[row("web", str(n)) for n in range(5)])
    assert len(emulator.created("web")) == 2


@pytest.mark.parametrize(("quirk", "count"), [({"unnamed": 1}, 3), ({"commit_first": 2}, 2)])
async def test_an_event_that_ok_does_not_name(quirk: Any, count: int, make_emulator: Any, connect: Any) -> None:
    emulator = make_emulator(**quirk)
    found = await send(connect(emulator).batches, "web", *[row("web", str(n)) for n in range(3)])
    assert found == [CREATED, CREATED, IN_DOUBT]
    assert len(emulator.created("web")) == count


def vendor_saying(told: httpx.Response) -> Callable[[httpx.Request], httpx.Response]:
    def vendor(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("authentication/token"):
            return httpx.Response(200, json={"status": {"code": "OK"}, "data": {"token": "t" * 32}})
        return told

    return vendor


def failed(code: Any, status: int = 200, message: str = "No <b>way</b>", **data: Any) -> httpx.Response:
    return httpx.Response(status, json={"status": {"code": code, "message": message}, "data": data or None})


ROWS_INSIDE = {"processed_customer_events_set": [made("b7-1")]}
ONCE = json.dumps(answer([made("b7-1")])).encode()
DOUBTS = {
    "nothing": httpx.Response(200),
    "204": httpx.Response(204),
    "304": httpx.Response(304),
    "null": httpx.Response(200, content=b"null"),
    "list": httpx.Response(200, content=b"[]"),
    "empty object": httpx.Response(200, content=b"{}"),
    "no status": httpx.Response(200, json={"data": answer([made("b7-1")])["data"]}),
    "status a text": httpx.Response(200, json={"status": "OK", "data": {}}),
    "OK without data": failed("OK"),
    "OK with data []": httpx.Response(200, json={"status": {"code": "OK"}, "data": []}),
    "sets of the wrong type": httpx.Response(200, json=answer({}, {})),
    "a key twice": httpx.Response(200, content=ONCE.replace(b'"number"', b'"id"')),
    "web page": httpx.Response(200, text="<html>Sign in</html>"),
    "web page with 400": httpx.Response(400, text="<html>Bad request</html>"),
    "refused with rows inside": failed("ValidationException", **ROWS_INSIDE),
    "token refused with rows inside": failed("InvalidTokenException", **ROWS_INSIDE),
    "refused with 500": failed("ValidationException", 500),
    "a fault of its own": failed("NullPointerException"),
    "a time-out of its own": failed("TimeoutException"),
    "502": httpx.Response(502, text="bad gateway"),
    "half a JSON": httpx.Response(200, content=b'{"status":{"code":"OK"'),
    "UTF-16": httpx.Response(200, content=json.dumps(answer([])).encode("utf-16")),
}


@pytest.mark.parametrize("told", DOUBTS.values(), ids=DOUBTS.keys())
async def test_an_answer_that_proves_nothing_is_in_doubt(told: httpx.Response, connect: Any) -> None:
    with pytest.raises(InDoubtError) as caught:
        await send(connect(vendor_saying(told)).batches, "web", row("web"))
    assert caught.value.title
    assert "t" * 32 not in str(caught.value) + str(caught.value.details)


# ── certainly not done ───────────────────────────────────────────────────────────────────────────────────────────────

REFUSALS: dict[str, tuple[httpx.Response, type[KnownError]]] = {
    "a rule": (failed("ValidationException"), RejectedError),
    "a rule with 400": (failed("ValidationException", 400), RejectedError),
    "not found": (failed("NotFoundAPIValueException"), NotFoundError),
    "no right": (failed("PermissionDeniedException"), ForbiddenError),
    "token": (failed("InvalidTokenException"), SignInNeededError),
    "page 404": (httpx.Response(404, text="<html>404</html>"), ProtocolError),
    "too large": (httpx.Response(413, text="too large"), ProtocolError),
    "redirect": (httpx.Response(302, headers={"Location": "https://evil.example/"}), ProtocolError),
    "slow down": (httpx.Response(429, headers={"Retry-After": "60"}), RateLimitedError),
}


@pytest.mark.parametrize(("told", "error"), REFUSALS.values(), ids=REFUSALS.keys())
async def test_the_vendors_word_that_nothing_was_done(told: httpx.Response, error: type, connect: Any) -> None:
    with pytest.raises(error) as caught:
        await send(connect(vendor_saying(told)).batches, "web", row("web"))
    assert "evil" not in caught.value.title


async def test_the_vendors_words_are_shown_cleaned(connect: Any) -> None:
    words = "Bad\n\u202etoken=abcdef1234 of ana@example.org " + "x" * 10_000
    with pytest.raises(RejectedError) as caught:
        await send(connect(vendor_saying(failed("ValidationException", message=words))).batches, "web", row("web"))
    assert "abcdef1234" not in caught.value.title
    assert "ana@" not in caught.value.title
    assert "\n" not in caught.value.title
    assert len(caught.value.title) < 400
    assert caught.value.details["code"] == "ValidationException"


async def test_no_connection_is_no_doubt(connect: Any) -> None:
    def vendor(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("authentication/token"):
            return httpx.Response(200, json={"status": {"code": "OK"}, "data": {"token": "t" * 32}})
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(OfflineError):
        await send(connect(vendor).batches, "web", row("web"))


async def test_a_whole_refusal_by_the_emulator(events: Events, emulator: CrmComEventsSandbox) -> None:
    body = encode("web", row("web", "1")).replace(b'"1"', b"1")
    with pytest.raises(RejectedError, match="mandatory"):
        await events.send(batch("web"), body)
    assert emulator.created("web") == []


def test_settling_again_from_the_stored_answer_gives_the_same(events: Events) -> None:
    rows = [row("web"), row("web", "b7-2")]
    told = json.loads(json.dumps(answer([made("b7-1")], [unmade("b7-2")])))
    assert events.settle(batch("web"), rows, told) == events.settle(batch("web"), rows, told)
