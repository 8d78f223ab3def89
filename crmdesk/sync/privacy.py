"""What the desk owes its guests: an extract of what is kept of them, erasing it, and a log of who did what.

`services.privacy`, on the caller's loop. Restricted records may be read and erased like all others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from crmdesk import __version__
from crmdesk.core.changes import PERSON
from crmdesk.core.errors import KnownError, NotFoundError
from crmdesk.core.outbox import NEW, OpKind
from crmdesk.core.privacy import DeskLog, ErasedGuest, Handled, Held, Kept, LogLine
from crmdesk.core.seams import iso
from crmdesk.core.types import Account, Json, Summary
from crmdesk.core.vendor import Vendor
from crmdesk.store.commits import Touched
from crmdesk.store.database import Connection
from crmdesk.sync import capabilities
from crmdesk.sync.extracting import Reading, Record, document

if TYPE_CHECKING:
    from crmdesk.store.personal import Guest
    from crmdesk.sync.checks import Checks
    from crmdesk.sync.services import Services

log = logging.getLogger(__name__)
GONE = ("This contact is no longer here.", "It may have been deleted or erased meanwhile.")
AWAY = "You were working offline."
MOST_RECORDS = 50  # of one person
Tell = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class Todo:
    """What is left to do about one record at its vendor. `why_not`: why it cannot be deleted from here, '' where it
    can; `unsent`: no vendor has it; `deleting`: its deletion waits to be sent; `deleted`: the vendor has done it."""

    name: str
    vendor: str
    account: str
    remote_id: str
    why_not: str = ""
    unsent: bool = False
    deleting: bool = False
    deleted: bool = False


class Privacy:
    """Methods raise KnownError and then have changed nothing."""

    def __init__(self, services: Services, checks: Checks) -> None:
        self._services, self._checks = services, checks
        self._database, self._clock = services.database, services.clock

    # ── who ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def records_of(self, contact_id: int) -> list[int]:
        """The contact, and those that stand for the same person where somebody linked them."""
        card_of = getattr(self._services.reader, "card_of", None)  # the one place where linked records come in
        members: Sequence[Any] = await card_of(contact_id) if card_of is not None else ()
        others = [int(one.id) for one in members if int(one.id) != contact_id]
        return [contact_id, *others][:MOST_RECORDS]

    async def _guests(self, ids: Sequence[int]) -> list[Guest]:
        """In the order of `ids`; NotFoundError where one is neither in the list nor in the trash."""
        trashed = {one.contact_id: one for one in await self._services.reader.trash()}
        accounts = {account.id: account for account in await self._checks.accounts()}
        return [await self._guest(number, trashed.get(number), accounts) for number in ids]

    async def _guest(self, number: int, gone: Any, accounts: Mapping[int, Account]) -> Guest:
        from crmdesk.store.effective import effective, raw_of
        from crmdesk.store.personal import Guest, clues_of

        detail = await self._services.reader.detail(number)
        if detail is None and gone is None:
            raise NotFoundError(*GONE)
        where, name = (detail.row, detail.row.name) if detail is not None else (gone, gone.title)
        vendor = self._vendor(accounts.get(where.account_id))
        found: list[Summary] = []
        if vendor is not None:
            base = raw_of((detail or gone).body.encode("utf-8", "surrogatepass"))
            waiting = effective(vendor, base, detail.ops if detail is not None else ())
            found = [vendor.summarise(raw) for raw in (base, waiting)]
        return Guest(number, where.account_id, where.remote_id, clues_of(name, found))

    def _vendor(self, account: Account | None) -> Vendor | None:
        return self._services.vendors.get(account.vendor) if account is not None else None

    # ── erasing ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def held(self, ids: Sequence[int]) -> Held:
        """How much is kept of these records: what somebody should know before it goes. NotFoundError."""
        from crmdesk.store import personal
        from crmdesk.store.database import driver_of

        guests = await self._guests(ids)
        return await self._database.read(lambda c: personal.held(driver_of(c), guests))

    async def todo(self, ids: Sequence[int]) -> list[Todo]:
        """What has to be done at the vendors, record by record, as the capability map says. NotFoundError."""
        accounts = {account.id: account for account in await self._checks.accounts()}
        reader = self._services.reader
        names = {row.id: row.name for row in await reader.rows(ids)}
        names |= {one.contact_id: one.title for one in await reader.trash()}
        going = {op.contact_id for op in await reader.ops() if op.kind is OpKind.DELETE and op.state.open}
        gone = {one.contact_id for one in await reader.trash()} - going
        found = [(one, self._todo(one, names.get(one.contact_id, ""), accounts)) for one in await self._guests(ids)]
        return [replace(todo, deleting=one.contact_id in going, deleted=one.contact_id in gone) for one, todo in found]

    def _todo(self, guest: Guest, name: str, accounts: Mapping[int, Account]) -> Todo:
        account = accounts.get(guest.account_id)
        vendor = self._vendor(account)
        why = capabilities.REMOVED
        if account is not None:
            why = capabilities.of_account(self._services.vendors, account, "delete") or ""
        return Todo(
            name,
            vendor.title if vendor else "",
            account.title if account else "",
            guest.remote_id,
            why,
            guest.remote_id.startswith(NEW),
        )

    async def erase(self, ids: Sequence[int]) -> list[str]:
        """Everything that is kept here of these records goes, in one commit; their tokens. Whoever of them is signed in
        is signed out before. What the vendors list of them from now on is not stored. NotFoundError, StorageError."""
        from crmdesk.store import guest_erasure
        from crmdesk.store.database import driver_of

        guests = await self._guests(ids)
        for guest in guests:
            if self._services.guests.signed_in(guest.contact_id) is not None:
                await self._services.guests.sign_out(guest.contact_id)
        now, operator = iso(self._clock.now()), self._services.edits.operator
        tokens = await self._database.write(
            lambda c, t: guest_erasure.erase(driver_of(c), t, guests, now, operator), origin=PERSON
        )
        log.info("erased %d records of a guest here", len(guests))
        return [tokens[guest.contact_id] for guest in guests if guest.contact_id in tokens]

    async def erased(self) -> list[ErasedGuest]:
        """Who is kept away, newest first."""
        from crmdesk.store import erased
        from crmdesk.store.database import driver_of

        return await self._database.read(lambda c: erased.listed(driver_of(c)))

    async def let_back(self, token: str) -> None:
        """The guest may be stored again, with the next check of the account. NotFoundError."""
        from crmdesk.store import desk_log, erased
        from crmdesk.store.database import driver_of

        now, operator = iso(self._clock.now()), self._services.edits.operator

        def run(connection: Connection, touched: Touched) -> None:
            found = erased.let_back(connection, touched, driver_of(connection), token)
            if found is None:
                raise NotFoundError("Nobody is kept away under this token any more.")
            desk_log.add(driver_of(connection), LogLine(0, now, operator, Handled.BACK, token, found.account_id, 1))

        await self._database.write(run, origin=PERSON)

    # ── the extract ──────────────────────────────────────────────────────────────────────────────────────────────

    async def extract(self, ids: Sequence[int], tell: Tell | None = None) -> Json:
        """All that is kept of these records, each read from its vendor first where that can be done now. `tell(done,
        all)` after each record. NotFoundError; a vendor that does not answer is only said in it."""
        made = []
        for guest in await self._guests(ids):
            made.append(await self._record(guest))
            if tell is not None:
                tell(len(made), len(ids))
        await self.note(Handled.EXTRACTED, contact_ids=ids)
        return document(
            made, made_at=iso(self._clock.now()), made_by=self._services.edits.operator, program=__version__
        )

    async def _record(self, guest: Guest) -> Record:
        before = await self._kept(guest)
        account = next((one for one in await self._checks.accounts() if one.id == guest.account_id), None)
        reading = await self._read_again(guest, account)
        kept = await self._kept(guest) or before  # the vendor may have said that it is gone
        if kept is None:
            raise NotFoundError(*GONE)
        return Record(kept, account, self._vendor(account), reading)

    async def _kept(self, guest: Guest) -> Kept | None:
        from crmdesk.store import personal
        from crmdesk.store.database import driver_of

        return await self._database.read(lambda c: personal.whole(driver_of(c), guest))

    async def _read_again(self, guest: Guest, account: Account | None) -> Reading:
        """Reads the record from its vendor. What hinders is told, never raised."""
        services, vendor = self._services, self._vendor(account)
        if guest.remote_id.startswith(NEW):
            return Reading(why="No vendor has this contact yet.")
        why = capabilities.of_account(services.vendors, account, "refresh") if account else capabilities.REMOVED
        if vendor is None or why is not None:
            return Reading(why=why or capabilities.UNKNOWN)
        if services.working_offline:
            return Reading(why=AWAY)
        try:
            await services.refresh_contact(guest.contact_id)
        except NotFoundError as error:
            return Reading(why=str(error), gone=True)
        except KnownError as error:
            return Reading(why=str(error))
        fresh = Reading(fresh=True, at=iso(self._clock.now()))
        if services.offer(vendor.key, "history") is not None:
            return fresh
        try:
            earlier = await services.revisions(guest.contact_id)
        except KnownError as error:
            return Reading(fresh=True, at=fresh.at, why_no_earlier=str(error))
        return Reading(fresh=True, at=fresh.at, earlier=tuple(earlier))

    # ── the log ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def note(
        self,
        did: Handled,
        *,
        contact_ids: Sequence[int] = (),
        contacts: int = 0,
        fields: Sequence[str] = (),
        note: str = "",
    ) -> None:
        """Writes down what somebody did with guests' data: a line for each of `contact_ids`, else one line about
        `contacts` of them. `fields` are labels, never values."""
        from crmdesk.store import desk_log, pseudonyms
        from crmdesk.store.database import driver_of

        rows = await self._services.reader.rows(contact_ids) if contact_ids else []
        now, operator = iso(self._clock.now()), self._services.edits.operator

        def run(connection: Connection, _touched: Any) -> None:
            driver = driver_of(connection)
            key = pseudonyms.make_key(driver)
            for row in rows:
                who = pseudonyms.token(key, row.account_id, row.remote_id) if row.account_id else ""
                desk_log.add(driver, LogLine(0, now, operator, did, who, row.account_id, 1, tuple(fields), note))
            if not rows:
                desk_log.add(driver, LogLine(0, now, operator, did, "", 0, contacts, tuple(fields), note))

        await self._database.write(run)

    async def log(self) -> DeskLog:
        """Everything that was written down, newest first."""
        from crmdesk.store import desk_log
        from crmdesk.store.database import driver_of

        return await self._database.read(lambda c: desk_log.lines(driver_of(c)))
