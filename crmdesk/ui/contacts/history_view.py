"""The History tab: the earlier states of a contact that its vendor keeps, and what each of them changed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from crmdesk.core.errors import CrmDeskError, OfflineError
from crmdesk.core.fields import FieldSpec
from crmdesk.core.revisions import Step, history
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import Revision
from crmdesk.ui.contacts.history_rows import RevisionCard
from crmdesk.ui.feedback import announce, error_words
from crmdesk.ui.kit import Busy, FlatButton, IconWord, PlainLabel, button, column, plural, row, scroll, tr

QUIET_MS = 300  # a quick answer needs no sign of waiting
AT_ONCE = 20  # revisions shown before somebody asks for more: each is a card of widgets

Ask = Callable[[int], Awaitable[tuple[Revision, ...]]]


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose history it is. `body` is the contact as it is stored: with another one the history has gone on. `reason`
    says why there is none to ask for (None = there is)."""

    contact_id: int
    body: str
    vendor: str
    specs: Sequence[FieldSpec]
    reason: str | None


class HistoryView(QWidget):
    """`show_subject` asks the vendor once for each state of a contact; `ask(contact_id)` is the verb that does it."""

    def __init__(self, scope: TaskScope, ask: Ask) -> None:
        super().__init__()
        self.setObjectName("history")
        self._scope, self._ask = scope, ask
        self._subject: Subject | None = None
        self._steps: tuple[Step, ...] = ()
        self._shown: list[RevisionCard] = []
        self._follow = False  # the focus was on a button that goes when the answer comes
        self._stack = QStackedWidget()
        self._later = QTimer(self, singleShot=True, interval=QUIET_MS)
        self._later.timeout.connect(lambda: self._stack.setCurrentWidget(self.waiting))
        for page in (self._make_message(), self._make_busy(), self._make_list()):
            self._stack.addWidget(page)
        column(self, self._stack)

    def _make_message(self) -> QWidget:
        self.said = IconWord()
        self.text = PlainLabel("", wrap=True)
        self.text.setObjectName("history.text")
        self.again = button("history.again", tr("Try again"), self.load)
        page, last = QWidget(), QWidget()
        row(last, self.again).addStretch(1)
        column(page, self.said, self.text, last, gap=10, margins=(18, 18, 18, 18)).addStretch(1)
        return page

    def _make_busy(self) -> QWidget:
        self.busy = Busy("history", self._stop)
        self.waiting = QWidget()
        column(self.waiting, self.busy, margins=(18, 18, 18, 18)).addStretch(1)
        return self.waiting

    def _make_list(self) -> QWidget:
        self.body = QWidget()
        self._cards: QVBoxLayout = column(self.body, gap=8, margins=(16, 12, 16, 16))
        self._area = scroll(self.body, "history.scroll")
        return self._area

    # -- asking ------------------------------------------------------------------------------------------------------

    def show_subject(self, subject: Subject, now: datetime) -> None:
        """What is shown already, or asked for, stays."""
        if subject == self._subject:
            return
        self._subject, self._now = subject, now
        self._scope.cancel("history")
        if subject.reason is not None:
            self._say("info", tr("No earlier versions"), subject.reason, again=False)
        else:
            self.load()

    def load(self) -> None:
        """Ask the vendor; what is on screen goes when the answer is there, or after a moment."""
        if self._subject is not None:
            words = tr("Asking {vendor} for earlier versions…").replace("{vendor}", self._subject.vendor)
            self.busy.set(words)
            self._follow = self.again.hasFocus()
            self._blank()
            self._later.start()
            self._scope.start(self._load(self._subject), what="Read history", key="history")

    async def _load(self, subject: Subject) -> None:
        try:
            revisions = await self._ask(subject.contact_id)
            steps = await asyncio.to_thread(history, revisions, subject.specs)
        except Exception as error:
            if subject == self._subject:
                self._failed(error)
            if not isinstance(error, CrmDeskError):
                raise  # our mistake: it goes into the log as well
        else:
            if subject == self._subject:
                self._show(steps)

    def _stop(self) -> None:
        """*Cancel*: nothing was changed, and it can be asked for again."""
        self._scope.cancel("history")
        self._say("stop", tr("Stopped"), tr("Earlier versions were not read."), again=True)

    # -- showing -----------------------------------------------------------------------------------------------------

    def _failed(self, error: Exception) -> None:
        title, hint = error_words(error)
        offline = isinstance(error, OfflineError)  # nothing is wrong then
        self._say("offline" if offline else "cross", title, hint, again=True, tone="" if offline else "error")

    def _say(self, icon: str, title: str, text: str, *, again: bool, tone: str = "") -> None:
        self._later.stop()
        self.said.set(icon, title, tone)
        self.text.setText(text)
        self.text.setVisible(bool(text))
        self.again.setVisible(again)
        self._stack.setCurrentIndex(0)
        announce(self, f"{title}. {text}".strip(), assertive=tone == "error")

    def _blank(self) -> None:
        self._clear()
        self.said.set("", "")
        self.text.hide()
        self.again.hide()
        self._stack.setCurrentIndex(0)

    def _show(self, steps: tuple[Step, ...]) -> None:
        assert self._subject is not None
        self._later.stop()
        if not steps:
            text = tr("{vendor} keeps no earlier version of this contact.").replace("{vendor}", self._subject.vendor)
            self._say("info", tr("No earlier versions"), text, again=True)
            return
        self._steps = steps
        self._clear()
        self._add(0)
        self._stack.setCurrentWidget(self._area)
        self._area.verticalScrollBar().setValue(0)
        if self._follow:  # the button that had the focus is gone
            self.cards()[0].setFocus(Qt.FocusReason.OtherFocusReason)
        announce(self, plural(len(steps), "1 version", "{n} versions"))

    def cards(self) -> list[RevisionCard]:
        """Those on screen, newest first."""
        return self._shown.copy()

    def _add(self, start: int) -> None:
        """The next cards, and a button for those after them."""
        assert self._subject is not None
        for step in self._steps[start : start + AT_ONCE]:
            card = RevisionCard(step, self._subject.vendor, self._now)
            self._shown.append(card)
            self._cards.addWidget(card)
            card.show()  # the layout would do it later, and till then it takes no focus
        left = len(self._steps) - start - AT_ONCE
        if left > 0:
            more = FlatButton("history.more", plural(left, "Show 1 older version", "Show {n} older versions"))
            more.clicked.connect(lambda _checked=False: self._more(more, start + AT_ONCE))
            self._cards.addWidget(more, 0, Qt.AlignmentFlag.AlignLeading)
        else:
            self._cards.addStretch(1)

    def _more(self, pressed: FlatButton, start: int) -> None:
        """The focus goes on with the first card that came."""
        self._cards.removeWidget(pressed)
        self._add(start)
        self.cards()[start].setFocus(Qt.FocusReason.OtherFocusReason)
        pressed.hide()
        pressed.deleteLater()

    def _clear(self) -> None:
        self._shown.clear()
        while (item := self._cards.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
