"""The detail pane: one contact whole, how fresh it is, its history, and what can be copied from it.

What stands in its tabs (`detail_overview`, `history_view`, `raw_view`) is imported and made when it is first seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QApplication, QStackedWidget, QVBoxLayout, QWidget

from crmdesk.core.errors import CrmDeskError
from crmdesk.core.fields import FieldSpec
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import Account, ContactDetail, Flag, Json
from crmdesk.ui.attached import Attached
from crmdesk.ui.contacts.columns import Desk
from crmdesk.ui.contacts.detail_parts import hint_page, on_its_way
from crmdesk.ui.contacts.detail_rows import FieldRow, copy_text
from crmdesk.ui.feedback import announce
from crmdesk.ui.hiding import hides
from crmdesk.ui.kit import DetailPanel, column, tr
from crmdesk.ui.privacy.noting import Noting
from crmdesk.ui.rest import Rest

if TYPE_CHECKING:
    from crmdesk.core.vendor import Vendor
    from crmdesk.settings import Settings
    from crmdesk.store.reader import Reader
    from crmdesk.sync.edits import Edits
    from crmdesk.sync.services import Services
    from crmdesk.ui.cards.of_contact import CardOfContact
    from crmdesk.ui.contacts.detail_fields import Entry, Group
    from crmdesk.ui.contacts.detail_header import Bind
    from crmdesk.ui.contacts.raw_view import RawView
    from crmdesk.ui.contacts.ways import Ways
    from crmdesk.ui.editor.editor import Editor
    from crmdesk.ui.guest.card import GuestCard

REST_MS = 80  # of the selection, before a contact is loaded


class DetailPane(Attached, DetailPanel):
    """`show_contact(id)` follows the selection after a rest; `fields` maps vendor keys to (title, FieldSpecs)."""

    backAsked = Signal()
    menuAsked = Signal(object)  # the button it opens under
    copied = Signal(str)  # label of what went to the clipboard
    saved = Signal(object)  # sync.edits.Saved
    settingsChanged = Signal()  # they are to be kept
    sentAsked = Signal(object)  # a SentRow of the history, to be shown among bulk events
    acted = Signal(str, object)  # a banner's button: "decide", "fix", "sign in", "continue" …; the op it is about
    opened = Signal()  # another contact stands in it now
    turned = Signal()  # `contact_id` is another one
    contactWanted = Signal(int)  # another record of the same person is to be opened
    leftEditor = Signal()  # another contact is to be shown: the draft has to be kept
    bind: Bind | None = None  # ties a button to a command

    def __init__(
        self,
        reader: Reader | None,
        services: Services | None,
        settings: Settings,
        scope: TaskScope,
        desk: Desk,
        fields: Mapping[str, tuple[str, Sequence[FieldSpec]]],
        keys: Callable[[], Sequence[tuple[str, str]]],
    ) -> None:
        super().__init__()
        self.setObjectName("detail.pane")
        self._reader, self._services, self.settings, self._scope = reader, services, settings, scope
        self.desk, self._fields, self._keys = desk, fields, keys
        self.contact_id = 0
        self.detail: ContactDetail | None = None
        self.editor: Editor | None = None  # in place of the contact while it is open
        self.guest: GuestCard | None = None  # comes with the first contact whose vendor lets guests sign in
        self.card: CardOfContact | None = None  # comes with the first linked contact
        self._pairs = 0  # contacts that may be the same person
        self._said = (0, "")  # contact and a line about what was done to it just now
        self._raw_view: RawView | None = None
        self._ways: Ways | None = None
        self._noting = Noting(scope, lambda: (self._services, self.contact_id))
        self._built, self._unbuilt = False, self._parts()
        self._fresh = False  # another contact is in it, which nobody was told yet
        self._behind = False  # the tabs show an older state of the contact than the editor above them
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._load_now)
        self.stack = QStackedWidget()
        column(self, self.stack)
        self._hint = QWidget()
        self.stack.addWidget(self._hint)

    def attach(self, reader: Reader, services: Services, fields: Mapping[str, tuple[str, Sequence[FieldSpec]]]) -> None:
        """Reader, services and the vendors' fields are ready."""
        self.take_world(services, reader)
        self._fields = fields
        if self.contact_id and self.detail is None:
            self._rest.start()

    # -- what is shown -----------------------------------------------------------------------------------------------

    def show_contact(self, contact_id: int) -> None:
        """Load it after the selection rested; 0 empties the pane at once."""
        if contact_id == self.contact_id and (self.detail is not None or not contact_id):
            return
        if self.editor is not None:
            if not contact_id:  # the list lost it; what is typed is not lost with it
                return
            self.leftEditor.emit()
        self.contact_id = contact_id
        self.turned.emit()
        if contact_id:
            self._rest.start()
        else:
            self._rest.stop()
            self._scope.cancel("detail")
            self.detail = None
            self.show_hint()

    def reload(self) -> None:
        """The shown contact's content changed."""
        if self.contact_id:
            self._load_now()

    def _load_now(self) -> None:
        self._rest.stop()
        if self.attached:  # else `attach` comes back to it: there may not even be a loop yet
            self._scope.start(self._load(self.contact_id), what="Open contact", key="detail")

    async def _load(self, contact_id: int) -> None:
        detail = await self.reader.detail(contact_id)
        if contact_id != self.contact_id:
            return
        if detail is None:
            self.detail = None
            self.show_hint(tr("This contact is no longer here."))
            if self.editor is not None and self.editor.subject.contact_id == contact_id:
                self.editor.say_gone()
            return
        import asyncio  # with the first task, not with the window

        from crmdesk.ui.contacts.detail_accepted import read_whole, rules_of

        specs, now, vendor = self._vendor_fields(detail)[1], self.desk.clock.now(), self._vendor(detail)
        pairs = await self.reader.pairs_of(contact_id) if detail.row.flags & Flag.DUPLICATE else ()
        rules = rules_of(self.services, vendor, now.astimezone().date())
        raw, groups = await asyncio.to_thread(read_whole, detail, specs, now, vendor, rules)
        await self._build()
        if contact_id != self.contact_id:
            return
        self._pairs = sum(not pair.decided_at for pair in pairs)
        self._fill(detail, raw, groups)
        if self.editor is None and self.stack.currentIndex() != 1:
            await asyncio.sleep(0)  # to lay it out takes a turn of its own, as its parts did
        if contact_id == self.contact_id:
            await self._show(detail)

    def _fill(self, detail: ContactDetail, raw: Json, groups: Sequence[Group]) -> None:
        """Header and tabs."""
        same = self.detail is not None and self.detail.row.id == detail.row.id
        self.detail, self._raw, self._groups = detail, raw, groups
        if detail.row.id != self._said[0] or not on_its_way(detail.ops):
            self._said = (0, "")
        self._fill_header(detail)
        if self.editor is None or not same:
            self._fill_body(same)
        else:
            self._behind = True  # nobody sees it, and whoever types would feel it
        self._fresh = self._fresh or not same

    async def _show(self, detail: ContactDetail) -> None:
        if self.editor is None:
            self.stack.setCurrentIndex(1)
        self._follow_editor(detail)
        self._follow_guest(detail)
        self._follow_card(detail)
        if self.hasFocus() and self.editor is None:
            self.focus_first()  # it had to wait till there was something to go to
        self._fill_history()
        if self._fresh:
            self._fresh = False
            self.opened.emit()
        await self._fill_raw(detail)

    def show_hint(self, text: str = "") -> None:
        """Nothing is selected: say which keys help most."""
        old = self._hint
        self._hint = hint_page(text or tr("Select a contact to see everything about it."), self._keys())
        self.stack.removeWidget(old)
        old.deleteLater()
        self.stack.insertWidget(0, self._hint)
        if self.editor is None:
            self.stack.setCurrentIndex(0)

    # -- editor ------------------------------------------------------------------------------------------------------

    def show_editor(self, editor: Editor) -> None:
        """In place of the tabs, until `close_editor`."""
        self.editor = editor
        self.stack.addWidget(editor)
        self.stack.setCurrentWidget(editor)
        self.setAccessibleName(editor.head.title.text())

    def close_editor(self) -> None:
        editor, self.editor = self.editor, None
        if editor is not None:
            self.stack.setCurrentIndex(1 if self._built and self.detail is not None else 0)
            self.stack.removeWidget(editor)
            editor.hide()
            editor.deleteLater()
            if self._behind:
                self.reload()

    def say_done(self, contact_id: int, text: str) -> None:
        """A line above this contact about what was done just now, until another one is shown or it was sent."""
        self._said = (contact_id, text)

    def _follow_editor(self, detail: ContactDetail) -> None:
        """An open editor is told what the contact is by now."""
        editor, vendor = self.editor, self._vendor(detail)
        if editor is not None and editor.subject.contact_id == detail.row.id and vendor is not None:
            from crmdesk.ui.editor.subject import read, shown_of

            base = read(detail.body)
            editor.follow(shown_of(vendor, base, detail.ops), base)

    def _follow_guest(self, detail: ContactDetail) -> None:
        """The tabs of a guest who is signed in, and the line about it."""
        vendor = self._vendor(detail)
        lets_in = vendor is not None and vendor.guests
        if self.guest is None and lets_in:
            from crmdesk.ui.guest.card import GuestCard

            self.guest = GuestCard(self, self.services.guests, self._scope)
        if self.guest is not None:
            account = self._account(detail)
            lets_in = lets_in and account is not None and account.active
            self.guest.show(detail, self._raw, self._vendor_fields(detail)[0], lets_in=lets_in)

    def _follow_card(self, detail: ContactDetail) -> None:
        """The other records of the same person."""
        if self.card is None and detail.row.flags & Flag.LINKED:
            from crmdesk.ui.cards.of_contact import CardOfContact

            self.card = CardOfContact(self, self._scope)
        if self.card is not None:
            self.card.show(detail.row)

    def focusNextPrevChild(self, forward: bool) -> bool:
        if self.guest is not None and self.editor is None:
            self.guest.order_tab()
        return super().focusNextPrevChild(forward)

    def place_below_header(self, line: QWidget) -> None:
        """A line between the header and the tabs."""
        layout = self._page.layout()
        assert isinstance(layout, QVBoxLayout)  # made by `_build`
        layout.insertWidget(1, line)

    # -- building ----------------------------------------------------------------------------------------------------

    async def _build(self) -> None:
        """The widgets of a shown contact, made when the first one is opened: a part in each turn, since together they
        hold the window up for 70 ms. Whoever comes while it is under way goes on where that stopped."""
        import asyncio  # with the first task, not with the window

        for _ in self._unbuilt:
            await asyncio.sleep(0)

    def _parts(self) -> Iterator[None]:
        from crmdesk.ui.contacts.detail_overview import Overview

        yield
        from crmdesk.ui.contacts.detail_tabs import DetailTabs
        from crmdesk.ui.contacts.history_view import HistoryView

        yield
        self.tabs = DetailTabs(self._first_field)
        acts = self.copy_entry, self._ask_open, self.check_now, self.toggle_empty, self.acted.emit
        self.overview = Overview(self.settings, *acts, self._noting.shown)
        self.tabs.addTab(self.overview, tr("Overview"))
        yield
        self.history = HistoryView(
            self._scope, lambda one: self.services.revisions(one), lambda one: self.reader.history(one), self._edits,
            self.saved.emit,
        )  # fmt: skip
        self.history.copied.connect(self.copied)
        self.history.sentAsked.connect(self.sentAsked)
        self.tabs.addTab(self.history, tr("History"))
        self.tabs.currentChanged.connect(lambda _index: self._fill_history())
        yield
        header = self._make_header()
        yield
        self._page = QWidget()
        self.stack.insertWidget(1, self._page)
        column(self._page, header, Rest(self.tabs), gap=4, stretch=1)
        self.header.set_narrow(self.narrow)  # as it is by now
        self._built = True
        yield

    def _make_header(self) -> QWidget:
        from crmdesk.ui.contacts.detail_header import DetailHeader

        self.header = DetailHeader(self.bind)
        self.header.backAsked.connect(self.backAsked)
        self.header.menuAsked.connect(self.menuAsked)
        return self.header

    narrow = False

    def set_narrow(self, narrow: bool) -> None:
        """Alone in the window: show the way back to the list."""
        self.narrow = narrow
        if self._built:
            self.header.set_narrow(narrow)

    # -- filling -----------------------------------------------------------------------------------------------------

    def _account(self, detail: ContactDetail) -> Account | None:
        return self.desk.accounts.get(detail.row.account_id)

    def _vendor_key(self, detail: ContactDetail) -> str:
        account = self._account(detail)
        return account.vendor if account else ""

    def fields_of(self, account_id: int) -> tuple[str, Sequence[FieldSpec]]:
        """Title and fields of an account's vendor; of one that was removed its fields have no names any more."""
        account = self.desk.accounts.get(account_id)
        return self._fields.get(account.vendor if account else "", (tr("the vendor"), ()))

    def _vendor_fields(self, detail: ContactDetail) -> tuple[str, Sequence[FieldSpec]]:
        return self._fields.get(self._vendor_key(detail), ("", ()))

    def _vendor(self, detail: ContactDetail) -> Vendor | None:
        return self.services.vendors.get(self._vendor_key(detail)) if self.attached else None

    def _heading(self, detail: ContactDetail) -> str:
        """What the vendor's block is called: some vendors' contacts are only what was sent to them."""
        title = self._vendor_fields(detail)[0]
        vendor = self._vendor(detail)
        return tr(vendor.record) if vendor and vendor.record else tr("{vendor} contact").replace("{vendor}", title)

    def _reason(self, action: str) -> str | None:
        """Why `action` cannot be asked of the shown contact's vendor; None where it can."""
        if self.detail is None or not self.attached:
            return tr("Contacts are still being opened.")
        from crmdesk.core.outbox import NEW  # with the first opened contact

        if action in ("refresh", "history") and self.detail.row.remote_id.startswith(NEW):
            return tr("No vendor has this contact yet.")
        account = self._account(self.detail)
        if account is not None:
            from crmdesk.sync.capabilities import REMOVED, barred

            if not account.active:
                return tr(REMOVED)
            if (why := barred(self._vendor(self.detail), account, action)) is not None:
                return tr(why)
        return (why := self.services.offer(self._vendor_key(self.detail), action)) and tr(why)

    def _fill_header(self, detail: ContactDetail) -> None:
        account, title = self._account(detail), self._vendor_fields(detail)[0]
        vendor = " · ".join(text for text in (title, account.title if account else "") if text)
        self.setAccessibleName(self.header.show_row(detail.row, vendor, self.desk.clock.now()))

    def _fill_body(self, same: bool) -> None:
        from crmdesk.ui.contacts.detail_overview import Block

        assert self.detail is not None
        self._behind = False
        title, specs = self._vendor_fields(self.detail)
        reason = self._reason("refresh")
        said, pairs = self._said[1], self._pairs
        block = Block(self._heading(self.detail), specs, self._raw, self._groups, reason, title, said, pairs)
        focused = QApplication.focusWidget()
        held = focused.objectName() if focused is not None and self.overview.isAncestorOf(focused) else ""
        self.overview.fill(self.detail, block, self.desk, same=same)
        if held and not self.overview.isAncestorOf(QApplication.focusWidget() or self):
            self.tabs.setFocus()  # what had it is no more

    def _first_field(self) -> QWidget | None:
        """F6 goes to the pane by its tabs: on the overview straight to the first field."""
        return self.overview.first_row() if self.tabs.currentWidget() is self.overview else None

    def refresh_age(self) -> None:
        """Time went on."""
        if self.detail is not None and self._built:
            self.overview.refresh_age()
            self.header.show_time(self.desk.clock.now())

    def toggle_empty(self) -> None:
        self.settings.show_empty_fields = not self.settings.show_empty_fields
        self.settingsChanged.emit()
        if self.detail is not None:
            self._fill_body(same=True)

    def settings_changed(self) -> None:
        """Show or hide what the settings allow."""
        if self.detail is not None:
            self.reload()

    # -- history, raw ------------------------------------------------------------------------------------------------

    def _fill_history(self) -> None:
        """Nobody is asked for a history that nobody looks at."""
        from crmdesk.ui.contacts.history_view import Subject

        if self.detail is None or self.tabs.currentWidget() is not self.history:
            return
        shown, reason, (title, specs) = self.detail, self._reason("history"), self._vendor_fields(self.detail)
        subject = Subject(shown.row.id, shown.body, title, tuple(specs), reason, shown.row, self._raw)
        self.history.show_subject(subject, self.desk.clock.now())

    def _edits(self) -> Edits | None:
        """Where edits are saved; None until everything is open."""
        return self.services.edits if self.attached else None

    async def _fill_raw(self, detail: ContactDetail) -> None:
        """The Raw tab exists only where the setting allows it; its editor is made with it."""
        wanted = self.settings.show_raw and not hides()
        if wanted and self._raw_view is None:
            from crmdesk.ui.contacts.raw_view import RawView

            self._raw_view = RawView()
            self._raw_view.reveal.clicked.connect(lambda _checked=False: self._noting.raw_shown())
            self.tabs.addTab(self._raw_view, tr("Raw"))
        elif not wanted and self._raw_view is not None:
            self.tabs.removeTab(self.tabs.indexOf(self._raw_view))
            self._raw_view.deleteLater()
            self._raw_view = None
        if self._raw_view is not None:
            await self._raw_view.show_body(detail.row.id, detail.body, self._vendor_fields(detail)[1])

    # -- actions -----------------------------------------------------------------------------------------------------

    def check_now(self) -> None:
        """Ask the vendor for this contact, or say why it cannot be asked."""
        if not self.contact_id or self.detail is None or not self.attached:
            return
        if (reason := self._reason("refresh")) is not None:
            self._say(reason)
            return
        self._scope.start(self._check_one(self.contact_id), what="Check contact", key="check", if_busy="keep")

    async def _check_one(self, contact_id: int) -> None:
        self.overview.show_checking(True)
        try:
            await self.services.refresh_contact(contact_id)
        except CrmDeskError as error:
            if contact_id == self.contact_id:
                self.overview.show_problem("error", f"{tr(error.title)} {tr(error.hint)}".strip())
                announce(self, tr(error.title), assertive=True)
        else:
            if contact_id == self.contact_id:
                self.reload()  # in place of a reading under way: one that ends late would show what was
        finally:
            self.overview.show_checking(False)

    def _say(self, text: str) -> None:
        """Why something was not done."""
        self.overview.show_problem("info", text)
        announce(self, text)

    def copy_entry(self, entry: Entry) -> None:
        copy_text(entry.copy)
        self._noting.copied(entry)
        self.copied.emit(entry.label)
        announce(self, tr("{field} copied").replace("{field}", entry.label))

    def copy_focused(self) -> bool:
        """Ctrl+Shift+C: the field with the focus; False where none has it. A masked one has to be shown first."""
        widget = QApplication.focusWidget()
        while widget is not None and not isinstance(widget, FieldRow):
            widget = widget.parentWidget()
        if widget is None or not widget.entry.copy:
            return False
        if not widget.copyable:
            self._say(tr("Show this field first, then copy it."))
            return True
        self.copy_entry(widget.entry)
        return True

    def focus_first(self) -> None:
        """Focus on the first field, e.g. after Enter in the list; loads at once what was waiting for a rest."""
        if self._rest.isActive():
            self._load_now()
        (self.editor or (self.tabs if self._built else self)).setFocus()

    def _ask_open(self, entry: Entry) -> None:
        if self.detail is not None:
            self._scope.start(self._open(entry, self.detail), what="Open a link", key="open", if_busy="keep")

    async def _open(self, entry: Entry, detail: ContactDetail) -> None:
        if self._ways is None:
            from crmdesk.ui.contacts.ways import Ways  # with the first address, not with the window

            self._ways = Ways()
        if words := await self._ways.go(self, entry, detail, self._raw, self._vendor_fields(detail)[1]):
            self._say(words)
