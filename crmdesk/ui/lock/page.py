"""What a locked window shows instead of its content: who was here, what still waits to be sent, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QComboBox, QWidget

from crmdesk.core.errors import CrmDeskError
from crmdesk.core.seams import iso
from crmdesk.ui.feedback import announce, error_words
from crmdesk.ui.kit import Card, FlatButton, Heading, IconWord, Muted, Page, PlainLabel, button, column, row
from crmdesk.ui.lock.entry import PinEntry, pin_form
from crmdesk.ui.login.counting import left, minutes
from crmdesk.ui.login.guard import Guard
from crmdesk.ui.unlock import SecretEdit
from crmdesk.ui.words import clock_time, isolated, plural, tr

if TYPE_CHECKING:
    from crmdesk.ui.lock.lock import Lock

TICK_MS = 1000
LONGEST_SHOWN = 28  # letters of a name in the list; the list itself shows the whole


class LockPage(Page):
    """Asks `lock` for everything and tells it what was pressed. Four faces: `pin`, `free` (nobody has a PIN that is
    asked for), `forgot`, `hidden` (the privacy key)."""

    def __init__(self, lock: Lock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("lock")
        self._lock = lock
        self.heading, self.time = Heading("", self, factor=1.3), Heading("", self, factor=1.3)
        self.who, self.waiting = PlainLabel("", wrap=True), IconWord("outbox", "", wrap=True)
        self.typing = IconWord("ok", tr("What was being typed is kept."), "ok", wrap=True)
        self.faces: dict[str, QWidget] = {
            "pin": self._pin_face(),
            "free": self._free_face(),
            "forgot": self._forgot_face(),
            "hidden": self._hidden_face(),
        }
        self._face = ""
        self._lay_out()
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self.tick)
        self.refresh()

    # building

    def _lay_out(self) -> None:
        card, middle, top = Card(self), QWidget(self), QWidget(self)
        sign = IconWord("lock", "")
        row(top, sign, self.heading, self.time, gap=10, stretch=1)
        column(card, top, self.who, self.waiting, self.typing, *self.faces.values(), gap=12, margins=(28, 24, 28, 24))
        card.setMaximumWidth(max(520, self.fontMetrics().averageCharWidth() * 70))
        line = row(middle, card, stretch=0)
        line.setStretch(0, 4)
        line.insertStretch(0, 1)
        line.addStretch(1)
        outer = column(self, middle, margins=(20, 20, 20, 20))
        outer.insertStretch(0, 1)
        outer.addStretch(2)

    def _pin_face(self) -> QWidget:
        face = QWidget()
        self.names = QComboBox(face)
        self.names.setObjectName("lock.name")
        self.names.setAccessibleName(tr("Name"))
        self.names.setMinimumContentsLength(12)
        self.names.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.names.currentIndexChanged.connect(lambda _index: self._name_chosen())
        self.entry = PinEntry("lock.pin", tr("PIN"), lambda: self._lock.wait(self.name()), face)
        self.entry.submitted.connect(self._unlock)
        self.open = button("lock.open", tr("Unlock"), self._unlock, main=True)
        self.entry.waitOver.connect(self.open.setEnabled)
        self.forgot = FlatButton("lock.forgot", tr("Forgot PIN…"), face)
        self.forgot.clicked.connect(lambda _checked=False: self.show_face("forgot"))
        form = pin_form()
        for words, field in (("Name", self.names), ("PIN", self.entry)):
            label, line = PlainLabel(tr(words)), self.names if field is self.names else self.entry.field.edit
            label.setBuddy(line)
            label.setFixedHeight(line.sizeHint().height())
            form.addRow(label, field)
        buttons = QWidget()
        self.freely = button("lock.freely", tr("Back"), lambda: self.show_face("free"))
        row(buttons, self.forgot, self.freely, self.open).insertStretch(1, 1)
        layout = column(face, gap=12)
        layout.addLayout(form)
        layout.addWidget(buttons)
        for first, then in ((self.names, self.entry.field.edit), (self.entry.field.edit, self.entry.field.show_it)):
            QWidget.setTabOrder(first, then)
        QWidget.setTabOrder(self.entry.field.show_it, self.open)
        QWidget.setTabOrder(self.open, self.forgot)
        return face

    def _free_face(self) -> QWidget:
        face = QWidget()
        self.free_text = PlainLabel("", wrap=True)
        self.again = button("lock.again", tr("Show again"), self._lock.show_again, main=True)
        self.again.setAutoDefault(True)  # Enter presses it
        self.other = FlatButton("lock.other", tr("Somebody else…"), face)
        self.other.clicked.connect(lambda _checked=False: self.show_face("pin"))
        buttons = QWidget()
        row(buttons, self.other, self.again).insertStretch(1, 1)
        column(face, self.free_text, buttons, gap=12)
        return face

    def _forgot_face(self) -> QWidget:
        face = QWidget()
        self.forgot_text = PlainLabel("", wrap=True)
        self.command = PlainLabel("", wrap=True, selectable=True)
        self.command.setObjectName("lock.command")
        self.passphrase = SecretEdit("lock.passphrase", tr("Passphrase of the data folder"), face)
        Guard(self.passphrase.edit)
        self.passphrase.edit.returnPressed.connect(self._forget)
        self.trouble = IconWord("", "", wrap=True)
        self.back = button("lock.back", tr("Back"), lambda: self.show_face("pin"))
        self.remove = button("lock.remove", tr("Remove the PIN"), self._forget, main=True)
        self.quit = button("lock.quit", tr("Quit crmdesk"), self._lock.quit)
        buttons = QWidget()
        row(buttons, self.back, self.quit, self.remove).insertStretch(0, 1)
        column(face, self.forgot_text, self.command, self.passphrase, self.trouble, buttons, gap=12)
        return face

    def _hidden_face(self) -> QWidget:
        face = QWidget()
        self.show_it = button("lock.show", tr("Show again"), self._lock.show_again, main=True)
        self.show_it.setAutoDefault(True)  # Enter presses it
        self.lock_it = button("lock.now", tr("Lock now"), self._lock.now)
        for key in (*self._lock.privacy_keys(), "Esc"):
            shortcut = QShortcut(QKeySequence(key), face)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(self._lock.show_again)
        buttons = QWidget()
        row(buttons, self.lock_it, self.show_it).insertStretch(0, 1)
        text = Muted(tr("No guest is on screen. Nothing is signed out, and sending goes on."), wrap=True)
        column(face, text, buttons, gap=12)
        return face

    # what it says

    def refresh(self) -> None:
        """Everything anew: the lock has learned more, or another face is due."""
        chosen = self.name()
        names = self._lock.names()
        self.names.blockSignals(True)
        self.names.clear()
        for name in names:
            self.names.addItem(name, name)
            self.names.setItemData(self.names.count() - 1, name, Qt.ItemDataRole.ToolTipRole)
        wanted = chosen or self._lock.operator()
        self.names.setCurrentIndex(max(0, self.names.findData(wanted)))
        self.names.blockSignals(False)
        self.entry.fresh()
        self.show_face(self._lock.face())

    def tick(self) -> None:
        """Time and waiting count, each second."""
        lock = self._lock
        self.time.setText(clock_time(iso(lock.time()), lock.time()))
        waits = lock.waits()
        words = plural(
            waits, "1 edit waits to be sent. Sending goes on.", "{n} edits wait to be sent. Sending goes on."
        )
        self.waiting.set("outbox", words if waits else "")
        self.waiting.setVisible(waits > 0)
        self.typing.setVisible(lock.typing())
        self.open.setEnabled(lock.ready() and bool(self.name()) and not self.entry.waiting)

    def name(self) -> str:
        """Who is to be unlocked for."""
        return str(self.names.currentData() or "")

    def face(self) -> str:
        return self._face

    def show_face(self, face: str) -> None:
        lock = self._lock
        self._face = face
        hidden, operator = face == "hidden", lock.operator()
        self.heading.setText(tr("Hidden") if hidden else tr("crmdesk is locked"))
        self.who.setText(self._who_words(operator))
        self.who.setVisible(bool(self.who.text()))
        free = tr("{name} has no PIN, so anybody can press this. A PIN is set in Settings, under Lock.")
        nobody = tr("Nobody has set a PIN, so anybody can press this. A PIN is set in Settings, under Lock.")
        self.free_text.setText(free.replace("{name}", isolated(operator)) if operator and lock.names() else nobody)
        self.other.setVisible(bool(lock.names()))
        self.freely.setVisible(lock.face() == "free")
        if face == "forgot":
            self._word_forgot()
        for name, part in self.faces.items():
            part.setVisible(name == face)
        self.tick()
        self._focus()

    def _who_words(self, operator: str) -> str:
        since = self._lock.since_words()
        if not operator:
            return since
        return tr("At the desk: {name}").replace("{name}", isolated(operator)) + (f" · {since}" if since else "")

    def _word_forgot(self) -> None:
        provable, name = self._lock.provable(), isolated(self.name())
        if provable:
            text = tr("The passphrase of this data folder takes {name}’s PIN away. Then set a new one in Settings.")
        elif self._lock.command_words(self.name()):
            text = tr(
                "Whoever may use this computer’s account can take {name}’s PIN away: quit crmdesk and enter this in a "
                "terminal. Nothing typed and nothing that waits is lost."
            )
        else:
            text = tr("Practice keeps nothing: quit, and start it again.")
        self.forgot_text.setText(text.replace("{name}", name))
        self.command.setText("" if provable else self._lock.command_words(self.name()))
        self.command.setVisible(bool(self.command.text()))
        self.passphrase.wipe()
        self.passphrase.setVisible(provable)
        self.remove.setVisible(provable)
        self.quit.setVisible(not provable)
        self._tell("")

    def _focus(self) -> None:
        """Where typing goes on: the PIN, the one button, or the passphrase."""
        targets: dict[str, QWidget] = {"pin": self.entry.field.edit, "free": self.again, "hidden": self.show_it}
        forgot = self.passphrase.edit if self._lock.provable() else self.back
        targets.get(self._face, forgot).setFocus(Qt.FocusReason.OtherFocusReason)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()
        self._focus()
        announce(self, self.heading.text())

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)

    # what is pressed

    def _name_chosen(self) -> None:
        self.entry.fresh()
        self.tick()

    def _unlock(self) -> None:
        if self._lock.ready() and self.name() and not self.entry.waiting:
            name, typed = self.name(), self.entry.take()
            self._lock.start(self._try(name, typed), what="unlock")

    async def _try(self, name: str, typed: str) -> None:
        self.open.setEnabled(False)
        try:
            verdict = await self._lock.unlock(name, typed)
        except CrmDeskError as error:
            self.entry.tell(" ".join(error_words(error)).strip())
        else:
            if not verdict.right and name == self.name():
                self.entry.show_verdict(verdict, typed)
        finally:
            self.tick()

    def _forget(self) -> None:
        typed = self.passphrase.edit.text()
        self.passphrase.wipe()
        if typed:
            self._lock.start(self._forget_now(self.name(), typed), what="forget a PIN")

    async def _forget_now(self, name: str, typed: str) -> None:
        try:
            verdict = await self._lock.forget(name, typed)
        except CrmDeskError as error:
            self._tell(" ".join(error_words(error)).strip())
            return
        if verdict.right:
            return
        if verdict.wait > 0:
            again = tr("Too many wrong tries. You can try again in {time}.")
            self._tell(again.replace("{time}", minutes(left(verdict.wait, 0.0))))
        else:
            self._tell(tr("This is not the passphrase."))
        self.passphrase.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def _tell(self, text: str) -> None:
        self.trouble.set("cross" if text else "", text, "error" if text else "")
        self.trouble.setVisible(bool(text))
        if text:
            announce(self, text, assertive=True)
