"""What the whole window tells of submissions: progress, and what a crash, a copy or lost answers left."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from crmdesk.core.submission import Pause, RowStage, Submission, SubmissionStage
from crmdesk.core.tasks import TaskScope
from crmdesk.ui.composer.notices import HALTED, SubmissionNotices
from crmdesk.ui.feedback import BannerHost
from crmdesk.ui.places import EVENTS
from crmdesk.ui.status_bar import StatusBar
from crmdesk.ui.theme import Theme
from tests.ui import fakes


class Window(QObject):
    def __init__(self, look: Theme, scope: TaskScope, clock: fakes.FakeClock) -> None:
        super().__init__()
        self.scope, self.clock = scope, clock
        self.banners, self.status = BannerHost(clock), StatusBar(look)
        self.services = fakes.FakeServices(clock)
        self.reader = self.services.reader
        self.gone: list[Any] = []
        self.opened: list[int] = []
        self.pages = SimpleNamespace(events=lambda: SimpleNamespace(open=self.opened.append))

    def go(self, place: Any) -> None:
        self.gone.append(place)


@pytest.fixture
def window(qtbot: QtBot, look: Theme, scope: TaskScope, clock: fakes.FakeClock) -> Window:
    made = Window(look, scope, clock)
    qtbot.addWidget(made.banners)
    qtbot.addWidget(made.status)
    return made


def one(number: int, stage: SubmissionStage, pause: Pause = Pause.NONE) -> Submission:
    return Submission(number, 1, "web", "May", stage, pause=pause, ended_at="2026-05-03T11:40:00Z")


async def test_progress_stands_in_the_status_bar(window: Window) -> None:
    found = window.reader.submissions
    notices = SubmissionNotices(window, SimpleNamespace(sent=print))  # type: ignore[arg-type]
    found.found = [one(1, SubmissionStage.SENDING)]
    found.counts = {1: {RowStage.SENT: 1200, RowStage.QUEUED: 1081, RowStage.SENDING: 200, RowStage.LEFT_OUT: 9}}
    await notices._look()
    assert window.status.sending.text() == "Sending 1,200 of 2,481"
    window.status.sending.click()
    assert window.gone == [EVENTS]
    found.found = [one(1, SubmissionStage.ENDED)]
    await notices._look()
    assert window.status.sending.isHidden()
    assert window.banners.texts() == []


async def test_what_a_crash_left_is_told_once_until_it_is_decided(window: Window) -> None:
    found = window.reader.submissions
    notices = SubmissionNotices(window, SimpleNamespace(sent=print))  # type: ignore[arg-type]
    found.found = [one(7, SubmissionStage.ENDED, Pause.INTERRUPTED)]
    found.counts = {7: {RowStage.UNKNOWN: 200, RowStage.NOT_SENT: 3}}
    await notices._look()
    (words,) = window.banners.texts()
    assert "“May” was interrupted at" in words and "Review 200 unknown rows. 3 rows were not sent." in words
    window.banners.clear("submission.7")  # somebody has seen it
    await notices._look()
    assert window.banners.texts() == []
    found.counts = {7: {RowStage.SENT: 203}}
    await notices._look()
    found.found, found.counts = [one(7, SubmissionStage.ENDED, Pause.RESTORED)], {7: {RowStage.UNKNOWN: 1}}
    await notices._look()
    assert "backup or a copy. Review 1 unknown row." in window.banners.texts()[0]


async def test_halted_sending_is_told_until_it_is_released(window: Window) -> None:
    notices = SubmissionNotices(window, SimpleNamespace(sent=print))  # type: ignore[arg-type]
    window.reader.submissions.halt = True
    await notices._look()
    assert window.banners.shows(HALTED)
    window.reader.submissions.halt = False
    await notices._look()
    assert not window.banners.shows(HALTED)
