"""Locked means nothing readable; unlocked means everything as it was."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QMenu, QToolTip, QWidget

from crmdesk.core.outbox import OutboxCounts
from crmdesk.core.pin import AtDesk, Verdict
from crmdesk.settings import Settings
from crmdesk.store.first_rows import FirstRows
from crmdesk.ui import announcing
from crmdesk.ui.feedback import ask
from crmdesk.ui.kit import Heading
from crmdesk.ui.lock.box import PinBox
from crmdesk.ui.main_window import MainWindow
from crmdesk.ui.operator_name import OperatorDialog
from crmdesk.ui.places import Place
from crmdesk.ui.theme import Theme
from crmdesk.ui.undo import NO_MARKS
from crmdesk.ui.unlock import SecretEdit
from tests.ui import fakes
from tests.ui.fake_pins import fake_pins
from tests.ui.fakes import FakeClock, FakeServices, NoGuests
from tests.ui.lock.conftest import GUESTS, PIN, heard, in_window, until
from tests.ui.outbox_fakes import Saved

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform on every popup


def words(root: QWidget) -> str:
    """What is on screen below `root`."""
    texts = [getattr(part, "text", lambda: "")() for part in root.findChildren(QWidget) if part.isVisible()]
    return "\n".join(str(text) for text in texts if text).translate(NO_MARKS)


def press(keys: str, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    target = QApplication.focusWidget()
    assert target is not None
    for key in keys:
        QTest.keyClick(target, Qt.Key(ord(key)), modifier)


def enter() -> None:
    target = QApplication.focusWidget()
    assert target is not None
    QTest.keyClick(target, Qt.Key.Key_Return)


def others_on_screen(window: MainWindow) -> list[QWidget]:
    return [other for other in QApplication.topLevelWidgets() if other.isVisible() and other is not window]


# what a locked window tells


@in_window
async def test_nothing_of_a_guest_is_left_for_eyes_or_screen_readers(window: MainWindow) -> None:
    assert any(name in heard(window) for name in GUESTS)  # the test can see them
    window.outgoing.done(Saved((1,), (7,), title="Agnès Lefèvre", what="delete"))  # type: ignore[union-attr]
    window.setWindowTitle("Agnès Lefèvre – crmdesk")
    window.overlays.open_palette("agn")
    window.feedback.notice("Agnès Lefèvre copied")
    await until(lambda: "Agnès" in window.commands.get("undo").text)
    window.commands.run("lock")
    assert window.lock.locked and window.windowTitle() == "crmdesk"
    assert not [name for name in GUESTS if name in heard(window)]
    assert not [name for name in GUESTS if name in words(window)]
    assert others_on_screen(window) == []
    shown = [child for child in window.children() if isinstance(child, QWidget) and child.isVisible()]
    assert shown == [window.cover]


@in_window
async def test_a_locked_window_says_practice_in_the_task_bar_too(window: MainWindow) -> None:
    window.strip.practising = True
    window.lock.now()
    assert window.lock.locked and window.windowTitle() == "Practice – crmdesk"


@in_window
async def test_the_picture_of_a_locked_window_is_the_same_whoever_was_open(
    window: MainWindow, clock: FakeClock
) -> None:
    pictures = []
    for row in (0, 5):
        window.contacts.table.choose(row)
        await asyncio.sleep(0.05)
        window.lock.now()
        await asyncio.sleep(0.05)
        window.lock._page.entry.field.edit.clearFocus()  # type: ignore[union-attr]  # a cursor blinks
        pictures.append(window.grab().toImage())
        await window.lock.unlock("Maria", PIN)
    assert pictures[0] == pictures[1]


@in_window
async def test_what_happens_meanwhile_is_not_shown_or_said(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    from PySide6.QtGui import QAccessible

    said: list[str] = []
    monkeypatch.setattr(
        announcing, "_announcer", None
    )  # one that has just spoken says “crmdesk is locked” a second later
    monkeypatch.setattr(QAccessible, "updateAccessibility", lambda event: said.append(type(event).__name__))
    window.lock.now()
    said.clear()
    window.outgoing.done(Saved((1,), (7,), title="Agnès Lefèvre", what="delete"))  # type: ignore[union-attr]
    window.feedback.notice("Agnès Lefèvre is deleted")
    window.banners.show_banner("x", "error", "Agnès Lefèvre was refused")
    window.overlays.open_panel()
    dialog = QDialog(window)
    dialog.setWindowTitle("Agnès Lefèvre")
    dialog.open()
    assert not dialog.isVisible() or dialog.testAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    await asyncio.sleep(0.05)
    assert others_on_screen(window) == [] and "Agnès" not in heard(window) + words(window)
    assert said == []
    assert "Agnès Lefèvre is deleted" in [notice.text for notice in window.feedback.told]
    await window.lock.unlock("Maria", PIN)
    assert dialog.isVisible()  # it waited
    dialog.close()
    assert "Agnès Lefèvre was refused" in window.banners.texts()


@in_window
async def test_menus_and_tooltips_go(window: MainWindow) -> None:
    menu = QMenu("Agnès Lefèvre", window.contacts)
    menu.addAction("Write to Agnès Lefèvre")
    menu.popup(window.mapToGlobal(window.rect().center()))
    QToolTip.showText(window.mapToGlobal(window.rect().center()), "Agnès Lefèvre", window)
    await until(menu.isVisible)
    window.lock.now()
    await until(lambda: others_on_screen(window) == [], "no menu, no tooltip")
    await window.lock.unlock("Maria", PIN)
    assert not menu.isVisible()


@in_window
async def test_dialogs_go_and_come_back_with_what_was_typed_but_for_those_that_end_meanwhile(
    window: MainWindow,
) -> None:
    dialog = QDialog(window)
    field = QLineEdit(dialog)
    answer = window.scope.start(ask(dialog), what="ask")
    await until(dialog.isVisible)
    field.setText("half a word")
    window.lock.now()
    assert not dialog.isVisible() and answer is not None and not answer.done()
    await window.lock.unlock("Maria", PIN)
    assert dialog.isVisible() and field.text() == "half a word"
    window.lock.now()
    dialog.accept()  # by itself, meanwhile
    assert await answer == 1
    await window.lock.unlock("Maria", PIN)
    assert others_on_screen(window) == []


@in_window
async def test_a_passphrase_that_was_being_typed_is_not_there_for_whoever_unlocks(window: MainWindow) -> None:
    """The backup's: one press of the eye would show it to somebody else."""
    dialog = QDialog(window)
    secret = SecretEdit("backup.passphrase", "Passphrase", dialog)
    dialog.open()
    secret.edit.setText("correct horse battery")
    window.lock.now()
    await window.lock.unlock("Noor", "739204")
    assert dialog.isVisible() and secret.edit.text() == "" and not secret.edit.isUndoAvailable()
    dialog.close()


@in_window
async def test_no_command_and_no_key_works(window: MainWindow) -> None:
    window.lock.now()
    place = window.place
    assert not [command.id for command in window.commands if window.commands.why_not(command.id) is None]
    assert not window.commands.run("settings")
    for key in (Qt.Key.Key_F, Qt.Key.Key_K, Qt.Key.Key_5, Qt.Key.Key_E):
        QTest.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
    for key in (Qt.Key.Key_Escape, Qt.Key.Key_F1, Qt.Key.Key_F6, Qt.Key.Key_F8, Qt.Key.Key_Alt):
        QTest.keyClick(window, key)
    await asyncio.sleep(0.02)
    assert window.place == place and window.lock.locked
    assert others_on_screen(window) == [] and not window.menuBar().isVisible()
    assert window.cover.currentWidget() is window.lock._page
    await window.lock.unlock("Maria", PIN)
    assert window.commands.why_not("settings") is None
    assert window.menus["File"].actions() and window.menuBar().isVisible() and window.status.isVisible()


@in_window
async def test_guests_are_signed_out_and_the_page_says_who_was_here_and_what_waits(
    window: MainWindow, services: FakeServices
) -> None:
    out: list[str] = []

    class Guests:
        async def sign_out_all(self) -> None:
            out.append("all")

    services.guests = Guests()
    window.lock.now()
    await until(lambda: out == ["all"])
    services.guests = NoGuests()
    window.outgoing.counts = OutboxCounts(waiting=2, held=1)  # type: ignore[union-attr]
    window.lock._page.tick()  # type: ignore[union-attr]
    shown = words(window)
    assert "crmdesk is locked" in shown and "At the desk: Maria · locked at " in shown
    assert "3 edits wait to be sent. Sending goes on." in shown


@in_window
async def test_a_lock_soon_after_another_signs_guests_out_again(window: MainWindow, services: FakeServices) -> None:
    """The vendor is slow to answer the first one; somebody has signed in meanwhile."""
    begun: list[str] = []
    answered = asyncio.Event()

    class Guests(NoGuests):
        async def sign_out_all(self) -> None:
            begun.append("all")
            await answered.wait()

    services.guests = Guests()
    window.lock.now()
    await until(lambda: begun == ["all"])
    await window.lock.unlock("Maria", PIN)
    window.lock.now()
    await until(lambda: begun == ["all", "all"])
    answered.set()
    services.guests = NoGuests()


@in_window
async def test_our_copies_go_from_the_clipboard_and_others_stay(window: MainWindow) -> None:
    board = QGuiApplication.clipboard()
    board.setText("Agnès Lefèvre")
    await asyncio.sleep(0.01)
    window.lock.now()
    assert board.text() == ""
    await window.lock.unlock("Maria", PIN)
    board.setText("from somewhere else")
    window.lock._clipboard._ours.clear()  # type: ignore[union-attr]  # as the change of another program tells it
    window.lock.now()
    assert board.text() == "from somewhere else"
    board.clear()


# typing


class Keeper:
    def __init__(self) -> None:
        self.kept = 0

    def keep(self) -> None:
        self.kept += 1


class Editor(QWidget):
    """Enough of the editor for the lock, and for a contact that is still being opened behind it."""

    subject = SimpleNamespace(contact_id=0)

    def __init__(self) -> None:
        super().__init__()
        self.dirty, self.keeper = True, Keeper()


@in_window
async def test_typing_is_kept_as_a_draft_and_is_still_there(window: MainWindow) -> None:
    detail = window.contacts.detail
    detail.editor = editor = Editor()
    window.lock.now()
    assert editor.keeper.kept == 1 and "What was being typed is kept." in words(window)
    await window.lock.unlock("Maria", PIN)
    assert detail.editor is editor
    detail.editor = None


@in_window
async def test_closing_a_locked_window_asks_nothing_and_keeps_the_typing(window: MainWindow) -> None:
    detail, kept = window.contacts.detail, []
    detail.editor = Editor()

    async def keep_typing() -> None:
        kept.append(True)
        detail.editor = None

    window.contacts.keep_typing = keep_typing
    window.lock.now()
    window.close()
    await until(lambda: window._ended)
    assert kept == [True] and others_on_screen(window) == []


@in_window
async def test_a_locked_window_stays_where_typing_could_not_be_kept(window: MainWindow) -> None:
    window.contacts.detail.editor = Editor()

    async def full_disk() -> None:
        """Nothing could be written: the editor is still there."""

    window.contacts.keep_typing = full_disk
    window.lock.now()
    window.close()
    await until(lambda: "could not be kept" in words(window))
    assert window.isVisible() and window.lock.locked
    window.contacts.detail.editor = None


@in_window
async def test_everything_is_as_it_was(window: MainWindow) -> None:
    window.contacts.focus_search()
    window.contacts.search_box.line.setText("ana")
    await asyncio.sleep(0.1)
    await until(lambda: window.contacts.model.rowCount() == 8)
    window.contacts.table.choose(3)
    window.contacts.search_box.line.setFocus()
    await asyncio.sleep(0.1)
    sizes, before = window.contacts.splitter.sizes(), window.contacts.table.grab().toImage()
    focus, opened = window.focusWidget(), window.contacts.detail.contact_id
    order = tab_order(window)
    window.lock.now()
    await asyncio.sleep(0.02)
    await window.lock.unlock("Maria", PIN)
    await asyncio.sleep(0.05)
    assert window.focusWidget() is focus and window.contacts.detail.contact_id == opened
    assert window.contacts.splitter.sizes() == sizes and window.contacts.table.grab().toImage() == before
    assert tab_order(window) == order


def tab_order(window: MainWindow) -> list[str]:
    names, part = [], window.nextInFocusChain()
    while part is not window and part is not None:
        if part.isVisible() and part.focusPolicy() & Qt.FocusPolicy.TabFocus:
            names.append(part.objectName())
        part = part.nextInFocusChain()
    return names


@pytest.mark.parametrize("times", [3, pytest.param(200, marks=pytest.mark.long)])
@in_window
async def test_locked_and_opened_again_and_again_leaves_nothing_behind(window: MainWindow, times: int) -> None:
    def parts() -> int:
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        return len(QApplication.allWidgets())

    window.lock.now()
    window.lock._open("Maria")
    await asyncio.sleep(0.02)
    before = parts()
    for _ in range(times):
        window.lock.now()
        window.lock._open("Maria")
    await asyncio.sleep(0.02)
    assert parts() == before


# unlocking


@in_window
async def test_unlocking_with_the_keyboard_only(window: MainWindow, services: FakeServices) -> None:
    QTest.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    await until(lambda: window.lock.locked)
    page = window.lock._page
    assert page is not None and QApplication.focusWidget() is page.entry.field.edit
    way = []
    for _ in range(5):
        way.append(QApplication.focusWidget().objectName())  # type: ignore[union-attr]
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert way == ["lock.pin", "lock.pin.show", "lock.forgot", "lock.open", "lock.name"]
    assert QApplication.focusWidget() is page.entry.field.edit
    press("111222")
    enter()
    await until(lambda: "Wrong PIN. 4 tries are left before a wait." in words(window))
    assert page.entry.field.edit.text() == "" and QApplication.focusWidget() is page.entry.field.edit
    press(PIN)
    enter()
    await until(lambda: not window.lock.hidden)
    assert services.edits.operator == "Maria"


@in_window
async def test_another_person_takes_the_desk_over(
    window: MainWindow, services: FakeServices, settings: Settings
) -> None:
    settings.operators = ["Maria", "Ben", "Noor"]
    window.lock.now()
    await until(lambda: services.pins.book.desk == AtDesk("Maria", locked=True))  # for the next start
    page = window.lock._page
    assert page is not None and page.name() == "Maria"
    assert [page.names.itemText(row) for row in range(page.names.count())] == ["Maria", "Noor"]  # who have a PIN
    page.names.setCurrentIndex(page.names.findData("Noor"))
    page.entry.field.edit.setText(PIN)  # Maria's
    enter()
    await until(lambda: "Wrong PIN" in words(window))
    page.entry.field.edit.setText("739204")
    enter()
    await until(lambda: not window.lock.hidden)
    assert (services.edits.operator, settings.operator) == ("Noor", "Noor")
    await until(lambda: services.pins.book.desk == AtDesk("Noor", locked=False))


@in_window
async def test_wrong_pins_wait_counted_down_on_screen(window: MainWindow, clock: FakeClock) -> None:
    window.lock.now()
    page = window.lock._page
    assert page is not None
    for _ in range(5):
        page.entry.field.edit.setText("000000")
        enter()
        await until(lambda: not window.scope.running("lock.try"))
    assert "You can try again in 0:30." in words(window) and not page.open.isEnabled()
    page.entry.field.edit.setText(PIN)
    enter()
    assert not window.scope.running("lock.try") and window.lock.locked
    clock.forward(29)
    page.entry.tick()
    assert "You can try again in 0:01." in words(window)
    page.names.setCurrentIndex(page.names.findData("Noor"))
    assert "try again" not in words(window) and page.open.isEnabled()
    page.names.setCurrentIndex(page.names.findData("Maria"))
    assert "try again" in words(window)
    clock.forward(1)
    page.entry.tick()
    assert "try again" not in words(window) and page.open.isEnabled()
    page.entry.field.edit.setText(PIN)
    enter()
    await until(lambda: not window.lock.hidden)


@in_window
async def test_a_full_disk_is_told_and_opens_nothing(window: MainWindow, services: FakeServices) -> None:
    from crmdesk.core.errors import StorageError

    window.lock.now()
    await asyncio.sleep(0.02)
    services.pins.file.fail = StorageError("The disk is full.", "Make room.")  # type: ignore[attr-defined]
    window.lock._page.entry.field.edit.setText(PIN)  # type: ignore[union-attr]
    enter()
    await until(lambda: "The disk is full. Make room." in words(window))
    assert window.lock.locked
    services.pins.file.fail = None  # type: ignore[attr-defined]


# without a PIN, forgotten, hidden


@pytest.mark.parametrize("pins", [{}])
@in_window
async def test_without_any_pin_a_button_shows_everything_again(window: MainWindow) -> None:
    window.lock.now()
    assert "Nobody has set a PIN, so anybody can press this. A PIN is set in Settings, under Lock." in words(window)
    enter()
    assert not window.lock.hidden


@in_window
async def test_a_person_without_a_pin_is_not_locked_out_by_a_colleagues(
    window: MainWindow, services: FakeServices
) -> None:
    services.edits.operator = "Ben"
    window.lock.now()
    page = window.lock._page
    assert page is not None and "Ben has no PIN, so anybody can press this." in words(window)
    page.other.click()
    assert page.entry.isVisible() and page.name() == "Maria"
    page.freely.click()
    page.again.click()
    assert not window.lock.hidden and services.edits.operator == "Ben"
    services.edits.operator = "Maria"  # who has one
    window.lock.now()
    window.lock.show_again()
    page = window.lock._page
    assert page is not None and window.lock.locked
    assert not page.again.isVisible() and not page.show_it.isVisible() and not page.freely.isVisible()
    page.show_face("free")  # whatever brings it there
    page.again.click()
    assert window.lock.locked


@in_window
async def test_the_ways_out_of_a_forgotten_pin(window: MainWindow, services: FakeServices) -> None:
    window.lock.now()
    page = window.lock._page
    assert page is not None
    page.forgot.click()
    assert "crmdesk --data /data/desk pins forget Maria" in words(window)  # a folder without a passphrase
    assert not page.remove.isVisible() and page.quit.isVisible()
    page.back.click()
    assert page.entry.isVisible() and window.lock.locked
    services.pins.prove = lambda text: text == "four words are best"
    page.forgot.click()
    assert QApplication.focusWidget() is page.passphrase.edit
    page.passphrase.edit.setText("no idea")
    enter()
    await until(lambda: "This is not the passphrase." in words(window))
    page.passphrase.edit.setText("four words are best")
    enter()
    await until(lambda: not window.lock.hidden)
    assert services.pins.names() == ["Noor"] and services.edits.operator == "Maria"


@in_window
async def test_headings_keep_the_size_of_their_letters(window: MainWindow, look: Theme) -> None:
    look.set_font_scale(150)
    window.go(Place("accounts", 1))
    await asyncio.sleep(0.05)
    before = {heading: heading.font().pointSizeF() for heading in window.findChildren(Heading)}
    assert before
    window.lock.hide_content()
    window.lock.show_again()
    await asyncio.sleep(0.05)
    assert {heading: heading.font().pointSizeF() for heading in before} == before


@in_window
async def test_the_privacy_key_hides_at_once_and_shows_again_until_it_is_time_to_lock(
    window: MainWindow, clock: FakeClock
) -> None:
    QTest.keyClick(window, Qt.Key.Key_F9)
    await until(lambda: window.lock.hidden)
    assert not window.lock.locked and not [name for name in GUESTS if name in heard(window) + words(window)]
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_F9)
    await until(lambda: not window.lock.hidden)
    window.lock.hide_content()
    clock.forward(601)
    window.lock._watch.look()  # type: ignore[union-attr]
    page = window.lock._page
    assert page is not None and window.lock.locked and page.face() == "pin" and window.cover.count() == 1
    await window.lock.unlock("Maria", PIN)
    assert not window.lock.hidden and window.contacts.isVisible()


# time and start


@in_window
async def test_it_locks_by_itself_after_the_minutes_of_the_setting(
    window: MainWindow, clock: FakeClock, settings: Settings
) -> None:
    watch = window.lock._watch
    assert watch is not None
    window.contacts.focus_search()
    clock.forward(9 * 60)
    watch.look()
    assert not window.lock.locked
    settings.lock_minutes = 30
    clock.forward(60)
    watch.look()
    assert not window.lock.locked
    settings.lock_minutes = 10
    watch.look()
    assert window.lock.locked
    await window.lock.unlock("Maria", PIN)
    watch.look()
    assert not window.lock.locked  # unlocking is use


def first_rows(services: FakeServices) -> FirstRows:
    rows = [fakes.contact(number) for number in range(5)]
    return FirstRows(rows, 5, services.reader.account_list, services.pins.book)


async def test_a_start_that_must_be_unlocked_paints_no_guest(
    services: FakeServices, settings: Settings, look: Any, scope: Any, clock: FakeClock
) -> None:
    settings.lock_at_start = True
    window = MainWindow(None, None, settings, look, scope, services.board, clock)
    window.show_first(first_rows(services))
    window.show()
    await asyncio.sleep(0.02)
    assert window.lock.locked and not [name for name in GUESTS if name in heard(window) + words(window)]
    page = window.lock._page
    assert page is not None and page.name() == "Maria" and not page.open.isEnabled()
    page.entry.field.edit.setText(PIN)
    enter()  # nothing to ask yet
    window.attach(services, services.reader, _signals(services))
    assert page.open.isEnabled() and not [name for name in GUESTS if name in heard(window)]
    page.entry.field.edit.setText(PIN)
    enter()
    await until(lambda: not window.lock.hidden)
    assert window.contacts.isVisible()
    window.close()
    await until(lambda: window._ended)
    window.deleteLater()


def _signals(services: FakeServices) -> Any:
    from crmdesk.ui.signals import StoreSignals

    return StoreSignals(services.feed, merge_ms=1)


@pytest.mark.parametrize(
    ("desk", "at_start", "locked"),
    [(AtDesk("Maria", locked=True), False, True), (AtDesk("Maria"), False, False), (AtDesk("Maria"), True, True)],
)
async def test_a_program_that_ended_locked_starts_locked(
    services: FakeServices, settings: Settings, look: Any, scope: Any, clock: FakeClock, desk: AtDesk, at_start: bool,
    locked: bool,
) -> None:  # fmt: skip
    """Also where the first rows were not read beforehand (a passphrase had to be given)."""
    services.pins = fake_pins(clock, {"Maria": PIN}, desk)
    settings.lock_at_start = at_start
    window = MainWindow(
        services, services.reader, settings, look, scope, services.board, clock, signals=_signals(services)
    )
    assert window.lock.locked is locked
    window.show()
    await until(lambda: window._loaded)
    assert window.contacts.isVisible() is not locked
    window.close()
    await until(lambda: window._ended)
    window.deleteLater()


@pytest.mark.parametrize("named", ["Mallory", ""])
async def test_another_name_in_the_settings_opens_no_locked_start(
    services: FakeServices, settings: Settings, look: Any, scope: Any, clock: FakeClock, named: str
) -> None:
    """Anybody can edit the settings file, and give a name there that has no PIN."""
    services.pins = fake_pins(clock, {"Maria": PIN}, AtDesk("Maria", locked=True))
    settings.operator = named
    window = MainWindow(
        services, services.reader, settings, look, scope, services.board, clock, signals=_signals(services)
    )
    window.show()
    await until(lambda: window._loaded)
    page = window.lock._page
    assert page is not None and window.lock.face() == "pin"
    page.forgot.click()
    page.back.click()
    assert not page.freely.isVisible() and page.name() == "Maria"
    window.lock.show_again()
    assert window.lock.locked and "At the desk: Maria" in words(window)
    await window.lock.may_leave()
    assert services.pins.book.desk == AtDesk("Maria", locked=True)
    await window.lock.unlock("Maria", PIN)
    assert not window.lock.hidden and services.edits.operator == "Maria"
    window.close()
    await until(lambda: window._ended)
    window.deleteLater()


@in_window
async def test_what_was_typed_wrong_is_not_brought_back_by_undo(window: MainWindow, services: FakeServices) -> None:
    services.pins.prove = lambda _text: False
    window.lock.now()
    page = window.lock._page
    assert page is not None
    for secret, give in ((page.entry.field, page.open), (page.passphrase, page.remove)):
        secret.edit.setFocus()
        QTest.keyClicks(secret.edit, "482916")
        give.click()
        await until(lambda secret=secret: secret.edit.text() == "")
        secret.show_it.setChecked(True)
        secret.edit.undo()
        assert secret.edit.text() == ""
        page.show_face("forgot")


@in_window
async def test_what_unlocks_goes_to_no_clipboard(window: MainWindow, services: FakeServices) -> None:
    services.pins.prove = lambda _text: False
    board = QGuiApplication.clipboard()
    window.lock.now()
    board.clear()  # of what another test has left there
    page = window.lock._page
    assert page is not None
    for face, secret in (("pin", page.entry.field), ("forgot", page.passphrase)):
        page.show_face(face)
        secret.edit.setText(PIN)
        secret.show_it.setChecked(True)
        secret.edit.selectAll()
        for key in (Qt.Key.Key_C, Qt.Key.Key_X):
            QTest.keyClick(secret.edit, key, Qt.KeyboardModifier.ControlModifier)
        assert (board.text(), secret.edit.text()) == ("", PIN)


@in_window
async def test_questions_about_a_person_do_not_wait_for_another_one(
    window: MainWindow, services: FakeServices, settings: Settings
) -> None:
    """Maria's half-typed PIN, and the dialog that lets Maria go on as Maria without one."""
    window.commands.run("operator.change")
    await until(lambda: bool(others_on_screen(window)))
    window.lock.now()
    await window.lock.unlock("Noor", "739204")
    assert others_on_screen(window) == [] and services.edits.operator == "Noor"
    window.scope.start(PinBox(window.lock, window)._ask("change"), what="change a PIN")
    await until(lambda: bool(others_on_screen(window)))
    window.lock.now()
    await window.lock.unlock("Maria", PIN)
    assert others_on_screen(window) == []


@pytest.mark.parametrize("right", [True, False])
@in_window
async def test_a_question_that_the_lock_closed_has_no_answer_to_show(
    window: MainWindow, services: FakeServices, right: bool
) -> None:
    come = asyncio.Event()

    async def slow(*_given: str) -> Verdict:
        await come.wait()
        return Verdict(right)

    services.pins.remove = slow
    window.scope.start(PinBox(window.lock, window)._ask("remove"), what="change a PIN")
    await until(lambda: bool(others_on_screen(window)))
    others_on_screen(window)[0].save.click()  # type: ignore[attr-defined]
    await asyncio.sleep(0)
    check, services.pins.check = services.pins.check, slow
    window.commands.run("operator.change")
    await until(lambda: any(isinstance(other, OperatorDialog) for other in others_on_screen(window)))
    asked = next(other for other in others_on_screen(window) if isinstance(other, OperatorDialog))
    asked.edit.setEditText("Noor")
    asked.pin.field.edit.setText("1")
    asked.save.click()
    await asyncio.sleep(0)
    window.lock.now()
    await asyncio.sleep(0.01)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    come.set()
    await asyncio.sleep(0.01)
    services.pins.check = check
    assert services.edits.operator == "Maria" and window.lock.locked


@in_window
async def test_whatever_goes_wrong_on_the_way_it_is_locked(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise RuntimeError("the dialog is gone")

    monkeypatch.setattr(window.overlays, "close_sign_in", gone)
    with pytest.raises(RuntimeError):
        window.lock.now()
    assert window.lock.locked and not [name for name in GUESTS if name in heard(window) + words(window)]


@in_window
async def test_a_second_start_moves_nothing_behind_the_lock(window: MainWindow) -> None:
    window.commands.run("settings")
    place = window.place
    window.lock.now()
    window.search("lef")
    await window.lock.unlock("Maria", PIN)
    assert window.place == place and window.contacts.search_box.line.text() == ""
