"""The loop under the window: coroutines and dialogs live together."""

from __future__ import annotations

import asyncio

from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

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
