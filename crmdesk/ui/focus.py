"""Who had the focus before something came over the window, and giving it back. Whoever had it may be gone by then: an
editor that was closed meanwhile, a field of a card that was read anew."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid


def focus_holder() -> QWidget | None:
    """The widget that has the focus now."""
    found = QGuiApplication.focusObject()
    return found if isinstance(found, QWidget) else None


def give_focus_back(holder: QWidget | None, reason: Qt.FocusReason = Qt.FocusReason.PopupFocusReason) -> None:
    """To `holder`, where it is still there and can be seen."""
    if holder is not None and isValid(holder) and holder.isVisible():
        holder.setFocus(reason)
