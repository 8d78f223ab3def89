"""Work under way, as it is shown wherever somebody waits for it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QAbstractButton, QProgressBar, QWidget

from crmdesk.ui.kit import ElidedLabel, FlatButton, IconButton, Muted, column, row, tr
from crmdesk.ui.time_left import TimeLeft, left_words


class Busy(QWidget):
    """Text, how long it will take yet, bar and Cancel. An unknown total gives a bar without an end; bars never run
    backwards."""

    def __init__(
        self,
        name: str,
        cancel: Callable[[], None] | None = None,
        parent: QWidget | None = None,
        *,
        compact: bool = False,
    ) -> None:
        """`compact`: a cross in place of the word, and no room for the time that is left."""
        super().__init__(parent)
        self.label = ElidedLabel("", self)
        self.left = Muted("", self)
        self.left.hide()
        self._time, self._compact = TimeLeft(), compact
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.cancel: QAbstractButton = (
            IconButton(f"{name}.cancel", "close", tr("Cancel"), self)
            if compact
            else FlatButton(f"{name}.cancel", tr("Cancel"), self)
        )
        self.cancel.setVisible(cancel is not None)
        if cancel is not None:
            self.cancel.clicked.connect(lambda _checked=False: cancel())
        top = QWidget(self)
        row(top, self.label, self.left, self.cancel, stretch=0)
        column(self, top, self.bar, gap=3)

    def set(self, text: str, done: int = 0, total: int | None = None, *, fresh: bool = False) -> None:
        """`done` of `total`; None where nobody knows how much there is. `fresh` begins another piece of work."""
        self.label.setText(text)
        self.bar.setAccessibleName(text)
        self._say_left(left_words(self._time.told(done, total, fresh=fresh)) if total else "")
        if total is None:
            self.bar.setRange(0, 0)
            return
        same = self.bar.maximum() == total and not fresh
        self.bar.setRange(0, max(1, total))
        self.bar.setValue(max(done, self.bar.value()) if same else done)

    def _say_left(self, words: str) -> None:
        self.left.setText(words)
        self.left.setVisible(bool(words) and not self._compact)
        self.bar.setAccessibleDescription(words)
