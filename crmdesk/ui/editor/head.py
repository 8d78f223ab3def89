"""The top of the editor: what is edited, at which vendor, and what the operator should know before going on."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from crmdesk.ui.editor.inputs import Combo
from crmdesk.ui.editor.subject import Subject
from crmdesk.ui.feedback import announce
from crmdesk.ui.kit import Banner, Heading, IconWord, Muted, button, column, row, tr
from crmdesk.ui.words import breakable, isolated

LONG_WORD = 24  # letters; a longer one may break anywhere


class EditorTitle(Heading):
    """*Edit Ana Ruiz at BookingSync*; breaks into lines where it is long."""


class Head(QWidget):
    """Title with the mark of unsaved typing, the account of a new contact, banners below."""

    accountChosen = Signal(int)
    draftDropped = Signal()

    def __init__(self, subject: Subject, parent: QWidget) -> None:
        super().__init__(parent)
        self._subject = subject
        self._banners: dict[str, Banner] = {}
        self.title = EditorTitle(breakable(self._words(), LONG_WORD), factor=1.25)
        self.title.setObjectName("editor.title")
        self.title.setWordWrap(True)
        self.mark = IconWord("pencil", tr("Unsaved"), "warning")
        self.mark.setObjectName("editor.dirty")
        self.mark.hide()
        line = QWidget()
        row(line, self.title, self.mark, gap=10, stretch=0)
        self._column: QVBoxLayout = column(self, line, gap=6, margins=(16, 14, 16, 6))
        if len(subject.accounts) > 1:
            self._column.addWidget(self._make_accounts())
        if subject.new and any(spec.required and spec.writable for spec in subject.vendor.fields):
            self._column.addWidget(Muted(tr("Fields with * have to be filled."), wrap=True))
        if subject.op is not None:
            self._show_refused()

    def _words(self) -> str:
        subject, vendor = self._subject, self._subject.vendor.title
        words = tr("New contact at {vendor}") if subject.new else tr("Edit {name} at {vendor}")
        return words.replace("{vendor}", vendor).replace("{name}", isolated(subject.name))

    def _make_accounts(self) -> QWidget:
        line, label = QWidget(), Muted(tr("Account"))
        combo = Combo("editor.account", tr("Account"))
        for account in self._subject.accounts:
            combo.addItem(account.title, account.id)
        combo.setCurrentIndex(combo.findData(self._subject.account.id))
        combo.activated.connect(lambda _index: self.accountChosen.emit(int(combo.currentData())))
        label.setBuddy(combo)
        row(line, label, combo, gap=10, stretch=1)
        return line

    # banners: one of a kind

    def _put(self, name: str, tone: str, text: str, actions: tuple[tuple[str, Callable[[], object]], ...] = ()) -> None:
        self.drop(name)
        made = Banner(tone, text)
        made.setObjectName(f"editor.banner.{name}")
        for place, (words, run) in enumerate(actions):
            which = f"editor.banner.{name}.{place}" if place else f"editor.banner.{name}.act"
            made.add(button(which, words, run))
        self._banners[name] = made
        self._column.addWidget(made)

    def drop(self, name: str) -> None:
        old = self._banners.pop(name, None)
        if old is not None:
            self._column.removeWidget(old)
            old.hide()
            old.deleteLater()

    def text_of(self, name: str) -> str:
        """What a banner says; '' where there is none."""
        return self._banners[name].text() if name in self._banners else ""

    def _show_refused(self) -> None:
        op, vendor = self._subject.op, self._subject.vendor.title
        reason = str(op.reason) if op is not None and op.reason is not None else ""
        first = tr("{vendor} did not accept this change.").replace("{vendor}", vendor)
        self._put("refused", "error", f"{first} {reason}".strip())

    def show_conflict(self, text: str, decide: Callable[[], object]) -> None:
        """An earlier edit of this contact waits for somebody to choose."""
        self._put("conflict", "error", text, ((tr("Decide"), decide),))

    def show_draft(self, at: str) -> None:
        """What is typed here is from an earlier draft; `at` is its time in words."""
        words = tr("Draft from {time}").replace("{time}", at)
        self._put("draft", "info", words, ((tr("Discard"), self.draftDropped.emit),))

    def offer_older(self, at: str, go_on: Callable[[], object], discard: Callable[[], object]) -> None:
        """Another new contact was begun at `at`."""
        words = tr("Draft of a new contact from {time}").replace("{time}", at)
        self._put("older", "info", words, ((tr("Continue"), go_on), (tr("Discard"), discard)))

    def offer_split(self, preview: str, fill: Callable[[], object]) -> None:
        """What was pasted can be put into its fields."""
        words = tr("Split into fields? {preview}").replace("{preview}", preview)
        close = (tr("Leave it"), lambda: self.drop("split"))
        self._put("split", "info", words, ((tr("Split into fields"), fill), close))
        announce(self, words)

    def show_changed(self, text: str, show: Callable[[], object]) -> None:
        """The vendor's data is another one by now. Never takes the focus."""
        self._put("changed", "info", text, ((tr("Show"), show),))
        announce(self, text)

    def show_gone(self, text: str) -> None:
        self._put("gone", "warning", text)
        announce(self, text)

    def show_trouble(self, title: str, hint: str, again: Callable[[], object]) -> None:
        """It could not be kept; everything stays on screen."""
        self._put("trouble", "error", f"{title} {hint}".strip(), ((tr("Try again"), again),))
        announce(self, f"{title} {hint}".strip(), assertive=True)

    def show_dirty(self, dirty: bool) -> None:
        self.mark.setVisible(dirty)
        self.title.setAccessibleName(f"{self._words()}, {tr('unsaved')}" if dirty else self._words())
