"""The board and its words."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from crmdesk.core.types import Account, AccountState
from crmdesk.sync.progress import (
    Connection,
    Phase,
    Progress,
    StatusBoard,
    clock_text,
    counted,
    done_text,
    offline_text,
    page_text,
    remembered,
)
from tests.helpers.clock import NOON


def test_an_unknown_account_is_idle() -> None:
    assert StatusBoard().of(7) == Progress(7)


def test_many_words_before_a_delivery_are_one_call() -> None:
    posted: list[Callable[[], None]] = []
    board = StatusBoard(posted.append)
    calls: list[str] = []
    end = board.subscribe(lambda: calls.append(board.of(1).text))
    for page in range(1, 51):
        board.put(Progress(1, Phase.LISTING, text=page_text(page, 50)))
    board.connection = Connection.OFFLINE
    assert len(posted) == 1
    posted.pop()()
    assert calls == ["Page 50 of 50"]
    board.put(Progress(1, Phase.DONE, text="Done"))
    posted.pop()()
    assert calls[-1] == "Done"
    end()
    end()
    board.forget(1)
    posted.pop()()
    assert len(calls) == 2


def test_the_same_connection_word_tells_nobody() -> None:
    board = StatusBoard()
    calls: list[int] = []
    board.subscribe(lambda: calls.append(1))
    board.connection = Connection.ONLINE
    assert calls == []
    board.connection = Connection.OFFLINE
    assert calls == [1]


def test_words_from_many_threads_all_arrive() -> None:
    board = StatusBoard()
    threads = [
        threading.Thread(target=lambda n=n: [board.put(Progress(n, Phase.LISTING, page=page)) for page in range(300)])
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {number: shown.page for number, shown in board.all().items()} == dict.fromkeys(range(4), 299)


@pytest.mark.parametrize(
    ("page", "pages", "text"), [(4, 9, "Page 4 of 9"), (4, None, "Page 4"), (4, 0, "Page 4"), (4, 3, "Page 4")]
)
def test_pages(page: int, pages: int | None, text: str) -> None:
    assert page_text(page, pages) == text


def test_counts_read_well() -> None:
    assert counted(1, "contact", "contacts") == "1 contact"
    assert counted(31240, "contact", "contacts") == "31\u202f240 contacts"
    assert done_text(0, 0, 0) == "Nothing has changed."
    assert done_text(3, 0, 1200) == "3 new, 1,200 removed."
    assert done_text(1, 1, 1) == "1 new, 1 changed, 1 removed."


def test_times_of_another_day_have_their_date() -> None:
    assert clock_text(NOON, NOON) == NOON.astimezone().strftime("%H:%M")
    assert clock_text(NOON - timedelta(days=3), NOON).startswith("2026-11-")
    assert "2026-11-" in offline_text("Memory", (NOON - timedelta(days=3)).isoformat(), NOON)


@pytest.mark.parametrize(
    ("state", "phase"),
    [
        (AccountState.NEW, Phase.IDLE),
        (AccountState.GOOD, Phase.IDLE),
        (AccountState.OFFLINE, Phase.OFFLINE),
        (AccountState.SIGN_IN, Phase.SIGN_IN),
        (AccountState.FAILED, Phase.FAILED),
        (AccountState.BRAKED, Phase.BRAKED),
    ],
)
def test_how_the_last_check_ended_is_remembered(state: AccountState, phase: Phase) -> None:
    shown = remembered(
        Account(3, "memory", "Seaside", "https://memory.example", state=state, reason="why", contacts=5), None
    )
    assert (shown.phase, shown.text, shown.contacts) == (phase, "why", 5)


def test_running_phases_are_those_that_can_be_cancelled() -> None:
    assert {phase for phase in Phase if phase.running} == {
        Phase.CONNECTING,
        Phase.LISTING,
        Phase.CHECKING,
        Phase.STOPPING,
    }


def test_a_late_page_does_not_replace_stopping() -> None:
    board = StatusBoard()
    board.put(Progress(1, Phase.STOPPING, text="Stopping…"))
    board.put(Progress(1, Phase.LISTING, text="Page 3 of 9"))
    assert board.of(1).text == "Stopping…"
    board.put(Progress(1, Phase.STOPPED, text="Stopped."))
    board.put(Progress(1, Phase.CONNECTING, text="Connecting…"))
    assert board.of(1).phase is Phase.CONNECTING
