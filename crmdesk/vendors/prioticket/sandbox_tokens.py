"""The emulated PrioTicket's token call: client credentials by HTTP Basic, body as JSON [D docs; C py38]."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from crmdesk.vendors.prioticket import sandbox_wire as wire
from crmdesk.vendors.prioticket.sandbox_accounts import Account
from crmdesk.vendors.prioticket.sandbox_shape import encode

LASTS = 3600  # seconds, as in the vendor's sample


class _Token(NamedTuple):
    account: Account
    until: int


class Tokens:
    """Tokens that were given. "Several tokens may live at once": an older one stays good until its own end.

    Times are whole seconds of the emulator's clock; `scopes` are those that may be asked for."""

    def __init__(self, accounts: Mapping[str, Account], scopes: Sequence[str]) -> None:
        self._accounts = accounts
        self._scopes = scopes
        self._given: dict[str, _Token] = {}
        self._serial = 0

    def holder(self, header: str, now: int) -> Account | None:
        """Whose token this Authorization header holds; None for none that is known and still good."""
        scheme, _, token = header.partition(" ")
        known = self._given.get(token.strip()) if scheme.lower() == "bearer" else None
        return known.account if known is not None and now < known.until else None

    def clear(self) -> None:
        """None of them is good any more."""
        self._given.clear()

    def sign_in(self, request: Request, body: bytes, now: int) -> Response:
        account = self._client(request.headers.get("authorization", ""))
        if account is None:
            return wire.oauth_refusal(401, "invalid_client", "Client authentication failed.")
        try:
            asked = json.loads(body)
        except ValueError:
            asked = None
        if not isinstance(asked, dict) or "grant_type" not in asked:
            return wire.oauth_refusal(400, "invalid_request", "The body is a JSON object with grant_type.")
        if asked["grant_type"] != "client_credentials":
            return wire.oauth_refusal(400, "unsupported_grant_type", "Only client_credentials.")
        scope = asked.get("scope")
        if scope is not None and scope not in self._scopes:
            return wire.oauth_refusal(400, "invalid_scope", "The scope is not known.")
        given = {"access_token": self._new(account, now), "token_type": "Bearer", "expires_in": LASTS}
        return wire.answer(200, given | ({"scope": scope} if scope else {}))

    def _client(self, header: str) -> Account | None:
        scheme, _, packed = header.partition(" ")
        try:
            client_id, _, secret = base64.b64decode(packed.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        account = self._accounts.get(client_id) if scheme.lower() == "basic" else None
        return account if account is not None and account.given.client_secret == secret else None

    def _new(self, account: Account, now: int) -> str:
        """Has the form of a JWT [D docs]; no two are alike."""
        self._serial += 1
        claims = {"client_id": account.given.client_id, "serial": self._serial}
        parts = [base64.urlsafe_b64encode(encode(part)).decode().rstrip("=") for part in ({"typ": "JWT"}, claims)]
        signature = hashlib.blake2b(".".join(parts).encode(), digest_size=24).hexdigest()
        token = ".".join([*parts, signature])
        self._given[token] = _Token(account, now + LASTS)
        return token
