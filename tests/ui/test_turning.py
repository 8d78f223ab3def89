"""Buttons with a state act on mouse, keys and a screen reader's toggle alike: once each, and never on the program."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QAccessibleActionInterface
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QWidget
from pytestqt.qtbot import QtBot

from crmdesk.ui.kit import ChipButton
from crmdesk.ui.turning import Choice, TickBox


def read_out_toggle(button: QAbstractButton) -> None:
    """What a screen reader's user does."""
    QAccessible.queryAccessibleInterface(button).actionInterface().doAction(QAccessibleActionInterface.toggleAction())


def clicked(button: QAbstractButton) -> None:
    middle = button.rect().center()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(10, middle.y()))  # where the box to tick is


def pressed(button: QAbstractButton) -> None:
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)


def _told(told: list[tuple[str, bool]], one: QAbstractButton, on: bool) -> None:
    told.append((one.text(), on))


def chip(name: str) -> ChipButton:
    made = ChipButton(name, name)
    made.setCheckable(True)
    return made


WAYS = [read_out_toggle, clicked, pressed]


@pytest.fixture
def host(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(400, 300)
    return made


def shown(host: QWidget, *buttons: QAbstractButton) -> None:
    for place, one in enumerate(buttons):
        one.setParent(host)
        one.setGeometry(10, 10 + 60 * place, 120, 40)
    host.show()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("make", [TickBox, lambda: chip("one")])
def test_a_person_turns_it_on_and_off(
    host: QWidget, make: Callable[[], TickBox | ChipButton], way: Callable[[QAbstractButton], None]
) -> None:
    one, told = make(), list[bool]()
    shown(host, one)
    one.on_turn(told.append)
    for _ in range(3):
        way(one)
    assert told == [True, False, True]


@pytest.mark.parametrize("make", [TickBox, Choice, lambda: chip("one")])
def test_the_program_shows_a_state_without_acting(host: QWidget, make: Callable[[], TickBox]) -> None:
    one, told = make(), list[bool]()
    shown(host, one)
    one.on_turn(told.append)
    one.setChecked(True)
    one.setChecked(False)
    assert told == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("make", [chip, Choice])
def test_of_several_only_the_chosen_one_acts(
    host: QWidget, make: Callable[[str], ChipButton | Choice], way: Callable[[QAbstractButton], None]
) -> None:
    group, told = QButtonGroup(host), list[tuple[str, bool]]()
    buttons = [make(name) for name in ("one", "two", "three")]
    shown(host, *buttons)
    for one in buttons:
        group.addButton(one)
        one.on_turn(partial(_told, told, one))
    buttons[0].setChecked(True)
    way(buttons[1])
    assert told == [("two", True)] and not buttons[0].isChecked()
    buttons[0].setChecked(True)
    assert told == [("two", True)]
    way(buttons[2])
    assert told == [("two", True), ("three", True)]


def test_the_chosen_one_is_pressed_again_after_a_screen_reader_chose_it(host: QWidget) -> None:
    group, told = QButtonGroup(host), list[bool]()
    one, other = chip("one"), chip("two")
    shown(host, one, other)
    for made in (one, other):
        group.addButton(made)
    one.on_turn(told.append)
    read_out_toggle(one)
    clicked(one)
    assert told == [True, True]


@pytest.mark.parametrize("way", WAYS)
def test_what_acts_may_show_another_state_meanwhile(host: QWidget, way: Callable[[QAbstractButton], None]) -> None:
    """*Work offline* may be refused: the tick is taken back by the program."""
    one, told = TickBox("Work offline"), list[bool]()
    shown(host, one)
    one.on_turn(lambda on: (told.append(on), one.setChecked(False)))
    way(one)
    way(one)
    assert told == [True, True] and not one.isChecked()


@pytest.mark.parametrize("way", [clicked, pressed])
def test_partly_ticked_becomes_ticked(host: QWidget, way: Callable[[QAbstractButton], None]) -> None:
    one, told = TickBox("Slow line"), list[bool]()
    shown(host, one)
    one.on_turn(told.append)
    one.setCheckState(Qt.CheckState.PartiallyChecked)
    assert told == []
    way(one)
    assert told == [True]


def test_a_screen_reader_switches_off_what_is_partly_on(host: QWidget) -> None:
    one, told = TickBox("Slow line"), list[bool]()
    shown(host, one)
    one.on_turn(told.append)
    one.setCheckState(Qt.CheckState.PartiallyChecked)
    read_out_toggle(one)
    assert told == [False]
