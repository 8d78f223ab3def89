"""A guest looks over the counter: what the screen shows in privacy mode, how a value is seen, what goes into a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from crmdesk.core.privacy import Handled
from crmdesk.core.types import Flag
from crmdesk.ui import hiding
from crmdesk.ui.contacts.columns import EMAIL, PHONE
from tests.helpers.house import House, until
from tests.walks.test_export import export, read, to
from tests.walks.test_keyboard import practice


async def opened(house: House) -> Any:
    """A guest with e-mail and phone, in the list and beside it."""
    await house.search("vendor:bookingsync has:phone has:email city:b*")
    await until(lambda: 0 < house.model.rowCount() < 300 and "…" not in house.names(), "hits")
    rows = (house.model.row_at(row) for row in range(30))
    row = next(row for row in rows if row and len(row.phone) > 8 and not row.flags & (Flag.RESTRICTED | Flag.FORGET))
    house.table.choose(house.model.position(row.id))
    await until(
        lambda: (one := house.window.contacts.detail.detail) is not None and one.row.id == row.id, "the contact"
    )
    await until(lambda: row.name in house.words("detail.pane"), "its fields")
    return row


def cells(house: House, contact_id: int) -> tuple[str, ...]:
    place = house.model.position(contact_id)
    look = house.model.look(place)
    index = house.model.index(place, EMAIL)
    return look.text(EMAIL), look.text(PHONE), str(house.model.data(index, Qt.ItemDataRole.ToolTipRole))


async def lines(house: House) -> list[Any]:
    return list((await house.services.privacy.log()).lines)


async def test_masks_hold_to_see_and_nothing_in_the_record_tells_a_value(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        house.window.outgoing.be("Ana")
        assert not hiding.hides(), "one person alone sees everything"
        row = await opened(house)
        assert cells(house, row.id)[0] == row.email
        house.window.outgoing.be("Ben")
        await until(hiding.hides, "masks: several people work here")
        await until(lambda: row.email not in house.words("detail.pane"), "the masked contact")
        shown = " ".join(cells(house, row.id)) + house.words("detail.pane")
        assert row.email not in shown and row.phone not in shown
        assert f"{row.email[0]}•••@{row.email.partition('@')[2]}" in shown

        field, eye = house.find("detail.field.email"), house.find("detail.show.email")
        assert eye.accessibleName().startswith("Hold to show")
        assert row.email not in field.accessibleName() and row.email not in field.value.toolTip()
        eye.setFocus()
        shown_by_enter: list[int] = []
        eye.pressed.connect(lambda: shown_by_enter.append(1))
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            QTest.keyClick(eye, key)
        assert not shown_by_enter and await lines(house) == [], "it would be noted although nobody saw anything"
        QTest.mousePress(eye, Qt.MouseButton.LeftButton)
        await until(lambda: row.email in house.words(field), "the value while it is held")
        QTest.mouseRelease(eye, Qt.MouseButton.LeftButton)
        assert row.email not in house.words(field)
        field.setFocus()
        QTest.keyPress(field, Qt.Key.Key_Space)
        await until(lambda: row.email in house.words(field), "the value while the key is held")
        QTest.keyRelease(field, Qt.Key.Key_Space)
        assert row.email not in house.words(field)
        QTest.keyPress(field, Qt.Key.Key_Space)
        await until(lambda: row.email in house.words(field), "the value again")
        QApplication.sendEvent(field, QEvent(QEvent.Type.WindowDeactivate))
        assert row.email not in house.words(field), "another window is in front"

        field.setFocus()
        house.key("Ctrl+Shift+C")
        assert QGuiApplication.clipboard().text() == row.email
        await until(lambda: not house.window.scope.running("noted"), "the record")
        told = await lines(house)
        while len(told) < 2:
            told = await lines(house)
        assert {(one.did, one.operator, one.contacts) for one in told} == {
            (Handled.REVEALED, "Ben", 1), (Handled.COPIED, "Ben", 1),
        }  # fmt: skip
        assert not any(word in str(told) for word in (row.email, row.phone, row.name))

        house.window.commands.run("privacy.mode")
        await until(lambda: row.email in house.words("detail.pane"), "everything again")
        assert cells(house, row.id)[0] == row.email

        house.window.pages.set_setting("privacy", "on")
        watch = house.window.masks._idle
        watch.look()
        assert not house.window.lock.hidden
        watch._at -= house.window.settings.privacy_seconds + 1
        watch.look()
        await until(lambda: house.window.lock.hidden, "the curtain")
        assert row.name not in house.words()
        house.window.lock.show_again()
        await until(lambda: row.name in house.words(), "everything again")
        house.window.pages.set_setting("privacy", "off")
        watch._at -= 5000
        watch.look()
        assert not house.window.lock.hidden


async def test_an_export_asks_which_personal_columns_go_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with practice(tmp_path) as house:
        house.window.outgoing.be("Ana")
        row = await opened(house)
        house.window.pages.set_setting("privacy", "on")
        to(monkeypatch, tmp_path / "none.csv")
        await export(house, "csv")
        table = read(tmp_path / "none.csv")
        assert table[0] == ["State", "Vendor", "Updated", "As of", "Vendor id"]
        assert row.email not in str(table) and row.name not in str(table)
        to(monkeypatch, tmp_path / "some.csv")
        await export(house, "csv", "whole", "personal.email")
        table = read(tmp_path / "some.csv")
        assert row.email in str(table) and row.name not in str(table) and row.phone not in str(table)
        to(monkeypatch, tmp_path / "some.vcf")
        await export(house, "vcard", "personal.name")
        cards = (tmp_path / "some.vcf").read_text("utf-8")
        assert "FN:" in cards and "EMAIL" not in cards and "TEL" not in cards
        told = [(one.did, one.fields, one.note, one.contacts > 0) for one in await lines(house)]
        assert told == [
            (Handled.EXPORTED, ("Names and company",), ".vcf", True),
            (Handled.EXPORTED, ("E-mail addresses",), ".csv", True),
            (Handled.EXPORTED, (), ".csv", True),
        ]
