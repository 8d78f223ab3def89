"""What gets the focus is seen, wherever the focus comes from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMainWindow, QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from crmdesk.ui.kit import column, row
from crmdesk.ui.reading import ReadInOrder
from crmdesk.ui.scrolling import scroll

MANY = 40


class Window(ReadInOrder, QMainWindow):
    """Fields in an area that scrolls, a button below."""

    def __init__(self) -> None:
        super().__init__()
        shown, self.inner = QWidget(), QWidget()
        self.fields = [QLineEdit() for _ in range(MANY)]
        column(self.inner, *self.fields)
        self.area: QScrollArea = scroll(self.inner, "area")
        self.foot = QPushButton("Save")
        column(shown, self.area, self.foot)
        self.setCentralWidget(shown)
        self.resize(300, 300)


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[Window]:
    made = Window()
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    yield made


def whole(widget: QWidget) -> bool:
    return widget.visibleRegion().boundingRect() == widget.rect()


def test_tab_from_outside_brings_what_it_comes_to_in_sight(window: Window) -> None:
    window.foot.setFocus()
    QTest.keyClick(window.foot, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert window.fields[-1].hasFocus() and whole(window.fields[-1])
    window.foot.setFocus()
    QTest.keyClick(window.foot, Qt.Key.Key_Tab)
    assert window.fields[0].hasFocus() and whole(window.fields[0]), "round to the first one, which was scrolled away"


def test_what_is_seen_does_not_move(window: Window) -> None:
    bar = window.area.verticalScrollBar()
    bar.setValue(window.fields[9].y() - 5)
    before = bar.value()
    window.foot.setFocus()
    window.fields[9].setFocus()
    assert bar.value() == before


def test_nothing_moves_under_a_button_that_is_pressed(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QApplication, "mouseButtons", lambda: Qt.MouseButton.LeftButton)
    window.foot.setFocus()
    window.fields[-1].setFocus()
    assert window.area.verticalScrollBar().value() == 0


def test_what_was_made_anew_is_come_to_in_its_place(window: Window) -> None:
    """Buttons of a pair, bars of a page: Qt would put them after all that was there before."""
    line = QWidget()
    fresh = [QPushButton("Link"), QPushButton("Later")]
    row(line, *fresh)
    layout = window.inner.layout()
    assert layout is not None
    layout.insertWidget(0, line)  # type: ignore[attr-defined]
    line.show()
    window.foot.setFocus()
    QTest.keyClick(window.foot, Qt.Key.Key_Tab)
    assert fresh[0].hasFocus()
    QTest.keyClick(fresh[0], Qt.Key.Key_Tab)
    assert fresh[1].hasFocus()
    QTest.keyClick(fresh[1], Qt.Key.Key_Tab)
    assert window.fields[0].hasFocus()
