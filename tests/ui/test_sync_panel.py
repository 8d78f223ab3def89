"""The accounts panel: progress, trouble with what to do, and the decision nobody takes for the person."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QMainWindow
from pytestqt.qtbot import QtBot

from crmdesk.core.outbox import OutboxCounts
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import Account, AccountState
from crmdesk.sync.progress import Connection, Phase, Progress, StatusBoard, remembered
from crmdesk.ui.checks import Checks
from crmdesk.ui.feedback import BannerHost
from crmdesk.ui.navigation import Navigation
from crmdesk.ui.status_bar import StatusBar
from crmdesk.ui.sync_panel import AccountBlock, SyncPanel
from crmdesk.ui.theme import theme
from crmdesk.ui.troubles import Troubles
from tests.ui import fakes
from tests.ui.fakes import NOON, FakeClock

ACCOUNT = fakes.account(1)


class Verbs:
    """Writes down what was pressed."""

    attached = True

    def __init__(self) -> None:
        self.done: list[tuple[object, ...]] = []
        self.why_not: str | None = None

    def why_not_account(self, _account: Account) -> str | None:
        return self.why_not

    def __getattr__(self, verb: str):  # type: ignore[no-untyped-def]
        return lambda *arguments: self.done.append((verb, *arguments))


@pytest.fixture
def verbs() -> Verbs:
    return Verbs()


@pytest.fixture
def board() -> StatusBoard:
    return StatusBoard()


@pytest.fixture
def panel(qtbot: QtBot, verbs: Verbs, board: StatusBoard) -> SyncPanel:
    window = QMainWindow()
    window.resize(1100, 700)
    window.setCentralWidget(QLineEdit())
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(window.isActiveWindow)
    made = SyncPanel(verbs, window)
    made.keep = window  # type: ignore[attr-defined]  # Qt deletes a window nobody holds
    return made


def shown(panel: SyncPanel, board: StatusBoard, *accounts: Account) -> AccountBlock:
    panel.open_panel(lambda: panel.show_state(list(accounts or [ACCOUNT]), board, NOON))
    block = panel.block(1)
    assert block is not None
    return block


def test_a_running_check_shows_pages_and_can_be_stopped(panel: SyncPanel, board: StatusBoard, verbs: Verbs) -> None:
    board.put(Progress(1, Phase.LISTING, 4, 9))
    block = shown(panel, board)
    assert block.busy.label.whole() == "Page 4 of 9"
    assert (block.busy.bar.value(), block.busy.bar.maximum()) == (4, 9)
    block.busy.cancel.click()
    assert verbs.done == [("cancel", 1)]
    board.put(Progress(1, Phase.STOPPING, 4, 9, text="Stopping…"))
    panel.show_state([ACCOUNT], board, NOON)
    assert block.busy.label.whole() == "Stopping…"
    assert not block.busy.cancel.isEnabled()


def test_it_closes_where_what_had_the_focus_is_gone(panel: SyncPanel, board: StatusBoard, qtbot: QtBot) -> None:
    field = panel.keep.centralWidget()  # type: ignore[attr-defined]
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    shown(panel, board)
    panel.keep.setCentralWidget(QLineEdit())  # type: ignore[attr-defined]  # as an editor that was closed meanwhile
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    with qtbot.waitSignal(panel.closed):
        panel.close_panel()
    assert panel.isHidden()


def test_a_failure_has_words_a_next_step_and_details(panel: SyncPanel, board: StatusBoard) -> None:
    later = NOON + timedelta(minutes=5)
    board.put(Progress(1, Phase.FAILED, text="A fault.", hint="Wait.", retry_at=later, details=(("status", "502"),)))
    block = shown(panel, board)
    assert (block.state.word(), block.text.text(), block.hint.text()) == ("failed", "A fault.", "Wait.")
    assert "Goes on: " in block.when.text()
    block.copy.click()
    assert "status: 502" in QGuiApplication.clipboard().text()


def test_sign_in_leads_to_the_accounts_form(panel: SyncPanel, board: StatusBoard, verbs: Verbs) -> None:
    board.put(Progress(1, Phase.SIGN_IN, text="The token is no longer taken."))
    shown(panel, board).sign_in.click()
    assert verbs.done == [("edit_account", 1)]


@pytest.mark.parametrize(("name", "accept"), [("accept", True), ("keep", False)])
def test_the_brake_asks_and_each_answer_counts(
    panel: SyncPanel, board: StatusBoard, verbs: Verbs, name: str, accept: bool
) -> None:
    board.put(Progress(1, Phase.BRAKED, text="BookingSync no longer lists 412 of 800 contacts of Seaside Villas."))
    block = shown(panel, board)
    assert not block.check.isVisible()
    getattr(block, name).click()
    assert verbs.done == [("decide", 1, accept)]


def test_the_brake_of_other_values_says_what_the_answers_do(panel: SyncPanel, board: StatusBoard) -> None:
    board.put(remembered(fakes.account(1, state=AccountState.BRAKED, config={"would_alter": "60"}), None))
    block = shown(panel, board)
    assert (block.accept.text(), block.keep.text()) == ("Take them over", "Keep what is here")
    board.put(remembered(fakes.account(1, state=AccountState.BRAKED, config={"would_remove": "60"}), None))
    block = shown(panel, board)
    assert (block.accept.text(), block.keep.text()) == ("Remove them here", "Keep them")


def test_nothing_is_checked_while_working_offline(panel: SyncPanel, board: StatusBoard, verbs: Verbs) -> None:
    board.connection, verbs.why_not = Connection.WORKING_OFFLINE, "You chose to work offline."
    block = shown(panel, board)
    assert not block.check.isEnabled()
    assert block.check.accessibleDescription() == "You chose to work offline."
    assert (panel.offline.isChecked(), panel.check_all.isEnabled()) == (True, False)
    panel.offline.click()
    assert verbs.done == [("toggle_offline",)]


def test_a_check_that_would_find_nothing_says_why(panel: SyncPanel, board: StatusBoard, verbs: Verbs) -> None:
    text = verbs.why_not = "It takes events; it has no list of contacts here."
    board.put(Progress(1, Phase.READY, text=text))
    block = shown(panel, board, replace(ACCOUNT, checked_at=""))
    assert (block.state.word(), block.text.text(), block.when.isVisible()) == ("ready", text, False)
    assert (block.check.isEnabled(), block.check.accessibleDescription()) == (False, text)
    verbs.why_not = None
    panel.show_state([ACCOUNT], board, NOON)
    assert (block.check.isEnabled(), block.check.accessibleDescription()) == (True, "")


def test_a_paused_account_says_so_everywhere_and_is_resumed(
    panel: SyncPanel, board: StatusBoard, verbs: Verbs, qtbot: QtBot
) -> None:
    board.put(Progress(1, Phase.DONE, page=4, text="3 new, 1 changed."))
    block = shown(panel, board)
    assert "4 pages read" in block.when.text() and not block.rest.isVisible()
    block.pause.click()
    assert verbs.done == [("pause_account", 1, True)]
    paused = replace(ACCOUNT, config={"paused": "yes"})
    panel.show_state([paused], board, NOON)
    assert (block.state.word(), block.pause.text(), block.check.isEnabled()) == ("paused", "Resume", True)
    assert block.rest.isVisible() and "Check now" in block.rest.text()
    block.pause.click()
    assert verbs.done[1:] == [("pause_account", 1, False)]
    status = StatusBar(theme())
    qtbot.addWidget(status)
    status.show_state([paused], board, NOON)
    assert status.texts()[1] == "Seaside Villas paused"
    navigation = Navigation(theme())
    qtbot.addWidget(navigation)
    navigation.show_counts([paused], 1, [], board)
    assert any(line.spoken.endswith("paused") for line in navigation.lines())


@pytest.mark.parametrize(
    ("phase", "word"), [(Phase.FAILED, "failed"), (Phase.SIGN_IN, "sign in"), (Phase.LISTING, "checking")]
)
def test_trouble_and_work_are_told_before_a_pause(
    panel: SyncPanel, board: StatusBoard, phase: Phase, word: str
) -> None:
    board.put(Progress(1, phase, text="A fault."))
    block = shown(panel, board, replace(ACCOUNT, config={"paused": "yes"}))
    assert block.state.word() == word and block.rest.isVisible()


def test_where_nothing_is_checked_nothing_can_be_paused(panel: SyncPanel, board: StatusBoard) -> None:
    board.put(Progress(1, Phase.READY, text="It takes events; it has no list of contacts here."))
    assert not shown(panel, board).pause.isVisible()
    board.put(Progress(1, Phase.READY, next_at=NOON + timedelta(minutes=10)))  # what was sent is looked up
    assert shown(panel, board).pause.isVisible()
    board.put(Progress(1, Phase.READY))
    block = shown(panel, board, replace(ACCOUNT, config={"paused": "yes"}))
    assert (block.pause.text(), block.pause.isVisible(), block.state.word()) == ("Resume", True, "paused")


def test_the_reason_is_the_vendors_own_or_the_switch(clock: FakeClock) -> None:
    services = fakes.FakeServices(clock)
    checks = Checks(TaskScope(lambda *_: None), lambda _id: None, lambda _offline: None)
    assert checks.why_not_account(ACCOUNT) == "Contacts are still being opened."
    checks.take_world(cast("Any", services), cast("Any", services.reader))
    assert checks.why_not_account(ACCOUNT) is None
    services.working_offline = True
    assert checks.why_not_account(ACCOUNT) == "You chose to work offline."
    services.reasons["bookingsync", "pull"] = "There is no list."
    assert checks.why_not_account(ACCOUNT) == "There is no list."


def test_kept_accounts_are_read_only(panel: SyncPanel, board: StatusBoard) -> None:
    block = shown(panel, board, fakes.account(1, active=False))
    assert block.state.word() == "kept, read-only"
    assert not block.check.isVisible()


def test_buttons_that_find_no_room_go_on_below(panel: SyncPanel, board: StatusBoard, qtbot: QtBot) -> None:
    theme().set_font_scale(150)
    try:
        board.put(Progress(1, Phase.SIGN_IN, text="The token is no longer taken."))
        block = shown(panel, board)
        panel.resize(360, 400)
        qtbot.waitUntil(lambda: block.width() <= 360)
        for part in (block.check, block.sign_in, block.copy, block.state):
            assert block.rect().contains(part.geometry().translated(part.parentWidget().pos())), part.objectName()
    finally:
        theme().set_font_scale(100)


def test_escape_gives_the_focus_back(panel: SyncPanel, board: StatusBoard, qtbot: QtBot) -> None:
    opener = panel.window().centralWidget()  # type: ignore[attr-defined]
    opener.setFocus()
    shown(panel, board)
    assert panel.isAncestorOf(QGuiApplication.focusObject())  # type: ignore[arg-type]
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert panel.isHidden()
    assert opener.hasFocus()


def test_the_panel_stays_inside_the_window(panel: SyncPanel, board: StatusBoard) -> None:
    panel.window().resize(900, 600)
    shown(panel, board, *(fakes.account(n, f"Account {n}") for n in range(1, 12)))
    assert panel.parentWidget().rect().contains(panel.geometry())


# banners for background trouble


@pytest.fixture
def banners(qtbot: QtBot, clock: FakeClock) -> BannerHost:
    made = BannerHost(clock)
    qtbot.addWidget(made)
    return made


def test_repeated_loss_of_the_line_counts_on_one_banner(banners: BannerHost, board: StatusBoard) -> None:
    troubles = Troubles(banners, lambda: None, print)
    for _ in range(3):
        board.connection = Connection.OFFLINE
        board.put(Progress(1, Phase.OFFLINE, text="No connection. You are working with saved data."))
        troubles.look([ACCOUNT], board)
        board.put(Progress(1, Phase.CONNECTING))
        troubles.look([ACCOUNT], board)
    assert banners.texts() == ["No connection. You are working with saved data. (3 times)"]
    board.connection = Connection.ONLINE
    troubles.look([ACCOUNT], board)
    assert banners.texts() == []


def test_one_loss_of_the_line_is_one_for_all_accounts(banners: BannerHost, board: StatusBoard) -> None:
    troubles = Troubles(banners, lambda: None, print)
    accounts = [ACCOUNT, replace(ACCOUNT, id=2, title="Harbour")]
    for account in accounts:
        board.put(Progress(account.id, Phase.OFFLINE, text="No connection."))
        troubles.look(accounts, board)
    board.connection = Connection.OFFLINE
    troubles.look(accounts, board)
    assert banners.texts() == ["No connection."]


def test_a_decision_waits_on_a_banner_until_it_is_taken(banners: BannerHost, board: StatusBoard) -> None:
    opened: list[str] = []
    troubles = Troubles(banners, lambda: opened.append("panel"), print)
    board.put(Progress(1, Phase.BRAKED, text="412 of 800 contacts are no longer listed."))
    troubles.look([ACCOUNT], board)
    troubles.look([ACCOUNT], board)
    assert banners.texts() == ["Seaside Villas: 412 of 800 contacts are no longer listed."]
    board.put(Progress(1, Phase.DONE))
    troubles.look([ACCOUNT], board)
    assert banners.texts() == []


@pytest.mark.parametrize("phase", [Phase.DONE, Phase.READY])
def test_a_trouble_that_is_over_takes_its_banner_along(banners: BannerHost, board: StatusBoard, phase: Phase) -> None:
    troubles = Troubles(banners, lambda: None, print)
    for now in (Phase.FAILED, phase):
        board.put(Progress(1, now, text="A fault."))
        troubles.look([ACCOUNT], board)
    assert banners.texts() == []


@pytest.mark.parametrize("left", [[], [replace(ACCOUNT, active=False)]], ids=["deleted", "kept, read-only"])
def test_a_removed_account_takes_its_banner_along(banners: BannerHost, board: StatusBoard, left: list[Account]) -> None:
    troubles = Troubles(banners, lambda: None, print)
    board.put(Progress(1, Phase.FAILED, text="A fault."))
    troubles.look([ACCOUNT], board)
    troubles.look(left, board)
    assert banners.texts() == []


def test_a_fault_can_be_tried_at_once_and_says_when_it_is_tried_again(banners: BannerHost, board: StatusBoard) -> None:
    tried: list[int] = []
    troubles = Troubles(banners, lambda: None, tried.append)
    board.put(Progress(1, Phase.FAILED, text="Cendyn has a fault on its side (502)."))
    troubles.look([ACCOUNT], board)
    banners.findChild(QAbstractButton, "banner.account.1.failed.try").click()
    assert tried == [1]
    board.put(replace(board.of(1), hint="It will be tried again at 14:12."))
    troubles.look([ACCOUNT], board)
    assert banners.texts() == ["Seaside Villas: Cendyn has a fault on its side (502). It will be tried again at 14:12."]


def test_without_a_line_it_says_how_many_changes_are_sent_later(banners: BannerHost, board: StatusBoard) -> None:
    tried: list[int] = []
    troubles = Troubles(banners, lambda: None, tried.append)
    board.connection = Connection.OFFLINE
    board.put(Progress(1, Phase.OFFLINE, text="No connection. You are working with data saved at 14:05."))
    for waiting, words in ((0, ""), (2, " 2 changes will be sent later."), (1, " 1 change will be sent later.")):
        troubles.look([ACCOUNT], board, OutboxCounts(waiting=waiting))
        assert banners.texts() == [f"No connection. You are working with data saved at 14:05.{words}"]
    banners.findChild(QAbstractButton, "banner.offline.try").click()
    assert tried == [0]
    banners.clear("offline")
    troubles.look([ACCOUNT], board, OutboxCounts(waiting=3))
    assert banners.texts() == [], "closed is closed until the line is lost again"


@pytest.mark.parametrize(("account_id", "wanted"), [(0, "pull_all"), (7, "pull")])
async def test_try_now_sends_what_waits_and_then_checks(scope: TaskScope, account_id: int, wanted: str) -> None:
    done: list[str] = []

    def verb(name: str):  # type: ignore[no-untyped-def]
        async def run(*_: object) -> None:
            done.append(name)

        return run

    checks = Checks(scope, lambda _id: None, lambda _offline: None)
    services: Any = SimpleNamespace(
        edits=SimpleNamespace(try_all=verb("try_all")), pull=verb("pull"), pull_all=verb("pull_all")
    )
    checks.take_world(services, cast("Any", None))
    checks.try_now(account_id)
    while scope.running(("try", account_id)):
        await asyncio.sleep(0)
    assert done == ["try_all", wanted]
