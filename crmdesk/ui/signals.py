"""The store's changes as one Qt signal, merged, so that a running pull does not repaint for every page."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from crmdesk.core.changes import PERSON, ChangeFeed, Changes

MERGE_MS = 100


class StoreSignals(QObject):
    """`changed(Changes)`: everything that was committed in the last `merge_ms`, as one value, on the GUI thread.

    What a person did comes at once and by itself; only where one thing follows the other within `merge_ms` (a whole
    batch that is undone) it is merged too."""

    changed = Signal(object)

    def __init__(self, feed: ChangeFeed, parent: QObject | None = None, merge_ms: int = MERGE_MS) -> None:
        super().__init__(parent)
        self._waiting: Changes | None = None
        self._timer = QTimer(self, singleShot=True, interval=merge_ms)
        self._timer.timeout.connect(self.flush)
        self._pause = QTimer(self, singleShot=True, interval=merge_ms)  # since the last one that came at once
        self._unsubscribe = feed.subscribe(self._arrived)

    def _arrived(self, changes: Changes) -> None:
        if changes.origin == PERSON and not self._pause.isActive():
            self._pause.start()
            self.changed.emit(changes)
            return
        self._waiting = changes if self._waiting is None else self._waiting | changes
        if not self._timer.isActive():
            self._timer.start()

    def flush(self) -> None:
        """Hand over what waits, now."""
        self._timer.stop()
        waiting, self._waiting = self._waiting, None
        if waiting:
            self.changed.emit(waiting)

    def close(self) -> None:
        """No signal comes after this."""
        self._unsubscribe()
        self._timer.stop()
        self._waiting = None
