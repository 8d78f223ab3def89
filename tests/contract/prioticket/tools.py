"""What the PrioTicket tests share."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx

from tests.contract.tools import SAMPLES

CLIENT, SECRET = "city-tours", "c0ffee-city-tours-secret"
API = "/v3.8/distributor"
UID = "0b6f0f1e-7a52-4a0c-9a53-6f6a1f6d2c11"
MONDAY = "Mon, 27 Oct 2025 19:46:32 GMT"

Answering = Callable[[httpx.Request], httpx.Response]


class Secrets:
    """The account's client secret."""

    def __init__(self, secret: str = SECRET) -> None:
        self.secret = secret

    async def get(self, path: str) -> str:
        assert path == "client_secret"
        return self.secret


def sample(name: str) -> bytes:
    """A body as the vendor reference prints it."""
    return (SAMPLES / f"prioticket_{name}.json").read_bytes()


def answer(*items: Any, **numbers: Any) -> bytes:
    """A list answer with these entries and numbers."""
    return json.dumps({"api_version": "3.8.0", "data": {"kind": "contact", **numbers, "items": items}}).encode()


def page(*uids: str, total: int = 0, pages: int = 1, **more: Any) -> bytes:
    """A list answer with contacts that have nothing but an id."""
    return answer(*({"contact_uid": uid} for uid in uids), total_items=total, total_pages=pages, **more)


def signed_in(contacts: Answering) -> Answering:
    """A vendor whose sign-in works; `contacts` answers everything else."""

    def vendor(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/oauth2/token"):
            return httpx.Response(200, json={"access_token": "a.b.c", "token_type": "Bearer", "expires_in": 3600})
        return contacts(request)

    return vendor


def always(status: int = 200, **response: Any) -> Answering:
    """A vendor whose sign-in works and whose contacts are always the same."""
    return signed_in(lambda request: httpx.Response(status, **response))
