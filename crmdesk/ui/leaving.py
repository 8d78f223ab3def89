"""Closing the window while something in the editor is not saved, or events are on their way (UX-WIN-08)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QPushButton, QWidget

from crmdesk.core.tasks import TaskScope
from crmdesk.ui.confirm import confirm
from crmdesk.ui.feedback import ask
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.sync.submission_sending import SubmissionSending
    from crmdesk.ui.contacts.page import ContactsPage

KEEP, SAVE = 1, 2  # the buttons
WAIT, DONE = 1, 2  # the other button closes anyway


def leaving_dialog(parent: QWidget) -> QDialog:
    """*Keep draft and close* is safest and has the focus."""
    dialog = confirm(
        parent,
        "leaving",
        tr("Something is not saved"),
        tr("The editor holds changes that were not saved. As a draft they are here again after the next start."),
        [("keep", tr("Keep draft and close"), False), ("save", tr("Save and close"), False)],
    )
    _prefer(dialog, "leaving.keep")
    return dialog


def sending_dialog(parent: QWidget) -> QDialog:
    """*Wait, then close* is safest and has the focus."""
    dialog = confirm(
        parent,
        "leaving",
        tr("Events are being sent"),
        tr(
            "One call is on its way, and its answer is not here yet. If you wait, crmdesk sends nothing further and "
            "closes when the answer is stored. If you close now, the rows of that call may become Unknown. The calls "
            "behind it are sent after the next start."
        ),
        [("wait", tr("Wait, then close"), False), ("anyway", tr("Close anyway"), True)],
    )
    _prefer(dialog, "leaving.wait")
    return dialog


def waiting_dialog(parent: QWidget) -> QDialog:
    """Closes by itself with `DONE`."""
    return confirm(
        parent,
        "leaving",
        tr("Waiting for the answer"),
        tr("crmdesk closes as soon as the vendor has answered. Cancel keeps it open, and the sending goes on."),
        [("anyway", tr("Close anyway"), True)],
    )


def _prefer(dialog: QDialog, name: str) -> None:
    button = dialog.findChild(QPushButton, name)
    if button is not None:
        button.setProperty("main", True)
        button.setDefault(True)
        button.setFocus()


async def may_leave(window: QWidget, contacts: ContactsPage, scope: TaskScope) -> bool:
    """Asks, and does what was answered; False: stay open, what went wrong stands in the editor."""
    answer = await ask(leaving_dialog(window))
    if answer == KEEP:
        await contacts.keep_typing()
        return contacts.detail.editor is None  # it comes back where the draft could not be kept
    return answer == SAVE and await _save(contacts, scope)


async def may_stop_sending(window: QWidget, sending: SubmissionSending, scope: TaskScope) -> bool:
    """Asks while a call with events is out (`sending`: its `SubmissionSending`); False: stay open, and go on."""
    if not sending.busy:
        return True
    answer = await _ask_until(sending_dialog(window), sending.ended, WAIT, scope)
    if answer == WAIT:
        answer = await _ask_until(waiting_dialog(window), sending.rest, DONE, scope)
    if answer == 0:
        sending.go_on()
    return answer != 0


async def _ask_until(dialog: QDialog, ended: Callable[[], Awaitable[None]], answer: int, scope: TaskScope) -> int:
    """As `ask`; answers itself once `ended` returns, which is cancelled by any other answer."""

    async def wait() -> None:
        await ended()
        dialog.done(answer)

    waiting = scope.start(wait(), what="wait for the vendor's answer", key="leaving.wait")
    found = await ask(dialog)
    if waiting is not None:
        waiting.cancel()
    return found


async def _save(contacts: ContactsPage, scope: TaskScope) -> bool:
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
