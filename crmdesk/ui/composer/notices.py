"""What the whole window tells of submissions: progress in the status bar, and what a crash, a restored folder or lost
answers left to be decided. Each banner comes once; whoever closed it has seen it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from crmdesk.core.submission import Pause, RowStage, Submission, SubmissionStage
from crmdesk.ui.kit import plural, tr
from crmdesk.ui.places import EVENTS
from crmdesk.ui.words import clock_time, number

if TYPE_CHECKING:
    from crmdesk.ui.main_window import MainWindow
    from crmdesk.ui.system_notices import SystemNotices

HALTED = "submissions.halted"
_LEFT = (RowStage.QUEUED, RowStage.SENDING)
_OVER = (SubmissionStage.PAUSED, SubmissionStage.ENDED)
_BY_HAND = (Pause.PERSON, Pause.STOPPED)  # whoever stopped it is there
Counts = Mapping[RowStage, int]


class SubmissionNotices(QObject):
    """Acts for its window, which has services and reader by now."""

    def __init__(self, window: MainWindow, system: SystemNotices) -> None:
        super().__init__(window)
        self._window, self._system = window, system
        self._seen: dict[int, tuple[SubmissionStage, str]] | None = None  # where each stood at the last look
        self._told: set[str] = set()
        self._words: dict[str, str] = {}
        window.status.sendingWanted.connect(lambda: window.go(EVENTS))

    def look(self) -> None:
        """Something moved."""
        self._window.scope.start(self._look(), what="Look at what is sent", key="submissions.notices", if_busy="queue")

    async def _look(self) -> None:
        window = self._window
        found: Sequence[Submission] = await window.reader.submissions.all()
        going = [one for one in found if one.stage is SubmissionStage.SENDING]
        cut = [one for one in found if one.pause in (Pause.INTERRUPTED, Pause.RESTORED)]
        over = [one for one in found if self._is_over(one)]
        told = {one.id for one in (*going, *cut, *over)}
        counts: Mapping[int, Counts] = await window.reader.submissions.tallies(list(told))
        self._seen = {one.id: (one.stage, one.ended_at) for one in found}
        window.status.show_sending(_progress([counts[one.id] for one in going]))
        for one in over:
            self._system.sent(counts[one.id])
        for one in cut:
            self._tell(one, counts[one.id])
        halted = await window.services.submissions.halted()
        if halted:
            words = tr("Several calls in a row had no valid answer. Nothing is sent until you have looked at it.")
            self._banner(HALTED, "error", words, lambda: window.go(EVENTS))
        else:
            self._clear(HALTED)

    def _is_over(self, one: Submission) -> bool:
        """Since the last look its sending has ended, or does not go on by itself. It may have begun since, too."""
        if self._seen is None or one.stage not in _OVER or one.pause in _BY_HAND:
            return False
        return self._seen.get(one.id) != (one.stage, one.ended_at)

    def _tell(self, one: Submission, counts: Counts) -> None:
        key, unknown = f"submission.{one.id}", counts.get(RowStage.UNKNOWN, 0)
        left = counts.get(RowStage.NOT_SENT, 0)
        if not unknown and not left:
            self._clear(key)
            return
        if one.pause is Pause.RESTORED:
            begin = tr("“{title}”: this data folder is a backup or a copy.")
        else:
            begin = tr("“{title}” was interrupted at {time}.")
        when = clock_time(one.ended_at, self._window.clock.now())
        words = begin.replace("{time}", when).replace("{title}", one.title)
        if unknown:
            words += " " + plural(unknown, "Review 1 unknown row.", "Review {n} unknown rows.")
        if left:
            words += " " + plural(left, "1 row was not sent.", "{n} rows were not sent.")
        self._banner(key, "unknown" if unknown else "warning", words, lambda: self._open(one.id))

    def _open(self, submission_id: int) -> None:
        self._window.go(EVENTS)
        self._window.pages.events().open(submission_id)

    def _banner(self, key: str, tone: str, words: str, run: Callable[[], object]) -> None:
        if key not in self._told or self._window.banners.shows(key):
            if self._words.get(key) != words or not self._window.banners.shows(key):
                self._window.banners.show_banner(key, tone, words, (("review", tr("Review"), run),))
            self._told.add(key)
            self._words[key] = words

    def _clear(self, key: str) -> None:
        if self._window.banners.shows(key):
            self._window.banners.clear(key)
        self._told.discard(key)


def _progress(going: Sequence[Counts]) -> str:
    """*Sending 1,200 of 2,481*; '' where nothing is on its way."""
    left = sum(counts.get(stage, 0) for counts in going for stage in _LEFT)
    if not going:
        return ""
    kept = (RowStage.LEFT_OUT, RowStage.READY)
    rows = sum(count for counts in going for stage, count in counts.items() if stage not in kept)
    words = tr("Sending {done} of {n}").replace("{done}", number(rows - left))
    return words.replace("{n}", number(rows))
