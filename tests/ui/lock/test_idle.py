"""The idle time: by our windows' input only, whatever is open, and through a sleep of the computer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from crmdesk.ui.lock.idle import LOOK_MS, IdleWatch
from tests.ui.fakes import FakeClock

LIMIT = 600.0


class Desk(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.field = QLineEdit()
        QVBoxLayout(self).addWidget(self.field)
        self.idle = 0


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    made = Desk()
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    made.field.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is made.field)
    return made


@pytest.fixture
def watch(desk: Desk, clock: FakeClock) -> IdleWatch:
    def idle() -> None:
        desk.idle += 1

    return IdleWatch(clock, lambda: LIMIT, idle, desk)


def test_it_is_time_after_the_minutes_and_not_before(watch: IdleWatch, desk: Desk, clock: FakeClock) -> None:
    clock.forward(LIMIT - 1)
    watch.look()
    assert desk.idle == 0
    clock.forward(1)
    watch.look()
    assert desk.idle == 1


def test_it_looks_by_itself(watch: IdleWatch, clock: FakeClock) -> None:
    assert watch._timer.isActive() and watch._timer.interval() == LOOK_MS
    clock.forward(LIMIT - 2)
    watch.look()
    assert watch._timer.isActive() and watch._timer.interval() == 2000


def test_keys_clicks_and_movements_in_our_windows_count(watch: IdleWatch, desk: Desk, clock: FakeClock) -> None:
    handle = desk.windowHandle()
    for use in (
        lambda: QTest.keyClick(handle, Qt.Key.Key_A),
        lambda: QTest.mouseClick(handle, Qt.MouseButton.LeftButton, pos=QPoint(3, 3)),
        lambda: QTest.mouseMove(handle, QPoint(30, 7)),
    ):
        clock.forward(LIMIT - 1)
        use()
        QApplication.processEvents()
        assert watch.seconds() == 0, use


def test_a_window_that_moves_below_a_resting_pointer_counts_nothing(
    watch: IdleWatch, desk: Desk, clock: FakeClock
) -> None:
    handle = desk.windowHandle()
    QTest.mouseMove(handle, QPoint(30, 7))
    QApplication.processEvents()
    clock.forward(100)
    QTest.mouseMove(handle, QPoint(30, 7))
    QApplication.processEvents()
    assert watch.seconds() == 100


def test_what_an_input_method_writes_counts(watch: IdleWatch, desk: Desk, clock: FakeClock) -> None:
    clock.forward(100)
    written = QInputMethodEvent()
    written.setCommitString("田中")
    QApplication.sendEvent(desk.field, written)
    assert desk.field.text() == "田中" and watch.seconds() == 0


def test_input_in_a_dialog_of_ours_counts_and_an_open_one_stops_nothing(
    watch: IdleWatch, desk: Desk, clock: FakeClock, qtbot: QtBot
) -> None:
    dialog = QDialog(desk)
    dialog.open()
    qtbot.waitUntil(lambda: QApplication.focusWindow() is dialog.windowHandle())
    clock.forward(LIMIT - 1)
    QTest.keyClick(dialog.windowHandle(), Qt.Key.Key_A)
    QApplication.processEvents()
    assert watch.seconds() == 0
    clock.forward(LIMIT)
    watch.look()
    assert desk.idle == 1
    dialog.close()


def test_what_the_program_does_by_itself_counts_nothing(watch: IdleWatch, desk: Desk, clock: FakeClock) -> None:
    """A focused search box, a repaint, a list that fills: nobody was here."""
    clock.forward(LIMIT)
    desk.field.setText("anna")
    desk.resize(500, 300)
    desk.repaint()
    QApplication.processEvents()
    assert watch.seconds() == LIMIT


def test_a_computer_that_slept_shows_nothing_to_the_first_key(watch: IdleWatch, desk: Desk, clock: FakeClock) -> None:
    """The monotonic clock stood still; the wall clock went on. The key itself reaches nobody."""
    clock.moment += timedelta(hours=8)
    QTest.keyClick(desk.windowHandle(), Qt.Key.Key_A)
    QApplication.processEvents()
    assert desk.idle == 1 and desk.field.text() == ""


def test_a_wall_clock_that_is_put_back_delays_nothing(watch: IdleWatch, desk: Desk, clock: FakeClock) -> None:
    clock.forward(LIMIT)
    clock.moment -= timedelta(days=3650)
    watch.look()
    assert desk.idle == 1
