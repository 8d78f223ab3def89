"""An Http against a real socket, impatient enough for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stamina

from crmdesk.core.seams import SystemClock
from crmdesk.net.auth import Bearer
from crmdesk.net.http import Http
from crmdesk.net.limiter import RateBudget

TOKEN = "canary-5c0ffee5-token"


class Tokens:
    """A TokenSource that always has the same token."""

    def __init__(self, token: str = TOKEN) -> None:
        self.token = token

    async def current(self) -> str:
        return self.token


@pytest.fixture(autouse=True)
def no_pauses() -> Iterator[None]:
    """Repeated reads do not wait; how often they are repeated stays as shipped."""
    stamina.set_testing(True, attempts=4, cap=True)
    yield
    stamina.set_testing(False)


@pytest.fixture
def http_to() -> Callable[..., Http]:
    """An Http for a base address, with a deadline of 5 s."""

    def make(base: str, **more: Any) -> Http:
        clock = SystemClock()
        given = {"deadline": 5, "auth": Bearer(Tokens(), base), "clock": clock, "budget": RateBudget(clock)} | more
        return Http(base, vendor="BookingSync", **given)

    return make
