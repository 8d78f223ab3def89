"""A button that is off or gone after its work leaves the keyboard where work goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtWidgets import QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from crmdesk.ui.composer.kept_focus import KeptFocus


@pytest.fixture
def parts(qtbot: QtBot) -> dict[str, Any]:
    window, part = QWidget(), QWidget()
    found = {"grid": QLineEdit(), "send": QPushButton("Send"), "next": QPushButton("Next"), "field": QLineEdit()}
    inner, outer, practice = QVBoxLayout(part), QVBoxLayout(window), QPushButton("Practice")
    for one in found.values():
        inner.addWidget(one)
    outer.addWidget(part)
    outer.addWidget(practice)
    KeptFocus(part, found["grid"])
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(window.isActiveWindow)
    return {**found, "window": window, "part": part, "practice": practice}


@pytest.mark.parametrize("gone", [lambda button: button.setEnabled(False), lambda button: button.hide()])
def test_the_grid_takes_the_focus_of_a_button_that_is_gone(
    parts: dict[str, Any], qtbot: QtBot, gone: Callable[[QPushButton], None]
) -> None:
    parts["send"].setFocus()
    gone(parts["send"])
    qtbot.waitUntil(parts["grid"].hasFocus)


def test_a_button_that_went_behind_a_dialog_counts_too(parts: dict[str, Any], qtbot: QtBot) -> None:
    parts["send"].setFocus()
    dialog = QWidget()
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow)
    parts["send"].setEnabled(False)
    dialog.close()
    parts["window"].activateWindow()
    parts["practice"].setFocus()
    qtbot.waitUntil(parts["grid"].hasFocus)


def test_whoever_goes_elsewhere_is_left_alone(parts: dict[str, Any], qtbot: QtBot) -> None:
    parts["send"].setFocus()
    parts["practice"].setFocus()
    qtbot.wait(20)
    assert parts["practice"].hasFocus()
    parts["send"].setFocus()
    parts["field"].setFocus()
    parts["send"].hide()
    qtbot.wait(20)
    assert parts["field"].hasFocus()
