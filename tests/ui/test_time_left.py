"""How long work will take yet is told once its pace is known, and where people wait for it."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from crmdesk.ui.busy import Busy
from crmdesk.ui.time_left import STEP, SURE, TimeLeft, left_words


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_is_told_from_the_pace_so_far() -> None:
    clock = Clock()
    left = TimeLeft(clock)
    assert left.told(10, 1000) is None
    clock.now += SURE / 2
    assert left.told(500, 1000) is None, "too early for a word"
    clock.now += SURE / 2
    assert left.told(110, 1000) is None, "a count that fell is another piece of work"
    clock.now += 10
    assert left.told(210, 1000) == 79.0
    assert left.told(1000, 1000) is None
    assert left.told(3, 2000) is None, "another total, too"
    clock.now += 60
    assert left.told(3, 2000) is None, "nothing was done: nobody knows"
    assert left.told(4, 2000) == 60 * 1996
    assert left.told(4, 2000, fresh=True) is None


def test_it_is_worded_without_fidgeting() -> None:
    assert left_words(None) == ""
    assert {left_words(seconds) for seconds in (0.2, 1, STEP)} == {"about 0:05 left"}
    assert [left_words(seconds) for seconds in (91, 95, 3601)] == [
        "about 1:35 left", "about 1:35 left", "about 60:05 left"
    ]  # fmt: skip


def test_whoever_waits_is_told(qtbot: QtBot) -> None:
    clock = Clock()
    made, small = Busy("work", lambda: None), Busy("side", lambda: None, compact=True)
    for busy in (made, small):
        busy._time = TimeLeft(clock)
        qtbot.addWidget(busy)
        busy.resize(400, 60)
        busy.show()
        busy.set("Comparing 0 of 100", 0, 100)
        assert busy.left.isHidden()
    clock.now += 20
    for busy in (made, small):
        busy.set("Comparing 50 of 100", 50, 100)
        assert busy.bar.accessibleDescription() == "about 0:20 left"
    assert made.left.isVisible() and made.left.text() == "about 0:20 left"
    assert small.left.isHidden(), "there is no room for it"
    made.set("Stopping…", 50, None)
    assert made.left.isHidden() and not made.bar.accessibleDescription()
