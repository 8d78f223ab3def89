"""One field for a PIN, and what became of the last try: how many are left, or how long to wait."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QDialog, QFormLayout, QWidget

from crmdesk.core.pin import FREE_TRIES, Verdict, clean
from crmdesk.ui.feedback import announce
from crmdesk.ui.kit import Banner, column
from crmdesk.ui.login.counting import left, minutes, spoken
from crmdesk.ui.login.guard import Guard
from crmdesk.ui.unlock import SecretEdit
from crmdesk.ui.words import plural, tr

TICK_MS = 1000
MOST_TYPED = 40  # letters; spaces may stand between the digits


class PinEntry(QWidget):
    """`submitted`: Enter was pressed while a try counts. `wait()` gives the seconds until one does; `waitOver(bool)`
    says when that changes: True, it counts again. A dialog around it grows with what it tells."""

    submitted = Signal()
    waitOver = Signal(bool)

    def __init__(self, name: str, label: str, wait: Callable[[], float], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wait, self._waiting = wait, False
        self.field = SecretEdit(name, label, self)
        Guard(self.field.edit)
        hints = Qt.InputMethodHint
        self.field.edit.setInputMethodHints(
            hints.ImhDigitsOnly | hints.ImhHiddenText | hints.ImhSensitiveData | hints.ImhNoPredictiveText
        )
        self.field.edit.setMaxLength(MOST_TYPED)
        self.field.edit.returnPressed.connect(self._entered)
        self.trouble = Banner("error", "")
        self.trouble.setObjectName(f"{name}.trouble")
        self.trouble.hide()
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self.tick)
        column(self, self.field, self.trouble, gap=8)
        self.setFocusProxy(self.field)

    @property
    def waiting(self) -> bool:
        """Whether no try counts now."""
        return self._waiting

    def take(self) -> str:
        """What was typed; the field is empty again."""
        typed = self.field.edit.text()
        self.field.wipe()
        return typed

    def fresh(self) -> None:
        """Somebody else's turn: nothing typed, nothing wrong but a wait that goes on."""
        self.field.wipe()
        self.trouble.hide()
        self._waiting = False
        self.tick()

    def show_verdict(self, verdict: Verdict, typed: str) -> None:
        """A try that was not right."""
        if verdict.wait > 0:
            self.tick()
        elif not clean(typed):
            self.tell(tr("Type the digits of the PIN."))
        elif verdict.left < FREE_TRIES:
            again = plural(verdict.left, "1 try is left before a wait.", "{n} tries are left before a wait.")
            self.tell(f"{tr('Wrong PIN.')} {again}")
        else:
            self.tell(tr("Wrong PIN."))
        self.field.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def tell(self, text: str) -> None:
        """What is wrong, on screen and aloud."""
        self._write(text)
        announce(self, text, assertive=True)

    def tick(self) -> None:
        """Each second of a wait; a screen reader hears its beginning and its end."""
        seconds = left(self._wait(), 0.0)
        began, self._waiting = self._waiting, seconds > 0
        if seconds:
            self._write(tr("Too many wrong PINs. You can try again in {time}.").replace("{time}", minutes(seconds)))
            self._timer.start()
        elif began:
            self._timer.stop()
            self.trouble.hide()
            announce(self, tr("You can try again now."), assertive=True)
        if began != self._waiting:
            self.waitOver.emit(not self._waiting)
        if self._waiting and not began:
            said = tr("Too many wrong PINs. You can try again in {time}.").replace("{time}", spoken(seconds))
            announce(self, said, assertive=True)

    def _write(self, text: str) -> None:
        self.trouble.set("error", text)
        self.trouble.show()
        grow_later(self)

    def _entered(self) -> None:
        if not self._waiting:
            self.submitted.emit()


def grow_later(part: QWidget) -> None:
    """The dialog that `part` is in, if it is in one, gets as high as it needs to be by now."""
    dialog = part.window()
    if isinstance(dialog, QDialog):
        QTimer.singleShot(0, dialog, lambda: _grow(dialog))  # once the layouts have heard of it


def _grow(dialog: QDialog) -> None:
    layout = dialog.layout()
    if layout is not None:
        width = max(dialog.width(), layout.totalMinimumSize().width())
        dialog.resize(width, max(dialog.height(), layout.totalHeightForWidth(width)))


def pin_form() -> QFormLayout:
    """Rows whose labels stay beside the line when something is told below it. Each label is as high as its line."""
    form = QFormLayout()
    form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)
    return form
