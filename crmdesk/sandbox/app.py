"""All emulators under one roof: each vendor under `/<key>`, switches for faults, and a page that says what there is.

    GET  /                  addresses, accounts and tokens of every emulator (made-up ones: nothing here is secret)
    GET  /_control/faults   what is switched on
    POST /_control/faults   {"kind": "slow", "value": 5, "times": 3}, for all vendors unless "vendor": "bookingsync"
                            {"kind": "answer", "answer": {"status": 200, "headers": {}, "body": ""}} or "body_base64"
                            {"clear": true} or {"clear": "slow"}
    POST /_control/contact  {"vendor": "bookingsync", "contact": "12", "fields": {"city": "Porto"}}: somebody else
                            changes it now; with "gone": true instead of fields, deletes it

In-process use goes through `transport(app)`: an `httpx.AsyncClient` that talks to the emulator without any socket.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Protocol

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from crmdesk.sandbox.faults import Answer, ConnectionCutError, Faults, Kind
from crmdesk.sandbox.service import Shared

_CHANGE = frozenset({"vendor", "contact", "fields", "gone"})
_OPTIONS = frozenset({"kind", "value", "times", "skip", "method", "target", "answer"})
_MOST_BODY = 4_000_000
_CUT_BEFORE = "Server disconnected without sending a response."
_NOT_REACHED = "All connection attempts failed"
_CUT_INSIDE = "peer closed connection without sending complete message body"


class Emulator(Protocol):
    """What a vendor's emulator shows to the roof."""

    faults: Faults

    def describe(self, url: str) -> Mapping[str, Any]:
        """For the index page: title, `base_url` under the given mount address, accounts with tokens."""
        ...

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


def mount(emulators: Mapping[str, Emulator]) -> Starlette:
    """One application with every emulator under its vendor's key, as in `/bookingsync/api/v3/contacts`."""
    control = _Control(emulators)
    routes = [
        Route("/", control.index),
        Route("/_control/faults", control.show),
        Route("/_control/faults", control.switch, methods=["POST"]),
        Route("/_control/contact", control.elsewhere, methods=["POST"]),
    ]
    return Starlette(routes=[*routes, *(Mount(f"/{key}", app=emulator) for key, emulator in emulators.items())])


class _Control:
    def __init__(self, emulators: Mapping[str, Emulator]) -> None:
        self._emulators = emulators

    async def index(self, request: Request) -> Response:
        base = str(request.base_url).rstrip("/")
        vendors = {key: dict(emulator.describe(f"{base}/{key}")) for key, emulator in self._emulators.items()}
        return JSONResponse(
            {"vendors": vendors, "faults": f"{base}/_control/faults", "kinds": [str(kind) for kind in Kind]}
        )

    async def show(self, request: Request) -> Response:
        return self._state() if _is_ours(request) else _refusal(403, "only from this computer, and not from a web page")

    async def switch(self, request: Request) -> Response:
        if not _is_ours(request):
            return _refusal(403, "only from this computer, and not from a web page")
        try:
            self._obey(await _order(request))
        except (ValueError, TypeError, KeyError) as error:
            return _refusal(400, str(error))
        return self._state()

    async def elsewhere(self, request: Request) -> Response:
        if not _is_ours(request):
            return _refusal(403, "only from this computer, and not from a web page")
        try:
            self._change(await _order(request))
        except (ValueError, TypeError) as error:
            return _refusal(400, str(error))
        return JSONResponse({"done": True})

    def _change(self, order: dict[str, Any]) -> None:
        shared = {key: one for key, one in self._emulators.items() if isinstance(one, Shared)}
        contact, fields, gone = order.get("contact"), order.get("fields"), order.get("gone") is True
        if order.get("vendor") not in shared:
            raise ValueError(f"vendor is one of: {', '.join(shared)}")
        if not isinstance(contact, str) or order.keys() - _CHANGE or isinstance(fields, dict) == gone:
            raise ValueError('the order is {"vendor": …, "contact": its id as text} and "fields": {…} or "gone": true')
        try:
            shared[order["vendor"]].elsewhere(contact, None if gone else fields)
        except KeyError:
            raise ValueError("there is no such contact") from None

    def _obey(self, order: dict[str, Any]) -> None:
        vendor = order.pop("vendor", None)
        if vendor is not None and vendor not in self._emulators:
            raise ValueError(f"no such vendor here; there are: {', '.join(self._emulators)}")
        chosen = [emulator.faults for key, emulator in self._emulators.items() if vendor in (None, key)]
        if "clear" in order:
            for faults in chosen:
                faults.clear(None if order["clear"] is True else order["clear"])
            return
        options = _options(order)
        for faults in chosen:
            faults.set(**options)

    def _state(self) -> Response:
        return JSONResponse(
            {key: [fault.as_json() for fault in emulator.faults.active()] for key, emulator in self._emulators.items()}
        )


def _is_ours(request: Request) -> bool:
    """From this computer (an in-process call has no address) and not sent by a page in somebody's browser."""
    if "origin" in request.headers:
        return False
    return request.client is None or ip_address(request.client.host).is_loopback


async def _order(request: Request) -> dict[str, Any]:
    body = await request.body()
    if len(body) > _MOST_BODY:
        raise ValueError(f"the order is longer than {_MOST_BODY} bytes")
    order = json.loads(body)
    if not isinstance(order, dict):
        raise TypeError("the order is one JSON object")
    return order


def _options(order: dict[str, Any]) -> dict[str, Any]:
    """Arguments of `Faults.set` from JSON. ValueError says what doesn't fit."""
    if "kind" not in order or order["kind"] not in list(Kind):
        raise ValueError(f"kind is one of: {', '.join(Kind)}")
    if unknown := order.keys() - _OPTIONS:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(_OPTIONS))}")
    return {**order, "answer": _answer(order["answer"])} if "answer" in order else order


def _answer(given: Any) -> Answer:
    if not isinstance(given, dict) or not isinstance(given.get("headers", {}), dict):
        raise TypeError('answer is an object such as {"status": 200, "headers": {}, "body": ""}')
    headers = tuple(
        (str(name), str(value)) for name, value in given.get("headers", {"content-type": "application/json"}).items()
    )
    status = int(given.get("status", 200))
    if not 200 <= status <= 599 or any(char in "".join(pair) for pair in headers for char in "\r\n\0"):
        raise ValueError("status is 200 to 599, and headers are single lines")
    return Answer(status, _body(given), headers)


def _body(given: Mapping[str, Any]) -> bytes:
    if "body_base64" not in given:
        return str(given.get("body", "")).encode()
    try:
        return base64.b64decode(given["body_base64"], validate=True)
    except binascii.Error as error:
        raise ValueError("body_base64 is not base64") from error


def _refusal(status: int, message: str) -> Response:
    return JSONResponse({"error": message}, status_code=status)


def transport(app: ASGIApp) -> httpx.AsyncBaseTransport:
    """In-process transport for `httpx.AsyncClient`. A cut and a time-out give the errors a real connection gives.

    Unreachable: ConnectError. Cut before or in the middle of the answer: RemoteProtocolError, in the words httpx uses
    for it; no answer within the client's read time-out: ReadTimeout. Any other exception is a mistake in the emulator
    and comes through.
    """
    return _InProcess(app)


class _InProcess(httpx.AsyncBaseTransport):
    def __init__(self, app: ASGIApp) -> None:
        self._inner = httpx.ASGITransport(app=app, client=("127.0.0.1", 0))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        patience = request.extensions.get("timeout", {}).get("read")
        try:
            async with asyncio.timeout(patience):
                return await self._inner.handle_async_request(request)
        except TimeoutError as error:
            raise httpx.ReadTimeout("The emulator took too long.", request=request) from error
        except ConnectionCutError as error:
            if not error.reached:
                raise httpx.ConnectError(_NOT_REACHED, request=request) from error
            if error.answered:
                raise httpx.RemoteProtocolError(_CUT_INSIDE, request=request) from error
            raise httpx.RemoteProtocolError(_CUT_BEFORE, request=request) from error
