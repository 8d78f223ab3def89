"""The lock in the whole program: typing survives it, the queue goes on, a locked program starts locked."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from crmdesk.core.outbox import FieldChange
from crmdesk.ui.contacts.columns import CITY
from tests.helpers.house import House, until
from tests.walks.test_editing import Line, chosen, connected, desk, line, people

__all__ = ["line"]
PIN = "482915"
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


async def locked(house: House) -> None:
    house.key("Ctrl+Shift+L")
    await until(lambda: house.window.lock.locked, "the lock")


async def unlocked(house: House) -> None:
    await until(lambda: house.there("lock.pin") and house.find("lock.open").isEnabled(), "the page that asks for a PIN")
    house.type(PIN)
    house.key("Return")
    await until(lambda: not house.window.lock.hidden, "everything again")


async def test_typing_survives_the_lock_and_the_end_of_the_program_and_the_queue_goes_on(
    line: Line, tmp_path: Path
) -> None:
    base_url = line.up()
    async with desk(tmp_path) as house:
        await connected(house, base_url)
        one, other = people(line, 2)
        await house.services.pins.set("Maria", PIN)
        remote = await chosen(house, one["fullname"])
        contact_id = house.window.contacts.detail.contact_id
        await chosen(house, other["fullname"])
        house.table.setFocus()
        house.key("Ctrl+E")
        await until(lambda: house.there("editor.save"), "the editor")
        house.fill("editor.field.city", "Half a wo")
        await locked(house)
        await house.services.edits.save(contact_id, [FieldChange("city", one["city"], "Lyon")])
        assert other["fullname"] not in house.words() and "Half a wo" not in house.words()
        assert "What was being typed is kept." in house.words()
        await until(lambda: line.contact(remote)["city"] == "Lyon", "the edit at the vendor, while locked")
        await until(lambda: line.sent, "what was sent")
        await unlocked(house)
        assert house.find("editor.field.city").text() == "Half a wo"  # type: ignore[attr-defined]
        assert QApplication.focusWidget() is house.find("editor.field.city")
        await locked(house)  # and closed like this
    assert [one.isVisible() for one in QApplication.topLevelWidgets() if one.objectName() == "leaving"] == []
    async with desk(tmp_path, lock_at_start=False) as house:
        assert house.window.lock.locked and other["fullname"] not in house.words()
        await house.ready()
        await unlocked(house)
        drafts = await house.program.opened.reader.drafts()  # type: ignore[union-attr]
        assert [change.now for draft in drafts for change in draft.changes] == ["Half a wo"]


@pytest.mark.parametrize("key", ["Ctrl+Shift+L", "privacy"])
async def test_what_is_half_typed_into_a_cell_is_not_saved_by_the_lock(line: Line, tmp_path: Path, key: str) -> None:
    """Nobody has finished it, and a second later it would be at the vendor. It is there again afterwards."""
    base_url = line.up()
    async with desk(tmp_path) as house:
        await connected(house, base_url)
        (one,) = people(line, 1)
        remote = await chosen(house, one["fullname"])
        house.table.choose(0, CITY)
        house.table.setFocus()
        house.key("F2")
        await until(lambda: house.there("list.cell.value"), "the line over the cell")
        house.fill("list.cell.value", "Antw")
        house.key(key) if key != "privacy" else house.window.lock.hide_content()
        await until(lambda: house.window.lock.hidden, "the lock")
        assert "Antw" not in house.words()
        await house.database.write(lambda *_: None)  # behind whatever was begun
        assert await house.program.opened.reader.ops() == []  # type: ignore[union-attr]
        house.window.lock.show_again()
        await until(lambda: not house.window.lock.hidden, "everything again")
        assert house.find("list.cell.value").text() == "Antw"  # type: ignore[attr-defined]
        assert QApplication.focusWidget() is house.find("list.cell.value")
        QTest.keyClick(house.find("list.cell.value"), Qt.Key.Key_Return)
        await until(lambda: line.contact(remote)["city"] == "Antw", "now it was meant")
