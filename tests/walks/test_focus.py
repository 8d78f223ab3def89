"""The keyboard is never left without a place: after each thing a person does, something on screen has the focus."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from crmdesk.early import Found
from crmdesk.net.secrets import memory_key
from crmdesk.settings import Settings
from tests.helpers.house import House, until


def focus(house: House) -> QWidget | None:
    found = QApplication.focusWidget()
    inside = found is not None and found.isVisible() and house.window.isAncestorOf(found)
    return found if inside else None


async def held(house: House, what: str) -> None:
    """Also once everything that was to be shown anew has been."""
    await until(lambda: focus(house) is not None, f"a place for the keyboard after {what}")
    await until(lambda: not house.window.scope.running("detail"), "the contact read again")
    there = focus(house) is not None and QApplication.activeWindow() is house.window
    assert there, f"the keyboard is lost after {what}"


async def leaves_the_list(house: House) -> None:
    """What was saved is no more what was searched for."""
    await house.search("vendor:bookingsync city:göteborg")
    await until(lambda: 0 < house.model.rowCount() < 100, "some of them")
    house.services.set_working_offline(True)
    await house.search(f'"{house.names()[0]}" city:göteborg vendor:bookingsync', hits=1)
    house.table.setFocus()
    house.table.choose(0)
    await until(lambda: house.window.contacts.detail.detail is not None, "the contact")
    house.key("Ctrl+E")
    await until(lambda: house.there("editor.save"), "the editor")
    house.fill("editor.field.city", "Malmö")
    house.key("Ctrl+Return")
    await until(lambda: stray(house), "the row that no longer matches")
    await held(house, "saving what no longer matches")
    saved = house.window.contacts.detail.contact_id
    house.window.contacts.results.run(hold=True)  # as after each check
    await until(lambda: not house.window.scope.running("search"), "the list read again")
    assert stray(house), "it stays until somebody asks for another list (UX-LST-10)"
    await held(house, "a check that does not list it")
    assert house.window.contacts.detail.contact_id == saved, "it can be seen until another one is chosen"
    house.window.contacts.results.run()
    await until(lambda: house.model.rowCount() == 0, "an empty list")
    await held(house, "a list without it")
    await house.search("vendor:bookingsync city:malmö")
    await until(lambda: saved in [int(one) for one in house.model.ids], "where it is now")
    await held(house, "finding it again")


def stray(house: House) -> bool:
    """The only row is greyed and says why."""
    if house.model.rowCount() != 1 or (look := house.model.look(0)) is None:
        return False
    spoken = str(house.model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole))
    return look.stray and look.found == "no longer matches" and spoken.endswith("no longer matches")


async def test_the_keyboard_always_has_a_place(tmp_path: Path) -> None:
    windows: list[str] = []
    kept = Settings(operator="Maria", operators=["Maria"])
    async with House(tmp_path, Found(key=memory_key()), kept=kept, practice=True) as house:
        await house.practised()
        QApplication.instance().focusWindowChanged.connect(  # type: ignore[union-attr]
            lambda window: windows.append("none" if window is None else window.objectName())
        )
        await house.search("vendor:bookingsync an")
        await until(lambda: house.model.rowCount() > 3, "some of them")
        house.table.setFocus()
        house.table.choose(1)
        await until(lambda: house.window.contacts.detail.detail is not None, "the contact")
        house.key("Ctrl+E")
        await until(lambda: house.there("editor.save"), "the editor")
        house.fill("editor.field.city", "Nantes")
        house.key("Ctrl+Return")
        await until(lambda: not house.there("editor.save"), "saved")
        await held(house, "saving")
        house.key("Ctrl+Z")
        await until(lambda: house.find("status.waiting").isHidden(), "taken back")
        await held(house, "undo")
        house.window.commands.run("contact.history")
        await until(lambda: house.there("history.scroll"), "the history")
        await held(house, "opening the history")
        house.key("Ctrl+N")
        await until(lambda: house.there("editor.save"), "the editor for a new contact")
        await held(house, "beginning a new contact")
        house.key("Esc")
        await until(lambda: not house.there("editor.save"), "closed")
        await held(house, "leaving the editor")
        house.table.setFocus()
        below = house.model.id_at(house.table.currentIndex().row() + 1)
        house.key("Del")
        await held(house, "deleting")
        await until(lambda: house.table.current_id() == below, "the contact below in its place")
        await leaves_the_list(house)
        house.key("Ctrl+5")
        await until(lambda: house.there("outbox.list"), "the outbox")
        await held(house, "going to the outbox")
        assert windows == [], f"a window came up by itself: {windows}"
