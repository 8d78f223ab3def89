"""Everything below the window put together over one open data folder: cache, reader, services, network.

The window (app.py) and the command line share this; nothing here knows Qt.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crmdesk.core.changes import ChangeFeed
from crmdesk.core.seams import Clock
from crmdesk.core.vendor import Vendor
from crmdesk.folder import lent_token
from crmdesk.net.key_record import KeyFault, KeyMode, KeyUnavailableError
from crmdesk.net.secrets import Key
from crmdesk.sync.progress import StatusBoard

if TYPE_CHECKING:
    from crmdesk.backups import Backups
    from crmdesk.settings import Settings
    from crmdesk.store.database import Database
    from crmdesk.store.reader import Reader
    from crmdesk.sync.services import Services
    from crmdesk.sync.worker import NetworkThread

Post = Callable[[Callable[[], None]], object]


@dataclass
class Workspace:
    """Everything below the window, open."""

    database: Database
    reader: Reader
    services: Services
    network: NetworkThread
    board: StatusBoard
    session_folder: Path | None = None  # deleted when the workspace closes
    backups: Backups | None = None  # None where nothing is kept

    async def aclose(self) -> None:
        """Ends checks and reads, closes the file. Safe to call twice."""
        await self.services.aclose()
        self.network.close()
        await self.database.aclose()
        self._forget()

    def _forget(self) -> None:
        if self.session_folder is not None:
            shutil.rmtree(self.session_folder, ignore_errors=True)


def vendors() -> dict[str, Vendor]:
    """All vendors by key."""
    from crmdesk.vendors import VENDORS

    return {vendor.key: vendor for vendor in VENDORS}


def open_workspace(
    path: Path,
    key: Key,
    *,
    clock: Clock,
    board: StatusBoard,
    post: Post | None = None,
    transports: Mapping[str, Any] | None = None,
    settings: Settings | None = None,
) -> Workspace:
    """Opens the cache and puts the parts together; blocking, for a worker thread. `post` moves news of commits to the
    window's thread. `settings`: the window's; without a window those of the folder hold, but nobody works offline.
    KnownError where the file cannot be used."""
    from crmdesk.backups import Backups
    from crmdesk.core.epoch import MemoryEpochs
    from crmdesk.epoch_file import FileEpochs, counters_folder
    from crmdesk.settings import load
    from crmdesk.store.database import Database
    from crmdesk.store.reader import Reader
    from crmdesk.sync.services import Services
    from crmdesk.sync.shelf import SecretShelf
    from crmdesk.sync.worker import NetworkThread

    kept = settings or load(path.parent)
    known = vendors()
    database = Database.open(path, key.value, ChangeFeed(post), clock)
    try:
        reader = Reader(database)
        reader.sort_names(by_given=settings is not None and settings.sorts_by_given)
        network = NetworkThread()
        services = Services(
            database,
            reader,
            known,
            network,
            board,
            clock,
            transports or {},
            check_minutes=kept.check_minutes,
            working_offline=settings is not None and settings.working_offline,
            shelf=SecretShelf(database, keep=key.mode is not KeyMode.KEYFILE, lent=lent_token),
            epochs=MemoryEpochs() if key.mode is KeyMode.MEMORY else FileEpochs(counters_folder()),
        )
        _prepare(services, kept, path.parent, key)
    except BaseException:
        database.close()  # else nobody could open it once more
        raise
    session = path.parent if key.mode is KeyMode.MEMORY else None
    backups = Backups(database, key, path.parent, known, clock) if session is None else None
    return Workspace(database, reader, services, network, board, session, backups)


def _prepare(services: Services, kept: Settings, folder: Path, key: Key) -> None:
    """What was chosen, and what is asked for all the time. Blocks."""
    services.submissions.sending.kept_months = kept.kept_months
    services.submissions.old_days = kept.old_days
    services.pins.load()
    services.sending.accepted.load()
    if key.mode is KeyMode.PASSPHRASE:
        services.pins.prove = lambda passphrase: _opens(folder, passphrase, key)


def _opens(folder: Path, passphrase: str, key: Key) -> bool:
    """Whether this opens the folder that is open. Blocks 0.1 s. KeyUnavailableError where that cannot be told."""
    from hmac import compare_digest

    from crmdesk.net.secrets import open_key

    try:
        return compare_digest(open_key(folder, passphrase=passphrase).value, key.value)
    except KeyUnavailableError as error:
        if error.fault is KeyFault.WRONG_PASSPHRASE:
            return False
        raise
