"""When duplicates were looked for last, *Scan again*, and how a scan goes, with *Stop*."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QWidget

from crmdesk.ui.busy import Busy
from crmdesk.ui.cards.scanning import Scanning
from crmdesk.ui.kit import Muted, button, column, row, tr
from crmdesk.ui.words import clock_time


class ScanBar(QWidget):
    """Follows a Scanning."""

    def __init__(self, scanning: Scanning) -> None:
        super().__init__()
        self._scanning, self._step = scanning, ""
        self.last = Muted("", wrap=True)
        self.last.setObjectName("duplicates.last")
        self.again = button("duplicates.scan", tr("Scan again"), scanning.start)
        rest, self.busy = QWidget(), Busy("duplicates.busy", scanning.stop)
        self.busy.cancel.setText(tr("Stop"))
        row(rest, self.last, self.again, stretch=0)
        self.stack = QStackedWidget()
        self.stack.addWidget(rest)
        self.stack.addWidget(self.busy)
        column(self, self.stack)
        scanning.changed.connect(self.refresh)
        self.refresh()

    def show_last(self, at: str, now: datetime) -> None:
        """`at`: UTC ISO of the end of the last whole scan, '' for none."""
        when = clock_time(at, now)
        words = tr("Last scan: {time}").replace("{time}", when) if when else tr("Not scanned yet.")
        self.last.setText(" ".join(part for part in (words, self._scanning.note) if part))
        self.again.setText(tr("Scan again") if when else tr("Scan now"))

    def refresh(self) -> None:
        """The focus goes from the button that began it to the one that stops it, and back."""
        scanning = self._scanning
        held = self.again.hasFocus() or self.busy.cancel.hasFocus()
        self.stack.setCurrentIndex(1 if scanning.running else 0)
        progress = scanning.progress
        done, total = (progress.done, progress.total) if progress is not None and not scanning.stopping else (0, None)
        step = progress.step if progress is not None else ""
        self.busy.set(scanning.words(), done, total, fresh=step != self._step)
        self._step = step
        self.busy.cancel.setEnabled(not scanning.stopping)
        if held:
            (self.busy.cancel if scanning.running else self.again).setFocus(Qt.FocusReason.OtherFocusReason)
