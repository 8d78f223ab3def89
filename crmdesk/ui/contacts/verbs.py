"""What can be done on the Contacts page, one method per command."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from crmdesk.core.text import fold
from crmdesk.core.types import SavedView, Sort
from crmdesk.ui.contacts import actions
from crmdesk.ui.contacts.columns import display_name
from crmdesk.ui.contacts.copying import MOST_ROWS, rows_as_text
from crmdesk.ui.contacts.detail_rows import copy_text
from crmdesk.ui.feedback import ask
from crmdesk.ui.hiding import hides
from crmdesk.ui.words import number, plural, tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crmdesk.core.changes import Changes
    from crmdesk.core.filters import Filter
    from crmdesk.core.outbox import Op
    from crmdesk.ui.contacts.page import ContactsPage
    from crmdesk.ui.contacts.why_empty import WhyEmpty
    from crmdesk.ui.editor.opening import Editing


_COMMANDS = {  # behind the buttons of banners
    "sign in": "contact.sign_in",
    "duplicates": "contact.duplicates",
    "extract": "guest.extract",
    "erase": "guest.erase",
}


class Verbs:
    """Acts for its page."""

    def __init__(self, page: ContactsPage) -> None:
        self._page = page
        self._editing: Editing | None = None
        self._why_empty: WhyEmpty | None = None
        page.detail.contactWanted.connect(self.open_contact)

    @property
    def editing(self) -> Editing:
        """What opens the editor; made with the first one."""
        from crmdesk.ui.editor.opening import Editing

        if self._editing is None:
            self._editing = Editing(self._page)
        return self._editing

    # -- what a command needs ----------------------------------------------------------------------------------------

    def needs_current(self) -> str | None:
        return None if self._page.table.current_id() else tr("Select a contact first.")

    def needs_selection(self) -> str | None:
        return None if self._page.table.selected_count() else tr("Select contacts first.")

    def needs_data(self) -> str | None:
        """Rows may be in sight before the data folder is open."""
        return self._page.why_not_yet()

    def needs_rows(self) -> str | None:
        """What is selected, and can be read."""
        return self.needs_selection() or self.needs_data()

    def needs_table(self) -> str | None:
        return tr("Cards have no columns. Switch to the table first.") if self._page.table.cards else None

    def why_not(self, what: Literal["listed", "current", "selected"], action: str) -> str | None:
        """What the capability map says about the action; see `offers`."""
        from crmdesk.ui.contacts import offers  # with the first question, not with the window

        ask_about = {"listed": offers.listed, "current": offers.current, "selected": offers.selected}
        return ask_about[what](self._page, action)

    def needs_refresh(self) -> str | None:
        """Without a current contact F5 reads the list again, which needs no vendor."""
        return self.why_not("current", "refresh") if self._page.table.current_id() else None

    def needs_history(self) -> str | None:
        """What was done here is there for every vendor, also where it keeps no earlier states itself."""
        reason = self.why_not("current", "copy")
        return reason if reason or self._page.detail.detail is not None else tr("The contact is still being opened.")

    def needs_back(self) -> str | None:
        page = self._page
        return None if page.in_narrow_detail() or page.trail.can(-1) else tr("There is nothing to go back to.")

    def needs_forward(self) -> str | None:
        return None if self._page.trail.can(1) else tr("There is nothing to go forward to.")

    def needs_editor(self) -> str | None:
        return None if self._page.detail.editor is not None else tr("Nothing is being edited.")

    # -- editing -----------------------------------------------------------------------------------------------------

    def edit(self) -> None:
        """The contact that is open; it may stand beside the list."""
        if contact_id := self._current():
            self.editing.edit(contact_id)

    def _current(self) -> int:
        from crmdesk.ui.contacts.offers import current_id

        return current_id(self._page)

    def new_contact(self) -> None:
        self.editing.new()

    def duplicate(self) -> None:
        if contact_id := self._current():
            self.editing.duplicate(contact_id)

    def delete(self) -> None:
        """All that are selected; where that is one or none, the contact that is open."""
        table = self._page.table
        several = table.selected_count() > 1
        ids = [int(number) for number in table.selected_ids()] if several else [self._current()]
        self.editing.delete([number for number in ids if number])

    def save_editor(self, *, close: bool) -> None:
        editor = self._page.detail.editor
        if editor is not None:
            editor.ask_save(close=close)

    async def keep_typing(self) -> None:
        """The open editor's draft is stored when this returns, and those of editors that were left just now."""
        if self._editing is not None:
            await self._editing.keep_typing()

    def follow(self, changes: Changes) -> None:
        """The open contact and the editor show what is stored by now. Somebody was erased because they asked for it:
        typing about them goes too."""
        detail = self._page.detail
        if changes.forgotten and detail.editor is not None:
            self.editing.forget()
        if detail.contact_id in changes.contacts or ((changes.outbox or changes.cards) and detail.contact_id):
            detail.reload()
        elif detail.card is not None:
            detail.card.on_changes(changes)

    def drop_erased(self, ids: Sequence[int]) -> None:
        """These contacts were erased: nothing that is typed about them is kept."""
        detail = self._page.detail
        if detail.editor is not None and detail.editor.subject.contact_id in ids:
            detail.editor.end()
            detail.close_editor()
            detail.reload()

    def leave_editor(self) -> None:
        """What is typed is kept as a draft."""
        self.editing.leave()

    def act(self, what: str, op: Op | None) -> None:
        """A button of the banners above a contact."""
        page = self._page
        if what == "decide":
            page.decideAsked.emit(op)
        elif what in _COMMANDS:
            page.commands.run(_COMMANDS[what])
        elif what == "discard":
            self._discard_draft()
        else:
            self.editing.edit(page.detail.contact_id, op)

    def _discard_draft(self) -> None:
        detail = self._page.detail.detail
        if detail is not None and detail.draft is not None:
            drop = self._page.services.edits.drop_draft(detail.draft.key)
            self._page.scope.start(drop, what="Discard draft", key=("last draft", detail.draft.key))

    # -- moving ------------------------------------------------------------------------------------------------------

    def open_current(self) -> None:
        """Enter: the record, with the focus in the detail pane."""
        self._page.show_detail()
        self._page.detail.focus_first()

    def show_history(self) -> None:
        """The earlier states that the vendor keeps, in the detail pane."""
        self._page.show_detail()
        self._page.detail.tabs.setCurrentWidget(self._page.detail.history)
        self._page.detail.tabs.setFocus()

    def explain(self, reason: str | None) -> None:
        """Why something cannot be done, as a notice."""
        if reason:
            self._page.copied.emit(reason)

    def back(self) -> None:
        if self._page.in_narrow_detail():
            self._page.show_list()
        else:
            self._step(-1)

    def forward(self) -> None:
        self._step(1)

    def _step(self, by: int) -> None:
        contact_id = self._page.trail.step(by)
        if contact_id:
            self.open_contact(contact_id)

    def open_contact(self, contact_id: int) -> None:
        """Show a contact wherever it is: in this list, or beside it if the search leaves it out."""
        if not self._page.table.choose_id(contact_id):
            self._page.detail.show_contact(contact_id)

    def escape(self) -> bool:
        """Close the innermost thing; False if nothing was open."""
        page = self._page
        if page.detail.editor is not None and page.detail.isAncestorOf(QApplication.focusWidget() or page):
            page.detail.editor.cancelled.emit()
        elif page.in_narrow_detail():
            page.show_list()
        elif page.detail.isAncestorOf(QApplication.focusWidget() or page):
            page.table.setFocus(Qt.FocusReason.ShortcutFocusReason)
        elif page.listing.text:
            page.set_listing(replace(page.listing, text=""))
        else:
            return False
        return True

    def type_ahead(self, prefix: str) -> None:
        self._page.scope.start(self._jump(prefix), what="Find by name", key="type ahead")

    async def _jump(self, prefix: str) -> None:
        """To the first name from `prefix` on; where the list has another order, to the next such name in reach."""
        page = self._page
        if page.listing.sort[:1] == (Sort(),) and page.results.ready:
            page.table.choose(min(await page.reader.position_of(page.model.ids, prefix), page.model.rowCount() - 1))
            return
        wanted, start = fold(prefix), page.table.currentIndex().row()
        for row in (*range(start + (len(prefix) == 1), start + 1000), *range(max(0, start))):
            known = page.model.row_at(row)
            if known is not None and fold(display_name(known)).startswith(wanted):
                page.table.choose(row)
                return

    def refresh(self) -> None:
        """F5: the current contact at its vendor, else the list."""
        page = self._page
        if page.detail.detail is not None and page.table.current_id():
            page.detail.check_now()
        elif page.attached:
            page.results.let_go()
            page.results.run(hold=True)

    # -- copying -----------------------------------------------------------------------------------------------------

    def copy_rows(self) -> None:
        self._page.scope.start(self._copy_rows(), what="Copy rows", key="copy")

    async def _copy_rows(self) -> None:
        from crmdesk.core.privacy import Handled  # the first paint does without

        page = self._page
        ids = page.table.selected_ids()
        keys = [key for key, _, shown in page.table.columns_state() if shown]
        copy_text(await rows_as_text(page.reader, ids, keys, page.desk))
        copied = plural(min(len(ids), MOST_ROWS), "1 contact copied", "{n} contacts copied")
        if len(ids) > MOST_ROWS:
            copied = tr("Only the first {n} contacts were copied").replace("{n}", number(MOST_ROWS))
        page.copied.emit(copied)
        await page.services.privacy.note(Handled.COPIED, contacts=min(len(ids), MOST_ROWS))

    def copy_value(self, field: str) -> None:
        page = self._page
        row = page.model.row_at(page.table.currentIndex().row())
        value = getattr(row, field) if row is not None else ""
        if value:
            copy_text(value)
            words = tr("E-mail copied") if field == "email" else tr("Phone copied")
        else:
            words = tr("This contact has no e-mail") if field == "email" else tr("This contact has no phone")
        page.copied.emit(words)

    def copy_field(self) -> None:
        if not self._page.detail.copy_focused():
            self._page.copied.emit(tr("Move to a field with Tab first, then copy it."))

    # -- history -----------------------------------------------------------------------------------------------------

    def remember_search(self, text: str) -> None:
        page = self._page
        if page.attached and page.model.rowCount() and not hides():
            page.scope.start(page.services.remember_search(text), what="Keep search", key="remember", if_busy="queue")

    def show_recent(self) -> None:
        if self._page.attached:
            self._page.scope.start(self._show_recent(), what="Read searches", key="recent")

    async def _show_recent(self) -> None:
        page = self._page
        texts = [] if hides() else await page.reader.recent_searches()  # they name guests
        page.search_box.show_recent(texts, self._search_again, self._clear_searches)

    def _search_again(self, text: str) -> None:
        self._page.search(text)
        self._page.search_box.line.setFocus(Qt.FocusReason.PopupFocusReason)

    def _clear_searches(self) -> None:
        self._page.scope.start(self._page.services.clear_searches(), what="Clear searches", key="recent")

    # -- filters and views -------------------------------------------------------------------------------------------

    def add_filter(self) -> None:
        self._edit(None)

    def edit_filter(self, at: int) -> None:
        if self._page.chips_stand():
            self._edit(at)

    def drop_filter(self, at: int) -> None:
        page = self._page
        if page.chips_stand():
            page.set_listing(page.listing.with_chip(at, None, *page.words()))

    def _edit(self, at: int | None) -> None:
        from crmdesk.ui.contacts.filter_editor import FilterEditor  # with its widgets for dates and choices

        page = self._page
        under = page.view_bar.add if at is None else page.view_bar.chip(at).edit
        editor = FilterEditor(under, self._choices())
        editor.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        editor.edit(None if at is None else page.listing.chips(*page.words())[at])
        editor.done.connect(lambda one: self._edited(at, one))
        editor.open_below(under)

    def _edited(self, at: int | None, one: Filter) -> None:
        page = self._page
        page.set_listing(page.listing.with_chip(at, one, *page.words()))

    def _choices(self) -> dict[str, list[tuple[str, str]]]:
        page = self._page
        return {
            "vendor": list(page.vendor_titles().items()),
            "account": [(account.title, account.title) for account in page.desk.accounts.values()],
            "by": [(name, name) for name in page.known_names.people()],
        }

    def clear_all(self) -> None:
        page = self._page
        page.set_listing(replace(page.listing, filters=(), text=""))

    def write_view(self) -> None:
        """Save: the shown view takes the changes."""
        view = self._page.listing.view
        if view is not None and view.id > 0:
            self._page.scope.start(self._store(view), what="Save view", key="save view", if_busy="queue")
        else:
            self.save_view()

    def save_view(self) -> None:
        self._page.scope.start(self._save_as(), what="Save view", key="save view", if_busy="keep")

    async def _save_as(self) -> None:
        from crmdesk.ui.contacts.name_dialog import NameDialog

        dialog = NameDialog(self._page, "")
        if await ask(dialog):
            await self._store(SavedView(0, dialog.text(), ""))

    async def _store(self, view: SavedView) -> None:
        page = self._page
        columns = tuple(key for key, _, shown in page.table.columns_state() if shown)
        query = page.listing.query_text
        if page.listing.account_id is not None:
            query = f"account:{page.listing.account_id} {query}".strip()
        saved = await page.services.save_view(replace(view, query=query, sort=page.listing.sort, columns=columns))
        page.view_stored(saved)

    # -- looks -------------------------------------------------------------------------------------------------------

    def toggle_layout(self) -> None:
        self.set_layout("table" if self._page.table.cards else "cards")

    def set_layout(self, layout: str) -> None:
        page = self._page
        page.table.set_cards(layout == "cards")
        page.view_bar.set_cards(layout == "cards")
        if page.settings.layout != layout:
            page.settings.layout = layout
            page.settingsChanged.emit()

    def choose_columns(self) -> None:
        page = self._page
        menu = page.table.columns.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(actions.below(page.view_bar.more))

    def toggle_empty(self) -> None:
        self._page.detail.toggle_empty()

    def toggle_raw(self) -> None:
        page = self._page
        page.settings.show_raw = not page.settings.show_raw
        page.detail.settings_changed()
        page.settingsChanged.emit()

    # -- nothing to show ---------------------------------------------------------------------------------------------

    def fill_empty(self) -> None:
        """Why the list is empty, and what can be done about it."""
        from crmdesk.ui.contacts.why_empty import WhyEmpty

        if self._why_empty is None:
            self._why_empty = WhyEmpty(self._page)
        self._why_empty.show()
