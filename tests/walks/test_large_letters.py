"""Letters of twice the size: on every page nothing that can be read or pressed is cut off without a sign of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QPushButton, QScrollArea, QWidget

from crmdesk.early import Found
from crmdesk.net.secrets import memory_key
from crmdesk.settings import LANGUAGES, Settings
from crmdesk.ui import language
from crmdesk.ui.composer.import_dialog import ImportDialog
from crmdesk.ui.contacts import names
from crmdesk.ui.feedback import ask
from crmdesk.ui.places import ACCOUNTS, CONFLICTS, DUPLICATES, EVENTS, HOME, OUTBOX, SETTINGS, TRASH
from crmdesk.vendors.crmcom_events.kinds import kinds_of
from tests.helpers.house import House, until
from tests.helpers.tour import NOW, desk, panels, submissions

PAGES = {
    "contacts": HOME, "outbox": OUTBOX, "events": EVENTS, "conflicts": CONFLICTS, "trash": TRASH,
    "duplicates": DUPLICATES, "accounts": ACCOUNTS, "settings": SETTINGS,
}  # fmt: skip
SMALL_WINDOW = (900, 600)
SMALLEST = 24  # pixels of what is pressed


def cut_off(root: QWidget) -> list[str]:
    """Labels and buttons in sight that are narrower or lower than their text needs. What ends in … says so itself."""
    found = []
    for widget in root.findChildren(QWidget):
        if not isinstance(widget, QLabel | QPushButton) or not widget.isVisible() or not widget.text():
            continue
        needed, given = widget.minimumSizeHint(), widget.size()
        if isinstance(widget, QLabel) and widget.wordWrap():
            short = widget.heightForWidth(given.width()) > given.height() + 1
        else:
            short = needed.width() > given.width() + 1 or needed.height() > given.height() + 1
        if short:
            name = widget.objectName() or type(widget).__name__
            found.append(f"{name} {widget.text()[:40]!r}: needs {needed.toTuple()}, has {given.toTuple()}")
    return found


def too_small(root: QWidget) -> list[str]:
    """Buttons in sight that a trembling hand would miss; Qt's own inside of a line are as high as it lets them be."""
    return [
        f"{widget.objectName()}: {widget.size().toTuple()}"
        for widget in root.findChildren(QAbstractButton)
        if widget.isVisible()
        and min(widget.width(), widget.height()) < SMALLEST
        and not isinstance(widget.parent(), QLineEdit)
    ]


async def seen(tmp_path: Path, scale: int, size: tuple[int, int]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """What is cut off and what is too small, by page."""
    (tmp_path / "data").mkdir()
    kept = Settings(operator="Maria", operators=["Maria"], font_scale=scale)
    cut, small = {}, {}
    async with House(tmp_path / "data", Found(key=memory_key()), kept=kept, practice=True) as house:
        await house.practised()
        house.window.resize(*size)
        house.table.choose(0)
        for name, place in PAGES.items():
            house.window.go(place)
            await asyncio.sleep(0.6)  # read and laid out
            cut[name], small[name] = cut_off(house.window), too_small(house.window)
    return {name: found for name, found in cut.items() if found}, {
        name: found for name, found in small.items() if found
    }


@pytest.mark.slow
async def test_nothing_is_cut_off_at_twice_the_size(tmp_path: Path) -> None:
    cut, _ = await seen(tmp_path, 200, (1400, 900))
    assert cut == {}


async def test_open_bulk_events_fit_a_small_window_with_large_letters(tmp_path: Path) -> None:
    """A draft with mistakes, pushed contacts, and a run of which some failed: what there is no room for scrolls."""
    cut: dict[str, list[str]] = {}
    async with desk(tmp_path, font_scale=150) as house:
        house.window.resize(*SMALL_WINDOW)
        async for name, page in submissions(house):
            await asyncio.sleep(0.4)  # checked, and laid out
            cut[name] = cut_off(page)
            if (over := house.window.pages.area.horizontalScrollBar().maximum()) > 0:
                cut[name].append(f"{over} pixels lie outside at the side")
            grid = page.composer.grid
            if grid.viewport().height() < grid.rowHeight(0):
                cut[name].append("no row is in sight")
            if page.composer.document.draft and (low := house.window.pages.area.verticalScrollBar().maximum()) > 0:
                cut[name].append(f"{low} pixels lie below")
    assert len(cut) == 3 and not any(cut.values()), cut


async def test_the_columns_of_an_import_scroll_and_are_not_squeezed(tmp_path: Path) -> None:
    purchases = next(kind.batch for kind in kinds_of((12, 0)) if kind.word == "purchases")
    async with desk(tmp_path, font_scale=150) as house:
        house.window.resize(*SMALL_WINDOW)
        low = SMALL_WINDOW[1] * 2 // 3
        text = "Account\tUnit\tDate\tReference\tNet\tVAT\tTotal\nACR1\tSpa\t2026-05-03\tB1\t10\t1\t11"
        dialog = ImportDialog(house.window, house.window.scope, purchases, text, [], lambda: NOW)
        asking = asyncio.ensure_future(ask(dialog))
        await until(lambda: house.there("import.go") and house.find("import.go").isEnabled(), "the preview")
        dialog.resize(dialog.width(), low)
        dialog._go(1)
        lines = [line.text for line in dialog.columns._lines.values() if not line.text.isHidden()]
        await until(lambda: bool(lines) and all(one.isVisible() for one in lines), "the columns")
        await asyncio.sleep(0.2)  # laid out
        assert [one.height() for one in lines] == [one.sizeHint().height() for one in lines]
        dialog.reject()
        await asking


@pytest.mark.slow
async def test_what_is_pressed_is_large_enough(tmp_path: Path) -> None:
    cut, small = await seen(tmp_path, 100, (1280, 800))
    assert cut == {}
    assert small == {}


@pytest.mark.slow
@pytest.mark.parametrize("lang", [code for code in LANGUAGES if code != "en"])
async def test_open_bulk_events_and_accounts_in_every_language(tmp_path: Path, qapp: QApplication, lang: str) -> None:
    """Letters of one and a half times the size in a small window: longer words have room, too."""
    cut: dict[str, list[str]] = {}
    (tmp_path / "data").mkdir()
    kept = Settings(operator="Maria", operators=["Maria"], font_scale=150)
    try:
        async with House(tmp_path / "data", Found(key=memory_key()), kept=kept, practice=True, lang=lang) as house:
            await house.practised()
            house.window.resize(*SMALL_WINDOW)
            async for name, page in submissions(house):
                await asyncio.sleep(0.4)  # checked, and laid out
                cut[name] = cut_off(page) + beside(page)
            house.window.go(ACCOUNTS)
            await asyncio.sleep(0.6)
            cut["accounts"] = cut_off(house.window.pages.currentWidget())
    finally:
        language.choose("en")
        QLocale.setDefault(QLocale("en"))
        names.forget()
    assert len(cut) == 4 and not any(cut.values()), cut


def beside(root: QWidget) -> list[str]:
    """Buttons that reach over the side of what they are scrolled in."""
    found = []
    for area in root.findChildren(QScrollArea):
        inner, room = area.widget(), area.viewport().width()
        if inner is not None and area.isVisible() and inner.width() > room:
            found.append(f"{area.objectName()}: {inner.width()} of {room}")
    return found


@pytest.mark.parametrize("scale", [125, 150])
async def test_saving_is_in_sight_in_a_small_window(tmp_path: Path, scale: int) -> None:
    """Under the form, which scrolls by itself: the page around it does not."""
    async with desk(tmp_path, font_scale=scale) as house:
        house.window.resize(*SMALL_WINDOW)
        bar = house.window.pages.area.verticalScrollBar()
        async for name, part in panels(house):
            if name not in ("editor", "history"):
                continue
            await asyncio.sleep(0.4)  # laid out
            assert bar.maximum() == 0, name
            if name == "editor":
                save = house.find("editor.save")
                assert save.visibleRegion().boundingRect().height() == save.height()
                assert part.area.height() > 6 * part.fontMetrics().height()
