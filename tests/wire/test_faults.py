"""Every request ends, in bounded time and memory, with an error that says what may be done (fault matrix N1-N14)."""

from __future__ import annotations

import asyncio
import gzip
import time
import tracemalloc
from collections.abc import Callable

import pytest

from crmdesk.core.errors import InDoubtError, KnownError, OfflineError, ProtocolError, ServerFaultError
from crmdesk.net.http import Http
from crmdesk.net.retry import READS, Patience
from tests.wire.fault_server import Script, answer, endless, says, serving, silent

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
BOMB = gzip.compress(b"0" * 50_000_000)
MakeHttp = Callable[..., Http]

ENDLESS: dict[str, Script] = {
    "never answers": silent,
    "drips headers": endless(OK, b"X: y\r\n", 0.02),
    "drips body": endless(CHUNKED, b"1\r\n0\r\n", 0.02),
    "endless 102": endless(b"", b"HTTP/1.1 102 Processing\r\n\r\n", 0.01),
}
BROKEN: dict[str, Script] = {
    "endless headers": endless(OK, b"X-Filler: " + b"y" * 1000 + b"\r\n"),
    "closes at once": says(then="close"),
    "resets at once": says(then="reset"),
    "short body": says(OK + b"Content-Length: 100\r\n\r\n{", then="close"),
    "reset in the body": says(OK + b"Content-Length: 100\r\n\r\n{", then="reset"),
    "cut chunk": says(CHUNKED + b"50\r\n{", then="close"),
    "broken chunk": says(CHUNKED + b"xyz\r\n{"),
    "no http": says(b"220 ftp.example.com ready\r\n\r\n", then="close"),
    "cut gzip": says(OK + b"Content-Encoding: gzip\r\nContent-Length: 30\r\n\r\n" + gzip.compress(b"{}" * 999)[:30]),
}
UNREADABLE: dict[str, Script] = {
    "gzip bomb": says(OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB),
    "gigabyte claimed": says(OK + b"Content-Length: 1000000000\r\n\r\n{"),
    "endless chunks": endless(CHUNKED, b"4000\r\n" + b"0" * 0x4000 + b"\r\n"),
    "endless body": endless(OK + b"\r\n", b"0" * 0x4000),
    "gzip flag on plain": says(OK + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
    "doubly packed": says(OK + b"Content-Encoding: gzip, gzip\r\nContent-Length: 2\r\n\r\n{}"),
    "brotli": says(OK + b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}"),
}


async def fails(http: Http, method: str, patience: Patience = READS) -> tuple[KnownError, float]:
    began = time.perf_counter()
    with pytest.raises(KnownError) as caught:
        if method == "GET":
            await http.get("/contacts", patience=patience)
        else:
            await http.send(method, "/contacts", json={"a": 1})
    await http.aclose()
    return caught.value, time.perf_counter() - began


@pytest.mark.parametrize("fault", BROKEN)
async def test_a_broken_read_is_repeated_and_ends(fault: str, http_to: MakeHttp) -> None:
    async with serving(BROKEN[fault]) as server:
        error, _ = await fails(http_to(server.base, max_body=1_000_000, deadline=10), "GET")
    assert type(error) is ServerFaultError
    assert len(server.requests) == 4


@pytest.mark.parametrize("fault", ENDLESS)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_answer_without_end_meets_the_deadline(fault: str, method: str, http_to: MakeHttp) -> None:
    async with serving(ENDLESS[fault]) as server:
        error, seconds = await fails(http_to(server.base, deadline=0.4), method, Patience(attempts=2))
    assert type(error) is (ServerFaultError if method == "GET" else InDoubtError)
    assert "within 0.4 seconds" in error.title
    assert len(server.requests) == (2 if method == "GET" else 1)
    assert seconds < 2 * 0.4 + 2


@pytest.mark.parametrize("fault", BROKEN)
async def test_a_broken_write_is_in_doubt_and_sent_once(fault: str, http_to: MakeHttp) -> None:
    async with serving(BROKEN[fault]) as server:
        error, _ = await fails(http_to(server.base, deadline=10, max_body=1_000_000), "POST")
    assert type(error) is InDoubtError
    assert len(server.requests) == 1


@pytest.mark.parametrize("fault", UNREADABLE)
async def test_an_answer_too_big_or_unpackable_is_named_and_bounded(fault: str, http_to: MakeHttp) -> None:
    tracemalloc.start()
    async with serving(UNREADABLE[fault]) as server:
        error, _ = await fails(http_to(server.base, max_body=1_000_000, deadline=3), "GET")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert type(error) is ProtocolError
    assert len(server.requests) == 1
    assert peak < 8_000_000


@pytest.mark.parametrize("fault", UNREADABLE)
async def test_a_write_with_an_unreadable_answer_is_in_doubt(fault: str, http_to: MakeHttp) -> None:
    async with serving(UNREADABLE[fault]) as server:
        error, _ = await fails(http_to(server.base, max_body=1_000_000, deadline=3), "PUT")
    assert type(error) is InDoubtError


@pytest.mark.parametrize("cut", [b'{"contacts": [{"id": 1}, {"na', b"[1", b'\xef\xbb\xbf{"a":'])
async def test_half_a_json_that_ends_with_the_line_is_read_again(cut: bytes, http_to: MakeHttp) -> None:
    async with serving(says(OK + b"\r\n" + cut, then="close"), answer(body=b'{"whole": 1}')) as server:
        http = http_to(server.base)
        assert (await http.get("/contacts")).body == b'{"whole": 1}'
        await http.aclose()
    assert server.connections == 2


async def test_a_body_that_ends_with_the_line_and_is_whole_is_taken(http_to: MakeHttp) -> None:
    async with serving(says(OK + b"\r\n[1, 2]", then="close")) as server:
        http = http_to(server.base)
        assert (await http.get("/contacts")).body == b"[1, 2]"
        await http.aclose()


async def test_a_read_survives_one_broken_answer(http_to: MakeHttp) -> None:
    async with serving(says(then="reset"), answer(503), answer(body=b"[]")) as server:
        http = http_to(server.base)
        assert (await http.get("/contacts", params={"page": 2})).body == b"[]"
        await http.aclose()
    assert [request.split(b"\r\n")[0] for request in server.requests] == [b"GET /contacts?page=2 HTTP/1.1"] * 3


async def test_gzip_is_asked_for_and_unpacked(http_to: MakeHttp) -> None:
    packed = gzip.compress(b"[1, 2, 3]" * 1000)
    async with serving(answer(body=packed, Content_Encoding="gzip")) as server:
        http = http_to(server.base)
        assert (await http.get("/contacts")).body == b"[1, 2, 3]" * 1000
        await http.aclose()
    assert b"accept-encoding: gzip\r\n" in server.received.lower()


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("base", ["http://127.0.0.1:{port}", "https://crmdesk-test.invalid"])
async def test_no_connection_is_offline_and_certainly_not_sent(method: str, base: str, http_to: MakeHttp) -> None:
    async with serving(silent) as server:
        port = server.port
    error, _ = await fails(http_to(base.format(port=port), deadline=5), method)
    assert type(error) is OfflineError
    assert "Nothing was sent" in error.hint


async def test_cancelling_ends_a_call_at_once(http_to: MakeHttp) -> None:
    async with serving(silent) as server:
        http = http_to(server.base, deadline=60)
        call = asyncio.ensure_future(http.get("/contacts"))
        while not server.requests:
            await asyncio.sleep(0.005)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(call, 1)
        await http.aclose()
    assert len(server.requests) == 1


async def test_the_connection_is_used_again(http_to: MakeHttp) -> None:
    async with serving(answer()) as server:
        http = http_to(server.base)
        for _ in range(5):
            await http.get("/contacts")
        await http.aclose()
    assert server.connections == 1


@pytest.mark.parametrize("body", [b"", b"surprise"])
async def test_204_and_304_are_answers_whatever_follows(body: bytes, http_to: MakeHttp) -> None:
    for status in (204, 304):
        async with serving(says(b"HTTP/1.1 %d X\r\n\r\n" % status + body, then="close")) as server:
            http = http_to(server.base)
            given = await http.get("/contacts")
            await http.aclose()
        assert (given.status, given.body) == (status, b"")


async def test_cookies_are_not_sent_back(http_to: MakeHttp) -> None:
    async with serving(answer(Set_Cookie="session=1234567; Path=/")) as server:
        http = http_to(server.base)
        await http.get("/contacts")
        await http.get("/contacts")
        await http.aclose()
    assert b"cookie" not in server.received.lower()
