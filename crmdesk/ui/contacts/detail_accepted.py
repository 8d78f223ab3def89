"""What a rule of ours warns of although the vendor has taken such a value, said below that value (UX-VAL-05)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from crmdesk.core.fields import FieldSpec, find
from crmdesk.core.types import ContactDetail, Json
from crmdesk.ui.contacts.detail_fields import Entry, Group
from crmdesk.ui.contacts.detail_waiting import read_edited
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.core.vendor import Vendor
    from crmdesk.sync.accepted import Rules
    from crmdesk.sync.services import Services


def rules_of(services: Services, vendor: Vendor | None, today: date) -> Rules | None:
    """None where no warning was ever refuted by this vendor: then nothing has to be checked."""
    taken = services.sending.accepted.known(vendor.key) if vendor is not None else None
    if not taken or vendor is None:
        return None
    from crmdesk.sync.accepted import Rules  # with the first such value, not with the window

    return Rules(vendor.title, taken, today)


def read_whole(
    detail: ContactDetail, specs: Sequence[FieldSpec], now: datetime, vendor: Vendor | None, rules: Rules | None
) -> tuple[Json, list[Group]]:
    """`read_edited`, with what is said of the values."""
    raw, groups = read_edited(detail.body, specs, now, detail.ops, vendor.derive if vendor else dict)
    return raw, with_accepted(groups, raw, specs, rules)


def with_accepted(groups: Sequence[Group], raw: Json, specs: Sequence[FieldSpec], rules: Rules | None) -> list[Group]:
    """The groups, with what is said of their values. What is veiled says nothing of itself. Work for a thread."""
    if rules is None:
        return list(groups)
    values = {spec.path: value for spec in specs if (value := find(raw, spec.path)) not in (None, "", [], {})}
    said = {found.path: tr(found.text) for found in rules.accepted(values, specs)}
    if not said:
        return list(groups)
    return [replace(group, entries=tuple(_remarked(entry, said) for entry in group.entries)) for group in groups]


def _remarked(entry: Entry, said: Mapping[str, str]) -> Entry:
    """A finding may be about a part of an entry: `phones.0.number` of phones.0."""
    own = [text for path, text in said.items() if path == entry.path or path.startswith(f"{entry.path}.")]
    return replace(entry, remark=" ".join(own)) if own and not entry.veil else entry
