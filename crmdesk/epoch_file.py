"""The counter beside a data folder (`core.epoch`), as a small file in a folder of the user's own.

It must not lie in the data folder: a backup put back would bring its old counter along. The keyring would do as well,
but folders with a passphrase or a key file have none. There is nothing secret in it.

The file has two slots, and the older one is written over where it lies: what a crash leaves half written is no mark,
and the other slot is the one from before. A new file in the place of the old one, as for settings, would wait for the
system's own journal twice: 10 ms for each call while the data file is being written, instead of one.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from crmdesk.core.epoch import Mark
from crmdesk.core.errors import StorageError
from crmdesk.folder import BusyError, claim
from crmdesk.net.key_record import sync_folder, write_durably

FILE = "counter.slots"
EARLIER = "counter.json"  # one mark, of versions before
SLOT = 512  # bytes; a disk writes so many at once or none of them
_MOST = 10_000  # bytes of a file of ours
_flush = getattr(os, "fdatasync", os.fsync)  # the file's size stays as it is


def counters_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """CRMDESK_COUNTERS, else a folder of its own among the user's: on Windows and macOS state and data of a program
    share one folder, which people copy as a whole."""
    if chosen := environ.get("CRMDESK_COUNTERS", "").strip():
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_state_dir("crmdesk-counters", appauthor=False))


class FileEpochs:
    """EpochStore in `folder`, one folder below it for each data folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, install: str) -> Mark | None:
        """See `EpochStore.read`. A file that makes no sense is none: then the data folder counts as old."""
        place = self._folder / _name(install)
        try:
            slots = _slots(place)
            return max(slots, key=lambda mark: mark.number, default=None) if slots is not None else _earlier(place)
        except OSError as error:
            raise _fault(error) from error

    def swap(self, install: str, before: Mark | None, then: Mark) -> bool:
        """See `EpochStore.swap`."""
        place = self._folder / _name(install)
        try:
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            with claim(place):
                if self.read(install) != before:
                    return False
                _put(place, before, then)
        except BusyError:
            return False
        except OSError as error:
            raise _fault(error) from error
        return True


def _slots(place: Path) -> list[Mark] | None:
    """The marks that the file holds, at most two; None where there is no file. OSError."""
    try:
        content = (place / FILE).read_bytes()[:_MOST]
    except FileNotFoundError:
        return None
    return [mark for start in (0, SLOT) if (mark := _mark(content[start : start + SLOT])) is not None]


def _earlier(place: Path) -> Mark | None:
    """What a version before left. OSError."""
    try:
        with (place / EARLIER).open("rb") as file:
            found = json.loads(file.read(_MOST))
        return Mark(int(found["number"]), str(found["token"]))
    except (FileNotFoundError, ValueError, OverflowError, TypeError, KeyError, RecursionError):
        return None


def _put(place: Path, before: Mark | None, then: Mark) -> None:
    """`then` counts from now on, and is on the disk. OSError."""
    fresh = _slot(then)
    if before is None or before.number >= then.number or not _slots(place):
        write_durably(place / FILE, fresh + _EMPTY)
        (place / EARLIER).unlink(missing_ok=True)  # behind it: a number of long ago must never count again
        sync_folder(place)
        return
    with (place / FILE).open("r+b") as file:
        start = SLOT if _mark(file.read(SLOT)) == before else 0
        try:
            _write_slot(file, start, fresh)
        except OSError:
            with suppress(OSError):  # else it would count, although nobody was told so
                _write_slot(file, start, _EMPTY)
            raise


def _write_slot(file: BinaryIO, start: int, slot: str) -> None:
    file.seek(start)
    file.write(slot.encode())
    file.flush()  # all of it, or OSError; the system itself may take less than it was given
    _flush(file.fileno())


def _slot(mark: Mark) -> str:
    text = json.dumps({"number": mark.number, "token": mark.token, "check": _check(mark)})
    if len(text) >= SLOT:
        raise StorageError("The counter beside the data folder cannot hold this.", "Copy the details and report them.")
    return text.ljust(SLOT - 1) + "\n"


_EMPTY = " " * (SLOT - 1) + "\n"


def _mark(slot: bytes) -> Mark | None:
    """None where it is empty or half written."""
    try:
        found = json.loads(slot)
        mark = Mark(int(found["number"]), str(found["token"]))
        return mark if found["check"] == _check(mark) else None
    except (ValueError, OverflowError, TypeError, KeyError, RecursionError):
        return None


def _check(mark: Mark) -> str:
    return hashlib.blake2b(f"{mark.number} {mark.token}".encode(), digest_size=8).hexdigest()


def _name(install: str) -> str:
    """A data file may come from anywhere: its name must not lead elsewhere."""
    if not install.isalnum() or len(install) > 64:
        raise StorageError("This data folder's own name is damaged.", "Restore the data folder from a backup.")
    return install


def _fault(error: OSError) -> StorageError:
    return StorageError(
        "The counter beside the data folder cannot be used, so no events are sent.",
        "Check the rights of your own folders and the free space.",
        details={"cause": type(error).__name__},
    )
