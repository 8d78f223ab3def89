"""Two contacts of one account become one, and one field goes across: what is asked, lost and told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QLabel, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from crmdesk.core.cards import Member
from crmdesk.core.errors import ForbiddenError, OfflineError
from crmdesk.core.survivor import merge_fields
from crmdesk.core.tasks import TaskScope
from crmdesk.sync.card_records import MergePlan
from crmdesk.ui import hiding
from crmdesk.ui.cards import copying, wording
from crmdesk.ui.cards.compare import CompareTable
from crmdesk.ui.cards.merge_dialog import MergeDialog
from crmdesk.ui.cards.section import CardSection
from crmdesk.ui.cards.sides import Cell, Line, Side, Target
from crmdesk.ui.feedback import ask
from crmdesk.vendors.bookingsync import VENDOR
from tests.ui.cards.test_duplicates import settle, words
from tests.ui.fakes import FakeClock, FakeServices, demo_services

KEEP = {"city": "Nevers", "private_notes": "Late arrival.", "email": "ana@example.org", "phones": []}
DROP = {"city": "Nice", "private_notes": "Asks for a cot.", "email": "ana@example.org", "zip": "06000"}
SIDES = (Side(1, "Ana Ruiz", "BookingSync · Seaside", "BookingSync", 1, "71"),
         Side(2, "A. Ruiz", "BookingSync · Seaside", "BookingSync", 1, "93"))  # fmt: skip


def plan(keep: int, drop: int, why_no_delete: str | None = None) -> MergePlan:
    """Of two contacts that differ in city, notes and postal code."""
    bodies = {1: KEEP, 2: DROP}
    members = [Member(number, 1, "bookingsync", "Seaside", "Ana Ruiz", str(number), 0) for number in (keep, drop)]
    return MergePlan(members[0], members[1], merge_fields(VENDOR, bodies[keep], bodies[drop]), why_no_delete)


def dialog_of(scope: TaskScope, qtbot: QtBot, why_no_delete: str | None = None) -> MergeDialog:
    async def read(keep: int, drop: int) -> MergePlan:
        return plan(keep, drop, why_no_delete)

    window = QWidget()
    window.resize(1300, 800)
    qtbot.addWidget(window)
    made = MergeDialog(window, scope, read, SIDES)
    made.window_ = window  # type: ignore[attr-defined]
    made.show()
    return made


def tick(root: QWidget, name: str) -> None:
    made = root.findChild(QAbstractButton, name)
    assert made is not None and made.isEnabled(), name
    made.click()


async def test_what_would_be_lost_is_told_first_and_both_steps_are_named(scope: TaskScope, qtbot: QtBot) -> None:
    made = dialog_of(scope, qtbot)
    await settle(lambda: made.current is not None and made.go.isEnabled())
    assert made.choices == {"city": "Nevers", "private_notes": "Late arrival.\nAsks for a cot.", "zip": "06000"}
    assert made.note.text().startswith("2 fields of the one that stays are changed.")
    assert not made.lost.isVisible(), "nothing is lost while both stay"
    tick(made, "merge.delete")
    assert made.lost.text() == "These values of the one that goes would be in no contact any more: City."
    assert "Then the other one is deleted." in made.note.text()
    tick(made, "merge.field.city.drop")
    assert not made.lost.isVisible()
    assert made.choices["city"] == "Nice" and made.deleting
    await scope.aclose()


async def test_one_step_is_not_called_both(scope: TaskScope, qtbot: QtBot) -> None:
    made = dialog_of(scope, qtbot)
    await settle(lambda: made.current is not None and made.go.isEnabled())
    assert made.note.text().endswith("are changed. It stands in the outbox and can be undone.")
    tick(made, "merge.delete")
    assert made.note.text().endswith("Then the other one is deleted. Both stand in the outbox and can be undone.")
    for path in ("city", "private_notes", "zip"):
        for choice in made.findChildren(QAbstractButton, f"merge.field.{path}.keep"):
            choice.click()
    assert made.note.text() == "The other one is deleted. It stands in the outbox and can be undone."
    tick(made, "merge.delete")
    assert made.note.text() == "Nothing would be done." and not made.go.isEnabled()
    await scope.aclose()


async def test_it_may_be_closed_while_both_are_still_read(scope: TaskScope, qtbot: QtBot) -> None:
    made, reading, going = dialog_of(scope, qtbot), asyncio.Event(), asyncio.Event()
    asking = asyncio.ensure_future(ask(made))
    await settle(lambda: made.current is not None)

    async def slow(keep: int, drop: int) -> MergePlan:
        reading.set()
        await going.wait()
        return plan(keep, drop)

    made._plan = slow
    tick(made, "merge.keep.1")
    await reading.wait()
    made.reject()
    await asking
    assert not scope.running("merge plan")
    going.set()
    await asyncio.sleep(0.05)
    await scope.aclose()


async def test_the_other_one_may_stay_instead(scope: TaskScope, qtbot: QtBot) -> None:
    made = dialog_of(scope, qtbot)
    await settle(lambda: made.current is not None)
    tick(made, "merge.keep.1")
    await settle(lambda: made.current is not None and made.current.keep.id == 2)
    assert made.choices["city"] == "Nice"
    await scope.aclose()


async def test_where_nothing_can_be_deleted_the_reason_stands_there(scope: TaskScope, qtbot: QtBot) -> None:
    made = dialog_of(scope, qtbot, "This vendor has no way to delete a contact.")
    await settle(lambda: made.current is not None)
    assert not made.delete.isEnabled() and not made.deleting
    assert made.why.text() == "This vendor has no way to delete a contact."
    await scope.aclose()


# ── copying ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def services(clock: FakeClock) -> FakeServices:
    made = demo_services(clock)
    made.cards.saved = "saved"
    return made


async def asked(qtbot: QtBot, services: FakeServices, answer: QDialog.DialogCode) -> tuple[Any, str]:
    """What `copy_across` gives, and what its question showed."""
    window = QWidget()
    window.resize(1000, 700)
    qtbot.addWidget(window)
    window.show()
    comparison = await services.cards.compare([1, 2])
    work = asyncio.ensure_future(copying.copy_across(window, services, comparison, "city", (0, 1)))
    found: list[QDialog] = []

    def there() -> bool:
        found[:] = [
            one for one in QApplication.topLevelWidgets() if one.objectName() == "cards.copy" and one.isVisible()
        ]
        return bool(found)

    await settle(there)
    text = found[0].findChild(QPlainTextEdit)
    shown = words(found[0]) + (text.toPlainText() if text is not None else "")
    found[0].done(answer.value)
    return await work, shown


async def test_the_request_is_shown_before_a_field_goes_across(qtbot: QtBot, services: FakeServices) -> None:
    saved, shown = await asked(qtbot, services, QDialog.DialogCode.Accepted)
    assert saved == "saved"
    assert services.cards.calls == [("copy", (1, 2, "city"))]
    assert "Copy city to Hans-Peter Müller at Seaside Villas?" in shown
    assert "Before: Berlin\nAfter: New Margarettafurt" in shown
    assert "PUT https://www.bookingsync.com/api/v3/contacts/1" in shown
    assert "Copy to BookingSync" in shown


async def test_refused_nothing_goes_across(qtbot: QtBot, services: FakeServices) -> None:
    saved, _ = await asked(qtbot, services, QDialog.DialogCode.Rejected)
    assert saved is None
    assert services.cards.calls == []


async def test_without_a_line_the_edit_waits_all_the_same(qtbot: QtBot, services: FakeServices) -> None:
    async def no_line(*_: Any) -> Any:
        raise OfflineError("You are working offline.")

    services.cards.copy_preview = no_line  # type: ignore[method-assign]
    saved, shown = await asked(qtbot, services, QDialog.DialogCode.Accepted)
    assert saved == "saved" and "You are working offline." in shown


async def test_where_it_cannot_go_is_said_with_the_reason(services: FakeServices) -> None:
    comparison = await services.cards.compare([1, 2, 3])
    assert [target.why for target in copying.targets(comparison, "city", 0)] == [None, None]
    whys = {target.why for target in copying.targets(comparison, "email", 0)}
    assert whys == {"BookingSync does not let this field be changed from here."}
    with pytest.raises(ForbiddenError):
        comparison.change(1, 2, "email")


def test_in_privacy_mode_the_comparison_is_masked() -> None:
    hiding.turn(True)
    try:
        assert wording.on_screen("email", "carla@nienow.co.uk") == "c•••@nienow.co.uk"
        assert "654" not in wording.on_screen("phone", "+420 654 720 064")
        assert wording.on_screen("city", "Berlin") == "Berlin"
    finally:
        hiding.turn(False)
    assert wording.on_screen("email", "carla@nienow.co.uk") == "carla@nienow.co.uk"


def test_from_each_member_of_a_card_the_others_can_be_opened(qtbot: QtBot) -> None:
    section = CardSection(None)
    qtbot.addWidget(section)
    section.show_card(1, SIDES, ())
    assert section.findChild(QAbstractButton, "detail.card.open.2") is not None
    section.show_card(2, SIDES, ())
    went: list[int] = []
    section.contactWanted.connect(went.append)
    tick(section, "detail.card.open.1")
    assert went == [1]
    assert section.findChild(QAbstractButton, "detail.card.open.2") is None
    section.show_card(1, SIDES[:1], ())
    assert section.isHidden()


# ── the table ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_differences_are_words_and_the_reasons_are_heard(qtbot: QtBot) -> None:
    table = CompareTable("fields", everything=False)
    qtbot.addWidget(table)
    barred = Cell("ana@example.org", (Target(1, "It cannot be changed from here."),))
    lines = (
        Line("email", "E-mail", (barred, Cell("")), True),
        Line("city", "City", (Cell("Nice", (Target(1),)), Cell("<b>Nevers</b>", (Target(0),))), True),
        Line("zip", "Postal code", (Cell("06000"), Cell("06000")), False),
    )
    table.resize(900, 400)
    table.show()
    table.show_lines(SIDES, lines)
    assert [row.line.key for row in table.rows] == ["email", "city"]
    assert table.rows[0].accessibleName() == "E-mail, differs. BookingSync #71: ana@example.org; BookingSync #93: empty"
    assert table.rows[0].accessibleDescription() == "It cannot be changed from here."
    assert "<b>Nevers</b>" in [label.text() for label in table.findChildren(QLabel)], "as it is, never as markup"
    copy = table.findChild(QAbstractButton, "fields.email.copy.0")
    assert not copy.isEnabled() and "cannot be changed" in copy.toolTip()
    went: list[tuple[str, int, int]] = []
    table.copyWanted.connect(lambda *told: went.append(told))
    tick(table, "fields.city.copy.1")
    assert went == [("city", 1, 0)]
    tick(table, "fields.more")
    assert [row.line.key for row in table.rows] == ["email", "city", "zip"]
