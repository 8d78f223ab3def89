"""One field of many contacts, one cell, the way back through history, and out of the trash: in the whole program."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from crmdesk.early import Found
from crmdesk.net.secrets import memory_key
from crmdesk.settings import Settings
from crmdesk.ui.batch.dialog import BatchDialog
from crmdesk.ui.contacts.columns import CITY
from tests.helpers.house import House, until


def cities(house: House, rows: int) -> list[str]:
    found = [house.model.row_at(row) for row in range(rows)]
    return [row.city if row is not None else "…" for row in found]


@pytest.mark.slow
async def test_many_are_changed_at_once_and_each_can_be_put_back(tmp_path: Path) -> None:
    async with House(tmp_path, Found(key=memory_key()), kept=Settings(), practice=True) as house:
        await house.practised()
        house.services.edits.operator = "Maria"
        house.services.set_working_offline(True)
        await house.search("vendor:bookingsync city:a")
        await until(lambda: 3 < house.model.rowCount() < 100, "some of them")
        before = cities(house, 3)
        for row in range(3):
            index = house.model.index(row, 0)
            flags = house.table.selectionModel().SelectionFlag
            house.table.selectionModel().select(index, flags.Select | flags.Rows)
        house.table.selectionModel().setCurrentIndex(house.model.index(0, 0), flags.NoUpdate)
        house.table.setFocus()
        await batch(house, "Amsterdam")
        await until(lambda: cities(house, 3) == ["Amsterdam"] * 3, "what was saved, in the list")
        house.window.activateWindow()  # the offscreen platform leaves that to us when a dialog closes
        await until(house.window.isActiveWindow, "the window in front again")
        house.key("Ctrl+Z")
        await until(lambda: cities(house, 3) == before, "all three as they were, with one undo")
        await cell_and_history(house)


async def batch(house: House, city: str) -> None:
    house.key("Ctrl+Shift+B")
    await until(lambda: house.there("batch") and house.find("batch.apply").isVisible(), "the dialog")
    dialog = house.find("batch", BatchDialog)
    await until(lambda: dialog.field.count() > 0, "its fields")
    dialog.field.setCurrentIndex(dialog.field.findText("City"))
    house.find("batch.value").setFocus()
    house.type(city)
    if dialog.leave.isVisible():
        house.click("batch.leave")
    await until(lambda: house.find("batch.apply").isEnabled(), f"a preview; on screen: {house.words(dialog)}")
    house.click("batch.apply")
    await until(lambda: not house.dialogs(), "all saved")


async def cell_and_history(house: House) -> None:
    house.table.choose(1, CITY)
    contact_id, was = house.table.current_id(), cities(house, 2)[1]
    house.table.setFocus()
    house.key("F2")
    await until(lambda: house.there("list.cell.value"), "the line over the cell")
    house.fill("list.cell.value", "Antwerp")
    QTest.keyClick(house.find("list.cell.value"), Qt.Key.Key_Return)
    await until(lambda: house.model.row_at(house.model.position(contact_id)).city == "Antwerp", "the new city")
    house.window.commands.run("contact.history")
    await until(lambda: house.there("history.scroll"), "the time line")
    cards = house.window.contacts.detail.history.cards
    await until(lambda: bool(cards()) and cards()[0].accessibleName().endswith(f"City: {was} → Antwerp"), "the edit")
    assert ". Maria. " in cards()[0].accessibleName()
    name = f"history.{cards()[0].line.key}.restore.city"
    house.find(name, QAbstractButton).click()
    await until(lambda: house.model.row_at(house.model.position(contact_id)).city == was, "the old city")
