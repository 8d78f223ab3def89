"""How every account is doing: progress, trouble with what to do next, and the decision about vanished contacts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QPushButton, QVBoxLayout, QWidget

from crmdesk.core.types import Account
from crmdesk.sync.progress import Connection, Phase, Progress, StatusBoard
from crmdesk.ui.busy import Busy
from crmdesk.ui.feedback import announce
from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.focus import focus_holder, give_focus_back
from crmdesk.ui.kit import (
    GAP,
    Card,
    ElidedLabel,
    Heading,
    IconButton,
    IconWord,
    Muted,
    PlainLabel,
    Popover,
    button,
    column,
    row,
    scroll,
)
from crmdesk.ui.phases import bar_of, checked_text, pages_text, progress_text, sign_of
from crmdesk.ui.reading import stops
from crmdesk.ui.turning import TickBox
from crmdesk.ui.words import clock_time, tooltip, tr

PAUSED_WORDS = "Paused: checked only with “Check now”. What is changed here is sent as before."
TROUBLE = (Phase.FAILED, Phase.SIGN_IN, Phase.OFFLINE, Phase.WAITING, Phase.BRAKED)


class Verbs(Protocol):
    """What the panel asks for; the window starts it. Until it is `attached` nothing can be asked for."""

    @property
    def attached(self) -> bool: ...
    def check_account(self, account_id: int) -> None: ...
    def check_all(self) -> None: ...
    def cancel(self, account_id: int) -> None: ...
    def decide(self, account_id: int, accept: bool) -> None: ...
    def pause_account(self, account_id: int, paused: bool) -> None: ...
    def edit_account(self, account_id: int) -> None: ...
    def why_not_account(self, account: Account) -> str | None: ...
    def toggle_offline(self) -> None: ...


class AccountBlock(Card):
    """One account in the panel."""

    def __init__(self, account_id: int, verbs: Verbs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        name = f"sync.{account_id}"
        self.setObjectName(name)
        self._details = ""
        self._paused = False
        self._verbs = verbs
        self.title = ElidedLabel("", self)
        self.state = IconWord(parent=self)
        self.text = PlainLabel("", self, wrap=True)
        self.hint = Muted("", self, wrap=True)
        self.rest = PlainLabel(tr(PAUSED_WORDS), self, wrap=True)
        self.when = Muted("", self, wrap=True)
        self.busy = Busy(f"{name}.busy", lambda: verbs.cancel(account_id), self)
        self.check = button(f"{name}.check", tr("Check now"), lambda: verbs.check_account(account_id))
        self.pause = button(f"{name}.pause", tr("Pause"), lambda: verbs.pause_account(account_id, not self._paused))
        self.sign_in = button(f"{name}.signin", tr("Sign in again…"), lambda: verbs.edit_account(account_id))
        self.copy = button(f"{name}.copy", tr("Copy details"), self._copy)
        self.accept = button(
            f"{name}.remove", tr("Remove them here"), lambda: verbs.decide(account_id, True), danger=True
        )
        self.keep = button(f"{name}.keep", tr("Keep them"), lambda: verbs.decide(account_id, False), main=True)
        self._lay_out()

    def _lay_out(self) -> None:
        head, buttons = QWidget(self), QWidget(self)
        row(head, self.title, self.state, stretch=0)
        buttons.setLayout(flow := FlowLayout(GAP))
        for part in (self.keep, self.accept, self.check, self.pause, self.sign_in, self.copy):
            flow.addWidget(part)
        self._buttons = buttons
        column(
            self, head, self.busy, self.text, self.hint, self.rest, self.when, buttons, gap=5, margins=(14, 11, 14, 11)
        )

    def show_state(self, account: Account, progress: Progress, now: datetime) -> None:
        sign = sign_of(account, progress)
        self.title.setText(account.title)
        self.state.set(sign.icon, tr(sign.word), sign.tone)
        running, trouble = progress.phase.running, progress.phase in TROUBLE
        self.busy.setVisible(running)
        if running:
            done, total = bar_of(progress)
            self.busy.set(progress_text(progress), done, total)
            self.busy.cancel.setEnabled(progress.phase is not Phase.STOPPING)
        text = tr(progress.text or account.reason)
        self._say(self.text, "" if running else text)
        self._say(self.hint, "" if running else tr(progress.hint))
        self._say(self.when, self._times(account, progress, now))
        self._details = _details(account, progress)
        self._say_paused(account)
        self._offer(account, progress, trouble)

    def _say_paused(self, account: Account) -> None:
        """In words too: what waits would not be missed otherwise."""
        before, self._paused = self._paused, account.paused
        self.rest.setVisible(account.paused and account.active)
        self.pause.setText(tr("Resume") if account.paused else tr("Pause"))
        _once_open(self.pause, self._verbs, "" if account.paused else tr(PAUSED_WORDS))
        if account.paused and not before and self.isVisible():
            announce(self, f"{account.title}: {tr(PAUSED_WORDS)}")

    def _offer(self, account: Account, progress: Progress, trouble: bool) -> None:
        braked, alters = progress.phase is Phase.BRAKED, progress.alters
        self.accept.setText(tr("Take them over") if alters else tr("Remove them here"))
        self.keep.setText(tr("Keep what is here") if alters else tr("Keep them"))
        self.accept.setVisible(braked)
        self.keep.setVisible(braked)
        self.sign_in.setVisible(progress.phase is Phase.SIGN_IN and account.active)
        self.copy.setVisible(trouble and not braked)
        self.check.setVisible(account.active and not braked)
        checked = progress.phase is not Phase.READY or progress.next_at is not None or account.paused
        self.pause.setVisible(account.active and checked)
        why = self._verbs.why_not_account(account)
        _allow(self.check, not progress.phase.running and why is None, why or "")
        self._buttons.setVisible(account.active or trouble)

    def _times(self, account: Account, progress: Progress, now: datetime) -> str:
        parts = [] if progress.phase is Phase.READY else [checked_text(account, now)]  # why not is said above
        if read := "" if progress.phase.running else pages_text(progress):
            parts.append(read)
        for words, due in (("Goes on: {time}", progress.retry_at), ("Next check: {time}", progress.next_at)):
            if due is not None and not progress.phase.running:
                parts.append(tr(words).replace("{time}", clock_time(due.isoformat(), now)))
                break
        return ". ".join(parts)

    def _say(self, label: PlainLabel, text: str) -> None:
        label.setText(text)
        label.setVisible(bool(text))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._details)


def _allow(part: QAbstractButton, able: bool, words: str) -> None:
    """`words`: why it cannot be pressed, or what it does."""
    part.setEnabled(able)
    part.setToolTip(tooltip(words))
    part.setAccessibleDescription(words)


def _once_open(part: QAbstractButton, verbs: Verbs, words: str = "", *, able: bool = True) -> None:
    """What needs nothing but the data folder."""
    _allow(part, able and verbs.attached, words if verbs.attached else tr("Contacts are still being opened."))


def _details(account: Account, progress: Progress) -> str:
    """For the maintainers: no secrets, no guest's data."""
    lines = [account.title, account.base_url, progress.phase.value, progress.text, progress.hint]
    return "\n".join([*(line for line in lines if line), *(f"{name}: {value}" for name, value in progress.details)])


class SyncPanel(Popover):
    """Lies over the window above the status bar, not in the way; Esc closes it and the focus goes back."""

    closed = Signal()

    def __init__(self, verbs: Verbs, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("sync")
        self.setAccessibleName(tr("Accounts and their checks"))
        self._verbs, self._host = verbs, parent
        self._blocks: dict[int, AccountBlock] = {}
        self._opener: QWidget | None = None
        self.offline = TickBox(tr("Work offline"))
        self.offline.setObjectName("sync.offline")
        self.offline.on_turn(lambda _on: verbs.toggle_offline())
        self.check_all: QPushButton = button("sync.all", tr("Check all"), verbs.check_all, main=True)
        self.empty = Muted(tr("No account yet. Add one to see contacts here."), wrap=True)
        self._inner = QWidget()
        self._list: QVBoxLayout = column(self._inner, self.empty)
        self._list.addStretch(1)
        self._lay_out()
        self.hide()

    def _lay_out(self) -> None:
        self._close = close = IconButton("sync.close", "close", tr("Close"))
        close.clicked.connect(lambda _checked=False: self.close_panel())
        head, foot = QWidget(), QWidget()
        row(head, Heading(tr("Accounts"), self), close, stretch=0)
        row(foot, self.offline, self.check_all, stretch=0)
        self.area = scroll(self._inner, "sync.area")
        column(self, head, self.area, foot, gap=10, margins=(16, 12, 12, 14), stretch=1)

    def show_state(self, accounts: list[Account], board: StatusBoard, now: datetime) -> None:
        """Bring every block up to date; costs nothing while the panel is closed."""
        if self.isHidden():
            return
        for gone in set(self._blocks) - {account.id for account in accounts}:
            block = self._blocks.pop(gone)
            self._list.removeWidget(block)
            block.hide()
            block.deleteLater()
        for account in accounts:
            self._block(account.id).show_state(account, board.of(account.id), now)
        self.empty.setVisible(not accounts)
        offline = board.connection is Connection.WORKING_OFFLINE
        self.offline.setChecked(offline)
        _once_open(self.offline, self._verbs)
        _once_open(self.check_all, self._verbs, able=bool(accounts) and not offline)

    def block(self, account_id: int) -> AccountBlock | None:
        return self._blocks.get(account_id)

    def open_panel(self, refresh: Callable[[], None]) -> None:
        """Show it, filled, with the focus inside."""
        self._opener = focus_holder()
        self.show()
        refresh()
        self.place()
        self.raise_()
        first = next((one for one in (self.check_all, self.offline) if one.isEnabled()), self._close)
        first.setFocus(Qt.FocusReason.PopupFocusReason)
        self._host.installEventFilter(self)

    def close_panel(self) -> None:
        if self.isHidden():
            return
        self._host.removeEventFilter(self)
        self.hide()
        give_focus_back(self._opener)
        self.closed.emit()

    def place(self) -> None:
        """Above the status bar at the leading edge, never larger than the window."""
        parent = self._host
        width = min(parent.width() - 24, max(380, self.fontMetrics().averageCharWidth() * 62))
        wanted = self._inner.sizeHint().height() + self.sizeHint().height() - self.area.sizeHint().height() + 24
        height = min(parent.height() - 90, max(wanted, 240))
        left = 12 if self.layoutDirection() == Qt.LayoutDirection.LeftToRight else parent.width() - width - 12
        self.setGeometry(left, parent.height() - height - 44, width, height)

    def _block(self, account_id: int) -> AccountBlock:
        known = self._blocks.get(account_id)
        if known is None:
            known = self._blocks[account_id] = AccountBlock(account_id, self._verbs, self._inner)
            self._list.insertWidget(self._list.count() - 1, known)
            known.show()
        return known

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes on as the panel is read, round and round: what lies below it cannot be seen."""
        order = [self._close, *stops(self._inner), *(one for one in (self.offline, self.check_all) if one.isEnabled())]
        here = self.focusWidget()
        if here not in order:
            return super().focusNextPrevChild(forward)
        step, reason = (1, Qt.FocusReason.TabFocusReason) if forward else (-1, Qt.FocusReason.BacktabFocusReason)
        order[(order.index(here) + step) % len(order)].setFocus(reason)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_panel()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self._host:
            self.place()
        return super().eventFilter(watched, event)
