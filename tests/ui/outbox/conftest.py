"""An Outbox page over edits in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from crmdesk.core.tasks import TaskScope
from crmdesk.ui.feedback import BannerHost, Feedback
from crmdesk.ui.kit import Page
from crmdesk.ui.outbox.page import OutboxPage
from crmdesk.ui.signals import StoreSignals
from crmdesk.ui.theme import Theme
from tests.ui.fakes import FakeClock
from tests.ui.outbox_fakes import drafts, every_state, outbox_services


async def settle(condition: Callable[[], bool] | None = None) -> None:
    """Let Qt and the tasks work until `condition` holds, or a few rounds."""
    for _ in range(200 if condition else 8):
        await asyncio.sleep(0.005 if condition else 0)
        if condition is not None and condition():
            return
    assert condition is None, "what the test waits for did not come"


@pytest.fixture
def services(clock: FakeClock) -> Any:
    return outbox_services(clock, every_state(), drafts())


@pytest.fixture
async def page(
    qtbot: QtBot, services: Any, look: Theme, scope: TaskScope, clock: FakeClock, errors: list[Any]
) -> AsyncIterator[OutboxPage]:
    window = Page()
    qtbot.addWidget(window)
    feedback = Feedback(window, clock, BannerHost(clock, window))
    made = OutboxPage(services, services.reader, look, scope, feedback, clock)
    made.keep = window  # type: ignore[attr-defined]
    qtbot.addWidget(made)
    signals = StoreSignals(services.feed, merge_ms=1)
    signals.changed.connect(lambda _changes: made.reload())
    made.resize(1100, 800)
    made.show()
    await settle(lambda: made.model.rowCount() > 0 or services.reader.reads > 0)
    await settle()
    yield made
    signals.close()
    await scope.aclose()
    assert errors == []
