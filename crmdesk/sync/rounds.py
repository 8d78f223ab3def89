"""Questions that are asked again and again beside everything else, each round saying when the next one is due."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from crmdesk.core.errors import StorageError
from crmdesk.core.tasks import TaskScope
from crmdesk.sync.lanes import LONGEST_SLEEP

if TYPE_CHECKING:
    from crmdesk.sync.checks import Checks

log = logging.getLogger(__name__)


class Rounds:
    """One task that waits, asks, and waits again; off-line it only waits. On the caller's loop."""

    def __init__(self, what: str, checks: Checks) -> None:
        self._what, self._checks = what, checks
        self._scope = TaskScope(_report)
        self._woken = asyncio.Event()
        self.running = False

    def start(self) -> None:
        self.running = True
        self._scope.start(self._run(), what=self._what, key="rounds", if_busy="keep")

    async def aclose(self) -> None:
        self.running = False
        await self._scope.aclose()

    def wake(self) -> None:
        """There is something new to ask, or the vendor answers again."""
        self._woken.set()

    async def ask_due(self) -> float:
        """Asks what is due; seconds until the next question is. StorageError."""
        raise NotImplementedError

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            wait = LONGEST_SLEEP
            try:
                if not self._checks.working_offline:
                    wait = await self.ask_due()
            except StorageError as error:
                log.warning("%s wait: %s", self._what, error.title)
            except Exception:  # a mistake of ours must not end all questions until the next start
                log.exception("%s failed", self._what)
            with suppress(TimeoutError):
                async with asyncio.timeout(min(wait, LONGEST_SLEEP)):
                    await self._woken.wait()


def _report(what: str, error: BaseException) -> None:
    log.error("%s failed", what, exc_info=error)
