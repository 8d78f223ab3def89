"""One card at the top of the pages: it takes a place of its own there and never lies over anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QWidget

from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.kit import Badge, FlatButton, IconButton, IconWord, PlainLabel, button, column, row
from crmdesk.ui.words import tr

LOW = 36  # lines; in a window of less height a card is one line


class Shown(NamedTuple):
    """A step as it stands: its words, and whether it is done."""

    text: str
    done: bool
    saves: bool = False


class StepLine(QWidget):
    """A tick or a dash, and what is to be done."""

    def __init__(self, step: Shown, current: bool, parent: QWidget) -> None:
        super().__init__(parent)
        icon, tone = ("tick", "ok") if step.done else ("right", "") if current else ("dash", "")
        self.label = PlainLabel(step.text, self, wrap=True)
        words = tr("Done: {step}") if step.done else tr("Next: {step}") if current else tr("Later: {step}")
        self.label.setAccessibleName(words.replace("{step}", step.text))
        if step.done:
            self.label.set_tone("ok")
        row(self, IconWord(icon, "", tone), self.label, gap=6, stretch=1)


class LessonCard(QFrame):
    """`stepped(+1/-1)`: another card; `dismissed`: not again; `closed`: not in this session; `saveAsked`: the file."""

    stepped = Signal(int)
    dismissed = Signal()
    closed = Signal()
    saveAsked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("practice.card")
        self._steps: tuple[Shown, ...] = ()
        self._title, self._alone = "", False
        self._wanted: bool | None = None  # what the person chose; None: by the window's height
        self.heading = PlainLabel("", self, wrap=True)
        self.place = Badge("", self)
        self.before = self._icon("practice.card.before", "back", tr("Card before"), lambda: self.stepped.emit(-1))
        self.after = self._icon("practice.card.after", "forward", tr("Next card"), lambda: self.stepped.emit(1))
        self.fold = self._icon("practice.card.fold", "up", tr("Show one line"), self._toggle)
        self.never = FlatButton("practice.card.dismiss", tr("Don’t show again"), self)
        self.never.clicked.connect(lambda _checked=False: self.dismissed.emit())
        self.shut = self._icon("practice.card.close", "close", tr("Close the cards"), self.closed.emit)
        self.save = button("practice.card.save", tr("Save the sample file…"), self.saveAsked.emit)
        head = QWidget(self)
        row(head, self.heading, self.place, self.before, self.after, self.never, self.fold, self.shut, gap=4, stretch=0)
        self.body = QWidget(self)
        self._lines = column(self.body, gap=3)
        self._foot = QWidget(self)
        flow = FlowLayout(8)
        self._foot.setLayout(flow)
        flow.addWidget(self.save)
        column(self, head, self.body, self._foot, gap=2, margins=(14, 5, 8, 7))

    def buttons(self) -> list[QWidget]:
        """In the order in which they are seen."""
        return [self.before, self.after, self.never, self.fold, self.shut, self.save]

    def _icon(self, name: str, picture: str, text: str, run: Callable[[], object]) -> IconButton:
        made = IconButton(name, picture, text, self)
        made.clicked.connect(lambda _checked=False: run())
        return made

    def show_lesson(self, title: str, place: str, steps: Sequence[Shown], *, alone: bool) -> None:
        """`place`: which card of how many; `alone`: there is no other."""
        self._title, self._steps = title, tuple(steps)
        self.place.setText(place)
        self._alone = alone
        self._fill()

    @property
    def folded(self) -> bool:
        """One line instead of all steps."""
        low = self.window().height() < LOW * self.fontMetrics().height()
        return low if self._wanted is None else self._wanted

    @property
    def in_the_way(self) -> bool:
        """In so low a window that a page with much on it has no room to spare; not where somebody wants it so."""
        return self._wanted is None and self.folded

    def follow_height(self) -> None:
        """The window has another height."""
        if self.body.isHidden() != self.folded:
            self._fill()

    def _toggle(self) -> None:
        self._wanted = not self.folded
        self._fill()

    def _current(self) -> int:
        """Of the first step that is not done; the number of steps where all are."""
        return next((at for at, step in enumerate(self._steps) if not step.done), len(self._steps))

    def _fill(self) -> None:
        current, folded = self._current(), self.folded
        while (item := self._lines.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for at, step in enumerate(self._steps):
            self._lines.addWidget(StepLine(step, at == current, self.body))
        self.body.setVisible(not folded)
        self._foot.setVisible(any(step.saves and not step.done for step in self._steps[current : current + 1]))
        self.heading.setText(self._words(current, folded))
        font = self.heading.font()
        font.setBold(not folded)
        self.heading.setFont(font)
        self.heading.setAccessibleName(self._words(current, True))
        for part, seen in (
            (self.place, not folded),
            (self.never, not folded),
            (self.before, not folded and not self._alone),
            (self.after, not self._alone),
        ):
            part.setVisible(seen)
        self.fold.set_icon("down" if folded else "up")
        words = tr("Show all steps") if folded else tr("Show one line")
        self.fold.setToolTip(words)
        self.fold.setAccessibleName(words)
        self.setAccessibleName(self._words(current, True))

    def _words(self, current: int, folded: bool) -> str:
        if current == len(self._steps):
            return tr("{title}: all done. Well done!").replace("{title}", self._title)
        if not folded:
            return tr("Learn by doing: {title}").replace("{title}", self._title)
        text = tr("{title}: {step}").replace("{title}", self._title)
        return text.replace("{step}", self._steps[current].text)
