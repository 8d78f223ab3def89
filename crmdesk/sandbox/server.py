"""An emulator on a loopback port: for trying any client against it, and for tests that need real sockets.

`run(app)` is the whole command `crmdesk sandbox`; `LoopbackServer` is the same for tests, in a thread. Bound to
127.0.0.1 only: the emulator's tokens are public and its fault switches open.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Generator
from concurrent.futures import Future
from threading import Thread
from types import TracebackType
from typing import Self

import uvicorn
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from crmdesk.sandbox.faults import CONNECTION

HOST = "127.0.0.1"
_LAST_ANSWERS = 1
"""Seconds that running answers get when the server stops; a `slow` fault would hold it up otherwise."""


class _Protocol(H11Protocol):
    """Tells the application which connection a request came by, so that a fault can cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, CONNECTION: transport}


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], None], take_signals: bool) -> None:
        super().__init__(config)
        self._tell, self._take_signals = started, take_signals

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Inside another program (demo mode, tests) Ctrl-C belongs to that program."""
        with super().capture_signals() if self._take_signals else contextlib.nullcontext():
            yield


def _is_news(record: logging.LogRecord) -> bool:
    """Answers given up because the server stops or the client has left are no mistake that needs a traceback."""
    given_up = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError | ClientDisconnect)
    return not given_up and not record.getMessage().startswith("Cancel ")


def _listen(port: int) -> socket.socket:
    """A listening socket. Made with IPPROTO_TCP, or asyncio leaves Nagle's algorithm on: 44 ms for each request.

    OSError if the port is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows: SO_REUSEADDR would share the port with a stranger
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
    except OSError:
        listener.close()
        raise
    return listener


def _server(app: ASGIApp, ready: Callable[[], None], take_signals: bool, access_log: bool = False) -> _Server:
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=access_log,
        server_header=False,
        timeout_graceful_shutdown=_LAST_ANSWERS,
    )
    return _Server(config, ready, take_signals)


def _url(listener: socket.socket) -> str:
    return f"http://{HOST}:{listener.getsockname()[1]}"


async def serve(
    app: ASGIApp,
    port: int = 0,
    ready: Callable[[str], None] | None = None,
    *,
    take_signals: bool = False,
    access_log: bool = False,
) -> None:
    """Serve on 127.0.0.1 until cancelled (or, with `take_signals`, until Ctrl-C). Port 0 takes a free one.

    `ready` gets the address, such as `http://127.0.0.1:43117`, once requests are answered. OSError if the port is
    taken.
    """
    with contextlib.closing(_listen(port)) as listener:
        url = _url(listener)
        await _server(app, lambda: ready(url) if ready else None, take_signals, access_log).serve(sockets=[listener])


def run(app: ASGIApp, port: int = 0, ready: Callable[[str], None] | None = None, *, access_log: bool = False) -> None:
    """Serve until Ctrl-C or SIGTERM, which end it cleanly. Blocks; OSError if the port is taken."""
    # uvicorn repeats the signal once it has stopped cleanly; for a command that is the expected end
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(app, port, ready, take_signals=True, access_log=access_log))


class LoopbackServer:
    """`with LoopbackServer(app) as server:` - the application on a free port, in a thread with its own loop.

    `port`: one that an earlier server had, for a line that comes back."""

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        self._listener = _listen(port)
        self.base_url = _url(self._listener)
        self._started: Future[None] = Future()
        self._server = _server(app, lambda: self._started.set_result(None), take_signals=False)
        self._thread = Thread(target=self._run, name="sandbox", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.result(timeout=10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)

    def _run(self) -> None:
        try:
            asyncio.run(self._server.serve(sockets=[self._listener]))
        finally:
            self._listener.close()
            if not self._started.done():
                self._started.set_exception(RuntimeError("the emulator did not start; its own error is printed above"))
