"""Widgets that are garbage are taken apart in Qt's thread, whatever thread makes the next object."""

from __future__ import annotations

import gc
import threading
from typing import Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from crmdesk.ui.garbage import Collector, collect_due


class Cycle(QObject):
    """Reaches itself, so that only a collection can take it apart."""

    def __init__(self, ended: list[str]) -> None:
        super().__init__()
        self.timer = QTimer(self)
        self.me = self
        self._ended = ended

    def __del__(self) -> None:
        self._ended.append(threading.current_thread().name)


def _busy() -> None:
    """What would make Python collect in this thread."""
    kept: list[Any] = [[] for _ in range(5 * gc.get_threshold()[0])]
    kept.append(kept)


def test_another_thread_takes_no_widget_apart(qapp: QApplication) -> None:
    gc.collect()
    parent, ended = QObject(), list[str]()
    gc.enable()  # as Python starts
    Collector(parent)
    Cycle(ended).timer.start(1000)
    thread = threading.Thread(target=_busy)
    thread.start()
    thread.join()
    assert ended == []
    collect_due()
    assert ended == [threading.current_thread().name]


def test_collections_come_when_there_is_something_to_look_at(qapp: QApplication) -> None:
    parent = QObject()
    Collector(parent)
    gc.collect()
    assert collect_due() == -1
    kept = [[] for _ in range(gc.get_threshold()[0] + 100)]
    assert collect_due() == 0
    assert len(kept) > 0
