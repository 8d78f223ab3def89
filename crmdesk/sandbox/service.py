"""What every vendor's emulator has: a request log, faults, a clock, and one request at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from threading import RLock
from typing import Any, NamedTuple, Protocol, runtime_checkable
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from crmdesk.sandbox.faults import Faults

_LOG = 20_000
_SECRET_WORDS = ("token", "key", "secret", "password")


class Seen(NamedTuple):
    """A request as the log keeps it: no header and no body, so no token."""

    method: str
    path: str
    query: str


def seen(request: Request) -> Seen:
    """The request as the log keeps it; what names a secret in the query is left out."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    kept = [
        (name, value)
        for name, value in request.query_params.multi_items()
        if not any(word in name.lower() for word in _SECRET_WORDS)
    ]
    return Seen(request.method, path, urlencode(kept))


@runtime_checkable
class Shared(Protocol):
    """An emulator whose contacts other people may change, too."""

    def elsewhere(self, contact: str, fields: Mapping[str, Any] | None) -> None:
        """Somebody else changes these fields (dotted paths) now, checked by nobody; None: deletes the contact. KeyError
        if there is no such contact."""
        ...


class Service:
    """An emulator as an ASGI application. A subclass hands its routes to `serve`; their end points call `answer`.

    Serves one request at a time, so several threads and loops may use it; `requests` is its log. `now`: aware UTC.
    `posts`: what the addresses hold to which a POST brings something new; '' where none does."""

    posts = ""

    def __init__(self, faults: Faults, now: Callable[[], datetime]) -> None:
        self.faults = faults
        self.requests: deque[Seen] = deque(maxlen=_LOG)
        self.now = now
        self.lock = RLock()

    def serve(self, routes: Sequence[BaseRoute], **starlette: object) -> None:
        """Begins: faults around these routes. Paths are exact: no redirect adds or drops a slash."""
        app = Starlette(routes=list(routes), **starlette)  # type: ignore[arg-type]
        app.router.redirect_slashes = False
        self._app = self.faults.wrap(app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    async def answer(self, request: Request, act: Callable[[Request, bytes], Response]) -> Response:
        """Logs the request and runs `act(request, body)` under the lock."""
        body = await request.body()
        with self.lock:
            self.requests.append(seen(request))
            return act(request, body)

    def seconds(self) -> int:
        """The clock in whole UNIX seconds."""
        return int(self.now().timestamp())
