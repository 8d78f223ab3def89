"""What an editor is opened over: one contact, a new one, or a change that its vendor refused."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crmdesk.core.fields import FieldSpec
from crmdesk.core.merge import overlay
from crmdesk.core.outbox import Draft, FieldChange, Op, OpKind, OpState, draft_key
from crmdesk.core.types import Account, ContactDetail, Json
from crmdesk.core.vendor import Vendor

EDITABLE = (OpKind.CREATE, OpKind.UPDATE)


@dataclass(frozen=True, slots=True)
class Subject:
    """`shown` is the contact as it stands on screen, `contact_id` 0 one that is made now. `op` is the refused change
    whose values are put right. `laid` are values to begin with (a draft's, a refused change's, a copy's); `draft` the
    stored one they are from. `accounts` are those a new contact can be made in."""

    vendor: Vendor
    account: Account
    key: str
    contact_id: int = 0
    name: str = ""
    shown: Json = field(default_factory=dict)
    base: Json = field(default_factory=dict)
    op: Op | None = None
    laid: tuple[FieldChange, ...] = ()
    draft: Draft | None = None
    accounts: Sequence[Account] = ()

    @property
    def new(self) -> bool:
        return not self.contact_id

    @property
    def fields(self) -> Sequence[FieldSpec]:
        """The vendor's, without those that this account's version of its API lacks; what was typed before is seen."""
        without = self.vendor.without(self.account).keys() - {change.path for change in self.laid}
        return [spec for spec in self.vendor.fields if spec.path not in without]


def read(body: str) -> Json:
    """The stored JSON text with plain numbers, so that they can be stored again; {} for what is no object."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def shown_of(vendor: Vendor, body: Json, ops: Sequence[Op]) -> Json:
    """The contact with the edits that wait to be sent."""
    return vendor.derive(overlay(body, [change for op in ops for change in op.changes]))


def refused_of(ops: Sequence[Op]) -> Op | None:
    """The oldest change whose values the vendor refused."""
    return next((op for op in ops if op.state is OpState.REJECTED and op.kind in EDITABLE), None)


def of_contact(detail: ContactDetail, vendor: Vendor, account: Account, name: str, op: Op | None = None) -> Subject:
    """To edit a contact: with its refused change, if it has one, and with its draft."""
    op = op or refused_of(detail.ops)
    base = read(detail.body)
    return Subject(
        vendor,
        account,
        draft_key(detail.row.id),
        detail.row.id,
        name,
        shown_of(vendor, base, detail.ops),
        base,
        op,
        laid_of(op, detail.draft),
        detail.draft,
    )


def laid_of(op: Op | None, draft: Draft | None) -> tuple[FieldChange, ...]:
    """A draft lies over the refused change: its values are the newer ones, and the change's `was` the older."""
    older: Mapping[str, FieldChange] = {change.path: change for change in op.changes} if op else {}
    newer = {change.path: change for change in draft.changes} if draft else {}
    laid: dict[str, FieldChange] = {**older}
    for path, change in newer.items():
        laid[path] = FieldChange(path, older[path].was, change.now) if path in older else change
    return tuple(laid.values())


def copied(values: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """Values to begin a new contact with."""
    return tuple(FieldChange(path, None, value) for path, value in values.items())
