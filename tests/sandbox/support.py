"""What the emulator's tests share: a clock set by hand, a client without sockets, the sample of the source page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from crmdesk.sandbox.app import transport
from crmdesk.sandbox.people import Person, Phone
from crmdesk.vendors.bookingsync.sandbox import BookingSyncSandbox

API = "http://sandbox/api/v3"
TOKEN = "demo-seaside"
SEASIDE, HARBOUR = 71, 72


class HandClock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 2, 10, 20, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **span: float) -> None:
        self.moment += timedelta(**span)


def client(app: BookingSyncSandbox, token: str = TOKEN, **options: Any) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.api+json"}
    return httpx.AsyncClient(transport=transport(app), base_url=API, headers=headers, **options)


SAMPLE_TIME = datetime(2021, 1, 22, 8, 40, 20, tzinfo=UTC)
SAMPLE_PERSON = Person(
    given="FirstName1",
    family="LastName1",
    email="cornelia@nienow.co.uk",
    phones=tuple(Phone(label, "+33 (0)6 123.123.123") for label in ("phone", "mobile", "fax")),
    address="Nilsa Crossroad",
    address_more="",
    city="New Margarettafurt",
    state="Nevada",
    zip="44147",
    country="US",
    languages=("en", "fr"),
    gender="male",
    website="http://example.com",
    notes="Lorem",
    created=SAMPLE_TIME,
    updated=SAMPLE_TIME,
)
PHONES = [{"label": label, "number": "+33 (0)6 123.123.123"} for label in ("phone", "mobile", "fax")]
# the page's request, word for word
SAMPLE_NEW: dict[str, Any] = {
    "address1": "Nilsa Crossroad",
    "address2": None,
    "city": "New Margarettafurt",
    "country_code": "US",
    "email": "some@email.com",
    "firstname": "FirstName1",
    "gender": "male",
    "lastname": "LastName1",
    "phones": PHONES,
    "private_notes": "Lorem",
    "spoken_languages": ["en", "fr"],
    "state": "Nevada",
    "website": "http://example.com",
    "zip": "44147",
}
# the page's answer, word for word but for the host
SAMPLE_ANSWER: dict[str, Any] = {
    "links": {"contacts.account": f"{API}/accounts/{{contacts.account}}"},
    "contacts": [
        {
            "id": 1,
            "address1": "Nilsa Crossroad",
            "address2": None,
            "city": "New Margarettafurt",
            "country_code": "US",
            "email": "cornelia@nienow.co.uk",
            "firstname": "FirstName1",
            "fullname": "FirstName1 LastName1",
            "gender": "male",
            "lastname": "LastName1",
            "phones": PHONES,
            "private_notes": "Lorem",
            "spoken_languages": ["en", "fr"],
            "state": "Nevada",
            "website": "http://example.com",
            "zip": "44147",
            "created_at": "2021-01-22T08:40:20Z",
            "updated_at": "2021-01-22T08:40:20Z",
            "canceled_at": None,
            "forget_me_at": None,
            "processing_restricted_at": None,
            "links": {"account": 1},
        }
    ],
    "meta": {
        "Link": {"first": f"{API}/contacts?page=1", "last": f"{API}/contacts?page=1"},
        "X-Per-Page": "100",
        "X-Total-Count": "1",
        "X-Total-Pages": "1",
    },
}
