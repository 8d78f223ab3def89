"""The pages beside the navigation. All but Contacts are built when first seen; settings take effect from here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QStackedWidget, QWidget

from crmdesk.settings import READING_TIMES
from crmdesk.ui import naming
from crmdesk.ui.commands import Scope
from crmdesk.ui.places import Place
from crmdesk.ui.privacy import entry as privacy
from crmdesk.ui.scrolling import RoomyArea, least_size
from crmdesk.ui.theme import LARGEST_FONT, SMALLEST_FONT
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.ui.accounts.page import AccountsPage
    from crmdesk.ui.cards.page import DuplicatesPage
    from crmdesk.ui.composer.events_page import EventsPage
    from crmdesk.ui.conflicts.page import ConflictPage
    from crmdesk.ui.contacts.page import ContactsPage
    from crmdesk.ui.main_window import MainWindow
    from crmdesk.ui.outbox.page import OutboxPage
    from crmdesk.ui.settings_page import SettingsPage
    from crmdesk.ui.trash.page import TrashPage
    from crmdesk.ui.welcome import WelcomePage

GRACE = ("grace_edit_seconds", "grace_delete_seconds")


class PageStack(QStackedWidget):
    """`contacts` comes ready made. `area` is what goes into the window: pages keep the room they need."""

    def __init__(self, window: MainWindow, contacts: QWidget) -> None:
        super().__init__()
        self.setObjectName("pages")
        self._window = window
        self.contacts = contacts
        self.addWidget(contacts)
        self.area = RoomyArea(self, lambda width: least_size(self.currentWidget() or self, width))
        self.currentChanged.connect(lambda _place: self.area.fit())
        self._welcome: WelcomePage | None = None
        self._accounts: AccountsPage | None = None
        self._settings: SettingsPage | None = None
        self._outbox: OutboxPage | None = None
        self._conflicts: ConflictPage | None = None
        self._trash: TrashPage | None = None
        self._events: EventsPage | None = None
        self._duplicates: DuplicatesPage | None = None

    def welcome(self) -> WelcomePage:
        from crmdesk.ui.welcome import WelcomePage

        if self._welcome is None:
            window = self._window
            self._welcome = WelcomePage(window.look, lambda: window.go(Place("accounts", -1)), window.start_practice)
            self.addWidget(self._welcome)
        return self._welcome

    def accounts(self) -> AccountsPage:
        from crmdesk.ui.accounts.page import AccountsPage

        if self._accounts is None:
            window = self._window
            self._accounts = AccountsPage(
                window.services, window.reader, window.look, window.scope, window.feedback, window.key
            )
            self._accounts.guestWanted.connect(window.overlays.sign_in)
            self.addWidget(self._accounts)
        return self._accounts

    def built_accounts(self) -> AccountsPage | None:
        """None until somebody went there."""
        return self._accounts

    def settings(self) -> SettingsPage:
        from crmdesk.ui.desk_box import DeskBox, FolderSize
        from crmdesk.ui.settings_page import SettingsPage
        from crmdesk.ui.settings_transfer import SettingsTransfer

        if self._settings is None:
            window = self._window
            self._settings = SettingsPage(
                window.settings,
                window.look,
                window.feedback,
                key=window.key,
                version=window.version,
                folder=window.folder,
                clear_searches=self._clear_searches,
                lock_box=window.lock.settings_box(),
                backup_box=window.backup.settings_box(),
                pack_box=window.shift_packs.settings_box(),
                transfer_box=SettingsTransfer(window).box(),
                desk_box=DeskBox(window),
                size_line=FolderSize(window.folder, window.scope) if window.folder else None,
            )
            self._settings.applied.connect(self._applied)
            self._settings.accountsWanted.connect(lambda: window.go(Place("accounts")))
            self.addWidget(self._settings)
        return self._settings

    # edits under way: only with an open data folder

    def outbox(self) -> OutboxPage:
        from crmdesk.ui.outbox.page import OutboxPage

        if self._outbox is None:
            window, outgoing = self._window, self._window.outgoing
            assert outgoing is not None  # nobody goes there before
            self._outbox = page = OutboxPage(
                window.services, window.reader, window.look, window.scope, window.feedback, window.clock
            )
            page.contactWanted.connect(outgoing.open_contact)
            page.editWanted.connect(outgoing.edit_op)
            page.draftWanted.connect(outgoing.continue_draft)
            page.conflictWanted.connect(outgoing.open_conflict)
            page.signInWanted.connect(window.overlays.sign_in)
            page.saved.connect(outgoing.done)
            self.addWidget(page)
        return self._outbox

    def conflicts(self) -> ConflictPage:
        from crmdesk.ui.conflicts.page import ConflictPage

        if self._conflicts is None:
            window, outgoing = self._window, self._window.outgoing
            assert outgoing is not None  # nobody goes there before
            self._conflicts = page = ConflictPage(
                window.services, window.reader, window.scope, window.feedback, window.clock
            )
            page.contactWanted.connect(outgoing.open_contact)
            page.left.connect(outgoing.leave_conflicts)
            self.addWidget(page)
        return self._conflicts

    def trash(self) -> TrashPage:
        from crmdesk.ui.trash.page import TrashPage

        if self._trash is None:
            window, outgoing = self._window, self._window.outgoing
            assert outgoing is not None  # nobody goes there before
            self._trash = TrashPage(window.scope)
            self._trash.attach(window.services, window.reader)
            self._trash.saved.connect(outgoing.done)
            self._trash.copied.connect(window.feedback.notice)
            self._trash.eraseAsked.connect(lambda ids: privacy.start_erasing(window, ids))
            self.addWidget(self._trash)
        return self._trash

    def events(self) -> EventsPage:
        from crmdesk.ui.composer.events_page import EventsPage

        if self._events is None:
            window = self._window
            self._events = EventsPage(window)
            self._events.signInWanted.connect(lambda account: window.go(Place("accounts", account)))
            self._events.accountWanted.connect(lambda: window.go(Place("accounts", -1)))
            self.addWidget(self._events)
        return self._events

    def duplicates(self) -> DuplicatesPage:
        from crmdesk.ui.cards.page import DuplicatesPage

        if self._duplicates is None:
            window, outgoing = self._window, self._window.outgoing
            assert outgoing is not None  # nobody goes there before
            self._duplicates = DuplicatesPage(window.reader, outgoing.cards, window.look, window.scope)
            self._duplicates.contactWanted.connect(outgoing.open_contact)
            self.addWidget(self._duplicates)
        return self._duplicates

    def built_duplicates(self) -> DuplicatesPage | None:
        """None until somebody went there."""
        return self._duplicates

    def built_events(self) -> EventsPage | None:
        """None until somebody went there."""
        return self._events

    def built_outbox(self) -> OutboxPage | None:
        """None until somebody went there."""
        return self._outbox

    def built_conflicts(self) -> ConflictPage | None:
        """None until somebody went there."""
        return self._conflicts

    def built_trash(self) -> TrashPage | None:
        """None until somebody went there."""
        return self._trash

    def built_work(self) -> list[OutboxPage | ConflictPage | TrashPage]:
        """Those of the three that somebody went to."""
        return [page for page in (self._outbox, self._conflicts, self._trash) if page is not None]

    async def flush(self) -> None:
        """Everything typed outside the editor is on disk."""
        if self._events is not None:
            await self._events.flush()

    def shows(self, kind: str) -> bool:
        """Whether this page of edits is on screen."""
        pages = {
            "outbox": self._outbox, "conflicts": self._conflicts, "trash": self._trash, "events": self._events,
            "duplicates": self._duplicates,
        }  # fmt: skip
        return pages[kind] is not None and self.currentWidget() is pages[kind]

    def scopes(self) -> tuple[Scope, ...]:
        """Where keys work on the page that is shown, its own first."""
        if self.shows_contacts():
            return ("list", "contacts", "detail", "search")
        if self._events is not None and self.shows("events"):
            return ("runs",) if self._events.composer is None else ("composer", "grid")
        return tuple(scope for scope in ("outbox", "conflicts", "trash") if self.shows(scope))

    def shows_contacts(self) -> bool:
        return self.currentWidget() is self.contacts

    def shows_welcome(self) -> bool:
        return self._welcome is not None and self.currentWidget() is self._welcome

    def show_about(self) -> None:
        self._window.go(Place("settings"))
        self.settings().show_about()

    # settings

    def set_setting(self, name: str, value: Any) -> None:
        """From a menu or a key; the settings page follows."""
        setattr(self._window.settings, name, value)
        self.follow(name)
        self._applied(name)

    def follow(self, name: str) -> None:
        """The settings page shows what is so now."""
        if self._settings is not None and self._settings.has(name):
            self._settings.show_value(name)

    def grow_text(self, step: int) -> None:
        wanted = self._window.settings.font_scale + step
        self.set_setting("font_scale", max(SMALLEST_FONT, min(LARGEST_FONT, wanted)))

    def set_settings(self, values: Mapping[str, Any]) -> None:
        """Several at once, from a file; the settings page follows."""
        for name, value in values.items():
            setattr(self._window.settings, name, value)
            self.follow(name)
        self._applied(*values)

    def _applied(self, *names: str) -> None:
        """Let settings take effect, and keep them."""
        window, effects = self._window, self._effects()
        for name in names:
            if name in effects:
                effects[name]()
        if any(name not in effects for name in names):
            window.contacts.setting_changed(names[0])
        window.save_settings()
        window.refresh_status()

    def _effects(self) -> dict[str, Callable[[], object]]:
        """What takes effect elsewhere than on the page of contacts."""
        window, settings = self._window, self._window.settings
        effects: dict[str, Callable[[], object]] = {
            "scheme": lambda: window.look.set_scheme(settings.scheme),
            "high_contrast": lambda: window.look.set_high_contrast(settings.high_contrast),
            "density": lambda: window.look.set_density(settings.density),
            "font_scale": lambda: window.look.set_font_scale(settings.font_scale),
            "reading_time": self.set_reading_time,
            "language": self._offer_restart,
            "name_order": self._set_name_order,
        }
        if window.masks is not None:
            effects["privacy"] = window.masks.look
        if window.attached:
            effects["check_minutes"] = lambda: window.services.set_check_minutes(settings.check_minutes)
            effects["working_offline"] = lambda: window.services.set_working_offline(settings.working_offline)
            effects["kept_months"] = self.set_kept
            effects |= dict.fromkeys(GRACE, self.set_grace)
        if window.outgoing is not None:
            weights = [name for name in vars(settings) if name.startswith("match_")]
            effects |= dict.fromkeys(weights, window.outgoing.cards.set_weights)
        return effects

    def _offer_restart(self) -> None:
        """Words that are on screen stay as they are: another language needs another start."""
        if self._window.settings.file is not None:  # else nothing would be known of it then
            said = tr("The language changes when crmdesk starts again.")
            self._window.feedback.notice(said, (tr("Restart now"), self.restart))

    def restart(self) -> None:
        """Close, with the questions that closing asks, and start again."""
        self._window.start_again = True
        self._window.close()

    def _set_name_order(self) -> None:
        """Names are worded anew at once, and the list is sorted anew beside the window."""
        window = self._window
        naming.use(window.settings.name_order)
        self.reword_guests()
        if window.attached:
            window.reader.sort_names(by_given=window.settings.sorts_by_given)
            window.contacts.results.run(hold=True)
            keeping = window.services.keep_name_order(by_given=window.settings.sorts_by_given)
            window.scope.start(keeping, what="Keep the order of names", key="name order", if_busy="queue")

    def reword_guests(self) -> None:
        """What is shown of guests anywhere is worded anew."""
        self._window.contacts.model.restyle()
        self._window.contacts.detail.settings_changed()
        for page in self.built_work():
            page.reload()
        if self._duplicates is not None:
            self._duplicates.reload()

    def set_kept(self) -> None:
        """How long what was sent in bulk is kept."""
        self._window.services.submissions.sending.kept_months = self._window.settings.kept_months

    def set_reading_time(self) -> None:
        """How long notices and the offer to undo stay."""
        self._window.feedback.stretch = READING_TIMES[self._window.settings.reading_time]

    def set_grace(self) -> None:
        """How long a change waits for an undo."""
        edit, delete = (getattr(self._window.settings, name) for name in GRACE)
        self._window.services.edits.set_grace(edit, delete)

    def _clear_searches(self) -> None:
        self._window.scope.start(self._clear_now(), what="forget recent searches", key="searches", if_busy="keep")

    async def _clear_now(self) -> None:
        await self._window.services.clear_searches()
        self._window.feedback.notice(tr("Recent searches are forgotten."))


def contacts_page(*parts: Any) -> ContactsPage:
    """The one that every window begins with; imported when the first one is made."""
    from crmdesk.ui.contacts.page import ContactsPage

    return ContactsPage(*parts)
