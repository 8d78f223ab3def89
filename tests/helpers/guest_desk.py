"""A vendor in memory whose guests sign in at the desk: people, passwords, codes, messages, approvals, and faults.

server = GuestServer()                     # what is at the vendor, over a MemoryVendor of profiles
vendor = guest_vendor(server)              # for Services; key "guests"
server.faults.append(OfflineError("…"))    # raised before the next request is done
server.lost.append(InDoubtError("…"))      # raised after it was done
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from crmdesk.core.errors import NotFoundError, Problem, RejectedError
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.guest import (
    Address,
    Approval,
    Challenge,
    CodeFault,
    CodeRefusedError,
    Communication,
    Guest,
    GuestAwayError,
    Listing,
    StoredFile,
    Tab,
    Way,
)
from crmdesk.core.outbox import FieldChange
from crmdesk.core.types import Account, Cursor, Page, RemoteContact
from crmdesk.core.vendor import Access, CheckStep, Secrets, Vendor, Written
from tests.helpers.memory_vendor import MemoryVendor, vendor_of

ANA, BEN = "1", "2"  # remote ids of the two who can sign in
PASSWORD = "canary-password-of-ana"
EMAIL = FieldSpec("email", "E-mail", FieldKind.EMAIL, required=True, source="memory")
CHANNELS = (("SMS", "Text message"), ("EMAIL", "E-mail"))
WAYS = (
    Way(
        "password",
        Tab.PASSWORD,
        "E-mail and password",
        (EMAIL, FieldSpec("password", "Password", FieldKind.PASSWORD, required=True, source="memory")),
    ),
    Way("code", Tab.CODE, "E-mail", (EMAIL,), CHANNELS),
    Way(
        "card",
        Tab.CODE,
        "Gift card",
        (
            FieldSpec("number", "Card number", required=True, source="memory"),
            FieldSpec("pin", "PIN", FieldKind.SECRET, required=True, source="memory"),
        ),
        CHANNELS,
    ),
)
REGISTER = (EMAIL, FieldSpec("name", "Name", required=True, source="memory"))


@dataclass
class Person:
    """Somebody who can sign in."""

    remote_id: str
    name: str
    email: str
    password: str = PASSWORD
    card: tuple[str, str] = ("GC-1", "canary-pin-4711")


@dataclass
class _Code:
    person: Person | None
    code: str
    used: bool = False


@dataclass
class GuestServer:
    """`requests` names every call that arrived; `running` and `most` count those at the same time. `hold`: requests
    hang until it is False. `silent`: nobody is told where a code went. `wants_code`: a password is answered by a
    challenge. `second`: a right code is answered by one more challenge, once. `counts`: tries left are told, from this
    many on; with none left the vendor refuses all codes. `code`: the newest one."""

    profiles: MemoryVendor = field(default_factory=lambda: MemoryVendor(3))
    faults: deque[BaseException | None] = field(default_factory=deque)
    lost: deque[BaseException | None] = field(default_factory=deque)
    requests: list[str] = field(default_factory=list)
    hold: bool = False
    silent: bool = False
    wants_code: bool = False
    second: bool = False
    counts: int | None = None
    running: int = 0
    most: int = 0
    code: str = ""
    expired: bool = False
    signed: set[str] = field(default_factory=set)  # whose session lives at the vendor
    mailed: list[str] = field(default_factory=list)
    messages: dict[str, list[Communication]] = field(default_factory=dict)
    asked: dict[str, list[Approval]] = field(default_factory=dict)
    addresses: dict[str, list[Address]] = field(default_factory=dict)
    files: dict[str, StoredFile] = field(default_factory=dict)
    consents: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.people = [
            Person(ANA, "Ana Ruiz", "ana@house.example"),
            Person(BEN, "Ben Hür", "ben@house.example", card=("GC-2", "canary-pin-4712")),
        ]
        for person in self.people:
            if person.remote_id in self.profiles.contacts:
                self.profiles.edit(person.remote_id, name=person.name, email=person.email)
        self._codes: dict[str, _Code] = {}
        self._made = 0

    async def answer(self, what: str) -> None:
        """One request arrives."""
        self.requests.append(what)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(0)
            while self.hold:
                await asyncio.sleep(0.001)
            if self.faults and (fault := self.faults.popleft()) is not None:
                raise fault
        finally:
            self.running -= 1

    def done(self) -> None:
        """It was done; its answer may be lost."""
        if self.lost and (fault := self.lost.popleft()) is not None:
            raise fault

    def challenge(self, person: Person | None, explained: str = "") -> Challenge:
        """A new code; older ones of the same person no longer count."""
        for known in self._codes.values():
            known.used = known.used or known.person is person
        self._made += 1
        self.code, number = f"{100000 + self._made * 7}", f"canary-auth-otp-{self._made}"
        self._codes[number] = _Code(person, self.code)
        sent_to = "" if self.silent or person is None else f"{person.email[:1]}•••@house.example"
        return Challenge(number, sent_to, length=6, explained=explained)

    def checked(self, challenge: Challenge, code: str) -> Person:
        known = self._codes[challenge.id]
        if self.counts == 0:
            raise CodeRefusedError("Too many tries.", fault=CodeFault.TOO_MANY, wait=30.0)
        if self.expired:
            raise CodeRefusedError("Too late.", fault=CodeFault.EXPIRED)
        if known.used or known.code != code or known.person is None:
            if self.counts is not None:
                self.counts -= 1
            raise CodeRefusedError(f"“{code}” is wrong.", tries_left=self.counts)
        known.used = True
        return known.person

    def sign_in(self, person: Person) -> Guest:
        self.signed.add(person.remote_id)
        return Guest(person.remote_id, person.name, True)


class MemoryGuestDesk:
    """GuestDesk of one access: it knows whom it has signed in."""

    ways, register_fields = WAYS, REGISTER

    def __init__(self, server: GuestServer) -> None:
        self.server = server
        self.sessions: set[str] = set()
        self.lacks: Mapping[str, str] = {"authorise_wifi": "There is no Wi-Fi in memory."}

    async def sign_in(self, way: str, values: Mapping[str, str], channel: str = "") -> Guest | Challenge:
        await self.server.answer(f"sign in {way} {channel}".strip())
        person = self._person(way, values)
        if way == "password" and (person is None or person.password != values.get("password")):
            refused = Problem("password", "wrong", f"“{values.get('password')}” is not the password.")
            raise RejectedError("The e-mail address or the password is not right.", problems=(refused,))
        if way != "password" or self.server.wants_code:
            if person is None and not self.server.silent:
                raise NotFoundError("There is no such contact.")
            found: Guest | Challenge = self.server.challenge(person)
        else:
            assert person is not None
            found = self._let_in(person)
        self.server.done()
        return found

    def _person(self, way: str, values: Mapping[str, str]) -> Person | None:
        given = (values.get("number"), values.get("pin")) if way == "card" else values.get("email")
        return next((one for one in self.server.people if given == (one.card if way == "card" else one.email)), None)

    def _let_in(self, person: Person) -> Guest:
        guest = self.server.sign_in(person)
        self.sessions.add(person.remote_id)
        return guest

    async def verify(self, challenge: Challenge, code: str) -> Guest | Challenge:
        await self.server.answer("verify")
        person = self.server.checked(challenge, code)
        if self.server.second:
            self.server.second = False
            return self.server.challenge(person)
        self.server.done()
        return self._let_in(person)

    async def register(self, values: Mapping[str, str]) -> Guest | Challenge:
        await self.server.answer("register")
        if any(one.email == values.get("email") for one in self.server.people):
            raise RejectedError(
                "This cannot be registered.", problems=(Problem("email", "taken", "This address is taken."),)
            )
        remote_id = self.server.profiles.make(name=values["name"], email=values["email"])
        person = Person(remote_id, values["name"], values["email"])
        self.server.people.append(person)
        self.server.done()
        return self.server.challenge(person)

    async def forgot_password(self, username: str) -> None:
        await self.server.answer("forgot password")
        self.server.mailed.append(username)
        self.server.done()

    async def change_password(self, token: str, password: str) -> None:
        await self.server.answer("change password")
        if token != "canary-link-token":
            raise RejectedError("This link is not valid any more.", "Ask for a new one.")
        self.server.people[0].password = password
        self.server.done()

    async def verify_email(self, token: str) -> None:
        await self.server.answer("verify email")
        if token != "canary-link-token":
            raise RejectedError("This link is not valid any more.", "Ask for a new one.")
        self.server.done()

    def calls(self, remote_id: str) -> MemoryGuestCalls:
        self.check(remote_id)
        return MemoryGuestCalls(self, remote_id)

    def check(self, remote_id: str) -> None:
        """GuestAwayError where the session is gone, here or at the vendor."""
        if remote_id not in self.sessions or remote_id not in self.server.signed:
            self.sessions.discard(remote_id)
            raise GuestAwayError("This guest is not signed in.")

    async def sign_out(self, remote_id: str) -> None:
        self.sessions.discard(remote_id)
        await self.server.answer("sign out")
        self.server.signed.discard(remote_id)

    def forget(self, remote_id: str) -> None:
        self.sessions.discard(remote_id)


class MemoryGuestCalls:
    """GuestCalls; lists have ten entries a page."""

    def __init__(self, desk: MemoryGuestDesk, remote_id: str) -> None:
        self.desk, self.server, self.remote_id = desk, desk.server, remote_id

    async def _answer(self, what: str) -> None:
        self.desk.check(self.remote_id)
        await self.server.answer(what)
        self.desk.check(self.remote_id)

    async def communications(
        self, page: int, *, archived: bool | None = None, viewed: bool | None = None, channel: str = ""
    ) -> Listing[Communication]:
        await self._answer("communications")
        found = [
            one
            for one in self.server.messages.get(self.remote_id, [])
            if archived in (None, one.is_archived) and viewed in (None, one.is_viewed) and channel in ("", one.channel)
        ]
        return _paged(found, page)

    async def communication(self, communication_id: str) -> Communication:
        await self._answer("communication")
        return self._message(communication_id)

    def _message(self, communication_id: str) -> Communication:
        known = self.server.messages.get(self.remote_id, [])
        found = next((one for one in known if one.id == communication_id), None)
        if found is None:
            raise NotFoundError("This message no longer exists.")
        return found

    async def mark(self, communication_id: str, *, viewed: bool = False, archived: bool = False) -> None:
        await self._answer(f"mark {communication_id}{' viewed' * viewed}{' archived' * archived}")
        before, known = self._message(communication_id), self.server.messages[self.remote_id]
        after = replace(before, is_viewed=before.is_viewed or viewed, is_archived=before.is_archived or archived)
        known[known.index(before)] = after
        self.server.done()

    async def approvals(self, page: int, *, state: str = "") -> Listing[Approval]:
        await self._answer("approvals")
        return _paged([one for one in self.server.asked.get(self.remote_id, []) if state in ("", one.state)], page)

    async def answer_approval(self, approval_id: str, *, accept: bool, comments: str = "") -> str:
        await self._answer(f"answer {approval_id} {accept}")
        known = self.server.asked.get(self.remote_id, [])
        before = next(one for one in known if one.id == approval_id)
        if before.state != "PENDING":
            return before.state
        known[known.index(before)] = replace(before, state="APPROVED" if accept else "REJECTED")
        self.server.done()
        return ""

    async def set_consent(self, state: str) -> None:
        await self._answer(f"consent {state}")
        self.server.consents[self.remote_id] = state
        self.server.done()

    async def addresses(self) -> Sequence[Address]:
        await self._answer("addresses")
        return tuple(self.server.addresses.get(self.remote_id, ()))

    async def add_address(self, address: Address) -> str:
        await self._answer("add address")
        known = self.server.addresses.setdefault(self.remote_id, [])
        known.append(replace(address, id=f"A{len(known) + 1}"))
        self.server.done()
        return known[-1].id

    async def change_address(self, address: Address) -> None:
        await self._answer("change address")
        known = self.server.addresses.get(self.remote_id, [])
        known[[one.id for one in known].index(address.id)] = address
        self.server.done()

    async def remove_address(self, address_id: str) -> None:
        await self._answer("remove address")
        known = self.server.addresses.get(self.remote_id, [])
        self.server.addresses[self.remote_id] = [one for one in known if one.id != address_id]
        self.server.done()

    async def upload(self, name: str, content: bytes, mime: str) -> str:
        await self._answer("upload")
        made = StoredFile(f"F{len(self.server.files) + 1}", mime, content)
        self.server.files[made.id] = made
        self.server.done()
        return made.id

    async def file(self, file_id: str) -> StoredFile:
        await self._answer("file")
        if file_id not in self.server.files:
            raise NotFoundError("This file no longer exists.")
        return self.server.files[file_id]

    async def delete_file(self, file_id: str) -> None:
        await self._answer("delete file")
        self.server.files.pop(file_id, None)
        self.server.done()

    async def printout(self, entity_type: str, entity_id: str, form: str = "PDF") -> str:
        await self._answer(f"printout {form}")
        if form == "EMAIL":
            return ""
        return await self.upload("printout.pdf", b"%PDF-1.4 made up", "application/pdf")

    async def authorise_wifi(self, mac_address: str, estimation_id: str, place: str) -> None:
        await self._answer("wifi")
        self.server.done()

    async def change_password(self, password: str) -> None:
        await self._answer("new password")
        next(one for one in self.server.people if one.remote_id == self.remote_id).password = password
        self.server.done()

    async def leave(self) -> None:
        await self._answer("leave")
        self.server.profiles.remove(self.remote_id)
        self.server.signed.discard(self.remote_id)
        self.server.done()


def _paged(found: Sequence[Any], page: int) -> Listing[Any]:
    cut = tuple(found[(page - 1) * 10 : page * 10])
    return Listing(cut, page, 10, total=len(found), more=len(found) > page * 10)


class GuestProfiles:
    """ContactSource and ContactWriter of an access: only who is signed in can be read and changed."""

    whole = True

    def __init__(self, desk: MemoryGuestDesk) -> None:
        self.desk, self.profiles = desk, desk.server.profiles
        self.can, self.request = self.profiles.can, self.profiles.request
        self.create, self.find_created, self.delete = (
            self.profiles.create, self.profiles.find_created, self.profiles.delete,
        )  # fmt: skip

    async def pages(self, cursor: Cursor) -> AsyncIterator[Page]:
        """The API lists nobody."""
        await asyncio.sleep(0)
        yield Page((), number=1, total=0, pages=1, full=False)

    async def get(self, remote_id: str) -> RemoteContact:
        self.desk.check(remote_id)
        return await self.profiles.get(remote_id)

    async def update(self, base: RemoteContact, changes: Sequence[FieldChange], orders: Sequence[str] = ()) -> Written:
        self.desk.check(base.remote_id)
        return await self.profiles.update(base, changes, orders)


def guest_vendor(server: GuestServer, opened: list[MemoryGuestDesk] | None = None, key: str = "guests") -> Vendor:
    """The vendor around `server`; every access that is opened is noted in `opened`."""
    seen: list[MemoryGuestDesk] = [] if opened is None else opened

    def open_access(account: Account, secrets: Secrets, transport: Any) -> Access:
        desk = MemoryGuestDesk(server)
        seen.append(desk)

        async def check() -> tuple[CheckStep, ...]:
            return (CheckStep("Reachable", True, "The server answers."),)

        async def aclose() -> None:
            desk.sessions.clear()

        source = GuestProfiles(desk)
        return Access(check=check, aclose=aclose, contacts=source, writer=source, guests=desk)

    plain = vendor_of(server.profiles, key=key)
    return replace(plain, title="Guest House", open_access=open_access, guests=True)
