"""Work that is done in rounds for as long as the program runs, each round saying when the next one is due. On the
caller's loop."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from crmdesk.core.errors import StorageError
from crmdesk.core.tasks import TaskScope

if TYPE_CHECKING:
    from crmdesk.sync.checks import Checks

log = logging.getLogger(__name__)

LONGEST_SLEEP = 60.0  # s; a wall clock that jumped is noticed after that at most


class Rounds:
    """One task that does what is due, and waits until more is or somebody wakes it. Neither a file that cannot be read
    now (a network drive that is away) nor a mistake of ours ends it. `what` names it in the log."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._scope = TaskScope(_report)
        self._woken = asyncio.Event()
        self.running = False

    def start(self) -> None:
        self.running = True
        self._scope.start(self._go_round(), what=self._what, key="rounds", if_busy="keep")

    async def aclose(self) -> None:
        self.running = False
        await self._scope.aclose()

    def wake(self) -> None:
        """There is something new, or something may be tried again."""
        self._woken.set()

    async def round(self) -> float:
        """Does what is due; seconds until more is. StorageError."""
        raise NotImplementedError

    async def _go_round(self) -> None:
        while True:
            self._woken.clear()
            wait = LONGEST_SLEEP
            try:
                wait = await self.round()
            except StorageError as error:
                log.warning("%s: put off: %s", self._what, error.title)
            except Exception:
                log.exception("%s failed", self._what)
                self._woken.clear()  # what it woke itself must not make it fail at once again
            with suppress(TimeoutError):
                async with asyncio.timeout(min(wait, LONGEST_SLEEP)):
                    await self._woken.wait()


class Questions(Rounds):
    """Asked beside everything else; off-line nothing is."""

    def __init__(self, what: str, checks: Checks) -> None:
        super().__init__(what)
        self._checks = checks

    async def round(self) -> float:
        return LONGEST_SLEEP if self._checks.working_offline else await self.ask_due()

    async def ask_due(self) -> float:
        """Asks what is due; seconds until the next question is. StorageError."""
        raise NotImplementedError


def _report(what: str, error: BaseException) -> None:
    log.error("%s failed", what, exc_info=error)
