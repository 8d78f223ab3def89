"""What the buttons of the Outbox do. Every failure is told with its reason; nothing waits on the GUI thread."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from crmdesk.core.errors import CrmDeskError
from crmdesk.core.outbox import Draft, Op
from crmdesk.ui.feedback import announce, error_words
from crmdesk.ui.outbox.listing import Line
from crmdesk.ui.outbox.request_box import request_text
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.sync.edits import Edits
    from crmdesk.ui.outbox.page import OutboxPage

DONE = {
    "hold": "On hold. It stays here until you release it.",
    "release": "Released. It goes with the next turn.",
    "try": "It is tried now.",
    "sent": "Marked as sent.",
    "again": "It is sent again.",
    "create": "It will be made again.",
    "draft": "Kept as a draft.",
    "drop": "Your change was dropped.",
}


class OutboxVerbs:
    """Acts for its page."""

    def __init__(self, page: OutboxPage) -> None:
        self._page = page

    @property
    def _edits(self) -> Edits:
        return self._page.services.edits

    def do(self, verb: str, line: Line | None) -> None:
        """What a button of the panel is called."""
        if line is None:
            return
        if line.op is not None:
            self._do_op(verb, line.op)
        elif line.draft is not None and verb == "continue":
            self._page.draftWanted.emit(line.draft)
        elif line.draft is not None and verb == "undraft":
            self._start(self._drop_draft(line.draft), "discard typing")

    def _do_op(self, verb: str, op: Op) -> None:
        signals = {"contact": (self._page.contactWanted, op.contact_id), "edit": (self._page.editWanted, op)}
        signals["resolve"] = (self._page.conflictWanted, op.id)
        if verb in signals:
            signal, value = signals[verb]
            signal.emit(value)
        elif verb == "sign_in":
            self._page.signInWanted.emit(op.account_id, op.contact_id)
        elif verb == "discard":
            self._start(self._discard(op), "discard an edit")
        elif verb == "look":
            self._start(self._look(op), "look at the vendor")
        else:
            self._start(self._plain(verb, op), what=f"{verb} an edit")

    def _start(self, work: Coroutine[Any, Any, None], what: str) -> None:
        self._page.scope.start(self._told(work), what=what, key="outbox verb", if_busy="queue")

    async def _told(self, work: Coroutine[Any, Any, None]) -> None:
        """The world's faults become a banner; ours go on to the scope's reporter."""
        try:
            await work
        except CrmDeskError as error:
            self._page.feedback.show(error, "outbox")
        self._page.reload()

    async def _plain(self, verb: str, op: Op) -> None:
        edits = self._edits
        calls = {
            "hold": lambda: edits.hold(op.id),
            "release": lambda: edits.release(op.id),
            "try": lambda: edits.try_now(op.id),
            "sent": lambda: edits.mark_sent(op.id),
            "again": lambda: edits.mark_not_sent(op.id),
            "create": lambda: edits.resolve_gone(op.id, "create"),
            "draft": lambda: edits.resolve_gone(op.id, "draft"),
            "drop": lambda: edits.resolve_gone(op.id, "drop"),
        }
        await calls[verb]()
        announce(self._page, tr(DONE[verb]))

    def try_all(self) -> None:
        self._start(self._try_all(), "send all now")

    async def _try_all(self) -> None:
        await self._edits.try_all()
        announce(self._page, tr("Everything that waits is tried now."))

    async def _discard(self, op: Op) -> None:
        self._page.saved.emit(await self._edits.discard(op.id))

    async def _drop_draft(self, draft: Draft) -> None:
        await self._edits.drop_draft(draft.key)
        undo = (tr("Undo"), lambda: self._start(self._bring_back(draft), "bring typing back"))
        self._page.feedback.notice(tr("The typing was discarded."), undo)

    async def _bring_back(self, draft: Draft) -> None:
        """Never over something that was typed since."""
        if await self._page.reader.draft(draft.key) is not None:
            self._page.feedback.notice(tr("Something else was typed there since, and is kept."))
        else:
            await self._edits.keep_draft(draft)

    async def _look(self, op: Op) -> None:
        """What became of a create whose answer was lost; the words stay beside its buttons."""
        page = self._page
        page.panel.tell_found(op.id, tr("Looking at the vendor…"), final=False)
        page.refresh()
        try:
            found = await self._edits.look_up(op.id)
        except CrmDeskError as error:
            page.panel.tell_found(op.id, " ".join(error_words(error)).strip(), final=False)
            page.refresh()
            raise
        page.panel.tell_found(op.id, found)
        announce(page, found)

    def show_request(self, op: Op) -> None:
        self._page.scope.start(self._show_request(op), what="show a request", key="outbox request")

    async def _show_request(self, op: Op) -> None:
        page = self._page
        try:
            request = await self._edits.request(op.id)
        except CrmDeskError as error:
            page.panel.show_request(op, " ".join(error_words(error)).strip())
            return
        page.panel.show_request(op, request_text(request, page.model.teller.specs(op.account_id)))
