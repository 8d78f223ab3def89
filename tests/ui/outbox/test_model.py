"""The Outbox's rows: selection and place stay with their edit, whatever happens to the others."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

import pytest
from PySide6.QtCore import QAbstractItemModel, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from crmdesk.core.outbox import Op, OpState
from crmdesk.ui.outbox import listing
from crmdesk.ui.outbox.model import OutboxModel
from crmdesk.ui.outbox.speech import Teller
from crmdesk.ui.outbox.table import OutboxList
from crmdesk.ui.theme import Theme
from crmdesk.vendors import VENDORS
from tests.ui import fakes
from tests.ui.fakes import NOON
from tests.ui.outbox_fakes import at, drafts, every_state, op


def watched(model: QAbstractItemModel) -> QAbstractItemModelTester:
    return QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)


@pytest.fixture
def model(qapp: QApplication) -> OutboxModel:
    made = OutboxModel(lambda: NOON)
    made.set_teller(Teller({vendor.key: vendor for vendor in VENDORS}, {1: fakes.account(1)}))
    return made


def show(model: OutboxModel, ops: Sequence[Op]) -> None:
    model.show(listing.arrange(ops, [], {}))


def titles(model: OutboxModel) -> list[str]:
    return [model.index(row).data() for row in range(model.rowCount())]


def test_rows_in_plain_words(model: OutboxModel) -> None:
    kept = watched(model)
    model.show(listing.arrange(every_state(), drafts(), {"contact:3": "Agnès Lefèvre", "new:7": ""}))
    shown = [text.replace("\u2068", "").replace("\u2069", "") for text in titles(model)]
    assert shown[0] == "Needs you"
    assert "Change postal code of Ana Ruiz at BookingSync: 58000 → 58000 Nevers Cedex 9" in shown
    assert "Create Erik Åkesson at BookingSync" in shown
    assert shown[-2].startswith("Unsaved typing of Agnès Lefèvre, ")
    assert shown[-1].startswith("New contact, not saved, ")
    assert kept.model() is model


def test_a_row_is_spoken_whole(model: OutboxModel) -> None:
    model.show(listing.arrange(every_state(), drafts(), {}))
    spoken = [model.index(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(model.rowCount())]
    assert spoken[0] == "Needs you, 5"
    refused = spoken[1]
    assert "Needs you" in refused and "Maria" in refused and "is too long (maximum is 15 characters)" in refused
    assert "goes after the edit above" in spoken[3]
    assert "\u2068" not in "".join(spoken)


def test_headings_cannot_be_chosen(model: OutboxModel) -> None:
    show(model, every_state())
    assert model.flags(model.index(0)) == Qt.ItemFlag.NoItemFlags
    assert model.flags(model.index(1)) & Qt.ItemFlag.ItemIsSelectable


def test_names_are_no_markup_in_tooltips(model: OutboxModel) -> None:
    show(model, [op(1, title="<b>x</b>")])
    assert "<b>" not in model.index(1).data(Qt.ItemDataRole.ToolTipRole)


def test_an_edit_that_changed_is_worded_anew(model: OutboxModel) -> None:
    kept = watched(model)
    show(model, [op(1)])
    before = titles(model)[1]
    show(model, [op(1, title="Ben Ruiz")])
    assert "Ben Ruiz" in titles(model)[1] != before
    assert kept.model() is model


def test_any_new_state_comes_by_valid_moves(model: OutboxModel) -> None:
    """A hundred random states after each other; Qt's own tester watches every step."""
    kept, chance = watched(model), random.Random(4)
    states = list(OpState)
    for _ in range(100):
        numbers = chance.sample(range(1, 30), chance.randint(0, 20))
        ops = [op(number, chance.choice(states), contact_id=number % 7, closed_at=at(number)) for number in numbers]
        held = {
            line.key: QPersistentModelIndex(model.index(row))
            for row, line in enumerate(model.lines)
            if not line.heading
        }
        expected = listing.arrange(ops, [], {})
        model.show(expected)
        assert model.lines == expected
        for key, index in held.items():
            assert index.row() == model.row_of(key), "a row lost its edit"
    assert kept.model() is model


def test_the_current_line_stays_current_while_others_come_and_go(model: OutboxModel, look: Theme, qtbot: QtBot) -> None:
    show(model, every_state())
    made = OutboxList(model, look)
    qtbot.addWidget(made)
    made.choose(model.row_of("op:8"))
    show(model, [one for one in every_state() if one.id not in (1, 2, 3)] + [op(20, OpState.REJECTED)])
    assert made.current_key() == "op:8"
    show(model, [one for one in every_state() if one.id != 8] + [op(8, OpState.CONFIRMED, closed_at=at(0))])
    assert made.current_key() == "op:8"
    assert made.selectionModel().isSelected(made.currentIndex())


def test_five_thousand_edits_do_not_block(model: OutboxModel, look: Theme, qtbot: QtBot) -> None:
    """Rows are worded and painted when they come to sight only. The bound is generous: this box is shared."""
    ops = [op(number, title=f"Guest {number}") for number in range(1, 5001)]
    made = OutboxList(model, look)
    qtbot.addWidget(made)
    made.resize(600, 700)
    made.show()
    lines = listing.arrange(ops, [], {})
    began = time.perf_counter()
    model.show(lines)
    made.grab()
    took = time.perf_counter() - began
    assert len(model._titles) < 100
    assert took < 1.0
    began = time.perf_counter()
    model.show(listing.arrange(ops[1:], [], {}))
    made.grab()
    assert time.perf_counter() - began < 1.0
