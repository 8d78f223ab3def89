"""As much of a window as a card looks at."""

from __future__ import annotations

from types import SimpleNamespace

from PySide6.QtCore import QObject, Signal


class _Signals(QObject):
    saved = Signal(object)
    ran = Signal(str)


class Window:
    def __init__(self) -> None:
        self._signals = _Signals()
        self.contacts = SimpleNamespace(saved=self._signals.saved)
        self.commands = SimpleNamespace(ran=self._signals.ran)
        self.checks = SimpleNamespace(working_offline=lambda: False)
