"""The session of the account's contact: the refresh token first, the password where that does not do."""

from __future__ import annotations

from crmdesk.core.errors import (
    ForbiddenError,
    InDoubtError,
    KnownError,
    NotFoundError,
    RejectedError,
    SignInNeededError,
)
from crmdesk.core.seams import Clock
from crmdesk.core.vendor import Secrets
from crmdesk.net.auth import Token
from crmdesk.net.redact import register_secret
from crmdesk.vendors.crmcom_selfservice.answers import Challenge, SignedIn
from crmdesk.vendors.crmcom_selfservice.bodies import Identity
from crmdesk.vendors.crmcom_selfservice.codec import unreadable
from crmdesk.vendors.crmcom_selfservice.signin import SignIn, code_needed

_EARLY = 120.0  # seconds before its end a token is replaced (UX-SES-02); at most a quarter of a short one's life
_LOST_REFRESHES = 2
_REFUSED = (SignInNeededError, NotFoundError, RejectedError, ForbiddenError)

_PASSWORD_REFUSED = (
    "CRM.COM did not accept this e-mail address and password.",
    "Check both. They are those of the contact, not of a CRM.COM user; "
    "a live contact does not exist in the test system, nor the other way round.",
)
_LOST = "The answer to the sign-in did not arrive. Nothing was changed; check the account again."


class Guest:
    """Tokens of one contact, in memory only, for `net.auth.Session`. `contact_id` is '' until the first sign-in.
    `failed` is the error of the last renewal, None after a good one."""

    def __init__(self, signin: SignIn, secrets: Secrets, email: str, clock: Clock) -> None:
        self._signin, self._secrets, self._email, self._clock = signin, secrets, email, clock
        self._refresh_token = ""
        self._given: SignedIn | None = None
        self.contact_id = ""
        self.failed: KnownError | None = None

    async def sign_in(self) -> Token:
        """A token that was given by `adopt`, else by the refresh token, else by the password. KnownError."""
        given, self._given = self._given, None
        try:
            token = self._kept(given or await self._refreshed() or await self._by_password())
        except KnownError as error:
            self.failed = error
            raise
        self.failed = None
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
        if not password:
            raise SignInNeededError("The password of the contact is missing.", "Enter it for this account.")
        register_secret(password)
        answer = await self._authenticated(Identity("EMAIL", username=self._email, password=password))
        if not isinstance(answer, SignedIn):
            raise code_needed(answer)
        return answer

    async def _authenticated(self, identity: Identity) -> SignedIn | Challenge:
        try:
            return await self._signin.authenticate(identity)
        except (RejectedError, NotFoundError) as error:
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
        return Token(answer.access_token, self._lasts(answer.expires))

    def _lasts(self, expires: int | None) -> float | None:
        """Seconds until the token is to be replaced. None (until it is refused) where that is unknown, or past by our
        clock, which may be wrong."""
        left = expires - self._clock.now().timestamp() if expires is not None else 0.0
        return left - min(_EARLY, left / 4) if left > 0 else None
