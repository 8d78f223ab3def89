"""Two contacts of one account that are the same person: what the one that stays takes over of the one that goes, and
what would be lost with that one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crmdesk.core.fields import FieldKind, FieldSpec, find, forms_in
from crmdesk.core.merge import alike, is_empty, rebase, same
from crmdesk.core.outbox import FieldChange
from crmdesk.core.types import Json
from crmdesk.core.vendor import Vendor


@dataclass(frozen=True, slots=True)
class MergeField:
    """A field in which the two differ: the JSON values of the one that stays and the one that goes; `both` holds the
    two together, None where the field cannot."""

    spec: FieldSpec
    keep: Any
    drop: Any
    both: Any = None

    @property
    def proposed(self) -> Any:
        """What is chosen until a person chooses otherwise: everything, else what the one that stays has."""
        if self.both is not None:
            return self.both
        return self.drop if is_empty(self.keep) else self.keep

    def loses(self, chosen: Any) -> bool:
        """Whether a value of the one that goes is in no contact any more with this choice."""
        return not is_empty(self.drop) and not alike(self.spec, chosen, self.drop) and not self._holds(chosen)

    def _holds(self, chosen: Any) -> bool:
        return self.both is not None and alike(self.spec, chosen, self.both)


def merge_fields(vendor: Vendor, keep: Json, drop: Json) -> tuple[MergeField, ...]:
    """The writable fields that differ, those first in which something would be lost as it is proposed."""
    found = []
    for spec in forms_in(vendor.fields, keep):
        stays, goes = find(keep, spec.path), find(drop, spec.path)
        if spec.writable and not is_empty(goes) and not alike(spec, stays, goes):
            found.append(MergeField(spec, stays, goes, _both(spec, stays, goes)))
    return tuple(sorted(found, key=lambda field: not field.loses(field.proposed)))


def _both(spec: FieldSpec, stays: Any, goes: Any) -> Any:
    """The entries of both, or the lines."""
    if is_empty(stays):
        return None
    if spec.kind is FieldKind.LINES and isinstance(stays, str) and isinstance(goes, str):
        return stays if goes in stays else f"{stays}\n{goes}"
    merged = rebase((FieldChange("it", None, goes),), {"it": stays}, (_as_it(spec),))
    return merged.send[0].now if merged.send else stays if merged.done else None


def _as_it(spec: FieldSpec) -> FieldSpec:
    return FieldSpec("it", spec.label, spec.kind, parts=spec.parts, single=spec.single)


def merge_changes(fields: tuple[MergeField, ...], choices: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """What the one that stays becomes; `choices`: values by path, the others are as proposed."""
    chosen = ((field, choices.get(field.spec.path, field.proposed)) for field in fields)
    return tuple(
        FieldChange(field.spec.path, field.keep, value) for field, value in chosen if not same(field.keep, value)
    )
