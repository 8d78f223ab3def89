"""Edits under way in the whole window: places, keys, counts, undo, the operator's name, and closing."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QPushButton, QWidget

from crmdesk.core.changes import Changes
from crmdesk.core.outbox import OpState
from crmdesk.core.seams import iso
from crmdesk.core.tasks import TaskScope
from crmdesk.settings import Settings
from crmdesk.ui.main_window import MainWindow
from crmdesk.ui.notice_place import controls
from crmdesk.ui.places import CONFLICTS, HOME, OUTBOX, TRASH, Place
from crmdesk.ui.signals import StoreSignals
from crmdesk.ui.theme import Theme
from crmdesk.ui.trash.model import Kept
from tests.ui.fake_edits import trashed
from tests.ui.fakes import FakeClock
from tests.ui.outbox_fakes import Saved, conflict, drafts, every_state, op, outbox_services

CONTROL, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier


async def settle(condition: Callable[[], bool] | None = None, seconds: float = 0.03) -> None:
    for _ in range(300 if condition else 1):
        await asyncio.sleep(0.01 if condition else seconds)
        if condition is not None and condition():
            return
    assert condition is None, "what the test waits for did not come"


@pytest.fixture
def services(clock: FakeClock) -> Any:
    return outbox_services(clock, every_state(), drafts())


@pytest.fixture
def settings() -> Settings:
    return Settings(scheme="light", operator="Maria", operators=["Maria", "Ben"])


@dataclass
class Opening:
    make: Callable[[], MainWindow]
    errors: list[Any]


@pytest.fixture
def window(services: Any, settings: Settings, look: Theme, scope: TaskScope, errors: list[Any]) -> Opening:
    """Opened by `in_window`: its tasks must begin and end while the loop runs."""

    def make() -> MainWindow:
        signals = StoreSignals(services.feed, merge_ms=1)
        parts = (services, services.reader, settings, look, scope, services.board, services.clock)
        return MainWindow(*parts, signals=signals)

    return Opening(make, errors)


def in_window(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """The test gets the open window, and fails where one of its tasks failed."""

    @functools.wraps(test)
    async def run(window: Opening, **others: Any) -> None:
        made = window.make()
        made.resize(1400, 860)
        made.show()
        made.activateWindow()
        await settle(lambda: made.outgoing is not None and made.outgoing.counts.waiting > 0)
        try:
            await test(made, **others)
        finally:
            made.close()
            await settle(seconds=0.05)
        assert window.errors == []
        made.deleteLater()

    return run


def press(window: MainWindow, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
    QTest.keyClick(window.focusWidget() or window, key, modifier)


@in_window
async def test_counts_stand_in_navigation_and_status_bar(window: MainWindow, services: Any) -> None:
    counts = {line.title: line.count for line in window.navigation.lines()}
    assert (counts["Outbox"], counts["Conflicts"]) == ("10", "1")
    assert (window.status.waiting.text(), window.status.needs_you.text()) == (
        "6 waiting",
        "5 need you",
    )  # also what is on hold
    services.edits.take(2)
    await settle(lambda: window.status.needs_you.text() == "4 need you")
    assert {line.title: line.count for line in window.navigation.lines()}["Conflicts"] == ""


@in_window
async def test_ctrl_5_and_the_status_bar_open_the_outbox(window: MainWindow) -> None:
    press(window, Qt.Key.Key_5, CONTROL)
    assert window.place == OUTBOX
    page = window.pages.outbox()
    await settle(lambda: page.model.rowCount() > 0)
    assert window.focusWidget().objectName() == "outbox.list"
    window.go(HOME)
    QTest.mouseClick(window.status.needs_you, Qt.MouseButton.LeftButton)
    await settle(lambda: page.model.rowCount() == 6)
    QTest.mouseClick(window.status.waiting, Qt.MouseButton.LeftButton)
    await settle()
    assert not any(line.needs_you for line in page.model.lines)


@in_window
async def test_the_places_return_by_back_and_are_kept(window: MainWindow, settings: Settings) -> None:
    window.go(OUTBOX)
    window.go(Place("conflicts", 2))
    await settle(lambda: window.pages.conflicts().current is not None)
    assert window.place == CONFLICTS
    window.go(TRASH)
    press(window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert window.pages.shows("conflicts")
    assert settings.window["place"] == CONFLICTS.key


@in_window
async def test_f8_goes_to_what_needs_a_person_from_anywhere(window: MainWindow) -> None:
    press(window, Qt.Key.Key_F8)
    page = window.pages.outbox()
    await settle(lambda: page.list.current_key() == "op:1")
    press(window, Qt.Key.Key_F8)
    assert page.list.current_key() == "op:2"
    press(window, Qt.Key.Key_F8, Qt.KeyboardModifier.ShiftModifier)
    assert page.list.current_key() == "op:1"


@in_window
async def test_f8_in_the_conflicts_goes_to_the_next_conflict(window: MainWindow, services: Any) -> None:
    services.reader.op_list.append(conflict(40))
    window.go(CONFLICTS)
    page = window.pages.conflicts()
    await settle(lambda: page.current is not None and len(page._ops) == 3)
    first = page.current.id
    press(window, Qt.Key.Key_F8)
    await settle(lambda: page.current.id != first)
    assert window.pages.shows("conflicts")


@in_window
async def test_f8_takes_the_keyboard_into_the_conflict(window: MainWindow) -> None:
    window.go(CONFLICTS)
    page = window.pages.conflicts()
    await settle(lambda: page.current is not None)
    window.navigation.list.setFocus()
    press(window, Qt.Key.Key_F8)
    await settle()
    assert page.isAncestorOf(window.focusWidget())


@in_window
async def test_f6_walks_through_list_panel_and_status_bar(window: MainWindow) -> None:
    window.go(OUTBOX)
    await settle(lambda: window.pages.outbox().model.rowCount() > 0)
    window.pages.outbox().list.setFocus()
    press(window, Qt.Key.Key_F6)
    assert window.pages.outbox().panel.isAncestorOf(window.focusWidget())
    window.outgoing.done(Saved((1,), (7,)))
    press(window, Qt.Key.Key_F6)
    assert window.focusWidget().objectName() == "undo.button"
    press(window, Qt.Key.Key_F6)
    assert window.focusWidget().objectName() == "status.connection"


@in_window
async def test_resolve_later_and_back_to_the_outbox(window: MainWindow) -> None:
    window.go(OUTBOX)
    page = window.pages.outbox()
    await settle(lambda: page.model.rowCount() > 0)
    page.list.choose(page.model.row_of("op:2"))
    page.panel.findChild(QAbstractButton, "outbox.resolve").click()
    await settle(lambda: window.pages.conflicts().current is not None)
    assert window.pages.conflicts().current.id == 2
    window.pages.conflicts().buttons["later"].click()
    assert window.pages.shows("outbox")


@in_window
async def test_a_banner_of_a_contact_leads_to_its_edit(window: MainWindow) -> None:
    window.contacts.decideAsked.emit(every_state()[1])
    await settle(lambda: window.pages.shows("conflicts") and window.pages.conflicts().current is not None)
    window.contacts.decideAsked.emit(every_state()[4])
    await settle(lambda: window.pages.shows("outbox") and window.pages.outbox().list.current_key() == "op:5")


@in_window
async def test_open_contact_goes_to_the_list(window: MainWindow) -> None:
    window.go(OUTBOX)
    await settle(lambda: window.pages.outbox().model.rowCount() > 0)
    window.pages.outbox().contactWanted.emit(3)
    assert window.pages.shows_contacts()
    await settle(lambda: window.contacts.detail.contact_id == 3)


@in_window
async def test_undo_is_named_in_the_menu_and_done_by_key(window: MainWindow, services: Any) -> None:
    action = window.commands.action("undo")
    assert not action.isEnabled()
    window.contacts.saved.emit(Saved((1,), (7,), what="delete"))
    assert action in window.menus["Edit"].actions()
    assert action.text() == "Undo delete of Ana Ruiz"
    assert window.outgoing.undo.bar.isVisible()
    press(window, Qt.Key.Key_Z, CONTROL)
    await settle(lambda: "undo" in services.edits.verbs())
    await settle()
    assert (action.text(), action.isEnabled()) == ("Undo", False)
    assert window.feedback.notices() == ["Taken back; nothing was sent."]


async def out_of_the_way(window: MainWindow) -> None:
    """The undo bar comes to cover nothing that can be pressed, wherever the pointer of this screen happens to stand."""
    bar = window.outgoing.undo.bar
    bar.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, on=False)
    await settle(lambda: not any(one.intersects(bar.geometry()) for one in controls(window, [bar])))
    assert bar.isVisible()


@in_window
async def test_the_undo_bar_leaves_the_buttons_of_a_page_free(window: MainWindow) -> None:
    window.contacts.saved.emit(Saved((1,), (7,)))
    window.go(CONFLICTS)
    page = window.pages.conflicts()
    await settle(lambda: page.current is not None and page.buttons["save"].isVisible())
    await out_of_the_way(window)


@in_window
async def test_the_undo_bar_makes_way_as_soon_as_a_page_has_buttons(window: MainWindow) -> None:
    window.contacts.saved.emit(Saved((1,), (7,), what="delete"))
    window.go(TRASH)
    page, bar = window.pages.trash(), window.outgoing.undo.bar
    page.show_rows([], window.clock.now())
    await settle()
    gone = trashed(7, "Ana Ruiz", iso(window.clock.now()))
    page.show_rows([Kept(gone, "Harbour", "BookingSync", waits=True)], window.clock.now())
    page.table.selectRow(0)
    await settle(page.restoring.isVisible)
    bar.move(page.restoring.mapTo(window, QPoint(0, 0)))  # wherever the page has its buttons
    await out_of_the_way(window)


@in_window
async def test_the_undo_bar_leaves_the_buttons_of_an_editor_free(window: MainWindow) -> None:
    window.resize(1000, 560)
    window.contacts.saved.emit(Saved((1,), (7,), what="delete", title="Ana Ruiz of the Harbour Apartments"))
    foot = QPushButton("Save", window.contacts)  # such as an editor has at its foot
    foot.setGeometry(window.contacts.width() // 2 - 60, window.contacts.height() - 40, 120, 34)
    foot.show()
    await out_of_the_way(window)
    assert foot.isVisible()


@in_window
async def test_a_forgotten_guest_is_told_without_a_name(window: MainWindow, services: Any) -> None:
    window.feedback.notice("Ana Ruiz is signed in.")
    services.feed.emit(Changes(listing=True, forgotten=1))
    await settle(lambda: bool(window.banners.texts()))
    assert not window.feedback.told, "a notice may name the guest"
    assert window.banners.texts() == [
        "1 contact was erased because its guest asked to be forgotten; what was waiting for it was not sent."
    ]


# who is at the desk


@in_window
async def test_the_operator_stands_on_every_edit_and_is_changed_in_two_keys(
    window: MainWindow, services: Any, settings: Settings
) -> None:
    assert services.edits.operator == "Maria"
    assert window.navigation.operator.accessibleName() == "At the desk: Maria"
    window.commands.run("operator.change")
    await settle()
    edit = window.findChild(QComboBox, "operator.name")
    assert [edit.itemText(row) for row in range(edit.count())] == ["Maria", "Ben"]
    edit.setEditText("  Noor ")
    window.findChild(QAbstractButton, "operator.save").click()
    await settle()
    assert (services.edits.operator, settings.operator) == ("Noor", "Noor")
    assert settings.operators == ["Noor", "Maria", "Ben"]
    assert window.navigation.operator.accessibleName() == "At the desk: Noor"


@in_window
async def test_the_name_is_asked_once_at_the_first_change(
    window: MainWindow, services: Any, settings: Settings
) -> None:
    services.edits.operator = ""
    window.contacts.saved.emit(Saved((1,), (7,)))
    await settle()
    window.findChild(QAbstractButton, "operator.later").click()
    await settle()
    assert services.edits.operator == ""
    window.contacts.saved.emit(Saved((2,), (8,)))
    await settle()
    assert window.findChild(QAbstractButton, "operator.later") is None


@in_window
async def test_the_first_change_waits_for_the_name(window: MainWindow, services: Any) -> None:
    """So that it has one, as all others: the verbs await `signing` before they commit."""
    services.edits.operator = ""
    signed: list[str] = []

    async def save() -> None:
        await services.edits.signing()
        signed.append(services.edits.operator)

    window.scope.start(save(), what="save")
    await settle()
    assert signed == []
    window.findChild(QComboBox, "operator.name").setEditText("Ben")
    window.findChild(QAbstractButton, "operator.save").click()
    await settle(lambda: signed == ["Ben"])


@in_window
async def test_nobody_is_asked_who_gave_a_name(window: MainWindow) -> None:
    window.contacts.saved.emit(Saved((1,), (7,)))
    await settle()
    assert window.findChild(QWidget, "operator") is None


# closing


class Editor:
    """Enough of the editor for the question at the end."""

    def __init__(self) -> None:
        self.dirty, self.over, self.closing = True, False, True
        self.subject = type("Subject", (), {"key": "contact:999", "contact_id": 999})()


@in_window
async def test_closing_with_unsaved_typing_asks_first(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    editor, kept = Editor(), []
    monkeypatch.setattr(window.contacts.detail, "editor", editor)

    async def keep() -> None:
        kept.append(1)
        window.contacts.detail.editor = None

    monkeypatch.setattr(window.contacts, "keep_typing", keep)
    window.close()
    await settle()
    button = window.findChild(QAbstractButton, "leaving.keep")
    assert window.isVisible()
    assert button.isDefault()
    window.findChild(QAbstractButton, "leaving.cancel").click()
    await settle()
    assert (window.isVisible(), kept) == (True, [])
    window.close()
    await settle()
    window.findChild(QAbstractButton, "leaving.keep").click()
    await settle(lambda: not window.isVisible())
    assert kept == [1]


@pytest.mark.parametrize("works", [True, False])
@in_window
async def test_save_and_close_closes_only_what_is_saved(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, works: bool
) -> None:
    editor = Editor()
    monkeypatch.setattr(window.contacts.detail, "editor", editor)

    async def save() -> None:
        await asyncio.sleep(0.02)
        editor.over = works

    def begin(*, close: bool) -> None:
        assert close
        window.scope.start(save(), what="Save contact", key=("save", "contact:999"))

    monkeypatch.setattr(window.contacts.verbs, "save_editor", begin)
    window.close()
    await settle()
    window.findChild(QAbstractButton, "leaving.save").click()
    await settle((lambda: not window.isVisible()) if works else None, seconds=0.2)
    assert window.isVisible() is not works
    editor.dirty = False
    window.contacts.detail.editor = None


@pytest.mark.parametrize("percent", [100, 150, 200])
@in_window
async def test_the_smallest_window_holds_at_every_text_size(window: MainWindow, look: Theme, percent: int) -> None:
    look.set_font_scale(percent)
    window.resize(900, 600)
    for place in (OUTBOX, CONFLICTS, TRASH):
        window.go(place)
        await settle(seconds=0.1)
        assert (window.width(), window.height()) == (900, 600)


@in_window
async def test_a_first_start_has_an_outbox_to_look_at_only_with_an_account(window: MainWindow, services: Any) -> None:
    services.reader.account_list.clear()
    services.feed.emit(Changes(accounts=True))
    await settle(window.pages.shows_welcome)
    window.go(OUTBOX)
    assert window.pages.shows_welcome()


@in_window
async def test_what_happens_elsewhere_is_seen_in_the_open_page(window: MainWindow, services: Any) -> None:
    window.go(OUTBOX)
    page = window.pages.outbox()
    await settle(lambda: page.model.rowCount() > 0)
    services.reader.op_list.append(op(50, OpState.REJECTED))
    services.feed.emit(Changes(outbox=True))
    await settle(lambda: page.model.row_of("op:50") > 0)
