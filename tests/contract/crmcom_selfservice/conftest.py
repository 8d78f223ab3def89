"""CRM.COM Self-Service against its emulator, in-process: real HTTP objects, no sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from crmdesk.core.seams import Clock, SystemClock
from crmdesk.core.types import Account
from crmdesk.core.vendor import Access
from crmdesk.sandbox.app import transport
from crmdesk.sandbox.faults import Kind
from crmdesk.vendors.crmcom_selfservice import VENDOR
from crmdesk.vendors.crmcom_selfservice.api import SelfService
from crmdesk.vendors.crmcom_selfservice.dialect import DIALECTS, Dialect
from crmdesk.vendors.crmcom_selfservice.sandbox import DEMO, CrmComSandbox, Quirks, sandbox
from tests.contract.crmcom_selfservice.tools import ALONE, Card, Now, Secrets, account, streamed


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def make_emulator(now: Now) -> Callable[..., CrmComSandbox]:
    def made(count: int = 20, people: Any = None, **quirks: Any) -> CrmComSandbox:
        return sandbox([replace(DEMO[0], count=count, people=people)], now=now, quirks=Quirks(**quirks))

    return made


@pytest.fixture
def emulator(make_emulator: Callable[..., CrmComSandbox]) -> CrmComSandbox:
    return make_emulator()


def line_to(to: Any) -> httpx.AsyncBaseTransport:
    return transport(to) if isinstance(to, CrmComSandbox) else httpx.MockTransport(streamed(to))


def account_at(to: Any, **config: str) -> Account:
    """An account of the emulator's guest, or of anybody where a function answers."""
    if not isinstance(to, CrmComSandbox):
        return account(**config)
    described = to.describe("https://crm.example")
    given = described["accounts"][0]["credentials"]
    plain = {path: value for path, value in given.items() if path != "password"}
    return account(described["base_url"], **{**plain, **config})


def secrets_at(to: Any) -> Secrets:
    return Secrets(to.guest().password) if isinstance(to, CrmComSandbox) else Secrets()


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Access]]:
    """Access to an emulator, or to a function from request to response."""
    opened: list[Access] = []

    def made(to: Any, *, password: str | None = None, base_url: str = "", **config: str) -> Access:
        given = account_at(to, **config)
        given = replace(given, base_url=base_url) if base_url else given
        secrets = secrets_at(to) if password is None else Secrets(password)
        access = VENDOR.open_access(given, secrets, line_to(to))
        opened.append(access)
        return access

    yield made
    for access in opened:
        await access.aclose()


@pytest.fixture
async def open_api() -> AsyncIterator[Callable[..., SelfService]]:
    """All calls, at an emulator or a function from request to response."""
    opened: list[SelfService] = []

    def made(to: Any, *, dialect: Dialect | None = None, clock: Clock | None = None, **config: str) -> SelfService:
        version = to.quirks.version if isinstance(to, CrmComSandbox) else "v1"
        given, secrets = account_at(to, **config), secrets_at(to)
        api = SelfService(given, secrets, dialect or DIALECTS[version], clock or SystemClock(), line_to(to))
        opened.append(api)
        return api

    yield made
    for api in opened:
        await api.aclose()


@pytest.fixture
def open_card(make_emulator, connect):
    async def opened(position: int = 0, **quirks: Any) -> Card:
        emulator = make_emulator(count=30, **quirks)
        access, guest = connect(emulator, **ALONE), emulator.contacts()[position]
        card = Card(emulator, access, guest)
        await access.guests.sign_in("password", {"email": guest.email, "password": guest.password})
        emulator.faults.set(Kind.ANSWER, answer=card.keep)
        return card

    return opened
