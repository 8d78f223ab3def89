"""The Contacts page as its operator meets it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMenu,
    QTabWidget,
    QTextEdit,
    QToolButton,
    QWidget,
)

from crmdesk.core.changes import Changes
from crmdesk.core.query import Query
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import SavedView, Sort
from crmdesk.store import in_order
from crmdesk.ui import hiding
from crmdesk.ui.commands import Commands
from crmdesk.ui.contacts.columns import KEYS
from crmdesk.ui.contacts.filter_editor import FilterEditor
from crmdesk.ui.contacts.listing import of_text
from crmdesk.ui.contacts.page import ContactsPage
from crmdesk.ui.theme import theme
from tests.ui import fakes
from tests.ui.contacts.conftest import VIEW, GateReader, ordered_late, settle

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform on every menu


def names(page: ContactsPage) -> list[str]:
    return [page.model.row_at(row).name for row in range(min(5, page.model.rowCount()))]  # type: ignore[union-attr]


def shows(page: ContactsPage, column: str) -> bool:
    return {key: shown for key, _, shown in page.table.columns_state()}[column]


async def type_in(page: ContactsPage, text: str) -> None:
    """Keys, and the moment after which chips and hints follow them."""
    QTest.keyClicks(page.search_box.line, text)
    await settle(lambda: not page._describe.isActive())


def reader_of(page: ContactsPage) -> GateReader:
    return page.reader


# -- searching -------------------------------------------------------------------------------------------------------


async def test_each_key_searches_and_the_count_says_how_many(page: ContactsPage) -> None:
    assert page.count_text() == "300 contacts"
    await type_in(page, "person 00")
    await settle(lambda: page.model.rowCount() == 10)
    assert page.count_text() == "10 of 300"
    assert page.view_bar.count.text() == "10 of 300"
    assert names(page)[0] == "Person 000"
    QTest.keyClick(page.search_box.line, Qt.Key.Key_Escape)
    await settle(lambda: page.model.rowCount() == 300)
    assert page.search_box.text() == ""


async def test_a_late_answer_to_an_older_search_is_dropped(page: ContactsPage) -> None:
    gate = reader_of(page).gate["per"] = asyncio.Event()
    page.search("per")
    await settle(lambda: reader_of(page).searched[-1] == "per")
    page.search("person 299")
    await settle(lambda: page.model.rowCount() == 1)
    gate.set()
    await settle()
    assert names(page) == ["Person 299"]


async def test_the_first_painted_page_is_text_without_another_read(page: ContactsPage) -> None:
    reader_of(page).asked_rows.clear()
    page.search("person 1")
    await settle(lambda: 100 <= page.model.rowCount() < 300)
    assert all(page.model.row_at(row) is not None for row in range(80))


async def test_a_key_waits_for_its_hits_only_where_somebody_sees_the_list(
    page: ContactsPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(fakes.FakeSearching, "wait", lambda _self, seconds: waited.append(seconds))
    page.search("person")
    assert len(waited) == 1
    page.hide()
    page.search("anna")
    assert len(waited) == 1


async def test_a_result_that_is_ordered_late_keeps_what_was_chosen_by_id(
    page: ContactsPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_order, "SORTED", 2)
    monkeypatch.setattr(in_order, "HEAD", 50)
    reader_of(page).vector = ordered_late
    page.search("person")
    await settle(lambda: page.model.query is not None and page.model.query.text == "person")
    page.table.choose(299)
    await settle(lambda: page.model.row_at(299) is not None)
    assert (page.table.current_id(), page.model.position(299), page.model.position(9999)) == (300, 298, -1)
    page.table.selectAll()
    assert page.table.selected_count() == len(page.table.selected_ids()) == 300
    del reader_of(page).contacts[300], reader_of(page).contacts[2]
    page.on_changes(Changes(listing=True))
    await settle(lambda: page.model.rowCount() == 298)
    assert [int(item) for item in page.table.selected_ids()] == [1, *range(3, 300)]
    page.table.choose(page.model.position(250))
    page.search("person 2")
    await settle(lambda: page.model.rowCount() < 298)
    assert page.table.current_id() == 250
    assert page.model.ids[page.table.currentIndex().row()] == 250


async def test_an_unknown_field_is_underlined_with_a_hint_and_still_searched(page: ContactsPage) -> None:
    await type_in(page, "naem:x")
    await settle(lambda: reader_of(page).searched[-1] == "naem:x")
    assert page.search_box.hint.isVisible()
    assert "name:" in page.search_box.hint.text()
    assert [(hint.start, hint.end) for hint in page.search_box.line._underlined] != []
    assert page.search_box.text() == "naem:x"
    page.search("anna")
    assert not page.search_box.hint.isVisible()


async def test_enter_and_down_go_on_to_the_first_hit(page: ContactsPage) -> None:
    page.focus_search()
    await type_in(page, "person 12")
    await settle(lambda: page.model.rowCount() == 10)
    QTest.keyClick(page.search_box.line, Qt.Key.Key_Return)
    assert page.table.current_id() == 121
    await settle(lambda: "remember_search" in page.services.verbs())
    assert ("remember_search", ("person 12",)) in page.services.calls


async def test_down_in_the_empty_box_shows_the_last_searches(page: ContactsPage) -> None:
    page.focus_search()
    QTest.keyClick(page.search_box.line, Qt.Key.Key_Down)
    await settle(lambda: page.search_box.findChild(QMenu, "search.history") is not None)
    menu = page.search_box.findChild(QMenu, "search.history")
    assert [action.text() for action in menu.actions() if action.text()] == ["anna berlin", "Clear these searches"]
    menu.actions()[0].trigger()
    assert page.listing.query_text == "anna berlin"
    menu.actions()[-1].trigger()
    await settle(lambda: "clear_searches" in page.services.verbs())
    menu.close()


async def test_while_guests_are_masked_no_search_is_kept_or_shown(page: ContactsPage) -> None:
    """UX-SRC-07: a search is mostly somebody's name."""
    hiding.turn(True)
    try:
        page.search_box.line.setText("person 001")
        await settle(lambda: page.model.rowCount() == 1)
        page.search_box.remember()
        await settle()
        assert "remember_search" not in page.services.verbs()
        page.search_box.line.clear()
        page.focus_search()
        QTest.keyClick(page.search_box.line, Qt.Key.Key_Down)
        await settle(lambda: page.search_box.findChild(QMenu, "search.history") is not None)
        menu = page.search_box.findChild(QMenu, "search.history")
        assert [action.text() for action in menu.actions()] == ["Searches are not kept while guests are masked"]
        menu.close()
    finally:
        hiding.turn(False)
    page.search_box.line.setText("person 002")
    await settle(lambda: page.model.rowCount() == 1)
    page.search_box.remember()
    await settle(lambda: "remember_search" in page.services.verbs())


async def test_no_hits_name_the_term_that_blocks_and_can_drop_it(page: ContactsPage) -> None:
    page.search("person zzz")
    await settle(lambda: page.empty.findChild(QAbstractButton, "empty.unblock") is not None)
    assert page._stack.currentWidget() is page.empty
    assert "No contact matches “person zzz”." in page.empty.title()
    page.empty.findChild(QAbstractButton, "empty.unblock").click()
    await settle(lambda: page.listing.query_text in ("person", "zzz"))


async def test_no_hits_say_how_words_are_found(page: ContactsPage) -> None:
    page.search("zzz")
    await settle(lambda: "found by their beginnings" in page.empty.title())
    page.search("4711")
    await settle(lambda: "4711" in page.empty.title())
    assert "beginnings" not in page.empty.title(), "digits are found anywhere in a number"


async def test_no_hits_in_one_account_offer_all_of_them(page: ContactsPage) -> None:
    reader = reader_of(page)
    reader.contacts = {row.id: replace(row, account_id=2) for row in reader.contacts.values()}
    page.set_account(1)
    page.search("person")
    await settle(lambda: page.empty.findChild(QAbstractButton, "empty.everywhere") is not None)
    assert "In all accounts there are 300 contacts." in page.empty.title()
    page.empty.findChild(QAbstractButton, "empty.everywhere").click()
    await settle(lambda: page.model.rowCount() == 300)
    assert (page.account_id, page.listing.text) == (None, "person")


async def test_no_hits_behind_filters_offer_to_drop_them(page: ContactsPage) -> None:
    page.set_listing(of_text(page.listing, "city:nowhere", *page.words()))
    page.set_listing(replace(page.listing, text="person"))
    assert page.listing.filters
    await settle(lambda: page.empty.findChild(QAbstractButton, "empty.remove_filters") is not None)
    assert "Without the filters there are 300 contacts." in page.empty.title()
    page.empty.findChild(QAbstractButton, "empty.remove_filters").click()
    await settle(lambda: page.model.rowCount() == 300)
    assert page.listing.text == "person"


def offered(page: ContactsPage) -> list[str]:
    """What can be done about an empty list, the main action first."""
    return [
        one.objectName().removeprefix("empty.") for one in page.empty.findChildren(QAbstractButton) if one.isVisible()
    ]


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("+33 6 99 88 77 66", True), ("(030) 998877", True), ("0999888777", True), ("phone:998877", True),
        ("998877", False), ("2026-05-03", False), ("03.05.2026", False), ("+33", False),
    ],
)  # fmt: skip
async def test_only_what_is_dialled_is_taken_for_a_number(page: ContactsPage, typed: str, number: bool) -> None:
    page.search(typed)
    await settle(lambda: typed in page.empty.title() or "number" in page.empty.title())
    assert ("Nobody here has the number" in page.empty.title()) is number
    other = "remove_filter" if page.listing.filters else "clear"
    await settle(lambda: offered(page) == (["new", other] if number else [other]))


async def test_where_only_a_part_was_looked_at_nobody_is_not_said(page: ContactsPage) -> None:
    """Who stands in another account would be made a second time."""
    page.set_account(1)
    page.search("0999888777")
    await settle(lambda: "0999888777" in page.empty.title())
    assert "Nobody here" not in page.empty.title()
    await settle(lambda: offered(page) == ["clear", "new"])
    page.set_account(None)
    page.set_listing(of_text(page.listing, "city:nowhere", *page.words()))
    page.set_listing(replace(page.listing, text="0999888777"))
    await settle(lambda: "0999888777" in page.empty.title())
    assert page.listing.filters and "Nobody here" not in page.empty.title()
    await settle(lambda: offered(page)[-1:] == ["new"])


async def test_a_number_as_a_filter_in_one_account_is_looked_for_in_all(
    page: ContactsPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = reader_of(page)
    search = reader.search

    async def only_elsewhere(query: Query, *, account_id: int | None = None, **more: Any) -> Any:
        return await search(query if account_id else replace(query, text=""), account_id=account_id, **more)

    monkeypatch.setattr(reader, "search", only_elsewhere)
    page.set_account(1)
    page.set_listing(of_text(page.listing, "phone:0999888777", *page.words()))
    await settle(lambda: offered(page) == ["everywhere", "remove_filter", "new"])
    assert "In all accounts there are 300 contacts." in page.empty.title()
    assert "Nobody here" not in page.empty.title()
    filters = page.listing.filters
    page.empty.findChild(QAbstractButton, "empty.everywhere").click()
    await settle(lambda: page.model.rowCount() == 300)
    assert (page.account_id, page.listing.filters) == (None, filters)


async def test_buttons_of_an_empty_list_show_all_their_words(page: ContactsPage) -> None:
    page.search("person zzz")
    await settle(lambda: page.empty.findChild(QAbstractButton, "empty.unblock") is not None)
    await asyncio.sleep(0.05)
    buttons = [one for one in page.empty.findChildren(QAbstractButton) if one.isVisible()]
    assert len(buttons) > 1
    assert all(one.width() >= one.sizeHint().width() for one in buttons)


async def test_clear_brings_everything_back(page: ContactsPage) -> None:
    page.search("zzz")
    await settle(lambda: page.empty.findChild(QAbstractButton, "empty.clear") is not None)
    page.empty.findChild(QAbstractButton, "empty.clear").click()
    await settle(lambda: page.model.rowCount() == 300)
    assert page._stack.currentWidget() is page.table


# -- selection -------------------------------------------------------------------------------------------------------


async def test_all_that_match_are_counted_without_reading_a_row(page: ContactsPage) -> None:
    ids = np.arange(1, 1_000_001, dtype=np.uint32)
    page.model.set_result(ids, page.query(), (), {})
    await settle()
    reader_of(page).asked_rows.clear()
    page.table.setFocus()
    page.commands.run("list.select_all")
    assert page.table.selected_count() == 1_000_000
    assert page.count_text() == "1,000,000 selected (all that match)"
    await settle()
    assert all(len(asked) <= 128 for asked in reader_of(page).asked_rows)
    assert len(reader_of(page).asked_rows) <= 2


async def test_a_background_refresh_keeps_selection_and_scroll_position(page: ContactsPage) -> None:
    page.table.choose(150)
    await settle()
    current, value = page.table.current_id(), page.table.verticalScrollBar().value()
    offset = page.table.rowViewportPosition(150)
    for number in range(40):
        reader_of(page).contacts[1000 + number] = fakes.contact(number, id=1000 + number, name=f"Aaron {number:02}")
    page.on_changes(Changes(listing=True))
    await settle(lambda: page.model.rowCount() == 340)
    assert page.table.current_id() == current
    assert page.table.selected_count() == 1
    assert page.table.rowViewportPosition(190) == offset
    assert page.table.verticalScrollBar().value() == value + 40 * page.table.row_height
    assert page.model.row_at(190) is not None, "rows in sight are there at the swap"
    assert page.search_box.text() == ""


async def test_a_refresh_keeps_many_selected_rows_by_id(page: ContactsPage) -> None:
    page.table.choose(10)
    QTest.keyClick(page.table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(page.table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    chosen = [int(item) for item in page.table.selected_ids()]
    assert chosen == [11, 12, 13]
    del reader_of(page).contacts[12]
    page.on_changes(Changes(listing=True))
    await settle(lambda: page.model.rowCount() == 299)
    assert [int(item) for item in page.table.selected_ids()] == [11, 13]


async def test_refreshes_wait_while_nobody_looks_and_come_at_most_once_a_second(page: ContactsPage) -> None:
    before = len(reader_of(page).searched)
    for _ in range(5):
        page.on_changes(Changes(listing=True))
        await settle()
    assert len(reader_of(page).searched) == before + 1
    page.hide()
    page.results._refresh.stop()
    page.on_changes(Changes(listing=True))
    await settle()
    assert len(reader_of(page).searched) == before + 1
    page.show()
    await settle(lambda: len(reader_of(page).searched) == before + 2)


async def test_a_changed_contact_is_read_again_in_list_and_detail(page: ContactsPage) -> None:
    page.table.choose(0)
    await settle(lambda: page.detail.detail is not None)
    reader_of(page).contacts[1] = replace(reader_of(page).contacts[1], name="Person Zero")
    page.on_changes(Changes(contacts=frozenset({1})))
    await settle(lambda: names(page)[0] == "Person Zero" and page.detail.header.name.text() == "Person Zero")


# -- keys in the list ------------------------------------------------------------------------------------------------


async def test_home_end_and_type_ahead_move_in_the_list(page: ContactsPage) -> None:
    page.table.choose(5)
    QTest.keyClick(page.table, Qt.Key.Key_End)
    assert page.table.current_id() == 300
    QTest.keyClick(page.table, Qt.Key.Key_Home)
    assert page.table.current_id() == 1
    QTest.keyClicks(page.table, "PERSÓN 04")
    await settle(lambda: page.table.current_id() == 41)


async def test_type_ahead_works_in_another_order_within_reach(page: ContactsPage) -> None:
    page.set_listing(replace(page.listing, sort=(Sort("city"),)))
    await settle()
    page.verbs.type_ahead("person 03")
    await settle(lambda: page.table.current_id() == 31)


async def test_space_selects_and_unselects_the_row_and_belongs_to_a_name_that_is_typed(page: ContactsPage) -> None:
    """The key map's Space; Ctrl and an arrow go on to another row."""
    page.table.setFocus()
    page.table.choose(3)
    QTest.keyClick(page.table, Qt.Key.Key_Space)
    assert (page.table.selected_count(), page.table.currentIndex().row()) == (0, 3)
    QTest.keyClick(page.table, Qt.Key.Key_Space)
    QTest.keyClick(page.table, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(page.table, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(page.table, Qt.Key.Key_Space)
    assert (page.table.runs(), page.table.currentIndex().row()) == ([(3, 3), (5, 5)], 5)
    QTest.keyClicks(page.table, "person 01")
    await settle(lambda: page.table.currentIndex().row() == 10)


async def test_enter_opens_the_record_and_escape_comes_back(page: ContactsPage) -> None:
    page.window().activateWindow()
    page.table.setFocus()
    page.table.choose(2)
    await settle(lambda: page.detail.detail is not None)
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    assert page.detail.isAncestorOf(QApplication.focusWidget())
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is page.table


async def test_copied_rows_are_the_shown_columns_as_text(page: ContactsPage) -> None:
    reader_of(page).contacts[1] = replace(reader_of(page).contacts[1], city="=1+1", phone="+49 170 5")
    page.table.choose(0)
    page.commands.run("list.copy")
    await settle(lambda: "Person 000" in QApplication.clipboard().text())
    head, line = QApplication.clipboard().text().splitlines()
    assert head.startswith("Name\tState\tVendor\tE-mail\tPhone")
    assert line.split("\t")[4:6] == ["+49 170 5", "'=1+1"]


async def test_back_and_forward_through_opened_contacts(page: ContactsPage) -> None:
    for row in (3, 7, 9):
        page.table.choose(row)
    page.back()
    assert page.table.current_id() == 8
    page.back()
    assert page.table.current_id() == 4
    page.forward()
    assert page.table.current_id() == 8
    assert page.commands.why_not("go.back") is None


async def test_the_context_menu_is_made_of_commands_with_their_keys(page: ContactsPage) -> None:
    page.table.choose(1)
    page.table.menuAsked.emit(QPoint(5, 5))
    menu = page.findChild(QMenu, "list.menu")
    assert page.commands.action("list.copy") in menu.actions()
    assert page.commands.action("list.select_all") in menu.actions()
    for name in ("contact.new", "contact.edit", "contact.delete", "contact.history"):
        assert page.commands.action(name) in menu.actions()
    menu.close()
    await settle(lambda: page.detail.stack.currentIndex() == 1)  # else the pane goes on while the window is deleted


# -- order, columns, layout ------------------------------------------------------------------------------------------


async def test_a_click_on_a_header_sorts_and_says_so_in_words(page: ContactsPage) -> None:
    header = page.table.columns
    header.sectionClicked.emit(KEYS.index("updated"))
    await settle()
    assert page.listing.sort == (Sort("updated", True),)
    assert "by Updated, newest first" in page.view_bar.count.text()


async def test_columns_can_be_chosen_and_are_kept_per_view(page: ContactsPage, settings: Any) -> None:
    page.table.columns.show_column("notes", True)
    page.table.columns.show_column("city", False)
    page.table.columns.show_column("name", False)
    kept = {key: shown for key, _, shown in settings.columns["view:-1"]}
    assert kept["notes"]
    assert not kept["city"]
    assert kept["name"], "the name is pinned"
    page.set_account(1)
    assert shows(page, "city")
    page.set_view(SavedView(-1, "All contacts", ""))
    assert not shows(page, "city")
    page.table.columns.reset_columns()
    assert shows(page, "city")


SPOILT = ([["nope", 5, True]], [None], [["city", -4, True]], [["city", 100]], "x", [[[], 1, 1]])


@pytest.mark.parametrize("saved", SPOILT)
async def test_columns_of_a_spoilt_settings_file_are_left_out(page: ContactsPage, saved: Any) -> None:
    page.table.restore_columns(list(saved))
    assert [key for key, _, _ in page.table.columns_state()] == list(KEYS)


async def test_cards_and_table_can_be_switched_and_keep_the_row(page: ContactsPage, settings: Any) -> None:
    page.table.choose(40)
    usual = page.table.columns_state()
    page.commands.run("list.layout")
    assert settings.layout == "cards"
    assert page.table.horizontalHeader().isHidden()
    assert page.table.row_height > theme().row_height
    assert page.table.current_id() == 41
    page.commands.run("list.layout")
    assert page.table.columns_state() == usual
    await settle(lambda: not page.detail._rest.isActive())  # the contact is opened while there still is a loop


# -- filters and views -----------------------------------------------------------------------------------------------


async def test_a_typed_condition_is_a_chip_and_removing_the_chip_rewrites_the_text(page: ContactsPage) -> None:
    await type_in(page, "city:berlin anna")
    assert [chip.edit.text() for chip in page.view_bar.chips()] == ["City is Berlin"]
    page.view_bar.chip(0).remove.click()
    assert page.search_box.text() == "anna"
    assert page.view_bar.chips() == []


async def test_a_press_on_a_chip_of_before_the_last_key_changes_nothing(page: ContactsPage) -> None:
    await type_in(page, "city:berlin anna")
    for name in ("edit", "remove"):
        chip = page.view_bar.chip(0)
        page.search_box.line.setText("anna")  # its chips are drawn in a moment
        getattr(chip, name).click()
        assert page.search_box.text() == "anna" and page.view_bar.chips() == []
        assert not any(isinstance(one, FilterEditor) and one.isVisible() for one in QApplication.topLevelWidgets())
        page.search_box.line.setText("city:berlin anna")
        page._show_listing()


async def test_the_builder_writes_the_same_grammar(page: ContactsPage) -> None:
    page.verbs.add_filter()
    editor = next(w for w in QApplication.topLevelWidgets() if isinstance(w, FilterEditor) and w.isVisible())
    assert not editor.apply.isEnabled()
    editor.field.setCurrentIndex(editor.field.findData("city"))
    editor.text.setText("Berlin, New York")
    editor.apply.click()
    assert page.listing.query_text == 'city:Berlin,"New York"'
    assert [chip.edit.text() for chip in page.view_bar.chips()] == ["City is Berlin or New York"]
    page.view_bar.chip(0).remove.click()
    assert page.listing.query_text == ""


async def test_a_saved_view_brings_its_query_sort_and_columns(page: ContactsPage) -> None:
    page.set_view(replace(VIEW, sort=(Sort("updated", True),)))
    await settle()
    assert page.view_id == 7
    assert page.listing.query_text == "city:berlin"
    assert [key for key, _, shown in page.table.columns_state() if shown] == ["name", "email"]
    assert page.view_bar.edited.isHidden()


async def test_a_changed_view_says_edited_and_can_be_saved_or_reverted(page: ContactsPage) -> None:
    page.set_view(VIEW)
    await type_in(page, "anna")
    assert not page.view_bar.edited.isHidden()
    page.set_account(1)
    page.set_view(VIEW)
    assert page.listing.text == "anna", "the edit is kept for this session"
    page.view_bar.revert.click()
    assert page.listing.query_text == "city:berlin"
    await type_in(page, "ana")
    page.view_bar.save.click()
    await settle(lambda: "save_view" in page.services.verbs())
    saved = page.services.calls[-1][1][0]
    assert (saved.id, saved.query) == (7, "city:berlin ana")
    await settle(lambda: page.view_bar.edited.isHidden())


async def test_save_as_new_asks_for_a_name(page: ContactsPage) -> None:
    page.search("city:berlin")
    page.commands.run("view.save")
    await settle(lambda: page.findChild(QLineEdit, "view.name.text") is not None)
    field = page.findChild(QLineEdit, "view.name.text")
    assert field.window().focusWidget() is field
    field.setText("Mine")
    page.findChild(QAbstractButton, "view.name.save").click()
    await settle(lambda: "save_view" in page.services.verbs())
    saved = next(arguments[0] for verb, arguments in page.services.calls if verb == "save_view")
    assert (saved.title, saved.query) == ("Mine", "city:berlin")
    await settle(lambda: page.view_id > 0)


def within(part: QWidget, whole: QWidget) -> QRect:
    return QRect(part.mapTo(whole, QPoint(0, 0)), part.size())


@pytest.mark.parametrize("width", [1300, 800, 440])
async def test_what_is_done_with_a_changed_view_stands_together_however_narrow_it_is(
    page: ContactsPage, width: int
) -> None:
    page.set_view(VIEW)
    page.search("city:nevers country:france anna")
    await settle()
    bar = page.view_bar
    bar.setParent(None)
    bar.resize(width, 300)
    bar.show()
    await settle()
    line = [within(one, bar).center().y() for one in (bar.edited, bar.save, bar.save_as, bar.revert)]
    assert max(line) - min(line) <= 1, "in one line"
    assert bar.count.text() == bar.count.whole(), "all of it is read"
    assert within(bar.count, bar).right() <= width
    bar.hide()
    bar.deleteLater()


async def test_a_long_account_title_ends_in_dots_and_leaves_room_for_the_rest(page: ContactsPage) -> None:
    long = "Amsterdam Canal Tours and Attractions B.V. (returning guests)"
    page._set_accounts([fakes.account(1, long), fakes.account(2, "Short")])
    page.set_account(1)
    bar = page.view_bar
    await settle(lambda: bar.title.text() == long)
    page.splitter.setSizes([320, 880])
    await settle(lambda: bar.title.text().endswith("…"))
    assert bar.title.whole() == bar.title.accessibleName() == long
    assert long in bar.title.toolTip()
    assert not within(bar.title, bar).intersects(within(bar.count, bar))
    page.set_account(2)
    await settle(lambda: bar.title.text() == "Short")


async def test_one_account_is_listed_under_its_name(page: ContactsPage) -> None:
    page.set_account(2)
    await settle(lambda: page.model.rowCount() == 150)
    assert page.title() == "Harbour Tours"
    assert page.account_id == 2


# -- start, size, names ----------------------------------------------------------------------------------------------


async def test_first_rows_are_painted_before_services_exist(
    qtbot: Any, scope: TaskScope, settings: Any, services: fakes.FakeServices
) -> None:
    from crmdesk.store.first_rows import FirstRows

    page = ContactsPage(None, None, settings, theme(), scope, Commands(QLineEdit()))
    qtbot.addWidget(page)
    page.resize(1100, 700)
    page.show()
    page.show_first(FirstRows([services.reader.contacts[1]], 48_213, [fakes.account(1)]))
    assert page.count_text() == "48,213 contacts"
    assert page.model.row_at(0).name == "Person 000"
    page.table.choose(0)
    page.attach(services, services.reader)
    await settle(lambda: page.model.rowCount() == 300)
    assert page.table.current_id() == 1
    await scope.aclose()


async def test_without_accounts_the_page_offers_to_connect_one(page: ContactsPage, qtbot: Any) -> None:
    reader_of(page).contacts.clear()
    reader_of(page).account_list.clear()
    page.on_changes(Changes(listing=True, accounts=True))
    await settle(lambda: page.empty.findChild(QAbstractButton, "empty.connect") is not None)
    with qtbot.waitSignal(page.openAccountRequested) as asked:
        page.empty.findChild(QAbstractButton, "empty.connect").click()
    assert asked.args == [0]


async def test_an_account_without_contacts_can_be_checked_again(page: ContactsPage) -> None:
    reader_of(page).contacts.clear()
    page.set_account(1)
    await settle(lambda: page.empty.findChild(QAbstractButton, "empty.check") is not None)
    assert "Seaside Villas has no contacts yet." in page.empty.title()
    assert page.empty.findChild(QAbstractButton, "empty.new") is not None, "its vendor takes new ones"
    page.empty.findChild(QAbstractButton, "empty.check").click()
    await settle(lambda: ("pull", (1,)) in page.services.calls)


async def test_where_contacts_come_by_signing_in_that_is_offered(page: ContactsPage) -> None:
    reader_of(page).contacts.clear()
    page.services.guests = SimpleNamespace(accounts=lambda: [page.desk.accounts[1]])
    page.set_account(1)
    await settle(lambda: page.empty.findChild(QAbstractButton, "empty.sign_in") is not None)
    assert "They appear here once their guests sign in." in page.empty.title()
    page.set_account(None)  # others have to be fetched
    await settle(lambda: page.empty.findChild(QAbstractButton, "empty.sign_in") is None)


async def test_a_filter_without_hits_offers_to_remove_it(page: ContactsPage) -> None:
    page.set_view(VIEW)  # the fake finds nothing for a field
    await settle(lambda: page.empty.findChild(QAbstractButton, "empty.remove_filter") is not None)
    page.empty.findChild(QAbstractButton, "empty.remove_filter").click()
    await settle(lambda: page.model.rowCount() == 300)


async def test_a_narrow_window_shows_one_pane_and_comes_back_to_the_same_row(page: ContactsPage) -> None:
    page.table.choose(120)
    await settle(lambda: page.detail.detail is not None)
    page.table.setFocus()
    page.set_narrow(True)
    assert page.table.isVisible()
    assert not page.detail.isVisible()
    value = page.table.verticalScrollBar().value()
    page.verbs.open_current()
    assert page.detail.isVisible()
    assert not page.table.isVisible()
    page.back()
    await settle()
    assert page.table.isVisible()
    assert (page.table.current_id(), page.table.verticalScrollBar().value()) == (121, value)
    page.set_narrow(False)
    assert page.table.isVisible()
    assert page.detail.isVisible()


async def test_nothing_is_cut_off_at_150_percent(page: ContactsPage) -> None:
    theme().set_font_scale(150)
    await settle()
    assert page.table.row_height >= 48
    assert page.search_box.line.height() >= page.search_box.line.fontMetrics().height() + 8
    page.table.choose(0)
    await settle(lambda: page.detail.detail is not None)
    assert page.minimumSizeHint().width() <= 900 - 150


INTERACTIVE = (QAbstractButton, QLineEdit, QComboBox, QAbstractItemView, QTabWidget, QAbstractSpinBox, QTextEdit)


async def test_every_interactive_widget_has_a_name(page: ContactsPage, settings: Any) -> None:
    settings.show_raw = True
    page.search("city:berlin naem:x")
    page.table.choose(0)
    page.search("")
    await settle(lambda: page.model.rowCount() == 300)
    page.table.choose(0)
    await settle(lambda: page.detail.detail is not None)
    inside = {"qt_spinbox_lineedit", "ScrollLeftButton", "ScrollRightButton"}
    unnamed = [
        type(widget).__name__
        for kind in INTERACTIVE
        for widget in page.findChildren(kind)
        if not widget.objectName() and widget.objectName() not in inside and not _of_qt(widget)
    ]
    assert unnamed == []
    for name in ("search.box", "list.contacts", "detail.tabs", "view.add_filter", "search.commands"):
        assert page.findChild(object, name) is not None, name  # type: ignore[call-overload]


def _of_qt(widget: Any) -> bool:
    """Parts that Qt makes inside its own widgets."""
    return isinstance(widget.parent(), QAbstractItemView | QComboBox)


def test_importing_the_page_loads_nothing_heavy() -> None:
    import subprocess
    import sys

    heavy = ("numpy", "sqlalchemy", "httpx", "pycountry")
    code = f"import crmdesk.ui.contacts.page, sys; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


async def test_a_text_put_into_the_box_is_not_searched_and_brings_its_clear_button(page: ContactsPage) -> None:
    box, asked = page.search_box, []
    box.changed.connect(asked.append)
    box.set_text("anna")
    clear = box.line.findChild(QToolButton, "search.clear")
    assert (asked, clear.isVisible()) == ([], True)
    box.set_text("")
    await settle(lambda: not clear.isVisible())
    assert asked == []
