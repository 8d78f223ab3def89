"""The notices of this run, newest first: what was told and when, and what can still be done about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from PySide6.QtWidgets import QPushButton, QWidget

from crmdesk.core.seams import Clock, iso
from crmdesk.core.tasks import TaskScope
from crmdesk.core.text import fold
from crmdesk.ui.feedback import Notice
from crmdesk.ui.kit import button
from crmdesk.ui.log_dialog import LogDialog, LogModel
from crmdesk.ui.words import clock_time, plural, tr

PARTS = (0.15, 0.6, 0.25)


class _Model(LogModel):
    titles = ("When", "Notice", "What can be done")
    rows: Sequence[Notice]

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def texts(self, place: int) -> tuple[str, ...]:
        notice = self.rows[place]
        if notice.open():
            offer = notice.words
        else:
            offer = tr("Done") if notice.done else tr("No longer possible") if notice.words else ""
        return clock_time(iso(notice.at), self._clock.now()), notice.text, offer


class NoticesDialog(LogDialog):
    """The main button is the chosen notice's action, where it still has one."""

    def __init__(self, parent: QWidget, told: Iterable[Notice], scope: TaskScope, clock: Clock) -> None:
        self._told = list(told)[::-1]
        words = tr("Notices"), tr("A word of the notice…"), ""  # each notice has its own
        super().__init__(parent, scope, "notices", words, _Model(clock), PARTS)
        self.openWanted.connect(lambda number: self._told[number - 1].act())
        self._offer()

    def more_buttons(self) -> Sequence[QPushButton]:
        self.copy = button("notices.copy", tr("Copy"), self._copy)
        return (self.copy,)

    async def look_for(self, text: str) -> Sequence[Any]:
        return [notice for notice in self._told if fold(text) in fold(notice.text)]

    def counted(self, number: int, *, searched: bool) -> str:
        if number:
            return plural(number, "1 notice", "{n} notices")
        return tr("Nothing was found.") if searched else tr("There was no notice since crmdesk was started.")

    def target(self, found: Notice) -> tuple[int, str]:
        if found.open():
            return self._told.index(found) + 1, ""
        return 0, tr("This is done already.") if found.done else tr("This is no longer possible.")

    def _offer(self) -> None:
        super()._offer()
        place = self._current()
        words = self.model.rows[place].words if place >= 0 else ""
        self.go.setVisible(bool(words))
        self.go.setText(words)
        self.copy.setEnabled(place >= 0)
