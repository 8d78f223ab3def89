"""Tokens of the emulated back office: a JWT that dies two hours after issue (R12 and later), or 32 characters that die
after an idle hour (before R12)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from crmdesk.vendors.crmcom_events.sandbox_data import make_id

FIXED, IDLE = 7200, 3600
_SIGNED_WITH = b"nothing here is secret"


class TokenStore:
    """Who is signed in; `seconds` is the emulator's clock."""

    def __init__(self, seconds: Callable[[], int], *, jwt: bool) -> None:
        self._seconds, self._jwt = seconds, jwt
        self._dies: dict[str, int] = {}
        self.issued = 0

    def issue(self, user: str, organisation: str, unit: str) -> str:
        now, self.issued = self._seconds(), self.issued + 1
        claims = {"jti": make_id("token", self.issued), "usr": user, "org": organisation, "oun": unit}
        # exp and iat are texts in the one recorded answer
        token = _jwt(claims | {"exp": str(now + FIXED), "iat": str(now)}) if self._jwt else claims["jti"]
        self._dies[token] = now + (FIXED if self._jwt else IDLE)
        return token

    def takes(self, token: Any) -> bool:
        """Whether the token is good; using it keeps an idle one alive."""
        now = self._seconds()
        if not isinstance(token, str) or self._dies.get(token, now) <= now:
            return False
        if not self._jwt:
            self._dies[token] = now + IDLE
        return True

    def drop(self, token: Any) -> None:
        if isinstance(token, str):
            self._dies.pop(token, None)

    def live(self) -> list[str]:
        return [token for token, dies in self._dies.items() if dies > self._seconds()]


def _jwt(claims: Mapping[str, str]) -> str:
    parts = [_packed(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "HS256"}, claims)]
    signature = hmac.new(_SIGNED_WITH, ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, _packed(signature)])


def _packed(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")
