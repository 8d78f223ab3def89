"""One pair whole: both contacts beside each other, what speaks for and against, and the decision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from crmdesk.core.cards import Pair
from crmdesk.ui.cards import reasons
from crmdesk.ui.cards.compare import CompareTable
from crmdesk.ui.cards.model import title_of
from crmdesk.ui.cards.sides import Line, Side
from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.kit import (
    AROUND,
    Banner,
    Card,
    DetailPanel,
    Heading,
    IconWord,
    Muted,
    PlainLabel,
    button,
    column,
    plural,
    row,
    scroll,
    tooltip,
    tr,
)
from crmdesk.ui.words import breakable

LONG_WORD = 24


@dataclass(frozen=True, slots=True)
class Choice:
    """A button of the panel; `why`: the reason where it cannot be pressed."""

    key: str
    words: str
    main: bool = False
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What is shown of a pair. `cards`: how many are on the cards of both already, besides them."""

    pair: Pair
    sides: tuple[Side, ...]
    lines: tuple[Line, ...]
    choices: tuple[Choice, ...]
    strong: int
    cards: int = 0


MORE = (
    "1 more record is on their card already; you see all of them before it is linked.",
    "{n} more records are on their cards already; you see all of them before it is linked.",
)


class PairPanel(DetailPanel):
    """`wanted(key)`: a button was pressed. `contactWanted`: one of both is to be opened."""

    wanted = Signal(str)
    contactWanted = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("duplicates.panel")
        self.subject: Subject | None = None
        self._body = QWidget(self)
        self._column: QVBoxLayout = column(self._body, gap=12, margins=(18, 16, 18, AROUND))
        self.table = CompareTable("duplicates.fields", everything=True)
        self._make_head()
        self._column.addWidget(self.table)
        self._column.addStretch(1)
        self._area = scroll(self._body, "duplicates.panel.area")
        column(self, self._area)
        self._body.hide()

    def _make_head(self) -> None:
        self.title = Heading("", factor=1.15)
        self.title.setWordWrap(True)
        self.strength = IconWord()
        self.reasons, self.against = PlainLabel("", wrap=True), PlainLabel("", wrap=True)
        self.card = Banner("info", "")
        self.card.setObjectName("duplicates.card")
        self._buttons, self._flow = QWidget(), FlowLayout(8)
        self._buttons.setLayout(self._flow)
        self.note = Muted(tr("Linking changes nothing at any vendor, and can be undone."), wrap=True)
        self._members = QWidget()
        self._member_flow = column(self._members, gap=8)
        head = QWidget()
        column(head, self.title, self.strength, self.reasons, self.against, gap=5)
        for part in (head, self.card, self._buttons, self.note, self._members):
            self._column.addWidget(part)

    # showing

    def show_pair(self, subject: Subject | None) -> None:
        """The same again changes nothing; another one begins at its top."""
        if subject == self.subject:
            return
        other = self.subject is None or subject is None or _ids(self.subject) != _ids(subject)
        focus = self.focusWidget()
        held = focus.objectName() if focus is not None and self.isAncestorOf(focus) else ""
        self.subject = subject
        self._body.setVisible(subject is not None)
        if subject is None:
            return
        self._fill(subject)
        if other:
            self._area.verticalScrollBar().setValue(0)
        if held:
            self._focus(held)

    def _fill(self, subject: Subject) -> None:
        pair = subject.pair
        strong = pair.score >= subject.strong
        self.title.setText(breakable(title_of(subject.pair), LONG_WORD))
        tone = "warning" if strong else ""
        self.strength.set("pair" if strong else "question", reasons.strength(pair.score, subject.strong), tone)
        for label, text in ((self.reasons, reasons.for_it(pair.matched)),
                            (self.against, reasons.against_it(pair.contradicting))):  # fmt: skip
            label.setText(text)
            label.setVisible(bool(text))
        self.card.setVisible(subject.cards > 0)
        self.card.set("info", plural(subject.cards, *MORE) if subject.cards else "")
        self._show_members(subject.sides)
        self._show_choices(subject.choices)
        self.table.show_lines(subject.sides, subject.lines)

    def _show_members(self, sides: Sequence[Side]) -> None:
        _clear(self._member_flow)
        for side in sides:
            card = Card()
            name = PlainLabel(breakable(side.name), wrap=True)
            texts = QWidget()
            column(texts, name, Muted(breakable(side.source), wrap=True), gap=1)
            opened = button(f"duplicates.open.{side.contact_id}", tr("Open"), self._opener(side.contact_id))
            opened.setAccessibleName(tr("Open {name}").replace("{name}", side.told()))
            row(card, texts, opened, margins=(14, 8, 10, 8), stretch=0)
            self._member_flow.addWidget(card)
            card.show()

    def _opener(self, contact_id: int) -> Callable[[], None]:
        return lambda: self.contactWanted.emit(contact_id)

    def _show_choices(self, choices: Sequence[Choice]) -> None:
        _clear(self._flow)
        for choice in choices:
            made = button(f"duplicates.{choice.key}", choice.words, self._wish(choice.key), main=choice.main)
            made.setEnabled(choice.why is None)
            made.setToolTip(tooltip(choice.why or ""))
            made.setAccessibleDescription(choice.why or "")
            self._flow.addWidget(made)
            made.show()

    def _wish(self, key: str) -> Callable[[], None]:
        return lambda: self.wanted.emit(key)

    # focus

    def focus_first(self, reason: Qt.FocusReason = Qt.FocusReason.ShortcutFocusReason) -> None:
        """The first button that can be pressed."""
        for made in self._buttons.findChildren(QPushButton):
            if made.isEnabled() and made.isVisibleTo(self._buttons):
                made.setFocus(reason)
                self._area.ensureWidgetVisible(made)
                return

    def setFocus(self, reason: Qt.FocusReason = Qt.FocusReason.OtherFocusReason) -> None:
        """F6 comes here: the first button has it."""
        self.focus_first(reason)

    def _focus(self, name: str) -> None:
        again = self._body.findChild(QWidget, name)
        if again is not None and again.isEnabled():
            again.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.focus_first(Qt.FocusReason.OtherFocusReason)


def _ids(subject: Subject) -> tuple[int, int]:
    return subject.pair.a, subject.pair.b


def _clear(layout: QVBoxLayout | FlowLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        if (old := item.widget()) is not None:
            old.hide()
            old.setParent(None)
            old.deleteLater()
