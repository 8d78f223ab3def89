"""Size, place and panes of the window, kept between starts and put right where the screens have changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QObject, QRect, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow, QSplitter

from crmdesk.ui.scrolling import least_size

if TYPE_CHECKING:
    from PySide6.QtWidgets import QDialog

    from crmdesk.ui.theme import Theme

USUAL = QSize(1400, 860)
SMALLEST = QSize(900, 600)
FRAME = QSize(16, 48)  # what a window manager puts around a window that is not shown yet, title line included
SIDE = 225  # pixels of the navigation with usual letters
VISIBLE = 120  # so many pixels of the title line must be on some screen


def _packed(data: QByteArray) -> str:
    return bytes(data.toBase64().data()).decode("ascii")


def _unpacked(text: str) -> QByteArray:
    return QByteArray.fromBase64(text.encode("ascii", "ignore"))


def keep(window: QMainWindow, splitter: QSplitter, notes: dict[str, str]) -> None:
    """Write the window's own notes."""
    notes["geometry"] = _packed(window.saveGeometry())
    notes["splitter"] = _packed(splitter.saveState())


def bring_back(window: QMainWindow, splitter: QSplitter, notes: dict[str, str]) -> None:
    """Take the notes up; whatever in them makes no sense is ignored."""
    if not window.restoreGeometry(_unpacked(notes.get("geometry", ""))):
        window.resize(USUAL.boundedTo(room(_screen())))
    splitter.restoreState(_unpacked(notes.get("splitter", "")))
    on_screen(window)


def on_screen(window: QMainWindow) -> None:
    """Move a window that no screen shows any more into the first one. None is larger than its screen."""
    if window.isMaximized() or window.isFullScreen():
        return
    title = QRect(window.geometry().topLeft(), QSize(window.width(), 30))
    areas = [screen.availableGeometry() for screen in QGuiApplication.screens()]
    there = next((area for area in areas if _shows(area, title)), None)
    area = there or _screen()
    window.resize(window.size().boundedTo(room(area)))
    if there is None:
        window.move(area.center() - QRect(0, 0, window.width(), window.height()).center())


def fit_dialog(dialog: QDialog) -> None:
    """Before it is shown: no larger than its screen, and as high as its words need in the width it gets, of which Qt's
    own size takes no notice."""
    layout = dialog.layout()
    if layout is None:
        return
    dialog.ensurePolished()
    layout.activate()
    most, own = room(dialog.screen().availableGeometry()), dialog.testAttribute(Qt.WidgetAttribute.WA_Resized)
    wanted = (dialog.size() if own else dialog.sizeHint()).boundedTo(most)
    if not own and layout.hasHeightForWidth():  # the least that a layout may do makes buttons lower than their words
        wanted.setHeight(min(most.height(), max(wanted.height(), layout.totalHeightForWidth(wanted.width()))))
    dialog.resize(wanted.expandedTo(least_size(dialog, wanted.width())))


def _shows(area: QRect, title: QRect) -> bool:
    part = area.intersected(title)
    return part.width() >= VISIBLE and part.height() > 0


def room(area: QRect) -> QSize:
    """For a window without its frame, so that its status bar is on screen; never less than it needs."""
    return (area.size() - FRAME).expandedTo(SMALLEST.boundedTo(area.size()))


def _screen() -> QRect:
    return QGuiApplication.primaryScreen().availableGeometry()


def sizes_of(text: str) -> list[int]:
    """The two sizes of a splitter as they were kept; [] for anything odd."""
    try:
        sizes = json.loads(text)
    except ValueError:
        return []
    sound = isinstance(sizes, list) and len(sizes) == 2 and all(type(size) is int and size > 0 for size in sizes)
    return sizes if sound else []


def breadth(percent: int) -> float:
    """How much wider what holds text should be with letters of this size: icons and gaps do not grow."""
    return 1 + (percent - 100) / 125


class Widths(QObject):
    """Keeps the panes at the sides of the window as wide as their letters need, when those are
    made larger or smaller."""

    def __init__(self, window: QMainWindow, look: Theme) -> None:
        super().__init__(window)
        self._look, self._percent = look, look.font_scale
        named = (("window.split", 0), ("contacts.splitter", 1))
        found = [(window.findChild(QSplitter, name), place) for name, place in named]
        self._panes = [(splitter, place) for splitter, place in found if isinstance(splitter, QSplitter)]
        look.changed.connect(self._follow)

    def _follow(self) -> None:
        before, self._percent = self._percent, self._look.font_scale
        if before == self._percent:
            return
        factor = breadth(self._percent) / breadth(before)
        for splitter, place in self._panes:
            sizes = splitter.sizes()
            if len(sizes) != 2 or not all(sizes):
                continue  # one of both is not seen
            wanted = min(round(sizes[place] * factor), sum(sizes) // 2)
            other = 1 - place
            sizes[place], sizes[other] = wanted, sum(sizes) - wanted
            splitter.setSizes(sizes)
