"""Which field of a vendor a cell of the list shows, and how it is changed there. No widgets.

No table of columns has to be kept for it: a value is tried in the field, and the vendor's own summary says whether the
cell would show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crmdesk.core.fields import FieldKind, FieldSpec, find, forms_in
from crmdesk.core.merge import overlay
from crmdesk.core.outbox import FieldChange
from crmdesk.core.types import Json, Summary
from crmdesk.core.vendor import Vendor
from crmdesk.sync.validation import Finding, validate
from crmdesk.ui.contacts.detail_values import clean, plain

KINDS: Mapping[str, FieldKind] = {
    "name": FieldKind.TEXT,
    "email": FieldKind.EMAIL,
    "phone": FieldKind.PHONES,
    "city": FieldKind.TEXT,
    "country": FieldKind.COUNTRY,
    "type": FieldKind.CHOICE,
}
"""Columns of the list whose cells may be edited, and the kind of field that stands in each."""

_TEXT, _EMAIL, _NUMBER = "Qwortz", "qwortz@example.org", "+354 555 0199"  # nobody has these
_CODES = (FieldKind.COUNTRY, FieldKind.CHOICE)


@dataclass(frozen=True, slots=True)
class Target:
    """The field behind a cell, and its value now."""

    spec: FieldSpec
    value: Any

    @property
    def text(self) -> str:
        """What is edited: a code, or the text of the field; of phones the first number."""
        value = self.value
        if self.spec.kind is FieldKind.PHONES:
            first = value[0] if isinstance(value, list) and value else value
            value = first.get("number") if isinstance(first, Mapping) else first
        return "" if value in (None, [], {}) else clean(plain(value))

    def with_text(self, text: str) -> Any:
        """The field's JSON with this in it; of phones only the first number changes, and goes with an empty one."""
        if self.spec.kind is not FieldKind.PHONES:
            return text
        return _with_number(self.spec, self.value, text)

    def change(self, text: str) -> FieldChange:
        return FieldChange(self.spec.path, self.value, self.with_text(text))

    def problem(self, text: str) -> Finding | None:
        """What is wrong with it; only the first phone is looked at, not the ones beside it."""
        path = self.spec.path
        one_of_many = self.spec.kind is FieldKind.PHONES and isinstance(self.with_text(text), list)
        values = {f"{path}.0.number": text} if one_of_many and text else {path: self.with_text(text)}
        return next((finding for finding in validate(values, (self.spec,)) if not finding.warning), None)


def _with_number(spec: FieldSpec, value: Any, number: str) -> Any:
    if spec.single or isinstance(value, str):
        return number
    if isinstance(value, Mapping):
        return {**value, "number": number} if number else None
    lines = list(value) if isinstance(value, list) else []
    if not number:
        return lines[1:]
    label = spec.suggests[0] if spec.suggests else "phone"
    first = lines[0] if lines else {"label": label, "number": ""}
    return [{**first, "number": number} if isinstance(first, Mapping) else number, *lines[1:]]


def target_of(vendor: Vendor, values: Json, column: str) -> Target | None:
    """The one field that the contact's cell in `column` shows; None where it is made of several, or cannot be
    written."""
    kind = KINDS.get(column)
    if kind is None:
        return None
    before = _shown(vendor.summarise(values), column)
    for spec in forms_in(vendor.fields, values):
        if spec.writable and not spec.masked and spec.kind is kind:
            target = Target(spec, find(values, spec.path))
            if any(_decides(vendor, values, column, target, probe, before) for probe in _probes(spec, target.text)):
                return target
    return None


def _probes(spec: FieldSpec, text: str) -> Iterator[str]:
    """Values to try, none of them the one that is there."""
    if spec.kind is FieldKind.CHOICE:
        yield from [code for code, _ in spec.words if code != text][:2]
    elif spec.kind is FieldKind.COUNTRY:
        yield from [code for code in ("IS", "MT", "ISL", "MLT") if code != text]
    else:
        yield {FieldKind.EMAIL: _EMAIL, FieldKind.PHONES: _NUMBER}.get(spec.kind, _TEXT)


def _decides(vendor: Vendor, values: Json, column: str, target: Target, probe: str, before: str) -> bool:
    """Whether the cell would show what was put into the field: a text as it is, a code in whatever words."""
    tried = vendor.derive(overlay(values, [target.change(probe)]))
    after = _shown(vendor.summarise(tried), column)
    return bool(after) and (after != before if target.spec.kind in _CODES else after == probe)


def _shown(summary: Summary, column: str) -> str:
    if column == "phone":
        return summary.phones[0].number if summary.phones else ""
    return str(getattr(summary, "kind" if column == "type" else column))
