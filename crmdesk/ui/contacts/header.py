"""The list's header: sort by click, second key by Shift+click, choose, move, size and reset columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QHeaderView, QMenu, QWidget

from crmdesk.core.types import Sort
from crmdesk.ui.contacts.columns import COLUMNS, DEFAULT_SHOWN, KEYS, NAME
from crmdesk.ui.kit import pixmap
from crmdesk.ui.theme import Theme
from crmdesk.ui.words import tr

SMALLEST, WIDEST = 40, 1200
PAD, EDGE = 8, 16  # before a cell's text; before the first column, in line with what stands above the list
MOST_KEYS = 3  # of a sort; more say nothing to a person


class ContactsHeader(QHeaderView):
    """`sortAsked(tuple[Sort, ...])` after a click; `layoutChanged` after the operator moved, sized or chose columns."""

    sortAsked = Signal(object)
    columnsChanged = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setObjectName("list.header")
        self.setAccessibleName(tr("Columns"))
        self._theme = theme
        self._sort: tuple[Sort, ...] = (Sort(),)
        self._quiet = False
        self.setSectionsClickable(True)
        self.setSectionsMovable(True)
        self.setFirstSectionMovable(False)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(SMALLEST)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu_at)
        self.sectionClicked.connect(self._clicked)
        self.sectionMoved.connect(lambda *_: self._changed())
        self.sectionResized.connect(lambda *_: self._changed())

    # -- sorting -----------------------------------------------------------------------------------------------------

    def show_sort(self, sort: Sequence[Sort]) -> None:
        wanted = tuple(sort) or (Sort(),)
        if wanted != self._sort:
            self._sort = wanted
            self.viewport().update()

    def _clicked(self, section: int) -> None:
        further = bool(QApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier)
        self.sortAsked.emit(next_sort(self._sort, KEYS[section], further=further))

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        """Title, hairline, and an arrow where the list is sorted by it; the second key's is paler."""
        painter.fillRect(rect, self._theme.color("window"))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, self._theme.color("border"))
        place = next((at for at, item in enumerate(self._sort) if item.column == KEYS[section]), -1)
        text = tr(COLUMNS[section].title)
        metrics = self.fontMetrics()
        box = rect.adjusted(EDGE if section == NAME else PAD, 0, -PAD - (16 if place >= 0 else 0), 0)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0, box.width()))
        painter.setPen(self._theme.color("muted" if place < 0 else "text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading, shown)
        if place >= 0:
            wide = metrics.horizontalAdvance(shown) + 4
            mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
            at = box.right() - wide - 12 if mirrored else box.left() + wide
            color = self._theme.color("accent" if place == 0 else "border")
            name = "down" if self._sort[place].descending else "up"
            ratio = self.devicePixelRatioF()
            painter.drawPixmap(at, rect.center().y() - 5, pixmap(name, color, 12, ratio))

    # -- columns -----------------------------------------------------------------------------------------------------

    def reset_columns(self) -> None:
        """The columns of the first start."""
        self.restore([[column.key, 0, column.key in DEFAULT_SHOWN] for column in COLUMNS])
        self.columnsChanged.emit()

    def columns_state(self) -> list[list[Any]]:
        """[key, width in pixels, shown] in visual order."""
        order = [self.logicalIndex(place) for place in range(self.count())]
        return [[KEYS[item], self._width_of(item), not self.isSectionHidden(item)] for item in order]

    def restore(self, saved: Sequence[Any]) -> None:
        """Take columns as `columns_state` gave them; what makes no sense is left out, missing columns are added."""
        self._quiet = True
        rest = [[column.key, 0, column.shown] for column in COLUMNS]
        entries = [entry for entry in saved if _makes_sense(entry)]
        known = [entry[0] for entry in entries]
        entries += [entry for entry in rest if entry[0] not in known]
        entries.sort(key=lambda entry: entry[0] != KEYS[NAME])  # stable: the name is pinned in front
        for place, (key, width, shown) in enumerate(entries):
            logical = KEYS.index(key)
            self.moveSection(self.visualIndex(logical), place)
            self.setSectionHidden(logical, False)
            chosen = width if width != self._plain_width(logical) else 0  # as the other language had it
            self.resizeSection(logical, chosen or self._usual_width(logical))
            self.setSectionHidden(logical, not shown and logical != NAME)
        self._quiet = False

    def show_column(self, key: str, shown: bool) -> None:
        logical = KEYS.index(key)
        if logical == NAME:
            return
        self.setSectionHidden(logical, not shown)
        if shown and self.sectionSize(logical) < SMALLEST:
            self.resizeSection(logical, self._usual_width(logical))
        self._changed()

    def menu(self) -> QMenu:
        """Which columns are shown, and back to the usual ones."""
        menu = QMenu(self)
        menu.setObjectName("list.columns")
        for column in COLUMNS:
            action = menu.addAction(tr(column.title))
            action.setObjectName(f"list.columns.{column.key}")
            action.setCheckable(True)
            action.setChecked(not self.isSectionHidden(KEYS.index(column.key)))
            action.setEnabled(column.key != KEYS[NAME])
            action.toggled.connect(lambda shown, key=column.key: self.show_column(key, shown))
        menu.addSeparator()
        reset = menu.addAction(tr("Reset columns"))
        reset.setObjectName("list.columns.reset")
        reset.triggered.connect(lambda _checked=False: self.reset_columns())
        return menu

    def _menu_at(self, place: QPoint) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.mapToGlobal(place))

    def _usual_width(self, logical: int) -> int:
        """Its title fits, which is longer in other languages."""
        title = self.fontMetrics().horizontalAdvance(tr(COLUMNS[logical].title)) + 2 * PAD + 2
        return max(self._plain_width(logical), title)

    def _plain_width(self, logical: int) -> int:
        return round(COLUMNS[logical].width * self._theme.font_scale / 100)

    def _width_of(self, logical: int) -> int:
        return 0 if self.isSectionHidden(logical) else self.sectionSize(logical)

    def _changed(self) -> None:
        if not self._quiet:
            self.columnsChanged.emit()


def next_sort(now: Sequence[Sort], column: str, *, further: bool) -> tuple[Sort, ...]:
    """The sort after a click on `column`: times start with the newest; a second click turns the order; `further`
    (Shift) keeps the keys before it."""
    keys = list(now) if further else [item for item in now[:1] if item.column == column]
    for place, item in enumerate(keys):
        if item.column == column:
            keys[place] = Sort(column, not item.descending)
            return tuple(keys)
    keys.append(Sort(column, descending=column in ("updated", "as_of", "created")))
    return tuple(keys[-MOST_KEYS:])


def _makes_sense(entry: Any) -> bool:
    return (
        isinstance(entry, list)
        and len(entry) == 3
        and entry[0] in KEYS
        and isinstance(entry[1], int)
        and (entry[1] == 0 or SMALLEST <= entry[1] <= WIDEST)
        and isinstance(entry[2], bool)
    )
