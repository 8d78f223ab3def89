"""Runs the search of the list and swaps its results in; knows nothing about how they were asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from crmdesk.core.changes import PERSON, Changes
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import ContactRow
from crmdesk.ui.contacts import vector
from crmdesk.ui.contacts.model import PAGE, ContactsModel
from crmdesk.ui.contacts.table import ContactsTable, Place
from crmdesk.ui.contacts.vector import Ids

if TYPE_CHECKING:  # the grammar comes with the first search
    from crmdesk.core.query import Query
    from crmdesk.core.types import Sort
    from crmdesk.store.reader import Hits, Reader, Searching

    Asked = tuple[Query, tuple[Sort, ...], int | None]

REFRESH_MS = 1000  # at least, between two background refreshes
FIRST = 80
MOST_KEPT = 200  # contacts changed at once that stay although they no longer match
BUSY_MS = 300  # a search that takes longer shows that it is under way
# Seconds a key waits for its hits, less than a frame: most searches take 4 ms at a million contacts, and the key and
# its hits are then painted together. Awaiting them takes a second frame and several turns of the loop, 8 ms more.
FRAME_PART = 0.012
PROMPT_PART = 0.03  # for what a person just did: two frames, so that the list is painted before all else


class Results(QObject):
    """`shown(total, hold)` after each swap: contacts in scope without the query, and whether it was a refresh."""

    shown = Signal(int, bool)
    busy = Signal(bool)

    def __init__(
        self,
        reader: Reader | None,
        scope: TaskScope,
        model: ContactsModel,
        table: ContactsTable,
        ask: Callable[[], Asked],
    ) -> None:
        super().__init__(table)
        self._reader, self._scope, self._model, self._table, self._ask = reader, scope, model, table, ask
        self._number = 0
        self._under_way: Searching | None = None  # store.reader.Searching
        self._stale = False
        self._jump = False  # the operator's own search is under way: its result starts at the top
        self.ready = False  # a first result of the search engine is here
        self.total = 0
        self.want_id = 0  # a contact to choose once it is in a result
        self._keep: set[int] = set()  # changed here since the list was last asked for: they stay in it (UX-LST-10)
        self._refresh = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._refresh.timeout.connect(self._refresh_due)
        self._slow = QTimer(self, singleShot=True, interval=BUSY_MS)
        self._slow.timeout.connect(lambda: self.busy.emit(True))

    def attach(self, reader: Reader) -> None:
        self._reader = reader

    @property
    def reader(self) -> Reader:
        assert self._reader is not None, "not attached yet"
        return self._reader

    def run(self, *, hold: bool = False, news: frozenset[int] | None = None) -> bool:
        """Search now; an older search is cancelled. `hold`: a refresh, the list must not move. `news`: the contacts
        that somebody just changed, who waits for this refresh. Whether the result is there already."""
        self._number += 1
        hold = hold and not self._jump
        if not hold:
            self._jump = True
            self._keep.clear()
        elif news:
            self._keep.update(one for one in list(news)[:MOST_KEPT] if vector.position(self._model.listed, one) >= 0)
        query, sort, account_id = self._ask()
        if self._under_way is not None:
            self._under_way.cancel()
        first = 0 if hold else FIRST  # a refresh shows what is in sight, see `_pages_wanted`
        keep = frozenset(self._keep)
        self._under_way = self.reader.begin_search(query, sort=sort, account_id=account_id, first=first, keep=keep)
        # a list that is not in sight yet waits for nothing: what brings it there has enough to do
        at_once = (news is not None or not hold) and self._in_sight()
        hits = self._under_way.wait(FRAME_PART if news is None else PROMPT_PART) if at_once else None
        if hits is not None and self._show_at_once(hits, query, hold, news or frozenset()):
            return True
        if not hold:
            self._slow.start()
        work = self._search(self._number, hold, query, self._under_way)
        self._scope.start(work, what="Search contacts", key="search")
        return False

    def _show_at_once(self, hits: Hits, query: Query, hold: bool, news: frozenset[int]) -> bool:
        """False where the rows that will be in sight are not there in time."""
        place = self._table.place()
        pages = self._pages_at_once(hits.ids, query, place, news) if hold else {0: hits.first}
        if pages is None:
            return False
        self._scope.cancel("search")
        self._jump = False
        self._slow.stop()
        self._swap(hits, query, pages, place, hold)
        self._shown(hits.total, hold)
        self.busy.emit(False)
        return True

    def _pages_at_once(
        self, ids: Ids, query: Query, place: Place, news: frozenset[int]
    ) -> dict[int, Sequence[ContactRow | None]] | None:
        """The pages in sight: rows that are known already, and the others in sight as they are read within a part of a
        frame (None: they are not). What is out of sight may be left out."""
        known = self._model.known_rows(query, news)
        first, last = self._table.anchor_rows(ids, place)
        missing = [number for number in vector.piece(ids, first, last + 1) if number not in known]
        rows = self.reader.begin_rows(missing, query).wait(FRAME_PART) if missing else ()
        if rows is None:
            return None
        known.update((row.id, row) for row in rows)
        wanted = self._pages_wanted(ids, place)
        return {number: [known.get(one) for one in _page_of(ids, number)] for number in wanted}

    async def _search(self, number: int, hold: bool, query: Query, under_way: Searching) -> None:
        try:
            hits = await under_way.result()
            pages: dict[int, Sequence[ContactRow]] = {} if hold else {0: hits.first}
            place = None
            if hold and number == self._number:
                place = self._table.place()
                pages |= await self._pages_in_sight(hits.ids, query, place)
            if number == self._number:  # else something newer was asked for meanwhile
                self._swap(hits, query, pages, place or self._table.place(), hold)
                self._shown(hits.total, hold)
        finally:
            if number == self._number:
                self._jump = False
                self._slow.stop()
                self.busy.emit(False)

    def _shown(self, total: int, hold: bool) -> None:
        self.total, self.ready = total, True
        self._choose_wanted()
        self.shown.emit(total, hold)

    async def _pages_in_sight(self, ids: Ids, query: Query, place: Place) -> dict[int, list[ContactRow]]:
        """The rows that will be in sight, read before the swap, so that nothing flickers."""
        wanted = self._pages_wanted(ids, place)
        return {number: await self.reader.rows(_page_of(ids, number), query) for number in wanted}

    def _pages_wanted(self, ids: Ids, place: Place) -> Iterable[int]:
        first, last = self._table.anchor_rows(ids, place)
        return range(first // PAGE, min(last, len(ids) - 1) // PAGE + 1) if last >= 0 and len(ids) else ()

    def _swap(
        self, hits: Hits, query: Query, pages: Mapping[int, Sequence[ContactRow | None]], place: Place, hold: bool
    ) -> None:
        from crmdesk.core.query import terms

        found = terms(query)
        self._keep.intersection_update(hits.strays)
        self._model.strays = hits.strays
        self._table.swap(place, lambda: self._model.set_result(hits.ids, query, found, pages), hold=hold)

    def let_go(self) -> None:
        """What no longer matches goes with the next search."""
        self._keep.clear()

    def _choose_wanted(self) -> None:
        if self.want_id and self._table.choose_id(self.want_id):
            self.want_id = 0

    # -- background changes ------------------------------------------------------------------------------------------

    def on_changes(self, changes: Changes) -> None:
        """Rows whose content changed are read again; where rows came, went or moved the search runs again, only in
        sight: for what a person did at once, else at most once a second."""
        if not changes.cards:  # that a row is linked, or may be somebody listed twice, is no news of the contact
            self._model.mark(changes.contacts)
        prompt = changes.origin == PERSON
        self._stale = self._stale or changes.listing or changes.accounts
        if prompt and self._refresh_due(changes.contacts):
            self._table.viewport().repaint()  # before the editor closes and the contact is shown anew
            self._model.fill_gaps()
            return
        self._model.read_again(changes.contacts)
        if not prompt and not self._refresh.isActive():
            self._refresh_due()

    def _refresh_due(self, news: frozenset[int] | None = None) -> bool:
        """For `news` see `run`. Whether the new result is there already."""
        if not self._stale or not self._in_sight():
            return False
        self._stale = False
        self._refresh.start()
        return self.run(hold=True, news=news)

    def _in_sight(self) -> bool:
        """The list, or the empty state that stands in its place."""
        host = self._table.parentWidget()
        return host is not None and host.isVisible()

    def came_to_sight(self) -> None:
        """The list is shown again: make up for what it missed."""
        if self._stale:
            self._refresh_due()


def _page_of(ids: Ids, number: int) -> list[int]:
    """Ids of one page of rows."""
    return vector.piece(ids, number * PAGE, (number + 1) * PAGE)
