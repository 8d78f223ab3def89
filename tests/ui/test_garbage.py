"""Widgets that are garbage are taken apart in Qt's thread, whatever thread makes the next object."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from crmdesk.ui.garbage import OLDEST, Collector, collect_due


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


@pytest.fixture
def usual_thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


@pytest.mark.usefixtures("usual_thresholds")
@pytest.mark.parametrize(("of_before", "looked_at"), [(10.0, False), (0.5, True)])
def test_everything_is_looked_at_only_when_a_quarter_has_come_to_it(
    qapp: QApplication, of_before: float, looked_at: bool
) -> None:
    parent = QObject()
    Collector(parent)
    gc.collect()
    before = round(len(gc.get_objects(OLDEST)) * of_before)
    kept, turns = [], []
    for _ in range(13 * 13):  # by Python's counts alone, each generation has its turn in them
        kept.append([[] for _ in range(gc.get_threshold()[0] + 100)])
        turns.append(collect_due(before))
    assert (OLDEST in turns) is looked_at
    assert OLDEST - 1 in turns
