"""What the window does with guest cards: link, unlink, decide about a pair, copy a value across, merge.

Made with the open data folder. Every failure is told; what can be undone goes to the window's undo."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QWidget

from crmdesk.core.cards import Linked, Pair, Verdict
from crmdesk.core.errors import CrmDeskError
from crmdesk.ui.cards import wording
from crmdesk.ui.cards.reasons import weights_of
from crmdesk.ui.cards.scanning import Scanning
from crmdesk.ui.contacts.columns import Desk
from crmdesk.ui.feedback import announce, ask
from crmdesk.ui.undo import Undoable
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.store.reader import Reader
    from crmdesk.sync.cards import Cards
    from crmdesk.ui.cards.panel import Choice, Subject
    from crmdesk.ui.cards.sides import Side
    from crmdesk.ui.main_window import MainWindow
    from crmdesk.ui.outgoing import Outgoing


class CardDesk(QObject):
    """Acts for its window. `changed`: pairs or cards may be others now."""

    changed = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.pairs = 0  # open ones
        self.scanning = Scanning(window)
        self.set_weights()

    @property
    def _cards(self) -> Cards:
        return self._window.services.cards

    @property
    def _reader(self) -> Reader:
        return self._window.reader

    def set_weights(self) -> None:
        """As they are in the settings now; the next scan goes by them."""
        self._cards.weights = weights_of(self._window.settings)

    @property
    def strong(self) -> int:
        """Points from which a pair is very likely one person."""
        return int(self._cards.weights.strong)

    async def last_scan(self) -> str:
        """UTC ISO, '' for none."""
        return str(await self._cards.last_scan())

    def now(self) -> datetime:
        return self._window.clock.now()

    def source(self, account_id: int) -> str:
        """Vendor and account in words."""
        desk: Desk = self._window.contacts.desk
        return desk.source(account_id)

    async def count(self) -> None:
        """Read how many pairs are open; whoever shows pairs or cards follows."""
        self.pairs = await self._reader.pair_count((Verdict.OPEN,))
        self.changed.emit()

    # linking

    def link(self, contact_ids: Sequence[int]) -> None:
        """The same person. Where more than two will be on the card, all of them are shown before (UX-DUP-06)."""
        self._start(self._link(list(dict.fromkeys(contact_ids))), "link contacts")

    async def _link(self, contact_ids: list[int]) -> None:
        from crmdesk.ui.cards.dialogs import LinkDialog

        linked = await self._members(contact_ids)
        every = list(dict.fromkeys([*contact_ids, *linked]))
        if len(every) > 2:
            dialog = LinkDialog(self._above(), await self.sides(every), linked)
            if not await ask(dialog):
                return
        self._tell(await self._cards.link(contact_ids))

    def unlink(self, contact_ids: Sequence[int]) -> None:
        """Other people. Of a card with more than two members whoever is at the desk chooses who leaves it."""
        self._start(self._unlink(list(dict.fromkeys(contact_ids))), "unlink contacts")

    async def _unlink(self, contact_ids: list[int]) -> None:
        from crmdesk.ui.cards.dialogs import SplitDialog

        members = await self._members(contact_ids)
        leaving, together = contact_ids, False
        if len(members) > 2:
            dialog = SplitDialog(self._above(), await self.sides(members), contact_ids)
            if not await ask(dialog):
                return
            leaving, together = dialog.chosen, dialog.together
        self._tell(await self._cards.unlink(leaving, together=together))

    async def _members(self, contact_ids: Sequence[int]) -> list[int]:
        """Everybody on the cards of these."""
        found: dict[int, None] = {}
        for contact_id in contact_ids:
            found |= {member.id: None for member in await self._reader.card_of(contact_id)}
        return list(found)

    async def sides(self, contact_ids: Sequence[int]) -> tuple[Side, ...]:
        """Who they are, in words."""
        rows = await self._reader.rows(contact_ids)
        return tuple(wording.side(row, self._window.contacts.desk) for row in rows)

    # pairs

    def decide(self, pair: Pair, verdict: Verdict) -> None:
        """*Different people*, *Not sure – later*, or back among those to decide."""
        self._start(self._decide(pair, verdict), "decide about a pair")

    async def _decide(self, pair: Pair, verdict: Verdict) -> None:
        self._tell(await self._cards.decide((pair.a, pair.b), verdict))

    async def subject(self, pair: Pair) -> Subject | None:
        """What the panel shows of a pair; None where one of both is gone."""
        from crmdesk.ui.cards.panel import Subject

        try:
            comparison = await self._cards.compare([pair.a, pair.b])
        except CrmDeskError:  # gone meanwhile: the list is read anew in a moment
            return None
        sides = await self.sides([member.id for member in comparison.members])
        lines = wording.lines(comparison.rows, wording.nowhere)
        members = set(await self._members([pair.a, pair.b])) - {pair.a, pair.b}
        return Subject(pair, sides, lines, self._choices(pair), self.strong, len(members))

    def _choices(self, pair: Pair) -> tuple[Choice, ...]:
        """The buttons for a pair as it stands."""
        from crmdesk.ui.cards.panel import Choice

        one_account = pair.one.account_id == pair.other.account_id
        merge = (Choice("merge", tr("Merge…"), why=self._no_merge(pair)),) if one_account else ()
        link = Choice("link", tr("Same person – link"), main=True)
        different = Choice("different", tr("Different people"))
        if pair.verdict is Verdict.OPEN:
            return (link, different, Choice("later", tr("Not sure – later")), *merge)
        back = Choice("lift", tr("Decide again"))
        return (link, different, back, *merge) if pair.verdict is Verdict.LATER else (link, back)

    def _no_merge(self, pair: Pair) -> str | None:
        """Why two contacts of one account cannot become one."""
        whys = [self._window.services.edits.why_not(row, "edit") for row in (pair.one, pair.other)]
        return " ".join(dict.fromkeys(tr(why) for why in whys if why)) if all(whys) else None

    def merge(self, one: int, other: int) -> None:
        """Two contacts of one account become one, by two edits that stand in the outbox (UX-DUP-07)."""
        self._start(self._merge(one, other), "merge two contacts")

    async def _merge(self, one: int, other: int) -> None:
        from crmdesk.ui.cards.merge_dialog import MergeDialog

        sides = await self.sides([one, other])
        dialog = MergeDialog(self._above(), self._window.scope, self._cards.merge_plan, (sides[0], sides[1]))
        if not await ask(dialog) or dialog.current is None:
            return
        merged = await self._cards.merge(dialog.current, dialog.choices, delete=dialog.deleting)
        for saved in (merged.edit, merged.delete):
            if saved is not None:
                self._outgoing.done(saved)

    # what all verbs share

    @property
    def _outgoing(self) -> Outgoing:
        assert self._window.outgoing is not None  # it made this
        return self._window.outgoing

    def _start(self, work: Coroutine[Any, Any, None], what: str) -> None:
        self._window.scope.start(self._told(work), what=what, key="cards", if_busy="keep")

    async def _told(self, work: Coroutine[Any, Any, None]) -> None:
        """The world's faults become a banner; ours go on to the scope's reporter."""
        try:
            await work
        except CrmDeskError as error:
            self._window.feedback.show(error, "cards")
        await self.count()

    def _tell(self, linked: Linked) -> None:
        """What was done, with its undo."""
        if not linked:
            announce(self._window, tr("Nothing was changed."))
            return
        self._outgoing.done(
            Undoable(wording.done(linked), wording.undo(linked), self._taker(linked), linked.contact_ids)
        )

    def _taker(self, linked: Linked) -> Callable[[], Awaitable[str]]:
        async def take_back() -> str:
            await self._cards.undo(linked)
            await self.count()
            return wording.undone(linked)

        return take_back

    def _above(self) -> QWidget:
        return QApplication.activeModalWidget() or self._window
