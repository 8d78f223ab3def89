"""The accounts page: list at the left, the chosen account's form at the right, how secrets are kept at the foot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QDialog, QSplitter, QWidget

from crmdesk.core.errors import CrmDeskError, SettingsError
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import Account
from crmdesk.sync.capabilities import REMOVED
from crmdesk.sync.progress import Phase
from crmdesk.ui.accounts.browser import KEY, BrowserCard
from crmdesk.ui.accounts.form import AccountForm
from crmdesk.ui.accounts.rows import AccountList, Line
from crmdesk.ui.accounts.steps import Steps
from crmdesk.ui.confirm import confirm
from crmdesk.ui.feedback import Feedback, announce, ask, error_words
from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.footer import Footer
from crmdesk.ui.kit import GAP, Banner, Heading, IconWord, Muted, Page, SidePanel, button, column, row, scroll
from crmdesk.ui.phases import SIGNS, Sign, badge_of, sign_of
from crmdesk.ui.theme import Theme
from crmdesk.ui.words import plural, tr

if TYPE_CHECKING:
    from crmdesk.store.reader import Reader
    from crmdesk.sync.services import Services

LAID_OUT_MS = 40  # until what has just been shown has its place
LINES = 9  # of the form that are always to be seen
ROUND_IT = 60  # pixels that are seen above and below
KEEP = 1  # number of the button in the removal dialog


class KeyNote(Protocol):
    """What is told about the key (net.secrets.Key)."""

    @property
    def message(self) -> str: ...
    @property
    def keeps_tokens(self) -> bool: ...


class AccountsPage(Page):
    """`changed`: an account was added, changed or removed, and the store has it. `connected(id)`: a new one.
    `guestWanted(id)`: a guest of this account is to sign in."""

    changed = Signal()
    connected = Signal(int)
    guestWanted = Signal(int)

    def __init__(
        self,
        services: Services,
        reader: Reader,
        look: Theme,
        scope: TaskScope,
        feedback: Feedback,
        key: KeyNote | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName("accounts")
        self._services, self._reader, self._look = services, reader, look
        self._scope, self._feedback, self._key = scope, feedback, key
        self._accounts: list[Account] = []
        self._wanted = ""
        self._soon = QTimer(self, singleShot=True, interval=LAID_OUT_MS)
        self._soon.timeout.connect(self._bring_now)
        self.list = AccountList()
        self.form = AccountForm(services.vendors)
        self.browser = BrowserCard(services, scope, self.form, self._signed_in)
        self.steps = Steps()
        self.state = IconWord()
        self.saved = IconWord("ok", "", "ok")
        self.note = Banner("info", "")
        self.read_only = Banner("info", tr(REMOVED))
        self.error = Banner("error", "")
        self.error.setObjectName("accounts.error")
        self._make_buttons()
        self._lay_out()
        self.list.currentRowChanged.connect(lambda _row: self._show_chosen())
        self.form.edited.connect(self._typed)
        self.form.submitted.connect(self._save)
        self.form.pointed.connect(self._bring)
        self.browser.busy.connect(lambda _busy: self._allow())
        self.browser.refused.connect(self._show_error)
        self.browser.pointed.connect(self._bring)
        look.changed.connect(self._refill)
        self.show_key(key)
        self.show_new()

    def _make_buttons(self) -> None:
        self.add = button("accounts.add", tr("Add account…"), self.show_new)
        self.test = button("accounts.test", tr("Test connection"), self._test)
        self.guest = button("accounts.guest", tr("Sign in a guest…"), self._sign_in_guest)
        self.save = button("accounts.save", tr("Save"), self._save, main=True)
        self.remove = button("accounts.remove", tr("Remove account…"), self._remove, danger=True)

    def _lay_out(self) -> None:
        side, right, inner, foot, doing = SidePanel(), Page(), QWidget(), Footer(), QWidget()
        column(side, Heading(tr("Accounts"), self), self.list, self.add, gap=10, margins=(14, 14, 14, 14), stretch=1)
        doing.setLayout(flow := FlowLayout(GAP))
        for part in (self.save, self.test, self.guest, self.saved):
            flow.addWidget(part)
        row(foot, doing, self.remove, stretch=0, margins=(26, 9, 26, 10))
        kept = QWidget()
        words = Muted(tr("How contacts and sign-ins are kept on this computer"), kept, wrap=True)
        column(kept, words, self.note, gap=5)
        parts = (self.read_only, self.form, self.browser, self.error, self.steps)
        layout = column(inner, self.state, *parts, gap=14, margins=(26, 18, 26, 18))
        layout.addStretch(1)
        layout.addWidget(kept)
        inner.setMaximumWidth(820)
        area = self._area = scroll(inner, "accounts.area", whole=True)
        area.setMinimumHeight(self.fontMetrics().height() * LINES)
        column(right, area, foot, gap=0, stretch=0)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setObjectName("accounts.split")
        split.setHandleWidth(1)
        split.addWidget(side)
        split.addWidget(right)
        split.setStretchFactor(1, 1)
        split.setChildrenCollapsible(False)
        split.setSizes([250, 700])
        column(self, split, gap=0)
        QWidget.setTabOrder(self.list, self.add)
        QWidget.setTabOrder(self.add, self.form.vendor)  # and from there down the form

    # showing

    def show_accounts(self, accounts: list[Account]) -> None:
        """Bring the list up to date; what is being typed stays."""
        chosen = self.form.account
        self._accounts = accounts
        self._refill()
        now = next((account for account in accounts if chosen is not None and account.id == chosen.id), None)
        if chosen is not None and now is None:
            self._show_first()
        elif now is not None:
            self._show_state(now)
            if not self.form.dirty() and not self._scope.running(KEY):
                self.form.follow(now)

    def show_key(self, key: KeyNote | None) -> None:
        """The sentence about where key and sign-ins are."""
        if key is None:
            self.note.set("info", tr("Practice mode: nothing is kept after crmdesk closes."))
        else:
            self.note.set("ok" if key.keeps_tokens else "warning", tr(key.message))
        self.form.show_memory(key is not None and not key.keeps_tokens)

    def show_new(self) -> None:
        """An empty form."""
        self.list.setCurrentRow(-1)
        self._clear()
        self.form.show_new()
        self._offer(None)

    def open_account(self, account_id: int) -> None:
        """Show one account, and where somebody has to sign in, the place for it; an unknown id shows the new form."""
        if not self._show_one(account_id):
            self.show_new()
        else:
            self.point_to_sign_in()

    def _show_one(self, account_id: int) -> bool:
        """False where it is not there."""
        found = self.list.choose(account_id)
        if found:
            self._show_chosen()
        return found

    def point_to_sign_in(self) -> None:
        """The focus to where the account that is shown is signed in again, if it has to be."""
        account = self.form.account
        if account is None or self._sign(account) is not SIGNS[Phase.SIGN_IN]:
            return
        if not self.form.by_browser:
            self.form.focus_secret()
        elif not self.browser.under_way:
            self.browser.start.setFocus(Qt.FocusReason.OtherFocusReason)
            self._bring(self.browser.objectName())

    def _show_first(self) -> None:
        if self._accounts:
            self.open_account(self._accounts[0].id)
        else:
            self.show_new()

    def _show_chosen(self) -> None:
        chosen = next((one for one in self._accounts if one.id == self.list.chosen()), None)
        shown = self.form.account
        if chosen is not None and shown is not None and chosen.id == shown.id and self.browser.under_way:
            return  # its sign-in goes on
        if chosen is not None:
            self._clear()
            self.form.show_account(chosen)
            self._offer(chosen)

    def _clear(self) -> None:
        self.browser.forget()
        self.steps.clear()
        self.error.hide()
        self.saved.set("", "")
        self.read_only.hide()

    def _offer(self, account: Account | None) -> None:
        stored, active = account is not None, account is None or account.active
        self.remove.setVisible(stored)
        self.read_only.setVisible(not active)
        self.state.setVisible(stored)
        vendor = self._services.vendors.get(account.vendor) if account is not None else None
        self.guest.setVisible(stored and active and vendor is not None and vendor.guests)
        if account is not None:
            self._show_state(account)
        self._follow_choice()
        self._allow()

    def _allow(self) -> None:
        """What is on while nobody signs in with the form's values."""
        account = self.form.account
        active, free = account is None or account.active, not self.browser.under_way
        for part in (self.form, self.save, self.test):
            part.setEnabled(active and free and self.form.known)
        for part in (self.remove, self.guest):
            part.setEnabled(free)

    def _follow_choice(self) -> None:
        """Where nothing can be saved or tested before somebody has signed in, only that is offered."""
        self.browser.show_form()
        for part in (self.save, self.test):
            part.setVisible(not self.form.needs_browser)

    def _sign_in_guest(self) -> None:
        if self.form.account is not None:
            self.guestWanted.emit(self.form.account.id)

    def _sign(self, account: Account) -> Sign:
        """An account that is only written to is never checked, and nothing is wrong with that."""
        vendor = self._services.vendors.get(account.vendor)
        if account.active and vendor is not None and not vendor.lists:
            return SIGNS[Phase.READY]
        return sign_of(account, self._services.board.of(account.id))

    def _show_state(self, account: Account) -> None:
        sign = self._sign(account)
        count = plural(account.contacts, "1 contact here", "{n} contacts here")
        ready = sign is SIGNS[Phase.READY] and not account.contacts
        word = tr(sign.word).capitalize()
        self.state.set(sign.icon, word if ready else f"{word} · {count}", sign.tone)

    def _refill(self) -> None:
        chosen = self.form.account
        self.list.show_lines([self._line(account) for account in self._accounts], chosen.id if chosen else 0)

    def _line(self, account: Account) -> Line:
        vendor, sign = self._services.vendors.get(account.vendor), self._sign(account)
        reason = tr(vendor.lacks["pull"] if vendor is not None and not vendor.lists else account.reason)
        return Line(
            account.id,
            account.title,
            vendor.title if vendor is not None else account.vendor,
            badge_of(account, self._accounts, vendor.letter if vendor is not None else "?"),
            sign,
            reason,
        )

    def _bring(self, name: str) -> None:
        """Scroll to what a person should see, once it has its place."""
        self._wanted = name
        self._soon.start()

    def _bring_now(self) -> None:
        found = self.findChild(QWidget, self._wanted)
        if found is not None:
            self._area.ensureWidgetVisible(found, 0, ROUND_IT)

    def _typed(self) -> None:
        self.saved.set("", "")
        self.error.hide()
        self.steps.clear()
        self._follow_choice()

    # doing

    def _test(self) -> None:
        if self.form.check():
            self._scope.start(self._test_now(), what="test a connection", key=KEY)

    async def _test_now(self) -> None:
        _, base_url, credentials = self.form.values()
        account = self.form.account
        self.steps.clear()
        self.error.hide()
        try:
            with _Waiting(self, tr("Testing…")):
                steps = await self._services.check(
                    self.form.vendor_key(), base_url, credentials, account_id=account.id if account else None
                )
        except CrmDeskError as error:
            self._show_error(error)
            return
        self.steps.show_steps(steps)
        self._bring(self.steps.objectName())

    def _save(self) -> None:
        if self.form.needs_browser and self.browser.start.isEnabled():
            self.browser.begin(False)
        elif not self.form.needs_browser and self.save.isEnabled() and self.form.check():
            self._scope.start(self._save_now(), what="save an account", key=KEY, if_busy="keep")

    async def _save_now(self) -> None:
        """ "Saved" is said only once the store has it."""
        self.error.hide()
        try:
            with _Waiting(self, tr("Saving…")):
                account_id = await self._store()
                await self._show_stored(account_id)
        except CrmDeskError as error:
            self._show_error(error)
            return
        self._say_saved(tr("Saved"))

    async def _show_stored(self, account_id: int) -> None:
        self._accounts = await self._reader.accounts()
        self.form.settle()
        self._refill()
        self._show_one(account_id)

    def _say_saved(self, words: str) -> None:
        self.saved.set("ok", words, "ok")
        announce(self, words)
        self.changed.emit()

    async def _signed_in(self, account_id: int) -> None:
        """With the browser: account and sign-in are stored already."""
        new = self.form.account is None
        try:
            await self._show_stored(account_id)
        except CrmDeskError as error:
            self._show_error(error)
            return
        self._say_saved(tr("Signed in and saved"))
        self.test.setFocus(Qt.FocusReason.OtherFocusReason)
        if new:
            self.connected.emit(account_id)

    async def _store(self) -> int:
        title, base_url, credentials = self.form.values()
        account = self.form.account
        if account is None:
            made: Account = await self._services.add_account(self.form.vendor_key(), title, base_url, credentials)
            self.connected.emit(made.id)
            return made.id
        await self._services.update_account(
            account.id,
            title=title if title != account.title else None,
            base_url=base_url if base_url != account.base_url else None,
            credentials=self.form.changed() or None,
        )
        return account.id

    def _remove(self) -> None:
        if self.form.account is not None:
            self._scope.start(self._remove_now(self.form.account), what="remove an account", key=KEY)

    async def _remove_now(self, account: Account) -> None:
        waiting = await self._services.edits.pending_of_account(account.id)
        answer = await ask(self.removal_dialog(account, waiting))
        if not answer:
            return
        keep = _worth_asking(account) and answer == KEEP
        try:
            await self._services.remove_account(account.id, keep_contacts=keep)
        except CrmDeskError as error:
            self._show_error(error)
            return
        self.form.settle()
        self._accounts = await self._reader.accounts()
        self._refill()
        self._show_first()
        self._feedback.notice(tr("Removed {title}.").replace("{title}", account.title))
        self.changed.emit()

    def removal_dialog(self, account: Account, waiting: int = 0) -> QDialog:
        """The question what becomes of the cached contacts; nothing happens at the vendor. `waiting`: edits that the
        vendor does not have yet."""
        keep = ("keep", tr("Keep the contacts, read-only"), False)
        delete = ("delete", tr("Delete the contacts here"), True)
        count = plural(account.contacts, "1 contact is", "{n} contacts are")
        text = tr("Its sign-in is deleted from this computer. {count} saved here: what should become of them?")
        if not account.contacts:
            delete, text = ("delete", tr("Remove account"), True), tr("Its sign-in is deleted from this computer.")
        return confirm(
            self,
            "accounts.removal",
            tr("Remove “{title}”?").replace("{title}", account.title),
            text.replace("{count}", count),
            [keep, delete] if _worth_asking(account) else [delete],
            detail=self._what_is_lost(account, waiting),
        )

    def _what_is_lost(self, account: Account, waiting: int) -> str:
        vendor = self._services.vendors.get(account.vendor)
        lost = tr("Nothing is deleted at the vendor.")
        if waiting:
            unsent = plural(waiting, "1 edit that was not sent yet", "{n} edits that were not sent yet")
            lost = tr("{edits} will never be sent.").replace("{edits}", unsent) + " " + lost
        if account.contacts and vendor is not None and "refresh" in vendor.lacks:
            lost += " " + tr("What is deleted here cannot be fetched again.")
        return lost

    def _show_error(self, error: CrmDeskError) -> None:
        if isinstance(error, SettingsError) and self.form.show_error(error):
            return
        text = " ".join(error_words(error)).strip()
        self.error.set("error", text)
        self.error.show()
        self._bring(self.error.objectName())
        announce(self, text, assertive=True)


def _worth_asking(account: Account) -> bool:
    """Whether there is something to keep."""
    return account.active and account.contacts > 0


class _Waiting:
    """Buttons off and a word beside them while something is under way; then the focus is where it was."""

    def __init__(self, page: AccountsPage, words: str) -> None:
        self._page, self._words = page, words
        self._parts = (page.save, page.test, page.remove, page.form)

    def __enter__(self) -> None:
        focused = QApplication.focusWidget()
        inside = focused is not None and self._page.isAncestorOf(focused)
        self._focused = focused.objectName() if focused is not None and inside else ""
        for part in self._parts:
            part.setEnabled(False)
        self._page.saved.set("clock", self._words)

    def __exit__(self, *_: object) -> None:
        for part in self._parts:
            part.setEnabled(True)
        self._page.saved.set("", "")
        again = self._page.findChild(QWidget, self._focused) if self._focused else None
        if again is not None and self._page.isVisible():  # the fields may have been made anew
            again.setFocus(Qt.FocusReason.OtherFocusReason)
