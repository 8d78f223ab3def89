"""The events an emulated back office has made: numbers counted per kind, nothing de-duplicated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from crmdesk.vendors.crmcom_events.sandbox_data import Json, make_id
from crmdesk.vendors.crmcom_events.sandbox_rules import KINDS, REFERRAL_SIDES, WHO

_SHOWN_TYPE = {"REFERRAL": "REFERRALS"}  # wiki: short rows spell it so
ExternalNumber = Literal["misspelt", "right", "none"]


@dataclass
class Made:
    """One event: as sent, with the records it names, and when it was submitted (UNIX seconds)."""

    id: str
    number: str
    kind: str
    sent: Json
    found: Mapping[str, Json]
    at: int
    cancelled: bool = False

    def row(self, external: ExternalNumber) -> Json:
        """As lists and `show` give it."""
        unit = {key: self.found["unit"][key] for key in ("id", "name", "alternative_code", "group_name")}
        type_ = KINDS[self.kind].type
        number = self.sent.get("external_system_reference_number")
        row: Json = {
            "id": self.id,
            "number": self.number,
            "life_cycle_state": "CANCELLED" if self.cancelled else "POSTED",
            "type": _SHOWN_TYPE.get(type_, type_),
            "classification": self.found.get("classification", {}).get("name"),
            "performed_by_unit": unit,
            "performed_on": self.sent["performed_on"],
            "external_system": self.sent.get("external_system"),
        }
        if external != "none":
            name = "preference" if external == "misspelt" else "reference"
            row[f"external_system_{name}_number"] = number
        return row


@dataclass
class Ledger:
    """All events, oldest first."""

    made: list[Made] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str, sent: Json, found: Mapping[str, Json], at: int) -> Made:
        number = KINDS[kind].first + self.counts[kind]
        self.counts[kind] += 1
        kept = {name: value for name, value in sent.items() if name != "request_unique_identifier"}  # "not stored" [D]
        event = Made(make_id(kind, number), str(number), kind, kept, found, at)
        self.made.append(event)
        return event

    def of(self, kind: str) -> list[Made]:
        return [event for event in self.made if event.kind == kind]

    def get(self, kind: str, event_id: str) -> Made | None:
        return next((event for event in self.made if event.kind == kind and event.id == event_id), None)


def filtered(events: Iterable[Made], field_name: str, record: Json) -> list[Made]:
    """Those whose identifier `field_name` led to this record; an account also through its participant."""
    return [event for event in events if _is_about(event, field_name, record)]


def _is_about(event: Made, name: str, record: Json) -> bool:
    if name == "classification_identifier":
        return bool(event.found.get("classification", {}).get("id") == record["id"])
    direct = event.found.get(name)
    if direct is not None:
        return bool(direct["id"] == record["id"])
    participant = event.found.get("rewards_participant_identifier", {})
    return bool(participant.get("accounts_receivable", {}).get("id") == record["id"])


def within(events: Iterable[Made], after: Any, before: Any) -> list[Made]:
    """By the time they were submitted, both ends included; the emulated server runs on UTC. ValueError for no date."""
    first, last = _seconds(after), _seconds(before)
    return [e for e in events if (first is None or e.at >= first) and (last is None or e.at <= last)]


def _seconds(value: Any) -> int | None:
    if value is None:
        return None
    if not isinstance(value, str) or len(value) != 19:
        raise ValueError(value)
    return int(datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp())


def filters_of(kind: str) -> tuple[str, ...]:
    """Of these exactly one chooses what a list shows."""
    who = REFERRAL_SIDES if kind == "referrals" else WHO
    return (*who, "classification_identifier")
