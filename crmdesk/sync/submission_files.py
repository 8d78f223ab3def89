"""Submissions as files: the report of what became of the rows, and templates to fill in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from crmdesk.core.batch import BatchKind
from crmdesk.core.cells import text_of
from crmdesk.core.fields import FieldKind
from crmdesk.core.grid_columns import MOST_LINES, GridColumn, columns_of, get, split, used_columns
from crmdesk.core.mapping import ColumnMapping, from_json, guess
from crmdesk.core.submission import CONTACT_COLUMN, Call, Row, Submission
from crmdesk.store import call_reads, ledger, submissions
from crmdesk.store.driver import Driver
from crmdesk.sync import report
from crmdesk.sync.really_sent import columns_apart, text
from crmdesk.sync.submission_drafts import Drafts

_PLAIN = frozenset({FieldKind.NUMBER, FieldKind.TIME, FieldKind.DATE, FieldKind.CHOICE, FieldKind.FLAG})


class Files(Drafts):
    """The part of `Submissions` that writes files."""

    async def report(self, submission_id: int, path: Path, *, personal: bool = True, ids: Sequence[int] = ()) -> int:
        """Original columns in their order, what was sent where that differs, then what became of each row; how many
        rows. `ids`: only these rows.
        `personal=False`: without the columns that may tell who it is about. StorageError, NotFoundError."""
        one = await self.get(submission_id)
        kind = await self.kind(one.account_id, one.kind, reading=True)

        def read(driver: Driver) -> tuple[list[Row], list[Call], dict[int, str]]:
            rows = submissions.rows(driver, submission_id)
            several = [row.id for row in rows if row.attempt > 1]
            return rows, call_reads.of_submission(driver, submission_id), ledger.numbers(driver, several)

        rows, calls, numbers = await self._read(read)
        chosen = frozenset(ids)

        def write() -> int:
            columns, lines = _lines(one, kind, rows, calls, chosen, numbers, personal=personal)
            report.write_report(path, columns, lines)
            return len(lines)

        return await asyncio.to_thread(write)

    async def template(self, account_id: int, kind_key: str, path: Path) -> None:
        """A file to be filled in. StorageError, KnownError."""
        kind = await self.kind(account_id, kind_key)
        await asyncio.to_thread(report.write_template, path, kind)


def _lines(
    one: Submission,
    kind: BatchKind,
    rows: Sequence[Row],
    calls: Sequence[Call],
    ids: frozenset[int],
    numbers: Mapping[int, str],
    *,
    personal: bool,
) -> tuple[list[str], list[list[str]]]:
    """`numbers`: our own ones of rows that were sent more than once."""
    batches = {call.id: str(call.number) for call in calls}
    source = _from_file(one, kind, personal=personal) if one.columns else _from_grid(kind, rows, personal=personal)
    titles, cells = source
    listed = [(number, row) for number, row in enumerate(rows, 1) if not ids or row.id in ids]
    apart = columns_apart(kind, one.columns, _mapping(one, kind), [row for _, row in listed]) if one.columns else []
    apart = [column for column in apart if personal or _names_nobody(kind, column)]
    lines = []
    for number, row in listed:
        reference = str((personal and row.values.get(kind.reference)) or numbers.get(row.id, row.uid))
        hidden = () if personal else [str(row.values[path]) for path in kind.who if row.values.get(path)]
        told = report.report_cells(row, number, batches.get(row.call_id, ""), reference, hidden)
        lines.append([*cells(row), *(text(column, row.values) for column in apart), *told])
    return [*titles, *(report.SENT + column.title for column in apart), *report.REPORT_COLUMNS], lines


def _from_file(one: Submission, kind: BatchKind, *, personal: bool) -> tuple[list[str], Any]:
    """The file's own columns; of rows that were added by hand, what stands in the fields that these columns feed."""
    fed = _fed(one, kind)
    safe = frozenset(range(len(one.columns))) if personal else _safe_places(fed, kind)
    kept = [place for place, title in enumerate(one.columns) if place in safe and title != CONTACT_COLUMN]
    specs = {column.path: column.spec for column in columns_of(kind, MOST_LINES)}

    def cell(row: Row, place: int) -> str:
        if row.cells:
            return row.cells[place] if place < len(row.cells) else ""
        texts = (text_of(specs[path], get(row.values, path)) for path in sorted(fed.get(place, ())))
        return next((text for text in texts if text), "")

    def cells(row: Row) -> list[str]:
        return [cell(row, place) for place in kept]

    return [one.columns[place] for place in kept], cells


def _fed(one: Submission, kind: BatchKind) -> dict[int, set[str]]:
    """The fields that each column feeds, by the mapping of the import; without one, those that are sure."""
    known = {column.path for column in columns_of(kind, MOST_LINES)}
    fed: dict[int, set[str]] = {}
    for choice in _mapping(one, kind).choices:
        if choice.source.column is not None and choice.path in known:
            fed.setdefault(choice.source.column, set()).add(choice.path)
    return fed


def _mapping(one: Submission, kind: BatchKind) -> ColumnMapping:
    """That of the import; without one, what is sure."""
    kept = one.settings.get("mapping")
    if isinstance(kept, str):
        return from_json(kept, one.columns)
    found = guess(kind, one.columns)
    return replace(found, choices=tuple(choice for choice in found.choices if choice.sure))


def _safe_places(fed: Mapping[int, set[str]], kind: BatchKind) -> frozenset[int]:
    """Columns that feed fields which name nobody, and no others. What feeds nothing may be a name."""
    impersonal = {column.path for column in columns_of(kind, MOST_LINES) if _names_nobody(kind, column)}
    return frozenset(place for place, paths in fed.items() if paths <= impersonal)


def _names_nobody(kind: BatchKind, column: GridColumn) -> bool:
    """What makes the event, without whom it is about and without free text: amounts, times, and keys of things."""
    part = split(column.path)
    field, inner = (part[0], part[2]) if part else (column.path, column.path)
    if field in kind.who or field not in {*kind.identity, *kind.unit, *kind.currency, kind.performed}:
        return False
    return column.spec.kind in _PLAIN or "." in inner  # `classification_identifier.name` is a key of a thing


def _from_grid(kind: BatchKind, rows: Sequence[Row], *, personal: bool) -> tuple[list[str], Any]:
    """Rows that were typed: the columns in use."""
    used = used_columns(kind, [row.values for row in rows])
    columns = [column for column in used if personal or _names_nobody(kind, column)]

    def cells(row: Row) -> list[str]:
        return [text_of(column.spec, get(row.values, column.path)) for column in columns]

    return [column.title for column in columns], cells
