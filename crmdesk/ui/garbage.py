"""Garbage is collected in Qt's thread only.

Python collects in whichever thread happens to make the next object. A widget that is part of a cycle would then be
taken apart by the thread of the store or of the network, which Qt answers with *Timers cannot be stopped from another
thread* and, sooner or later, a crash."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 500


class Collector(QObject):
    """Stands in for Python's own collections as long as its parent lives."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(collect_due)
        self._timer.start()


def collect_due() -> int:
    """The oldest generation whose turn it is by Python's own thresholds, as its automatic collections do; -1 for
    none."""
    due = -1
    for generation, (count, threshold) in enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True)):
        if count <= threshold:
            break
        due = generation
    if due >= 0:
        gc.collect(due)
    return due
