"""Shown instead of the window's content while the data folder's key needs a person. Nothing here deletes anything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QLineEdit, QWidget

from crmdesk.core.errors import CrmDeskError
from crmdesk.core.tasks import TaskScope
from crmdesk.ui.feedback import announce, error_words
from crmdesk.ui.kit import (
    Banner,
    Card,
    Heading,
    IconButton,
    IconWord,
    Muted,
    Page,
    PlainLabel,
    button,
    column,
    row,
    scroll,
)
from crmdesk.ui.words import tr

SHORTEST = 8
EDGE, FRAME = 28, 4  # pixels beside what is on the card, and around it
Verb = Callable[[], Awaitable[object]]
WithPassphrase = Callable[[str], Awaitable[object]]


def strength(passphrase: str) -> tuple[str, str, str]:
    """(icon, words, tone) for a new passphrase: by length and number of words, the two things that matter."""
    if not passphrase:
        return "info", tr("Four or more words that you can remember are best."), ""
    if len(passphrase) < SHORTEST:
        return "cross", tr("Too short: at least 8 characters."), "error"
    if len(passphrase) < 14 and len(passphrase.split()) < 4:
        return "warning", tr("Weak: a longer one, such as four words, is much safer."), "warning"
    return "ok", tr("Good."), "ok"


class SecretEdit(QWidget):
    """A passphrase field with a button that shows what is typed."""

    def __init__(self, name: str, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edit = QLineEdit(self)
        self.edit.setObjectName(name)
        self.edit.setAccessibleName(label)
        self.edit.setEchoMode(QLineEdit.EchoMode.Password)
        self.show_it = IconButton(f"{name}.show", "eye", tr("Show what is typed"), self)
        self.show_it.setCheckable(True)
        self.show_it.toggled.connect(self._toggle)
        row(self, self.edit, self.show_it, gap=4, stretch=0)
        self.setFocusProxy(self.edit)

    def label(self, words: str) -> PlainLabel:
        """For a form: it stands on the line of what is typed."""
        made = PlainLabel(words)
        made.setBuddy(self.edit)
        made.setMinimumHeight(self.sizeHint().height())
        return made

    def wipe(self) -> None:
        """Nothing of it is left, also not for undo once it is shown: `clear` could be undone."""
        self.edit.setText("")

    def _toggle(self, shown: bool) -> None:
        mode = QLineEdit.EchoMode
        self.edit.setEchoMode(mode.Normal if shown else mode.Password)
        self.show_it.set_icon("eye-off" if shown else "eye")


class UnlockPage(Page):
    """Four faces: enter the passphrase, choose one at the first start, keyring locked, or a key that cannot be had.

    The verbs raise KnownError with words for people. `opened` comes when one of them succeeded."""

    opened = Signal()

    def __init__(
        self,
        scope: TaskScope,
        *,
        unlock: WithPassphrase,
        create: WithPassphrase,
        session_only: Verb,
        retry: Verb,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("unlock")
        self._scope = scope
        self._unlock, self._create, self._session_only, self._retry = unlock, create, session_only, retry
        self.trouble = Banner("error", "")
        self.waiting = IconWord("clock", "")
        self._faces = {
            "passphrase": self._passphrase_face(),
            "first": self._first_face(),
            "locked": self._locked_face(),
        }
        self._lay_out()
        self.trouble.hide()
        self.waiting.hide()

    def _lay_out(self) -> None:
        inner = QWidget()
        card, middle = Card(inner), QWidget(inner)
        column(card, *self._faces.values(), self.trouble, self.waiting, gap=12, margins=(EDGE, 24, EDGE, 24))
        self.ensurePolished()
        widest = max(face.minimumSizeHint().width() for face in self._faces.values())  # its buttons, in some languages
        card.setMaximumWidth(max(520, self.fontMetrics().averageCharWidth() * 78, widest + 2 * EDGE + FRAME))
        line = row(middle, card, stretch=0)
        line.insertStretch(0, 1)
        line.addStretch(1)
        outer = column(inner, middle, margins=(20, 20, 20, 20))
        outer.insertStretch(0, 1)
        outer.addStretch(2)
        column(self, scroll(inner, "unlock.area"))
        self._face("passphrase")

    # the faces

    def _passphrase_face(self) -> QWidget:
        face = QWidget()
        self.passphrase = SecretEdit("unlock.passphrase", tr("Passphrase"), face)
        self.open = button("unlock.open", tr("Open"), self._open_pressed, main=True)
        self.passphrase.edit.returnPressed.connect(self._open_pressed)
        text = PlainLabel(tr("Contacts on this computer are encrypted. Enter the passphrase to open them."), wrap=True)
        column(face, Heading(tr("crmdesk is locked"), face), text, self.passphrase, _right(self.open), gap=12)
        return face

    def _first_face(self) -> QWidget:
        face = QWidget()
        self.new = SecretEdit("unlock.new", tr("New passphrase"), face)
        self.again = SecretEdit("unlock.again", tr("The same again"), face)
        self.hint = IconWord(*strength(""), parent=face, wrap=True)
        self.choose = button("unlock.create", tr("Use this passphrase"), self._create_pressed, main=True)
        self.session = button("unlock.session", tr("Only this session"), self._session_pressed)
        self.new.edit.textChanged.connect(lambda text: self.hint.set(*strength(text)))
        self.new.edit.returnPressed.connect(self.again.setFocus)
        self.again.edit.returnPressed.connect(self._create_pressed)
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for words, field in (("Passphrase", self.new), ("The same again", self.again)):
            form.addRow(field.label(tr(words)), field)
        text = PlainLabel(
            tr(
                "This computer has no keyring that crmdesk trusts. Choose a passphrase: contacts and sign-ins are "
                "encrypted with it, and it is asked for at each start."
            ),
            wrap=True,
        )
        warn = Muted(tr("Nobody can recover a forgotten passphrase; contacts would be fetched again."), wrap=True)
        other = Muted(tr("“Only this session” keeps nothing: all is forgotten when crmdesk closes."), wrap=True)
        buttons = QWidget()
        row(buttons, self.session, self.choose).insertStretch(0, 1)
        layout = column(face, Heading(tr("Protect your contacts"), face), text, gap=12)
        layout.addLayout(form)
        for part in (self.hint, warn, other, buttons):
            layout.addWidget(part)
        return face

    def _locked_face(self) -> QWidget:
        face = QWidget()
        self.locked_title = Heading("", face)
        self.locked_text = PlainLabel("", wrap=True)
        self.again_button = button("unlock.retry", tr("Try again"), self._retry_pressed, main=True)
        safe = Muted(tr("Your data is untouched."), wrap=True)
        column(face, self.locked_title, self.locked_text, safe, _right(self.again_button), gap=12)
        return face

    # which face

    def show_passphrase(self) -> None:
        self._face("passphrase")
        self.passphrase.setFocus()

    def show_first_start(self) -> None:
        self._face("first")
        self.new.setFocus()

    def show_locked(self, error: CrmDeskError) -> None:
        """The key cannot be had now (keyring locked, key file missing …): say so and offer another try."""
        title, hint = error_words(error)
        self.locked_title.setText(title)
        self.locked_text.setText(hint)
        self._face("locked")
        self.again_button.setFocus()

    def face(self) -> str:
        """passphrase, first or locked."""
        return self._shown

    def _face(self, name: str) -> None:
        """The card is as high as this one needs."""
        self._shown = name
        self.trouble.hide()
        for each, face in self._faces.items():
            face.setVisible(each == name)

    # what is pressed

    def _open_pressed(self) -> None:
        text = self.passphrase.edit.text()
        if not text:
            self._tell(tr("Enter the passphrase."))
        else:
            self._start(lambda: self._unlock(text))

    def _create_pressed(self) -> None:
        text = self.new.edit.text()
        if len(text) < SHORTEST:
            self._tell(tr("The passphrase is too short: use at least 8 characters."))
            self.new.setFocus()
        elif text != self.again.edit.text():
            self._tell(tr("The two do not match. Type the second one again."))
            self.again.setFocus()
            self.again.edit.selectAll()
        else:
            self._start(lambda: self._create(text))

    def _session_pressed(self) -> None:
        self._start(self._session_only)

    def _retry_pressed(self) -> None:
        self._start(self._retry)

    def _start(self, verb: Verb) -> None:
        self._scope.start(self._try(verb), what="open the data folder", key="unlock", if_busy="keep")

    async def _try(self, verb: Verb) -> None:
        self.trouble.hide()
        self._wait(True)
        try:
            await verb()
        except CrmDeskError as error:
            self._refused(error)
        else:
            for field in (self.passphrase, self.new, self.again):
                field.wipe()
            self.opened.emit()
        finally:
            self._wait(False)

    def _refused(self, error: CrmDeskError) -> None:
        if self.face() == "locked":
            self.show_locked(error)
        self._tell(" ".join(error_words(error)).strip())
        if self.face() == "passphrase":
            self.passphrase.edit.selectAll()
            self.passphrase.setFocus(Qt.FocusReason.OtherFocusReason)

    def _wait(self, busy: bool) -> None:
        self.waiting.set("clock", tr("Opening…"))
        self.waiting.setVisible(busy)
        for part in (self.open, self.choose, self.session, self.again_button):
            part.setEnabled(not busy)

    def _tell(self, text: str) -> None:
        self.trouble.set("error", text)
        self.trouble.show()
        announce(self, text, assertive=True)


def _right(pressed: QWidget) -> QWidget:
    """The button at the trailing edge."""
    line = QWidget()
    row(line, pressed).insertStretch(0, 1)
    return line
