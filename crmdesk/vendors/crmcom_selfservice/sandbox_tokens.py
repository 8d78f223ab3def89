"""Tokens and one-time codes of the emulated CRM.COM Self-Service.

Nothing about their lives is published. Ours: an access token lasts 15 minutes, a refresh token is good for one use, a
sign-out drops all tokens of the contact; a code has six digits, lives five minutes, is used once, takes five tries,
and a contact gets one every 30 seconds, which replaces the one before.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from crmdesk.vendors.crmcom_selfservice.sandbox_wire import Json, Refused

ACCESS_LIFE = 900  # seconds
CODE_LIFE, CODE_TRIES, CODE_PAUSE = 300, 5, 30


def _digest(text: str) -> str:
    return hashlib.sha256(f"crmdesk emulator {text}".encode()).hexdigest()


def guid(text: str) -> str:
    found = _digest(text)
    return f"{found[:8]}-{found[8:12]}-{found[12:16]}-{found[16:20]}-{found[20:32]}"


class Tokens:
    """Access and refresh tokens of one organisation's contacts."""

    def __init__(self, number: int) -> None:
        self._number, self._made = number, 0
        self._access: dict[str, tuple[str, int]] = {}
        self._refresh: dict[str, str] = {}
        self._before: dict[str, str] = {}  # refresh token → the one it came of

    def access(self, contact_id: str, claims: Json, now: int) -> str:
        """A token in the form of a JWT, with these claims."""
        self._made += 1
        head = _part({"alg": "HS512"})
        token = f"{head}.{_part(claims)}.{_digest(f'{self._number} access {self._made}')}"
        self._access[token] = (contact_id, now + ACCESS_LIFE)
        return token

    def refresh(self, contact_id: str, before: str = "") -> str:
        """`before`: the token it came of, where that one stays good until this one is used."""
        self._made += 1
        token = _digest(f"{self._number} refresh {self._made}")
        self._refresh[token] = contact_id
        if before:
            self._before[token] = before
        return token

    def holder(self, token: str, now: int) -> str | None:
        """Whose access token it is, while it lasts."""
        contact_id, until = self._access.get(token, ("", 0))
        return contact_id if now < until else None

    def use(self, refresh: str, *, keep: bool = False) -> str | None:
        """Whose refresh token it is; it is used up by this, unless it is to `keep`."""
        self._refresh.pop(self._before.pop(refresh, ""), None)
        return self._refresh.get(refresh) if keep else self._refresh.pop(refresh, None)

    def drop(self, contact_id: str, *, refresh: bool = True) -> None:
        """All tokens of the contact are worth nothing from now on; `refresh=False` spares the refresh tokens."""
        self._access = {token: kept for token, kept in self._access.items() if kept[0] != contact_id}
        if refresh:
            self._refresh = {token: holder for token, holder in self._refresh.items() if holder != contact_id}


def _part(value: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@dataclass
class Code:
    """One request of a code. `contact_id` is '' where there is no such contact: it then never fits."""

    auth_otp: str
    contact_id: str
    code: str = field(repr=False)
    asked: Sequence[tuple[str, str]]
    sent_to: str
    made: int
    tries: int = 0
    used: bool = False


REFUSALS = {
    "unknown": ("EMULATOR.OTPUNKNOWN", "No code was requested with this."),
    "used": ("EMULATOR.OTPUSED", "This code was used already."),
    "expired": ("EMULATOR.OTPEXPIRED", "This code has run out."),
    "too_many": ("EMULATOR.OTPLOCKED", "Too many tries."),
    "wrong": ("EMULATOR.OTPWRONG", "This code is not right."),
}
LOCKED_FOR = 60  # seconds that are told


def code_refusal(why: str, told: str, left: int = CODE_TRIES - 1) -> Refused:
    """`why` is one of REFUSALS, `told` as `Quirks.code_refusals`; `left` are further tries."""
    if told == "together":
        return Refused(400, "EMULATOR.OTPREFUSED", "The code was not accepted.")
    error, words = REFUSALS[why]
    if told == "counted" and why == "too_many":
        return Refused(400, error, f"{words} Wait {LOCKED_FOR} seconds.", "wait", str(LOCKED_FOR))
    if told == "counted" and why == "wrong":
        return Refused(400, error, f"{words} {left} tries left.", "tries_left", str(left))
    return Refused(400, error, words)


class Codes:
    """Codes of one organisation."""

    def __init__(self, number: int, fixed: str = "") -> None:
        self._number, self._made, self._fixed = number, 0, fixed
        self._codes: dict[str, Code] = {}

    def send(self, contact_id: str, asked: Sequence[tuple[str, str]], sent_to: str, now: int) -> Code:
        """A new code; earlier ones of the same contact no longer work. Refused within 30 s of the one before, and for
        nobody just so."""
        for other in list(self._codes.values()):
            alike = other.contact_id == contact_id and (contact_id or other.asked == asked)
            if alike and not other.used:
                if now - other.made < CODE_PAUSE:
                    raise Refused(400, "EMULATOR.OTPTOOSOON", "Wait before asking for another code.")
                del self._codes[other.auth_otp]
        self._made += 1
        word = f"{self._number} code {self._made}"
        made = self._fixed or f"{int(_digest(word)[:12], 16) % 10**6:06d}"
        code = Code(guid(word), contact_id, made, asked, sent_to, now)
        self._codes[code.auth_otp] = code
        return code

    def find(self, auth_otp: str) -> Code | None:
        return self._codes.get(auth_otp)

    def asked_with(self, name: str, value: str) -> Code | None:
        """The newest one that was requested with this credential."""
        return next((code for code in reversed(self._codes.values()) if (name, value) in code.asked), None)

    def take(self, code: Code | None, entered: str, now: int, told: str = "apart") -> str:
        """The contact's id, once. Refused, each in its own words; `told` as `Quirks.code_refusals`."""
        if code is None:
            raise code_refusal("unknown", told)
        if code.used:
            raise code_refusal("used", told)
        if now - code.made >= CODE_LIFE:
            raise code_refusal("expired", told)
        code.tries += 1
        if code.tries > CODE_TRIES:
            raise code_refusal("too_many", told)
        if not code.contact_id or entered != code.code:
            raise code_refusal("wrong", told, CODE_TRIES - code.tries)
        code.used = True
        return code.contact_id

    def shown(self) -> list[Json]:
        """For the inspection page."""
        return [
            {"auth_otp": code.auth_otp, "code": code.code, "sent_to": code.sent_to, "used": code.used}
            for code in self._codes.values()
        ]
