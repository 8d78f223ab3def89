"""The grid: keys as in a spreadsheet, block paste and copy, suggestions while typing."""

from __future__ import annotations

import csv
import io
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QFocusEvent, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyledItemDelegate, QTableView, QWidget

from crmdesk.core.row_checks import Flaw, Severity
from crmdesk.core.submission import RowStage
from crmdesk.ui.composer.delegate import CellDelegate, RowHeader
from crmdesk.ui.composer.document import Document
from crmdesk.ui.composer.frozen import STATES, Frozen
from crmdesk.ui.composer.keep_place import KeepPlace
from crmdesk.ui.composer.keys import GRID_KEYS, verb_of
from crmdesk.ui.composer.model import MESSAGE, STATE, GridModel
from crmdesk.ui.composer.row_menu import show_menu
from crmdesk.ui.composer.rows import GridRow
from crmdesk.ui.theme import Theme
from crmdesk.ui.words import plural, tr

KEY = Qt.Key
Index = QModelIndex | QPersistentModelIndex
Hint = QAbstractItemView.ScrollHint
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
MOST_CELLS = 2_000_000  # of one paste
_WIDTHS = {STATE: 16, MESSAGE: 30}  # letters


class Grid(QTableView):
    """`wideAsked(rows)`: a block is wider than the grid; `put_block(rows, anyway=True)` takes what fits. `told(words)`:
    something that a person should hear of. `rowsWanted(ids of rows, what)`: a row's own menu was used."""

    wideAsked = Signal(object)
    told = Signal(str)
    leaveOutWanted = Signal(object)  # keys
    takeInWanted = Signal(object)
    answersWanted = Signal(int)  # id of a row
    narrowed = Signal()  # or all rows again

    def __init__(self, document: Document, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.document, self._look = document, look
        self.rows = GridModel(document, look, self)
        self.setObjectName("composer.grid")
        self.setAccessibleName(tr("Events"))
        self.setVerticalHeader(RowHeader(self))
        self.setModel(self.rows)
        self.verbs: dict[str, Callable[[], object]] = {
            "undo": self.undo,
            "redo": self.redo,
            "cut": self.cut,
            "copy": self.copy,
            "put": self.paste,
            "clear": self.clear_cells,
            "fill_down": self.fill_down,
            "insert": self.insert_row,
            "remove": self.remove_selected,
            "leave_out": lambda: self.leaveOutWanted.emit(self.selected_keys()),
            "take_in": lambda: self.takeInWanted.emit(self.selected_keys()),
            "answers": self._ask_answers,
        }
        self.why_not: Callable[[str], str | None] = lambda _verb: None  # set by whose grid it is
        self._place = KeepPlace(self)
        self.setItemDelegate(CellDelegate(self))
        self._set_up()
        self.rows.modelReset.connect(self.fit_columns)
        self.frozen = Frozen(self, CellDelegate(self))
        self._fitted = False  # to rows, not only to titles
        document.changed.connect(self._fit_once)
        look.changed.connect(self._restyle)
        self._restyle()

    # ── looks ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _set_up(self) -> None:
        """As a spreadsheet is used."""
        self.setWordWrap(False)
        self.setAlternatingRowColors(False)
        self.setShowGrid(True)
        self.setFrameShape(self.Shape.NoFrame)
        self.setTabKeyNavigation(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        trigger = QAbstractItemView.EditTrigger
        self.setEditTriggers(trigger.DoubleClicked | trigger.EditKeyPressed | trigger.AnyKeyPressed)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu)
        header = self.horizontalHeader()
        header.setObjectName("composer.grid.header")
        header.setAccessibleName(tr("Columns"))
        header.setHighlightSections(False)
        header.setSectionsMovable(False)
        self.verticalHeader().setObjectName("composer.grid.rows")
        self.verticalHeader().setAccessibleName(tr("Rows"))
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    def _restyle(self) -> None:
        self.verticalHeader().setMinimumSectionSize(10)
        self.verticalHeader().setDefaultSectionSize(self._look.row_height)
        letters = self.fontMetrics().averageCharWidth()
        self.verticalHeader().setFixedWidth(letters * 9 + 26)
        self.fit_columns()

    def _fit_once(self) -> None:
        """The first rows say how wide columns are; from then on they keep their width."""
        if not self._fitted and any(not row.blank for row in self.document.rows[:30]):
            self.fit_columns()

    def fit_columns(self) -> None:
        """As wide as their titles and the first rows want."""
        self._fitted = any(not row.blank for row in self.document.rows[:30])
        metrics = self.fontMetrics()
        letters, first = metrics.averageCharWidth(), range(min(30, self.rows.rowCount()))
        for place, path in enumerate(self.rows.columns):
            title = str(self.rows.headerData(place, Qt.Orientation.Horizontal) or "")
            wide = [_WIDTHS.get(path, 12) * letters, metrics.horizontalAdvance(title) + 8]
            if path not in _WIDTHS:
                wide += [min(metrics.horizontalAdvance(self._cell(row, place)), 40 * letters) for row in first]
            self.setColumnWidth(place, max(wide) + 20)

    def _cell(self, row: int, column: int) -> str:
        return str(self.rows.data(self.rows.index(row, column)) or "")

    # ── going ────────────────────────────────────────────────────────────────────────────────────────────────────

    def show_only(self, keys: Iterable[int] | None) -> None:
        """Only rows with these keys; None: all."""
        self.rows.show_only(keys)
        self.narrowed.emit()
        if self.rows.rowCount():
            self.go(0, self.first_own())

    def go(self, row: int, column: int) -> None:
        index = self.rows.index(row, column)
        self.setCurrentIndex(index)
        self.scrollTo(index)

    def scrollTo(self, index: Index, hint: Hint = Hint.EnsureVisible) -> None:
        """Not below the states, which stay where they are."""
        if index.column() == STATES and self.frozen.isVisible():
            seen = max(STATES, self.columnAt(self.viewport().rect().center().x()))
            super().scrollTo(index.sibling(index.row(), seen), hint)
            return
        super().scrollTo(index, hint)
        if not index.isValid():
            return
        shown, edge = self.visualRect(index), self.frozen.covered()
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        hidden = shown.right() - (self.viewport().width() - edge) + 1 if mirrored else edge - shown.left()
        if edge and hidden > 0:
            self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() - hidden)

    def go_to(self, key: int, path: str) -> None:
        """To a cell; to the row's first one where the column is not shown."""
        place = self.document.place_of(key)
        row = self.rows.row_of(place) if place >= 0 else -1
        if row < 0:
            return
        if path and path not in self.rows.columns and self.document.column(path) is not None:
            self.rows.chosen.add(path)
            self.rows.refresh()
        column = self.rows.columns.index(path) if path in self.rows.columns else self.first_own()
        self.go(row, column)

    def first_own(self) -> int:
        """The first column that is the row's own."""
        return next((place for place in range(len(self.rows.columns)) if self.rows.column_at(place)), 0)

    def step_flaw(self, step: int) -> bool:
        """F8: the next cell that is wrong, from the current one on, round and round; False where there is none."""
        rows, current = self.document.rows, self.currentIndex()
        places = [place for place, row in enumerate(rows) if self.document.looks_wrong(row)]
        if not places:
            return False
        here = self.rows.place_of(current.row()) if current.isValid() else -1
        beyond = [at for at in self._wrong_in(here) if (at - current.column()) * step > 0] if here in places else []
        place = here if beyond else _neighbour(places, here, step)
        spots = self._wrong_in(place)
        column = (min if step > 0 else max)(beyond or spots)
        if self.rows.row_of(place) < 0:
            self.show_only(None)
        self.go_to(rows[place].key, spots[column].path)
        self.told.emit(spots[column].text)
        return True

    def _wrong_in(self, place: int) -> dict[int, Flaw]:
        """What is wrong with a row, by column on screen; what concerns the whole row stands in the first one."""
        order = {path: at for at, path in enumerate(self.rows.columns)}
        flaws = self.document.flaws_of(self.document.rows[place])
        return {order.get(flaw.path, 0): flaw for flaw in flaws if flaw.severity is not Severity.NOTE}

    # ── blocks ───────────────────────────────────────────────────────────────────────────────────────────────────

    def selected_block(self) -> tuple[range, range]:
        """Rows and columns on screen that are selected."""
        selection = self.selectionModel().selection()
        ranges = [selection.at(place) for place in range(selection.count())]
        if not ranges:
            return range(0), range(0)
        top, bottom = min(one.top() for one in ranges), max(one.bottom() for one in ranges)
        left, right = min(one.left() for one in ranges), max(one.right() for one in ranges)
        return range(top, bottom + 1), range(left, right + 1)

    def selected_keys(self) -> list[int]:
        rows, _ = self.selected_block()
        return [self.rows.row_at(row).key for row in rows]

    def selected_stages(self) -> frozenset[RowStage]:
        rows, _ = self.selected_block()
        return frozenset(self.rows.row_at(row).stage for row in rows)

    def copy(self) -> None:
        rows, columns = self.selected_block()
        if not rows:
            return
        target = io.StringIO()
        writer = csv.writer(target, dialect="excel-tab", lineterminator="\n")
        paths = [self.rows.columns[place] for place in columns]
        writer.writerows([self.rows.text(self.rows.row_at(row), path) for path in paths] for row in rows)
        QGuiApplication.clipboard().setText(target.getvalue().removesuffix("\n"))

    def clear_cells(self, words: str = "") -> None:
        rows, columns = self.selected_block()
        self._set_all(rows, dict.fromkeys(columns, ""), words or tr("Emptying cells"))

    def cut(self) -> None:
        self.copy()
        self.clear_cells(tr("Cutting cells"))

    def paste(self) -> None:
        """What stands in the clipboard, as rows and cells."""
        text = QGuiApplication.clipboard().text()
        if text:
            self.put_block(block_of(text))

    def put_block(self, block: list[list[str]], *, anyway: bool = False) -> None:
        """From the current cell on, adding rows as needed; a single value fills the selection."""
        current = self.currentIndex()
        if not block or not current.isValid() or self.document.busy:
            return
        rows, columns = self.selected_block()
        if len(block) == 1 and len(block[0]) == 1 and len(rows) * len(columns) > 1:
            self._set_all(rows, dict.fromkeys(columns, block[0][0]), tr("Filling the selection"))
            return
        left = max(current.column(), self.first_own())
        wide = max(len(line) for line in block)
        room = len(self.rows.columns) - left
        if wide > room and not anyway:
            self.wideAsked.emit(block)
            return
        if wide * len(block) > MOST_CELLS:
            self.told.emit(tr("This is too much to paste. Import it as a file."))
            return
        self._put(current.row(), left, block)

    def _put(self, top: int, left: int, block: list[list[str]]) -> None:
        shown = self.rows.rowCount()
        room = len(block) if self.document.draft and not self.rows.filtered else shown - top
        last = len(self.document.rows) - shown  # rows behind the last one are new
        places = [
            self.rows.place_of(row) if row < shown else row + last for row in range(top, top + min(room, len(block)))
        ]
        wide = max(len(line) for line in block)
        self.document.put_block(places, self.rows.columns[left : left + wide], block, tr("Pasting"))
        if len(block) > room:
            self.told.emit(plural(len(block) - room, "1 row found no room here.", "{n} rows found no room here."))

    def fill_down(self) -> None:
        """The first selected row's cells into those below."""
        rows, columns = self.selected_block()
        if len(rows) < 2:
            return
        first = self.rows.row_at(rows[0])
        texts = {column: self.rows.text(first, self.rows.columns[column]) for column in columns}
        self._set_all(rows[1:], texts, tr("Filling down"))

    def _set_all(self, rows: range, texts: Mapping[int, str], words: str) -> None:
        """The same text by column into all these rows on screen."""
        if not self.document.busy:
            places, cells = [self.rows.place_of(row) for row in rows], texts.items()
            changes = [(place, self.rows.columns[column], text) for place in places for column, text in cells]
            self.document.set_cells(changes, words)

    def remove_selected(self) -> None:
        rows, _ = self.selected_block()
        places = [self.rows.place_of(row) for row in rows]
        self.document.remove_rows(places, plural(len(places), "Removing 1 row", "Removing {n} rows"))

    def undo(self) -> None:
        self.document.working.in_turn(self._undo, tr("Undo"))

    def _undo(self) -> None:
        if words := self.document.undo():
            self.told.emit(tr("Undone: {what}").replace("{what}", words))
        elif not self.document.draft:
            self.told.emit(tr("Events cannot be withdrawn through this API. Save the report for the back office."))

    def redo(self) -> None:
        self.document.working.in_turn(self._redo, tr("Redo"))

    def _redo(self) -> None:
        if words := self.document.redo():
            self.told.emit(tr("Done again: {what}").replace("{what}", words))

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def event(self, event: QEvent) -> bool:
        """These keys are the grid's own, whatever the window uses them for."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._own(event):
            event.accept()
            return True
        return super().event(event)

    def _own(self, event: QKeyEvent) -> bool:
        return bool(verb_of(event, GRID_KEYS))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.state() == QAbstractItemView.State.EditingState:
            super().keyPressEvent(event)
            return
        verb, control = verb_of(event, GRID_KEYS), event.modifiers() == CTRL
        enter = event.key() in (KEY.Key_Return, KEY.Key_Enter)
        if enter and event.modifiers() & CTRL:
            event.ignore()  # it is of the whole submission
        elif enter:
            self.step_down(-1 if event.modifiers() & SHIFT else 1)
        elif verb or (event.key() == KEY.Key_Backspace and not event.modifiers()):
            self.do(verb or "clear")
        elif control and event.key() in _JUMPS:
            self._jump(event.key())
        else:
            super().keyPressEvent(event)

    def take_typed(self) -> None:
        """What is being typed into a cell counts, without Enter."""
        if (editor := self._place.editor()) is not None:
            self.commitData(editor)
            self.closeEditor(editor, QStyledItemDelegate.EndEditHint.NoHint)

    def do(self, verb: str) -> None:
        """One of `verbs`; why not is told."""
        if reason := self.why_not(verb):
            self.told.emit(reason)
        else:
            self.verbs[verb]()

    def step_down(self, step: int) -> None:
        current = self.currentIndex()
        row = current.row() + step
        if 0 <= row < self.rows.rowCount():
            self.go(row, current.column())
        elif step > 0 and self.document.draft and not self.rows.filtered:
            self.document.add_rows([GridRow()], tr("Adding a row"))
            self.go(row, current.column())

    def _jump(self, key: int) -> None:
        """To the end of what is filled, or of what is empty, as spreadsheets do."""
        current = self.currentIndex()
        down, right = _JUMPS[Qt.Key(key)]
        row, column = current.row(), current.column()
        full = bool(self._value(row + down, column + right))
        while self._inside(row + down, column + right) and bool(self._value(row + down, column + right)) == full:
            row, column = row + down, column + right
        if not full and self._inside(row + down, column + right):
            row, column = row + down, column + right
        self.go(row, column)

    def _inside(self, row: int, column: int) -> bool:
        return 0 <= row < self.rows.rowCount() and 0 <= column < len(self.rows.columns)

    def _value(self, row: int, column: int) -> str:
        return self.rows.text(self.rows.row_at(row), self.rows.columns[column]) if self._inside(row, column) else ""

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self.rows.rowCount():
            self.selectionModel().setCurrentIndex(
                self.rows.index(0, self.first_own()), QItemSelectionModel.SelectionFlag.ClearAndSelect
            )

    # ── the row's menu ───────────────────────────────────────────────────────────────────────────────────────────

    def _menu(self, at: QPoint) -> None:
        words = (
            ("copy", "copy", tr("Copy")),
            ("paste", "put", tr("Paste")),
            ("clear", "clear", tr("Empty")),
            ("down", "fill_down", tr("Fill down")),
            ("insert", "insert", tr("Insert a row above")),
            ("remove", "remove", tr("Remove rows")),
            ("out", "leave_out", tr("Leave out")),
            ("answers", "answers", tr("What was answered…")),
            ("in", "take_in", tr("Take in again")),
        )
        entries = [(name, text, partial(self.do, verb), self.why_not(verb) or "") for name, verb, text in words]
        show_menu(self, "composer.grid.menu", entries, self.viewport().mapToGlobal(at))

    def attempts(self) -> int:
        """How often the current row was sent."""
        current = self.currentIndex()
        return self.rows.row_at(current.row()).attempt if current.isValid() else 0

    def _ask_answers(self) -> None:
        self.answersWanted.emit(self.rows.row_at(self.currentIndex().row()).id)

    def insert_row(self) -> None:
        current = self.currentIndex()
        place = self.rows.place_of(current.row()) if current.isValid() else len(self.document.rows)
        self.document.add_rows([GridRow()], tr("Adding a row"), place)

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Home and End go along the row; with Ctrl to the first and the last cell."""
        move = QAbstractItemView.CursorAction
        current = self.currentIndex()
        if current.isValid() and action in (move.MoveHome, move.MoveEnd):
            last = len(self.rows.columns) - 1
            column = self.first_own() if action == move.MoveHome else last
            row = current.row()
            if modifiers & CTRL:
                row = 0 if action == move.MoveHome else self.rows.rowCount() - 1
            return self.rows.index(row, column)
        return super().moveCursor(action, modifiers)


def _neighbour(places: list[int], here: int, step: int) -> int:
    """The next one of the places, round and round."""
    if step > 0:
        at = bisect_right(places, here)
        return places[at] if at < len(places) else places[0]
    at = bisect_left(places, here)
    return places[at - 1]


_JUMPS = {KEY.Key_Up: (-1, 0), KEY.Key_Down: (1, 0), KEY.Key_Left: (0, -1), KEY.Key_Right: (0, 1)}


def block_of(text: str) -> list[list[str]]:
    """Lines and cells as spreadsheets put them into the clipboard. Quotes that do not fit are plain letters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    try:
        csv.field_size_limit(1_000_000)
        return [row or [""] for row in csv.reader(io.StringIO(lines), dialect="excel-tab", strict=True)]
    except csv.Error:
        return [line.split("\t") for line in lines.removesuffix("\n").split("\n")]
