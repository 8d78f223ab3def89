"""Qt's loop for asyncio tests."""

from __future__ import annotations

import asyncio

import qasync
from PySide6.QtWidgets import QApplication


def qt_loop() -> asyncio.AbstractEventLoop:
    """A loop over the one QApplication, which closing the last window does not stop."""
    app = QApplication.instance() or QApplication([])
    app.setQuitOnLastWindowClosed(False)
    return qasync.QEventLoop(app, already_running=False)
