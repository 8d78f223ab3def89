"""How each account's check is going, in words for people, and the board that shows it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from crmdesk.core.listeners import Listeners
from crmdesk.core.said import listed, said, said_of
from crmdesk.core.types import Account, AccountState

if TYPE_CHECKING:
    from crmdesk.core.vendor import Vendor


class Phase(Enum):
    """Where an account's check stands."""

    IDLE = "idle"  # not checked since the program started
    CONNECTING = "connecting"
    LISTING = "listing"
    CHECKING = "checking"  # the pages are read; what is missing is being asked for one by one
    DONE = "done"
    STOPPING = "stopping"
    STOPPED = "stopped"
    OFFLINE = "offline"
    WAITING = "waiting"  # the vendor asked us to slow down
    FAILED = "failed"
    SIGN_IN = "sign in"
    BRAKED = "braked"  # too many contacts would vanish
    READY = "ready"  # its vendor is only written to: there is no list to fetch

    @property
    def running(self) -> bool:
        return self in RUNNING


WOULD_ALTER = "would_alter"  # in an account's config: how many contacts would get other values, as the brake asks
RUNNING = frozenset({Phase.CONNECTING, Phase.LISTING, Phase.CHECKING, Phase.STOPPING})


@dataclass(frozen=True, slots=True)
class Progress:
    """One account's check. `page` of `pages` and `contacts` of `total` count this listing (None = not announced).

    `new`, `changed` and `removed` count what this check altered here. `retry_at` is when it goes on by itself after a
    trouble, `next_at` when the next check is due. `details` are for *Copy details*: no secrets, no guest's data."""

    account_id: int
    phase: Phase = Phase.IDLE
    page: int = 0
    pages: int | None = None
    contacts: int = 0
    total: int | None = None
    text: str = ""
    hint: str = ""
    retry_at: datetime | None = None
    new: int = 0
    changed: int = 0
    removed: int = 0
    next_at: datetime | None = None
    details: tuple[tuple[str, str], ...] = ()
    alters: bool = False  # BRAKED asks about contacts that would get other values, not about vanished ones


class Connection(Enum):
    """The connection word of the status bar."""

    ONLINE = "Online"
    OFFLINE = "Offline"
    WORKING_OFFLINE = "Working offline"
    PRACTICE = "Practice"


Listener = Callable[[], None]


class StatusBoard:
    """The last word about every account. Written from any thread; listeners are called through `post`.

    `post` is e.g. the GUI loop's `call_soon_threadsafe`. However often the board is written before a delivery runs,
    listeners are called once and then look (`of`, `connection`, `all`)."""

    def __init__(self, post: Callable[[Callable[[], None]], object] | None = None) -> None:
        self._post = post or (lambda deliver: deliver())
        self._guard = threading.Lock()
        self._progress: dict[int, Progress] = {}
        self._connection = Connection.ONLINE
        self._listeners: Listeners[Listener] = Listeners()
        self._due = False

    @property
    def connection(self) -> Connection:
        return self._connection

    @connection.setter
    def connection(self, word: Connection) -> None:
        if word is not self._connection:
            self._connection = word
            self._tell()

    def of(self, account_id: int) -> Progress:
        """IDLE for an account nobody has checked yet."""
        return self._progress.get(account_id) or Progress(account_id)

    def all(self) -> Mapping[int, Progress]:
        return dict(self._progress)

    def put(self, progress: Progress) -> None:
        """A page that was on its way when the check was cancelled does not replace *Stopping…*."""
        if self.of(progress.account_id).phase is Phase.STOPPING and progress.phase.running:
            return
        self._progress[progress.account_id] = progress
        self._tell()

    def forget(self, account_id: int) -> None:
        """The account is gone."""
        if self._progress.pop(account_id, None) is not None:
            self._tell()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Returns the function that ends the subscription (harmless when called twice)."""
        return self._listeners.add(listener)

    def _tell(self) -> None:
        with self._guard:
            if self._due:
                return
            self._due = True
        self._post(self._deliver)

    def _deliver(self) -> None:
        with self._guard:
            self._due = False
        for listener in self._listeners:
            listener()


def page_text(page: int, pages: int | None) -> str:
    """Page 4 of 9."""
    if pages and pages >= page:
        return said("Page {page} of {pages}", page=page, pages=pages)
    return said("Page {page}", page=page)


def number_text(number: int) -> str:
    """31 240, grouped by a narrow space that does not break: right in every language."""
    return f"{number:,}".replace(",", "\u202f")


def counted(number: int, one: str, many: str) -> str:
    """1 contact, 2 contacts."""
    return f"1 {one}" if number == 1 else f"{number_text(number)} {many}"


def clock_text(moment: datetime, now: datetime) -> str:
    """`14:05` on the same local day as `now`, else `2026-11-21 14:05`."""
    local, today = moment.astimezone(), now.astimezone()
    return local.strftime("%H:%M" if local.date() == today.date() else "%Y-%m-%d %H:%M")


def done_text(new: int, changed: int, removed: int) -> str:
    """`3 new, 1 changed.` or `Nothing has changed.`"""
    parts = (
        said_of(new, "1 new", "{n} new") if new else "",
        said_of(changed, "1 changed", "{n} changed") if changed else "",
        said_of(removed, "1 removed", "{n} removed") if removed else "",
    )
    return said("{counts}.", counts=listed(parts)) if any(parts) else "Nothing has changed."


def offline_text(vendor_title: str, checked_at: str, now: datetime) -> str:
    """What is known without a connection; `checked_at` is the account's last good check (UTC ISO or '')."""
    if not checked_at:
        return said("No saved data for {vendor} yet; it needs one connection.", vendor=vendor_title)
    saved = clock_text(datetime.fromisoformat(checked_at), now)
    return said("No connection. You are working with data saved at {time}.", time=saved)


_PHASES = {
    AccountState.OFFLINE: Phase.OFFLINE,
    AccountState.SIGN_IN: Phase.SIGN_IN,
    AccountState.FAILED: Phase.FAILED,
    AccountState.BRAKED: Phase.BRAKED,
}


def remembered(account: Account, vendor: Vendor | None) -> Progress:
    """What the board says of an account before its first check in this run: how the last one ended, or why there is
    none."""
    if vendor is not None and not vendor.lists:
        return Progress(account.id, Phase.READY, text=vendor.lacks["pull"])
    return Progress(
        account.id,
        _PHASES.get(account.state, Phase.IDLE),
        contacts=account.contacts,
        text=account.reason,
        alters=WOULD_ALTER in account.config,
    )
