"""Somebody at another desk changes the open contact at its vendor, so that conflicts can be tried."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from crmdesk.core.fields import FieldKind, FieldSpec, find, forms_in
from crmdesk.core.types import ContactDetail
from crmdesk.ui.kit import Card, Heading, Muted, PlainLabel, button, column, row
from crmdesk.ui.words import isolated, tr

KINDS = (FieldKind.TEXT, FieldKind.LINES, FieldKind.EMAIL)
ELSEWHERE = "Lisbon"  # for a city; other fields begin with what they hold
Change = Callable[[str, str, Mapping[str, Any] | None], object]


def plain_fields(fields: Sequence[FieldSpec], raw: Any) -> list[FieldSpec]:
    """What one line of text can change; a city comes first."""
    known = forms_in(fields, raw)
    found = [one for one in known if one.kind in KINDS and one.writable and not (one.words or one.masked or one.single)]
    return sorted(found, key=lambda one: not _is_city(one))


def _is_city(spec: FieldSpec) -> bool:
    return spec.path.rpartition(".")[2] == "city"


class ElsewhereBox(Card):
    """About the contact that `show_contact` names. `change(vendor, remote id, fields)`; fields None: deletes it."""

    def __init__(self, change: Change, shared: Collection[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._change, self._shared = change, shared
        self._contact: tuple[str, str, Any] | None = None  # vendor, remote id, the vendor's JSON
        self.who = PlainLabel("", self, wrap=True)
        self.field = QComboBox(self)
        self.field.setObjectName("practice.elsewhere.field")
        self.field.setAccessibleName(tr("Field that is changed there"))
        self.field.currentIndexChanged.connect(lambda _index: self._propose())
        self.value = QLineEdit(self)
        self.value.setObjectName("practice.elsewhere.value")
        self.value.setAccessibleName(tr("Its new value there"))
        self.go = button("practice.elsewhere.go", tr("Change it there"), self._go)
        self.delete = button("practice.elsewhere.delete", tr("Delete it there"), self._delete, danger=True)
        self.told = Muted("", self, wrap=True)
        line, buttons = QWidget(self), QWidget(self)
        label = PlainLabel(tr("Field"))
        label.setBuddy(self.field)
        row(line, label, self.field, self.value, stretch=2)
        row(buttons, self.go, self.delete).addStretch(1)
        self._controls = (line, buttons)
        column(self, Heading(tr("Somebody at another desk"), self), self.who, line, buttons, self.told, gap=8,
               margins=(14, 11, 14, 12))  # fmt: skip
        self.show_contact(None, "", ())

    def show_contact(self, detail: ContactDetail | None, vendor: str, fields: Sequence[FieldSpec]) -> None:
        """The open contact, if any; `fields` are its vendor's."""
        self._contact = None
        self.told.setText("")
        if detail is None:
            self._say(tr("Open a contact in the list, then change it here as somebody else at its vendor would."))
        elif vendor not in self._shared or not detail.row.remote_id:
            self._say(tr("Nobody else can change this contact at its vendor. Open another one."))
        else:
            raw = json.loads(detail.body)
            self._contact = (vendor, detail.row.remote_id, raw)
            self._say(tr("{name}, as somebody else at the vendor changes it:"), detail.row.name)
            self._fill(plain_fields(fields, raw))
        for control in self._controls:
            control.setVisible(self._contact is not None)

    def _say(self, text: str, name: str = "") -> None:
        self.who.setText(text.replace("{name}", isolated(name) or tr("This contact")))

    def _fill(self, fields: Sequence[FieldSpec]) -> None:
        self.field.blockSignals(True)
        self.field.clear()
        for spec in fields:
            self.field.addItem(tr(spec.label), spec)
        self.field.blockSignals(False)
        self._propose()

    def _propose(self) -> None:
        spec = self.field.currentData()
        if spec is not None and self._contact is not None:
            held = find(self._contact[2], spec.path)
            self.value.setText(ELSEWHERE if _is_city(spec) and held != ELSEWHERE else str(held or ""))

    def _go(self) -> None:
        spec = self.field.currentData()
        if spec is not None:
            self._do({spec.path: self.value.text()})

    def _delete(self) -> None:
        self._do(None)

    def _do(self, fields: Mapping[str, Any] | None) -> None:
        if self._contact is None:
            return
        vendor, remote_id, _ = self._contact
        try:
            self._change(vendor, remote_id, fields)
        except KeyError:
            self.told.setText(tr("The vendor does not have this contact any more."))
            return
        done = tr("Done at the vendor. It is seen here with the next check, or when your own edit is sent.")
        self.told.setText(done)
