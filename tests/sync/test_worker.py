"""The network thread: work runs there, ends with its caller, and ends with the thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from crmdesk.core.errors import OfflineError
from crmdesk.sync.worker import NetworkThread


@pytest.fixture
def network() -> Iterator[NetworkThread]:
    thread = NetworkThread()
    yield thread
    thread.close()


async def test_work_runs_in_the_thread_and_its_result_comes_back(network: NetworkThread) -> None:
    async def work() -> str:
        return threading.current_thread().name

    assert await network.run(work) == "network"
    assert await network.run(work) != threading.current_thread().name


async def test_errors_come_back_as_they_were(network: NetworkThread) -> None:
    async def work() -> None:
        raise OfflineError("No connection.")

    with pytest.raises(OfflineError, match="No connection"):
        await network.run(work)


def test_a_factory_that_fails_at_once_is_told(network: NetworkThread) -> None:
    def factory() -> None:
        raise ValueError("not a coroutine at all")

    with pytest.raises(ValueError, match="at all"):
        network.run_sync(factory)  # type: ignore[arg-type]


async def test_cancelling_the_caller_ends_the_work_before_the_caller_goes_on(network: NetworkThread) -> None:
    began, ended = threading.Event(), threading.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    caller = asyncio.ensure_future(network.run(work))
    await asyncio.to_thread(began.wait, 5)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert ended.is_set()


async def test_a_caller_cancelled_before_the_work_began_never_starts_it(network: NetworkThread) -> None:
    ran = threading.Event()
    hold, held = threading.Event(), threading.Event()

    async def blocker() -> None:
        held.set()
        hold.wait(5)

    async def work() -> None:
        ran.set()

    first = asyncio.ensure_future(network.run(blocker))
    await asyncio.to_thread(held.wait, 5)
    second = asyncio.ensure_future(network.run(work))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.sleep(0)
    hold.set()
    with pytest.raises(asyncio.CancelledError):
        await second
    await first
    assert not ran.is_set()


async def test_an_error_while_the_work_is_being_cancelled_is_nobodys_surprise(network: NetworkThread) -> None:
    began = threading.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            raise OfflineError("while stopping")

    caller = asyncio.ensure_future(network.run(work))
    await asyncio.to_thread(began.wait, 5)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller


def test_a_plain_script_needs_no_loop_of_its_own(network: NetworkThread) -> None:
    async def work() -> int:
        await asyncio.sleep(0)
        return 7

    assert network.run_sync(work) == 7


def test_closing_cancels_the_work_and_refuses_more() -> None:
    network = NetworkThread()
    began, ended = threading.Event(), threading.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    results: list[BaseException] = []

    def script() -> None:
        try:
            network.run_sync(work)
        except BaseException as error:
            results.append(error)

    thread = threading.Thread(target=script)
    thread.start()
    assert began.wait(5)
    network.close()
    thread.join(5)
    assert ended.is_set()
    assert isinstance(results[0], asyncio.CancelledError)
    with pytest.raises(RuntimeError, match="closed"):
        network.run_sync(work)
    network.close()


def test_a_thread_never_used_is_never_started() -> None:
    before = threading.active_count()
    NetworkThread().close()
    assert threading.active_count() == before


@pytest.mark.expect_log
def test_closing_is_bounded_even_if_the_work_blocks() -> None:
    network = NetworkThread()
    hold, held = threading.Event(), threading.Event()

    async def stuck() -> None:
        held.set()
        hold.wait(10)

    threading.Thread(target=lambda: network.run_sync(stuck), daemon=True).start()
    assert held.wait(5)
    network.close(timeout=0.05)
    hold.set()
    network.close()
