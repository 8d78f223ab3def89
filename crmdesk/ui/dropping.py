"""A file dropped anywhere on the window: a table becomes bulk events, anything else is told what it is not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMimeData, QObject
from PySide6.QtGui import QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from crmdesk.ui.feedback import error_words
from crmdesk.ui.places import EVENTS
from crmdesk.ui.words import isolated, tr

if TYPE_CHECKING:
    from crmdesk.ui.main_window import MainWindow

DRAGS = (QEvent.Type.DragEnter, QEvent.Type.DragMove)
PLACED = (QEvent.Type.Show, QEvent.Type.WinIdChange)


def files_in(data: QMimeData) -> list[Path]:
    """Files of this computer among what is dragged."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


class Drops(QObject):
    """Looks at what comes to the window before its widgets do: text fields would take a file for its name."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        window.installEventFilter(self)
        self._watch()

    def _watch(self) -> None:
        """A window has a handle once it was shown."""
        if (handle := self._window.windowHandle()) is not None:
            handle.installEventFilter(self)  # a second time is harmless

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window:
            if event.type() in PLACED:
                self._watch()
        elif isinstance(event, QDragMoveEvent) and event.type() in DRAGS:  # entering is a kind of moving
            return self._dragged(event)
        elif isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
            return self._dropped(event)
        return super().eventFilter(watched, event)

    def _takes(self) -> bool:
        """Neither behind the lock nor below a question."""
        return not self._window.lock.hidden and QApplication.activeModalWidget() is None

    def _dragged(self, event: QDragMoveEvent) -> bool:
        files = bool(files_in(event.mimeData())) and self._takes()
        if files:
            event.acceptProposedAction()
        return files

    def _dropped(self, event: QDropEvent) -> bool:
        files = files_in(event.mimeData())
        if not files or not self._takes():
            return False
        event.acceptProposedAction()
        self.take(files)
        return True

    def take(self, files: list[Path]) -> None:
        """One table is imported; what else came is told."""
        from crmdesk.sync.importing import SUFFIXES, no_table

        if len(files) > 1:
            self._window.feedback.notice(tr("Drop one file at a time."))
        elif files[0].suffix.lower() not in SUFFIXES:
            self._window.feedback.notice(" ".join(error_words(no_table(isolated(files[0].name)))))
        else:
            self._window.go(EVENTS)
            if self._window.pages.shows("events"):  # it needs an account
                self._window.pages.events().take_file(files[0])
