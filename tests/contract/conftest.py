"""Vendors against their emulators, in-process: real HTTP objects, no sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import stamina

from crmdesk.core.types import Account
from crmdesk.core.vendor import Access
from crmdesk.sandbox.app import transport
from crmdesk.vendors.bookingsync import BASE_URL, VENDOR
from crmdesk.vendors.bookingsync.sandbox import BookingSyncSandbox, Quirks, SandboxAccount, sandbox
from tests.contract.tools import TOKEN, Tokens


class Now:
    """The emulator's clock: stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def pass_by(self, **time: float) -> None:
        self.moment += timedelta(**time)


@pytest.fixture(autouse=True)
def no_pauses() -> Iterator[None]:
    """Reads are repeated as often as ever, without the pauses."""
    with stamina.set_testing(True, attempts=4, cap=True):
        yield


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def make_emulator(now: Now) -> Callable[..., BookingSyncSandbox]:
    def made(count: int = 250, *, quirks: Quirks | None = None, people: Any = None, **rest: Any) -> BookingSyncSandbox:
        account = SandboxAccount(71, "Seaside", TOKEN, count=count, people=people)
        return sandbox([account], now=now, quirks=quirks, **rest)

    return made


@pytest.fixture
def emulator(make_emulator: Callable[..., BookingSyncSandbox]) -> BookingSyncSandbox:
    return make_emulator()


def streamed(answering: Callable[[httpx.Request], httpx.Response]) -> Callable[[httpx.Request], httpx.Response]:
    """The same answers as they come from a line: not read yet."""

    def made(request: httpx.Request) -> httpx.Response:
        answer = answering(request)
        return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(answer.content))

    return made


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Access]]:
    """Access to an emulator, or to a function from request to response."""
    opened: list[Access] = []

    def made(to: Any, *, token: str = TOKEN, config: dict[str, str] | None = None) -> Access:
        line = transport(to) if isinstance(to, BookingSyncSandbox) else httpx.MockTransport(streamed(to))
        access = VENDOR.open_access(Account(1, VENDOR.key, "Seaside", BASE_URL, config or {}), Tokens(token), line)
        opened.append(access)
        return access

    yield made
    for access in opened:
        await access.aclose()
