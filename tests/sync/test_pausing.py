"""A paused account: no checks by itself, not after a restart either; asked for it is checked all the same."""

from __future__ import annotations

import pytest

from crmdesk.core.errors import NotFoundError, OfflineError
from crmdesk.sync.progress import Connection, Phase
from tests.sync.test_services import Office, office, until

__all__ = ["office"]


async def restart(office: Office) -> None:
    await office.services.aclose()
    office.make()


async def test_a_paused_account_is_not_checked_by_itself_not_even_after_a_restart(office: Office) -> None:
    quiet, other = await office.add(), await office.add("Harbour")
    await office.services.pull_all()
    await office.services.pause_account(quiet.id, True)
    assert office.account(quiet.id).paused
    assert (office.board.of(quiet.id).next_at, office.board.of(quiet.id).hint) == (None, "")
    for _ in range(2):
        asked = len(office.memories["Seaside"].requests), len(office.memories["Harbour"].requests)
        await restart(office)
        office.services.start()
        await until(lambda asked=asked: len(office.memories["Harbour"].requests) != asked[1])
        await until(lambda: office.board.of(other.id).phase is Phase.DONE)
        assert len(office.memories["Seaside"].requests) == asked[0]
        assert office.services._timetable.due() == []


async def test_asked_for_it_is_checked_and_stays_paused(office: Office) -> None:
    account = await office.add()
    await office.services.pause_account(account.id, True)
    assert await office.services.pull_all() == (), "“all” leaves it out"
    result = await office.services.pull(account.id)
    assert (result.phase, result.new) == (Phase.DONE, 25)
    assert office.account(account.id).paused, "what a check notes does not end it"
    assert office.board.of(account.id).next_at is None
    office.clock.forward(24 * 3600)
    assert office.services._timetable.due() == []


async def test_a_fault_of_a_paused_account_does_not_promise_another_try(office: Office) -> None:
    account = await office.add()
    await office.services.pause_account(account.id, True)
    office.memories["Seaside"].faults.append(OfflineError("No connection."))
    result = await office.services.pull(account.id)
    assert result.phase is Phase.OFFLINE
    shown = office.board.of(account.id)
    assert (shown.hint, shown.retry_at, shown.next_at) == ("", None, None)
    assert "tried again" not in f"{shown.text} {shown.hint}"


async def test_a_lost_line_is_one_of_those_that_are_checked(office: Office) -> None:
    quiet, other = await office.add(), await office.add("Harbour")
    await office.services.pause_account(quiet.id, True)
    office.memories["Harbour"].faults.append(OfflineError("No connection."))
    await office.services.pull(other.id)
    assert office.board.connection is Connection.OFFLINE


async def test_resumed_it_is_checked_at_once_and_by_the_clock(office: Office) -> None:
    account = await office.add()
    await office.services.pause_account(account.id, True)
    office.services.start()
    await office.services.pause_account(account.id, False)
    await until(lambda: office.board.of(account.id).next_at is not None)
    assert office.board.of(account.id).phase is Phase.DONE
    assert not office.account(account.id).paused


async def test_a_removed_account_cannot_be_paused(office: Office) -> None:
    with pytest.raises(NotFoundError):
        await office.services.pause_account(99, True)
