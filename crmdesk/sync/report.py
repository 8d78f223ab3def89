"""Rows and what became of them as a file that a spreadsheet opens: text only, nothing in it can become a formula.

Blocking; for a worker thread. A file appears whole or not at all."""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crmdesk.core.batch import BatchKind
from crmdesk.core.errors import StorageError
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.grid_columns import columns_of
from crmdesk.core.sheet import Cell, Table, as_text
from crmdesk.core.submission import Row, RowStage
from crmdesk.core.tabular import ELLIPSIS, disarm
from crmdesk.sync.whole_file import whole_file

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

REPORT_COLUMNS = (
    "Row", "Outcome", "Event number", "Event id", "Code", "Message", "Attempt", "Sent at", "Batch", "Request id",
    "Reference",
)  # fmt: skip
"""What stands behind the original columns (UX-SND-17)."""
SENT = "Sent: "
"""Before the titles of columns that hold what was sent, where that is not what stands in the file."""
OUTCOMES = {stage: stage.value.capitalize() for stage in RowStage}
_FAILED = frozenset({OUTCOMES[RowStage.FAILED], OUTCOMES[RowStage.NOT_SENT]})
_LIKE_OURS = 8  # of our columns make a file ours
_MOST_IN_SHEET = 1_048_575
_WIDEST = 60
_NUMBERED = re.compile(r" \([0-9]+\)$")


def report_cells(row: Row, number: int, batch: str, reference: str, hidden: Iterable[str] = ()) -> tuple[str, ...]:
    """The REPORT_COLUMNS of one row; `number` counts from 1, `batch` is that of its last call. `hidden`: words that are
    taken out of the message."""
    told = " ".join(part for part in (row.text, row.note) if part)
    for word in sorted(hidden, key=len, reverse=True):
        told = told.replace(word, ELLIPSIS)
    return (
        str(number), OUTCOMES[row.stage], row.number, row.remote_id, row.code, told, str(row.attempt or ""),
        row.sent_at, batch, row.uid, reference,
    )  # fmt: skip


def write_report(
    path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]], *, note: Sequence[str] = ()
) -> None:
    """CSV (UTF-8 with its mark) or XLSX, by the name's ending; `note`: lines for a second sheet of an XLSX.
    StorageError where it cannot be written; then nothing of it is there."""
    with whole_file(path) as made:
        (_write_book if path.suffix.lower() == ".xlsx" else _write_text)(made, columns, rows, note)


def write_template(path: Path, kind: BatchKind) -> None:
    """Headings, one row of examples, and what each column means. StorageError."""
    columns = columns_of(kind)
    sample = [_sample(column.spec) if column.essential else "" for column in columns]
    note = [f"{kind.title}: what the columns mean. Delete the example row before you send.", ""]
    for column in columns:
        needed = "Needed. " if column.essential else ""
        words = ", ".join(code for code, _ in column.spec.words)
        choices = f" One of: {words}." if words else ""
        note.append(f"{column.title}: {needed}{column.spec.hint}{choices}".strip())
    write_report(path, [column.title for column in columns], [sample], note=note)


def is_report(table: Table) -> bool:
    """It looks like a result of ours."""
    return len(_results(table)) >= _LIKE_OURS


def as_new(table: Table) -> Table:
    """All rows of a result of ours as rows to send: without the result's columns."""
    return _without_results(table, table.rows)


def failed_only(table: Table) -> Table:
    """Of a result of ours, the rows that failed or were not sent (UX-CMP-06). Unknown ones may be there already."""
    outcome = _results(table).get(REPORT_COLUMNS[1])
    rows = [] if outcome is None else [row for row in table.rows if as_text(row[outcome]) in _FAILED]
    return _without_results(table, rows)


def _results(table: Table) -> dict[str, int]:
    """Where our columns are. The last ones of their names: the file before them may have had a column *Message* too,
    and then ours came back as *Message (2)*."""
    found = {}
    for place, title in enumerate(table.columns):
        plain = _NUMBERED.sub("", title)
        if plain in REPORT_COLUMNS:
            found[plain] = place
    return found


def _without_results(table: Table, rows: Sequence[tuple[Cell, ...]]) -> Table:
    ours = frozenset(_results(table).values())
    sent = {title.removeprefix(SENT).casefold() for title in table.columns if title.startswith(SENT)}
    places = [
        place for place, title in enumerate(table.columns) if place not in ours and title.casefold() not in sent
    ]  # what was mended holds, not what was in the file before
    columns = tuple(table.columns[place].removeprefix(SENT) for place in places)
    return replace(table, columns=columns, rows=[tuple(row[place] for place in places) for row in rows])


def _write_text(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]], _note: Sequence[str]) -> None:
    with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([disarm(title) for title in columns])
        writer.writerows([disarm(cell) for cell in row] for row in rows)


def _write_book(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]], note: Sequence[str]) -> None:
    """Row by row through a folder beside the file: what XlsxWriter keeps meanwhile is as private as the file, and goes
    with it where the work breaks off."""
    import xlsxwriter
    from xlsxwriter.exceptions import XlsxFileError

    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".", ignore_cleanup_errors=True) as beside:
        options = {"constant_memory": True, "strings_to_urls": False, "tmpdir": beside}
        book = xlsxwriter.Workbook(str(path), options)
        try:
            _fill_book(book, columns, rows, note)
            book.close()
        except XlsxFileError as error:  # no OSError, although the disk is full
            cause = error.args[0] if error.args else None
            raise cause if isinstance(cause, OSError) else OSError(str(error)) from error
        finally:
            _let_go(book)


def _fill_book(book: Any, columns: Sequence[str], rows: Iterable[Sequence[str]], note: Sequence[str]) -> None:
    bold = book.add_format({"bold": True})
    text = book.add_format({"num_format": "@"})  # "000123" stays text when somebody edits the cell
    sheet = book.add_worksheet("Rows")
    sheet.freeze_panes(1, 0)
    for place, title in enumerate(columns):
        sheet.set_column(place, place, min(max(len(title) + 2, 12), _WIDEST), text)
    _line(sheet, 0, columns, bold)
    for number, row in enumerate(rows, 1):
        if number > _MOST_IN_SHEET:
            raise StorageError("These are too many rows for a workbook.", "Save them as .csv.")
        _line(sheet, number, row, text)
    if note:
        second = book.add_worksheet("Notes")
        second.set_column(0, 0, 100)
        for number, line in enumerate(note):
            _line(second, number, [line], None)


def _let_go(book: Any) -> None:
    """A workbook that is not written after all: nothing of it stays open, and it is not written when it is freed."""
    for sheet in book.worksheets():
        if sheet.row_data_fh is not None and not sheet.row_data_fh.closed:
            with suppress(OSError):  # what it could not write is given up anyway
                sheet.row_data_fh.close()
    book.fileclosed = True


def _line(sheet: Worksheet, number: int, cells: Sequence[str], form: Any) -> None:
    """Always as text: XlsxWriter would make a formula of "=1+1" elsewhere."""
    for place, cell in enumerate(cells):
        if cell:
            sheet.write_string(number, place, cell[:32_767], form)


def _sample(spec: FieldSpec) -> str:
    match spec.kind:
        case FieldKind.NUMBER:
            return "10.00"
        case FieldKind.TIME:
            return "2026-06-22 15:00"
        case FieldKind.DATE:
            return "2026-06-22"
        case FieldKind.FLAG:
            return "yes"
        case FieldKind.CHOICE if spec.words:
            return spec.words[0][0]
        case FieldKind.EMAIL:
            return "guest@example.com"
    return f"Example {spec.label.lower()}"
