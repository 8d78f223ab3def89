"""*Approve order 4711?* with the thing named; a rejection takes a note for this desk, and a comment where the vendor
has room for one."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QLineEdit, QWidget

from crmdesk.core.text import one_line
from crmdesk.ui.kit import Heading, Muted, PlainLabel, button, column, row, tr
from crmdesk.ui.words import breakable, isolated, tooltip

LONGEST_NOTE, LONGEST_COMMENT = 200, 500


class AnswerDialog(QDialog):
    """Accepted with `note()` and `comment()`. `no_comment`: why the vendor takes none, '' where it does."""

    def __init__(self, parent: QWidget, what: str, guest: str, *, accept: bool, no_comment: str) -> None:
        super().__init__(parent)
        name = "guest.answer"
        self.setObjectName(name)
        words = (tr("Approve {what}?") if accept else tr("Reject {what}?")).replace("{what}", what)
        self.setWindowTitle(tr("Approve") if accept else tr("Reject"))
        heading = Heading(breakable(words, 24), self)
        heading.setWordWrap(True)
        said = tr("This is {name}’s own answer. It cannot be taken back here.")
        text = PlainLabel(said.replace("{name}", isolated(guest) or tr("the guest")), self, wrap=True)
        self._note = self._line(f"{name}.note", tr("Note for this desk"), LONGEST_NOTE)
        self._comment = self._line(f"{name}.comment", tr("Comment for the vendor"), LONGEST_COMMENT)
        yes = button(f"{name}.yes", tr("Approve") if accept else tr("Reject"), self.accept, danger=not accept)
        no = button(f"{name}.cancel", tr("Cancel"), self.reject)
        parts: list[QWidget] = [heading, text]
        if not accept:
            parts += self._labelled(tr("Note for this desk (kept while this card is open)"), self._note)
            parts += self._labelled(tr("Comment, sent with the answer"), self._comment)
            self._comment.setEnabled(not no_comment)
            self._comment.setToolTip(tooltip(no_comment))
            self._comment.setAccessibleDescription(no_comment)
            if no_comment:
                parts.append(Muted(no_comment, self, wrap=True))
        else:
            self._note.hide()
            self._comment.hide()
        foot = QWidget(self)
        row(foot, no, yes).insertStretch(0, 1)
        column(self, *parts, foot, gap=8, margins=(20, 18, 20, 16))
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 60)
        no.setDefault(True)
        no.setFocus()

    def _line(self, name: str, words: str, most: int) -> QLineEdit:
        made = QLineEdit(self)
        made.setObjectName(name)
        made.setAccessibleName(words)
        made.setMaxLength(most)
        return made

    def _labelled(self, words: str, edit: QLineEdit) -> list[QWidget]:
        label = Muted(words, self, wrap=True)
        label.setBuddy(edit)
        return [label, edit]

    def note(self) -> str:
        return one_line(self._note.text(), LONGEST_NOTE)

    def comment(self) -> str:
        return one_line(self._comment.text(), LONGEST_COMMENT) if self._comment.isEnabled() else ""
