"""Services: the verbs of the program. The window and the command line act through this object and nothing else.

Its methods run on the caller's loop (one loop for one object); whatever talks to a vendor runs in the network thread.
Store modules are imported when first used: they bring SQLAlchemy, which the first painted window does not wait for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from crmdesk.core.batch import BatchRow, RowOutcome
from crmdesk.core.epoch import EpochStore, MemoryEpochs
from crmdesk.core.errors import ForbiddenError, KnownError, NotFoundError, OfflineError, SettingsError
from crmdesk.core.said import said
from crmdesk.core.seams import Clock, iso, random_fraction
from crmdesk.core.types import PAUSED, Account, AccountState, Cursor, Revision, SavedView
from crmdesk.core.vendor import CheckStep, Vendor
from crmdesk.store.commits import Touched
from crmdesk.store.database import Connection
from crmdesk.sync import capabilities
from crmdesk.sync.accounts import (
    GivenSecrets,
    by_browser,
    changed_settings,
    check_same_server,
    check_secrets,
    check_settings,
    check_title,
    check_unchanged,
    contacts_of,
    identifying,
    is_local,
    names_to_keep,
    not_signed_in,
    same_origin,
    secret_names,
    secrets_for_test,
    selecting,
    without_empty,
)
from crmdesk.sync.browser import BrowserDesk
from crmdesk.sync.cards import Cards
from crmdesk.sync.checks import Checks
from crmdesk.sync.edits import Edits
from crmdesk.sync.guests import Guests
from crmdesk.sync.one_contact import keep
from crmdesk.sync.outcome import RESELECTED, WOULD_REMOVE, PullResult, Removals
from crmdesk.sync.pins import Pins
from crmdesk.sync.privacy import Privacy
from crmdesk.sync.progress import WOULD_ALTER, Phase, StatusBoard
from crmdesk.sync.schedule import CHECK_MINUTES, Timetable
from crmdesk.sync.sending import Sending
from crmdesk.sync.shelf import SecretShelf
from crmdesk.sync.submissions import Submissions
from crmdesk.sync.worker import NetworkThread

if TYPE_CHECKING:
    from crmdesk.store.database import Database
    from crmdesk.store.reader import Reader

NO_TRANSPORTS: Mapping[str, Any] = MappingProxyType({})


class Services:
    """`vendors` by key; `transports` replaces the network by vendor key (practice, tests). Methods raise KnownError
    where the world is at fault, but pulls and `check` never do: their result says how it went."""

    def __init__(
        self,
        database: Database,
        reader: Reader,
        vendors: Mapping[str, Vendor],
        network: NetworkThread,
        board: StatusBoard,
        clock: Clock,
        transports: Mapping[str, Any] = NO_TRANSPORTS,
        *,
        check_minutes: float = CHECK_MINUTES,
        working_offline: bool = False,
        jitter: Callable[[], float] = random_fraction,
        shelf: SecretShelf | None = None,
        epochs: EpochStore | None = None,
    ) -> None:
        self.database = database
        self.reader = reader
        self.vendors = vendors
        self.network = network
        self.board = board
        self.clock = clock
        self._transports = transports
        self._timetable = Timetable(clock, check_minutes, jitter)
        self._shelf = shelf or SecretShelf(database)
        self._checks = Checks(
            database,
            vendors,
            network,
            board,
            clock,
            transports,
            self._timetable,
            self._shelf,
            working_offline=working_offline,
        )
        self.sending = Sending(database, vendors, network, clock, self._checks, self._checks.stamps)
        self.edits = Edits(database, reader, vendors, network, clock, self._checks, self.sending)
        self.cards = Cards(database, vendors, clock, self.edits)
        self.pins = Pins(database, clock)
        self.guests = Guests(database, reader, vendors, network, clock, self._checks, self.sending)
        self.submissions = Submissions(database, vendors, network, clock, self._checks, epochs or MemoryEpochs())
        self.browser = BrowserDesk(self, self._checks, self._shelf, transports)
        self.privacy = Privacy(self, self._checks)
        self._checks.ended = self._check_ended

    # ── checking ─────────────────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Begins the schedule: every account now, one after the other, then by the clock. On the running loop."""
        self._checks.start()
        self.sending.start()
        self.submissions.sending.start()
        self.submissions.jobs.start()
        if not self._transports:  # in practice mode people learn to do it
            self.submissions.looks.start()
        self.guests.start()
        self.cards.start()

    async def aclose(self) -> None:
        """Ends schedule and checks (their checkpoints stay), closes the vendors' connections. Safe to call twice, but
        before `network.close`: the network thread and the database belong to whoever made them."""
        await self.cards.aclose()
        verbs = self.submissions
        await asyncio.gather(*(one.aclose() for one in (self.sending, verbs.sending, verbs.jobs, verbs.looks)))
        await self.guests.aclose()
        await self._checks.aclose()
        await self.network.run(self._checks.open.aclose)

    def practises(self, account: Account) -> bool:
        """What is sent to this account stays on this computer."""
        return account.vendor in self._transports or is_local(account.base_url)

    async def pull(self, account_id: int, *, full: bool = False) -> PullResult:
        """Checks one account now and resets its backoff; joins a check that runs. Cancelling the caller leaves the
        check running: `cancel` ends it. `full` lists everything even if that is not due."""
        return await self._checks.pull(account_id, full=full)

    async def pull_all(self, *, full: bool = False) -> tuple[PullResult, ...]:
        """Checks every account now but those that are paused; returns when all have ended."""
        active = [one.id for one in await self._checks.accounts() if one.active and not one.paused]
        return tuple(await asyncio.gather(*(self.pull(account_id, full=full) for account_id in active)))

    def cancel(self, account_id: int) -> None:
        """Stops the account's check; the board says *Stopping…* at once. Harmless when none runs."""
        self._checks.cancel(account_id)

    @property
    def working_offline(self) -> bool:
        return self._checks.working_offline

    def set_working_offline(self, offline: bool) -> None:
        """The switch: stops all traffic, or starts checking again."""
        self._checks.set_working_offline(offline)
        self.submissions.looks.show()
        if offline:
            self.guests.stop_logins()
        else:
            self.sending.resume(self._checks.known)
            self.submissions.sending.resume(self._checks.known)
            self.submissions.jobs.wake()
            self.submissions.looks.wake()
            self.guests.line_is_back()

    def _check_ended(self, result: PullResult) -> None:
        """A vendor that answers takes changes too."""
        if result.phase is Phase.DONE:
            self.sending.resume([result.account_id])
            before = self._checks.known.get(result.account_id)
            if before is not None and before.state is AccountState.SIGN_IN:
                self.sending.signed_in_again(result.account_id)
            self.guests.line_is_back()

    async def keep_name_order(self, *, by_given: bool) -> None:
        """Lists go by first names for long, or no longer: what makes that quick is kept, or taken away."""
        from crmdesk.store.database import driver_of
        from crmdesk.store.sorting import keep_index

        await self.database.write(lambda c, _touched: keep_index(driver_of(c), by_given=by_given))

    def set_check_minutes(self, minutes: float) -> None:
        """From each account's next check on."""
        self._timetable.set_minutes(minutes)

    async def pause_account(self, account_id: int, paused: bool) -> None:
        """No more checks of it by themselves, also after a restart, or again. *Check now* goes on working, and so does
        sending what was changed here. NotFoundError."""
        from crmdesk.store import accounts

        def store(connection: Connection, touched: Touched) -> None:
            noted = accounts.account(connection, account_id)
            if noted is not None:
                config = {name: value for name, value in noted.config.items() if name != PAUSED}
                accounts.update(connection, touched, account_id, config=config | ({PAUSED: "yes"} if paused else {}))

        await self.database.write(store)
        self._checks.pause(await self._checks.account(account_id))

    async def decide_removals(self, account_id: int, *, accept: bool) -> PullResult:
        """Answers the brake. Accepted: the list is read again, and up to as many contacts as were asked about may go,
        or all get the vendor's values. Kept: they stay as they are, until the next full listing asks again."""
        config = (await self._checks.account(account_id)).config
        if WOULD_ALTER in config:
            answer = Removals(alter=accept, keep_values=not accept)
        else:
            asked = config.get(WOULD_REMOVE, "")
            answer = Removals(agreed=int(asked) if asked.isdecimal() else 0) if accept else Removals(keep=True)
        self._checks.removals[account_id] = answer
        return await self.pull(account_id)

    # ── accounts ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def add_account(
        self,
        vendor_key: str,
        title: str,
        base_url: str,
        credentials: Mapping[str, str],
        *,
        kept: Mapping[str, str] | None = None,
    ) -> Account:
        """Stores account, settings and secrets in one commit; its first check begins. `credentials` go by the paths of
        `Vendor.credentials`; `kept` is what a sign-in with the browser gave (see `browser`). SettingsError names the
        field."""
        from crmdesk.store import accounts

        vendor = self._vendor(vendor_key)
        kept_title = check_title(title, await self._checks.accounts())
        address = vendor.check_base_url(base_url.strip() or vendor.default_base_url)
        settings = check_settings(vendor, credentials)
        kept_secrets = check_secrets(vendor, credentials, settings) | dict(kept or {})
        vendor.check_account(Account(0, vendor.key, kept_title, address, settings))
        if by_browser(vendor, settings) and not kept:
            raise not_signed_in(vendor)

        def store(connection: Connection, touched: Touched) -> Account:
            check_title(kept_title, accounts.accounts(connection))  # two forms may be open
            added = accounts.add(connection, touched, Account(0, vendor.key, kept_title, address, settings))
            self._shelf.store(connection, touched, added.id, kept_secrets)
            return added

        account = await self.database.write(store)
        self._checks.know(account)
        self._checks.soon(account.id)
        await self.guests.prepare(account)
        return account

    async def update_account(
        self,
        account_id: int,
        *,
        title: str | None = None,
        base_url: str | None = None,
        credentials: Mapping[str, str] | None = None,
        kept: Mapping[str, str] | None = None,
    ) -> None:
        """Changes what is not None; of `credentials` what is named in them (an empty secret leaves the stored one).
        `kept` takes the place of what an earlier sign-in with the browser gave.

        Another server or setting needs the secret again, and lists everything anew; to another server nothing that
        waits goes before a person has looked at it. What belongs to another way to sign in goes."""
        from crmdesk.store import accounts, traces
        from crmdesk.store.database import driver_of

        account = await self._checks.account(account_id)
        vendor = self._vendor(account.vendor)
        kept_title = None if title is None else check_title(title, await self._checks.accounts(), account_id)
        address = account.base_url if base_url is None else vendor.check_base_url(base_url.strip())
        given = without_empty(credentials or {})
        settings = check_settings(vendor, {**account.config, **(credentials or {})})
        check_same_server(vendor, account, address, given, settings)
        if address != account.base_url or credentials:
            vendor.check_account(replace(account, base_url=address, config={**account.config, **settings}))
        new_secrets, staying = await self._secrets_after(vendor, account, address, settings, given, kept or {})
        changed = changed_settings(vendor, account, settings)
        moved = address != account.base_url or bool(changed)
        marks = {RESELECTED: "yes"} if changed & selecting(vendor) else {}

        def store(connection: Connection, touched: Touched) -> None:
            noted = accounts.account(connection, account_id) or account  # by a check, meanwhile
            config = {**noted.config, **settings, **marks} if moved else None
            accounts.update(connection, touched, account_id, title=kept_title, base_url=address, config=config)
            self._shelf.store(connection, touched, account_id, new_secrets, only=staying)
            if moved:
                accounts.set_cursor(connection, touched, account_id, Cursor())
            if not same_origin(address, account.base_url):
                traces.park_account(driver_of(connection), touched, account_id, traces.MOVED)

        if moved or new_secrets:
            await self._change(account_id, lambda: self.database.write(store))
            await self._begin_anew(account_id)
        else:
            await self.database.write(store)

    async def _begin_anew(self, account_id: int) -> None:
        """It has another address, other settings or another sign-in."""
        changed = await self._checks.account(account_id)
        self._checks.know(changed)
        self._checks.soon(account_id)
        self.sending.resume([account_id])
        self.submissions.sending.resume([account_id])
        await self.guests.prepare(changed)

    async def _secrets_after(
        self,
        vendor: Vendor,
        account: Account,
        address: str,
        settings: Mapping[str, str],
        given: Mapping[str, str],
        kept: Mapping[str, str],
    ) -> tuple[dict[str, str], AbstractSet[str]]:
        """The secrets that are new with this change of an account, and the names of all that it has then.
        SettingsError."""
        changed = changed_settings(vendor, account, settings)
        anew = bool(changed & identifying(vendor)) or not same_origin(address, account.base_url)
        asked = secret_names(vendor, settings)
        held = await self._shelf.of(account.id, asked)
        new_secrets = check_secrets(vendor, given, settings, held if anew else asked) | dict(kept)
        if anew and by_browser(vendor, settings) and not kept:
            raise not_signed_in(vendor)
        staying = names_to_keep(vendor, settings, held if not (anew or kept) else {}) | new_secrets.keys()
        return new_secrets, staying

    async def check(
        self, vendor_key: str, base_url: str, credentials: Mapping[str, str], account_id: int | None = None
    ) -> tuple[CheckStep, ...]:
        """*Test connection*: Reachable, Sign-in, Rights, in words. Secrets left empty are the stored ones, but only for
        the server they are for. Working offline nothing is tried. Never raises KnownError."""
        if self.working_offline:
            return (CheckStep("Reachable", None, "You are working offline. Switch “Working offline” off to try it."),)
        try:
            vendor = self._vendor(vendor_key)
            address = vendor.check_base_url(base_url.strip() or vendor.default_base_url)
            settings = check_settings(vendor, credentials)
            if by_browser(vendor, settings):
                return await self._check_signed_in(vendor, address, credentials, account_id)
            known = None if account_id is None else await self._checks.account(account_id)
            given = await secrets_for_test(self._shelf, vendor, known, address, credentials, settings)
            account = Account(0, vendor.key, "", address, settings)
            return await self.network.run(lambda: self._check_there(vendor, account, given))
        except KnownError as error:
            elsewhere = getattr(error, "field", "") in ("", "base_url", "vendor")
            return (CheckStep("Reachable" if elsewhere else "Sign-in", False, str(error)),)

    async def _check_signed_in(
        self, vendor: Vendor, address: str, credentials: Mapping[str, str], account_id: int | None
    ) -> tuple[CheckStep, ...]:
        """With the account's own live access: a second one that renews the sign-in would end the first one's."""
        if account_id is None:
            raise not_signed_in(vendor)
        account = await self._checks.account(account_id)
        check_unchanged(vendor, account, address, credentials)

        async def there() -> tuple[CheckStep, ...]:
            return await (await self._checks.open.access(account)).check()

        return await self.network.run(there)

    async def remove_account(self, account_id: int, *, keep_contacts: bool) -> None:
        """Ends its check and takes it out with its secrets. Kept contacts stay readable under a removed account."""
        from crmdesk.store import accounts

        await self._checks.account(account_id)
        await self._change(
            account_id,
            lambda: self.database.write(lambda c, t: accounts.remove(c, t, account_id, keep_contacts=keep_contacts)),
        )
        self._shelf.forget(account_id)
        self._checks.forget(account_id)

    async def _change(self, account_id: int, step: Callable[[], Awaitable[object]]) -> None:
        """As `Checks.change`; its guests are signed out before, as long as the vendor knows them."""
        await self.guests.end_account(account_id)
        try:
            await self._checks.change(account_id, step)
        finally:
            self.guests.lost_account(account_id)

    async def _check_there(self, vendor: Vendor, account: Account, given: Mapping[str, str]) -> tuple[CheckStep, ...]:
        """In the network thread."""
        access = vendor.open_access(account, GivenSecrets(given), self._transports.get(vendor.key))
        try:
            return await access.check()
        finally:
            await access.aclose()

    def _vendor(self, vendor_key: str) -> Vendor:
        vendor = self.vendors.get(vendor_key)
        if vendor is None:
            raise SettingsError(
                said("crmdesk does not know the vendor “{vendor_key}”.", vendor_key=vendor_key), field="vendor"
            )
        return vendor

    # ── contacts, views, searches ────────────────────────────────────────────────────────────────────────────────

    async def refresh_contact(self, contact_id: int) -> None:
        """Reads one contact from its vendor now. NotFoundError where it no longer exists: then it is gone here too, and
        where its account was removed meanwhile.

        It does not wait for a running check: where that stores an older page over it, the next check brings it back."""
        account, remote_id = await self._asked_about(contact_id)
        await self.network.run(lambda: self._refresh_there(account, remote_id))

    async def revisions(self, contact_id: int) -> tuple[Revision, ...]:
        """The earlier states of one contact that its vendor keeps, newest first; nothing is stored of them.

        ForbiddenError where the vendor keeps none; NotFoundError, OfflineError as for `refresh_contact`."""
        account, remote_id = await self._asked_about(contact_id)
        return await self.network.run(lambda: self._revisions_there(account, remote_id))

    async def _asked_about(self, contact_id: int) -> tuple[Account, str]:
        """Account and remote id of a contact that its vendor may be asked about now."""
        detail = await self.reader.detail(contact_id)
        if detail is None:
            raise NotFoundError("This contact is no longer here.")
        account = await self._checks.account(detail.row.account_id)
        if self.working_offline:
            raise OfflineError("You are working offline.", "Switch “Working offline” off to ask the vendor.")
        return account, detail.row.remote_id

    async def _revisions_there(self, account: Account, remote_id: str) -> tuple[Revision, ...]:
        """In the network thread."""
        access = await self._checks.open.access(account)
        if access.history is None:
            vendor = self._vendor(account.vendor)
            raise ForbiddenError(
                self.offer(vendor.key, "history") or said("{vendor} keeps no earlier versions.", vendor=vendor.title)
            )
        return await access.history.revisions(remote_id)

    async def _refresh_there(self, account: Account, remote_id: str) -> None:
        from crmdesk.store import contacts

        vendor = self._vendor(account.vendor)
        source = contacts_of(await self._checks.open.access(account), account)
        asked, stamps = self._checks.stamps.now, self._checks.stamps
        try:
            contact = await source.get(remote_id)
        except NotFoundError:
            now = iso(self.clock.now())
            await self.database.write(lambda c, t: contacts.remove_contacts(c, t, account.id, [remote_id], now))
            raise
        if not stamps.newer(account.id, remote_id, asked):  # else the answer to that write is the newer state
            await keep(self.database, vendor, account, contact, self.clock)

    async def push_contacts(
        self, account_id: int, rows: Sequence[BatchRow], request: Mapping[str, Any]
    ) -> list[RowOutcome]:
        """Sends contacts to a vendor that cannot be read back, in one call; what left is kept and shown here.

        RejectedError before anything is stored, InDoubtError where it may have been done: see `sent.push_contacts`.
        Cancelled while the call is out, the rows are marked unknown."""
        if self.working_offline:
            raise OfflineError("You are working offline.", "Switch “Working offline” off to send. Nothing was sent.")
        return await self.network.run(lambda: self._checks.push(account_id, rows, request))

    async def save_view(self, view: SavedView) -> SavedView:
        from crmdesk.store import accounts

        return await self.database.write(lambda c, t: accounts.save_view(c, t, view))

    async def delete_view(self, view_id: int) -> None:
        from crmdesk.store import accounts

        await self.database.write(lambda c, t: accounts.delete_view(c, t, view_id))

    async def remember_search(self, text: str) -> None:
        from crmdesk.store import accounts

        if text.strip():
            await self.database.write(lambda c, t: accounts.remember_search(c, t, text.strip()))

    async def clear_searches(self) -> None:
        from crmdesk.store import accounts

        await self.database.write(accounts.clear_searches)

    def offer(self, vendor_key: str, action: str) -> str | None:
        """None = available, else the reason for the tooltip."""
        return capabilities.offer(self.vendors.get(vendor_key), action)
