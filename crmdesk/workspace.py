"""One data folder in use: its lock, its key, its cache, and everything below the window put together.

The window (app.py) and the command line share this; nothing here knows Qt.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crmdesk.core.changes import ChangeFeed
from crmdesk.core.errors import StorageError
from crmdesk.core.seams import Clock
from crmdesk.core.vendor import Vendor
from crmdesk.net.key_record import KeyFault, KeyMode, KeyUnavailableError, key_info
from crmdesk.net.secrets import Key, create_key, keyring_available, open_key
from crmdesk.sync.progress import StatusBoard

if TYPE_CHECKING:
    from filelock import BaseFileLock

    from crmdesk.store.database import Database
    from crmdesk.store.reader import Reader
    from crmdesk.sync.services import Services
    from crmdesk.sync.worker import NetworkThread

CACHE = "contacts.db"
LOCK = "crmdesk.lock"
SESSION = "session-"  # folders of runs whose key was in memory only
Post = Callable[[Callable[[], None]], object]


class BusyError(StorageError):
    """Another crmdesk has this data folder."""


def make_folder(folder: Path) -> None:
    """The data folder, readable by its owner only. StorageError where it cannot be made or written."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StorageError(
            f"The data folder {folder} cannot be written.",
            "Allow writing there, or choose another folder with --data or CRMDESK_DATA.",
            details={"cause": type(error).__name__},
        ) from error


def claim(folder: Path) -> BaseFileLock:
    """The right to write in this folder, until released or the process ends in whatever way. BusyError if taken."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise BusyError(
            "crmdesk is already open for this data.", "Use its window, or close it and run this again."
        ) from error
    except (OSError, NotImplementedError) as error:
        raise StorageError(
            f"The data folder {folder} cannot be locked.",
            "Use a folder on a disk of this computer: network drives cannot promise that only one program writes.",
            details={"cause": type(error).__name__},
        ) from error
    return lock


def known_key(folder: Path, environ: Mapping[str, str] = os.environ) -> Key:
    """The folder's key without asking a person: from the keyring, CRMDESK_PASSPHRASE or CRMDESK_KEY_FILE. Blocks.

    A folder without a key gets one in the keyring. KeyUnavailableError says what is missing."""
    if key_info(folder) is not None:
        return open_key(folder, passphrase=environ.get("CRMDESK_PASSPHRASE") or None, keyfile=_keyfile(environ))
    refuse_orphan(folder)
    if keyring_available() is None:
        raise KeyUnavailableError(
            KeyFault.NOT_SET_UP,
            "This data folder has no key yet, and there is no system keyring to keep one.",
            "Set CRMDESK_PASSPHRASE (at least 8 characters) or CRMDESK_KEY_FILE and run this again.",
        )
    return create_key(folder, KeyMode.KEYRING)


def headless_key(folder: Path, environ: Mapping[str, str] = os.environ) -> Key:
    """As `known_key`; a folder without a key gets the one that the environment names."""
    passphrase, keyfile = environ.get("CRMDESK_PASSPHRASE") or None, _keyfile(environ)
    if key_info(folder) is None and (passphrase or keyfile):
        refuse_orphan(folder)
        mode = KeyMode.PASSPHRASE if passphrase else KeyMode.KEYFILE
        return create_key(folder, mode, passphrase=passphrase, keyfile=keyfile)
    return known_key(folder, environ)


def _keyfile(environ: Mapping[str, str]) -> Path | None:
    named = environ.get("CRMDESK_KEY_FILE", "")
    return Path(named).expanduser() if named else None


def lent_token(account_id: int, environ: Mapping[str, str] = os.environ) -> str:
    """The token that the environment names for an account where tokens are not kept: CRMDESK_TOKEN_3 is account 3's,
    CRMDESK_TOKEN that of every account without one of its own."""
    return environ.get(f"CRMDESK_TOKEN_{account_id}") or environ.get("CRMDESK_TOKEN", "")


def refuse_orphan(folder: Path) -> None:
    """A cache whose key.json is gone must not get a new key: its old one may still be in the keyring or a backup."""
    if (folder / CACHE).exists():
        raise KeyUnavailableError(
            KeyFault.DAMAGED,
            "The data folder has contacts but its key.json is missing.",
            "Put key.json back from a backup, or choose another data folder. Nothing was changed.",
        )


def cache_path(folder: Path, key: Key) -> Path:
    """Where the cache lies. With a key in memory: a folder of its own that nobody can read after this run."""
    if key.mode is not KeyMode.MEMORY:
        return folder / CACHE
    return Path(tempfile.mkdtemp(prefix=SESSION, dir=folder)) / CACHE


def sweep_sessions(folder: Path) -> None:
    """Deletes what earlier runs with a key in memory left behind when they were killed. Needs the folder's lock."""
    for leftover in folder.glob(SESSION + "*"):
        shutil.rmtree(leftover, ignore_errors=True)


@dataclass
class Workspace:
    """Everything below the window, open."""

    database: Database
    reader: Reader
    services: Services
    network: NetworkThread
    board: StatusBoard
    session_folder: Path | None = None  # deleted when the workspace closes

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
    check_minutes: float = 10,
    working_offline: bool = False,
) -> Workspace:
    """Opens the cache and puts the parts together; blocking, for a worker thread. `post` moves news of commits to the
    window's thread. KnownError where the file cannot be used."""
    from crmdesk.store.database import Database
    from crmdesk.store.reader import Reader
    from crmdesk.sync.services import Services
    from crmdesk.sync.shelf import SecretShelf
    from crmdesk.sync.worker import NetworkThread

    known = vendors()
    database = Database.open(path, key.value, ChangeFeed(post), clock)
    reader = Reader(database)
    network = NetworkThread()
    services = Services(
        database,
        reader,
        known,
        network,
        board,
        clock,
        transports or {},
        check_minutes=check_minutes,
        working_offline=working_offline,
        shelf=SecretShelf(database, keep=key.mode is not KeyMode.KEYFILE, lent=lent_token),
    )
    session = path.parent if key.mode is KeyMode.MEMORY else None
    return Workspace(database, reader, services, network, board, session)
