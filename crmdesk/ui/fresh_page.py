"""A page that is read anew when something has changed: now, or when it comes to sight."""

from __future__ import annotations

from PySide6.QtGui import QShowEvent

from crmdesk.ui.kit import Page


class FreshPage(Page):
    """Subclasses start their reading in `_begin_reading`."""

    def __init__(self) -> None:
        super().__init__()
        self._stale = True

    def _begin_reading(self) -> None:
        raise NotImplementedError

    def reload(self) -> None:
        """Read it anew, now or when the page comes to sight."""
        self._stale = True
        if self.isVisible():
            self._stale = False
            self._begin_reading()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self.reload()
