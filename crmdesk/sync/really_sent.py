"""What was sent where it is not what stands in the file: rows are mended and filled after the import. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from crmdesk.core import mapping as mappings
from crmdesk.core.batch import BatchKind
from crmdesk.core.cells import text_of
from crmdesk.core.errors import RejectedError
from crmdesk.core.grid_columns import GridColumn, columns_of, get, lines_in, used_columns
from crmdesk.core.mapping import ColumnMapping, Source
from crmdesk.core.sheet import Layout, Table
from crmdesk.core.submission import Row

_ANY = datetime(2000, 1, 1)  # noqa: DTZ001 - no column takes the time of the import here


def columns_apart(
    kind: BatchKind, columns: Sequence[str], mapping: ColumnMapping, rows: Sequence[Row]
) -> list[GridColumn]:
    """Those in which some row holds something else than its cells in the file gave: changed since, or in no column."""
    fed = {choice.path for choice in mapping.choices if choice.source.column is not None}
    every = [row.values for row in rows]
    in_use = {column.path for column in used_columns(kind, every)} | fed  # what was emptied is told, too
    used = [column for column in columns_of(kind, lines_in(every)) if column.path in in_use]
    given = _reader(kind, columns, mapping)
    apart: set[str] = set()
    for row in rows:
        if len(apart) == len(used):
            break
        if not row.cells:  # added by hand: it stands in the columns that its fields would be fed by
            apart |= {one.path for one in used if one.path not in fed and text(one, row.values)}
            continue
        values = given(row.cells)
        apart |= {one.path for one in used if one.path not in apart and text(one, values) != text(one, row.values)}
    return [one for one in used if one.path in apart]


def text(column: GridColumn, values: Mapping[str, Any]) -> str:
    """As the grid shows it."""
    return text_of(column.spec, get(values, column.path))


def _reader(
    kind: BatchKind, columns: Sequence[str], mapping: ColumnMapping
) -> Callable[[tuple[str, ...]], Mapping[str, Any]]:
    """What the cells of a row alone give; nothing where they cannot be read together any more."""
    from_cells = tuple(
        replace(choice, source=Source(choice.source.column))
        for choice in mapping.choices
        if choice.source.column is not None
    )
    alone = replace(mapping, choices=from_cells)

    def given(cells: tuple[str, ...]) -> Mapping[str, Any]:
        lines = _lines(cells, len(columns)) if mapping.group is not None else [_filled(cells, len(columns))]
        try:
            found = mappings.apply(kind, Table("", tuple(columns), lines, Layout()), alone, _ANY)
        except RejectedError:
            return {}
        return found[0].values if len(found) == 1 else {}

    return given


def _filled(cells: Sequence[str], width: int) -> tuple[str | None, ...]:
    return tuple(cell or None for cell in (*cells, *[""] * (width - len(cells))))


def _lines(cells: Sequence[str], width: int) -> list[tuple[str | None, ...]]:
    """The lines of the file that were joined into one event: cells in which they differed hold one line for each."""
    parts = [cell.split("\n") for cell in cells]
    most = max(map(len, parts), default=1)
    spread = [part if len(part) == most else ["\n".join(part)] * most for part in parts]
    return [_filled([part[line] for part in spread], width) for line in range(most)]
