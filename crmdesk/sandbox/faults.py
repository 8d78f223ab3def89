"""Faults that can be switched on while an emulator runs: what networks, proxies and vendors do on their bad days.

`Faults.wrap(app)` puts them around any vendor's ASGI application. Kinds the wrapper knows by itself:

| kind | what the client meets | value |
|---|---|---|
| slow | the answer starts late | seconds (1) |
| drip | the body comes in small pieces over a time | seconds (1) |
| unreachable | no connection at all, nothing done (on a socket: as cut_before) | - |
| cut_before | connection closed without an answer, nothing done | - |
| cut_after | connection closed without an answer, **the change is done** | - |
| half_body | the body stops in the middle, the connection closes | `length`: more was promised; `close`: it was not |
| server_error | an error page, nothing done | status (503) |
| server_error_after | an error page, **the change is done** | status (502) |
| html | 200 with a log-in page, as hotel networks send it | - |
| answer | whatever `answer` says: an `Answer`, or a function of the `Call` (None: the real one) | - |
| rewrite | whatever `rewrite(call, answer)` makes of the real answer | - |

Kinds the vendor's emulator has to play itself, because the answer has the vendor's form (`due(scope)` tells it):

| kind | what the client meets | value |
|---|---|---|
| expire_token | the token is refused | - |
| rate_limited | too many requests | - |
| shifting | records come, go and move between page reads | `remove`, `insert`, `move` or `all` (all) |
| endless | there is always a next page | - |
| shuffled | the outcomes of rows come in an order of their own | - |
| no_right | a write is refused: the token may only read | - |
| refuse_values | a write is refused, whatever is in it | the field that is named |
| other_form | refused values are told in the other documented form | - |
| edited_meanwhile | just before a write, somebody else changes the contact | the field (any) |

The last four are about writes, meet no GET, and are played by the emulators whose contacts can be changed.

How a cut is made: on a real socket (`crmdesk.sandbox.server`) the connection itself is closed. In-process there is no
connection, so `ConnectionCutError` is raised; `crmdesk.sandbox.app.transport` turns it into the httpx error a real cut
gives.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONNECTION = "crmdesk.sandbox.connection"
"""Key of `scope["state"]` under which our server puts the connection's transport, so that it can be closed at will."""
_DUE = "crmdesk.sandbox.due"
_LOG_IN_PAGE = (
    b"<!DOCTYPE html><html><head><title>Guest Wi-Fi</title></head><body><form>Room number <input></form></body></html>"
)
_DRIPS = 20


class Kind(StrEnum):
    SLOW = "slow"
    DRIP = "drip"
    UNREACHABLE = "unreachable"
    CUT_BEFORE = "cut_before"
    CUT_AFTER = "cut_after"
    HALF_BODY = "half_body"
    SERVER_ERROR = "server_error"
    SERVER_ERROR_AFTER = "server_error_after"
    HTML = "html"
    ANSWER = "answer"
    REWRITE = "rewrite"
    EXPIRE_TOKEN = "expire_token"  # noqa: S105 - the name of a fault
    RATE_LIMITED = "rate_limited"
    SHIFTING = "shifting"
    ENDLESS = "endless"
    NO_RIGHT = "no_right"
    REFUSE_VALUES = "refuse_values"
    OTHER_FORM = "other_form"
    EDITED_MEANWHILE = "edited_meanwhile"
    SHUFFLED = "shuffled"


_SECONDS = frozenset({Kind.SLOW, Kind.DRIP})
_WRITES = frozenset({Kind.NO_RIGHT, Kind.REFUSE_VALUES, Kind.OTHER_FORM, Kind.EDITED_MEANWHILE})
_FIELDS = frozenset({Kind.REFUSE_VALUES, Kind.EDITED_MEANWHILE})
_DEFAULTS: Mapping[Kind, float | int | str] = {
    Kind.SLOW: 1.0,
    Kind.DRIP: 1.0,
    Kind.HALF_BODY: "length",
    Kind.SERVER_ERROR: 503,
    Kind.SERVER_ERROR_AFTER: 502,
    Kind.SHIFTING: "all",
}
_WORDS: Mapping[Kind, frozenset[str]] = {
    Kind.HALF_BODY: frozenset({"length", "close"}),
    Kind.SHIFTING: frozenset({"remove", "insert", "move", "all"}),
}


class ConnectionCutError(Exception):
    """The connection ends here (in-process only). `answered`: head and a part of the body were sent before; not
    `reached`: there never was one."""

    def __init__(self, answered: bool, reached: bool = True) -> None:
        super().__init__(
            "the emulator cut the connection " + ("in the middle of the answer" if answered else "before its answer")
        )
        self.answered, self.reached = answered, reached


@dataclass(frozen=True, slots=True)
class Call:
    """A request as a fault sees it. `target` is path and query, as in `/contacts?page=2`."""

    method: str
    target: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer byte by byte. Content-Length is set from the body unless given."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)


@dataclass(slots=True)
class Fault:
    """One switched-on fault: for requests it matches, after `skip` of them, for `times` (None: until cleared)."""

    kind: Kind
    value: float | int | str | None = None
    times: int | None = None
    skip: int = 0
    method: str = ""
    target: str = ""
    answer: Answer | Callable[[Call], Answer | None] | None = field(default=None, repr=False)
    rewrite: Callable[[Call, Answer], Answer] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.kind = Kind(self.kind)
        self.value = _DEFAULTS.get(self.kind) if self.value is None else self.value
        _check(self)

    def matches(self, method: str, target: str) -> bool:
        if self.kind in _WRITES and method in ("GET", "HEAD"):
            return False
        return self.method.upper() in ("", method) and self.target in target

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": str(self.kind),
            "value": self.value,
            "times": self.times,
            "skip": self.skip,
            "method": self.method,
            "target": self.target,
        }


def _check(fault: Fault) -> None:
    """ValueError with a sentence a person can act on."""
    kind, value = fault.kind, fault.value
    if kind in _SECONDS and not (_is_number(value) and 0 <= float(value or 0) <= 3600):
        raise ValueError(f"{kind} needs a number of seconds from 0 to 3600 as value")
    if kind in (Kind.SERVER_ERROR, Kind.SERVER_ERROR_AFTER) and not (type(value) is int and 400 <= value <= 599):
        raise ValueError(f"{kind} needs a status from 400 to 599 as value")
    if kind in _WORDS and value not in _WORDS[kind]:
        raise ValueError(f"{kind} needs one of these as value: {', '.join(sorted(_WORDS[kind]))}")
    if kind in _FIELDS and not (value is None or (isinstance(value, str) and value)):
        raise ValueError(f"{kind} needs the name of a field as value, or none")
    if (kind is Kind.ANSWER and fault.answer is None) or (kind is Kind.REWRITE and fault.rewrite is None):
        raise ValueError(f"{kind} needs something to answer with")
    if not (fault.times is None or _is_count(fault.times)) or not _is_count(fault.skip):
        raise ValueError("times and skip are whole numbers, not negative")
    if not all(isinstance(text, str) for text in (fault.method, fault.target)):
        raise ValueError("method and target are texts")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


Due = Mapping[Kind, Fault]


class Faults:
    """The switches of one emulator. May be set from any thread while requests are served."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._set: list[Fault] = []

    def set(self, kind: Kind | str, value: float | int | str | None = None, **options: Any) -> Fault:
        """Switch a fault on; options as the fields of `Fault`. ValueError says what is wrong with them."""
        fault = Fault(Kind(kind), value, **options)
        with self._lock:
            self._set.append(fault)
        return fault

    def clear(self, kind: Kind | str | None = None) -> None:
        """Switch all faults of a kind off, or all."""
        cleared = set(Kind) if kind is None else {Kind(kind)}
        with self._lock:
            self._set = [fault for fault in self._set if fault.kind not in cleared]

    def drop(self, faults: Iterable[Fault]) -> None:
        """Switch these off, and no others; harmless where they are over."""
        gone = set(map(id, faults))
        with self._lock:
            self._set = [fault for fault in self._set if id(fault) not in gone]

    def active(self) -> list[Fault]:
        with self._lock:
            return list(self._set)

    def take(self, method: str, target: str) -> Due:
        """The faults this request meets, counted down; per kind the one set first."""
        due: dict[Kind, Fault] = {}
        with self._lock:
            for fault in self._set:
                if fault.kind not in due and fault.matches(method, target) and _counts(fault):
                    due[fault.kind] = fault
            self._set = [fault for fault in self._set if fault.times != 0]
        return due

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """The application with these faults around it."""

        async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            exchange = _Exchange(app, scope, receive, send)
            await exchange.play(self.take(scope["method"], exchange.target))

        return faulty


def _counts(fault: Fault) -> bool:
    if fault.times == 0:
        return False
    if fault.skip:
        fault.skip -= 1
        return False
    if fault.times is not None:
        fault.times -= 1
    return True


def due(scope: Scope) -> Due:
    """For a vendor's emulator: which faults it has to play for this request."""
    found: Due = scope.get(_DUE, {})
    return found


class _Exchange:
    """One request and what becomes of its answer."""

    def __init__(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        self._app, self._scope, self._receive, self._send = app, scope, receive, send
        query = scope.get("query_string", b"").decode("latin-1")
        self.target = scope["path"] + (f"?{query}" if query else "")
        self._asked: Call | None = None

    async def play(self, due: Due) -> None:
        if Kind.SLOW in due:
            await asyncio.sleep(float(due[Kind.SLOW].value or 0))
        if Kind.UNREACHABLE in due:
            await self._cut(reached=False)
        elif Kind.CUT_BEFORE in due:
            await self._cut()
        elif replaced := await self._instead(due):
            await self._reply(replaced)
        elif due.keys() & {Kind.CUT_AFTER, Kind.SERVER_ERROR_AFTER, Kind.HALF_BODY, Kind.DRIP, Kind.REWRITE}:
            await self._spoil(due, await self._real_answer(due))
        else:
            await self._app({**self._scope, _DUE: due}, self._receive, self._send)

    async def _instead(self, due: Due) -> Answer | None:
        """The answer that replaces the emulator's, which then never sees the request."""
        if Kind.SERVER_ERROR in due:
            return _error_page(due[Kind.SERVER_ERROR])
        if Kind.HTML in due:
            return Answer(200, _LOG_IN_PAGE, (("content-type", "text/html; charset=utf-8"),))
        given = due[Kind.ANSWER].answer if Kind.ANSWER in due else None
        return given(await self._call()) if callable(given) else given

    async def _spoil(self, due: Due, answer: Answer) -> None:
        """The request was served; now its answer goes wrong."""
        rewrite = due[Kind.REWRITE].rewrite if Kind.REWRITE in due else None
        if rewrite is not None:
            answer = rewrite(await self._call(), answer)
        if Kind.CUT_AFTER in due:
            await self._cut()
        elif Kind.SERVER_ERROR_AFTER in due:
            await self._reply(_error_page(due[Kind.SERVER_ERROR_AFTER]))
        elif Kind.HALF_BODY in due:
            await self._half(answer, promised=due[Kind.HALF_BODY].value == "length")
        else:
            await self._reply(answer, over=float(due[Kind.DRIP].value or 0) if Kind.DRIP in due else 0.0)

    async def _real_answer(self, due: Due) -> Answer:
        start: MutableMapping[str, Any] = {}
        parts: list[bytes] = []

        async def record(message: Message) -> None:
            start.update(message if message["type"] == "http.response.start" else {})
            parts.append(message.get("body", b""))

        await self._call()
        await self._app({**self._scope, _DUE: due}, self._receive, record)
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"])
        return Answer(
            start["status"], b"".join(parts), tuple(pair for pair in headers if pair[0].lower() != "content-length")
        )

    async def _call(self) -> Call:
        """Reads the body and lets the emulator read it again."""
        if self._asked is not None:
            return self._asked
        body = await _read(self._receive)
        before, first = self._receive, [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Message:
            return first.pop() if first else await before()

        self._receive = again
        self._asked = Call(self._scope["method"], self.target, body)
        return self._asked

    async def _reply(self, answer: Answer, over: float = 0.0) -> None:
        await self._send(
            {"type": "http.response.start", "status": answer.status, "headers": _encoded(_with_length(answer))}
        )
        if over:
            step = max(1, len(answer.body) // _DRIPS)
            for at in range(0, len(answer.body), step):
                await self._send({"type": "http.response.body", "body": answer.body[at : at + step], "more_body": True})
                await asyncio.sleep(over / _DRIPS)
        await self._send({"type": "http.response.body", "body": b"" if over else answer.body})

    async def _half(self, answer: Answer, promised: bool) -> None:
        """Head, half the body, end. Without a promised length the client can't see that anything is missing."""
        half = answer.body[: len(answer.body) // 2]
        headers = _with_length(answer) if promised else (*answer.headers, ("connection", "close"))
        connection = self._connection()
        if connection is not None:
            connection.write(_head(answer.status, headers) + half)
            connection.close()
            await self._until_closed()
            return
        await self._send({"type": "http.response.start", "status": answer.status, "headers": _encoded(headers)})
        await self._send({"type": "http.response.body", "body": half, "more_body": promised})
        if promised:
            raise ConnectionCutError(answered=True)

    async def _cut(self, *, reached: bool = True) -> None:
        connection = self._connection()
        if connection is None:
            raise ConnectionCutError(answered=False, reached=reached)
        await self._call()  # a connection that ends with unread bytes is reset: another error at the client, by chance
        connection.abort()
        await self._until_closed()

    def _connection(self) -> asyncio.Transport | None:
        found: asyncio.Transport | None = self._scope.get("state", {}).get(CONNECTION)
        return found

    async def _until_closed(self) -> None:
        """The server must know that the connection is gone before we return without an answer."""
        while (await self._receive())["type"] != "http.disconnect":
            continue


async def _read(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _error_page(fault: Fault) -> Answer:
    page = f"<html><head><title>{fault.value}</title></head><body><h1>{fault.value}</h1></body></html>"
    return Answer(int(fault.value or 500), page.encode(), (("content-type", "text/html"),))


def _with_length(answer: Answer) -> tuple[tuple[str, str], ...]:
    if answer.status == 204 or any(
        name.lower() in ("content-length", "transfer-encoding") for name, _ in answer.headers
    ):
        return answer.headers
    return (*answer.headers, ("content-length", str(len(answer.body))))


def _encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def _head(status: int, headers: Iterable[tuple[str, str]]) -> bytes:
    lines = [f"HTTP/1.1 {status} Half"] + [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
