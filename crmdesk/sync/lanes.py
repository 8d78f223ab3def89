"""What is sent account by account: one piece after the other in an account's lane, several accounts side by side; woken
by verbs, by time, and by a connection that is back. On the caller's loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from crmdesk.core.errors import StorageError
from crmdesk.core.seams import Clock
from crmdesk.sync.rounds import LONGEST_SLEEP, Rounds

if TYPE_CHECKING:
    from crmdesk.store.database import Database

log = logging.getLogger(__name__)

BACKOFF = (5, 30, 120, 600, 1800)  # s between tries; the last one from then on (UX-OUT-04)
LONGEST_WAIT = timedelta(hours=24)  # of what a vendor may ask for
TIDY_EVERY = 3600.0  # s
LAST_WAIT = 4.0  # s that a request under way gets at the end of the program


class Lanes(Rounds):
    """Owns the lanes. What a lane does, when it may and what comes first belongs to the subclass; `lane` names a lane's
    task in the log."""

    def __init__(self, database: Database, clock: Clock, what: str, lane: str) -> None:
        super().__init__(what)
        self._database, self._clock, self._lane_name = database, clock, lane
        self._lanes: dict[int, asyncio.Task[None]] = {}
        self._not_before: dict[int, float] = {}  # monotonic; after a fault that stops the whole account
        self._unsure: set[int] = set()  # accounts in which something may stand as being sent that is not
        self._ending = False
        self._tidy_at = float("-inf")

    async def aclose(self) -> None:
        """Nothing further begins; what is under way gets a moment to end well."""
        self._ending = True
        await self.ended(LAST_WAIT)
        await super().aclose()

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

    async def round(self) -> float:
        await self._come_first()
        await self._tidy_hourly()
        return await self._begin_due()

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
        task = self._scope.start(self._lane(account_id), what=self._lane_name, key=account_id)
        if task is not None:
            self._lanes[account_id] = task
            task.add_done_callback(lambda _: self.wake())

    async def _tidy_hourly(self) -> None:
        """What cannot be tidied now is kept until the next hour; it must not hold up what is to be sent."""
        if self._clock.monotonic() < self._tidy_at:
            return
        self._tidy_at = self._clock.monotonic() + TIDY_EVERY
        try:
            if await self._clock_is_believed():
                await self.tidy()
        except StorageError as error:
            log.warning("%s: nothing is tidied for an hour: %s", self._what, error.title)
        except Exception:
            log.exception("%s: tidying failed", self._what)

    async def _clock_is_believed(self) -> bool:
        from crmdesk.store import clock_mark
        from crmdesk.store.database import driver_of

        now = self._clock.now()
        believed = await self._database.write(lambda c, _: clock_mark.is_believed(driver_of(c), now))
        if not believed:
            log.info("this computer's clock has jumped: nothing is deleted for its age until tomorrow")
        return believed

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

    async def tidy(self) -> object:
        """What is kept no longer goes. StorageError."""
        raise NotImplementedError
