"""Pages onto paper, into a PDF, or onto the screen: one page at a time, and the window has a turn after each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QElapsedTimer, QIODevice, QLocale, QMarginsF, Qt
from PySide6.QtGui import QPageLayout, QPageSize, QPainter, QPdfWriter, QPixmap

from crmdesk.core.errors import StorageError
from crmdesk.ui.papers.paper import DPI, LIGHT, Block, Pages
from crmdesk.ui.words import number, tr

if TYPE_CHECKING:
    from PySide6.QtPrintSupport import QPrinter

TURN_MS = 15  # of work before the window has its turn
Told = Callable[[int], object]


def paper_size() -> QPageSize:
    """Of the desk's country."""
    letter = QLocale().measurementSystem() is QLocale.MeasurementSystem.ImperialUSSystem
    return QPageSize(QPageSize.PageSizeId.Letter if letter else QPageSize.PageSizeId.A4)


def numbered(page: int, pages: int) -> str:
    return tr("Page {n} of {pages}").replace("{n}", number(page + 1)).replace("{pages}", number(pages))


async def laid_out(blocks: Sequence[Block], family: str, footer: str, told: Told) -> Pages:
    """`told(pages)` as they come."""
    pages, watch = Pages(paper_size(), family, footer), QElapsedTimer()
    watch.start()
    for count in pages.lay_out(blocks):
        if watch.elapsed() > TURN_MS:
            told(count)
            await asyncio.sleep(0)
            watch.restart()
    return pages


async def as_pdf(pages: Pages, title: str, told: Told) -> bytes:
    """The file's bytes; `told(page)` before each."""
    content = QByteArray()
    device = QBuffer(content)
    device.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(device)
    writer.setTitle(title)
    writer.setCreator("crmdesk")
    writer.setResolution(DPI)
    writer.setPageLayout(_layout(pages))
    painter = QPainter(writer)
    try:
        for page in range(len(pages)):
            if page:
                writer.newPage()
            pages.paint(painter, page, numbered(page, len(pages)))
            told(page)
            await asyncio.sleep(0)
    finally:
        painter.end()
    return bytes(content.data())


async def printed(pages: Pages, printer: QPrinter, told: Told) -> None:
    """Onto paper. StorageError where the printer takes no more; cancelled, the rest is not printed."""
    printer.setFullPage(True)
    printer.setPageLayout(_layout(pages))
    painter = QPainter()
    if not painter.begin(printer):
        raise StorageError(tr("The printer cannot be used."), tr("Look at it, choose another one, or save as PDF."))
    try:
        scale = printer.resolution() / DPI
        for page in range(len(pages)):
            if page and not printer.newPage():
                raise StorageError(tr("The printer stopped."), tr("Look at it, or save as PDF."))
            painter.save()
            painter.scale(scale, scale)
            pages.paint(painter, page, numbered(page, len(pages)))
            painter.restore()
            told(page)
            await asyncio.sleep(0)
    except asyncio.CancelledError:
        printer.abort()
        raise
    finally:
        painter.end()


def picture(pages: Pages, page: int, width: int, ratio: float) -> QPixmap:
    """One page as it will be, `width` pixels wide: black on white in every scheme."""
    wide = max(1, round(width * ratio))
    scale = wide / pages.width
    made = QPixmap(wide, max(1, round(pages.height * scale)))
    made.fill(Qt.GlobalColor.white)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(LIGHT)  # else white paper has no edge on a white window
    painter.drawRect(0, 0, made.width() - 1, made.height() - 1)
    painter.scale(scale, scale)
    pages.paint(painter, page, numbered(page, len(pages)))
    painter.end()
    made.setDevicePixelRatio(ratio)
    return made


def _layout(pages: Pages) -> QPageLayout:
    return QPageLayout(pages.size, QPageLayout.Orientation.Landscape, QMarginsF(0, 0, 0, 0))
