"""The data folder itself: its lock, its key, where the cache lies. Cheap to import: a start needs it first.

The lock is the system's own on an open file (flock, on Windows LockFile): it ends with the process in whatever way that
ends. The well-kept library for it imports asyncio and sqlite3, which costs a start 40 ms (DECISIONS, *Which lock*).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING

from crmdesk.core.errors import StorageError
from crmdesk.core.said import said
from crmdesk.net.key_record import KeyFault, KeyMode, KeyUnavailableError, key_info

if TYPE_CHECKING:
    from crmdesk.net.secrets import Key

CACHE = "contacts.db"
LOCK = "crmdesk.lock"
SESSION = "session-"  # folders of runs whose key was in memory only
WINDOW, COMMAND = "window", "command"  # who holds a folder's lock
_LOCKED_BYTE = 1 << 20  # Windows locks a byte, not a file: one behind the holder's name, so that it can be read


class BusyError(StorageError):
    """Another crmdesk has this data folder."""


class FolderLock:
    """The right to write in a folder; held until `release`, the end of a `with`, or the end of the process."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def release(self) -> None:
        """Safe to call twice. The file stays: deleting it would let two programs lock two files of one name."""
        self._file.close()

    def __enter__(self) -> FolderLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def claim(folder: Path, holder: str = COMMAND) -> FolderLock:
    """The right to write in this folder; `holder` tells others who has it. BusyError where another program has it."""
    try:
        file = (folder / LOCK).open("ab", buffering=0)
        try:
            _lock(file)
            _sign(file, holder)
        except BaseException:
            file.close()
            raise
    except BlockingIOError as error:
        raise BusyError(
            "crmdesk is already open for this data.", "Use its window, or close it and run this again."
        ) from error
    except OSError as error:
        raise StorageError(
            said("The data folder {folder} cannot be locked.", folder=folder),
            "Use a folder on a disk of this computer: network drives cannot promise that only one program writes.",
            details={"cause": type(error).__name__},
        ) from error
    return FolderLock(file)


def _sign(file: IO[bytes], holder: str) -> None:
    with suppress(OSError):  # only words for others: a full disk keeps nobody out of the data that is there
        file.truncate(0)
        file.write(holder.encode())


def holder_of(folder: Path) -> str:
    """WINDOW or COMMAND: who took the lock last; '' where that cannot be read."""
    try:
        return (folder / LOCK).read_bytes()[:20].decode("ascii", "replace")
    except OSError:
        return ""


if sys.platform == "win32":

    def _lock(file: IO[bytes]) -> None:
        """BlockingIOError where another process has it."""
        import msvcrt

        file.seek(_LOCKED_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(*error.args) from error

else:

    def _lock(file: IO[bytes]) -> None:
        """BlockingIOError where another process has it."""
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


def make_folder(folder: Path) -> None:
    """The data folder, readable by its owner only. StorageError where it cannot be made or written."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink(missing_ok=True)  # another start may have taken it away
    except OSError as error:
        raise _not_writable(folder, error) from error


def _not_writable(folder: Path, error: OSError) -> StorageError:
    return StorageError(
        said("The data folder {folder} cannot be written.", folder=folder),
        "Allow writing there, or choose another folder with --data or CRMDESK_DATA.",
        details={"cause": type(error).__name__},
    )


def known_key(folder: Path, environ: Mapping[str, str] = os.environ) -> Key:
    """The folder's key without asking a person: from the keyring, CRMDESK_PASSPHRASE or CRMDESK_KEY_FILE. Blocks.

    A folder without a key gets one in the keyring. KeyUnavailableError says what is missing."""
    from crmdesk.net.secrets import create_key, keyring_available, open_key

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
    from crmdesk.net.secrets import create_key

    passphrase, keyfile = environ.get("CRMDESK_PASSPHRASE") or None, _keyfile(environ)
    if key_info(folder) is None and (passphrase or keyfile):
        refuse_orphan(folder)
        mode = KeyMode.PASSPHRASE if passphrase else KeyMode.KEYFILE
        return create_key(folder, mode, passphrase=passphrase, keyfile=keyfile)
    return known_key(folder, environ)


def _keyfile(environ: Mapping[str, str]) -> Path | None:
    named = environ.get("CRMDESK_KEY_FILE", "")
    return Path(named).expanduser() if named else None


def lent_token(account_id: int, one_server: bool = True, environ: Mapping[str, str] = os.environ) -> str:
    """The token that the environment names for an account where tokens are not kept: CRMDESK_TOKEN_3 is account 3's,
    CRMDESK_TOKEN that of every account without one of its own, but only where all accounts are at `one_server`: one
    vendor's secret is not tried at another."""
    return environ.get(f"CRMDESK_TOKEN_{account_id}") or (environ.get("CRMDESK_TOKEN", "") if one_server else "")


def refuse_orphan(folder: Path) -> None:
    """A cache whose key.json is gone must not get a new key: its old one may still be in the keyring or a backup."""
    if (folder / CACHE).exists():
        raise KeyUnavailableError(
            KeyFault.DAMAGED,
            "The data folder has contacts but its key.json is missing.",
            "Put key.json back from a backup, or choose another data folder. Nothing was changed.",
        )


def cache_path(folder: Path, key: Key) -> Path:
    """Where the cache lies. With a key in memory: a folder of its own that nobody can read after this run.

    StorageError where that cannot be made."""
    if key.mode is not KeyMode.MEMORY:
        return folder / CACHE
    import tempfile

    try:
        return Path(tempfile.mkdtemp(prefix=SESSION, dir=folder)) / CACHE
    except OSError as error:
        raise _not_writable(folder, error) from error


def sweep_sessions(folder: Path) -> None:
    """Deletes what earlier runs with a key in memory left behind when they were killed. Needs the folder's lock."""
    import shutil

    for leftover in folder.glob(SESSION + "*"):
        shutil.rmtree(leftover, ignore_errors=True)
