"""The sign-in dialog: it draws the session's view and calls its verbs. The cache can be browsed behind it.

Codes and passwords stand in its fields only, until they are handed on or the dialog is closed."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QStackedWidget, QWidget

from crmdesk.core.errors import KnownError
from crmdesk.core.guest import Tab
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import Account
from crmdesk.sync.login import LoginView, Step
from crmdesk.ui.feedback import announce, error_words
from crmdesk.ui.kit import column, tr
from crmdesk.ui.login.code_page import CODE_STEPS, CodePage
from crmdesk.ui.login.extra_pages import MADE, NEUTRAL, FormPage, register_page
from crmdesk.ui.login.identify import IdentifyPage
from crmdesk.ui.login.page import LoginPage
from crmdesk.ui.login.plain_pages import ASKING, SIGNING, TroublePage, WorkingPage
from crmdesk.ui.login.practice_note import NO_PRACTICE, NOT_PRACTICE, Described
from crmdesk.ui.main_button import press_by_key
from crmdesk.ui.theme import theme

if TYPE_CHECKING:
    from crmdesk.sync.guests import Guests
    from crmdesk.sync.login import LoginSession

SECOND_MS = 1000
LETTERS, LINES = 66, 34  # its size, in letters and lines
NARROWEST, LOWEST = 360, 300  # pixels
WINDOW_SEEN = 40  # pixels of the window that stay in sight, on two sides together
DONE_TEXTS = {
    "forgot_password": NEUTRAL,
    "change_password": "The password is set. The guest can sign in with it.",
    "verify_email": "The address is confirmed.",
}


class LoginDialog(QDialog):
    """`signedIn(contact id, name)` comes once, then it closes. `guests` is `services.guests`; `practice` describes the
    accounts of practice mode by their ids."""

    signedIn = Signal(int, str)

    def __init__(
        self,
        parent: QWidget,
        scope: TaskScope,
        guests: Guests,
        accounts: Sequence[Account],
        account_id: int,
        contact_id: int = 0,
        *,
        practice: Mapping[int, Described] = NO_PRACTICE,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("login")
        self.setWindowTitle(tr("Sign in a guest"))
        self._scope, self._guests, self._accounts, self._practice = scope, guests, accounts, practice
        self._session: LoginSession | None = None
        self._unsubscribe: Callable[[], None] = _nothing
        self._drawn: tuple[Any, ...] = ()
        self._shown: LoginView | None = None
        self._origin = ""  # the extra page that the request under way came from
        self._pages: dict[str, LoginPage] = {}
        self.over = False
        self.stack = QStackedWidget(self)
        column(self, self.stack).addStrut(NARROWEST)  # a least width of the dialog's own would hold against wider words
        self._seconds = QTimer(self, interval=SECOND_MS)
        self._seconds.timeout.connect(self.tick)
        press_by_key(self)
        self.begin(account_id, contact_id)
        theme().changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        parent = self.parentWidget()
        assert parent is not None  # it was given one
        metrics, room = self.fontMetrics(), parent.window().size()
        wide, high = metrics.averageCharWidth() * LETTERS, metrics.height() * LINES
        self.setMinimumHeight(min(high, LOWEST))
        most = room.width() - WINDOW_SEEN, room.height() - WINDOW_SEEN
        self.resize(min(wide, max(NARROWEST, most[0])), min(high, max(LOWEST, most[1])))

    # a session

    def begin(self, account_id: int, contact_id: int = 0) -> None:
        """A new sign-in: at first, and for another account or guest. KnownError: at this account nobody can."""
        session = self._guests.begin(account_id, contact_id)
        self._leave_session()
        for page in self._pages.values():
            self.stack.removeWidget(page)
            page.hide()
            page.deleteLater()
        self._pages.clear()
        self.account_id, self.contact_id = account_id, contact_id
        self._session = session
        self._make_pages(session)
        self._unsubscribe = session.subscribe(self._changed)
        self._drawn, self._shown, self._origin = (), None, ""
        self._draw()

    def may_begin(self, account_id: int, contact_id: int) -> bool:
        """Whether somebody else may be signed in instead: nothing is under way, and it is somebody else."""
        other = contact_id and (account_id, contact_id) != (self.account_id, self.contact_id)
        return bool(other) and self.view.step is Step.IDENTIFY

    def _account_chosen(self, account_id: int) -> None:
        try:
            self.begin(account_id)
        except KnownError as error:
            self.identify.say(*error_words(error))
        self.identify.account.setFocus(Qt.FocusReason.OtherFocusReason)  # by arrow keys one goes on to the next

    def _make_pages(self, session: LoginSession) -> None:
        described = self._practice.get(self.account_id, NOT_PRACTICE)
        self.identify = IdentifyPage(session.ways, self._accounts, self.account_id, self.stack, described)
        self.identify.set_lacks(session.lacks, register=bool(session.register_fields))
        self.identify.asked.connect(self._ask)
        self.identify.linked.connect(self._show_extra)
        self.identify.accountChosen.connect(self._account_chosen)
        self.identify.closeAsked.connect(self.reject)
        self.working = WorkingPage(self.stack)
        self.working.stopAsked.connect(self._stop)
        self.code = CodePage(session.clock.monotonic, self.stack, described)
        self.code.channels = {code: words for way in session.ways for code, words in way.channels}
        self.code.verifyAsked.connect(lambda text: self._do(session.verify(text)))
        self.code.resendAsked.connect(lambda: self._do(session.send_again()))
        self.code.otherAsked.connect(self._other_way)
        self.code.stopAsked.connect(self._stop_or_close)
        self.trouble = TroublePage(self.stack)
        self.trouble.retryAsked.connect(lambda: self._do(session.retry()))
        self.trouble.backAsked.connect(self._stop)
        for name, page in (
            ("identify", self.identify), ("working", self.working), ("code", self.code), ("trouble", self.trouble),
        ):  # fmt: skip
            self._put(name, page)

    def _put(self, name: str, page: LoginPage) -> None:
        self._pages[name] = page
        self.stack.addWidget(page)

    def _extra(self, name: str) -> FormPage:
        """Made when it is first wanted."""
        page = self._pages.get(name)
        if not isinstance(page, FormPage):
            register = name == "register"
            page = register_page(self.session.register_fields, self.stack) if register else MADE[name](self.stack)
            page.backAsked.connect(self._back_to_identify)
            page.asked.connect(lambda values: self._extra_asked(name, values))
            self._put(name, page)
        return page

    def _leave_session(self) -> None:
        self._unsubscribe()
        self._unsubscribe = _nothing
        if self._session is not None:
            self._scope.start(self._session.aclose(), what="End a sign-in")
            self._session = None

    # drawing

    @property
    def session(self) -> LoginSession:
        """The one that is shown; there is none any more once the dialog is closed."""
        assert self._session is not None
        return self._session

    @property
    def view(self) -> LoginView:
        return self.session.view

    def _changed(self) -> None:
        if not self.over:
            self._draw()

    def _draw(self) -> None:
        """The page of the step; the focus moves only where the step is another one."""
        view = self.view
        if view.step is Step.DONE:
            self._done(view)
            return
        page = self._page_of(view)
        if view == self._shown:
            return
        self._shown = view
        if isinstance(page, (IdentifyPage, CodePage, TroublePage)) or page is self._pages.get(self._origin):
            page.show_view(view)  # type: ignore[attr-defined]  # a registration that came back too
        if view.step is Step.REQUESTING:
            self.working.show_words(tr(self._working_words()))
        drawn = (view.step, view.asked_at, view.title, view.problems, page.objectName())
        if drawn != self._drawn:
            self._drawn = drawn
            if page is self.identify:
                self.code.wipe()
            self.stack.setCurrentWidget(page)
            self._say(view)
            page.take_focus()
        (self._seconds.start if view.step in CODE_STEPS else self._seconds.stop)()

    def _page_of(self, view: LoginView) -> LoginPage:
        if view.step is Step.IDENTIFY:
            return self._pages.get(self._origin, self.identify)
        if view.step is Step.REQUESTING:
            return self.working
        return self.trouble if view.step in (Step.OFFLINE, Step.TROUBLE) else self.code

    def _working_words(self) -> str:
        if self._origin == "register":
            return "Registering…"
        return SIGNING if self.identify.way_page().way.tab is Tab.PASSWORD and not self.view.asked else ASKING

    def _say(self, view: LoginView) -> None:
        """What a screen reader hears of the new state."""
        page = self.stack.currentWidget()
        bad = bool(view.title) or view.step in (Step.WRONG, Step.EXPIRED, Step.WAIT, Step.OFFLINE, Step.TROUBLE)
        words = ""
        if page is self.code:
            words = self.code.spoken()
        elif page is self.trouble:
            words = self.trouble.spoken()
        elif page is self.working:
            words = self.working.heading.text()
        elif bad or view.problems:
            words = " ".join((tr(view.title), tr(view.hint), *(tr(problem.text) for problem in view.problems)))
        if words.strip():
            announce(self, words.strip(), assertive=bad)

    def tick(self) -> None:
        """Once a second while something counts."""
        if not self.over:
            self._draw()  # a wait that is over has become another step
            self.code.tick()

    def _done(self, view: LoginView) -> None:
        if self.over:
            return
        name = view.guest.name if view.guest is not None else ""
        self.signedIn.emit(view.contact_id, name)
        self.accept()

    # doing

    def _do(self, verb: Coroutine[Any, Any, Any]) -> None:
        """One after the other: the session takes one thing at a time."""
        self._scope.start(verb, what="Sign in a guest", key=("login", id(self)), if_busy="queue")

    def _ask(self, way: str, values: Mapping[str, str], channel: str) -> None:
        self._origin = ""
        self._do(self.session.ask(way, values, channel))

    def _stop(self) -> None:
        """Cancel of a request, or back from what went wrong."""
        if self.view.step.busy:
            self.identify.stopped = True
            self.session.cancel()
        else:
            self._other_way()

    def _stop_or_close(self) -> None:
        (self._stop if self.view.step.busy else self.reject)()

    def _other_way(self) -> None:
        self._origin = ""
        self.session.use_another_way()

    def _show_extra(self, name: str) -> None:
        page = self._extra(name)
        if name == "forgot_password":
            page.form.put({"username": self.identify.username()})
        self._show(page)

    def _show(self, page: LoginPage) -> None:
        left = self.stack.currentWidget()
        if isinstance(left, LoginPage):
            left.wipe()
        self.stack.setCurrentWidget(page)
        announce(self, page.heading.text())
        page.take_focus()

    def _back_to_identify(self) -> None:
        self._origin = ""
        self._show(self.identify)

    def _extra_asked(self, name: str, values: Mapping[str, str]) -> None:
        if name == "register":
            self._origin = name
            self._do(self.session.register(values))
        else:
            self._do(self._ask_aside(name, values))

    async def _ask_aside(self, name: str, values: Mapping[str, str]) -> None:
        """What leaves the sign-in where it is; whoever has gone on meanwhile is not disturbed."""
        session = self._session
        if session is None:
            return  # closed before its turn came
        page = self._extra(name)
        failed: KnownError | None = None
        page.show_busy(True)
        try:
            await getattr(session, name)(*values.values())
        except KnownError as error:
            failed = error
        if self._session is not session:
            return
        page.show_busy(False)
        if failed is not None:
            page.fail(failed)
            return
        self.identify.tell(tr(DONE_TEXTS[name]))
        if self.stack.currentWidget() is page:
            self._back_to_identify()
        announce(self, tr(DONE_TEXTS[name]))

    # keys, focus, end

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter(bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        elif event.key() == Qt.Key.Key_Escape:
            self._escape()
        else:
            super().keyPressEvent(event)

    def _enter(self, control: bool) -> None:
        """A button that has the focus, else the page's main one; with Ctrl always that."""
        focused, page = QApplication.focusWidget(), self.stack.currentWidget()
        if not control and isinstance(focused, QAbstractButton) and self.isAncestorOf(focused):
            focused.click()
        elif isinstance(page, LoginPage) and (main := page.main()) is not None and main.isEnabled():
            main.click()

    def _escape(self) -> None:
        """The innermost: what is under way, then the page beside the sign-in, then the dialog."""
        page = self.stack.currentWidget()
        if self.view.step.busy:
            self._stop()
        elif isinstance(page, FormPage):
            self._back_to_identify()
        else:
            self.reject()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.WindowActivate and self.stack.currentWidget() is self.code:
            self.code.look_at_clipboard()
        return super().event(event)

    def bring_forward(self) -> None:
        self.showNormal() if self.isMinimized() else self.show()
        self.activateWindow()

    def done(self, result: int) -> None:
        """Closed in whatever way: no secret is left in it, and the session ends."""
        if not self.over:
            self.over = True
            self._seconds.stop()
            for page in self._pages.values():
                page.wipe()
            self._leave_session()
        super().done(result)
        self.deleteLater()


def _nothing() -> None:
    """Nobody is subscribed."""
