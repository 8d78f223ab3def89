"""Contacts beside each other: a line for each field, what differs with word and icon, and *Copy to …* at a value.

Below each other where it is narrow. Vendor text is shown as it is; what is masked stays masked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from crmdesk.ui.cards.sides import Cell, Line, Side, short_names
from crmdesk.ui.contacts.detail_parts import ValueLabel
from crmdesk.ui.contacts.detail_rows import LABEL_CHARS
from crmdesk.ui.kit import GAP, Card, FlatButton, IconWord, Muted, PlainLabel, column, plural, row, tooltip, tr
from crmdesk.ui.theme import theme
from crmdesk.ui.words import breakable

STACKED_LETTERS = 44  # average letters for each side; below, the sides of a field stand below each other
LONG_WORD = 14
MOST_LETTERS = 600  # of one value; the whole is in the contact itself


class CompareTable(QWidget):
    """`copyWanted(key, from, to)`: sides by their numbers. `everything`: also the lines that are the same."""

    copyWanted = Signal(str, int, int)

    def __init__(self, name: str, *, everything: bool) -> None:
        super().__init__()
        self.setObjectName(name)
        self._everything = everything
        self._sides: tuple[Side, ...] = ()
        self._lines: tuple[Line, ...] = ()
        self._stacked = False
        self.rows: list[LineRow] = []
        self._card = Card()
        self._column: QVBoxLayout = column(self._card, gap=2, margins=(6, 8, 6, 8))
        self.more = FlatButton(f"{name}.more", "")
        self.more.setProperty("leading", True)
        self.more.clicked.connect(lambda _checked=False: self._toggle())
        layout = column(self, self._card, self.more, gap=4)
        layout.setAlignment(self.more, Qt.AlignmentFlag.AlignLeading)
        theme().changed.connect(self._fill)

    def show_lines(self, sides: Sequence[Side], lines: Sequence[Line]) -> None:
        """The same lines again change nothing: the focus stays where it is."""
        shown = (tuple(sides), tuple(lines))
        if shown == (self._sides, self._lines) and self.rows:
            return
        self._sides, self._lines = shown
        self._fill()

    def _toggle(self) -> None:
        self._everything = not self._everything
        self._fill()
        self.more.setFocus(Qt.FocusReason.OtherFocusReason)

    def _fill(self) -> None:
        focus = self.focusWidget()
        held = focus.objectName() if focus is not None and self._card.isAncestorOf(focus) else ""
        while (item := self._column.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.setParent(None)
                old.deleteLater()
        self.rows = []
        wanted = [line for line in self._lines if line.differs or self._everything]
        if not self._stacked:
            self._column.addWidget(self._head())
        for line in wanted:
            made = LineRow(self.objectName(), line, self._sides, self._column_names(), stacked=self._stacked)
            made.copyWanted.connect(partial(self.copyWanted.emit, line.key))
            self._column.addWidget(made)
            self.rows.append(made)
            made.show()  # the layout would do it later, and till then nothing in it takes the focus
        if not wanted:
            self._column.addWidget(Muted(tr("Nothing differs."), wrap=True))
        self._offer_more()
        if held:
            self._focus(held)

    def _focus(self, name: str) -> None:
        """What had it, else the first line: a field that is the same now is not shown any more."""
        again = self._card.findChild(QWidget, name)
        if again is None or not again.isEnabled():
            again = self.rows[0] if self.rows else self.more
        again.setFocus(Qt.FocusReason.OtherFocusReason)

    def _offer_more(self) -> None:
        same = sum(not line.differs for line in self._lines)
        words = plural(same, "Show 1 field that is the same", "Show {n} fields that are the same")
        self.more.setText(tr("Show only what differs") if self._everything else words)
        self.more.setVisible(0 < same < len(self._lines) or (bool(same) and not self._everything))

    def _column_names(self) -> list[str]:
        return short_names(self._sides)

    def _head(self) -> QWidget:
        """Which contact stands in which column."""
        head = QWidget()
        grid, corner = _grid(head, len(self._sides)), QWidget()
        corner.setFixedWidth(_label_width())
        grid.addWidget(corner, 0, 0)
        for place, text in enumerate(self._column_names(), start=1):
            label = Muted(breakable(text, LONG_WORD), wrap=True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
            grid.addWidget(label, 0, place, Qt.AlignmentFlag.AlignTop)
        return head

    def set_stacked(self, stacked: bool) -> None:
        if stacked != self._stacked:
            self._stacked = stacked
            self._fill()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wanted = self.fontMetrics().averageCharWidth() * STACKED_LETTERS * max(2, len(self._sides))
        self.set_stacked(event.size().width() < wanted)

    def first_row(self) -> QWidget | None:
        """Where the keyboard begins."""
        return self.rows[0] if self.rows else None


class LineRow(QFrame):
    """One field. It takes the focus and is then read whole; the buttons of its values follow with Tab."""

    copyWanted = Signal(int, int)

    def __init__(self, name: str, line: Line, sides: tuple[Side, ...], titles: Sequence[str], *, stacked: bool) -> None:
        super().__init__()
        self.line, self._titles, self._name = line, titles, f"{name}.{line.key}"
        self.setObjectName(self._name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(line.spoken(sides))
        whys = dict.fromkeys(target.why for cell in line.cells for target in cell.targets if target.why)
        self.setAccessibleDescription(" ".join(whys))  # a button that cannot be pressed is not come to
        grid = _grid(self, len(sides))
        grid.setContentsMargins(8, 5, 8, 5)
        if stacked:
            self._stack(grid)
        else:
            grid.addWidget(self._label(), 0, 0, Qt.AlignmentFlag.AlignTop)
            for place, cell in enumerate(line.cells):
                grid.addWidget(self._cell(place, cell), 0, place + 1, Qt.AlignmentFlag.AlignTop)

    def _stack(self, grid: QGridLayout) -> None:
        """The label above, then a line for each side."""
        grid.addWidget(self._label(stacked=True), 0, 0, 1, grid.columnCount())
        for place, (title, cell) in enumerate(zip(self._titles, self.line.cells, strict=True), start=1):
            whose = Muted(breakable(title, LONG_WORD), wrap=True)
            whose.setFixedWidth(_label_width())
            grid.addWidget(whose, place, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(self._cell(place - 1, cell), place, 1, 1, max(1, grid.columnCount() - 1))

    def _label(self, *, stacked: bool = False) -> QWidget:
        box, label = QWidget(), PlainLabel(breakable(self.line.label, LONG_WORD), wrap=True)
        parts: list[QWidget] = [label]
        if self.line.differs:
            parts.append(IconWord("arrows", tr("differs"), "warning"))
        if stacked:
            label.setWordWrap(False)
            row(box, *parts, gap=12).addStretch(1)
        else:
            box.setFixedWidth(_label_width())  # the same in every line, else their columns would not be
            column(box, *parts, gap=1)
        return box

    def _cell(self, place: int, cell: Cell) -> QWidget:
        box = QWidget()
        shown = breakable(cell.shown()[:MOST_LETTERS], LONG_WORD)
        label: PlainLabel = ValueLabel(shown, wrap=True) if cell.text else Muted(shown, wrap=True)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
        parts: list[QWidget] = [label]
        if cell.targets:
            parts.append(self._copy(place, cell))
        layout = column(box, *parts, gap=1)
        for part in parts[1:]:
            layout.setAlignment(part, Qt.AlignmentFlag.AlignLeading)
        return box

    def _copy(self, place: int, cell: Cell) -> FlatButton:
        """To the one other side, or a menu of them; where it cannot be done the reason is at the button."""
        made = FlatButton(f"{self._name}.copy.{place}", tr("Copy to …"))
        made.setProperty("link", True)
        made.setProperty("snug", True)
        only = cell.targets[0] if len(cell.targets) == 1 else None
        where = self._titles[only.side] if only is not None else "…"
        words = tr("Copy {field} of {source} to {target}").replace("{field}", self.line.label)
        words = words.replace("{source}", self._titles[place]).replace("{target}", where)
        made.setAccessibleName(words)
        whys = dict.fromkeys(target.why for target in cell.targets)
        barred = None not in whys
        made.setEnabled(not barred)
        reason = " ".join(why for why in whys if why) if barred else ""
        made.setToolTip(tooltip(reason or words))
        made.setAccessibleDescription(reason)
        if only is not None:
            made.clicked.connect(lambda _checked=False: self.copyWanted.emit(place, only.side))
        else:
            made.clicked.connect(lambda _checked=False: self._choose(made, place, cell))
        return made

    def _choose(self, under: QWidget, place: int, cell: Cell) -> None:
        menu = QMenu(self)
        menu.setObjectName(f"{self._name}.menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        for target in cell.targets:
            action = menu.addAction(self._titles[target.side].replace("&", "&&"))
            action.triggered.connect(partial(self._chosen, place, target.side))
            action.setEnabled(target.why is None)
            action.setToolTip(tooltip(target.why or ""))
        menu.popup(under.mapToGlobal(under.rect().bottomLeft()))

    def _chosen(self, place: int, side: int, _checked: bool = False) -> None:
        self.copyWanted.emit(place, side)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.line.differs:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().color("tint_warn"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme().color("accent"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        painter.end()


def _label_width() -> int:
    """Pixels of the column of labels."""
    letters = QFontMetrics(theme().font)
    mark = letters.horizontalAdvance(tr("differs")) + letters.height() + GAP  # with its shape
    return max(letters.averageCharWidth() * LABEL_CHARS, mark)


def _grid(host: QWidget, sides: int) -> QGridLayout:
    """Labels in a column of their own width, then the sides of equal width."""
    grid = QGridLayout(host)
    grid.setContentsMargins(8, 0, 8, 0)
    grid.setHorizontalSpacing(14)
    grid.setVerticalSpacing(4)
    grid.setColumnMinimumWidth(0, _label_width())
    for place in range(1, sides + 1):
        grid.setColumnStretch(place, 1)
    return grid
