"""The tabs of the detail pane: Overview, History, and what a signed-in guest or a setting adds."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QTabWidget, QWidget

from crmdesk.ui.words import tr

BAR = (
    "QTabBar { background: transparent; }"  # else the whole bar is tinted
    "QTabBar::tab { padding: 7px 6px; }"  # a signed-in guest has five: all of them in the pane's usual width
    "QTabBar::tab:focus { padding: 5px 4px 7px 4px; }"
)


class DetailTabs(QTabWidget):
    """Tab stops at the bar. Whoever goes to the pane (F6, Enter in the list) gets what `first()` says, else the bar.

    No focus proxy: with one inside itself Qt leaves out the bar on the way forward."""

    def __init__(self, first: Callable[[], QWidget | None]) -> None:
        super().__init__()
        self._first = first
        self.setObjectName("detail.tabs")
        self.setDocumentMode(True)
        bar = self.tabBar()
        bar.setObjectName("detail.tabs.bar")
        bar.setAccessibleName(tr("Parts of this contact"))
        bar.setDrawBase(False)
        bar.setStyleSheet(BAR)
        self.setFocusProxy(None)  # type: ignore[arg-type]  # Qt takes none for none
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        bar.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        (self._first() or self.tabBar()).setFocus(event.reason())
