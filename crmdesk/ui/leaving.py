"""Closing the window while something in the editor is not saved (UX-WIN-08)."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QDialog, QPushButton, QWidget

from crmdesk.core.tasks import TaskScope
from crmdesk.ui.confirm import confirm
from crmdesk.ui.feedback import ask
from crmdesk.ui.words import tr

KEEP, SAVE = 1, 2  # the buttons


def leaving_dialog(parent: QWidget) -> QDialog:
    """*Keep draft and close* is safest and has the focus."""
    dialog = confirm(
        parent,
        "leaving",
        tr("Something is not saved"),
        tr("The editor holds changes that were not saved. As a draft they are here again after the next start."),
        [("keep", tr("Keep draft and close"), False), ("save", tr("Save and close"), False)],
    )
    keep = dialog.findChild(QPushButton, "leaving.keep")
    if keep is not None:
        keep.setProperty("main", True)
        keep.setDefault(True)
        keep.setFocus()
    return dialog


async def may_leave(window: QWidget, contacts: Any, scope: TaskScope) -> bool:
    """Asks, and does what was answered; False: stay open, what went wrong stands in the editor."""
    answer = await ask(leaving_dialog(window))
    if answer == KEEP:
        await contacts.keep_typing()
        return contacts.detail.editor is None  # it comes back where the draft could not be kept
    return answer == SAVE and await _save(contacts, scope)


async def _save(contacts: Any, scope: TaskScope) -> bool:
    """Nothing is saved, and the window stays, while a field holds something that cannot be saved."""
    import asyncio

    editor = contacts.detail.editor
    if editor is None:
        return True
    contacts.verbs.save_editor(close=True)
    ended = scope.start(asyncio.sleep(0), what="wait for the save", key=("save", editor.subject.key), if_busy="queue")
    if ended is not None:
        await ended
    return bool(editor.over)
