"""Ctrl+Enter presses a dialog's main button, wherever the focus is, and no button that is not meant."""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from crmdesk.ui.confirm import confirm
from crmdesk.ui.feedback import ask
from crmdesk.ui.kit import button, column

CONTROL = Qt.KeyboardModifier.ControlModifier


class Question(QDialog):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.field = QLineEdit(self)
        self.go = button("q.go", "Go", self.accept, main=True)
        self.cancel = button("q.cancel", "Cancel", self.reject)
        self.cancel.setDefault(True)
        column(self, self.field, self.cancel, self.go)


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    return made


async def opened(dialog: QDialog) -> asyncio.Task[int]:
    asking = asyncio.ensure_future(ask(dialog))
    for _ in range(50):
        await asyncio.sleep(0.01)
        if dialog.isActiveWindow():
            break
    return asking


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
@pytest.mark.parametrize("place", ["field", "cancel"])
async def test_it_presses_the_main_button(window: QWidget, key: Qt.Key, place: str) -> None:
    question = Question(window)
    asking = await opened(question)
    getattr(question, place).setFocus()
    QTest.keyClick(QApplication.focusWidget() or question, key, CONTROL)
    assert await asyncio.wait_for(asking, 2) == QDialog.DialogCode.Accepted


async def test_one_that_cannot_be_pressed_is_not(window: QWidget) -> None:
    question = Question(window)
    question.go.setEnabled(False)
    asking = await opened(question)
    QTest.keyClick(question.cancel, Qt.Key.Key_Return, CONTROL)
    assert not asking.done() and question.isVisible()
    question.reject()
    assert await asking == 0


async def test_a_dangerous_answer_has_no_key(window: QWidget) -> None:
    question = confirm(window, "q", "Delete this?", "It is gone then.", [("go", "Delete", True)])
    asking = await opened(question)
    QTest.keyClick(question, Qt.Key.Key_Return, CONTROL)
    assert not asking.done() and question.isVisible()
    question.reject()
    assert await asking == 0


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
async def test_enter_presses_the_button_that_has_the_focus(window: QWidget, key: Qt.Key) -> None:
    question = Question(window)
    question.go.setDefault(True)
    asking = await opened(question)
    question.cancel.setFocus()
    QTest.keyClick(question.cancel, key)
    assert await asyncio.wait_for(asking, 2) == QDialog.DialogCode.Rejected


async def test_enter_in_a_field_presses_the_default_button(window: QWidget) -> None:
    question = Question(window)
    question.go.setDefault(True)
    asking = await opened(question)
    question.field.setFocus()
    QTest.keyClick(question.field, Qt.Key.Key_Return)
    assert await asyncio.wait_for(asking, 2) == QDialog.DialogCode.Accepted
