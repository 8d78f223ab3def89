"""Everything one account can ask of CRM.COM Self-Service, in one place; the calls stand in the files by subject."""

from __future__ import annotations

from typing import Any

from crmdesk.core.errors import SettingsError, SignInNeededError
from crmdesk.core.said import said
from crmdesk.core.seams import Clock
from crmdesk.core.types import Account
from crmdesk.core.vendor import Secrets
from crmdesk.net.auth import Renewing, Session, SessionBearer, Token
from crmdesk.net.http import Http
from crmdesk.net.limiter import RateBudget
from crmdesk.vendors.crmcom_selfservice.dialect import DIALECTS, V1, Dialect
from crmdesk.vendors.crmcom_selfservice.documents import Documents
from crmdesk.vendors.crmcom_selfservice.guests import Desk
from crmdesk.vendors.crmcom_selfservice.inbox import Inbox
from crmdesk.vendors.crmcom_selfservice.line import Line
from crmdesk.vendors.crmcom_selfservice.profile import Profile
from crmdesk.vendors.crmcom_selfservice.session import Guest, away
from crmdesk.vendors.crmcom_selfservice.signin import SignIn

TITLE = "CRM.COM Self-Service"
DEADLINE = 50.0
SIGN_IN_DEADLINE = 15.0
"""Seconds. A sign-in happens inside the call that needs it, at most three calls long (two refreshes, a password): it
must end before that call does, which otherwise would be repeated, and the password with it."""


def dialect_of(account: Account) -> Dialect:
    """The account's version; version 1 where none is set. SettingsError("dialect") for an unknown one, and where the
    address names the other version."""
    key = account.config.get("dialect", "") or V1.key
    dialect = DIALECTS.get(key)
    if dialect is None:
        raise SettingsError("This version of the API is not known.", "It is v1 or v2.", field="dialect")
    ending = account.base_url.rstrip("/").rpartition("/")[2].lower()
    if ending in DIALECTS and ending != key:
        raise SettingsError(
            said("The address is that of {ending}, but the account is set to {key}.", ending=ending, key=key),
            "Change the API version or the end of the address.",
            field="dialect",
        )
    return dialect


class SelfService:
    """One account: `signin`, `profile`, `inbox` and `documents` hold the calls of the account's own contact, `session`
    the token they use and `guest` whose it is; `desk` has the guests who sign in themselves. All share the rate budget
    and the API key. `transport` replaces the network; `deadline` (seconds) is that of one call."""

    def __init__(
        self,
        account: Account,
        secrets: Secrets,
        dialect: Dialect,
        clock: Clock,
        transport: Any = None,
        deadline: float = DEADLINE,
    ) -> None:
        budget = RateBudget(clock)
        self.session = Session(self._sign_in, clock)
        common = {"vendor": TITLE, "clock": clock, "budget": budget, "transport": transport}
        plain = Http(account.base_url, deadline=min(SIGN_IN_DEADLINE, deadline), **common)

        def signed(tokens: Renewing) -> Http:
            return Http(account.base_url, deadline=deadline, auth=SessionBearer(tokens, account.base_url), **common)

        self._line = Line(plain, signed(self.session), account.config.get("api_key", ""), lambda: self.guest.failed)
        self.desk = Desk(self._line, dialect, clock, signed)
        self.signin = SignIn(self._line, dialect)
        self.profile = Profile(self._line, dialect)
        self.inbox = Inbox(self._line, dialect)
        self.documents = Documents(self._line, dialect)
        self._email = account.config.get("email", "").strip()
        self.guest = Guest(self.signin, secrets, self._email, clock)

    @property
    def has_own(self) -> bool:
        """Whether the account has a contact of its own, or only guests who sign in at the desk."""
        return bool(self._email)

    async def contact_id(self) -> str:
        """Who is signed in; signs in first where nobody is. KnownError."""
        await self.session.current()
        return self.guest.contact_id

    async def sign_out(self) -> None:
        """Ends the session at the vendor, and here even where the vendor cannot be asked. KnownError then."""
        try:
            if self.guest.contact_id:
                await self.signin.sign_out(self.guest.contact_id)
        finally:
            self.forget()

    def forget(self) -> None:
        """The next call signs in anew."""
        self.session.forget()
        self.guest.forget()

    async def profile_of(self, remote_id: str) -> Profile:
        """The calls about this contact: of a guest who is signed in here, else of the account's own. GuestAwayError for
        anybody else, without asking: a guest's token must not be tried on others, and where the account's own sign-in
        is refused that is not their concern."""
        if (seat := self.desk.seat(remote_id)) is not None:
            return seat.profile
        if not self.has_own or self.guest.contact_id not in ("", remote_id) or await self._own() != remote_id:
            raise away()
        return self.profile

    async def _own(self) -> str:
        """Who the account's own contact is; '' where that is not known yet, because its sign-in is refused. Then it is
        not asked again until the account is changed or checked: a refusal repeated may lock that contact out."""
        if self.guest.refused and not self.guest.contact_id:
            return ""
        try:
            return await self.contact_id()
        except SignInNeededError:
            if self.guest.refused and not self.guest.contact_id:
                return ""
            raise

    async def aclose(self) -> None:
        await self.desk.aclose()
        await self._line.aclose()
        await self._line.aclose_plain()

    async def _sign_in(self) -> Token:
        return await self.guest.sign_in()
