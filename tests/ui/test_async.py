"""The loop under the window: coroutines and dialogs live together."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from crmdesk.core.tasks import PartScope, TaskScope
from crmdesk.ui.feedback import ask


async def test_a_question_does_not_stop_other_work(qtbot: QtBot) -> None:
    dialog = QDialog()
    done = []

    async def other() -> None:
        await asyncio.sleep(0.01)
        done.append("other")
        dialog.done(2)

    answer, _ = await asyncio.gather(ask(dialog), other())
    assert (answer, done) == (2, ["other"])


async def test_a_question_whose_asker_is_gone_ends_all_the_same(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    asker = QLineEdit(window)
    window.show()
    window.activateWindow()
    asker.setFocus()
    await asyncio.sleep(0.05)
    dialog = QDialog(window)

    async def close_both() -> None:
        await asyncio.sleep(0.05)
        asker.deleteLater()
        QCoreApplication.sendPostedEvents(asker, QEvent.Type.DeferredDelete.value)
        dialog.done(1)

    answer, _ = await asyncio.gather(ask(dialog), close_both())
    assert answer == 1


async def test_what_a_dialog_has_begun_ends_before_the_dialog_is_gone(qtbot: QtBot) -> None:
    failed: list[str] = []
    scope, ended = TaskScope(lambda what, _error: failed.append(what)), []

    class Reading(QDialog):
        def __init__(self) -> None:
            super().__init__()
            self.owned = PartScope(scope)
            self.line = QLineEdit(self)
            self.owned.start(self._read(), what="read")

        async def _read(self) -> None:
            try:
                await asyncio.sleep(60)
            finally:
                self.line.setText("late")  # fails where Qt has taken it apart already
                ended.append("read")

    dialog = Reading()
    asking = asyncio.ensure_future(ask(dialog))
    await asyncio.sleep(0.02)
    dialog.reject()
    await asking
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    await asyncio.sleep(0.05)
    assert (ended, failed) == (["read"], [])
    await scope.aclose()


async def test_a_timer_that_is_due_when_a_test_is_over_begins_nothing(qtbot: QtBot, scope: TaskScope) -> None:
    """Nothing to see here: without the hook of these tests it fails after its last line."""

    async def late() -> None:
        raise AssertionError("nobody should begin this")

    QTimer.singleShot(0, lambda: QTimer.singleShot(0, lambda: scope.start(late(), what="late")))
