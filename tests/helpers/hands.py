"""Hands that press, type and choose whatever they find on screen, one thing after the other and seldom in time: quicker
than any answer, in places nobody thought of. What they did is kept, newest last."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QTableView,
    QWidget,
)
from shiboken6 import isValid

from tests.helpers.house import House

NEVER = ("quit", "lock", "backup", "restore", "pin")  # they end the story, or ask for what hands do not know
TEXTS = (
    "", "a", "müller", "+49 171", "<b>x</b>", "x" * 3000, "\u202eabc", "'; DROP TABLE contact", "2026-13-45", "1e999",
    "ΑΒΓ", "\t", "line\nline", "%s{0}{name}", "-1", "😀", "by:Maria", "is:linked city:", '"', "country:DE -x",
)  # fmt: skip
KEYS = (
    "Escape", "Return", "Tab", "Shift+Tab", "Up", "Down", "Left", "Right", "PgDown", "Home", "End", "Delete", "F2",
    "F6", "Ctrl+Z", "Ctrl+Y", "Ctrl+F", "Ctrl+N", "Ctrl+E", "Ctrl+S", "Ctrl+A", "Ctrl+C", "Ctrl+V", "Ctrl+K", "Ctrl+1",
    "Ctrl+2", "Ctrl+3", "Ctrl+4", "Ctrl+5", "Ctrl+6", "Ctrl+7", "Space", "Alt+Left", "Ctrl+D", "Ctrl+Return",
    "Shift+Down", "F1", "F5",
)  # fmt: skip
PAUSES = (0.0, 0.01, 0.03, 0.1)  # seconds; most answers of practice mode take longer
KEPT = 60  # deeds
W = TypeVar("W", bound=QWidget)


class Hands:
    """`seed` decides what they do where they find the same. What they find depends on how quick the answers are."""

    def __init__(self, house: House, seed: int) -> None:
        self._house = house
        self._dice = random.Random(seed)
        self.trail: deque[str] = deque(maxlen=KEPT)
        commands = house.window.commands
        self._commands = [one.id for one in commands if not (one.listed_only or _never(one.id))]
        run = commands.run
        commands.run = lambda name: False if _never(name) else run(name)  # the palette offers these, too
        self._deeds: tuple[tuple[int, Callable[[QWidget], None]], ...] = (
            (32, self._press),
            (20, self._key),
            (18, self._type),
            (12, self._row),
            (12, self._command),
            (6, self._combo),
        )

    async def act(self) -> None:
        """One thing, and a moment after it."""
        top = self._top()
        if isinstance(top, QFileDialog) or _never(top.objectName()):
            _close(top)
        elif isinstance(top, QMenu):
            self._menu(top)
        else:
            weights = [weight for weight, _ in self._deeds]
            (deed,) = self._dice.choices([deed for _, deed in self._deeds], weights)
            # not in this task: a button with a menu comes back when the menu is closed, which is for the next deed
            QTimer.singleShot(0, self._house.window, lambda: deed(top) if isValid(top) else None)
        await asyncio.sleep(self._dice.choice(PAUSES))

    async def rest(self) -> None:
        """Everything that lies over the window is closed, and what was typed discarded."""
        for _ in range(KEPT):
            if (top := self._top()) is self._house.window:
                break
            _close(top)
            await asyncio.sleep(0.05)
        if (editor := self._house.window.contacts.detail.editor) is not None:
            editor.discarded.emit()

    def _top(self) -> QWidget:
        """What takes mouse and keys now."""
        window: QWidget = self._house.window
        return QApplication.activePopupWidget() or QApplication.activeModalWidget() or window

    def _note(self, deed: str, widget: QWidget | None) -> None:
        self.trail.append(f"{deed}: {type(widget).__name__} {widget.objectName() if widget is not None else ''}")

    def _one(self, top: QWidget, *kinds: type[W]) -> W | None:
        """One of these kinds that can be used now."""
        found = [
            one
            for one in top.findChildren(QWidget)
            if isinstance(one, kinds)
            and one.isVisible()
            and one.isEnabled()
            and not one.visibleRegion().isEmpty()
            and not _never(one.objectName())
        ]
        return self._dice.choice(found) if found else None

    # ── what they do ─────────────────────────────────────────────────────────────────────────────────────────────

    def _press(self, top: QWidget) -> None:
        if (button := self._one(top, QAbstractButton)) is not None:
            self._note("press", button)
            QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=button.rect().center())

    def _key(self, _top: QWidget) -> None:
        keys = self._dice.choice(KEYS)
        self._note(keys, QApplication.focusWidget())
        self._house.key(keys)

    def _type(self, top: QWidget) -> None:
        """Pasted, as a person pastes the wrong thing."""
        field = self._one(top, QLineEdit, QPlainTextEdit)
        if field is None or field.isReadOnly():
            return
        text = self._dice.choice(TEXTS)
        self._note(f"paste {text[:20]!r}", field)
        QGuiApplication.clipboard().setText(text)
        field.setFocus()
        if self._dice.random() < 0.5:
            field.selectAll()
        field.paste()

    def _row(self, top: QWidget) -> None:
        view = self._one(top, QAbstractItemView)
        model = view.model() if view is not None else None
        if view is None or model is None or not model.rowCount():
            return
        columns = model.columnCount() if isinstance(view, QTableView) else 1
        place = model.index(self._dice.randrange(min(model.rowCount(), 30)), self._dice.randrange(max(1, columns)))
        spot, port, left = view.visualRect(place).center(), view.viewport(), Qt.MouseButton.LeftButton
        how = self._dice.choice(("click", "double click", "ctrl click", "shift click", "menu"))
        self._note(f"{how} on {place.row()}, {place.column()}", view)
        if how == "menu":
            asked = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, spot, port.mapToGlobal(spot))
            QApplication.postEvent(port, asked)
        elif how == "double click":
            QTest.mouseDClick(port, left, pos=spot)
        else:
            keys = {"ctrl click": Qt.KeyboardModifier.ControlModifier, "shift click": Qt.KeyboardModifier.ShiftModifier}
            QTest.mouseClick(port, left, keys.get(how, Qt.KeyboardModifier.NoModifier), spot)

    def _command(self, top: QWidget) -> None:
        """From a menu of the window, which no dialog lets through."""
        if top is self._house.window:
            command = self._dice.choice(self._commands)
            self.trail.append(f"command {command}")
            self._house.window.commands.run(command)

    def _combo(self, top: QWidget) -> None:
        if (combo := self._one(top, QComboBox)) is not None and combo.count():
            place = self._dice.randrange(combo.count())
            self._note(f"choose {place}", combo)
            combo.setFocus()
            combo.setCurrentIndex(place)
            combo.activated.emit(place)

    def _menu(self, menu: QMenu) -> None:
        offered = [one for one in menu.actions() if one.isEnabled() and one.text() and not one.menu()]
        offered = [one for one in offered if not _never(one.objectName())]
        menu.close()
        if offered and self._dice.random() < 0.6:
            chosen = self._dice.choice(offered)
            self.trail.append(f"menu {chosen.text()}")
            chosen.trigger()


def _never(name: str) -> bool:
    return any(part in NEVER for part in name.replace("_", ".").split("."))


def _close(top: Any) -> None:
    if isinstance(top, QDialog):
        top.reject()
    else:
        top.close()
