"""NetworkThread: a second asyncio loop in a daemon thread, where all HTTP lives.

A pull on the window's own loop makes it wait up to 90 ms at a time, on a loop in a worker thread 15-20 ms
(measured; design decision D19). The first client made, and the imports it needs, cost more than 100 ms once: those
happen here too, because a factory is called in the thread, not by the caller.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError as Cancelled
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from crmdesk.core.tasks import TaskScope

log = logging.getLogger(__name__)

T = TypeVar("T")

UNWIND_SECONDS = 5.0  # a cancelled caller waits this long for its work to have ended; requests end at once


@dataclass(eq=False)
class _Call:
    """One piece of work on its way through the thread."""

    factory: Callable[[], Awaitable[Any]]
    done: Future[Any] = field(default_factory=Future)
    task: asyncio.Task[Any] | None = None
    unwanted: bool = False

    async def work(self) -> None:
        try:
            result = await self.factory()
        except asyncio.CancelledError:
            self.done.cancel()
            raise
        except BaseException as error:  # noqa: BLE001 - handed on whole
            self.done.set_exception(error)
        else:
            self.done.set_result(result)

    def begin(self, scope: TaskScope) -> None:
        if not self.unwanted:
            self.task = scope.start(self.work(), what="network work")
        if self.task is None:
            self.done.cancel()
        else:
            self.task.add_done_callback(lambda _: self.done.cancel())  # cancelled before its first step; else no effect

    def drop(self) -> None:
        self.unwanted = True
        if self.task is not None:
            self.task.cancel()


class NetworkThread:
    """Runs coroutines on its own loop, for callers on any other loop or on none. Starts its thread when first used."""

    def __init__(self, name: str = "network") -> None:
        self._name = name
        self._guard = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._scope = TaskScope(_report)
        self._closed = False

    async def run(self, factory: Callable[[], Awaitable[T]]) -> T:
        """`await factory()` in the thread. Cancelling the caller cancels the work and waits until it has ended."""
        call = _Call(factory)
        self._submit(call)
        outcome = asyncio.wrap_future(call.done)
        try:
            return await asyncio.shield(outcome)
        except asyncio.CancelledError:
            if not outcome.done():
                self._drop(call)
                await asyncio.wait([outcome], timeout=UNWIND_SECONDS)
            if outcome.done() and not outcome.cancelled():
                outcome.exception()  # looked at: the caller has gone, so nobody else will
            raise

    def run_sync(self, factory: Callable[[], Awaitable[T]]) -> T:
        """The same for a plain script: blocks. Ctrl+C cancels the work."""
        call = _Call(factory)
        self._submit(call)
        try:
            result: T = call.done.result()
            return result
        except Cancelled:
            raise asyncio.CancelledError from None
        except KeyboardInterrupt:
            self._drop(call)
            raise

    def close(self, timeout: float = UNWIND_SECONDS) -> None:
        """Refuse new work, cancel what runs, end the thread; waits `timeout` seconds at most. Safe to call twice."""
        with self._guard:
            if not self._closed and self._loop is not None:
                self._loop.call_soon_threadsafe(self._loop.stop)  # behind all that was submitted before
            self._closed = True
            thread = self._thread
        if thread is None:
            return
        thread.join(timeout)
        if thread.is_alive():
            log.warning("the network thread did not end within %s s", timeout)

    def _submit(self, call: _Call) -> None:
        with self._guard:
            if self._closed:
                raise RuntimeError("the network thread is closed")
            loop = self._loop or self._begin()
            loop.call_soon_threadsafe(call.begin, self._scope)

    def _drop(self, call: _Call) -> None:
        with self._guard:
            if self._loop is not None and not self._closed:  # once closed, all work is cancelled anyway
                self._loop.call_soon_threadsafe(call.drop)

    def _begin(self) -> asyncio.AbstractEventLoop:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._live, args=(self._loop,), name=self._name, daemon=True)
        self._thread.start()
        return self._loop

    def _live(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
            loop.run_until_complete(self._scope.aclose())
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()


def _report(what: str, error: BaseException) -> None:
    log.error("%s failed: %s", what, type(error).__name__)
