"""A guest's session belongs to the open card: who is left behind is signed out after a short notice.

Careful and no nuisance: looking something up elsewhere for a moment costs nobody a new code, and whoever walks on does
not leave somebody else's account open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer
from shiboken6 import isValid

from crmdesk.ui.kit import Banner, tr
from crmdesk.ui.words import isolated, plural

if TYPE_CHECKING:
    from crmdesk.sync.guests import Guests
    from crmdesk.ui.main_window import MainWindow

NOTICE_SECONDS = 30.0
TICK_MS = 1_000
_MOVED = (QEvent.Type.HideToParent, QEvent.Type.ShowToParent)


def watch(window: MainWindow) -> GuestLeaving:
    """Begins to watch. Whoever asks keeps it."""
    return GuestLeaving(window, window.services.guests)


@dataclass
class _Left:
    """A guest whose card was closed: when the session ends."""

    name: str
    until: float
    banner: Banner | None = None


class GuestLeaving(QObject):
    """Acts for its window. The open card is the contact in the detail pane, while that is in sight beside (or, in a
    narrow window, in place of) the list; another page over both leaves it open."""

    def __init__(self, window: MainWindow, guests: Guests) -> None:
        super().__init__(window)
        self._window, self._guests = window, guests
        self._pane = window.contacts.detail
        self._open = 0
        self._left: dict[int, _Left] = {}
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self.tick)
        self._pane.turned.connect(self.look)
        self._pane.installEventFilter(self)
        self._unsubscribe = guests.subscribe(self._changed)
        window.destroyed.connect(self._unsubscribe)
        self.look()

    def _card(self) -> int:
        return int(self._pane.contact_id) if not self._pane.isHidden() else 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _MOVED:
            QTimer.singleShot(0, self, self.look)
        return False

    def look(self) -> None:
        """Another card may be open now."""
        before, self._open = self._open, self._card()
        if before == self._open:
            return
        self._back(self._open)
        found = self._guests.signed_in(before) if before else None
        if found is not None:
            name = found.guest.name or tr("The guest")
            self._left[before] = _Left(name, self._window.clock.monotonic() + NOTICE_SECONDS)
            self._timer.start()
            self._show(before)

    def _back(self, contact_id: int) -> None:
        """The card is open again, or the session is over: nothing to tell."""
        if self._left.pop(contact_id, None) is not None:
            self._window.banners.clear(_key(contact_id))
        if not self._left:
            self._timer.stop()

    def _changed(self) -> None:
        if isValid(self) and isValid(self._window):
            self._window.commands.refresh()  # who may sign in here, and who is signed in
            for contact_id in tuple(self._left):
                if self._guests.signed_in(contact_id) is None:
                    self._back(contact_id)

    def _show(self, contact_id: int) -> None:
        """Said once; the seconds go on without a word."""
        banners = self._window.banners
        banners.clear(_key(contact_id))
        self._left[contact_id].banner = banners.show_banner(
            _key(contact_id),
            "warning",
            self._words(contact_id),
            (
                ("keep", tr("Keep open"), lambda: self._back(contact_id)),
                ("back", tr("Back to the guest"), lambda: self._go_back(contact_id)),
                ("sign", tr("Sign out now"), lambda: self._sign_out(contact_id)),
            ),
        )

    def _words(self, contact_id: int) -> str:
        left = self._left[contact_id]
        seconds = max(0, round(left.until - self._window.clock.monotonic()))
        words = plural(seconds, "{name}’s card was closed. Signing out in 1 second.",
                       "{name}’s card was closed. Signing out in {n} seconds.")  # fmt: skip
        return words.replace("{name}", isolated(left.name))

    def tick(self) -> None:
        """Time went on."""
        now = self._window.clock.monotonic()
        for contact_id, left in tuple(self._left.items()):
            if now >= left.until:
                self._sign_out(contact_id)
            else:
                self._reword(contact_id)

    def _reword(self, contact_id: int) -> None:
        banner = self._left[contact_id].banner
        if banner is not None and isValid(banner):
            banner.set("warning", self._words(contact_id))

    def _go_back(self, contact_id: int) -> None:
        self._window.show_contacts()
        self._window.contacts.open_contact(contact_id)
        self._window.contacts.show_detail()

    def _sign_out(self, contact_id: int) -> None:
        name = self._left[contact_id].name
        self._back(contact_id)
        self._window.scope.start(
            self._end(contact_id, name), what="Sign the guest out", key=("guest.sign_out", contact_id), if_busy="keep"
        )

    async def _end(self, contact_id: int, name: str) -> None:
        """What is saved of the guest stays: nobody was asked whether it may go."""
        await self._guests.sign_out(contact_id)
        self._window.feedback.notice(tr("{name} was signed out.").replace("{name}", isolated(name)))


def _key(contact_id: int) -> str:
    return f"guest.left.{contact_id}"
