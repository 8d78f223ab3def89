"""One guest who is signed in at the desk: the tokens, and the calls that are made with them."""

from __future__ import annotations

from collections.abc import Callable

from crmdesk.core.guest import GuestAwayError
from crmdesk.core.seams import Clock
from crmdesk.core.tasks import TaskScope
from crmdesk.net.auth import Renewing
from crmdesk.net.http import Http
from crmdesk.vendors.crmcom_selfservice.answers import Address, SignedIn
from crmdesk.vendors.crmcom_selfservice.dialect import Dialect
from crmdesk.vendors.crmcom_selfservice.documents import Documents
from crmdesk.vendors.crmcom_selfservice.inbox import Inbox
from crmdesk.vendors.crmcom_selfservice.line import Line
from crmdesk.vendors.crmcom_selfservice.profile import Profile
from crmdesk.vendors.crmcom_selfservice.session import GuestTokens, away
from crmdesk.vendors.crmcom_selfservice.signin import SignIn


class Seat:
    """`signin`, `profile`, `inbox` and `documents` are the guest's own calls; once `over` they all raise
    GuestAwayError. `signed` makes the HTTP client that sends a guest's token."""

    def __init__(
        self,
        remote_id: str,
        answer: SignedIn,
        line: Line,
        dialect: Dialect,
        clock: Clock,
        scope: TaskScope,
        signed: Callable[[Renewing], Http],
    ) -> None:
        self.remote_id = remote_id
        self.addresses: dict[str, Address] = {}  # as they were read last, by id
        self._tokens = GuestTokens(remote_id, answer, SignIn(line, dialect), clock, scope)
        self._line = line.signed_by(signed(self._tokens), self._refused)
        self.signin = SignIn(self._line, dialect)
        self.profile = Profile(self._line, dialect)
        self.inbox = Inbox(self._line, dialect)
        self.documents = Documents(self._line, dialect)

    @property
    def over(self) -> bool:
        return self._tokens.over

    def adopt(self, answer: SignedIn) -> None:
        """The same guest has signed in again."""
        self._tokens.adopt(answer)

    def end(self) -> None:
        """The session is gone here; nobody is asked."""
        self._tokens.end()
        self.addresses = {}

    async def aclose(self) -> None:
        self.end()
        await self._line.aclose()

    def _refused(self) -> GuestAwayError:
        """A fresh token was refused, too: that is the vendor's last word."""
        self.end()
        return away(ended=True)
