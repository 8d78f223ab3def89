"""The field for the code: what is typed, pasted and dropped, when it is sent on, and what never leaves it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from crmdesk.sync.login import Step
from crmdesk.ui.login.dialog import LoginDialog
from tests.helpers.clock import FakeClock
from tests.ui.login.conftest import settle
from tests.ui.login.fakes import SENT, FakeGuests

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform on every menu
SAMPLES = (
    "123456", " 123456 ", "123 456", "123-456", "Your code is 123 456!", "G-123456", "１２３４５６", "123456\n",
)  # fmt: skip
UNKNOWN = {**SENT, "length": 0}


@pytest.fixture
def sent(dialog: LoginDialog, guests: FakeGuests, clock: FakeClock) -> LoginDialog:
    guests.sessions[-1].show(Step.CODE_SENT, **UNKNOWN, asked_at=clock.monotonic(), resend_at=clock.monotonic() + 30)
    return dialog


def verified(guests: FakeGuests) -> list[str]:
    return [call[1] for call in guests.sessions[-1].calls if call[0] == "verify"]


def put_on_clipboard(text: str) -> None:
    QGuiApplication.clipboard().setText(text)


async def test_a_pasted_message_gives_its_code(sent: LoginDialog) -> None:
    for sample in SAMPLES:
        put_on_clipboard(sample)
        sent.code.wipe()
        QTest.keyClick(sent.code.code, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
        assert sent.code.code.text() == "123456", sample


async def test_typed_with_anything_around_it_is_read_the_same(sent: LoginDialog) -> None:
    for sample in SAMPLES:
        sent.code.code.setText(sample)
        assert sent.code.code.code() == "123456", sample


async def test_two_codes_fill_nothing_and_say_so(sent: LoginDialog, guests: FakeGuests, heard: list[str]) -> None:
    put_on_clipboard("123456 or 654321")
    QTest.keyClick(sent.code.code, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert sent.code.code.text() == ""
    assert sent.code.error.word() == heard[-1] == "There are several codes in what was pasted. Type the right one."
    QTest.keyClicks(sent.code.code, "1")
    assert not sent.code.error.isVisible()


async def test_a_text_without_a_code_fills_nothing(sent: LoginDialog) -> None:
    sent.code.code.take("see you at the bar")
    assert sent.code.code.text() == ""
    assert sent.code.error.word() == "There is no code in what was pasted."


async def test_a_part_of_a_code_goes_where_the_cursor_is(sent: LoginDialog) -> None:
    QTest.keyClicks(sent.code.code, "123")
    sent.code.code.take("4 5")
    assert sent.code.code.text() == "12345"


async def test_a_dropped_message_is_as_a_pasted_one(sent: LoginDialog) -> None:
    data = QMimeData()
    data.setText("Your code: 123 456")
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    drop = QDropEvent(QPoint(4, 4), Qt.DropAction.CopyAction, data, left, none)
    sent.code.code.dropEvent(drop)  # Qt hands it on only after a drag
    assert sent.code.code.text() == "123456"


async def test_nothing_is_cut_off_while_typing(sent: LoginDialog) -> None:
    QTest.keyClicks(sent.code.code, "12345678901234567890")
    assert len(sent.code.code.text()) == 20


async def test_with_letters_they_are_kept(dialog: LoginDialog, guests: FakeGuests) -> None:
    guests.sessions[-1].show(Step.CODE_SENT, **UNKNOWN, letters=True)
    dialog.code.code.take("A1B2C3")
    assert dialog.code.code.code() == "A1B2C3"


# -- sending it on -------------------------------------------------------------------------------------------------


async def test_of_unknown_length_it_waits_for_the_button(sent: LoginDialog, guests: FakeGuests) -> None:
    QTest.keyClicks(sent.code.code, "123456")
    await settle()
    assert verified(guests) == []
    sent.code.verify.click()
    await settle()
    assert verified(guests) == ["123456"]


async def test_of_known_length_it_is_sent_once_per_value(dialog: LoginDialog, guests: FakeGuests) -> None:
    session = guests.sessions[-1]
    session.show(Step.CODE_SENT, **SENT)
    QTest.keyClicks(dialog.code.code, "111111")
    await settle()
    assert verified(guests) == ["111111"]
    session.show(Step.VERIFYING, **SENT)
    dialog.code.code.setText("222222")
    dialog.code.code.typed.emit()  # while a check runs
    dialog.code.code.setText("111111")
    await settle()
    assert verified(guests) == ["111111"]
    session.show(Step.WRONG, **SENT)
    QTest.keyClicks(dialog.code.code, "111111")  # over what is selected
    await settle()
    assert verified(guests) == ["111111"]
    dialog.code.code.selectAll()
    QTest.keyClicks(dialog.code.code, "123456")
    await settle()
    assert verified(guests) == ["111111", "123456"]


async def test_an_empty_field_asks_nobody(sent: LoginDialog, guests: FakeGuests) -> None:
    sent.code.verify.click()
    await settle()
    assert verified(guests) == []
    assert sent.code.error.word() == "Type the code first."


async def test_wrong_it_stays_and_is_selected(dialog: LoginDialog, guests: FakeGuests) -> None:
    session = guests.sessions[-1]
    session.show(Step.CODE_SENT, **UNKNOWN)
    QTest.keyClicks(dialog.code.code, "111111")
    session.show(Step.VERIFYING, **UNKNOWN)
    assert dialog.code.code.isReadOnly()
    session.show(Step.WRONG, **UNKNOWN)
    assert dialog.code.code.selectedText() == "111111"


@pytest.mark.parametrize("step", [Step.EXPIRED, Step.DONE])
async def test_what_no_longer_counts_is_gone(dialog: LoginDialog, guests: FakeGuests, step: Step) -> None:
    session, code = guests.sessions[-1], dialog.code.code
    session.show(Step.CODE_SENT, **UNKNOWN)
    QTest.keyClicks(code, "111111")
    session.show(step, **UNKNOWN)
    code.undo()
    assert code.text() == ""


async def test_a_new_request_empties_the_field(dialog: LoginDialog, guests: FakeGuests) -> None:
    session = guests.sessions[-1]
    session.show(Step.CODE_SENT, **UNKNOWN, asked_at=1.0)
    QTest.keyClicks(dialog.code.code, "111111")
    session.show(Step.CODE_SENT, **UNKNOWN, asked_at=31.0, again=True)
    assert dialog.code.code.text() == ""
    assert dialog.code.where.text().endswith("\nEarlier codes no longer work.")


# -- the clipboard -------------------------------------------------------------------------------------------------


def come_forward(dialog: LoginDialog) -> None:
    QApplication.sendEvent(dialog, QEvent(QEvent.Type.WindowActivate))


async def test_a_code_on_the_clipboard_is_offered_and_never_filled_in(sent: LoginDialog) -> None:
    put_on_clipboard("123-456")
    assert not sent.code.paste.isVisible()
    come_forward(sent)
    assert (sent.code.paste.text(), sent.code.code.text()) == ("Paste 123 456", "")
    sent.code.paste.click()
    assert sent.code.code.text() == "123456"
    assert not sent.code.paste.isVisible()


async def test_nothing_else_is_offered(sent: LoginDialog) -> None:
    for text in ("Your code is 123456", "hello", "", "123456 654321", "123"):
        put_on_clipboard(text)
        come_forward(sent)
        assert not sent.code.paste.isVisible(), text


async def test_a_code_of_another_length_is_not_offered(dialog: LoginDialog, guests: FakeGuests) -> None:
    guests.sessions[-1].show(Step.CODE_SENT, **SENT)
    put_on_clipboard("1234")
    come_forward(dialog)
    assert not dialog.code.paste.isVisible()


class Huge(str):
    """Megabytes that must not be gone through while the window waits."""

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("gone through")

    def split(self, *_how: object) -> list[str]:  # type: ignore[override]
        raise AssertionError("gone through")


async def test_what_is_far_too_long_on_the_clipboard_holds_nothing_up(sent: LoginDialog) -> None:
    huge = Huge("1" * 5000)
    sent.code.clipboard = lambda: huge
    sent.code.look_at_clipboard()
    assert not sent.code.paste.isVisible()
    sent.code.code.take(huge)
    assert sent.code.code.text() == ""
    assert sent.code.error.word() == "There is no code in what was pasted."


async def test_in_other_states_the_clipboard_is_not_read(dialog: LoginDialog, guests: FakeGuests) -> None:
    reads: list[str] = []
    dialog.code.clipboard = lambda: reads.append("read") or "123456"
    for step in Step:
        if step not in (Step.CODE_SENT, Step.DONE):
            guests.sessions[-1].show(step, **SENT)
            come_forward(dialog)
            assert reads == [], step


async def test_nothing_of_it_is_copied(sent: LoginDialog) -> None:
    put_on_clipboard("mine")
    line = sent.code.code
    QTest.keyClicks(line, "987654")
    line.selectAll()
    for key in (Qt.Key.Key_C, Qt.Key.Key_X):
        QTest.keyClick(line, key, Qt.KeyboardModifier.ControlModifier)
    QTest.mouseDClick(line, Qt.MouseButton.LeftButton)
    QTest.mouseRelease(line, Qt.MouseButton.LeftButton)
    assert (QGuiApplication.clipboard().text(), line.text()) == ("mine", "987654")
    QApplication.sendEvent(line, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(3, 3), QPoint(3, 3)))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert [action.text() for action in menu.actions()] == ["Paste"]
    menu.close()
