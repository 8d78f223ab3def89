"""A search for duplicates under way: it outlives the page that shows it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from crmdesk.core.cards import Crowd, Scanned, ScanProgress
from crmdesk.core.errors import CrmDeskError
from crmdesk.ui.cards.reasons import MATCHED
from crmdesk.ui.feedback import announce
from crmdesk.ui.places import DUPLICATES
from crmdesk.ui.words import number, plural, tr

if TYPE_CHECKING:
    from crmdesk.ui.main_window import MainWindow


class Scanning(QObject):
    """`changed`: it began, went on, is being stopped or ended; `ended`: there may be other pairs now."""

    changed = Signal()
    ended = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.running = self.stopping = False
        self.progress: ScanProgress | None = None
        self.note = ""  # how the last one of this session ended, where that is worth a word

    def start(self) -> None:
        """Once at a time; one that runs by itself is joined."""
        if not self.running:
            self._window.scope.start(self._run(), what="look for duplicates", key="duplicates.scan", if_busy="keep")

    def stop(self) -> None:
        """What was found until then is kept."""
        if self.running:
            self.stopping = True
            self._window.services.cards.stop_scan()
            self.changed.emit()

    def why_not(self) -> str | None:
        return tr("It is being looked for already.") if self.running else None

    def words(self) -> str:
        """What it does just now."""
        if self.stopping:
            return tr("Stopping…")
        if self.progress is None:
            return tr("Looking for duplicates…")
        text = tr("Comparing {done} of {total}")
        if self.progress.step == "reading":
            text = tr("Reading {done} of {total} records")
        return text.replace("{done}", number(self.progress.done)).replace("{total}", number(self.progress.total))

    async def _run(self) -> None:
        self.running, self.stopping, self.progress, self.note = True, False, None, ""
        self.changed.emit()
        try:
            with self._told():
                found = await self._window.services.cards.scan(self._heard)
            self.note = _note(found)
            announce(self._window, _said(found))
        except CrmDeskError as error:
            self._window.feedback.show(error, "duplicates")
        finally:
            self.running = self.stopping = False
            self.changed.emit()
        self.ended.emit()

    def _told(self) -> AbstractContextManager[None]:
        """In the status bar too, if it takes long."""
        window = self._window
        assert window.outgoing is not None  # it has this
        return window.outgoing.long_work.during(self.words, lambda: window.go(DUPLICATES))

    def _heard(self, progress: ScanProgress) -> None:
        self.progress = progress
        self.changed.emit()


def _said(found: Scanned) -> str:
    """For a screen reader."""
    pairs = plural(found.pairs, "1 pair may be the same person.", "{n} pairs may be the same person.")
    return " ".join(part for part in (pairs if found.pairs else tr("No possible duplicates."), _note(found)) if part)


def _note(found: Scanned) -> str:
    """What it did not do."""
    parts = []
    if found.stopped:
        parts.append(tr("Stopped: only what was found until then is listed."))
    if found.full:
        parts.append(tr("There are more pairs than are kept; decide some and scan again."))
    parts += [_crowd(crowd) for crowd in found.crowds[:1]]
    return " ".join(parts)


def _crowd(crowd: Crowd) -> str:
    shared = ", ".join(tr(MATCHED[trait]) for trait in crowd.shared)
    text = plural(
        crowd.records,
        "1 record was not compared for what too many have in common: {shared}.",
        "{n} records were not compared with each other for what too many have in common: {shared}.",
    )
    return text.replace("{shared}", shared)
