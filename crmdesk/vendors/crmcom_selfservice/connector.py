"""CRM.COM Self-Service as a source of contacts: one, the contact whose e-mail address and password the account has."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from crmdesk.core.errors import ForbiddenError, NotFoundError, ProtocolError, SettingsError, SignInNeededError
from crmdesk.core.seams import SystemClock
from crmdesk.core.types import Account, Cursor, Page, RemoteContact
from crmdesk.core.vendor import Access, CheckStep, Secrets
from crmdesk.net.probe import check_connection
from crmdesk.net.retry import READS
from crmdesk.vendors.crmcom_selfservice.api import TITLE, SelfService, dialect_of
from crmdesk.vendors.crmcom_selfservice.dialect import DIALECTS, V1
from crmdesk.vendors.crmcom_selfservice.line import check_key

_HINTS = {
    ProtocolError: "The address starts with https:// and mostly ends in /self-service/v1.",
    ForbiddenError: "The key must be one for self-service, of the organisation the contact has joined.",
}


class Contacts:
    """ContactSource. The API lists nobody: the listing is one page with the signed-in contact."""

    whole = True

    def __init__(self, api: SelfService, account: Account) -> None:
        self._api = api
        self._account = account

    async def pages(self, cursor: Cursor) -> AsyncIterator[Page]:
        """See `ContactSource.pages`. There are no changes to ask for, so every listing is a full one.

        Where CRM.COM itself says that the contact it has just signed in no longer exists, the page is empty and names
        the contact as removed; any other failure is raised and no page comes."""
        dialect_of(self._account)
        contact_id = await self._api.contact_id()
        try:
            contact = await self._api.profile.get(contact_id, READS)
        except NotFoundError:
            yield Page((), number=1, removed=(contact_id,), total=0, pages=1)
            return
        yield Page((contact,), number=1, total=1, pages=1)

    async def get(self, remote_id: str) -> RemoteContact:
        """The signed-in contact again. ForbiddenError for any other, without asking: a guest's token must not be tried
        on other guests."""
        dialect_of(self._account)
        contact_id = await self._api.contact_id()
        if remote_id != contact_id:
            raise ForbiddenError(
                "CRM.COM Self-Service shows only the contact who is signed in.",
                "This is another one. Sign in as that contact to see it.",
            )
        return await self._api.profile.get(contact_id)


async def check(api: SelfService, account: Account, secrets: Secrets) -> tuple[CheckStep, ...]:
    """The three lines of *Test connection*: a fresh sign-in and the own profile. Never raises KnownError."""

    async def prepare() -> None:
        check_key(account.config.get("api_key", ""))
        if not account.config.get("email", "").strip():
            raise SettingsError("The e-mail address of the contact is missing.", "Enter it.", field="email")
        if not await secrets.get("password"):
            raise SignInNeededError("The password of the contact is missing.", "Enter it.")
        dialect_of(account)

    async def probe() -> str:
        api.forget()
        contact_id = await api.contact_id()
        try:
            await api.profile.get(contact_id)
        except NotFoundError:
            raise ForbiddenError(
                "The contact can sign in but has no profile in this organisation.",
                "It may have left the organisation; it has to register again.",
            ) from None
        return "May read the profile of the contact who signs in. Other contacts are not shown by this API."

    accepted = "API key, e-mail address and password are accepted."
    return await check_connection(TITLE, prepare=prepare, probe=probe, accepted=accepted, hints=_HINTS)


def open_access(account: Account, secrets: Secrets, transport: Any = None) -> Access:
    """Live slots of one account. `transport` replaces the network. SettingsError for an address that can't be used; a
    version that does not fit the address is told by every slot, before anything is sent."""
    dialect = DIALECTS.get(account.config.get("dialect", ""), V1)
    api = SelfService(account, secrets, dialect, SystemClock(), transport)
    return Access(check=lambda: check(api, account, secrets), aclose=api.aclose, contacts=Contacts(api, account))
