"""CRM.COM's back office against its emulator, in-process: real HTTP objects, no sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from crmdesk.core.seams import Clock
from crmdesk.sandbox.app import transport
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.vendors.crmcom_events import VENDOR
from crmdesk.vendors.crmcom_events.connector import Events, Line, open_line
from crmdesk.vendors.crmcom_events.sandbox import DEMO, CrmComEventsSandbox, Quirks, sandbox
from tests.contract.conftest import Now, streamed
from tests.contract.crmcom_events.program import Program, account
from tests.contract.crmcom_events.tools import Given


@pytest.fixture
def make_emulator(now: Now) -> Callable[..., CrmComEventsSandbox]:
    def made(**quirks: Any) -> CrmComEventsSandbox:
        return sandbox(now=now, quirks=Quirks(**quirks))

    return made


@pytest.fixture
def emulator(make_emulator: Callable[..., CrmComEventsSandbox]) -> CrmComEventsSandbox:
    return make_emulator()


def line_to(to: Any) -> httpx.AsyncBaseTransport:
    return transport(to) if isinstance(to, CrmComEventsSandbox) else httpx.MockTransport(streamed(to))


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Any]]:
    """Access to an emulator, or to a function from request to response."""
    opened: list[Any] = []

    def made(to: Any, *, secret: str = DEMO.password, **config: str) -> Any:
        access = VENDOR.open_access(account(config), Given(secret), line_to(to))
        opened.append(access)
        return access

    yield made
    for access in opened:
        await access.aclose()


@pytest.fixture
async def line() -> AsyncIterator[Callable[..., Line]]:
    """What lies below the slots: session, calls, look-ups."""
    opened: list[Line] = []

    def made(to: Any, *, secret: str | Given = DEMO.password, clock: Clock | None = None, **config: str) -> Line:
        given = Given(secret) if isinstance(secret, str) else secret
        opened.append(open_line(account(config), given, line_to(to), clock))
        return opened[-1]

    yield made
    for one in opened:
        await one.http.aclose()
        await one.batches.aclose()


@pytest.fixture
def events(emulator: CrmComEventsSandbox, connect: Callable[..., Any]) -> Events:
    found = connect(emulator).batches
    assert isinstance(found, Events)
    return found


@pytest.fixture
def server(emulator: CrmComEventsSandbox) -> Iterator[LoopbackServer]:
    with LoopbackServer(emulator) as running:
        yield running


@pytest.fixture
async def program(server: LoopbackServer, tmp_path: Path) -> AsyncIterator[Program]:
    made = Program(tmp_path, server.base_url)
    yield made
    await made.aclose()
