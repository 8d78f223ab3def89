"""What the detail pane needs of the world below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from crmdesk.core.cards import Pair
from crmdesk.core.outbox import HistoryLine
from crmdesk.core.types import ContactDetail, Revision


class DetailReader(Protocol):
    """What the pane needs of the Reader."""

    async def detail(self, contact_id: int) -> ContactDetail | None: ...
    async def history(self, contact_id: int) -> Sequence[HistoryLine]: ...
    async def pairs_of(self, contact_id: int) -> Sequence[Pair]: ...


class DetailVerbs(Protocol):
    """What the pane needs of the Services."""

    async def refresh_contact(self, contact_id: int) -> None: ...
    async def revisions(self, contact_id: int) -> tuple[Revision, ...]: ...
    def offer(self, vendor_key: str, action: str) -> str | None: ...
