"""Buttons with a state, whose effect hangs on a person turning them, whichever way that is done.

Mouse and keys emit `clicked`. A screen reader's toggle only sets the state, so that there is `toggled` alone; and that
also comes when the program shows a state. What tells them apart: the program calls `setChecked` of the classes here,
while mouse, keys and a screen reader end in Qt's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QRadioButton

Turned = Callable[[bool], object]


class Turnable(QAbstractButton if TYPE_CHECKING else object):  # type: ignore[misc]
    """To be named before a button's class. A press of the chosen one of a group is an act too: what it shows may have
    been narrowed meanwhile."""

    _showing = False  # the program sets the state
    _acted = False  # since it was pressed

    def on_turn(self, run: Turned) -> None:
        """`run(on)` once for each time that a person turns it, and never when the program shows a state."""
        self.pressed.connect(self._begin)
        self._changed().connect(lambda _state: self._turn(run))
        self.clicked.connect(lambda on: self._press(run, on))

    def _changed(self) -> Any:
        """The signal of another state, whoever made it."""
        return self.toggled

    def _begin(self) -> None:
        self._acted = False

    def _turn(self, run: Turned) -> None:
        on = self.isChecked()
        if not self._showing and (on or not self._one_of_many()):
            self._acted = True
            run(on)

    def _press(self, run: Turned, on: bool) -> None:
        if not self._acted:
            run(on)

    def _one_of_many(self) -> bool:
        """It is let go of because another one was chosen, which acts."""
        group = self.group()
        return group.exclusive() if group is not None else self.autoExclusive()

    def setChecked(self, on: bool) -> None:
        with self._shown():
            super().setChecked(on)

    @contextmanager
    def _shown(self) -> Iterator[None]:
        self._showing = True
        try:
            yield
        finally:
            self._showing = False


class TickBox(Turnable, QCheckBox):
    """A box to tick; partly ticked is a state of its own."""

    def _changed(self) -> Any:
        return self.checkStateChanged

    def setCheckState(self, state: Qt.CheckState) -> None:
        with self._shown():
            super().setCheckState(state)


class Choice(Turnable, QRadioButton):
    """One of several, of which one is chosen."""
