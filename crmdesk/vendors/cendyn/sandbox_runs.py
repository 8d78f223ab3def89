"""What practice mode has composed for the emulated Cendyn: a draft with a purchase, and a run of which one contact was
not taken and some have no answer. All are guests that were sent before, so each stays one contact in the list."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from crmdesk.sandbox.runs import Run
from crmdesk.vendors.cendyn.sandbox_guests import Values, starters

_PATHS = ("user_id", "email", "name_first", "name_last", "phone", "city", "country")


def composed(now: datetime) -> tuple[Run, ...]:
    """`now`: bookings are of its year."""
    known = [{path: one[path] for path in _PATHS if path in one} for one in starters() if "email" in one]
    newsletter = [{**one, "tags": ["winter letter"]} for one in known[-14:-2]]
    newsletter[2] |= {"city": "Lindau", "list_subscriptions": [{"list_id": "winter", "subscribed": True}]}
    return (
        Run(
            "contacts",
            "Winter letter",
            tuple(newsletter),
            sends=True,
            per_call=4,
            cut=3,
            address="/sync_data",
            file="winter-letter.csv",
        ),
        Run("contacts", "Bookings of the week", tuple(_bookings(known, now))),
    )


def _bookings(known: list[Values], now: datetime) -> list[Values]:
    """One agreement has no date."""
    rows = [
        {**one, "purchase": [_purchase(number, now)]} if number % 3 == 0 else dict(one)
        for number, one in enumerate(known[:9])
    ]
    rows[4]["gdpr_marketing_consent"] = True
    return rows


def _purchase(number: int, now: datetime) -> Values:
    return {
        "UUID": "room-suite" if number % 2 else "room-standard",
        "transaction_code": f"PMS-{now:%Y}-{number + 41:04d}",
        "price": Decimal(12_000 + 1_550 * number) / 100,
        "currency": "EUR",
        "status": "confirmed",
    }
