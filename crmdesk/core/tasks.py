"""TaskScope: the owner of coroutines. The only place that makes asyncio tasks.

asyncio is imported with the first task: it costs 50 ms, which the first painted window does not wait for.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Hashable
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import asyncio

Reporter = Callable[[str, BaseException], None]
IfBusy = Literal["replace", "keep", "queue"]


class TaskScope:
    """Owns every coroutine of a window (or of the program) and ends them with it.

    A failing task is reported once, by name, and ends nobody else's work; cancelling is silent.
    """

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._tasks: set[asyncio.Task[Any]] = set()
        self._by_key: dict[Hashable, asyncio.Task[Any]] = {}
        self._closed = False

    def start(
        self,
        coro: Coroutine[Any, Any, Any],
        *,
        what: str,
        key: Hashable | None = None,
        if_busy: IfBusy = "replace",
    ) -> asyncio.Task[Any] | None:
        """Run `coro` on the running loop. `what` names it in reports.

        Of the tasks with one `key` only one runs: a newer one replaces it (cancels), is refused ("keep") or waits for
        its end ("queue"). Returns None, and closes `coro`, where it was refused or the scope is closed."""
        older = self._by_key.get(key) if key is not None else None
        if older is not None and older.done():
            older = None  # it has ended; the loop only has not told us yet, and a click of that moment counts
        if self._closed or (older is not None and if_busy == "keep"):
            coro.close()
            return None
        queued = coro
        if older is not None and if_busy == "queue":
            coro = _after(older, coro)
        elif older is not None:
            older.cancel()
        import asyncio

        task = asyncio.get_running_loop().create_task(coro, name=what)
        self._tasks.add(task)
        if key is not None:
            self._by_key[key] = task
        task.add_done_callback(lambda done: self._finished(done, key))
        task.add_done_callback(lambda _: queued.close())  # cancelled before its turn it was never begun
        return task

    def running(self, key: Hashable) -> bool:
        """True while a task with this key has not ended."""
        task = self._by_key.get(key)
        return task is not None and not task.done()

    def cancel(self, key: Hashable) -> bool:
        """Ask the task with this key to stop; False if there is none."""
        task = self._by_key.get(key)
        return task.cancel() if task is not None else False

    async def aclose(self) -> None:
        """Refuse new work, cancel all, wait until each has ended. Safe to call twice."""
        import asyncio

        self._closed = True
        me = asyncio.current_task()
        while pending := [task for task in self._tasks if task is not me]:
            for task in pending:
                task.cancel()
            await asyncio.wait(pending)

    def _finished(self, task: asyncio.Task[Any], key: Hashable | None) -> None:
        self._tasks.discard(task)
        if key is not None and self._by_key.get(key) is task:
            del self._by_key[key]
        if not task.cancelled() and (error := task.exception()) is not None:
            self._reporter(task.get_name(), error)


class PartScope(TaskScope):
    """The tasks of one part of a window; the window's scope owns them, and keys hold across all parts. A part may be
    taken apart once they have `ended`."""

    def __init__(self, whole: TaskScope) -> None:
        super().__init__(whole._reporter)
        self._whole = whole

    def start(
        self,
        coro: Coroutine[Any, Any, Any],
        *,
        what: str,
        key: Hashable | None = None,
        if_busy: IfBusy = "replace",
    ) -> asyncio.Task[Any] | None:
        """See `TaskScope.start`."""
        if self._closed:
            coro.close()
            return None
        task = self._whole.start(coro, what=what, key=key, if_busy=if_busy)
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return task

    def running(self, key: Hashable) -> bool:
        """See `TaskScope.running`."""
        return self._whole.running(key)

    def cancel(self, key: Hashable) -> bool:
        """See `TaskScope.cancel`."""
        return self._whole.cancel(key)

    async def ended(self) -> None:
        """Until none of them runs any more; nothing is cancelled."""
        import asyncio

        while self._tasks:
            await asyncio.wait(self._tasks)


async def _after(older: asyncio.Task[Any], coro: Coroutine[Any, Any, Any]) -> Any:
    """Wait for `older` to end in whatever way, then run `coro`."""
    import asyncio

    await asyncio.wait([older])
    return await coro
