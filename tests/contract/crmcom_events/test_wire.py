"""Batches over a real socket: what is cut, and that nothing is ever sent twice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from crmdesk.core.batch import RowState
from crmdesk.core.errors import InDoubtError, OfflineError
from crmdesk.core.vendor import Access
from crmdesk.sandbox.faults import Kind
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.vendors.crmcom_events import VENDOR
from crmdesk.vendors.crmcom_events.sandbox import CrmComEventsSandbox
from tests.contract.crmcom_events.program import account
from tests.contract.crmcom_events.tools import BULK, Given, batch, row

ROWS = [row("web", f"{number:02}") for number in range(20)]


@pytest.fixture
def server(emulator: CrmComEventsSandbox) -> Iterator[LoopbackServer]:
    with LoopbackServer(emulator) as running:
        yield running


@pytest.fixture
async def access(server: LoopbackServer) -> AsyncIterator[Access]:
    made = VENDOR.open_access(account(base_url=VENDOR.check_base_url(server.base_url)), Given(), None)
    yield made
    await made.aclose()


def bulk_calls(emulator: CrmComEventsSandbox) -> int:
    return sum(seen.path.startswith(BULK) for seen in emulator.requests)


async def send(access: Access) -> list[RowState]:
    sender: Any = access.batches
    told = await sender.send(batch("web"), sender.encode(batch("web"), ROWS, {}))
    return [outcome.state for outcome in sender.settle(batch("web"), ROWS, told)]


async def test_a_batch_and_a_check(access: Access, emulator: CrmComEventsSandbox) -> None:
    assert await send(access) == [RowState.CREATED] * len(ROWS)
    assert [step.ok for step in await access.check()] == [True, True, True]
    assert await send(access) == [RowState.CREATED] * len(ROWS)
    assert bulk_calls(emulator) == 2


@pytest.mark.parametrize(
    ("fault", "value", "made"),
    [
        (Kind.CUT_BEFORE, None, 0),
        (Kind.CUT_AFTER, None, 20),
        (Kind.HALF_BODY, "length", 20),
        (Kind.HALF_BODY, "close", 20),
        (Kind.SERVER_ERROR_AFTER, 502, 20),
    ],
)
async def test_a_cut_is_in_doubt_once(fault: Kind, value: Any, made: int, access: Access, emulator: Any) -> None:
    emulator.faults.set(fault, value, target="/bulk/")
    with pytest.raises(InDoubtError):
        await send(access)
    assert len(emulator.created("web")) == made
    assert bulk_calls(emulator) == (1 if made else 0)


async def test_the_first_k_then_a_cut(server: LoopbackServer, access: Access, make_emulator: Any) -> None:
    emulator = make_emulator(commit_first=7)
    emulator.faults.set(Kind.CUT_AFTER, target="/bulk/")
    with LoopbackServer(emulator) as running:
        one = VENDOR.open_access(account(base_url=VENDOR.check_base_url(running.base_url)), Given(), None)
        with pytest.raises(InDoubtError):
            await send(one)
        await one.aclose()
    assert (len(emulator.created("web")), bulk_calls(emulator)) == (7, 1)


async def test_slow_answers_are_waited_for(access: Access, emulator: CrmComEventsSandbox) -> None:
    emulator.faults.set(Kind.SLOW, 0.2)
    emulator.faults.set(Kind.DRIP, 0.2, target="/bulk/")
    assert await send(access) == [RowState.CREATED] * len(ROWS)


async def test_a_server_that_is_gone_gets_nothing(emulator: CrmComEventsSandbox) -> None:
    with LoopbackServer(emulator) as running:
        url = running.base_url
        one = VENDOR.open_access(account(base_url=VENDOR.check_base_url(url)), Given(), None)
        assert await send(one) == [RowState.CREATED] * len(ROWS)
    with pytest.raises(OfflineError):
        await send(one)
    await one.aclose()
