"""Contacts leave as files: whole or not at all, harmless, and without those whose guests asked to be left alone."""

from __future__ import annotations

import csv
import errno
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from crmdesk.core.errors import StorageError
from crmdesk.core.sheet import Layout
from crmdesk.core.tabular import FORMULA_STARTS
from crmdesk.core.types import Account, ContactDetail, ContactRow, Flag
from crmdesk.store.rows import gone_row
from crmdesk.sync import text_tables
from crmdesk.sync.exporting import CHUNK, Desk, Tally, write_cards, write_details, write_rows
from crmdesk.sync.whole_file import remedy, whole_file
from crmdesk.workspace import vendors

TITLES = ("Name", "E-mail", "Notes")


def made(number: int, **values: object) -> ContactRow:
    return replace(gone_row(number), account_id=1, remote_id=str(number), name=f"Guest {number}", **values)


def cells(row: ContactRow) -> list[str]:
    return [row.name, row.email, row.notes]


@dataclass
class Given:
    value: list

    def blocking(self) -> list:
        return self.value


class Shelf:
    """A reader of rows that lie ready."""

    def __init__(self, rows: Sequence[ContactRow], body: str = "{}") -> None:
        self.rows = {row.id: row for row in rows}
        self.body = body
        self.most = 0

    def begin_rows(self, ids: Sequence[int]) -> Given:
        self.most = max(self.most, len(ids))
        return Given([self.rows.get(number) or gone_row(number) for number in ids])

    def begin_details(self, ids: Sequence[int]) -> Given:
        return Given([ContactDetail(self.rows[number], self.body, "now") for number in ids if number in self.rows])


def people(count: int) -> list[ContactRow]:
    return [made(number, email=f"g{number}@x.example") for number in range(1, count + 1)]


def read_csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_a_table_holds_the_contacts_in_their_order(tmp_path: Path, ending: str) -> None:
    shelf, path = Shelf(people(2 * CHUNK + 7)), tmp_path / f"guests{ending}"
    ids = sorted(shelf.rows, reverse=True)
    tally = Tally(len(ids))
    assert write_rows(path, shelf, ids, tally, TITLES, cells)
    found = read_csv(path) if ending == ".csv" else CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert [row[0] for row in found] == ["Name", *(f"Guest {number}" for number in ids)]
    assert (tally.done, tally.written, tally.left_out) == (len(ids), len(ids), 0)
    assert shelf.most == CHUNK, "never more of them in memory"
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_who_asked_to_be_left_alone_is_left_out_and_counted(tmp_path: Path) -> None:
    rows = people(6)
    rows[1] = replace(rows[1], flags=int(Flag.RESTRICTED | Flag.HAS_EMAIL))
    rows[4] = replace(rows[4], flags=int(Flag.FORGET))
    shelf, ids = Shelf(rows), [1, 2, 3, 4, 5, 6, 99]  # 99 vanished meanwhile
    tally = Tally(len(ids))
    write_rows(tmp_path / "a.csv", shelf, ids, tally, TITLES, cells)
    assert [row[0] for row in read_csv(tmp_path / "a.csv")[1:]] == ["Guest 1", "Guest 3", "Guest 4", "Guest 6"]
    assert (tally.written, tally.left_out) == (4, 2)
    accounts = {1: Account(1, "bookingsync", "Seaside", "")}
    for path, write in (("b.csv", "details"), ("c.vcf", "cards")):
        desk, tally = Desk(accounts, vendors()), Tally(len(ids))
        if write == "details":
            write_details(tmp_path / path, shelf, ids, tally, desk.titles, desk.cells)
        else:
            write_cards(tmp_path / path, shelf, ids, tally, desk.card)
        assert (tally.written, tally.left_out) == (4, 2)
        assert "Guest 2" not in (tmp_path / path).read_text("utf-8-sig")


CELL = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.tuples(CELL.filter(lambda text: text.strip()), CELL), min_size=1, max_size=8))
def test_any_text_reads_back_and_none_is_a_formula(tmp_path: Path, texts: list[tuple[str, str]]) -> None:
    rows = [replace(made(number), name=name, notes=note) for number, (name, note) in enumerate(texts, 1)]
    path = tmp_path / "t.csv"
    write_rows(path, Shelf(rows), [row.id for row in rows], Tally(len(rows)), TITLES, cells)
    raw = read_csv(path)
    assert not [cell for row in raw for cell in row if cell.startswith(FORMULA_STARTS)]
    table = text_tables.read_bytes(path.name, path.read_bytes(), replace(Layout(), header=True))
    assert [(row[0] or "", row[2] or "") for row in table.rows] == texts


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".vcf"])
def test_cancel_leaves_nothing_and_keeps_what_was_there(
    tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "temporary"
    elsewhere.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / f"guests{ending}"
    path.write_text("older")
    shelf = Shelf(people(4 * CHUNK))
    tally = Tally(4 * CHUNK)
    begin = shelf.begin_rows if ending != ".vcf" else shelf.begin_details
    reads = 0

    def watched(ids: Sequence[int]) -> Given:
        nonlocal reads
        reads += 1
        tally.stop = reads == 3
        return begin(ids)

    shelf.begin_rows = shelf.begin_details = watched
    desk = Desk({1: Account(1, "bookingsync", "Seaside", "")}, vendors())
    if ending == ".vcf":
        assert not write_cards(path, shelf, list(shelf.rows), tally, desk.card)
    else:
        assert not write_rows(path, shelf, list(shelf.rows), tally, TITLES, cells)
    assert path.read_text() == "older"
    assert [one.name for one in folder.iterdir()] == [path.name]
    assert list(elsewhere.iterdir()) == [], "no guest's data in the system's temporary folder"
    assert reads < 5


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EACCES, "may not write there"),
        (errno.ENOENT, "folder is no longer there"),
        (errno.EBUSY, "open in another program"),
        (errno.ENAMETOOLONG, "name is too long"),
        (errno.EIO, "choose another folder"),
    ],
)
def test_what_to_do_is_said(tmp_path: Path, number: int, told: str) -> None:
    with pytest.raises(StorageError) as caught, whole_file(tmp_path / "a.csv"):
        raise OSError(number, os.strerror(number))
    assert told in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_windows_holds_open() -> None:
    error = OSError(errno.EACCES, "sharing violation")
    error.winerror = 32
    assert remedy(error).startswith("It is open in another program")


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".vcf"])
def test_a_full_disk(tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    path, shelf = tmp_path / f"a{ending}", Shelf(people(3))
    desk = Desk({1: Account(1, "bookingsync", "Seaside", "")}, vendors())
    with pytest.raises(StorageError) as caught:
        if ending == ".vcf":
            write_cards(path, shelf, [1, 2, 3], Tally(3), desk.card)
        else:
            write_rows(path, shelf, [1, 2, 3], Tally(3), TITLES, cells)
    assert "disk is full" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_all_documented_fields_of_several_vendors() -> None:
    used = {number: Account(number, key, key, "") for number, key in enumerate(vendors(), 1)}
    desk = Desk(used, vendors())
    assert len({title.casefold() for title in desk.titles}) == len(desk.titles), "no column twice"
    for number, key in enumerate(vendors(), 1):
        row = replace(made(7), account_id=number)
        line = dict(zip(desk.titles, desk.cells(ContactDetail(row, "[1, 2", "then")), strict=True))
        assert line["Vendor"] == vendors()[key].title
        assert line["As of"] == "then"
    specs = [spec for vendor in vendors().values() for spec in vendor.fields if spec.masked or spec.kind.secret]
    assert specs, "there are some, and none of them leaves"
    first = {key: vendor for key, vendor in vendors().items() if key == "bookingsync"}
    body = '{"fullname": "Ana", "phones": [{"label": "home", "number": "1"}, {"number": "2"}], "city": "Berlin"}'
    desk = Desk({1: Account(1, "bookingsync", "Seaside", "")}, first)
    line = dict(zip(desk.titles, desk.cells(ContactDetail(made(7), body, "then")), strict=True))
    assert "1 (home); 2" in line.values()
    assert "Berlin" in line.values()
