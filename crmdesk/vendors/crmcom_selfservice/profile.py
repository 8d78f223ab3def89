"""The signed-in contact: profile, consents, addresses, leaving the organisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crmdesk.core.said import said
from crmdesk.core.types import RemoteContact
from crmdesk.net.http import segment
from crmdesk.net.retry import HURRIED, Patience
from crmdesk.vendors.crmcom_selfservice.answers import Address, Listing
from crmdesk.vendors.crmcom_selfservice.bodies import address_body, contact_body, refused
from crmdesk.vendors.crmcom_selfservice.codec import read_addresses, read_contact
from crmdesk.vendors.crmcom_selfservice.dialect import Dialect
from crmdesk.vendors.crmcom_selfservice.line import Line

CONSENT_STATES = ("ACCEPTED", "REJECTED", "PENDING")
_NOTHING: Mapping[str, Any] = {}
_ADDRESSES = 100  # of one page; the most the vendor's lists give


class Profile:
    """All calls need the token of that contact and raise KnownError. Demographics and preferences have no call here:
    the page only names the first, and hides both."""

    def __init__(self, line: Line, dialect: Dialect) -> None:
        self._line, self._dialect = line, dialect

    async def get(self, contact_id: str, patience: Patience = HURRIED) -> RemoteContact:
        """GET /contacts/{id}, kept as received. NotFoundError only from the vendor's own error body."""
        answer = await self._line.read(_path(contact_id), subject=contact_id, patience=patience)
        return read_contact(answer.body, contact_id)

    async def update(self, contact_id: str, values: Mapping[str, Any], as_read: Mapping[str, Any] = _NOTHING) -> None:
        """PUT /contacts/{id} of these fields only; see `bodies.contact_body`."""
        body = contact_body(values, self._dialect, as_read)
        await self._line.change("PUT", _path(contact_id), body, subject=contact_id)

    async def set_consent(self, contact_id: str, state: str) -> None:
        """PUT /contacts/{id}/consents with one of CONSENT_STATES. Version 1 only. The id that the answer names is not
        looked at: the page's own sample names another one."""
        if state not in CONSENT_STATES:
            raise refused(said("A consent is one of {consent_states}.", consent_states=", ".join(CONSENT_STATES)))
        if not self._dialect.consents:
            raise refused("Version 2 of CRM.COM Self-Service has no call for consents.")
        path = f"{_path(contact_id)}/consents"
        await self._line.change("PUT", path, {"consent_state": state}, subject=contact_id)

    async def unregister(self, contact_id: str) -> None:
        """DELETE /contacts/{id}: the contact leaves the organisation. In version 2 this needs a secret key, which an
        account here does not have: ForbiddenError."""
        await self._line.change("DELETE", _path(contact_id), subject=contact_id)

    # -- addresses -----------------------------------------------------------------------------------------------

    async def addresses(self, contact_id: str, page: int = 1) -> Listing[Address]:
        """GET /contacts/{id}/addresses, up to 100 a page."""
        params = {"page": page, "size": _ADDRESSES}
        answer = await self._line.read(f"{_path(contact_id)}/addresses", params=params, subject=contact_id)
        return read_addresses(answer.body, page, _ADDRESSES)

    async def add_address(self, contact_id: str, address: Address) -> str:
        """POST /contacts/{id}/addresses; the new id, or '' where the answer does not tell it."""
        path = f"{_path(contact_id)}/addresses"
        return await self._line.change("POST", path, address_body(address), subject=contact_id)

    async def change_address(self, contact_id: str, address: Address, before: Address | None = None) -> None:
        """PUT /contacts/{id}/addresses/{address_id}. `before`: as it was read, so that what was emptied is named."""
        path = f"{_path(contact_id)}/addresses/{segment(address.id)}"
        await self._line.change("PUT", path, address_body(address, before), subject=address.id)

    async def remove_address(self, contact_id: str, address_id: str) -> None:
        """DELETE /contacts/{id}/addresses/{address_id}."""
        path = f"{_path(contact_id)}/addresses/{segment(address_id)}"
        await self._line.change("DELETE", path, subject=address_id)


def _path(contact_id: str) -> str:
    return f"/contacts/{segment(contact_id)}"
