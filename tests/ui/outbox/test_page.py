"""The Outbox page as it is used: lines, buttons, keys, and what stays where it is when edits go."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QPlainTextEdit, QWidget

from crmdesk.core.changes import Changes
from crmdesk.core.errors import ForbiddenError, StorageError
from crmdesk.core.outbox import Draft, FieldChange, OpState
from crmdesk.ui.outbox.listing import Filter
from crmdesk.ui.outbox.page import OutboxPage
from tests.ui.outbox.conftest import settle
from tests.ui.outbox_fakes import at, op


def button(page: OutboxPage, key: str) -> QAbstractButton:
    made = page.panel.findChild(QAbstractButton, f"outbox.{key}")
    assert made is not None, f"there is no {key}"
    return made


async def choose(page: OutboxPage, op_id: int) -> None:
    page.show_op(op_id)
    await settle(lambda: page.list.current_key() == f"op:{op_id}")


async def press(page: OutboxPage, key: str) -> None:
    made = button(page, key)
    assert made.isEnabled(), made.toolTip()
    QTest.mouseClick(made, Qt.MouseButton.LeftButton)
    await settle()


def words(page: OutboxPage) -> str:
    """Everything the panel says, without the signs around foreign text."""
    shown = [label.text() for label in page.panel.findChildren(QLabel)]
    return "\n".join(shown).replace("\u2068", "").replace("\u2069", "").replace("\u200b", "")


async def test_the_first_line_is_shown_with_state_reason_fields_and_buttons(page: OutboxPage) -> None:
    text = words(page)
    assert "Change postal code of Ana Ruiz at BookingSync: 58000 → 58000 Nevers Cedex 9" in text
    assert "Needs you" in text
    assert "Postal code: is too long (maximum is 15 characters)" in text
    assert "Before\nAfter\nPostal code\n58000\n58000 Nevers Cedex 9" in text
    assert button(page, "edit").property("main")


async def test_the_summary_and_the_chips_count(page: OutboxPage) -> None:
    assert page.summary.text() == "5 wait · 1 on hold · 5 need you"
    assert page.chips[Filter.NEEDS_YOU].text() == "Needs you  5"
    assert page.chips[Filter.ALL].isChecked()


async def test_a_chip_shows_its_kind_only(page: OutboxPage) -> None:
    QTest.mouseClick(page.chips[Filter.SENT], Qt.MouseButton.LeftButton)
    await settle()
    assert [line.key for line in page.model.lines] == ["op:12", "op:13"]


@pytest.mark.parametrize(
    ("op_id", "key", "call"),
    [
        (7, "hold", ("hold", 7)),
        (10, "release", ("release", 10)),
        (8, "try", ("try_now", 8)),
        (1, "try", ("try_now", 1)),
        (6, "try", ("try_now", 6)),
        (5, "look", ("look_up", 5)),
        (5, "sent", ("mark_sent", 5)),
        (4, "create", ("resolve_gone", 4, "create")),
        (4, "draft", ("resolve_gone", 4, "draft")),
        (4, "drop", ("resolve_gone", 4, "drop")),
    ],
)
async def test_each_button_calls_its_verb(
    page: OutboxPage, services: Any, op_id: int, key: str, call: tuple[Any, ...]
) -> None:
    await choose(page, op_id)
    await press(page, key)
    assert services.edits.calls == [call]


async def test_held_edits_say_so_at_once_and_stay_current(page: OutboxPage) -> None:
    await choose(page, 7)
    button(page, "hold").setFocus()
    await press(page, "hold")
    await settle(lambda: "On hold" in words(page))
    assert page.list.current_key() == "op:7"
    assert page.panel.isAncestorOf(page.focusWidget())  # its button went, the focus stayed in the panel


async def test_discard_can_be_undone(page: OutboxPage, services: Any) -> None:
    done: list[Any] = []
    page.saved.connect(done.append)
    await choose(page, 7)
    await press(page, "discard")
    assert services.edits.calls == [("discard", 7)]
    assert done[0].what == "discard"


async def test_del_discards_and_says_why_not_while_it_is_sent(page: OutboxPage, services: Any) -> None:
    await choose(page, 9)
    page.list.setFocus()
    QTest.keyClick(page.list, Qt.Key.Key_Delete)
    await settle()
    assert services.edits.calls == []
    assert page.feedback.notices() == ["It is being sent at this moment."]
    await choose(page, 7)
    QTest.keyClick(page.list, Qt.Key.Key_Delete)
    await settle()
    assert services.edits.calls == [("discard", 7)]


async def test_what_goes_after_another_edit_cannot_be_tried_first(page: OutboxPage) -> None:
    await choose(page, 3)
    assert "Goes after the edit above" in words(page)
    assert not button(page, "try").isEnabled()
    assert "in the order they were made" in button(page, "try").accessibleDescription()


async def test_a_lost_create_is_looked_up_and_the_answer_stays_there(page: OutboxPage, services: Any) -> None:
    await choose(page, 5)
    assert not button(page, "again").isEnabled()
    await press(page, "look")
    assert services.edits.found in words(page)
    await press(page, "again")
    assert services.edits.verbs() == ["look_up", "mark_not_sent"]


async def test_a_failed_look_is_no_look(page: OutboxPage, services: Any) -> None:
    services.edits.fail["look_up"] = StorageError("The disk is full.")
    await choose(page, 5)
    await press(page, "look")
    assert "The disk is full." in words(page)
    assert not button(page, "again").isEnabled()


async def test_failures_are_told_with_their_reason(page: OutboxPage, services: Any) -> None:
    services.edits.fail["hold"] = ForbiddenError("This change is just being sent.", "Look again in a moment.")
    await choose(page, 7)
    await press(page, "hold")
    assert page.feedback.banners.texts() == ["This change is just being sent. Look again in a moment."]


@pytest.mark.parametrize(
    ("op_id", "key", "signal"),
    [(1, "edit", "editWanted"), (1, "contact", "contactWanted"), (2, "resolve", "conflictWanted")],
)
async def test_other_pages_are_asked(page: OutboxPage, op_id: int, key: str, signal: str) -> None:
    asked: list[Any] = []
    getattr(page, signal).connect(asked.append)
    await choose(page, op_id)
    await press(page, key)
    assert getattr(asked[0], "id", asked[0]) == op_id


async def test_the_exact_request_unfolds_and_is_copied(page: OutboxPage, services: Any) -> None:
    await choose(page, 7)
    assert services.edits.calls == []  # nobody asked yet
    await press(page, "request.show")
    box = page.panel.findChild(QPlainTextEdit, "outbox.request")
    assert box.isReadOnly()
    assert box.toPlainText().startswith("PUT https://www.bookingsync.com/api/v3/contacts/902\n")
    await press(page, "request.copy")
    assert QGuiApplication.clipboard().text() == box.toPlainText()
    await choose(page, 8)
    await choose(page, 7)
    await settle()
    assert page.panel.request.text.toPlainText().startswith("PUT")  # type: ignore[union-attr]  # still unfolded


async def test_arrows_enter_and_f8(page: OutboxPage) -> None:
    page.list.setFocus()
    QTest.keyClick(page.list, Qt.Key.Key_Down)
    assert page.list.current_key() == "op:2"
    QTest.keyClick(page.list, Qt.Key.Key_Return)
    assert page.focusWidget().objectName() == "outbox.resolve"
    page.list.setFocus()
    seen = []
    for _ in range(5):
        page.next_problem(1)
        seen.append(page.list.current_key())
    assert seen == ["op:4", "op:5", "op:6", "op:1", "op:2"]
    page.next_problem(-1)
    assert page.list.current_key() == "op:1"


async def test_f8_finds_what_a_filter_hides(page: OutboxPage) -> None:
    page.show_filter(Filter.SENT)
    assert page.next_problem(1)
    assert page.list.current_key() == "op:1"


async def test_the_line_that_goes_gives_its_place_to_the_next(page: OutboxPage, services: Any) -> None:
    await choose(page, 8)
    services.edits.take(8)
    await settle(lambda: page.model.row_of("op:8") < 0)
    assert page.list.current_key() == "op:9"
    services.reader.op_list = []
    services.reader.draft_list = []
    services.feed.emit(Changes(outbox=True))
    await settle(lambda: page.model.rowCount() == 0)
    assert page.empty.isVisible()


async def test_everything_is_sent_with_the_time_of_the_last(page: OutboxPage, services: Any) -> None:
    services.reader.op_list, services.reader.draft_list = [], []
    page.reload()
    await settle(page.empty.isVisible)
    assert page.empty.title().startswith("Everything is sent. Last sent ")
    assert not page.try_all.isEnabled()
    assert page.try_all.toolTip() == "Nothing waits."


async def test_unsaved_typing_is_continued_or_discarded_and_brought_back(page: OutboxPage, services: Any) -> None:
    went: list[Any] = []
    page.draftWanted.connect(went.append)
    page.list.choose(page.model.row_of("draft:contact:3"))
    await settle()
    assert "Unsaved typing of Agnès Lefèvre" in words(page)
    await press(page, "continue")
    assert went[0].key == "contact:3"
    await press(page, "undraft")
    assert services.edits.calls == [("drop_draft", "contact:3")]
    page.feedback._toasts[0].findChild(QAbstractButton, "notice.action").click()
    await settle(lambda: page.model.row_of("draft:contact:3") > 0)
    assert services.edits.verbs() == ["drop_draft", "keep_draft"]


async def test_discarded_typing_is_not_brought_back_over_newer_one(page: OutboxPage, services: Any) -> None:
    page.list.choose(page.model.row_of("draft:contact:3"))
    await settle()
    await press(page, "undraft")
    newer = Draft("contact:3", 1, 3, (FieldChange("city", "Lyon", "Nice"),), at(200), "Maria")
    page.reader.draft_list.append(newer)
    page.feedback.told[-1].act()
    await settle(lambda: len(page.feedback.told) > 1)
    assert page.feedback.told[-1].text == "Something else was typed there since, and is kept."
    assert (services.edits.verbs(), await page.reader.draft("contact:3")) == (["drop_draft"], newer)


async def test_a_new_contacts_typing_has_the_typed_name(page: OutboxPage) -> None:
    assert "New contact Nora Nilsen, not saved" in page.model.title(page.model.lines[-1]).replace("\u2068", "").replace(
        "\u2069", ""
    )


async def test_working_offline_says_how_many_wait_and_tries_nothing(page: OutboxPage, services: Any) -> None:
    services.working_offline = True
    page.age()
    assert page.summary.text() == "You are working offline: 6 edits wait."
    assert page.try_all.toolTip() == "You chose to work offline."
    await choose(page, 7)
    assert not button(page, "try").isEnabled()
    services.working_offline = False
    page.age()
    QTest.mouseClick(page.try_all, Qt.MouseButton.LeftButton)
    await settle()
    assert services.edits.calls == [("try_all",)]


async def test_a_vendor_without_create_offers_no_create_again(page: OutboxPage, services: Any) -> None:
    services.reasons[("bookingsync", "create")] = "BookingSync cannot make contacts."
    await choose(page, 4)
    page.refresh()
    assert button(page, "create").toolTip().find("cannot make contacts") > 0
    assert not button(page, "draft").isEnabled()
    assert button(page, "drop").isEnabled()


async def test_the_page_reads_only_while_it_is_seen(page: OutboxPage, services: Any) -> None:
    page.hide()
    before = services.reader.reads
    services.edits.put(7, state=OpState.HELD)
    await settle()
    assert services.reader.reads == before
    page.show()
    await settle(lambda: services.reader.reads > before)


async def test_below_750_pixels_the_panel_stands_under_the_list(page: OutboxPage) -> None:
    assert page.split.orientation() == Qt.Orientation.Horizontal
    page.resize(620, 520)
    await settle()
    assert page.split.orientation() == Qt.Orientation.Vertical
    assert page.width() == 620


async def test_hostile_names_are_no_markup(page: OutboxPage, services: Any) -> None:
    services.reader.op_list = [op(1, OpState.CONFIRMED, title="<img src=x><b>Ana</b>", closed_at=at(3))]
    services.reader.draft_list = []
    page.reload()
    await settle(lambda: page.model.rowCount() == 2)
    assert "<img src=x><b>Ana</b>" in words(page)
    assert all(
        label.textFormat() == Qt.TextFormat.PlainText for label in page.panel.findChildren(QLabel) if label.text()
    )


async def test_thousands_of_edits_come_to_sight(page: OutboxPage, services: Any) -> None:
    services.reader.op_list = [op(number) for number in range(1, 3001)]
    services.reader.draft_list = []
    page.reload()
    await settle(lambda: page.model.rowCount() == 3001)
    await choose(page, 2500)
    assert len(page.findChildren(QWidget)) < 200


async def test_every_button_has_a_name_and_can_be_spoken(page: OutboxPage) -> None:
    for line in list(page.model.lines):
        if not line.heading:
            page.list.choose(page.model.row_of(line.key))
            for made in page.findChildren(QAbstractButton):
                assert made.objectName() and (made.text() or made.accessibleName())
