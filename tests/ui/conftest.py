"""Tests of the window: one Qt application, async tests on its own loop, dialogs answered without a person."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
import qasync
from PySide6.QtWidgets import QApplication

from crmdesk.core.tasks import TaskScope
from crmdesk.ui.theme import Theme, theme
from tests.ui import fakes


def _qt_loop() -> asyncio.AbstractEventLoop:
    app = QApplication.instance() or QApplication([])
    app.setQuitOnLastWindowClosed(False)  # else Qt would stop the loop under the test
    return qasync.QEventLoop(app, already_running=False)


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> Mapping[str, Callable[[], Any]]:
    """Async tests of this folder run on Qt's loop."""
    return {"qt": _qt_loop}


@pytest.fixture(autouse=True)
def look(qapp: QApplication) -> Iterator[Theme]:
    """The light theme as it is at first. One object for all tests: styling every widget anew takes long."""
    made = theme()
    yield _plain(made)
    _plain(made)


def _plain(look: Theme) -> Theme:
    look.set_high_contrast("system")
    look.set_scheme("light")
    look.set_density("normal")
    look.set_font_scale(100)
    return look


@pytest.fixture
def clock() -> fakes.FakeClock:
    return fakes.FakeClock()


@pytest.fixture
def errors() -> list[tuple[str, BaseException]]:
    """What tasks reported; a test that expects none asserts that it is empty."""
    return []


@pytest.fixture
def scope(errors: list[tuple[str, BaseException]]) -> TaskScope:
    return TaskScope(lambda what, error: errors.append((what, error)))


@pytest.fixture
def settings() -> SimpleNamespace:
    return fakes.settings()


@pytest.fixture
def services(clock: fakes.FakeClock) -> fakes.FakeServices:
    return fakes.FakeServices(clock)


@pytest.fixture
def reader(services: fakes.FakeServices) -> fakes.FakeReader:
    return services.reader
