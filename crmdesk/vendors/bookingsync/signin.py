"""How an account signs in at BookingSync: with the browser, as the application itself, or with a pasted token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from crmdesk.core.errors import SettingsError, SignInNeededError
from crmdesk.core.seams import Clock, SystemClock
from crmdesk.core.types import Account
from crmdesk.core.vendor import Secrets
from crmdesk.net.auth import Bearer, SecretToken, Session, SessionBearer, check_token
from crmdesk.net.broker import Broker
from crmdesk.vendors.bookingsync.fields import APPLICATION, BROWSER, way_of, writes
from crmdesk.vendors.bookingsync.oauth import SCOPE, WRITE, TokenCalls, authorize_address, signed_out


@dataclass(frozen=True, slots=True)
class SignIn:
    """What the connector needs: `auth` for its requests; `prepare` looks at what there is and sends nothing; `accepted`
    are the words of *Test connection*; `rights` says what the sign-in may do, as far as is known before a write.
    `may_not_read` and `may_not_write`: what to do about a 403, '' for what is usual."""

    auth: httpx.Auth
    prepare: Callable[[], Awaitable[object]]
    accepted: str
    rights: Callable[[], Awaitable[str]]
    writes: bool
    aclose: Callable[[], Awaitable[None]]
    may_not_read: str = ""
    may_not_write: str = ""


def sign_in(account: Account, secrets: Secrets, clock: Clock, transport: Any = None) -> SignIn:
    """By the account's setting; an account without one has a token."""
    way = way_of(account)
    if way == BROWSER:
        return _by_browser(account, secrets, clock, transport)
    if way == APPLICATION:
        return _by_application(account, secrets, clock, transport)
    return _by_token(account, secrets)


def _by_browser(account: Account, secrets: Secrets, clock: Clock, transport: Any) -> SignIn:
    calls = _calls(account, secrets, clock, transport)
    broker = Broker(secrets, calls.by_refresh, clock, signed_out)

    async def prepare() -> None:
        await calls.application()
        if not await secrets.kept():
            raise signed_out()

    async def rights() -> str:
        given = (await secrets.kept()).get(SCOPE, "").split()
        if not writes(account):
            return _ONLY_READ
        return _MAY_WRITE if WRITE in given else _LATER if not given else _NOT_GIVEN

    async def aclose() -> None:
        await broker.aclose()
        await calls.aclose()

    auth = SessionBearer(broker, account.base_url, ended=signed_out)
    return SignIn(
        auth, prepare, "The sign-in is accepted.", rights, writes(account), aclose, _ALLOW_READING, _ALLOW_CHANGING
    )


def _by_application(account: Account, secrets: Secrets, clock: Clock, transport: Any) -> SignIn:
    calls = _calls(account, secrets, clock, transport)
    auth = SessionBearer(Session(calls.by_application, clock), account.base_url, ended=_not_taken)
    accepted = "Client id and client secret are accepted."
    return SignIn(auth, calls.application, accepted, _only_read, False, calls.aclose, _BY_BROWSER)


def _by_token(account: Account, secrets: Secrets) -> SignIn:
    tokens = SecretToken(secrets)

    async def prepare() -> None:
        check_token(await tokens.current())

    async def rights() -> str:
        return _LATER

    auth, accepted = Bearer(tokens, account.base_url), "The access token is accepted."
    return SignIn(auth, prepare, accepted, rights, True, _nothing_to_close, may_not_write=_TO_THE_ISSUER)


_LATER = "Whether it may also change them shows at the first change; that needs the right rentals_write."
_MAY_WRITE = "May also change them (rentals_write)."
_NOT_GIVEN = "It may not change them: the right rentals_write was not given. Sign in again to be asked for it."
_ONLY_READ = "This account only reads."
_ALLOW_READING = "Sign in again on the Accounts page, and allow the access there."
_ALLOW_CHANGING = "Sign in again on the Accounts page, and allow rentals_write there."
_TO_THE_ISSUER = "Ask BookingSync for a token with the right rentals_write, and enter it for this account."
_BY_BROWSER = "The application’s own sign-in may not read this. Choose to sign in in the browser on the Accounts page."


def _not_taken() -> SignInNeededError:
    """Of the application's own sign-in, where nobody can sign in again."""
    return SignInNeededError(
        "BookingSync does not accept the application’s own sign-in.",
        "Check on the Accounts page whether client id and client secret are right, or sign in in the browser.",
    )


async def _only_read() -> str:
    return _ONLY_READ


async def _nothing_to_close() -> None:
    """A pasted token needs no line of its own."""


def _calls(account: Account, secrets: Secrets, clock: Clock, transport: Any) -> TokenCalls:
    return TokenCalls(account.base_url, account.config.get("client_id", ""), secrets, clock, transport)


class Browser:
    """BrowserSignIn of one account that need not be stored yet."""

    def __init__(self, account: Account, secrets: Secrets, transport: Any = None) -> None:
        self._account = account
        self._calls = _calls(account, secrets, SystemClock(), transport)

    def address(self, redirect: str, state: str, challenge: str) -> str:
        config = self._account.config
        client_id = config.get("client_id", "").strip()
        return authorize_address(
            self._account.base_url, client_id, config.get("rights", ""), redirect, state, challenge
        )

    async def exchange(self, code: str, redirect: str, verifier: str) -> Mapping[str, str]:
        try:
            code = check_token(code, field="code")
        except SettingsError:
            raise SettingsError(
                "This is not a code from BookingSync.", "Copy the code alone, as one piece.", field="code"
            ) from None
        return await self._calls.by_code(code, redirect, verifier)

    async def aclose(self) -> None:
        await self._calls.aclose()
