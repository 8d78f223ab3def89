"""A small form on the card: the sign-in dialog's fields under this card's names, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget

from crmdesk.core.fields import FieldSpec
from crmdesk.ui.accounts.inputs import ChoiceField, FlagField
from crmdesk.ui.kit import column, row
from crmdesk.ui.login.form import GuestForm


class CardForm(QWidget):
    """`submitted` with Enter in a line; `typed`: a person changed something."""

    submitted = Signal()
    typed = Signal()

    def __init__(
        self, name: str, specs: Sequence[FieldSpec], buttons: Sequence[QPushButton], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.form = GuestForm(specs, self)
        self.fields = self.form.fields
        for path, field in self.fields.items():
            field.edit.setObjectName(f"{name}.{path}")
            for part in field.findChildren(QLineEdit):
                if part is not field.edit:
                    part.setObjectName(f"{name}.{path}.line")
        self._start = self._texts()
        foot = QWidget(self)
        row(foot, *buttons).addStretch(1)
        column(self, self.form, foot, gap=10)
        self.form.edited.connect(self.typed.emit)
        self.form.submitted.connect(self.submitted.emit)

    def _texts(self) -> dict[str, str]:
        return {path: field.text() for path, field in self.fields.items()}

    def fill(self, values: Mapping[str, str]) -> None:
        """What is known; from here on everything else counts as typed."""
        for path, field in self.fields.items():
            text = values.get(path, "")
            if text or not isinstance(field, ChoiceField):
                field.set_text(text)
        self._start = self._texts()

    def clear(self) -> None:
        self.form.wipe()
        self.fill({})

    @property
    def dirty(self) -> bool:
        """Whether something stands in it that nobody has taken over; secrets do not count, they are not kept."""
        return any(
            field.text() != self._start[path] for path, field in self.fields.items() if not field.spec.kind.secret
        )

    def values(self) -> dict[str, str]:
        """By path, also what was emptied."""
        return {path: field.text().strip() for path, field in self.fields.items()}

    def flag(self, path: str) -> bool:
        field = self.fields[path]
        return isinstance(field, FlagField) and field.edit.isChecked()
