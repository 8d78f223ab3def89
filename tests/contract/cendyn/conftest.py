"""Cendyn against its emulator, in-process: real HTTP objects, no sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from crmdesk.core.vendor import Access
from crmdesk.sandbox.app import transport
from crmdesk.vendors.cendyn import VENDOR
from crmdesk.vendors.cendyn.sandbox import DEMO, CendynSandbox, Quirks, sandbox
from tests.contract.cendyn.tools import SECRET, Secrets, account
from tests.contract.conftest import Now, streamed


@pytest.fixture
def make_emulator(now: Now) -> Callable[..., CendynSandbox]:
    def made(*, quirks: Quirks | None = None, **given: Any) -> CendynSandbox:
        return sandbox(now=now, quirks=quirks, accounts=[replace(DEMO[0], secret=SECRET, **given)])

    return made


@pytest.fixture
def emulator(make_emulator: Callable[..., CendynSandbox]) -> CendynSandbox:
    return make_emulator()


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Access]]:
    """Access to an emulator, or to a function from request to response."""
    opened: list[Access] = []

    def made(to: Any, *, secret: str = SECRET, base_url: str = VENDOR.default_base_url, **config: str) -> Access:
        line = transport(to) if isinstance(to, CendynSandbox) else httpx.MockTransport(streamed(to))
        opened.append(VENDOR.open_access(account(base_url, **config), Secrets(secret), line))
        return opened[-1]

    yield made
    for access in opened:
        await access.aclose()
