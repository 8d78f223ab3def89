"""Answers no page prints: recorded ones damaged at random, and every bad input of reliability.md 6.1 that concerns an
envelope. A send is settled or in doubt, a read gives rows or a named error, and nothing else ever happens."""

from __future__ import annotations

import json
import random
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmdesk.core.batch import RowState
from crmdesk.core.errors import InDoubtError, KnownError, ProtocolError
from crmdesk.vendors.crmcom_events.codec import failure, read_reply
from crmdesk.vendors.crmcom_events.settling import settle
from crmdesk.vendors.crmcom_events.summary import summarise
from tests.contract.crmcom_events.tools import KINDS, answer, batch, encode, made, row, rows_of, sample
from tests.helpers.mutation import DEEP, mutate

BAD: dict[str, bytes] = {
    "empty": b"",
    "null": b"null",
    "list": b"[]",
    "text": b'"OK"',
    "web page": b"<!DOCTYPE html><html>Sign in</html>",
    "UTF-16": '{"status":{"code":"OK"}}'.encode("utf-16"),
    "two documents": b'{"status":{"code":"OK"}}{"status":{"code":"OK"}}',
    "trailing comma": b'{"status":{"code":"OK"},}',
    "deep": b'{"status":{"code":"OK"},"data":' + DEEP + b"}",
    "NaN": b'{"status":{"code":"OK"},"data":NaN}',
    "Latin-1": b'{"status":{"code":"OK","message":"K\xf6ln"}}',
    "status key twice": b'{"status":{"code":"X"},"status":{"code":"OK"}}',
    "code twice": b'{"status":{"code":"X","code":"OK"}}',
    "key twice far inside": b'{"status":{"code":"OK"},"data":[[{"a":{"id":1,"id":2}}]]}',
    "key twice with other letters": b'{"status":{"code":"OK"},"data":{"i\\u0064":1,"id":2}}',
    "code a number": b'{"status":{"code":0}}',
    "code null": b'{"status":{"code":null}}',
    "code empty": b'{"status":{"code":""}}',
    "status null": b'{"status":null}',
    "status a list": b'{"status":[{"code":"OK"}]}',
    "binary": bytes(range(256)),
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
def test_what_is_no_envelope_is_named(body: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        read_reply(body, "The answer")
    assert caught.value.title.startswith("The answer cannot be read")
    assert caught.value.hint


GOOD = {
    "null words": b'{"status":{"code":"OK","message":null,"description":null},"data":null}',
    "no words": b'{"status":{"code":"OK"}}',
    "a message": '{"status":{"code":"OK","message":"Η επιχείρηση πέτυχε"},"data":{}}'.encode(),
    "BOM": b'\xef\xbb\xbf{"status":{"code":"OK"}}',
    "half a character": b'{"status":{"code":"OK","message":"\\ud800"}}',
    "huge number": b'{"status":{"code":"OK"},"data":1e300}',
    "odd words": b'{"status":{"code":"OK","message":[1],"description":{}}}',
}


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD.keys())
def test_envelopes_of_every_honest_shape(body: bytes) -> None:
    assert read_reply(body, "The answer").ok


@pytest.mark.parametrize("kind", KINDS)
def test_every_printed_answer_is_read(kind: str) -> None:
    reply = read_reply(sample(kind, "answer"), "The answer")
    assert reply.ok
    assert reply.raw == json.loads(sample(kind, "answer"))


def test_cut_at_every_byte() -> None:
    body = sample("web", "answer").rstrip()
    for end in range(len(body)):
        with pytest.raises(ProtocolError):
            read_reply(body[:end], "The answer")


@pytest.mark.parametrize("code", ["X" * 10_000, "<b>x</b>", "a\nb", "Ünknown", "OK ", "ok"])
def test_odd_codes_are_refusals_without_being_shown(code: str) -> None:
    reply = read_reply(json.dumps({"status": {"code": code, "message": "M" * 1_000_000}}).encode(), "The answer")
    error = failure(reply)
    assert len(error.title) < 400
    assert error.details["code"] in ("odd", code)


def vendor_saying(body: bytes) -> Any:
    def vendor(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("authentication/token"):
            return httpx.Response(200, json={"status": {"code": "OK"}, "data": {"token": "t" * 32}})
        return httpx.Response(200, content=body)

    return vendor


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
async def test_a_bad_answer_to_a_send_is_in_doubt_and_to_a_read_an_error(body: bytes, line: Any, connect: Any) -> None:
    with pytest.raises(InDoubtError):
        await connect(vendor_saying(body)).batches.send(batch("web"), encode("web", row("web")))
    with pytest.raises(KnownError):
        await line(vendor_saying(body)).lookups.unit_groups()


async def test_a_thousand_rows_of_nothing_and_ten_megabytes_of_words(connect: Any) -> None:
    told = answer([None] * 100_000 + [made("b7-1")], [{"request_unique_identifier": "x", "error_code": "y" * 10**7}])
    sender = connect(vendor_saying(json.dumps(told).encode())).batches
    raw = await sender.send(batch("web"), encode("web", row("web")))
    assert [outcome.state for outcome in sender.settle(batch("web"), [row("web")], raw)] == [RowState.CREATED]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rng=st.randoms(use_true_random=False), kind=st.sampled_from(list(KINDS)))
def test_a_damaged_answer_settles_no_row_wrongly(rng: random.Random, kind: str) -> None:
    """What a damaged answer still says is said by its labels; a row it does not name as printed is never created under
    an id that nobody printed."""
    body, rows = sample(kind, "answer"), rows_of(kind)
    damaged = mutate(body, rng)
    try:
        raw = read_reply(damaged, "The answer").raw
    except KnownError as error:
        assert error.title
        return
    outcomes = settle(rows, raw)
    assert [outcome.uid for outcome in outcomes] == [one.uid for one in rows]
    for outcome in outcomes:
        assert outcome.state is not RowState.CREATED or named(raw, outcome.uid) == [outcome.remote_id]


def named(raw: Any, uid: str) -> list[Any]:
    """The ids under which the answer says it created this label, found by brute force."""
    entries = raw["data"]["processed_customer_events_set"]
    return [str(entry["id"]) for entry in entries if isinstance(entry, dict) and entry.get(LABEL) == uid]


LABEL = "request_unique_identifier"


@pytest.mark.parametrize("raw", [None, [], 5, {"number": {}}, {"number": 7, "description": "a\nb"}])
def test_a_summary_of_anything(raw: Any) -> None:
    assert summarise(raw).name in ("", "#7")
