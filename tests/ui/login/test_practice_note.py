"""In practice mode nobody gets a message: the dialog says what to type."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from crmdesk.core.tasks import TaskScope
from crmdesk.sync.login import Step
from crmdesk.ui.login.dialog import LoginDialog
from crmdesk.ui.login.practice_note import PracticeNote
from tests.ui.login.conftest import settle
from tests.ui.login.fakes import FakeGuests

GUEST = {"email": "ana.ruiz@example.org", "password": "Sunny-4711", "api_key": "key"}
PORTAL = {"title": "Guest portal", "code": "123456", "credentials": GUEST}


@pytest.fixture
async def practised(host: QWidget, guests: FakeGuests, scope: TaskScope, errors: list[Any]) -> AsyncIterator[Any]:
    made = LoginDialog(host, scope, guests, guests.list, 1, practice={1: PORTAL})
    made.bring_forward()
    await settle(made.isActiveWindow)
    yield made
    if isValid(made) and not made.over:
        made.reject()
    await settle()
    await scope.aclose()
    assert errors == []


async def test_who_can_sign_in_and_with_what(practised: LoginDialog, guests: FakeGuests) -> None:
    note = practised.identify.practice
    assert note.isVisible()
    assert note.text() == (
        "Practice: ana.ruiz@example.org can sign in with the password Sunny-4711, or with a code. Every code is 123456."
    )
    guests.sessions[-1].show(Step.CODE_SENT, asked=True)
    await settle(lambda: practised.stack.currentWidget() is practised.code)
    assert practised.code.practice.isVisible()
    assert practised.code.practice.text() == "Practice: no message is sent. Every code is 123456."


async def test_nothing_is_told_of_another_account(practised: LoginDialog) -> None:
    practised.begin(2)
    assert practised.identify.practice.isHidden()
    assert practised.code.practice.isHidden()


async def test_nothing_is_told_outside_practice(dialog: LoginDialog) -> None:
    assert all(note.isHidden() for note in dialog.findChildren(PracticeNote))


def test_an_account_with_codes_of_its_own_tells_none(host: QWidget) -> None:
    note = PracticeNote("note", "Every code is {code}.", {"credentials": GUEST}, host)
    assert note.text() == ""
    assert note.isHidden()
