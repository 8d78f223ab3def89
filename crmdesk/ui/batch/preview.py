"""What a batch will do, contact by contact: a table that paints rows only when they come to sight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView

from crmdesk.ui.batch.plan import Result
from crmdesk.ui.contacts.columns import display_name
from crmdesk.ui.contacts.detail_fields import words_in_line
from crmdesk.ui.kit import pixmap, tooltip, tr
from crmdesk.ui.rows_table import AnyIndex, RowsTable, TitledModel
from crmdesk.ui.theme import theme

CONTACT, BEFORE, AFTER, REMARK = range(4)
TITLES = ("Contact", "Now", "Then", "Remark")
DISPLAY, TOOLTIP, SPOKEN = Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole
COLOUR, PICTURE = Qt.ItemDataRole.ForegroundRole, Qt.ItemDataRole.DecorationRole
MOST_LETTERS = 200
PARTS = (0.22, 0.22, 0.22, 0.34)  # of the width


class PreviewModel(TitledModel):
    """`show(results, skipping)`: contacts with a problem are struck from the batch if `skipping`."""

    titles = TITLES
    rows: Sequence[Result]

    def __init__(self) -> None:
        super().__init__()
        self._skipping = False

    def show(self, results: Sequence[Result], *, skipping: bool) -> None:
        self._skipping = skipping
        self.put(results)

    def data(self, index: AnyIndex, role: int = DISPLAY) -> Any:
        result = self.rows[index.row()]
        if role == DISPLAY:
            return self.text(result, index.column())
        if role == TOOLTIP:
            return tooltip(self.text(result, index.column())) or None
        if role == SPOKEN:
            return ", ".join(text for column in range(4) if (text := self.text(result, column)))
        if role == COLOUR:
            return self._colour(result, index.column())
        if role == PICTURE and index.column() == REMARK and (result.problem or result.warning):
            name, tone = ("cross", "error") if result.problem else ("warning", "warning")
            return pixmap(name, theme().color(tone), 14)
        return None

    def text(self, result: Result, column: int) -> str:
        if column == CONTACT:
            return display_name(result.candidate.row)
        if column == BEFORE:
            return _words(result, result.was)
        if column == AFTER:
            return _words(result, result.now) if result.changes else "="
        if result.problem:
            why = tr(result.problem)
            return tr("Left out: {why}").replace("{why}", why) if self._skipping else why
        return tr(result.warning) or ("" if result.changes else tr("Stays as it is"))

    def _colour(self, result: Result, column: int) -> QColor | None:
        if result.problem and column == REMARK:
            return theme().color("error")
        still = not result.changes or (result.problem and self._skipping)
        return theme().color("muted") if still or column == BEFORE else None


def _words(result: Result, value: Any) -> str:
    return words_in_line(result.spec, value, veiled=True)[:MOST_LETTERS] or tr("(empty)")


class PreviewTable(RowsTable):
    """Read-only; Tab goes on to the buttons."""

    def __init__(self, model: PreviewModel) -> None:
        super().__init__("batch.preview", tr("What will change"), model, PARTS)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
