"""The ten states of the dialog: what each shows, where its focus is, and that nothing of it is cut off."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QLineEdit, QScrollArea, QWidget

from crmdesk.core.errors import Problem
from crmdesk.core.guest import Guest
from crmdesk.sync.login import Step
from crmdesk.ui.login.dialog import LoginDialog
from crmdesk.ui.theme import Theme
from tests.helpers.clock import FakeClock
from tests.ui.login.conftest import settle
from tests.ui.login.fakes import SENT, FakeGuests, states

FOCUS = {
    "S0": "login.field.username",
    "S1": "login.working.cancel",
    "S2": "otp.code",
    "S3": "otp.cancel",
    "S4": "otp.code",
    "S5": "otp.renew",
    "S6": "otp.told",
    "S7": "login.trouble.retry",
    "S9": "login.trouble.retry",
}
SAYS = {
    "S0": "The sign-in ends when the card is closed, at lock, or after 5 minutes without use.",
    "S1": "Asking for a code…",
    "S2": "Code sent by SMS to \u2068+35799•••834\u2069",
    "S3": "Checking…",
    "S4": "That code is not right. Use the newest message.",
    "S5": "That code has run out. Ask for a new one.",
    "S6": "Too many tries. You can try again in 1:00.",
    "S7": "You can keep working with saved data.",
    "S9": "CRM.COM has a fault on its side (502).",
}


def words(root: QWidget) -> str:
    shown = [part for part in root.findChildren(QWidget) if part.isVisible()]
    return "\n".join(part.text() for part in shown if isinstance(part, (QLabel, QAbstractButton, QLineEdit)))


def focused() -> str:
    widget = QApplication.focusWidget()
    return widget.objectName() if widget is not None else ""


def cut_off(dialog: LoginDialog) -> list[str]:
    """Texts without room for all their letters, and what reaches out of the dialog sideways."""
    found = []
    for part in dialog.findChildren(QWidget):
        if not part.isVisible() or not isinstance(part, (QLabel, QAbstractButton)) or not part.text():
            continue
        if isinstance(part.parentWidget(), QLineEdit):  # an eye: a picture
            continue
        left = part.mapTo(dialog, part.rect().topLeft()).x()
        needed = part.heightForWidth(part.width()) if part.hasHeightForWidth() else part.sizeHint().height()
        wide = part.hasHeightForWidth() or part.sizeHint().width() <= part.width()
        if not wide or needed > part.height() or left < 0 or left + part.width() > dialog.width():
            found.append(f"{part.objectName()} {part.text()}")
    return found


def overlapping(dialog: LoginDialog) -> list[str]:
    page = dialog.stack.currentWidget()
    parts = [
        part for part in page.findChildren(QWidget)
        if part.isVisible() and isinstance(part, (QLineEdit, QComboBox, QAbstractButton)) and part.objectName()
        and not isinstance(part.parentWidget(), (QLineEdit, QComboBox))
    ]  # fmt: skip
    places = [(part.objectName(), QRect(part.mapTo(dialog, part.rect().topLeft()), part.size())) for part in parts]
    area = page.findChild(QScrollArea)
    body = [part for part in places if area.isAncestorOf(page.findChild(QWidget, part[0]))]
    foot = [part for part in places if part not in body]
    return [f"{a} {b}" for group in (body, foot) for a, one in group for b, other in group if a < b and one & other]


@pytest.mark.parametrize(("scheme", "scale"), [("light", 100), ("dark", 100), ("dark", 150)])
async def test_each_state_is_drawn_whole(
    dialog: LoginDialog, guests: FakeGuests, look: Theme, clock: FakeClock, scheme: str, scale: int
) -> None:
    look.set_scheme(scheme)
    look.set_font_scale(scale)
    for state, (step, more) in states(clock.monotonic()).items():
        if state == "S8":
            continue  # closes it
        dialog.identify.choose("code.phone" if state == "S1" else "password")
        guests.sessions[-1].show(step, **more)
        if state == "S0":
            dialog.identify.take_focus()
        await settle()
        assert focused() == FOCUS[state], state
        assert SAYS[state] in words(dialog), state
        assert cut_off(dialog) == [], state
        assert overlapping(dialog) == [], state
        picture = dialog.grab().toImage()
        colours = {picture.pixel(x, y) for x in range(0, picture.width(), 5) for y in range(0, picture.height(), 5)}
        assert len(colours) > 4, state
        assert picture.pixelColor(2, 2) == look.color("window"), state


async def test_a_button_of_long_words_is_not_cut_at_the_side(dialog: LoginDialog) -> None:
    """Of the page, which scrolls up and down only: the dialog gets as wide as it needs."""
    link = dialog.identify.links["forgot_password"]
    link.setText("W" * 36)
    await settle()
    assert cut_off(dialog) == []
    assert dialog.width() >= link.sizeHint().width()


async def test_what_stands_beside_the_sign_in_is_drawn_whole(dialog: LoginDialog, look: Theme) -> None:
    look.set_font_scale(150)
    for name in ("register", "forgot_password", "change_password", "verify_email"):
        dialog._back_to_identify()
        dialog.identify.links[name].click()
        await settle()
        assert dialog.stack.currentWidget().objectName() == f"login.{name}"
        assert cut_off(dialog) == [], name
        assert overlapping(dialog) == [], name


async def test_signed_in_it_tells_who_and_closes(dialog: LoginDialog, guests: FakeGuests) -> None:
    came: list[tuple[int, str]] = []
    dialog.signedIn.connect(lambda contact_id, name: came.append((contact_id, name)))
    step, more = states(0.0)["S8"]
    guests.sessions[-1].show(step, **more)
    await settle(lambda: guests.sessions[-1].closed)
    assert came == [(7, "Ana Ruiz")]


async def test_every_interactive_widget_has_a_name(dialog: LoginDialog, guests: FakeGuests) -> None:
    for name in ("register", "forgot_password", "change_password", "verify_email"):
        dialog.identify.links[name].click()
    kinds = (QAbstractButton, QLineEdit, QComboBox)
    parts = [part for part in dialog.findChildren(QWidget) if isinstance(part, kinds)]
    assert [part for part in parts if not part.objectName()] == []
    silent = [part.objectName() for part in parts if not (part.accessibleName() or getattr(part, "text", str)())]
    assert silent == ["otp.paste"]  # its words come with the code that it would paste


async def test_the_destination_is_shown_as_the_vendor_gave_it(dialog: LoginDialog, guests: FakeGuests) -> None:
    guests.sessions[-1].show(Step.CODE_SENT, **{**SENT, "sent_to": "<b>+357 99 ***834</b>", "channel": ""})
    assert dialog.code.where.text() == "Code sent to \u2068<b>+357 99 ***834</b>\u2069"


async def test_a_silent_vendor_gives_nobody_away(dialog: LoginDialog, guests: FakeGuests) -> None:
    guests.sessions[-1].show(Step.CODE_SENT, **{**SENT, "sent_to": ""})
    assert dialog.code.where.text() == "If this matches an account, a code is on its way."


async def test_a_code_that_nobody_asked_for_is_explained(dialog: LoginDialog, guests: FakeGuests) -> None:
    why = "CRM.COM wants a code beside the password."
    guests.sessions[-1].show(Step.CODE_SENT, **{**SENT, "explained": why})
    assert dialog.code.explained.isVisible()
    assert dialog.code.explained.text() == why
    assert dialog.code.code.isVisible()


async def test_tries_left_are_told_only_where_the_vendor_does(dialog: LoginDialog, guests: FakeGuests) -> None:
    session = guests.sessions[-1]
    session.show(Step.WRONG, **SENT, title="That code is not right.")
    assert dialog.code.error.word() == "That code is not right."
    session.show(Step.WRONG, **SENT, title="That code is not right.", tries_left=2)
    assert dialog.code.error.word() == "That code is not right. 2 tries left."


async def test_problems_stand_at_their_fields_and_the_rest_above_the_buttons(
    dialog: LoginDialog, guests: FakeGuests
) -> None:
    problems = (Problem("username", "bad", "No address."), Problem("elsewhere", "odd", "Something else."))
    guests.sessions[-1].show(Step.IDENTIFY, way="password", title="CRM.COM refused this.", problems=problems)
    assert dialog.identify.way_page().form.fields["username"].error.word() == "No address."
    assert dialog.identify.problem.text() == "CRM.COM refused this. Something else."
    assert focused() == "login.field.username"


async def test_what_the_vendor_cannot_do_says_so(dialog: LoginDialog, guests: FakeGuests) -> None:
    dialog.identify.set_lacks({"verify_email": "This version cannot."}, register=False)
    link = dialog.identify.links["verify_email"]
    assert (link.isEnabled(), link.toolTip()) == (False, "This version cannot.")
    dialog.identify.set_lacks({"change_password": "Only with the mailed link."}, register=False)
    assert dialog.identify.links["change_password"].isEnabled()  # that link is what it is for
    assert not dialog.identify.links["register"].isVisible()


async def test_too_many_tries_without_an_end_offer_a_new_code(dialog: LoginDialog, guests: FakeGuests) -> None:
    guests.sessions[-1].show(Step.WAIT, **SENT, wait_until=0.0)
    assert dialog.code.told.isVisible()
    assert dialog.code.renew.isVisible()
    assert not dialog.code.verify.isVisible()


async def test_asked_too_often_before_a_code_came_shows_no_field(dialog: LoginDialog, guests: FakeGuests) -> None:
    guests.sessions[-1].show(Step.WAIT, way="code.email", wait_until=60.0)
    assert dialog.code.told.text() == "Too many tries. You can try again in 1:00."
    assert not dialog.code.code.isVisible()
    assert not dialog.code.resend.isVisible()


async def test_a_guest_without_a_name_is_signed_in_too(dialog: LoginDialog, guests: FakeGuests) -> None:
    came: list[Any] = []
    dialog.signedIn.connect(lambda *what: came.append(what))
    session = guests.sessions[-1]
    session.show(Step.DONE, guest=replace(Guest("1"), name=""), contact_id=3)
    assert came == [(3, "")]
