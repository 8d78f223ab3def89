"""A token goes to its own origin only (P23), and no secret is ever written down (P22)."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crmdesk import logs
from crmdesk.core.errors import KnownError, OfflineError, ProtocolError, SettingsError
from crmdesk.net.http import Http, segment
from crmdesk.net.retry import HURRIED
from tests.helpers.logging_state import kept_logging
from tests.wire.conftest import TOKEN
from tests.wire.fault_server import Script, answer, says, serving, silent

MakeHttp = Callable[..., Http]
PROXY_SECRET = "canary-pr0xy-passw0rd"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_named_and_never_followed(status: int, method: str, http_to: MakeHttp) -> None:
    async with serving(answer()) as sink, serving(answer(status, Location=f"{sink.base}/x?token={TOKEN}")) as server:
        http = http_to(server.base)
        with pytest.raises(ProtocolError, match="redirect") as caught:
            await (http.get("/contacts") if method == "GET" else http.send(method, "/contacts", body=b"{}"))
        await http.aclose()
    assert sink.connections == 0
    assert len(server.requests) == 1
    assert caught.value.details["redirect to"] == "127.0.0.1"
    assert TOKEN not in str(caught.value.details)


@pytest.mark.parametrize(
    "path",
    [
        "{sink}/contacts",
        "//127.0.0.1:{port}/contacts",
        "@127.0.0.1:{port}/contacts/../../x",
        "/contacts/../../oauth/token",
        "/contacts/./x",
        "/contacts?next=1",
        "/contacts#x",
        "/contacts\\..\\x",
        "/contacts\r\nX-Header: 1",
    ],
)
async def test_a_path_that_leads_elsewhere_is_not_asked(path: str, http_to: MakeHttp) -> None:
    async with serving(answer()) as sink, serving(answer()) as server:
        http = http_to(f"{server.base}/api/v3")
        with pytest.raises(ProtocolError, match="outside"):
            await http.get(path.format(sink=sink.base, port=sink.port))
        await http.aclose()
    assert (sink.connections, server.connections) == (0, 0)


async def test_an_id_stays_one_segment(http_to: MakeHttp) -> None:
    async with serving(answer()) as server:
        http = http_to(f"{server.base}/api/v3")
        await http.get(f"/contacts/{segment('../ü?x=1#y')}")
        await http.aclose()
    assert server.requests[0].startswith(b"GET /api/v3/contacts/..%2F%C3%BC%3Fx%3D1%23y HTTP/1.1\r\n")
    assert f"authorization: bearer {TOKEN}".encode() in server.received.lower()


async def test_a_proxy_that_wants_a_password_is_named(http_to: MakeHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = says(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
    async with serving(refusal) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:{PROXY_SECRET}@127.0.0.1:{proxy.port}")
        http = http_to("https://crmdesk-test.invalid/api", deadline=5)
        with pytest.raises(OfflineError, match="proxy") as caught:
            await http.send("POST", "/contacts", json={})
        await http.aclose()
    assert proxy.requests[0].startswith(b"CONNECT crmdesk-test.invalid:443 ")
    assert TOKEN.encode() not in proxy.received
    assert PROXY_SECRET not in repr(caught.value) + str(caught.value) + str(caught.value.details)


async def test_a_closed_proxy_is_offline(http_to: MakeHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(says(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{proxy.port}")
        http = http_to("https://crmdesk-test.invalid/api", deadline=5)
        with pytest.raises(OfflineError, match="proxy of this network does not connect"):
            await http.get("/contacts")
        await http.aclose()


async def test_this_computer_is_reached_without_the_proxy(http_to: MakeHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(answer(502)) as proxy, serving(answer(body=b"[]")) as server:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.base)
        http = http_to(server.base)
        assert (await http.get("/contacts")).body == b"[]"
        await http.aclose()
    assert proxy.connections == 0


async def test_no_proxy_is_honoured(http_to: MakeHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(answer(502)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.base)
        monkeypatch.setenv("NO_PROXY", "example.com,.invalid")
        http = http_to("https://crmdesk-test.invalid", deadline=5)
        with pytest.raises(OfflineError, match="cannot be reached"):
            await http.get("/contacts")
        await http.aclose()
    assert proxy.connections == 0


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "ftp://127.0.0.1", "http://[::1", "http://127.0.0.1:99999"])
async def test_a_proxy_we_cannot_speak_to_is_named(
    proxy: str, http_to: MakeHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(SettingsError, match="HTTPS_PROXY") as caught:
        await http_to("https://crmdesk-test.invalid").get("/contacts")
    assert caught.value.field == "proxy"


def _echo(status: int) -> Script:
    """A server that repeats the secret wherever an answer has room for it."""
    echoed = {"X_Request_Id": TOKEN, "Set_Cookie": f"t={TOKEN}", "Location": f"https://{TOKEN}.example/{TOKEN}?{TOKEN}"}
    return answer(status, f'{{"error": "{TOKEN}"}}'.encode(), X_Echo=f"Bearer {TOKEN}", **echoed)


@pytest.fixture
def own_logging() -> Iterator[None]:
    """Log set-up of the test ends with it."""
    with kept_logging():
        yield


CANARY: dict[str, Script] = {
    **{str(status): _echo(status) for status in (302, 401, 403, 407, 429, 500, 503, 599)},
    "silent": silent,
    "reset": says(f"HTTP/1.1 200 OK\r\nX: {TOKEN}\r\n".encode(), then="reset"),
    "bad header": says(f"HTTP/1.1 200 OK\r\n{TOKEN} : x y\r\n\r\n".encode(), then="close"),
    "bad status": says(f"HTTP/1.1 {TOKEN}\r\n\r\n".encode(), then="close"),
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("fault", CANARY)
async def test_no_secret_in_log_error_or_traceback(
    fault: str, method: str, http_to: MakeHttp, tmp_path: Path, own_logging: None
) -> None:
    file = logs.set_up(tmp_path, logging.DEBUG)
    for name in list(logging.Logger.manager.loggerDict):
        logging.getLogger(name).setLevel(logging.DEBUG)
    async with serving(CANARY[fault]) as server:
        http = http_to(server.base, deadline=0.3 if fault == "silent" else 5)
        with pytest.raises(KnownError) as caught:
            await (http.get("/contacts", patience=HURRIED) if method == "GET" else http.send(method, "/c", json={}))
        logging.getLogger("crmdesk").info("It failed.", exc_info=caught.value)
        logging.getLogger("crmdesk").info("headers %s", {"Authorization": f"Bearer {TOKEN}"})
        await http.aclose()
    error = caught.value
    shown = [file.read_text("utf-8"), repr(error), str(error), str(error.details), repr(vars(error)), repr(http)]
    shown += traceback.format_exception(error, chain=True)
    shown += [str(link) for link in (error.__cause__, error.__context__) if link is not None]
    assert TOKEN.encode() in server.received  # it was there to be leaked
    assert "headers" in shown[0]  # the log was written, and libraries' own lines stay out of it
    assert "httpcore" not in shown[0]
    assert [text for text in shown if TOKEN in text] == []
