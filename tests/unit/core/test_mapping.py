"""Columns find their fields, doubts are left to a person, and what was chosen is kept by the columns' titles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import pytest

from crmdesk.core import grid_columns, mapping
from crmdesk.core.cells import Reading
from crmdesk.core.errors import RejectedError
from crmdesk.core.mapping import ColumnMapping, Source
from crmdesk.core.row_checks import Rules, check
from crmdesk.core.sheet import Layout, Table, unique
from crmdesk.vendors.cendyn.kinds import CONTACTS
from crmdesk.vendors.crmcom_events.kinds import kinds_of

KINDS = {kind.batch.key: kind.batch for kind in kinds_of((12, 0))}
ACHIEVEMENT, PURCHASE = KINDS["achievements"], KINDS["purchases"]
NOW = datetime(2026, 5, 3, 14, 30, 5)


def table(columns: list[str], *rows: list[object]) -> Table:
    return Table("t.csv", unique(columns), [tuple(row) for row in rows], Layout())  # type: ignore[arg-type]


def chosen(found: ColumnMapping) -> dict[str, tuple[int | None, bool]]:
    return {choice.path: (choice.source.column, choice.sure) for choice in found.choices}


def test_path_label_alias_and_loose_form() -> None:
    columns = ["ACCOUNT NUMBER", "performed_on", "Unit", "Classification-Name", "Remarks"]
    assert chosen(mapping.guess(ACHIEVEMENT, columns)) == {
        "classification_identifier.name": (3, False),
        "performed_on": (1, True),
        "accounts_receivable_identifier.number": (0, True),
        "performed_by_unit_identifier.name": (2, True),
    }
    found = mapping.guess(ACHIEVEMENT, columns)
    assert mapping.ignored(columns, found) == ["Remarks"]
    assert mapping.lacking(ACHIEVEMENT, found) == []


def test_two_columns_for_one_field_are_left_open() -> None:
    found = mapping.guess(ACHIEVEMENT, ["Date", "Performed on", "Account number"])
    assert chosen(found) == {"accounts_receivable_identifier.number": (2, True)}
    assert mapping.lacking(ACHIEVEMENT, found) == ["Performed on", "Classification name", "Unit name"]


def test_numbered_columns_are_lines_of_one_event() -> None:
    columns = ["Net", "VAT", "Total", "Net 2", "VAT 2", "Total amount (2)"]
    found = mapping.guess(PURCHASE, columns)
    rows = mapping.apply(PURCHASE, table(columns, ["1.50", "0.50", "2.00", "3.5", "", "4,25"]), found, NOW)
    assert rows[0].values["products_set"] == [
        {"net_amount": Decimal("1.50"), "vat_amount": Decimal("0.50"), "total_amount": Decimal("2.00")},
        {"net_amount": Decimal("3.5"), "total_amount": Decimal("4.25")},
    ]
    assert rows[0].cells == ("1.50", "0.50", "2.00", "3.5", "", "4,25")
    alone = mapping.apply(PURCHASE, table(columns, ["", "", "", "3.5", "", ""]), found, NOW)
    assert alone[0].values["products_set"] == [{"net_amount": Decimal("3.5")}], "no empty line before it"


def test_an_event_group_joins_rows_and_equal_numbers_alone_do_not() -> None:
    columns = ["Event group", "Reference number", "Product code", "Total"]
    rows = [["A", "B-1", "P1", "1"], ["", "B-1", "P2", "2"], ["A", "B-1", "P3", "3"]]
    found = mapping.guess(PURCHASE, columns)
    made = mapping.apply(PURCHASE, table(columns, *rows), found, NOW)
    assert [len(row.values["products_set"]) for row in made] == [2, 1]
    assert made[0].cells == ("A", "B-1", "P1\nP3", "1\n3"), "both rows of the file are in the report"
    with pytest.raises(RejectedError, match=r"These rows") as refused:
        mapping.apply(PURCHASE, table(columns, ["A", "B-1", "P", "1"], ["A", "B-2", "P", "1"]), found, NOW)
    assert "Rows 1 and 2" in refused.value.hint


def test_a_cell_with_an_address_of_two_lines_is_sent_without_a_question() -> None:
    columns = ["User ID", "Address"]
    rows = table(columns, ["7", "12 rue X\n75001 Paris"])
    made = mapping.apply(CONTACTS, rows, mapping.guess(CONTACTS, columns), NOW)
    assert made[0].values == {"user_id": "7", "full_address": "12 rue X, 75001 Paris"}
    assert made[0].cells == ("7", "12 rue X\n75001 Paris"), "the report has the file's own words"
    assert check(CONTACTS, [made[0].values], {}, Rules(NOW)) == []


def test_rows_that_differ_in_what_a_guest_has_once_say_so_in_words() -> None:
    columns = ["Event group", "User ID", "Transaction code", "Price"]
    rows = [["A", "7", "T1", "1"], ["A", "7", "T2", "2"]]
    with pytest.raises(RejectedError) as refused:
        mapping.apply(CONTACTS, table(columns, *rows), mapping.guess(CONTACTS, columns), NOW)
    assert "“Purchase”" in refused.value.hint and "“purchase”" not in refused.value.hint


def test_joining_rows_can_be_stopped() -> None:
    columns = ["Event group", "Reference number", "Product code", "Total"]
    rows = [[f"{number // 2}", f"B-{number // 2}", "P1", "1"] for number in range(4 * mapping.TOLD_EVERY)]
    found = mapping.guess(PURCHASE, columns)
    told: list[int] = []
    assert len(mapping.apply(PURCHASE, table(columns, *rows), found, NOW, tell=told.append)) == len(rows) // 2
    assert len(told) == 8 and told == sorted(told), "told while it reads, and while it joins"

    def stop(done: int) -> None:
        if done == len(rows):
            raise InterruptedError

    with pytest.raises(InterruptedError):
        mapping.apply(PURCHASE, table(columns, *rows), found, NOW, tell=stop)


def test_one_column_feeds_two_fields_constants_defaults_and_now() -> None:
    columns = ["Who", "Text"]
    found = (
        ColumnMapping(reading=Reading("dmy"))
        .with_choice("accounts_receivable_identifier.number", Source(0))
        .with_choice("external_system_reference_number", Source(0))
        .with_choice("description", Source(1, default="none"))
        .with_choice("performed_by_unit_identifier.name", Source(constant="Spa"))
        .with_choice("performed_on", Source(now=True))
    )
    made = mapping.apply(ACHIEVEMENT, table(columns, ["000123", None]), found, NOW)[0]
    assert made.values == {
        "accounts_receivable_identifier.number": "000123",
        "external_system_reference_number": "000123",
        "description": "none",
        "performed_by_unit_identifier.name": "Spa",
        "performed_on": "2026-05-03T14:30:05",
    }
    assert found.with_choice("description", Source()).source("description") == Source()


def test_a_kept_mapping_fits_the_next_file() -> None:
    columns = ["Who", "When", "Amount"]
    found = ColumnMapping(reading=Reading("mdy", ","), group=2).with_choice("performed_on", Source(1, default="x"))
    kept = mapping.to_json(found, columns)
    again = mapping.from_json(kept, ["amount", "more", "when"], "Spa file")
    assert again == ColumnMapping((mapping.Choice("performed_on", Source(2, "x")),), 0, Reading("mdy", ","), "Spa file")
    assert mapping.matches(["amount", "more", "when"], columns) == pytest.approx(2 / 3)
    assert mapping.from_json("{", columns) == mapping.from_json('{"choices": [1], "reading": 3}', columns)
    assert mapping.from_json('{"choices": 5}', columns) == ColumnMapping()


def test_cells_of_lines_are_put_and_taken_away() -> None:
    values = grid_columns.put({}, "products_set.1.quantity", Decimal(2))
    assert values == {"products_set": [{}, {"quantity": Decimal(2)}]}
    assert grid_columns.get(values, "products_set.1.quantity") == Decimal(2)
    assert grid_columns.get(values, "products_set.7.quantity") is None
    assert grid_columns.put(values, "products_set.1.quantity", None) == {}
    assert grid_columns.lines_in([{}, values]) == 2


def test_what_crmdesk_fills_in_has_no_column() -> None:
    paths = [column.path for column in grid_columns.columns_of(PURCHASE, 2)]
    assert "request_unique_identifier" not in paths
    assert "products_set.1.product_identifier.code" in paths
    essential = {column.path for column in grid_columns.columns_of(PURCHASE) if column.essential}
    assert {"performed_on", "reference_number", "products_set.0.net_amount"} <= essential
    assert "description" not in essential


def test_of_the_kept_mappings_that_fit_the_best_one_is_proposed_and_of_equals_the_first() -> None:
    @dataclass(frozen=True)
    class One:
        name: str
        columns: tuple[str, ...]
        content: str = "{}"

    titles = ["a", "b", "c", "d", "e"]
    little, most, all_ = One("little", ("a", "b", "x", "y")), One("most", ("a", "b", "c", "d", "x")), One("all", ("E",))
    assert mapping.best(titles, []) is None
    assert mapping.best(titles, [little]) is None, "half of it is another file"
    for kept, name in (([little, most], "most"), ([most, all_], "all"), ([all_, One("twin", ("a",)), most], "all")):
        found = mapping.best(titles, kept)
        assert found is not None and found.name == name
