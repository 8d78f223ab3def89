"""The one address that the browser comes back to: who else comes gets nothing and changes nothing."""

from __future__ import annotations

import asyncio

import pytest

from crmdesk.net import loopback
from crmdesk.net.loopback import LONGEST_HEAD, Loopback, Returned
from crmdesk.net.redact import hide_secrets

STATE = "s" * 43
CODE = "canary-code-4711"
GOOD = f"/callback?code={CODE}&state={STATE}"


class Door:
    """An open loopback and what it found."""

    def __init__(self) -> None:
        self.loopback = Loopback("/callback", STATE)

    async def open(self) -> Door:
        self.address = await self.loopback.open()
        self.port = int(self.address.rsplit(":", 1)[1].split("/")[0])
        self.found = asyncio.ensure_future(self.loopback.wait(20))
        await asyncio.sleep(0)
        return self

    async def send(self, raw: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(raw)
        try:
            return await asyncio.wait_for(reader.read(), 10)
        except ConnectionError:
            return b""
        finally:
            writer.close()

    async def get(self, target: str, *, method: str = "GET", host: str = "") -> bytes:
        head = f"{method} {target} HTTP/1.1\r\nHost: {host or f'127.0.0.1:{self.port}'}\r\n\r\n"
        return await self.send(head.encode())


@pytest.fixture
async def door():
    made = await Door().open()
    yield made
    made.found.cancel()
    await made.loopback.aclose()


async def test_the_code_comes_back_and_the_page_says_so(door: Door) -> None:
    assert door.address == f"http://127.0.0.1:{door.port}/callback"
    page = await door.get(GOOD)
    assert page.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"You can close this window." in page
    assert CODE.encode() not in page
    assert STATE.encode() not in page
    for header in (b"Cache-Control: no-store", b"default-src 'none'", b"Referrer-Policy: no-referrer"):
        assert header in page
    assert await door.found == Returned(code=CODE)
    assert CODE not in repr(Returned(code=CODE))
    assert CODE not in hide_secrets(f"GET {GOOD}")


async def test_nobody_is_let_in_a_second_time(door: Door) -> None:
    await door.get(GOOD)
    await door.found
    with pytest.raises(OSError):
        await door.get(GOOD)


async def test_two_at_once_are_one_answer(door: Door) -> None:
    pages = await asyncio.gather(door.get(GOOD), door.get(GOOD.replace(CODE, "another-code")), return_exceptions=True)
    assert (await door.found).code in (CODE, "another-code")
    assert sum(isinstance(page, bytes) and b"200 OK" in page for page in pages) == 1


@pytest.mark.parametrize(
    "target",
    ["/", "/favicon.ico", "/callback/", "/Callback?code=x&state=y", "//callback?code=x", "/callback/../callback",
     "/x?/callback", f"/other?code={CODE}&state={STATE}", f"http://127.0.0.1/callback?code={CODE}&state={STATE}"],
)  # fmt: skip
async def test_another_path_is_nothing(target: str, door: Door) -> None:
    page = await door.get(target)
    assert page.split()[1] in (b"404", b"400")
    assert b"close this window" in page
    assert not door.found.done()
    assert b"200 OK" in await door.get(GOOD)


@pytest.mark.parametrize("method", ["POST", "PUT", "HEAD", "OPTIONS", "DELETE", "get", "CONNECT"])
async def test_another_method_is_nothing(method: str, door: Door) -> None:
    assert (await door.get(GOOD, method=method)).split()[1] in (b"405", b"400")
    assert not door.found.done()


@pytest.mark.parametrize("host", ["evil.example", "localhost", "127.0.0.1", "127.0.0.1:1", "[::1]"])
async def test_a_name_that_was_bent_to_this_computer_is_nothing(host: str, door: Door) -> None:
    assert b"400" in await door.get(GOOD, host=host)
    assert not door.found.done()


@pytest.mark.parametrize(
    "query",
    ["", "code=x", f"code={CODE}&state=", f"code={CODE}&state={STATE[:-1]}", f"code={CODE}&state={STATE}x",
     f"code={CODE}&state={STATE}&state={STATE}", f"code=a&code=b&state={STATE}", f"state={STATE}",
     f"code={CODE}&error=access_denied&state={STATE}", f"code=&state={STATE}", f"code=%ff%fe&state={STATE}",
     f"code=%C3%BC&state={STATE}", "state=%C3%BC&code=x", "&".join(["a=1"] * 500) + f"&code={CODE}&state={STATE}"],
)  # fmt: skip
async def test_what_does_not_belong_here_ends_it_without_a_code(query: str, door: Door) -> None:
    page = await door.get(f"/callback?{query}")
    assert b"HTTP/1.1 400" in page
    assert b"Nothing was signed in" in page
    assert await door.found == Returned(strange=True)


async def test_a_refusal_comes_back_as_one(door: Door) -> None:
    page = await door.get(f"/callback?error=access_denied&error_description=%3Cb%3Ehello&state={STATE}")
    assert b"hello" not in page
    assert await door.found == Returned(error="access_denied")


@pytest.mark.parametrize(
    "raw",
    [b"\r\n\r\n", b"GET\r\n\r\n", b"GET /callback\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
     b"\x00" * 60 + b"\r\n\r\n",
     b"GET /callback HTTP/2.0\r\nHost: x\r\n\r\n", b"GET /call back HTTP/1.1\r\nHost: x\r\n\r\n",
     b"GET /callback HTTP/1.1\r\n\r\n", b"GET /\xc3\xbc HTTP/1.1\r\n\r\n"],
)  # fmt: skip
async def test_what_is_no_request_is_nothing(raw: bytes, door: Door) -> None:
    assert b"400" in await door.send(raw)
    assert not door.found.done()


async def test_two_hosts_are_none(door: Door) -> None:
    head = f"GET {GOOD} HTTP/1.1\r\nHost: 127.0.0.1:{door.port}\r\nHost: evil.example\r\n\r\n"
    assert b"400" in await door.send(head.encode())
    assert not door.found.done()


async def test_a_huge_request_is_dropped(door: Door) -> None:
    head = f"GET /callback?x={'a' * (4 * LONGEST_HEAD)}&code={CODE}&state={STATE} HTTP/1.1\r\nHost: x\r\n\r\n"
    assert b"200" not in await door.send(head.encode())
    assert not door.found.done()
    assert b"200 OK" in await door.get(GOOD)


async def test_slow_visitors_keep_nobody_out(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loopback, "PATIENCE", 0.05)
    slow = [await asyncio.open_connection("127.0.0.1", door.port) for _ in range(loopback.MOST_VISITORS)]
    for _, writer in slow:
        writer.write(b"GET /callback?code=")
    for reader, _ in slow:
        assert await asyncio.wait_for(reader.read(), 10) == b""
    assert b"200 OK" in await door.get(GOOD)
    for _, writer in slow:
        writer.close()


async def test_too_many_visitors_are_turned_away(door: Door) -> None:
    crowd = [await asyncio.open_connection("127.0.0.1", door.port) for _ in range(loopback.MOST_VISITORS)]
    await asyncio.sleep(0.02)
    assert await door.get(GOOD) == b""
    for _, writer in crowd:
        writer.close()
    await asyncio.sleep(0.02)
    assert b"200 OK" in await door.get(GOOD)


async def test_nobody_waits_for_ever() -> None:
    door = Loopback("/callback", STATE)
    await door.open()
    with pytest.raises(TimeoutError):
        await door.wait(0.01)
    port = int(door.address.rsplit(":", 1)[1].split("/")[0])
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", port)
    await door.aclose()


async def test_it_listens_on_this_computer_only(door: Door) -> None:
    assert door.loopback._server is not None
    assert [one.getsockname()[0] for one in door.loopback._server.sockets] == ["127.0.0.1"]
