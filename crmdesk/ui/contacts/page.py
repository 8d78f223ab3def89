"""The Contacts page: puts search box, view bar, list and detail pane together and keeps them in step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QMenu, QSplitter, QStackedWidget, QWidget

from crmdesk.core.changes import Changes
from crmdesk.core.seams import Clock, SystemClock
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import Account, SavedView
from crmdesk.ui import window_state
from crmdesk.ui.attached import Attached
from crmdesk.ui.batch import actions as batch
from crmdesk.ui.commands import Commands, key_text
from crmdesk.ui.contacts import actions
from crmdesk.ui.contacts.columns import Desk, sort_words
from crmdesk.ui.contacts.detail import DetailPane
from crmdesk.ui.contacts.empty import EmptyState
from crmdesk.ui.contacts.known_names import KnownNames
from crmdesk.ui.contacts.listing import USUAL, Listing, chip_sentence, columns_of, count_words, of_text, of_view
from crmdesk.ui.contacts.model import ContactsModel
from crmdesk.ui.contacts.results import Results
from crmdesk.ui.contacts.search_box import SearchBox, commands_button
from crmdesk.ui.contacts.table import ContactsTable
from crmdesk.ui.contacts.trail import Trail
from crmdesk.ui.contacts.verbs import Verbs
from crmdesk.ui.contacts.view_bar import ViewBar
from crmdesk.ui.kit import Page, column, tr
from crmdesk.ui.places import ALL_CONTACTS
from crmdesk.ui.theme import Theme

if TYPE_CHECKING:  # the grammar comes with the first search
    from crmdesk.core.outbox import Op
    from crmdesk.core.query import Lexicon, Query
    from crmdesk.core.types import Sort
    from crmdesk.core.vendor import Vendor
    from crmdesk.settings import Settings
    from crmdesk.store.first_rows import FirstRows
    from crmdesk.store.reader import Reader
    from crmdesk.sync.services import Services

AGE_MS = 60_000  # relative times are worded anew this often
DESCRIBE_MS = 40  # after a key, chips and hints are worded anew; the hits come first
KEY_HINTS = ("search.focus", "palette", "list.open")


class ContactsPage(Attached, Page):
    """`services` and `reader` may come later (`attach`): until then the page shows what `show_first` gives it."""

    countChanged = Signal(int, int, int)  # shown, total, selected
    openAccountRequested = Signal(int)  # 0 = add one
    placeChanged = Signal()  # another view or account is shown
    copied = Signal(str)  # words for a notice
    settingsChanged = Signal()  # they are to be kept
    saved = Signal(object)  # sync.edits.Saved: something can be undone
    decideAsked = Signal(object)  # the Op that only the outbox or the conflict screen can go on with

    def __init__(
        self,
        services: Services | None,
        reader: Reader | None,
        settings: Settings,
        theme: Theme,
        scope: TaskScope,
        commands: Commands,
    ) -> None:
        super().__init__()
        self.setObjectName("contacts.page")
        self.settings, self.scope, self.commands, self._theme = settings, scope, commands, theme
        self.listing = Listing(view=ALL_CONTACTS)
        self._edited: dict[int, Listing] = {}  # views changed in this session, by id
        self.known_names = KnownNames(self)
        self._current_id = 0
        self.trail, self.narrow = Trail(), False
        desk = self._desk({})
        self.model = ContactsModel(reader, scope, desk)
        self.model.calm = settings.reduced_motion
        self.table = ContactsTable(self.model, theme, desk)
        self.detail = DetailPane(reader, services, settings, scope, desk, {}, self._key_hints)
        self.search_box = SearchBox(commands_button(lambda: self.commands.run("palette")))
        self.view_bar, self.empty = ViewBar(), EmptyState()
        self.results = Results(reader, scope, self.model, self.table, self._asked)
        self.verbs = Verbs(self)
        self._arrange()
        self._connect()
        actions.register(self, commands)
        batch.register(self, commands)
        self.detail.show_hint()
        self._show_listing()
        if settings.layout == "cards":
            self.verbs.toggle_layout()
        if services is not None and reader is not None:
            self.attach(services, reader)

    # -- building ----------------------------------------------------------------------------------------------------

    def _arrange(self) -> None:
        left, head = QWidget(), QWidget()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.empty)
        column(head, self.search_box, self.view_bar, gap=8, margins=(16, 14, 12, 8))
        column(left, head, self._stack, gap=0, stretch=1)
        size = getattr(self._theme, "font_scale", 100)
        larger = min(size, 130) / 100  # beside each other they fit 1000 pixels; with larger letters the page scrolls
        left.setMinimumWidth(435 if size > 150 else 300)
        self.detail.setMinimumWidth(435 if size > 150 else round(300 * larger))
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setObjectName("contacts.splitter")
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self._left = left
        for place, pane in enumerate((left, self.detail)):
            self.splitter.addWidget(pane)
            self.splitter.setStretchFactor(place, 2 - place)
        self.splitter.setSizes([1175 - round(375 * larger), round(375 * larger)])
        column(self, self.splitter, gap=0)
        self.restore(self.settings.window)
        self.splitter.splitterMoved.connect(lambda *_: self.settings.window.update(self.state()))

    def _connect(self) -> None:
        self.search_box.changed.connect(self._typed)
        self.search_box.line.entered.connect(self._to_list)
        self.search_box.line.left.connect(lambda: self.table.setFocus(Qt.FocusReason.ShortcutFocusReason))
        self.search_box.line.recentAsked.connect(self.verbs.show_recent)
        self.search_box.remembered.connect(self.verbs.remember_search)
        bar = self.view_bar
        bar.addAsked.connect(self.verbs.add_filter)
        bar.editAsked.connect(self.verbs.edit_filter)
        bar.removeAsked.connect(self.verbs.drop_filter)
        bar.clearAsked.connect(lambda: self.set_listing(self.listing.without_chips(*self.words())))
        bar.saveAsked.connect(self.verbs.write_view)
        bar.saveAsAsked.connect(lambda: self.commands.run("view.save"))
        bar.revertAsked.connect(self.revert_view)
        bar.layoutAsked.connect(lambda: self.commands.run("list.layout"))
        bar.moreAsked.connect(lambda: self._menu(actions.MORE, "view.menu", bar.more))
        self.detail.menuAsked.connect(lambda where: self._menu(actions.CONTEXT, "detail.menu", where))
        self.detail.bind = self.commands.bind
        self.detail.saved.connect(self.saved)
        self.detail.settingsChanged.connect(self.settingsChanged)
        self.detail.acted.connect(self.verbs.act)
        self.detail.opened.connect(self.commands.refresh)
        self.detail.leftEditor.connect(self.verbs.leave_editor)
        self.detail.backAsked.connect(self.show_list)
        self.detail.copied.connect(lambda what: self.copied.emit(tr("{field} copied").replace("{field}", what)))
        self.table.menuAsked.connect(self._context_menu)
        self.table.currentContact.connect(self._current)
        self.table.selectionCounted.connect(lambda _count: self._show_count())
        self.table.opened.connect(self.verbs.open_current)
        self.table.typed.connect(self.verbs.type_ahead)
        self.table.columns.sortAsked.connect(lambda sort: self.set_listing(replace(self.listing, sort=sort)))
        self.table.columns.columnsChanged.connect(self._keep_columns)
        self.results.shown.connect(self._shown)
        self._describe = QTimer(self, singleShot=True, interval=DESCRIBE_MS)
        self._describe.timeout.connect(self._show_listing)
        self._ages = QTimer(self, interval=AGE_MS)
        self._ages.timeout.connect(self._ages_passed)
        self._ages.start()

    def _menu(self, ids: tuple[str, ...], name: str, under: QWidget) -> None:
        self._fresh_menu(ids, name).popup(actions.below(under))

    def _context_menu(self, at: QPoint) -> None:
        self._fresh_menu(actions.CONTEXT, "list.menu").popup(at)

    def _fresh_menu(self, ids: tuple[str, ...], name: str) -> QMenu:
        """What can be done follows the selection, which may have changed since the commands were last asked."""
        self.commands.refresh()
        return actions.menu(self, self.commands, ids, name)

    def _key_hints(self) -> list[tuple[str, str]]:
        found = [self.commands.get(item) for item in KEY_HINTS if item in self.commands]
        return [(key_text(command), command.text) for command in found if command.keys]

    # -- the world below ---------------------------------------------------------------------------------------------

    def attach(self, services: Services, reader: Reader) -> None:
        """Services and reader are ready: run the search that was asked for so far."""
        self.take_world(services, reader)
        self.model.attach(reader)
        self.results.attach(reader)
        fields = {vendor.key: (vendor.title, vendor.fields) for vendor in self._vendors().values()}
        self.detail.attach(reader, services, fields)
        self.commands.bind(self.search_box.new, "contact.new")
        self.known_names.learn()
        self.scope.start(self.load_accounts(), what="Read accounts", key="accounts")
        self.run()

    async def load_accounts(self) -> None:
        self._set_accounts(await self.reader.accounts())

    def _set_accounts(self, accounts: list[Account]) -> None:
        before, desk = self.desk, self._desk({account.id: account for account in accounts})
        self.detail.desk = desk
        if not desk.words_as(before):
            self.model.set_desk(desk)
            self.table.set_desk(desk)
            self._show_listing()
        if self.results.ready:
            self._show_empty()

    def _vendors(self) -> Mapping[str, Vendor]:
        return self.services.vendors if self.attached else {}

    def vendor_titles(self) -> dict[str, str]:
        return {key: vendor.title for key, vendor in self._vendors().items()}

    @property
    def clock(self) -> Clock:
        return self.services.clock if self.attached else SystemClock()

    @property
    def desk(self) -> Desk:
        return self.detail.desk

    def _desk(self, accounts: dict[int, Account]) -> Desk:
        letters = {key: vendor.letter for key, vendor in self._vendors().items()}
        return Desk(accounts, letters, self.clock, self.settings.stale_hours, self.vendor_titles())

    def words(self) -> tuple[Any, Lexicon]:
        """What reading the grammar needs: the time and the names."""
        return self.clock.now(), self.known_names.so_far()

    # -- what is listed ----------------------------------------------------------------------------------------------

    def set_listing(self, listing: Listing, *, typed: bool = False) -> None:
        """Show something else. `typed`: it came from the search box, whose text stays as it is."""
        self.listing = listing
        if not typed:
            self.search_box.set_text(listing.text)
        if listing.view is not None:
            self._edited[listing.view.id] = listing
        self.run()
        if typed:
            self._describe.start()
        else:
            self._show_listing()

    def set_account(self, account_id: int | None) -> None:
        """The contacts of one account, None for all."""
        if account_id != self.listing.account_id:
            self._go(Listing(account_id=account_id) if account_id is not None else Listing(view=ALL_CONTACTS))

    def set_view(self, view: SavedView) -> None:
        """A saved view, with the changes made to it earlier in this session."""
        kept, known = self._edited.get(view.id), self.known_names.needed()
        self._go(replace(kept, view=view) if kept and view.id else of_view(view, self.clock.now(), known))

    def _go(self, listing: Listing) -> None:
        self.listing = listing
        self.search_box.set_text(listing.text)
        self.table.restore_columns(columns_of(listing, self.settings.columns))
        self.table.columns.show_sort(listing.sort)
        self._show_listing()
        self.show_list()
        self.run()
        self.placeChanged.emit()

    @property
    def account_id(self) -> int | None:
        """The account whose contacts are shown; None for a view over all."""
        return self.listing.account_id

    @property
    def view_id(self) -> int:
        """Id of the shown view, 0 for none."""
        return self.listing.view.id if self.listing.view else 0

    def back(self) -> None:
        """To the list in a narrow window, else to the contact opened before."""
        self.verbs.back()

    def forward(self) -> None:
        self.verbs.forward()

    def open_contact(self, contact_id: int) -> None:
        """Show this contact as soon as it is in the list, or beside it."""
        self.verbs.open_contact(contact_id)

    def edit_op(self, op: Op) -> None:
        """Put a refused change right: its values with the vendor's reasons at their fields."""
        self.verbs.editing.edit_op(op)

    async def keep_typing(self) -> None:
        """Before the window closes: what stands in the editor is stored as a draft when this returns."""
        await self.verbs.keep_typing()

    def revert_view(self) -> None:
        view = self.listing.view
        if view is not None:
            self._edited.pop(view.id, None)
            self.set_view(view)

    def view_stored(self, view: SavedView) -> None:
        """The listing was saved as `view`: that is where we are now."""
        self.listing = replace(self.listing, view=view, account_id=None)
        self._edited.pop(view.id, None)
        self.settings.columns[self.listing.key] = self.table.columns_state()
        self._show_listing()
        self.run()

    def edited(self) -> bool:
        """Differs from the view as it was saved."""
        view = self.listing.view
        if view is None:
            return bool(self.listing.filters)
        if not view.query and not self.listing.query_text:
            return self.listing.sort != (view.sort or USUAL)  # nothing to read
        saved = of_view(view, *self.words())
        return (saved.query_text, saved.sort) != (self.listing.query_text, self.listing.sort)

    def search(self, text: str) -> None:
        """Search for `text` where we are, as if it had been typed (`--search`, history)."""
        self.set_listing(of_text(self.listing, text, self.clock.now(), self.known_names.needed()))

    def focus_search(self) -> None:
        self.show_list()
        self.search_box.focus()

    def _typed(self, text: str) -> None:
        self.set_listing(replace(self.listing, text=text), typed=True)

    def run(self) -> None:
        """Search for what is listed now; without a reader it waits for `attach`."""
        if self.attached:
            self.results.run()

    def query(self) -> Query:
        return self.listing.query(*self.words())

    def _asked(self) -> tuple[Query, tuple[Sort, ...], int | None]:
        return self.query(), self.listing.sort, self.listing.account_id

    # -- showing -----------------------------------------------------------------------------------------------------

    def chips_stand(self) -> bool:
        """The chips are those of what is listed. For a moment after a key they are not: then they are drawn anew, and
        a press that was meant for one of before means nothing."""
        before = self.view_bar.sentences()
        if self._describe.isActive():
            self._show_listing()
        return self.view_bar.sentences() == before

    def _show_listing(self) -> None:
        self._describe.stop()
        listing = self.listing
        found = listing.chips(*self.words()) if listing.query_text else ()
        chips = [chip_sentence(one, self.desk.accounts, self.vendor_titles()) for one in found]
        self.view_bar.set_chips(chips)
        stored = listing.view is not None and listing.view.id > 0
        worth = listing.view is not None and listing.view.id != ALL_CONTACTS.id
        edited = self.edited() and (worth or bool(listing.filters))
        self.view_bar.set_view(self.title(), edited=edited, stored=stored)
        self.table.columns.show_sort(listing.sort)
        self.search_box.show_hints(listing.typed(*self.words()).hints if listing.text else ())

    def title(self) -> str:
        if self.listing.account_id is not None:
            return self.desk.account_title(self.listing.account_id)
        return tr(self.listing.view.title) if self.listing.view else ""

    def show_first(self, first: FirstRows) -> None:
        """The first painted rows, before the search engine is there."""
        if self.results.ready:
            return
        self._set_accounts(list(first.accounts))
        self.model.show_first(first.rows, first.total)
        self.results.total = first.total
        self._stack.setCurrentWidget(self.table)
        self._show_count()

    def _shown(self, _total: int, hold: bool) -> None:
        self._show_empty()
        self._show_count()
        if not hold:
            self.search_box.say_count(self.count_text())
        if hold and not self.table.current_id() and 0 < self.detail.contact_id == self._current_id:  # not one beside it
            inside = self.detail.isAncestorOf(self.focusWidget() or self)
            self.detail.show_contact(0)
            if inside and self.detail.editor is None:  # else Qt would put it on a part that takes no key
                (self.table if self.model.rowCount() else self.search_box.line).setFocus()

    def _show_empty(self) -> None:
        if self.model.rowCount():
            typing = self.search_box.line.hasFocus()
            self._stack.setCurrentWidget(self.table)
            if typing:  # who asked for the list while it was hidden would get it now, between two letters
                self.search_box.line.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self.verbs.fill_empty()
        left = self.table.hasFocus()
        self._stack.setCurrentWidget(self.empty)
        if left:  # else Qt would put it anywhere, e.g. into the status bar
            self.search_box.line.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_count(self) -> None:
        self.view_bar.set_count(self.count_text(), sort_words(self.listing.sort))
        self.countChanged.emit(self.model.rowCount(), self.results.total, self.table.selected_count())

    def count_text(self) -> str:
        """How many there are, and how many are selected."""
        shown, total, selected = self.model.rowCount(), self.results.total, self.table.selected_count()
        return count_words(shown, total, selected, every=not self.listing.query_text)

    def _current(self, contact_id: int) -> None:
        if contact_id == self._current_id:
            return  # a new result with the same contact in it
        self._current_id = contact_id
        self.detail.show_contact(contact_id)
        if contact_id:
            self.model.seen(contact_id)
            self.trail.visit(contact_id)
        self.commands.refresh()

    def _to_list(self) -> None:
        """Enter or Down in the search box: on to the first hit."""
        if self.model.rowCount():
            if not self.table.current_id():
                self.table.choose(0)
            self.table.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _ages_passed(self) -> None:
        if self.isVisible():
            self.model.restyle()
            self.detail.refresh_age()

    # -- columns, panes, state ---------------------------------------------------------------------------------------

    def _keep_columns(self) -> None:
        self.settings.columns[self.listing.key] = self.table.columns_state()

    def set_narrow(self, narrow: bool) -> None:
        """Under 1000 pixels only one pane is shown: the detail pane takes the list's place and has a way back."""
        if narrow == self.narrow:
            return
        self.narrow = narrow
        self.detail.set_narrow(narrow)
        open_detail = narrow and self.detail.isAncestorOf(self.focusWidget() or self.table)
        self._left.setVisible(not open_detail)
        self.detail.setVisible(not narrow or open_detail)

    def show_list(self) -> None:
        """Back from a narrow window's detail pane to the same row and scroll position."""
        if self.narrow and not self._left.isVisibleTo(self.splitter):
            self._left.show()
            self.detail.hide()
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_detail(self) -> None:
        if self.narrow:
            self.detail.show()
            self._left.hide()

    def in_narrow_detail(self) -> bool:
        return self.narrow and not self.detail.isHidden()

    def state(self) -> dict[str, str]:
        """Splitter, for the settings file; columns are kept there under their view's key."""
        return {"contacts.splitter": json.dumps(self.splitter.sizes())}

    def restore(self, state: Mapping[str, str]) -> None:
        """Take what `state` gave; anything odd is left out."""
        if sizes := window_state.sizes_of(state.get("contacts.splitter", "")):
            self.splitter.setSizes(sizes)

    def setting_changed(self, _name: str) -> None:
        """Stale limit, layout, raw view or empty fields may be different now."""
        self.model.calm = self.settings.reduced_motion
        self._set_accounts(list(self.desk.accounts.values()))
        self.detail.settings_changed()
        if self.table.cards != (self.settings.layout == "cards"):
            self.verbs.set_layout(self.settings.layout)

    # -- events ------------------------------------------------------------------------------------------------------

    def on_changes(self, changes: Changes) -> None:
        """For StoreSignals.changed."""
        self.results.on_changes(changes)
        if changes.accounts and self.attached:
            self.scope.start(self.load_accounts(), what="Read accounts", key="accounts")
        self.verbs.follow(changes)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.results.came_to_sight()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes the innermost thing: the detail pane, then the search."""
        if event.key() == Qt.Key.Key_Escape and self.verbs.escape():
            return
        super().keyPressEvent(event)
