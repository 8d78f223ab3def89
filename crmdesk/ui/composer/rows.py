"""A row of the grid, and what may be done to many of them at once. Pure: no Qt."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from crmdesk.core.cells import AS_TYPED, Reading, text_of, value_of
from crmdesk.core.grid_columns import GridColumn, get, put
from crmdesk.core.submission import EDITABLE, NewRow, Row, RowStage

LEFT_OUT = "Left out"
_keys = itertools.count(1)


@dataclass(frozen=True, slots=True, eq=False)
class GridRow:
    """`key` stays with the row through all edits; `id` is 0 until it is stored. The rest as `core.submission.Row`."""

    values: Mapping[str, Any] = field(default_factory=dict)
    cells: tuple[str, ...] = ()
    id: int = 0
    stage: RowStage = RowStage.READY
    note: str = ""
    code: str = ""
    text: str = ""
    number: str = ""
    remote_id: str = ""
    uid: str = ""
    attempt: int = 0
    call_id: int = 0
    key: int = field(default_factory=lambda: next(_keys))

    @property
    def editable(self) -> bool:
        """Certainly not sent."""
        return self.stage in EDITABLE

    @property
    def blank(self) -> bool:
        """Nothing was typed into it."""
        return not self.values and self.stage is RowStage.READY and not self.attempt


def from_stored(row: Row, key: int = 0) -> GridRow:
    return GridRow(
        row.values, row.cells, row.id, row.stage, row.note, row.code, row.text, row.number, row.remote_id, row.uid,
        row.attempt, row.call_id, **({"key": key} if key else {}),
    )  # fmt: skip


def to_store(row: GridRow) -> NewRow:
    """A row that was left out stays so, whatever its note says."""
    return NewRow(row.values, row.cells, (row.note or LEFT_OUT) if row.stage is RowStage.LEFT_OUT else "")


def cell_text(row: GridRow, column: GridColumn) -> str:
    """What the grid shows and edits."""
    return text_of(column.spec, get(row.values, column.path))


def with_text(row: GridRow, column: GridColumn, text: str, reading: Reading = AS_TYPED) -> GridRow:
    """The row with another text in a cell; the same row where nothing changes or it has left."""
    if not row.editable or text == cell_text(row, column):
        return row
    return replace(row, values=put(row.values, column.path, value_of(column.spec, text, reading)))


Change = tuple[int, GridColumn, str]


def changed(
    rows: Sequence[GridRow],
    changes: Iterable[Change],
    reading: Reading,
    fills: Sequence[tuple[GridColumn, str]] = (),
) -> list[GridRow]:
    """A new list; changes behind the last row make new ones. Rows that come to life are filled like all others."""
    found = list(rows)
    by_row: dict[int, list[tuple[GridColumn, str]]] = {}
    for place, column, text in changes:
        by_row.setdefault(place, []).append((column, text))
    for place in sorted(by_row):
        while place >= len(found):
            found.append(GridRow())
        before = found[place]
        found[place] = with_texts(before, by_row[place], reading)
        if before.blank and not found[place].blank:
            found[place] = completed(found[place], fills, reading)
    return found


def with_texts(row: GridRow, texts: Sequence[tuple[GridColumn, str]], reading: Reading) -> GridRow:
    """As `with_text`, of several cells."""
    if not row.editable:
        return row
    values = row.values
    for column, text in texts:
        if column.line >= 0:
            if text != text_of(column.spec, get(values, column.path)):
                values = put(values, column.path, value_of(column.spec, text, reading))
            continue
        value, now = value_of(column.spec, text, reading), values.get(column.path)
        if value == now or text == text_of(column.spec, now):
            continue
        values = dict(values) if values is row.values else values
        if value is None:
            values.pop(column.path, None)  # type: ignore[attr-defined]
        else:
            values[column.path] = value  # type: ignore[index]
    return row if values is row.values else replace(row, values=values)


def filled(
    rows: Sequence[GridRow], column: GridColumn, text: str, before: str, reading: Reading, *, every: bool = False
) -> list[GridRow]:
    """*Fill every row with*: cells that are empty, and those that hold what filled them before; with `every` also those
    with a value of their own. A row into which nothing was typed stays as it is: it is filled once something is
    (`completed`)."""
    found = []
    for row in rows:
        fits = not row.blank and (every or cell_text(row, column) in ("", before))
        found.append(with_text(row, column, text, reading) if fits else row)
    return found


def with_others(rows: Sequence[GridRow], column: GridColumn, text: str) -> int:
    """How many rows have another text there, of their own."""
    return sum(row.editable and cell_text(row, column) not in ("", text) for row in rows)


def completed(row: GridRow, fills: Sequence[tuple[GridColumn, str]], reading: Reading) -> GridRow:
    """With what every row is filled with, where nothing stands yet."""
    for column, text in fills:
        if not cell_text(row, column):
            row = with_text(row, column, text, reading)
    return row


def replaced(
    rows: Sequence[GridRow],
    columns: Sequence[GridColumn],
    sought: str,
    instead: str,
    reading: Reading,
    *,
    whole: bool = False,
) -> list[GridRow]:
    """Find and replace in these columns, capitals or not."""
    found = []
    for row in rows:
        texts = []
        for column in columns if row.editable else ():
            now = cell_text(row, column)
            new = _instead(now, sought, instead, whole=whole)
            if new != now:
                texts.append((column, new))
        found.append(with_texts(row, texts, reading) if texts else row)
    return found


def holding(rows: Sequence[GridRow], columns: Sequence[GridColumn], sought: str) -> list[tuple[int, str]]:
    """Place and path of each cell that holds the text, capitals or not."""
    sought = sought.casefold()
    return [
        (place, column.path)
        for place, row in enumerate(rows)
        for column in columns
        if sought in cell_text(row, column).casefold()
    ]


def _instead(text: str, sought: str, instead: str, *, whole: bool) -> str:
    if whole:
        return instead if text.casefold() == sought.casefold() else text
    import re

    return re.sub(re.escape(sought), lambda _: instead, text, flags=re.IGNORECASE) if sought else text


@dataclass(frozen=True, slots=True)
class ToSave:
    """`rows`: all that are to be stored. `values` by id, where only texts changed; None: rows came or went. `woken`:
    some of these get another stage by it."""

    rows: list[GridRow]
    values: dict[int, Mapping[str, Any]] | None
    woken: bool = False


def to_save(saved: Sequence[GridRow], rows: Sequence[GridRow], *, draft: bool) -> ToSave:
    """Takes a moment for many rows: for a thread. Rows into which nothing was typed are not stored, except in what was
    sent."""
    before = {row.key: row for row in saved if not row.blank or (not draft and row.id > 0)}
    full = [row for row in rows if not row.blank or (not draft and row.id > 0)]
    if [row.key for row in full] != list(before):
        return ToSave(full, None)
    others = [row for row in full if differ(row.values, before[row.key].values)]
    woken = any(before[row.key].stage is not RowStage.READY for row in others)
    return ToSave(full, {row.id: row.values for row in others}, woken)


def with_ids(rows: Sequence[GridRow], ids: Mapping[int, int]) -> list[GridRow]:
    """With the ids that they are stored under now, by key."""
    return [row if row.id == ids.get(row.key, 0) else replace(row, id=ids.get(row.key, 0)) for row in rows]


def merged(
    rows: Sequence[GridRow], saved: Sequence[GridRow], stored: Iterable[Row]
) -> tuple[list[GridRow], list[GridRow]]:
    """Rows and saved rows with what is stored by now; what was typed since stays."""
    there = {row.id: row for row in stored}
    old = {row.key: row for row in saved if row.id in there}

    def fresh(row: GridRow) -> GridRow:
        found = there.get(row.id)
        return row if found is None else now_stored(row, found, typed=was_typed(row, old.get(row.key)))

    now = [fresh(row) for row in rows]
    if rows is saved:
        return now, now
    return now, [now_stored(row, there[row.id], typed=False) if row.id in there else row for row in saved]


def now_stored(row: GridRow, stored: Row, *, typed: bool) -> GridRow:
    """The row with what became of it; what was typed since stays, as far as it may still be changed. The same row where
    nothing became of it."""
    if row.stage is stored.stage and row.values == stored.values and _fate(row) == _fate(stored):
        return row
    fresh = from_stored(stored, row.key)
    if fresh.values == row.values or (typed and fresh.editable):
        return replace(fresh, values=row.values)
    return fresh


def differ(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Values, most of them the same object."""
    return one is not other and one != other


def was_typed(row: GridRow, saved: GridRow | None) -> bool:
    """Something was typed since it was saved."""
    return saved is None or differ(row.values, saved.values)


def as_it_is(row: GridRow, now: GridRow | None) -> GridRow:
    """A row of an earlier step: its values of then, and what became of it since. What was sent stays what it is."""
    if now is None or now is row or (_same_fate(row, now) and now.editable):
        return row
    return replace(now, values=row.values) if now.editable else now


def _same_fate(row: GridRow, now: GridRow) -> bool:
    return row.id == now.id and row.stage is now.stage and row.uid == now.uid and row.note == now.note


def _fate(row: GridRow | Row) -> tuple[Any, ...]:
    return row.note, row.code, row.text, row.number, row.remote_id, row.uid, row.attempt, row.call_id, row.cells


def parts_of(path: str, lines: Any) -> list[str]:
    """Grid paths in which something stands, of the lines of a RECORDS field."""
    if not isinstance(lines, list):
        return []
    return [f"{path}.{place}.{part}" for place, line in enumerate(lines) if isinstance(line, dict) for part in line]


def joined(there: Sequence[str], new: Sequence[str]) -> tuple[tuple[str, ...], list[int]]:
    """Titles of the cells of two sources together, those that were there first; and where each new one stands."""
    titles = list(there)
    places = []
    for title in new:
        if title not in titles:
            titles.append(title)
        places.append(titles.index(title))
    return tuple(titles), places


def placed(cells: Sequence[str], places: Sequence[int], width: int) -> tuple[str, ...]:
    """A row's cells where their titles stand."""
    found = [""] * width
    for cell, place in zip(cells, places, strict=False):
        found[place] = cell
    return tuple(found)
