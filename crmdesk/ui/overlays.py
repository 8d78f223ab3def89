"""What lies over the window for a moment: command palette, accounts panel, key list, a guest’s sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from crmdesk.ui.places import HOME, SETTINGS, Place
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.core.types import ContactRow, SavedView
    from crmdesk.ui.login.desk import SignInDesk
    from crmdesk.ui.main_window import MainWindow
    from crmdesk.ui.palette import Entry, Palette
    from crmdesk.ui.sync_panel import SyncPanel

FOUND = 30  # contacts the palette lists


class Overlays:
    """Each is built, and its module loaded, when first wanted."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self.palette: Palette | None = None
        self.panel: SyncPanel | None = None
        self.desk: SignInDesk | None = None
        self.practice: dict[int, Mapping[str, Any]] = {}  # accounts as their emulators describe them, by id

    def open_palette(self, typed: str = "") -> None:
        from crmdesk.ui.palette import Palette

        window = self._window
        if self.palette is None:
            self.palette = Palette(
                window.commands,
                window.look,
                window.scope,
                window,
                contacts=self._contacts,
                views=self._views,
                settings=self._settings,
            )
        self.palette.open_palette(typed)

    def open_panel(self) -> None:
        from crmdesk.ui.sync_panel import SyncPanel

        if self.panel is None:
            self.panel = SyncPanel(self._window.checks, self._window)
        if self.panel.isHidden():
            self.panel.open_panel(self._window.refresh_status)

    def close_panel(self) -> bool:
        """False where it was not open."""
        if self.panel is None or self.panel.isHidden():
            return False
        self.panel.close_panel()
        return True

    def toggle_panel(self) -> None:
        if not self.close_panel():
            self.open_panel()

    def show_help(self) -> None:
        from crmdesk.ui.help import KeyHelp

        KeyHelp(self._window.commands, self._window, self._window.pages.scopes()).show()

    def show_deeds(self) -> None:
        """What was done to all contacts."""
        from crmdesk.ui.deeds_dialog import DeedsDialog
        from crmdesk.ui.feedback import ask

        window = self._window
        dialog = DeedsDialog(window, window.reader, window.scope, window.clock, window.contacts.detail.fields_of)
        dialog.openWanted.connect(self._open)
        window.scope.start(ask(dialog), what="Show what was done", key="deeds.dialog", if_busy="keep")

    def show_notices(self) -> None:
        """What was told in this run, for whoever missed it."""
        from crmdesk.ui.feedback import ask
        from crmdesk.ui.notices_dialog import NoticesDialog

        window = self._window
        dialog = NoticesDialog(window, window.feedback.told, window.scope, window.clock)
        window.scope.start(ask(dialog), what="Show notices", key="notices.dialog", if_busy="keep")

    def sign_in(self, account_id: int = 0, contact_id: int = 0) -> None:
        """The dialog in which a guest signs in, for this account and contact where they are given."""
        from crmdesk.ui.login.desk import SignInDesk

        self.desk = self.desk or SignInDesk(self._window, self.practice)
        self.desk.open(account_id, contact_id)

    def close_sign_in(self) -> None:
        if self.desk is not None:
            self.desk.close()

    async def _contacts(self, text: str) -> list[Entry]:
        from crmdesk.core.query import parse

        window = self._window
        if not window.attached:
            return []
        hits = await window.reader.search(parse(text, now=window.clock.now()), first=FOUND)
        return [self._contact(contact) for contact in hits.first[:FOUND]]

    def _contact(self, contact: ContactRow) -> Entry:
        from crmdesk.ui.contacts.columns import display_name
        from crmdesk.ui.palette import Entry

        name = display_name(contact)
        return Entry(name, lambda: self._open(contact.id), side=contact.city, under=contact.email, icon="person")

    def _open(self, contact_id: int) -> None:
        self._window.go(HOME)
        self._window.contacts.verbs.open_contact(contact_id)

    def _views(self) -> list[Entry]:
        return [self._view(view) for view in self._window.navigation.views()]

    def _view(self, view: SavedView) -> Entry:
        from crmdesk.ui.palette import Entry

        return Entry(tr(view.title), lambda: self._window.go(Place("view", view.id)), under=view.query, icon="view")

    def _settings(self) -> list[Entry]:
        from crmdesk.ui.settings_page import OPTIONS

        return [self._setting(option) for option in OPTIONS]

    def _setting(self, option: Any) -> Entry:
        from crmdesk.ui.palette import Entry

        def show() -> None:
            self._window.go(SETTINGS)
            self._window.pages.settings().focus_option(option.name)

        return Entry(tr(option.label), show, under=tr(option.page), icon="settings")
