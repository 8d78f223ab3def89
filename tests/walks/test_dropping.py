"""A file dropped on the window, wherever: a table becomes bulk events, what is none is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent

from crmdesk.early import Found
from crmdesk.net.secrets import memory_key
from crmdesk.settings import Settings
from tests.helpers.house import House, until

COPY, LEFT, NO = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@asynccontextmanager
async def practice(folder: Path) -> AsyncIterator[House]:
    kept = Settings(operator="Maria", operators=["Maria"])
    async with House(folder, Found(key=memory_key()), kept=kept, practice=True) as house:
        await house.practised()
        house.window.activateWindow()
        yield house


def drop(house: House, *paths: Path) -> bool:
    """Over the search box, which would take a file's name for text. Whether it was taken at all."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    data.setText("\n".join(map(str, paths)))
    handle = house.window.windowHandle()
    spot = house.find("search.box").mapTo(house.window, house.find("search.box").rect().center())
    enter = QDragEnterEvent(spot, COPY, data, LEFT, NO)
    enter.ignore()
    QCoreApplication.sendEvent(handle, enter)
    if not enter.isAccepted():
        return False
    QCoreApplication.sendEvent(handle, QDropEvent(QPointF(spot), COPY, data, LEFT, NO, QEvent.Type.Drop))
    return True


async def test_a_dropped_file(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        picture, table = tmp_path / "pool.png", tmp_path / "May.csv"
        table.write_text("Account number;Text\nACR1;one\nACR2;two\n", "utf-8")
        assert drop(house, picture)
        (told,) = house.window.feedback.notices()
        assert "pool.png" in told and "is not a table" in told and "ODS" in told
        assert drop(house, table, picture)
        assert house.window.feedback.notices()[-1] == "Drop one file at a time."
        assert house.find("search.box").text() == ""
        assert drop(house, table)
        await until(
            lambda: house.there("composer.new.go") and house.find("composer.new.go").isEnabled(), "the question"
        )
        assert "May.csv" in house.find("composer.new.told").text() and not house.there("composer.new.paste")
        assert not drop(house, table), "not below a question"
        house.click("composer.new.go")
        await until(lambda: house.there("import.go") and house.find("import.go").isEnabled(), "the preview")
        dialog = house.find("import")
        assert dialog.table.name == "May.csv" and len(dialog.table.rows) == 2
        house.key("Escape")
        page = house.window.pages.events()
        await until(lambda: page.composer is None and house.there("events.new"), "the list: nothing came of it")
        house.click("events.new")
        await until(lambda: house.there("composer.new.go") and house.find("composer.new.go").isEnabled(), "New")
        house.find("composer.new.empty").setChecked(True)
        house.click("composer.new.go")
        await until(lambda: page.composer is not None and page.composer.document.rows, "the draft")
        assert drop(house, table), "into the draft that is open, without a question"
        await until(lambda: house.there("import.go"), "the preview again")
        house.key("Escape")
        await until(lambda: not house.there("import.go"), "the composer")


async def test_nothing_can_be_dropped_on_a_hidden_window(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        house.window.lock.hide_content()
        await until(lambda: house.window.lock.hidden, "the curtain")
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(tmp_path / "May.csv"))])
        enter = QDragEnterEvent(house.window.rect().center(), COPY, data, LEFT, NO)
        enter.ignore()
        QCoreApplication.sendEvent(house.window.windowHandle(), enter)
        assert not enter.isAccepted()
        house.window.lock.show_again()
