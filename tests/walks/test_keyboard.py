"""A receptionist without a mouse, and people who hear the screen: keys, names, the way of Tab."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTabWidget,
    QTextEdit,
    QWidget,
)

from crmdesk.early import Found
from crmdesk.net.secrets import memory_key
from crmdesk.settings import Settings
from tests.helpers.house import House, until

INTERACTIVE = (QAbstractButton, QLineEdit, QComboBox, QAbstractItemView, QTabWidget, QAbstractSpinBox, QTextEdit,
               QPlainTextEdit)  # fmt: skip


@asynccontextmanager
async def practice(folder: Path) -> AsyncIterator[House]:
    """The practice desk with everybody listed."""
    async with House(folder, Found(key=memory_key()), kept=Settings(), practice=True) as house:
        await house.practised()
        house.window.activateWindow()
        yield house


def focus(house: House) -> str:
    widget = house.window.focusWidget()
    return widget.objectName() if widget is not None else ""


async def opened(house: House) -> None:
    await until(lambda: house.window.contacts.detail.contact_id == house.table.current_id() != 0, "the contact")


async def test_find_copy_and_leaf_through_contacts_by_keys_alone(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        row = next(row for row in map(house.model.row_at, range(40, 70)) if row.email and row.name)
        assert focus(house) in ("list.contacts", "search.box"), "where keys are at once of use"
        house.key("Ctrl+F")
        assert focus(house) == "search.box"
        house.type(row.name.split()[-1])
        await until(lambda: 0 < house.model.rowCount() < 60 and row.name in house.names(60), "hits")
        house.key("Down")
        assert focus(house) == "list.contacts"
        await opened(house)
        while house.table.current_id() != row.id:
            house.key("Down")
        await opened(house)
        await until(lambda: row.email in house.words("detail.pane"), "the contact")
        house.key("Return")
        await until(lambda: house.find("detail.pane").isAncestorOf(house.window.focusWidget()), "the detail pane")
        field = house.find("detail.field.email")
        while house.window.focusWidget() is not field:
            house.key("Tab")
        house.key("Ctrl+Shift+C")
        assert QGuiApplication.clipboard().text() == row.email
        house.key("Escape")
        assert focus(house) == "list.contacts"
        house.key("Escape")
        await until(lambda: house.model.rowCount() > 300, "the whole list after Esc")


@pytest.mark.slow
async def test_next_and_previous_contact_and_back_and_forward(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        house.window.focus_list()
        house.key("Home")
        house.key("Ctrl+Home")
        first = house.table.current_id()
        await opened(house)
        house.key("Alt+Down")
        await opened(house)
        second = house.table.current_id()
        assert second == house.model.id_at(1) != first
        house.key("Alt+Up")
        await opened(house)
        assert house.table.current_id() == first
        house.key("End")
        house.key("Ctrl+End")
        await until(lambda: house.table.current_id() == house.model.id_at(house.model.rowCount() - 1), "the last one")
        await opened(house)
        house.key("Alt+Left")
        await until(lambda: house.window.contacts.detail.contact_id == first, "the contact before")
        house.key("Alt+Right")
        await until(lambda: house.window.contacts.detail.contact_id != first, "the later one again")


@pytest.mark.slow
async def test_the_palette_finds_commands_contacts_and_settings(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        row = next(row for row in map(house.model.row_at, range(25, 60)) if row.email)
        house.key("Ctrl+K")
        assert focus(house) == "palette.input"
        house.type(f"@{row.email}")
        await until(lambda: house.find("palette.list").model().rowCount() >= 1, "hits")
        house.key("Return")
        await until(lambda: house.window.contacts.detail.contact_id == row.id, "the contact")
        assert not house.there("palette")
        house.key("Ctrl+K")
        house.type(">text")
        await until(lambda: house.find("palette.list").model().rowCount() >= 1, "settings")
        house.key("Escape")
        assert not house.there("palette")
        house.key("Ctrl+K")
        house.type("dark colours")
        house.key("Return")
        await until(lambda: house.window.look.dark, "dark colours")


async def test_places_help_and_settings_by_key(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        house.key("Ctrl+,")
        await until(lambda: house.there("settings.scheme"), "the settings")
        house.key("Escape")
        await until(lambda: house.there("list.contacts"), "the list again")
        house.key("Ctrl+,")
        house.key("Ctrl+1")
        assert house.there("list.contacts")
        house.key("F1")
        await until(lambda: QApplication.focusWidget() is house.find("help.find"), "the key list")
        assert house.find("help.keys").model().rowCount() > 3
        house.key("Escape")
        await until(lambda: not house.there("help.keys"), "the key list to close")
        house.window.activateWindow()  # the offscreen platform does not by itself
        await until(house.window.isActiveWindow, "the window to be active again")
        panes = []
        for _ in range(6):
            house.key("F6")
            panes.append(focus(house))
        assert {"navigation.list", "list.contacts", "search.box", "status.connection"} <= set(panes), panes


@pytest.mark.slow
async def test_select_all_and_copy_rows(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        await house.search(house.model.row_at(10).name)
        await until(lambda: 0 < house.model.rowCount() < 20, "few hits")
        count = house.model.rowCount()
        house.key("Down")
        house.key("Ctrl+A")
        await until(lambda: house.table.selected_count() == count, "all selected")
        QGuiApplication.clipboard().clear()
        house.key("Ctrl+C")
        await until(lambda: QGuiApplication.clipboard().text(), "rows on the clipboard")
        lines = QGuiApplication.clipboard().text().strip().splitlines()
        assert len(lines) in (count, count + 1)
        assert house.model.row_at(0).name in "".join(lines)


# names and Tab


def places(house: House) -> Iterator[tuple[str, Any]]:
    """Every page and overlay, one after the other."""
    from crmdesk.ui.places import ACCOUNTS, CONFLICTS, EVENTS, HOME, OUTBOX, SETTINGS, TRASH, Place

    for name, place in (
        ("contacts", HOME),
        ("outbox", OUTBOX),
        ("bulk events", EVENTS),
        ("conflicts", CONFLICTS),
        ("trash", TRASH),
        ("accounts", ACCOUNTS),
        ("new account", Place("accounts", -1)),
        ("settings", SETTINGS),
    ):
        house.window.go(place)
        yield name, place
    house.window.go(HOME)
    house.window.overlays.open_palette("")
    yield "palette", None
    house.key("Escape")
    house.window.overlays.open_panel()
    yield "panel", None
    house.window.overlays.close_panel()
    house.window.overlays.show_help()
    yield "help", None
    house.window.commands.run("practice.panel")
    yield "practice panel", None
    for dialog in house.dialogs():
        dialog.close()


def unnamed(root: QWidget) -> list[str]:
    """Interactive widgets in sight without an object name or an accessible name."""
    missing = []
    for widget in root.findChildren(QWidget):
        if not isinstance(widget, INTERACTIVE) or not widget.isVisible() or _qts_own(widget):
            continue
        spoken = widget.accessibleName() or (widget.text() if hasattr(widget, "text") else "") or _buddy(widget)
        if not widget.objectName() or widget.objectName().startswith("qt_"):
            missing.append(f"{type(widget).__name__} {widget.objectName()!r} {spoken!r}: no object name")
        elif not spoken and not isinstance(widget, QTabWidget):
            missing.append(f"{widget.objectName()}: no accessible name")
    return missing


def _qts_own(widget: QWidget) -> bool:
    """Parts that Qt makes inside a widget which has a name: a menu bar's arrow, the list under a combo box."""
    return widget.objectName().startswith("qt_") or isinstance(widget.parent(), QComboBox | QAbstractSpinBox)


def _buddy(widget: QWidget) -> str:
    from PySide6.QtWidgets import QLabel

    labels = widget.window().findChildren(QLabel)
    return next((label.text() for label in labels if label.buddy() is widget), "")


async def test_everything_that_can_be_used_has_names(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        house.table.choose(0)
        await opened(house)
        missing: dict[str, list[str]] = {}
        for name, _place in places(house):
            for _ in range(50):
                await asyncio.sleep(0.1)  # what the place shows is read and laid out
                shown = [window for window in QApplication.topLevelWidgets() if window.isVisible()]
                found = sorted({entry for window in shown for entry in unnamed(window)})
                if not found:
                    break
            else:
                missing[name] = found
        assert missing == {}


def tab_way(house: House, most: int = 120) -> list[str]:
    """Object names in the order of Tab, from the search box round to it again."""
    way: list[str] = []
    start = house.window.focusWidget()
    for _ in range(most):
        house.key("Tab")
        widget = house.window.focusWidget()
        if widget is start:
            break
        way.append(widget.objectName() if widget is not None else "")
    return way


async def test_tab_goes_through_the_window_in_reading_order(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        house.table.choose(0)
        await until(lambda: house.there("detail.field.fullname"), "the contact")
        house.key("Ctrl+F")
        way = tab_way(house)
        assert len(way) < 100, "it comes round"
        wanted = [
            "view.layout",
            "list.contacts",
            "detail.field.fullname",
            "status.connection",
            "status.account.1",
            "status.rows",
            "navigation.list",
        ]
        assert [name for name in way if name in wanted] == wanted, way


async def test_tab_goes_down_the_account_form(tmp_path: Path) -> None:
    from crmdesk.ui.places import Place

    async with practice(tmp_path) as house:
        house.window.go(Place("accounts", -1))
        await until(lambda: house.there("accounts.field.token"), "the form")
        house.find("accounts.field.title").setFocus(Qt.FocusReason.OtherFocusReason)
        way = ["accounts.field.title", *tab_way(house)]
        wanted = [
            *(f"accounts.field.{part}" for part in ("title", "base_url", "token")),
            "accounts.save",
            "accounts.test",
        ]
        assert [entry for entry in way if entry in wanted] == wanted
