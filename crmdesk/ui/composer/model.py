"""The grid's model: rows and columns of a document, filtered, with what is wrong and what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QIcon

from crmdesk.core.grid_columns import GridColumn
from crmdesk.core.row_checks import Flaw, Severity
from crmdesk.core.submission import RowStage
from crmdesk.ui.composer.document import Document
from crmdesk.ui.composer.problems import SIGNS
from crmdesk.ui.composer.rows import GridRow, cell_text
from crmdesk.ui.composer.stage_words import WORDS
from crmdesk.ui.composer.verdicts import CHECKED
from crmdesk.ui.kit import icon
from crmdesk.ui.theme import Theme
from crmdesk.ui.words import number, tooltip, tr

ROLE = Qt.ItemDataRole
Index = QModelIndex | QPersistentModelIndex
STATE, MESSAGE = "\0state", "\0message"
"""Paths of the columns that are not the row's own."""
_SIGNS = {
    RowStage.QUEUED: ("clock", "muted"),
    RowStage.SENDING: ("send", "accent"),
    RowStage.SENT: ("ok", "ok"),
    RowStage.ACCEPTED: ("clock", "unknown"),
    RowStage.FAILED: ("cross", "error"),
    RowStage.UNKNOWN: ("question", "unknown"),
    RowStage.NOT_SENT: ("pause", "muted"),
    RowStage.LEFT_OUT: ("dash", "muted"),
}
_READ = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
_TYPED = _READ | Qt.ItemFlag.ItemIsEditable
_TINTS = {Severity.ERROR: ("tint_error", "error"), Severity.WARNING: ("tint_warn", "warning")}


class GridModel(QAbstractTableModel):
    """Shows `document.rows`, or those whose keys `show_only` was given."""

    def __init__(self, document: Document, look: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document, self._look = document, look
        self.columns: list[str] = []
        self.chosen: set[str] = set()  # columns that somebody asked for, by path
        self._places: list[int] | None = None  # rows of the document; None = all
        self._only: frozenset[int] | None = None
        self._shown = 0
        self._seen: list[GridRow] = []
        self._filled: dict[str, str] = {}
        self._icons: dict[tuple[str, str], QIcon] = {}
        self._numbers: dict[int, str] = {}
        document.changed.connect(self.refresh)
        document.checked.connect(self._flaws_changed)
        look.changed.connect(self._restyle)

    # ── shape ────────────────────────────────────────────────────────────────────────────────────────────────────

    def refresh(self) -> None:
        """Rows or columns are others; the view keeps its place where their number is the same."""
        columns = self._wanted_columns()
        places = self._wanted_places()
        shown = len(self.document.rows) if places is None else len(places)
        if columns == self.columns and shown == self._shown:
            self._places = places
            self._tell_changed()
            return
        before = self._seen
        self._seen, self._filled = self.document.rows, dict(self.document.fills)
        if columns == self.columns and places is None and self._places is None:
            self._grow(before, shown)
            return
        self._begin_anew(columns, places, shown)

    def _tell_changed(self) -> None:
        """Only rows that are others: what is painted for nothing is felt while somebody types."""
        before, now = self._seen, self.document.rows
        fills = dict(self.document.fills)
        if fills != self._filled or self._places is not None or len(before) != len(now):
            first, last = 0, self._shown - 1
        else:
            found = self.document.between(before, now)
            first, last = found.first, found.last
        self._seen, self._filled = now, fills
        self._tell(first, last)

    def _tell(self, first: int, last: int) -> None:
        if last >= first and self._shown:
            self.dataChanged.emit(self.index(first, 0), self.index(last, max(0, len(self.columns) - 1)))
            self.headerDataChanged.emit(Qt.Orientation.Vertical, first, last)

    def _grow(self, before: list[GridRow], shown: int) -> None:
        """Rows came or went: told where, so that the view and its open editor stay with their rows. All are drawn
        anew."""
        count = abs(shown - self._shown)
        place = _where(before, self.document.rows, count) if len(before) == self._shown else min(shown, self._shown)
        if shown > self._shown:
            self.beginInsertRows(QModelIndex(), place, place + count - 1)
            self._shown = shown
            self.endInsertRows()
        else:
            self.beginRemoveRows(QModelIndex(), place, place + count - 1)
            self._shown = shown
            self.endRemoveRows()
        if shown:
            self.dataChanged.emit(self.index(0, 0), self.index(shown - 1, len(self.columns) - 1))

    def _wanted_columns(self) -> list[str]:
        """The state, then columns that are essential, in use, filled or asked for; the message where there is one."""
        document = self.document
        wanted = document.used | set(document.fills) | self.chosen
        paths = [column.path for column in document.columns if column.essential or column.path in wanted]
        return [STATE, *([MESSAGE] if document.told else []), *paths]

    def show_only(self, keys: Iterable[int] | None) -> None:
        """Only rows with these keys; None: all."""
        self._only = None if keys is None else frozenset(keys)
        self._seen = self.document.rows
        places = self._wanted_places()
        self._begin_anew(self._wanted_columns(), places, len(self.document.rows) if places is None else len(places))

    def _begin_anew(self, columns: list[str], places: list[int] | None, shown: int) -> None:
        self.beginResetModel()
        self.columns, self._places, self._shown = columns, places, shown
        self.endResetModel()

    @property
    def filtered(self) -> bool:
        return self._only is not None

    def _wanted_places(self) -> list[int] | None:
        if self._only is None:
            return None
        return [place for place, row in enumerate(self.document.rows) if row.key in self._only]

    def place_of(self, row: int) -> int:
        """The document's row behind a row on screen; behind the last one, one after all."""
        if self._places is None:
            return row
        return self._places[row] if row < len(self._places) else len(self.document.rows)

    def row_of(self, place: int) -> int:
        """The row on screen of a document's row; -1 where it is filtered out."""
        if self._places is None:
            return place
        return self._places.index(place) if place in self._places else -1

    def row_at(self, row: int) -> GridRow:
        return self.document.rows[self.place_of(row)]

    def column_at(self, column: int) -> GridColumn | None:
        """None for state and message."""
        return self.document.column(self.columns[column])

    # ── Qt's questions ───────────────────────────────────────────────────────────────────────────────────────────

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else self._shown

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self.document.busy or self.column_at(index.column()) is None or not self.row_at(index.row()).editable:
            return _READ
        return _TYPED

    def data(self, index: Index, role: int = ROLE.DisplayRole) -> Any:
        answer = _ANSWERS.get(role)
        if answer is None:
            return None
        return answer(self, self.row_at(index.row()), self.columns[index.column()])

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = ROLE.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal:
            return self._title(section, role)
        if section >= self._shown:
            return None
        row = self.row_at(section)
        if role == ROLE.DisplayRole:
            return self._number(self.place_of(section) + 1)
        if role == ROLE.DecorationRole:
            return self._icon(*self._sign(row))
        if role in (ROLE.ToolTipRole, ROLE.AccessibleTextRole):
            return f"{self.place_of(section) + 1}, {self.state_words(row)}"
        return None

    def header(self, section: int) -> tuple[str, str, str]:
        """Number, icon and tone of a row on screen."""
        if section >= self._shown:
            return "", "", ""
        return (self._number(self.place_of(section) + 1), *self._sign(self.row_at(section)))

    def _number(self, place: int) -> str:
        """In the locale's digits, which take long to make."""
        if place not in self._numbers:
            self._numbers[place] = number(place)
        return self._numbers[place]

    def _title(self, section: int, role: int) -> Any:
        path = self.columns[section]
        column = self.document.column(path)
        title = {STATE: tr("State"), MESSAGE: tr("Message")}.get(path, tr(column.title) if column else path)
        if role == ROLE.DisplayRole:
            return title
        if role == ROLE.ToolTipRole and column is not None:
            return tooltip("\n".join(part for part in (title, tr(column.spec.hint)) if part))
        if role == ROLE.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter
        return None

    # ── words and colours ────────────────────────────────────────────────────────────────────────────────────────

    def state_words(self, row: GridRow) -> str:
        """*Ready*, *To fix*, *Sent no. 45* …"""
        if row.stage in CHECKED:
            if self.document.flaws_of(row, Severity.ERROR):
                return tr("To fix") if row.stage is RowStage.READY else tr("Failed, to fix")
            if row.stage is RowStage.READY and self.document.flaws_of(row, Severity.WARNING):
                return tr("Look at it")
        if row.blank:
            return ""
        words = tr(WORDS[row.stage])
        if row.stage is RowStage.SENT and row.number:
            words += f" {tr('no.')} {row.number}"
        again = tr("attempt {n}").replace("{n}", str(row.attempt))
        return f"{words}, {again}" if row.attempt > 1 else words

    def _sign(self, row: GridRow) -> tuple[str, str]:
        if row.stage in CHECKED and self.document.flaws_of(row, Severity.ERROR) and not row.attempt:
            return "cross", "error"
        if row.stage is RowStage.READY and self.document.flaws_of(row, Severity.WARNING):
            return "warning", "warning"
        if row.blank:
            return "", ""
        return _SIGNS.get(row.stage, ("tick", "ok"))

    def _icon(self, name: str, tone: str) -> QIcon | None:
        if not name:
            return None
        if (name, tone) not in self._icons:
            self._icons[name, tone] = icon(name, self._look.color(tone))
        return self._icons[name, tone]

    def text(self, row: GridRow, path: str) -> str:
        """What a cell holds, as it is copied and edited."""
        if path == STATE:
            return self.state_words(row)
        if path == MESSAGE:
            return message_of(row)
        column = self.document.column(path)
        return cell_text(row, column) if column is not None else ""

    def _shown_text(self, row: GridRow, path: str) -> str:
        text = self.text(row, path)
        if not text and self._flaw(row, path, Severity.ERROR) is not None:
            return tr("— needed —")
        return text.replace("\n", " ↵ ")

    def _flaw(self, row: GridRow, path: str, *severities: Severity) -> Flaw | None:
        flaws = self.document.flaws.get(row.key)
        if not flaws or row.stage not in CHECKED:
            return None
        found = [flaw for flaw in flaws if flaw.path == path]
        for severity in severities:
            for flaw in found:
                if flaw.severity is severity:
                    return flaw
        return None

    def painted(self, row: GridRow, path: str) -> tuple[str, QColor | None, QColor | None]:
        """Text, ground and colour of a cell in one go: a painted screen has hundreds, most with nothing to say of
        them."""
        if row.stage is not RowStage.READY or path in (STATE, MESSAGE) or row.key in self.document.flaws:
            return self._shown_text(row, path), self._back(row, path), self._front(row, path)
        text = self.text(row, path)
        colour = self._look.color("muted") if self._filled.get(path) == text else None
        return text.replace("\n", " ↵ "), None, colour

    def _back(self, row: GridRow, path: str) -> QColor | None:
        if path == offending(row):
            return self._look.color("tint_error")
        flaw = self._flaw(row, path, Severity.ERROR, Severity.WARNING)
        return self._look.color(_TINTS[flaw.severity][0]) if flaw is not None else None

    def _front(self, row: GridRow, path: str) -> QColor | None:
        if (flaw := self._flaw(row, path, Severity.ERROR, Severity.WARNING)) is not None:
            return self._look.color(_TINTS[flaw.severity][1])
        if path in (STATE, MESSAGE):
            return self._look.color(self._sign(row)[1] or "muted")
        filled = self._filled.get(path) == self.text(row, path)
        return self._look.color("muted") if filled or not row.editable else None

    def mark(self, row: GridRow, path: str) -> tuple[str, str]:
        """(icon, tone) of a cell that something is wrong with: its ground alone is not seen by everybody."""
        flaw = self._flaw(row, path, Severity.ERROR, Severity.WARNING)
        return SIGNS[flaw.severity if flaw is not None else Severity.ERROR]

    def _tip(self, row: GridRow, path: str) -> str:
        own = [tr(flaw.text) for flaw in self.document.flaws.get(row.key, ()) if flaw.path in (path, "")]
        if path == STATE:
            own = [tr(flaw.text) for flaw in self.document.flaws.get(row.key, ())]
            own += [tr(part) for part in (row.text, row.note) if part]
        return tooltip("\n".join([self.text(row, path), *own][:12]).strip())

    def _spoken(self, row: GridRow, path: str) -> str:
        flaw = self._flaw(row, path, Severity.ERROR, Severity.WARNING, Severity.NOTE)
        text = self.text(row, path)
        return ", ".join(part for part in (text, tr(flaw.text) if flaw else "") if part)

    def _flaws_changed(self) -> None:
        moved = self.document.moved
        if self._places is not None or len(moved) > 200:
            self._tell(0, self._shown - 1)
        elif moved:
            places = [place for place, row in enumerate(self.document.rows) if row.key in moved]
            if places:
                self._tell(places[0], min(places[-1], self._shown - 1))

    def _restyle(self) -> None:
        self._icons.clear()
        self._tell(0, self._shown - 1)


def _where(before: Sequence[GridRow], now: Sequence[GridRow], count: int) -> int:
    """From where on `count` rows came or went in one piece; the end where it were several."""
    pairs = enumerate(zip(before, now, strict=False))
    least = min(len(before), len(now))
    place = next((place for place, (one, other) in pairs if one.key != other.key), least)
    short, long = (before, now) if len(before) < len(now) else (now, before)
    same = all(one.key == other.key for one, other in zip(short[place:], long[place + count :], strict=True))
    return place if same else least


def offending(row: GridRow) -> str:
    """Of a failed row, the column whose value the vendor's message names (UX-SND-14); '' = it names none."""
    if row.stage is not RowStage.FAILED or not row.text:
        return ""
    named = [
        path for path, value in row.values.items() if isinstance(value, str) and len(value) > 2 and value in row.text
    ]
    return max(named, key=lambda path: len(row.values[path]), default="")


def message_of(row: GridRow) -> str:
    """The vendor's words, its code, and what a person said."""
    return " · ".join(part for part in (tr(row.text), row.code, tr(row.note)) if part)


_ANSWERS: dict[int, Callable[[GridModel, GridRow, str], Any]] = {
    ROLE.DisplayRole: GridModel._shown_text,
    ROLE.EditRole: GridModel.text,
    ROLE.BackgroundRole: GridModel._back,
    ROLE.ForegroundRole: GridModel._front,
    ROLE.ToolTipRole: GridModel._tip,
    ROLE.AccessibleTextRole: GridModel._spoken,
}
