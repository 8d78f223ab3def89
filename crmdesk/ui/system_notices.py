"""What the system tells of while crmdesk is not in front: three things that wait for a person, without a guest's data.

Bulk events that ended with failed or unknown rows; a sign-in that is needed while changes wait for it; a request that
waits for a guest's approval. All of it stands in the window, too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from crmdesk.core.submission import RowStage
from crmdesk.ui.session_banner import OVER
from crmdesk.ui.words import plural, tr

if TYPE_CHECKING:
    from crmdesk.core.outbox import OutboxCounts
    from crmdesk.core.types import Account
    from crmdesk.sync.progress import StatusBoard
    from crmdesk.ui.main_window import MainWindow
    from crmdesk.ui.system_sink import Sink


class SystemNotices(QObject):
    """Acts for its window, which has services by now. Tests give `sink` and `in_front`."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._sink: Sink | None = None
        self._looked = False  # for a sink
        self._asked: dict[int, int] = {}  # accounts whose sign-in is refused: how much waited when that was last asked
        self._told: set[int] = set()  # of them
        self.in_front: Callable[[], bool] = _in_front

    def use(self, sink: Sink | None) -> None:
        """Instead of the system's own."""
        self._sink, self._looked = sink, True

    # what is told

    def sent(self, counts: Mapping[RowStage, int]) -> None:
        """Sending has ended, or does not go on by itself."""
        failed, unknown = counts.get(RowStage.FAILED, 0), counts.get(RowStage.UNKNOWN, 0)
        words = [
            plural(failed, "1 row of bulk events failed.", "{n} rows of bulk events failed.") if failed else "",
            plural(
                unknown, "The outcome of 1 row of bulk events is unknown.",
                "The outcome of {n} rows of bulk events is unknown.",
            ) if unknown else "",
        ]  # fmt: skip
        self._tell(" ".join(one for one in words if one))

    def look(self, accounts: list[Account], board: StatusBoard, counts: OutboxCounts) -> None:
        """Compare with the last look: is there a sign-in that changes wait for?"""
        from crmdesk.sync.progress import Phase

        for account in accounts:
            phase = board.of(account.id).phase
            if not account.active or phase in OVER:
                self._asked.pop(account.id, None)
                self._told.discard(account.id)
            elif phase is Phase.SIGN_IN and counts.waiting and self._asked.get(account.id) != counts.waiting:
                self._asked[account.id] = counts.waiting
                self._window.scope.start(
                    self._ask(account), what="count what waits", key=("system.signin", account.id), if_busy="queue"
                )

    async def _ask(self, account: Account) -> None:
        waiting = await self._window.services.edits.waiting_of_account(account.id)
        if waiting and account.id in self._asked and account.id not in self._told:  # it may be signed in by now
            self._told.add(account.id)
            vendors: Mapping[str, Any] = self._window.services.vendors
            vendor = vendors[account.vendor].title if account.vendor in vendors else account.vendor
            words = plural(
                waiting, "{vendor} asks for a new sign-in, and 1 change waits for it.",
                "{vendor} asks for a new sign-in, and {n} changes wait for it.",
            )  # fmt: skip
            self._tell(words.replace("{vendor}", vendor))

    def approvals(self, count: int) -> None:
        """So many came since they were last looked at."""
        self._tell(plural(count, "1 request waits for a guest’s answer.", "{n} requests wait for a guest’s answer."))

    # telling

    def _tell(self, text: str) -> None:
        if not text or not self._window.settings.system_notices or self.in_front():
            return
        if not self._looked:
            from crmdesk.ui.system_sink import system_sink  # with the first one

            self.use(system_sink(self._raise))
        if self._sink is not None:
            practice = self._window.start_practice is None
            self._sink(tr("crmdesk, practice") if practice else "crmdesk", text)

    def _raise(self) -> None:
        self._window.showNormal() if self._window.isMinimized() else self._window.show()
        self._window.raise_()
        self._window.activateWindow()


def _in_front() -> bool:
    """Whoever looks at the window sees it there."""
    return QGuiApplication.applicationState() is Qt.ApplicationState.ApplicationActive


def approvals_arrived(part: QWidget, count: int) -> None:
    """For the parts of a guest's card."""
    found = part.window().findChild(SystemNotices, options=Qt.FindChildOption.FindDirectChildrenOnly)
    if found is not None:
        found.approvals(count)
