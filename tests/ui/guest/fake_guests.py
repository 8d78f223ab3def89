"""services.guests without services: what is at the vendor as lists, every call written down, faults on demand."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from crmdesk.core.errors import OfflineError
from crmdesk.core.guest import Address, Approval, Communication, Guest, GuestAwayError, Listing, StoredFile
from crmdesk.core.types import Account
from crmdesk.sync.guest_queue import Mark
from crmdesk.sync.guest_sessions import SignedIn

PAGE = 20
OFFLINE = OfflineError("No connection.", "Saved data is shown.")


def message(number: int, **changed: Any) -> Communication:
    made = Communication(
        id=f"M{number}",
        state="COMPLETED",
        channel=("EMAIL", "SMS", "INAPP")[number % 3],
        is_viewed=number % 2 == 0,
        is_archived=False,
        sender="hotel@house.example",
        recipient="ana@house.example",
        subject=f"Message {number}",
        content=f"<p>Hello <b>{number}</b></p>",
        name="Welcome plan",
        created_at="2026-11-20T10:00:00Z",
    )
    return replace(made, **changed)


def approval(number: int, **changed: Any) -> Approval:
    return replace(Approval(f"P{number}", "PENDING", f"E{number}", "ORDER", f"47{number:02}"), **changed)


HOME = Address("HOME", "Makariou 7", "A1", "", True, town_city="Limassol", postal_code="3025", country_code="CYP")


@dataclass
class FakeGuests:
    """`offline`: nothing leaves. `faults` are raised by the next calls, in order (None: this one is done). `calls` has
    every verb with its arguments."""

    messages: list[Communication] = field(default_factory=list)
    requests: list[Approval] = field(default_factory=list)
    stored: list[Address] = field(default_factory=lambda: [HOME])
    lacks: dict[str, str] = field(default_factory=dict)
    offline: bool = False
    told: bool = True  # the vendor hears of a sign-out
    faults: deque[BaseException | None] = field(default_factory=deque)
    hold: Callable[[], Any] | None = None
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    touched: list[int] = field(default_factory=list)
    marks: dict[str, Mark] = field(default_factory=dict)
    files: dict[str, StoredFile] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._signed: dict[int, SignedIn] = {}
        self._told: list[Callable[[], None]] = []

    def verbs(self) -> list[str]:
        return [call[0] for call in self.calls]

    # -- sessions ----------------------------------------------------------------------------------------------------

    def enter(self, contact_id: int, name: str = "Ana Ruiz", account_id: int = 1) -> None:
        guest = Guest(f"R{contact_id}", name, True, ("Seaside Hotels",))
        self._signed[contact_id] = SignedIn(contact_id, account_id, guest, self.lacks)
        self.tell()

    def lose(self, contact_id: int) -> None:
        """The session ends by itself."""
        self._signed.pop(contact_id, None)
        self.marks.clear()
        self.tell()

    def tell(self) -> None:
        for fn in tuple(self._told):
            fn()

    def accounts(self) -> list[Account]:
        return []

    def signed_in(self, contact_id: int) -> SignedIn | None:
        return self._signed.get(contact_id)

    def everyone(self) -> tuple[SignedIn, ...]:
        return tuple(self._signed.values())

    def subscribe(self, fn: Callable[[], None]) -> Callable[[], None]:
        self._told.append(fn)
        return lambda: self._told.remove(fn) if fn in self._told else None

    def touch(self, contact_id: int) -> None:
        self.touched.append(contact_id)

    async def sign_out(self, contact_id: int, keep: bool = True) -> bool:
        self.calls.append(("sign_out", contact_id, keep))
        self.lose(contact_id)
        return self.told

    # -- calls -------------------------------------------------------------------------------------------------------

    async def _call(self, verb: str, contact_id: int, *arguments: Any) -> None:
        self.calls.append((verb, *arguments))
        if contact_id not in self._signed:
            raise GuestAwayError("This guest is not signed in any more.")
        if self.hold is not None:
            await self.hold()
        if self.offline:
            raise OFFLINE
        if self.faults and (fault := self.faults.popleft()) is not None:
            raise fault

    async def communications(
        self, contact_id: int, page: int, archived: bool | None = None, viewed: bool | None = None, channel: str = ""
    ) -> Listing[Communication]:
        await self._call("communications", contact_id, page, archived, viewed, channel)
        found = [
            one
            for one in self.messages
            if archived in (None, one.is_archived) and viewed in (None, one.is_viewed) and channel in ("", one.channel)
        ]
        return _paged(found, page)

    async def communication(self, contact_id: int, communication_id: str) -> Communication:
        await self._call("communication", contact_id, communication_id)
        return next(one for one in self.messages if one.id == communication_id)

    async def mark_viewed(self, contact_id: int, communication_id: str) -> bool:
        return await self._mark(contact_id, communication_id, Mark(viewed=True))

    async def archive(self, contact_id: int, communication_id: str) -> bool:
        return await self._mark(contact_id, communication_id, Mark(archived=True))

    async def _mark(self, contact_id: int, message_id: str, mark: Mark) -> bool:
        try:
            await self._call("archive" if mark.archived else "mark_viewed", contact_id, message_id)
        except OfflineError:
            before = self.marks.get(message_id, Mark())
            self.marks[message_id] = Mark(before.viewed or mark.viewed, before.archived or mark.archived)
            self.tell()
            return False
        self._change(message_id, mark)
        return True

    def _change(self, message_id: str, mark: Mark) -> None:
        at = next(number for number, one in enumerate(self.messages) if one.id == message_id)
        one = self.messages[at]
        self.messages[at] = replace(
            one, is_viewed=one.is_viewed or mark.viewed, is_archived=one.is_archived or mark.archived
        )

    def unarchive_waiting(self, contact_id: int, communication_id: str) -> bool:
        known = self.marks.get(communication_id)
        if known is None or not known.archived:
            return False
        del self.marks[communication_id]
        self.tell()
        return True

    def waiting(self, contact_id: int) -> Mapping[str, Mark]:
        return dict(self.marks)

    def line_is_back(self) -> None:
        """What waited leaves."""
        self.offline = False
        for message_id, mark in tuple(self.marks.items()):
            self._change(message_id, mark)
        self.marks.clear()
        self.tell()

    async def approvals(self, contact_id: int, page: int, state: str = "") -> Listing[Approval]:
        await self._call("approvals", contact_id, page, state)
        return _paged([one for one in self.requests if state in ("", one.state)], page)

    async def answer_approval(self, contact_id: int, approval_id: str, *, accept: bool, comments: str = "") -> str:
        await self._call("answer_approval", contact_id, approval_id, accept, comments)
        at = next(number for number, one in enumerate(self.requests) if one.id == approval_id)
        if self.requests[at].state != "PENDING":
            return self.requests[at].state
        self.requests[at] = replace(self.requests[at], state="APPROVED" if accept else "REJECTED")
        return ""

    async def set_consent(self, contact_id: int, state: str) -> None:
        await self._call("set_consent", contact_id, state)

    async def addresses(self, contact_id: int) -> Sequence[Address]:
        await self._call("addresses", contact_id)
        return tuple(self.stored)

    async def add_address(self, contact_id: int, address: Address) -> str:
        await self._call("add_address", contact_id, address)
        self.stored.append(replace(address, id=f"A{len(self.calls)}"))
        return self.stored[-1].id

    async def change_address(self, contact_id: int, address: Address) -> None:
        await self._call("change_address", contact_id, address)
        self.stored = [address if one.id == address.id else one for one in self.stored]

    async def remove_address(self, contact_id: int, address_id: str) -> None:
        await self._call("remove_address", contact_id, address_id)
        self.stored = [one for one in self.stored if one.id != address_id]

    async def upload(self, contact_id: int, name: str, content: bytes, mime: str) -> str:
        await self._call("upload", contact_id, name, len(content), mime)
        made = f"F{len(self.files) + 1}"
        self.files[made] = StoredFile(made, mime, content)
        return made

    async def file(self, contact_id: int, file_id: str) -> StoredFile:
        await self._call("file", contact_id, file_id)
        return self.files[file_id]

    async def delete_file(self, contact_id: int, file_id: str) -> None:
        await self._call("delete_file", contact_id, file_id)
        del self.files[file_id]

    async def printout(self, contact_id: int, entity_type: str, entity_id: str, form: str = "PDF") -> str:
        await self._call("printout", contact_id, entity_type, entity_id, form)
        if form == "EMAIL":
            return ""
        self.files["PDF"] = StoredFile("PDF", "application/pdf", b"%PDF-1.4 made up")
        return "PDF"

    async def authorise_wifi(self, contact_id: int, mac_address: str, estimation_id: str, place: str) -> None:
        await self._call("authorise_wifi", contact_id, mac_address, estimation_id, place)

    async def change_password(self, contact_id: int, password: str) -> None:
        await self._call("change_password", contact_id, "•" * len(password))

    async def leave(self, contact_id: int) -> None:
        await self._call("leave", contact_id)
        self.lose(contact_id)


def _paged(found: Sequence[Any], page: int) -> Listing[Any]:
    cut = tuple(found[(page - 1) * PAGE : page * PAGE])
    return Listing(cut, page, PAGE, None, more=len(found) > page * PAGE)
