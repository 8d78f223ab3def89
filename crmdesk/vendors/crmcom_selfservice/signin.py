"""Sign-in, one-time codes, passwords and registration: the calls that make a session, or end it.

Codes, passwords and tokens are only ever passed on; nothing here keeps, logs or words one.
"""

from __future__ import annotations

from collections.abc import Sequence

from crmdesk.core.errors import NotFoundError, RejectedError, SignInNeededError
from crmdesk.core.said import said
from crmdesk.net.http import segment
from crmdesk.net.redact import register_secret
from crmdesk.vendors.crmcom_selfservice.answers import Challenge, SignedIn
from crmdesk.vendors.crmcom_selfservice.bodies import (
    Credential,
    Identity,
    Registration,
    credentials_body,
    identity_body,
    otp_body,
    refused,
    registration_body,
    validate_body,
)
from crmdesk.vendors.crmcom_selfservice.codec import read_challenge, read_session
from crmdesk.vendors.crmcom_selfservice.dialect import Dialect
from crmdesk.vendors.crmcom_selfservice.line import Line


class SignIn:
    """The calls for one application. All raise KnownError; a refusal of 400 is a RejectedError in the vendor's words,
    one of 401 says that the API key (or the refresh token) is not accepted."""

    def __init__(self, line: Line, dialect: Dialect) -> None:
        self._line, self._dialect = line, dialect

    # -- sessions ------------------------------------------------------------------------------------------------

    async def authenticate(self, identity: Identity) -> SignedIn | Challenge:
        """POST /contacts/authenticate. A challenge where the vendor wants a code first, whatever was sent; a silent one
        where it says nothing to a name without a password."""
        answer = await self._line.ask("POST", "/contacts/authenticate", identity_body(identity, self._dialect))
        by_code = identity.provider in ("EMAIL", "PHONE") and not identity.password
        return Challenge() if by_code and not answer.body.strip() else read_session(answer.body)

    async def probe(self) -> None:
        """A sign-in of nobody: shows that address and key are right. Nobody is named, so nobody is sent a message.

        What is hoped for is CRM.COM's own refusal of the request; any other answer raises as `authenticate` does."""
        body = identity_body(Identity("EMAIL"), self._dialect)
        try:
            answer = await self._line.ask("POST", "/contacts/authenticate", body, write=False)
        except (RejectedError, NotFoundError):
            return
        read_session(answer.body)

    async def register(self, registration: Registration) -> SignedIn | Challenge:
        """POST /contacts/register: a session, a challenge, or a session that also names where a code went."""
        return await self._session("/contacts/register", registration_body(registration, self._dialect))

    async def validate_otp(self, auth_otp: str, code: str, asked: Credential | None = None) -> SignedIn | Challenge:
        """POST /contacts/validate-otp in the dialect's form; `asked` is what the code was requested with."""
        return await self._session(self._dialect.validate_otp, validate_body(auth_otp, code, asked, self._dialect))

    async def refresh(self, refresh_token: str) -> SignedIn | Challenge:
        """POST /contacts/refresh, with the token in header and body (the page has it in both). Sent once: a token may
        be good for one use only."""
        register_secret(refresh_token)
        body = {"refresh_token": refresh_token} if self._dialect.refresh_in_body else None
        answer = await self._line.ask("POST", "/contacts/refresh", body, extra={"refresh_token": refresh_token})
        return read_session(answer.body)

    async def sign_out(self, contact_id: str) -> None:
        """POST /contacts/{id}/sign_out: ends the session at the vendor."""
        await self._line.change("POST", f"/contacts/{segment(contact_id)}/sign_out", subject=contact_id)

    # -- codes ---------------------------------------------------------------------------------------------------

    async def otp(self, credentials: Sequence[Credential], send_method: str) -> Challenge:
        """POST /contacts/otp: a code goes out by SMS or EMAIL. A silent challenge where the vendor says nothing."""
        answer = await self._line.ask("POST", "/contacts/otp", otp_body(credentials, send_method, self._dialect))
        return read_challenge(answer.body)

    async def find(self, credentials: Sequence[Credential]) -> Challenge:
        """POST /contacts/validate: is there such a contact? The page has lost this call's path; a public client calls
        it so, and reads an `auth_otp`. By the page the answer is empty: a silent challenge, which here means yes."""
        answer = await self._line.ask("POST", "/contacts/validate", credentials_body(credentials, self._dialect))
        return read_challenge(answer.body)

    # -- passwords and e-mail ------------------------------------------------------------------------------------

    async def forgot_password(self, username: str) -> None:
        """POST /contacts/forgot_password: CRM.COM mails a link, if there is such a contact."""
        await self._line.change_unsigned("POST", "/contacts/forgot_password", {"username": username})

    async def change_password(self, token: str, password: str) -> None:
        """POST /contacts/change_password with the token of that link."""
        for secret in (token, password):
            register_secret(secret)
        await self._line.change_unsigned("POST", "/contacts/change_password", {"token": token, "password": password})

    async def change_own_password(self, contact_id: str, password: str) -> None:
        """POST /contacts/{id}/change_password of the signed-in contact. Version 2; RejectedError in version 1."""
        if not self._dialect.own_password:
            raise refused("Version 1 changes a password only with the link that CRM.COM mails.")
        register_secret(password)
        path = f"/contacts/{segment(contact_id)}/change_password"
        await self._line.change("POST", path, {"password": password}, subject=contact_id)

    async def verify_email(self, token: str) -> None:
        """GET /contacts/verify_email/{token}; whatever page a good answer shows is not looked at. Sent once."""
        register_secret(token)
        path = "/contacts/verify_email"
        if self._dialect.verify_in_query:
            await self._line.ask("GET", path, params={"token": token})
        else:
            await self._line.ask("GET", f"{path}/{segment(token)}")

    # -- Wi-Fi ---------------------------------------------------------------------------------------------------

    async def authorise_wifi(self, contact_id: str, mac_address: str, estimation_id: str, place: str = "") -> None:
        """POST /contacts/{id}/wifi/authorization. `place` is the integration (v1's sample) or the site (version 2).

        RejectedError where the contact is on the Wi-Fi with another device already."""
        body = {self._dialect.wifi_place: place} if place else {}
        body |= {"mac_address": mac_address, "estimation_id": estimation_id}
        await self._line.change_unsigned("POST", f"/contacts/{segment(contact_id)}/{self._dialect.wifi}", body)

    async def _session(self, path: str, body: object) -> SignedIn | Challenge:
        return read_session((await self._line.ask("POST", path, body)).body)


def code_needed(challenge: Challenge) -> SignInNeededError:
    """What is said where the vendor answers a password with a code."""
    sent = (
        said("CRM.COM wants a one-time code for this sign-in and has sent one to {place}.", place=challenge.sent_to)
        if challenge.sent_to
        else "CRM.COM wants a one-time code for this sign-in and has sent one."
    )
    return SignInNeededError(
        sent,
        "Such a contact cannot be checked by itself: leave e-mail address and password of the account empty, and "
        "sign it in at the desk.",
    )
