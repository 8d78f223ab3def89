"""The pairs of the Duplicates page as Qt wants them: read page by page, worded when they come to sight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from crmdesk.core.cards import Pair
from crmdesk.core.text import one_line
from crmdesk.core.types import ContactRow
from crmdesk.ui.cards import reasons
from crmdesk.ui.contacts.columns import display_name
from crmdesk.ui.hiding import row_on_screen
from crmdesk.ui.kit import isolated, tr
from crmdesk.ui.outbox.speech import NO_MARKS
from crmdesk.ui.words import tooltip

LINE_ROLE = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()
Source = Callable[[int], str]  # account id → vendor and account in words


def title_of(pair: Pair) -> str:
    """*Ana Ruiz and A. Ruiz*; one name where both are the same."""
    one, other = (_name(row) for row in (pair.one, pair.other))
    if one == other:
        return isolated(one)
    return tr("{one} and {other}").replace("{one}", isolated(one)).replace("{other}", isolated(other))


def _name(row: ContactRow) -> str:
    return one_line(display_name(row_on_screen(row)), 80) or tr("a contact without a name")


class PairsModel(QAbstractListModel):
    """`moreWanted`: the end of what was read came to sight, and there is more. `source` words an account."""

    moreWanted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.pairs: list[Pair] = []
        self.strong = 0  # points from which a pair is very likely
        self.source: Source = str
        self._total = 0

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.pairs)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or not 0 <= index.row() < len(self.pairs):
            return None
        pair = self.pairs[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return title_of(pair)
        if role == LINE_ROLE:
            return pair
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.spoken(pair)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip("\n".join((title_of(pair), self.sources(pair), self.reasons(pair))).translate(NO_MARKS))
        return None

    def canFetchMore(self, parent: Index = NOWHERE) -> bool:
        return not parent.isValid() and len(self.pairs) < self._total

    def fetchMore(self, parent: Index = NOWHERE) -> None:
        self.moreWanted.emit()

    # words

    def sources(self, pair: Pair) -> str:
        """*BookingSync · Seaside Villas — PrioTicket · Harbour Tours*"""
        return " — ".join(dict.fromkeys(self.source(row.account_id) for row in (pair.one, pair.other)))

    def reasons(self, pair: Pair) -> str:
        return reasons.sentence(pair.matched, pair.contradicting)

    def strength(self, pair: Pair) -> str:
        return reasons.strength(pair.score, self.strong)

    def spoken(self, pair: Pair) -> str:
        """All of it, for a screen reader."""
        parts = (title_of(pair), self.strength(pair), self.reasons(pair), self.sources(pair))
        return ". ".join(part for part in parts if part).translate(NO_MARKS)

    # what there is

    def show(self, pairs: Sequence[Pair], total: int) -> None:
        """These instead of those there are."""
        self.beginResetModel()
        self.pairs, self._total = list(pairs), total
        self.endResetModel()

    def add(self, pairs: Sequence[Pair], total: int) -> None:
        """A further page."""
        known = {(pair.a, pair.b) for pair in self.pairs}
        fresh = [pair for pair in pairs if (pair.a, pair.b) not in known]
        self._total = total if fresh else len(self.pairs)
        if fresh:
            start = len(self.pairs)
            self.beginInsertRows(NOWHERE, start, start + len(fresh) - 1)
            self.pairs += fresh
            self.endInsertRows()

    def row_of(self, ids: tuple[int, int]) -> int:
        """-1 where it is not there."""
        return next((place for place, pair in enumerate(self.pairs) if (pair.a, pair.b) == ids), -1)
