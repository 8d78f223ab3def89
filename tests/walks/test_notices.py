"""*Notices*: whoever missed one reads it again, copies it, and does what it offered as long as that makes sense."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QPushButton, QTableView

from crmdesk.early import Found
from crmdesk.net.secrets import memory_key
from crmdesk.settings import Settings
from crmdesk.ui.places import SETTINGS
from tests.helpers.house import House, until


def lines(house: House) -> list[tuple[str, ...]]:
    model = house.find("notices.list", QTableView).model()
    return [model.texts(place)[1:] for place in range(model.rowCount())]  # type: ignore[attr-defined]


async def opened(house: House) -> None:
    house.window.activateWindow()
    await until(house.window.isActiveWindow, "the window in front")
    house.key("Ctrl+Shift+M")
    await until(lambda: house.there("notices.told") and house.find("notices.told").text(), "the list of notices")


async def closed(house: House) -> None:
    await until(lambda: not house.window.scope.running("notices.dialog"), "its end")


async def test_notices_are_read_again_copied_and_acted_on(tmp_path: Path) -> None:
    async with House(tmp_path, Found(key=memory_key()), kept=Settings(), practice=True) as house:
        await house.ready()
        help_menu = [action.objectName() for action in house.window.menus["Help"].actions()]
        assert "command.notices" in help_menu
        await opened(house)
        assert house.find("notices.told").text() == "There was no notice since crmdesk was started."
        assert not house.find("notices.copy").isEnabled()
        house.key("Escape")
        await closed(house)
        house.window.go(SETTINGS)
        height, less = house.find("settings.density", QComboBox), house.find("settings.layout", QComboBox)
        height.setCurrentIndex(height.findData("large"))
        less.setCurrentIndex(less.findData("cards"))
        less.setCurrentIndex(less.findData("table"))
        house.window.feedback.hush()
        house.window.feedback.quiet = False  # as after a lock: what was told meanwhile was not seen
        house.window.feedback.notice("The file is written.")
        await opened(house)
        assert lines(house) == [
            ("The file is written.", ""), ("List changed.", "Undo"), ("List changed.", "No longer possible"),
            ("Row height changed.", "Undo"),
        ]  # fmt: skip
        assert not house.there("notices.open"), "the newest offers nothing"
        house.fill("notices.search", "HEIGHT")
        await until(lambda: len(lines(house)) == 1, "the one that is looked for")
        house.click("notices.copy")
        assert "Row height changed." in QGuiApplication.clipboard().text()
        assert house.find("notices.open", QPushButton).text() == "Undo"
        house.find("notices.list").setFocus()
        QTest.keyClick(house.find("notices.list"), Qt.Key.Key_Return)
        await closed(house)
        assert house.window.settings.density == "normal"
        await opened(house)
        assert lines(house)[-1] == ("Row height changed.", "Done")
        house.key("Escape")
        await closed(house)


async def test_what_a_notice_offers_is_a_pane_of_its_own(tmp_path: Path) -> None:
    async with House(tmp_path, Found(key=memory_key()), kept=Settings(), practice=True) as house:
        await house.ready()
        house.window.activateWindow()
        await until(house.window.isActiveWindow, "the window in front")
        done: list[str] = []
        house.window.feedback.notice("Deleted.", ("Undo", lambda: done.append("undo")))
        (press,) = house.window.feedback.actions()
        for _ in range(9):
            house.key("F6")
            if press.hasFocus():
                break
        house.key("Space")
        assert done == ["undo"]
