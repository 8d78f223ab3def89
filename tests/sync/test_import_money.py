"""Amounts, dates and texts survive the way through files: six ways of writing them, and our own report back again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from crmdesk.core.cells import Reading, decimals_of, orders_of, value_of
from crmdesk.core.errors import StorageError
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.sheet import Layout, Table, TextForm
from crmdesk.sync import text_tables, workbooks
from crmdesk.sync.importing import read_file
from crmdesk.sync.report import REPORT_COLUMNS, as_new, failed_only, is_report, write_report

AMOUNT = FieldSpec("amount", "Amount", FieldKind.NUMBER)
WHEN = FieldSpec("when", "When", FieldKind.TIME)
DAY = FieldSpec("day", "Day", FieldKind.DATE)


@dataclass(frozen=True)
class Habit:
    """How a country writes: decimal sign, sign between thousands, date, order, separator and encoding of its CSV."""

    decimal: str
    thousands: str
    date: str
    order: str
    separator: str
    encoding: str


HABITS = {
    "en_US": Habit(".", ",", "%m/%d/%Y", "mdy", ",", "utf-8"),
    "en_GB": Habit(".", ",", "%d/%m/%Y", "dmy", ",", "cp1252"),
    "de_DE": Habit(",", ".", "%d.%m.%Y", "dmy", ";", "cp1252"),
    "fr_FR": Habit(",", "\u202f", "%d/%m/%Y", "dmy", ";", "utf-8-sig"),
    "de_CH": Habit(".", "’", "%d.%m.%Y", "dmy", ";", "utf-16"),
    "sv_SE": Habit(",", "\u00a0", "%Y-%m-%d", "ymd", "\t", "cp1252"),
}


def written(amount: Decimal, habit: Habit) -> str:
    return f"{amount:,.2f}".translate({ord(","): habit.thousands, ord("."): habit.decimal})


cents = st.integers(-99_999_999, 99_999_999).map(lambda number: Decimal(number).scaleb(-2))
moments = st.datetimes(datetime(1950, 1, 1), datetime(2099, 12, 31)).map(lambda moment: moment.replace(microsecond=0))
lines = st.lists(st.tuples(cents, moments), min_size=1, max_size=8)


def check_locale(habit: Habit, given: list[tuple[Decimal, datetime]]) -> None:
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=habit.separator)
    writer.writerow(["Amount", "When", "Day"])
    for amount, when in given:
        date = when.strftime(habit.date)
        writer.writerow([written(amount, habit), f"{date} {when:%H:%M:%S}", date])
    table = text_tables.read_bytes("x.csv", target.getvalue().encode(habit.encoding), Layout())
    amounts, whens, days = zip(*table.rows, strict=True)
    assert not decimals_of(amounts) or habit.decimal in decimals_of(amounts)
    assert not orders_of(days) or habit.order in orders_of(days)
    how = Reading(habit.order, habit.decimal)
    assert [value_of(AMOUNT, cell, how) for cell in amounts] == [amount for amount, _ in given]
    assert [value_of(WHEN, cell, how) for cell in whens] == [when.isoformat() for _, when in given]
    assert [value_of(DAY, cell, how) for cell in days] == [when.date().isoformat() for _, when in given]
    unasked = [(value_of(AMOUNT, cell), amount) for cell, (amount, _) in zip(amounts, given, strict=True)]
    assert all(isinstance(value, str) or value == amount for value, amount in unasked)  # open, but never another amount


@pytest.mark.parametrize("name", HABITS)
@given(lines)
@settings(max_examples=25)
def test_no_cent_and_no_day_changes(name: str, given: list[tuple[Decimal, datetime]]) -> None:
    check_locale(HABITS[name], given)


@pytest.mark.long
@pytest.mark.parametrize("name", HABITS)
@given(lines)
@settings(max_examples=900)
def test_no_cent_and_no_day_changes_in_five_thousand_files(name: str, given: list[tuple[Decimal, datetime]]) -> None:
    check_locale(HABITS[name], given)


@given(lines)
@settings(max_examples=15)
def test_numbers_and_dates_of_a_workbook(given: list[tuple[Decimal, datetime]]) -> None:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet = book.add_worksheet()
    form = book.add_format({"num_format": "dd.mm.yyyy hh:mm:ss"})
    sheet.write_row(0, 0, ["Amount", "When"])
    for number, (amount, when) in enumerate(given, 1):
        sheet.write_number(number, 0, float(amount))
        sheet.write_datetime(number, 1, when, form)
    book.close()
    found = workbooks.parse(target.getvalue(), "")  # our own file: no child is needed
    rows = [[workbooks.unpack(cell) for cell in row] for row in found.rows[1:]]
    assert [value_of(AMOUNT, row[0]) for row in rows] == [amount for amount, _ in given]
    assert [value_of(WHEN, row[1]) for row in rows] == [when.isoformat() for _, when in given]


# ── our report ───────────────────────────────────────────────────────────────────────────────────────────────────────

odd = st.sampled_from(
    ["=1+1", "+33 6", "-2+3", "@SUM(A1)", "\ttab", "＝1", "'=1", "''", "000123", "1,5", "a\nb", 'say "hi"', "_x000D_",
     "_x0041_", "line\u2028end", "x\x85y", "Ω 👩‍👩‍👧 ی", "http://a.b", "3.36E+10", "TRUE", "a\rb", " spaced "]
)  # fmt: skip
table_rows = st.lists(st.tuples(odd, odd, odd), min_size=1, max_size=6)


@given(rows=table_rows)
@settings(max_examples=25, deadline=None)
def test_a_csv_comes_back_identical(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]) -> None:
    path = tmp_path_factory.getbasetemp() / "identical.csv"
    write_report(path, ["One", "Two", "Three"], rows)
    table = read_file(path, Layout(TextForm(separator=","), header=True))
    assert list(table.rows) == rows
    inert = csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""))
    assert not [cell for line in inert for cell in line if cell.startswith(("=", "+", "-", "@", "\t", "＝"))]


@given(rows=table_rows)
@settings(max_examples=15, deadline=None)
def test_a_workbook_comes_back_identical(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]) -> None:
    path = tmp_path_factory.getbasetemp() / "identical.xlsx"
    write_report(path, ["One", "Two", "Three"], rows)
    found = workbooks.parse(path.read_bytes(), "")
    assert [tuple(row) for row in found.rows[1:]] == rows
    assert found.formulas == 0


def result(outcomes: list[str], columns: tuple[str, ...] = ("Account", "Message")) -> Table:
    rows = [(f"A{n}", "mine", str(n), outcome, *[""] * 9) for n, outcome in enumerate(outcomes, 1)]
    ours = tuple("Message (2)" if title == "Message" else title for title in REPORT_COLUMNS)
    return Table("r.csv", (*columns, *ours), rows, Layout())


def test_a_result_is_recognised_and_its_failures_taken() -> None:
    table = result(["Sent", "Failed", "Unknown", "Not sent", "Left out"])
    assert is_report(table)
    assert as_new(table).columns == ("Account", "Message")
    assert [row[0] for row in as_new(table).rows] == ["A1", "A2", "A3", "A4", "A5"]
    assert list(failed_only(table).rows) == [("A2", "mine"), ("A4", "mine")]
    assert not is_report(Table("x", ("Row", "Code", "Message", "Reference"), [], Layout()))


def test_a_report_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.xlsx"
    write_report(path, ["A"], [["old"]])
    before = path.read_bytes()

    def rows() -> Iterator[list[str]]:
        yield ["new"]
        raise OSError("no space")

    with pytest.raises(StorageError, match="cannot be written"):
        write_report(path, ["A"], rows())
    assert path.read_bytes() == before
    monkeypatch.setattr("crmdesk.sync.report._MOST_IN_SHEET", 1)
    with pytest.raises(StorageError, match="too many rows"):
        write_report(path, ["A"], [["1"], ["2"]])
    assert [one.name for one in tmp_path.iterdir()] == ["report.xlsx"]
