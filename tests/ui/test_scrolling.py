"""What gets the focus is seen, wherever the focus comes from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QLineEdit,
    QListWidget,
    QMainWindow,
    QPushButton,
    QScrollArea,
    QSplitter,
    QWidget,
)
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from crmdesk.ui.kit import PlainLabel, button, column, row
from crmdesk.ui.reading import ReadInOrder
from crmdesk.ui.scrolling import RoomyArea, least_size, scroll, seen_height
from crmdesk.ui.window_state import fit_dialog

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


def test_a_field_that_gets_the_focus_because_something_is_wrong_with_it_is_seen(window: Window) -> None:
    window.fields[0].setFocus()
    window.fields[-1].setFocus()
    assert whole(window.fields[-1])


def test_an_area_that_is_gone_hears_nothing(window: Window, qtbot: QtBot) -> None:
    other = Window()
    other.show()
    other.deleteLater()
    qtbot.waitUntil(lambda: not isValid(other.area))
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.fields[-1].setFocus()
    assert whole(window.fields[-1])


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


WORDS = "Where there is little width these words take many lines, and each of them has to be seen. " * 3


@pytest.fixture
def page(qtbot: QtBot) -> Iterator[tuple[RoomyArea, QWidget]]:
    """Words and a button in one of two panes."""
    inner, pane, beside, split = QWidget(), QWidget(), QListWidget(), QSplitter()
    label = PlainLabel(WORDS, wrap=True)
    column(pane, label, button("page.save", "Save everything"))
    split.addWidget(beside)
    split.addWidget(pane)
    split.setChildrenCollapsible(False)
    column(inner, split)
    area = RoomyArea(inner, lambda width: least_size(inner, width))
    qtbot.addWidget(area)
    area.resize(900, 400)
    area.show()
    qtbot.waitUntil(lambda: inner.size() == area.size(), timeout=2000)
    yield area, pane


def test_a_page_has_the_room_there_is_and_never_less_than_it_needs(
    page: tuple[RoomyArea, QWidget], qtbot: QtBot
) -> None:
    area, pane = page
    inner = area.widget()
    assert inner is not None
    area.resize(260, 90)
    qtbot.wait(20)
    for part in pane.findChildren(QWidget):
        needed = part.heightForWidth(part.width()) if part.hasHeightForWidth() else part.minimumSizeHint().height()
        assert part.height() >= needed, "nothing is cut off"
    assert inner.height() > area.height() and seen_height(pane) <= area.height()
    assert area.verticalScrollBar().maximum() > 0
    area.resize(900, 400)
    qtbot.waitUntil(lambda: inner.size() == area.size(), timeout=2000)
    assert not area.verticalScrollBar().maximum(), "no bars where it fits"


def test_a_page_that_asks_for_more_meanwhile_gets_it(page: tuple[RoomyArea, QWidget], qtbot: QtBot) -> None:
    area = page[0]
    inner = area.widget()
    assert inner is not None
    inner.setMinimumHeight(800)
    inner.updateGeometry()
    qtbot.waitUntil(lambda: inner.height() == 800, timeout=2000)
    assert area.verticalScrollBar().maximum() > 0


def test_a_dialog_is_as_high_as_its_words_need_and_no_larger_than_its_screen(qtbot: QtBot) -> None:
    dialog = QDialog()
    qtbot.addWidget(dialog)
    label = PlainLabel(WORDS, wrap=True)
    column(dialog, label, button("dialog.close", "Close"))
    dialog.resize(240, 20)
    fit_dialog(dialog)
    dialog.show()
    assert label.height() >= label.heightForWidth(label.width())
    dialog.resize(9000, 9000)
    fit_dialog(dialog)
    room = dialog.screen().availableGeometry()
    assert dialog.width() <= room.width() and dialog.height() <= room.height()
