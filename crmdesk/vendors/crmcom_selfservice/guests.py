"""Guests who sign in at the desk: several at a time, each with a session of their own, all with the account's key.

What identifies the request of a code never leaves this file, nor does what it was asked with: outside there is only a
name that means nothing to anybody else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from crmdesk.core.errors import InDoubtError, KnownError, NotFoundError, RejectedError
from crmdesk.core.fields import FieldSpec
from crmdesk.core.guest import Challenge, CodeFault, CodeRefusedError, Guest, GuestAwayError, Way
from crmdesk.core.seams import Clock, new_id
from crmdesk.core.tasks import TaskScope
from crmdesk.net.auth import Renewing
from crmdesk.net.http import Http
from crmdesk.net.redact import register_secret
from crmdesk.vendors.crmcom_selfservice import answers, verdicts
from crmdesk.vendors.crmcom_selfservice import ways as forms
from crmdesk.vendors.crmcom_selfservice.bodies import Credential
from crmdesk.vendors.crmcom_selfservice.codec import unreadable
from crmdesk.vendors.crmcom_selfservice.dialect import Dialect, OtpForm
from crmdesk.vendors.crmcom_selfservice.guest_calls import Calls
from crmdesk.vendors.crmcom_selfservice.line import Line
from crmdesk.vendors.crmcom_selfservice.seat import Seat
from crmdesk.vendors.crmcom_selfservice.session import away
from crmdesk.vendors.crmcom_selfservice.signin import SignIn

log = logging.getLogger(__name__)

MOST_WAITING = 20  # requests of a code that wait for it; older ones were given up long ago

_ALSO_A_CODE = "CRM.COM wants a one-time code besides the password."
_ONE_MORE = "CRM.COM wants one more code."
_MAY_HAVE_COME = "A code may be on its way all the same. Ask for a new one; only the newest counts."
_MAY_BE_USED = "The code may be used up by now. If it is refused, ask for a new one."
_MAY_BE_REGISTERED = "The guest may be registered all the same. Try to sign in before registering again."


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A request of a code. `auth_otp` is '' where the vendor did not name it."""

    auth_otp: str = field(repr=False)
    asked: Credential | None


class Desk:
    """GuestDesk of one account. Used in the network thread. `line` has the calls without a token; `signed` makes the
    HTTP client that sends a guest's token."""

    register_fields: tuple[FieldSpec, ...] = forms.REGISTER

    def __init__(self, line: Line, dialect: Dialect, clock: Clock, signed: Callable[[Renewing], Http]) -> None:
        self._line, self._dialect, self._clock, self._signed = line, dialect, clock, signed
        self.ways: tuple[Way, ...] = forms.WAYS_2 if dialect.statutory_id else forms.WAYS
        self._signin = SignIn(line, dialect)
        self._scope = TaskScope(_report)
        self._seats: dict[str, Seat] = {}
        self._left: list[Seat] = []  # their connections are closed with the next chance
        self._waiting: dict[str, _Waiting] = {}

    @property
    def lacks(self) -> Mapping[str, str]:
        return _LACKS_1 if not self._dialect.own_password else _LACKS_2

    # ── signing in ───────────────────────────────────────────────────────────────────────────────────────────────

    async def sign_in(self, way: str, values: Mapping[str, str], channel: str = "") -> Guest | Challenge:
        """See `GuestDesk.sign_in`. A refusal that may be about the contact becomes a silent Challenge, or has the
        words of a wrong password: nobody is told whether there is such a contact."""
        chosen = forms.way_of(way)
        for secret in forms.secrets_of(chosen.fields, values):
            register_secret(secret)
        asked = forms.asked_of(chosen, values, channel)
        try:
            with _lost(_MAY_HAVE_COME):
                if asked.identity is not None:
                    answer = await self._signin.authenticate(asked.identity)
                else:
                    answer = await self._signin.otp([asked.credential], asked.method)
        except KnownError as error:
            if not verdicts.told_by_vendor(error):
                raise
            answer = self._silent_or_refused(error, chosen, asked)
        explained = "" if asked.by_code else _ALSO_A_CODE
        return self._came(answer, asked.credential, explained)

    def _silent_or_refused(self, error: KnownError, way: Way, asked: forms.Asked) -> answers.Challenge:
        if not asked.by_code:
            has_password = asked.identity is not None and bool(asked.identity.password)
            raise verdicts.sign_in_refused(error, way.fields, password=has_password) from None
        if (refused := verdicts.request_refused(error, way.fields)) is not None:
            raise refused from None
        return answers.Challenge()

    async def verify(self, challenge: Challenge, code: str) -> Guest | Challenge:
        """See `GuestDesk.verify`. Where the vendor was silent about the request there is nothing to hold a code
        against: it is as wrong as any other."""
        waiting = self._waiting.get(challenge.id)
        if waiting is None:
            title = "This request of a code is no longer known here."
            raise CodeRefusedError(title, "Ask for a new code.", fault=CodeFault.EXPIRED)
        named = waiting.auth_otp or self._dialect.otp_form is OtpForm.CREDENTIAL
        if not named:
            raise verdicts.code_refused(RejectedError(""))
        try:
            with _lost(_MAY_BE_USED):
                answer = await self._signin.validate_otp(waiting.auth_otp, code, waiting.asked)
        except KnownError as error:
            if not verdicts.told_by_vendor(error):
                raise
            raise verdicts.code_refused(error) from None
        self._waiting.pop(challenge.id, None)
        return self._came(answer, waiting.asked, _ONE_MORE)

    async def register(self, values: Mapping[str, str]) -> Guest | Challenge:
        """See `GuestDesk.register`."""
        for secret in forms.secrets_of(forms.REGISTER, values):
            register_secret(secret)
        registration = forms.registration_of(values)
        try:
            with _lost(_MAY_BE_REGISTERED):
                answer = await self._signin.register(registration)
        except KnownError as error:
            if not verdicts.told_by_vendor(error):
                raise
            raise verdicts.registration_refused(error, forms.REGISTER) from None
        identity = registration.identity
        asked = Credential(identity.provider, identity.username or identity.phone_number)
        return self._came(answer, asked, "")

    # ── passwords and e-mail ─────────────────────────────────────────────────────────────────────────────────────

    async def forgot_password(self, username: str) -> None:
        """A refusal is as silent as a good answer."""
        try:
            await self._signin.forgot_password(username.strip())
        except KnownError as error:
            if not verdicts.told_by_vendor(error):
                raise

    async def change_password(self, token: str, password: str) -> None:
        given = forms.token_of(token)
        try:
            await self._signin.change_password(given, password)
        except KnownError as error:
            if not verdicts.told_by_vendor(error):
                raise
            raise verdicts.link_refused(error) from None

    async def verify_email(self, token: str) -> None:
        given = forms.token_of(token)
        try:
            await self._signin.verify_email(given)
        except KnownError as error:
            if not verdicts.told_by_vendor(error):
                raise
            raise verdicts.link_refused(error) from None

    # ── who is here ──────────────────────────────────────────────────────────────────────────────────────────────

    def seat(self, remote_id: str) -> Seat | None:
        """The guest's own calls; None for one who is not signed in here."""
        found = self._seats.get(remote_id)
        if found is not None and found.over:
            self.forget(remote_id)
            return None
        return found

    def calls(self, remote_id: str) -> Calls:
        if (seat := self.seat(remote_id)) is None:
            raise away()
        return Calls(seat)

    async def sign_out(self, remote_id: str) -> None:
        """See `GuestDesk.sign_out`. A session that the vendor has ended before needs nothing. Whoever signs in again
        meanwhile has a new seat, and stays."""
        seat = self.seat(remote_id)
        if seat is None:
            return
        del self._seats[remote_id]
        try:
            await seat.signin.sign_out(remote_id)
        except (GuestAwayError, NotFoundError):
            log.debug("a guest's session was over before it was signed out")
        finally:
            self._leave(seat)
            await self._close_left()

    def forget(self, remote_id: str) -> None:
        if (seat := self._seats.pop(remote_id, None)) is not None:
            self._leave(seat)

    def _leave(self, seat: Seat) -> None:
        seat.end()
        self._left.append(seat)

    async def aclose(self) -> None:
        """Every session is gone here; nobody is asked."""
        self._waiting.clear()
        for remote_id in list(self._seats):
            self.forget(remote_id)
        await self._scope.aclose()
        await self._close_left()

    # ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _came(
        self, answer: answers.SignedIn | answers.Challenge, asked: Credential | None, explained: str
    ) -> Guest | Challenge:
        if self._left:  # beside it: nothing stands between the vendor's answer and what is made of it
            self._scope.start(self._close_left(), what="closing the connections of guests who left")
        if isinstance(answer, answers.SignedIn):
            return self._seated(answer)
        name = new_id()
        register_secret(answer.auth_otp)
        self._waiting[name] = _Waiting(answer.auth_otp, asked)
        while len(self._waiting) > MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
        return Challenge(name, answer.sent_to, self._dialect.code_length, explained=explained)

    def _seated(self, answer: answers.SignedIn) -> Guest:
        contact = answer.contact
        if not contact.id:
            raise unreadable("neither the answer nor its token says who signed in", "contact.id")
        register_secret(answer.access_token)
        if (known := self.seat(contact.id)) is not None:
            known.adopt(answer)
        else:
            seat = Seat(contact.id, answer, self._line, self._dialect, self._clock, self._scope, self._signed)
            self._seats[contact.id] = seat
        name = f"{contact.first_name} {contact.last_name}".strip() or contact.company_name
        organisations = tuple(one.name for one in answer.organisations if one.name)
        return Guest(contact.id, name, contact.is_verified, organisations)

    async def _close_left(self) -> None:
        left, self._left = self._left, []
        for seat in left:
            await seat.aclose()


@contextmanager
def _lost(hint: str) -> Iterator[None]:
    """Says what a lost answer means here."""
    try:
        yield
    except InDoubtError as error:
        raise verdicts.lost(error, hint) from None


_LACKS_1: Mapping[str, str] = {
    "change_password": "Version 1 of CRM.COM Self-Service changes a password only with the link that CRM.COM mails: "
    "sign out, then Forgot password.",
    "file": "Version 1 of CRM.COM Self-Service tells only what kind of file it is, not what is in it.",
    "comments": "Version 1 of CRM.COM Self-Service takes no comment with an answer.",
}
_LACKS_2: Mapping[str, str] = {
    "set_consent": "Version 2 of CRM.COM Self-Service has no call for consents.",
    "leave": "In version 2 of CRM.COM Self-Service a contact leaves only at CRM.COM itself: it needs a secret key.",
}


def _report(what: str, error: BaseException) -> None:
    log.error("%s failed", what, exc_info=error)
