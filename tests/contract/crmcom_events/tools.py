"""What the tests of CRM.COM's back office share."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from crmdesk.core.batch import BatchKind, BatchRow, RowOutcome
from crmdesk.core.types import Json
from crmdesk.vendors.crmcom_events.encoder import Encoder
from crmdesk.vendors.crmcom_events.kinds import EventKind, kinds_of
from crmdesk.vendors.crmcom_events.sandbox import DEMO
from crmdesk.vendors.crmcom_events.settings import Settings

SAMPLES = Path(__file__).parent.parent / "samples"
KINDS: dict[str, EventKind] = {kind.word: kind for kind in kinds_of((12, 0))}
CONFIG = {"username": DEMO.username, "organisation": DEMO.organisation, "time_zone": "UTC"}
BULK = "/crmapi/rest/v2/customer_events/bulk"


class Given:
    """An account's secrets."""

    def __init__(self, secret: str = DEMO.password) -> None:
        self.secret = secret

    async def get(self, path: str) -> str:
        assert path == "secret"
        return self.secret


def sample(kind: str, what: str) -> bytes:
    """A request or an answer as the source page prints it."""
    return (SAMPLES / f"crmcom_events_{kind}_{what}.json").read_bytes()


def printed(kind: str, what: str) -> Any:
    return json.loads(sample(kind, what), parse_float=Decimal, parse_int=Decimal)


def flat(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event of a printed request by our paths."""
    found: dict[str, Any] = {}
    for name, value in event.items():
        if isinstance(value, dict):
            found |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            found[name] = [flat(line) for line in value] if isinstance(value, list) else value
    return found


def rows_of(kind: str) -> list[BatchRow]:
    """The rows of the printed request."""
    rows = []
    for event in printed(kind, "request")[KINDS[kind].set_name]:
        values = flat(event)
        rows.append(BatchRow(values.pop("request_unique_identifier"), values))
    return rows


WHO: dict[str, Any] = {
    "accounts_receivable_identifier.number": "ACR0000000077",
    "performed_by_unit_identifier.name": "Admin Unit",
    "performed_on": "2016-06-22T15:00:00",
}
LINE: dict[str, Any] = {
    "product_identifier.code": "ROOM",
    "net_amount": Decimal("100"),
    "vat_amount": Decimal("9"),
    "total_amount": Decimal("109"),
}
GOOD: dict[str, dict[str, Any]] = {
    "achievements": {**WHO, "classification_identifier.name": "Customer Feedback 3"},
    "purchases": {**WHO, "reference_number": "INV-2024-0042", "products_set": [LINE]},
    "referrals": {
        "performed_by_unit_identifier.name": "Admin Unit",
        "performed_on": "2016-06-22T15:00:00",
        "referred_rewards_participant_identifier.number": "RP0000000017",
        "referred_by_rewards_participant_identifier.number": "RP0000000010",
    },
    "social_media": {**WHO, "social_media": "FACEBOOK", "profile": "www.facebook.com/polina", "action": "LIKE"},
    "web": {**WHO, "website": "www.crm.com"},
    "financial_achievements": {**WHO, "classification_identifier.name": "Financial Achievement 1"},
}


def row(kind: str, uid: str = "b7-1", /, **more: Any) -> BatchRow:
    """A good row with `more`; None takes a value out. Dots of paths are written as double underscores."""
    values = {**GOOD[kind], **{name.replace("__", "."): value for name, value in more.items()}}
    return BatchRow(uid, {name: value for name, value in values.items() if value is not None})


def encode(kind: str, *rows: BatchRow, settings: Settings | None = None, **request: Any) -> bytes:
    return Encoder(KINDS[kind], settings or Settings(time_zone="UTC")).encode(rows, request)


def batch(kind: str) -> BatchKind:
    return KINDS[kind].batch


def by_uid(outcomes: Sequence[RowOutcome]) -> dict[str, RowOutcome]:
    return {outcome.uid: outcome for outcome in outcomes}


_EMPTY = object()


def answer(processed: Any, unprocessed: Any = _EMPTY, code: Any = "OK") -> Json:
    unprocessed = [] if unprocessed is _EMPTY else unprocessed
    data = {"processed_customer_events_set": processed, "unprocessed_customer_events_set": unprocessed}
    return {"status": {"code": code, "message": "", "description": ""}, "data": data}


def made(uid: Any, number: Any = "501") -> Json:
    return {"request_unique_identifier": uid, "id": "0F0E0D0C0B0A09080706050403020100", "number": number}


def unmade(uid: Any) -> Json:
    text = "Error:Account (ACR9) Not Found. - Description:..."
    return {"request_unique_identifier": uid, "error_code": "NotFoundAPIValueException", "error_description": text}
