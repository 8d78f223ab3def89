"""The list's model: an id vector, a few pages of rows, and what each seen row looks like.

Nothing here waits: a row that is not in the cache is an ellipsis and one read in the background."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, QTimer, Signal

from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import ContactRow
from crmdesk.ui.contacts import vector
from crmdesk.ui.contacts.columns import CITY, COLUMNS, NAME, STATE, VENDOR, Desk
from crmdesk.ui.contacts.look import Look
from crmdesk.ui.contacts.vector import Ids
from crmdesk.ui.hiding import row_on_screen
from crmdesk.ui.words import tooltip, tr

if TYPE_CHECKING:  # the grammar comes with the first search
    from crmdesk.core.query import Query

PAGE = 128  # rows of one read
KEPT = 64  # pages in the cache
TINT_MS = 2000
MAX_MARKS = 5000  # changed rows remembered until seen
PLACEHOLDER = "…"
AnyIndex = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()
DISPLAY = int(Qt.ItemDataRole.DisplayRole)
TOOLTIP = int(Qt.ItemDataRole.ToolTipRole)
SPOKEN = int(Qt.ItemDataRole.AccessibleTextRole)


class RowReader(Protocol):
    """What the model needs of the Reader."""

    async def rows(self, ids: Sequence[int], query: Query | None = None) -> list[ContactRow]: ...


class ContactsModel(QAbstractTableModel):
    """Rows in view order. `set_result` swaps everything at once; ids of cached rows never change in between."""

    def __init__(self, reader: RowReader | None, scope: TaskScope, desk: Desk) -> None:
        super().__init__()
        self._reader, self._scope = reader, scope
        self._desk = desk
        self._ids: Ids = []
        self._total = 0
        self._query: Query | None = None
        self._terms: Sequence[str] = ()
        self._pages: OrderedDict[int, list[ContactRow | None]] = OrderedDict()
        self._looks: dict[int, Look] = {}
        self._version = 0
        self.calm = False  # reduced motion: changed rows get their mark but no passing tint
        self.tinted: set[int] = set()
        self.marked: set[int] = set()
        self.strays: frozenset[int] = frozenset()  # changed here, and kept although they no longer match
        self._tint_end = QTimer(self, singleShot=True, interval=TINT_MS)
        self._tint_end.timeout.connect(self._end_tint)

    repaint = Signal()  # something seen looks different; rows and columns are the same

    # -- what the views ask ------------------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = ROOT) -> int:
        return 0 if parent.isValid() else self._total

    def columnCount(self, parent: AnyIndex = ROOT) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    # `flags` stays Qt's own, the same for every row: selecting a million of them reads none

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = DISPLAY) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(COLUMNS):
            return None
        if role == TOOLTIP:
            return tooltip(COLUMNS[section].hint(self._desk)) or None
        return tr(COLUMNS[section].title) if role == DISPLAY else None

    def data(self, index: AnyIndex, role: int = DISPLAY) -> Any:
        """Text for tooltips and assistive technology; painting goes through `look`."""
        if role not in (DISPLAY, TOOLTIP, SPOKEN) or not index.isValid():
            return None
        look = self.look(index.row())
        if look is None:
            return None if role == TOOLTIP else PLACEHOLDER
        if role == DISPLAY:
            return look.text(index.column())
        return self._tooltip(index) if role == TOOLTIP else self._spoken(look, index.column())

    def look(self, row: int) -> Look | None:
        """What to paint; None for a row that is on its way (its page is asked for, once)."""
        found = self._looks.get(row)
        if found is not None:
            return found
        contact = self.row_at(row)
        if contact is None:
            self._want(row // PAGE)
            return None
        look = self._looks[row] = Look(contact, self._desk, self._terms, stray=contact.id in self.strays)
        return look

    def row_at(self, row: int) -> ContactRow | None:
        """The cached row or None; asks for nothing."""
        page = self._pages.get(row // PAGE)
        return page[row % PAGE] if page is not None and row % PAGE < len(page) else None

    def id_at(self, row: int) -> int:
        """Contact id of a row, 0 where it is not known yet."""
        return int(self._ids[row]) if 0 <= row < len(self._ids) else 0

    def position(self, contact_id: int) -> int:
        return vector.position(self._ids, contact_id)

    @property
    def ids(self) -> Ids:
        """All of them; a result that is ordered only as far as it was looked at is now ordered to its end."""
        return vector.whole(self._ids)

    @property
    def listed(self) -> Ids:
        """As `ids`, not ordered further than it was looked at."""
        return self._ids

    @property
    def query(self) -> Query | None:
        return self._query

    def cached_ids(self) -> Iterable[int]:
        return (row.id for page in self._pages.values() for row in page if row is not None)

    def attach(self, reader: RowReader) -> None:
        """The reader is ready."""
        self._reader = reader

    # -- what the page tells -----------------------------------------------------------------------------------------

    def set_desk(self, desk: Desk) -> None:
        """Accounts or the stale limit changed: every row is worded anew."""
        self._desk = desk
        self.restyle()

    def restyle(self) -> None:
        """Forget looks (relative times grow old); rows stay cached."""
        self._looks.clear()
        self.repaint.emit()

    def show_first(self, rows: Sequence[ContactRow], total: int) -> None:
        """Before the search is ready: the first rows in full, the others as places without content."""
        self.beginResetModel()
        self._fill([row.id for row in rows], max(total, len(rows)), None, (), {0: list(rows)})
        self.endResetModel()

    def set_result(
        self,
        ids: Ids,
        query: Query | None,
        terms: Sequence[str],
        pages: Mapping[int, Sequence[ContactRow | None]],
    ) -> None:
        """Swap to a new result. `pages` are rows at hand by page number; a page may be cut short or have gaps."""
        self.beginResetModel()
        self._fill(ids, len(ids), query, terms, pages)
        self.endResetModel()

    def _fill(
        self,
        ids: Ids,
        total: int,
        query: Query | None,
        terms: Sequence[str],
        pages: Mapping[int, Sequence[ContactRow | None]],
    ) -> None:
        kept = {look.id: look for look in self._looks.values()} if tuple(terms) == tuple(self._terms) else {}
        self._version += 1
        self._ids, self._total, self._query, self._terms = ids, total, query, terms
        self._pages = OrderedDict((number, list(rows[:PAGE])) for number, rows in pages.items())
        rows = ((number * PAGE + at, row) for number, page in self._pages.items() for at, row in enumerate(page) if row)
        self._looks = {at: kept[row.id] for at, row in rows if self._still(kept.get(row.id), row)}

    def _still(self, look: Look | None, row: ContactRow) -> bool:
        """Whether it shows this row as it is now."""
        return look is not None and look.is_of(row) and look.stray is (row.id in self.strays)

    def known_rows(self, query: Query, news: frozenset[int]) -> dict[int, ContactRow]:
        """Cached rows by id that are as good as read again: not those in `news`, and none while any is being read."""
        reading = any(self._scope.running(("page", number, self._version)) for number in self._pages)
        if reading or query != self._query:
            return {}
        return {row.id: row for page in self._pages.values() for row in page if row and row.id not in news}

    def fill_gaps(self) -> None:
        """Read what a swap left out because it was not in sight."""
        for number in [number for number, page in self._pages.items() if None in page]:
            self._read_again(number)

    def contacts_changed(self, changed: frozenset[int]) -> None:
        """Rows with these ids hold old content: read them again, and mark them as changed."""
        self.read_again(changed)
        self.mark(changed)

    def read_again(self, changed: frozenset[int]) -> None:
        """The cached pages with these ids."""
        if not changed:
            return
        stale = {
            number for number, page in self._pages.items() if any(row is not None and row.id in changed for row in page)
        }
        for number in stale:
            self._read_again(number)

    def mark(self, changed: frozenset[int]) -> None:
        """These rows are shown as changed until somebody looks at them."""
        cached = changed.intersection(self.cached_ids()) if changed else changed
        self.tinted |= cached if not self.calm else frozenset()
        if len(self.marked) < MAX_MARKS:
            self.marked |= cached
        if cached:
            self._tint_end.start()
            self.repaint.emit()

    def seen(self, contact_id: int) -> None:
        """The operator looked at it: its changed mark goes."""
        if contact_id in self.marked:
            self.marked.discard(contact_id)
            self.repaint.emit()

    def prefetch(self, first: int, last: int) -> None:
        """Have these rows ready before they come to sight."""
        first, last = max(0, first), min(last, len(self._ids) - 1)
        for number in range(first // PAGE, last // PAGE + 1):
            page = self._pages.get(number, ())
            if len(page) <= min(last, number * PAGE + PAGE - 1) - number * PAGE:
                self._want(number)

    # -- reading -----------------------------------------------------------------------------------------------------

    def _want(self, number: int) -> None:
        if number * PAGE < len(self._ids) and self._query is not None:
            work = self._load(number, self._version)
            self._scope.start(work, what="Load rows", key=("page", number, self._version), if_busy="keep")

    def _read_again(self, number: int) -> None:
        work = self._load(number, self._version)
        self._scope.start(work, what="Load rows", key=("page", number, self._version))

    async def _load(self, number: int, version: int) -> None:
        assert self._reader is not None  # there are no ids before
        wanted = vector.piece(self._ids, number * PAGE, (number + 1) * PAGE)
        rows = await self._reader.rows(wanted, self._query)
        if version == self._version:  # else another result took its place
            self._keep(number, rows)

    def _keep(self, number: int, rows: Sequence[ContactRow]) -> None:
        old = self._pages.get(number, [])
        changed = [at for at, row in enumerate(rows) if at >= len(old) or old[at] != row]
        self._pages[number] = list(rows)
        self._pages.move_to_end(number)
        for at in changed:
            self._looks.pop(number * PAGE + at, None)
        while len(self._pages) > KEPT:
            oldest, _ = self._pages.popitem(last=False)
            self._drop_looks(oldest)
        if changed:
            first, last = number * PAGE + changed[0], number * PAGE + changed[-1]
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(COLUMNS) - 1))

    def _drop_looks(self, number: int) -> None:
        for row in range(number * PAGE, (number + 1) * PAGE):
            self._looks.pop(row, None)

    def _end_tint(self) -> None:
        self.tinted.clear()
        self.repaint.emit()

    # -- words -------------------------------------------------------------------------------------------------------

    def _tooltip(self, index: AnyIndex) -> str | None:
        contact = self.row_at(index.row())
        shown = row_on_screen(contact) if contact is not None else None
        text = COLUMNS[index.column()].tooltip(shown, self._desk) if shown is not None else ""
        return tooltip(text[:1000]) or None

    def _spoken(self, look: Look, column: int) -> str:
        """The name cell speaks for the row: *Name, vendor, state, city*; the others say what they show."""
        title = self._desk.source(look.account_id)
        if column == VENDOR:
            return title
        if column:
            return look.text(column)
        parts = (look.text(NAME), title, look.text(STATE), look.text(CITY), look.found)
        return ", ".join(part for part in parts if part)
