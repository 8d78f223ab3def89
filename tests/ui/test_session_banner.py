"""*Signed out of …*: one line for each account whose sign-in is refused, three at most, gone by itself."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from crmdesk.core.types import Account
from crmdesk.sync.progress import Phase, Progress, StatusBoard
from crmdesk.ui.feedback import BannerHost
from crmdesk.ui.kit import Banner
from crmdesk.ui.session_banner import SessionBanner
from crmdesk.ui.undo import NO_MARKS
from tests.ui import fakes
from tests.ui.fakes import FakeClock

ACCOUNTS = [fakes.account(number, f"Desk {number}") for number in range(1, 6)]


class Desk:
    def __init__(self, host: BannerHost) -> None:
        self.host, self.board = host, StatusBoard()
        self.window: Any = SimpleNamespace(
            banners=host, attached=True, services=SimpleNamespace(vendors={"bookingsync": fakes.vendor()})
        )
        self.sessions = SessionBanner(self.window)

    def put(self, phase: Phase, *numbers: int, accounts: list[Account] = ACCOUNTS) -> list[str]:
        """What stands on screen after these accounts' checks came so far."""
        for number in numbers:
            self.board.put(Progress(number, phase, text="The token is no longer accepted."))
        self.sessions.look(accounts, self.board)
        return [text.translate(NO_MARKS) for text in self.host.texts()]


@pytest.fixture
def desk(qtbot: QtBot, clock: FakeClock) -> Desk:
    host = BannerHost(clock)
    qtbot.addWidget(host)
    return Desk(host)


def line(number: int) -> str:
    return f"Signed out of BookingSync (Desk {number}). Your edits are safe."


@pytest.mark.parametrize("over", [Phase.DONE, Phase.READY, Phase.FAILED, Phase.BRAKED])
def test_a_line_comes_with_the_refusal_and_goes_when_the_sign_in_is_taken(desk: Desk, over: Phase) -> None:
    assert desk.put(Phase.LISTING, 1) == []
    assert desk.put(Phase.SIGN_IN, 1) == [line(1)]
    for meanwhile in (Phase.CONNECTING, Phase.OFFLINE, Phase.LISTING):
        assert desk.put(meanwhile, 1) == [line(1)]
    assert desk.put(over, 1) == []


def test_only_the_refused_account_is_named_and_nothing_is_counted(desk: Desk) -> None:
    desk.put(Phase.DONE, 1, 3)
    for _ in range(3):
        desk.put(Phase.SIGN_IN, 2)
        assert desk.put(Phase.CONNECTING, 2) == [line(2)]


def test_three_lines_and_then_a_number(desk: Desk) -> None:
    assert desk.put(Phase.SIGN_IN, 1, 2, 3) == [line(1), line(2), line(3)]
    assert desk.put(Phase.SIGN_IN, 4)[3:] == ["And 1 more account is signed out."]
    assert desk.put(Phase.SIGN_IN, 5)[3:] == ["And 2 more accounts are signed out."]
    assert desk.put(Phase.DONE, 2) == [line(1), line(3), line(4), "And 1 more account is signed out."]
    assert desk.put(Phase.DONE, 1) == [line(3), line(4), line(5)]


def test_a_closed_line_comes_back_with_the_next_refusal_only(desk: Desk) -> None:
    desk.put(Phase.SIGN_IN, 1)
    desk.host.clear("session.1")
    assert desk.put(Phase.SIGN_IN, 1) == []
    assert desk.put(Phase.CONNECTING, 1) == []
    assert desk.put(Phase.SIGN_IN, 1) == [line(1)]


def test_a_removed_account_takes_its_line_along(desk: Desk) -> None:
    desk.put(Phase.SIGN_IN, 1, 2)
    assert desk.put(Phase.SIGN_IN, accounts=ACCOUNTS[1:]) == [line(2)]


def test_a_vendor_may_offer_another_way_back(desk: Desk) -> None:
    pressed: list[int] = []
    way = "guest", "Sign in a guest…"
    sessions = SessionBanner(desk.window, lambda account: (*way, lambda: pressed.append(account.id)))
    desk.board.put(Progress(2, Phase.SIGN_IN))
    sessions.look(ACCOUNTS, desk.board)
    banner = desk.host.findChild(Banner, "banner.session.2")
    assert banner is not None
    banner.findChild(object, "banner.session.2.guest").click()  # type: ignore[call-overload]
    assert pressed == [2]
