"""Files of many rows to tables, and a report back, beside the bare library that does the same job."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import python_calamine
import xlsxwriter

from crmdesk.sync.importing import read_file
from crmdesk.sync.report import write_report
from tests.perf.options import Options
from tests.perf.table import Row
from tests.perf.turns import medians

FEW, MANY = 10_000, 100_000
TITLES = ("Account", "Unit", "Performed on", "Reference", "Product", "Net", "VAT", "Total", "Guest", "Remark")
CSV_LIMIT, BOOK_LIMIT = 1500.0, 4000.0  # ms for FEW rows


def measure(options: Options) -> Iterator[Row]:
    rounds = 1 if options.quick else 5
    with tempfile.TemporaryDirectory() as folder:
        for rows in (FEW,) if options.quick else (FEW, MANY):
            text, book = Path(folder, f"{rows}.csv"), Path(folder, f"{rows}.xlsx")
            _write(text, book, rows)
            for word, path, bare, most in (("CSV", text, _csv, CSV_LIMIT), ("XLSX", book, _calamine, BOOK_LIMIT)):
                name = f"import of {rows:,} rows, {word}"
                yield _row(name, partial(read_file, path), partial(bare, path), rounds, most * rows / FEW)
        texts = [[str(cell) for cell in line] for line in _lines(FEW)]
        for suffix in (".csv", ".xlsx"):
            ours = partial(write_report, Path(folder, f"report{suffix}"), TITLES, texts)
            name = f"report of {FEW:,} rows, {suffix[1:].upper()}"
            yield _row(name, ours, partial(_bare_csv, texts), rounds, BOOK_LIMIT)


def _row(name: str, ours: Callable[[], Any], bare: Callable[[], Any], rounds: int, most: float) -> Row:
    mine, floor = medians(ours, bare, rounds)
    return Row(name, mine, floor=floor, most=most)


def _lines(rows: int) -> Iterator[tuple[Any, ...]]:
    start = datetime(2026, 1, 1)
    for number in range(rows):
        net = number % 50_000 / 100
        amounts = (net, round(net * 0.09, 2), round(net * 1.09, 2))
        words = ("Δημήτρης Müller, Zoë", "Late check-out, table 4")
        when = start + timedelta(minutes=number)
        yield (f"ACR{number:010}", "FRONTDESK", when, f"INV-{number}", "ROOM", *amounts, *words)


def _write(text: Path, book: Path, rows: int) -> None:
    with text.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(TITLES)
        writer.writerows(_lines(rows))
    made = xlsxwriter.Workbook(str(book), {"constant_memory": True})
    sheet, form = made.add_worksheet(), made.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet.write_row(0, 0, TITLES)
    for number, line in enumerate(_lines(rows), 1):
        sheet.write_row(number, 0, line[:2])
        sheet.write_datetime(number, 2, line[2], form)
        sheet.write_row(number, 3, line[3:])
    made.close()


def _csv(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        return len(list(csv.reader(file)))


def _calamine(path: Path) -> int:
    return len(python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python())


def _bare_csv(rows: Sequence[Sequence[str]]) -> None:
    csv.writer(io.StringIO()).writerows(rows)
