"""GuestCalls of one guest at the desk."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from crmdesk.core.errors import ForbiddenError, KnownError, NotFoundError, RejectedError
from crmdesk.core.guest import Address, Approval, Communication, Listing, StoredFile
from crmdesk.vendors.crmcom_selfservice.inbox import MOST_OF_A_PAGE, Slice
from crmdesk.vendors.crmcom_selfservice.seat import Seat
from crmdesk.vendors.crmcom_selfservice.session import away

PAGE = 20  # messages or requests that are shown at a time
MOST_PAGES = 50  # of a list that is read whole
PENDING = "PENDING"
T = TypeVar("T")


async def _some(page: int, read: Callable[[Slice], Awaitable[Listing[T]]]) -> Listing[T]:
    """From `page` on, until one has something that is wanted: a server may take no notice of what was asked."""
    last = page + MOST_PAGES
    while True:
        found = await read(Slice(page, PAGE))
        if found.entries or not found.more or page == last:
            return replace(found, page=page)
        page += 1


class Calls:
    """See `core.guest.GuestCalls`."""

    def __init__(self, seat: Seat) -> None:
        self._held = seat

    @property
    def _seat(self) -> Seat:
        if self._held.over:
            raise away()
        return self._held

    @property
    def _id(self) -> str:
        return self._held.remote_id

    # ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def communications(
        self, page: int, *, archived: bool | None = None, viewed: bool | None = None, channel: str = ""
    ) -> Listing[Communication]:
        def read(part: Slice) -> Awaitable[Listing[Communication]]:
            return self._seat.inbox.communications(self._id, part, archived=archived, viewed=viewed, channel=channel)

        return await _some(page, read)

    async def communication(self, communication_id: str) -> Communication:
        return await self._seat.inbox.communication(communication_id)

    async def mark(self, communication_id: str, *, viewed: bool = False, archived: bool = False) -> None:
        await self._seat.inbox.mark(communication_id, viewed=viewed, archived=archived)

    # ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def approvals(self, page: int, *, state: str = "") -> Listing[Approval]:
        return await _some(page, lambda part: self._seat.inbox.approvals(self._id, part, state=state))

    async def answer_approval(self, approval_id: str, *, accept: bool, comments: str = "") -> str:
        """The documents have no code for "answered already": after a refusal the request itself is looked at."""
        try:
            await self._seat.inbox.answer_approval(approval_id, accept=accept, comments=comments)
        except (RejectedError, NotFoundError, ForbiddenError) as error:
            if not error.details:  # nothing was sent
                raise
            state = await self._state_of(approval_id, error)
            if state in ("", PENDING):
                raise
            return state
        return ""

    async def _state_of(self, approval_id: str, refusal: KnownError) -> str:
        """'' where the guest has no such request, or where it cannot be read: then the refusal stands."""
        for page in range(1, MOST_PAGES + 1):
            try:
                found = await self._seat.inbox.approvals(self._id, Slice(page, MOST_OF_A_PAGE))
            except KnownError:
                raise refusal from None
            for one in found.entries:
                if one.id == approval_id:
                    return one.state
            if not found.more:
                break
        return ""

    # ── profile ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def set_consent(self, state: str) -> None:
        await self._seat.profile.set_consent(self._id, state)

    async def addresses(self) -> Sequence[Address]:
        found: list[Address] = []
        for page in range(1, MOST_PAGES + 1):
            part = await self._seat.profile.addresses(self._id, page)
            found += part.entries
            if not part.more:
                break
        self._seat.addresses = {address.id: address for address in found}  # a list without paging may come again
        return tuple(self._seat.addresses.values())

    async def add_address(self, address: Address) -> str:
        return await self._seat.profile.add_address(self._id, address)

    async def change_address(self, address: Address) -> None:
        before = self._seat.addresses.get(address.id)
        await self._seat.profile.change_address(self._id, address, before)
        self._held.addresses[address.id] = address

    async def remove_address(self, address_id: str) -> None:
        await self._seat.profile.remove_address(self._id, address_id)

    # ── files ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def upload(self, name: str, content: bytes, mime: str) -> str:
        return await self._seat.documents.upload(name, content, mime)

    async def file(self, file_id: str) -> StoredFile:
        return await self._seat.documents.file(file_id)

    async def delete_file(self, file_id: str) -> None:
        await self._seat.documents.delete_file(file_id)

    async def printout(self, entity_type: str, entity_id: str, form: str = "PDF") -> str:
        return await self._seat.documents.printout(entity_type, entity_id, form)

    # ── the rest ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def authorise_wifi(self, mac_address: str, estimation_id: str, place: str) -> None:
        await self._seat.signin.authorise_wifi(self._id, mac_address, estimation_id, place)

    async def change_password(self, password: str) -> None:
        await self._seat.signin.change_own_password(self._id, password)

    async def leave(self) -> None:
        """The session is worth nothing afterwards."""
        await self._seat.profile.unregister(self._id)
        self._held.end()
