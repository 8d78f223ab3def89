"""What the contract tests of CRM.COM Self-Service share."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from crmdesk.core.types import Account
from crmdesk.vendors.crmcom_selfservice import VENDOR

SAMPLES = Path(__file__).parent.parent / "samples"
CALLS: dict[str, dict[str, Any]] = json.loads((SAMPLES / "crmcom_selfservice_calls.json").read_text("utf-8"))
"""Every call the source page prints: request, status, and the answer as it is printed."""
CONTACT = (SAMPLES / "crmcom_selfservice_contact.json").read_bytes()
"""A contact in v1 names, composed: the page breaks off before its own sample."""
CONTACT_ID = "CAD1E31269B76D7A65ACCE45B2E68DFD"
API_KEY, EMAIL, PASSWORD = "publishable-canary-key", "guest@example.org", "canary pässword 42"
BASE = "https://crm.example/self-service/v1"

Answering = Callable[[httpx.Request], httpx.Response]


def printed(name: str) -> bytes:
    """An answer as the page prints it; b'' where it prints none."""
    return (CALLS[name]["answer"] or "").encode()


def session_answer(**more: Any) -> dict[str, Any]:
    """A session of CONTACT_ID, without an end."""
    return {"access_token": "token-1", "contact": {"id": CONTACT_ID, "is_verified": "false"}} | more


def refusal(status: int, error: str, *parameters: str, message: str = "Words of the vendor.") -> httpx.Response:
    body = {"status": status, "error": error, "message": message, "parameters": list(parameters)}
    return httpx.Response(status, json=body)


NOT_FOUND = "CRM.EXCEPTIONS.NOTFOUNDEXCEPTION"


class Secrets:
    """An account's secrets."""

    def __init__(self, password: str = PASSWORD) -> None:
        self.password = password
        self.asked = 0

    async def get(self, path: str) -> str:
        assert path == "password"
        self.asked += 1
        return self.password


def account(base_url: str = BASE, **config: str) -> Account:
    return Account(1, VENDOR.key, "Guest", base_url, {"api_key": API_KEY, "email": EMAIL, "dialect": "v1"} | config)


class Now:
    """The emulator's clock: today, and standing still until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC).replace(microsecond=0)

    def __call__(self) -> datetime:
        return self.moment

    def pass_by(self, **time: float) -> None:
        self.moment += timedelta(**time)


def streamed(answering: Answering) -> Answering:
    """The same answers as they come from a line: not read yet."""

    def made(request: httpx.Request) -> httpx.Response:
        answer = answering(request)
        return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(answer.content))

    return made


class Vendor:
    """A vendor in few words: answers sign-in with `session`, everything else with `then`; keeps the requests."""

    def __init__(self, then: Answering | httpx.Response, session: Answering | dict[str, Any] | None = None) -> None:
        self._then = then
        self._session = session_answer() if session is None else session
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path.endswith(("/contacts/authenticate", "/contacts/refresh")):
            return self._session(request) if callable(self._session) else httpx.Response(200, json=self._session)
        return self._then(request) if callable(self._then) else self._then

    @property
    def asked(self) -> list[str]:
        return [f"{one.method} {one.url.path.removeprefix('/self-service/v1')}" for one in self.requests]
