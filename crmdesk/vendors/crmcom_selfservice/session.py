"""Sessions. Of the account's own contact: the refresh token first, the password where that does not do. Of a guest who
signed in at the desk: the refresh token, and nothing else."""

from __future__ import annotations

import asyncio
import math

from crmdesk.core.errors import (
    ForbiddenError,
    InDoubtError,
    KnownError,
    NotFoundError,
    RejectedError,
    ServerFaultError,
    SignInNeededError,
)
from crmdesk.core.guest import GuestAwayError
from crmdesk.core.seams import Clock
from crmdesk.core.tasks import TaskScope
from crmdesk.core.vendor import Secrets
from crmdesk.net.auth import Token
from crmdesk.net.broker import early
from crmdesk.net.redact import register_secret
from crmdesk.vendors.crmcom_selfservice.answers import Challenge, SignedIn
from crmdesk.vendors.crmcom_selfservice.bodies import Identity
from crmdesk.vendors.crmcom_selfservice.codec import unreadable
from crmdesk.vendors.crmcom_selfservice.signin import SignIn, code_needed

_PAUSE = 15.0  # s between two tries to replace a token that is still good
_LOST_REFRESHES = 2
_REFUSED = (SignInNeededError, NotFoundError, RejectedError, ForbiddenError)

_PASSWORD_REFUSED = (
    "CRM.COM did not accept this e-mail address and password.",
    "Check both. They are those of the contact, not of a CRM.COM user; "
    "a live contact does not exist in the test system, nor the other way round.",
)
_UNHEARD = ("CRM.COM did not answer when the guest’s sign-in was renewed.", "Nothing was sent. Try it again.")
_LOST = "The answer to the sign-in did not arrive. Nothing was changed; check the account again."


class Guest:
    """Tokens of one contact, in memory only, for `net.auth.Session`. `contact_id` is '' until the first sign-in.
    `failed` is the error of the last renewal, None after a good one; `refused`: that was about its own e-mail
    address and password, not about the line or the key."""

    def __init__(self, signin: SignIn, secrets: Secrets, email: str, clock: Clock) -> None:
        self._signin, self._secrets, self._email, self._clock = signin, secrets, email, clock
        self._refresh_token = ""
        self._given: SignedIn | None = None
        self.contact_id = ""
        self.failed: KnownError | None = None
        self.refused = False

    async def sign_in(self) -> Token:
        """A token that was given by `adopt`, else by the refresh token, else by the password. KnownError."""
        given, self._given = self._given, None
        try:
            token = self._kept(given or await self._refreshed() or await self._by_password())
        except KnownError as error:
            self.failed = error
            raise
        self.failed, self.refused = None, False
        return token

    def adopt(self, answer: SignedIn) -> None:
        """Takes over a session that was made elsewhere (by a code); the next call uses it."""
        self._given = answer

    def forget(self) -> None:
        """Nothing of the session is left."""
        self._given, self._refresh_token, self.contact_id, self.failed = None, "", "", None

    async def _refreshed(self) -> SignedIn | None:
        """None where there is no refresh token or it is no longer accepted. An answer that was lost may have used it
        up: it is tried once more, then the password decides, so that nobody is signed out by a broken line."""
        for _ in range(_LOST_REFRESHES if self._refresh_token else 0):
            try:
                answer = await self._signin.refresh(self._refresh_token)
            except InDoubtError:
                continue
            except _REFUSED:
                break
            if isinstance(answer, SignedIn):
                return answer
            break
        else:
            return None  # kept: the vendor's own word is still missing
        self._refresh_token = ""
        return None

    async def _by_password(self) -> SignedIn:
        """Sent once and never by itself again: it may make the vendor send a message."""
        password = await self._secrets.get("password")
        self.refused = not password
        if not password:
            raise SignInNeededError("The password of the contact is missing.", "Enter it for this account.")
        register_secret(password)
        answer = await self._authenticated(Identity("EMAIL", username=self._email, password=password))
        if not isinstance(answer, SignedIn):
            self.refused = True
            raise code_needed(answer)
        return answer

    async def _authenticated(self, identity: Identity) -> SignedIn | Challenge:
        try:
            return await self._signin.authenticate(identity)
        except (RejectedError, NotFoundError) as error:
            self.refused = True
            raise SignInNeededError(*_PASSWORD_REFUSED, details=error.details) from None
        except InDoubtError as error:
            raise InDoubtError(error.title, _LOST, details=error.details) from None

    def _kept(self, answer: SignedIn) -> Token:
        """What must be remembered of a session. ProtocolError where it does not say whose it is."""
        contact_id = answer.contact.id or self.contact_id
        if not contact_id:
            raise unreadable("neither the answer nor its token says who signed in", "contact.id")
        self.contact_id = contact_id
        self._refresh_token = answer.refresh_token or self._refresh_token
        register_secret(self._refresh_token)
        return Token(answer.access_token, _lasts(answer.expires, self._clock))


class GuestTokens:
    """The TokenSource of one guest at the desk, for `net.auth.SessionBearer`. In memory only; on one loop.

    One renewal at a time whatever runs in parallel, and its outcome is that of all who wait for it. It belongs to none
    of them: a call that is given up, or that runs out of time, must not take the only good refresh token with it."""

    def __init__(self, remote_id: str, answer: SignedIn, signin: SignIn, clock: Clock, scope: TaskScope) -> None:
        self._remote_id, self._signin, self._clock, self._scope = remote_id, signin, clock, scope
        self._task: asyncio.Task[KnownError | None] | None = None
        self._session = 0  # counts those that were adopted
        self.over = False
        self.adopt(answer)

    def adopt(self, answer: SignedIn, refresh_token: str = "") -> None:
        """The session from now on. `refresh_token` stands in where the answer has none."""
        self._session += 1
        self._access, self._refresh = answer.access_token, answer.refresh_token or refresh_token
        for secret in (self._access, self._refresh):
            register_secret(secret)
        left, now = _left(answer.expires, self._clock), self._clock.monotonic()
        self._ends = math.inf if left is None else now + left
        self._renew_at = math.inf if left is None else now + left - early(left)

    def end(self) -> None:
        """Nothing of the session is left."""
        self.over, self._access, self._refresh = True, "", ""

    async def current(self) -> str:
        """The token to send now. GuestAwayError where the session has ended; any other KnownError leaves it as it is.

        A token that is old but good is sent where it cannot be replaced now."""
        if not self.over and self._clock.monotonic() < self._renew_at:
            return self._access
        try:
            return await self._renewed()
        except GuestAwayError:
            raise
        except KnownError:
            now = self._clock.monotonic()
            if self.over or now >= self._ends:
                raise
            self._renew_at = now + _PAUSE
            return self._access

    async def renew(self, refused: str) -> str:
        """A token other than `refused`: the newer one that is there already, or a new one. Errors as `current`."""
        return self._access if self._access not in ("", refused) else await self._renewed()

    async def _renewed(self) -> str:
        if self.over:
            raise away(ended=True)
        if self._task is None or self._task.done():
            self._task = self._scope.start(self._renew(), what="renewal of a guest's sign-in")
        task = self._task
        if task is None:
            raise away()
        await asyncio.wait([task])  # cancelling whoever waits leaves it alone
        if task.cancelled():
            raise away()
        if (error := task.result()) is not None:
            raise error
        if self.over:  # ended as the answer came
            raise away()
        return self._access

    async def _renew(self) -> KnownError | None:
        """Where the guest has signed in again meanwhile, that counts, whatever becomes of the session before."""
        mine, refresh = self._session, self._refresh
        try:
            answer = await self._refreshed(refresh)
        except KnownError as error:
            return self._not_renewed(error, mine, ends=isinstance(error, GuestAwayError))
        if answer.contact.id not in ("", self._remote_id):
            strange = unreadable("it is about another contact than the one who signed in", "contact.id")
            return self._not_renewed(strange, mine, ends=True)
        if self.over:
            return away()
        if self._session == mine:
            self.adopt(answer, refresh)
        return None

    def _not_renewed(self, error: KnownError, session: int, *, ends: bool) -> KnownError | None:
        if self._session != session and not self.over:
            return None
        if ends:
            self.end()
        return error

    async def _refreshed(self, refresh: str) -> SignedIn:
        """A lost answer is asked for once more, with the same token: the vendor may not have seen it. While the vendor
        has not said no, the token is kept."""
        unheard: KnownError | None = None
        for _ in range(_LOST_REFRESHES if refresh else 0):
            try:
                answer = await self._signin.refresh(refresh)
            except InDoubtError as error:
                unheard = error
                continue
            except _REFUSED as error:
                if isinstance(error, ForbiddenError) and "error" not in error.details:
                    raise  # somebody in between
                raise away(ended=True) from None
            if not isinstance(answer, SignedIn):
                raise away(ended=True)
            return answer
        if unheard is None:
            raise away(ended=True)
        raise ServerFaultError(*_UNHEARD, details=unheard.details)


def away(*, ended: bool = False) -> GuestAwayError:
    if ended:
        return GuestAwayError(
            "CRM.COM has ended the guest’s sign-in.", "Sign in again; nothing that was typed is lost."
        )
    return GuestAwayError("Only the guest may do this, and is not signed in here.", "Sign in as this guest first.")


def _lasts(expires: int | None, clock: Clock) -> float | None:
    """Seconds until a token is to be replaced. None (until it is refused) where that is unknown."""
    left = _left(expires, clock)
    return None if left is None else left - early(left)


def _left(expires: int | None, clock: Clock) -> float | None:
    """Seconds that a token lasts. None where that is unknown, or past by our clock, which may be wrong."""
    left = expires - clock.now().timestamp() if expires is not None else 0.0
    return left if left > 0 else None
