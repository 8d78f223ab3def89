"""How long nobody has used our windows. What other programs get does not count, and nothing that is open stops it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QTimer
from PySide6.QtGui import QGuiApplication, QMouseEvent, QWindow
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from crmdesk.core.seams import Clock

LOOK_MS = 15_000  # at the latest so long after a computer woke up its screen is looked at
KEYS = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.InputMethod,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.TouchUpdate,
        QEvent.Type.TabletPress,
        QEvent.Type.TabletMove,
        QEvent.Type.NativeGesture,
    }
)


class IdleWatch(QObject):
    """`idle()` is called once nothing came in for `limit()` seconds; by the wall clock too, which goes on while the
    computer sleeps. The first key after such a sleep reaches nobody.

    Listens at our native windows, which get each key and movement once, and at the widget with the focus, which alone
    hears of input methods (Chinese, Japanese …). A filter on the whole application would be asked at every event."""

    def __init__(self, clock: Clock, limit: Callable[[], float], idle: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self._clock, self._limit, self._idle = clock, limit, idle
        self._pointer = QPoint()
        self._focus: QWidget | None = None
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.look)
        app = QGuiApplication.instance()
        assert isinstance(app, QApplication)  # there are windows
        app.focusChanged.connect(self._focus_moved)
        app.focusWindowChanged.connect(self._listen_to)
        for window in app.topLevelWindows():
            self._listen_to(window)
        self._focus_moved(None, app.focusWidget())
        self.used()

    def used(self) -> None:
        """Somebody is here: the time starts anew."""
        self._at, self._wall = self._clock.monotonic(), self._clock.now()
        if not self._timer.isActive():
            self._wait()

    def seconds(self) -> float:
        """How long nobody was here. A wall clock that was put back counts nothing."""
        slept = (self._clock.now() - self._wall).total_seconds()
        return max(self._clock.monotonic() - self._at, slept)

    def look(self) -> None:
        """Tells `idle` where it is time, and looks again later."""
        if self._over():
            self._idle()
        self._wait()

    def _over(self) -> bool:
        return self.seconds() >= self._limit()

    def _wait(self) -> None:
        left = max(1.0, self._limit() - self.seconds())
        self._timer.start(min(LOOK_MS, round(left * 1000)))

    def _listen_to(self, window: QWindow | None) -> None:
        if window is not None:
            window.installEventFilter(self)  # a second time is harmless

    def _focus_moved(self, _old: QWidget | None, new: QWidget | None) -> None:
        if self._focus is not None and isValid(self._focus):
            self._focus.removeEventFilter(self)
        self._focus = new
        if new is not None:
            new.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not self._is_use(event):
            return super().eventFilter(watched, event)
        if self._over():  # the computer slept, and the timer did not
            self._idle()
            self.used()
            return True
        self.used()
        return super().eventFilter(watched, event)

    def _is_use(self, event: QEvent) -> bool:
        """A window that moves or opens below the pointer sends movements too; only those of the pointer count."""
        if event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            before, self._pointer = self._pointer, event.globalPosition().toPoint()
            return before != self._pointer
        return event.type() in KEYS
