"""The Duplicates page: pairs that may be the same person, the strongest first, and one decision for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QSplitter, QStackedWidget, QWidget

from crmdesk.core.cards import Pair, Verdict
from crmdesk.core.changes import Changes
from crmdesk.core.tasks import TaskScope
from crmdesk.ui.cards.desk import CardDesk
from crmdesk.ui.cards.listing import PairsList
from crmdesk.ui.cards.model import PairsModel
from crmdesk.ui.cards.panel import PairPanel, Subject
from crmdesk.ui.cards.scan_bar import ScanBar
from crmdesk.ui.contacts.columns import display_name
from crmdesk.ui.contacts.empty import EmptyState
from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.fresh_page import FreshPage
from crmdesk.ui.hiding import row_on_screen
from crmdesk.ui.kit import Banner, ChipButton, FlatButton, Heading, column, isolated, number, row, tr
from crmdesk.ui.theme import Theme
from crmdesk.ui.turning import Turned

if TYPE_CHECKING:
    from crmdesk.store.reader import Reader

NARROW_LETTERS = 120  # average letters of width; below, the panel stands under the list
PART = 200  # pairs read at once
TITLES = {Verdict.OPEN: "To decide", Verdict.LATER: "Later", Verdict.DIFFERENT: "Different people"}
EMPTY = {
    Verdict.OPEN: "No possible duplicates.",
    Verdict.LATER: "Nothing was put off.",
    Verdict.DIFFERENT: "Nobody was marked as different people.",
}


class DuplicatesPage(FreshPage):
    """`reader` tells, `desk` does."""

    contactWanted = Signal(int)

    def __init__(self, reader: Reader, desk: CardDesk, look: Theme, scope: TaskScope) -> None:
        super().__init__()
        self.setObjectName("duplicates")
        self.reader, self.desk = reader, desk
        self._scope = scope
        self._shown, self._only = Verdict.OPEN, 0  # which pairs; of which contact, 0 for all
        self._counts: dict[Verdict, int] = {}
        self._arriving, self._began = False, False
        self.model = PairsModel(self)
        self.list = PairsList(self.model, look)
        self.panel = PairPanel()
        self.scan = ScanBar(desk.scanning)
        self.empty = EmptyState()
        self.empty.setObjectName("duplicates.empty")
        self._lay_out()
        self._connect()

    # building

    def _lay_out(self) -> None:
        top = QWidget()
        row(top, Heading(tr("Duplicates"), self, factor=1.35), self.scan, stretch=1, gap=24)
        chips, flow = QWidget(), FlowLayout(6)
        chips.setLayout(flow)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self.chips: dict[Verdict, ChipButton] = {}
        for verdict in TITLES:
            chip = self.chips[verdict] = ChipButton(f"duplicates.filter.{verdict.name.lower()}", "")
            chip.setCheckable(True)
            chip.on_turn(self._chooser(verdict))
            self._group.addButton(chip)
            flow.addWidget(chip)
        self.only = Banner("info", "", (self._every_button(),))
        self.only.setObjectName("duplicates.only")
        self.only.hide()
        head = QWidget()
        column(head, top, chips, self.only, gap=8, margins=(20, 16, 16, 10))
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.setObjectName("duplicates.split")
        self.split.setHandleWidth(1)
        self.split.setChildrenCollapsible(False)
        for pane, part in ((self.list, 4), (self.panel, 5)):
            self.split.addWidget(pane)
            self.split.setStretchFactor(self.split.indexOf(pane), part)
        self.split.setSizes([4000, 5000])
        self.stack = QStackedWidget()
        self.stack.addWidget(self.split)
        self.stack.addWidget(self.empty)
        column(self, head, self.stack, gap=0, stretch=1)

    def _every_button(self) -> FlatButton:
        made = FlatButton("duplicates.every", tr("Show all"))
        made.clicked.connect(lambda _checked=False: self.show_contact(0))
        return made

    def _chooser(self, verdict: Verdict) -> Turned:
        return lambda _on: self.show_filter(verdict)

    def _connect(self) -> None:
        self.list.chosen.connect(self._show_current)
        self.list.opened.connect(self.panel.focus_first)
        self.model.moreWanted.connect(self._load_more)
        self.panel.wanted.connect(self.do)
        self.panel.contactWanted.connect(self.contactWanted)
        self.desk.scanning.ended.connect(self.reload)

    # reading

    def _begin_reading(self) -> None:
        self._scope.start(self._load(), what="Read possible duplicates", key="duplicates", if_busy="queue")

    def show_filter(self, verdict: Verdict) -> None:
        """From a chip."""
        self._shown = verdict
        self.reload()

    def show_contact(self, contact_id: int) -> None:
        """Only the pairs of this contact; 0 for all."""
        if contact_id or self._only:
            self._only, self._shown, self._arriving = contact_id, Verdict.OPEN, True
            self.reload()

    async def _load(self) -> None:
        """What is current stays, else what is in its place then."""
        await self._count()
        found, total = await self._read(0, max(PART, len(self.model.pairs)))
        self.model.source, self.model.strong = self.desk.source, self.desk.strong
        last = await self.desk.last_scan()
        self.scan.show_last(last, self.desk.now())
        if not last and not self._began:  # whoever comes here for the first time wants to see some
            self._began = True
            self.desk.scanning.start()
        before, current = self.list.currentIndex().row(), self.list.current()
        held = self.list.hasFocus() or self.panel.isAncestorOf(self.focusWidget() or self)
        self.model.show(found, total)
        self._show_head(found)
        if not found:
            self._show_empty()
        self.stack.setCurrentWidget(self.split if found else self.empty)
        place = self.model.row_of((current.a, current.b)) if current is not None else -1
        self.list.choose(place if place >= 0 else min(max(before, 0), len(found) - 1))
        self._show_current()
        self._hold_focus(held)

    async def _count(self) -> None:
        """How many there are of each; of one contact, those are shown of which there are some."""
        if self._only:
            verdicts = [pair.verdict for pair in await self.reader.pairs_of(self._only)]
            self._counts = {verdict: verdicts.count(verdict) for verdict in TITLES}
        else:
            self._counts = {verdict: await self.reader.pair_count((verdict,)) for verdict in TITLES}
        if self._arriving:
            self._shown = next((verdict for verdict in TITLES if self._counts[verdict]), Verdict.OPEN)
            self._arriving = False

    async def _read(self, start: int, most: int) -> tuple[list[Pair], int]:
        """Pairs of what is shown, and how many there are of it."""
        if self._only:
            found = [pair for pair in await self.reader.pairs_of(self._only) if pair.verdict is self._shown]
            return found, len(found)
        total = await self.reader.pair_count((self._shown,))
        return await self.reader.pairs(most, start, (self._shown,)), total

    def _load_more(self) -> None:
        if not self._only:
            self._scope.start(self._more(), what="Read further pairs", key="duplicates.more", if_busy="keep")

    async def _more(self) -> None:
        found, total = await self._read(len(self.model.pairs), PART)
        self.model.add(found, total)

    # showing

    def _show_head(self, found: Sequence[Pair]) -> None:
        for verdict, chip in self.chips.items():
            count = self._counts.get(verdict, 0)
            chip.setText(f"{tr(TITLES[verdict])}  {number(count)}" if count else tr(TITLES[verdict]))
            chip.setChecked(verdict is self._shown)
        row = next((one for pair in found for one in (pair.one, pair.other) if one.id == self._only), None)
        name = isolated(display_name(row_on_screen(row))) if row is not None else tr("this contact")
        self.only.set("info", tr("Only possible duplicates of {name}.").replace("{name}", name))
        self.only.setVisible(self._only > 0)

    def _show_empty(self) -> None:
        again = ("duplicates.empty.scan", self.scan.again.text(), self.desk.scanning.start)
        every = ("duplicates.empty.all", tr("Show all"), lambda: self.show_contact(0))
        shown = self._shown is Verdict.OPEN
        actions = (every,) if self._only else (again,) if shown else ()
        self.empty.show_state("pair", tr(EMPTY[self._shown]), self.scan.last.text() if shown else "", actions)

    def _show_current(self) -> None:
        """The panel follows the list."""
        pair = self.list.current()
        if pair is None:
            self.panel.show_pair(None)
            return
        self._scope.start(self._fill_panel(pair), what="Compare two contacts", key="duplicates.compare")

    async def _fill_panel(self, pair: Pair) -> None:
        subject = await self.desk.subject(pair)
        current = self.list.current()
        if current is not None and (current.a, current.b) == (pair.a, pair.b):
            self.panel.show_pair(subject)

    def _hold_focus(self, held: bool) -> None:
        """Where what had it is gone: the list, else the chip of what is shown."""
        focus = self.focusWidget()
        if held and (focus is None or not focus.isVisible() or not self.isAncestorOf(focus)):
            target = self.list if self.model.pairs else self.chips[self._shown]
            target.setFocus(Qt.FocusReason.OtherFocusReason)

    # doing

    def current_ids(self) -> list[int]:
        """Of the pair that is shown, for the commands."""
        pair = self.list.current()
        return [pair.a, pair.b] if pair is not None and self.stack.currentWidget() is self.split else []

    def account_of(self, contact_id: int) -> int:
        """Of one of the current pair, 0 where it is none of both."""
        pair = self.list.current()
        rows = (pair.one, pair.other) if pair is not None else ()
        return next((row.account_id for row in rows if row.id == contact_id), 0)

    def _seen(self) -> Subject | None:
        """What the panel shows, if that is the list's current pair."""
        pair, subject = self.list.current(), self.panel.subject
        same = pair is not None and subject is not None and (subject.pair.a, subject.pair.b) == (pair.a, pair.b)
        return subject if same else None

    def offers(self, key: str) -> bool:
        """Whether the panel has this button, and it can be pressed."""
        subject = self._seen() if self.current_ids() else None
        return subject is not None and any(one.key == key and one.why is None for one in subject.choices)

    def do(self, key: str) -> None:
        """What a button of the panel is called. Decided is only about what the panel shows: after a decision the list
        is a moment ahead of it."""
        subject = self._seen()
        if subject is None:
            return
        pair = subject.pair
        verdicts = {"different": Verdict.DIFFERENT, "later": Verdict.LATER, "lift": Verdict.OPEN}
        if key == "link":
            self.desk.link([pair.a, pair.b])
        elif key == "merge":
            self.desk.merge(pair.a, pair.b)
        elif key in verdicts:
            self.desk.decide(pair, verdicts[key])

    # events

    def on_changes(self, changes: Changes) -> None:
        """For StoreSignals.changed: one of those in sight says something else now, or is gone."""
        shown = {contact_id for pair in self.model.pairs for contact_id in (pair.a, pair.b)}
        if changes.contacts & shown or changes.cards:
            self.reload()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = event.size().width() < self.fontMetrics().averageCharWidth() * NARROW_LETTERS
        wanted = Qt.Orientation.Vertical if narrow else Qt.Orientation.Horizontal
        if wanted != self.split.orientation():
            self.split.setOrientation(wanted)
            self.split.setSizes([4000, 5000 if wanted is Qt.Orientation.Horizontal else 7000])
