"""CRM.COM Self-Service as a source of contacts: the guests who sign in at the desk, and the one contact whose e-mail
address and password the account has, if it has any."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from crmdesk.core.errors import ForbiddenError, NotFoundError, ProtocolError, SettingsError
from crmdesk.core.seams import SystemClock
from crmdesk.core.types import Account, Cursor, Page, RemoteContact
from crmdesk.core.vendor import Access, CheckStep, Secrets
from crmdesk.net.probe import check_connection
from crmdesk.net.retry import READS
from crmdesk.vendors.crmcom_selfservice.api import TITLE, SelfService, dialect_of
from crmdesk.vendors.crmcom_selfservice.dialect import DIALECTS, V1
from crmdesk.vendors.crmcom_selfservice.line import check_key
from crmdesk.vendors.crmcom_selfservice.writer import Writer

_HINTS = {
    ProtocolError: "The address starts with https:// and mostly ends in /self-service/v1.",
    ForbiddenError: "The key must be one for self-service, of the organisation the contact has joined.",
}


class Contacts:
    """ContactSource. The API lists nobody: the listing is one page with the account's own contact, or with nobody, and
    says nothing about guests whose profiles were read when they signed in (`Page.partial`)."""

    whole = True

    def __init__(self, api: SelfService, account: Account) -> None:
        self._api = api
        self._account = account

    async def pages(self, cursor: Cursor) -> AsyncIterator[Page]:
        """See `ContactSource.pages`. There are no changes to ask for, so every listing is a full one.

        Where CRM.COM itself says that the contact it has just signed in no longer exists, the page is empty and names
        the contact as removed; any other failure is raised and no page comes. Without a contact of its own, address and
        key are tried and nobody is asked about."""
        dialect_of(self._account)
        if not self._api.has_own:
            await self._api.signin.probe()
            yield Page((), number=1, pages=1, partial=True)
            return
        contact_id = await self._api.contact_id()
        try:
            contact = await self._api.profile.get(contact_id, READS)
        except NotFoundError:
            yield Page((), number=1, removed=(contact_id,), total=0, pages=1, partial=True)
            return
        yield Page((contact,), number=1, total=1, pages=1, partial=True)

    async def get(self, remote_id: str) -> RemoteContact:
        """A guest who is signed in here, or the account's own contact. GuestAwayError for anybody else, without
        asking."""
        dialect_of(self._account)
        return await (await self._api.profile_of(remote_id)).get(remote_id)


async def check(api: SelfService, account: Account, secrets: Secrets) -> tuple[CheckStep, ...]:
    """The three lines of *Test connection*: a fresh sign-in and the own profile, or, without a contact of its own, a
    sign-in of nobody. Never raises KnownError."""

    async def prepare() -> None:
        check_key(account.config.get("api_key", ""))
        password = await secrets.get("password")
        if api.has_own and not password:
            hint = "Enter it, or leave the e-mail address empty: then guests sign in at the desk."
            raise SettingsError("The password of the contact is missing.", hint, field="password")
        if password and not api.has_own:
            hint = "Enter it, or leave the password empty, too: then guests sign in at the desk."
            raise SettingsError("The e-mail address of the contact is missing.", hint, field="email")
        dialect_of(account)

    async def probe() -> str:
        if not api.has_own:
            await api.signin.probe()
            return "Guests sign in at the desk. Whether they may read and change their profiles shows then."
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

    accepted = "API key, e-mail address and password are accepted." if api.has_own else "The API key is accepted."
    return await check_connection(TITLE, prepare=prepare, probe=probe, accepted=accepted, hints=_HINTS)


def open_access(account: Account, secrets: Secrets, transport: Any = None) -> Access:
    """Live slots of one account. `transport` replaces the network. SettingsError for an address that can't be used; a
    version that does not fit the address is told by every slot, before anything is sent."""
    dialect = DIALECTS.get(account.config.get("dialect", ""), V1)
    api = SelfService(account, secrets, dialect, SystemClock(), transport)
    return Access(
        check=lambda: check(api, account, secrets),
        aclose=api.aclose,
        contacts=Contacts(api, account),
        writer=Writer(api, account, dialect),
        guests=api.desk,
    )
