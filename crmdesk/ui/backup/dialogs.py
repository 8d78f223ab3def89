"""Make a backup; restore one. Both say which passphrase opens the file on another computer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QDialog, QFormLayout, QWidget
from shiboken6 import isValid

from crmdesk.core.errors import KnownError
from crmdesk.ui.busy import Busy
from crmdesk.ui.feedback import error_words
from crmdesk.ui.kit import Banner, Heading, Muted, PlainLabel, button, column, row
from crmdesk.ui.language import decimal
from crmdesk.ui.unlock import SecretEdit
from crmdesk.ui.words import breakable, exact_time, tr

if TYPE_CHECKING:
    from crmdesk.core.tasks import TaskScope

SHORTEST = 8
_LOOK = 100  # ms between two looks at how far it is
SAME_KEY = (
    "Your passphrase opens this backup, on this computer and on any other. Without it nobody can read the backup, "
    "and it cannot be replaced."
)
OTHER_KEY = (
    "The key of this data is kept on this computer only, so it would not open the backup on another one. Choose a "
    "passphrase for the backup. Without it nobody can read the backup, and it cannot be replaced."
)
CONTENT = "In it: contacts, accounts and their sign-ins, changes that wait, drafts, history, bulk events and settings."
WHAT_HAPPENS = (
    "crmdesk closes and starts again with the data of the backup. Its passphrase is asked for then. What is here now "
    "is kept in the data folder, under a name with today’s date."
)
NOT_SENT = (
    "Nothing is sent twice: changes that waited when the backup was made are on hold afterwards, and bulk events that "
    "look unsent are unknown. You decide about each."
)


class _StoppedError(KnownError):
    def __init__(self) -> None:
        super().__init__("Stopped.", "Nothing was changed.")


class _WorkDialog(QDialog):
    """Words, a form, then work in a thread that shows how far it is and can be stopped."""

    def __init__(self, parent: QWidget, scope: TaskScope, name: str, title: str) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setWindowTitle(title)
        self._scope, self._name = scope, name
        self._stop, self._far = Event(), (0, 0)
        self.title = Heading(title, self)
        self.trouble = Banner("error", "", parent=self)
        self.busy = Busy(f"{name}.busy", self._halt, self)
        self.form = QWidget(self)
        self.cancel = button(f"{name}.cancel", tr("Cancel"), self.reject)
        self.go = button(f"{name}.go", "", self._go_pressed, main=True)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK)
        self._timer.timeout.connect(self._show_far)
        self.trouble.hide()
        self.busy.hide()
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 66)

    def _lay_out(self, *parts: QWidget) -> None:
        foot = QWidget(self)
        row(foot, self.cancel, self.go).insertStretch(0, 1)
        column(self, self.title, *parts, self.form, self.trouble, self.busy, foot, gap=12, margins=(20, 18, 20, 16))

    def _fields(self, *fields: tuple[str, SecretEdit]) -> None:
        layout = QFormLayout(self.form)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for words, field in fields:
            layout.addRow(field.label(words), field)
            field.edit.textChanged.connect(lambda _text: self._offer())
            field.edit.returnPressed.connect(self._go_pressed)

    def reject(self) -> None:
        """Esc, too. Work under way is stopped first: it says so, and what it made is gone."""
        if self.working:
            self._halt()
        else:
            super().reject()

    def _halt(self) -> None:
        """The thread ends at its next look, which may be some time off."""
        self._stop.set()
        self._show_far()

    @property
    def working(self) -> bool:
        return not self.busy.isHidden()

    def _tell(self, done: int, total: int) -> None:
        """In the worker's thread."""
        self._far = (done, total)
        if self._stop.is_set():
            raise _StoppedError

    def _show_far(self) -> None:
        """Once all is copied it is looked at, and nobody can say for how long."""
        done, total = self._far
        stopping = self._stop.is_set()
        words = tr("Stopping…") if stopping else self._words_of_work()
        self.busy.set(words, done, None if stopping or done >= total else total)
        self.busy.cancel.setEnabled(not stopping)

    def _words_of_work(self) -> str:
        raise NotImplementedError

    def _again(self) -> None:
        """It did not work: where the next try begins. The form was off meanwhile, and has lost the focus."""

    def _offer(self) -> None:
        raise NotImplementedError

    def _go_pressed(self) -> None:
        raise NotImplementedError

    def _work(self, do: Callable[[], Any], then: Callable[[Any], None]) -> None:
        self._scope.start(self._worked(do, then), what=self.windowTitle(), key=f"{self._name}.work", if_busy="keep")

    async def _worked(self, do: Callable[[], Any], then: Callable[[Any], None]) -> None:
        self._stop.clear()
        self._far = (0, 0)
        self._show(True)
        try:
            made = await asyncio.to_thread(do)
        except KnownError as error:
            if isValid(self):
                self._show(False)
                self.trouble.set("info" if isinstance(error, _StoppedError) else "error", " ".join(error_words(error)))
                self.trouble.show()
                self._again()
            return
        except asyncio.CancelledError:
            self._stop.set()  # the window closes: the thread ends at its next look, and takes away what it made
            raise
        except Exception:
            if isValid(self):
                self._show(False)  # a mistake of ours is told by the window; the dialog can be closed
            raise
        if isValid(self):
            self._show(False)
            then(made)

    def _show(self, working: bool) -> None:
        if working:
            self.trouble.hide()
            self._show_far()
            self._timer.start()
        else:
            self._timer.stop()
        self.busy.setVisible(working)
        self.form.setEnabled(not working)
        self.cancel.setHidden(working)
        self._offer()


class BackupDialog(_WorkDialog):
    """`backups` is `crmdesk.backups.Backups`; `place` the file to be written."""

    def __init__(self, parent: QWidget, scope: TaskScope, backups: Any, place: str) -> None:
        super().__init__(parent, scope, "backup", tr("Back up"))
        self._backups, self._place, self._done = backups, place, False
        self.first = SecretEdit("backup.passphrase", tr("Passphrase for the backup"), self)
        self.again = SecretEdit("backup.again", tr("The same again"), self)
        self.where = PlainLabel(breakable(place), self, wrap=True, selectable=True)
        self.about = PlainLabel(tr(OTHER_KEY if backups.asks else SAME_KEY), self, wrap=True)
        self.hint = Muted("", wrap=True)
        if backups.asks:
            self._fields((tr("Passphrase for the backup"), self.first), (tr("The same again"), self.again))
        else:
            self.first.hide()
            self.again.hide()
        self.go.setText(tr("Back up"))
        self._lay_out(self.where, Muted(tr(CONTENT), wrap=True), self.about, self.hint)
        self._offer()
        (self.first if backups.asks else self.go).setFocus()

    def _words_of_work(self) -> str:
        return tr("Writing the backup…")

    def _offer(self) -> None:
        typed, again = self.first.edit.text(), self.again.edit.text()
        hint = ""
        if self._backups.asks and not self._done:
            if len(typed) < SHORTEST:
                hint = tr("At least 8 characters. Several words are better than one.")
            elif again and typed != again:
                hint = tr("The two are not the same yet.")
        fits = not self._backups.asks or (len(typed) >= SHORTEST and typed == again)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.go.setEnabled(self._done or (fits and not self.working))

    def _go_pressed(self) -> None:
        if self._done:
            self.accept()
        elif self.go.isEnabled():
            passphrase, place, backups = self.first.edit.text(), self._place, self._backups
            self._work(lambda: backups.write(place, passphrase, self._tell), self._written)

    def _written(self, record: Any) -> None:
        self._done = True
        self.first.wipe()
        self.again.wipe()
        self.form.hide()
        size = decimal(max(0.1, record.size / 1e6))
        said = tr("The backup is written: {size} MB. Keep it on another disk than this computer’s.")
        self.trouble.set("ok", said.replace("{size}", size))
        self.trouble.show()
        self.cancel.hide()
        self.go.setText(tr("Close"))
        self._offer()
        self.go.setFocus()


class RestoreDialog(_WorkDialog):
    """Accepted with `staged`: a verified copy. Closed without, nothing is left of it."""

    def __init__(self, parent: QWidget, scope: TaskScope, backups: Any, source: str, record: Any) -> None:
        super().__init__(parent, scope, "restore", tr("Restore from a backup"))
        self._backups, self._source = backups, source
        self.staged: Any = None
        self.passphrase = SecretEdit("restore.passphrase", tr("Passphrase of the backup"), self)
        self._fields((tr("Passphrase of the backup"), self.passphrase))
        made = tr("{file}: made on {time}, {size} MB.")
        for name, value in (
            ("file", Path(source).name),
            ("time", exact_time(record.made_at)),
            ("size", decimal(max(0.1, record.size / 1e6))),
        ):
            made = made.replace(f"{{{name}}}", breakable(value))
        self.go.setText(tr("Check the backup"))
        parts = (PlainLabel(made, self, wrap=True), PlainLabel(tr(WHAT_HAPPENS), self, wrap=True),
                 PlainLabel(tr(NOT_SENT), self, wrap=True))  # fmt: skip
        self._lay_out(*parts)
        self._offer()
        self.passphrase.setFocus()

    def reject(self) -> None:
        if not self.working and self.staged is not None:
            staged, self.staged = self.staged, None
            self._scope.start(asyncio.to_thread(staged.forget), what="put a copy away")
        super().reject()

    def _words_of_work(self) -> str:
        return tr("Checking every page of the backup…")

    def _again(self) -> None:
        self.passphrase.edit.selectAll()
        self.passphrase.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def _offer(self) -> None:
        self.go.setEnabled(not self.working and bool(self.staged is not None or self.passphrase.edit.text()))

    def _go_pressed(self) -> None:
        if self.staged is not None:
            self.accept()
        elif self.go.isEnabled():
            passphrase, source, backups = self.passphrase.edit.text(), self._source, self._backups
            self._work(lambda: backups.stage(source, passphrase, self._tell), self._checked)

    def _checked(self, staged: Any) -> None:
        self.staged = staged
        self.passphrase.wipe()
        self.form.hide()
        self.trouble.set("ok", tr("The backup is whole and can be restored."))
        self.trouble.show()
        self.go.setText(tr("Restore and start again"))
        self._offer()
        self.cancel.setFocus()
