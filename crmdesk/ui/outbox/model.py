"""The Outbox's lines as Qt wants them. Lines are worded when they come to sight; a new state of the outbox moves,
adds and takes away rows, so that selection and scroll place stay with their edit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from crmdesk.ui.outbox.listing import Line
from crmdesk.ui.outbox.speech import NO_MARKS, Teller
from crmdesk.ui.words import tooltip, tr

LINE_ROLE = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()


class OutboxModel(QAbstractListModel):
    """`now()` gives the time that relative words are of."""

    def __init__(self, now: Callable[[], datetime], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lines: list[Line] = []
        self.teller = Teller()
        self.now = now
        self._rows: dict[str, int] = {}
        self._titles: dict[str, str] = {}

    # what there is

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or not 0 <= index.row() < len(self.lines):
            return None
        line = self.lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return tr(line.group.value) if line.heading else self.title(line)
        if role == LINE_ROLE:
            return line
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.teller.spoken(line, self.now())
        if role == Qt.ItemDataRole.ToolTipRole and not line.heading:
            return tooltip(self.title(line).translate(NO_MARKS))
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flag = Qt.ItemFlag
        if not index.isValid():
            return flag.NoItemFlags
        never = flag.ItemIsEnabled | flag.ItemNeverHasChildren
        return flag.NoItemFlags if self.lines[index.row()].heading else never | flag.ItemIsSelectable

    def title(self, line: Line) -> str:
        """The sentence of a line, kept once it was made."""
        found = self._titles.get(line.key)
        if found is None:
            found = self._titles[line.key] = self.teller.title(line, self.now())
        return found

    def line(self, key: str) -> Line | None:
        row = self._rows.get(key)
        return self.lines[row] if row is not None else None

    def row_of(self, key: str) -> int:
        """-1 where it is not shown."""
        return self._rows.get(key, -1)

    def next_row(self, start: int, step: int, wanted: Callable[[Line], bool]) -> int:
        """The next row from `start` (left out) that `wanted` takes, round the end; -1 if there is none."""
        total = len(self.lines)
        rows = [(start + step * by) % total for by in range(1, total + 1)] if total else []
        return next((row for row in rows if wanted(self.lines[row])), -1)

    # what changes

    def set_teller(self, teller: Teller) -> None:
        """Accounts or vendors have other names now."""
        self.teller = teller
        self._titles.clear()
        self.age()

    def age(self) -> None:
        """Times are worded anew."""
        if self.lines:
            self.dataChanged.emit(self.index(0), self.index(len(self.lines) - 1))

    def show(self, lines: Sequence[Line]) -> None:
        """Bring the rows to `lines`: take away, bring into the new order, add, tell what changed."""
        fresh = {line.key: line for line in lines}
        old = {line.key: line for line in self.lines}
        self._titles = {key: text for key, text in self._titles.items() if fresh.get(key) == old.get(key)}
        self._take_away(fresh.keys())
        self._reorder([line.key for line in lines if line.key in old])
        self._add(lines, old.keys())
        self._replace(lines, old)

    def _take_away(self, kept: Any) -> None:
        row = len(self.lines) - 1
        while row >= 0:
            last = row
            while row >= 0 and self.lines[row].key not in kept:
                row -= 1
            if row < last:
                self.beginRemoveRows(NOWHERE, row + 1, last)
                del self.lines[row + 1 : last + 1]
                self._number()
                self.endRemoveRows()
            row -= 1

    def _reorder(self, keys: Sequence[str]) -> None:
        """`keys` are those of the rows there are, in the new order."""
        if [line.key for line in self.lines] == list(keys):
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        held = [(index, self.lines[index.row()].key) for index in before]
        by_key = {line.key: line for line in self.lines}
        self.lines = [by_key[key] for key in keys]
        self._number()
        self.changePersistentIndexList(before, [self.index(self._rows[key]) for _, key in held])
        self.layoutChanged.emit()

    def _add(self, lines: Sequence[Line], known: Any) -> None:
        row = 0
        while row < len(lines):
            last = row
            while last < len(lines) and lines[last].key not in known:
                last += 1
            if last > row:
                self.beginInsertRows(NOWHERE, row, last - 1)
                self.lines[row:row] = lines[row:last]
                self._number()
                self.endInsertRows()
            row = last + 1

    def _replace(self, lines: Sequence[Line], old: dict[str, Line]) -> None:
        changed = [row for row, line in enumerate(lines) if line.key in old and old[line.key] != line]
        self.lines = list(lines)
        self._number()
        if changed:
            self.dataChanged.emit(self.index(changed[0]), self.index(changed[-1]))

    def _number(self) -> None:
        self._rows = {line.key: row for row, line in enumerate(self.lines)}
