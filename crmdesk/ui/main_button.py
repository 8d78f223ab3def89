"""Enter in a dialog: the button that has the focus; Ctrl+Enter: its main button, wherever the focus is."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QPushButton, QToolButton

KEYS = ("Ctrl+Return", "Ctrl+Enter")
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


def main_button_of(dialog: QDialog) -> QPushButton | None:
    """The one in sight that can be pressed; None where there is none: of a question whose safe answer is *Cancel*."""
    buttons = dialog.findChildren(QPushButton)
    return next((one for one in buttons if one.property("main") and one.isVisible() and one.isEnabled()), None)


def press_by_key(dialog: QDialog) -> None:
    """From now on Ctrl+Enter presses the main button, and Enter the button that has the focus."""

    def press() -> None:
        if (main := main_button_of(dialog)) is not None:
            main.setFocus()  # what is being typed is taken first
            main.click()

    for key in KEYS:
        QShortcut(QKeySequence(key), dialog, press)
    dialog.installEventFilter(_Enter(dialog))


class _Enter(QObject):
    """Qt hands Enter to the default button, unless the one with the focus may become it: on *Cancel* it would do what
    was not wanted."""

    def eventFilter(self, dialog: QObject, event: QEvent) -> bool:
        if isinstance(dialog, QDialog) and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            at = dialog.focusWidget()
            plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            if event.key() in ENTER and plain and isinstance(at, QPushButton | QToolButton) and at.isEnabled():
                at.click()
                return True
        return super().eventFilter(dialog, event)
