"""Whether a step of a card has really been done, seen from what the window knows anyway."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from crmdesk.core.submission import RowStage, SubmissionStage
from crmdesk.core.types import Flag
from crmdesk.ui.practice.lessons import LINKING

if TYPE_CHECKING:
    from crmdesk.sync.verbs import Saved
    from crmdesk.ui.main_window import MainWindow

MOST_LINKED = 50  # contacts that are linked at once
LINKED = Flag.__members__.get("LINKED", Flag(0))  # comes with guest cards


class Watching:
    """`done(step)`: asked often, so it looks at values in memory only. The order of steps is the card's business."""

    def __init__(self, window: MainWindow, sample: str) -> None:
        self._window, self.sample = window, sample
        self.written = False  # the sample file
        self._linking: list[int] = []  # ids of contacts of which somebody wanted it
        self._saved_offline = False
        self._unknown: dict[int, int] = {}  # most unknown rows seen in a submission, by its id
        self._counted: tuple[Any, int] = (None, 0)  # rows, and how many of them are unknown
        self._checks: Mapping[str, Callable[[], bool]] = {
            "typed": lambda: bool(self._typed()) and window.contacts.model.rowCount() > 0,
            "opened": self._opened,
            "everybody": lambda: not self._typed(),
            "offline": window.checks.working_offline,
            "saved": lambda: self._saved_offline and window.outgoing is not None and window.outgoing.counts.waiting > 0,
            "sent": self._sent,
            "two": lambda: window.contacts.table.selected_count() >= 2,
            "linked": self._linked,
            "written": lambda: self.written,
            "imported": self._imported,
            "left": lambda: self._imported() and self._document().submission.stage is SubmissionStage.ENDED,
            "found": lambda: self._unknown_rows() > 0,
            "settled": self._settled,
        }
        window.contacts.saved.connect(self._saved)
        window.commands.ran.connect(self._ran)

    def done(self, step: str) -> bool:
        """Whether this has happened; KeyError for a step that is none."""
        return self._checks[step]()

    def forget(self) -> None:
        """The cards begin again: what was done before does not count."""
        self.written = self._saved_offline = False
        self._linking = []
        self._unknown.clear()

    def _saved(self, saved: Saved) -> None:
        if saved and saved.what == "edit" and self._window.checks.working_offline():
            self._saved_offline = True

    def _ran(self, command: str) -> None:
        table = self._window.contacts.table
        if command == LINKING and 1 < table.selected_count() <= MOST_LINKED:
            self._linking = [int(contact_id) for contact_id in table.selected_ids()]

    def _linked(self) -> bool:
        """The list says so of one of them."""
        model = self._window.contacts.model
        rows = [model.row_at(model.position(contact_id)) for contact_id in self._linking]
        return any(row is not None and Flag(row.flags) & LINKED for row in rows)

    def _typed(self) -> str:
        return str(self._window.contacts.listing.text).strip()

    def _opened(self) -> bool:
        contacts = self._window.contacts
        shown, current = contacts.detail.detail, contacts.table.current_id()
        return bool(self._typed()) and shown is not None and shown.row.id == current

    def _sent(self) -> bool:
        window = self._window
        counts = window.outgoing.counts if window.outgoing is not None else None
        return counts is not None and not counts.waiting and not window.checks.working_offline()

    def _document(self) -> Any:
        """The open submission; None where none is."""
        page = self._window.pages.built_events()
        return page.composer.document if page is not None and page.composer is not None else None

    def _imported(self) -> bool:
        document = self._document()
        return document is not None and bool(document.rows) and document.submission.file == self.sample

    def _unknown_rows(self) -> int:
        document = self._document()
        if document is None:
            return 0
        if document.rows is not self._counted[0]:  # a change makes another list
            self._counted = (document.rows, sum(row.stage is RowStage.UNKNOWN for row in document.rows))
        count, number = self._counted[1], document.submission.id
        self._unknown[number] = max(count, self._unknown.get(number, 0))
        return count

    def _settled(self) -> bool:
        count, document = self._unknown_rows(), self._document()
        return document is not None and count < self._unknown.get(document.submission.id, 0)
