"""The privacy record: who looked at, took out or erased whose data here, and which guests are kept away."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QTabWidget, QWidget
from shiboken6 import isValid

from crmdesk.core.errors import CrmDeskError
from crmdesk.core.privacy import DeskLog, ErasedGuest, Handled, LogLine
from crmdesk.sync.exporting import Form
from crmdesk.sync.report import write_report
from crmdesk.ui.feedback import announce, ask
from crmdesk.ui.kit import Banner, Heading, Muted, button, column, plural, row, tr
from crmdesk.ui.rows_table import AnyIndex, RowsTable, TitledModel
from crmdesk.ui.words import clock_time, tooltip
from crmdesk.ui.written import place_for, tell_written

if TYPE_CHECKING:
    from crmdesk.core.types import Account
    from crmdesk.ui.main_window import MainWindow

ROLE = Qt.ItemDataRole
DID = {
    Handled.REVEALED: "Masked fields shown",
    Handled.COPIED: "Copied",
    Handled.EXPORTED: "Exported",
    Handled.EXTRACTED: "Extract made",
    Handled.ERASED: "Erased here",
    Handled.BACK: "Allowed back",
}
FILE_HEAD = ("At", "Who", "What", "Guest", "Account", "Contacts", "Fields", "Note")


async def show_record(window: MainWindow) -> None:
    try:
        log, away = await window.services.privacy.log(), await window.services.privacy.erased()
    except CrmDeskError as error:
        window.feedback.show(error, "privacy record")
        return
    await ask(RecordDialog(window, log, away))


class _Model(TitledModel):
    """Rows of ready texts."""

    def __init__(self, parent: QWidget, titles: Sequence[str]) -> None:
        super().__init__(parent)
        self.titles = titles

    def data(self, index: AnyIndex, role: int = ROLE.DisplayRole) -> Any:
        if role not in (ROLE.DisplayRole, ROLE.ToolTipRole, ROLE.AccessibleTextRole):
            return None
        texts = self.rows[index.row()]
        if role == ROLE.AccessibleTextRole and not index.column():
            return ", ".join(text for text in texts if text)  # the first cell speaks the row
        text = texts[index.column()]
        return tooltip(text) if role == ROLE.ToolTipRole else text


class RecordDialog(QDialog):
    """Two lists, a file of the first one, and *Allow back* for the second."""

    def __init__(self, window: MainWindow, log: DeskLog, away: Sequence[ErasedGuest]) -> None:
        super().__init__(window)
        self.setObjectName("record")
        self.setWindowTitle(tr("Privacy record"))
        self._window, self._log, self._away = window, log, list(away)
        self._accounts: Mapping[int, Account] = window.contacts.desk.accounts
        self._done = _Model(self, ("When", "Who", "What", "Guest", "Fields", "Note"))
        self._kept = _Model(self, ("Erased", "By", "Guest", "Account", "Listed by the vendor"))
        self.table = RowsTable("record.list", tr("Who did what"), self._done, (0.14, 0.14, 0.18, 0.17, 0.2, 0.17))
        self.away = RowsTable("record.away", tr("Guests kept away"), self._kept, (0.18, 0.16, 0.2, 0.24, 0.22))
        self._lay_out()
        self._show()
        self.table.setFocus()

    def _lay_out(self) -> None:
        self.tabs = QTabWidget(self)
        self.tabs.setObjectName("record.tabs")
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setObjectName("record.tabs.bar")
        self.tabs.tabBar().setAccessibleName(self.windowTitle())
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.tabBar().setStyleSheet("QTabBar { background: transparent; }")  # else the whole bar is tinted
        self.back = button("record.back", tr("Allow back"), self._let_back)
        self.file = button("record.file", tr("Save as a table…"), self._save)
        for page, foot, title in (
            (self.table, self.file, tr("Who did what")), (self.away, self.back, tr("Guests kept away")),
        ):  # fmt: skip
            host, line = QWidget(), QWidget()
            row(line, foot).addStretch(1)
            column(host, page, line, gap=8, margins=(0, 8, 0, 0), stretch=0)
            self.tabs.addTab(host, title)
        self.broken = Banner("error", tr("Lines of this record were altered or taken out by somebody."))
        self.broken.setObjectName("record.broken")
        self.broken.setVisible(not self._log.sound)
        told = tr("Guests stand here under tokens, and no value is kept. Lines are kept for two years.")
        last = QWidget()
        row(last, button("record.close", tr("Close"), self.reject)).insertStretch(0, 1)
        words = Heading(self.windowTitle(), self), Muted(told, self, wrap=True)
        column(self, *words, self.broken, self.tabs, last, gap=10, margins=(20, 18, 20, 16), stretch=3)
        room, letters = self._window.size(), self.fontMetrics()
        self.resize(
            min(letters.averageCharWidth() * 150, room.width() - 60), min(letters.height() * 36, room.height() - 60)
        )

    def _show(self) -> None:
        now = self._window.clock.now()
        self._done.put([self._line(one, clock_time(one.at, now)) for one in self._log.lines])
        self._kept.put([
            (clock_time(one.at, now), one.operator, one.token, self._account(one.account_id),
             clock_time(one.seen_at, now) or tr("Not since"))
            for one in self._away
        ])  # fmt: skip
        self.file.setEnabled(bool(self._log.lines))
        self.file.setToolTip("" if self._log.lines else tr("Nothing was written down yet."))
        self.back.setEnabled(bool(self._away))
        self.back.setToolTip("" if self._away else tr("Nobody is kept away."))
        for press in (self.file, self.back):
            press.setAccessibleDescription(press.toolTip())

    def _line(self, one: LogLine, when: str) -> tuple[str, ...]:
        guest = one.who or (plural(one.contacts, "1 contact", "{n} contacts") if one.contacts else "")
        fields = ", ".join(tr(field) for field in one.fields)
        return when, one.operator, tr(DID[one.did]), guest, fields, tr(one.note)

    def _account(self, account_id: int) -> str:
        account = self._accounts.get(account_id)
        return account.title if account else ""

    def _let_back(self) -> None:
        place = max(0, self.away.currentIndex().row())
        if place < len(self._away):
            doing = self._allow(self._away[place])
            self._window.scope.start(doing, what="Allow a guest back", key="record.back", if_busy="keep")

    async def _allow(self, guest: ErasedGuest) -> None:
        try:
            await self._window.services.privacy.let_back(guest.token)
            self._log, self._away = (
                await self._window.services.privacy.log(),
                await self._window.services.privacy.erased(),
            )
        except CrmDeskError as error:
            self._window.feedback.show(error, "privacy record")
            return
        words = tr("The guest comes back with the next check of {account}, if the vendor still has the contact.")
        said = words.replace("{account}", self._account(guest.account_id))
        self._window.feedback.notice(said)
        if isValid(self):  # it may have been closed meanwhile
            self._show()
            announce(self, said)

    def _save(self) -> None:
        self._window.scope.start(self._saved(), what="Save the record", key="record.file", if_busy="keep")

    async def _saved(self) -> None:
        day = self._window.clock.now().astimezone().date().isoformat()
        place = await place_for(self, tr("Privacy record {date}").replace("{date}", day), Form.CSV.value)
        if place is None:
            return
        rows = [self._cells(one) for one in reversed(self._log.lines)]
        try:
            await asyncio.to_thread(partial(write_report, place, FILE_HEAD, rows))
        except CrmDeskError as error:
            self._window.feedback.show(error, "privacy record")
            return
        tell_written(self._window.feedback, tr("The record was written to {name}."), place)

    def _cells(self, one: LogLine) -> list[str]:
        """For programs: ISO times, our own words for what was done."""
        return [
            one.at, one.operator, one.did.value, one.who, self._account(one.account_id), str(one.contacts),
            "; ".join(one.fields), one.note,
        ]  # fmt: skip
