"""Size, place and panes of the window, kept between starts and put right where the screens have changed."""

from __future__ import annotations

import json

from PySide6.QtCore import QByteArray, QRect, QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow, QSplitter

USUAL = QSize(1400, 860)
SMALLEST = QSize(900, 600)
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
        window.resize(USUAL.boundedTo(_screen().size()))
    splitter.restoreState(_unpacked(notes.get("splitter", "")))
    on_screen(window)


def on_screen(window: QMainWindow) -> None:
    """Move a window that no screen shows any more into the first one, and make it fit there."""
    if window.isMaximized() or window.isFullScreen():
        return
    title = QRect(window.geometry().topLeft(), QSize(window.width(), 30))
    seen = [screen.availableGeometry().intersected(title) for screen in QGuiApplication.screens()]
    if any(part.width() >= VISIBLE and part.height() > 0 for part in seen):
        return
    area = _screen()
    window.resize(window.size().boundedTo(area.size()))
    window.move(area.center() - QRect(0, 0, window.width(), window.height()).center())


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
