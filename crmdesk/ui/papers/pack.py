"""The shift pack on screen: its pages as they will be, and the ways to paper and PDF."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QDialog, QWidget

from crmdesk.core.errors import CrmDeskError
from crmdesk.core.tasks import PartScope
from crmdesk.sync.whole_file import put_file
from crmdesk.ui.busy import Busy
from crmdesk.ui.feedback import announce, ask, error_words
from crmdesk.ui.flow import flowing
from crmdesk.ui.kit import Banner, Heading, IconButton, Muted, PictureLabel, button, column, row, scroll, tr
from crmdesk.ui.papers import gather, output
from crmdesk.ui.papers.paper import Pages
from crmdesk.ui.patience import Patience
from crmdesk.ui.scrolling import BAR
from crmdesk.ui.theme import theme
from crmdesk.ui.words import number
from crmdesk.ui.written import place_for, plain_name, tell_written

if TYPE_CHECKING:
    from crmdesk.ui.main_window import MainWindow

NAME = "pack"
REDRAW_MS = 60  # after the last change of size
SMALLEST, USUAL = (520, 420), (1000, 760)


async def show_pack(window: MainWindow) -> None:
    """Until it is closed; where a PDF was written, a notice says so."""
    dialog = PackDialog(window)
    await ask(dialog)
    if dialog.written is not None:
        tell_written(window.feedback, tr("Shift pack saved as {name}."), dialog.written)
    elif dialog.was_printed:
        window.feedback.notice(tr("The shift pack is on its way to the printer."))


class PackDialog(QDialog):
    """`pages` is None while they are made. `written`: the PDF that was saved."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setObjectName(NAME)
        self.setWindowTitle(tr("Shift pack"))
        self._window, self.owned = window, PartScope(window.scope)
        self._found: gather.Gathered | None = None
        self.pages: Pages | None = None
        self.page = 0
        self.written: Path | None = None
        self.was_printed = False
        self._build()
        self._redraw = QTimer(self, singleShot=True, interval=REDRAW_MS)
        self._redraw.timeout.connect(self._draw)
        self.make()

    def _build(self) -> None:
        self.hide_parts = QCheckBox(tr("Hide parts of phone numbers and e-mail addresses"), self)
        self.hide_parts.setObjectName(f"{NAME}.hide")
        self.hide_parts.setChecked(self._window.settings.mask_printouts)
        self.hide_parts.toggled.connect(self._mask)
        note = Muted(tr("Guests of the list as it is shown, what waits, and what needs somebody. Made from what is "
                        "stored here, also without a connection."), self, wrap=True)  # fmt: skip
        self.trouble = Banner("error", "")
        self.trouble.setObjectName(f"{NAME}.trouble")
        self.trouble.hide()
        self.busy = Busy(NAME, self.cancel, self)
        self.patience = Patience(self.busy)
        self.sheet = PictureLabel(self)
        self.sheet.setObjectName(f"{NAME}.sheet")
        self._area = scroll(self.sheet, f"{NAME}.area")
        head = QWidget(self)
        row(head, Heading(tr("Shift pack"), self, factor=1.25)).addStretch(1)
        column(self, head, note, self.hide_parts, self.trouble, self._area, self.busy, self._foot(), gap=8,
               margins=(20, 16, 20, 16), stretch=4)  # fmt: skip
        room = self._window.size()
        self.setMinimumSize(*SMALLEST)
        self.resize(min(USUAL[0], room.width() - 40), min(USUAL[1], room.height() - 40))

    def _foot(self) -> QWidget:
        foot = QWidget(self)
        self.back = IconButton(f"{NAME}.back", "back", tr("Page before"), self)
        self.next = IconButton(f"{NAME}.next", "forward", tr("Next page"), self)
        self.back.clicked.connect(lambda _checked=False: self.turn(-1))
        self.next.clicked.connect(lambda _checked=False: self.turn(1))
        self.where = Muted("", self)
        self.where.setObjectName(f"{NAME}.where")
        self.paper = button(f"{NAME}.paper", tr("Print…"), lambda: self._start(self._print()))
        self.pdf = button(f"{NAME}.pdf", tr("Save as PDF…"), lambda: self._start(self._save()), main=True)
        self.close_ = button(f"{NAME}.close", tr("Close"), self.reject)
        layout = row(foot, self.back, self.where, self.next)
        layout.addStretch(1)
        layout.addWidget(flowing(self.close_, self.paper, self.pdf))
        return foot

    # -- making ------------------------------------------------------------------------------------------------------

    def make(self) -> None:
        """The pages anew, as the tick wants them."""
        self.owned.start(self._make(), what="Make the shift pack", key="pack.make")

    async def _make(self) -> None:
        self.pages = None
        self._offer(tr("Reading what is stored here…"))
        try:
            if self._found is None:
                self._found = await gather.gather(self._window, gather.on_screen(self._window))
            hidden, found = self.hide_parts.isChecked(), self._found
            blocks = gather.blocks(found, self._window.clock.now(), hidden=hidden)
            foot = gather.footer(found, hidden=hidden)
            self.pages = await output.laid_out(blocks, theme().font.family(), foot, self._told("Laying out page {n}…"))
        except CrmDeskError as error:
            self._tell(error)
        self.page = min(self.page, len(self.pages) - 1) if self.pages is not None else 0
        self._offer("")
        self._draw()

    def _told(self, words: str, total: int | None = None) -> output.Told:
        """`total`: pages, where it is known how many."""
        return lambda page: self.busy.set(tr(words).replace("{n}", number(page + 1)), page, total, fresh=not page)

    def _mask(self, hidden: bool) -> None:
        self._window.pages.set_setting("mask_printouts", hidden)
        self.make()

    def _offer(self, busy: str) -> None:
        """`busy`: what is being done, '' where one may go on."""
        if busy:
            self.busy.set(busy)
            self.patience.begin()
        else:
            self.patience.end()
        ready = self.pages is not None and not busy
        for press in (self.pdf, self.paper, self.hide_parts):
            press.setEnabled(ready)
        last = len(self.pages) - 1 if self.pages is not None else 0
        self.back.setEnabled(ready and self.page > 0)
        self.next.setEnabled(ready and self.page < last)

    # -- looking -----------------------------------------------------------------------------------------------------

    def turn(self, by: int) -> None:
        if self.pages is not None:
            self.page = max(0, min(self.page + by, len(self.pages) - 1))
            self._draw()
            self._offer("")
            self._area.verticalScrollBar().setValue(0)
            announce(self, self.where.text())

    def _draw(self) -> None:
        if self.pages is None:
            return
        width = max(200, self._area.maximumViewportSize().width() - BAR - 2)  # a page is higher than it is wide
        self.sheet.setPixmap(output.picture(self.pages, self.page, width, self.devicePixelRatioF()))
        self.where.setText(output.numbered(self.page, len(self.pages)))
        self.sheet.setAccessibleName(self.where.text())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._redraw.start()

    # -- leaving -----------------------------------------------------------------------------------------------------

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self.owned.start(self._guarded(work), what="Shift pack", key="pack.out", if_busy="keep")

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        self.trouble.hide()
        try:
            await work
        except CrmDeskError as error:
            self._tell(error)
        except Exception as error:  # the window's banner would stand behind this dialog
            self._tell(error)
            raise
        finally:
            self._offer("")

    def _tell(self, error: Exception) -> None:
        words = " ".join(part for part in error_words(error) if part)
        self.trouble.set("error", words)
        self.trouble.show()
        announce(self, words, assertive=True)

    async def _save(self) -> None:
        pages = self.pages
        if pages is None:
            return
        day = self._window.clock.now().astimezone().strftime("%Y-%m-%d %H%M")
        place = await place_for(self, plain_name(f"{tr('Shift pack')} {day}", "shift pack"), ".pdf")
        if place is None:
            return
        self._offer(tr("Writing…"))
        content = await output.as_pdf(pages, tr("Shift pack"), self._told("Writing page {n}…", len(pages)))
        await asyncio.to_thread(put_file, place, content)
        self.written = place
        self.accept()

    async def _print(self) -> None:
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter  # looks for printers: with the first print only

        pages = self.pages
        if pages is None:
            return
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setDocName(tr("Shift pack"))
        dialog = QPrintDialog(printer, self)
        dialog.setObjectName(f"{NAME}.printer")
        if await ask(dialog) != QDialog.DialogCode.Accepted.value:
            return
        self._offer(tr("Printing…"))
        await output.printed(pages, printer, self._told("Printing page {n}…", len(pages)))
        self.was_printed = True
        self.accept()

    def cancel(self) -> None:
        """What is being made or printed is not wanted any more."""
        if not self.owned.cancel("pack.out"):
            self.reject()
