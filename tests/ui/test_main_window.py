"""The whole window over stand-ins: places, keys, panes, settings, size and a clean end."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QTabWidget,
    QTextEdit,
    QWidget,
)
from pytestqt.exceptions import capture_exceptions
from pytestqt.qtbot import QtBot

from crmdesk.core.changes import Changes
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import PAUSED, SavedView
from crmdesk.settings import Settings, load
from crmdesk.store.first_rows import FirstRows
from crmdesk.sync.progress import Connection, Phase, Progress
from crmdesk.ui import window_state
from crmdesk.ui.contacts.actions import CONTEXT
from crmdesk.ui.main_window import MainWindow
from crmdesk.ui.menus import fill
from crmdesk.ui.places import ACCOUNTS, HOME, SETTINGS, Place
from crmdesk.ui.signals import StoreSignals
from crmdesk.ui.theme import DARK, Theme
from crmdesk.ui.undo import NO_MARKS
from tests.ui import fakes
from tests.ui.fakes import FakeClock, FakeServices

INTERACTIVE = (
    QAbstractButton,
    QLineEdit,
    QComboBox,
    QAbstractItemView,
    QTabWidget,
    QAbstractSpinBox,
    QTextEdit,
)
QT_OWN = ("qt_", "ScrollLeftButton", "ScrollRightButton")  # parts that Qt makes inside its own widgets
MODIFIERS = Qt.KeyboardModifier


async def settle(seconds: float = 0.02) -> None:
    await asyncio.sleep(seconds)


@pytest.fixture
def services(clock: FakeClock) -> FakeServices:
    made = fakes.demo_services(clock)
    made.reader.view_list = [SavedView(1, "Berlin", "city:berlin", position=1), SavedView(2, "Lyon", "x", position=2)]
    return made


@pytest.fixture
def settings() -> Settings:
    return Settings(scheme="light")


@dataclass
class Opening:
    make: Callable[[], MainWindow]
    errors: list[tuple[str, BaseException]]


def build(services: FakeServices, settings: Settings, look: Theme, scope: TaskScope) -> MainWindow:
    signals = StoreSignals(services.feed, merge_ms=1)
    return MainWindow(
        services, services.reader, settings, look, scope, services.board, services.clock, signals=signals, version="1"
    )


@pytest.fixture
def window(
    services: FakeServices,
    settings: Settings,
    look: Theme,
    scope: TaskScope,
    errors: list[tuple[str, BaseException]],
) -> Opening:
    """Opened by `in_window`: its tasks must begin and end while the loop runs."""
    return Opening(lambda: build(services, settings, look, scope), errors)


def in_window(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """The test gets the open window, and fails where one of its tasks failed."""

    @functools.wraps(test)
    async def run(window: Opening, **others: Any) -> None:
        made = window.make()
        made.show()
        made.activateWindow()
        await settle(0.05)
        try:
            await test(made, **others)
        finally:
            made.close()
            await settle(0.05)
        assert window.errors == []
        made.deleteLater()

    return run


def press(window: MainWindow, key: Qt.Key, modifier: Qt.KeyboardModifier = MODIFIERS.NoModifier) -> None:
    QTest.keyClick(window.focusWidget() or window, key, modifier)


@in_window
async def test_accounts_and_counts_are_there(window: MainWindow) -> None:
    titles = [line.title for line in window.navigation.lines()]
    assert {"All contacts", "Seaside Villas", "Harbour Tours", "Berlin"} <= set(titles)
    assert window.status.texts()[0] == "Online"
    assert window.place == HOME


@in_window
async def test_every_interactive_widget_has_a_name(window: MainWindow) -> None:
    window.go(ACCOUNTS)
    window.go(SETTINGS)
    window.overlays.open_palette()
    window.overlays.open_panel()
    nameless = [
        f"{type(widget).__name__} in {widget.parent().objectName() or type(widget.parent()).__name__}"
        for widget in window.findChildren(QWidget)
        if isinstance(widget, INTERACTIVE)
        and not widget.objectName()
        and not isinstance(widget.parent(), (QAbstractSpinBox, QAbstractItemView))
        and not widget.inherits("QComboBoxListView")
    ]
    assert nameless == []
    window.overlays.palette.close_palette()  # type: ignore[union-attr]


@in_window
async def test_every_button_can_be_spoken(window: MainWindow) -> None:
    window.go(ACCOUNTS)
    window.go(SETTINGS)
    window.overlays.open_panel()
    silent = [
        made.objectName()
        for made in window.findChildren(QAbstractButton)
        if not made.accessibleName() and not made.text() and not made.objectName().startswith(QT_OWN)
        and made.isVisibleTo(window)
    ]  # fmt: skip
    assert silent == []


@in_window
async def test_no_two_commands_share_a_key_in_one_place(window: MainWindow) -> None:
    """The registry refuses clashes; here every key of the window is seen to have passed it."""
    keys = [
        (QKeySequence(key).toString(), command.scope)
        for command in window.commands
        if not command.listed_only
        for key in command.keys
    ]
    assert len(keys) == len(set(keys))
    for wanted in ("Ctrl+K", "Ctrl+F", "Ctrl+1", "F6", "Shift+F6", "Alt+Left", "Alt+Right", "Shift+F5", "F5",
                   "Ctrl+Shift+O", "Ctrl+,", "F1", "Ctrl+Shift+F", "Ctrl+Shift+S", "Ctrl+A", "Ctrl+C"):  # fmt: skip
        assert wanted in {key for key, _ in keys}


@in_window
async def test_no_ctrl_alt_and_no_bare_letters(window: MainWindow) -> None:
    keys = [QKeySequence(key).toString() for command in window.commands for key in command.keys]
    assert not [key for key in keys if "Ctrl+Alt" in key or "Alt+Ctrl" in key or (len(key) == 1 and key.isalpha())]


@in_window
async def test_every_command_of_a_menu_stands_in_it(window: MainWindow) -> None:
    for command in window.commands:
        if command.menu:
            actions = window.menus[command.menu.replace("&", "")].actions()
            assert window.commands.action(command.id) in actions


@in_window
async def test_the_menu_of_a_row_has_the_order_of_the_menu_contacts(window: MainWindow) -> None:
    menu = window.menus["Contacts"].actions()
    row = [window.commands.action(one) for one in CONTEXT if one and window.commands.get(one).menu == "Contacts"]
    assert window.commands.action("events.of_contacts") in row
    assert [action for action in menu if action in row] == row
    lines = [action.isSeparator() for action in menu]
    assert True in lines and not any(one and other for one, other in pairwise(lines))


@in_window
async def test_menus_are_grouped_and_quit_comes_last(window: MainWindow) -> None:
    assert window.menus["File"].actions()[-1] is window.commands.action("quit")
    for name, menu in window.menus.items():
        lines = [action.isSeparator() for action in menu.actions()]
        assert not any(one and other for one, other in pairwise(lines)) and not (lines and lines[0]), name
    for name in ("Contacts", "View", "File"):
        assert window.menus[name].sizeHint().height() < 700, name  # of a screen with 768 pixels


@in_window
@pytest.mark.parametrize("where", ["navigation", "status", "nowhere"])
async def test_what_the_menu_offers_works_by_its_key_wherever_the_focus_is(window: MainWindow, where: str) -> None:
    done: list[str] = []
    window.commands.override("contact.edit", lambda: done.append("edit"), lambda: None)
    window.commands.override("contact.delete", lambda: done.append("delete"), lambda: None)
    places = {"navigation": window.navigation.list, "status": window.status.findChild(QAbstractButton)}
    target = places.get(where)
    if target is not None:
        target.setFocus()
    elif (focused := window.focusWidget()) is not None:
        focused.clearFocus()
    QTest.keyClick(target or window, Qt.Key.Key_Delete)
    assert done == [], "keys without Ctrl belong to what has the focus"
    QTest.keyClick(target or window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    assert done == ["edit"]
    window.go(SETTINGS)
    QTest.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    assert done == ["edit"], "its place is not on screen"


@in_window
async def test_bulk_events_of_contacts_want_a_selection(window: MainWindow) -> None:
    window.contacts.table.clearSelection()
    assert window.commands.why_not("events.of_contacts") == "Select contacts in the list first."
    window.contacts.table.choose(0)
    assert window.commands.why_not("events.of_contacts") is None
    window.go(SETTINGS)
    assert window.commands.why_not("events.of_contacts") == "Select contacts in the list first."


@in_window
async def test_menus_that_were_emptied_are_the_same_again(window: MainWindow) -> None:
    """The lock does so: their texts name contacts."""

    def texts() -> dict[str, list[str]]:
        return {name: [action.text() for action in menu.actions()] for name, menu in window.menus.items()}

    before = texts()
    for menu in window.menus.values():
        menu.clear()
    fill(window.menus, window.commands)
    assert texts() == before and "Rows" in before["Bulk events"]


@in_window
async def test_ctrl_k_opens_the_palette_and_finds_a_contact(window: MainWindow) -> None:
    press(window, Qt.Key.Key_K, MODIFIERS.ControlModifier)
    palette = window.overlays.palette
    assert palette is not None and palette.isVisible()
    palette.input.setText("@cornelia")
    await settle()
    assert palette.entries()[0].text == "Cornelia Nienow"
    press(window, Qt.Key.Key_Return)
    await settle(0.15)
    assert window.contacts.detail.contact_id == 1 or window.contacts.table.current_id() in (1, 13, 25, 37)


@in_window
async def test_ctrl_f_comes_back_from_another_page(window: MainWindow) -> None:
    window.go(SETTINGS)
    press(window, Qt.Key.Key_F, MODIFIERS.ControlModifier)
    assert window.pages.shows_contacts()
    assert window.focusWidget().objectName() == "search.box"


@in_window
async def test_an_account_shows_its_contacts(window: MainWindow, services: FakeServices) -> None:
    window.go(Place("account", 2))
    await settle(0.2)
    assert window.contacts.account_id == 2
    assert window.navigation.list.currentIndex().data() == "Harbour Tours"


@in_window
async def test_back_and_forward_go_through_places(window: MainWindow) -> None:
    window.go(Place("view", -4))
    window.go(Place("account", 2))
    window.go(SETTINGS)
    for expected in (Place("account", 2), Place("view", -4), HOME):
        press(window, Qt.Key.Key_Left, MODIFIERS.AltModifier)
        await settle()
        assert window.place == expected
    assert not window.commands.action("go.back").isEnabled()
    press(window, Qt.Key.Key_Right, MODIFIERS.AltModifier)
    assert window.place == Place("view", -4)
    assert window.contacts.view_id == -4


@in_window
async def test_f6_walks_through_the_panes(window: MainWindow) -> None:
    seen = []
    window.navigation.list.setFocus()
    for _ in range(4):
        press(window, Qt.Key.Key_F6)
        seen.append(window.focusWidget().objectName())
    assert seen[0] == "search.box"
    assert "list.contacts" in seen
    press(window, Qt.Key.Key_F6, MODIFIERS.ShiftModifier)
    assert window.focusWidget().objectName() == seen[-2]


@in_window
async def test_shift_f5_checks_all_and_offline_says_why_not(window: MainWindow, services: FakeServices) -> None:
    press(window, Qt.Key.Key_F5, MODIFIERS.ShiftModifier)
    await settle()
    assert "pull_all" in services.verbs()
    press(window, Qt.Key.Key_O, MODIFIERS.ControlModifier | MODIFIERS.ShiftModifier)
    assert services.working_offline
    assert window.settings.working_offline
    assert window.commands.why_not("check.all") == "You chose to work offline."
    assert window.commands.action("offline").isChecked()


@in_window
async def test_the_scheme_can_be_chosen_from_the_menu(window: MainWindow, look: Theme) -> None:
    window.commands.run("scheme.dark")
    assert look.tokens is DARK
    assert window.settings.scheme == "dark"
    assert window.commands.action("scheme.dark").isChecked()


@in_window
async def test_a_running_check_shows_in_all_places(window: MainWindow, services: FakeServices) -> None:
    window.overlays.open_panel()
    services.board.put(Progress(2, Phase.LISTING, 4, 9))
    await settle(0.2)
    assert window.navigation.card.busy.label.whole() == "Harbour Tours: page 4 of 9"
    block = window.overlays.panel.block(2)  # type: ignore[union-attr]
    assert block is not None and block.busy.bar.value() == 4
    window.navigation.card.busy.cancel.click()
    assert services.calls[-1] == ("cancel", (2,))


@in_window
async def test_trouble_in_the_background_opens_no_window(window: MainWindow, services: FakeServices) -> None:
    services.board.put(Progress(1, Phase.SIGN_IN, text="The token is no longer accepted."))
    await settle(0.2)
    assert [text.translate(NO_MARKS) for text in window.banners.texts()] == [
        "Signed out of BookingSync (Seaside Villas). Your edits are safe."
    ]
    assert [one for one in window.findChildren(QWidget) if one.isWindow() and one.isVisible()] == []
    window.findChild(QAbstractButton, "banner.session.1.sign").click()
    assert window.pages.accounts().form.account.id == 1  # type: ignore[union-attr]
    assert window.focusWidget() is window.pages.accounts().form.secrets["access_token"].edit


@in_window
async def test_practice_has_its_own_frame(window: MainWindow, services: FakeServices) -> None:
    assert not window.strip.isVisible()
    services.board.connection = Connection.PRACTICE
    await settle(0.2)
    assert window.strip.isVisible()
    assert window.status.texts()[0] == "Practice"


async def test_the_first_start_offers_connect_and_practice(
    settings: Settings, look: Theme, scope: TaskScope, clock: FakeClock
) -> None:
    window = build(FakeServices(clock), settings, look, scope)
    window.show()
    await settle()
    assert window.pages.shows_welcome()
    assert window.pages.welcome().text.text() == "Connect a vendor, or try Practice mode with made-up guests."
    window.pages.welcome().connect_button.click()
    assert window.pages.accounts().isVisible()
    window.close()
    await settle()


@in_window
async def test_a_removed_account_is_left(window: MainWindow, services: FakeServices) -> None:
    window.go(Place("account", 2))
    await services.remove_account(2, keep_contacts=False)
    await come(lambda: window.place == HOME)


async def come(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Waits for it, no longer than it takes."""
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        await settle()
    assert condition()


@in_window
async def test_saved_views_move_rename_and_go(window: MainWindow, services: FakeServices) -> None:
    def titles() -> list[str]:
        return [view.title for view in window.navigation.views() if view.id > 0]

    berlin, lyon = services.reader.view_list
    window.navigation.viewAction.emit("down", berlin)
    await come(lambda: titles() == ["Lyon", "Berlin"])
    await come(lambda: not window.scope.running("saved view"))
    window.navigation.viewAction.emit("rename", lyon)
    await come(lambda: window.findChild(QLineEdit, "viewname.text") is not None)
    window.findChild(QLineEdit, "viewname.text").setText("Lyon and around")
    window.findChild(QAbstractButton, "viewname.save").click()
    await come(lambda: "Lyon and around" in titles() and not window.scope.running("saved view"))
    window.navigation.viewAction.emit("delete", berlin)
    await come(lambda: window.findChild(QAbstractButton, "viewdelete.delete") is not None)
    window.findChild(QAbstractButton, "viewdelete.delete").click()
    await come(lambda: "Berlin" not in titles() and window.commands.why_not("undo") is None)
    assert window.commands.get("undo").text == "Undo delete of the view “Berlin”"
    assert window.commands.run("undo")  # Ctrl+Z
    await come(lambda: "Berlin" in titles())
    (back,) = [view for view in window.navigation.views() if view.title == "Berlin"]
    await come(lambda: window.commands.why_not("undo") == "There is nothing to undo.")
    assert back.query == "city:berlin"


@in_window
async def test_a_new_commit_is_shown(window: MainWindow, services: FakeServices) -> None:
    services.reader.account_list.append(fakes.account(3, "Hill House"))
    services.feed.emit(Changes(accounts=True))
    await settle(0.1)
    assert "Hill House" in [line.title for line in window.navigation.lines()]


async def test_size_panes_and_place_return(
    services: FakeServices, settings: Settings, look: Theme, scope: TaskScope
) -> None:
    window = build(services, settings, look, scope)
    window.resize(900, 700)
    window.show()
    await settle()
    window.splitter.setSizes([300, 600])
    window.go(Place("account", 2))
    sizes = window.splitter.sizes()
    window.close()
    await settle()
    again = build(services, settings, look, TaskScope(lambda *_: None))
    again.show()
    await settle()
    assert (again.width(), again.height()) == (900, 700)
    assert again.splitter.sizes() == sizes
    assert again.place == Place("account", 2)
    again.close()
    await settle()


async def test_odd_notes_and_lost_screens_are_put_right(
    services: FakeServices, settings: Settings, look: Theme, scope: TaskScope
) -> None:
    settings.window = {"geometry": "%%%", "splitter": "no", "place": "account:99"}
    window = build(services, settings, look, scope)
    window.show()
    await settle()
    assert window.place == HOME or window.contacts.view_id == -1
    window.move(50_000, 50_000)
    window_state.on_screen(window)
    assert window.screen().availableGeometry().intersects(window.frameGeometry())
    window.close()
    await settle()


def test_the_first_window_leaves_room_for_its_frame() -> None:
    size = window_state.room(QRect(0, 0, 1366, 768))
    assert window_state.USUAL.boundedTo(size) == QSize(1350, 720)


async def test_a_kept_size_is_never_larger_than_the_screen(
    services: FakeServices, settings: Settings, look: Theme, scope: TaskScope
) -> None:
    window = build(services, settings, look, scope)
    window.setMinimumSize(100, 100)
    window.resize(5000, 4000)
    window.move(0, 0)
    window_state.on_screen(window)
    area = window.screen().availableGeometry()
    assert (window.width(), window.height()) <= (area.width(), area.height())
    assert window.height() <= area.height() - window_state.FRAME.height()
    window.close()
    await settle()


@in_window
async def test_the_navigation_widens_with_the_letters(window: MainWindow, look: Theme) -> None:
    window.resize(1366, 720)
    await settle()
    before = window.splitter.sizes()[0]
    look.set_font_scale(150)
    await settle()
    assert window.splitter.sizes()[0] == pytest.approx(before * 1.4, abs=2)
    look.set_font_scale(100)
    await settle()
    assert window.splitter.sizes()[0] == pytest.approx(before, abs=2)


@pytest.mark.parametrize("percent", [100, 150, 200])
@in_window
async def test_the_smallest_size_holds_at_every_text_size(window: MainWindow, look: Theme, percent: int) -> None:
    look.set_font_scale(percent)
    window.resize(900, 600)
    await settle()
    assert (window.width(), window.height()) == (900, 600)
    for place in (HOME, ACCOUNTS, SETTINGS):
        window.go(place)
        await settle()
        assert window.width() == 900


async def test_closing_ends_all_tasks_and_keeps_the_state(
    services: FakeServices, settings: Settings, look: Theme, scope: TaskScope
) -> None:
    window, closed, stopped = build(services, settings, look, scope), [], []
    window.closed.connect(lambda: closed.append(1))

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append(1)

    window.show()
    await settle()
    scope.start(endless(), what="endless")
    await settle()
    window.close()
    assert window.isVisible()
    for _ in range(100):
        await settle(0.05)
        if closed:
            break
    assert (closed, stopped, window.isVisible()) == ([1], [1], False)
    assert settings.window["geometry"]


@in_window
async def test_settings_that_cannot_be_saved_are_told(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_text: str) -> None:
        raise PermissionError(13, "Permission denied")

    window.settings.file = Path("settings.json")
    with monkeypatch.context() as broken:
        broken.setattr(window.settings, "write", refuse)
        window.commands.run("scheme.dark")
        await come(lambda: window.banners.texts() == ["Settings could not be saved: Permission denied."])
    monkeypatch.setattr(window.settings, "write", lambda _text: None)
    window.commands.run("scheme.light")
    await come(lambda: not window.banners.texts())


@in_window
async def test_a_mistake_while_settings_are_written_is_told_and_ends_no_later_writing(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_text: str) -> None:
        raise UnicodeEncodeError("utf-8", "\ud83d", 0, 1, "surrogates not allowed")

    window.settings.file = tmp_path / "settings.json"
    with monkeypatch.context() as wrong, capture_exceptions() as mistakes:
        wrong.setattr(window.settings, "write", broken)
        window.commands.run("scheme.dark")
        await come(lambda: window.banners.texts() == ["Settings could not be saved: UnicodeEncodeError."])
        await settle()
    assert [kind for kind, _, _ in mistakes] == [UnicodeEncodeError], "logged and told like every mistake of ours"
    window.commands.run("scheme.light")
    await come(lambda: not window.banners.texts())
    assert '"light"' in window.settings.file.read_text("utf-8")


@in_window
async def test_a_slow_disk_holds_up_no_window_and_gets_the_newest_settings(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, write, held = window.settings, window.settings.write, threading.Event()
    written: list[str] = []

    def slowly(text: str) -> None:
        held.wait(20)
        written.append(text)
        write(text)

    settings.file = tmp_path / "settings.json"
    monkeypatch.setattr(settings, "write", slowly)
    for scheme in ("dark", "light", "dark"):
        assert window.commands.run(f"scheme.{scheme}")
    assert not settings.file.exists()
    window.close()
    await settle(0.1)
    assert window.isVisible(), "it waits for what was chosen"
    held.set()
    await come(lambda: not window.isVisible())
    assert load(tmp_path).scheme == "dark"
    assert load(tmp_path).window["geometry"]
    assert len(written) == 2, "of several only the newest"


async def test_menus_and_keys_come_right_after_the_first_paint(
    settings: Settings, look: Theme, scope: TaskScope, services: FakeServices, qtbot: QtBot
) -> None:
    window = MainWindow(None, None, settings, look, scope, services.board, services.clock)
    titles = [action.text() for action in window.menuBar().actions()]
    # they are in the first picture
    assert titles == ["&File", "&Edit", "&View", "&Contacts", "&Outbox", "&Bulk events", "&Accounts", "&Help"]
    window.show()
    while not window.menus["File"].actions():
        await settle()
    assert window.commands.action("search.focus") in window.menus["Contacts"].actions()
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert window.contacts.search_box.line.hasFocus()
    window.close()
    await settle()


def test_a_contact_may_be_chosen_before_anything_is_loaded(
    settings: Settings, look: Theme, scope: TaskScope, services: FakeServices, qtbot: QtBot
) -> None:
    """A slow start: the pane's rest is over while no loop runs yet. It comes back to the contact with the reader."""
    pane = MainWindow(None, None, settings, look, scope, services.board, services.clock).contacts.detail
    pane.show_contact(3)
    qtbot.waitUntil(lambda: not pane._rest.isActive())
    pane.attach(services.reader, services, {})
    assert pane._rest.isActive()
    pane.show_contact(0)


async def test_it_can_be_painted_before_anything_is_loaded(
    settings: Settings, look: Theme, scope: TaskScope, services: FakeServices
) -> None:
    window = MainWindow(None, None, settings, look, scope, services.board, services.clock)
    rows = [fakes.contact(number) for number in range(5)]
    window.show_first(FirstRows(rows, 48213, [fakes.account(1)]))
    window.show()
    await settle()
    assert window.contacts.model.rowCount() > 0
    assert window.commands.why_not("check.all") == "Contacts are still being opened."
    window.go(ACCOUNTS)
    window.attach(services, services.reader, StoreSignals(services.feed, merge_ms=1))
    await settle()
    assert "Harbour Tours" in [line.title for line in window.navigation.lines()]
    window.close()
    await settle()


async def test_what_needs_the_data_waits_until_they_are_open(
    services: FakeServices,
    settings: Settings,
    look: Theme,
    scope: TaskScope,
    errors: list[tuple[str, BaseException]],
) -> None:
    """Behind a slow disk, or a folder that cannot be opened, somebody may press whatever is in sight."""
    window = MainWindow(None, None, settings, look, scope, services.board, services.clock)
    resting = replace(fakes.account(2), config={PAUSED: "yes"})
    window.show_first(FirstRows([fakes.contact(number) for number in range(5)], 5, [fakes.account(1), resting]))
    window.show()
    await settle()
    window.contacts.table.choose(1)
    commands = ("list.copy", "view.save", "offline")
    for command in commands:
        assert window.commands.why_not(command) == "Contacts are still being opened.", command
    window.overlays.open_panel()
    panel = window.overlays.panel
    assert panel is not None
    names = ("sync.all", "sync.offline", "sync.1.check", "sync.1.pause", "sync.2.pause")
    parts = [panel.findChild(QAbstractButton, name) for name in names]
    assert [part.isEnabled() for part in parts] == [False] * len(parts)
    assert {part.accessibleDescription() for part in parts} == {"Contacts are still being opened."}
    assert panel.isAncestorOf(window.focusWidget()), "the focus is in it all the same"
    window.attach(services, services.reader, StoreSignals(services.feed, merge_ms=1))
    await settle(0.05)
    assert [part.isEnabled() for part in parts[:-1]] == [True] * (len(parts) - 1)
    assert parts[0].accessibleDescription() == ""
    assert [window.commands.why_not(command) for command in commands] == [None] * len(commands)
    window.close()
    await settle()
    assert errors == []


@in_window
async def test_a_cover_hides_everything_else(window: MainWindow) -> None:
    page = QWidget()
    window.show_cover(page)
    assert page.isVisible()
    assert not window.contacts.isVisible()
    assert not window.menuBar().isEnabled()
    window.hide_cover()
    assert window.contacts.isVisible()
    assert window.menuBar().isEnabled()
