"""The Conflicts page: choices by mouse and keys, what comes of them, and the next conflict after each decision."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QPlainTextEdit, QRadioButton
from pytestqt.qtbot import QtBot

from crmdesk.core.errors import ForbiddenError, Problem, RejectedError
from crmdesk.core.outbox import Clash, ConflictKind, Did, FieldChange, HistoryLine, OpKind, OpState
from crmdesk.core.tasks import TaskScope
from crmdesk.ui.conflicts.field_choice import Chosen
from crmdesk.ui.conflicts.page import ConflictPage
from crmdesk.ui.conflicts.subject import Kind, other_changes
from crmdesk.ui.feedback import BannerHost, Feedback
from crmdesk.ui.kit import Page
from crmdesk.ui.signals import StoreSignals
from crmdesk.ui.theme import Theme
from crmdesk.vendors.bookingsync.fields import FIELDS
from tests.ui.fakes import FakeClock
from tests.ui.outbox_fakes import NOTES, at, conflict, op, outbox_services


async def settle(condition: Callable[[], bool] | None = None) -> None:
    for _ in range(200 if condition else 10):
        await asyncio.sleep(0.005 if condition else 0)
        if condition is not None and condition():
            return
    assert condition is None, "what the test waits for did not come"


def written_over(number: int) -> Any:
    return replace(conflict(number, title="Agnès Lefèvre"), conflict=ConflictKind.OVERWRITTEN, changes=())


def deleted_here(number: int) -> Any:
    made = conflict(number, title="Erik Åkesson", kind=OpKind.DELETE)
    return replace(made, conflict=ConflictKind.DELETED_HERE, changes=())


@pytest.fixture
def services(clock: FakeClock) -> Any:
    made = outbox_services(clock, [conflict(40), op(30), written_over(41), deleted_here(42), op(43, OpState.GONE)])
    changes = (FieldChange("zip", "58000", "06000"), FieldChange("city", "Nevers", "Nice"))
    made.reader.lines[40] = [HistoryLine(1, 40, 1, at(8), Did.CHANGED_THERE, changes=changes)]
    return made


@pytest.fixture
async def page(
    qtbot: QtBot, services: Any, look: Theme, scope: TaskScope, clock: FakeClock, errors: list[Any]
) -> AsyncIterator[ConflictPage]:
    window = Page()
    qtbot.addWidget(window)
    feedback = Feedback(window, clock, BannerHost(clock, window))
    made = ConflictPage(services, services.reader, scope, feedback, clock)
    made.keep = window  # type: ignore[attr-defined]
    made.told = feedback.banners  # type: ignore[attr-defined]
    qtbot.addWidget(made)
    signals = StoreSignals(services.feed, merge_ms=1)
    signals.changed.connect(lambda _changes: made.reload())
    made.resize(1000, 700)
    made.show()
    await settle(lambda: made.view is not None)
    yield made
    signals.close()
    await scope.aclose()
    assert errors == []


def radio(page: ConflictPage, path: str, side: str) -> QRadioButton:
    made = page.findChild(QRadioButton, f"conflict.row.{path}.{side}")
    assert made is not None
    return made


def words(page: ConflictPage) -> str:
    shown = [label.text() for label in page.findChildren(QLabel) if label.isVisibleTo(page)]
    return "\n".join(shown).replace("\u2068", "").replace("\u2069", "").replace("\u200b", "")


async def press(page: ConflictPage, key: str) -> None:
    made = page.buttons[key]
    assert made.isVisible() and made.isEnabled(), made.toolTip()
    QTest.mouseClick(made, Qt.MouseButton.LeftButton)
    await settle()


async def go(page: ConflictPage, op_id: int) -> None:
    page.show_op(op_id)
    await settle(lambda: page.current is not None and page.current.id == op_id)


async def test_base_mine_and_theirs_with_time_and_person(page: ConflictPage) -> None:
    text = words(page)
    assert page.title.text().replace("\u2068", "").replace("\u2069", "") == "Conflict: Ana Ruiz at BookingSync"
    assert "Maria, " in text
    assert "BookingSync, seen " in text
    assert "Both versions are kept in its History." in text
    assert page.place.text() == "1 of 4"  # the edit that only waits is none


async def test_nothing_is_chosen_beforehand_and_save_says_what_is_missing(page: ConflictPage) -> None:
    assert not page.buttons["save"].isEnabled()
    assert page.buttons["save"].accessibleDescription() == "Still to choose: City, Private notes."
    radio(page, "city", "mine").click()
    assert page.buttons["save"].accessibleDescription() == "Still to choose: Private notes."


async def test_where_both_want_the_same_nothing_is_asked(page: ConflictPage, services: Any) -> None:
    services.edits.put(40, clashes=(Clash("city", "Nevers", "Nice", "Nice"),))
    await settle(lambda: page.buttons["save"].isEnabled())


async def test_choices_by_keys_and_their_result(page: ConflictPage, services: Any) -> None:
    page.focus_first()
    assert page.focusWidget() is radio(page, "city", "mine")
    QTest.keyClick(page.focusWidget(), Qt.Key.Key_Space)
    QTest.keyClick(radio(page, "city", "mine"), Qt.Key.Key_Right)
    assert radio(page, "city", "theirs").isChecked()
    QTest.keyClick(radio(page, "private_notes", "mine"), Qt.Key.Key_Space)
    assert "City: Nice (theirs)" in page.view.preview()
    await press(page, "save")
    assert services.edits.calls == [("resolve", 40, {"city": "Nice", "private_notes": NOTES[1]})]


async def test_a_click_on_the_text_chooses_it(page: ConflictPage) -> None:
    from crmdesk.ui.conflicts.marked import MarkedText

    shown = next(one for one in page.findChildren(MarkedText) if one.text() == "Nice")
    QTest.mouseClick(shown, Qt.MouseButton.LeftButton)
    assert radio(page, "city", "theirs").isChecked()


async def test_all_mine_and_all_theirs_choose_but_save_nothing(page: ConflictPage, services: Any) -> None:
    await press(page, "theirs")
    assert page.view.values() == {"city": "Nice", "private_notes": NOTES[2]}
    await press(page, "mine")
    assert page.view.values() == {"city": "Nantes", "private_notes": NOTES[1]}
    assert services.edits.calls == []


async def test_a_text_of_ones_own(page: ConflictPage, services: Any) -> None:
    edit = page.findChild(QLineEdit, "conflict.row.city.edit")
    QTest.keyClicks(edit, "  Rennes ")
    assert radio(page, "city", "own").isChecked()
    both = page.findChild(QAbstractButton, "conflict.row.private_notes.combine")
    QTest.mouseClick(both, Qt.MouseButton.LeftButton)
    area = page.findChild(QPlainTextEdit, "conflict.row.private_notes.edit")
    assert area.isVisible()
    assert area.toPlainText() == "Late arrival, 23:00. Asks for two cots."
    assert "City: Rennes (another text)" in [line.replace("\u2068", "") for line in page.view.preview()]
    await press(page, "save")
    assert services.edits.calls[0][2] == {"city": "Rennes", "private_notes": "Late arrival, 23:00. Asks for two cots."}


async def test_what_breaks_the_vendors_rules_is_said_at_its_field(page: ConflictPage, services: Any) -> None:
    services.edits.put(40, clashes=(Clash("email", "a@b.com", "c@d.com", "e@f.com"),))
    await settle(lambda: page.findChild(QLineEdit, "conflict.row.email.edit") is not None)
    edit = page.findChild(QLineEdit, "conflict.row.email.edit")
    QTest.keyClicks(edit, "no address")
    await press(page, "save")
    assert services.edits.calls == []
    assert page.view.rows[0].error.isVisible()
    assert page.focusWidget() is edit
    edit.setText("x@y.com")
    assert not page.view.rows[0].error.isVisible()


async def test_a_refusal_stands_at_its_field(page: ConflictPage, services: Any) -> None:
    refused = RejectedError("BookingSync would not take this.", problems=(Problem("city", "x", "is unknown"),))
    services.edits.fail["resolve"] = refused
    await press(page, "mine")
    await press(page, "save")
    assert page.view.rows[0].error.text() == "is unknown"
    assert page.current.id == 40


async def test_other_failures_are_banners_and_lose_nothing(page: ConflictPage, services: Any) -> None:
    services.edits.fail["resolve"] = ForbiddenError("This is no conflict any more.", "It was decided meanwhile.")
    await press(page, "mine")
    await press(page, "save")
    assert page.told.texts() == ["This is no conflict any more. It was decided meanwhile."]
    assert page.view.values()["city"] == "Nantes"
    assert page.buttons["save"].isEnabled()


async def test_other_changes_by_theirs_are_kept_without_a_question(page: ConflictPage) -> None:
    text = words(page)
    assert "Other changes by theirs: Postal code 58000 → 06000 (kept)" in text
    assert "Postal code: 06000 (theirs)" in text


async def test_after_saving_the_next_one_opens_until_none_is_left(page: ConflictPage, services: Any) -> None:
    await press(page, "mine")
    await press(page, "save")
    await settle(lambda: page.current.id == 41)
    await press(page, "theirs")
    await press(page, "save")
    await settle(lambda: page.current.id == 42)
    await press(page, "keep")
    await settle(lambda: page.current.id == 43)
    await press(page, "drop")
    await settle(page.empty.isVisible)
    assert page.empty.title().startswith("No conflicts.")
    assert services.edits.verbs() == ["resolve", "resolve", "resolve_deleted", "resolve_gone"]
    left: list[int] = []
    page.left.connect(lambda: left.append(1))
    page.findChild(QAbstractButton, "conflict.empty.back").click()
    assert left == [1]


async def test_f8_moves_without_saving_and_choices_are_still_there(page: ConflictPage, services: Any) -> None:
    radio(page, "city", "theirs").click()
    QTest.keyClicks(page.findChild(QPlainTextEdit, "conflict.row.private_notes.edit"), "")
    page.step(1)
    await settle(lambda: page.current.id == 41)
    page.step(-1)
    await settle(lambda: page.current.id == 40)
    assert radio(page, "city", "theirs").isChecked()
    page.step(-1)
    await settle(lambda: page.current.id == 43)
    assert services.edits.calls == []


async def test_later_keeps_everything(page: ConflictPage, services: Any) -> None:
    left: list[int] = []
    page.left.connect(lambda: left.append(1))
    radio(page, "city", "mine").click()
    await press(page, "later")
    assert (left, services.edits.calls) == ([1], [])
    await go(page, 41)
    await go(page, 40)
    assert radio(page, "city", "mine").isChecked()


async def test_choices_stay_while_other_edits_come_and_go(page: ConflictPage, services: Any) -> None:
    radio(page, "city", "mine").click()
    services.edits.put(30, state=OpState.HELD)
    await settle()
    assert radio(page, "city", "mine").isChecked()


async def test_a_choice_between_other_values_than_there_are_now_is_none(page: ConflictPage, services: Any) -> None:
    """A check has brought another value of theirs: whoever took theirs has not seen it."""
    radio(page, "city", "theirs").click()
    radio(page, "private_notes", "mine").click()
    before = page.current
    assert before is not None
    clashes = tuple(replace(one, theirs="Toulon") if one.path == "city" else one for one in before.clashes)
    services.edits.put(40, clashes=clashes)
    await settle(lambda: page.current.clashes == clashes)
    assert page.view is not None
    chosen = {made.clash.path: made.chosen.side for made in page.view.rows}
    assert (chosen["city"], chosen["private_notes"]) == ("", "mine")
    assert not page.buttons["save"].isEnabled() and services.edits.calls == []


async def test_what_was_typed_stays_whatever_comes_meanwhile(page: ConflictPage, services: Any) -> None:
    page.findChild(QLineEdit, "conflict.row.city.edit").setText("Sète")
    before = page.current
    assert before is not None
    services.edits.put(40, clashes=tuple(replace(one, theirs="Toulon") for one in before.clashes))
    await settle(lambda: page.current != before)
    assert page.view is not None
    (city,) = [made for made in page.view.rows if made.clash.path == "city"]
    assert city.chosen == Chosen("own", "Sète")


async def test_a_double_click_decides_one_conflict(page: ConflictPage, services: Any) -> None:
    """The next one comes under the pointer between the two clicks."""
    services.reader.op_list.append(op(44, OpState.GONE))
    page.reload()
    await settle()
    await go(page, 43)
    made = page.buttons["drop"]
    await press(page, "drop")
    await settle(lambda: page.current is not None and page.current.id != 43)
    await go(page, 44)
    at_it, left = made.rect().center().toPointF(), Qt.MouseButton.LeftButton
    for kind, held in ((QEvent.Type.MouseButtonDblClick, left), (QEvent.Type.MouseButtonRelease, left.NoButton)):
        there = made.mapToGlobal(at_it)
        event = QMouseEvent(kind, at_it, there, left, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(made, event)
    await settle()
    assert [call[0] for call in services.edits.calls] == ["resolve_gone"]
    await press(page, "drop")
    assert [call[0] for call in services.edits.calls] == ["resolve_gone"] * 2


async def test_written_over_offers_to_put_theirs_back(page: ConflictPage, services: Any) -> None:
    await go(page, 41)
    assert page.view.subject.kind is Kind.OVERWRITTEN
    text = words(page)
    assert "Somebody wrote between our reading and our writing; their values were replaced. Put theirs back?" in text
    assert page.buttons["theirs"].text() == "Put all theirs back"
    await press(page, "theirs")
    await press(page, "save")
    assert services.edits.calls == [("resolve", 41, {"city": "Nice", "private_notes": NOTES[2]})]


@pytest.mark.parametrize(("key", "delete"), [("keep", False), ("delete", True)])
async def test_deleted_here_changed_there(page: ConflictPage, services: Any, key: str, delete: bool) -> None:
    await go(page, 42)
    assert "City\nNevers\nNice" in words(page)  # what changed
    assert not page.contact.isVisible()
    await press(page, key)
    assert services.edits.calls == [("resolve_deleted", 42, delete)]


@pytest.mark.parametrize("choice", ["create", "draft", "drop"])
async def test_gone_at_the_vendor(page: ConflictPage, services: Any, choice: str) -> None:
    await go(page, 43)
    assert "BookingSync no longer has this contact." in words(page)
    await press(page, choice)
    assert services.edits.calls == [("resolve_gone", 43, choice)]


async def test_gone_where_the_vendor_makes_no_contacts(page: ConflictPage, services: Any) -> None:
    services.reasons[("bookingsync", "create")] = "BookingSync cannot make contacts."
    await go(page, 43)
    assert not page.buttons["create"].isEnabled()
    assert page.buttons["create"].accessibleDescription() == "BookingSync cannot make contacts."
    assert page.buttons["drop"].isEnabled()


async def test_a_conflict_that_was_decided_elsewhere_goes(page: ConflictPage, services: Any) -> None:
    services.edits.take(40)
    await settle(lambda: page.current.id == 41)
    assert page.place.text() == "1 of 3"


async def test_differing_words_are_spoken_in_brackets(page: ConflictPage) -> None:
    from crmdesk.ui.conflicts.marked import MarkedText

    names = [one.accessibleName() for one in page.findChildren(MarkedText)]
    assert "Late arrival[, 23:00]. Asks for a cot." in names


async def test_versions_stand_below_each_other_where_it_is_narrow(page: ConflictPage, look: Theme) -> None:
    mine, theirs = radio(page, "city", "mine"), radio(page, "city", "theirs")
    assert mine.mapTo(page, mine.pos()).y() == theirs.mapTo(page, theirs.pos()).y()
    look.set_font_scale(150)
    page.resize(640, 560)
    await settle(lambda: mine.mapTo(page, mine.pos()).y() < theirs.mapTo(page, theirs.pos()).y())
    assert page.width() == 640


async def test_everything_has_a_name(page: ConflictPage) -> None:
    for number in (40, 41, 42, 43):
        await go(page, number)
        for made in page.findChildren(QAbstractButton):
            assert made.objectName() and (made.text() or made.accessibleName())
        assert all(edit.objectName() and edit.accessibleName() for edit in page.findChildren(QLineEdit))


def test_changes_of_theirs_come_from_checks_and_from_the_answer_itself() -> None:
    made = conflict(40)
    seen = (FieldChange("zip", "58000", "59000"), FieldChange("city", "Nevers", "Nice"), FieldChange("id", 1, 2))
    lines = [
        HistoryLine(2, 40, 1, at(5), Did.CHANGED_THERE, changes=(FieldChange("zip", "59000", "06000"),)),
        HistoryLine(1, 40, 1, at(8), Did.CHANGED_THERE, changes=seen),
        HistoryLine(3, 40, 1, at(60), Did.CHANGED_THERE, changes=(FieldChange("state", "a", "b"),)),
        HistoryLine(4, 40, 1, at(5), Did.EDITED, changes=(FieldChange("state", "a", "b"),)),
    ]
    found = other_changes(made, lines, '{"gender": "male"}', '{"gender": "female"}', FIELDS)
    assert found == (FieldChange("zip", "58000", "06000"), FieldChange("gender", "male", "female"))
    assert other_changes(made, [], "no json", "[]", FIELDS) == ()


async def test_menu_and_palette_can_do_what_its_buttons_can(page: ConflictPage) -> None:
    assert page.why_not("save") == "Still to choose: City, Private notes."
    assert page.why_not("mine") is None and page.why_not("contact") is None
    assert page.why_not("drop") == "This conflict does not ask for it."
    page.act("mine")
    assert page.why_not("save") is None
    await go(page, 42)
    assert page.why_not("mine") == "This conflict does not ask for it." and page.why_not("keep") is None
