"""PINs in Settings and in the question who is at the desk."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QDialog, QWidget
from pytestqt.qtbot import QtBot

from crmdesk.core.pin import AtDesk
from crmdesk.core.tasks import TaskScope
from crmdesk.sync.pins import Pins
from crmdesk.ui.lock.dialog import PinDialog, What
from crmdesk.ui.main_window import MainWindow
from crmdesk.ui.operator_name import OperatorDialog
from tests.ui.fake_pins import CHEAP, fake_pins
from tests.ui.fakes import FakeClock, FakeServices
from tests.ui.lock.conftest import PIN, in_window, until

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform on every dialog


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crmdesk.sync.pins.COST_N", CHEAP)
    monkeypatch.setattr("crmdesk.sync.pins.COST_R", 1)


@pytest.fixture
def known(clock: FakeClock) -> Pins:
    return fake_pins(clock, {"Maria": PIN})


class Asked:
    """A dialog on screen with what it answered."""

    def __init__(self, qtbot: QtBot, dialog: QDialog) -> None:
        qtbot.addWidget(dialog)
        self.dialog: Any = dialog
        self.answers: list[int] = []
        dialog.finished.connect(self.answers.append)
        dialog.show()

    def fill(self, name: str, text: str) -> None:
        self.dialog.findChild(QWidget, name).setText(text)

    def press(self, name: str) -> None:
        self.dialog.findChild(QAbstractButton, name).click()

    def told(self, name: str) -> str:
        banner = self.dialog.findChild(QWidget, f"{name}.trouble")
        return banner.text() if banner.isVisible() else ""


def pin_dialog(qtbot: QtBot, pins: Pins, scope: TaskScope, what: What, name: str = "Maria") -> Asked:
    parent = QWidget()
    qtbot.addWidget(parent)
    asked = Asked(qtbot, PinDialog(parent, pins, scope, name, what))
    asked.dialog.keep = parent
    return asked


async def test_a_first_pin_is_typed_twice(qtbot: QtBot, known: Pins, scope: TaskScope) -> None:
    asked = pin_dialog(qtbot, known, scope, "set", "Ben")
    for first, second, name, told in (
        ("12", "12", "pin.new", "A PIN has 4 to 12 digits; 6 are best."),
        ("123456", "123456", "pin.new", "too easy to guess"),
        ("739204", "739205", "pin.again", "The two do not match. Type the second one again."),
    ):
        asked.fill("pin.new", first)
        asked.fill("pin.again", second)
        asked.press("pin.save")
        assert told in asked.told(name) and not known.has("Ben")
    asked.fill("pin.again", "739 204")
    asked.press("pin.save")
    await until(lambda: asked.answers == [1])
    assert (await known.check("Ben", "739204")).right


async def test_a_change_needs_the_old_pin_and_keeps_what_was_typed(qtbot: QtBot, known: Pins, scope: TaskScope) -> None:
    asked = pin_dialog(qtbot, known, scope, "change")
    asked.fill("pin.new", "739204")
    asked.fill("pin.again", "739204")
    asked.fill("pin.old", "000000")
    asked.press("pin.save")
    await until(lambda: "Wrong PIN. 4 tries are left before a wait." in asked.told("pin.old"))
    assert asked.dialog.new.field.edit.text() == "739204" and asked.dialog.save.isEnabled()
    asked.fill("pin.old", PIN)
    QTest.keyClick(asked.dialog.again.field.edit, Qt.Key.Key_Return)
    await until(lambda: asked.answers == [1])
    assert (await known.check("Maria", "739204")).right


async def test_removing_waits_as_the_locked_window_does(
    qtbot: QtBot, known: Pins, scope: TaskScope, clock: FakeClock
) -> None:
    for _ in range(5):
        await known.check("Maria", "000000")
    asked = pin_dialog(qtbot, known, scope, "remove")
    assert "0:30" in asked.told("pin.old") and not asked.dialog.save.isEnabled()
    clock.forward(30)
    asked.dialog.old.tick()
    asked.fill("pin.old", PIN)
    asked.press("pin.save")
    await until(lambda: asked.answers == [1])
    assert not known.has("Maria")


async def test_a_name_with_a_pin_is_taken_only_with_it(qtbot: QtBot, known: Pins, scope: TaskScope) -> None:
    asked = Asked(qtbot, OperatorDialog(None, "Ben", ["Ben", "Maria"], known, scope))  # type: ignore[arg-type]
    dialog = asked.dialog
    assert dialog.pin.isHidden()
    dialog.edit.setEditText("MARIA")
    assert dialog.pin.isVisible()
    asked.press("operator.save")
    assert asked.answers == [] and not scope.running("operator pin")  # nothing typed is no try
    asked.fill("operator.pin", "000000")
    QTest.keyClick(dialog.pin.field.edit, Qt.Key.Key_Return)
    await until(lambda: "4 tries are left" in asked.told("operator.pin"))
    asked.fill("operator.pin", PIN)
    dialog.edit.setEditText("Ben")
    assert dialog.pin.isHidden() and dialog.pin.field.edit.text() == ""
    dialog.edit.setEditText("Maria")
    asked.fill("operator.pin", PIN)
    asked.press("operator.save")
    await until(lambda: asked.answers == [1])
    assert dialog.name() == "Maria"


def test_who_is_at_the_desk_already_and_who_has_none_type_no_pin(qtbot: QtBot, known: Pins, scope: TaskScope) -> None:
    for current, wanted in (("Maria", "maria"), ("Maria", "Noor"), ("", "Ben")):
        asked = Asked(qtbot, OperatorDialog(None, current, ["Maria"], known, scope))  # type: ignore[arg-type]
        asked.dialog.edit.setEditText(wanted)
        asked.press("operator.save")
        assert asked.answers == [1]


@in_window
async def test_a_pin_is_set_and_removed_in_settings(window: MainWindow, services: FakeServices) -> None:
    services.edits.operator = "Ben"
    window.commands.run("settings")
    page = window.pages.settings()
    box: Any = page.findChild(QWidget, "settings.pin")
    assert "Ben\u2069 has no PIN: anybody can show a locked window again." in box.state.text()
    box.set.click()
    await until(lambda: window.findChild(QDialog, "pin") is not None)
    asked: Any = window.findChild(QDialog, "pin")
    for entry in (asked.new, asked.again):
        entry.field.edit.setText("739204")
    asked.save.click()
    await until(lambda: services.pins.has("Ben"))
    await until(lambda: box.change.isVisible() and not box.set.isVisible())
    await until(lambda: services.pins.book.desk == AtDesk("Ben"))
    assert window.feedback.told[-1].text == "The PIN is set."
    window.lock.now()
    assert window.lock.face() == "pin"
    await window.lock.unlock("Ben", "739204")
    box.remove.click()
    await until(lambda: window.findChild(QDialog, "pin") is not None and window.findChild(QDialog, "pin").isVisible())
    asked = next(one for one in window.findChildren(QDialog, "pin") if one.isVisible())
    asked.old.field.edit.setText("739204")
    asked.save.click()
    await until(lambda: not services.pins.has("Ben"))


@in_window
async def test_another_person_in_the_status_dialog_is_the_one_who_unlocks(
    window: MainWindow, services: FakeServices
) -> None:
    window.commands.run("operator.change")
    await until(lambda: window.findChild(QDialog, "operator") is not None)
    dialog: Any = window.findChild(QDialog, "operator")
    dialog.edit.setEditText("Noor")
    dialog.pin.field.edit.setText("739204")
    dialog.save.click()
    await until(lambda: services.edits.operator == "Noor")
    await until(lambda: services.pins.book.desk == AtDesk("Noor"))
    window.lock.now()
    assert window.lock._page is not None and window.lock._page.name() == "Noor"
