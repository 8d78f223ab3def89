"""Everything that was sent, searchable: who, event number, id, operator, code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QDialog, QWidget

from crmdesk.core.privacy import OF_ERASED
from crmdesk.core.seams import Clock
from crmdesk.core.submission import Line
from crmdesk.core.tasks import TaskScope
from crmdesk.ui.composer.stage_words import WORDS
from crmdesk.ui.kit import Heading, button, column, row
from crmdesk.ui.log_dialog import LogDialog, LogModel, copy_line
from crmdesk.ui.rows_table import RowsTable
from crmdesk.ui.words import clock_time, plural, tr

if TYPE_CHECKING:
    from crmdesk.store.reader import Reader

PARTS = (0.13, 0.24, 0.15, 0.12, 0.24, 0.12)


class _Model(LogModel):
    titles = ("When", "Who", "Outcome", "Event", "Message", "By")
    rows: Sequence[Line]

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def texts(self, place: int) -> tuple[str, ...]:
        line = self.rows[place]
        who = line.named or line.who.rpartition("=")[2]
        if line.who.startswith(OF_ERASED):
            who = tr("Erased guest {token}").replace("{token}", line.who.rpartition("=")[2])
        message = " · ".join(part for part in (tr(line.text), line.code, tr(line.note)) if part)
        when = clock_time(line.at, self._clock.now())
        by = line.settled_by or line.operator
        return when, who, tr(WORDS[line.stage]), line.number or line.remote_id, message, by


class AnswersDialog(QDialog):
    """Every time that one row left or may have left, with what was answered; the first one first."""

    def __init__(self, parent: QWidget, lines: list[Line], clock: Clock) -> None:
        super().__init__(parent)
        self.setObjectName("answers")
        self.setWindowTitle(tr("What was answered"))
        self.model = _Model(clock)
        self.model.setParent(self)
        self.model.put(lines)
        self.table = RowsTable("answers.list", self.windowTitle(), self.model, PARTS)
        self.table.copyAsked.connect(lambda: copy_line(self.model, self.table.currentIndex().row()))
        foot = QWidget()
        row(foot, button("answers.close", tr("Close"), self.reject)).insertStretch(0, 1)
        column(self, Heading(self.windowTitle(), self), self.table, foot, gap=10, margins=(20, 18, 20, 16), stretch=1)
        self.resize(self.fontMetrics().averageCharWidth() * 130, self.fontMetrics().height() * 20)
        self.table.setFocus()


class LedgerDialog(LogDialog):
    """`openWanted(submission id)`."""

    def __init__(self, parent: QWidget, reader: Reader, scope: TaskScope, clock: Clock) -> None:
        self._reader = reader
        sought = tr("Account number, event number, operator, code…")
        words = tr("Everything that was sent"), sought, tr("Open these bulk events")
        super().__init__(parent, scope, "ledger", words, _Model(clock), PARTS)

    async def look_for(self, text: str) -> Sequence[Any]:
        return list(await self._reader.submissions.search(text))

    def counted(self, number: int, *, searched: bool) -> str:
        return plural(number, "1 row", "{n} rows") if number else tr("Nothing was found.")

    def target(self, found: Any) -> tuple[int, str]:
        return found.submission_id, ""
