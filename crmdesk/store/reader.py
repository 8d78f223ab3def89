"""The only thing windows read contacts through."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from crmdesk.core.cards import UNDECIDED, Member, Pair, Verdict
from crmdesk.core.changes import Changes
from crmdesk.core.errors import StorageError
from crmdesk.core.outbox import SENT_SHOWN_HOURS, Draft, HistoryLine, Op, OutboxCounts, Trashed
from crmdesk.core.query import Query, top_terms, without
from crmdesk.core.seams import iso
from crmdesk.core.text import sort_key
from crmdesk.core.types import Account, ContactDetail, ContactRow, SavedView, Sort
from crmdesk.store import accounts, cards, contact_events, edits, history_reads, operators, ops
from crmdesk.store.database import Database, driver_of
from crmdesk.store.document import field_of, hidden_words, wanted_words
from crmdesk.store.driver import Driver
from crmdesk.store.lanes import Read
from crmdesk.store.packed import unpack
from crmdesk.store.rows import documents_of, rows_by_id
from crmdesk.store.sorting import FAMILY, GIVEN, Sorting
from crmdesk.store.submission_reads import SubmissionReader

if TYPE_CHECKING:  # numpy is loaded by the first search, in its thread
    from crmdesk.store.in_order import InOrder
    from crmdesk.store.index import Index
    from crmdesk.store.vectors import Ids

T = TypeVar("T")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_DIGITS = "0123456789"
_WARMED_ON = 100_000  # hits of a word from which the words that go on from it are warmed too


@dataclass(frozen=True, slots=True)
class Hits:
    """What a search found. `ids`: in view order, not to be altered, the whole vector where nothing was asked. `total`:
    contacts in scope without the query. `first`: the rows of the first ids, ready to paint. `strays`: those of `ids`
    that do not match and were to be kept."""

    ids: Ids | InOrder
    total: int
    first: list[ContactRow]
    query: Query
    strays: frozenset[int] = frozenset()


class Searching:
    """A search under way."""

    def __init__(self, read: Read[tuple[Hits, float | None]], catch_up_at: Callable[[float], None]) -> None:
        self._read = read
        self._catch_up_at = catch_up_at

    def wait(self, seconds: float) -> Hits | None:
        """Blocks for at most `seconds`; None if the hits are not there yet."""
        found = self._read.wait(seconds)
        return None if found is None else self._taken(found)

    async def result(self) -> Hits:
        """A cancelled caller ends the search."""
        return self._taken(await self._read.result())

    def cancel(self) -> None:
        self._read.cancel()

    def _taken(self, found: tuple[Hits, float | None]) -> Hits:
        hits, fresher_at = found
        if fresher_at is not None:
            self._catch_up_at(fresher_at)
        return hits


class Reader:
    """Reads of the window, from any asyncio loop; a cancelled one ends at once.

    `patience`: seconds that new contacts may be missing from searches while many come in."""

    def __init__(self, database: Database, *, patience: float = 1.0) -> None:
        self._database = database
        self._patience = patience
        self._sorting = Sorting()
        self._kept: Index | None = None
        self.submissions = SubmissionReader(database)
        self._catching_up: asyncio.TimerHandle | None = None

    def sort_names(self, *, by_given: bool) -> None:
        """What an order by name goes by, from the next search on: the first name, or the family name as at first. In
        the search thread this takes 0.5 s at a million contacts."""
        self._sorting = replace(self._sorting, names=GIVEN if by_given else FAMILY)

    def sort_countries(self, names: Mapping[str, str]) -> None:
        """What an order by country goes by, from the next search on: code → the name on screen, folded."""
        self._sorting = replace(self._sorting, countries=names)

    # ── searching ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def search(
        self,
        query: Query,
        *,
        sort: tuple[Sort, ...] = (Sort(),),
        account_id: int | None = None,
        first: int = 80,
    ) -> Hits:
        """All contacts that match, exactly counted, with the rows of the first `first`.

        Where the index is behind a running pull, the feed says `listing` again once it has caught up."""
        return await self.begin_search(query, sort=sort, account_id=account_id, first=first).result()

    def begin_search(
        self,
        query: Query,
        *,
        sort: tuple[Sort, ...] = (Sort(),),
        account_id: int | None = None,
        first: int = 80,
        keep: frozenset[int] = frozenset(),
    ) -> Searching:
        """`search`, begun at once: most searches end within a part of a frame, and whoever waits that long paints the
        key and its hits together. On the loop that will await it. `keep`: contacts that stay although they no longer
        match."""

        def run(index: Index, driver: Driver) -> tuple[Hits, float | None]:
            return _search(index, driver, _Asked(query, sort, account_id, keep), first), index.fresher_at

        return Searching(self._database.begin_read(self._with_index(run), lane="search"), self._catch_up_at)

    async def blocking_terms(self, query: Query, account_id: int | None = None) -> list[tuple[str, int]]:
        """For each top-level term of a query without hits: its text, and how many contacts match without it."""

        def count(index: Index, driver: Driver) -> list[tuple[str, int]]:
            return [
                (
                    query.text[term.start : term.end],
                    len(_find(index, driver, _Asked(without(query, place), account_id=account_id))[0]),
                )
                for place, term in enumerate(top_terms(query))
            ]

        return await self._searching(count)

    async def warm(self) -> None:
        """Loads view order, accounts and the bitmaps of heavy words while no search waits. After the first paint."""
        await self._searching(lambda _index, _driver: None, idle=True)
        for mark in await self._searching(lambda index, driver: index.search(driver).endings(), idle=True):
            await self._searching(partial(_warm_ending, mark), idle=True)
        words = [*_LETTERS, *_DIGITS]
        for word in words:
            if await self._searching(partial(_warm, word), idle=True) > (0 if len(word) == 1 else _WARMED_ON):
                words += [word + more for more in (_LETTERS if word[0] in _LETTERS else _DIGITS)]

    async def _searching(self, fn: Callable[[Index, Any], T], *, idle: bool = False) -> T:
        """Runs `fn` in the search thread with the index at the snapshot's state."""

        return await self._database.read(self._with_index(fn), lane="search", idle=idle)

    def _with_index(self, fn: Callable[[Index, Any], T]) -> Callable[[sa.Connection], T]:
        def run(connection: sa.Connection) -> T:
            driver = driver_of(connection)
            index = self._index()
            index.follow(driver, self._sorting)
            return fn(index, driver)

        return run

    def _index(self) -> Index:
        if self._kept is None:
            from crmdesk.store.index import Index

            self._kept = Index(self._database.log, self._database.clock, self._patience)
        return self._kept

    def _catch_up_at(self, moment: float) -> None:
        """Once the index may be loaded again, does so and tells the windows to search again."""
        if self._catching_up is None:
            delay = max(0.0, moment - self._database.clock.monotonic())
            self._catching_up = asyncio.get_running_loop().call_later(delay, self._catch_up)

    def _catch_up(self) -> None:
        self._catching_up = None

        def run(connection: sa.Connection) -> None:
            self._index().follow(driver_of(connection), self._sorting)
            self._database.feed.emit(Changes(listing=True))

        with contextlib.suppress(StorageError):  # closed meanwhile: nobody is left to tell
            self._database.when_idle(run, lane="search")

    # ── rows and details ─────────────────────────────────────────────────────────────────────────────────────────────

    async def rows(self, ids: Sequence[int], query: Query | None = None) -> list[ContactRow]:
        """Rows in the order of `ids`; a contact that vanished gives a row of empty texts. With `query`, `found_in`
        names the hidden field that matched."""
        wanted = [int(contact_id) for contact_id in ids]
        return await self._database.read(lambda connection: _rows(driver_of(connection), wanted, query))

    def begin_rows(self, ids: Sequence[int], query: Query | None = None) -> Read[list[ContactRow]]:
        """`rows`, begun at once, for whoever waits a part of a frame."""
        wanted = [int(contact_id) for contact_id in ids]
        return self._database.begin_read(lambda connection: _rows(driver_of(connection), wanted, query))

    async def detail(self, contact_id: int) -> ContactDetail | None:
        """One contact whole, None if it is gone."""
        found = await self._database.read(lambda connection: _details(driver_of(connection), [contact_id]))
        return found[0] if found else None

    def begin_details(self, ids: Sequence[int]) -> Read[list[ContactDetail]]:
        """Details in the order of `ids`, begun at once; vanished contacts are left out."""
        return self._database.begin_read(partial(_details_of, [int(contact_id) for contact_id in ids]))

    async def each(self, ids: Sequence[int], chunk: int = 500) -> AsyncIterator[list[ContactDetail]]:
        """Details of many contacts in the order of `ids`, `chunk` at a time; vanished ones are left out."""
        for start in range(0, len(ids), chunk):
            wanted = [int(contact_id) for contact_id in ids[start : start + chunk]]
            yield await self._database.read(partial(_details_of, wanted))

    async def position_of(self, ids: Ids | InOrder, prefix: str) -> int:
        """The first row whose name starts with or comes after `prefix`, in ids sorted by name; len(ids) if none."""

        key = sort_key(prefix)
        if key == sort_key(""):
            return 0  # nothing typed yet; the key of an empty name stands last

        def place(connection: sa.Connection) -> int:
            from crmdesk.store.in_order import whole
            from crmdesk.store.vectors import first_with_key

            return first_with_key(driver_of(connection), whole(ids), key, self._sorting.names)

        return await self._database.read(place)

    # ── the outbox ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def ops(self, shown: str = "open") -> list[Op]:
        """Oldest first. `open`: what is not at its vendor yet, and what was sent in the last day; `all`: everything
        that is kept."""
        since = iso(self._database.clock.now() - timedelta(hours=SENT_SHOWN_HOURS))
        return await self._database.read(lambda c: ops.listed(driver_of(c), since, everything=shown == "all"))

    async def op(self, op_id: int) -> Op | None:
        return await self._database.read(lambda c: ops.op_by_id(driver_of(c), op_id))

    async def theirs(self, op_id: int) -> str:
        """The vendor's JSON text as it was read when the op became a conflict, else ''."""
        return await self._database.read(lambda c: ops.theirs_of(driver_of(c), op_id))

    async def outbox_counts(self) -> OutboxCounts:
        return await self._database.read(lambda c: ops.counts(driver_of(c)))

    async def history(self, contact_id: int) -> list[HistoryLine]:
        """What was done to a contact here, and sent about it in bulk, newest first."""

        def read(connection: sa.Connection) -> list[HistoryLine]:
            driver = driver_of(connection)
            here, sent = ops.lines(driver, contact_id), contact_events.lines(driver, contact_id)
            return sorted([*here, *sent], key=lambda line: line.at, reverse=True) if sent else here

        return await self._database.read(read)

    async def deeds(self, text: str = "") -> list[history_reads.Deed]:
        """What was done to any contact, newest first, see `history_reads.newest`."""
        return await self._database.read(lambda c: history_reads.newest(driver_of(c), text))

    async def drafts(self) -> list[Draft]:
        """Newest first."""
        return await self._database.read(lambda c: ops.drafts(driver_of(c)))

    async def draft(self, key: str) -> Draft | None:
        return await self._database.read(lambda c: ops.draft_by_key(driver_of(c), key))

    async def trash(self) -> list[Trashed]:
        """Contacts deleted here, newest first."""
        return await self._database.read(lambda c: edits.trash(driver_of(c)))

    # ── guest cards ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def pairs(self, limit: int, offset: int = 0, verdicts: Sequence[Verdict] = UNDECIDED) -> list[Pair]:
        """Records that may be one person, the highest score first, what was put off last; linked ones are left out."""
        return await self._database.read(lambda c: cards.pairs(driver_of(c), limit, offset, verdicts))

    async def pair_count(self, verdicts: Sequence[Verdict] = UNDECIDED) -> int:
        return await self._database.read(lambda c: cards.count(driver_of(c), verdicts))

    async def pairs_of(self, contact_id: int) -> list[Pair]:
        """All of one contact, those called different too, undecided ones first."""
        return await self._database.read(lambda c: cards.pairs_of(driver_of(c), contact_id))

    async def card_of(self, contact_id: int) -> tuple[Member, ...]:
        """The records of the contact's guest card, its own too; () where it is on none."""
        return await self._database.read(lambda c: cards.members(driver_of(c), contact_id))

    # ── accounts and views ───────────────────────────────────────────────────────────────────────────────────────────

    async def accounts(self) -> list[Account]:
        """All accounts with their numbers of cached contacts, in the order of the navigation."""
        return await self._database.read(accounts.accounts)

    async def views(self) -> list[SavedView]:
        return await self._database.read(accounts.views)

    async def search_names(self) -> tuple[list[str], list[str]]:
        """What may follow `by:` and `event:`: everybody who changed something here, and the kinds that were sent about
        contacts."""

        def read(connection: sa.Connection) -> tuple[list[str], list[str]]:
            driver = driver_of(connection)
            return operators.known(driver), contact_events.kinds(driver)

        return await self._database.read(read)

    async def recent_searches(self) -> list[str]:
        """Newest first."""
        return await self._database.read(accounts.recent_searches)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a search is for."""

    query: Query
    sort: tuple[Sort, ...] = (Sort(),)
    account_id: int | None = None
    keep: frozenset[int] = frozenset()


def _find(index: Index, driver: Driver, asked: _Asked) -> tuple[Ids | InOrder, int, frozenset[int]]:
    """(ids in view order, contacts in scope, those that do not match)."""
    import numpy as np

    from crmdesk.core.query import Everything
    from crmdesk.store.in_order import InOrder

    order, search = index.order(driver, asked.sort), index.search(driver)
    everything, total = isinstance(asked.query.node, Everything), len(order.ids)
    scope = None if asked.account_id is None else search.of_account(asked.account_id)
    if scope is not None:
        total = int(np.count_nonzero(scope))
    if everything:
        return order.ids if scope is None else InOrder(scope, order), total, frozenset()
    found, strays = search.find(asked.query.node), frozenset[int]()
    if asked.keep and len(outside := search.strays(found, asked.keep)):
        found, strays = search.with_strays(found, outside), frozenset(outside.tolist())
    if asked.account_id is not None:
        found = search.within(found, asked.account_id)
    return InOrder(found, order), total, strays


def _search(index: Index, driver: Driver, asked: _Asked, first: int) -> Hits:
    ids, total, strays = _find(index, driver, asked)
    return Hits(ids, total, _rows(driver, ids[:first].tolist(), asked.query), asked.query, strays)


def _warm(word: str, index: Index, driver: Driver) -> int:
    """Makes the word's bitmap if it is heavy; then how many contacts have it, else 0."""
    from crmdesk.core.query import Word

    index.search(driver).find(Word(word))
    return index.heavy.hits(word)


def _warm_ending(mark: str, index: Index, driver: Driver) -> None:
    index.search(driver).marked(mark)


def _rows(driver: Driver, ids: list[int], query: Query | None) -> list[ContactRow]:
    rows = rows_by_id(driver, ids)
    wanted = list(wanted_words(query.node)) if query else []
    if not wanted:
        return rows
    hidden = {row.id: terms for row in rows if (terms := hidden_words(_visible(row), wanted))}
    if not hidden:
        return rows
    fields = {contact_id: field_of(doc, hidden[contact_id]) for contact_id, doc in documents_of(driver, list(hidden))}
    return [replace(row, found_in=fields[row.id]) if fields.get(row.id) else row for row in rows]


def _visible(row: ContactRow) -> Iterable[str]:
    return row.name, row.email, row.phone, row.company, row.city, row.country


def _details_of(ids: list[int], connection: sa.Connection) -> list[ContactDetail]:
    return _details(driver_of(connection), ids)


def _details(driver: Driver, ids: list[int]) -> list[ContactDetail]:
    """Body by body: blobs cannot travel inside one JSON value."""
    rows = rows_by_id(driver, ids)
    found: list[ContactDetail] = []
    for row in rows:
        stored = driver.execute(
            "SELECT body, (SELECT checked_at FROM account WHERE id=?2) FROM contact_raw WHERE contact_id=?1",
            (row.id, row.account_id),
        ).fetchone()
        if stored is not None:
            body = unpack(bytes(stored[0])).decode("utf-8", "replace")
            drafts = ops.drafts_of(driver, row.id)
            found.append(
                ContactDetail(
                    row,
                    body,
                    max(row.fetched_at, stored[1] or ""),
                    ops.open_ops(driver, row.id),
                    drafts[0] if drafts else None,
                )
            )
    return found
