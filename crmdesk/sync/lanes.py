"""What is sent account by account: one piece after the other in an account's lane, several accounts side by side; woken
by verbs, by time, and by a connection that is back. On the caller's loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

from crmdesk.core.seams import Clock
from crmdesk.core.tasks import TaskScope

log = logging.getLogger(__name__)

BACKOFF = (5, 30, 120, 600, 1800)  # s between tries; the last one from then on (UX-OUT-04)
LONGEST_WAIT = timedelta(hours=24)  # of what a vendor may ask for
LONGEST_SLEEP = 60.0  # s; a wall clock that jumped is noticed after that at most
TIDY_EVERY = 3600.0  # s
LAST_WAIT = 4.0  # s that a request under way gets at the end of the program


class Lanes:
    """Owns the lanes. What a lane does, when it may and what comes first belongs to the subclass; `what` names a lane's
    task in reports."""

    def __init__(self, clock: Clock, what: str) -> None:
        self._clock, self._what = clock, what
        self._scope = TaskScope(_report)
        self._woken = asyncio.Event()
        self._lanes: dict[int, asyncio.Task[None]] = {}
        self._not_before: dict[int, float] = {}  # monotonic; after a fault that stops the whole account
        self._unsure: set[int] = set()  # accounts in which something may stand as being sent that is not
        self._ending = False
        self._tidy_at = float("-inf")

    async def aclose(self) -> None:
        """Nothing further begins; what is under way gets a moment to end well."""
        self._ending = True
        await self.ended(LAST_WAIT)
        await self._scope.aclose()

    @property
    def busy(self) -> bool:
        """Something is on its way to a vendor."""
        return any(not task.done() for task in self._lanes.values())

    async def ended(self, seconds: float | None = None) -> None:
        """Returns when what is under way now has ended, or after so many seconds."""
        if running := [task for task in self._lanes.values() if not task.done()]:
            await asyncio.wait(running, timeout=seconds)

    async def rest(self) -> None:
        """Nothing further begins until `go_on`; returns when what is under way has ended, however long that takes."""
        self._ending = True
        await self.ended()

    def go_on(self) -> None:
        self._ending = False
        self.wake()

    def wake(self) -> None:
        """Something was saved, decided, or may be tried again."""
        self._woken.set()

    async def send_due(self) -> None:
        """Sends everything that may go now; returns when it has been tried (command line, tests)."""
        await self._come_first()
        while True:
            await self._begin_due()
            if not self.busy:
                return
            await self.ended()

    async def _begin_due(self) -> float:
        """Starts a lane for every account that has something to send now; seconds until there is more."""
        waits = [LONGEST_SLEEP]
        for account_id, at in (await self._due_times()).items():
            wait = self._wait(account_id, at)
            if wait is None:
                continue
            if wait > 0:
                waits.append(wait)
            elif account_id not in self._lanes or self._lanes[account_id].done():
                self._begin(account_id)
        return min(waits)

    def _begin(self, account_id: int) -> None:
        task = self._scope.start(self._lane(account_id), what=self._what, key=account_id)
        if task is not None:
            self._lanes[account_id] = task
            task.add_done_callback(lambda _: self.wake())

    async def _sleep(self, wait: float) -> None:
        """Until somebody wakes it, at most so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(min(wait, LONGEST_SLEEP)):
                await self._woken.wait()

    # ── of the subclass ──────────────────────────────────────────────────────────────────────────────────────────

    async def _come_first(self) -> None:
        """What must be clear before anything is sent. StorageError."""
        raise NotImplementedError

    async def _due_times(self) -> Mapping[int, str]:
        """By account id: when its next piece may go, as UTC ISO text. StorageError."""
        raise NotImplementedError

    def _wait(self, account_id: int, at: str) -> float | None:
        """Seconds until the account's next piece may go; None: not by time alone."""
        raise NotImplementedError

    async def _lane(self, account_id: int) -> None:
        """The account's pieces one after the other, until none is due or something stops them all."""
        raise NotImplementedError


def _report(what: str, error: BaseException) -> None:
    log.error("%s failed", what, exc_info=error)
