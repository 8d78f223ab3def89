"""What practice mode has composed for the emulated back office: a draft with mistakes in it, and a run of which some
rows were refused and some have no answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from crmdesk.sandbox.runs import Run

Values = dict[str, Any]
_ACCOUNT, _PERFORMED = "accounts_receivable_identifier.number", "performed_on"
_FIRST = 501  # of the made-up guests' accounts


def composed(now: datetime) -> tuple[Run, ...]:
    """Events of the days before `now`."""
    return (
        Run(
            "achievements",
            "Breakfast reviews",
            tuple(_reviews(now)),
            sends=True,
            per_call=10,
            cut=3,
            address="/customer_events/bulk/achievements/",
            file="breakfast.xlsx",
        ),
        Run("purchases", "Restaurant bills", tuple(_bills(now)), file="restaurant.csv"),
    )


def sample(now: datetime) -> tuple[str, str]:
    """A file to be sent: its name, and CSV text with eight achievements of the days before `now`."""
    lines = ["Account number;Classification name;Unit name;Performed on;Description"]
    for number in range(8):
        values = _base(now, number, "Newsletter sign-up", "Front Desk")
        at = datetime.fromisoformat(values[_PERFORMED])
        lines.append(f"{values[_ACCOUNT]};Newsletter sign-up;Front Desk;{at:%Y-%m-%d %H:%M};Signed up at the desk")
    return "newsletter.csv", "\r\n".join([*lines, ""])


def _base(now: datetime, number: int, classification: str, unit: str) -> Values:
    at = (now - timedelta(days=1 + number // 8, minutes=7 * number)).replace(microsecond=0, tzinfo=None)
    return {
        _ACCOUNT: f"ACR{_FIRST + number:010d}",
        "classification_identifier.name": classification,
        "performed_by_unit_identifier.name": unit,
        _PERFORMED: at.isoformat(),
    }


def _reviews(now: datetime) -> Iterator[Mapping[str, Any]]:
    """Two of them name nobody whom the back office knows."""
    for number in range(26):
        values = _base(now, number, "Breakfast review", "Front Desk")
        if number in (4, 13):
            values[_ACCOUNT] = f"ACR00001779{number:02d}"
        yield {**values, "description": "Filled in at the table"}


def _bills(now: datetime) -> Iterator[Mapping[str, Any]]:
    """One without an account, one whose parts do not make its total, and twins."""
    for number in range(14):
        values = _base(now, number, "Restaurant", "Beach Bar")
        net = Decimal(1800 + 370 * number) / 100
        vat = (net * 13 / 100).quantize(Decimal("0.01"))
        total = net + vat if number != 6 else net + vat + 10
        line = {"product_identifier.code": "BREAKFAST", "net_amount": net, "vat_amount": vat, "total_amount": total}
        yield {**values, "reference_number": f"B-{number:04d}", "products_set": [{**line, "quantity": Decimal(1)}]}
    nobody = {**_base(now, 15, "Restaurant", "Beach Bar"), "reference_number": "B-0015", "products_set": []}
    del nobody[_ACCOUNT]
    yield nobody
