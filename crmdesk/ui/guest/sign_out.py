"""*Sign out*: whether what is saved of the guest stays on this computer."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QDialog, QWidget

from crmdesk.ui.kit import Banner, Heading, Muted, PlainLabel, button, column, plural, row, tr
from crmdesk.ui.words import breakable, isolated

NAME = "guest.sign_out"


class SignOutDialog(QDialog):
    """Accepted with `keep()`. Off at first, as a desk is shared; on where edits wait, which would go too."""

    def __init__(self, parent: QWidget, guest: str, unsent: int, typed: bool) -> None:
        super().__init__(parent)
        self.setObjectName(NAME)
        self.setWindowTitle(tr("Sign out"))
        heading = Heading(breakable(tr("Sign out {name}?").replace("{name}", isolated(guest)), 24), self)
        heading.setWordWrap(True)
        self._keep = QCheckBox(tr("Keep saved data on this computer"), self)
        self._keep.setObjectName(f"{NAME}.keep")
        self._keep.setChecked(unsent > 0)
        self.note = Muted("", self, wrap=True)
        parts: list[QWidget] = [heading, self._keep, self.note]
        if unsent:
            words = plural(unsent, "1 change is not sent yet.", "{n} changes are not sent yet.")
            more = tr("It waits here until the guest signs in again; removed, it is lost.")
            parts.insert(1, Banner("warning", f"{words} {more}", (), self))
        if typed:
            text = tr("What is typed on this card and not saved stays until it is closed.")
            parts.append(PlainLabel(text, self, wrap=True))
        self.yes = button(f"{NAME}.yes", "", self.accept, main=True)
        no = button(f"{NAME}.cancel", tr("Cancel"), self.reject)
        foot = QWidget(self)
        row(foot, no, self.yes).insertStretch(0, 1)
        column(self, *parts, foot, gap=10, margins=(20, 18, 20, 16))
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 60)
        self._keep.toggled.connect(lambda _on: self._word())
        self._word()
        self.yes.setDefault(True)
        self._keep.setFocus()

    def _word(self) -> None:
        """The button says what it does."""
        keep = self._keep.isChecked()
        self.yes.setText(tr("Sign out") if keep else tr("Sign out and remove"))
        kept = tr("The contact stays in the list, as it is saved now.")
        gone = tr("The contact goes from this computer, with everything saved about it. At the vendor nothing changes.")
        self.note.setText(kept if keep else gone)

    def keep(self) -> bool:
        return self._keep.isChecked()
