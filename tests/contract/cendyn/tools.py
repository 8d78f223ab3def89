"""What the tests of Cendyn share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crmdesk.core.batch import BatchRow, RowOutcome
from crmdesk.core.types import Account
from crmdesk.core.vendor import Access
from crmdesk.vendors.cendyn import VENDOR
from crmdesk.vendors.cendyn.kinds import CONTACTS
from crmdesk.vendors.cendyn.sandbox import DEMO

SAMPLES = Path(__file__).parent.parent / "samples"
ACCOUNT = DEMO[0].id
SECRET = "canary-5ec7e7"
ANN = {"user_id": "crmdesk:1", "email": "ann@example.com", "name_first": "Ann", "name_last": "Lee"}
PURCHASE = {"UUID": "room-standard", "transaction_code": "PMS-1", "price": "340.10", "currency": "EUR"}


class Secrets:
    """An account's secrets: the same one for every path."""

    def __init__(self, secret: str = SECRET) -> None:
        self.secret = secret

    async def get(self, path: str) -> str:
        assert path == "secret"
        return self.secret


def sample(name: str) -> bytes:
    """A request or an answer as Cendyn's page prints it; `create_golden` is what we send for the printed request."""
    return (SAMPLES / f"cendyn_{name}.json").read_bytes()


def account(base_url: str = VENDOR.default_base_url, **config: str) -> Account:
    return Account(1, VENDOR.key, "Lakeside", base_url, {"account_id": ACCOUNT, **config})


def row(uid: str = "crmdesk:1", **values: Any) -> BatchRow:
    return BatchRow(uid, {**ANN, "user_id": uid, **values})


def rows(count: int) -> list[BatchRow]:
    return [row(f"crmdesk:{number}", email=f"guest{number}@example.com") for number in range(1, count + 1)]


def body_of(access: Access, given: list[BatchRow], request: Mapping[str, Any] | None = None) -> Any:
    """The sealed body, parsed."""
    assert access.batches is not None
    return json.loads(access.batches.encode(CONTACTS, given, request or {}))


async def push(access: Access, given: list[BatchRow], request: Mapping[str, Any] | None = None) -> list[RowOutcome]:
    """Encoded, sent, settled."""
    assert access.batches is not None
    body = access.batches.encode(CONTACTS, given, request or {})
    return access.batches.settle(CONTACTS, given, await access.batches.send(CONTACTS, body))
