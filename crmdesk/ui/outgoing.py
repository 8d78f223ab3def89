"""What the window knows of edits under way: how many wait, what can be undone, who is at the desk, what is told.

Made with the open data folder, not with the first paint."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from crmdesk.core.changes import Changes
from crmdesk.core.errors import GivenUpError
from crmdesk.core.outbox import OpState, OutboxCounts
from crmdesk.ui.cards.desk import CardDesk
from crmdesk.ui.composer.notices import SubmissionNotices
from crmdesk.ui.dropping import Drops
from crmdesk.ui.feedback import ask
from crmdesk.ui.long_work import LongWork
from crmdesk.ui.operator_name import OperatorDialog, remember
from crmdesk.ui.places import EVENTS, OUTBOX, Place
from crmdesk.ui.system_notices import SystemNotices
from crmdesk.ui.undo import UndoStack
from crmdesk.ui.words import plural, tr

if TYPE_CHECKING:
    from crmdesk.core.outbox import Draft, Op, SentRow
    from crmdesk.sync.verbs import Saved
    from crmdesk.ui.main_window import MainWindow
    from crmdesk.ui.undo import Undoable

FORGOTTEN = "forgotten"  # key of the banner

_FORGOTTEN = (
    "1 contact was erased because its guest asked to be forgotten; what was waiting for it was not sent.",
    "{n} contacts were erased because their guests asked to be forgotten; what was waiting for them was not sent.",
)


class Outgoing(QObject):
    """Acts for its window, which has services and reader by now."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.counts = OutboxCounts()
        self.undo = UndoStack(window, lambda: window.services.edits, window.scope, window.feedback)
        self.undo.changed.connect(self._name_undo)
        self.system = SystemNotices(window)
        self.notices = SubmissionNotices(window, self.system)
        self.long_work = LongWork(window.status, self)
        self.cards = CardDesk(window)
        self._asked = False  # the name, in this session
        window.services.edits.operator = window.settings.operator
        window.services.edits.signing = self.sign
        window.pages.set_grace()
        window.status.outboxWanted.connect(self.show_filtered)
        window.contacts.saved.connect(self.done)
        window.contacts.decideAsked.connect(self.decide)
        window.contacts.detail.sentAsked.connect(self.open_sent)
        self.drops = Drops(window)
        self.count_pairs()

    # counts

    def load(self) -> None:
        """Read the counts; pages on screen follow."""
        self._window.scope.start(self._load(), what="count the outbox", key="outbox counts", if_busy="queue")
        self.notices.look()
        for page in self._window.pages.built_work():
            page.reload()

    async def _load(self) -> None:
        self.counts = await self._window.reader.outbox_counts()
        self._window.refresh_status()

    def count_pairs(self) -> None:
        """How many pairs may be the same person; counting a hundred thousand takes a moment."""
        self._window.scope.start(self._count_pairs(), what="count pairs", key="pairs", if_busy="queue")

    async def _count_pairs(self) -> None:
        await self.cards.count()
        self._window.navigation.pairs = self.cards.pairs
        self._window.refresh_status()

    def on_changes(self, changes: Changes) -> None:
        """For StoreSignals.changed."""
        if changes.outbox or changes.accounts or changes.forgotten:
            self.load()
        if changes.cards:
            self.count_pairs()
        if (duplicates := self._window.pages.built_duplicates()) is not None:
            duplicates.on_changes(changes)
        if changes.submissions:
            self.notices.look()
        page = self._window.pages.built_events()
        if page is not None and (changes.submissions or changes.accounts):
            page.on_changes(changes.submissions, accounts=changes.accounts)
        if changes.forgotten:
            self._window.feedback.forget()
            self._window.banners.show_banner(FORGOTTEN, "warning", plural(changes.forgotten, *_FORGOTTEN))

    # undo

    def done(self, saved: Saved | Undoable) -> None:
        """Something was saved: it can be undone, and we should know who did it."""
        self.undo.done(saved)
        if saved and not self._window.services.edits.operator and not self._asked:
            self._asked = True
            self._window.scope.start(self._ask_name(), what="ask for the name", key="operator", if_busy="keep")

    def take_back(self) -> None:
        """Ctrl+Z."""
        self.undo.undo()

    def do_again(self) -> None:
        """Ctrl+Y."""
        self.undo.redo()

    def _name_undo(self) -> None:
        self._window.commands.rename("undo", self.undo.words())
        self._window.commands.rename("redo", self.undo.redo_words())
        self._window.commands.refresh()

    # who is at the desk

    async def sign(self) -> None:
        """Before the first change of a session without a name: ask once; *Not now* is an answer. GivenUpError where the
        question was closed: what it was asked for is not done."""
        if not self._asked and not self._window.services.edits.operator:
            if not await self._ask_name():
                raise GivenUpError("Nothing was changed.")
            self._asked = True

    def change_operator(self) -> None:
        self._asked = True
        self._window.scope.start(self._ask_name(), what="change the name", key="operator", if_busy="keep")

    async def _ask_name(self) -> bool:
        """False where the question was closed."""
        window = self._window
        above = QApplication.activeModalWidget() or window  # a batch that is saved stays open below it
        settings, pins = window.settings, window.lock.pins
        dialog = OperatorDialog(above, window.services.edits.operator, settings.operators, pins, window.scope)
        name = dialog.name
        answer = await ask(dialog)
        if answer == QDialog.DialogCode.Accepted and (given := name()):
            self.be(given)
        return bool(answer)

    def be(self, name: str) -> None:
        """This person is at the desk now."""
        window = self._window
        remember(window.settings, name)
        window.services.edits.operator = name
        window.save_settings()
        window.refresh_status()
        window.lock.desk_changed()

    # going

    def show(self, place: Place) -> None:
        """Outbox, Conflicts, Trash, Bulk events or Duplicates; each is built the first time."""
        pages = self._window.pages
        if place.kind == "conflicts":
            pages.conflicts().show_op(place.number)
        if place.kind == "duplicates":
            pages.duplicates().show_contact(place.number)
        built: dict[str, Callable[[], QWidget]] = {
            "outbox": pages.outbox, "conflicts": pages.conflicts, "trash": pages.trash, "events": pages.events,
            "duplicates": pages.duplicates,
        }  # fmt: skip
        pages.setCurrentWidget(built[place.kind]())

    def show_filtered(self, needs_you: bool) -> None:
        """From the status bar: only what needs a person, or only what waits."""
        from crmdesk.ui.outbox.listing import Filter

        self._window.go(OUTBOX)
        self._window.pages.outbox().show_filter(Filter.NEEDS_YOU if needs_you else Filter.WAITING)

    def open_contact(self, contact_id: int) -> None:
        self._to_contacts()
        self._window.contacts.open_contact(contact_id)

    def edit_op(self, op: Op) -> None:
        """A refused or waiting edit, back in the editor."""
        self._to_contacts()
        self._window.contacts.edit_op(op)

    def continue_draft(self, draft: Draft) -> None:
        """Typing that was left, back in the editor."""
        self._to_contacts()
        if draft.contact_id:
            self._window.contacts.open_contact(draft.contact_id)
            self._window.contacts.verbs.editing.edit(draft.contact_id)
        else:
            self._window.contacts.verbs.editing.go_on(draft)

    def decide(self, op: Op) -> None:
        """From a contact's banner: to where it can be gone on with."""
        if op.state in (OpState.CONFLICT, OpState.GONE):
            self.open_conflict(op.id)
        else:
            self._window.go(OUTBOX)
            self._window.pages.outbox().show_op(op.id)

    def open_sent(self, sent: SentRow) -> None:
        """From a contact's history: the bulk events that it was in, at its row."""
        self._window.go(EVENTS)
        self._window.pages.events().open(sent.submission_id, sent.row_id)

    def _to_contacts(self) -> None:
        """The list as it was left."""
        self._window.show_contacts()

    def open_conflict(self, op_id: int) -> None:
        self._window.go(Place("conflicts", op_id))

    def next_problem(self, step: int) -> None:
        """F8: within the page that is shown, else to the first edit that needs a person."""
        window = self._window
        if window.pages.shows("conflicts"):
            page = window.pages.conflicts()
            if not page.isAncestorOf(QApplication.focusWidget() or window):
                page.focus_first()  # whoever asks for the next one wants to decide it
            page.step(step)
            return
        elsewhere = not window.pages.shows("outbox")
        if elsewhere:
            window.go(OUTBOX)
        window.pages.outbox().next_problem(step, first=elsewhere)

    def why_no_problem(self) -> str | None:
        return None if self.counts.needs_you else tr("Nothing needs you.")

    def leave_conflicts(self) -> None:
        """*Later*, and the end of the list: back to where one came from, else to the Outbox."""
        window = self._window
        if window.steps.why_not(-1) is None:
            window.steps.back()
        if window.pages.shows("conflicts"):
            window.go(OUTBOX)
