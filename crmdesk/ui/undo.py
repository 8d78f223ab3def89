"""Undo of what was done to contacts: the bar that offers it for ten seconds, and Ctrl+Z for the rest of the session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QCursor, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QFrame, QLineEdit, QPlainTextEdit, QTextEdit, QWidget
from shiboken6 import isValid

from crmdesk.core.errors import CrmDeskError, ForbiddenError, NotFoundError
from crmdesk.core.tasks import TaskScope
from crmdesk.sync import wording
from crmdesk.sync.wording import Speech
from crmdesk.ui.feedback import Feedback, announce
from crmdesk.ui.kit import FlatButton, PlainLabel, isolated, row, tr
from crmdesk.ui.language import capitals

if TYPE_CHECKING:
    from crmdesk.sync.edits import Edits
    from crmdesk.sync.verbs import Saved

OFFER_MS = 10_000  # as long as a deletion waits before it leaves (UX-OUT-14)
AGAIN_MS = 2_000  # while the focus or the pointer is on the bar it is looked at again so often
LOOK_MS = 300  # another page may have come under the bar
MOST = 100  # things that can be undone
AGAIN = frozenset({"edit", "correct", "create", "delete", "restore"})  # what can be done again once it is undone
SPEECH = Speech(tr=tr, foreign=isolated, capitals=capitals)
NO_MARKS = str.maketrans("", "", "\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Undoable:
    """What is taken back by a verb of its own, and not by that of edits: `said` stands beside *Undo*, `words` in the
    menu; `take_back` does it and gives the words for the notice, or raises KnownError."""

    said: str
    words: str
    take_back: Callable[[], Awaitable[str]]
    contact_ids: tuple[int, ...] = ()  # where one of them is erased, it is forgotten


class UndoBar(QFrame):
    """Lies over the window, low and beside what can be pressed. Stays while the focus or the pointer is on it; Esc
    closes it."""

    lies_over = True

    def __init__(self, window: QWidget, undo: Callable[[], object], offer_ms: int = OFFER_MS) -> None:
        super().__init__(window)
        self.setObjectName("undo")
        self._window = window
        self._offer_ms = offer_ms
        self._pointer = QPoint()  # where it was when the bar was placed
        self.stretch: Callable[[], int] = lambda: 1  # times as long as usual
        self.label = PlainLabel("", self)
        keys = QKeySequence("Ctrl+Z").toString(QKeySequence.SequenceFormat.NativeText)
        self.button = FlatButton("undo.button", f"{tr('Undo')}  {keys}", self)
        self.button.clicked.connect(lambda _checked=False: undo())
        self.close_button = FlatButton("undo.close", tr("Close"), self)
        self.close_button.clicked.connect(lambda _checked=False: self.close_bar())
        row(self, self.label, self.button, self.close_button, gap=6, margins=(16, 7, 8, 7))
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._over)
        self._look = QTimer(self, interval=LOOK_MS)
        self._look.timeout.connect(self._make_way)
        self.hide()

    def offer(self, text: str) -> None:
        """Show it for its time, and say it."""
        self.label.setText(text)
        self.setAccessibleName(text.translate(NO_MARKS))
        self.button.setAccessibleName(f"{tr('Undo')}: {text.translate(NO_MARKS)}")
        self._window.removeEventFilter(self)
        self._window.installEventFilter(self)
        self.show()
        self.place()
        self.raise_()
        self._timer.start(self._offer_ms * self.stretch())
        self._look.start()
        announce(self._window, text.translate(NO_MARKS))

    def close_bar(self) -> None:
        """Ctrl+Z goes on working."""
        if self.isHidden():
            return
        inside = self._has_focus()
        self._timer.stop()
        self._look.stop()
        self._window.removeEventFilter(self)
        self.hide()
        if inside:
            self._window.setFocus(Qt.FocusReason.OtherFocusReason)

    def place(self) -> None:
        """A long text breaks into lines where the window is narrow."""
        from crmdesk.ui.notice_place import put  # with the first undo

        room = self._window.width() - 40
        self.label.setWordWrap(False)
        self.label.setMinimumWidth(0)
        if self.sizeHint().width() > room:
            buttons = self.sizeHint().width() - self.label.sizeHint().width()
            self.label.setWordWrap(True)
            self.label.setMinimumWidth(max(120, room - buttons))
        self.adjustSize()
        self._pointer = QCursor.pos()
        put(self._window, [self])

    def _make_way(self) -> None:
        """One that somebody is about to use stays where it is; one that came to lie under a resting pointer is not."""
        from crmdesk.ui.notice_place import covering

        pointed = self.underMouse() and QCursor.pos() != self._pointer
        if not (self._has_focus() or pointed) and covering(self._window, [self]):
            self.place()

    def _has_focus(self) -> bool:
        focus = QApplication.focusWidget()
        return focus is not None and self.isAncestorOf(focus)

    def _over(self) -> None:
        if self._has_focus() or self.underMouse():
            self._timer.start(AGAIN_MS)
        else:
            self.close_bar()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible() and isValid(self._window):
            self.place()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_bar()
        else:
            super().keyPressEvent(event)


class UndoStack(QObject):
    """What was done in this session, newest last. `changed`: something else would be undone now.

    `edits()` gives services.edits, or None while there is none."""

    changed = Signal()

    def __init__(
        self,
        window: QWidget,
        edits: Callable[[], Edits | None],
        scope: TaskScope,
        feedback: Feedback,
        offer_ms: int = OFFER_MS,
    ) -> None:
        super().__init__(window)
        self._window, self._edits, self._scope, self._feedback = window, edits, scope, feedback
        self._done: list[Saved | Undoable] = []
        self._undone: list[Saved] = []  # what can be done again
        self._running = False
        self.bar = UndoBar(window, self.undo, offer_ms)
        self.bar.stretch = lambda: feedback.stretch
        self._watched: QWidget | None = None
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._focus_moved)

    def done(self, saved: Saved | Undoable) -> None:
        """Something was done; what changed nothing is left out."""
        if not saved:
            return
        self._undone = []
        self._push(saved)

    def _push(self, saved: Saved | Undoable) -> None:
        self._done = [*self._done, saved][-MOST:]
        self.bar.offer(saved.said if isinstance(saved, Undoable) else wording.saved_text(saved, SPEECH))
        self.changed.emit()

    def why_not(self) -> str | None:
        if self._running:
            return tr("Something is being undone.")
        return None if self._done else tr("There is nothing to undo.")

    def words(self) -> str:
        """*Undo delete of Ana Ruiz*, for menu and palette."""
        if not self._done:
            return tr("Undo")
        last = self._done[-1]
        return (last.words if isinstance(last, Undoable) else wording.undo_text(last, SPEECH)).translate(NO_MARKS)

    def undo(self) -> None:
        """The last thing done; the reason is told where it cannot be undone any more."""
        if self._done and not self._running and (edits := self._edits()) is not None:
            self._running = True
            self.bar.close_bar()
            self._scope.start(self._undo(self._done[-1], edits), what="undo", key="undo", if_busy="keep")

    def why_no_redo(self) -> str | None:
        if self._running:
            return tr("Something is being undone.")
        return None if self._undone else tr("There is nothing to do again.")

    def redo_words(self) -> str:
        """*Redo delete of Ana Ruiz*, for menu and palette."""
        return wording.redo_text(self._undone[-1], SPEECH).translate(NO_MARKS) if self._undone else tr("Redo")

    def redo(self) -> None:
        """What was undone last, once more; the reason is told where it cannot be done any more."""
        if self._undone and not self._running and (edits := self._edits()) is not None:
            self._running = True
            self._scope.start(self._redo(self._undone.pop(), edits), what="redo", key="undo", if_busy="keep")

    async def _redo(self, undone: Saved, edits: Edits) -> None:
        try:
            saved = await edits.redo(undone)
        except (ForbiddenError, NotFoundError) as error:
            self._feedback.show(error, "undo")
        except CrmDeskError as error:
            self._undone.append(undone)  # e.g. a full disk: it may be tried again
            self._feedback.show(error, "undo")
        else:
            if saved:
                self._push(saved)
        finally:
            self._running = False
            self.changed.emit()

    async def _undo(self, saved: Saved | Undoable, edits: Edits) -> None:
        try:
            words = await (saved.take_back() if isinstance(saved, Undoable) else edits.undo(saved))
        except (ForbiddenError, NotFoundError) as error:
            self._forget(saved)  # never possible any more
            self._feedback.show(error, "undo")
        except CrmDeskError as error:
            self._feedback.show(error, "undo")  # e.g. a full disk: it may be tried again
        else:
            self._forget(saved)
            if not isinstance(saved, Undoable) and saved.what in AGAIN:
                self._undone = [*self._undone, saved][-MOST:]
            self._feedback.notice(words)
        finally:
            self._running = False
            self.changed.emit()

    def forget_contacts(self, ids: Collection[int]) -> None:
        """These contacts were erased: what was done with them cannot be undone, and is not named any more."""
        gone = set(ids)
        self._done = [one for one in self._done if gone.isdisjoint(one.contact_ids)]
        self._undone = [one for one in self._undone if gone.isdisjoint(one.contact_ids)]
        self.bar.close_bar()
        self.changed.emit()

    def _forget(self, saved: Saved | Undoable) -> None:
        self._done = [one for one in self._done if one is not saved]

    # text fields first

    def _focus_moved(self, _old: QWidget | None, new: QWidget | None) -> None:
        """A text field takes Ctrl+Z even where it has nothing to undo; then the key is ours."""
        if self._watched is not None:
            with suppress(RuntimeError):  # Qt has deleted the field: its filters went with it
                self._watched.removeEventFilter(self)
        self._watched = new if isinstance(new, QLineEdit | QPlainTextEdit | QTextEdit) else None
        if self._watched is not None:
            self._watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        undo, redo = event.matches(QKeySequence.StandardKey.Undo), is_redo(event)
        if event.type() == QEvent.Type.ShortcutOverride and (undo or redo):
            ours = not (_can_undo(watched) if undo else _can_redo(watched))
            event.setAccepted(not ours)
            return ours or redo
        if event.type() == QEvent.Type.KeyPress and redo and _can_redo(watched):
            watched.redo()  # type: ignore[attr-defined]  # a text field
            return True
        return super().eventFilter(watched, event)


def is_redo(event: QKeyEvent) -> bool:
    """Ctrl+Y everywhere, also where the platform has another key for it."""
    control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
    return event.matches(QKeySequence.StandardKey.Redo) or (control and event.key() == Qt.Key.Key_Y)


def _can_redo(field: QObject) -> bool:
    if isinstance(field, QLineEdit):
        return field.isRedoAvailable() and not field.isReadOnly()
    if isinstance(field, QPlainTextEdit | QTextEdit):
        return field.document().isRedoAvailable() and not field.isReadOnly()
    return False


def _can_undo(field: QObject) -> bool:
    if isinstance(field, QLineEdit):
        return field.isUndoAvailable() and not field.isReadOnly()
    if isinstance(field, QPlainTextEdit | QTextEdit):
        return field.document().isUndoAvailable() and not field.isReadOnly()
    return False
