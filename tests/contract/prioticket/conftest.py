"""PrioTicket against its emulator, in-process: real HTTP objects, no sockets, no ceiling."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from crmdesk.core.types import Account
from crmdesk.core.vendor import Access
from crmdesk.sandbox.app import transport
from crmdesk.vendors.prioticket import BASE_URL, VENDOR, connector
from crmdesk.vendors.prioticket.sandbox import PrioTicketSandbox, SandboxAccount, sandbox
from tests.contract.prioticket.tools import CLIENT, SECRET, Secrets


def streamed(answering: Callable[[httpx.Request], httpx.Response]) -> Callable[[httpx.Request], httpx.Response]:
    """The same answers as they come from a line: not read yet."""

    def made(request: httpx.Request) -> httpx.Response:
        given = answering(request)
        return httpx.Response(given.status_code, headers=given.headers, stream=httpx.ByteStream(given.content))

    return made


@pytest.fixture(autouse=True)
def no_ceiling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody counts our requests here but the emulator."""
    monkeypatch.setattr(connector, "CALLS_PER_SECOND", None)


@pytest.fixture
def make_emulator(now: Any) -> Callable[..., PrioTicketSandbox]:
    def made(count: int = 250, **more: Any) -> PrioTicketSandbox:
        rest = {name: more.pop(name) for name in ("quirks", "faults", "per_minute") if name in more}
        return sandbox([SandboxAccount(CLIENT, "City Tours", SECRET, count=count, **more)], now=now, **rest)

    return made


@pytest.fixture
def emulator(make_emulator: Callable[..., PrioTicketSandbox]) -> PrioTicketSandbox:
    return make_emulator()


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Access]]:
    """Access to an emulator, or to a function from request to response."""
    opened: list[Access] = []

    def made(to: Any, *, secret: str = SECRET, **config: str) -> Access:
        line = transport(to) if isinstance(to, PrioTicketSandbox) else httpx.MockTransport(streamed(to))
        account = Account(1, VENDOR.key, "City Tours", BASE_URL, {"client_id": CLIENT, **config})
        opened.append(VENDOR.open_access(account, Secrets(secret), line))
        return opened[-1]

    yield made
    for access in opened:
        await access.aclose()


@pytest.fixture
async def signed() -> AsyncIterator[Callable[..., Any]]:
    """A plain client of an emulator, with a token."""
    opened: list[httpx.AsyncClient] = []

    async def made(emulator: PrioTicketSandbox) -> httpx.AsyncClient:
        client = httpx.AsyncClient(transport=transport(emulator), base_url=BASE_URL)
        opened.append(client)
        given = await client.post("/oauth2/token", json={"grant_type": "client_credentials"}, auth=(CLIENT, SECRET))
        client.headers["Authorization"] = f"Bearer {given.json()['access_token']}"
        return client

    yield made
    for client in opened:
        await client.aclose()
