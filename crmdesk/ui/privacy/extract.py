"""The extract for one guest: asked for, gathered, written as two files of the same name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QDialog, QWidget

from crmdesk.core.errors import CrmDeskError
from crmdesk.ui.busy import Busy
from crmdesk.ui.confirm import confirm
from crmdesk.ui.feedback import ask
from crmdesk.ui.kit import column
from crmdesk.ui.privacy.erase import sign
from crmdesk.ui.words import number, plural, tr
from crmdesk.ui.written import place_for, tell_written

if TYPE_CHECKING:
    from crmdesk.core.types import Json
    from crmdesk.ui.main_window import MainWindow

KEY = "guest.extract"
PATIENCE_MS = 400  # what ends sooner needs no dialog


async def extract(window: MainWindow, contact_id: int) -> None:
    """Everything that is kept here of this person, from all linked records."""
    try:
        ids = await window.services.privacy.records_of(contact_id)
        if not await ask(_question(window, len(ids))):
            return
        day = window.clock.now().astimezone().date().isoformat()
        # no name: it would stand in lists of recent files
        place = await place_for(window, tr("Extract {date}").replace("{date}", day), ".html")
        if place is None or not await _may_replace(window, place.with_suffix(".json")):
            return
        await sign(window)
        found = await _gathered(window, ids)
        await asyncio.to_thread(_write, found, place)
        tell_written(window.feedback, tr("The extract was written to {name} and a .json file beside it."), place)
    except CrmDeskError as error:
        window.feedback.show(error, "extract")


def _question(window: MainWindow, records: int) -> QDialog:
    text = plural(
        records,
        "Everything that is kept here of this guest, as a page to read and a file for programs.",
        "Everything that is kept here of this guest in {n} linked records, as a page to read and a file for programs.",
    )
    detail = tr(
        "Each record is read from its vendor first, where that is possible now; else the extract says how old it is. "
        "What is masked on screen is in it, too, such as passports. The files are not encrypted: give them to nobody "
        "else."
    )
    go = [("go", tr("Choose where…"), False)]
    return confirm(window, "extract", tr("Extract for this guest"), text, go, detail=detail)


async def _may_replace(window: QWidget, beside: Path) -> bool:
    if not await asyncio.to_thread(beside.exists):
        return True
    text = tr("{name} is there already.").replace("{name}", beside.name)
    return bool(await ask(confirm(window, "replace", tr("Replace the file?"), text, [("go", tr("Replace"), True)])))


async def _gathered(window: MainWindow, ids: list[int]) -> Json:
    """Cancelled where somebody stopped it."""
    progress = Gathering(window, lambda: window.scope.cancel(KEY), len(ids))
    try:
        return dict(await window.services.privacy.extract(ids, progress.tell))
    except asyncio.CancelledError:
        window.feedback.notice(tr("The extract was stopped. No file was written."))
        raise
    finally:
        progress.end()


def _write(found: Json, place: Path) -> None:
    """The page last: whoever sees it finds the other file beside it. Blocking."""
    from crmdesk.sync import extracting
    from crmdesk.ui.privacy.sheet import page

    extracting.write(place.with_suffix(".json"), extracting.as_json(found))
    extracting.write(place, page(found))


class Gathering(QDialog):
    """Seen while a vendor takes its time. Closing it stops the work."""

    def __init__(self, parent: QWidget, stop: Callable[[], object], total: int) -> None:
        super().__init__(parent)
        self.setObjectName("extract.progress")
        self.setWindowTitle(tr("Extract for this guest"))
        self._stop, self._total = stop, total
        self.busy = Busy("extract", self.reject, self)
        column(self, self.busy, margins=(20, 16, 20, 16))
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 50)
        self._late = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._late.timeout.connect(self.show)
        self._late.start()
        self.tell(0, total)

    def tell(self, done: int, total: int) -> None:
        words = tr("Asking the vendors: {done} of {n} records").replace("{done}", number(done))
        self.busy.set(words.replace("{n}", number(total)), done, max(1, total))

    def reject(self) -> None:
        """Cancel, Esc, and the frame's cross; `end` follows."""
        self._stop()
        self.hide()

    def end(self) -> None:
        self._late.stop()
        self.hide()
        self.deleteLater()
