"""What a start can do beside the import of Qt: take the folder's lock, fetch its key, read the first rows.

All of it blocks, so it runs in a thread of its own; no Qt and no SQLAlchemy here.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crmdesk.core.errors import KnownError

if TYPE_CHECKING:
    from crmdesk.folder import FolderLock
    from crmdesk.net.secrets import Key
    from crmdesk.store.first_rows import FirstRows


@dataclass
class Found:
    """What there was. `error` is why the lock could not be had or the cache not be read; `trouble` why there is no key
    yet (the window then asks for it)."""

    lock: FolderLock | None = None
    key: Key | None = None
    rows: FirstRows | None = None
    error: KnownError | None = None
    trouble: KnownError | None = None


class Early:
    """Begins at once; `wait` gives what was found."""

    def __init__(self, folder: Path, environ: Mapping[str, str] = os.environ) -> None:
        self._folder = folder
        self._environ = environ
        self._found = Found()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="crmdesk-early", daemon=True)
        self._thread.start()

    def wait(self, seconds: float | None = None) -> Found | None:
        """None if it is not ready within `seconds` (a keyring may show a prompt). Raises what was not foreseen."""
        self._thread.join(seconds)
        if self._thread.is_alive():
            return None
        if self._failure is not None:
            raise self._failure
        return self._found

    def _work(self) -> None:
        try:
            self._look(self._found)
        except BaseException as error:  # noqa: BLE001 - raised again by `wait`, in the thread that asked
            self._failure = error

    def _look(self, found: Found) -> None:
        from crmdesk import folder as folders
        from crmdesk.settings import load
        from crmdesk.store.first_rows import read_first

        try:
            take_folder(self._folder, found)
        except KnownError as error:
            found.error = error
            return
        try:
            found.key = folders.headless_key(self._folder, self._environ)
        except KnownError as error:
            found.trouble = error
            return
        try:
            by_given = load(self._folder).sorts_by_given
            found.rows = read_first(self._folder / folders.CACHE, found.key.value, by_given=by_given)
        except KnownError as error:
            found.error = error


def take_folder(folder: Path, found: Found) -> None:
    """The right to write in it, where `found` has not got that yet; then a restored copy that waits there takes its
    place, before anything is opened or swept. Blocks. KnownError, and it may be tried again."""
    from crmdesk import folder as folders
    from crmdesk import swap

    if found.lock is None:
        folders.make_folder(folder)
        found.lock = folders.claim(folder, folders.WINDOW)
    swap.finish(folder)
