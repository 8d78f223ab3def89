"""From the first page to a guest who is signed in, as a person does it; the sign-in itself is the real one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from crmdesk.core.errors import OfflineError, RateLimitedError, RejectedError, ServerFaultError
from crmdesk.core.guest import Challenge, CodeFault, CodeRefusedError
from crmdesk.core.tasks import TaskScope
from crmdesk.sync.login import Step
from crmdesk.ui.login.dialog import LoginDialog
from tests.helpers.clock import FakeClock
from tests.ui.login.conftest import settle
from tests.ui.login.fakes import FakeGuests, RealGuests

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform on every popup


@pytest.fixture
def real(clock: FakeClock) -> RealGuests:
    return RealGuests(clock)


@pytest.fixture
async def desk(
    host: QWidget, real: RealGuests, scope: TaskScope, errors: list[Any], heard: list[str]
) -> AsyncIterator[LoginDialog]:
    made = LoginDialog(host, scope, real, real.list[:1], 1)
    made.came = []  # type: ignore[attr-defined]
    made.signedIn.connect(lambda *what: made.came.append(what))
    made.bring_forward()
    await settle(made.isActiveWindow)
    yield made
    if isValid(made) and not made.over:
        made.reject()
    await settle()
    await scope.aclose()
    assert errors == []


def press(*keys: Qt.Key, shift: bool = False, control: bool = False) -> None:
    held = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    held = Qt.KeyboardModifier.ControlModifier if control else held
    for key in keys:
        # as a desktop does: an open list hears of keys first, and the window behind it stays the active one, which
        # without a desktop the list becomes and stays, also when it is closed
        popup = QApplication.activePopupWidget()
        QTest.keyClick(popup or QApplication.focusWidget(), key, held)
        if popup is not None and QApplication.activePopupWidget() is None:
            QApplication.focusWidget().window().activateWindow()


def type_in(text: str) -> None:
    QTest.keyClicks(QApplication.focusWidget(), text)


def focused() -> str:
    return QApplication.focusWidget().objectName()


async def to_code(desk: LoginDialog) -> None:
    """S2, by e-mail."""
    desk.identify.choose("code.email")
    desk.identify.way_page().form.put({"username": "ana@example.org"})
    desk.identify.go.click()
    await settle(lambda: desk.view.step is Step.CODE_SENT)


async def try_code(desk: LoginDialog, code: str, step: Step) -> None:
    desk.code.code.setText(code)
    desk.code.verify.click()
    await settle(lambda: desk.view.step is step)


# -- keys only -----------------------------------------------------------------------------------------------------


async def test_keys_alone_from_the_first_page_to_the_card(desk: LoginDialog, real: RealGuests) -> None:
    assert focused() == "login.field.username"
    press(Qt.Key.Key_Backtab, shift=True)
    assert focused() == "login.tabs"
    press(Qt.Key.Key_Right)  # Code
    press(Qt.Key.Key_Tab)
    assert focused() == "login.kind.code"
    press(Qt.Key.Key_Down)  # Phone
    press(Qt.Key.Key_Tab)
    assert focused() == "login.field.phone_number"
    type_in("99123834")
    press(Qt.Key.Key_Tab)
    assert focused() == "login.field.country_code"
    type_in("Cyprus")
    press(Qt.Key.Key_Tab)
    assert focused() == "login.channel.code.phone"
    assert QApplication.activePopupWidget() is None
    press(Qt.Key.Key_Tab)
    assert focused() == "login.go"
    press(Qt.Key.Key_Return)
    await settle(lambda: focused() == "otp.code")
    assert real.desk.asked == [("code.phone", {"phone_number": "99123834", "country_code": "CYP"}, "SMS")]
    type_in("123456")
    press(Qt.Key.Key_Return)
    await settle(lambda: desk.came)
    assert desk.came == [(7, "Ana Ruiz")]
    assert desk.over


async def test_the_order_of_tab_on_both_pages(desk: LoginDialog, clock: FakeClock) -> None:
    desk.identify.choose("code.phone")
    desk.identify.pages[1].kind.setFocus()
    assert walk("login.cancel") == [
        "login.kind.code", "login.field.phone_number", "login.field.country_code", "login.channel.code.phone",
        "login.go", "login.link.register", "login.link.verify_email", "login.cancel",
    ]  # fmt: skip
    await to_code(desk)
    clock.forward(31)
    desk.tick()
    desk.code.code.setFocus()
    assert walk("otp.cancel") == ["otp.code", "otp.verify", "otp.resend", "otp.other", "otp.cancel"]


def walk(last: str) -> list[str]:
    names = [focused()]
    while names[-1] != last and len(names) < 20:
        press(Qt.Key.Key_Tab)
        names.append(focused())
    return names


async def test_escape_closes_the_innermost(desk: LoginDialog) -> None:
    desk.identify.links["register"].click()
    assert desk.stack.currentWidget().objectName() == "login.register"
    press(Qt.Key.Key_Escape)
    assert desk.stack.currentWidget() is desk.identify
    assert not desk.over
    press(Qt.Key.Key_Escape)
    assert desk.over


async def test_control_enter_is_the_main_button(desk: LoginDialog, real: RealGuests) -> None:
    desk.identify.choose("code.email")
    desk.identify.way_page().form.put({"username": "ana@example.org"})
    desk.identify.cancel.setFocus()
    press(Qt.Key.Key_Return, control=True)
    await settle(lambda: real.desk.asked)
    assert not desk.over


async def test_the_window_behind_can_be_used(desk: LoginDialog) -> None:
    assert not desk.isModal()
    assert desk.windowModality() == Qt.WindowModality.NonModal


# -- waits -----------------------------------------------------------------------------------------------------------


async def test_send_again_is_counted_down_and_heard_at_start_and_end(
    desk: LoginDialog, real: RealGuests, clock: FakeClock, heard: list[str]
) -> None:
    await to_code(desk)
    assert desk.code.countdown.text() == "Send again in 0:30"
    assert heard[-1].endswith("A new code can be asked for in 30 seconds.")
    before = len(heard)
    for left in (29, 28, 27):
        clock.forward(1)
        desk.tick()
        assert desk.code.countdown.text() == f"Send again in 0:{left}"
        assert not desk.code.resend.isVisible()
    assert heard[before:] == []
    clock.forward(27)
    desk.tick()
    assert heard[before:] == ["You can ask for a new code now."]
    desk.code.resend.click()
    await settle(lambda: len(real.desk.asked) == 2 and desk.view.step is Step.CODE_SENT)
    assert desk.code.countdown.text() == "Send again in 1:00"
    assert "Earlier codes no longer work." in desk.code.where.text()
    clock.forward(61)
    desk.tick()
    assert desk.code.age.text() == "Asked 1 min ago"


async def test_after_the_third_miss_the_wait_is_counted_and_called_ours(
    desk: LoginDialog, clock: FakeClock, heard: list[str]
) -> None:
    await to_code(desk)
    for code in ("111111", "222222"):
        await try_code(desk, code, Step.WRONG)
    await try_code(desk, "333333", Step.WAIT)
    assert desk.code.told.text() == ("This computer waits a little before the next code. You can try again in 0:05.")
    assert focused() == "otp.told"
    assert not desk.code.verify.isEnabled()
    clock.forward(4)
    desk.tick()
    assert desk.code.told.text().endswith("in 0:01.")
    clock.forward(1)
    desk.tick()
    assert desk.view.step is Step.CODE_SENT
    assert focused() == "otp.code"
    assert desk.code.code.isEnabled()
    assert "You can try again now." in heard


async def test_a_wait_that_the_vendor_asks_for(desk: LoginDialog, real: RealGuests, clock: FakeClock) -> None:
    await to_code(desk)
    real.desk.failures.append(RateLimitedError("Too fast.", until=clock.now() + timedelta(seconds=75)))
    await try_code(desk, "111111", Step.WAIT)
    assert desk.code.told.text() == "Too many tries. You can try again in 1:15."


# -- what goes wrong -------------------------------------------------------------------------------------------------


async def test_expired_the_main_button_asks_anew(desk: LoginDialog, real: RealGuests, clock: FakeClock) -> None:
    await to_code(desk)
    clock.forward(40)
    real.desk.failures.append(CodeRefusedError("Too old.", fault=CodeFault.EXPIRED))
    await try_code(desk, "111111", Step.EXPIRED)
    assert focused() == "otp.renew"
    press(Qt.Key.Key_Return)
    await settle(lambda: desk.view.step is Step.CODE_SENT)
    assert len(real.desk.asked) == 2


async def test_without_a_line_it_is_tried_again_by_a_person(desk: LoginDialog, real: RealGuests) -> None:
    real.desk.failures.append(OfflineError("No connection."))
    desk.identify.choose("code.email")
    desk.identify.way_page().form.put({"username": "ana@example.org"})
    desk.identify.go.click()
    await settle(lambda: desk.view.step is Step.OFFLINE)
    assert focused() == "login.trouble.retry"
    press(Qt.Key.Key_Return)
    await settle(lambda: desk.view.step is Step.CODE_SENT)
    assert len(real.desk.asked) == 2


async def test_trouble_while_checking_brings_the_code_back_to_its_field(desk: LoginDialog, real: RealGuests) -> None:
    await to_code(desk)
    real.desk.failures.append(ServerFaultError("CRM.COM has a fault on its side (502).", details={"status": "502"}))
    await try_code(desk, "123456", Step.TROUBLE)
    desk.trouble.copy.click()
    assert "502" in QApplication.clipboard().text()
    assert "123456" not in QApplication.clipboard().text()
    desk.trouble.again.click()
    await settle(lambda: desk.view.step is Step.CODE_SENT)
    assert real.desk.tried == ["123456"]  # never again by itself
    assert desk.code.code.text() == "123456"


async def test_another_way_keeps_who_it_is(desk: LoginDialog) -> None:
    await to_code(desk)
    desk.code.other.click()
    assert desk.view.step is Step.IDENTIFY
    page = desk.identify.way_page()
    assert (page.way.key, page.form.values()) == ("code.email", {"username": "ana@example.org"})
    assert [page.channel.itemText(at) for at in range(page.channel.count())] == ["SMS", "E-mail"]
    desk.identify.choose("password")
    assert desk.identify.way_page().form.values() == {"username": "ana@example.org"}


async def test_a_password_may_be_answered_with_a_code(desk: LoginDialog, real: RealGuests) -> None:
    real.desk.challenge = Challenge("r", explained="CRM.COM wants a code beside the password.")
    form = desk.identify.way_page().form
    form.put({"username": "ana@example.org"})
    form.fields["password"].edit.setText("s3cret words")
    press(Qt.Key.Key_Return)
    await settle(lambda: desk.view.step is Step.CODE_SENT)
    assert desk.code.explained.text() == "CRM.COM wants a code beside the password."
    assert real.desk.asked[0][1]["password"] == "s3cret words"


# -- secrets ---------------------------------------------------------------------------------------------------------


async def test_a_password_is_gone_from_its_field_when_it_is_handed_on(desk: LoginDialog, real: RealGuests) -> None:
    real.desk.failures.append(RejectedError("E-mail or password is not right."))
    form = desk.identify.way_page().form
    form.put({"username": "ana@example.org"})
    line = form.fields["password"].edit
    line.setText("s3cret words")
    press(Qt.Key.Key_Return)
    await settle(lambda: real.desk.asked and desk.view.step is Step.IDENTIFY)
    line.undo()
    assert line.text() == ""
    assert focused() == "login.field.password"
    assert "not right" in desk.identify.problem.text()


async def test_closed_nothing_secret_is_left(desk: LoginDialog) -> None:
    form = desk.identify.way_page().form
    form.fields["password"].edit.setText("s3cret words")
    desk.identify.links["change_password"].click()
    assert form.fields["password"].edit.text() == ""
    token = desk._pages["change_password"].form.fields["token"].edit
    token.setText("link")
    desk.code.code.setText("123456")
    desk.reject()
    assert (token.text(), desk.code.code.text()) == ("", "")


async def test_caps_lock_is_told_and_the_eye_shows_what_is_typed(desk: LoginDialog, heard: list[str]) -> None:
    field = desk.identify.way_page().form.fields["password"]
    field.edit.setFocus()
    type_in("A")  # without Shift
    assert field.caps.isVisible()
    assert heard[-1] == "Caps Lock is on."
    type_in("b")
    assert not field.caps.isVisible()
    assert field.edit.echoMode() == field.edit.EchoMode.Password
    field._eye.trigger()
    assert field.edit.echoMode() == field.edit.EchoMode.Normal
    field.wipe()
    assert field.edit.echoMode() == field.edit.EchoMode.Password


# -- beside the sign-in ------------------------------------------------------------------------------------------------


async def test_forgot_password_answers_the_same_for_everybody(dialog: LoginDialog, guests: FakeGuests) -> None:
    dialog.identify.way_page().form.put({"username": "ana@example.org"})
    dialog.identify.links["forgot_password"].click()
    dialog._pages["forgot_password"].go.click()
    await settle(lambda: dialog.identify.note.isVisible())
    assert guests.sessions[-1].calls == [("forgot_password", "ana@example.org")]
    assert dialog.identify.note.text() == "If this matches an account, a message with a link is on its way."


@pytest.mark.parametrize("then", ["closed", "another account", "another page", "before its turn"])
async def test_an_answer_beside_the_sign_in_that_comes_too_late_disturbs_nobody(
    then: str, dialog: LoginDialog, guests: FakeGuests
) -> None:
    session, come = guests.sessions[-1], asyncio.Event()

    async def slow(username: str) -> None:
        await come.wait()
        session.calls.append(("sent", username))

    session.forgot_password = slow  # type: ignore[method-assign]
    dialog.identify.links["forgot_password"].click()
    page = dialog._pages["forgot_password"]
    page.form.put({"username": "ana@example.org"})
    page.go.click()
    if then != "before its turn":
        await settle()
    if then in ("closed", "before its turn"):
        dialog.reject()
    elif then == "another account":
        dialog.begin(2)
    else:
        page.back.click()
        dialog.identify.links["register"].click()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    come.set()
    await settle()
    if then == "another page":
        assert dialog.stack.currentWidget() is dialog._pages["register"]
        assert dialog.identify.note.text().startswith("If this matches")
    elif then == "another account":
        assert not dialog.identify.note.text()


async def test_the_link_of_the_message_sets_a_new_password(dialog: LoginDialog, guests: FakeGuests) -> None:
    session = guests.sessions[-1]
    session.errors["change_password"] = RejectedError("This link has run out.", "Ask for a new one.")
    dialog.identify.links["change_password"].click()
    page = dialog._pages["change_password"]
    for secret in ("first", "second"):
        page.form.fields["token"].edit.setText("https://vendor.example/?token=abc")
        page.form.fields["password"].edit.setText(secret)
        page.go.click()
        await settle(page.go.isEnabled)
        await settle()
        if secret == "first":
            assert page.problem.text() == "This link has run out. Ask for a new one."
            session.errors.clear()
    assert session.calls[-1] == ("change_password", "https://vendor.example/?token=abc", "second")
    assert dialog.stack.currentWidget() is dialog.identify


async def test_an_address_is_confirmed_by_its_link(dialog: LoginDialog, guests: FakeGuests) -> None:
    dialog.identify.links["verify_email"].click()
    page = dialog._pages["verify_email"]
    page.go.click()
    assert guests.sessions[-1].calls == []
    assert page.form.fields["token"].error.word() == "Please fill in."
    page.form.fields["token"].edit.setText("abc")
    page.go.click()
    await settle(lambda: dialog.identify.note.isVisible())
    assert guests.sessions[-1].calls == [("verify_email", "abc")]


async def test_somebody_new_registers(dialog: LoginDialog, guests: FakeGuests) -> None:
    session = guests.sessions[-1]
    dialog.identify.links["register"].click()
    page = dialog._pages["register"]
    page.form.put({"first_name": "Ana", "last_name": "Ruiz", "identity.username": "ana@example.org"})
    page.go.click()
    ticked = page.form.fields["service_acceptance"]
    assert ticked.error.word() == "This has to be ticked."
    assert page.area.viewport().rect().contains(ticked.mapTo(page.area.viewport(), ticked.edit.rect().bottomLeft()))
    page.form.fields["service_acceptance"].edit.click()
    page.go.click()
    await settle(lambda: session.calls)
    name, values = session.calls[0]
    assert name == "register"
    assert values["service_acceptance"] == "true"
    assert "email_opt_out" not in values  # nobody said so
    session.show(Step.REQUESTING, way="register")
    assert dialog.working.heading.text() == "Registering…"
    session.show(Step.IDENTIFY, way="register", title="CRM.COM refused this.")
    assert dialog.stack.currentWidget() is page
    assert page.problem.text() == "CRM.COM refused this."
    assert page.form.fields["first_name"].text() == "Ana"


async def test_a_gift_pass_asks_for_what_its_choice_needs(dialog: LoginDialog, guests: FakeGuests) -> None:
    dialog.identify.choose("code.gift")
    form = dialog.identify.way_page().form
    assert form.fields["gift.email"].isVisible()
    assert not form.fields["gift.phone"].isVisible()
    by = form.fields["gift.by"]
    by.set_text("phone")
    by.edited.emit()
    assert form.fields["gift.phone"].isVisible()
    form.fields["gift.phone"].set_text("+357 99 1")
    form.fields["gift.pin"].edit.setText("1234")
    dialog.identify.go.click()
    await settle(lambda: guests.sessions[-1].calls)
    values = guests.sessions[-1].calls[0][2]
    assert values == {"gift.by": "phone", "gift.phone": "+357 99 1", "gift.pin": "1234"}


async def test_a_day_is_understood_as_it_is_written_here(dialog: LoginDialog, guests: FakeGuests) -> None:
    dialog.identify.choose("code.birth")
    dialog.identify.way_page().form.fields["born"].edit.setText("1.3.1985")
    dialog.identify.go.click()
    await settle(lambda: guests.sessions[-1].calls)
    assert guests.sessions[-1].calls[0][2] == {"born": "1985-03-01"}


async def test_another_account_begins_anew(dialog: LoginDialog, guests: FakeGuests) -> None:
    first = guests.sessions[-1]
    dialog.identify.account.setCurrentIndex(1)
    dialog.identify.account.activated.emit(1)
    await settle(lambda: first.closed)
    assert len(guests.sessions) == 2
    assert guests.sessions[-1].account.id == 2
    assert dialog.identify.account.currentData() == 2


async def test_cancel_of_what_is_under_way_asks_the_session(dialog: LoginDialog, guests: FakeGuests) -> None:
    session = guests.sessions[-1]
    session.show(Step.REQUESTING)
    press(Qt.Key.Key_Escape)
    assert session.calls == [("cancel",)]
    session.show(Step.IDENTIFY, title="Stopped.", hint="A code may be on its way all the same.")
    assert dialog.identify.problem.property("tone") == "info"
