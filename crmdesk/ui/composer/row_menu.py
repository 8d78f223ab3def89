"""The menu of a row, at the mouse or by the keyboard's menu key."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

Entry = tuple[str, str, Callable[[], object], str]
"""Name, words, what it does, and why it cannot be done now ('' = it can)."""


def show_menu(parent: QWidget, name: str, entries: Iterable[Entry], at: QPoint) -> None:
    """Gone once it is closed. `at` is on screen."""
    menu = QMenu(parent)
    menu.setObjectName(name)
    menu.setToolTipsVisible(True)
    for key, words, run, reason in entries:
        action = QAction(words, menu)
        action.setObjectName(f"{name}.{key}")
        action.setEnabled(not reason)
        action.setToolTip(reason)
        action.triggered.connect(lambda _checked=False, run=run: run())
        menu.addAction(action)
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(at)
