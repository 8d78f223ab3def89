"""The Conflicts page: one conflict at a time, the next one after each decision."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QStackedWidget, QVBoxLayout, QWidget

from crmdesk.core.errors import CrmDeskError, RejectedError
from crmdesk.core.outbox import FieldChange, Op, OpState
from crmdesk.core.seams import Clock
from crmdesk.core.tasks import TaskScope
from crmdesk.ui.conflicts.single_clicks import SingleClicks
from crmdesk.ui.conflicts.subject import Kind, Subject, other_changes
from crmdesk.ui.conflicts.view import Choices, ConflictView
from crmdesk.ui.contacts.empty import EmptyState
from crmdesk.ui.feedback import Feedback, announce
from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.fresh_page import FreshPage
from crmdesk.ui.kit import Heading, IconButton, Muted, button, column, plural, row, scroll, tooltip, tr

if TYPE_CHECKING:
    from crmdesk.store.reader import Reader
    from crmdesk.sync.services import Services

NARROW_LETTERS = 110  # average letters of width; below, the versions of a field stand below each other
SHOWN = (OpState.CONFLICT, OpState.GONE)


class Foot(QWidget):
    """The buttons at the foot; F6 comes here: the first of them has the focus."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("conflict.foot")

    def setFocus(self, reason: Qt.FocusReason = Qt.FocusReason.OtherFocusReason) -> None:
        shown = (made for made in self.findChildren(QPushButton) if made.isVisibleTo(self) and made.isEnabled())
        if (first := next(shown, None)) is not None:
            first.setFocus(reason)


class ConflictPage(FreshPage):
    """`services.edits` decides, `reader` tells. `left`: there is nothing more to do here, or it was put off."""

    contactWanted = Signal(int)
    left = Signal()

    def __init__(self, services: Services, reader: Reader, scope: TaskScope, feedback: Feedback, clock: Clock) -> None:
        super().__init__()
        self.setObjectName("conflict")
        self.services, self.reader = services, reader
        self._scope, self._feedback, self._clock = scope, feedback, clock
        self._ops: list[Op] = []
        self._wanted = 0  # id of the conflict to be shown once it is read
        self._kept: dict[int, Choices] = {}  # what was chosen where the page was left without saving
        self._busy = False
        self.view: ConflictView | None = None
        self._lay_out()

    # building

    def _lay_out(self) -> None:
        self.title = Heading("", self, factor=1.35)
        self.title.setWordWrap(True)
        self.place = Muted("", self)
        self.place.setObjectName("conflict.place")
        self.previous = IconButton("conflict.previous", "up", tr("Previous conflict (Shift+F8)"))
        self.next = IconButton("conflict.next", "down", tr("Next conflict (F8)"))
        self.previous.clicked.connect(lambda _checked=False: self.step(-1))
        self.next.clicked.connect(lambda _checked=False: self.step(1))
        self.contact = button("conflict.contact", tr("Open contact"), self._open_contact)
        head, line = QWidget(), QWidget()
        row(line, self.place, self.previous, self.next, self.contact)
        layout = row(head, self.title, line, gap=14, margins=(20, 16, 16, 6), stretch=0)
        layout.setAlignment(line, Qt.AlignmentFlag.AlignTop)
        self._body = QWidget()
        self._holder: QVBoxLayout = column(self._body, margins=(20, 4, 20, 16))
        self._area = scroll(self._body, "conflict.area")
        self.foot = Foot()
        self._flow = FlowLayout(8)
        self._flow.setContentsMargins(0, 0, 0, 0)
        buttons = QWidget()
        buttons.setLayout(self._flow)
        self.why = Muted("", wrap=True)
        column(self.foot, self.why, buttons, gap=6, margins=(20, 8, 20, 14))
        box = QWidget()
        column(box, head, self._area, self.foot, gap=0, stretch=1)
        self.empty = EmptyState()
        self.empty.setObjectName("conflict.empty")
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(box)
        column(self, self.stack, gap=0)
        self._make_buttons()

    def _make_buttons(self) -> None:
        """All there are; which of them are shown depends on the conflict."""
        entries: tuple[tuple[str, str, Callable[[], object], bool, bool], ...] = (
            ("mine", tr("Keep all mine"), lambda: self._choose_all("mine"), False, False),
            ("theirs", tr("Take all theirs"), lambda: self._choose_all("theirs"), False, False),
            ("save", tr("Save result"), self.save, True, False),
            ("create", tr("Create again"), lambda: self._gone("create"), True, False),
            ("draft", tr("Keep as local draft"), lambda: self._gone("draft"), False, False),
            ("drop", tr("Drop my change"), lambda: self._gone("drop"), False, True),
            ("keep", tr("Keep theirs"), lambda: self._deleted(delete=False), True, False),
            ("delete", tr("Delete anyway"), lambda: self._deleted(delete=True), False, True),
            ("later", tr("Later"), self.later, False, False),
        )
        self.buttons = {}
        once = SingleClicks(self)
        for key, words, run, main, danger in entries:
            made = self.buttons[key] = button(f"conflict.{key}", words, run, main=main, danger=danger)
            once.watch(made)
            self._flow.addWidget(made)

    # reading

    def _begin_reading(self) -> None:
        self._scope.start(self._load(), what="Read conflicts", key="conflicts", if_busy="queue")

    def show_op(self, op_id: int) -> None:
        """Go to this conflict; 0 for the first."""
        self._wanted = op_id
        self.reload()

    async def _load(self) -> None:
        """What is shown and unchanged stays as it is: something may be chosen already."""
        before = self.current
        place = next((at for at, op in enumerate(self._ops) if before is not None and op.id == before.id), 0)
        self._ops = [op for op in await self.reader.ops("open") if op.state in SHOWN]
        wanted = self._wanted or (before.id if before is not None else 0)
        self._wanted = 0
        found = next((op for op in self._ops if op.id == wanted), None)
        if found is None and self._ops:
            found = self._ops[min(place, len(self._ops) - 1)]
        if found is None:
            self._show_empty()
        elif self.view is None or found != self.view.subject.op:
            self._keep()
            self._show(await self._subject(found))
        self._show_place()

    async def _subject(self, op: Op) -> Subject:
        accounts = {account.id: account for account in await self.reader.accounts()}
        account = accounts.get(op.account_id)
        vendor = self.services.vendors.get(account.vendor) if account is not None else None
        specs = tuple(vendor.fields) if vendor is not None else ()
        title = vendor.title if vendor is not None else tr("its vendor")
        others: tuple[FieldChange, ...] = ()
        if op.state is OpState.CONFLICT and Subject(op, title, specs).kind is Kind.FIELDS:
            detail = await self.reader.detail(op.contact_id)
            before = detail.body if detail is not None else ""
            lines = await self.reader.history(op.contact_id)
            others = other_changes(op, lines, before, await self.reader.theirs(op.id), specs)
        no_create = self.services.offer(vendor.key if vendor is not None else "", "create")
        return Subject(op, title, specs, others, no_create)

    # showing

    @property
    def current(self) -> Op | None:
        """The conflict on screen."""
        return self.view.subject.op if self.view is not None else None

    def _show(self, subject: Subject) -> None:
        moved = self._body.isAncestorOf(self.focusWidget() or self) or self.foot.isAncestorOf(
            self.focusWidget() or self
        )
        self._clear()
        self.view = view = ConflictView(subject, self._clock.now())
        view.bring_back(self._kept.pop(subject.op.id, ()))
        view.set_stacked(self._narrow())
        view.changed.connect(self._chosen)
        self._holder.addWidget(view)
        view.show()  # the layout would do it later, and till then nothing in it takes the focus
        self._area.verticalScrollBar().setValue(0)
        self.title.setText(subject.title())
        self._offer(subject)
        self.stack.setCurrentIndex(1)
        if moved or self.empty.hasFocus():
            self.focus_first()
        announce(self, f"{subject.title()}. {subject.explanation()}")

    def _offer(self, subject: Subject) -> None:
        """The buttons of this kind of conflict."""
        shown = {
            Kind.FIELDS: ("mine", "theirs", "save", "later"),
            Kind.OVERWRITTEN: ("mine", "theirs", "save", "later"),
            Kind.GONE: ("create", "draft", "drop", "later"),
            Kind.DELETED_HERE: ("keep", "delete", "later"),
        }[subject.kind]
        for key, made in self.buttons.items():
            made.setVisible(key in shown)
            made.setEnabled(True)
        mine, theirs = subject.all_words()
        self.buttons["mine"].setText(mine)
        self.buttons["theirs"].setText(theirs)
        reason = subject.no_create or ""
        for key in ("create", "draft"):
            self.buttons[key].setEnabled(not reason)
            self.buttons[key].setToolTip(tooltip(reason))
            self.buttons[key].setAccessibleDescription(reason)
        self.contact.setVisible(subject.kind is not Kind.DELETED_HERE)
        self._chosen()

    def _chosen(self) -> None:
        """Save waits until every field has a value, and says for which it waits."""
        view = self.view
        if view is None:
            return
        open_fields = view.undecided() if view.subject.kind.chooses else []
        why = tr("Still to choose: {fields}.").replace("{fields}", ", ".join(open_fields)) if open_fields else ""
        self.buttons["save"].setEnabled(not open_fields and not self._busy)
        self.buttons["save"].setToolTip(tooltip(why))
        self.buttons["save"].setAccessibleDescription(why)
        self.why.setText(why)
        self.why.setVisible(bool(why))

    def _show_empty(self) -> None:
        inside = self.isAncestorOf(self.focusWidget() or self)
        self._clear()
        back = ("conflict.empty.back", tr("Back to the outbox"), self.left.emit)
        self.empty.show_state("ok", tr("No conflicts."), tr("Nothing was changed on both sides."), (back,))
        self.stack.setCurrentIndex(0)
        if inside and (pressed := self.empty.findChild(QWidget, "conflict.empty.back")) is not None:
            pressed.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_place(self) -> None:
        ids = [op.id for op in self._ops]
        here = ids.index(self.current.id) + 1 if self.current is not None and self.current.id in ids else 0
        text = tr("{n} of {total}").replace("{n}", str(here)).replace("{total}", str(len(ids)))
        self.place.setText(text)
        for made in (self.previous, self.next):
            made.setVisible(len(ids) > 1)
        self.place.setVisible(len(ids) > 1)

    def _clear(self) -> None:
        if self.view is not None:
            self._holder.removeWidget(self.view)
            self.view.hide()
            self.view.deleteLater()
            self.view = None

    def focus_first(self) -> None:
        """The first choice, else the first button."""
        first = self.view.first_choice() if self.view is not None else None
        shown = [made for made in self.buttons.values() if made.isVisibleTo(self) and made.isEnabled()]
        target = first or (shown[0] if shown else None)
        if target is not None:
            target.setFocus(Qt.FocusReason.OtherFocusReason)

    def _keep(self) -> None:
        """Choices survive moving to another conflict and back."""
        if self.view is not None and (chosen := self.view.chosen()):
            self._kept[self.view.subject.op.id] = chosen

    # moving

    def step(self, by: int) -> bool:
        """F8: the next conflict without saving; False where there is no other."""
        ids = [op.id for op in self._ops]
        if self.current is None or len(ids) < 2:
            announce(self, tr("There is no other conflict."))
            return False
        here = ids.index(self.current.id) if self.current.id in ids else 0
        self.show_op(ids[(here + by) % len(ids)])
        return True

    def later(self) -> None:
        """It stays in the list; nothing is sent for its contact meanwhile."""
        self._keep()
        self.left.emit()

    def _open_contact(self) -> None:
        if self.current is not None:
            self.contactWanted.emit(self.current.contact_id)

    # deciding

    def _choose_all(self, side: str) -> None:
        if self.view is not None:
            self.view.choose_all(side)
            self.buttons["save"].setFocus(Qt.FocusReason.OtherFocusReason)

    def save(self) -> None:
        view = self.view
        if view is not None and not view.undecided() and view.check():
            op, choices = view.subject.op, view.values()
            self._decide(op.id, lambda: self.services.edits.resolve(op.id, choices, seen=op.clashes))

    def _gone(self, choice: str) -> None:
        if self.current is not None:
            op_id = self.current.id
            self._decide(op_id, lambda: self.services.edits.resolve_gone(op_id, choice))

    def _deleted(self, *, delete: bool) -> None:
        if self.current is not None:
            op_id = self.current.id
            self._decide(op_id, lambda: self.services.edits.resolve_deleted(op_id, delete))

    def _decide(self, op_id: int, verb: Callable[[], Awaitable[Any]]) -> None:
        self._scope.start(self._decided(op_id, verb), what="decide a conflict", key="decide conflict", if_busy="keep")

    async def _decided(self, op_id: int, verb: Callable[[], Awaitable[Any]]) -> None:
        """The next conflict opens; a refusal stands at its fields."""
        self._busy = True
        self._chosen()
        try:
            await verb()
        except RejectedError as error:
            if self.view is None or not self.view.show_problems(error):
                self._feedback.show(error, "conflict")
            return
        except CrmDeskError as error:
            self._feedback.show(error, "conflict")
            return
        finally:
            self._busy = False
            self._chosen()
        self._kept.pop(op_id, None)
        ids = [op.id for op in self._ops]
        after = ids[ids.index(op_id) + 1 :] if op_id in ids else []
        self._wanted = after[0] if after else 0
        await self._load()
        left = plural(len(self._ops), "Saved. 1 conflict is left.", "Saved. {n} conflicts are left.")
        announce(self, left if self._ops else tr("Saved. No conflicts are left."))

    # from menu and palette

    def why_not(self, verb: str) -> str | None:
        """Why a button cannot be pressed; None: it can."""
        made = self.contact if verb == "contact" else self.buttons[verb]
        if self.current is None:
            return tr("No conflicts.")
        if not made.isVisibleTo(self):
            return tr("This conflict does not ask for it.")
        return None if made.isEnabled() else made.accessibleDescription() or tr("It is being saved.")

    def act(self, verb: str) -> None:
        """As its button."""
        (self.contact if verb == "contact" else self.buttons[verb]).click()

    # events

    def _narrow(self) -> bool:
        return self.width() < self.fontMetrics().averageCharWidth() * NARROW_LETTERS

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.view is not None:
            self.view.set_stacked(self._narrow())
