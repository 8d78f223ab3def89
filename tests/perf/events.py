"""Sealing 1,000 events and settling their answer, beside the least that writes and joins the same JSON."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from crmdesk.core.batch import BatchRow, RowState
from crmdesk.core.types import Account
from crmdesk.vendors.crmcom_events import VENDOR
from tests.perf.options import Options
from tests.perf.table import Row
from tests.perf.turns import medians

EVENTS = 1000
LIMIT = 50  # ms
ROUNDS = 15
CONFIG = {"username": "desk", "organisation": "ORG", "time_zone": "UTC"}


class Nobody:
    """No secret is needed to seal and to settle."""

    async def get(self, path: str) -> str:
        raise RuntimeError(f"nothing is sent here, {path} is not needed")


def measure(options: Options) -> Iterator[Row]:
    account = Account(1, VENDOR.key, "Benchmark", VENDOR.default_base_url, CONFIG)
    batches: Any = VENDOR.open_access(account, Nobody(), None).batches
    for kind in batches.kinds:
        if (made := MADE.get(kind.key)) is None:
            continue
        rows = [made(number) for number in range(EVENTS)]
        answer = _answer(rows)

        def ours(kind: Any = kind, rows: list[BatchRow] = rows, answer: bytes = answer) -> None:
            batches.encode(kind, rows, {})
            outcomes = batches.settle(kind, rows, msgspec.json.decode(answer))
            if sum(outcome.state is RowState.CREATED for outcome in outcomes) != EVENTS // 2:
                raise RuntimeError("the events were not settled")

        def bare(rows: list[BatchRow] = rows, answer: bytes = answer) -> None:
            msgspec.json.encode([dict(row.values) for row in rows])
            data = msgspec.json.decode(answer)["data"]
            made = {one["request_unique_identifier"]: one for part in data.values() for one in part}
            if len([made[row.uid] for row in rows]) != EVENTS:
                raise RuntimeError("the events were not joined")

        mine, floor = medians(ours, bare, 3 if options.quick else ROUNDS)
        yield Row(f"sealing and settling {EVENTS:,} {kind.key}", mine, floor=floor, most=LIMIT)


def _common(number: int) -> dict[str, Any]:
    return {
        "accounts_receivable_identifier.number": f"ACR{number:010}",
        "performed_by_unit_identifier.alternative_code": "FRONTDESK",
        "performed_on": "2026-11-26T18:30:00",
        "description": "Late check-out, table 4",
        "udf_string_1": "web",
    }


def _achievement(number: int) -> BatchRow:
    return BatchRow(f"b7-{number}", {**_common(number), "classification_identifier.name": "Customer feedback"})


def _purchase(number: int) -> BatchRow:
    line = {
        "product_identifier.code": "ROOM",
        "quantity": Decimal(2),
        "net_amount": Decimal("100.00"),
        "vat_amount": Decimal("9.00"),
        "total_amount": Decimal("109.00"),
    }
    values = {**_common(number), "reference_number": f"INV-{number}", "products_set": [line, line]}
    return BatchRow(f"b7-{number}", values)


MADE = {"achievements": _achievement, "purchases": _purchase}


def _answer(rows: list[BatchRow]) -> bytes:
    """Every second event was refused."""
    made = [{"request_unique_identifier": row.uid, "id": f"{n:032X}", "number": str(n)} for n, row in enumerate(rows)]
    refused = [
        {"request_unique_identifier": row.uid, "error_code": "NotFoundAPIValueException", "error_description": "Error"}
        for row in rows
    ]
    data = {"processed_customer_events_set": made[::2], "unprocessed_customer_events_set": refused[1::2]}
    return msgspec.json.encode({"status": {"code": "OK", "message": "", "description": ""}, "data": data})
