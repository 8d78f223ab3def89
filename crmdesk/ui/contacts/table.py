"""The list itself: a table over the model, its selection by id, and its keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from crmdesk.ui.contacts import vector
from crmdesk.ui.contacts.columns import NAME, Desk
from crmdesk.ui.contacts.header import ContactsHeader
from crmdesk.ui.contacts.model import AnyIndex, ContactsModel
from crmdesk.ui.contacts.painter import CardPainter, CellPainter
from crmdesk.ui.contacts.vector import Ids, Run
from crmdesk.ui.kit import own_viewport
from crmdesk.ui.theme import Theme
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.ui.batch.cell import CellEditing

TYPE_AHEAD_MS = 1000
MOST_RUNS = 2000  # a selection torn into more pieces by a new order would slow every repaint
SELECT = QItemSelectionModel.SelectionFlag
CHORD = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier
KEYBOARD = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the operator is in the list, by id: what a refresh must give back."""

    current: int
    column: int
    everything: bool
    selected: Ids
    anchors: tuple[int, ...]  # ids to hold in place: the current row if in sight, then the rows in sight from the top
    offsets: tuple[int, ...]  # pixels from the top of the view, one for each anchor


class ContactsTable(QTableView):
    """Rows are selected whole. Ids, never row numbers, survive a new result."""

    currentContact = Signal(int)  # 0 = none
    selectionCounted = Signal(int)
    opened = Signal()
    typed = Signal(str)  # letters typed so far, for type-ahead
    menuAsked = Signal(object)  # QPoint, global
    _giving_back = False  # a selection from before, after a new result

    def __init__(self, model: ContactsModel, theme: Theme, desk: Desk) -> None:
        super().__init__()
        self.setObjectName("list.contacts")
        self.setAccessibleName(tr("Contacts"))
        self.contacts = model
        self._theme, self._typed = theme, ""
        self.columns = ContactsHeader(theme, self)
        self.setHorizontalHeader(self.columns)
        own_viewport(self)
        self.setModel(model)
        self._plain_settings()
        self._cells = CellPainter(self, model, theme, desk)
        self._cards = CardPainter(self, model, theme, desk)
        self.cards = False
        self.cell_editing: CellEditing | None = None  # batch.cell.CellEditing, once a cell was edited
        self._table_columns: list[Any] = []  # kept while the cards are shown
        self._typing = QTimer(self, singleShot=True, interval=TYPE_AHEAD_MS)
        self._typing.timeout.connect(self._forget_typed)
        self.columns.restore([])
        model.repaint.connect(self.viewport().update)
        self.verticalScrollBar().valueChanged.connect(lambda _value: self.prefetch())
        self.selectionModel().currentRowChanged.connect(lambda now, _was: self._current_changed(now))
        self.selectionModel().selectionChanged.connect(self._selection_changed)
        self._follow = QTimer(self, singleShot=True, interval=0)
        self._follow.timeout.connect(self._follow_selection)
        theme.changed.connect(self.restyle)
        self.set_cards(False)

    def _plain_settings(self) -> None:
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setMouseTracking(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        rows = self.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.hide()
        self.setFrameShape(self.Shape.NoFrame)

    # -- looks -------------------------------------------------------------------------------------------------------

    @property
    def row_height(self) -> int:
        return self.verticalHeader().defaultSectionSize()

    def set_cards(self, cards: bool) -> None:
        """One wide two-line row per contact, or columns."""
        columns = self.columns.columns_state() if not self.cards else None
        self.cards = cards
        self.columns.setVisible(not cards)
        if cards:
            self._table_columns = columns or []
            for section in range(1, self.columns.count()):
                self.columns.setSectionHidden(section, True)
        elif self._table_columns:
            self.columns.restore(self._table_columns)
        bar = Qt.ScrollBarPolicy
        self.setHorizontalScrollBarPolicy(bar.ScrollBarAlwaysOff if cards else bar.ScrollBarAsNeeded)
        self.restyle()

    def columns_state(self) -> list[list[Any]]:
        return self._table_columns if self.cards else self.columns.columns_state()

    def restore_columns(self, saved: list[Any]) -> None:
        if self.cards:
            self._table_columns = saved
        else:
            self.columns.restore(saved)

    def set_desk(self, desk: Desk) -> None:
        self._cells.desk = self._cards.desk = desk
        self._cells.restyle()
        self._cards.restyle()

    def restyle(self) -> None:
        """Fonts, colours and row height from the theme."""
        self._cells.restyle()
        self._cards.restyle()
        place = self.place()
        painter = self.painter
        self.verticalHeader().setMinimumSectionSize(10)
        self.verticalHeader().setDefaultSectionSize(painter.row_height)
        self.verticalScrollBar().setSingleStep(painter.row_height)
        self.contacts.restyle()
        self._fill_width()
        self._hold(place)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Only the rows of the event, straight from what is cached."""
        count, high = self.contacts.rowCount(), self.row_height
        area, offset = event.rect(), self.verticalScrollBar().value()
        first = max(0, (offset + area.top()) // high)
        last = min(count - 1, (offset + area.bottom()) // high)
        painter = QPainter(self.viewport())
        self.painter.paint_rows(painter, range(first, last + 1), first * high - offset, self.runs())
        painter.end()

    @property
    def painter(self) -> CellPainter:
        """The painter of the layout that is shown."""
        return self._cards if self.cards else self._cells

    def dataChanged(self, first: AnyIndex, last: AnyIndex, roles: Sequence[int] = ()) -> None:
        """Rows that came in or changed: only those in sight are painted again."""
        top, bottom = self.rows_in_sight()
        if first.row() <= bottom and last.row() >= top:
            self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fill_width()
        self.prefetch()

    def _fill_width(self) -> None:
        if self.cards:
            self.setColumnWidth(NAME, self.viewport().width())

    # -- selection ---------------------------------------------------------------------------------------------------

    def runs(self) -> list[Run]:
        """Selected rows as sorted runs; costs by the number of runs, not of rows."""
        return sorted((item.top(), item.bottom()) for item in self.selectionModel().selection().toList())

    def selected_count(self) -> int:
        return sum(last - first + 1 for first, last in self.runs())

    def selected_ids(self) -> Ids:
        return vector.take(self.contacts.ids, self.runs())

    def current_id(self) -> int:
        return self.contacts.id_at(self.currentIndex().row())

    def choose(self, row: int, column: int = NAME) -> None:
        """Make one row the current and only selected one, and bring it to sight."""
        if 0 <= row < self.contacts.rowCount():
            index = self.contacts.index(row, column)
            self.selectionModel().setCurrentIndex(index, SELECT.ClearAndSelect | SELECT.Rows)
            self.scrollTo(index)

    def choose_id(self, contact_id: int) -> bool:
        """False if that contact is not in the result."""
        row = self.contacts.position(contact_id)
        self.choose(row)
        return row >= 0

    def move_by(self, rows: int) -> None:
        row = self.currentIndex().row() + rows if self.currentIndex().isValid() else 0
        self.choose(max(0, min(row, self.contacts.rowCount() - 1)))

    def _selection_changed(self, selected: QItemSelection, _gone: QItemSelection) -> None:
        self.selectionCounted.emit(self.selected_count())
        if selected.count() and not self._giving_back:
            self._follow.start()

    def _follow_selection(self) -> None:
        """A screen reader selects a row without making it the current one; a click always does both."""
        runs, current = self.runs(), self.currentIndex().row()
        if len(runs) == 1 and runs[0][0] == runs[0][1] != current:
            index = self.contacts.index(runs[0][0], max(0, self.currentIndex().column()))
            self.selectionModel().setCurrentIndex(index, SELECT.NoUpdate)
            self.scrollTo(index)

    def _current_changed(self, now: QModelIndex) -> None:
        self.viewport().update()  # the ring goes around a whole row; Qt would paint one cell of the row before anew
        self.currentContact.emit(self.contacts.id_at(now.row()) if now.isValid() else 0)

    # -- a new result in place of the old one ------------------------------------------------------------------------

    def place(self) -> Place:
        """Selection, current row and scroll position by id."""
        first, last = self.rows_in_sight()
        current = self.currentIndex()
        rows = [row for row in (current.row(), *range(first, min(last, first + 60) + 1)) if first <= row <= last]
        known = [row for row in rows if self.contacts.id_at(row)]
        count = self.selected_count()
        return Place(
            self.current_id(),
            max(0, current.column()),
            count > 0 and count == self.contacts.rowCount(),
            self.selected_ids() if count else [],
            tuple(self.contacts.id_at(row) for row in known),
            tuple(self.rowViewportPosition(row) for row in known),
        )

    def rows_in_sight(self) -> Run:
        """First and last visible row; (0, -1) for an empty list."""
        count = self.contacts.rowCount()
        top = self.verticalScrollBar().value() // max(1, self.row_height)
        last = top + self.viewport().height() // max(1, self.row_height) + 1
        return (min(top, count - 1), min(last, count - 1)) if count else (0, -1)

    def swap(self, place: Place, swap: Callable[[], None], *, hold: bool) -> None:
        """Run `swap` (a model reset) and give back what `place` says; `hold` also keeps the scroll position.

        Nobody hears of the reset in between: the current contact and the count are told once, at the end."""
        quiet = self.selectionModel().blockSignals(True)
        swap()
        self.selectionModel().blockSignals(quiet)
        self.executeDelayedItemsLayout()  # now, else it comes after the first paint and paints all again
        self._select_again(place)
        if hold:
            self._hold(place)
        else:
            self.scrollToTop()
        self.viewport().update()
        self.currentContact.emit(self.current_id())
        self.selectionCounted.emit(self.selected_count())

    def _select_again(self, place: Place) -> None:
        model, selection = self.contacts, QItemSelection()
        last_column = model.columnCount() - 1
        runs = vector.runs_of(model.ids, place.selected) if len(place.selected) else []
        if place.everything and model.rowCount() and len(runs) > 1:
            runs = runs if sum(b - a + 1 for a, b in runs) < model.rowCount() else [(0, model.rowCount() - 1)]
        for first, last in runs if len(runs) <= MOST_RUNS else []:
            selection.append(QItemSelectionRange(model.index(first, 0), model.index(last, last_column)))
        self._giving_back = True
        self.selectionModel().select(selection, SELECT.ClearAndSelect)
        self._giving_back = False
        row = model.position(place.current) if place.current else -1
        if row >= 0:
            self.selectionModel().setCurrentIndex(model.index(row, place.column), SELECT.NoUpdate)

    def _hold(self, place: Place) -> None:
        """Scroll so that the first anchor that is still there stands at its pixel again."""
        self.updateGeometries()
        for contact_id, offset in zip(place.anchors, place.offsets, strict=True):
            row = self.contacts.position(contact_id)
            if row >= 0:
                self.verticalScrollBar().setValue(row * self.row_height - offset)
                return

    def anchor_rows(self, ids: Ids, place: Place) -> Run:
        """Which rows of a new result will be in sight; (0, -1) where nothing stays."""
        for contact_id, offset in zip(place.anchors, place.offsets, strict=True):
            row = vector.position(ids, contact_id)
            if row >= 0:
                first = max(0, row - offset // max(1, self.row_height) - 1)
                return first, first + self.viewport().height() // max(1, self.row_height) + 2
        return 0, -1

    def prefetch(self) -> None:
        """Rows just outside the view, so that scrolling meets text."""
        first, last = self.rows_in_sight()
        if last >= 0:
            self.contacts.prefetch(first, last)  # what is in sight is read before its neighbours
            self.contacts.prefetch(2 * first - last, 2 * last - first)

    # -- keys and mouse ----------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit()
            return
        if event.key() == Qt.Key.Key_Space and not event.modifiers() & CHORD and self.currentIndex().isValid():
            if self._typing.isActive():  # within a name that is typed: *anna m*
                self.keyboardSearch(" ")
            else:
                self.selectionModel().select(self.currentIndex(), SELECT.Toggle | SELECT.Rows)
            return
        super().keyPressEvent(event)

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Home and End go to the first and last row: this is a list of people, not a sheet of cells."""
        column = max(0, self.currentIndex().column())
        if action == QAbstractItemView.CursorAction.MoveHome:
            return self.contacts.index(0, column)
        if action == QAbstractItemView.CursorAction.MoveEnd:
            return self.contacts.index(self.contacts.rowCount() - 1, column)
        return super().moveCursor(action, modifiers)

    def keyboardSearch(self, search: str) -> None:
        self._typed += search
        self._typing.start()
        self.typed.emit(self._typed)

    def _forget_typed(self) -> None:
        self._typed = ""

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Entered by keyboard there is always a current row, so that it is spoken."""
        super().focusInEvent(event)
        if event.reason() in KEYBOARD and not self.currentIndex().isValid():
            self.choose(0)
        self.viewport().update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menuAsked.emit(event.globalPos())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        if self.indexAt(event.position().toPoint()).isValid():
            self.opened.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._hover(self.rowAt(round(event.position().y())))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(-1)

    def _hover(self, row: int) -> None:
        painter = self.painter
        if row != painter.hover_row:
            for old_or_new in (painter.hover_row, row):
                if old_or_new >= 0:
                    top = self.rowViewportPosition(old_or_new)
                    self.viewport().update(0, top, self.viewport().width(), self.row_height)
            painter.hover_row = row
