"""What a field for a code or a password does not let happen: nothing of it is copied, and pasting goes one way."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QLineEdit, QMenu

from crmdesk.ui.words import tr

_OUT = (QKeySequence.StandardKey.Copy, QKeySequence.StandardKey.Cut)


def clipboard_text() -> str:
    """What another program has put there."""
    return QGuiApplication.clipboard().text()


class Guard(QObject):
    """Watches one line. Its text goes to no clipboard, neither by key nor menu nor by marking it (X11).

    `paste` is called instead of Qt's own pasting; without it Qt pastes. `capsLock(on)`: what the last letter told, for
    Qt cannot be asked."""

    capsLock = Signal(bool)

    def __init__(self, line: QLineEdit, paste: Callable[[str], None] | None = None) -> None:
        super().__init__(line)
        self._line, self._paste = line, paste
        self._caps: bool | None = None
        line.setDragEnabled(False)
        line.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            self._look_at_caps(event)
            return self._key(event)
        if isinstance(event, QContextMenuEvent):
            self._menu(event)
            return True
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonRelease:
            return self._released(event)
        return False

    def wipe(self) -> None:
        """Nothing of it is left, also not for undo: `clear` could be undone."""
        self._line.setText("")

    def _key(self, event: QKeyEvent) -> bool:
        if any(event.matches(key) for key in _OUT):
            return True
        if event.matches(QKeySequence.StandardKey.Paste) and self._paste is not None:
            self._take(clipboard_text())
            return True
        return False

    def _take(self, text: str) -> None:
        if self._line.isReadOnly() or not self._line.isEnabled():
            return
        if self._paste is not None:
            self._paste(text)
        else:
            self._line.paste()

    def _released(self, event: QMouseEvent) -> bool:
        """Qt copies what was marked with the left button to the selection, and pastes that with the middle one."""
        button = event.button()
        if button == Qt.MouseButton.LeftButton:
            return self._line.hasSelectedText()
        if button == Qt.MouseButton.MiddleButton and self._paste is not None:
            board = QGuiApplication.clipboard()
            if board.supportsSelection():
                self._take(board.text(board.Mode.Selection))
            return True
        return False

    def _menu(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self._line)
        menu.setObjectName(f"{self._line.objectName()}.menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        action = menu.addAction(tr("Paste"), lambda: self._take(clipboard_text()))
        action.setEnabled(not self._line.isReadOnly())
        menu.popup(event.globalPos())

    def _look_at_caps(self, event: QKeyEvent) -> None:
        text, shift = event.text(), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.key() == Qt.Key.Key_CapsLock and self._caps is not None:
            caps = not self._caps
        elif len(text) == 1 and text.isalpha() and text.upper() != text.lower():
            caps = text.isupper() != shift
        else:
            return
        if caps != bool(self._caps):
            self.capsLock.emit(caps)
        self._caps = caps
