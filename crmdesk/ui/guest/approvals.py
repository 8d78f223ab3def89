"""The Approvals tab: what the guest is asked, and the answers. Nothing is answered without a question that names it."""

from __future__ import annotations

import logging

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QStackedWidget, QWidget

from crmdesk.core.errors import CrmDeskError, InDoubtError, OfflineError
from crmdesk.core.guest import Approval, GuestAwayError, Listing
from crmdesk.core.seams import iso
from crmdesk.core.tasks import TaskScope
from crmdesk.ui.feedback import announce, ask
from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.guest import wording
from crmdesk.ui.guest.answer_dialog import AnswerDialog
from crmdesk.ui.guest.door import Door
from crmdesk.ui.guest.held import Held, HeldAnswers
from crmdesk.ui.guest.rows import Row, RowsList, RowsModel
from crmdesk.ui.guest.work import Part
from crmdesk.ui.kit import Banner, ChipButton, Muted, PlainLabel, button, column, plural, row, tr
from crmdesk.ui.words import ago, breakable, isolated

log = logging.getLogger("crmdesk.ui")
PENDING = "PENDING"
TRY_MS = 20_000  # held answers are tried so often
LOOK_MS = 60_000  # and requests that came meanwhile are looked for, once somebody has opened the tab
LIST, NOBODY = range(2)
NAME = "guest.approvals"


class Approvals(Part):
    """The requests that wait, or all of them."""

    def __init__(self, door: Door, scope: TaskScope, parent: QWidget | None = None) -> None:
        super().__init__(NAME, door, scope, parent)
        self._known: dict[str, Approval] = {}
        self.held = HeldAnswers()
        self.notes: dict[str, str] = {}  # of this desk, by request
        self._page = self._asked = 0
        self._make()
        self._lay_out()
        self._retry = QTimer(self, interval=TRY_MS)
        self._retry.timeout.connect(self.send_held)
        self._looks = QTimer(self, interval=LOOK_MS)
        self._looks.timeout.connect(self.look)
        self._show_chosen()

    # -- building ----------------------------------------------------------------------------------------------------

    def _make(self) -> None:
        self.all = ChipButton(f"{NAME}.all", tr("Answered ones too"))
        self.all.setCheckable(True)
        self.all.on_turn(lambda _on: self.reload())
        self.model = RowsModel(self)
        self.list = RowsList(f"{NAME}.list", tr("What is to be approved"), self.model, self)
        self.list.chosen.connect(self._chosen)
        self.list.moreWanted.connect(lambda: self._load(self._page + 1))
        self.empty = Muted("", wrap=True)
        self.empty.setObjectName(f"{NAME}.empty")
        self.what = PlainLabel("", wrap=True)
        self.what.setObjectName(f"{NAME}.what")
        self.note = Muted("", wrap=True)
        self.note.setObjectName(f"{NAME}.note")
        self.approve = button(f"{NAME}.approve", tr("Approve…"), lambda: self._answer(accept=True), main=True)
        self.reject = button(f"{NAME}.reject", tr("Reject…"), lambda: self._answer(accept=False), danger=True)
        self.yes = button(f"{NAME}.held.yes", tr("Still right"), self._still_right)
        self.no = button(f"{NAME}.held.no", tr("Take back"), self._take_back)
        self.waiting = Banner("unknown", "", (self.yes, self.no), self)
        self.waiting.setObjectName(f"{NAME}.held")
        self.waiting.hide()

    def _lay_out(self) -> None:
        filters, lonely, buttons = QWidget(self), QWidget(self), QWidget(self)
        flow = FlowLayout(gap=6)
        filters.setLayout(flow)
        flow.addWidget(self.all)
        column(lonely, self.empty, margins=(4, 18, 4, 4)).addStretch(1)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.list)
        self.stack.addWidget(lonely)
        self.foot = QWidget(self)
        row(buttons, self.approve, self.reject).addStretch(1)
        column(self.foot, self.what, self.note, buttons, gap=6)
        notes, head = QWidget(self), QWidget(self)
        column(notes, self.trouble, self.result, self.waiting, self.busy, self.foot, gap=6, margins=(12, 0, 12, 0))
        row(head, filters, margins=(12, 0, 12, 0))
        column(self, head, self.stack, notes, gap=8, margins=(0, 10, 0, 8), stretch=1)

    @property
    def dirty(self) -> bool:
        """An answer that could not be given is not lost with the session."""
        return len(self.held) > 0

    # -- the list ----------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        if not self._asked:
            self.reload()

    def reload(self) -> None:
        self._known.clear()
        self.model.show([self._row(one.approval) for one in self.held])
        self._known |= {one.approval.id: one.approval for one in self.held}
        self.list.expect(False)
        self._page, self._asked = 0, self._asked + 1
        self.empty.setText("")
        self._load(1)

    def _load(self, page: int) -> None:
        asked = self._asked
        self.run(lambda: self._read(page, asked), "Read approval requests", key="list",
                 busy=tr("Asking what waits for an answer…"), if_busy="replace")  # fmt: skip

    async def _read(self, page: int, asked: int) -> None:
        state = "" if self.all.isChecked() else PENDING
        found: Listing[Approval] = await self.door.ask("approvals", page, state=state)
        if asked != self._asked:
            return
        self._page = found.page
        self._known |= {one.id: one for one in found.entries}
        self.model.add([self._row(one) for one in found.entries])
        self.list.expect(found.more)
        self._show_count()
        self._looks.start()

    def look(self) -> None:
        """Nobody sits there, so no session is kept alive by it, and a line that is gone is no news."""
        if self.door.signed_in is not None and self.trouble.isHidden() and not self.scope.running(self.key("list")):
            self.run(lambda: self._look_again(self._asked), "Look for approval requests", key="look")

    async def _look_again(self, asked: int) -> None:
        try:
            found: Listing[Approval] = await self.door.ask_quietly("approvals", 1, state=PENDING)
        except CrmDeskError as error:
            log.info("approval requests were not looked for: %s", type(error).__name__)
            return
        fresh = [one for one in found.entries if one.id not in self._known]
        if asked != self._asked or not fresh:
            return
        for one in reversed(fresh):
            self._known[one.id] = one
            self.model.insert(0, self._row(one))
        self._show_count()
        announce(self, plural(len(fresh), "1 new request waits for an answer.", "{n} new requests wait for an answer."))
        self.door.arrived(len(fresh))

    def _row(self, approval: Approval) -> Row:
        one = self.held.get(approval.id)
        words = "" if one is None else tr("Approve when online") if one.accept else tr("Reject when online")
        return wording.approval_row(approval, words, self.notes.get(approval.id, ""))

    def _show_count(self) -> None:
        words = "" if self.model.rows else tr("Nothing waits for an answer.")
        self.empty.setText(words)
        self.stack.setCurrentIndex(NOBODY if words else LIST)
        if words:
            announce(self, words)
        elif not self.list.current_key():
            self.list.choose_near(0)
        self._show_chosen()

    def _chosen(self, _key: str) -> None:
        self.door.touch()
        self._show_chosen()

    def _current(self) -> Approval | None:
        return self._known.get(self.list.current_key())

    def _show_chosen(self) -> None:
        """What the buttons are about."""
        approval = self._current()
        self.foot.setVisible(approval is not None)
        if approval is None:
            return
        state = wording.coded(approval.state, wording.ANSWERS)
        self.what.setText(breakable(f"{wording.entity(approval)} · {state}", 24))
        note = self.notes.get(approval.id, "")
        self.note.setText(tr("Your note: {note}").replace("{note}", isolated(note)) if note else "")
        self.note.setVisible(bool(note))
        why = self._why_not(approval)
        for made in (self.approve, self.reject):
            made.setEnabled(not why)
            made.setToolTip(why)
            made.setAccessibleDescription(why or self.what.text())

    def _why_not(self, approval: Approval) -> str:
        if self.door.signed_in is None:
            return tr("The guest is not signed in.")
        if self.held.get(approval.id) is not None:
            return tr("It is answered as soon as there is a line. Take that back first.")
        if approval.state not in (PENDING, ""):
            return tr("It is answered already.")
        return ""

    # -- answering ---------------------------------------------------------------------------------------------------

    def _answer(self, *, accept: bool) -> None:
        approval = self._current()
        if approval is not None:
            self.door.touch()
            self.run(lambda: self._ask(approval, accept=accept), "Answer approval request", key="answer")

    async def _ask(self, approval: Approval, *, accept: bool) -> None:
        """Once, with the thing named."""
        guest = self.door.guest
        dialog = AnswerDialog(self, wording.entity(approval), guest.name if guest else "", accept=accept,
                              no_comment=self.door.lacks("comments"))  # fmt: skip
        if await ask(dialog) != AnswerDialog.DialogCode.Accepted.value:
            return
        if dialog.note():
            self.notes[approval.id] = dialog.note()
        self.hush()
        await self._give(Held(approval, accept, self.door.clock.now(), dialog.comment()))

    async def _give(self, answer: Held, *, quietly: bool = False) -> bool:
        """True once it needs no more doing."""
        approval = answer.approval
        send = self.door.ask_quietly if quietly else self.door.ask
        try:
            before: str = await send("answer_approval", approval.id, accept=answer.accept, comments=answer.comments)
        except (OfflineError, GuestAwayError):
            self.held.hold(answer)
            self._retry.start()
            self._put(approval)
            self._show_held()
            return False
        except InDoubtError:
            self.held.drop(approval.id)
            self._put(approval)
            self._show_held()
            self.reload()
            raise
        except BaseException:
            self.held.drop(approval.id)
            self._put(approval)
            self._show_held()
            raise
        self.held.drop(approval.id)
        self._answered(answer, before)
        return True

    def _answered(self, answer: Held, before: str) -> None:
        approval, what = answer.approval, isolated(wording.entity(answer.approval))
        state = before or ("APPROVED" if answer.accept else "REJECTED")
        done = {"APPROVED": tr("Approved: {what}"), "REJECTED": tr("Rejected: {what}")}
        elsewhere = {"APPROVED": tr("Already approved elsewhere: {what}"),
                     "REJECTED": tr("Already rejected elsewhere: {what}")}  # fmt: skip
        words = elsewhere.get(state, tr("Already answered elsewhere: {what}")) if before else done[state]
        self._put(Approval(approval.id, state, approval.entity_id, approval.entity_type, approval.reference))
        self._show_held()
        self.say("info" if before else "ok", words.replace("{what}", what))

    def _put(self, approval: Approval) -> None:
        if approval.id in self._known or self.model.place(approval.id) >= 0:
            self._known[approval.id] = approval
            self.model.put(self._row(approval))
        self._show_chosen()

    # -- held answers ------------------------------------------------------------------------------------------------

    def _first_held(self) -> Held | None:
        """The oldest; the doubtful ones are the oldest."""
        return next(iter(self.held), None)

    def _show_held(self) -> None:
        one = self._first_held()
        self.waiting.setVisible(one is not None)
        if one is None:
            self._retry.stop()
            return
        now = self.door.clock.now()
        words = tr("Approve {what}") if one.accept else tr("Reject {what}")
        text = words.replace("{what}", isolated(wording.entity(one.approval)))
        if one.doubtful(now):
            text += " — " + tr("said {ago}.").replace("{ago}", ago(iso(one.at), now))
            text += " " + tr("It is sent only if you say so again. Still right?")
        else:
            text += ": " + tr("Will be answered when online. Still right?")
        if len(self.held) > 1:
            text += " " + tr("{n} more wait.").replace("{n}", str(len(self.held) - 1))
        if text != self.waiting.text():
            self.waiting.set("unknown", text)
            announce(self, text)
        self.yes.setText(tr("Still right") if one.doubtful(now) else tr("Try now"))
        self.yes.setEnabled(self.door.signed_in is not None)  # that is the guest's to say

    def _still_right(self) -> None:
        one = self._first_held()
        if one is None:
            return
        self.door.touch()
        again = self.held.confirm(one.approval.id, self.door.clock.now())
        self._show_held()
        if again is not None:
            self.run(lambda: self._once(again), "Answer approval request", key="answer", busy=tr("Trying…"))

    async def _once(self, answer: Held) -> None:
        await self._give(answer)

    def _take_back(self) -> None:
        one = self._first_held()
        if one is not None:
            self.door.touch()
            self.held.drop(one.approval.id)
            self._put(one.approval)
            self._show_held()

    def send_held(self) -> None:
        """Those that nobody has to confirm; nobody sits there, so no session is kept alive by it."""
        self._show_held()
        certain = self.held.certain(self.door.clock.now())
        if certain and self.door.signed_in is not None and not self.scope.running(self.key("answer")):
            self.run(lambda: self._send_all(certain), "Answer approval requests", key="answer")

    async def _send_all(self, answers: list[Held]) -> None:
        for answer in answers:
            if self.held.get(answer.approval.id) is answer and not await self._give(answer, quietly=True):
                return

    # -- the session -------------------------------------------------------------------------------------------------

    def session_changed(self) -> None:
        self._show_chosen()
        self._show_held()
        if self.door.signed_in is not None and len(self.held):
            self.send_held()

    def forget(self) -> None:
        """Held answers stay, in the form that they were given."""
        self._known = {one.approval.id: one.approval for one in self.held}
        self.model.show([self._row(one.approval) for one in self.held])
        self.notes = {key: note for key, note in self.notes.items() if key in self._known}
        self.hush()
        self._looks.stop()
        self._page = self._asked = 0
        self._show_count()
