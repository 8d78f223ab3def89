"""Ctrl+Enter in a dialog: its main button, wherever the focus is."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QPushButton

KEYS = ("Ctrl+Return", "Ctrl+Enter")


def main_button_of(dialog: QDialog) -> QPushButton | None:
    """The one in sight that can be pressed; None where there is none: of a question whose safe answer is *Cancel*."""
    buttons = dialog.findChildren(QPushButton)
    return next((one for one in buttons if one.property("main") and one.isVisible() and one.isEnabled()), None)


def press_by_key(dialog: QDialog) -> None:
    """From now on Ctrl+Enter presses the main button; a button with the focus would take it for Enter."""

    def press() -> None:
        if (main := main_button_of(dialog)) is not None:
            main.setFocus()  # what is being typed is taken first
            main.click()

    for key in KEYS:
        QShortcut(QKeySequence(key), dialog, press)
