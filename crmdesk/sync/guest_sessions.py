"""The guests' sessions at this desk: who is signed in, how a session ends, and what is asked with one.

A session belongs to an open card. Its tokens are inside the vendor's connector and nowhere else; here it is known by
the contact. It ends when the guest is signed out, after a while without `touch`, when the account is changed or
removed, and with the program."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from crmdesk.core.errors import ForbiddenError, KnownError, NotFoundError, OfflineError
from crmdesk.core.fields import FieldSpec
from crmdesk.core.guest import Guest, GuestAwayError, GuestCalls, GuestDesk, Way
from crmdesk.core.listeners import Listeners
from crmdesk.core.said import said
from crmdesk.core.seams import Clock, iso
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import Account
from crmdesk.core.vendor import Access, Vendor
from crmdesk.sync.guest_queue import Mark, Marks, send
from crmdesk.sync.login import LoginSession
from crmdesk.sync.worker import NetworkThread

if TYPE_CHECKING:
    from crmdesk.store.database import Database
    from crmdesk.store.reader import Reader
    from crmdesk.sync.checks import Checks
    from crmdesk.sync.sending import Sending

log = logging.getLogger(__name__)

T = TypeVar("T")

IDLE_SECONDS = 300.0  # without `touch` (reliability 4.3)
LOOK_EVERY = 15.0  # s; idle sessions and waiting marks are looked after so often
LAST_WAIT = 2.0  # s that all sign-outs together may take

OUT = "sign-out of a guest"  # in reports
OFFLINE = ("You are working offline.", "Switch “Working offline” off to ask the vendor.")
AWAY = ("This guest is not signed in any more.", "Sign in again to go on. What was saved here is safe.")
NO_ACCOUNT = ("This account is not in use any more.", "Choose another one.")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A guest with an open session. `lacks`: what this version of the API cannot do, as in `GuestDesk.lacks`."""

    contact_id: int
    account_id: int
    guest: Guest
    lacks: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Forms:
    """What an account's guests are asked; data of the vendor, fetched once so that a dialog can open at once."""

    ways: tuple[Way, ...]
    register_fields: tuple[FieldSpec, ...]
    lacks: Mapping[str, str]


@dataclass(eq=False)
class Session:
    """`access`: the connection that has the tokens; another one has not."""

    signed: SignedIn
    access: Access = field(repr=False)
    touched_at: float
    calls: int = 0  # under way
    marks: Marks = field(default_factory=Marks)
    looked_after: bool = False  # an edit that just missed this sign-in was sent on its way

    @property
    def remote_id(self) -> str:
        return self.signed.guest.remote_id


class Sessions:
    """Used on the caller's loop."""

    def __init__(
        self,
        database: Database,
        reader: Reader,
        vendors: Mapping[str, Vendor],
        network: NetworkThread,
        clock: Clock,
        checks: Checks,
        sending: Sending,
        *,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._database, self._reader, self._vendors = database, reader, vendors
        self._network, self._clock, self._checks, self._sending = network, clock, checks, sending
        self.idle_seconds = idle_seconds
        self._sessions: dict[int, Session] = {}  # by contact
        self._logins: set[LoginSession] = set()
        self._forms: dict[int, Forms] = {}  # by account
        self._told: Listeners[Callable[[], None]] = Listeners()
        self._scope = TaskScope(_report)
        self._goodbyes: set[asyncio.Task[Any]] = set()  # sign-outs under way; whoever began one may be gone
        self._patient_until = 0.0  # by the loop's time; who waits for sign-outs later waits longer
        sending.guest_away = self._missed

    # ── who ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def signed_in(self, contact_id: int) -> SignedIn | None:
        session = self._sessions.get(contact_id)
        return session.signed if session is not None else None

    def everyone(self) -> tuple[SignedIn, ...]:
        return tuple(session.signed for session in self._sessions.values())

    def subscribe(self, fn: Callable[[], None]) -> Callable[[], None]:
        """`fn()` whenever sessions came or went, or a mark that waited has left."""
        return self._told.add(fn)

    def _tell(self) -> None:
        for fn in self._told:
            try:
                fn()
            except Exception:  # a mistake of ours must not keep anybody signed in, nor hide it from the others
                log.exception("telling of the guests’ sessions failed")

    def touch(self, contact_id: int) -> None:
        """Somebody works with this card: its idle time starts anew."""
        if (session := self._sessions.get(contact_id)) is not None:
            session.touched_at = self._clock.monotonic()

    # ── accounts ─────────────────────────────────────────────────────────────────────────────────────────────────

    def accounts(self) -> list[Account]:
        """Where guests can sign in; whoever subscribed is told when there are others."""
        return [account for account in self._checks.known.values() if account.active and account.id in self._forms]

    def start(self) -> None:
        """Looks at all accounts. On the running loop."""
        self._scope.start(self._prepare_all(), what="preparing the guests’ sign-in", key="prepare", if_busy="keep")

    async def _prepare_all(self) -> None:
        for account in await self._checks.accounts():
            await self.prepare(account)

    async def prepare(self, account: Account) -> None:
        """Makes its sign-in ready, anew after a change of the account. Nothing is asked of the vendor."""
        if not (account.active and self._lets_in(account)):
            return

        async def there() -> Forms:
            desk = self._desk_of(await self._checks.open.access(account), account)
            return Forms(desk.ways, desk.register_fields, desk.lacks)

        try:
            self._forms[account.id] = await self._network.run(there)
        except KnownError as error:  # its page says so too, with the check
            log.warning("no guest can sign in at account %s: %s", account.id, error.title)
        self._tell()

    def _lets_in(self, account: Account) -> bool:
        vendor = self._vendors.get(account.vendor)
        return vendor is not None and vendor.guests

    async def _account(self, account_id: int) -> Account:
        """As it is now; ForbiddenError where no guest can sign in there (any more)."""
        try:
            account = await self._checks.account(account_id)
        except NotFoundError:
            raise ForbiddenError(*NO_ACCOUNT) from None
        if not account.active:
            raise ForbiddenError(*NO_ACCOUNT)
        if not self._lets_in(account):
            raise ForbiddenError(said("Guests cannot sign in at {account}.", account=account.title))
        return account

    @staticmethod
    def _desk_of(access: Access, account: Account) -> GuestDesk:
        if access.guests is None:
            raise ForbiddenError(said("Guests cannot sign in at {account}.", account=account.title))
        return access.guests

    # ── signing out ──────────────────────────────────────────────────────────────────────────────────────────────

    async def sign_out(self, contact_id: int, keep: bool = True) -> bool:
        """Ends the session here at once, then at the vendor: False where the vendor could not be told. `keep` False:
        everything that is saved of this guest goes too, edits that wait included. StorageError."""
        endings = [self.say_goodbye(self._end_there(one.access, one.signed)) for one in self._take([contact_id])]
        if not keep:  # beside it: a vendor that is slow must not keep what a person wanted gone
            await self._erase(contact_id)
        if begun := [ending for ending in endings if ending is not None]:
            await asyncio.wait(begun)  # the lock may stop them: that is no end of this
        return all(ending is not None and not ending.cancelled() and ending.result() for ending in endings)

    async def sign_out_all(self) -> None:
        """The lock: sign-ins under way stop, sessions end here at once and at the vendor within two seconds, if it can
        be told. So do those of guests who got in at that very moment."""
        await self._end(tuple(self._logins), self._take(list(self._sessions)))

    async def end_account(self, account_id: int) -> None:
        """As `sign_out_all`, for the guests of one account that is about to be changed or removed."""
        logins = [login for login in self._logins if login.account.id == account_id]
        await self._end(logins, self._take(self._of_account(account_id)))

    def lost_account(self, account_id: int) -> None:
        """Its connection was closed, and with it whoever signed in meanwhile is gone."""
        self._take(self._of_account(account_id))

    def forget_all(self) -> None:
        """At once; nobody is asked."""
        for session in self._take(list(self._sessions)):
            self._scope.start(self._forget_there(session), what="forgetting a guest’s session")

    def stop_logins(self) -> None:
        """A person switched to working offline."""
        for login in tuple(self._logins):
            login.cancel()

    async def aclose(self) -> None:
        """The program ends: everybody is signed out, and no vendor is waited for longer than two seconds. Safe to call
        twice."""
        closing = [(login.aclose(), "end of a sign-in") for login in tuple(self._logins)]
        ending = [(self._end_there(one.access, one.signed), OUT) for one in self._take(list(self._sessions))]
        await self._side_by_side([*closing, *ending])
        await self._scope.aclose()
        self._told.clear()

    def _of_account(self, account_id: int) -> list[int]:
        return [number for number, one in self._sessions.items() if one.signed.account_id == account_id]

    def _take(self, contact_ids: Iterable[int]) -> list[Session]:
        """Out of the list; whoever watches is told."""
        taken = [self._sessions.pop(number) for number in contact_ids if number in self._sessions]
        if taken:
            self._tell()
        return taken

    async def _end(self, logins: Sequence[LoginSession], sessions: Sequence[Session]) -> None:
        """At the vendor."""
        for login in logins:
            login.cancel()
        stopping = [(login.stopped(), "end of a sign-in") for login in logins]
        await self._side_by_side([*stopping, *((self._end_there(one.access, one.signed), OUT) for one in sessions)])

    async def _side_by_side(self, work: Iterable[tuple[Coroutine[Any, Any, object], str]]) -> None:
        """And every other sign-out, also one that begins meanwhile. What takes too long is stopped: the vendor ends a
        session by itself in the end."""
        for coro, what in work:
            self.say_goodbye(coro, what)
        now = asyncio.get_running_loop().time
        self._patient_until = now() + LAST_WAIT
        while self._goodbyes and (left := self._patient_until - now()) > 0:
            await asyncio.wait(self._goodbyes, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        late = tuple(self._goodbyes)
        for task in late:
            task.cancel()
        if late:
            log.info("%s guests were signed out here only: the vendor did not answer in time", len(late))
            await asyncio.wait(late)

    def say_goodbye(self, doing: Coroutine[Any, Any, object], what: str = OUT) -> asyncio.Task[Any] | None:
        """A sign-out that goes on whatever becomes of the dialog or card it began in; the lock and the end of the
        program wait for it."""
        task = self._scope.start(doing, what=what)
        if task is not None:
            self._goodbyes.add(task)
            task.add_done_callback(self._goodbyes.discard)
        return task

    async def _end_there(self, access: Access, signed: SignedIn) -> bool:
        """Best effort; False where the vendor was not told. Here the session is gone in any case."""
        desk, remote_id = access.guests, signed.guest.remote_id
        if desk is None:
            return False
        if self._checks.working_offline:
            await self._network.run(lambda: _forgotten(desk, remote_id))
            return False
        try:
            await self._network.run(lambda: desk.sign_out(remote_id))
        except KnownError as error:
            log.info("a guest was signed out here only: %s", error.title)
            return False
        return True

    async def _forget_there(self, session: Session) -> None:
        if (desk := session.access.guests) is not None:
            await self._network.run(lambda: _forgotten(desk, session.remote_id))

    async def _erase(self, contact_id: int) -> None:
        from crmdesk.store import incoming, traces

        rows = await self._reader.rows([contact_id])
        if rows and (account_id := rows[0].account_id):
            now, told = iso(self._clock.now()), traces.SIGNED_OUT
            await self._database.write(lambda c, t: incoming.forget(c, t, account_id, [contact_id], now, told=told))

    # ── while it lasts ───────────────────────────────────────────────────────────────────────────────────────────

    async def _watch(self) -> None:
        while True:
            try:
                await self.look_after()
            except KnownError as error:  # nobody may stay signed in for that
                log.warning("the guests’ sessions are looked after again later: %s", error.title)
            except Exception:  # likewise
                log.exception("looking after the guests’ sessions failed")
            await asyncio.sleep(min(LOOK_EVERY, max(self.idle_seconds / 4, 0.01)))

    async def look_after(self) -> None:
        """Ends sessions that nobody works with, and does what waited for the line."""
        now = self._clock.monotonic()
        idle = [n for n, one in self._sessions.items() if not one.calls and now - one.touched_at >= self.idle_seconds]
        for session in self._take(idle):
            self.say_goodbye(self._end_there(session.access, session.signed))
        for session in list(self._sessions.values()):
            await self._send_marks(session)

    def line_is_back(self) -> None:
        """What was marked meanwhile goes now."""
        if any(session.marks.waiting for session in self._sessions.values()):
            self._scope.start(self.look_after(), what="marking of messages", key="marks", if_busy="keep")

    def _missed(self, contact_id: int) -> None:
        """An edit of this contact found nobody signed in: either the session has ended, or it has just begun."""
        if (session := self._sessions.get(contact_id)) is not None:
            self._scope.start(self._check(session), what="looking whether a guest is still signed in")

    async def _check(self, session: Session) -> None:
        from crmdesk.store import ops
        from crmdesk.store.database import driver_of

        async def there(_calls: GuestCalls) -> None:
            """Being let in is all that is asked."""

        try:
            await self._do(session, there)
        except GuestAwayError:
            return  # the session is gone, and whoever watches was told
        if not session.looked_after:
            session.looked_after = True
            contact_id, now = session.signed.contact_id, iso(self._clock.now())
            await self._database.write(lambda c, t: ops.make_due_of(driver_of(c), t, contact_id, now))
            self._sending.wake()

    # ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _call(self, contact_id: int, fn: Callable[[GuestCalls], Awaitable[T]]) -> T:
        """`fn` in the network thread, if this guest is signed in and nobody chose to work offline."""
        session = self._session(contact_id)
        if self._checks.working_offline:
            raise OfflineError(*OFFLINE)
        return await self._do(session, fn)

    def _session(self, contact_id: int) -> Session:
        session = self._sessions.get(contact_id)
        if session is None:
            raise GuestAwayError(*AWAY)
        return session

    async def _do(self, session: Session, fn: Callable[[GuestCalls], Awaitable[T]]) -> T:
        session.calls += 1
        try:
            return await self._network.run(lambda: self._there(session, fn))
        except GuestAwayError:
            if self._sessions.get(session.signed.contact_id) is session:
                self._take([session.signed.contact_id])
            raise
        finally:
            session.calls -= 1

    async def _there(self, session: Session, fn: Callable[[GuestCalls], Awaitable[T]]) -> T:
        """In the network thread. A connection that was made anew has none of the guests of the one before."""
        try:
            access = await self._checks.open.access(await self._account(session.signed.account_id))
        except ForbiddenError:
            raise GuestAwayError(*AWAY) from None
        if access is not session.access or access.guests is None:
            raise GuestAwayError(*AWAY)
        return await fn(access.guests.calls(session.remote_id))

    async def _send_marks(self, session: Session) -> None:
        if self._checks.working_offline or not (leaving := session.marks.leave()):
            return
        done: dict[str, Mark] = {}
        try:
            await self._do(session, lambda calls: send(calls, leaving, done))
        except GuestAwayError as error:
            log.info("messages could not be marked any more: %s", error.title)
        finally:
            session.marks.arrived(done)
        if done:
            self._tell()


async def _forgotten(desk: GuestDesk, remote_id: str) -> None:
    desk.forget(remote_id)


def _report(what: str, error: BaseException) -> None:
    log.error("%s failed", what, exc_info=error)
