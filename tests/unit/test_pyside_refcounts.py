"""PySide6 6.12.0 on Python 3.10 and 3.11 drops references of None and True: the process dies after some 1,000 calls."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QObject, Signal

CALLS = 1000
IMMORTAL = sys.version_info >= (3, 12)


class Emitter(QObject):
    fired = Signal()


@pytest.mark.skipif(IMMORTAL, reason="None and True are immortal from Python 3.12 on")
def test_this_pyside_keeps_the_references_of_none_and_true() -> None:
    emitter = Emitter()
    emitter.fired.connect(lambda: None)
    emitter.fired.emit()
    before = sys.getrefcount(None), sys.getrefcount(True)
    for _ in range(CALLS):
        emitter.setObjectName("a")
        emitter.fired.emit()
    lost = before[0] - sys.getrefcount(None), before[1] - sys.getrefcount(True)
    assert max(lost) < CALLS // 10


def test_the_pin_keeps_the_broken_pair_out() -> None:
    import PySide6

    broken = sys.version_info < (3, 12) and PySide6.__version_info__[:3] == (6, 12, 0)
    assert not broken
