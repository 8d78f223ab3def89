"""What stands around the fields: problems of the whole form, likely the same people, orders, what is sent unchanged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from crmdesk.ui.accounts.fold import Fold
from crmdesk.ui.contacts.columns import display_name
from crmdesk.ui.editor.inputs import Lines
from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.kit import Card, FlatButton, Heading, IconWord, Muted, PlainLabel, column, plural, row, tr
from crmdesk.ui.words import isolated, tooltip


class Problems(QFrame):
    """*3 fields cannot be saved*: a link for each that moves the focus there (`asked(path)`). What is wrong stands at
    the field; the link says it too."""

    asked = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("editor.problems")
        self._head = IconWord("cross", "", "error", self)
        links = QWidget(self)
        self._links = FlowLayout(gap=2)
        links.setLayout(self._links)
        column(self, self._head, links, gap=0, margins=(16, 2, 16, 4))
        self.hide()

    def show_problems(self, problems: Sequence[tuple[str, str, str]], refused_by: str = "") -> None:
        """(path, label, text) of each; none hides it. `refused_by`: they are the word of this vendor, and keep nobody
        from saving."""
        while (item := self._links.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        by_field: dict[str, tuple[str, str]] = {}
        for path, label, text in problems:
            known = by_field.get(label)
            by_field[label] = (known[0], f"{known[1]} {text}") if known else (path, text)
        for label, (path, text) in by_field.items():
            link = FlatButton(f"editor.problem.{path}", label.replace("&", "&&"))
            link.setProperty("link", True)
            link.setToolTip(tooltip(text))
            link.setAccessibleName(f"{label}: {text}")
            link.clicked.connect(self._asker(path))
            self._links.addWidget(link)
        head = plural(len(by_field), "One field cannot be saved like this:", "{n} fields cannot be saved like this:")
        if refused_by:
            head = tr("{vendor} did not take:").replace("{vendor}", refused_by)
        self._head.set("cross", head, "error")
        self.setAccessibleName(head)
        self.setVisible(bool(by_field))

    def _asker(self, path: str) -> Callable[[], None]:
        return lambda: self.asked.emit(path)


class SimilarList(QWidget):
    """Contacts that are likely the same person. `opened(contact id)`; nothing is ever in the way of saving."""

    opened = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("editor.similar")
        card = Card(self)
        self._list: QVBoxLayout = column(card, gap=6, margins=(12, 8, 12, 10))
        column(self, card, margins=(12, 4, 12, 8)).addStretch(1)
        self.hide()

    def show_similar(self, found: Sequence[Any], vendor_of: Callable[[int], str]) -> None:
        """`found`: sync.edits.Similar, best first."""
        while (item := self._list.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self.setVisible(bool(found))
        if not found:
            return
        heading = tr("Likely the same person")
        self.setAccessibleName(heading)
        self._list.addWidget(Heading(heading, factor=0.95))
        for one in found:
            self._list.addWidget(self._entry(one, vendor_of(one.row.account_id)))

    def _entry(self, one: Any, vendor: str) -> QWidget:
        entry, line = QWidget(), QWidget()
        name = isolated(display_name(one.row))
        who = f"{name}, {vendor}" if vendor else name
        words = PlainLabel(f"{one.why}: {who}", wrap=True)
        button = FlatButton(f"editor.similar.{one.row.id}", tr("Open that one"))
        button.setProperty("link", True)
        button.setAccessibleDescription(who)
        button.clicked.connect(self._opener(one.row.id))
        row(line, button).addStretch(1)
        column(entry, words, line, gap=0)
        return entry

    def _opener(self, contact_id: int) -> Callable[[], None]:
        return lambda: self.opened.emit(contact_id)


class Orders(Fold):
    """References whose own copies of the contact are changed too, one per line."""

    typed = Signal()

    def __init__(self, words: str, parent: QWidget) -> None:
        super().__init__("editor.orders.fold", words, parent)
        self._box = Lines("editor.orders", words)
        self._box.setPlaceholderText(tr("One reference per line"))
        self._box.typed.connect(self.typed.emit)
        note = tr("Where this contact is missing in an order, it is added to it.")
        column(self.body, self._box, Muted(note, wrap=True), gap=4)

    def references(self) -> tuple[str, ...]:
        lines = (line.strip() for line in self._box.toPlainText().splitlines())
        return tuple(dict.fromkeys(line for line in lines if line))

    def put(self, references: Sequence[str]) -> None:
        self._box.put("\n".join(references))
        if references:
            self.set_open(True)


class Resends(Fold):
    """Fields that are sent again unchanged, because the vendor takes only whole contacts."""

    def __init__(self, vendor: str, parent: QWidget) -> None:
        super().__init__("editor.resends", tr("Sent again unchanged"), parent)
        self._text = Muted("", wrap=True)
        note = tr("{vendor} takes only whole contacts. Just before sending, the newest values are read there.")
        column(self.body, Muted(note.replace("{vendor}", vendor), wrap=True), self._text, gap=4)

    def show_fields(self, labels: Sequence[str]) -> None:
        self._text.setText(", ".join(labels))
        self.setVisible(bool(labels))
