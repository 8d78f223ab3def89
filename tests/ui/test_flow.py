"""A layout that flows remembers what it takes in a width, and forgets it as soon as something is other."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from crmdesk.ui.flow import FlowLayout


@pytest.fixture
def host(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.setLayout(FlowLayout(6))
    for _ in range(3):
        made.layout().addWidget(_box(80))
    made.show()
    return made


def _box(width: int) -> QLabel:
    made = QLabel("x")
    made.setFixedSize(width, 20)
    return made


def _height(host: QWidget, width: int) -> int:
    return host.layout().heightForWidth(width)


def test_lines_break_where_they_are_full(host: QWidget) -> None:
    assert (_height(host, 300), _height(host, 200), _height(host, 90)) == (20, 46, 72)


def test_one_that_comes_hides_or_grows_is_seen(host: QWidget) -> None:
    assert _height(host, 200) == 46
    host.layout().addWidget(come := _box(150))
    come.show()  # else Qt does so in the next turn
    assert _height(host, 200) == 72
    host.layout().itemAt(3).widget().hide()
    assert _height(host, 200) == 46
    first = host.layout().itemAt(0).widget()
    first.setFixedSize(190, 30)
    assert _height(host, 200) == 30 + 6 + 20 and host.layout().minimumSize().width() == 190
    host.layout().removeWidget(first)
    first.hide()
    assert _height(host, 200) == 20 and host.layout().minimumSize().width() == 80


def test_one_that_is_taken_out_is_not_counted_any_more(host: QWidget) -> None:
    assert _height(host, 200) == 46
    taken = host.layout().takeAt(2)
    assert _height(host, 200) == 20
    taken.widget().deleteLater()
