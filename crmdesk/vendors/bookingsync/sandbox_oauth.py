"""The emulated BookingSync's OAuth: the page that asks, and the token call with its three grants.

Documented: addresses and parameters, `state` only "if provided", form-encoded token calls with id and secret in the
form, 401 for errors, 7200 seconds, 64 hexadecimal characters, `bearer` in lower case, a new refresh token with each
refresh, refresh after expiry, client credentials with scope `public` and without refresh token, a page that displays
the code for `urn:ietf:wg:oauth:2.0:oob`. Guesses [I]: bodies of errors (those of RFC 6749); a code is good once and for
ten minutes; which redirects an application may name (a loopback address with any port, RFC 8252); PKCE is verified
where it was sent. What happens to a refresh token that is used twice is `Quirks.reuse`.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from crmdesk.vendors.bookingsync import sandbox_wire as wire
from crmdesk.vendors.bookingsync.sandbox_accounts import Account, Quirks

LASTS = 7200  # seconds
_CODE_LASTS = 600
OOB = "urn:ietf:wg:oauth:2.0:oob"
_SCOPES = ("public", "rentals_write", "clients_read", "clients_write", "bookings_read", "bookings_write")


@dataclass(slots=True)
class _Family:
    """One sign-in: what came from one code. Tokens that are no longer good stay known, so that a reuse is seen."""

    account: Account
    scopes: tuple[str, ...]
    redirect: str
    refresh: set[str] = field(default_factory=set, repr=False)
    used: set[str] = field(default_factory=set, repr=False)
    revoked: bool = False


@dataclass(slots=True)
class _Access:
    account: Account
    scopes: tuple[str, ...]
    until: int
    family: _Family | None = None
    replaces: str = field(default="", repr=False)  # a refresh token that dies when this is used first
    revoked: bool = False


@dataclass(slots=True)
class _Code:
    family: _Family
    challenge: str
    until: int


class OAuth:
    """Codes and tokens of the applications, one for each account. Times are whole seconds of the emulator's clock.

    `approve_at_once`: nobody has to press *Authorize*; "subsequent re-authorizations will occur without requiring user
    action" [D]. `renewals` counts good refreshes, `reused` refresh tokens that came twice."""

    def __init__(self, accounts: Mapping[int, Account], quirks: Quirks) -> None:
        self._accounts = {account.given.client_id: account for account in accounts.values()}
        self._quirks = quirks
        self._codes: dict[str, _Code] = {}
        self._families: list[_Family] = []
        self._access: dict[str, _Access] = {}
        self._serial = 0
        self.approve_at_once = False
        self.renewals = self.reused = 0

    # what tests do

    def expire(self) -> None:
        """Every access token ends now; refresh tokens stay good."""
        for access in self._access.values():
            access.until = 0

    def uninstall(self, account: int) -> None:
        """The account's owner takes the application out: nothing it was given is good any more."""
        for family in self._families:
            family.revoked = family.revoked or family.account.given.id == account
        for access in self._access.values():
            access.revoked = access.revoked or access.account.given.id == account

    # the API's question

    def holder(self, token: str, now: int) -> tuple[Account, tuple[str, ...], str] | None:
        """Whose token this is, its scopes, and why it is refused ('' where it is good). None for none of ours."""
        known = self._access.get(token)
        if known is None:
            return None
        dead = known.revoked or (known.family is not None and known.family.revoked)
        why = "The access token was revoked" if dead else "The access token expired" if now >= known.until else ""
        if not why and known.family is not None and known.replaces:
            known.family.refresh.discard(known.replaces)
            known.family.used.add(known.replaces)
            known.replaces = ""
        return known.account, known.scopes, why

    # the page

    def authorize(self, request: Request, now: int) -> Response:
        """`GET /oauth/authorize`: the page, or its outcome at once."""
        asked = dict(request.query_params)
        if (wrong := self._wrong(asked)) is not None:
            return wrong
        if self.approve_at_once:
            return self._approved(asked, request, now)
        return _question(asked, self._accounts[asked["client_id"]].given.title)

    def decide(self, request: Request, body: bytes, now: int) -> Response:
        """`POST /oauth/authorize`: what was pressed on the page."""
        asked = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        if (wrong := self._wrong(asked)) is not None:
            return wrong
        if asked.get("decision") != "Authorize":
            return _back(asked, {"error": "access_denied"})
        return self._approved(asked, request, now)

    def native(self, request: Request) -> Response:
        """The page that displays the code."""
        code = html.escape(request.query_params.get("code", ""))
        return _html(f"<h1>Authorization code</h1><p><code id='authorization_code'>{code}</code></p>")

    def _wrong(self, asked: Mapping[str, str]) -> Response | None:
        account = self._accounts.get(asked.get("client_id", ""))
        if account is None:
            return _html("<h1>An error has occurred</h1><p>Client authentication failed: unknown client.</p>", 401)
        if not _may_return(asked.get("redirect_uri", "")):
            return _html("<h1>An error has occurred</h1><p>The redirect uri included is not valid.</p>", 401)
        if asked.get("response_type") != "code":
            return _back(asked, {"error": "unsupported_response_type"})
        if not set(_scopes(asked)) <= set(_SCOPES):
            return _back(asked, {"error": "invalid_scope"})
        return None

    def _approved(self, asked: Mapping[str, str], request: Request, now: int) -> Response:
        account = self._accounts[asked["client_id"]]
        scopes = tuple(scope for scope in _scopes(asked) if scope in account.given.scopes)
        family = _Family(account, scopes, asked["redirect_uri"])
        self._families.append(family)
        challenge = asked.get("code_challenge", "") if asked.get("code_challenge_method") == "S256" else ""
        code = self._secret("code")
        self._codes[code] = _Code(family, challenge, now + _CODE_LASTS)
        if asked["redirect_uri"] == OOB:
            here = f"{request.scope.get('root_path', '')}/oauth/authorize/native"
            return RedirectResponse(f"{here}?{urlencode({'code': code})}", 302)
        return _back(asked, {"code": code})

    # the token call

    def token(self, request: Request, body: bytes, now: int) -> Response:
        """`POST /oauth/token`. Parameters may stand in the query, too [D testing page]."""
        asked = {**request.query_params, **dict(parse_qsl(body.decode("utf-8", "replace")))}
        account = self._accounts.get(asked.get("client_id", ""))
        if account is None or asked.get("client_secret") != account.given.client_secret:
            return self._error("invalid_client", "Client authentication failed.")
        grant = asked.get("grant_type", "")
        if grant == "authorization_code":
            return self._by_code(account, asked, now)
        if grant == "refresh_token":
            return self._by_refresh(account, asked, now)
        if grant == "client_credentials":
            token = self._new(_Access(account, ("public",), now + LASTS))
            given = {"access_token": token, "token_type": "bearer", "expires_in": LASTS, "scope": "public"}
            return wire.answer(200, {**given, "created_at": now}, media_type="application/json")
        return self._error("unsupported_grant_type", "The authorization grant type is not supported.")

    def _by_code(self, account: Account, asked: Mapping[str, str], now: int) -> Response:
        code = self._codes.pop(asked.get("code", ""), None)
        if code is None or code.family.account is not account or now >= code.until:
            return self._error("invalid_grant", "The provided authorization grant is invalid or expired.")
        if asked.get("redirect_uri") != code.family.redirect or not _proves(asked, code.challenge):
            return self._error("invalid_grant", "The authorization grant does not match the redirection URI.")
        return self._pair(code.family, now)

    def _by_refresh(self, account: Account, asked: Mapping[str, str], now: int) -> Response:
        token = asked.get("refresh_token", "")
        family = next((one for one in self._families if token in one.refresh | one.used), None)
        if family is None or family.account is not account or family.revoked:
            return self._error("invalid_grant", "The provided authorization grant is invalid or revoked.")
        if token in family.used:
            self.reused += 1
            family.revoked = True
            return self._error("invalid_grant", "The refresh token was used before.")
        if asked.get("redirect_uri") != family.redirect:
            return self._error("invalid_grant", "The redirection URI is not the one of the authorization request.")
        self.renewals += 1
        lenient = self._quirks.reuse == "until_used"
        if not lenient:
            family.refresh.discard(token)
            family.used.add(token)
            for access in self._access.values():
                access.revoked = access.revoked or access.family is family
        return self._pair(family, now, replaces=token if lenient else "")

    def _pair(self, family: _Family, now: int, replaces: str = "") -> Response:
        refresh = self._secret("refresh")
        family.refresh.add(refresh)
        access = self._new(_Access(family.account, family.scopes, now + LASTS, family, replaces))
        body = {"access_token": access, "token_type": "bearer", "expires_in": LASTS, "refresh_token": refresh}
        return wire.answer(200, {**body, "scope": " ".join(family.scopes)}, media_type="application/json")

    def _error(self, word: str, text: str) -> Response:
        body = {"error": word, "error_description": text}
        return wire.answer(self._quirks.token_errors, body, media_type="application/json")

    def _new(self, access: _Access) -> str:
        token = self._secret("access")
        self._access[token] = access
        return token

    def _secret(self, kind: str) -> str:
        """64 hexadecimal characters, no two alike."""
        self._serial += 1
        return hashlib.sha256(f"{kind} {self._serial} {id(self)}".encode()).hexdigest()


def _scopes(asked: Mapping[str, str]) -> list[str]:
    """ "By default, all requests include the `public` scope" [D]."""
    return list(dict.fromkeys(["public", *asked.get("scope", "").split()]))


def _may_return(redirect: str) -> bool:
    if redirect == OOB:
        return True
    parts = urlsplit(redirect)
    return parts.scheme == "http" and parts.hostname == "127.0.0.1" and parts.path == "/callback" and not parts.query


def _proves(asked: Mapping[str, str], challenge: str) -> bool:
    digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
    return not challenge or base64.urlsafe_b64encode(digest).decode().rstrip("=") == challenge


def _back(asked: Mapping[str, str], brought: Mapping[str, str]) -> Response:
    state = {"state": asked["state"]} if "state" in asked else {}
    if asked["redirect_uri"] == OOB:
        return _html(f"<h1>An error has occurred</h1><p>{html.escape(brought.get('error', ''))}</p>", 401)
    return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({**brought, **state})}", 302)


def _question(asked: Mapping[str, str], title: str) -> Response:
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in asked.items()
        if name != "decision"
    )
    rights = "".join(f"<li>{html.escape(scope)}</li>" for scope in _scopes(asked))
    buttons = (
        '<input type="submit" name="decision" value="Authorize"> <input type="submit" name="decision" value="Deny">'
    )
    return _html(
        f"<h1>Authorize the application of {html.escape(title)}?</h1><p>It asks for:</p><ul>{rights}</ul>"
        f'<form method="post" action="">{hidden}{buttons}</form><p>An emulated BookingSync: nothing here is real.</p>'
    )


def _html(body: str, status: int = 200) -> Response:
    page = (
        f"<!DOCTYPE html><html><head><meta charset='utf-8'><title>BookingSync</title></head><body>{body}</body></html>"
    )
    return HTMLResponse(page, status, {"X-Frame-Options": "DENY"})
