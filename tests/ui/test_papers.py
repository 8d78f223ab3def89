"""Pages: everything is on one of them, nothing runs over its edge, markup is text, and the window has its turns."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication, QPageSize
from pytestqt.qtbot import QtBot

from crmdesk.ui.papers import output
from crmdesk.ui.papers.paper import FOOT, MARGIN, QUIET, SECTION, TITLE, Block, Pages, Table, Text
from crmdesk.ui.theme import Theme
from crmdesk.ui.theme_colors import WHITE, contrast

LONG = "Παπαδοπούλου-Αλεξανδροπούλου" * 4
TITLES = ("Name", "E-mail", "Notes")


def document(count: int) -> list[Block]:
    rows = [
        (f"Guest {number} {LONG}", f"g{number}@x.example", "<b>bold</b> &amp; <img src=x>") for number in range(count)
    ]
    return [Text("Shift pack", TITLE), Text("Guests", SECTION), Table(TITLES, (0.4, 0.3, 0.3), rows)]


def made(blocks: list[Block]) -> Pages:
    pages = Pages(QPageSize(QPageSize.PageSizeId.A4), QGuiApplication.font().family(), "footer")
    for _ in pages.lay_out(blocks):
        pass
    return pages


def test_every_row_is_printed_once_and_inside_the_page(qtbot: QtBot) -> None:
    pages = made(document(300))
    assert len(pages) > 5
    words = pages.words()
    assert all(len(re.findall(rf"^Guest {number} ", words, re.MULTILINE)) == 1 for number in range(300))
    assert words.count("E-mail") == len(pages), "the titles stand on each page"
    foot = pages.height - MARGIN - FOOT
    for leaf in pages.leaves:
        for placed in leaf.texts:
            shaped = pages._shaped(placed.text, placed.style, placed.width)
            assert placed.y + shaped.boundingRect().height() <= foot + 1
            assert shaped.boundingRect().width() <= placed.width + 1, "a long name is broken, not cut"
            assert placed.x + placed.width <= pages.width - MARGIN + 1


def test_a_heading_is_not_left_alone_at_the_foot(qtbot: QtBot) -> None:
    for lines in range(30, 60):
        pages = made([*(Text(f"line {number}") for number in range(lines)), Text("Section", SECTION), Text("after")])
        leaf = next(leaf for leaf in pages.leaves if any(placed.text == "Section" for placed in leaf.texts))
        assert any(placed.text == "after" for placed in leaf.texts)


@pytest.mark.parametrize("look_of", [("light", "off"), ("dark", "off"), ("dark", "on")])
def test_markup_is_text_and_a_page_is_black_on_white(look: Theme, qtbot: QtBot, look_of: tuple[str, str]) -> None:
    """In every scheme, and its quieter words can be read."""
    look.set_scheme(look_of[0])
    look.set_high_contrast(look_of[1])
    pages = made(document(3))
    assert "<b>bold</b> &amp; <img src=x>" in pages.words()
    image = output.picture(pages, 0, 900, 1.0).toImage()
    assert image.pixelColor(QPoint(2, 2)).name() == "#" + "f" * 6
    grey = [image.pixelColor(x, y) for x in range(0, 900, 3) for y in range(0, image.height(), 3)]
    assert all(abs(one.red() - one.green()) < 3 and abs(one.red() - one.blue()) < 3 for one in grey)
    assert min(one.red() for one in grey) < 90
    assert contrast(QUIET.name(), WHITE) >= 4.5


async def test_two_thousand_guests_do_not_stop_the_window(qtbot: QtBot, tmp_path: Path) -> None:
    longest, before, ended = 0.0, time.perf_counter(), False

    async def watch() -> None:
        nonlocal longest, before
        before = time.perf_counter()
        while not ended:
            await asyncio.sleep(0)
            longest, before = max(longest, time.perf_counter() - before), time.perf_counter()

    watching = asyncio.ensure_future(watch())
    told: list[int] = []
    pages = await output.laid_out(document(2000), QGuiApplication.font().family(), "footer", told.append)
    content = await output.as_pdf(pages, "Shift pack", told.append)
    ended = True
    await watching
    assert told
    assert len(re.findall(rb"/Type\s*/Page\b", content)) == len(pages)
    assert longest < 0.25, "about 50 ms here; much more on a busy machine"


async def test_printing_goes_page_by_page(qtbot: QtBot, tmp_path: Path) -> None:
    from PySide6.QtPrintSupport import QPrinter

    pages = made(document(60))
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "out.pdf"))
    told: list[int] = []
    await output.printed(pages, printer, told.append)
    assert told == list(range(len(pages)))
    assert len(re.findall(rb"/Type\s*/Page\b", (tmp_path / "out.pdf").read_bytes())) == len(pages)


@pytest.mark.qt_log_ignore("Returned false")
async def test_a_printer_that_cannot_begin(qtbot: QtBot, tmp_path: Path) -> None:
    from PySide6.QtPrintSupport import QPrinter

    from crmdesk.core.errors import StorageError

    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "nowhere" / "out.pdf"))
    with pytest.raises(StorageError, match="printer cannot be used"):
        await output.printed(made(document(1)), printer, lambda _page: None)
