"""Walk-through 1: a guest is on the phone, and the number was copied from a note (UX-SRC-11)."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QLineEdit

from crmdesk.core.text import phone_digits
from crmdesk.early import Found
from crmdesk.net.secrets import memory_key
from crmdesk.settings import Settings
from crmdesk.ui.places import OUTBOX
from tests.helpers.house import House, until


async def catch(house: House, text: str) -> None:
    QGuiApplication.clipboard().setText(text)
    house.key("Ctrl+Shift+V")
    await until(lambda: not house.window.scope.running("catch"), "the search")


async def test_who_calls_is_found_edited_and_saved_by_keys_alone(tmp_path: Path) -> None:
    kept = Settings(operator="Maria", operators=["Maria"])
    async with House(tmp_path, Found(key=memory_key()), kept=kept, practice=True) as house:
        await house.practised()
        await house.search("vendor:bookingsync has:phone")
        await until(lambda: 0 < house.model.rowCount() < 400, "those of one vendor")
        (row,) = await house.services.reader.rows([int(house.model.ids[0])])
        name, phone = row.name, row.phone
        spaced = " ".join(phone[at : at + 3] for at in range(0, len(phone), 3))
        house.window.go(OUTBOX)
        await catch(house, f"Rückruf bitte, {spaced}\n")
        await until(lambda: house.model.rowCount() == 1, "the one who has the number")
        await until(lambda: house.window.contacts.detail.detail is not None, "the contact")
        assert house.window.contacts.detail.detail.row.name == name
        house.key("Ctrl+E")
        await until(lambda: house.there("editor.save"), "the editor")
        house.fill("editor.field.city", "Nantes")
        house.key("Ctrl+Return")
        await until(lambda: not house.there("editor.save"), "saved")
        (op,) = [one for one in await house.services.reader.ops() if one.title == name]
        assert [(one.path, one.now) for one in op.changes] == [("city", "Nantes")]


async def test_several_nobody_and_nothing_to_search_for(tmp_path: Path) -> None:
    async with House(tmp_path, Found(key=memory_key()), practice=True) as house:
        await house.practised()
        family = house.names()[0].split()[-1]
        await catch(house, f"Frau {family} hat angerufen")
        await until(lambda: 0 < house.model.rowCount() < 300, "some of that name")
        await catch(house, "0999 888 777 666")
        await until(lambda: house.model.rowCount() == 0, "nobody")
        await until(lambda: house.there("empty.new"), "what to do about it")
        assert "Nobody here has the number 0999888777666." in house.words()
        house.key("Ctrl+F")
        for at in range(len(family)):  # letter by letter: the list, which is shown again with the first, takes none
            house.type(family[at])
            await until(lambda at=at: house.window.contacts.search_box.text() == family[: at + 1], "the letter")
            await until(lambda: not house.window.scope.running("search"), "the search")
        await until(lambda: 0 < house.model.rowCount() < 300, "the next search is not narrowed by the call")
        house.key("Escape")
        await until(lambda: house.model.rowCount() > 300, "everybody")
        await catch(house, "0999 888 777 666")
        await until(lambda: house.model.rowCount() == 0, "nobody")
        for nothing in ("", "   ", "please call back as soon as you can today"):
            await catch(house, nothing)
            assert "Copy one, then try again" in house.words(), nothing
            assert house.model.rowCount() == 0, "the list stays"


@pytest.mark.parametrize(
    ("copied", "field", "words"),
    [
        ("Tel. +33 6 99 88 77 66", "editor.phones.0.number", "New contact with this number"),
        ("zoe@nowhere.example", "editor.field.email", "New contact with this address"),
    ],
)
async def test_a_caller_whom_nobody_knows_becomes_a_contact_without_typing_it_again(
    tmp_path: Path, copied: str, field: str, words: str
) -> None:
    async with House(tmp_path, Found(key=memory_key()), practice=True) as house:
        await house.practised()
        house.click_place("Seaside Villas")
        await catch(house, copied)
        await until(lambda: house.there("empty.new"), "nobody has it")
        assert house.find("empty.new", QAbstractButton).text() == words
        house.click("empty.new")
        await until(lambda: house.there(field), "the editor")
        wanted = phone_digits(copied) if "number" in field else copied
        assert wanted in (phone_digits(house.find(field, QLineEdit).text()), house.find(field, QLineEdit).text())
        house.key("Escape")
        await until(lambda: not house.there("editor.save"), "the draft is kept")
