"""Garbage is collected in Qt's thread only.

Python collects in whichever thread happens to make the next object. A widget that is part of a cycle would then be
taken apart by the thread of the store or of the network, which Qt answers with *Timers cannot be stopped from another
thread* and, sooner or later, a crash."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 500
OLDEST = 2  # generation; looking at all of it takes 80 ms with ten thousand rows of events open


class Collector(QObject):
    """Stands in for Python's own collections as long as its parent lives."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._kept = 0  # objects that outlived the last look at everything
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self._collect)
        self._timer.start()

    def _collect(self) -> None:
        if collect_due(self._kept) == OLDEST:
            self._kept = len(gc.get_objects(OLDEST))


def collect_due(kept: int = 0) -> int:
    """The oldest generation whose turn it is by Python's own thresholds, as its automatic collections do; -1 for
    none. As there, everything is looked at only once a quarter more than the `kept` objects have grown old."""
    due = -1
    for generation, (count, threshold) in enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True)):
        if count <= threshold:
            break
        due = generation
    if due == OLDEST and len(gc.get_objects(OLDEST)) < kept * 5 // 4:
        due -= 1
    if due >= 0:
        gc.collect(due)
    return due
