"""Faults meet the client the same way in-process and over a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from crmdesk.sandbox.app import mount, transport
from crmdesk.sandbox.faults import Answer, Call, Fault, Faults, Kind
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.vendors.bookingsync.sandbox import BookingSyncSandbox, sandbox
from tests.sandbox.support import SAMPLE_NEW, SEASIDE, TOKEN

BODY = {"contacts": [SAMPLE_NEW]}


class Bench:
    """An emulator, and a client to it by the way under test."""

    def __init__(self, way: str) -> None:
        self.app: BookingSyncSandbox = sandbox()
        self.roof: Starlette = mount({"bookingsync": self.app})
        self.server = LoopbackServer(self.roof) if way == "socket" else None

    def client(self, **options: Any) -> httpx.AsyncClient:
        if self.server is None:
            base, way = "http://sandbox", transport(self.roof)
        else:
            base, way = self.server.base_url, httpx.AsyncHTTPTransport()
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return httpx.AsyncClient(base_url=f"{base}/bookingsync/api/v3", transport=way, headers=headers, **options)


@pytest.fixture(params=["in-process", "socket"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    bench = Bench(request.param)
    if bench.server is None:
        yield bench
        return
    with bench.server:
        yield bench


async def test_cut_before_loses_the_change(bench: Bench) -> None:
    bench.app.faults.set("cut_before", times=1)
    async with bench.client() as http:
        with pytest.raises(httpx.RemoteProtocolError, match="disconnected without sending a response"):
            await http.post("/contacts", json=BODY)
        assert len(bench.app.ids(SEASIDE)) == 260
        assert (await http.get("/contacts")).status_code == 200


@pytest.mark.parametrize("kind", ["cut_before", "unreachable"])
async def test_a_cut_comes_after_the_whole_request_however_slowly_it_was_sent(kind: str) -> None:
    bench = Bench("socket")
    bench.app.faults.set(kind, times=1)

    async def slowly() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(0.1)
        yield b"}"

    assert bench.server is not None
    with bench.server:
        async with bench.client() as http:
            with pytest.raises(httpx.RemoteProtocolError, match="disconnected without sending a response"):
                await http.post("/contacts", content=slowly())


async def test_cut_after_keeps_the_change_and_loses_the_answer(bench: Bench) -> None:
    bench.app.faults.set("cut_after", method="post")
    async with bench.client() as http:
        with pytest.raises(httpx.RemoteProtocolError, match="disconnected without sending a response"):
            await http.post("/contacts", json=BODY)
        assert len(bench.app.ids(SEASIDE)) == 261
        assert (await http.get("/contacts")).status_code == 200


async def test_half_a_body_where_more_was_promised_is_an_error(bench: Bench) -> None:
    bench.app.faults.set("half_body", times=1)
    async with bench.client() as http:
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
            await http.get("/contacts")
        assert len((await http.get("/contacts")).json()["contacts"]) == 100


async def test_half_a_body_without_a_length_looks_whole(bench: Bench) -> None:
    bench.app.faults.set("half_body", "close")
    async with bench.client() as http:
        answer = await http.get("/contacts")
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


@pytest.mark.parametrize(("kind", "left", "status"), [("server_error", 260, 503), ("server_error_after", 261, 502)])
async def test_server_errors_before_and_after_the_change(bench: Bench, kind: str, left: int, status: int) -> None:
    bench.app.faults.set(kind)
    async with bench.client() as http:
        answer = await http.post("/contacts", json=BODY)
    assert answer.status_code == status and answer.headers["content-type"] == "text/html"
    assert len(bench.app.ids(SEASIDE)) == left


async def test_a_log_in_page_instead_of_the_answer(bench: Bench) -> None:
    bench.app.faults.set("html")
    async with bench.client() as http:
        answer = await http.get("/contacts")
    assert answer.status_code == 200 and answer.text.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("kind", ["slow", "drip"])
async def test_slow_answers_run_into_the_clients_patience(bench: Bench, kind: str) -> None:
    bench.app.faults.set(kind, 30, times=1)
    async with bench.client(timeout=0.2) as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.get("/contacts")
        assert (await http.get("/contacts", timeout=5)).status_code == 200


async def test_a_dripping_answer_arrives_whole(bench: Bench) -> None:
    bench.app.faults.set("drip", 0.1)
    async with bench.client() as http:
        assert len((await http.get("/contacts")).json()["contacts"]) == 100


async def test_any_answer_can_be_given(bench: Bench) -> None:
    hostile = Answer(207, b'\xff{"contacts": ' + b"[" * 10_000, (("content-type", "text/plain"), ("x-odd", "1")))
    bench.app.faults.set("answer", answer=hostile)
    async with bench.client() as http:
        answer = await http.get("/contacts")
    assert (answer.status_code, answer.content) == (207, hostile.body)
    assert (answer.headers["content-type"], answer.headers["x-odd"]) == ("text/plain", "1")


async def test_an_answer_can_depend_on_the_call(bench: Bench) -> None:
    def only_posts(call: Call) -> Answer | None:
        return Answer(418, call.target.encode() + call.body) if call.method == "POST" else None

    bench.app.faults.set("answer", answer=only_posts)
    async with bench.client() as http:
        assert (await http.get("/contacts")).status_code == 200
        refused = await http.post("/contacts?x=1", content=b"!")
    assert (refused.status_code, refused.content) == (418, b"/bookingsync/api/v3/contacts?x=1!")


async def test_a_real_answer_can_be_rewritten(bench: Bench) -> None:
    def twice(call: Call, answer: Answer) -> Answer:
        page = json.loads(answer.body)
        page["contacts"] += page["contacts"]
        return replace(answer, body=json.dumps(page).encode())

    bench.app.faults.set("rewrite", rewrite=twice, target="page=2")
    async with bench.client() as http:
        first, second = await http.get("/contacts"), await http.get("/contacts?page=2")
        changed = await http.put(f"/contacts/{bench.app.ids(SEASIDE)[0]}?page=2", json={"contacts": [{"city": "Faro"}]})
    assert [len(page.json()["contacts"]) for page in (first, second, changed)] == [100, 200, 2]
    assert second.headers["X-Current-Page"] == "2"


async def test_a_token_expires_between_two_calls(bench: Bench) -> None:
    bench.app.faults.set("expire_token", times=1, skip=1)
    async with bench.client() as http:
        answers = [await http.get("/contacts") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 401, 200]
    assert "The access token expired" in answers[1].headers["WWW-Authenticate"]


async def test_the_budget_is_used_up(bench: Bench) -> None:
    bench.app.faults.set("rate_limited")
    async with bench.client() as http:
        answer = await http.get("/contacts")
    assert answer.status_code == 429 and answer.headers["X-RateLimit-Remaining"] == "0"


async def read_all(http: httpx.AsyncClient) -> list[int]:
    """Ids page by page, following the links."""
    answer = await http.get("/contacts")
    seen: list[int] = []
    while True:
        seen += [contact["id"] for contact in answer.json()["contacts"]]
        if "next" not in answer.links:
            return seen
        answer = await http.get(answer.links["next"]["url"])


async def test_records_going_between_page_reads_hide_others(bench: Bench) -> None:
    before = bench.app.ids(SEASIDE)
    bench.app.faults.set("shifting", "remove", times=1)
    async with bench.client() as http:
        seen = await read_all(http)
    assert set(bench.app.ids(SEASIDE)) - set(seen) == {before[100]}


async def test_records_coming_between_page_reads_show_others_twice(bench: Bench) -> None:
    before = bench.app.ids(SEASIDE)
    bench.app.faults.set("shifting", "insert", times=1)
    async with bench.client() as http:
        seen = await read_all(http)
    assert sorted(seen) == sorted([*before, before[99]])
    assert len(bench.app.ids(SEASIDE)) == 261


async def test_records_moving_between_page_reads_change_nothing_but_the_order(bench: Bench) -> None:
    before = bench.app.ids(SEASIDE)
    bench.app.faults.set("shifting", "move", times=1)
    async with bench.client() as http:
        seen = await read_all(http)
    assert set(seen) == set(before) - {before[100]}
    assert sorted(bench.app.ids(SEASIDE)) == before and bench.app.ids(SEASIDE) != before


async def test_an_endless_list_always_has_a_next_page(bench: Bench) -> None:
    bench.app.faults.set("endless")
    async with bench.client() as http:
        answer = await http.get("/contacts?page=1000")
    assert answer.links["next"]["url"].endswith("page=1001") and answer.json()["contacts"]


async def test_faults_are_set_shown_and_cleared_over_http(bench: Bench) -> None:
    async with bench.client() as http:
        control = http.base_url.copy_with(path="/_control/faults")
        order = {"vendor": "bookingsync", "kind": "server_error", "value": 500, "times": 2}
        shown = (await http.post(control, json=order)).json()
        assert shown["bookingsync"][0]["value"] == 500
        assert (await http.get("/contacts")).status_code == 500
        assert (await http.get(control)).json()["bookingsync"][0]["times"] == 1
        assert (await http.post(control, json={"clear": "server_error"})).json() == {"bookingsync": []}
        assert (await http.get("/contacts")).status_code == 200
        bytes_ = {"kind": "answer", "answer": {"status": 201, "headers": {"x": "y"}, "body_base64": "/w=="}}
        assert (await http.post(control, json=bytes_)).status_code == 200
        odd = await http.get("/contacts")
        assert (odd.status_code, odd.content, odd.headers["x"]) == (201, b"\xff", "y")
        assert (await http.post(control, json={"clear": True})).json() == {"bookingsync": []}


@pytest.mark.parametrize(
    "order",
    [
        [],
        {},
        {"kind": "earthquake"},
        {"kind": []},
        {"kind": "slow", "value": "long"},
        {"kind": "slow", "value": 1e9},
        {"kind": "server_error", "value": 200},
        {"kind": "half_body", "value": "third"},
        {"kind": "html", "times": -1},
        {"kind": "html", "often": True},
        {"kind": "html", "target": 5},
        {"kind": "answer"},
        {"kind": "answer", "answer": "x"},
        {"kind": "answer", "answer": {"body_base64": "?"}},
        {"kind": "answer", "answer": {"status": 20}},
        {"kind": "answer", "answer": {"headers": {"a": "b\r\nc"}}},
        {"kind": "rewrite"},
        {"kind": "html", "vendor": "nobody"},
        {"clear": "earthquake"},
    ],
)
async def test_a_wrong_order_is_refused_with_a_reason(order: Any) -> None:
    bench = Bench("in-process")
    async with bench.client() as http:
        answer = await http.post("http://sandbox/_control/faults", json=order)
    assert answer.status_code == 400 and answer.json()["error"]
    assert bench.app.faults.active() == []


async def test_no_web_page_and_no_other_computer_may_set_faults() -> None:
    roof = mount({"bookingsync": sandbox()})
    far = httpx.ASGITransport(app=roof, client=("192.0.2.7", 5))
    async with httpx.AsyncClient(transport=far, base_url="http://sandbox") as http:
        assert (await http.post("/_control/faults", json={"kind": "html"})).status_code == 403
    async with httpx.AsyncClient(transport=transport(roof), base_url="http://sandbox") as http:
        page = {"Origin": "http://shop.example"}
        assert (await http.post("/_control/faults", json={"kind": "html"}, headers=page)).status_code == 403
        assert (await http.get("/_control/faults")).json() == {"bookingsync": []}


async def test_the_index_says_where_and_with_which_token() -> None:
    bench = Bench("in-process")
    async with httpx.AsyncClient(transport=transport(bench.roof), base_url="http://sandbox") as http:
        shown = (await http.get("/")).json()["vendors"]["bookingsync"]
        account = shown["accounts"][0]
        answer = await http.get(
            f"{shown['base_url']}/contacts", headers={"Authorization": f"Bearer {account['credentials']['token']}"}
        )
    assert (account["title"], account["contacts"]) == ("Seaside Villas", 260)
    assert answer.status_code == 200
    assert answer.links["next"]["url"] == "http://sandbox/bookingsync/api/v3/contacts?page=2"


def test_faults_wait_their_turn_and_then_are_spent() -> None:
    faults = Faults()
    faults.set("html", skip=1, times=2, method="get", target="/contacts?")
    due = [bool(faults.take("GET", "/contacts?page=1")) for _ in range(5)]
    assert due == [False, True, True, False, False]
    assert faults.active() == []


def test_a_fault_is_only_for_what_it_matches() -> None:
    faults = Faults()
    faults.set("html", method="PUT", target="/contacts/7")
    assert not faults.take("GET", "/contacts/7") and not faults.take("PUT", "/contacts/8")
    assert faults.take("PUT", "/contacts/7").keys() == {Kind.HTML}


def test_what_a_fault_answers_is_not_in_its_repr() -> None:
    assert "secret" not in repr(Fault(Kind.ANSWER, answer=Answer(body=b"secret")))
