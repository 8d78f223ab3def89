"""Guest cards: linking records of one person, deciding about pairs, and bringing a value from one record to another.

Linking is kept here alone and changes no vendor's record; what is copied or merged goes through the outbox as any other
edit. Nothing is linked by itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from crmdesk.core.cards import Linked, Pair, Scanned, ScanProgress, Verdict
from crmdesk.core.changes import PERSON
from crmdesk.core.errors import ForbiddenError, KnownError
from crmdesk.core.match import DEFAULT, Weights
from crmdesk.core.seams import Clock, iso
from crmdesk.core.tasks import TaskScope
from crmdesk.core.vendor import Vendor
from crmdesk.sync.card_records import CardRecords
from crmdesk.sync.card_scan import Scan

if TYPE_CHECKING:
    from crmdesk.store.cards import Desk
    from crmdesk.store.database import Database
    from crmdesk.sync.edits import Edits

T = TypeVar("T")
log = logging.getLogger(__name__)
FIRST_SCAN = 300.0  # s after the start: the checks come first
SCAN_LOOK = 1800.0  # s between looks whether a search is due
SCAN_EVERY = timedelta(hours=24)
EARLIER = "An earlier search for duplicates is still ending."


class Cards(CardRecords):
    """Used on the caller's loop. All verbs raise KnownError and then have changed nothing. `weights` count from the
    next search on."""

    def __init__(
        self, database: Database, vendors: Mapping[str, Vendor], clock: Clock, edits: Edits, weights: Weights = DEFAULT
    ) -> None:
        super().__init__(database, vendors, edits)
        self._clock = clock
        self.weights = weights
        self._scope = TaskScope(_report)
        self._listeners: list[tuple[Callable[[ScanProgress], object] | None, Callable[[], bool] | None]] = []
        self._stopping = False

    # ── linking ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def link(self, contact_ids: Sequence[int]) -> Linked:
        """One card for these and for everybody they are linked with already; whoever asks shows these before."""
        from crmdesk.store import cards

        return await self._do(lambda desk: cards.link(desk, list(contact_ids)))

    async def unlink(self, contact_ids: Sequence[int], *, together: bool = False) -> Linked:
        """Off their cards, each for itself, or `together` as a card of their own; the others stay linked."""
        from crmdesk.store import cards

        return await self._do(lambda desk: cards.unlink(desk, list(contact_ids), together=together))

    async def decide(self, pair: Pair | tuple[int, int], verdict: Verdict) -> Linked:
        """*Different people* is kept over searches, *Not sure* puts the pair behind the others. NotFoundError where the
        two are no pair (any more)."""
        from crmdesk.store import cards

        a, b = (pair.a, pair.b) if isinstance(pair, Pair) else pair
        return await self._do(lambda desk: cards.decide(desk, a, b, verdict))

    async def lift(self, pair: Pair | tuple[int, int]) -> Linked:
        """Takes back what was said of a pair: it is a question again."""
        return await self.decide(pair, Verdict.OPEN)

    async def undo(self, ticket: Linked) -> None:
        """ForbiddenError where the same records were linked otherwise since."""
        from crmdesk.store import cards

        await self._do(lambda desk: cards.undo(desk, ticket))

    async def _do(self, fn: Callable[[Desk], T]) -> T:
        from crmdesk.store import cards
        from crmdesk.store.database import driver_of

        await self._edits.sign()
        now, operator = iso(self._clock.now()), self._edits.operator
        return await self._database.write(lambda c, t: fn(cards.Desk(driver_of(c), t, now, operator)), origin=PERSON)

    # ── looking for pairs ────────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Looks for pairs once a day, from some minutes after the start on. On the running loop."""
        self._scope.start(self._daily(), what="look for duplicates daily", key="daily")

    async def aclose(self) -> None:
        """Ends a search; what it found is kept. Safe to call twice."""
        await self._scope.aclose()

    @property
    def scanning(self) -> bool:
        return self._scope.running("scan")

    async def scan(
        self,
        progress: Callable[[ScanProgress], object] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Scanned:
        """Looks at all records for pairs; joins a search that runs. `progress` hears how far it is, on this loop;
        `cancelled` is asked every few hundred records. Cancelling the caller leaves the search running: `stop_scan`
        ends it. StorageError."""
        listener = (progress, cancelled)
        self._listeners.append(listener)
        try:
            task = self._scope.start(self._scan(), what="look for duplicates", key="scan", if_busy="keep")
            if task is not None:
                self._running = task
            elif not self.scanning:
                raise ForbiddenError(EARLIER, "Try it again.")
            found: Scanned = await asyncio.shield(self._running)
            return found
        finally:
            self._listeners.remove(listener)

    def stop_scan(self) -> None:
        """What was found is kept. Harmless where none runs."""
        self._stopping = self.scanning

    async def last_scan(self) -> str:
        """When the last whole search ended, UTC ISO text; '' where there was none."""
        from crmdesk.store import cards
        from crmdesk.store.database import driver_of

        return await self._database.read(lambda c: cards.scanned_at(driver_of(c)))

    async def _scan(self) -> Scanned:
        self._stopping = False
        scan = Scan(self._database, self._vendors, self._clock, self.weights, self._tell, self._stopped)
        return await scan.run()

    def _tell(self, progress: ScanProgress) -> None:
        for heard, _ in list(self._listeners):
            if heard is not None:
                heard(progress)

    def _stopped(self) -> bool:
        return self._stopping or any(asked() for _, asked in self._listeners if asked is not None)

    async def _daily(self) -> None:
        await asyncio.sleep(FIRST_SCAN)
        while True:
            with suppress(KnownError):  # e.g. the disk is full: the next look is in half an hour
                if await self._due():
                    await self.scan()
            await asyncio.sleep(SCAN_LOOK)

    async def _due(self) -> bool:
        """A search that ended in the future is none: a clock was set back since."""
        now = self._clock.now()
        return not iso(now - SCAN_EVERY) <= await self.last_scan() <= iso(now)


def _report(what: str, error: BaseException) -> None:
    log.error("%s failed", what, exc_info=error)
