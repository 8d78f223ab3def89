"""The search box: what is typed, what was searched before, and remarks about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from crmdesk.core.text import one_line
from crmdesk.ui.feedback import announce
from crmdesk.ui.hiding import hides
from crmdesk.ui.kit import IconButton, Muted, SearchEdit, button, column, icon, row, tr
from crmdesk.ui.theme import theme

if TYPE_CHECKING:  # the grammar comes with the first search
    from crmdesk.core.query import Hint

ANNOUNCE_MS = 1000  # of rest, before the count is spoken
MAX_TYPED = 100_000
HISTORY = 20


class SearchLine(SearchEdit):
    """One line with a magnifier and a clear button; its keys lead on to the list."""

    entered = Signal()  # Enter or Down: on to the list
    left = Signal()  # Esc in the empty box
    recentAsked = Signal()  # Down in the empty box
    done = Signal()  # the focus went elsewhere

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("search.box")
        self.setAccessibleName(tr("Search contacts"))
        self.setMaxLength(MAX_TYPED)
        self.setClearButtonEnabled(True)
        keys = QKeySequence("Ctrl+F").toString(QKeySequence.SequenceFormat.NativeText)
        self.setPlaceholderText(f"{tr('Search name, phone, e-mail, city…')}  {keys}")
        self._magnifier = QAction(self)
        self._magnifier.setObjectName("search.magnifier")
        self.addAction(self._magnifier, QLineEdit.ActionPosition.LeadingPosition)
        theme().changed.connect(self._tint)
        self._tint()
        self._name_buttons()
        self._underlined: tuple[Hint, ...] = ()

    def _tint(self) -> None:
        self._magnifier.setIcon(icon("search", theme().color("muted")))

    def _name_buttons(self) -> None:
        """The two buttons inside are Qt's own; tests and screen readers need their names."""
        for made in self.findChildren(QToolButton):
            leading = made.defaultAction() is self._magnifier
            made.setObjectName("search.magnifier.button" if leading else "search.clear")
            made.setAccessibleName(tr("Search") if leading else tr("Clear search"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) or (key == Qt.Key.Key_Down and self.text()):
            self.entered.emit()
        elif key == Qt.Key.Key_Down:
            self.recentAsked.emit()
        elif key == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif key == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.ActiveWindowFocusReason:  # another window: the search goes on later
            self.done.emit()

    def underline(self, hints: Sequence[Hint]) -> None:
        """Wavy lines below what the hints are about. Qt formats a line edit's text only through this event."""
        wanted = tuple(hints)
        if wanted == self._underlined and not wanted:
            return
        from PySide6.QtGui import QInputMethodEvent, QTextCharFormat  # a start without a search needs neither

        self._underlined = wanted
        wavy = QTextCharFormat()
        wavy.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        wavy.setUnderlineColor(theme().color("warning"))
        kind = QInputMethodEvent.AttributeType.TextFormat
        marks = [
            QInputMethodEvent.Attribute(kind, hint.start - self.cursorPosition(), hint.end - hint.start, wavy)
            for hint in wanted
        ]
        QCoreApplication.sendEvent(self, QInputMethodEvent("", marks))


def commands_button(run: Callable[[], object]) -> QPushButton:
    """UX-KEY-05: the palette is offered in words, with its key."""
    keys = QKeySequence("Ctrl+K").toString(QKeySequence.SequenceFormat.NativeText)
    made = button("search.commands", f"{tr('Commands')}  {keys}", run)
    made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
    return made


class SearchBox(QWidget):
    """The line with its remark below. `changed(text)` comes with every key, `remembered(text)` after a search."""

    changed = Signal(str)
    remembered = Signal(str)

    def __init__(self, beside: QWidget) -> None:
        super().__init__()
        self.line = SearchLine()
        self.hint = Muted("", wrap=True)
        self.hint.setObjectName("search.hint")
        self.hint.setContentsMargins(4, 0, 4, 0)
        self.hint.hide()
        self.new = IconButton("list.new", "plus", tr("New contact…"))
        self.new.setEnabled(False)  # until somebody binds it
        top = QWidget()
        row(top, self.line, self.new, beside, stretch=0)
        column(self, top, self.hint, gap=3)
        self._count = ""
        self._last = ""
        self._quiet = False
        self._speak = QTimer(self, singleShot=True, interval=ANNOUNCE_MS)
        self._speak.timeout.connect(lambda: announce(self.line, self._count))
        self.line.textChanged.connect(self._changed)
        self.line.entered.connect(self.remember)
        self.line.done.connect(self.remember)

    def text(self) -> str:
        return self.line.text()

    def set_text(self, text: str) -> None:
        """Put a text in without a search of its own. The line's signals still come: its clear button follows them."""
        self._quiet = True
        self.line.setText(text[:MAX_TYPED])
        self._quiet = False

    def _changed(self, text: str) -> None:
        if not self._quiet:
            self.changed.emit(text)

    def focus(self) -> None:
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()

    def show_hints(self, hints: Sequence[Hint]) -> None:
        self.line.underline(hints)
        self.hint.setText("  ".join(tr(hint.text) for hint in hints[:2]))
        self.hint.setVisible(bool(hints))
        self.line.setAccessibleDescription(self.hint.text())

    def say_count(self, text: str) -> None:
        """Spoken once typing rests, and only while somebody searches here."""
        self._count = text
        if self.line.hasFocus():
            self._speak.start()

    def remember(self) -> None:
        """A finished search goes to the history, once."""
        text = self.text().strip()
        if text and text != self._last:
            self._last = text
            self.remembered.emit(text)

    def show_recent(self, texts: Sequence[str], choose: Callable[[str], None], clear: Callable[[], None]) -> QMenu:
        """The last searches below the box; the last entry forgets them."""
        menu = QMenu(self)
        menu.setObjectName("search.history")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text in texts[:HISTORY]:
            action = menu.addAction(one_line(text, 80).replace("&", "&&"))
            action.triggered.connect(lambda _checked=False, text=text: choose(text))
        if texts:
            menu.addSeparator()
            forget = menu.addAction(tr("Clear these searches"))
            forget.setObjectName("search.history.clear")
            forget.triggered.connect(lambda _checked=False: clear())
        else:
            none = tr("Searches are not kept while guests are masked") if hides() else tr("No searches yet")
            menu.addAction(none).setEnabled(False)
        menu.setMinimumWidth(self.line.width())
        menu.popup(self.line.mapToGlobal(QPoint(0, self.line.height() + 2)))
        if texts:
            menu.setActiveAction(menu.actions()[0])
        return menu
