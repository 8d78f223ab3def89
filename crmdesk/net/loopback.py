"""Where the system's browser comes back to after a sign-in: one address on this computer, for one request.

It listens on 127.0.0.1 only, on a port that the system chooses, for at most some minutes (RFC 8252, section 7.3). Any
program on this computer, and any page in a browser, may send requests here: only a plain GET of the exact path whose
Host is this address counts, the first one decides, and what does not bring the right `state` ends the sign-in. Nothing
that is received is shown again, logged or kept.
"""

from __future__ import annotations

import asyncio
import hmac
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from crmdesk.net.redact import register_secret

HOST = "127.0.0.1"
LONGEST_HEAD = 16 * 1024  # bytes of request line and headers
PATIENCE = 5.0  # seconds that one visitor gets for them
MOST_VISITORS = 16  # at the same time

_REQUEST = re.compile(rb"([A-Z]{1,10}) (/[\x21-\x7e]*) HTTP/1\.[01]")
_PARAMETERS = 20

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>crmdesk</title></head>
<body style="font-family: sans-serif; margin: 4em auto; max-width: 30em"><h1>{title}</h1><p>{text}</p></body></html>
"""
DONE = ("Back to crmdesk", "You can close this window.")
REFUSED = ("Nothing was signed in", "You can close this window and try again in crmdesk.")


@dataclass(frozen=True, slots=True)
class Returned:
    """What the browser brought: a code, or the vendor's word for why there is none. `strange`: it does not belong to
    this sign-in."""

    code: str = field(default="", repr=False)
    error: str = ""
    strange: bool = False


class Loopback:
    """One wait for the browser. `path` begins with a slash. Everything on one loop."""

    def __init__(self, path: str, state: str) -> None:
        self._path, self._state = path, state
        self._server: asyncio.Server | None = None
        self._found: asyncio.Future[Returned] | None = None
        self._visitors = 0
        self.address = ""

    async def open(self) -> str:
        """Begins to listen; the whole address to come back to. OSError where this computer does not allow that."""
        self._found = asyncio.get_running_loop().create_future()
        self._server = await asyncio.start_server(self._visited, HOST, 0, limit=LONGEST_HEAD, backlog=MOST_VISITORS)
        port = self._server.sockets[0].getsockname()[1]
        self._host = f"{HOST}:{port}"
        self.address = f"http://{self._host}{self._path}"
        return self.address

    async def wait(self, seconds: float) -> Returned:
        """TimeoutError after so many seconds. Nobody is let in afterwards."""
        assert self._found is not None  # open() came before
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(self._found)
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Safe to call twice."""
        server, self._server = self._server, None
        if server is not None:
            server.close()  # those inside have a few seconds left, by PATIENCE

    async def _visited(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._visitors += 1
        try:
            if self._visitors <= MOST_VISITORS:
                async with asyncio.timeout(PATIENCE):
                    writer.write(self._answer(await reader.readuntil(b"\r\n\r\n")))
                    await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # slow, gone or huge: nobody who was asked for
        finally:
            self._visitors -= 1
            writer.close()

    def _answer(self, head: bytes) -> bytes:
        line, *rest = head.split(b"\r\n")
        asked = _REQUEST.fullmatch(line)
        hosts = [value.strip() for name, _, value in (one.partition(b":") for one in rest) if name.lower() == b"host"]
        if asked is None or hosts != [self._host.encode()]:
            return _page(400, *REFUSED)
        path, _, query = asked[2].decode("ascii").partition("?")
        if path != self._path:
            return _page(404, *REFUSED)
        if asked[1] != b"GET":
            return _page(405, *REFUSED)
        if self._found is None or self._found.done():
            return _page(410, *REFUSED)
        returned = _returned(query, self._state)
        self._found.set_result(returned)
        return _page(200, *DONE) if returned.code else _page(400, *REFUSED)


def _returned(query: str, state: str) -> Returned:
    """A state or code that comes twice, or beside an error, is nobody's who knows the rules."""
    try:
        found = parse_qs(query, keep_blank_values=True, max_num_fields=_PARAMETERS, errors="strict")
    except ValueError:
        return Returned(strange=True)
    states, codes, errors = (found.get(name, []) for name in ("state", "code", "error"))
    ours = len(states) == 1 and hmac.compare_digest(states[0].encode(), state.encode())
    if not ours or len(codes) + len(errors) != 1 or not (codes + errors)[0].isascii():
        return Returned(strange=True)
    if errors:
        return Returned(error=errors[0][:80])
    register_secret(codes[0])
    return Returned(code=codes[0]) if codes[0] else Returned(strange=True)


def _page(status: int, title: str, text: str) -> bytes:
    body = PAGE.format(title=title, text=text).encode()
    head = (
        f"HTTP/1.1 {status} {'OK' if status == 200 else 'No'}\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\n"
        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n"
        "Referrer-Policy: no-referrer\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode("ascii") + body
