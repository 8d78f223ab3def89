"""Tests of the window: one Qt application, async tests on its own loop, dialogs answered without a person."""

from __future__ import annotations

import asyncio
import functools
import inspect
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


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """When the loop of a test is over qasync and pytest-qt let Qt go on once more. A timer that is due just then (the
    rest before a contact is opened, under load) would begin a task without a loop. The program closes its scope before
    its loop ends, and so do these tests."""
    if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
        item.obj = _closing_its_scope(item, item.obj)
    return (yield)


def _closing_its_scope(item: pytest.Function, test: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(test)
    async def run(*given: Any, **named: Any) -> None:
        try:
            await test(*given, **named)
        finally:
            scope = item.funcargs.get("scope")
            if isinstance(scope, TaskScope):
                scope._closed = True

    return run


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
