"""Which contacts leave, as what, with which fields about the person; and how far it is."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QRadioButton,
    QWidget,
)

from crmdesk.core.personal import Personal
from crmdesk.sync.exporting import Form, Tally
from crmdesk.ui.busy import Busy
from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.kit import Heading, Muted, PlainLabel, button, column, number, plural, row, scroll, tr

MOST_IN_BOOK = 1_048_575
POLL_MS = 100
PATIENCE_MS = 400  # what ends sooner needs no dialog
FORMS = (
    (Form.XLSX, "Excel (.xlsx)"),
    (Form.CSV, "Text for any program (.csv)"),
    (Form.VCARD, "Cards for address books (vCard 4.0, .vcf)"),
)


class ExportDialog(QDialog):
    """Accepted: `form`, `selected` (else the whole list), `whole` (all documented fields, else the columns), and which
    `personal` columns go along: all at first, none where guests are `masked` on screen."""

    def __init__(self, parent: QWidget, title: str, listed: int, chosen: int, *, masked: bool = False) -> None:
        super().__init__(parent)
        self.setObjectName("export")
        self.setWindowTitle(tr("Export contacts"))
        self._listed, self._chosen, self._above = listed, chosen, parent
        every = plural(listed, "The contact in “{view}”", "All {n} contacts in “{view}”").replace("{view}", title)
        some = plural(chosen, "The selected contact", "The {n} selected contacts")
        self._which = self._group(("all", every), ("selected", some))
        self._forms = self._group(*((form.name.lower(), tr(words)) for form, words in FORMS))
        self._fields = self._group(("columns", tr("The list’s columns")), ("whole", tr("All documented fields")))
        self._personal = {group: self._tick(group, on=not masked) for group in Personal}
        self._which[1].setVisible(0 < chosen < listed)
        (self._which[1] if 1 < chosen < listed else self._which[0]).setChecked(True)
        self._note = Muted("", self, wrap=True)
        self._note.setObjectName("export.note")
        self._lay_out()
        for press in (*self._which, *self._forms):
            press.toggled.connect(self._follow)
        self._follow()

    def _group(self, *entries: tuple[str, str]) -> list[QRadioButton]:
        group, made = QButtonGroup(self), []
        for name, words in entries:
            press = QRadioButton(words.replace("&", "&&"), self)
            press.setObjectName(f"export.{name}")
            group.addButton(press)
            made.append(press)
        made[0].setChecked(True)
        return made

    def _tick(self, group: Personal, *, on: bool) -> QCheckBox:
        made = QCheckBox(tr(group.value), self)
        made.setObjectName(f"export.personal.{group.name.lower()}")
        made.setChecked(on)
        return made

    def _lay_out(self) -> None:
        words = tr("Contacts whose guests asked for restriction or to be forgotten are left out. The file is not "
                   "encrypted: whoever has it can read it.")  # fmt: skip
        inner = QWidget()
        column(
            inner, Heading(tr("Export contacts"), inner), *self._which, PlainLabel(tr("As"), inner), *self._forms,
            PlainLabel(tr("With"), inner), *self._fields, self._note, PlainLabel(tr("About the person"), inner),
            self._ticks(), PlainLabel(words, inner, wrap=True), gap=8, margins=(0, 0, 8, 0),
        )  # fmt: skip
        go = button("export.go", tr("Choose where…"), self.accept, main=True)
        foot = QWidget()
        row(foot, button("export.cancel", tr("Cancel"), self.reject), go).insertStretch(0, 1)
        go.setDefault(True)
        column(self, scroll(inner, "export.area", whole=True), foot, gap=12, margins=(20, 18, 14, 16), stretch=0)
        self._fit(inner, foot)
        self._which[0].setFocus()

    def _fit(self, inner: QWidget, foot: QWidget) -> None:
        """As high as it needs, but no higher than the window: then it scrolls."""
        room, letter = self._above.window().size(), self.fontMetrics().averageCharWidth()
        longest = inner.minimumSizeHint().width()  # of its choices, in the language of the window
        wide = min(max(letter * 72, longest + 60), room.width() - 40)
        inner.setFixedWidth(wide - 60)
        self.setFixedWidth(wide)
        layout = inner.layout()
        high = layout.heightForWidth(wide - 60) if layout is not None else 0
        self.resize(wide, min(high + foot.sizeHint().height() + 60, max(room.height() - 40, 360)))

    def _ticks(self) -> QWidget:
        """Beside each other as far as they fit."""
        host, flow = QWidget(self), FlowLayout(gap=14)
        host.setLayout(flow)
        for tick in self._personal.values():
            flow.addWidget(tick)
        return host

    @property
    def personal(self) -> frozenset[Personal]:
        return frozenset(group for group, tick in self._personal.items() if tick.isChecked())

    @property
    def form(self) -> Form:
        return next(form for (form, _), press in zip(FORMS, self._forms, strict=True) if press.isChecked())

    @property
    def selected(self) -> bool:
        return self._which[1].isChecked()

    @property
    def whole(self) -> bool:
        return self._fields[1].isChecked()

    def _follow(self) -> None:
        fits = (self._chosen if self.selected else self._listed) <= MOST_IN_BOOK
        book = self._forms[0]
        if not fits and book.isChecked():
            self._forms[1].setChecked(True)
        book.setEnabled(fits)
        most = tr("A workbook has room for {n} contacts.").replace("{n}", number(MOST_IN_BOOK))
        book.setToolTip("" if fits else most)
        book.setAccessibleDescription("" if fits else most)
        cards = self.form is Form.VCARD
        for press in self._fields:
            press.setEnabled(not cards)
        told = tr("A card has name, e-mail, phones, company, city, country, languages, website and notes.")
        self._note.setText(told if cards else tr("Fields that are hidden on screen, such as passports, are left out."))


class ExportProgress(QDialog):
    """Seen while an export takes longer than a moment; the window can be used meanwhile. Closing it stops the work."""

    def __init__(self, parent: QWidget, tally: Tally, name: str) -> None:
        super().__init__(parent)
        self.setObjectName("export.progress")
        self.setWindowTitle(tr("Export contacts"))
        self._tally, self._name = tally, name
        self.busy = Busy("export", self.reject, self)
        column(self, self.busy, margins=(20, 16, 20, 16))
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 56)
        self._poll = self._timer(POLL_MS, self.look, single=False)
        self._late = self._timer(PATIENCE_MS, self.show, single=True)
        self.look()

    def _timer(self, interval: int, run: Callable[[], object], *, single: bool) -> QTimer:
        timer = QTimer(self, singleShot=single, interval=interval)
        timer.timeout.connect(run)
        timer.start()
        return timer

    def words(self) -> str:
        tally = self._tally
        words = tr("{done} of {n} contacts: {name}")
        if tally.stop:
            words = tr("Stopping: {name}")
        elif tally.done >= tally.total:
            words = tr("The file is being finished: {name}")
        words = words.replace("{name}", self._name).replace("{done}", number(tally.done))
        return words.replace("{n}", number(tally.total))

    def look(self) -> None:
        tally = self._tally
        self.busy.set(self.words(), tally.done, None if tally.stop else max(1, tally.total))

    def come_forward(self) -> None:
        """It may lie below other windows."""
        self.show()
        self.raise_()
        self.activateWindow()

    def reject(self) -> None:
        """Cancel, Esc, and the frame's cross."""
        self._tally.stop = True
        self.look()

    def end(self) -> None:
        self._poll.stop()
        self._late.stop()
        self.hide()
        self.deleteLater()
