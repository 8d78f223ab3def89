"""Threads that own one database connection each and run jobs on it, one at a time."""

from __future__ import annotations

import asyncio
import threading
import traceback
from collections import deque
from collections.abc import Callable
from concurrent import futures
from concurrent.futures import CancelledError, Future
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_AGAIN_SECONDS = 0.005
Run = Callable[[Callable[..., Any], object], Any]


class Job(Generic[T]):
    """One function waiting for its turn. `origin` travels with a write to its Changes."""

    def __init__(self, fn: Callable[..., T], origin: object, idle: bool) -> None:
        self.fn = fn
        self.origin = origin
        self.idle = idle
        self.future: Future[T] = Future()
        self.claimed = False
        self.stopped = False  # its caller is gone
        self.yielded = False  # an idle job that was interrupted for an urgent one, to be run again


class Read(Generic[T]):
    """A job under way, and who waits for it. Usable from any asyncio loop."""

    def __init__(self, lane: Lane, job: Job[T]) -> None:
        self._lane = lane
        self._job = job

    def wait(self, seconds: float) -> T | None:
        """Blocks for at most `seconds`. None if the result is not there yet, or never will be: `result` tells why."""
        futures.wait([self._job.future], seconds)
        done = self._job.future.done() and not self._job.future.cancelled() and self._job.future.exception() is None
        return self._job.future.result() if done else None

    def blocking(self) -> T:
        """The result, for a worker thread that has nothing else to do meanwhile."""
        return self._job.future.result()

    async def result(self) -> T:
        """A cancelled caller cancels the job."""
        try:
            return await asyncio.wrap_future(self._job.future)
        except asyncio.CancelledError:
            self.cancel()
            raise

    def cancel(self) -> None:
        """The result is no longer wanted."""
        self._lane.cancel(self._job)


class Lane:
    """A thread, its queue and its connection.

    `run(fn, origin)` does one job, in the lane's thread. `interrupt` ends the running statement; it is called only
    while that very job runs, under the lock that guards the change of jobs, so it can never hit the next one.
    Idle jobs run when nothing else waits and are interrupted for what comes (then run again from their beginning)."""

    def __init__(self, name: str, run: Run, *, interrupt: Callable[[], None] | None = None) -> None:
        self._run = run
        self._interrupt = interrupt
        self._changed = threading.Condition()
        self._urgent: deque[Job[Any]] = deque()
        self._idle: deque[Job[Any]] = deque()
        self._current: Job[Any] | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._work, name=f"crmdesk-{name}", daemon=True)
        self._thread.start()

    def submit(self, fn: Callable[..., T], *, origin: object = None, idle: bool = False) -> Job[T]:
        """Queues a job. RuntimeError after `close`."""
        job = Job(fn, origin, idle)
        with self._changed:
            if self._closed:
                raise RuntimeError("the database is closed")
            (self._idle if idle else self._urgent).append(job)
            running = self._current
            if not idle and running is not None and running.idle and self._interrupt:
                running.yielded = True
                self._end(running)
            self._changed.notify()
        return job

    def cancel(self, job: Job[Any]) -> None:
        """The caller no longer wants the result: a waiting job is dropped, a running read ends at once. A running
        write ends as it would have, since half of it cannot be taken back by its caller."""
        with self._changed:
            job.stopped = True
            self._end(job)

    def close(self, *, drain: bool) -> None:
        """Ends the thread: after the waiting jobs (`drain`), or with these cancelled and the running one interrupted.
        Safe to call twice."""
        with self._changed:
            self._closed = True
            for job in self._idle if drain else (*self._urgent, *self._idle):
                job.stopped = True
            if self._current and self._interrupt and (self._current.idle or not drain):
                self._current.stopped = True
                self._end(self._current)
            self._changed.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _end(self, job: Job[Any]) -> None:
        """Interrupts the job if it is running, again and again until it is not: between two statements of a job an
        interrupt goes nowhere. Called under the lock."""
        if self._current is not job or self._interrupt is None:
            return
        self._interrupt()
        again = threading.Timer(_AGAIN_SECONDS, self._end_again, (job,))
        again.daemon = True
        again.start()

    def _end_again(self, job: Job[Any]) -> None:
        with self._changed:
            if job.stopped or job.yielded:
                self._end(job)

    def _next(self) -> Job[Any] | None:
        with self._changed:
            self._current = None
            while not self._urgent and not self._idle:
                if self._closed:
                    return None
                self._changed.wait()
            self._current = self._urgent.popleft() if self._urgent else self._idle.popleft()
            return self._current

    def _work(self) -> None:
        while (job := self._next()) is not None:
            if job.claimed or job.future.set_running_or_notify_cancel():
                job.claimed = True
                self._settle(job)
            del job  # a result may be large; the next job may be long in coming

    def _settle(self, job: Job[Any]) -> None:
        """Runs a job and answers its caller, or puts it back where it had to make room."""
        result: Any = None
        error: BaseException | None = None
        if job.stopped:
            error = CancelledError()
        else:
            try:
                result = self._run(job.fn, job.origin)
            except BaseException as failure:  # noqa: BLE001 - goes to whoever asked
                error = failure
                _let_go(error)
        with self._changed:
            self._current = None
            if error is not None and job.yielded and not job.stopped:
                job.yielded = False
                self._idle.appendleft(job)
                return
        if error is None:
            job.future.set_result(result)
        else:
            job.future.set_exception(CancelledError() if job.stopped else error)


def _let_go(error: BaseException) -> None:
    """Frees what the frames of a failed job hold, here and now. The driver shares a statement between cursors by its
    text, and a cursor that dies resets its statement: one that lived on in a traceback would do so while another job
    reads with that statement, which then begins again at the first row."""
    waiting: list[BaseException | None] = [error]
    done: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in done:
            done.add(id(one))
            traceback.clear_frames(one.__traceback__)
            waiting += (one.__cause__, one.__context__)
