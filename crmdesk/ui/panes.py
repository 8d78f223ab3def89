"""F6: the panes of the window in their order, and where the focus goes when a page is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from crmdesk.ui.main_window import MainWindow

NAMES = (
    "search.box",
    "list.contacts",
    "detail.tabs",
    "editor.form",
    "outbox.list",
    "outbox.panel",
    "conflict.view",
    "conflict.foot",
    "trash.list",
    "duplicates.list",
    "duplicates.panel",
    "events.list",
    "composer.fill",
    "composer.grid",
    "composer.problems.list",
    "accounts.list",
    "accounts.field.title",
    "settings.scheme",
    "welcome.connect",
)


class Panes:
    """Acts for its window: navigation, the page's panes, what notices offer, the undo bar, the status bar."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def step(self, by: int) -> None:
        panes = [pane for pane in self._all() if pane.isVisible()]
        focus = self._window.focusWidget()
        here = next((n for n, pane in enumerate(panes) if focus and (pane is focus or pane.isAncestorOf(focus))), -1)
        if panes:
            panes[(here + by) % len(panes)].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def move_focus(self, left: QWidget | None) -> None:
        """A focus that was on a page now hidden goes to the first pane of the one that is shown, and not where Qt has
        put it meanwhile. `left` had it before."""
        if left is None or not left.isVisible():
            panes = [pane for pane in self._of_page() if pane.isVisibleTo(self._window)]
            preferred = [pane for pane in panes if pane.objectName() == "list.contacts"] or panes
            page = self._window.pages.currentWidget()
            (preferred[0] if preferred else page or self._window).setFocus(Qt.FocusReason.OtherFocusReason)

    def _all(self) -> Sequence[QWidget]:
        window = self._window
        bar = [window.outgoing.undo.bar.button] if window.outgoing is not None else []
        told = window.feedback.actions()
        return [window.navigation.list, *self._of_page(), *told, *bar, window.status.connection]

    def _of_page(self) -> list[QWidget]:
        page = self._window.pages.currentWidget()
        found = [page.findChild(QWidget, name) for name in NAMES] if page is not None else []
        return [pane for pane in found if pane is not None]
