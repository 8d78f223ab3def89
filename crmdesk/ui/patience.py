"""When work under way is shown: not at all while it is short, then as a bar alone, then with words and Cancel
(UX-PRG-02)."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from crmdesk.ui.busy import Busy

QUIET_MS = 300  # shorter work shows nothing
SHORT_MS = 2000  # and until then the bar alone


class Patience(QObject):
    """Of one Busy, which is hidden until `begin`."""

    def __init__(self, busy: Busy) -> None:
        super().__init__(busy)
        self._busy = busy
        words = busy.label.parentWidget()  # with Cancel
        assert words is not None  # Busy laid them out
        self._words = words
        kept = self._words.sizePolicy()
        kept.setRetainSizeWhenHidden(True)  # the bar stays where it is when words come
        self._words.setSizePolicy(kept)
        self._quiet = QTimer(self, singleShot=True, interval=QUIET_MS)
        self._quiet.timeout.connect(busy.show)
        self._short = QTimer(self, singleShot=True, interval=SHORT_MS)
        self._short.timeout.connect(self._words.show)
        busy.hide()

    def begin(self) -> None:
        """Harmless while something is under way."""
        if self._short.isActive() or not self._busy.isHidden():
            return
        self._words.hide()
        self._quiet.start()
        self._short.start()

    def end(self) -> None:
        self._quiet.stop()
        self._short.stop()
        self._busy.hide()
