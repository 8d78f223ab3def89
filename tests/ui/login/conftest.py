"""A sign-in dialog over a session whose view the test sets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from crmdesk.core.tasks import TaskScope
from crmdesk.ui.login import dialog as dialogs
from crmdesk.ui.login.dialog import LoginDialog
from tests.helpers.clock import FakeClock
from tests.ui.login.fakes import FakeGuests


async def settle(condition: Callable[[], object] | None = None) -> None:
    """Let Qt and the tasks work until `condition` holds, or a few rounds."""
    for _ in range(3000 if condition else 8):
        await asyncio.sleep(0.005 if condition else 0)
        if condition is not None and condition():
            return
    assert condition is None, "what the test waits for did not come"


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a screen reader is told."""
    told: list[str] = []
    from crmdesk.ui.login import code_page, extra_pages, form, plain_pages

    for module in (dialogs, code_page, extra_pages, form, plain_pages):
        monkeypatch.setattr(module, "announce", lambda _widget, text, *, assertive=False: told.append(text))
    return told


@pytest.fixture
def host(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1200, 800)
    window.show()
    return window


@pytest.fixture
def guests(clock: FakeClock) -> FakeGuests:
    return FakeGuests(clock)


@pytest.fixture
async def dialog(
    host: QWidget, guests: FakeGuests, scope: TaskScope, errors: list[Any], heard: list[str]
) -> AsyncIterator[LoginDialog]:
    made = LoginDialog(host, scope, guests, guests.list, 1)
    made.bring_forward()
    await settle(made.isActiveWindow)
    yield made
    if isValid(made) and not made.over:
        made.reject()
    await settle()
    await scope.aclose()
    assert errors == []
