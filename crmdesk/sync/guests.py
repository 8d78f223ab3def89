"""Guests at the desk: signing in, and what a signed-in guest may do besides reading and changing the own profile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from crmdesk.core.errors import ForbiddenError, InDoubtError, KnownError, OfflineError, StorageError
from crmdesk.core.fields import FieldKind
from crmdesk.core.guest import Address, Approval, Communication, Guest, GuestDesk, Listing, StoredFile
from crmdesk.core.seams import iso
from crmdesk.core.vendor import Access
from crmdesk.sync.accounts import contacts_of
from crmdesk.sync.guest_queue import Mark, Marks
from crmdesk.sync.guest_sessions import Session, Sessions, SignedIn
from crmdesk.sync.login import LoginSession
from crmdesk.sync.one_contact import keep

__all__ = ["Guests", "SignedIn"]

log = logging.getLogger(__name__)

T = TypeVar("T")


class Guests(Sessions):
    """`services.guests`, on the caller's loop. What a signed-in guest may do raises KnownError; GuestAwayError where
    the session has ended."""

    def begin(self, account_id: int, contact_id: int = 0) -> LoginSession:
        """A sign-in for a dialog, which must close it (`aclose`), at one of `accounts`; ForbiddenError at another one.
        `contact_id`: somebody known here; fields for an e-mail address start with theirs."""
        account, forms = self._checks.known.get(account_id), self._forms.get(account_id)
        if account is None or not account.active or forms is None:
            raise ForbiddenError("Guests cannot sign in at this account.", "Choose another one.")
        session = LoginSession(
            account,
            self._vendors[account.vendor].title,
            _Entrance(self, account_id),
            self._clock,
            ways=forms.ways,
            register_fields=forms.register_fields,
            lacks=forms.lacks,
            on_close=self._logins.discard,
            goodbye=self.say_goodbye,
        )
        self._logins.add(session)
        if contact_id:
            self._scope.start(self._suggest(session, contact_id), what="reading a guest’s e-mail address")
        return session

    async def _suggest(self, session: LoginSession, contact_id: int) -> None:
        rows = await self._reader.rows([contact_id])
        email = rows[0].email if rows else ""  # nobody: removed at this moment
        paths = {spec.path for way in session.ways for spec in way.fields if spec.kind is FieldKind.EMAIL}
        if email and paths:
            session.suggest(dict.fromkeys(paths, email))

    async def _enter(self, account_id: int, guest: Guest) -> int:
        """See `Entrance.enter`. What waits for this guest goes now."""
        account = await self._account(account_id)
        vendor = self._vendors[account.vendor]

        async def there() -> tuple[Access, int]:
            access = await self._checks.open.access(account)
            self._desk_of(access, account).calls(guest.remote_id)
            contact = await contacts_of(access, account).get(guest.remote_id)
            return access, await keep(self._database, vendor, account, contact, self._clock, back=True)

        access, contact_id = await self._network.run(there)
        if not contact_id:
            raise ForbiddenError("This contact was deleted or erased here.", "Restore it in the trash, then try again.")
        before = self._sessions.get(contact_id)
        signed = SignedIn(contact_id, account_id, guest, self._desk_of(access, account).lacks)
        marks = before.marks if before is not None else Marks()
        self._sessions[contact_id] = Session(signed, access, self._clock.monotonic(), marks=marks)
        self._scope.start(self._watch(), what="watching over the guests’ sessions", key="watch", if_busy="keep")
        self._sending.wake()
        self._tell()
        return contact_id

    # ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def communications(
        self,
        contact_id: int,
        page: int,
        archived: bool | None = None,
        viewed: bool | None = None,
        channel: str = "",
    ) -> Listing[Communication]:
        """One page from 1 on; what was marked here before is marked there first."""
        await self._send_marks(self._session(contact_id))
        return await self._call(
            contact_id, lambda calls: calls.communications(page, archived=archived, viewed=viewed, channel=channel)
        )

    async def communication(self, contact_id: int, communication_id: str) -> Communication:
        return await self._call(contact_id, lambda calls: calls.communication(communication_id))

    async def mark_viewed(self, contact_id: int, communication_id: str) -> bool:
        """False: there is no line; it is kept, and done when the line is back (while this session lasts)."""
        return await self._mark(contact_id, communication_id, Mark(viewed=True))

    async def archive(self, contact_id: int, communication_id: str) -> bool:
        """As `mark_viewed`; until it has left, `unarchive_waiting` takes it back."""
        return await self._mark(contact_id, communication_id, Mark(archived=True))

    def unarchive_waiting(self, contact_id: int, communication_id: str) -> bool:
        """True: the archiving that waited is taken back. False: it has left, or there was none."""
        session = self._sessions.get(contact_id)
        taken = session is not None and session.marks.take_back(communication_id)
        if taken:
            self._tell()
        return taken

    def waiting(self, contact_id: int) -> Mapping[str, Mark]:
        """What waits for the line, by message id."""
        session = self._sessions.get(contact_id)
        return session.marks.waiting if session is not None else {}

    async def _mark(self, contact_id: int, communication_id: str, mark: Mark) -> bool:
        session = self._session(contact_id)
        try:
            await self._call(
                contact_id,
                lambda calls: calls.mark(communication_id, viewed=mark.viewed, archived=mark.archived),
            )
        except (OfflineError, InDoubtError):
            session.marks.add(communication_id, mark)
            self._tell()
            return False
        return True

    # ── approvals, addresses, files, the contact itself ──────────────────────────────────────────────────────────

    async def approvals(self, contact_id: int, page: int, state: str = "") -> Listing[Approval]:
        return await self._call(contact_id, lambda calls: calls.approvals(page, state=state))

    async def answer_approval(self, contact_id: int, approval_id: str, *, accept: bool, comments: str = "") -> str:
        """See `GuestCalls.answer_approval`. Never kept for later by itself: OfflineError."""
        return await self._call(
            contact_id, lambda calls: calls.answer_approval(approval_id, accept=accept, comments=comments)
        )

    async def set_consent(self, contact_id: int, state: str) -> None:
        await self._call(contact_id, lambda calls: calls.set_consent(state))

    async def addresses(self, contact_id: int) -> Sequence[Address]:
        return await self._call(contact_id, lambda calls: calls.addresses())

    async def add_address(self, contact_id: int, address: Address) -> str:
        return await self._call(contact_id, lambda calls: calls.add_address(address))

    async def change_address(self, contact_id: int, address: Address) -> None:
        await self._call(contact_id, lambda calls: calls.change_address(address))

    async def remove_address(self, contact_id: int, address_id: str) -> None:
        await self._call(contact_id, lambda calls: calls.remove_address(address_id))

    async def upload(self, contact_id: int, name: str, content: bytes, mime: str) -> str:
        return await self._call(contact_id, lambda calls: calls.upload(name, content, mime))

    async def file(self, contact_id: int, file_id: str) -> StoredFile:
        return await self._call(contact_id, lambda calls: calls.file(file_id))

    async def delete_file(self, contact_id: int, file_id: str) -> None:
        await self._call(contact_id, lambda calls: calls.delete_file(file_id))

    async def printout(self, contact_id: int, entity_type: str, entity_id: str, form: str = "PDF") -> str:
        return await self._call(contact_id, lambda calls: calls.printout(entity_type, entity_id, form))

    async def authorise_wifi(self, contact_id: int, mac_address: str, estimation_id: str, place: str) -> None:
        await self._call(contact_id, lambda calls: calls.authorise_wifi(mac_address, estimation_id, place))

    async def change_password(self, contact_id: int, password: str) -> None:
        await self._call(contact_id, lambda calls: calls.change_password(password))

    async def leave(self, contact_id: int) -> None:
        """The contact leaves the organisation for good: the session is over, and what was saved of it goes, but for
        edits that a person has to decide about."""
        from crmdesk.store import contacts

        session = self._session(contact_id)
        await self._call(contact_id, lambda calls: calls.leave())
        for taken in self._take([contact_id]):
            await self._forget_there(taken)
        now, account_id = iso(self._clock.now()), session.signed.account_id
        await self._database.write(lambda c, t: contacts.remove_contacts(c, t, account_id, [session.remote_id], now))


class _Entrance:
    """See `login.Entrance`."""

    def __init__(self, guests: Guests, account_id: int) -> None:
        self._guests, self._account_id = guests, account_id

    @property
    def offline(self) -> bool:
        return self._guests._checks.working_offline

    async def ask(self, fn: Callable[[GuestDesk], Awaitable[T]]) -> T:
        guests = self._guests
        account = await guests._account(self._account_id)
        found: list[Any] = []

        async def there() -> T:
            desk = guests._desk_of(await guests._checks.open.access(account), account)
            answer = await fn(desk)
            found.append(answer)
            return answer

        try:
            return await guests._network.run(there)
        except asyncio.CancelledError:
            for guest in (answer for answer in found if isinstance(answer, Guest)):
                guests.say_goodbye(self.leave(guest))
            raise

    async def enter(self, guest: Guest) -> int:
        return await self._guests._enter(self._account_id, guest)

    async def leave(self, guest: Guest) -> None:
        guests, account_id = self._guests, self._account_id
        if any(one.account_id == account_id and one.guest.remote_id == guest.remote_id for one in guests.everyone()):
            return  # the same guest has an open card
        try:
            account = await guests._account(account_id)
        except ForbiddenError:
            return  # with the account its guests are gone
        except StorageError:  # the connection is open all the same
            account = guests._checks.known[account_id]

        async def there() -> Access:
            return await guests._checks.open.access(account)

        try:
            access = await guests._network.run(there)
        except KnownError as error:  # it cannot be opened any more, so that nobody is signed in there
            log.info("a guest was signed out here only: %s", error.title)
            return
        await guests._end_there(access, SignedIn(0, account_id, guest, {}))
