"""What we put on the clipboard goes with the lock; what another program put there stays."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QClipboard, QGuiApplication

BOARDS = (QClipboard.Mode.Clipboard, QClipboard.Mode.Selection, QClipboard.Mode.FindBuffer)


class ClipboardWatch(QObject):
    """Notes for each clipboard whether its last change was ours. Not every system tells who owns one: then a change
    while our window is in front counts as ours."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._board = QGuiApplication.clipboard()
        self._ours: set[QClipboard.Mode] = set()
        self._board.changed.connect(self._changed)

    def _changed(self, mode: QClipboard.Mode) -> None:
        in_front = QGuiApplication.applicationState() == Qt.ApplicationState.ApplicationActive
        if in_front or self._owns(mode):
            self._ours.add(mode)
        else:
            self._ours.discard(mode)

    def clear(self) -> None:
        """Empties those that still hold what we copied."""
        for mode in BOARDS:
            if mode in self._ours or self._owns(mode):
                self._board.clear(mode)
        self._ours.clear()

    def _owns(self, mode: QClipboard.Mode) -> bool:
        if mode == QClipboard.Mode.Selection:
            return self._board.supportsSelection() and self._board.ownsSelection()
        if mode == QClipboard.Mode.FindBuffer:
            return self._board.supportsFindBuffer() and self._board.ownsFindBuffer()
        return self._board.ownsClipboard()
