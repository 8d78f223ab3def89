"""The Outbox page: what waits, what needs a person, what was sent, typing that was not saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QSplitter, QStackedWidget, QWidget

from crmdesk.core.outbox import Draft, Op, OpState, waits_for_guest
from crmdesk.core.seams import Clock
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import Account
from crmdesk.ui.contacts.empty import EmptyState
from crmdesk.ui.feedback import Feedback, announce
from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.fresh_page import FreshPage
from crmdesk.ui.kit import ChipButton, Heading, Muted, button, column, number, plural, row, tr
from crmdesk.ui.outbox import listing
from crmdesk.ui.outbox.listing import Filter, Line
from crmdesk.ui.outbox.model import OutboxModel
from crmdesk.ui.outbox.offers import OFFLINE, Situation, why_not
from crmdesk.ui.outbox.panel import OpPanel
from crmdesk.ui.outbox.speech import Teller
from crmdesk.ui.outbox.table import OutboxList
from crmdesk.ui.outbox.verbs import OutboxVerbs
from crmdesk.ui.theme import Theme
from crmdesk.ui.turning import Turned
from crmdesk.ui.words import clock_time

if TYPE_CHECKING:
    from crmdesk.store.reader import Reader
    from crmdesk.sync.services import Services

NARROW_LETTERS = 120  # average letters of width; below, the panel stands under the list
MANY = 400  # edits; arranging more takes a frame
EMPTY = {
    Filter.NEEDS_YOU: "Nothing needs you.",
    Filter.WAITING: "Nothing waits.",
    Filter.SENT: "Nothing was sent in the last 24 hours.",
    Filter.DRAFTS: "No unsaved typing.",
}


class OutboxPage(FreshPage):
    """`services.edits` does, `reader` tells. `saved(Saved)`: something that can be undone was done."""

    contactWanted = Signal(int)
    editWanted = Signal(object)  # Op
    draftWanted = Signal(object)  # Draft
    conflictWanted = Signal(int)  # id of the edit
    saved = Signal(object)
    signInWanted = Signal(int, int)  # account, contact: only this guest can do it

    def __init__(
        self, services: Services, reader: Reader, look: Theme, scope: TaskScope, feedback: Feedback, clock: Clock
    ) -> None:
        super().__init__()
        self.setObjectName("outbox")
        self.services, self.reader = services, reader
        self.scope, self.feedback = scope, feedback
        self._clock = clock
        self._ops: list[Op] = []
        self._drafts: list[Draft] = []
        self._names: dict[str, str] = {}
        self._last = ""  # when the last edit arrived at its vendor
        self._shown, self._loaded = Filter.ALL, False
        self._wanted = ""  # the line to go to once it is there
        self._wanted_step = 0  # F8 before anything was read
        self.model = OutboxModel(clock.now, self)
        self.list = OutboxList(self.model, look)
        self.panel = OpPanel()
        self.verbs = OutboxVerbs(self)
        self.empty = EmptyState()
        self.empty.setObjectName("outbox.empty")
        self._lay_out()
        self._connect()

    # building

    def _lay_out(self) -> None:
        self.summary = Muted("", wrap=True)
        self.summary.setObjectName("outbox.summary")
        self.try_all = button("outbox.try_all", tr("Try all now"), self.verbs.try_all)
        top = QWidget()
        row(top, Heading(tr("Outbox"), self, factor=1.35), self.try_all, stretch=0)
        self._chips = QButtonGroup(self)
        self._chips.setExclusive(True)
        chips = QWidget()
        chips.setLayout(flow := FlowLayout(6))
        self.chips: dict[Filter, ChipButton] = {}
        for shown in Filter:
            chip = self.chips[shown] = ChipButton(f"outbox.filter.{shown.name.lower()}", "")
            chip.setCheckable(True)
            chip.on_turn(self._chooser(shown))
            self._chips.addButton(chip)
            flow.addWidget(chip)
        head = QWidget()
        column(head, top, self.summary, chips, gap=8, margins=(20, 16, 16, 10))
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.setObjectName("outbox.split")
        self.split.setHandleWidth(1)
        self.split.setChildrenCollapsible(False)
        for pane, part in ((self.list, 5), (self.panel, 4)):
            self.split.addWidget(pane)
            self.split.setStretchFactor(self.split.indexOf(pane), part)
        self.split.setSizes([5000, 4000])
        self.stack = QStackedWidget()
        self.stack.addWidget(self.split)
        self.stack.addWidget(self.empty)
        column(self, head, self.stack, gap=0, stretch=1)

    def _chooser(self, shown: Filter) -> Turned:
        return lambda _on: self.show_filter(shown)

    def _connect(self) -> None:
        self.list.chosen.connect(lambda _key: self.refresh())
        self.list.opened.connect(self.panel.focus_first)
        self.list.discardWanted.connect(lambda: self.act("discard"))
        self.panel.wanted.connect(self.verbs.do)
        self.panel.requestWanted.connect(self.verbs.show_request)

    # reading

    def _begin_reading(self) -> None:
        self.scope.start(self._load(), what="Read the outbox", key="outbox", if_busy="queue")

    async def _load(self) -> None:
        ops = await self.reader.ops("open")
        drafts = await self.reader.drafts()
        accounts: list[Account] = await self.reader.accounts()
        names = await self._draft_names(drafts, accounts)
        teller = Teller(self.services.vendors, {account.id: account for account in accounts})
        if teller != self.model.teller:
            self.model.set_teller(teller)
        self._ops, self._drafts, self._names = ops, drafts, names
        self._loaded = True
        self._last = max(self._last, listing.last_sent(ops))
        if not ops and not self._last:
            self._last = listing.last_sent(await self.reader.ops("all"))
        self._arrange()

    async def _draft_names(self, drafts: Sequence[Draft], accounts: Sequence[Account]) -> dict[str, str]:
        """Whose typing it is; of new contacts what was typed so far."""
        ids = [draft.contact_id for draft in drafts if draft.contact_id]
        rows = {found.id: found for found in (await self.reader.rows(ids) if ids else [])}
        vendors = {account.id: self.services.vendors.get(account.vendor) for account in accounts}
        named = {}
        for draft in drafts:
            known = rows.get(draft.contact_id)
            named[draft.key] = known.name or known.email if known is not None else _typed_name(draft, vendors)
        return named

    # showing

    def show_filter(self, shown: Filter) -> None:
        """From a chip or the status bar."""
        self._shown = shown
        if self._loaded:
            self._arrange()

    def show_op(self, op_id: int) -> None:
        """Go to one edit, now or once it is read."""
        self._wanted = f"op:{op_id}"
        self.show_filter(Filter.ALL)

    def _arrange(self) -> None:
        """Thousands of edits are sorted beside the window."""
        what = (self._ops, self._drafts, self._names, self._shown)
        if len(self._ops) > MANY:
            self.scope.start(self._arrange_beside(*what), what="sort the outbox", key="outbox lines")
        else:
            self._show_lines(listing.arrange(*what))

    async def _arrange_beside(self, *what: Any) -> None:
        import asyncio

        self._show_lines(await asyncio.to_thread(listing.arrange, *what))

    def _show_lines(self, lines: list[Line]) -> None:
        before = self.list.currentIndex().row()
        self.list.expect(len(lines))
        self.model.show(lines)
        self._show_counts()
        filled = bool(self.model.lines)
        left = self.list.hasFocus() or self.panel.isAncestorOf(self.focusWidget() or self)
        if not filled:
            self._show_empty()
        self.stack.setCurrentWidget(self.split if filled else self.empty)
        if not filled and left:  # else Qt would put it anywhere
            self.chips[self._shown].setFocus(Qt.FocusReason.OtherFocusReason)
        self._settle(before)
        self.refresh()
        if self._wanted_step:
            step, self._wanted_step = self._wanted_step, 0
            self.next_problem(step, first=True)

    def _settle(self, before: int) -> None:
        """The wanted line, else the one that was current, else the one now in its place."""
        if self._wanted and (place := self.model.row_of(self._wanted)) >= 0:
            self._wanted = ""
            self.list.choose(place)
        elif not self.list.current_key():
            start = min(max(before, 0), len(self.model.lines)) - 1
            self.list.choose(self.model.next_row(start, 1, lambda line: not line.heading))

    def _show_counts(self) -> None:
        counts = listing.counts(self._ops, self._drafts)
        for shown, chip in self.chips.items():
            count = counts[shown]
            chip.setText(f"{tr(shown.value)}  {number(count)}" if count else tr(shown.value))
            chip.setChecked(shown is self._shown)
        self.summary.setText(self._summary(counts))
        self.summary.setVisible(counts[Filter.ALL] > 0)  # the empty page says it by itself
        why = self._why_no_try_all()
        self.try_all.setEnabled(not why)
        self.try_all.setToolTip(why)
        self.try_all.setAccessibleDescription(why)

    def _why_no_try_all(self) -> str:
        if self.services.working_offline:
            return tr(OFFLINE)
        return "" if any(op.state is OpState.PENDING for op in self._ops) else tr("Nothing waits.")

    def _summary(self, counts: dict[Filter, int]) -> str:
        """What there is, in one sentence."""
        waiting, needs = counts[Filter.WAITING], counts[Filter.NEEDS_YOU]
        if self.services.working_offline:
            return plural(waiting, "You are working offline: 1 edit waits.", "You are working offline: {n} edits wait.")
        held = sum(1 for op in self._ops if op.state is OpState.HELD)
        parts = [
            plural(waiting - held, "1 waits", "{n} wait") if waiting > held else "",
            plural(held, "1 on hold", "{n} on hold") if held else "",
            plural(needs, "1 needs you", "{n} need you") if needs else "",
        ]
        return " · ".join(part for part in parts if part) or self._all_sent()

    def _all_sent(self) -> str:
        last = clock_time(self._last, self._clock.now())
        if not last:
            return tr("Everything is sent.")
        return tr("Everything is sent. The last edit went at {time}.").replace("{time}", last)

    def _show_empty(self) -> None:
        if self._shown is not Filter.ALL and (self._ops or self._drafts):
            every = ("outbox.empty.all", tr("Show all"), lambda: self.show_filter(Filter.ALL))
            self.empty.show_state("outbox", tr(EMPTY[self._shown]), "", (every,))
            return
        last = clock_time(self._last, self._clock.now())
        text = (
            tr("Last sent {time}.").replace("{time}", last)
            if last
            else tr("What you change stands here until it is sent.")
        )
        self.empty.show_state("ok", tr("Everything is sent."), text, ())

    def refresh(self) -> None:
        """The panel shows the current line as it is now."""
        line = self.model.line(self.list.current_key())
        self.panel.show_line(line, self._clock.now(), self._situation(line), self.model.teller)

    def _situation(self, line: Line | None) -> Situation:
        offline = self.services.working_offline
        if line is None or line.op is None:
            return Situation(offline=offline)
        no_create = None
        if line.op.state is OpState.GONE:
            vendor = self.model.teller.vendor(line.op.account_id)
            no_create = self.services.offer(vendor.key if vendor is not None else "", "create")
        looked, away = self.panel.looked(line.op.id), waits_for_guest(line.op)
        return Situation(line.after > 0, offline, no_create, looked, away)

    def age(self) -> None:
        """Relative times are worded anew; a switch of *Work offline* is followed."""
        if self.isVisible() and self._loaded:
            self.model.age()
            self._show_counts()
            self.refresh()

    # keys

    def next_problem(self, step: int, *, first: bool = False) -> bool:
        """F8: the next edit that needs a person, or the `first` one; False where none does. Before anything is read:
        once it is."""
        if not self._loaded:
            self._wanted_step = step
            return True
        here = -1 if first else self.list.currentIndex().row()
        place = self.model.next_row(here, step, lambda line: line.needs_you)
        if place < 0 and self._shown is not Filter.ALL:
            self.show_filter(Filter.ALL)
            place = self.model.next_row(-1, step, lambda line: line.needs_you)
        if place < 0:
            announce(self, tr("Nothing needs you."))
            return False
        self.list.choose(place)
        self.list.setFocus(Qt.FocusReason.ShortcutFocusReason)
        return True

    def why_not(self, verb: str) -> str | None:
        """Why this cannot be done with the current line (`try_all`: with all) now; None: it can."""
        if verb == "try_all":
            return self._why_no_try_all() or None
        if verb.startswith("show."):
            return None
        line = self.model.line(self.list.current_key())
        if line is None or line.heading:
            return tr("Choose an edit first.")
        return why_not(line, verb, self._situation(line))

    def act(self, verb: str) -> None:
        """As its button, which tells why where it cannot be pressed."""
        line = self.model.line(self.list.current_key())
        if reason := self.why_not(verb):
            self.feedback.notice(reason)
        elif verb == "try_all":
            self.verbs.try_all()
        elif verb.startswith("show."):
            self.show_filter(Filter[verb.removeprefix("show.").upper()])
        elif verb == "request":
            self.panel.toggle_request()
        elif line is not None:
            self.verbs.do("undraft" if verb == "discard" and line.draft is not None else verb, line)

    # events

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = event.size().width() < self.fontMetrics().averageCharWidth() * NARROW_LETTERS
        wanted = Qt.Orientation.Vertical if narrow else Qt.Orientation.Horizontal
        if wanted != self.split.orientation():
            self.split.setOrientation(wanted)
            self.split.setSizes([5000, 4000 if wanted is Qt.Orientation.Horizontal else 6000])


def _typed_name(draft: Draft, vendors: dict[int, Any]) -> str:
    """The name of a contact that nobody has saved yet, as its vendor would put it together."""
    from crmdesk.core.merge import overlay

    vendor = vendors.get(draft.account_id)
    return str(vendor.summarise(vendor.derive(overlay({}, draft.changes))).name) if vendor is not None else ""
