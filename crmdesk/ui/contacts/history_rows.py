"""One line of a contact's time line as a card: what was done, when, by whom, and each field as *label: old → new*."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from crmdesk.core.outbox import SentRow
from crmdesk.ui.contacts.detail_parts import ValueLabel
from crmdesk.ui.contacts.detail_rows import LABEL_CHARS, spoken
from crmdesk.ui.contacts.history_lines import Line, Told, bare
from crmdesk.ui.kit import Card, FlatButton, Heading, IconButton, IconWord, Muted, PlainLabel, column, plural, row, tr
from crmdesk.ui.theme import theme
from crmdesk.ui.words import ago, breakable, clock_time, exact_time, tooltip

MOST_CHANGES = 40  # of one line on screen
NARROW = 40  # letters; with less room a value stands below its label
TOP = Qt.AlignmentFlag.AlignTop


class LineCard(Card):
    """Takes the focus, and is read as a whole: what, when, who, changes. Ctrl+C copies it.

    `restore(Told)` puts an old value back, where `offers(Told)` says that it can be."""

    copyAsked = Signal(str)
    openAsked = Signal(object)  # a SentRow: the row of bulk events that it tells of
    stepAsked = Signal(int)  # Down or Up: to the line after or before

    def __init__(
        self, line: Line, now: datetime, offers: Callable[[Told], bool], restore: Callable[[Told], None]
    ) -> None:
        super().__init__()
        self.line = line
        self.setObjectName(f"history.{line.key}")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.shown = line.told[:MOST_CHANGES]
        exact, unknown = exact_time(line.at), tr("The vendor does not say when")
        when = f"{clock_time(line.at, now)}   ({ago(line.at, now)})" if exact else unknown
        self._about = [text for text in (line.title, line.operator, exact or unknown) if text]
        by = Muted(breakable("   ·   ".join(text for text in (line.operator, when) if text)), wrap=True)
        by.setToolTip(exact)
        parts: list[QWidget] = [self._head(), by]
        parts += [PlainLabel(breakable(note), wrap=True) for note in self._notes()]
        if line.sent is not None:
            parts.append(self._way_there(line.sent))
        column(self, *parts, self._changes(offers, restore), gap=3, margins=(16, 8, 10, 10))
        read = [f"{told.label}: {spoken(bare(told.text))}" for told in self.shown]
        self.setAccessibleName(". ".join((*self._about, *self._notes(), *read)))

    def _head(self) -> QWidget:
        head, line = QWidget(), self.line
        copy = IconButton(f"history.{line.key}.copy", "copy", tr("Copy this line"))
        keys = QKeySequence(QKeySequence.StandardKey.Copy).toString(QKeySequence.SequenceFormat.NativeText)
        copy.setToolTip(f"{copy.accessibleName()} ({keys})")
        copy.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the card itself is where the keyboard is
        copy.clicked.connect(lambda _checked=False: self.copyAsked.emit(self.text()))
        sign = IconWord(line.icon, "", line.tone)
        sign.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        title = Heading(line.title, factor=1.0)
        title.setWordWrap(True)
        row(head, sign, title, copy, gap=6, stretch=1)
        return head

    def _way_there(self, sent: SentRow) -> QWidget:
        box, words = QWidget(), tr("Show the row in Bulk events")
        made = _InsideWords(f"history.{self.line.key}.open", words)
        made.setProperty("link", True)
        made.clicked.connect(lambda _checked=False: self.openAsked.emit(sent))
        row(box, made).addStretch(1)
        return box

    def _notes(self) -> list[str]:
        left = len(self.line.told) - MOST_CHANGES
        more = plural(left, "and 1 more change", "and {n} more changes") if left > 0 else ""
        return [note for note in (tr(self.line.note), more) if note]

    def _changes(self, offers: Callable[[Told], bool], restore: Callable[[Told], None]) -> QWidget:
        box = QWidget()
        self._grid = grid = QGridLayout(box)
        grid.setContentsMargins(0, 2, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        self._rows: list[tuple[Muted, Folded, IconButton | None]] = []
        for told in self.shown:
            pressed = self._button(told, restore) if offers(told) else None
            value = Folded(f"history.{self.line.key}.{told.spec.path}", told)
            self._rows.append((Muted(breakable(told.label), wrap=True), value, pressed))
        self._narrow: bool | None = None
        self._place(narrow=False)
        if not self.shown:
            box.hide()  # never shown here: without a parent it would be a window, and take the keyboard
        return box

    def _place(self, *, narrow: bool) -> None:
        """The value beside its label; below it where there is little room."""
        if narrow == self._narrow:
            return
        self._narrow = narrow
        metrics, grid = QFontMetrics(self.font()), self._grid
        for place, (label, value, pressed) in enumerate(self._rows):
            drop = max(0, (pressed.minimumHeight() - metrics.height()) // 2) if pressed is not None else 0
            label.setContentsMargins(0, 0 if narrow else drop, 0, 0)
            value.setContentsMargins(0, drop, 0, 0)
            label.setFixedWidth(16_777_215 if narrow else metrics.averageCharWidth() * LABEL_CHARS)
            label.setMinimumWidth(0 if narrow else label.maximumWidth())
            grid.addWidget(label, 2 * place, 0, 1, 3 if narrow else 1, TOP)
            grid.addWidget(value, 2 * place + narrow, 0 if narrow else 1, 1, 2 if narrow else 1, TOP)
            if pressed is not None:
                grid.addWidget(pressed, 2 * place + narrow, 2, TOP)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place(narrow=self.width() < QFontMetrics(self.font()).averageCharWidth() * NARROW)

    def _button(self, told: Told, restore: Callable[[Told], None]) -> IconButton:
        words = tr("Restore this value of {field}").replace("{field}", told.label)
        made = _Inside(f"history.{self.line.key}.restore.{told.spec.path}", "undo", words)
        made.setToolTip(tooltip(words))
        made.clicked.connect(lambda _checked=False: restore(told))
        return made

    def text(self) -> str:
        """For the clipboard: a line for the head, one for each note and field. Masked values stay dots."""
        lines = ["   ".join(self._about), *self._notes()]
        return "\n".join([*lines, *(f"{told.label}: {bare(told.whole)}" for told in self.shown)])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copyAsked.emit(self.text())
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):  # before the scroll area takes them
            self.stepAsked.emit(1 if event.key() == Qt.Key.Key_Down else -1)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme().color("accent"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 9, 9)
            painter.end()


class _UpAndDown:
    """Of a button of a line: Up and Down belong to the lines, else Qt would go to the next button with them."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            event.ignore()
        else:
            super().keyPressEvent(event)  # type: ignore[misc]  # QWidget's


class _Inside(_UpAndDown, IconButton):
    pass


class _InsideWords(_UpAndDown, FlatButton):
    pass


class Folded(QWidget):
    """The words of one change; long ones are cut until *Show all* is pressed."""

    def __init__(self, name: str, told: Told) -> None:
        super().__init__()
        self._told, self._open = told, False
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
        self.value = ValueLabel(breakable(told.text), wrap=True)
        self.value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
        place = column(self, self.value, gap=0)
        if told.folded:
            self.more = FlatButton(f"{name}.more", tr("Show all"))
            self.more.setAccessibleName(tr("Show all of {field}").replace("{field}", told.label))
            self.more.clicked.connect(lambda _checked=False: self._turn())
            place.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeading)

    def _turn(self) -> None:
        self._open = not self._open
        self.value.setText(breakable(self._told.whole if self._open else self._told.text))
        self.more.setText(tr("Show less") if self._open else tr("Show all"))
