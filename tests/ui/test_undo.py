"""The undo bar, Ctrl+Z over the whole session, and text fields that come first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QMainWindow, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from crmdesk.core.errors import ForbiddenError, StorageError
from crmdesk.core.tasks import TaskScope
from crmdesk.ui.commands import Command, Commands
from crmdesk.ui.feedback import BannerHost, Feedback
from crmdesk.ui.undo import Undoable, UndoStack
from tests.ui.fakes import FakeClock
from tests.ui.outbox_fakes import FakeEdits, Saved, outbox_services

OFFER_MS = 60
CONTROL = Qt.KeyboardModifier.ControlModifier


async def settle(seconds: float = 0.0) -> None:
    for _ in range(6):
        await asyncio.sleep(seconds / 6)


@dataclass
class Desk:
    window: QMainWindow
    field: QLineEdit
    stack: UndoStack
    edits: FakeEdits
    feedback: Feedback


@pytest.fixture
async def desk(qtbot: QtBot, scope: TaskScope, clock: FakeClock, errors: list[Any]) -> AsyncIterator[Desk]:
    window, field = QMainWindow(), QLineEdit()
    qtbot.addWidget(window)
    window.setCentralWidget(field)
    window.resize(900, 600)
    edits = outbox_services(clock).edits
    feedback = Feedback(window, clock, BannerHost(clock, window))
    stack = UndoStack(window, lambda: edits, scope, feedback, offer_ms=OFFER_MS)
    commands = Commands(window)
    commands.add(Command("undo", "Undo", stack.undo, ("Ctrl+Z",), enabled=stack.why_not))
    commands.add(Command("redo", "Redo", stack.redo, ("Ctrl+Y",), enabled=stack.why_no_redo))
    stack.changed.connect(commands.refresh)
    QCursor.setPos(0, 0)  # the pointer would keep a bar that comes up under it
    window.move(100, 100)
    window.show()
    window.activateWindow()
    await settle()
    yield Desk(window, field, stack, edits, feedback)
    await scope.aclose()
    assert errors == []


async def test_the_bar_says_what_was_done_and_goes_by_itself(desk: Desk) -> None:
    desk.stack.done(Saved((1,), (7,)))
    bar = desk.stack.bar
    assert bar.isVisible()
    assert bar.label.text() == "Saved here. Will be sent to BookingSync."
    assert bar.button.text() == "Undo  Ctrl+Z"
    assert desk.window.rect().contains(bar.geometry())
    await settle(0.3)
    assert not bar.isVisible()
    assert desk.stack.why_not() is None  # the key goes on working


async def test_it_stays_while_it_has_the_focus(desk: Desk) -> None:
    desk.stack.done(Saved((1,), (7,)))
    desk.stack.bar.button.setFocus()
    await settle(0.3)
    assert desk.stack.bar.isVisible()
    QTest.keyClick(desk.stack.bar.button, Qt.Key.Key_Escape)
    assert not desk.stack.bar.isVisible()


async def test_its_button_undoes(desk: Desk) -> None:
    desk.stack.done(saved := Saved((1,), (7,)))
    QTest.mouseClick(desk.stack.bar.button, Qt.MouseButton.LeftButton)
    await settle()
    assert desk.edits.calls == [("undo", saved)]
    assert desk.feedback.notices() == ["Taken back; nothing was sent."]
    assert not desk.stack.bar.isVisible()


async def test_ctrl_z_undoes_from_the_last_to_the_first_and_names_it(desk: Desk) -> None:
    edit, delete = Saved((1,), (7,)), Saved((2,), (8,), what="delete", title="Ben")
    desk.stack.done(edit)
    desk.stack.done(delete)
    assert desk.stack.words() == "Undo delete of Ben"
    QTest.keyClick(desk.window, Qt.Key.Key_Z, CONTROL)
    await settle()
    assert desk.stack.words() == "Undo change of Ana Ruiz"
    QTest.keyClick(desk.window, Qt.Key.Key_Z, CONTROL)
    await settle()
    assert [call[1] for call in desk.edits.calls] == [delete, edit]
    assert desk.stack.why_not() == "There is nothing to undo."


async def test_text_fields_come_first(desk: Desk) -> None:
    desk.field.setFocus()
    desk.stack.done(Saved((1,), (7,)))
    QTest.keyClicks(desk.field, "abc")
    QTest.keyClick(desk.field, Qt.Key.Key_Z, CONTROL)
    await settle()
    assert desk.field.text() == ""
    assert desk.edits.calls == []
    QTest.keyClick(desk.field, Qt.Key.Key_Z, CONTROL)  # nothing left in the field: now the contact
    await settle()
    assert desk.edits.verbs() == ["undo"]


async def test_what_cannot_be_undone_tells_why_and_is_not_offered_again(desk: Desk) -> None:
    desk.edits.fail["undo"] = ForbiddenError("The contact was erased meanwhile.", "Its guest asked for it.")
    desk.stack.done(Saved((1,), (7,)))
    desk.stack.undo()
    await settle()
    assert desk.feedback.banners.texts() == ["The contact was erased meanwhile. Its guest asked for it."]
    assert desk.stack.why_not() is not None


async def test_after_a_passing_fault_it_can_be_tried_again(desk: Desk) -> None:
    desk.edits.fail["undo"] = StorageError("The disk is full.", "Make room, then try again.")
    desk.stack.done(Saved((1,), (7,)))
    desk.stack.undo()
    await settle()
    assert desk.stack.why_not() is None
    desk.edits.fail.clear()
    desk.stack.undo()
    await settle()
    assert desk.stack.why_not() is not None


async def test_what_changed_nothing_is_not_offered(desk: Desk) -> None:
    desk.stack.done(None)
    assert not desk.stack.bar.isVisible()
    assert desk.stack.why_not() is not None


async def test_notices_stand_above_the_bar(desk: Desk) -> None:
    desk.stack.done(Saved((1,), (7,)))
    desk.feedback.notice("Copied")
    toast = desk.feedback._toasts[0]
    assert not toast.geometry().intersects(desk.stack.bar.geometry())


@pytest.mark.parametrize("name", ["Ana Ruiz", "Hans-Peter Müller-Lüdenscheidt von und zu Hohenlohe-Langenburg " * 2])
async def test_it_fits_the_smallest_window(desk: Desk, name: str) -> None:
    desk.window.resize(420, 400)
    desk.stack.done(Saved((1,), (7,), what="delete", title=name))
    await settle()
    assert desk.window.rect().contains(desk.stack.bar.geometry())
    buttons = desk.stack.bar.findChildren(QPushButton)
    assert all(desk.stack.bar.rect().contains(made.geometry()) for made in buttons)


async def test_a_field_that_goes_leaves_nothing_behind(desk: Desk) -> None:
    desk.window.setCentralWidget(box := QWidget())
    other, third = QLineEdit(box), QLineEdit(box)
    for field in (other, third):
        field.show()
    other.setFocus()
    await settle()
    assert desk.stack._watched is other
    other.deleteLater()
    await settle()
    third.setFocus()
    await settle()
    assert desk.stack._watched is third


async def test_ctrl_y_does_again_what_was_undone_and_that_can_be_undone(desk: Desk) -> None:
    desk.stack.done(saved := Saved((1,), (7,)))
    assert desk.stack.why_no_redo() == "There is nothing to do again."
    desk.stack.undo()
    await settle()
    assert desk.stack.redo_words() == "Redo change of Ana Ruiz"
    QTest.keyClick(desk.window, Qt.Key.Key_Y, CONTROL)
    await settle()
    assert desk.edits.calls == [("undo", saved), ("redo", saved)]
    assert desk.stack.why_no_redo() is not None and desk.stack.why_not() is None
    assert desk.stack.bar.isVisible()


async def test_a_new_deed_ends_what_could_be_done_again(desk: Desk) -> None:
    desk.stack.done(Saved((1,), (7,)))
    desk.stack.undo()
    await settle()
    desk.stack.done(Saved((2,), (8,)))
    assert desk.stack.why_no_redo() == "There is nothing to do again."


async def test_a_discard_is_undone_but_not_done_again(desk: Desk) -> None:
    desk.stack.done(Saved((1,), (7,), what="discard"))
    desk.stack.undo()
    await settle()
    assert desk.stack.why_no_redo() == "There is nothing to do again."


async def test_redo_after_a_passing_fault_can_be_tried_again(desk: Desk) -> None:
    desk.stack.done(Saved((1,), (7,)))
    desk.stack.undo()
    await settle()
    desk.edits.fail["redo"] = StorageError("The disk is full.", "Make room, then try again.")
    desk.stack.redo()
    await settle()
    assert desk.feedback.banners.texts() == ["The disk is full. Make room, then try again."]
    assert desk.stack.why_no_redo() is None


async def test_text_fields_redo_first(desk: Desk) -> None:
    desk.stack.done(Saved((1,), (7,)))
    desk.stack.undo()
    await settle()
    desk.field.setFocus()
    QTest.keyClicks(desk.field, "abc")
    QTest.keyClick(desk.field, Qt.Key.Key_Z, CONTROL)
    assert desk.field.text() == ""
    QTest.keyClick(desk.field, Qt.Key.Key_Y, CONTROL)
    await settle()
    assert desk.field.text() == "abc" and desk.edits.verbs() == ["undo"]
    QTest.keyClick(desk.field, Qt.Key.Key_Y, CONTROL)  # nothing left in the field: now the contact
    await settle()
    assert desk.edits.verbs() == ["undo", "redo"]


async def test_an_erased_contact_is_named_neither_by_undo_nor_by_redo(desk: Desk) -> None:
    async def back() -> str:
        return "The view is back."

    desk.stack.done(Undoable("View deleted.", "Undo delete of the view", back))
    desk.stack.done(Saved((1,), (7,)))
    desk.stack.undo()
    await settle()
    desk.stack.forget_contacts([7])
    assert desk.stack.redo_words() == "Redo" and desk.stack.why_no_redo() is not None
    assert desk.stack.words() == "Undo delete of the view"
