"""Privacy mode at work: turns the masks with the setting, and hides everything when nobody is here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from crmdesk.ui import hiding
from crmdesk.ui.lock.idle import IdleWatch

if TYPE_CHECKING:
    from crmdesk.ui.main_window import MainWindow

FAR = 1e6  # seconds: nobody is waited for


class PrivacyWatch(QObject):
    """Acts for its window, from the open data folder on."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._idle = IdleWatch(window.clock, self._limit, self._nobody, self)
        window.lock.changed.connect(self.look)  # another person is at the desk
        self.look()

    def look(self) -> None:
        """The setting, or how many people work here, may be another."""
        if not hiding.turn(bool(getattr(self._window.settings, "masks", False))):
            return
        self._window.pages.reword_guests()
        self._window.commands.refresh()

    def _limit(self) -> float:
        return float(self._window.settings.privacy_seconds) if hiding.hides() else FAR

    def _nobody(self) -> None:
        if not self._window.lock.hidden:
            self._window.lock.hide_content()
