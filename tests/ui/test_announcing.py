"""A screen reader hears one thing at a time, bad news first, and nothing from behind the lock."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from crmdesk.ui import announcing
from crmdesk.ui.announcing import Announcer, announce, speak_only


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> list[tuple[str, bool]]:
    """What is said, and whether it interrupts. A second lasts 30 ms."""
    said: list[tuple[str, bool]] = []
    monkeypatch.setattr(announcing, "tell", lambda _widget, text, *, assertive: said.append((text, assertive)))
    monkeypatch.setattr(announcing, "APART_MS", 30)
    monkeypatch.setattr(announcing, "_announcer", None)
    return said


@pytest.fixture
def widget(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


def test_one_after_the_other_and_bad_news_first(heard: list[tuple[str, bool]], widget: QWidget, qtbot: QtBot) -> None:
    for text in ("Saved", "3 contacts", "3 contacts"):
        announce(widget, text)
    announce(widget, "Could not be sent.", assertive=True)
    assert heard == [("Saved", False)], "the others wait"
    qtbot.waitUntil(lambda: len(heard) == 3)
    qtbot.wait(80)
    assert heard == [("Saved", False), ("Could not be sent.", True), ("3 contacts", False)], "nothing is said twice"


def test_not_more_than_one_in_a_second() -> None:
    assert announcing.APART_MS >= 1000


def test_of_many_the_oldest_are_left_out_but_no_bad_news(
    heard: list[tuple[str, bool]], widget: QWidget, qtbot: QtBot
) -> None:
    announce(widget, "first")
    announce(widget, "bad", assertive=True)
    for number in range(20):
        announce(widget, f"{number} of 20")
    qtbot.waitUntil(lambda: heard[-1] == ("19 of 20", False))
    assert len(heard) == 1 + announcing.MOST_WAITING
    assert ("bad", True) in heard


def test_what_waits_is_not_heard_once_the_window_is_locked(
    heard: list[tuple[str, bool]], widget: QWidget, qtbot: QtBot
) -> None:
    lock = QWidget()
    qtbot.addWidget(lock)
    announce(widget, "Saved")
    announce(widget, "Ana Ruiz opened")
    speak_only(lock)
    try:
        announce(widget, "Jan Novák opened")
        announce(lock, "Locked")
        qtbot.waitUntil(lambda: ("Locked", False) in heard)
        qtbot.wait(80)
        assert [text for text, _ in heard] == ["Saved", "Locked"]
    finally:
        speak_only(None)


def test_a_widget_that_is_gone_says_nothing(heard: list[tuple[str, bool]], widget: QWidget, qtbot: QtBot) -> None:
    import shiboken6

    announcer, gone = Announcer(), QWidget()
    announcer.say(widget, "one", assertive=False)
    announcer.say(gone, "two", assertive=False)
    shiboken6.delete(gone)
    qtbot.wait(80)
    assert heard == [("one", False)]
