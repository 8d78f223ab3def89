"""The one field for a code: large, wide letters; a pasted message gives its code, or nothing where there are two."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDropEvent, QFont, QFontDatabase
from PySide6.QtWidgets import QLineEdit, QWidget

from crmdesk.core.otp import LONGEST_TEXT, clean
from crmdesk.ui.kit import tr
from crmdesk.ui.login.guard import Guard
from crmdesk.ui.theme import scaled, theme

LARGER = 1.75  # than the text around it
SPACED = 0.34  # of a digit, between two
NONE = "There is no code in what was pasted."
SEVERAL = "There are several codes in what was pasted. Type the right one."


class CodeLine(QLineEdit):
    """`typed`: a person changed it. `told(text)`: why a paste gave nothing, '' where it gave a code.

    What stands in it is cleaned by whoever reads it; nothing is cut off while it is typed."""

    typed = Signal()
    told = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("otp.code")
        self.setAccessibleName(tr("One-time code"))
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.set_letters(False)
        self._guard = Guard(self, self.take)
        self.textChanged.connect(lambda _text: self.typed.emit())  # what writes for a person is no `textEdited`
        theme().changed.connect(self._grow)
        self._grow()

    def set_letters(self, letters: bool) -> None:
        """Whether a code may have letters."""
        self.letters = letters
        hints = Qt.InputMethodHint
        usual = hints.ImhSensitiveData | hints.ImhNoPredictiveText
        self.setInputMethodHints(usual | (hints.ImhUppercaseOnly if letters else hints.ImhDigitsOnly))

    def code(self) -> str:
        """What was typed, cleaned; '' where it is none, or more than one."""
        cleaned = clean(self.text(), letters=self.letters)
        return cleaned.code if cleaned.candidates == 1 else ""

    def take(self, text: str) -> None:
        """A paste or a drop: the code in it replaces what stands here. A part of one goes where the cursor is."""
        cleaned = clean(text, letters=self.letters)
        bare = "".join(text.split()) if len(text) <= LONGEST_TEXT else ""
        if cleaned.candidates == 1:
            self.setText(cleaned.code)
        elif not cleaned.candidates and bare.isdigit():
            self.insert(bare)
        else:
            self.told.emit(tr(SEVERAL if cleaned.candidates else NONE))
            return
        self.told.emit("")
        self.typed.emit()

    def wipe(self) -> None:
        self._guard.wipe()

    def dropEvent(self, event: QDropEvent) -> None:
        if event.mimeData().hasText() and not self.isReadOnly():
            self.take(event.mimeData().text())
        event.acceptProposedAction()

    def _grow(self) -> None:
        font: QFont = scaled(theme().font, LARGER)
        font.setFamilies([*QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).families(), *font.families()])
        font.setStyleHint(QFont.StyleHint.Monospace)
        font.setWeight(QFont.Weight.Bold)
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, font.pointSizeF() * SPACED)
        self.setFont(font)
