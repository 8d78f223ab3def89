"""Every page and every kind of dialog for people who hear the screen or use keys alone: names, the way of Tab there and
back, where the focus begins, what Esc does and where the focus is afterwards. One program, all screens."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTabBar,
    QTextEdit,
    QWidget,
)

from crmdesk.ui.composer.grid import Grid
from crmdesk.ui.kit import Popover
from tests.helpers.house import House
from tests.helpers.rings import THICK, seen, sides
from tests.helpers.tour import covers, desk, dialogs, pages, settled

ORDER = Path(__file__).with_name("tab_order.txt")
PASSING = ("status.more", "status.sending", "undo.button", "undo.close")  # there for a moment, or where room is left
MOST = 150  # stops of one screen
INTERACTIVE = (QAbstractButton, QLineEdit, QComboBox, QAbstractItemView, QAbstractSpinBox, QTabBar, QTextEdit,
               QPlainTextEdit)  # fmt: skip
PRESSED = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox, QTabBar)
LEAST, LEAST_IN_DIALOGS = 24, 32  # pixels
FIELDS = (QLineEdit, QPlainTextEdit, QComboBox, QAbstractSpinBox)
NAMED = re.compile(r"[a-z]\w*([.][\w-]+)*")
OF_DATA = re.compile(r"(duplicates[.]fields|merge[.]field)[.](?!more$)\w+")  # fields of whoever stands there
SAFE = re.compile(r"[.](cancel|close|later|keep|no)$")


def tab_way(house: House, start: QWidget, key: str, hidden: list[str] | None = None) -> list[QWidget]:
    """What has the focus after each press, from `start` till it comes round; `hidden` gets what is not seen then."""
    start.setFocus(Qt.FocusReason.TabFocusReason)
    way: list[QWidget] = []
    while (now := focus(start)) is not None and now not in way:
        way.append(now)
        if hidden is not None:
            hidden += hidden_stops([now])
        assert len(way) < MOST, [one.objectName() for one in way]
        house.key(key)
    return way


def hidden_stops(way: Iterable[QWidget]) -> Iterator[str]:
    """Stops of Tab that are not seen when they have the focus: scrolled away, or behind something else."""
    for one in way:
        seen_part = one.visibleRegion().boundingRect().size()
        least = one.size().boundedTo(QSize(LEAST, LEAST))
        if seen_part.width() < least.width() or seen_part.height() < least.height():
            yield f"{pattern(one)}: {seen_part.toTuple()} of {one.size().toTuple()} are in sight"


async def without_ring(house: House, start: QWidget) -> list[str]:
    """Stops of Tab whose ring is not seen: nothing two pixels thick comes with the focus and goes with it."""
    start.setFocus(Qt.FocusReason.TabFocusReason)
    doubtful: list[QWidget] = []
    passed: list[QWidget] = []
    while (now := focus(start)) is not None and now not in passed:
        passed.append(now)
        there = seen(now)
        house.key("Tab")
        if not ringed(there, seen(now)) and focus(start) is not now and pattern(now) not in PASSING:
            doubtful.append(now)
    found: list[str] = []
    for one in doubtful:  # once more: rings of round buttons come slowly
        one.setFocus(Qt.FocusReason.TabFocusReason)
        there = await drawn(one, lambda image: sides(image) >= 2 * THICK)
        house.key("Tab")
        gone = await drawn(one, lambda image, there=there: image != there)
        if not ringed(there, gone):
            found.append(f"{pattern(one)}: no ring")
    return list(dict.fromkeys(found))


async def drawn(widget: QWidget, wanted: Callable[[QImage], bool]) -> QImage:
    """How it looks once that is wanted, or after a while."""
    end = time.monotonic() + 3
    while not wanted(image := seen(widget)) and time.monotonic() < end:
        await asyncio.sleep(0.05)
    return image


def ringed(there: QImage, gone: QImage) -> bool:
    return sides(there) >= 2 * THICK and there != gone


def focus(beside: QWidget) -> QWidget | None:
    """The offscreen platform does not always make a window the active one."""
    return QApplication.focusWidget() or beside.window().focusWidget()


def pattern(widget: QWidget) -> str:
    """Its name without what depends on the data."""
    name = widget.objectName() or f"({type(widget).__name__})"
    return re.sub(r"\d+", "#", OF_DATA.sub(r"\1.#", name))


def patterns(way: list[QWidget]) -> list[str]:
    names = dict.fromkeys(map(pattern, way))
    return [name for name in names if name not in PASSING]


def wrong_names(root: QWidget) -> list[str]:
    """Controls in sight without an object name, without words, pictures without a description."""
    found = []
    for widget in root.findChildren(QWidget):
        if not isinstance(widget, INTERACTIVE) or not widget.isVisible() or _qts_own(widget):
            continue
        name = widget.objectName()
        if not NAMED.fullmatch(name):
            found.append(f"{name or type(widget).__name__}: no object name")
        words = widget.text() if isinstance(widget, QAbstractButton) else ""
        if not (widget.accessibleName() or words or _buddy(widget)):
            found.append(f"{name}: nothing to speak")
        if isinstance(widget, QComboBox) and not (_buddy(widget) or widget.accessibleDescription()):
            found.append(f"{name}: on Linux only its value is spoken")  # there Qt makes that its name
        if isinstance(widget, QAbstractButton) and not words and not (widget.toolTip() or widget.accessibleName()):
            found.append(f"{name}: a picture without a description")
    return found


def too_small(root: QWidget, least: int) -> list[str]:
    """What is pressed or typed into, and is narrower or lower than so many pixels."""
    found = []
    for widget in root.findChildren(QWidget):
        if isinstance(widget, PRESSED) and widget.isVisible() and not _qts_own(widget):
            tabs = [widget.tabRect(at).size() for at in range(widget.count())] if isinstance(widget, QTabBar) else []
            small = [size.toTuple() for size in tabs or [widget.size()] if min(size.width(), size.height()) < least]
            found += [f"{widget.objectName()}: {size}" for size in small]
    return found


def _qts_own(widget: QWidget) -> bool:
    """Parts that Qt makes inside of a widget which has a name."""
    inside = (QComboBox, QAbstractSpinBox, QLineEdit, QTabBar)
    return (
        widget.objectName().startswith("qt_") or isinstance(widget, QHeaderView) or isinstance(widget.parent(), inside)
    )


def _buddy(widget: QWidget) -> str:
    return next((one.text() for one in widget.window().findChildren(QLabel) if one.buddy() is widget), "")


def backwards(way: list[QWidget]) -> list[str]:
    """Steps of Tab that go up, or back in a line. One there has to be in each round: from the last to the first."""
    found = []
    for one, following in pairwise(way):
        if one.parentWidget() is following.parentWidget():
            before, after = one.geometry(), following.geometry()
            same_line = abs(after.center().y() - before.center().y()) < before.height() // 2
            if after.bottom() < before.top() or (same_line and after.right() < before.left()):
                found.append(f"{one.objectName()} → {following.objectName()} goes back")
    return found if len(found) > 1 else []


def silent_lists(root: QWidget) -> Iterator[str]:
    """Lists that are entered by Tab without a line that is spoken."""
    for view in root.findChildren(QAbstractItemView):
        if not view.isVisible() or _qts_own(view) or not view.model() or not view.model().rowCount():
            continue
        if view.focusPolicy() & Qt.FocusPolicy.TabFocus:
            view.setFocus(Qt.FocusReason.TabFocusReason)
            index, role = view.currentIndex(), Qt.ItemDataRole
            if not index.isValid() or not (index.data(role.AccessibleTextRole) or index.data(role.DisplayRole)):
                yield f"{view.objectName()}: no line is spoken"


def wrong_begin(dialog: QDialog) -> list[str]:
    """The focus is to be at the first field, or at the safest button where there is none to fill in."""
    at = dialog.focusWidget()
    if at is None:
        return ["nothing has the focus"]
    fields = [one for one in dialog.findChildren(QWidget) if isinstance(one, FIELDS) and one.isVisible()]
    fields = [one for one in fields if not (isinstance(one, QLineEdit | QPlainTextEdit) and one.isReadOnly())]
    if isinstance(at, QPushButton) and not SAFE.search(at.objectName()) and fields:
        return [f"the focus begins at {at.objectName()}"]
    return []


async def there_and_back(house: House, start: QWidget, found: list[str]) -> list[QWidget]:
    """The way of Tab; what is wrong with it goes to `found`."""
    hidden: list[str] = []
    first = tab_way(house, start, "Tab", hidden)  # nobody went this way before
    found += await without_ring(house, start)
    way, back = tab_way(house, start, "Tab", hidden), tab_way(house, start, "Shift+Tab", hidden)
    found += dict.fromkeys(hidden)
    if patterns(first) != patterns(way):
        found.append(f"at first Tab goes another way: {patterns(first)}")
    if not isinstance(way[-1], Grid) and [way[0], *reversed(back[1:])] != way:  # in a grid Tab goes from cell to cell
        found.append(f"Shift+Tab goes another way than {patterns(way)}: {patterns(back)}")
    found += backwards(way)
    return way


async def on_page(house: House, name: str, page: QWidget) -> tuple[list[str], list[str]]:
    """What is wrong with a page, and its way of Tab; the window around it belongs to the first one."""
    found = [*wrong_names(house.window), *silent_lists(page), *too_small(house.window, LEAST)]
    beside = house.window.navigation.list
    over = isinstance(page, Popover) or not beside.isVisible()
    start = focus(page) if over else beside
    assert start is not None
    if over and not page.isAncestorOf(start):
        found.append(f"the focus is at {start.objectName()}")
    way = await there_and_back(house, start, found)
    return found, patterns([one for one in way if name == "contacts" or page.isAncestorOf(one)])


async def in_dialog(house: House, dialog: QDialog) -> tuple[list[str], list[str]]:
    """What is wrong with an open dialog, and its way of Tab; Esc closes it."""
    found, begin = wrong_names(dialog) + wrong_begin(dialog), dialog.focusWidget()
    found += too_small(dialog, LEAST_IN_DIALOGS)
    if begin is None:
        return found, []
    way = await there_and_back(house, begin, found)
    found += [f"{one.objectName()} is outside" for one in way if not dialog.isAncestorOf(one)]
    names = patterns(way)
    house.key("Escape")
    await settled(house)
    if dialog in house.dialogs():
        return [*found, "Esc does not close it"], names
    at = house.window.focusWidget()
    if at is None or not at.isVisible() or at.objectName() not in ("list.contacts", "events.list"):
        found.append(f"after Esc the focus is at {at and at.objectName()}")
    return found, names


def told(ways: dict[str, list[str]]) -> str:
    """As a person compares it with what they see: one screen after the other, one stop a line."""
    return "\n".join(f"[{name}]\n" + "".join(f"{stop}\n" for stop in way) for name, way in ways.items())


async def test_every_screen_by_keys_and_ears(tmp_path: Path) -> None:
    wrong: dict[str, list[str]] = {}
    ways: dict[str, list[str]] = {}
    async with desk(tmp_path) as house:
        async for name, page in pages(house):
            wrong[name], ways[name] = await on_page(house, name, page)
        async for name, dialog in dialogs(house):
            wrong[name], ways[name] = await in_dialog(house, dialog)
        async for name, page in covers(house):
            wrong[name], ways[name] = await on_page(house, name, page)
    assert {name: found for name, found in wrong.items() if found} == {}
    fresh = tmp_path / ORDER.name
    fresh.write_text(told(ways), "utf-8")
    assert fresh.read_text("utf-8") == ORDER.read_text("utf-8"), f"if {fresh} is how it is read, copy it to {ORDER}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "look", [{"scheme": "dark"}, {"high_contrast": "on"}, {"scheme": "dark", "high_contrast": "on"}]
)
async def test_the_ring_is_seen_in_every_look(tmp_path: Path, look: dict[str, str]) -> None:
    wrong: dict[str, list[str]] = {}
    async with desk(tmp_path, **look) as house:
        async for name, page in pages(house):
            beside = house.window.navigation.list
            over = isinstance(page, Popover) or not beside.isVisible()
            start = focus(page) if over else beside
            assert start is not None
            wrong[name] = await without_ring(house, start)
        async for name, dialog in dialogs(house):
            start = dialog.focusWidget()
            wrong[name] = await without_ring(house, start) if start is not None else ["nothing has the focus"]
    assert {name: found for name, found in wrong.items() if found} == {}
