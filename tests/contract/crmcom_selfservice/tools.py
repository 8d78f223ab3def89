"""What the contract tests of CRM.COM Self-Service share."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from crmdesk.core.fields import find
from crmdesk.core.guest import Challenge, Guest
from crmdesk.core.outbox import FieldChange
from crmdesk.core.types import Account, RemoteContact
from crmdesk.core.vendor import Access
from crmdesk.sandbox.faults import Call
from crmdesk.vendors.crmcom_selfservice import VENDOR

SAMPLES = Path(__file__).parent.parent / "samples"
CALLS: dict[str, dict[str, Any]] = json.loads((SAMPLES / "crmcom_selfservice_calls.json").read_text("utf-8"))
"""Every call the source page prints: request, status, and the answer as it is printed."""
CONTACT = (SAMPLES / "crmcom_selfservice_contact.json").read_bytes()
"""A contact in v1 names, composed: the page breaks off before its own sample."""
CONTACT_ID = "CAD1E31269B76D7A65ACCE45B2E68DFD"
API_KEY, EMAIL, PASSWORD = "publishable-canary-key", "guest@example.org", "canary pässword 42"
ALONE = {"email": "", "password": ""}  # an account without a contact of its own
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


class Card:
    """A guest who is signed in, the profile as it was read, and every body that is sent from now on."""

    def __init__(self, emulator: Any, access: Access, guest: Any) -> None:
        self.emulator, self.access, self.guest = emulator, access, guest
        self.sent: list[tuple[str, str, Any]] = []

    def keep(self, call: Call) -> None:
        if call.method != "GET":
            path = call.target.partition(f"/contacts/{self.guest.id}")[2]
            self.sent.append((call.method, path, json.loads(call.body or b"null")))

    async def base(self) -> RemoteContact:
        return await self.access.contacts.get(self.guest.id)

    async def write(self, **changes: Any) -> RemoteContact:
        """Paths with two underscores for each dot."""
        base = await self.base()
        wanted = [change(base.raw, path.replace("__", "."), now) for path, now in changes.items()]
        self.sent.clear()
        written = await self.access.writer.update(base, wanted)
        assert (written.between, written.missed) == ((), 0)
        assert written.contact.raw == self.emulator.shown(self.guest.id)
        return written.contact


def change(raw: Any, path: str, now: Any) -> FieldChange:
    return FieldChange(path, find(raw, path), now)


def last_code(emulator: Any) -> str:
    return emulator.codes()[-1]["code"]


def other_code(emulator: Any) -> str:
    return "000000" if last_code(emulator) != "000000" else "000001"


def forms_of(guest: Any) -> dict[str, dict[str, str]]:
    """Every way filled for this guest."""
    guest.record["demographics"] |= {
        "passport": {"passport_number": "P00777"},
        "id_details": {"id_number": "000777"},
        "date_of_birth": {"year": 1980, "month": 2, "day": "9"},
    }
    return {
        "password": {"email": f" {guest.email.upper()} ", "password": guest.password},
        "email": {"email": guest.email},
        "phone": {"phone_number": guest.phone, "country_code": "CY"},
        "otp.ID_NUMBER": {"id_number": "000777"},
        "otp.PASSPORT": {"passport": "P00777"},
        "otp.CARD": {"card": guest.card},
        "otp.LOYALTY_IDENTIFIER": {"loyalty_identifier": guest.loyalty},
        "otp.BIRTHDATE": {"birth_date": "1980-02-09"},
        "otp.EMAIL": {"email": guest.email},
        "otp.PHONE": {"phone_number": guest.phone},
        "otp.GIFT_PASS": {"gift_pass": guest.gift_pass, "email": "friend@example.com", "pin": guest.gift_pin},
        "mac": {"mac_address": guest.mac.replace("-", ":").lower()},
        "GOOGLE": {"token": f"GOOGLE-{guest.id}"},
        "FACEBOOK": {"token": f"FACEBOOK-{guest.id}"},
        "MW4": {"token": f"MW4-{guest.id}"},
    }


async def come_in(desk: Any, guest: Any) -> Guest:
    answer = await desk.sign_in("password", {"email": guest.email, "password": guest.password})
    assert isinstance(answer, Guest)
    return answer


def sent(emulator: Any, ending: str) -> int:
    return len([seen for seen in emulator.requests if seen.path.endswith(ending)])


def two(emulator: Any) -> list[Any]:
    """Two guests, neither of them the account's own contact."""
    return [one for one in emulator.contacts() if one.id != emulator.guest().id and one.email][:2]


async def a_code(emulator: Any, desk: Any) -> Challenge:
    answer = await desk.sign_in("email", {"email": emulator.contacts()[0].email})
    assert isinstance(answer, Challenge)
    return answer
