"""What the search thread keeps in memory between searches, and how it follows the commits."""

from __future__ import annotations

from typing import Any

from crmdesk.core.seams import Clock
from crmdesk.core.types import Sort
from crmdesk.store.commits import CommitLog
from crmdesk.store.database import commit_number
from crmdesk.store.driver import Driver
from crmdesk.store.heavy import HeavyWords
from crmdesk.store.in_order import Order
from crmdesk.store.orders import Orders
from crmdesk.store.search import AccountFact, Found, Search
from crmdesk.store.sorting import Sorting
from crmdesk.store.vectors import Vectors

_PATCHED = 64  # contacts put into their places one by one; for more the view order is loaded anew


class Index:
    """Vectors, bitmaps and orders as of a snapshot; used by the search thread alone.

    During a pull the view order is loaded anew at most every `patience` seconds, and at most for a sixth of the time:
    until then new contacts are not found. What is gone is never found."""

    def __init__(self, log: CommitLog, clock: Clock, patience: float) -> None:
        self._log = log
        self._now = clock.monotonic
        self._patience = patience
        self.vectors = Vectors()
        self.heavy = HeavyWords()
        self._orders = Orders(patience)
        self._accounts: list[AccountFact] = []
        self._dear: dict[Any, Found] = {}  # see `Search`
        self._sorting = Sorting()
        self._number = -1  # the newest commit noted
        self._pending: set[int] = set()  # contacts of noted commits that are not applied yet
        self._lost = True  # nothing loaded, or too far behind: start afresh
        self._accounts_asked = False
        self._content = 0  # counts what alters an order
        self._stale = False
        self._load_at = 0.0
        self.fresher_at: float | None = None  # when a search may find more than the last one did

    def follow(self, driver: Driver, sorting: Sorting) -> None:
        """Brings everything to the snapshot of `driver`, as far as patience allows. Where names are sorted by something
        else than before, their order is loaded anew."""
        if sorting is not self._sorting:
            self._sorting = sorting
            self._orders.forget(sorting.countries)
        number = commit_number(driver)
        if number != self._number:
            self._note(number)
        self._catch_up(driver)
        if sorting.names != self.vectors.key or (self._stale and self._now() >= self._load_at):
            self._load(driver)
        self.fresher_at = self._load_at if self._stale else None

    def search(self, driver: Driver) -> Search:
        """The way to evaluate queries in this snapshot; after `follow`."""
        return Search(driver, self.vectors, self.heavy, self._accounts, self._dear)

    def order(self, driver: Driver, sort: tuple[Sort, ...]) -> Order:
        """The view order; call after `follow`."""
        order, fresher_at = self._orders.get(driver, self.vectors, sort, self._content, self._now)
        if fresher_at is not None:
            self.fresher_at = max(fresher_at, self.fresher_at or 0.0)
        return order

    def _note(self, number: int) -> None:
        """Remembers what must be looked up. An interrupt may come at any statement: what was noted stays noted until
        it was applied whole, and applying it twice does no harm."""
        touched = self._log.take(self._number, number)
        if touched is None:
            self._lost = True
        else:
            self._pending |= touched
        self._number = number
        self._accounts_asked = False
        self._dear.clear()

    def _catch_up(self, driver: Driver) -> None:
        if not self._accounts_asked:
            self._ask_accounts(driver)
        if self._lost:
            self.heavy.clear()
            self._load(driver)
            self._lost = False
            self._pending.clear()
        elif self._pending:
            self._apply(driver, self._pending)
            self._pending = set()

    def _ask_accounts(self, driver: Driver) -> None:
        rows = driver.execute("SELECT id, vendor, title, checked_at FROM account").fetchall()
        facts = [AccountFact(*row) for row in rows]
        if facts != self._accounts:
            self._accounts = facts
            self._content += 1
        self._accounts_asked = True

    def _apply(self, driver: Driver, touched: set[int]) -> None:
        self.heavy.patch(driver, touched)
        if len(touched) <= _PATCHED and not self._stale:
            self.vectors.patch(driver, touched)
        else:
            self.vectors.drop_gone(driver, touched)
            self._stale = True
        self._content += 1

    def _load(self, driver: Driver) -> None:
        started = self._now()
        self.vectors.load(driver, self._sorting.names)
        ended = self._now()
        self._load_at = ended + max(self._patience, 5 * (ended - started)) if self._patience else 0.0
        self._stale = False
        self._content += 1
        self._dear.clear()
