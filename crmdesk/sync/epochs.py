"""The data folder's age, asked at the start and before every call that sends events (see `core.epoch`)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from crmdesk.core.epoch import Age, EpochStore, Mark, age
from crmdesk.core.errors import ForbiddenError, StorageError
from crmdesk.core.seams import Clock, gate, iso, new_id
from crmdesk.store import call_reads, calls, restarts
from crmdesk.store.commits import Touched
from crmdesk.store.database import Connection, driver_of
from crmdesk.sync.gated import write_gated

if TYPE_CHECKING:
    from crmdesk.store.database import Database
    from crmdesk.store.restarts import Recovered

log = logging.getLogger(__name__)


class OldFolderError(ForbiddenError):
    """Another copy of this data folder has sent something since."""


class EpochGuard:
    """`start` first; then `raise_for` before each call, from one thread."""

    def __init__(self, database: Database, store: EpochStore, clock: Clock) -> None:
        self._database, self._store, self._clock = database, store, clock
        self._install = ""
        self._mark: Mark | None = None
        self.owed = 0  # raised for a call that could not be claimed: the folder has yet to keep it; 0: nothing

    async def begin(self) -> tuple[str, int]:
        """(name, number) that a folder gets with its first submission; as they are where it has them. StorageError."""

        def read(connection: Connection) -> tuple[str, int]:
            driver = driver_of(connection)
            return restarts.install_of(driver), restarts.epoch_of(driver)

        install, own = await self._database.read(read)
        if install:
            return install, own
        install, self._mark = new_id(), Mark(1)
        if not self._store.swap(install, None, self._mark):
            raise StorageError("The counter beside the data folder cannot be begun.", "Start crmdesk again.")
        self._install = install
        return install, 1

    async def start(self) -> Recovered:
        """Finds out how old the folder is, and recovers it accordingly in one commit. StorageError."""

        def read(connection: Connection) -> tuple[str, int, frozenset[str]]:
            driver = driver_of(connection)
            return restarts.install_of(driver), restarts.epoch_of(driver), call_reads.unsent_tokens(driver)

        install, own, unsent = await self._database.read(read)
        if not install:
            return restarts.Recovered()  # it never held a submission
        mark = self._store.read(install)
        found = age(install, own, mark, unsent)
        number = self._renewed(install, own, mark) if found is Age.OLD else mark.number if mark else 0
        token = mark.token if mark else ""
        gate("submission.aged")

        def run(connection: Connection, touched: Touched) -> Recovered:
            driver = driver_of(connection)
            recovered = restarts.recover(driver, touched, found, token, iso(self._clock.now()))
            calls.put_epoch(driver, number)
            return recovered

        recovered = await write_gated(self._database, "submission.recovered", run)
        self._install, self._mark = install, self._store.read(install)
        if found is Age.OLD:
            log.warning("this data folder is a backup or a copy: what looks unsent in it is in doubt")
        return recovered

    def _renewed(self, install: str, own: int, mark: Mark | None) -> int:
        """From here on this folder counts, and the one it is a copy of is old."""
        then = Mark(max(own, mark.number if mark else 0) + 1)
        if not self._store.swap(install, mark, then):
            raise StorageError("Two copies of this data folder are in use.", "Close one of them.")
        return then.number

    def raise_for(self, token: str) -> int:
        """The number to be committed with the call's *sending*. OldFolderError where another copy has raised it since;
        StorageError, and nothing may be sent."""
        if self._mark is None:
            raise OldFolderError("This data folder has no counter beside it.", "Start crmdesk again.")
        then = Mark(self._mark.number + 1, token)
        if not self._store.swap(self._install, self._mark, then):
            raise OldFolderError(
                "Another copy of this data folder is in use.", "Close it, then look at what is unknown."
            )
        self._mark = then
        gate("submission.epoch.raised")
        return then.number

    def owe(self, number: int) -> None:
        """Raised, and its commit failed. Raised twice so, the folder would look like a backup at the next start."""
        self.owed = max(self.owed, number)

    def paid(self, number: int) -> None:
        """`number` is on the disk."""
        if self.owed <= number:
            self.owed = 0
