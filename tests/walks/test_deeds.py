"""*Everything that was done*: who changed whom today, and the way to that contact."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTableView

from crmdesk.core.outbox import FieldChange
from crmdesk.core.query import parse
from crmdesk.early import Found
from crmdesk.net.secrets import memory_key
from crmdesk.settings import Settings
from tests.helpers.house import House, until


def lines(house: House) -> list[tuple[str, ...]]:
    model = house.find("deeds.list", QTableView).model()
    return [model.texts(place)[1:] for place in range(model.rowCount())]  # type: ignore[attr-defined]


async def test_what_was_done_is_listed_searched_copied_and_leads_to_its_contact(tmp_path: Path) -> None:
    kept = Settings(operator="Maria", operators=["Maria"])
    async with House(tmp_path, Found(key=memory_key()), kept=kept, practice=True) as house:
        await house.practised()
        house.services.set_working_offline(True)
        house.key("Ctrl+7")
        await until(lambda: house.there("deeds.told") and house.find("deeds.told").text(), "the list")
        assert house.find("deeds.told").text() == "Nothing was done yet."
        assert not house.find("deeds.open").isEnabled()
        house.key("Escape")
        await until(lambda: not house.there("deeds.told"), "its end")
        hits = await house.services.reader.search(parse("vendor:bookingsync", now=house.window.clock.now()))
        first, second, third = hits.first[:3]
        for row, city, operator in ((first, "Nantes", "Maria"), (second, "Łódź", "Jürgen")):
            house.services.edits.operator = operator
            await house.services.edits.save(row.id, [FieldChange("city", row.city, city)])
        await house.services.edits.delete([third.id])
        house.window.activateWindow()
        house.table.setFocus()
        await until(house.table.hasFocus, "the list")
        house.key("Ctrl+7")
        await until(lambda: house.there("deeds.told") and "entries" in house.find("deeds.told").text(), "the list")
        assert [(who, what) for who, what, *_ in lines(house)] == [
            (third.name, "Deleted here"), (second.name, "Edited here"), (first.name, "Edited here"),
        ]  # fmt: skip
        assert lines(house)[1][2].endswith("→ Łódź") and lines(house)[1][3] == "Jürgen"
        assert not house.find("deeds.open").isEnabled(), "it was deleted"
        house.fill("deeds.search", "maria nowhere")
        await until(lambda: house.find("deeds.told").text() == "Nothing was found.", "nothing")
        house.fill("deeds.search", "JURGEN")
        await until(lambda: house.find("deeds.told").text() == "1 entry" or len(lines(house)) == 2, "who")
        table = house.find("deeds.list", QTableView)
        table.setFocus()
        table.selectRow(len(lines(house)) - 1)
        house.key("Ctrl+C")
        assert "Łódź" in QGuiApplication.clipboard().text() and "\t" in QGuiApplication.clipboard().text()
        QTest.keyClick(table, Qt.Key.Key_Return)
        await until(lambda: house.window.contacts.detail.contact_id == second.id, "the contact")
        assert not house.there("deeds.told")
