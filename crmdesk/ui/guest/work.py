"""What every part of a guest's card has: one thing at a time, a mark while it takes long, and its trouble in words with
what to do next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QPushButton, QWidget

from crmdesk.core.errors import CrmDeskError, Recovery
from crmdesk.core.guest import GuestAwayError
from crmdesk.core.tasks import IfBusy, TaskScope
from crmdesk.ui.busy import Busy
from crmdesk.ui.feedback import announce, copy_details, error_words
from crmdesk.ui.guest.door import Door
from crmdesk.ui.kit import Banner, button, tr
from crmdesk.ui.words import tooltip

QUIET_MS = 300  # work that is over sooner shows no mark
Work = Callable[[], Coroutine[Any, Any, None]]


class Part(QWidget):
    """A tab or a section. `run` does the work; `trouble` and `busy` are placed by whoever lays it out."""

    def __init__(self, name: str, door: Door, scope: TaskScope, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name, self.door, self.scope = name, door, scope
        self.setObjectName(name)
        self._running = 0
        self._dropped = False
        self._words = ""
        self.retry = button(f"{name}.again", tr("Try again"), self._again)
        self.details = button(f"{name}.details", tr("Copy details"), self._copy)
        self._failed: tuple[Work, str, str] | None = None
        self._error: BaseException | None = None
        self.trouble = Banner("error", "", (self.retry, self.details), self)
        self.trouble.setObjectName(f"{name}.trouble")
        self.result = Banner("ok", "", (), self)
        self.result.setObjectName(f"{name}.result")
        self.busy = Busy(f"{name}.busy", self.stop, self)
        self.busy.setObjectName(f"{name}.busy")
        self._late = QTimer(self, singleShot=True, interval=QUIET_MS)
        self._late.timeout.connect(self._show_busy)
        for widget in (self.trouble, self.result, self.busy):
            widget.hide()

    # -- what others ask ---------------------------------------------------------------------------------------------

    @property
    def dirty(self) -> bool:
        """Something was typed here that nobody has taken over."""
        return False

    def begin(self) -> None:
        """It is looked at: what has to be fetched for it is fetched now, once."""

    def session_changed(self) -> None:
        """The guest has signed in or out."""

    def forget(self) -> None:
        """The session has ended: nothing that the vendor told stays here, only what was typed."""

    def leave(self) -> None:
        """Nobody needs it any more; work under way ends before the widget does."""
        self._dropped = True
        self.hide()
        self.setParent(None)
        if not self._running:
            self.deleteLater()

    # -- work --------------------------------------------------------------------------------------------------------

    def key(self, key: str) -> tuple[str, int, str]:
        """Of a task in the scope: parts of several guests do not end each other's work."""
        return (self.name, self.door.contact_id, key)

    def run(self, work: Work, what: str, *, key: str = "", busy: str = "", if_busy: IfBusy = "keep") -> None:
        """`work()` at the vendor. `what` names it in reports, `busy` is shown once it takes long. Where it fails its
        trouble is shown, with *Try again* where that may help."""
        self._stopping = False
        started = self.scope.start(self._run(work, what, busy), what=what, key=self.key(key), if_busy=if_busy)
        if started is None:
            self._show_busy()  # that is what keeps it from being done now
        else:
            self._key = self.key(key)

    async def _run(self, work: Work, what: str, busy: str) -> None:
        self._running += 1
        self._words = busy or self._words
        if busy:
            self._late.start()
        self.trouble.hide()
        self._error = None
        try:
            await work()
        except GuestAwayError as error:
            self._show_error(error, None)
        except CrmDeskError as error:
            self._show_error(error, (work, what, busy) if error.recovery is Recovery.RETRY else None)
        except asyncio.CancelledError:
            self._was_stopped()
            raise
        finally:
            self._running -= 1
            self._finish()

    def _finish(self) -> None:
        if not self._running:
            self._late.stop()
            self.busy.hide()
            self._words = ""
            if self._dropped:
                self.deleteLater()

    def _show_busy(self) -> None:
        if self._running and self._words:
            self.busy.set(self._words)
            self.busy.show()

    def tell(self, words: str) -> None:
        """How far the work is, in sight from now on."""
        self._words = words
        if self.busy.isHidden():
            self._late.start()
        else:
            self._show_busy()

    def quiet(self) -> None:
        """From here on it is a person that is waited for."""
        self._late.stop()
        self._words = ""
        self.busy.hide()

    def stop(self) -> None:
        """Cancel of what is under way."""
        self._stopping = True
        self.busy.set(tr("Stopping…"))
        self.scope.cancel(self._key)

    _stopping = False
    _key: tuple[str, int, str] = ("", 0, "")
    stopped_words = ""  # what it means that this part's work was stopped

    def _was_stopped(self) -> None:
        if self._stopping and self.stopped_words:
            self.say("warning", self.stopped_words)

    # -- words -------------------------------------------------------------------------------------------------------

    def _show_error(self, error: CrmDeskError, again: tuple[Work, str, str] | None) -> None:
        self._error, self._failed = error, again
        if isinstance(error, GuestAwayError) and self.door.signed_in is None:
            return  # the line above says so, and what was typed stays
        title, hint = error_words(error)
        self.result.hide()
        self.trouble.set("error", f"{title} {hint}".strip())
        self.retry.setVisible(again is not None)
        self.details.setVisible(bool(error.details))
        self.trouble.show()
        announce(self, self.trouble.text(), assertive=True)

    def say(self, tone: str, text: str) -> None:
        """What came of it, in sight until something else is done."""
        self.result.set(tone, text)
        self.result.show()
        announce(self, text, assertive=tone in ("error", "warning"))

    def hush(self) -> None:
        self._failed = None  # what was typed for it may be secret
        self.trouble.hide()
        self.result.hide()

    def _again(self) -> None:
        if self._failed is not None:
            work, what, busy = self._failed
            self.run(work, what, busy=busy)

    def _copy(self) -> None:
        if self._error is not None:
            copy_details(self._error)


def offer(made: QPushButton, lacks: str) -> QPushButton:
    """A button that says why it cannot be used; usable where `lacks` is ''."""
    made.setEnabled(not lacks)
    made.setToolTip(tooltip(lacks))
    made.setAccessibleDescription(lacks)
    return made
