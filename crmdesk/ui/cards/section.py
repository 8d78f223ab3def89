"""Below a linked contact's fields: who else is the same person, and where they differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from crmdesk.ui.cards.compare import CompareTable
from crmdesk.ui.cards.link_button import LinkButton
from crmdesk.ui.cards.sides import Line, Side
from crmdesk.ui.kit import Banner, Heading, button, column, plural, row, tr


class CardSection(QWidget):
    """`contactWanted`: another member is to be opened. `copyWanted(key, from, to)`: sides by their numbers."""

    contactWanted = Signal(int)
    copyWanted = Signal(str, int, int)

    def __init__(self, bind: Callable[[Any, str], None] | None) -> None:
        super().__init__()
        self.setObjectName("detail.card")
        self._shown: tuple[int, tuple[Side, ...]] = (0, ())
        self.title = Heading("", factor=1.1)
        self.title.setWordWrap(True)
        self.unlink = button("detail.card.unlink", tr("Unlink…"))
        if bind is not None:
            bind(self.unlink, "contact.unlink")
        head, self._members = QWidget(), QWidget()
        row(head, self.title, self.unlink, stretch=0)
        self._column: QVBoxLayout = column(self._members, gap=2)
        self.table = CompareTable("detail.card.fields", everything=False)
        self.table.copyWanted.connect(self.copyWanted)
        self.problem = Banner("error", "")
        self.problem.setObjectName("detail.card.problem")
        self.problem.hide()
        column(self, head, self._members, self.problem, self.table, gap=8, margins=(16, 4, 16, 16))
        self.hide()

    def show_card(self, own: int, sides: Sequence[Side], lines: Sequence[Line]) -> None:
        """`own`: the contact that is open; without another member there is nothing to show."""
        self.setVisible(len(sides) > 1)
        self.problem.hide()
        self.title.setText(plural(len(sides), "1 record of this person", "{n} records of this person"))
        self.setAccessibleName(self.title.text())
        others = [side for side in sides if side.contact_id != own]
        if (own, tuple(sides)) != self._shown:
            self._shown = (own, tuple(sides))
            self._fill(others)
        self.table.show_lines(sides, lines)

    def focus_first(self) -> None:
        """The first of the others."""
        first = self._members.findChild(LinkButton)
        if first is not None:
            first.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_problem(self, text: str) -> None:
        """Why something was not done, until the card is read anew."""
        self.problem.set("error", text)
        self.problem.show()

    def _fill(self, others: Sequence[Side]) -> None:
        while (item := self._column.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.setParent(None)
                old.deleteLater()
        for side in others:
            made = LinkButton(f"detail.card.open.{side.contact_id}", side.told())
            made.setAccessibleDescription(tr("Open {name}").replace("{name}", side.told()))
            made.clicked.connect(partial(self._open, side.contact_id))
            self._column.addWidget(made, 0, Qt.AlignmentFlag.AlignLeading)
            made.show()

    def _open(self, contact_id: int, _checked: bool = False) -> None:
        self.contactWanted.emit(contact_id)
