"""Where the keyboard goes on after a button that did its work is off or gone: Qt would send the focus to whatever
comes next, which is the status bar as often as not."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from shiboken6 import isValid


class KeptFocus(QObject):
    """Watches the buttons inside `part`; `target` takes the focus where one of them loses it so."""

    def __init__(self, part: QWidget, target: QWidget) -> None:
        super().__init__(part)
        self._part, self._target = part, target
        self._pressed: QAbstractButton | None = None  # had the focus last, of all that is inside
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._moved)

    def _moved(self, _old: QWidget | None, new: QWidget | None) -> None:
        if new is None or new.window() is not self._part.window():
            return  # a dialog, or another program: the button has the focus again afterwards, if it can
        before = self._pressed
        inside, button = self._part.isAncestorOf(new), isinstance(new, QAbstractButton)
        self._pressed = new if inside and isinstance(new, QAbstractButton) else None
        chosen = inside and not button  # somebody sent it there: a cell that is to be corrected, a field
        if before is not None and before is not new and not chosen and self._lost(before):
            QTimer.singleShot(0, self, self._bring)

    def _lost(self, button: QAbstractButton) -> bool:
        return not isValid(button) or not button.isEnabled() or not button.isVisibleTo(self._part)

    def _bring(self) -> None:
        if self._part.isVisible():
            self._target.setFocus(Qt.FocusReason.OtherFocusReason)
