"""Rows whose answer was lost are looked up by themselves, three times: after a minute, two and twelve. A look-up only
reads. What is found once is sent; everything else stays unknown, and a person decides about it.

    a row's answer is lost ─► 60 s after it left ─► 60 s later ─► 10 min later ─► nothing more by itself

What left more than a day ago is a person's, and so are more than MOST rows: each may take a question of its own. On the
caller's loop.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from crmdesk.core.errors import ForbiddenError, KnownError, NotFoundError, StorageError
from crmdesk.core.seams import Clock, iso
from crmdesk.store import call_reads
from crmdesk.store.database import driver_of
from crmdesk.sync.rounds import LONGEST_SLEEP, Questions

if TYPE_CHECKING:
    from crmdesk.store.database import Database
    from crmdesk.sync.checks import Checks

log = logging.getLogger(__name__)

PAUSES = (60.0, 60.0, 600.0)  # s before each look: after the rows left, then after the look before
TRIES = 10  # that came to nothing, as while there is no line
MOST = 200  # rows of one submission: the account's other calls and changes wait for all of them
LONGEST = timedelta(days=1)  # since the rows left


@dataclass
class _Plan:
    """Of the unknown rows of one submission. `at`: monotonic, of the next look."""

    at: float
    looks: int = 0
    failed: int = 0

    @property
    def over(self) -> bool:
        return self.looks >= len(PAUSES) or self.failed >= TRIES


@dataclass(frozen=True, slots=True)
class Looks:
    """For people: when the vendor is asked next (None: not by itself any more), and how often it was."""

    next_at: datetime | None = None
    done: int = 0


class LookWatch(Questions):
    """Owns the looks. `look_up` asks for all unknown rows of a submission, `can` says whether that is possible."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        checks: Checks,
        look_up: Callable[[int], Awaitable[object]],
        can: Callable[[int], Awaitable[bool]],
    ) -> None:
        super().__init__("look-ups of unknown rows", checks)
        self._database, self._clock, self._look_up, self._can = database, clock, look_up, can
        self._plans: dict[tuple[int, str], _Plan] = {}

    async def of(self, submission_id: int) -> Looks:
        """How far it is with one submission: while nothing is asked there is no time. StorageError."""
        if not self.running:
            return Looks()
        await self._plan()
        plan = next((plan for (number, _), plan in self._plans.items() if number == submission_id), None)
        if plan is None or plan.over or self._checks.working_offline:
            return Looks(None, plan.looks if plan else 0)
        wait = max(0.0, plan.at - self._clock.monotonic())
        return Looks(self._clock.now() + timedelta(seconds=wait), plan.looks)

    def show(self) -> None:
        """Whoever shows how far it is asks `of` anew: somebody went off-line, or came back."""
        if self.running and self._plans:
            told = self._tell({number for number, _ in self._plans})
            self._scope.start(told, what="show the look-ups", key="show", if_busy="queue")

    async def ask_due(self) -> float:
        """See `Questions.ask_due`."""
        await self._plan()
        for (number, _), plan in list(self._plans.items()):
            if not plan.over and plan.at <= self._clock.monotonic():
                await self._look(number, plan)
        now = self._clock.monotonic()
        open_plans = [plan.at - now for plan in self._plans.values() if not plan.over]
        return max(0.5, min(open_plans, default=LONGEST_SLEEP))

    async def _plan(self) -> None:
        """Rows that left later are waited for anew."""
        now = self._clock.now()
        found = await self._database.read(lambda c: call_reads.newest_unknown(driver_of(c), iso(now - LONGEST), MOST))
        for key in found:
            if key not in self._plans:
                wait = max(0.0, PAUSES[0] - _seconds_since(key[1], now))
                self.wake()  # whoever sleeps does not know it yet
                self._plans[key] = _Plan(self._clock.monotonic() + min(wait, PAUSES[0]))
        self._plans = {key: plan for key, plan in self._plans.items() if key in found}

    async def _look(self, number: int, plan: _Plan) -> None:
        try:
            if await self._can(number):
                await self._look_up(number)
                plan.looks += 1
                plan.at = self._clock.monotonic() + PAUSES[min(plan.looks, len(PAUSES) - 1)]
                return  # what it found, or did not find, is written at the rows
            plan.failed = TRIES
        except (ForbiddenError, NotFoundError):
            plan.failed = TRIES
        except KnownError as error:
            log.info("unknown rows could not be looked up: %s", error.title)
            self._again(plan)
        except Exception:  # a mistake of ours with these rows is none with the others'
            log.exception("a look-up failed")
            self._again(plan)
        await self._tell({number})

    async def _tell(self, numbers: set[int]) -> None:
        """Nothing of these submissions has changed in the data file, but the time that is shown has."""
        try:
            await self._database.write(lambda _, touched: touched.submissions.update(numbers))
        except StorageError as error:
            log.warning("the next look-up is not shown: %s", error.title)

    def _again(self, plan: _Plan) -> None:
        """Later each time: it counts although nothing came of it, e.g. because the disk is full."""
        plan.failed += 1
        plan.at = self._clock.monotonic() + min(PAUSES[0] * 2**plan.failed, PAUSES[-1])


def _seconds_since(at: str, now: datetime) -> float:
    """0 for a time that nobody of ours wrote."""
    with suppress(ValueError, TypeError):
        return (now - datetime.fromisoformat(at)).total_seconds()
    return 0.0
