"""What the window does in practice mode besides its usual work: the panel with the troubles, the frame that tells them,
and the cards that teach."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt

from crmdesk.core.types import Account, ContactDetail
from crmdesk.sandbox.troubles import Switches, Trouble
from crmdesk.sync.progress import Phase
from crmdesk.ui.commands import Command
from crmdesk.ui.feedback import announce
from crmdesk.ui.practice.elsewhere import ElsewhereBox
from crmdesk.ui.practice.panel import PracticePanel, where_words
from crmdesk.ui.practice.tab_order import put_before
from crmdesk.ui.practice.words import WORDS
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.ui.main_window import MainWindow

SEEN_BY_A_CHECK = frozenset({Trouble.SLOW, Trouble.OFFLINE, Trouble.SIGN_OUT, Trouble.SHUFFLED})
"""The others are met by whoever sends something."""
SHUT = (Trouble.OFFLINE, Trouble.SIGN_OUT)
"""With these no check gets through."""


class PracticeSide(QObject):
    """Acts for its window, whose child it is; begins with an open data folder. `cards`: where it is noted which cards
    are dismissed; None: nothing is taught."""

    def __init__(self, window: MainWindow, emulators: Mapping[str, Any], cards: Path | None) -> None:
        super().__init__(window)
        self.setObjectName("practice.side")
        self._window = window
        self.switches = Switches(emulators, self._changed)
        self.panel: PracticePanel | None = None
        put_before(window.navigation, window.strip.offer(self.open_panel, self.clear))
        window.contacts.detail.opened.connect(self._follow_contact)
        self._add_commands()
        if cards is not None:
            from crmdesk.ui.practice.teacher import Teacher

            self.teacher = Teacher(window, cards, emulators, self)

    def _add_commands(self) -> None:
        window, menu = self._window, "Help"
        for command in (
            Command(
                "practice.panel", tr("Practice panel…"), self.open_panel, menu=menu, icon="theatre",
                words="trouble faults offline slow refuse lost simulate training",
            ),
            Command(
                "practice.off", tr("Switch all troubles off"), self.clear, enabled=self._why_not_off, menu=menu,
                words="practice faults",
            ),
        ):  # fmt: skip
            window.commands.add(command)
            window.menus[menu].addAction(window.commands.action(command.id))

    def _why_not_off(self) -> str | None:
        return None if self.switches.active() else tr("No trouble is switched on.")

    def open_panel(self) -> None:
        """Shows it, or brings it forward."""
        if self.panel is None:
            window = self._window
            another = ElsewhereBox(self.switches.elsewhere, self.switches.shared())
            self.panel = PracticePanel(self.switches, self._titles(), self.switch, self.clear, another, window)
            self._follow_contact()
        self.panel.show()
        self.panel.raise_()
        self.panel.activateWindow()
        self.panel.vendor.setFocus(Qt.FocusReason.PopupFocusReason)

    def switch(self, trouble: Trouble, on: bool, names: tuple[str, ...]) -> None:
        """At these vendors; what a check meets is seen at once."""
        self.switches.set(trouble, on, names)
        if trouble in SEEN_BY_A_CHECK:
            self._check(names)

    def clear(self) -> None:
        """All off."""
        active = self.switches.active()
        self.switches.clear()
        self._check(tuple({name for one in SEEN_BY_A_CHECK for name in active.get(one, ())}))

    def _check(self, names: tuple[str, ...]) -> None:
        checks, scope = self._window.checks, self._window.scope
        for account in checks.accounts:
            if account.vendor in names and account.active and checks.why_not_account(account) is None:
                key = ("check", account.id)
                scope.start(self._look(account), what="check an account", key=key, if_busy="queue")

    async def _look(self, account: Account) -> None:
        """A check that was under way is joined; where it began before the switch, it says nothing of it."""
        result = await self._window.services.pull(account.id)
        met = result.phase in (Phase.OFFLINE, Phase.SIGN_IN)
        if result.phase is not Phase.READY and met != any(account.vendor in self.switches.on(one) for one in SHUT):
            await self._window.services.pull(account.id)

    def _changed(self) -> None:
        """Frame and panel tell what is on."""
        text = self.words()
        self._window.strip.show_troubles(text)
        announce(self._window.strip, text or tr("No trouble is switched on."))
        if self.panel is not None:
            self.panel.show_state()
        self._window.commands.refresh()

    def words(self) -> str:
        """What is switched on, and where; '' for nothing."""
        every, titles, template = self.switches.names, self._titles(), tr("{trouble}: {vendors}")
        parts = [
            template.replace("{trouble}", tr(WORDS[one].title)).replace("{vendors}", where_words(names, every, titles))
            for one, names in self.switches.active().items()
        ]
        return tr("Switched on: {troubles}").replace("{troubles}", "; ".join(parts)) if parts else ""

    def _titles(self) -> dict[str, str]:
        return {key: vendor.title for key, vendor in self._window.services.vendors.items()}

    def _follow_contact(self) -> None:
        """*Somebody at another desk* changes whoever is open."""
        if self.panel is None:
            return
        window, detail = self._window, self._window.contacts.detail.detail
        vendor = self._vendor_of(detail)
        fields = window.services.vendors[vendor].fields if vendor else ()
        self.panel.another.show_contact(detail, vendor, fields)

    def _vendor_of(self, detail: ContactDetail | None) -> str:
        accounts = {account.id: account for account in self._window.checks.accounts}
        found = accounts.get(detail.row.account_id) if detail is not None else None
        return found.vendor if found is not None else ""
