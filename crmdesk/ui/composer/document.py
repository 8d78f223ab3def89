"""One open submission: its rows in memory, undo, saving behind the typing, and the check that follows it.

Rows are never altered: an edit makes a new list, the old one is the undo step. What was typed is saved 300 ms after the
last key, one save at a time; a check follows and never holds typing up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from crmdesk.core.batch import BatchKind
from crmdesk.core.cells import DECIMALS, ORDERS, Reading
from crmdesk.core.errors import KnownError
from crmdesk.core.grid_columns import GridColumn, columns_of, lines_in
from crmdesk.core.row_checks import Flaw, FlawGroup, Severity, group
from crmdesk.core.submission import RowStage, Submission, SubmissionStage
from crmdesk.core.tasks import TaskScope
from crmdesk.ui.composer import rows as grid_rows
from crmdesk.ui.composer.rows import GridRow

SAVE_MS, CHECK_MS = 300, 300
MOST_STEPS = 60
CHECKED = frozenset({RowStage.READY, RowStage.FAILED, RowStage.NOT_SENT})
"""Rows that may go with the next sending."""


class Document(QObject):
    """`changed`: rows or columns are others. `checked`: flaws are others. `stored(bool)`: everything is on disk, or
    not yet. `failed(error)`: saving or checking did not work; what was typed is kept and tried again."""

    changed = Signal()
    checked = Signal()
    stored = Signal(bool)
    failed = Signal(object)

    def __init__(
        self, services: Any, reader: Any, scope: TaskScope, parent: QObject | None = None, *, old_days: int = 365
    ) -> None:
        super().__init__(parent)
        self._services, self._reader, self._scope, self._old_days = services, reader, scope, old_days
        self.submission = Submission(0, 0, "", "")
        self.kind = BatchKind("", "", ())
        self.columns: tuple[GridColumn, ...] = ()
        self.rows: list[GridRow] = []
        self.flaws: dict[int, list[Flaw]] = {}  # by the row's key
        self.groups: list[FlawGroup] = []  # their rows are keys
        self.checking = False
        self._saved: list[GridRow] = []
        self._undo: list[tuple[list[GridRow], str]] = []
        self._redo: list[tuple[list[GridRow], str]] = []
        self._by_path: dict[str, GridColumn] = {}
        self._saving = asyncio.Lock()
        self._save_soon = self._timer(SAVE_MS, self._save_now)
        self._check_soon = self._timer(CHECK_MS, self.check_now)

    def _timer(self, wait: int, run: Callable[[], None]) -> QTimer:
        timer = QTimer(self, singleShot=True, interval=wait)
        timer.timeout.connect(run)
        return timer

    # ── opening ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def open(self, submission_id: int) -> None:
        """KnownError."""
        one = await self._services.submissions.get(submission_id)
        self.kind = await self._services.submissions.kind(one.account_id, one.kind)
        self.submission = one
        stored = await self._reader.submissions.rows(submission_id)
        self.rows = await asyncio.to_thread(lambda: [grid_rows.from_stored(row) for row in stored])
        self._saved = self.rows
        self._undo, self._redo, self.flaws, self.groups = [], [], {}, []
        self._columns()
        self.changed.emit()
        self.stored.emit(True)
        self._check_soon.start()

    def _columns(self) -> None:
        lines = lines_in(row.values for row in self.rows)
        if not self.columns or len(self.columns) != len(columns_of(self.kind, lines + 1)):
            self.columns = columns_of(self.kind, lines + 1)
            self._by_path = {column.path: column for column in self.columns}

    @property
    def draft(self) -> bool:
        """Nothing of it was ever sent: rows may come and go."""
        return self.submission.stage is SubmissionStage.DRAFT

    @property
    def busy(self) -> bool:
        return self.submission.stage in (SubmissionStage.SENDING, SubmissionStage.PAUSED)

    @property
    def reading(self) -> Reading:
        """How its file wrote dates and numbers; typed and pasted cells are read alike."""
        kept: Any = self.submission.settings.get("reading")
        kept = kept if isinstance(kept, Mapping) else {}
        order, decimal = kept.get("order"), kept.get("decimal")
        return Reading(order if order in ORDERS else "", decimal if decimal in DECIMALS else "")

    def column(self, path: str) -> GridColumn | None:
        return self._by_path.get(path)

    def flaws_of(self, row: GridRow, severity: Severity | None = None) -> list[Flaw]:
        found = self.flaws.get(row.key, [])
        return found if severity is None else [flaw for flaw in found if flaw.severity is severity]

    # ── editing ──────────────────────────────────────────────────────────────────────────────────────────────────

    def set_cells(self, changes: Iterable[tuple[int, str, str]], words: str) -> int:
        """(row, path, text), one step of undo named `words`; how many rows are others now."""
        known = [(place, self._by_path[path], text) for place, path, text in changes if path in self._by_path]
        made = grid_rows.changed(self.rows, known, self.reading)
        fills = self._filling()
        if fills:  # rows that come to life are filled like all others
            for place in {place for place, _, _ in known}:
                if not made[place].blank and (place >= len(self.rows) or self.rows[place].blank):
                    made[place] = grid_rows.completed(made[place], fills, self.reading)
        return self._become(made, words)

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

    def fill(self, path: str, text: str, words: str) -> None:
        """*Fill every row with*; kept in the settings, for rows to come."""
        column = self._by_path.get(path)
        if column is None:
            return
        fill = dict(self.fills)
        before = fill.get(path, "")
        fill = {**fill, path: text} if text else {name: value for name, value in fill.items() if name != path}
        self._change(settings={**self.submission.settings, "fill": fill})
        self._become(grid_rows.filled(self.rows, column, text, before, self.reading), words)

    @property
    def fills(self) -> Mapping[str, str]:
        """Path → text that every row is filled with."""
        kept = self.submission.settings.get("fill")
        return {str(path): str(text) for path, text in kept.items()} if isinstance(kept, Mapping) else {}

    def replace(self, paths: Sequence[str], sought: str, instead: str, words: str, *, whole: bool = False) -> int:
        """How many cells."""
        columns = [self._by_path[path] for path in paths]
        made, count = grid_rows.replaced(self.rows, columns, sought, instead, self.reading, whole=whole)
        if count:
            self._become(made, words)
        return count

    def _become(self, rows: list[GridRow], words: str) -> int:
        count = sum(one is not other for one, other in zip(rows, self.rows, strict=False))
        count += abs(len(rows) - len(self.rows))
        if count:
            self._undo = [*self._undo[1 - MOST_STEPS :], (self.rows, words)]
            self._redo = []
            self._show(rows)
        return count

    def _show(self, rows: list[GridRow]) -> None:
        self.rows = rows
        self._columns()
        self.changed.emit()
        self.stored.emit(False)
        self._save_soon.start()
        self._check_soon.start()

    def undo(self) -> str:
        """Takes back one step; its words, '' where there is none."""
        return self._step(self._undo, self._redo)

    def redo(self) -> str:
        return self._step(self._redo, self._undo)

    def _step(self, source: list[tuple[list[GridRow], str]], target: list[tuple[list[GridRow], str]]) -> str:
        if not source:
            return ""
        rows, words = source.pop()
        target.append((self.rows, words))
        now = {row.key: row for row in self.rows}
        saved = {row.key: row for row in self._saved}
        kept = {row.key for row in rows}
        back = [_as_it_is(row, now.get(row.key) or saved.get(row.key)) for row in rows]
        back += [row for row in self.rows if row.key not in kept and row.attempt]
        self._show(back)
        return words

    def can_undo(self) -> str:
        """Words of the step, '' = none."""
        return self._undo[-1][1] if self._undo else ""

    def can_redo(self) -> str:
        return self._redo[-1][1] if self._redo else ""

    # ── saving ───────────────────────────────────────────────────────────────────────────────────────────────────

    def change(self, **changes: Any) -> None:
        """Title, settings, request and the like; saved at once."""
        self._change(**changes)
        if "request" in changes:
            self._check_soon.start()

    def _change(self, **changes: Any) -> None:
        self.submission = replace(self.submission, **changes)
        number = self.submission.id
        self._scope.start(self._keep(number, changes), what="Save the submission", key=f"composer.change.{number}",
                          if_busy="queue")  # fmt: skip

    async def _keep(self, number: int, changes: Mapping[str, Any]) -> None:
        try:
            await self._services.submissions.change(number, **changes)
        except KnownError as error:
            self.failed.emit(error)

    def _save_now(self) -> None:
        self._scope.start(self.flush(), what="Save the rows", key="composer.save", if_busy="queue")

    async def flush(self) -> bool:
        """Everything typed is on disk; False where it could not be (then `failed` told why)."""
        self._save_soon.stop()
        async with self._saving:
            try:
                while self.rows is not self._saved:
                    await self._save(self.rows)
            except KnownError as error:
                self.stored.emit(False)
                self.failed.emit(error)
                return False
        self.stored.emit(True)
        return True

    async def _save(self, rows: list[GridRow]) -> None:
        """Rows into which nothing was typed are not stored."""
        verbs, number = self._services.submissions, self.submission.id
        before = {row.key: row for row in self._saved if not row.blank}
        full = [row for row in rows if not row.blank]
        if [row.key for row in full] == list(before):
            new = {row.id: row.values for row in full if row.values != before[row.key].values}
            if new:
                await verbs.change_rows(number, new)
            self._saved = rows
            if any(before[row.key].stage is not RowStage.READY for row in full if row.id in new):
                await self._read_stages()
            return
        await verbs.put_rows(number, [grid_rows.to_store(row) for row in full])
        stored = await self._reader.submissions.rows(number)
        ids = {row.key: one.id for row, one in zip(full, stored, strict=True)}
        self._saved = [replace(row, id=ids.get(row.key, 0)) for row in rows]
        if self.rows is rows:
            self.rows = self._saved
        else:
            self.rows = [replace(row, id=ids.get(row.key, 0)) for row in self.rows]
        self.changed.emit()

    async def reload(self) -> None:
        """Stages and outcomes as they are stored now; what was typed since stays."""
        async with self._saving:
            await self._read_stages()

    async def _read_stages(self) -> None:
        one = await self._services.submissions.get(self.submission.id)
        stored = {row.id: row for row in await self._reader.submissions.rows(self.submission.id)}
        settings = self.submission.settings
        self.submission = replace(one, settings=settings)
        saved = {row.key: row for row in self._saved}

        def now(row: GridRow) -> GridRow:
            there = stored.get(row.id)
            if there is None:
                return row
            typed = row.key not in saved or row.values != saved[row.key].values
            fresh = grid_rows.from_stored(there, row.key)
            if fresh.values == row.values:
                fresh = replace(fresh, values=row.values)
            return replace(fresh, values=row.values) if typed and fresh.editable else fresh

        clean = self.rows is self._saved
        self.rows = [now(row) for row in self.rows]
        if clean:
            self._saved = self.rows
        else:
            self._saved = [grid_rows.from_stored(stored[row.id], row.key) if row.id in stored else row
                           for row in self._saved]  # fmt: skip
        self.changed.emit()
        if not self.busy:
            self._check_soon.start()

    # ── checking ─────────────────────────────────────────────────────────────────────────────────────────────────

    def check_now(self) -> None:
        self._check_soon.stop()
        if self.submission.id and not self.busy:
            self._scope.start(self.check(), what="Check the rows", key="composer.check", if_busy="queue")

    async def check(self) -> bool:
        """All rows that may be sent; True where the flaws are those of the rows as they are now."""
        rows = [row for row in self.rows if row.stage in CHECKED and not row.blank]
        before, self.checking = self.rows, True
        try:
            one = self.submission
            found = await self._services.submissions.check(
                one.account_id, one.kind, rows, one.request, columns=one.columns, old_days=self._old_days
            )
        except KnownError as error:
            self.failed.emit(error)
            return False
        finally:
            self.checking = False
        self.flaws = {}
        for flaw in found:
            self.flaws.setdefault(rows[flaw.row].key, []).append(flaw)
        groups = group(self.kind, found, [row.values for row in rows])
        self.groups = [replace(one, rows=tuple(rows[place].key for place in one.rows)) for one in groups]
        self.checked.emit()
        return self.rows is before

    # ── counts ───────────────────────────────────────────────────────────────────────────────────────────────────

    def counts(self) -> dict[str, int]:
        """For the footer: rows, ready, to fix, with warnings, left out."""
        full = [row for row in self.rows if not row.blank]
        sendable = [row for row in full if row.stage in CHECKED]
        bad = sum(bool(self.flaws_of(row, Severity.ERROR)) for row in sendable)
        warned = sum(
            bool(self.flaws_of(row, Severity.WARNING)) and not self.flaws_of(row, Severity.ERROR) for row in sendable
        )
        out = sum(row.stage is RowStage.LEFT_OUT for row in full)
        return {"rows": len(full), "ready": len(sendable) - bad, "bad": bad, "warned": warned, "out": out}


def _as_it_is(row: GridRow, now: GridRow | None) -> GridRow:
    """A row of an earlier step: its values of then, and what became of it since. What was sent stays what it is."""
    if now is None or now is row:
        return row
    return replace(now, values=row.values) if now.editable else now
