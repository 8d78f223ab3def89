"""The line below a contact's name: who is signed in, or that somebody can be."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from crmdesk.ui.kit import Banner, ElidedLabel, FlatButton, IconWord, button, column, row, tr
from crmdesk.ui.words import isolated

NAME = "guest.line"


class SignedInLine(QWidget):
    """`signInAsked`, `signOutAsked`."""

    signInAsked = Signal()
    signOutAsked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName(NAME)
        self._mark = IconWord("key")
        self.words = ElidedLabel()
        self.words.setObjectName(f"{NAME}.words")
        self.sign_out = self._link(f"{NAME}.sign_out", tr("Sign out"))
        self.sign_out.clicked.connect(lambda _checked=False: self.signOutAsked.emit())
        self.sign_in = self._link(f"{NAME}.sign_in", tr("Sign in…"))
        self.sign_in.clicked.connect(lambda _checked=False: self.signInAsked.emit())
        again = button(f"{NAME}.again", tr("Sign in…"), self.signInAsked.emit)
        self.safe = Banner("warning", tr("Signed out. What you typed is safe."), (again,))
        self.safe.setObjectName(f"{NAME}.safe")
        self.remark = Banner("info", "")
        self.remark.setObjectName(f"{NAME}.remark")
        line = QWidget()
        row(line, self._mark, self.words, self.sign_out, self.sign_in, gap=6, stretch=1)
        column(self, line, self.safe, self.remark, gap=6, margins=(16, 0, 12, 4))
        self._line = line
        self.show_away()

    def _link(self, name: str, words: str) -> FlatButton:
        made = FlatButton(name, words)
        made.setProperty("link", True)
        return made

    def show_guest(self, name: str) -> None:
        """Signed in."""
        who = isolated(name) or tr("the guest")
        self.words.setText(tr("Signed in: {name}").replace("{name}", who))
        self.sign_out.setAccessibleName(tr("Sign out {name}").replace("{name}", name or tr("the guest")))
        self._mark.set("key", "", "ok")
        self._show(signed=True, typed=False)

    def show_away(self, *, typed: bool = False) -> None:
        """Nobody is signed in; `typed`: something on the card waits for it."""
        self.words.setText(tr("Sign in for messages and more"))
        self._mark.set("key", "", "")
        self._show(signed=False, typed=typed)

    def _show(self, *, signed: bool, typed: bool) -> None:
        held = self.isAncestorOf(self.focusWidget() or self) and self.focusWidget() is not None
        self._line.setVisible(signed or not typed)
        self.sign_out.setVisible(signed)
        self.sign_in.setVisible(not signed)
        self.safe.setVisible(typed)
        self.remark.setVisible(False)
        if held and self.isVisible():
            (self.sign_out if signed else self.sign_in).setFocus()

    def say(self, tone: str, text: str) -> None:
        """What came of a sign-out."""
        self.remark.set(tone, text)
        self.remark.show()
