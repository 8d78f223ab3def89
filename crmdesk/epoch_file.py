"""The counter beside a data folder (`core.epoch`), as a small file in a folder of the user's own.

It must not lie in the data folder: a backup put back would bring its old counter along. The keyring would do as well,
but folders with a passphrase or a key file have none. There is nothing secret in it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from crmdesk.core.epoch import Mark
from crmdesk.core.errors import StorageError
from crmdesk.folder import BusyError, claim
from crmdesk.net.key_record import write_durably

FILE = "counter.json"
_MOST = 10_000  # bytes of a file of ours


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
        try:
            with (self._folder / _name(install) / FILE).open("rb") as file:
                found = json.loads(file.read(_MOST))
            return Mark(int(found["number"]), str(found["token"]))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _fault(error) from error
        except (ValueError, TypeError, KeyError, RecursionError):
            return None

    def swap(self, install: str, before: Mark | None, then: Mark) -> bool:
        """See `EpochStore.swap`."""
        place = self._folder / _name(install)
        try:
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            with claim(place):
                if self.read(install) != before:
                    return False
                write_durably(place / FILE, json.dumps({"number": then.number, "token": then.token}))
        except BusyError:
            return False
        except OSError as error:
            raise _fault(error) from error
        return True


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
