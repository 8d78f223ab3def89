"""Keeps what is typed: a draft every two seconds while there is something unsaved, and whenever a field is left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from crmdesk.core.errors import CrmDeskError
from crmdesk.core.outbox import Draft
from crmdesk.core.tasks import TaskScope

if TYPE_CHECKING:
    from crmdesk.sync.edits import Edits

KEEP_MS = 2000


class DraftKeeper:
    """`read()` gives the draft as it is now, None where nothing is unsaved: then a kept one is dropped.

    One write at a time, newest last; what is the same as the kept one is not written again. `failed(error)`: typing is
    not safe; the next write tries again."""

    def __init__(
        self,
        edits: Edits,
        scope: TaskScope,
        key: str,
        read: Callable[[], Draft | None],
        failed: Callable[[CrmDeskError], object],
        owner: QWidget,
    ) -> None:
        self._edits, self._scope, self.key, self._read, self._failed = edits, scope, key, read, failed
        self._stored: Draft | None = None
        self._ended = False
        self._lock = asyncio.Lock()
        self._timer = QTimer(owner, interval=KEEP_MS)
        self._timer.timeout.connect(self.keep)

    def begin(self, stored: Draft | None) -> None:
        """`stored` is what is kept already."""
        self._stored = stored
        self._timer.start()

    def keep(self) -> None:
        """Write it if it changed."""
        if not self._ended and not _alike(self._read(), self._stored):
            self._scope.start(self._keep(), what="Keep draft", key=("draft", self.key), if_busy="keep")

    async def _keep(self) -> None:
        """Until what is stored is what stands on screen."""
        try:
            while not self._ended and not _alike(draft := self._read(), self._stored):
                await self.write(draft)
        except CrmDeskError as error:
            if not self._ended:
                self._failed(error)

    async def write(self, draft: Draft | None) -> None:
        """Store it, or drop the stored one for None; after a write that runs. StorageError."""
        async with self._lock:
            if _alike(draft, self._stored):
                return
            if draft is None:
                await self._edits.drop_draft(self.key)
            else:
                await self._edits.keep_draft(draft)
            self._stored = draft

    def end(self) -> None:
        """The editor is closed, or saving: nothing more is written by itself."""
        self._ended = True
        self._timer.stop()

    def resume(self) -> None:
        """The save failed."""
        self._ended = False
        self._timer.start()

    def forget(self) -> None:
        """The save dropped what was kept."""
        self._stored = None


def _alike(one: Draft | None, other: Draft | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.changes, one.orders, one.account_id) == (other.changes, other.orders, other.account_id)
