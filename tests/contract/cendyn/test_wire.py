"""Cendyn on a real socket: what happens to the line, and that nothing is ever sent twice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from crmdesk.core.batch import JobState, RowState
from crmdesk.core.errors import InDoubtError, OfflineError
from crmdesk.core.vendor import Access
from crmdesk.sandbox.faults import Kind
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.vendors.cendyn import VENDOR
from crmdesk.vendors.cendyn.sandbox import CendynSandbox
from tests.contract.cendyn.tools import ACCOUNT, Secrets, account, push, rows


@pytest.fixture
def server(emulator: CendynSandbox) -> Iterator[LoopbackServer]:
    with LoopbackServer(emulator) as running:
        yield running


@pytest.fixture
async def access(server: LoopbackServer) -> AsyncIterator[Access]:
    opened = VENDOR.open_access(account(server.base_url), Secrets(), None)
    yield opened
    await opened.aclose()


async def test_a_thousand_contacts_go_in_one_call(access: Access, emulator: CendynSandbox, now) -> None:
    outcomes = await push(access, rows(1000))
    assert {outcome.state for outcome in outcomes} == {RowState.ACCEPTED}
    now.pass_by(minutes=1)
    assert access.jobs is not None
    assert (await access.jobs.job(outcomes[0].number)).state is JobState.DONE
    assert len(emulator.contacts(ACCOUNT)) == 1000
    assert [seen.method for seen in emulator.requests] == ["POST", "GET"]


@pytest.mark.parametrize(
    ("kind", "value", "done"),
    [
        (Kind.CUT_BEFORE, None, 0),
        (Kind.CUT_AFTER, None, 1),
        (Kind.HALF_BODY, "length", 1),
        (Kind.HALF_BODY, "close", 1),
        (Kind.SERVER_ERROR_AFTER, 504, 1),
    ],
)
async def test_a_lost_answer_is_doubt_and_is_sent_once(
    kind: Kind, value: Any, done: int, access: Access, emulator: CendynSandbox
) -> None:
    fault = emulator.faults.set(kind, value, times=5)
    with pytest.raises(InDoubtError):
        await push(access, rows(2))
    assert fault.times == 4
    assert len(emulator.account(ACCOUNT).jobs) == done


@pytest.mark.parametrize("kind", [Kind.SLOW, Kind.DRIP])
async def test_a_slow_answer_is_waited_for(kind: Kind, access: Access, emulator: CendynSandbox) -> None:
    emulator.faults.set(kind, 0.2)
    assert (await push(access, rows(1)))[0].state is RowState.ACCEPTED


async def test_a_job_is_asked_for_again_after_a_cut(access: Access, emulator: CendynSandbox) -> None:
    outcomes = await push(access, rows(1))
    emulator.faults.set(Kind.CUT_BEFORE, times=1)
    assert access.jobs is not None
    assert (await access.jobs.job(outcomes[0].number)).state is JobState.RUNNING


async def test_without_a_server_nothing_was_sent(emulator: CendynSandbox) -> None:
    with LoopbackServer(emulator) as gone:
        address = gone.base_url
    opened = VENDOR.open_access(account(address), Secrets(), None)
    with pytest.raises(OfflineError):
        await push(opened, rows(1))
    await opened.aclose()
