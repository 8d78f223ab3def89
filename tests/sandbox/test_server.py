"""The emulator on a real socket: loopback only, quick, ended by Ctrl-C, and cuts that really cut."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import httpx
import pytest

from crmdesk.sandbox.app import mount
from crmdesk.sandbox.faults import Faults
from crmdesk.sandbox.server import HOST, LoopbackServer, run, serve
from crmdesk.vendors.bookingsync.sandbox import sandbox
from tests.sandbox.support import TOKEN

GET = f"GET /api/v3/contacts HTTP/1.1\r\nHost: sandbox\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()


def raw(url: str, request: bytes) -> bytes:
    """All bytes the server sends until it closes the connection."""
    with socket.create_connection((HOST, urlsplit(url).port or 0), timeout=10) as connection:
        connection.sendall(request)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
        return b"".join(parts)


@pytest.mark.parametrize("kind", ["cut_before", "cut_after"])
def test_a_cut_closes_the_socket_without_a_byte(kind: str) -> None:
    faults = Faults()
    faults.set(kind)
    with LoopbackServer(sandbox(faults=faults)) as server:
        assert raw(server.base_url, GET) == b""


@pytest.mark.parametrize(("form", "promised"), [("length", True), ("close", False)])
def test_half_a_body_ends_in_the_middle(form: str, promised: bool) -> None:
    faults = Faults()
    faults.set("half_body", form)
    with LoopbackServer(sandbox(faults=faults)) as server:
        head, _, body = raw(server.base_url, GET).partition(b"\r\n\r\n")
    lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    assert head.startswith(b"HTTP/1.1 200 ") and body.startswith(b'{"links":')
    assert (b"content-length" in lines) is promised
    if promised:
        assert int(lines[b"content-length"]) // 2 == len(body)


def test_many_requests_over_one_connection() -> None:
    with LoopbackServer(sandbox()) as server, httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}) as http:
        pages = [http.get(f"{server.base_url}/api/v3/contacts", params={"page": page}).json() for page in (1, 2, 3)]
    assert sum(len(page["contacts"]) for page in pages) == 260


async def test_serve_tells_when_it_is_ready_and_ends_when_cancelled() -> None:
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.ensure_future(serve(mount({"bookingsync": sandbox()}), ready=ready.set_result))
    url = await ready
    assert url.startswith(f"http://{HOST}:")
    async with httpx.AsyncClient() as http:
        assert "bookingsync" in (await http.get(url)).json()["vendors"]
    serving.cancel()
    await asyncio.wait([serving])
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_a_taken_port_is_an_error() -> None:
    with LoopbackServer(sandbox()) as server, pytest.raises(OSError, match="in use"):
        run(sandbox(), port=urlsplit(server.base_url).port or 0)


@pytest.mark.skipif(os.name != "posix", reason="signals are sent another way on Windows")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_ends_cleanly_by_signal_even_with_an_answer_under_way(number: int) -> None:
    script = (
        "from crmdesk.sandbox.server import run\nfrom crmdesk.vendors.bookingsync.sandbox import sandbox\n"
        "app = sandbox()\napp.faults.set('slow', 600)\nrun(app, ready=lambda url: print(url, flush=True))\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        url = process.stdout.readline().decode().strip()
        with socket.create_connection((HOST, urlsplit(url).port or 0)) as waiting:
            waiting.sendall(GET)
            process.send_signal(number)
            process.wait(timeout=20)
        assert b"Traceback" not in process.stderr.read()
    assert process.returncode in (0, -number)
