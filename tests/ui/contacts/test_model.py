"""The list's model: ids, a few pages, nothing that waits."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from crmdesk.core.query import parse
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import ContactRow
from crmdesk.ui.contacts import vector
from crmdesk.ui.contacts.columns import COLUMNS, KEYS, Desk
from crmdesk.ui.contacts.model import KEPT, PAGE, PLACEHOLDER, TOOLTIP, ContactsModel
from tests.ui import fakes
from tests.ui.contacts.conftest import GateReader, settle

QUERY = parse("", now=fakes.NOON)
SPOKEN = int(Qt.ItemDataRole.AccessibleTextRole)


@pytest.fixture
def reader(people: list[ContactRow]) -> GateReader:
    return GateReader(people)


@pytest.fixture
def desk(clock: fakes.FakeClock) -> Desk:
    return Desk({1: fakes.account(1), 2: fakes.account(2, "Harbour")}, {"bookingsync": "B"}, clock)


@pytest.fixture
def model(reader: GateReader, scope: TaskScope, desk: Desk, qapp: Any) -> ContactsModel:
    return ContactsModel(reader, scope, desk)


def fill(model: ContactsModel, reader: GateReader, count: int, first: int = 80) -> None:
    ids = np.array(sorted(reader.contacts)[:count], np.uint32)
    model.set_result(ids, QUERY, (), {0: [reader.contacts[int(item)] for item in ids[:first]]})


def text(model: ContactsModel, row: int, key: str = "name") -> str:
    return str(model.data(model.index(row, KEYS.index(key))))


async def test_the_model_keeps_qts_rules_through_results_of_any_size(model: ContactsModel, reader: GateReader) -> None:
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    for count in (300, 0, 1, 300, 5):
        fill(model, reader, count)
        assert model.rowCount() == count
        await settle()
    assert model.rowCount(model.index(0, 0)) == 0
    assert model.columnCount() == len(COLUMNS)
    tester.deleteLater()


async def test_first_rows_are_text_at_once_and_the_rest_comes_with_one_read(
    model: ContactsModel, reader: GateReader
) -> None:
    fill(model, reader, 300)
    assert text(model, 0) == "Person 000"
    assert reader.asked_rows == []
    assert [text(model, row) for row in (200, 201, 202)] == [PLACEHOLDER] * 3
    await settle(lambda: text(model, 200) == "Person 200")
    assert len(reader.asked_rows) == 1
    assert reader.asked_rows[0] == sorted(reader.contacts)[PAGE : 2 * PAGE]


async def test_rows_of_an_older_result_are_dropped(model: ContactsModel, reader: GateReader) -> None:
    fill(model, reader, 300)
    reader.gate["rows"] = asyncio.Event()
    model.look(200)
    await settle(lambda: bool(reader.asked_rows))
    fill(model, reader, 3)
    reader.gate.pop("rows").set()
    await settle()
    assert model.rowCount() == 3
    assert model.row_at(200) is None


async def test_before_the_search_engine_other_rows_are_places_that_load_nothing(
    model: ContactsModel, reader: GateReader
) -> None:
    model.show_first([reader.contacts[1], reader.contacts[2]], 1_000_000)
    assert model.rowCount() == 1_000_000
    assert text(model, 1) == "Person 001"
    assert text(model, 999_999) == PLACEHOLDER
    await settle()
    assert reader.asked_rows == []


async def test_flags_and_ids_of_a_million_rows_touch_no_row(model: ContactsModel, reader: GateReader) -> None:
    model.set_result(np.arange(1, 1_000_001, dtype=np.uint32), QUERY, (), {})
    assert model.flags(model.index(999_999, 0)) & Qt.ItemFlag.ItemIsSelectable
    assert model.id_at(999_999) == 1_000_000
    assert model.position(500_000) == 499_999
    await settle()
    assert reader.asked_rows == []


async def test_the_cache_stays_small(scope: TaskScope, desk: Desk, qapp: Any) -> None:
    class Endless:
        async def rows(self, ids: Any, query: Any = None) -> list[ContactRow]:
            return [fakes.contact(int(item) % 90, id=int(item)) for item in ids]

    model = ContactsModel(Endless(), scope, desk)
    model.set_result(np.arange(1, 200 * PAGE, dtype=np.uint32), QUERY, (), {})
    for number in range(100):
        model.look(number * PAGE)
        await settle(lambda number=number: model.row_at(number * PAGE) is not None)
    assert len(list(model.cached_ids())) == KEPT * PAGE
    assert model.row_at(0) is None


async def test_changed_rows_are_read_again_tinted_for_a_while_and_marked_until_seen(
    model: ContactsModel, reader: GateReader
) -> None:
    fill(model, reader, 300)
    reader.contacts[3] = fakes.contact(2, name="Now Different")
    model.contacts_changed(frozenset({3, 9999}))
    assert model.tinted == model.marked == {3}
    await settle(lambda: text(model, 2) == "Now Different")
    model._end_tint()
    assert not model.tinted
    assert model.marked == {3}
    model.seen(3)
    assert not model.marked


async def test_a_row_is_spoken_whole_and_its_tooltips_are_never_markup(
    model: ContactsModel, reader: GateReader
) -> None:
    reader.contacts[1] = fakes.contact(0, id=1, account_id=2, name="<b>Ana</b>", city="Nevers", flags=1)
    fill(model, reader, 3)
    assert model.data(model.index(0, 0), SPOKEN) == "<b>Ana</b>, Harbour, Restricted, Nevers"
    tip = model.data(model.index(0, 0), TOOLTIP)
    assert "<b>" not in tip
    assert "&lt;b&gt;Ana" in tip


def test_the_vendor_cell_speaks_and_its_header_explains_the_letters(
    model: ContactsModel, reader: GateReader, desk: Desk
) -> None:
    fill(model, reader, 2)
    across, place = Qt.Orientation.Horizontal, KEYS.index("account")
    assert model.headerData(place, across, TOOLTIP) is None, "titles come with the services"
    model.set_desk(replace(desk, titles={"bookingsync": "Booking <b>Sync</b>"}))
    assert model.data(model.index(0, place)) == "B1", "the vendor has two accounts"
    assert model.data(model.index(0, place), SPOKEN) == "Booking <b>Sync</b> · Seaside Villas"
    assert "B1   Booking &lt;b&gt;Sync" in model.headerData(place, across, TOOLTIP)
    assert "marketing" in model.headerData(KEYS.index("consent"), across, TOOLTIP)
    assert model.headerData(KEYS.index("city"), across, TOOLTIP) is None
    assert model.headerData(len(KEYS), across, TOOLTIP) is None


def test_a_nameless_contact_falls_back_to_company_email_and_number(model: ContactsModel, reader: GateReader) -> None:
    reader.contacts[1] = fakes.contact(0, id=1, name="", company="Inn")
    reader.contacts[2] = fakes.contact(0, id=2, name="", email="a@example.org")
    reader.contacts[3] = fakes.contact(0, id=3, name="", email="", remote_id="77")
    fill(model, reader, 3)
    assert [text(model, row) for row in range(3)] == ["Inn", "a@example.org", "#77"]


def test_index_of_nothing_has_no_data(model: ContactsModel) -> None:
    assert model.data(QModelIndex()) is None


@pytest.mark.parametrize("make", [list, lambda numbers: np.array(list(numbers), np.uint32)], ids=["list", "numpy"])
def test_runs_of_ids_in_any_vector(make: Any) -> None:
    ids = make(range(10, 40))
    assert vector.runs_of(ids, make([12, 13, 14, 20, 99])) == [(2, 4), (10, 10)]
    assert vector.runs_of(ids, make(range(11, 39))) == [(1, 28)]
    assert vector.runs_of(ids, make(range(100, 120))) == []
    assert [int(item) for item in vector.take(ids, [(0, 1), (5, 5)])] == [10, 11, 15]


async def test_with_less_motion_changed_rows_are_marked_and_no_colour_passes(
    model: ContactsModel, reader: GateReader
) -> None:
    fill(model, reader, 300)
    model.calm = True
    model.contacts_changed(frozenset({3}))
    assert model.marked == {3} and not model.tinted
