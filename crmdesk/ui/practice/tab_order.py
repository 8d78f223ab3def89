"""What comes into the window late is reached by Tab where it is seen, not after everything else."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def put_before(place: QWidget, widgets: Sequence[QWidget]) -> None:
    """Tab comes through `widgets` just before it comes into `place`."""
    at = place.previousInFocusChain()
    while at is not None and at is not place and at.focusPolicy() == Qt.FocusPolicy.NoFocus:
        at = at.previousInFocusChain()
    for widget in widgets:
        if at is not None:
            QWidget.setTabOrder(at, widget)
        at = widget
