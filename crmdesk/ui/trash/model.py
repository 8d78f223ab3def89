"""The trash as a table: who was deleted, where, when and by whom, and how long it can still be brought back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt

from crmdesk.core.outbox import NEW, TRASH_DAYS, Trashed
from crmdesk.core.text import one_line
from crmdesk.core.types import Summary
from crmdesk.core.vendor import Vendor
from crmdesk.ui.kit import plural, tooltip, tr
from crmdesk.ui.rows_table import AnyIndex, TitledModel
from crmdesk.ui.words import ago, exact_time, moment

NAME, SOURCE, DELETED, BY, LEFT = range(5)
TITLES = ("Name", "Vendor", "Deleted", "By", "Kept for")
PARTS = (0.30, 0.27, 0.17, 0.12, 0.14)  # of the width
DISPLAY, TOOLTIP, SPOKEN = Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole


@dataclass(frozen=True, slots=True)
class Kept:
    """One deleted contact. `source`: vendor and account. `waits`: its deletion has not left yet, so that its vendor
    still has it. `reason`: why it cannot be brought back, '' where it can."""

    trashed: Trashed
    source: str
    vendor: str
    waits: bool = False
    reason: str = ""

    @property
    def local(self) -> bool:
        """No vendor ever had it."""
        return self.trashed.remote_id.startswith(NEW)

    def days_left(self, now: datetime) -> int:
        then = moment(self.trashed.deleted_at)
        passed = 0 if then is None else max(0, (now - then).days)  # a clock may have been set back since
        return max(0, TRASH_DAYS - passed)

    def promise(self) -> str:
        """What Restore will do, or why it cannot."""
        if self.reason:
            return self.reason
        if self.waits:
            words = tr("The deletion has not been sent to {vendor} yet: it comes back just as it was.")
        elif self.local:
            words = tr("{vendor} never had it: it is made there when it is restored.")
        else:
            words = tr("It is deleted at {vendor}: restoring makes it there again, with a new {vendor} id.")
        return words.replace("{vendor}", self.vendor)


def summary_of(trashed: Trashed, vendor: Vendor | None) -> Summary:
    """What was known of it."""
    try:
        raw = json.loads(trashed.body)
    except (ValueError, RecursionError):
        raw = {}
    return vendor.summarise(raw) if vendor is not None and isinstance(raw, dict) else Summary()


def facts(summary: Summary) -> str:
    """E-mail, phone and place on one line."""
    phone = summary.phones[0].number if summary.phones else ""
    place = ", ".join(text for text in (summary.city, summary.country) if text)
    return "   ·   ".join(one_line(text, 80) for text in (summary.email, phone, place) if text)


class TrashModel(TitledModel):
    """Newest first, as they come."""

    titles = TITLES
    rows: Sequence[Kept]

    def __init__(self) -> None:
        super().__init__()
        self._now: datetime | None = None

    def show(self, rows: Sequence[Kept], now: datetime) -> None:
        self._now = now
        self.put(rows)

    def data(self, index: AnyIndex, role: int = DISPLAY) -> Any:
        kept = self.rows[index.row()]
        if role == DISPLAY:
            return self.text(kept, index.column())
        if role == TOOLTIP:
            exact = exact_time(kept.trashed.deleted_at) if index.column() == DELETED else ""
            return tooltip(exact or self.text(kept, index.column())) or None
        if role == SPOKEN and index.column() == NAME:
            return self.spoken(kept)
        return None

    def text(self, kept: Kept, column: int) -> str:
        assert self._now is not None
        if column == NAME:
            return one_line(kept.trashed.title)
        if column == SOURCE:
            return kept.source
        if column == DELETED:
            return ago(kept.trashed.deleted_at, self._now)
        if column == BY:
            return one_line(kept.trashed.operator)
        left = kept.days_left(self._now)
        return plural(left, "1 day", "{n} days") if left else tr("less than a day")

    def spoken(self, kept: Kept) -> str:
        return ", ".join(text for column in range(len(TITLES)) if (text := self.text(kept, column)))


def as_text(kept: Kept, vendor: Vendor | None) -> str:
    """For the clipboard: what the list shows of it, and its facts."""
    summary = summary_of(kept.trashed, vendor)
    by = f" {tr('by')} {kept.trashed.operator}" if kept.trashed.operator else ""
    deleted = f"{tr('deleted')} {exact_time(kept.trashed.deleted_at)}{by}"
    return "\t".join(text for text in (kept.trashed.title, kept.source, facts(summary), deleted) if text)
