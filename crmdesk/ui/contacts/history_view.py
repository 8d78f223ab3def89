"""The History tab: what was done to a contact here, and the earlier states that its vendor keeps, in one time line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from crmdesk.core.errors import CrmDeskError, OfflineError, RejectedError
from crmdesk.core.fields import FieldSpec, find
from crmdesk.core.merge import alike, is_empty
from crmdesk.core.outbox import FieldChange, HistoryLine
from crmdesk.core.revisions import history
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import ContactRow, Revision
from crmdesk.ui.busy import Busy
from crmdesk.ui.contacts.detail_rows import copy_text
from crmdesk.ui.contacts.history_lines import Line, Sort, Told, as_json, local_lines, merged, vendor_lines
from crmdesk.ui.contacts.history_rows import LineCard
from crmdesk.ui.feedback import announce, error_words
from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.kit import (
    Banner,
    ChipButton,
    FlatButton,
    IconWord,
    Muted,
    PlainLabel,
    button,
    column,
    plural,
    row,
    scroll,
    tr,
)
from crmdesk.ui.turning import Turned

if TYPE_CHECKING:
    from crmdesk.sync.verbs import Saved

QUIET_MS = 300  # a quick answer needs no sign of waiting
AT_ONCE = 20  # lines shown before somebody asks for more: each is a card of widgets

Ask = Callable[[int], Awaitable[tuple[Revision, ...]]]
Read = Callable[[int], Awaitable[Sequence[HistoryLine]]]


class Edits(Protocol):
    """What the tab needs of `services.edits`."""

    def why_not(self, row: ContactRow, action: str) -> str | None: ...
    async def save(self, contact_id: int, changes: Sequence[FieldChange]) -> Saved: ...


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose history it is. `body` is the contact as it is stored: with another one the vendor's history has gone on.
    `reason` says why the vendor has none to ask for (None = it has). `row` and `values` (the contact's JSON with the
    edits that wait) are needed to put an old value back."""

    contact_id: int
    body: str
    vendor: str
    specs: Sequence[FieldSpec]
    reason: str | None
    row: ContactRow | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """How it stands with the vendor's part: picture, tone, title, text, and whether it can be asked for (again)."""

    icon: str
    title: str
    text: str
    again: bool
    tone: str = ""


class HistoryView(QWidget):
    """`show_subject` reads the local lines each time, and asks the vendor once for each state of a contact.

    `ask(contact_id)` brings the vendor's states, `read(contact_id)` the local lines, `edits()` is where an old value
    is put back through, None while there is nothing; `saved(Saved)` hears of that."""

    copied = Signal(str)  # words for what went to the clipboard
    sentAsked = Signal(object)  # a SentRow: somebody wants to see it among bulk events

    def __init__(
        self,
        scope: TaskScope,
        ask: Ask,
        read: Read | None = None,
        edits: Callable[[], Edits | None] = lambda: None,
        saved: Callable[[Any], object] = lambda _saved: None,
    ) -> None:
        super().__init__()
        self.setObjectName("history")
        self._scope, self._ask, self._read, self._edits, self._saved = scope, ask, read, edits, saved
        self._subject: Subject | None = None
        self._local: tuple[Line, ...] | None = None  # None until they are read
        self._versions: tuple[Line, ...] = ()
        self._note: Note | None = None  # None while the vendor is asked
        self._sort = Sort.ALL
        self._lines: tuple[Line, ...] = ()
        self._shown: list[LineCard] = []
        self._built: object = None  # what the cards on screen were made of
        self._follow = False  # the focus was on a button that goes when the answer comes
        self._stack = QStackedWidget()
        self._later = QTimer(self, singleShot=True, interval=QUIET_MS)
        self._later.timeout.connect(self._show_waiting)
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
        page, self._chips, self._remark, self.body = QWidget(), QWidget(), QWidget(), QWidget()
        self._chips.setLayout(flow := FlowLayout(gap=6))
        self._chips.setAccessibleName(tr("What is shown"))
        self.chips: dict[Sort, ChipButton] = {}
        for sort in Sort:
            chip = self.chips[sort] = ChipButton(f"history.sort.{sort.name.lower()}", tr(sort.value))
            chip.setCheckable(True)
            chip.setChecked(sort is self._sort)
            chip.on_turn(self._chooser(sort))
            flow.addWidget(chip)
        self.problem = Banner("error", "")
        self.problem.setObjectName("history.problem")
        self.problem.hide()
        self.remark, self.turn = Muted("", wrap=True), FlatButton("history.note.again", tr("Try again"))
        self.turn.clicked.connect(lambda _checked=False: self._stop() if self._note is None else self.load())
        row(self._remark, self.remark, self.turn, gap=8, stretch=0)
        self._cards: QVBoxLayout = column(self.body, gap=8, margins=(16, 4, 16, 16))
        self._area = scroll(self.body, "history.scroll")
        head = QWidget()
        column(head, self._chips, self.problem, self._remark, gap=6, margins=(16, 10, 16, 4))
        self._head = head
        column(page, head, self._area, gap=0, stretch=1)
        return page

    # -- asking ------------------------------------------------------------------------------------------------------

    def show_subject(self, subject: Subject, now: datetime) -> None:
        """What is shown already, or asked for, stays; local lines are read again."""
        before, self._subject, self._now = self._subject, subject, now
        if before is None or before.contact_id != subject.contact_id:
            self._local, self._versions = (None if self._read else ()), ()
            self.problem.hide()
        if self._read is not None:
            self._scope.start(self._read_local(subject, self._read), what="Read history", key="history.local")
        if before is not None and self._of_vendor(before) == self._of_vendor(subject):
            self._show()
            return
        self._scope.cancel("history")
        if subject.reason is not None:
            self._note = Note("info", tr("No history yet"), subject.reason, again=False)
            self._show()
        else:
            self.load()

    def _of_vendor(self, subject: Subject) -> tuple[Any, ...]:
        return subject.contact_id, subject.body, subject.vendor, subject.specs, subject.reason

    async def _read_local(self, subject: Subject, read: Read) -> None:
        lines = await read(subject.contact_id)
        found = await asyncio.to_thread(local_lines, lines, subject.specs, subject.vendor)
        if self._subject is not None and subject.contact_id == self._subject.contact_id:
            self._local = found
            self._show()

    def load(self) -> None:
        """Ask the vendor; local lines stay on screen meanwhile."""
        if self._subject is not None:
            self.busy.set(self._asking())
            self._follow = self.again.hasFocus()
            self._note, self._versions = None, ()
            self._show()
            self._later.start()
            self._scope.start(self._load(self._subject), what="Read history", key="history")

    def _asking(self) -> str:
        vendor = self._subject.vendor if self._subject is not None else ""
        return tr("Asking {vendor} for earlier versions…").replace("{vendor}", vendor)

    async def _load(self, subject: Subject) -> None:
        try:
            revisions = await self._ask(subject.contact_id)
            steps = await asyncio.to_thread(history, revisions, subject.specs)
            lines = await asyncio.to_thread(vendor_lines, steps, subject.vendor)
        except Exception as error:
            if self._is_of(subject):
                self._failed(error)
            if not isinstance(error, CrmDeskError):
                raise  # our mistake: it goes into the log as well
        else:
            if self._is_of(subject):
                self._came(lines, subject)

    def _is_of(self, subject: Subject) -> bool:
        return self._subject is not None and self._of_vendor(subject) == self._of_vendor(self._subject)

    def _came(self, lines: tuple[Line, ...], subject: Subject) -> None:
        text = tr("{vendor} keeps no earlier version of this contact.").replace("{vendor}", subject.vendor)
        self._versions = lines
        self._note = Note("info", tr("No history yet"), "" if lines else text, again=not lines)
        self._later.stop()
        self._show()
        if lines:
            announce(self, plural(len(lines), "1 version", "{n} versions"))

    def _failed(self, error: Exception) -> None:
        title, hint = error_words(error)
        offline = isinstance(error, OfflineError)  # nothing is wrong then
        icon, tone = ("offline", "") if offline else ("cross", "error")
        self._note = Note(icon, title, hint, again=True, tone=tone)
        self._later.stop()
        self._show()

    def _stop(self) -> None:
        """*Cancel*: nothing was changed, and it can be asked for again."""
        self._scope.cancel("history")
        self._note = Note("stop", tr("Stopped"), tr("Earlier versions were not read."), again=True)
        self._later.stop()
        self._show()

    # -- showing -----------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        """What is known by now: the time line, else why there is none."""
        lines = merged(self._local or (), self._versions)
        if lines:
            self._show_lines(lines)
        elif self._note is None or self._local is None:
            self._blank()
        else:
            self._say(self._note)

    def _show_waiting(self) -> None:
        """It takes long: say so."""
        if self._note is not None:
            return
        if self._stack.currentIndex() == 0:
            self._stack.setCurrentWidget(self.waiting)
        self._show_remark(late=True)

    def _say(self, note: Note) -> None:
        self._clear()
        self._later.stop()
        self.said.set(note.icon, note.title, note.tone)
        self.text.setText(note.text)
        self.text.setVisible(bool(note.text))
        self.again.setVisible(note.again)
        self._stack.setCurrentIndex(0)
        announce(self, f"{note.title}. {note.text}".strip(), assertive=note.tone == "error")

    def _blank(self) -> None:
        if self._stack.currentWidget() is self.waiting and self._later.isActive():
            return
        self._clear()
        self.said.set("", "")
        self.text.hide()
        self.again.hide()
        self._stack.setCurrentIndex(0)

    def _show_lines(self, lines: tuple[Line, ...]) -> None:
        self._chips.setVisible(bool(self._local))
        self._show_remark(late=not self._later.isActive())
        sort = self._sort if self._local else Sort.ALL
        kept = tuple(line for line in lines if line.within(sort))
        built = (self._subject, kept, self._reason())
        self._stack.setCurrentIndex(2)
        if built == self._built:
            return
        same, place = self._same_contact(), self._area.verticalScrollBar().value()
        focus = next((card.line.key for card in self._shown if _holds_focus(card)), "")
        count = max(AT_ONCE, len(self._shown) if same else 0)
        self._clear()
        self._built, self._lines = built, kept
        self._add(0, count)
        if not kept:
            self._cards.insertWidget(0, Muted(tr("Nothing of this sort."), wrap=True))
        self._area.verticalScrollBar().setValue(place if same else 0)
        self._focus_again(focus)

    def _same_contact(self) -> bool:
        before = self._built[0] if isinstance(self._built, tuple) else None
        return bool(before and self._subject and before.contact_id == self._subject.contact_id)

    def _focus_again(self, key: str) -> None:
        """The widget that had the focus is gone: its line has it, or the first one after *Try again*."""
        wanted = [card for card in self._shown if card.line.key == key]
        if not wanted and (self._follow and self._note is not None):
            wanted, self._follow = self._shown[:1], False
        if wanted:
            wanted[0].setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_remark(self, *, late: bool) -> None:
        """A quiet word above the lines about those that the vendor keeps."""
        note = self._note
        if note is None:
            text, again = (self._asking(), tr("Cancel")) if late else ("", "")
        else:
            plain = note.title == tr("No history yet")
            text = note.text if plain else f"{note.title} {note.text}".strip()
            again = tr("Try again") if note.again else ""
        self.remark.setText(text)
        self.turn.setText(again)
        self.turn.setVisible(bool(again))
        self._remark.setVisible(bool(text))
        self._head.setVisible(bool(text or self._local or self.problem.text()))

    def _chooser(self, sort: Sort) -> Turned:
        return lambda _on: self._choose(sort)

    def _choose(self, sort: Sort) -> None:
        self._sort = sort
        for known, chip in self.chips.items():
            chip.setChecked(known is sort)
        self._show()
        announce(self, plural(len(self._lines), "1 line", "{n} lines"))

    def cards(self) -> list[LineCard]:
        """Those on screen, newest first."""
        return self._shown.copy()

    def _add(self, start: int, count: int = AT_ONCE) -> None:
        """The next cards, and a button for those after them."""
        for line in self._lines[start : start + count]:
            card = LineCard(line, self._now, self._offers, self._restore)
            card.copyAsked.connect(self._copy)
            card.openAsked.connect(self.sentAsked)
            card.stepAsked.connect(partial(self._step, card))
            self._shown.append(card)
            self._cards.addWidget(card)
            card.show()  # the layout would do it later, and till then it takes no focus
        left = len(self._lines) - start - count
        if left > 0:
            more = FlatButton("history.more", plural(left, "Show 1 older line", "Show {n} older lines"))
            more.clicked.connect(lambda _checked=False: self._more(more, start + count))
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
        self._built, self._lines = None, ()
        while (item := self._cards.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()

    def _step(self, card: LineCard, by: int) -> None:
        """Up and Down go from line to line, past the buttons inside them."""
        place = self._shown.index(card) + by
        if 0 <= place < len(self._shown):
            self._shown[place].setFocus(Qt.FocusReason.TabFocusReason)
            self._area.ensureWidgetVisible(self._shown[place])

    # -- putting a value back ----------------------------------------------------------------------------------------

    def _copy(self, text: str) -> None:
        copy_text(text)
        self.copied.emit(tr("Line"))
        announce(self, tr("Line copied"))

    def _reason(self) -> str | None:
        """Why nothing can be put back now; None where it can."""
        edits, contact = self._edits(), self._subject.row if self._subject is not None else None
        if edits is None or contact is None:
            return tr("Contacts are still being opened.")
        why_not: str | None = edits.why_not(contact, "edit")
        return why_not and tr(why_not)

    def _offers(self, told: Told) -> bool:
        if self._subject is None or not told.spec.writable or is_empty(told.was):
            return False
        now = find(self._subject.values, told.spec.path)
        return self._reason() is None and not alike(told.spec, now, told.was)

    def _restore(self, told: Told) -> None:
        self._scope.start(self._put_back(told), what="Restore a value", key="history.restore", if_busy="keep")

    async def _put_back(self, told: Told) -> None:
        """A normal edit, checked and sent as any other."""
        subject, edits = self._subject, self._edits()
        if subject is None or edits is None:
            return
        now = find(subject.values, told.spec.path)
        change = FieldChange(told.spec.path, as_json(now), as_json(told.was))
        try:
            saved = await edits.save(subject.contact_id, (change,))
        except CrmDeskError as error:
            problems = error.problems if isinstance(error, RejectedError) else ()
            words = " ".join(dict.fromkeys(tr(problem.text) for problem in problems)) or tr(error.hint)
            self.problem.set("error", f"{tr(error.title)} {words}".strip())
            self.problem.show()
            self._head.show()
            announce(self, self.problem.text(), assertive=True)
        else:
            self.problem.hide()
            self._saved(saved)


def _holds_focus(card: LineCard) -> bool:
    focus = card.window().focusWidget()
    return focus is not None and (focus is card or card.isAncestorOf(focus))
