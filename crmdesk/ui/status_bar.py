"""The foot of the window: connection, each account's last good check, what waits to be sent, and the list's rows."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QResizeEvent
from PySide6.QtWidgets import QStatusBar, QWidget

from crmdesk.core.types import Account
from crmdesk.sync.progress import Connection, Phase, Progress, StatusBoard
from crmdesk.ui.kit import FlatButton, icon, icon_size
from crmdesk.ui.phases import CONNECTION_SIGNS, PAUSED, Sign, checked_text, sign_of
from crmdesk.ui.theme import Theme
from crmdesk.ui.words import clock_time, number, plural, tooltip, tr

if TYPE_CHECKING:  # comes with the open data folder
    from crmdesk.core.outbox import OutboxCounts

MOST_ACCOUNTS = 8  # more stand in the panel only


class StatusBar(QStatusBar):
    """`panelWanted`: somebody pressed one of the left parts. `rowsWanted`: the row count. `outboxWanted(needs_you)`:
    how many edits wait, or need a person. `sendingWanted`: bulk events. `workWanted`: what takes long."""

    panelWanted = Signal()
    rowsWanted = Signal()
    outboxWanted = Signal(bool)
    sendingWanted = Signal()
    workWanted = Signal()

    def __init__(self, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status")
        self.setSizeGripEnabled(False)
        self._look = look
        self._signs: dict[FlatButton, Sign] = {}
        self._accounts: dict[int, FlatButton] = {}
        self._hidden, self._waiting = 0, 0
        self._said = ""  # of the connection, whole
        self.connection = self._part("status.connection", tr("Connection; opens the accounts' state"))
        self.addWidget(self.connection)
        self.more = self._part("status.more", tr("More accounts"))
        self.more.hide()
        self.addWidget(self.more)
        self.waiting = self._outbox_part("status.waiting", needs_you=False)
        self.needs_you = self._outbox_part("status.needs_you", needs_you=True)
        self.sending = FlatButton("status.sending", "", self)
        self.sending.clicked.connect(lambda _checked=False: self.sendingWanted.emit())
        self.addPermanentWidget(self.sending)
        self.sending.hide()
        self.work = FlatButton("status.work", "", self)
        self.work.clicked.connect(lambda _checked=False: self.workWanted.emit())
        self.addPermanentWidget(self.work)
        self.work.hide()
        self.rows = FlatButton("status.rows", "", self)
        self.rows.clicked.connect(lambda _checked=False: self.rowsWanted.emit())
        self.addPermanentWidget(self.rows)
        look.changed.connect(self._redraw)

    def show_state(self, accounts: list[Account], board: StatusBoard, now: datetime) -> None:
        """Connection word and times of the last good checks."""
        word = CONNECTION_SIGNS[board.connection]
        text = tr(word.word)
        if self._waiting and board.connection is Connection.WORKING_OFFLINE:
            text += plural(self._waiting, ", 1 edit waits", ", {n} edits wait")
        self._said = text
        self._show(self.connection, word, text, tr("Connection"))
        active = [account for account in accounts if account.active]
        for gone in set(self._accounts) - {account.id for account in active[:MOST_ACCOUNTS]}:
            self._drop(gone)
        for account in active[:MOST_ACCOUNTS]:
            self._show_account(account, board.of(account.id), now)
        self._hidden = max(0, len(active) - MOST_ACCOUNTS)
        self._fit()

    def show_outbox(self, counts: OutboxCounts) -> None:
        """*2 waiting · 1 needs you*; nothing where there is nothing to do. Before `show_state`."""
        self._waiting = counts.waiting + counts.held
        waits = plural(self._waiting, "1 waiting", "{n} waiting")
        needs = plural(counts.needs_you, "1 needs you", "{n} need you")
        self._show(
            self.waiting, Sign("clock", "", "unknown"), waits, tr("Edits that wait to be sent; opens the Outbox")
        )
        self._show(
            self.needs_you, Sign("warning", "", "error"), needs, tr("Edits that need a decision; opens the Outbox")
        )
        self.waiting.setVisible(self._waiting > 0)
        self.needs_you.setVisible(counts.needs_you > 0)
        self._fit()

    def show_sending(self, text: str) -> None:
        """How far bulk events are; '' where none are on their way."""
        self._show(self.sending, Sign("send", "", "accent"), text, tr("Bulk events on their way; opens them"))
        self.sending.setVisible(bool(text))
        self._fit()

    def show_work(self, text: str) -> None:
        """How far something is that takes long; '' where nothing does."""
        self._show(self.work, Sign("clock", "", "accent"), text, tr("Under way for a while; shows it"))
        self.work.setVisible(bool(text))
        self._fit()

    def show_rows(self, shown: int, total: int, selected: int) -> None:
        """How many contacts the list shows of how many, and how many are selected."""
        if shown == total:
            text = plural(shown, "1 contact", "{n} contacts")
        else:
            text = plural(total, "{shown} of 1 contact", "{shown} of {n} contacts").replace("{shown}", number(shown))
        if selected > 1:
            text += " · " + plural(selected, "1 selected", "{n} selected")
        self.rows.setText(text)
        self.rows.setAccessibleName(text)
        self.rows.setToolTip(tr("Go to the list"))

    def texts(self) -> list[str]:
        """What the left parts say."""
        return [self._said, *(part.text() for part in self._accounts.values())]

    def _part(self, name: str, hint: str) -> FlatButton:
        part = FlatButton(name, "", self)
        part.setToolTip(hint)
        part.clicked.connect(lambda _checked=False: self.panelWanted.emit())
        return part

    def _outbox_part(self, name: str, *, needs_you: bool) -> FlatButton:
        part = FlatButton(name, "", self)
        part.clicked.connect(lambda _checked=False: self.outboxWanted.emit(needs_you))
        self.addPermanentWidget(part)
        part.hide()
        return part

    def _show_account(self, account: Account, progress: Progress, now: datetime) -> None:
        sign, ready = sign_of(account, progress), progress.phase is Phase.READY
        part = self._accounts.get(account.id)
        if part is None:
            part = self._accounts[account.id] = self._part(f"status.account.{account.id}", "")
            self._signs[part] = Sign("", "")
            self.insertWidget(len(self._accounts), part)
            QWidget.setTabOrder([self.connection, *self._accounts.values()][-2], part)
            part.show()
        calm = clock_time(account.checked_at, now) or tr(sign.word)
        title = self.fontMetrics().elidedText(
            account.title, Qt.TextElideMode.ElideMiddle, 18 * self.fontMetrics().averageCharWidth()
        )
        state = tr(sign.word) if sign.loud or sign is PAUSED else calm
        hint = tr(progress.text) if ready else checked_text(account, now)
        shown = sign if sign.loud or sign is PAUSED else Sign("", "")
        self._show(part, shown, f"{title} {state}", f"{account.title}. {hint}")
        part.setAccessibleName(f"{account.title} {state}")  # whole, however little room there is to show it

    def _fit(self) -> None:
        """Accounts that find no room stand behind *2 more*; calm ones go first, failed ones stay longest."""
        fixed = [self.connection, self.rows]
        fixed += [part for part in (self.waiting, self.needs_you, self.sending, self.work) if not part.isHidden()]
        self.connection.setText(self._said.replace("&", "&&"))
        room = self.width() - sum(part.sizeHint().width() + 8 for part in fixed) - 24
        if self._accounts and (least := self.more.sizeHint().width() + 8) > room:
            self._shorten(least - room)
        widths = {part: part.sizeHint().width() + 8 for part in self._accounts.values()}
        hidden = self._hidden
        for part in sorted(widths, key=lambda part: (self._signs[part].loud, -list(widths).index(part))):
            fits = sum(widths.values()) + (self.more.sizeHint().width() + 8 if hidden else 0) <= room
            part.setVisible(fits)
            if not fits:
                del widths[part]
                hidden += 1
        self.more.setText(plural(hidden, "1 more", "{n} more"))
        self.more.setVisible(hidden > 0)

    def _shorten(self, pixels: int) -> None:
        """The longest of the words ends in "…", where everything else would not find room."""
        metrics = self.connection.fontMetrics()
        wanted = max(0, metrics.horizontalAdvance(self._said) - pixels)
        shown = metrics.elidedText(self._said, Qt.TextElideMode.ElideRight, wanted)
        self.connection.setText(shown.replace("&", "&&"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """Never the reason why a window cannot be made smaller."""
        return QSize(0, super().minimumSizeHint().height())

    def _show(self, part: FlatButton, sign: Sign, text: str, hint: str) -> None:
        part.setText(text.replace("&", "&&"))
        part.setAccessibleName(text)
        part.setAccessibleDescription(hint)
        part.setToolTip(tooltip(hint))
        if self._signs.get(part) != sign:
            self._signs[part] = sign
            self._draw(part)

    def _draw(self, part: FlatButton) -> None:
        sign, size = self._signs[part], icon_size(part)
        part.setIconSize(QSize(size, size))
        colour = self._look.color(sign.tone or "text")
        part.setIcon(icon(sign.icon, colour, size) if sign.icon else QIcon())

    def _redraw(self) -> None:
        for part in self._signs:
            self._draw(part)

    def _drop(self, account_id: int) -> None:
        part = self._accounts.pop(account_id)
        self._signs.pop(part, None)
        self.removeWidget(part)
        part.deleteLater()
