"""The window: navigation, pages, status bar, and what they do together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QSplitter, QStackedWidget, QWidget

from crmdesk.sync.progress import Connection, StatusBoard
from crmdesk.ui import hiding, menus, naming, window_state
from crmdesk.ui.attached import Attached
from crmdesk.ui.backup.desk import BackupDesk
from crmdesk.ui.checks import Checks
from crmdesk.ui.commands import Commands
from crmdesk.ui.composer.entry import go_to
from crmdesk.ui.feedback import BannerHost, Feedback
from crmdesk.ui.kit import column
from crmdesk.ui.lock.lock import Lock
from crmdesk.ui.navigation import Navigation
from crmdesk.ui.overlays import Overlays
from crmdesk.ui.page_stack import PageStack, contacts_page
from crmdesk.ui.panes import Panes
from crmdesk.ui.papers.by_itself import ShiftPacks
from crmdesk.ui.places import ALL_CONTACTS, HOME, PASSING, WORK, Place, place_of
from crmdesk.ui.practice.strip import PracticeStrip, window_title
from crmdesk.ui.reading import ReadInOrder
from crmdesk.ui.session_banner import SessionBanner
from crmdesk.ui.settings_saving import SettingsSaving
from crmdesk.ui.status_bar import StatusBar
from crmdesk.ui.theme import Theme
from crmdesk.ui.troubles import Troubles
from crmdesk.ui.visits import Steps, Visits

if TYPE_CHECKING:  # not needed to paint the first window
    from crmdesk.core.changes import Changes
    from crmdesk.core.seams import Clock
    from crmdesk.core.tasks import TaskScope
    from crmdesk.core.types import Account, SavedView
    from crmdesk.settings import Settings
    from crmdesk.store.first_rows import FirstRows
    from crmdesk.store.reader import Reader
    from crmdesk.sync.services import Services
    from crmdesk.ui.accounts.page import KeyNote
    from crmdesk.ui.contacts.page import ContactsPage
    from crmdesk.ui.outgoing import Outgoing
    from crmdesk.ui.privacy.watch import PrivacyWatch
    from crmdesk.ui.signals import StoreSignals

NARROW = 1000  # pixels; below, the detail pane takes the list's place
REFRESH_MS = 150  # the board is looked at this often at most while checks run: each time costs 5 ms
RELOAD_MS = 500  # and the accounts' counts
FINISH_MS = 30  # after the first paint has begun
AGE_MS = 30_000  # "2 min ago" is worded anew this often


class MainWindow(Attached, ReadInOrder, QMainWindow):
    """`services` and `reader` (sync.services.Services, store.reader.Reader) may be None until `attach`: then the window
    shows what `show_first` gives it. `closed` comes once its tasks have ended and its state is kept.

    `start_practice` is None in practice mode. `make_contacts` builds the Contacts page (tests give their own)."""

    closed = Signal()

    def __init__(
        self,
        services: Services | None,
        reader: Reader | None,
        settings: Settings,
        look: Theme,
        scope: TaskScope,
        board: StatusBoard,
        clock: Clock,
        *,
        signals: StoreSignals | None = None,
        key: KeyNote | None = None,
        version: str = "",
        folder: str = "",
        start_practice: Callable[[], object] | None = None,
        make_contacts: Callable[..., ContactsPage] | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle(window_title(practising=False))
        self.setMinimumSize(window_state.SMALLEST)
        self.settings, self.look, self.scope = settings, look, scope
        self.board, self.clock, self.key, self.version, self.folder = board, clock, key, version, folder
        self.start_practice = start_practice
        hiding.turn(settings.masks)  # before the first row is painted
        naming.use(settings.name_order)
        self.masks: PrivacyWatch | None = None
        self._accounts: list[Account] = []
        self._views: list[SavedView] = []
        self._finished, self._loaded, self._closing, self._ended = False, False, False, False
        self.start_again = False  # once it is closed
        self.outgoing: Outgoing | None = None  # comes with the open data folder
        self._signals: StoreSignals | None = None
        self._visits = Visits()
        self._make_parts()
        self._build(make_contacts or contacts_page)
        self._connect()
        look.dress()
        window_state.bring_back(self, self.splitter, settings.window)
        self.contacts.restore(settings.window)
        self._widths = window_state.Widths(self, look)
        self.refresh_status()
        (self.contacts.findChild(QWidget, "list.contacts") or self.contacts).setFocus()
        if services is not None and reader is not None and signals is not None:
            self.attach(services, reader, signals)

    # building

    def _make_parts(self) -> None:
        """Which act for this window."""
        self.steps = Steps(self, self._visits)
        self.commands = Commands(self, asleep=True)
        self.banners = BannerHost(self.clock)
        self.feedback = Feedback(self, self.clock, self.banners)
        self.checks = Checks(self.scope, self._edit_account, self._offline_chosen)
        self.overlays, self.panes, self.lock = Overlays(self), Panes(self), Lock(self)
        self.backup, self.shift_packs = BackupDesk(self), ShiftPacks(self)
        self.troubles = Troubles(self.banners, self.overlays.open_panel, self.checks.try_now)
        self.sessions, self.saving = SessionBanner(self), SettingsSaving(self.settings, self.banners)

    def _build(self, make_contacts: Callable[..., ContactsPage]) -> None:
        menus.register(self, self.commands)
        self.navigation = Navigation(self.look)
        self.status = StatusBar(self.look, self)
        self.setStatusBar(self.status)
        self.strip = PracticeStrip()
        self.contacts: ContactsPage = make_contacts(None, None, self.settings, self.look, self.scope, self.commands)
        self.pages = PageStack(self, self.contacts)
        self._lay_out()
        menus.take_over(self, self.commands)
        self.menus = menus.build_menu_bar(self.menuBar(), self.commands)

    def _lay_out(self) -> None:
        right, self.desk = QWidget(), QWidget()
        column(right, self.banners, self.pages.area, gap=0, stretch=1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setObjectName("window.split")
        self.splitter.setHandleWidth(1)
        self.splitter.addWidget(self.navigation)
        self.splitter.addWidget(right)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setCollapsible(1, False)
        side = round(window_state.SIDE * window_state.breadth(self.look.font_scale))
        self.splitter.setSizes([side, 1400 - side])
        column(self.desk, self.strip, self.splitter, gap=0, stretch=1)
        self.cover = QStackedWidget()
        self.cover.addWidget(self.desk)
        self.setCentralWidget(self.cover)

    def _connect(self) -> None:
        self._finishing = QTimer(self, singleShot=True, interval=FINISH_MS)
        self._finishing.timeout.connect(self.finish)
        self._soon = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._soon.timeout.connect(self.refresh_status)
        self._reload = QTimer(self, singleShot=True, interval=RELOAD_MS)
        self._reload.timeout.connect(self._load_again)
        self._stale = False
        self._ages = QTimer(self, interval=AGE_MS)
        self._ages.timeout.connect(self._ages_passed)
        self._ages.start()
        self._unsubscribe = self.board.subscribe(self._board_changed)
        self.navigation.chosen.connect(lambda place: go_to(self, place))
        self.navigation.panelWanted.connect(self.overlays.open_panel)
        self.navigation.cancelWanted.connect(self.checks.cancel)
        self.status.panelWanted.connect(self.overlays.toggle_panel)
        self.status.rowsWanted.connect(self.focus_list)
        self.navigation.operatorWanted.connect(lambda: self.commands.run("operator.change"))
        self.contacts.countChanged.connect(self.status.show_rows)
        self.contacts.openAccountRequested.connect(lambda account: self._edit_account(account or -1))
        self.contacts.copied.connect(self.feedback.notice)
        self.contacts.settingsChanged.connect(self.save_settings)
        self.commands.ran.connect(lambda _command: self._follow_contacts())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._finished and not self._finishing.isActive():
            self._finishing.start()

    def finish(self) -> None:
        """What the first paint did not need: the menus' commands and the keys."""
        if not self._finished:
            self._finished = True
            self._finishing.stop()
            self.commands.wake()
            menus.fill(self.menus, self.commands)

    # data

    def show_first(self, rows: FirstRows) -> None:
        """Paint what store.first_rows read, before anything heavy is loaded."""
        self._accounts = list(rows.accounts)
        self.lock.begin(rows.book)
        self.contacts.show_first(rows)
        self.refresh_status()

    def attach(self, services: Services, reader: Reader, signals: StoreSignals) -> None:
        """Everything below is ready: load accounts and views, go where the person was. On the running loop."""
        from crmdesk.ui.guest import leaving
        from crmdesk.ui.outgoing import Outgoing
        from crmdesk.ui.privacy.watch import PrivacyWatch
        from crmdesk.ui.updated import tell_of_updates
        from crmdesk.ui.view_actions import ViewActions

        self.finish()
        self.take_world(services, reader)
        self._signals = signals
        self.checks.take_world(services, reader)
        self.lock.attach()
        self.masks = PrivacyWatch(self)
        self.pages.set_grace()
        self.pages.set_reading_time()
        signals.changed.connect(self._store_changed)
        self.outgoing = Outgoing(self)
        # kept: Qt holds no reference to the owner of a connected method
        self._view_actions = ViewActions(self, services, self.scope, self.navigation.views, self.outgoing.undo.done)
        self.navigation.viewAction.connect(self._view_actions.do)
        self.outgoing.load()
        self.contacts.attach(services, reader)
        self._leaving_guests = leaving.watch(self)
        self.shift_packs.start()
        tell_of_updates(self)
        place = place_of(self.settings.window.get("place", ""))
        self.scope.start(self._load(go_to=place), what="load accounts and views", key="window data")

    async def _load(self, go_to: Place | None = None) -> None:
        import asyncio  # with the first task, not with the window

        self._accounts = await self.reader.accounts()
        self._views = await self.reader.views()
        self.refresh_status()
        if (page := self.pages.built_accounts()) is not None:
            page.show_accounts(self._accounts)
        await asyncio.sleep(0)  # building another page takes a frame of its own
        first, self._loaded = not self._loaded, True
        if go_to is not None or first or (self.pages.shows_welcome() and self._accounts):
            self.go(go_to or HOME)
        elif self.pages.shows_contacts():
            self._stay()

    def _stay(self) -> None:
        """What is shown may have been removed meanwhile."""
        place = menus.place_in(self.contacts)
        gone = place.kind == "account" and all(account.id != place.number for account in self._accounts)
        if gone or not self._accounts:
            self.go(HOME)

    def _store_changed(self, changes: Changes) -> None:
        self.contacts.on_changes(changes)
        if self.outgoing is not None:
            self.outgoing.on_changes(changes)
        self._stale = self._stale or changes.accounts or changes.listing
        if changes.views:
            self._reload.stop()  # a person's own doing
            self._stale = True
        self._load_again()

    def _load_again(self) -> None:
        """At once after a quiet time, else when the time is over: a running check alters the counts with every page."""
        if self._stale and not self._reload.isActive():
            self._stale = False
            self._reload.start()
            self.scope.start(self._load(), what="load accounts and views", key="window data", if_busy="queue")

    def _board_changed(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _ages_passed(self) -> None:
        self.refresh_status()
        if self.pages.shows("outbox"):
            self.pages.outbox().age()

    def refresh_status(self) -> None:
        """Navigation, status bar, panel and banners say what is so now."""
        board, now = self.board, self.clock.now()
        total = sum(account.contacts for account in self._accounts)
        self.checks.accounts = self._accounts
        counts = self.outgoing.counts if self.outgoing is not None else None
        self.navigation.show_counts(self._accounts, total, self._views, board, counts)
        if self.outgoing is not None and counts is not None:
            self.outgoing.system.look(self._accounts, board, counts)
            self.status.show_outbox(counts)
            self.navigation.show_operator(self.services.edits.operator)
        self.navigation.show_status(self._accounts, board, now)
        self.status.show_state(self._accounts, board, now)
        self.strip.setVisible(self.strip.practising or board.connection is Connection.PRACTICE)
        self.troubles.look(self._accounts, board, counts)
        self.sessions.look(self._accounts, board)
        if self.overlays.panel is not None:
            self.overlays.panel.show_state(self._accounts, board, now)
        self._follow_contacts()
        self.commands.refresh()

    # places

    @property
    def place(self) -> Place:
        """Where we are."""
        return self._visits.current.place if self._visits.current is not None else HOME

    def go(self, place: Place) -> None:
        """Show a view, an account, or another page."""
        if self._visits.visit(self._settled(place), self.contacts.trail):
            self.contacts.trail = type(self.contacts.trail)()
        self.show_place(place)

    def _settled(self, place: Place) -> Place:
        """The form of a new account is not a place to come back to, nor is one conflict."""
        return Place(place.kind) if place.kind in PASSING else place

    def show_place(self, place: Place) -> None:
        """As `go`, without a note of the visit."""
        left = self.focusWidget()
        if place.kind == "accounts" and self.attached:
            self._show_accounts(place.number)
        elif place.kind == "settings":
            self.pages.setCurrentWidget(self.pages.settings())
        elif place.kind in WORK and self.outgoing is not None and self._accounts:
            self.outgoing.show(place)
        elif self._loaded and not self._accounts:
            self.pages.setCurrentWidget(self.pages.welcome())
        else:
            self._show_contacts(place)
        self.panes.move_focus(left)
        self.navigation.mark(self._settled(place))
        self.settings.window["place"] = self._settled(place).key
        self.commands.refresh()

    def _show_contacts(self, place: Place) -> None:
        known = any(account.id == place.number for account in self._accounts)
        if place.kind == "account" and known:
            self.contacts.set_account(place.number)
        else:
            self.contacts.set_view(self.navigation.view(place.number) or ALL_CONTACTS)
        self.pages.setCurrentWidget(self.contacts)

    def _show_accounts(self, number: int) -> None:
        page = self.pages.accounts()
        page.show_accounts(self._accounts)
        if number > 0:
            page.open_account(number)
        elif number < 0 or not self._accounts:
            page.show_new()
        elif page.form.account is None and not page.form.dirty():
            page.open_account(self._accounts[0].id)
        self.pages.setCurrentWidget(page)

    def _follow_contacts(self) -> None:
        """The contacts page may have gone to another view by itself (saved as new)."""
        if self._loaded and self.pages.shows_contacts():
            place = menus.place_in(self.contacts)
            if place != self.place:
                self._visits.visit(place, self.contacts.trail)
                self.navigation.mark(place)

    def show_contacts(self) -> None:
        """From another page back to the list, as it was left."""
        if not self.pages.shows_contacts() and self._accounts:
            place = menus.place_in(self.contacts)
            self._visits.visit(place, self.contacts.trail)
            self.pages.setCurrentWidget(self.contacts)
            self.navigation.mark(place)

    def focus_search(self) -> None:
        self.show_contacts()
        self.contacts.focus_search()

    def search(self, text: str) -> None:
        """From a second start: this search in this window. Behind the lock nothing is moved."""
        if not self.lock.hidden:
            self.go(HOME)
            self.contacts.search(text)
        self.showNormal() if self.isMinimized() else self.raise_()
        self.activateWindow()

    def focus_list(self) -> None:
        self.show_contacts()
        target = self.contacts.findChild(QWidget, "list.contacts") or self.contacts
        target.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _edit_account(self, account_id: int) -> None:
        self.overlays.close_panel()
        self.go(Place("accounts", account_id))
        if (page := self.pages.built_accounts()) is not None:
            page.point_to_sign_in()  # only now is it shown

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if (event.key() == Qt.Key.Key_Escape and self.close_innermost()) or self.commands.press(event):
            return
        super().keyPressEvent(event)

    def close_innermost(self) -> bool:
        """Esc that nobody inside took: the panel, else back to the list."""
        if self.lock.hidden:
            return False
        if self.overlays.close_panel():
            return True
        other = not self.pages.shows_contacts() and bool(self._accounts)
        if other:
            self.show_contacts()
        return other

    # settings

    def _offline_chosen(self, offline: bool) -> None:
        self.settings.working_offline = offline
        self.pages.follow("working_offline")
        self.save_settings()
        self.refresh_status()

    def save_settings(self) -> None:
        """Soon: written beside the window, and before it has closed."""
        self.saving.save()

    # covering, size, end

    def show_cover(self, page: QWidget) -> None:
        """Show only this page, e.g. while the key needs a person."""
        self.cover.addWidget(page)
        self.cover.setCurrentWidget(page)
        self.menuBar().setEnabled(False)
        self.status.hide()

    def hide_cover(self) -> None:
        page = self.cover.currentWidget()
        self.cover.setCurrentIndex(0)
        self.menuBar().setEnabled(True)
        self.status.show()
        if page is not None and self.cover.indexOf(page) > 0:
            self.cover.removeWidget(page)
            page.deleteLater()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.contacts.set_narrow(event.size().width() < NARROW)

    def closeEvent(self, event: QCloseEvent) -> None:
        """First ends the window's tasks, then closes; nothing waits in between."""
        if self._ended:
            super().closeEvent(event)
            return
        event.ignore()
        if self._closing:
            return
        if self.lock.hidden or menus.unsaved(self.contacts) or self._sends:
            self.scope.start(self._ask_to_leave(), what="ask before closing", key="leaving", if_busy="keep")
        else:
            self._leave()

    @property
    def _sends(self) -> bool:
        return self.attached and self.services.submissions.sending.busy

    async def _ask_to_leave(self) -> None:
        if await self._may_leave():
            self._leave()
        else:
            self.start_again = False
            self.backup.stay()

    async def _may_leave(self) -> bool:
        from crmdesk.ui.leaving import may_leave, may_stop_sending

        if self.lock.hidden:
            return await self.lock.may_leave()
        if menus.unsaved(self.contacts) and not await may_leave(self, self.contacts, self.scope):
            return False
        return not self._sends or await may_stop_sending(self, self.services.submissions.sending, self.scope)

    def _leave(self) -> None:
        self._closing = True
        self.keep_state()
        self.scope.start(self._finish(), what="close the window")

    def keep_state(self) -> None:
        window_state.keep(self, self.splitter, self.settings.window)
        self.settings.window.update(self.contacts.state())
        self.save_settings()

    async def _finish(self) -> None:
        self._unsubscribe()
        if self._signals is not None:
            self._signals.close()
        self._ages.stop()
        self._soon.stop()
        await self.pages.flush()
        await self.scope.aclose()
        await self.saving.end()
        self.lock.end()
        hiding.turn(False)
        naming.use()
        self._ended = True
        self.close()
        self.closed.emit()
