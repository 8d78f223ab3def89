"""Keeps the detail pane in step with the guest card of the contact that is open in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from crmdesk.core.changes import Changes
from crmdesk.core.errors import CrmDeskError
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import ContactRow, Flag
from crmdesk.ui.cards import copying, wording
from crmdesk.ui.cards.section import CardSection
from crmdesk.ui.feedback import announce, error_words

if TYPE_CHECKING:
    from crmdesk.sync.card_records import Comparison
    from crmdesk.ui.contacts.detail import DetailPane


class CardOfContact(QObject):
    """Acts for its pane, whose widgets are built by now."""

    def __init__(self, pane: DetailPane, scope: TaskScope) -> None:
        super().__init__(pane)
        self._pane, self._scope = pane, scope
        self._contact_id = 0
        self._going = False  # there, once it is read
        self._comparison: Comparison | None = None  # sync.card_records.Comparison of what is shown
        self.section = CardSection(pane.bind)
        pane.overview.add_below(self.section)
        pane.header.linkedAsked.connect(self._go)
        self.section.contactWanted.connect(pane.contactWanted)
        self.section.copyWanted.connect(self._copy)

    def show(self, row: ContactRow) -> None:
        """Another contact is open, or the same one anew."""
        other, linked = row.id != self._contact_id, bool(row.flags & Flag.LINKED)
        self._contact_id = row.id
        desk = self._pane.desk
        self._pane.header.show_linked([desk.titles.get(key, key) for key in row.others])
        if other or not linked:
            self._comparison, self._going = None, False
            self.section.hide()
        if linked:
            self._load()

    def _go(self) -> None:
        """From the header to who else is the same person."""
        overview, self._going = self._pane.overview, self._comparison is None
        if self._going:
            return  # it is being read; then
        self._pane.tabs.setCurrentWidget(overview)
        overview.area.verticalScrollBar().setValue(self.section.y())
        self.section.focus_first()

    def on_changes(self, changes: Changes) -> None:
        """Another member says something else now."""
        shown = self._comparison.members if self._comparison is not None else ()
        if any(member.id in changes.contacts for member in shown):
            self._load()

    def _load(self) -> None:
        self._scope.start(self._read(self._contact_id), what="Read a guest card", key="detail card")

    async def _read(self, contact_id: int) -> None:
        members = await self._pane.reader.card_of(contact_id)
        ids = [member.id for member in members]
        if len(ids) < 2 or contact_id != self._contact_id:
            return
        try:
            comparison = await self._pane.services.cards.compare(ids)
        except CrmDeskError as error:  # one of them went meanwhile: its change comes next
            self._tell(error)
            return
        rows = await self._pane.reader.rows([member.id for member in comparison.members])
        if contact_id == self._contact_id:
            self._comparison = comparison
            sides = tuple(wording.side(row, self._pane.desk) for row in rows)
            lines = wording.lines(comparison.rows, lambda field, place: copying.targets(comparison, field, place))
            self.section.show_card(contact_id, sides, lines)
            if self._going:
                self._go()

    def _copy(self, field: str, source: int, target: int) -> None:
        if self._comparison is not None:
            work = self._copied(self._comparison, field, (source, target))
            self._scope.start(work, what="Copy a field", key="copy across", if_busy="keep")

    async def _copied(self, comparison: Comparison, field: str, places: tuple[int, int]) -> None:
        try:
            saved = await copying.copy_across(self._pane.window(), self._pane.services, comparison, field, places)
        except CrmDeskError as error:
            self._tell(error)
            self._load()
            return
        if saved:
            self._pane.saved.emit(saved)

    def _tell(self, error: CrmDeskError) -> None:
        """Where the person looks."""
        text = " ".join(error_words(error)).strip()
        self.section.show_problem(text)
        announce(self.section, text, assertive=True)
