"""The widgets that are typed into. Undo is the editor's, not theirs: it covers all fields."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from crmdesk.ui.accounts.inputs import PLAIN_LINES, Choice
from crmdesk.ui.contacts.detail_values import DOTS
from crmdesk.ui.contacts.growing import GrowingBox
from crmdesk.ui.kit import IconButton, restyle, row, tr
from crmdesk.ui.undo import is_redo

LONGEST = 8000  # letters in one line; the vendor's own limits are told, not enforced while typing
LOWEST, HIGHEST = 3, 9  # lines of a box that grows
FRAME = 20  # pixels of a box’s frame and padding, on two sides together


def is_undo(event: QKeyEvent) -> bool:
    """Undo or redo."""
    return event.matches(QKeySequence.StandardKey.Undo) or is_redo(event)


def tab_before(anchor: QWidget, widgets: Sequence[QWidget]) -> None:
    """Tab goes through `widgets` in their order, and then to `anchor`. For what is made after its neighbours: Qt puts
    it at the end of the window."""
    chain = [anchor]
    for widget in widgets:
        chain.append(widget)
        if isinstance(widget, QComboBox) and (line := widget.lineEdit()) is not None:
            chain.append(line)
    for one, following in pairwise(chain):
        QWidget.setTabOrder(one, following)
    if len(chain) > 1:
        QWidget.setTabOrder(chain[-1], anchor)


def mark_wrong(widget: QWidget, wrong: bool) -> None:
    """The red frame of a field whose value cannot be sent."""
    if bool(widget.property("wrong")) != wrong:
        widget.setProperty("wrong", wrong)
        restyle(widget)


class _UndoGuard(QObject):
    """Keeps Qt's own undo out of the line that has the focus. No `event` of the line itself: each of the hundreds that
    a new form brings would come to Python."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and is_undo(event):
            event.ignore()
            return True
        return False


class Line(QLineEdit):
    """One line. `typed` comes with each change that a person makes: with keys, or through what writes for them
    (dictation, a screen reader), for which Qt has no `textEdited`."""

    typed = Signal()

    def __init__(self, name: str, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._quiet = False
        self.setObjectName(name)
        self.setAccessibleName(label)
        self.setMaxLength(LONGEST)
        self.textChanged.connect(self._changed)
        self._guard: _UndoGuard | None = None

    def put(self, text: str) -> None:
        """Show a value that nobody typed just now; the cursor stays where it can."""
        if text != self.text():
            at = self.cursorPosition() if self.hasFocus() else 0
            self._quiet = True
            self.setText(text)
            self._quiet = False
            self.setCursorPosition(min(at, len(text)))

    def _changed(self) -> None:
        if not self._quiet:
            self.typed.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self._guard is None:
            self._guard = _UndoGuard(self)
            self.installEventFilter(self._guard)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_undo(event):
            event.ignore()
        else:
            super().keyPressEvent(event)


class Lines(GrowingBox):
    """Several lines; as high as its text needs, then it scrolls. Tab goes on to the next field."""

    typed = Signal()
    pasted = Signal(str)

    def __init__(self, name: str, label: str, parent: QWidget | None = None) -> None:
        super().__init__("", LOWEST, HIGHEST, (FRAME, FRAME), parent)
        self._quiet = False
        self.setObjectName(name)
        self.setAccessibleName(label)
        self.setTabChangesFocus(True)
        self.setUndoRedoEnabled(False)
        self.textChanged.connect(self._changed)

    def put(self, text: str) -> None:
        if text != self.toPlainText():
            self._quiet = True
            self.setPlainText(text)
            self._quiet = False

    def _changed(self) -> None:
        if not self._quiet:
            self.typed.emit()

    def insertFromMimeData(self, source: object) -> None:
        text = source.text() if hasattr(source, "text") else ""  # QMimeData
        super().insertFromMimeData(source)  # type: ignore[arg-type]
        if text:
            self.pasted.emit(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Enter saves and is no line break."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if is_undo(event) or (control and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)):
            event.ignore()
        else:
            super().keyPressEvent(event)


class Combo(Choice):
    """Words to choose from; each stands for a code."""

    def __init__(self, name: str, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(label)

    def put(self, code: str) -> None:
        """A code that is not in the list is kept, and shown as it is."""
        if self.findData(code) < 0:
            self.addItem(code, code)
        self.setCurrentIndex(self.findData(code))

    def code(self) -> str:
        return str(self.currentData() or "")


class FreeCombo(Combo):
    """Words to choose from, and any other can be typed."""

    typed = Signal()

    def __init__(self, name: str, label: str, words: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(name, label, parent)
        line = Line(f"{name}.line", label)
        line.setStyleSheet(PLAIN_LINES)
        self.setLineEdit(line)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setCompleter(None)  # type: ignore[arg-type]  # Qt takes None; it would finish words by itself
        self.addItems(list(words))
        self.setCurrentIndex(-1)
        line.typed.connect(self.typed.emit)
        self.activated.connect(lambda _index: self.typed.emit())

    def put(self, code: str) -> None:
        if code != self.currentText():
            self.setEditText(code)

    def code(self) -> str:
        return self.currentText()


class Veiled(QWidget):
    """A line that is dots until *Show* is pressed: neither its text nor its length can be seen before."""

    typed = Signal()

    def __init__(self, name: str, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label, self._text, self.shown = label, "", False
        self.line = Line(name, label, self)
        self.eye = IconButton(f"{name}.show", "eye", "", self)
        self.eye.clicked.connect(lambda _checked=False: self.toggle())
        self.line.typed.connect(self._typed)
        row(self, self.line, self.eye, gap=4, stretch=0)
        self._draw()

    def put(self, text: str) -> None:
        self._text = text
        self._draw()

    def text(self) -> str:
        return self._text

    def toggle(self) -> None:
        self.shown = not self.shown
        self._draw()

    def _typed(self) -> None:
        self._text, self.shown = self.line.text(), True  # what is typed now is no secret to whoever types it
        self.typed.emit()

    def _draw(self) -> None:
        """An empty one has nothing to hide."""
        veiled = bool(self._text) and not self.shown
        if veiled or not self.line.hasFocus() or self.line.text() != self._text:
            self.line.put(DOTS if veiled else self._text)
        self.line.setReadOnly(veiled)
        words = (tr("Show {field}") if veiled else tr("Hide {field}")).replace("{field}", self._label)
        self.eye.set_icon("eye" if veiled else "eye-off")
        self.eye.setAccessibleName(words)
        self.eye.setToolTip(words)
        self.eye.setVisible(bool(self._text))
        self.line.setAccessibleDescription(tr("Hidden until shown") if veiled else "")
