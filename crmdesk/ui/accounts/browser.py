"""Signing an account in with the system's browser: what is under way, the code to paste, and how it ended.

The card lies below the form, whose values a sign-in begins with; what came of it is stored by the session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from crmdesk.core.errors import KnownError, SettingsError
from crmdesk.core.tasks import TaskScope
from crmdesk.sync.accounts import is_local
from crmdesk.sync.browser import LONGEST_CODE, UNDER_WAY, BrowserSession, BrowserStep, BrowserView
from crmdesk.ui.accounts.form import AccountForm
from crmdesk.ui.busy import Busy
from crmdesk.ui.feedback import announce
from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.kit import GAP, Banner, Card, Muted, PlainLabel, button, column, restyle, row
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.sync.services import Services

KEY = "account form"  # of the scope: what stores or tests the form, and this, are one at a time
PRACTICE = "Practice has no page to sign in at. Its accounts are signed in already."
UNSEEN = "Your browser could not be opened from here. Copy the address and open it there."
ENDED = (BrowserStep.READY, BrowserStep.DONE, BrowserStep.FAILED, BrowserStep.LATE, BrowserStep.CANCELLED)


def open_address(address: str) -> bool:
    """In the system's browser. Only over https, or on this computer (the emulator). False where it was not opened."""
    url = QUrl(address, QUrl.ParsingMode.StrictMode)
    safe = url.scheme() == "https" or (url.scheme() == "http" and is_local(address))
    return url.isValid() and safe and bool(QDesktopServices.openUrl(url))


class BrowserCard(Card):
    """`busy(bool)`: a sign-in with the form's values is under way, so nobody may change them. `refused(error)`: it
    could not begin, or the vendor refused something that was typed. `stored(account id)` is awaited."""

    busy = Signal(bool)
    refused = Signal(object)
    pointed = Signal(str)  # object name of what a person should look at

    def __init__(
        self,
        services: Services,
        scope: TaskScope,
        form: AccountForm,
        stored: Callable[[int], Awaitable[None]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("accounts.browser")
        self.setAccessibleName(tr("Sign in in the browser"))
        self._services, self._scope, self._form, self._stored = services, scope, form, stored
        self._session: BrowserSession | None = None
        self._unsubscribe: Callable[[], None] = _nothing
        self._busy = self._practice = False
        self._second = QTimer(self, interval=1000)
        self._second.timeout.connect(self._count)
        self.text = PlainLabel("", self, wrap=True, selectable=True)  # the redirect addresses are to be copied
        self.text.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.problem = Banner("error", "", parent=self)
        self.problem.setObjectName("accounts.browser.problem")
        self.waiting = Busy("accounts.browser.waiting", self.cancel, self)
        self._make_parts()
        self._lay_out()
        self._draw()

    def _make_parts(self) -> None:
        self.start = button("accounts.browser.start", tr("Sign in in the browser…"), lambda: self.begin(False))
        self.by_code = button("accounts.browser.by_code", tr("Sign in with a code…"), lambda: self.begin(True))
        self.again = button("accounts.browser.again", tr("Open the page again"), self._open_again)
        self.copy = button("accounts.browser.copy", tr("Copy its address"), self._copy)
        self.stop = button("accounts.browser.stop", tr("Cancel"), self.cancel)
        self.code = QLineEdit(self)
        self.code.setObjectName("accounts.browser.code")
        self.code.setAccessibleName(tr("Code from the browser"))
        self.code.setPlaceholderText(tr("Paste the code here"))
        self.code.setMaxLength(2 * LONGEST_CODE)
        hints = Qt.InputMethodHint
        self.code.setInputMethodHints(hints.ImhSensitiveData | hints.ImhNoPredictiveText | hints.ImhNoAutoUppercase)
        self.go_on = button("accounts.browser.continue", tr("Continue"), self._paste, main=True)
        self.code.returnPressed.connect(self._paste)
        self.code.textChanged.connect(lambda text: self.go_on.setEnabled(bool(text.strip())))
        self.go_on.setEnabled(False)

    def _lay_out(self) -> None:
        self._entry, buttons = QWidget(self), QWidget(self)
        label = PlainLabel(tr("Code"), self._entry)
        label.setBuddy(self.code)
        row(self._entry, label, self.code, self.go_on, stretch=1)
        buttons.setLayout(flow := FlowLayout(GAP))
        for part in (self.start, self.by_code, self.again, self.copy, self.stop):
            flow.addWidget(part)
        self._note = Muted("", self, wrap=True)
        parts = (self.text, self.problem, self.waiting, self._entry, self._note, buttons)
        column(self, *parts, gap=9, margins=(14, 12, 14, 12))

    # -- what is shown -----------------------------------------------------------------------------------------------

    def show_form(self) -> None:
        """For the account and the choices that the form shows now."""
        self.setVisible(self._form.by_browser)
        vendor = self._services.vendors.get(self._form.vendor_key())
        way = vendor.browser if vendor is not None else None
        self._explained = tr(way.explained) if way is not None else ""
        self._has_code = way is not None and bool(way.code_redirect)
        self._practice = self._services.browser.plays(self._form.vendor_key())
        new = self._form.needs_browser
        self.start.setText(tr("Sign in in the browser…") if new else tr("Sign in again in the browser…"))
        if bool(self.start.property("main")) != new:
            self.start.setProperty("main", new)
            restyle(self.start)
        self._draw()

    @property
    def session(self) -> BrowserSession | None:
        """What is under way or has ended last."""
        return self._session

    @property
    def under_way(self) -> bool:
        """Whether a sign-in with the form's values has begun and not ended."""
        return self._busy

    def _draw(self) -> None:
        """Words first, then what comes into sight, then the focus, and only then what goes: Qt would give the focus of
        a part that goes to whatever is next, the list of accounts for instance."""
        view = self._session.view if self._session is not None else BrowserView()
        step = view.step
        ended, coding = step in ENDED, step is BrowserStep.CODE
        self.text.setText(tr(PRACTICE) if self._practice else self._words(view))
        self.problem.set(*_problem(view))
        self._note.setText(tr(UNSEEN) if view.unseen else "")
        shown: dict[QWidget, bool] = {
            self.problem: bool(self.problem.text()),
            self.waiting: step in UNDER_WAY,
            self.waiting.cancel: step is not BrowserStep.STORING,
            self._note: view.unseen,
            self._entry: coding,
            self.start: ended,
            self.by_code: self._offers_code(step),
            self.again: bool(view.address),
            self.copy: bool(view.address),
            self.stop: coding,
        }
        self.start.setEnabled(not self._practice)
        self.by_code.setEnabled(not self._practice)
        for part in (part for part, visible in shown.items() if visible):
            part.show()
        self._move_focus(step)
        if self._busy is ended:
            self._busy = not ended
            self.busy.emit(self._busy)
        for part in (part for part, visible in shown.items() if not visible):
            part.hide()
        self._count()

    def _move_focus(self, step: BrowserStep) -> None:
        """What is under way takes the focus, since the form is off; what has ended keeps it here."""
        focused = QApplication.focusWidget()
        inside = focused is not None and self.isAncestorOf(focused)
        if step is BrowserStep.CODE and focused is not self.go_on:
            self.code.setFocus()
        elif step is BrowserStep.STORING:
            self.setFocus()
        elif step in UNDER_WAY:
            self.waiting.cancel.setFocus()
        elif inside and focused is not self.by_code:
            self.start.setFocus()

    _explained = ""
    _has_code = False

    def _offers_code(self, step: BrowserStep) -> bool:
        return self._has_code and (step in ENDED or step is BrowserStep.WAITING)

    def _words(self, view: BrowserView) -> str:
        if view.step is BrowserStep.CODE:
            return tr("Allow the access in your browser. The page then shows a code: copy it, and paste it here.")
        if view.step is BrowserStep.WAITING:
            return tr("Sign in and allow the access in your browser. It comes back here by itself.")
        return "" if view.step in UNDER_WAY else self._explained

    def _count(self) -> None:
        """How long the browser is still waited for, every second."""
        view = self._session.view if self._session is not None else BrowserView()
        self._second.stop()
        if view.step is BrowserStep.WAITING and self._session is not None:
            left = max(0, round(view.until - self._session.clock.monotonic()))
            time = f"{left // 60}:{left % 60:02}"
            self.waiting.set(tr("Waiting for your browser, {time} left…").replace("{time}", time))
            self._second.start()
        elif view.step is BrowserStep.EXCHANGING:
            self.waiting.set(tr("Signing in…"))
        elif view.step is BrowserStep.STORING:
            self.waiting.set(tr("Saving…"))

    # -- what is done ------------------------------------------------------------------------------------------------

    def begin(self, by_code: bool) -> None:
        """A new try, with what is typed now; one that is under way ends."""
        self.cancel()
        if self._form.check():
            self._scope.start(self._run(by_code), what="sign in in the browser", key=KEY)

    def cancel(self) -> None:
        """Nothing of it is kept."""
        if self._session is not None:
            self._session.cancel()
        self.code.clear()

    def forget(self) -> None:
        """Another account is shown: how the last one's sign-in ended is no longer of interest."""
        self.cancel()
        self._unsubscribe()
        self._session, self._unsubscribe = None, _nothing
        self._draw()

    async def _run(self, by_code: bool) -> None:
        title, base_url, credentials = self._form.values()
        account = self._form.account
        try:
            session = await self._services.browser.begin(
                self._form.vendor_key(), title, base_url, credentials, account.id if account is not None else None
            )
        except KnownError as error:
            self.refused.emit(error)
            return
        self._unsubscribe()
        self._session, self._unsubscribe = session, session.subscribe(self._changed)
        await (session.by_code(open_address) if by_code else session.by_browser(open_address))
        await self._came_to_an_end(session)

    def _paste(self) -> None:
        if self.code.text().strip() and self._session is not None and self._session.view.step is BrowserStep.CODE:
            self._scope.start(self._pasted(self._session, self.code.text()), what="sign in with a code", key=KEY)

    async def _pasted(self, session: BrowserSession, text: str) -> None:
        await session.paste(text)
        if session.view.step is BrowserStep.CODE:
            self.code.setFocus()
            self.code.selectAll()
        await self._came_to_an_end(session)

    async def _came_to_an_end(self, session: BrowserSession) -> None:
        view = session.view
        if view.step is BrowserStep.DONE:
            self.code.clear()
            await self._stored(view.account_id)
        elif view.wrong:
            self.refused.emit(SettingsError(view.title, view.hint, field=view.wrong))

    def _changed(self) -> None:
        """Shown, and said to whoever listens."""
        assert self._session is not None  # nobody else is subscribed to
        self._draw()
        view = self._session.view
        if view.step not in (BrowserStep.DONE, BrowserStep.STORING):
            self.pointed.emit(self.objectName())
        said = self.problem.text() or (self.waiting.label.text() if view.step in UNDER_WAY else self.text.text())
        announce(self, said, assertive=bool(self.problem.text()))

    def _open_again(self) -> None:
        if self._session is not None and not open_address(self._session.view.address):
            self._note.setText(tr(UNSEEN))
            self._note.show()

    def _copy(self) -> None:
        """No secret is in it: the address asks, and the answer goes to this computer only."""
        if self._session is not None:
            QGuiApplication.clipboard().setText(self._session.view.address)
            announce(self, tr("Copied"))


def _problem(view: BrowserView) -> tuple[str, str]:
    """Tone and words of what went wrong; '' where nothing did, or where it stands at a field."""
    tone = "warning" if view.step in (BrowserStep.LATE, BrowserStep.CODE) else "error"
    if view.step is BrowserStep.CANCELLED:
        return "info", tr("Cancelled. Nothing was stored.")
    if view.wrong and view.step is not BrowserStep.CODE:
        return tone, ""
    return tone, f"{tr(view.title)} {tr(view.hint)}".strip()


def _nothing() -> None:
    """Nobody is subscribed yet."""
