"""What the contract tests share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from crmdesk.core.types import Cursor, Page
from crmdesk.core.vendor import Access

SAMPLES = Path(__file__).parent / "samples"
TOKEN = "c0ffee" * 10 + "beef"


class Tokens:
    """An account's secrets: the same one for every path."""

    def __init__(self, token: str = TOKEN) -> None:
        self.token = token

    async def get(self, path: str) -> str:
        return self.token


async def pull(access: Access, cursor: Cursor | None = None) -> list[Page]:
    """Every page of one listing."""
    assert access.contacts is not None
    return [page async for page in access.contacts.pages(cursor or Cursor())]


def sample(name: str) -> bytes:
    """An answer as BookingSync's contacts page prints it."""
    return (SAMPLES / f"bookingsync_{name}.json").read_bytes()


def listing(*contacts: Any, **meta: Any) -> bytes:
    """A list answer with these entries."""
    return json.dumps({"links": {}, "contacts": contacts, "meta": meta}).encode()
