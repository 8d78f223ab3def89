"""One open submission: its rows in memory, undo, saving behind the typing, and the check that follows it.

Rows are never altered: an edit makes a new list, the old one is the undo step. What was typed is saved 300 ms after the
last key, one save at a time; a check follows and never holds typing up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from crmdesk.core.batch import BatchKind
from crmdesk.core.cells import AS_TYPED, Reading
from crmdesk.core.errors import KnownError
from crmdesk.core.fields import FieldKind
from crmdesk.core.flaw_groups import FlawGroup
from crmdesk.core.grid_columns import GridColumn, columns_beyond, most_lines
from crmdesk.core.mapping import reading_in
from crmdesk.core.row_checks import Flaw, Severity
from crmdesk.core.submission import EDITABLE, Row, Submission, SubmissionStage
from crmdesk.core.tasks import TaskScope
from crmdesk.ui.composer import rows as grid_rows
from crmdesk.ui.composer.difference import Difference, difference
from crmdesk.ui.composer.rows import GridRow
from crmdesk.ui.composer.steps import Steps
from crmdesk.ui.composer.verdicts import Tally, checkable, count, few, opened, recounted, sorted_out, taken
from crmdesk.ui.composer.working import MANY, Spots, Working

if TYPE_CHECKING:
    from crmdesk.store.reader import Reader
    from crmdesk.sync.services import Services

Make = Callable[[list[GridRow]], list[GridRow]]

SAVE_MS, CHECK_MS, SAVE_AGAIN_MS = 300, 300, 15_000


class Document(QObject):
    """`changed`: rows or columns are others. `checked`: flaws are others. `stored(bool)`: everything is on disk, or
    not yet. `failed(error)`: saving or checking did not work; what was typed is kept and tried again. `done(words, n)`:
    a change came through, n rows are others. `others(path, n)`: so many rows keep a value of their own there."""

    changed = Signal()
    checked = Signal()
    stored = Signal(bool)
    failed = Signal(object)
    done = Signal(str, int)
    others = Signal(str, int)

    def __init__(
        self, services: Services, reader: Reader, scope: TaskScope, parent: QObject | None = None,
        *, old_days: int = 365,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._services, self._reader, self._scope, self._old_days = services, reader, scope, old_days
        self.submission = Submission(0, 0, "", "")
        self.kind = BatchKind("", "", ())
        self.removed = False  # its account was: it can be read
        self.columns: tuple[GridColumn, ...] = ()
        self.rows: list[GridRow] = []
        self._last = (self.rows, self.rows, difference((), (), ()))
        self.flaws: dict[int, list[Flaw]] = {}  # by the row's key
        self.groups: list[FlawGroup] = []  # their rows are keys
        self.checking = self._left = False
        self._saved: list[GridRow] = []
        self._steps = Steps()
        self.bad: set[int] = set()  # keys of rows with errors, and below with warnings
        self.warned: set[int] = set()
        self.moved: set[int] = set()  # rows of which the last check said something else than the one before
        self.repeats: dict[int, str] = {}  # why a row is proposed to be left out, by its key
        self.used: set[str] = set()  # grid paths in which something stood since it was opened
        self.told = False  # the vendor or a person said something of a row since it was opened
        self.touched = 0  # rows of the last change
        self._lines = 0
        self.working = Working(scope, lambda: self.rows)
        self._unkept: dict[str, Any] = {}  # title, settings and the like that are not on disk yet
        self._tally: Tally | None = None
        self._by_path: dict[str, GridColumn] = {}
        self._saving = asyncio.Lock()
        self._save_soon = self._timer(SAVE_MS, self._save_now)
        self._check_soon = self._timer(CHECK_MS, self.check_now)
        self._save_again = self._timer(SAVE_AGAIN_MS, self._save_now)

    def _timer(self, wait: int, run: Callable[[], None]) -> QTimer:
        timer = QTimer(self, singleShot=True, interval=wait)
        timer.timeout.connect(run)
        return timer

    # ── opening ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def open(self, submission_id: int) -> None:
        """KnownError."""
        one = await self._services.submissions.get(submission_id)
        self.kind = await self._services.submissions.kind(one.account_id, one.kind, reading=True)
        self.removed = not (await self._services.submissions.account_of(submission_id)).active
        self.submission = one
        stored = await self._reader.submissions.rows(submission_id)
        rows, found, tally = await asyncio.to_thread(opened, self.rows, stored, self._records())
        self._use(rows, found)
        self.flaws, self.groups, self.repeats, self.bad, self.warned = {}, [], {}, set(), set()
        self._saved, self._tally = rows, tally
        self._steps.clear()
        self.changed.emit()
        self.stored.emit(True)
        self._check_soon.start()

    @property
    def draft(self) -> bool:
        """Nothing of it was ever sent: rows may come and go. In a restored copy some may have been sent since."""
        unsent = self.submission.stage is SubmissionStage.DRAFT and self.tally().stages.keys() <= EDITABLE
        return unsent and not self.removed

    @property
    def busy(self) -> bool:
        """Nothing can be typed now."""
        return self.removed or self.submission.stage in (SubmissionStage.SENDING, SubmissionStage.PAUSED)

    @property
    def reading(self) -> Reading:
        """How its file wrote dates and numbers; typed and pasted cells are read alike."""
        kept = self.submission.settings.get("mapping")
        return reading_in(kept) if isinstance(kept, str) else AS_TYPED

    def column(self, path: str) -> GridColumn | None:
        return self._by_path.get(path)

    def place_of(self, key: int) -> int:
        """Of the row with this key; -1 where it is gone."""
        return next((place for place, row in enumerate(self.rows) if row.key == key), -1)

    def between(self, before: list[GridRow], now: list[GridRow]) -> Difference:
        """How these differ; worked out already where they are the rows before and after the last change."""
        was, became, found = self._last
        return found if was is before and became is now else difference(before, now, ())

    def looks_wrong(self, row: GridRow) -> bool:
        """It has an error or a warning."""
        return row.key in self.bad or row.key in self.warned

    def flaws_of(self, row: GridRow, severity: Severity | None = None) -> list[Flaw]:
        found = self.flaws.get(row.key, [])
        return found if severity is None else [flaw for flaw in found if flaw.severity is severity]

    # ── editing ──────────────────────────────────────────────────────────────────────────────────────────────────

    def set_cells(self, changes: Iterable[tuple[int, str, str]], words: str) -> None:
        """(row, path, text), one step of undo named `words`. Many are worked out beside the window."""
        known = [(place, self._by_path[path], text) for place, path, text in changes if path in self._by_path]
        fills, reading = self._filling(), self.reading
        spots = Spots(self.rows, [place for place, _, _ in known])

        def make(rows: list[GridRow]) -> list[GridRow]:
            pairs = zip(spots.among(rows), known, strict=True)
            there = ((place, column, text) for place, (_, column, text) in pairs if place is not None)
            return grid_rows.changed(rows, there, reading, fills)

        self._work(make, len(known), words)

    def put_block(
        self, places: Sequence[int], paths: Sequence[str], block: Sequence[Sequence[str]], words: str
    ) -> None:
        """As `set_cells`, of texts beside and below each other; `places` are the rows' of the block."""
        columns = [self._by_path.get(path) for path in paths]
        fills, reading = self._filling(), self.reading
        spots = Spots(self.rows, places)

        def make(rows: list[GridRow]) -> list[GridRow]:
            changes = (
                (place, column, text)
                for place, line in zip(spots.among(rows), block, strict=False)
                for column, text in zip(columns, line, strict=False)
                if column is not None and place is not None
            )
            return grid_rows.changed(rows, changes, reading, fills)

        self._work(make, len(places) * len(paths), words)

    def _work(
        self,
        make: Make,
        cells: int,
        words: str,
        fills: Mapping[str, str] | None = None,
        then: Callable[[], None] | None = None,
    ) -> None:
        """`make` of the rows, in its turn. `fills`: what undo puts back, where it is not what holds now; `then`
        follows."""
        records = self._records()

        def made(rows: list[GridRow]) -> tuple[list[GridRow], Difference]:
            now = make(rows)
            return now, difference(rows, now, records)

        def take(found: tuple[list[GridRow], Difference]) -> None:
            self._become(found[0], words, fills, found[1])
            if then is not None:
                then()

        self.working.do(made, cells, words, take)

    def completed(self, rows: Sequence[GridRow]) -> list[GridRow]:
        """New rows with what every row is filled with, where they have nothing."""
        fills, reading = self._filling(), self.reading
        return [grid_rows.completed(row, fills, reading) for row in rows] if fills else list(rows)

    def _filling(self) -> list[tuple[GridColumn, str]]:
        return [(self._by_path[path], text) for path, text in self.fills.items() if path in self._by_path]

    def add_rows(self, new: Sequence[GridRow], words: str, at: int | None = None) -> None:
        """Only into a draft."""
        if self.draft and new:
            place = len(self.rows) if at is None else at
            self._become([*self.rows[:place], *new, *self.rows[place:]], words)

    def put_in_place(self, new: Sequence[GridRow], words: str) -> None:
        """These rows instead of all there are."""
        if self.draft:
            self._become(list(new), words)

    def remove_rows(self, places: Iterable[int], words: str) -> None:
        """Rows of a draft that were never sent."""
        gone = {place for place in places if place < len(self.rows) and not self.rows[place].attempt}
        if self.draft and gone:
            self._become([row for place, row in enumerate(self.rows) if place not in gone], words)

    def fill(self, path: str, text: str, words: str, *, every: bool = False) -> None:
        """*Fill every row with*; kept in the settings, for rows to come. `every`: also rows with a value of their own,
        of which `others` tells else."""
        column = self._by_path.get(path)
        if column is None:
            return
        fills, reading = self.fills, self.reading
        before = fills.get(path, "")
        kept = {**fills, path: text} if text else {name: value for name, value in fills.items() if name != path}
        self._change(settings={**self.submission.settings, "fill": kept})
        own = 0

        def make(rows: list[GridRow]) -> list[GridRow]:
            nonlocal own
            made = grid_rows.filled(rows, column, text, before, reading, every=every)
            own = 0 if every or not text else grid_rows.with_others(made, column, text)
            return made

        def then() -> None:
            if own:
                self.others.emit(path, own)

        self._work(make, len(self.rows), words, fills, then)

    @property
    def fills(self) -> Mapping[str, str]:
        """Path → text that every row is filled with."""
        kept = self.submission.settings.get("fill")
        return {str(path): str(text) for path, text in kept.items()} if isinstance(kept, Mapping) else {}

    def replace(self, paths: Sequence[str], sought: str, instead: str, words: str, *, whole: bool = False) -> None:
        """Find and replace in these columns."""
        columns, reading = [self._by_path[path] for path in paths], self.reading

        def make(rows: list[GridRow]) -> list[GridRow]:
            return grid_rows.replaced(rows, columns, sought, instead, reading, whole=whole)

        self._work(make, len(self.rows) * len(columns), words)

    def find(self, paths: Sequence[str], sought: str, then: Callable[[list[tuple[int, str]]], None]) -> None:
        """Rows and paths of the cells that hold the text, to `then`; beside the window where there are many."""
        columns, rows = [self._by_path[path] for path in paths], self.rows
        if len(rows) * len(columns) <= MANY:
            then(grid_rows.holding(rows, columns, sought))
            return

        async def there() -> None:
            then(await asyncio.to_thread(grid_rows.holding, rows, columns, sought))

        self._scope.start(there(), what="Find", key="composer.find")

    def _become(
        self,
        rows: list[GridRow],
        words: str,
        fills: Mapping[str, str] | None = None,
        found: Difference | None = None,
    ) -> None:
        """The rows are these now; how many differ is in `touched`. `found`: how they differ, where that is known."""
        found = found or difference(self.rows, rows, self._records())
        self.touched = found.touched
        fills = self.fills if fills is None else fills
        if self.touched or fills != self.fills:
            self._steps.note((self.rows, words, fills))
            self._show(rows, found)
        self.done.emit(words, self.touched)

    def _show(self, rows: list[GridRow], found: Difference | None = None) -> None:
        self._use(rows, found)
        self.changed.emit()
        self.stored.emit(False)
        self._save_soon.start()
        self._check_soon.start()

    def _records(self) -> list[str]:
        return [spec.path for spec in self.kind.fields if spec.kind is FieldKind.RECORDS]

    def _use(self, rows: list[GridRow], found: Difference | None = None, tally: Tally | None = None) -> None:
        """Only rows that are others are counted anew: an edit must not cost more than a glance at all."""
        found = found or difference(self.rows, rows, self._records())
        known = self._tally if few(found, rows) else None
        self._tally = recounted(known, found, self.bad, self.warned) if known is not None else tally
        self._last, self.rows = (self.rows, rows, found), rows
        self.told = self.told or found.told
        before = len(self.used)
        self.used |= found.used
        lines = most_lines(self.used)
        if not self.columns or lines >= self._lines or before == 0:
            self._lines = lines + 1
            self.columns = columns_beyond(self.kind, self.used)
            self._by_path = {column.path: column for column in self.columns}

    def undo(self) -> str:
        """Takes back one step; its words, '' where there is none."""
        return self._step(back=True)

    def redo(self) -> str:
        return self._step(back=False)

    def _step(self, *, back: bool) -> str:
        step = None if self.busy else self._steps.take(self.rows, self.fills, back=back)
        if step is None:
            return ""
        rows, words, fills = step
        if fills != self.fills:
            self._change(settings={**self.submission.settings, "fill": dict(fills)})
        self._show(self._as_then(rows))
        return words

    def _as_then(self, rows: list[GridRow]) -> list[GridRow]:
        """Texts of an earlier step, and what became of its rows since. Once something was sent, rows neither come nor
        go."""
        if not self.draft:
            then = {row.key: row for row in rows}
            return [grid_rows.as_it_is(then.get(row.key, row), row) for row in self.rows]
        now = {row.key: row for row in self._saved} | {row.key: row for row in self.rows}
        return [grid_rows.as_it_is(row, now.get(row.key)) for row in rows]

    def can_undo(self) -> str:
        """Words of the step, '' = none."""
        return "" if self.busy else self._steps.words(back=True)

    def can_redo(self) -> str:
        return "" if self.busy else self._steps.words(back=False)

    # ── saving ───────────────────────────────────────────────────────────────────────────────────────────────────

    def change(self, **changes: Any) -> None:
        """Title, settings, request and the like; saved at once."""
        self._change(**changes)
        if "request" in changes:
            self._check_soon.start()

    def _change(self, **changes: Any) -> None:
        self.submission = replace(self.submission, **changes)
        self._unkept |= changes
        self._save_now()

    def _save_now(self) -> None:
        self._scope.start(self.flush(), what="Save the rows", key="composer.save", if_busy="queue")

    async def flush(self) -> bool:
        """Everything typed or pasted is on disk; False where it could not be (then `failed` told why)."""
        await self.working.over()
        self._save_soon.stop()
        async with self._saving:
            try:
                while self._unkept or self.rows is not self._saved:
                    await self._keep()
                    await self._save(self.rows)
            except KnownError as error:
                self.stored.emit(False)
                self.failed.emit(error)
                self._save_again.start()
                return False
        self.stored.emit(True)
        return True

    def give_up(self) -> None:
        """What could not be saved is let go of."""
        self._saved, self._unkept = self.rows, {}
        self._save_again.stop()

    async def _keep(self) -> None:
        """Of the submission itself; what is changed meanwhile is kept the next time."""
        if changes := dict(self._unkept):
            await self._services.submissions.change(self.submission.id, **changes)
            self._unkept = {name: value for name, value in self._unkept.items() if value is not changes.get(name)}

    async def _save(self, rows: list[GridRow]) -> None:
        if rows is self._saved:
            return
        verbs, number = self._services.submissions, self.submission.id
        work = await asyncio.to_thread(grid_rows.to_save, self._saved, rows, draft=self.draft)
        if work.values is not None:
            if work.values:
                await verbs.change_rows(number, work.values)
            self._saved = rows
            if work.woken:
                await self._read_stages()
            return
        await verbs.put_rows(number, await asyncio.to_thread(lambda: [grid_rows.to_store(row) for row in work.rows]))
        stored = await self._reader.submissions.rows(number)
        ids = {row.key: one.id for row, one in zip(work.rows, stored, strict=True)}
        self._saved = await asyncio.to_thread(grid_rows.with_ids, rows, ids)
        self._use(self._saved if self.rows is rows else grid_rows.with_ids(self.rows, ids))
        self.changed.emit()

    async def reload(self) -> None:
        """Stages and outcomes as they are stored now; what was typed since stays."""
        async with self._saving:
            await self._read_stages()

    async def _read_stages(self) -> None:
        one = await self._services.submissions.get(self.submission.id)
        stored = await self._reader.submissions.rows(self.submission.id)
        await self._take(one, stored)

    async def reload_calls(self, calls: Sequence[int]) -> None:
        """As `reload`, of the rows of these calls alone: the rest did not move."""
        async with self._saving:
            one = await self._services.submissions.get(self.submission.id)
            await self._take(one, await self._reader.submissions.rows_of_calls(calls))

    async def _take(self, one: Submission, stored: Sequence[Row]) -> None:
        """What is stored by now; what was typed since stays."""
        while True:
            rows, saved = self.rows, self._saved
            bad, warned = self.bad, self.warned
            now, kept, found, tally = await asyncio.to_thread(taken, rows, saved, stored, self._records(), bad, warned)
            if self.rows is rows:
                break
        self.submission = replace(one, **self._unkept)
        self._use(now, found, tally if self.bad is bad and self.warned is warned else None)
        self._saved = kept
        self.changed.emit()
        if not self.busy:
            self._check_soon.start()

    # ── checking ─────────────────────────────────────────────────────────────────────────────────────────────────

    def check_now(self) -> None:
        self._check_soon.stop()
        if self.submission.id and not self.busy and not self._left:
            self._scope.start(self.check(), what="Check the rows", key="composer.check", if_busy="queue")

    def leave(self) -> None:
        """It is taken apart in a moment: no check that was due begins any more."""
        self._left = True

    async def check(self) -> bool:
        """All rows that may be sent; False where they could not be checked (then `failed` told why)."""
        async with self._saving:
            pass  # one after the other: two threads at work beside the window are felt in it
        before, self.checking = self.rows, True
        try:
            rows = await asyncio.to_thread(checkable, before)
            one = self.submission
            found = await self._services.submissions.check(
                one.account_id, one.kind, rows, one.request, columns=one.columns, old_days=self._old_days
            )
            verdicts = await asyncio.to_thread(sorted_out, self.kind, rows, found, self.flaws)
            tally = await asyncio.to_thread(count, before, verdicts.bad, verdicts.warned)
        except KnownError as error:
            self.failed.emit(error)
            return False
        finally:
            self.checking = False
        self.flaws, self.bad, self.warned = verdicts.flaws, verdicts.bad, verdicts.warned
        self.groups, self.moved, self.repeats = verdicts.groups, verdicts.moved, verdicts.repeats
        self._tally = tally if self.rows is before else None
        self.checked.emit()
        return True

    async def settle(self) -> bool:
        """Saved, and checked as it is by then, whatever is typed or answered meanwhile; False where saving or checking
        failed (then `failed` told why)."""
        while await self.flush():
            before, request = self.rows, self.submission.request
            if not await self.check():
                return False
            if self.rows is before and self.submission.request == request and not self.working.busy:
                return True
        return False

    # ── counts ───────────────────────────────────────────────────────────────────────────────────────────────────

    def tally(self) -> Tally:
        """For head, chips and foot; worked out once for the same rows and flaws."""
        if self._tally is None:
            self._tally = count(self.rows, self.bad, self.warned)
        return self._tally
