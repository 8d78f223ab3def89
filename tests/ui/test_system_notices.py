"""What the system tells while crmdesk is not in front: three things only, no guest's data, and never in the way."""

from __future__ import annotations

import logging
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QSystemTrayIcon, QWidget
from pytestqt.qtbot import QtBot

from crmdesk.core.outbox import OutboxCounts
from crmdesk.core.submission import Pause, RowStage, SubmissionStage
from crmdesk.core.tasks import TaskScope
from crmdesk.sync.progress import Phase, Progress, StatusBoard
from crmdesk.ui import system_sink
from crmdesk.ui.composer.notices import SubmissionNotices
from crmdesk.ui.system_notices import SystemNotices, approvals_arrived
from crmdesk.ui.theme import Theme
from tests.ui import fakes
from tests.ui.composer.test_notices import Window, one

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="the bus of Linux desktops")


class Desk(QWidget):
    """A window that nobody looks at. `waits`: changes by account."""

    def __init__(self, scope: TaskScope) -> None:
        super().__init__()
        self.scope, self.settings, self.start_practice = scope, fakes.settings(), print
        self.waits: dict[int, int] = {}
        vendors = {"bookingsync": fakes.vendor()}
        self.services = SimpleNamespace(vendors=vendors, edits=SimpleNamespace(waiting_of_account=self._pending))

    async def _pending(self, account_id: int) -> int:
        return self.waits.get(account_id, 0)


@pytest.fixture
def desk(qtbot: QtBot, scope: TaskScope) -> Desk:
    made = Desk(scope)
    qtbot.addWidget(made)
    return made


@pytest.fixture
def told() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def notices(desk: Desk, told: list[tuple[str, str]]) -> SystemNotices:
    made = SystemNotices(desk)  # type: ignore[arg-type]
    made.use(lambda title, text: told.append((title, text)))
    made.in_front = lambda: False
    return made


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({RowStage.FAILED: 1}, "1 row of bulk events failed."),
        ({RowStage.UNKNOWN: 200, RowStage.SENT: 3}, "The outcome of 200 rows of bulk events is unknown."),
        (
            {RowStage.FAILED: 2, RowStage.UNKNOWN: 1},
            "2 rows of bulk events failed. The outcome of 1 row of bulk events is unknown.",
        ),
    ],
)
def test_sending_that_ended_badly(notices: SystemNotices, told: list[Any], counts: Any, words: str) -> None:
    notices.sent(counts)
    assert told == [("crmdesk", words)]


def test_nothing_is_told_of_what_went_well(notices: SystemNotices, told: list[Any]) -> None:
    notices.sent({RowStage.SENT: 1200})
    assert told == []


def test_whoever_looks_at_the_window_or_switched_it_off_is_told_nothing(
    notices: SystemNotices, desk: Desk, told: list[Any]
) -> None:
    notices.in_front = lambda: True
    notices.sent({RowStage.FAILED: 1})
    notices.in_front = lambda: False
    desk.settings.system_notices = False
    notices.approvals(1)
    assert told == []


def test_practice_says_so(notices: SystemNotices, desk: Desk, told: list[Any]) -> None:
    desk.start_practice = None  # type: ignore[assignment]
    notices.sent({RowStage.FAILED: 1})
    assert told[0][0] == "crmdesk, practice"


async def quiet(desk: Desk) -> None:
    import asyncio

    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_sign_in_is_told_once_and_only_where_changes_wait(
    notices: SystemNotices, desk: Desk, told: list[Any]
) -> None:
    board, accounts = StatusBoard(), [fakes.account(1), fakes.account(2, "Harbour")]
    board.put(Progress(1, Phase.SIGN_IN))
    notices.look(accounts, board, OutboxCounts())
    await quiet(desk)
    assert told == [], "nothing waits"
    desk.waits = {2: 3}
    notices.look(accounts, board, OutboxCounts(waiting=3))
    await quiet(desk)
    assert told == [], "what waits is another account's"
    desk.waits = {1: 1, 2: 3}
    for _ in range(3):
        notices.look(accounts, board, OutboxCounts(waiting=4))
        await quiet(desk)
    assert told == [("crmdesk", "BookingSync asks for a new sign-in, and 1 change waits for it.")]
    notices.look(accounts, board, OutboxCounts(waiting=9))
    await quiet(desk)
    assert len(told) == 1, "once for each refusal"
    board.put(Progress(1, Phase.DONE))
    notices.look(accounts, board, OutboxCounts(waiting=9))
    board.put(Progress(1, Phase.SIGN_IN))
    notices.look(accounts, board, OutboxCounts(waiting=9))
    await quiet(desk)
    assert len(told) == 2
    assert "Seaside" not in str(told)
    board.put(Progress(1, Phase.DONE))
    notices.look(accounts, board, OutboxCounts(waiting=9))
    board.put(Progress(1, Phase.SIGN_IN))
    notices.look(accounts, board, OutboxCounts(waiting=9))
    board.put(Progress(1, Phase.DONE))
    notices.look(accounts, board, OutboxCounts(waiting=9))
    await quiet(desk)
    assert len(told) == 2, "it was signed in before the waiting changes were counted"
    notices.look([replace(accounts[0], active=False)], board, OutboxCounts(waiting=9))


def test_an_approval_that_arrived(notices: SystemNotices, desk: Desk, told: list[Any]) -> None:
    part = QWidget(desk)
    approvals_arrived(part, 2)
    assert told == [("crmdesk", "2 requests wait for a guest’s answer.")]
    alone = QWidget()
    approvals_arrived(alone, 1)
    alone.deleteLater()
    assert len(told) == 1


@pytest.mark.parametrize(
    ("pause", "told_of"), [(Pause.NONE, 1), (Pause.UNKNOWN, 1), (Pause.PERSON, 0), (Pause.STOPPED, 0)]
)
async def test_the_end_of_sending_is_noticed_wherever_one_is(
    qtbot: QtBot, look: Theme, scope: TaskScope, clock: fakes.FakeClock, pause: Pause, told_of: int
) -> None:
    window, heard = Window(look, scope, clock), []
    qtbot.addWidget(window.banners)
    qtbot.addWidget(window.status)
    watch = SubmissionNotices(window, SimpleNamespace(sent=heard.append))  # type: ignore[arg-type]
    found = window.reader.submissions
    found.found, found.counts = [one(1, SubmissionStage.SENDING)], {1: {RowStage.QUEUED: 3}}
    await watch._look()
    stage = SubmissionStage.ENDED if pause is Pause.NONE else SubmissionStage.PAUSED
    found.found, found.counts = [one(1, stage, pause)], {1: {RowStage.FAILED: 3}}
    await watch._look()
    await watch._look()
    assert heard == [{RowStage.FAILED: 3}] * told_of


# the way to the system


def test_where_there_is_no_screen_there_is_no_sink() -> None:
    assert system_sink.system_sink(print) is None


@on_linux
def test_without_a_bus_there_is_no_sink(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_sink.QGuiApplication, "platformName", lambda: "xcb")
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    assert system_sink.system_sink(print) is None
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    assert system_sink.system_sink(print) is system_sink.to_bus


@on_linux
def test_the_bus_is_asked_to_show_it_without_a_sound(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from tests.helpers.fake_bus import FakeBus

    with FakeBus(tmp_path) as bus:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        system_sink.notify("crmdesk", "3 rows < 4 & more")
    ((signature, name, replaces, icon, title, text, actions, hints, expires),) = bus.shown
    assert (signature, name, replaces, icon, actions, expires) == ("susssasa{sv}i", "crmdesk", 0, "crmdesk", [], -1)
    assert (title, text) == ("crmdesk", "3 rows &lt; 4 &amp; more"), "desktops take the text for markup"
    assert hints["suppress-sound"] == ("b", True)


@on_linux
@pytest.mark.parametrize("trouble", ["nobody", "gone", "no address", "silent"])
def test_no_trouble_of_a_bus_is_the_windows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture, trouble: str
) -> None:
    from tests.helpers.fake_bus import FakeBus

    monkeypatch.setattr(system_sink, "PATIENCE", 0.2)
    with FakeBus(tmp_path, silent=trouble == "silent", nobody=trouble == "nobody") as bus:
        address = bus.address if trouble in ("nobody", "silent") else "unix:path=/nowhere" if trouble == "gone" else "?"
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        begun = time.monotonic()
        with caplog.at_level(logging.INFO, "crmdesk.ui"):
            system_sink.to_bus("crmdesk", "2 requests")
            assert time.monotonic() - begun < 0.15, "nobody waits for it"
            while "no system notification" not in caplog.text:
                assert time.monotonic() - begun < 5
                time.sleep(0.01)
    assert "2 requests" not in caplog.text


def test_elsewhere_a_tray_icon_comes_with_the_first_one(monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    monkeypatch.setattr(system_sink, "LINUX", False)
    monkeypatch.setattr(system_sink.QGuiApplication, "platformName", lambda: "windows")
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", lambda: True)
    monkeypatch.setattr(QSystemTrayIcon, "supportsMessages", lambda: True)
    shown: list[tuple[Any, ...]] = []
    monkeypatch.setattr(QSystemTrayIcon, "showMessage", lambda _self, *values: shown.append(values[:2]))
    monkeypatch.setattr(QSystemTrayIcon, "show", lambda _self: None)  # this platform has no place for it
    raised: list[str] = []
    sink: Any = system_sink.system_sink(lambda: raised.append("raised"))
    sink("crmdesk", "2 requests")
    assert shown == [("crmdesk", "2 requests")]
    sink._icon.messageClicked.emit()
    assert raised == ["raised"]
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", lambda: False)
    assert system_sink.system_sink(print) is None


def test_it_belongs_to_its_window(notices: SystemNotices, desk: Desk) -> None:
    assert isinstance(notices, QObject) and notices.parent() is desk
