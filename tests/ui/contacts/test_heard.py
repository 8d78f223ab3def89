"""The list as a screen reader uses it: Qt does for it what is done here. Over the real bus: `tests/outside`."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtTest import QTest

from crmdesk.ui.contacts.page import ContactsPage
from tests.ui.contacts.conftest import settle


def chosen(page: ContactsPage, row: int) -> bool:
    return page.table.currentIndex().row() == row and page.detail.contact_id == page.model.id_at(row)


def select(page: ContactsPage, row: int) -> None:
    """As QAccessibleTable::selectRow: without a current row."""
    flags = QItemSelectionModel.SelectionFlag
    page.table.selectionModel().select(page.model.index(row, 0), flags.Select | flags.Rows)


async def test_a_row_that_is_selected_is_opened_as_by_a_click(page: ContactsPage) -> None:
    select(page, 5)
    await settle(lambda: chosen(page, 5))
    assert page.table.selected_count() == 1
    flags = QItemSelectionModel.SelectionFlag
    page.table.selectionModel().select(page.model.index(5, 0), flags.Deselect | flags.Rows)
    select(page, 9)
    await settle(lambda: chosen(page, 9))


async def test_rows_that_are_added_to_a_selection_move_nothing(page: ContactsPage) -> None:
    page.table.choose(3)
    QTest.keyClick(page.table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(page.table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    await settle(lambda: chosen(page, 5))
    assert page.table.selected_count() == 3
    page.table.setFocus()
    spot = page.table.visualRect(page.model.index(4, 0)).center()
    QTest.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, spot)
    await settle(lambda: page.table.selected_count() == 2)
    assert page.table.currentIndex().row() == 4, "where the person pressed"
