"""The Trash page: contacts deleted here in the last 30 days, what bringing one back means, doing it, or erasing one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QStackedWidget, QWidget

from crmdesk.core.changes import Changes
from crmdesk.core.errors import CrmDeskError
from crmdesk.core.outbox import TRASH_DAYS, OpKind, OpState, Trashed
from crmdesk.core.seams import Clock, SystemClock
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import Account
from crmdesk.core.vendor import Vendor
from crmdesk.sync import capabilities
from crmdesk.ui.attached import Attached
from crmdesk.ui.contacts.detail_rows import copy_text
from crmdesk.ui.feedback import announce, error_words
from crmdesk.ui.kit import (
    Banner,
    Card,
    Heading,
    IconWord,
    Muted,
    Page,
    PlainLabel,
    button,
    column,
    number,
    plural,
    row,
    tr,
)
from crmdesk.ui.rows_table import RowsTable
from crmdesk.ui.trash.model import NAME, PARTS, Kept, TrashModel, as_text, facts, summary_of

if TYPE_CHECKING:
    from crmdesk.store.reader import Reader
    from crmdesk.sync.services import Services

SELECT = QItemSelectionModel.SelectionFlag


class TrashPage(Attached, Page):
    """`saved(Saved)` after each contact that was brought back; `copied` has words for a notice."""

    saved = Signal(object)
    copied = Signal(str)
    eraseAsked = Signal(list)  # ids of the contacts

    def __init__(self, scope: TaskScope) -> None:
        super().__init__()
        self.setObjectName("trash")
        self._scope = scope
        self._accounts: dict[int, Account] = {}
        self.model = TrashModel()
        self.table = TrashTable(self.model)
        self._lay_out()
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._show_chosen())
        self.table.confirmed.connect(self.restore)
        self.table.copyAsked.connect(self.copy)
        self._show_chosen()

    def _lay_out(self) -> None:
        self.count = Muted("", wrap=True)
        self.count.setObjectName("trash.count")
        self.problem = Banner("error", "")
        self.problem.setObjectName("trash.problem")
        self.problem.hide()
        head = QWidget()
        words = (Heading(tr("Trash"), self, factor=1.35), self.count, self.problem)
        column(head, *words, gap=6, margins=(26, 20, 26, 10))
        self._stack = QStackedWidget()
        self._stack.addWidget(self.table)
        self._stack.addWidget(self._make_empty())
        host = QWidget()
        column(host, self._stack, margins=(18, 0, 18, 0))  # so that names stand below the heading
        column(self, head, host, self._make_foot(), gap=0, stretch=1)

    def _make_empty(self) -> QWidget:
        page, box = QWidget(), QWidget()
        words = tr("What you delete is kept here for {n} days and can be brought back.")
        text = Muted(words.replace("{n}", number(TRASH_DAYS)), wrap=True)
        column(box, IconWord("trash", tr("The trash is empty")), text, gap=8)
        box.setMaximumWidth(460)
        outer = column(page, margins=(26, 26, 26, 26))
        outer.addStretch(2)
        middle = QWidget()
        line = row(middle)
        line.addStretch(1)
        line.addWidget(box, 4)
        line.addStretch(1)
        outer.addWidget(middle)
        outer.addStretch(3)
        return page

    def _make_foot(self) -> QWidget:
        """What is chosen, what restoring it means, and the buttons."""
        self.chosen, self.facts = Heading("", factor=1.0), Muted("", wrap=True)
        self.promise = PlainLabel("", wrap=True)
        self.promise.setObjectName("trash.promise")
        self.chosen.setWordWrap(True)
        self.restoring = button("trash.restore", tr("Restore"), self.restore, main=True)
        self.copying = button("trash.copy", tr("Copy"), self.copy)
        self.foot, card, buttons = QWidget(), Card(), QWidget()
        self.erasing = button("trash.erase", tr("Erase here…"), self.erase, danger=True)
        row(buttons, self.restoring, self.copying, self.erasing).addStretch(1)
        column(card, self.chosen, self.facts, self.promise, buttons, gap=7, margins=(16, 12, 16, 14))
        column(self.foot, card, margins=(26, 10, 26, 18))
        return self.foot

    # -- the world below ---------------------------------------------------------------------------------------------

    def attach(self, services: Services, reader: Reader) -> None:
        """Services and reader are ready."""
        self.take_world(services, reader)
        self.reload()

    def reload(self) -> None:
        """Read the trash again."""
        if self.attached:
            self._scope.start(self._load(), what="Read the trash", key="trash", if_busy="queue")

    def on_changes(self, changes: Changes) -> None:
        """For StoreSignals.changed."""
        if changes.outbox or changes.accounts:
            self.reload()

    @property
    def _clock(self) -> Clock:
        return self.services.clock if self.attached else SystemClock()

    async def _load(self) -> None:
        found = await self.reader.trash()
        ops = await self.reader.ops("open")
        self._accounts = {account.id: account for account in await self.reader.accounts()}
        states = {op.contact_id: op.state for op in ops if op.kind is OpKind.DELETE and op.state.open}
        self.show_rows([self._kept(trashed, states.get(trashed.contact_id)) for trashed in found], self._clock.now())

    def _kept(self, trashed: Trashed, deletion: OpState | None) -> Kept:
        """`deletion`: where that stands, None once it is done."""
        account = self._accounts.get(trashed.account_id)
        vendor = self._vendor(trashed)
        title = vendor.title if vendor is not None else ""
        source = " · ".join(dict.fromkeys(text for text in (title, account.title if account else "") if text))
        title = title or tr("the vendor")
        reason = self._reason(account, deletion) or ""
        return Kept(trashed, source, title, deletion is not None, reason.replace("{vendor}", title))

    def _reason(self, account: Account | None, deletion: OpState | None) -> str | None:
        """Why it cannot be brought back: where it is deleted already it has to be made again."""
        if account is None:
            return tr("Its account was removed, so it cannot be made again.")
        if deletion is OpState.SENDING:
            return tr("It is just being deleted at {vendor}. Try again in a moment.")
        if deletion is not None and account.active:
            return None
        why_not = capabilities.of_account(self.services.vendors, account, "create")
        return why_not and tr(why_not)

    def _vendor(self, trashed: Trashed) -> Vendor | None:
        account = self._accounts.get(trashed.account_id)
        return self.services.vendors.get(account.vendor) if account is not None else None

    # -- showing -----------------------------------------------------------------------------------------------------

    def show_rows(self, rows: Sequence[Kept], now: datetime) -> None:
        """The selection stays with its contacts; where they are gone the next one is current."""
        chosen = {kept.trashed.contact_id for kept in self.selected()}
        current, focused = max(0, self.table.currentIndex().row()), self.table.hasFocus()
        self.model.show(rows, now)
        self.table.choose([place for place, kept in enumerate(rows) if kept.trashed.contact_id in chosen], current)
        self._stack.setCurrentIndex(0 if rows else 1)
        self.foot.setVisible(bool(rows))
        words = plural(len(rows), "1 deleted contact", "{n} deleted contacts")
        kept_for = tr("each is kept for {n} days").replace("{n}", number(TRASH_DAYS))
        self.count.setText(f"{words}; {kept_for}" if rows else "")
        self.count.setVisible(bool(rows))
        self._show_chosen()
        if focused and not rows:
            self.setFocus()

    def setFocus(self, reason: Qt.FocusReason = Qt.FocusReason.OtherFocusReason) -> None:
        """The list has it, where there is one. A focus proxy would hold up Tab: it comes to page and list in turn."""
        if self.model.rows:
            self.table.setFocus(reason)
        else:
            super().setFocus(reason)

    def selected(self) -> list[Kept]:
        """In the list's order."""
        rows = sorted({index.row() for index in self.table.selectionModel().selectedRows()})
        return [self.model.rows[place] for place in rows if place < len(self.model.rows)]

    def _show_chosen(self) -> None:
        chosen = self.selected()
        reasons = list(dict.fromkeys(kept.promise() for kept in chosen))
        able = [kept for kept in chosen if not kept.reason]
        reason = self.why_not("restore") or ""
        one = chosen[0] if len(chosen) == 1 else None
        self.chosen.setText(one.trashed.title if one else plural(len(chosen), "1 contact", "{n} contacts"))
        self.facts.setText(facts(summary_of(one.trashed, self._vendor(one.trashed))) if one else "")
        self.facts.setVisible(bool(self.facts.text()))
        self.promise.setText("\n".join(reasons) if chosen else tr("Choose a contact."))
        self.chosen.setVisible(bool(chosen))
        self.restoring.setText(plural(len(able), "Restore", "Restore {n} contacts") if len(able) > 1 else tr("Restore"))
        self.restoring.setEnabled(bool(able))
        self.restoring.setToolTip(reason)
        self.restoring.setAccessibleDescription(reason or self.promise.text())
        self.copying.setEnabled(bool(chosen))
        why = "" if one else (tr("Choose one contact.") if chosen else tr("Choose a contact first."))
        self.erasing.setEnabled(one is not None)
        self.erasing.setToolTip(why)
        self.erasing.setAccessibleDescription(why)

    def why_not(self, verb: str) -> str | None:
        """Why what is chosen cannot be brought back, or copied; None: it can."""
        chosen = self.selected()
        if not chosen:
            return tr("Choose a contact first.")
        return chosen[0].promise() if verb == "restore" and all(kept.reason for kept in chosen) else None

    # -- doing -------------------------------------------------------------------------------------------------------

    def restore(self) -> None:
        """Those of the chosen that can be brought back."""
        able = [kept.trashed for kept in self.selected() if not kept.reason]
        if able and self.attached:
            self._scope.start(self._restore(able), what="Restore contacts", key="trash.restore", if_busy="keep")

    async def _restore(self, wanted: Sequence[Trashed]) -> None:
        self.restoring.setEnabled(False)
        self.problem.hide()
        try:
            for trashed in wanted:
                self.saved.emit(await self.services.edits.restore(trashed.contact_id))
        except CrmDeskError as error:
            title, hint = error_words(error)
            self.problem.set("error", f"{title} {hint}".strip())
            self.problem.show()
            announce(self, self.problem.text(), assertive=True)
        else:
            announce(self, plural(len(wanted), "1 contact restored", "{n} contacts restored"))
        self.reload()
        self._show_chosen()

    def erase(self) -> None:
        """The chosen one for good; what will happen is asked first."""
        if len(chosen := self.selected()) == 1:
            self.eraseAsked.emit([chosen[0].trashed.contact_id])

    def copy(self) -> None:
        chosen = self.selected()
        if chosen:
            copy_text("\n".join(as_text(kept, self._vendor(kept.trashed)) for kept in chosen))
            self.copied.emit(plural(len(chosen), "1 contact copied", "{n} contacts copied"))


class TrashTable(RowsTable):
    """Enter restores what is chosen, Ctrl+C copies it."""

    def __init__(self, model: TrashModel) -> None:
        super().__init__("trash.list", tr("Deleted contacts"), model, PARTS)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)

    def choose(self, rows: Sequence[int], current: int) -> None:
        """Select these rows; where there are none, the one at `current` or the last."""
        model, chosen = self.model(), self.selectionModel()
        wanted = list(rows) or ([min(current, model.rowCount() - 1)] if model.rowCount() else [])
        for place in wanted:
            chosen.select(model.index(place, NAME), SELECT.Select | SELECT.Rows)
        if wanted:
            chosen.setCurrentIndex(model.index(wanted[0], NAME), SELECT.NoUpdate)
