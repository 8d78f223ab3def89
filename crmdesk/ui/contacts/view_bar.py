"""Below the search box: which view this is, its conditions as sentences, how many contacts, in which order."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.kit import Badge, ChipButton, ElidedLabel, FlatButton, IconButton, MutedLine, column, tr
from crmdesk.ui.theme import scaled, theme
from crmdesk.ui.words import isolated, tooltip

GAP = 4
LONGEST = 60  # characters of a sentence on a chip; the tooltip has the whole


class Chip(QWidget):
    """One condition: click to change it, cross to drop it."""

    def __init__(self, number: int, sentence: str) -> None:
        super().__init__()
        short = sentence if len(sentence) <= LONGEST else sentence[: LONGEST - 1] + "…"
        self.edit = ChipButton(f"view.chip.{number}", short.replace("&", "&&"))
        self.edit.setToolTip(tooltip(tr("Change: {filter}").replace("{filter}", sentence)))
        self.edit.setAccessibleName(tr("Filter: {filter}").replace("{filter}", sentence))
        words = tr("Remove filter: {filter}").replace("{filter}", isolated(sentence))
        self.remove = IconButton(f"view.chip.{number}.remove", "close", words)
        self.remove.setToolTip(tooltip(words))
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.edit)
        box.addWidget(self.remove)


class ViewTitle(ElidedLabel):
    """The name of a view or an account, which may be a long one; follows the font scale."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("view.title")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)  # as wide as its text, if it can
        self._grow()
        theme().changed.connect(self._grow)

    def _grow(self) -> None:
        font = scaled(theme().font, 1.05)
        font.setWeight(QFont.Weight.Bold)
        self.setFont(font)

    def show_title(self, title: str) -> None:
        self.setText(title)
        self.setVisible(bool(title))
        self.updateGeometry()  # what is shown of a longer title may be what was shown before


class ViewBar(QWidget):
    """Shows; decides nothing. Numbers of chips are positions in what `set_chips` got. What is done with a view that was
    changed stands together in a line of its own; so does the count where the first one has no room for it."""

    editAsked = Signal(int)
    removeAsked = Signal(int)
    addAsked = Signal()
    clearAsked = Signal()
    saveAsked = Signal()
    saveAsAsked = Signal()
    revertAsked = Signal()
    layoutAsked = Signal()
    moreAsked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.title = ViewTitle()
        self.edited = Badge(tr("Edited"), tone="warning")
        self.save = _flat("view.save", tr("Save"), self.saveAsked)
        self.save_as = _flat("view.save_as", tr("Save as new…"), self.saveAsAsked)
        self.revert = _flat("view.revert", tr("Revert"), self.revertAsked)
        self.add = ChipButton("view.add_filter", tr("+ Filter"))
        self.add.clicked.connect(lambda _checked=False: self.addAsked.emit())
        self.clear = _flat("view.clear", tr("Clear all"), self.clearAsked)
        self.count = MutedLine()
        self.count.setObjectName("view.count")
        self.count.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._beside: bool | None = None  # the count, in the first line
        self.layout_switch = IconButton("view.layout", "cards", tr("Show as cards"))
        self.layout_switch.clicked.connect(lambda _checked=False: self.layoutAsked.emit())
        self.more = IconButton("view.more", "more", tr("More actions"))
        self.more.clicked.connect(lambda _checked=False: self.moreAsked.emit())
        self._chips: list[Chip] = []
        self._arrange()
        self.set_view("", edited=False, stored=False)
        self.clear.hide()

    def _arrange(self) -> None:
        self._flow_host = QWidget()
        self._flow = FlowLayout()
        self._flow_host.setLayout(self._flow)
        self._tail: list[QWidget] = [self.add, self.clear]
        for widget in (self.title, *self._tail):
            self._flow.addWidget(widget)
        first, self._second = QWidget(), QWidget()
        self._first = QHBoxLayout(first)
        self._first.setContentsMargins(0, 0, 0, 0)
        self._first.setSpacing(GAP)
        self._first.addWidget(self._flow_host, 1)
        for widget in (self.layout_switch, self.more):
            self._first.addWidget(widget, 0, Qt.AlignmentFlag.AlignTop)
        self._below = FlowLayout()
        self._second.setLayout(self._below)
        for widget in (self.edited, self.save, self.save_as, self.revert):
            self._below.addWidget(widget)
        column(self, first, self._second, gap=GAP)
        self._fit()

    def _fit(self) -> None:
        """The count beside what is filtered where both have room, else in the line below."""
        others = sum(one.sizeHint().width() + GAP for one in (self.count, self.layout_switch, self.more))
        beside = self._flow.one_line().width() + others <= self.width()
        if beside is not self._beside:
            self._beside = beside
            if beside:
                self._below.removeWidget(self.count)
                self._first.insertWidget(1, self.count)
            else:
                self._first.removeWidget(self.count)
                self._below.addWidget(self.count)
        self._second.setVisible(not beside or not self.edited.isHidden())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def set_view(self, title: str, *, edited: bool, stored: bool) -> None:
        """`stored`: a view of the operator's own, which can be written over."""
        self.title.show_title(title)
        self.edited.setVisible(edited)
        self.save.setVisible(edited and stored)
        self.save_as.setVisible(edited)
        self.revert.setVisible(edited)
        self._fit()

    def set_chips(self, sentences: Sequence[str]) -> None:
        if self.sentences() == [tr("Filter: {filter}").replace("{filter}", sentence) for sentence in sentences]:
            return
        for chip in self._chips:
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self._chips = [self._chip(number, sentence) for number, sentence in enumerate(sentences)]
        for widget in self._tail:  # the chips stand between the title and the rest
            self._flow.removeWidget(widget)
        for widget in (*self._chips, *self._tail):
            self._flow.addWidget(widget)
        self.clear.setVisible(len(sentences) > 1)
        self._flow.invalidate()
        self._fit()
        self.updateGeometry()

    def _chip(self, number: int, sentence: str) -> Chip:
        chip = Chip(number, sentence)
        chip.edit.clicked.connect(lambda _checked=False: self.editAsked.emit(number))
        chip.remove.clicked.connect(lambda _checked=False: self.removeAsked.emit(number))
        return chip

    def chip(self, number: int) -> Chip:
        return self._chips[number]

    def chips(self) -> list[Chip]:
        return list(self._chips)

    def sentences(self) -> list[str]:
        """What the chips say, as it is read out."""
        return [chip.edit.accessibleName() for chip in self._chips]

    def set_count(self, text: str, sort: str) -> None:
        self.count.setText(f"{text}  ·  {sort}" if sort else text)
        self._fit()

    def set_cards(self, cards: bool) -> None:
        words = tr("Show as table") if cards else tr("Show as cards")
        self.layout_switch.set_icon("columns" if cards else "cards")
        self.layout_switch.setToolTip(words)
        self.layout_switch.setAccessibleName(words)


def _flat(name: str, words: str, signal: object) -> FlatButton:
    made = FlatButton(name, words)
    made.clicked.connect(lambda _checked=False: signal.emit())  # type: ignore[attr-defined]
    return made
