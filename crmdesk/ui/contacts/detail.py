"""The detail pane: one contact whole, how fresh it is, and what can be copied from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QStackedWidget, QVBoxLayout, QWidget

from crmdesk.core.errors import CrmDeskError
from crmdesk.core.fields import FieldSpec
from crmdesk.core.tasks import TaskScope
from crmdesk.core.text import one_line
from crmdesk.core.types import Account, ContactDetail, Flag, Json, State
from crmdesk.ui.contacts.columns import Desk, display_name
from crmdesk.ui.contacts.detail_fields import Entry, Group, groups, read_body, state_time
from crmdesk.ui.contacts.detail_parts import STATE_FLAGS, STATE_TONES, banner_text, hint_page
from crmdesk.ui.contacts.detail_rows import Avatar, FieldRow, copy_text, field_card, host_of, web_address
from crmdesk.ui.contacts.flow import FlowLayout
from crmdesk.ui.contacts.names import country
from crmdesk.ui.contacts.painter import STATE_LOOK
from crmdesk.ui.feedback import announce, ask
from crmdesk.ui.kit import (
    Badge,
    Banner,
    DetailPanel,
    FlatButton,
    Heading,
    IconButton,
    IconWord,
    Muted,
    column,
    row,
    scroll,
    tr,
)
from crmdesk.ui.words import ago, clock_time

REST_MS = 80  # of the selection, before a contact is loaded


class DetailReader(Protocol):
    """What the pane needs of the Reader."""

    async def detail(self, contact_id: int) -> ContactDetail | None: ...


class DetailVerbs(Protocol):
    """What the pane needs of the Services."""

    async def refresh_contact(self, contact_id: int) -> None: ...


class DetailPane(DetailPanel):
    """`show_contact(id)` follows the selection after a rest; `fields` maps vendor keys to (title, FieldSpecs)."""

    backAsked = Signal()
    menuAsked = Signal(object)  # the button it opens under
    copied = Signal(str)  # label of what went to the clipboard

    def __init__(
        self,
        reader: DetailReader | None,
        services: DetailVerbs | None,
        settings: Any,
        scope: TaskScope,
        desk: Desk,
        fields: Mapping[str, tuple[str, Sequence[FieldSpec]]],
        keys: Callable[[], Sequence[tuple[str, str]]],
    ) -> None:
        super().__init__()
        self.setObjectName("detail.pane")
        self._reader, self._services, self._settings, self._scope = reader, services, settings, scope
        self.desk, self._fields, self._keys = desk, fields, keys
        self.contact_id = 0
        self.detail: ContactDetail | None = None
        self._raw_view: Any = None
        self._built = False
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._load_now)
        self._stack = QStackedWidget()
        column(self, self._stack)
        self._hint = QWidget()
        self._stack.addWidget(self._hint)

    def attach(
        self, reader: DetailReader, services: DetailVerbs, fields: Mapping[str, tuple[str, Sequence[FieldSpec]]]
    ) -> None:
        """Reader, services and the vendors' fields are ready."""
        self._reader, self._services, self._fields = reader, services, fields
        if self.contact_id and self.detail is None:
            self._rest.start()

    # -- what is shown -----------------------------------------------------------------------------------------------

    def show_contact(self, contact_id: int) -> None:
        """Load it after the selection rested; 0 empties the pane at once."""
        if contact_id == self.contact_id and (self.detail is not None or not contact_id):
            return
        self.contact_id = contact_id
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
        if self._reader is not None:  # else `attach` comes back to it: there may not even be a loop yet
            self._scope.start(self._load(self.contact_id), what="Open contact", key="detail")

    async def _load(self, contact_id: int) -> None:
        assert self._reader is not None
        detail = await self._reader.detail(contact_id)
        if contact_id != self.contact_id:
            return
        if detail is None:
            self.detail = None
            self.show_hint(tr("This contact is no longer here."))
            return
        import asyncio  # with the first task, not with the window

        raw = await asyncio.to_thread(read_body, detail.body)
        if contact_id == self.contact_id:
            await self._show(detail, raw)

    async def _show(self, detail: ContactDetail, raw: Json) -> None:
        self._build()
        same = self.detail is not None and self.detail.row.id == detail.row.id
        self.detail, self._raw = detail, raw
        self._fill_header(detail)
        self._fill_body(same)
        self._stack.setCurrentIndex(1)
        await self._fill_raw(detail)

    def show_hint(self, text: str = "") -> None:
        """Nothing is selected: say which keys help most."""
        old = self._hint
        self._hint = hint_page(text or tr("Select a contact to see everything about it."), self._keys())
        self._stack.removeWidget(old)
        old.deleteLater()
        self._stack.insertWidget(0, self._hint)
        self._stack.setCurrentIndex(0)

    # -- building ----------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        """The widgets of a shown contact, made when the first one is opened."""
        from PySide6.QtWidgets import QTabWidget

        if self._built:
            return
        self._built = True
        page = QWidget()
        self._stack.insertWidget(1, page)
        self.tabs = QTabWidget()
        self.tabs.setObjectName("detail.tabs")
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setObjectName("detail.tabs.bar")
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.tabBar().setStyleSheet("QTabBar { background: transparent; }")  # else the whole bar is tinted
        self.tabs.setTabBarAutoHide(True)
        self._body = QWidget()
        self._cards: QVBoxLayout = column(self._body, gap=6, margins=(16, 8, 16, 16))
        self._area = scroll(self._body, "detail.scroll")
        self.tabs.addTab(self._area, tr("Overview"))
        column(page, self._make_header(), self.tabs, gap=4, stretch=1)

    def _make_header(self) -> QWidget:
        self._avatar, self._name, self._second = Avatar(), Heading("", factor=1.5), Muted("", wrap=True)
        self._name.setWordWrap(True)
        self._vendor, self._state = Badge(""), IconWord()
        self._back = IconButton("detail.back", "back", tr("Back to the list (Alt+Left)"))
        self._back.clicked.connect(lambda _checked=False: self.backAsked.emit())
        more = IconButton("detail.more", "more", tr("More actions"))
        more.clicked.connect(lambda _checked=False: self.menuAsked.emit(more))
        badges, titles, header = QWidget(), QWidget(), QWidget()
        flow = FlowLayout(gap=8)
        badges.setLayout(flow)
        flow.addWidget(self._vendor)
        flow.addWidget(self._state)
        column(titles, self._name, self._second, badges, gap=3)
        row(header, self._back, self._avatar, titles, more, gap=12, margins=(16, 16, 12, 6), stretch=2)
        self._back.setVisible(self.narrow)  # not before it has a parent: it would be a window of its own
        return header

    narrow = False

    def set_narrow(self, narrow: bool) -> None:
        """Alone in the window: show the way back to the list."""
        self.narrow = narrow
        if self._built:
            self._back.setVisible(narrow)

    # -- filling -----------------------------------------------------------------------------------------------------

    def _account(self, detail: ContactDetail) -> Account | None:
        return self.desk.accounts.get(detail.row.account_id)

    def _vendor_fields(self, detail: ContactDetail) -> tuple[str, Sequence[FieldSpec]]:
        account = self._account(detail)
        return self._fields.get(account.vendor if account else "", ("", ()))

    def _fill_header(self, detail: ContactDetail) -> None:
        contact = detail.row
        name = one_line(display_name(contact))
        self._avatar.set(contact.id, name)
        self._name.setText(name)
        place = ", ".join(text for text in (one_line(contact.city), country(one_line(contact.country, 60))) if text)
        self._second.setText(place)
        self._second.setVisible(bool(place))
        account, title = self._account(detail), self._vendor_fields(detail)[0]
        self._vendor.setText(" · ".join(text for text in (title, account.title if account else "") if text))
        self._vendor.setVisible(bool(self._vendor.text()))
        state = Flag(contact.flags).state
        icon_name, tone = STATE_LOOK.get(state, ("", ""))
        self._state.set(icon_name, tr(state.value), tone)
        self._state.setVisible(state is not State.CLEAN)
        self.setAccessibleName(name)

    def _fill_body(self, same: bool) -> None:
        """Cards anew; scroll position and focus stay where the same contact was read again."""
        at = self._area.verticalScrollBar().value() if same else 0
        focused = self._focused_path() if same else ""
        while (item := self._cards.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self._add_banners()
        self._add_cards()
        self._add_footer()
        self._cards.addStretch(1)
        self._body.adjustSize()
        self._area.verticalScrollBar().setValue(at)
        if (first := self._body.findChild(FieldRow)) is not None:
            self.tabs.setFocusProxy(first)  # F6 goes to the pane by its tabs, which are hidden with one page
        if focused and (again := self._body.findChild(FieldRow, f"detail.field.{focused}")) is not None:
            again.setFocus()

    def _add_banners(self) -> None:
        assert self.detail is not None
        specs = self._vendor_fields(self.detail)[1]
        for flag, word in STATE_FLAGS:
            if self.detail.row.flags & flag:
                text = banner_text(flag, state_time(self._raw, specs, word))
                banner = Banner(STATE_TONES[flag], text)
                banner.setObjectName(f"detail.banner.{word}")
                self._cards.addWidget(banner)

    def _add_cards(self) -> None:
        assert self.detail is not None
        specs = self._vendor_fields(self.detail)[1]
        shown = groups(self._raw, specs, self.desk.clock.now())
        if not self._raw:
            self._cards.addWidget(Banner("warning", tr("The stored answer of this contact cannot be read as JSON.")))
        for group in shown:
            self._add_card(group)
        self._hidden = sum(entry.empty for group in shown for entry in group.entries)

    def _add_card(self, group: Group) -> None:
        card = field_card(group, empty=self._show_empty(), copy=self.copy_entry, open_link=self._ask_open)
        if card is None:
            return
        if group.title:
            title = Heading(group.title, factor=0.95)
            title.setContentsMargins(2, 6, 0, 0)
            self._cards.addWidget(title)
            card.setAccessibleName(group.title)
        self._cards.addWidget(card)

    def _add_footer(self) -> None:
        footer, self._as_of, self._old = QWidget(), Muted("", wrap=True), IconWord()
        check = FlatButton("detail.check", tr("Check now"))
        check.clicked.connect(lambda _checked=False: self.check_now())
        self._check = check
        row(footer, self._as_of, self._old, check, gap=8, margins=(2, 4, 0, 0), stretch=0)
        self._problem = Banner("error", "")
        self._problem.setObjectName("detail.problem")
        self._problem.hide()
        empty = FlatButton("detail.empty", self._empty_words())
        empty.clicked.connect(lambda _checked=False: self.toggle_empty())
        last = QWidget()
        row(last, empty).addStretch(1)
        empty.setVisible(bool(self._hidden))
        for widget in (footer, self._problem, last):
            self._cards.addWidget(widget)
        self.refresh_age()

    def refresh_age(self) -> None:
        """Word the as-of line anew; time went on."""
        if self.detail is None or not self._built:
            return
        now = self.desk.clock.now()
        text = tr("As of {time}, {ago}").replace("{time}", clock_time(self.detail.as_of, now))
        text = text.replace("{ago}", ago(self.detail.as_of, now))
        self._as_of.setText(text if self.detail.as_of else tr("Never confirmed by the vendor"))
        old = self.desk.is_old(self.detail.as_of)
        self._old.set("clock", tr("old"), "warning")
        self._old.setVisible(old)

    # -- empty fields, raw -------------------------------------------------------------------------------------------

    def _show_empty(self) -> bool:
        return bool(getattr(self._settings, "show_empty_fields", False))

    def _empty_words(self) -> str:
        return tr("Hide empty fields") if self._show_empty() else tr("Show empty fields")

    def toggle_empty(self) -> None:
        self._settings.show_empty_fields = not self._show_empty()
        self._settings.save()
        if self.detail is not None:
            self._fill_body(same=True)

    async def _fill_raw(self, detail: ContactDetail) -> None:
        """The Raw tab exists only where the setting allows it; its editor is made with it."""
        wanted = bool(getattr(self._settings, "show_raw", False))
        if wanted and self._raw_view is None:
            from crmdesk.ui.contacts.raw_view import RawView

            self._raw_view = RawView()
            self.tabs.addTab(self._raw_view, tr("Raw"))
        elif not wanted and self._raw_view is not None:
            self.tabs.removeTab(1)
            self._raw_view.deleteLater()
            self._raw_view = None
        if self._raw_view is not None:
            await self._raw_view.show_body(detail.body)

    def settings_changed(self) -> None:
        """Show or hide what the settings allow."""
        if self.detail is not None:
            self.reload()

    # -- actions -----------------------------------------------------------------------------------------------------

    def check_now(self) -> None:
        """Ask the vendor for this contact."""
        if self.contact_id and self.detail is not None and self._services is not None:
            self._scope.start(self._check_one(self.contact_id), what="Check contact", key="check", if_busy="keep")

    async def _check_one(self, contact_id: int) -> None:
        assert self._services is not None
        self._check.setEnabled(False)
        self._check.setText(tr("Checking…"))
        self._problem.hide()
        try:
            await self._services.refresh_contact(contact_id)
        except CrmDeskError as error:
            if contact_id == self.contact_id:
                self._problem.set("error", f"{error.title} {error.hint}".strip())
                self._problem.show()
                announce(self, error.title, assertive=True)
        else:
            if contact_id == self.contact_id:
                await self._load(contact_id)
        finally:
            self._check.setText(tr("Check now"))
            self._check.setEnabled(True)

    def copy_entry(self, entry: Entry) -> None:
        copy_text(entry.copy)
        self.copied.emit(entry.label)
        announce(self, tr("{field} copied").replace("{field}", entry.label))

    def copy_focused(self) -> bool:
        """Ctrl+Shift+C: the field with the focus; False where none has it."""
        widget = QApplication.focusWidget()
        while widget is not None and not isinstance(widget, FieldRow):
            widget = widget.parentWidget()
        if widget is None or not widget.entry.copy:
            return False
        self.copy_entry(widget.entry)
        return True

    def _focused_path(self) -> str:
        widget = QApplication.focusWidget()
        return widget.entry.path if isinstance(widget, FieldRow) and self.isAncestorOf(widget) else ""

    def focus_first(self) -> None:
        """Focus on the first field, e.g. after Enter in the list; loads at once what was waiting for a rest."""
        if self._rest.isActive():
            self._load_now()
        first = self._body.findChild(FieldRow) if self._built else None
        (first or self).setFocus()

    def _ask_open(self, address: str) -> None:
        self._scope.start(self._open(address), what="Open website", key="open", if_busy="keep")

    async def _open(self, address: str) -> None:
        """Vendor text becomes a request to the outside only after the operator saw the host."""
        safe = web_address(address)
        if not safe:
            return
        question = tr("Open {host} in your browser?").replace("{host}", host_of(safe))
        open_it = ("open", tr("Open website"), False)
        from crmdesk.ui.confirm import confirm  # with the first address, not with the window

        dialog = confirm(self, "detail.openlink", tr("Open website"), question, (open_it,), detail=safe[:300])
        if await ask(dialog) == 1:
            from PySide6.QtCore import QUrl

            QDesktopServices.openUrl(QUrl(safe, QUrl.ParsingMode.StrictMode))
