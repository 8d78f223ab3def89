"""The page of the code: S2 to S6. What it shows follows from the session's view and the clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from crmdesk.core.otp import clean, grouped
from crmdesk.sync.login import LoginView, Step
from crmdesk.ui.accounts.inputs import Trouble
from crmdesk.ui.editor.inputs import mark_wrong
from crmdesk.ui.feedback import announce
from crmdesk.ui.kit import FlatButton, Muted, PlainLabel, button, column, isolated, plural, row, tr
from crmdesk.ui.login import counting
from crmdesk.ui.login.code_line import CodeLine
from crmdesk.ui.login.guard import clipboard_text
from crmdesk.ui.login.page import LoginPage, Told
from crmdesk.ui.login.practice_note import CODE, NOT_PRACTICE, Described, PracticeNote

SILENT = "If this matches an account, a code is on its way."
EARLIER = "Earlier codes no longer work."
WRONG = ("That code is not right.", "Check the newest message.")
EXPIRED = ("That code has run out or was used already.", "Ask for a new one.")
TOO_MANY = "Too many tries. You can try again in {time}."
OURS = "This computer waits a little before the next code. You can try again in {time}."
NO_END = ("Too many tries.", "Ask for a new code, or try again later.")
CODE_STEPS = (Step.CODE_SENT, Step.VERIFYING, Step.WRONG, Step.EXPIRED, Step.WAIT)


class CodePage(LoginPage):
    """`verifyAsked(text)`, `resendAsked`, `otherAsked`, `stopAsked`. `now` gives the seconds of the session's clock;
    `channels` words of how a code travels, by the vendor's word."""

    verifyAsked = Signal(str)
    resendAsked = Signal()
    otherAsked = Signal()
    stopAsked = Signal()

    def __init__(
        self, now: Callable[[], float], parent: QWidget | None = None, practice: Described = NOT_PRACTICE
    ) -> None:
        super().__init__("otp", tr("Enter the code"), parent)
        self.practice = PracticeNote("otp.practice", CODE, practice, self.body)
        self.now = now
        self.channels: dict[str, str] = {}
        self.view = LoginView()
        self.clipboard = clipboard_text
        self._sent = ""  # the value that was sent on by itself: once is enough
        self._waiting = self._locked = self._resumed = False
        self._make()
        self._lay_out()
        self.order()

    # building

    def _make(self) -> None:
        self.explained = PlainLabel("", self.body, wrap=True)
        self.explained.setObjectName("otp.explained")
        self.where = Muted("", self.body, wrap=True)
        self.where.setObjectName("otp.where")
        self.code = CodeLine(self.body)
        self.error = Trouble(self.body)
        self.error.setObjectName("otp.error")
        self.told = Told("otp.told", self.body)
        self.age = Muted("", self.body)
        self.age.setObjectName("otp.age")
        self.countdown = Muted("", self.body)
        self.countdown.setObjectName("otp.countdown")
        self.countdown.setAccessibleName(tr("A new code cannot be asked for yet."))  # a reader is not told each second
        self.checking = PlainLabel(tr("Checking…"), self.body)
        self.checking.setObjectName("otp.checking")
        self.paste = self._link("otp.paste", "", self._paste)
        self.resend = self._link("otp.resend", tr("Send again"), self.resendAsked.emit)
        self.other = self._link("otp.other", tr("Use another way"), self.otherAsked.emit)
        self.cancel = button("otp.cancel", tr("Cancel"), self.stopAsked.emit)
        self.verify = button("otp.verify", tr("Verify"), self._verify, main=True)
        self.renew = button("otp.renew", tr("Send a new code"), self.resendAsked.emit, main=True)
        self.code.typed.connect(self._typed)
        self.code.told.connect(self._tell_paste)

    def _link(self, name: str, words: str, run: Callable[[], object]) -> FlatButton:
        made = FlatButton(name, words, self.body)
        made.setProperty("link", True)
        made.setProperty("snug", True)
        made.clicked.connect(lambda _checked=False: run())
        return made

    def _lay_out(self) -> None:
        again, ages = QWidget(self.body), QWidget(self.body)
        row(again, self.countdown, self.resend, gap=0).addStretch(1)
        again_row = QWidget(self.body)
        row(again_row, again, self.other, stretch=0)
        column(ages, self.checking, self.age, gap=4)
        self.fill(
            self.practice, self.explained, self.where, self.code, self.paste, self.error, self.told, again_row, ages
        )
        self.align(self.paste)
        self.set_foot(self.cancel, self.renew, self.verify)

    # showing

    def show_view(self, view: LoginView) -> None:
        """The view has another step, or other words; the code that stands here stays where it can be put right."""
        before, self.view = self.view, view
        other = (before.asked, before.asked_at) != (view.asked, view.asked_at)
        if other or view.step is Step.EXPIRED or before.step is Step.WAIT:
            self.wipe()
        if before.step is not view.step:
            self.paste.hide()
        self.code.set_letters(view.letters)
        self.explained.setText(view.explained)
        self.explained.setVisible(bool(view.explained))
        self.where.setText(self._where(view))
        self._resumed = before.step is Step.WAIT and view.step is Step.CODE_SENT and not other
        self._locked = self._locked and not other
        self._draw_wait(view)
        self._draw_error(view)
        self.tick()

    def _where(self, view: LoginView) -> str:
        channel = self.channels.get(view.channel, "")
        if view.sent_to and channel:
            text = tr("Code sent by {channel} to {to}").replace("{channel}", _inside(tr(channel)))
        elif view.sent_to:
            text = tr("Code sent to {to}")
        else:
            text = tr(SILENT) if view.asked else ""
        text = text.replace("{to}", isolated(view.sent_to))
        return f"{text}\n{tr(EARLIER)}" if view.again else text

    def _draw_error(self, view: LoginView) -> None:
        usual = {Step.WRONG: WRONG, Step.EXPIRED: EXPIRED}.get(view.step, ("", ""))
        title, hint = (tr(one) for one in ((view.title, view.hint) if view.title else usual))
        left = plural(view.tries_left, "1 try left.", "{n} tries left.") if view.tries_left is not None else ""
        shown = view.step is not Step.VERIFYING and not self._endless(view)
        text = " ".join(part for part in (title, hint, left) if part) if shown else ""
        self._say(text, "info" if view.step is Step.CODE_SENT else "error")

    def _say(self, text: str, tone: str = "error") -> None:
        """Below the code; with the tone error something is wrong with it."""
        self.error.set("cross" if tone == "error" else "info", text, tone if tone == "error" else "")
        self.error.setVisible(bool(text))
        self.code.setAccessibleDescription(text)
        mark_wrong(self.code, bool(text) and tone == "error")

    def spoken(self) -> str:
        """The state in a sentence or two."""
        view = self.view
        if view.step is Step.VERIFYING:
            return self.checking.text()
        if self._resumed:
            return tr("You can try again now.")
        if self.told.isVisibleTo(self):
            said = self.error.word() if self.error.isVisibleTo(self) else ""
            return f"{said} {self.told.accessibleName()}".strip()
        said = self.error.word() if self.error.isVisibleTo(self) else ""
        where = self.where.text() if view.step is Step.CODE_SENT else ""
        left = counting.left(view.resend_at, self.now()) if view.step is Step.CODE_SENT else 0
        words = tr("A new code can be asked for in {time}.").replace("{time}", counting.spoken(left)) if left else ""
        return " ".join(part for part in (said, view.explained if where else "", where, words) if part)

    def tick(self) -> None:
        """A second went by, or the view changed."""
        view, now = self.view, self.now()
        self.age.setText(counting.age(view.asked_at, now) if view.asked else "")
        checking = view.step is Step.VERIFYING
        self._count_wait(view, now)
        self._count_resend(view, now, checking)
        expired, early = view.step is Step.EXPIRED, view.step is Step.WAIT and not view.asked
        blocked = expired or self._waiting or self._endless(view)
        self.code.setVisible(not expired and not early)  # early: not even a code was sent
        self.code.setReadOnly(checking)
        self.code.setEnabled(not blocked)
        self.checking.setVisible(checking)
        self.other.setVisible(not checking)
        self.verify.setVisible(not expired and not early and not self._endless(view))
        self.verify.setEnabled(not checking and not blocked)
        self.renew.setVisible(expired or (self._endless(view) and not early))
        self.renew.setEnabled(not self._locked)

    def _endless(self, view: LoginView) -> bool:
        """Too many tries, and nobody says for how long."""
        return view.step is Step.WAIT and not view.wait_until

    def _draw_wait(self, view: LoginView) -> None:
        """A reader hears how long it will be once, and not each second."""
        self._waiting = view.step is Step.WAIT and not self._endless(view)
        spoken = counting.spoken(counting.left(view.wait_until, self.now()))
        said = [tr(one) for one in ((view.title, view.hint) if view.title else NO_END)]
        self.told.setAccessibleName(self._wait_words(view, spoken) if self._waiting else " ".join(said))
        self.told.setText(self.told.accessibleName())
        self.told.setVisible(self._waiting or self._endless(view))

    def _wait_words(self, view: LoginView, time: str) -> str:
        return tr(OURS if view.wait_is_ours else TOO_MANY).replace("{time}", time)

    def _count_wait(self, view: LoginView, now: float) -> None:
        if self._waiting:
            left = counting.left(view.wait_until, now)
            self.told.setText(self._wait_words(view, counting.minutes(left)))

    def _count_resend(self, view: LoginView, now: float, checking: bool) -> None:
        left, was = counting.left(view.resend_at, now), self._locked
        self._locked = left > 0
        self.countdown.setText(tr("Send again in {time}").replace("{time}", counting.minutes(left)))
        self.countdown.setVisible(self._locked and not checking)
        own = view.step is Step.EXPIRED or self._endless(view) or not view.asked  # there the main button is it
        self.resend.setVisible(not self._locked and not checking and not own)
        if was and not self._locked:
            announce(self, tr("You can ask for a new code now."))

    @property
    def counts(self) -> bool:
        """Whether the next second changes a word."""
        return self.view.step in CODE_STEPS

    # doing

    def main(self) -> QPushButton | None:
        return next((made for made in (self.verify, self.renew) if made.isVisibleTo(self)), None)

    def _typed(self) -> None:
        """Sent on by itself only where the length is known, once per value, and never while a check runs."""
        view, code = self.view, self.code.code()
        if self.error.isVisibleTo(self) and view.step is not Step.EXPIRED:
            self._say("")
        whole = bool(view.length) and len(code) == view.length
        if whole and code != self._sent and self.verify.isEnabled() and view.step is not Step.VERIFYING:
            self._sent = code
            self.verifyAsked.emit(self.code.text())

    def _verify(self) -> None:
        if not self.code.text().strip():
            self._complain(tr("Type the code first."))
            return
        self._sent = self.code.code()
        self.verifyAsked.emit(self.code.text())

    def _tell_paste(self, text: str) -> None:
        if text:
            self._complain(text)
        else:
            self._say("")

    def _complain(self, text: str) -> None:
        self._say(text)
        self.code.setFocus(Qt.FocusReason.OtherFocusReason)
        announce(self, text, assertive=True)

    def look_at_clipboard(self) -> None:
        """The dialog came to the front. Only now, and only in S2: is there just a code to be pasted?"""
        if self.view.step is not Step.CODE_SENT:
            return
        text = self.clipboard()
        found = clean(text, letters=self.view.letters)
        right = found.candidates == 1 and self.view.length in (0, len(found.code))
        just = right and sum(map(str.isalnum, text)) == len(found.code)  # what is very long holds no code
        self.paste.setText(tr("Paste {code}").replace("{code}", grouped(found.code)) if just else "")
        self.paste.setVisible(just)

    def _paste(self) -> None:
        self.code.take(self.clipboard())
        self.paste.hide()
        self.code.setFocus(Qt.FocusReason.OtherFocusReason)

    def take_focus(self) -> None:
        step = self.view.step
        if step is Step.VERIFYING:
            target: QWidget = self.cancel
        elif step is Step.EXPIRED:
            target = self.renew if self.renew.isEnabled() else self.other
        elif self.told.isVisibleTo(self):
            target = self.told
        else:
            target = self.code
            self.code.selectAll()
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    def chain(self) -> Sequence[QWidget]:
        return (self.told, self.code, self.paste, self.verify, self.renew, self.resend, self.other, self.cancel)

    def wipe(self) -> None:
        self.code.wipe()
        self._sent = ""
        self.paste.hide()
        self.paste.setText("")


def _inside(word: str) -> str:
    """As it is written within a sentence: *by e-mail*, *by SMS*."""
    return word if word[1:2].isupper() else word[:1].lower() + word[1:]
