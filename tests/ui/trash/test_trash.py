"""The Trash page: what restoring means is said before, and what cannot be restored says why."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from crmdesk.core.changes import Changes
from crmdesk.core.errors import StorageError
from crmdesk.core.outbox import NEW, Op, OpKind, OpState
from crmdesk.core.seams import iso
from crmdesk.core.tasks import TaskScope
from crmdesk.sync import capabilities
from crmdesk.ui.trash.model import TITLES, Kept
from crmdesk.ui.trash.page import TrashPage
from crmdesk.vendors import VENDORS
from tests.helpers.clock import NOON
from tests.ui import fakes
from tests.ui.contacts.conftest import BODY, settle
from tests.ui.fake_edits import trashed

ANA = trashed(7, "Ana Ruiz", iso(NOON - timedelta(days=2, hours=3)), BODY)
BEN = trashed(8, "Ben Okafor", iso(NOON - timedelta(minutes=2)), account_id=2, remote_id="p-1", operator="")
CLEO = trashed(9, "Cleo Marchand", iso(NOON - timedelta(days=29, hours=23)), remote_id=f"{NEW}c1")


@pytest.fixture
def services(clock: fakes.FakeClock) -> fakes.FakeServices:
    made = fakes.FakeServices(clock)
    made.vendors = {vendor.key: vendor for vendor in VENDORS if vendor.key in ("bookingsync", "prioticket")}
    made.reader = fakes.FakeReader((), [fakes.account(1), fakes.account(2, "Harbour Tours", vendor="prioticket")])
    made.reader.trash_list = [BEN, ANA, CLEO]
    return made


@pytest.fixture
async def page(
    qtbot: Any, services: fakes.FakeServices, scope: TaskScope, errors: list[Any]
) -> AsyncIterator[TrashPage]:
    made = TrashPage(scope)
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    made.attach(services, services.reader)
    await settle(lambda: made.model.rowCount() == len(services.reader.trash_list))
    yield made
    await scope.aclose()
    assert errors == []


def op(contact_id: int, state: OpState) -> Op:
    return Op(1, "u", 1, contact_id, OpKind.DELETE, state=state)


def lines(page: TrashPage) -> list[tuple[str, ...]]:
    model = page.model
    return [
        tuple(model.data(model.index(row, column)) for column in range(len(TITLES))) for row in range(model.rowCount())
    ]


def choose(page: TrashPage, *rows: int) -> None:
    page.table.clearSelection()
    page.table.choose(rows, 0)


async def test_it_tells_who_where_when_and_how_long(page: TrashPage) -> None:
    assert lines(page) == [
        ("Ben Okafor", "PrioTicket · Harbour Tours", "2 min ago", "", "30 days"),
        ("Ana Ruiz", "BookingSync · Seaside Villas", "2 days ago", "Maria", "28 days"),
        ("Cleo Marchand", "BookingSync · Seaside Villas", "29 days ago", "Maria", "1 day"),
    ]
    assert page.count.text() == "3 deleted contacts; each is kept for 30 days"
    assert page.model.data(page.model.index(1, 0), Qt.ItemDataRole.AccessibleTextRole).startswith("Ana Ruiz, Booking")


def test_a_clock_that_was_set_back_since_promises_nothing_longer() -> None:
    for deleted, left in ((timedelta(days=3), 30), (timedelta(days=-3), 27), (timedelta(days=-400), 0)):
        assert Kept(trashed(7, "Ana Ruiz", iso(NOON + deleted), BODY), "", "").days_left(NOON) == left


async def test_restoring_makes_it_again_and_says_that_the_id_is_new(page: TrashPage, services: Any) -> None:
    heard: list[Any] = []
    page.saved.connect(heard.append)
    choose(page, 1)
    assert page.chosen.text() == "Ana Ruiz"
    assert page.facts.text() == "cornelia@nienow.co.uk   ·   +33 6 12 31 23 12   ·   Nevers, FR"
    if capabilities.of_account(services.vendors, fakes.account(1), "create") is not None:
        pytest.skip("contacts cannot be made yet")
    assert page.promise.text() == (
        "It is deleted at BookingSync: restoring makes it there again, with a new BookingSync id."
    )
    page.restoring.click()
    await settle(lambda: bool(heard))
    assert services.edits.calls == [("restore", (7,))]
    await settle(lambda: page.model.rowCount() == 2)
    assert page.chosen.text() == "Cleo Marchand", "the next one is current"


async def test_a_deletion_that_has_not_left_is_just_taken_back(page: TrashPage, services: Any) -> None:
    services.reader.op_list = [op(7, OpState.PENDING)]
    page.on_changes(Changes(outbox=True))
    await settle(lambda: page.model.rows[1].waits)
    choose(page, 1)
    assert page.promise.text() == ("The deletion has not been sent to BookingSync yet: it comes back just as it was.")
    assert page.restoring.isEnabled()


async def test_what_cannot_be_restored_says_why(page: TrashPage, services: Any) -> None:
    services.reader.op_list = [op(7, OpState.SENDING)]
    page.reload()
    await settle(lambda: bool(page.model.rows[1].reason))
    choose(page, 1)
    assert page.promise.text() == "It is just being deleted at BookingSync. Try again in a moment."
    assert not page.restoring.isEnabled()
    choose(page, 0)
    reason = capabilities.of_account(services.vendors, fakes.account(2, vendor="prioticket"), "create")
    assert reason and page.promise.text() == reason
    assert page.restoring.accessibleDescription() == reason
    page.restore()
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    await settle()
    assert services.edits.calls == []


async def test_a_removed_account_is_no_way_back(page: TrashPage, services: Any) -> None:
    services.reader.account_list = services.reader.account_list[1:]
    page.on_changes(Changes(accounts=True))
    await settle(lambda: "removed" in page.model.rows[1].reason)


async def test_of_several_those_that_can_are_restored(page: TrashPage, services: Any) -> None:
    services.reader.op_list = [op(7, OpState.HELD), op(9, OpState.PENDING)]
    page.reload()
    await settle(lambda: page.model.rows[2].waits)
    choose(page, 0, 1, 2)
    assert page.restoring.text() == "Restore 2 contacts"
    page.restoring.click()
    await settle(lambda: page.model.rowCount() == 1)
    assert services.edits.calls == [("restore", (7,)), ("restore", (9,))]


async def test_what_went_wrong_is_told(page: TrashPage, services: Any) -> None:
    services.reader.op_list = [op(7, OpState.PENDING)]
    page.reload()
    await settle(lambda: page.model.rows[1].waits)
    services.edits.fail = StorageError("The disk is full.", "Make room.")
    choose(page, 1)
    page.restoring.click()
    await settle(page.problem.isVisible)
    assert page.problem.text() == "The disk is full. Make room."
    await settle(page.restoring.isEnabled)
    assert len(page.model.rows) == 3


async def test_keys_restore_and_copy(page: TrashPage, services: Any) -> None:
    told: list[str] = []
    page.copied.connect(told.append)
    services.reader.op_list = [op(7, OpState.PENDING)]
    page.reload()
    await settle(lambda: page.model.rows[1].waits)
    page.table.setFocus()
    choose(page, 1)
    QTest.keyClick(page.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    text = QGuiApplication.clipboard().text()
    assert text.startswith("Ana Ruiz\tBookingSync · Seaside Villas\tcornelia@nienow.co.uk")
    assert text.endswith("by Maria") and "deleted " in text
    assert told == ["1 contact copied"]
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    await settle(lambda: page.model.rowCount() == 2)


async def test_an_empty_trash_says_what_it_is_for(page: TrashPage, services: Any) -> None:
    services.reader.trash_list = []
    page.reload()
    await settle(lambda: page.model.rowCount() == 0)
    shown = " ".join(
        label.text() for label in page.findChildren(QWidget) if hasattr(label, "text") and label.isVisible()
    )
    assert "The trash is empty" in shown and "30 days" in shown
    assert page.restoring.isHidden() or not page.restoring.isVisible()


async def test_the_selection_stays_when_the_trash_is_read_again(page: TrashPage, services: Any) -> None:
    choose(page, 2)
    services.reader.trash_list.insert(0, trashed(11, "Zoe", iso(NOON)))
    page.reload()
    await settle(lambda: page.model.rowCount() == 4)
    assert [kept.trashed.title for kept in page.selected()] == ["Cleo Marchand"]


async def test_hostile_records_are_shown_as_text(page: TrashPage, services: Any) -> None:
    services.reader.trash_list = [trashed(1, "<b>x</b>\n\u202e", "no time", {"email": 5, "phones": "x"})]
    page.reload()
    await settle(lambda: page.model.rowCount() == 1)
    assert lines(page)[0][0] == "<b>x</b>"
    assert lines(page)[0][4] == "30 days"
    page.copy()
