"""The lock in the whole program: typing survives it, the queue goes on, a locked program starts locked."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from crmdesk.core.outbox import FieldChange
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
