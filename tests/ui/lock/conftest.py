"""A window with guests in it, people with PINs, and a clock that tests move."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QWidget

from crmdesk.core.pin import AtDesk
from crmdesk.core.tasks import TaskScope
from crmdesk.settings import Settings
from crmdesk.ui.main_window import MainWindow
from crmdesk.ui.signals import StoreSignals
from crmdesk.ui.theme import Theme
from tests.ui import fakes
from tests.ui.fake_pins import fake_pins
from tests.ui.fakes import FakeClock, FakeServices

PIN = "482915"
GUESTS = tuple(name.split()[0] for name, *_ in fakes.PEOPLE)
TEXTS = (QAccessible.Text.Name, QAccessible.Text.Value, QAccessible.Text.Description, QAccessible.Text.Help)


async def until(condition: Callable[[], object], what: str = "what the test waits for") -> None:
    for _ in range(400):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"did not come: {what}")


@pytest.fixture
def pins() -> dict[str, str]:
    """Names and their PINs; a test may give its own."""
    return {"Maria": PIN, "Noor": "739204"}


@pytest.fixture
def services(clock: FakeClock, pins: dict[str, str]) -> FakeServices:
    made = fakes.demo_services(clock)
    made.pins = fake_pins(clock, pins, AtDesk("Maria"))
    return made


@pytest.fixture
def settings() -> Settings:
    return Settings(scheme="light", operator="Maria", operators=["Maria", "Noor"], lock_at_start=False)


@dataclass
class Opening:
    make: Callable[[], MainWindow]
    errors: list[Any]


@pytest.fixture
def window(services: FakeServices, settings: Settings, look: Theme, scope: TaskScope, errors: list[Any]) -> Opening:
    def make() -> MainWindow:
        signals = StoreSignals(services.feed, merge_ms=1)
        parts = (services, services.reader, settings, look, scope, services.board, services.clock)
        return MainWindow(*parts, signals=signals, folder="/data/desk", start_practice=lambda: None)

    return Opening(make, errors)


def in_window(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """The test gets the open window with one guest opened, and fails where one of its tasks failed."""

    @functools.wraps(test)
    async def run(window: Opening, **others: Any) -> None:
        made = window.make()
        made.resize(1400, 860)
        made.show()
        made.activateWindow()
        await until(lambda: made._loaded)
        if not made.lock.hidden:
            await until(lambda: made.contacts.model.rowCount() and made.contacts.model.row_at(0) is not None)
            made.contacts.table.choose(0)
            await until(lambda: made.contacts.detail.detail is not None)
        try:
            await test(made, **others)
        finally:
            made.close()
            await until(lambda: made._ended)
        assert window.errors == []
        made.deleteLater()

    return run


def heard(root: QWidget) -> str:
    """All that a screen reader can find below this window."""
    found: list[str] = []

    def walk(part: QAccessibleInterface | None) -> None:
        if part is not None and part.isValid():
            found.extend(part.text(kind) for kind in TEXTS)
            for number in range(part.childCount()):
                walk(part.child(number))

    walk(QAccessible.queryAccessibleInterface(root))
    return "\n".join(text for text in found if text)
