"""The rules of a pull, each against the real store."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from crmdesk.core import seams
from crmdesk.core.errors import (
    ForbiddenError,
    KnownError,
    NotFoundError,
    OfflineError,
    ProtocolError,
    RateLimitedError,
    ServerFaultError,
    SignInNeededError,
    StorageError,
)
from crmdesk.core.types import AccountState, Page
from crmdesk.store import accounts
from crmdesk.sync.outcome import RESELECTED, Removals
from crmdesk.sync.progress import Phase
from tests.helpers.clock import NOON
from tests.helpers.desk import Desk
from tests.helpers.memory_vendor import MemoryVendor, _remote


async def test_a_first_pull_brings_everything_page_by_page(desk: Desk) -> None:
    result = await desk.pull()
    assert result.phase is Phase.DONE
    assert (result.new, result.full) == (25, True)
    assert desk.cached() == desk.vendor.bodies()
    assert [shown.text for shown in desk.board.seen if shown.phase is Phase.LISTING] == [
        "Page 1 of 3",
        "Page 2 of 3",
        "Page 3 of 3",
    ]
    assert desk.account.state is AccountState.GOOD
    assert desk.account.checked_at == seams.iso(NOON)
    assert desk.checkpoint() is None


async def test_the_next_pull_asks_only_for_changes_since_the_first_page_of_the_last_one(desk: Desk) -> None:
    desk.vendor.before_read = lambda vendor, page: vendor.edit("1", name="During") if page == 3 else None
    await desk.pull()
    desk.vendor.before_read = None
    assert desk.cached()["1"]["name"] == "Guest 1"
    result = await desk.pull()
    assert (result.full, result.changed) == (False, 1)
    assert desk.cached() == desk.vendor.bodies()


async def test_changes_creations_and_deletions_arrive(desk: Desk) -> None:
    await desk.pull()
    desk.vendor.edit("3", name="Renamed")
    desk.vendor.remove("4")
    desk.vendor.make(name="New")
    result = await desk.pull()
    assert (result.new, result.removed) == (1, 1)
    assert desk.cached() == desk.vendor.bodies()
    assert desk.board.last.text.startswith("1 new, ")


async def test_killed_between_pages_it_goes_on_at_the_page_not_stored(desk: Desk) -> None:
    desk.vendor.faults.extend([None, None, OfflineError("No connection.")])
    assert (await desk.pull()).phase is Phase.OFFLINE
    assert len(desk.cached()) == 20
    desk.restart()
    desk.vendor.requests.clear()
    result = await desk.pull()
    assert desk.vendor.requests == ["page 3", "page 1"]  # the second asks what was deleted while it paused
    assert result.phase is Phase.DONE
    assert desk.cached() == desk.vendor.bodies()


async def test_a_page_that_came_is_stored_although_the_next_one_failed(desk: Desk) -> None:
    desk.vendor.faults.extend([None, ServerFaultError("Memory has a fault on its side (502).")])
    result = await desk.pull()
    assert result.phase is Phase.FAILED
    assert len(desk.cached()) == 10
    assert desk.checkpoint() == 2


async def test_the_cursor_stays_until_the_listing_is_complete(desk: Desk) -> None:
    desk.vendor.faults.extend([None, OfflineError("No connection.")])
    await desk.pull()
    assert desk.since() == ""


@pytest.mark.parametrize(
    ("error", "phase", "state"),
    [
        (OfflineError("No connection."), Phase.OFFLINE, AccountState.OFFLINE),
        (RateLimitedError("slow", until=NOON + timedelta(minutes=7)), Phase.WAITING, AccountState.GOOD),
        (RateLimitedError("slow"), Phase.WAITING, AccountState.GOOD),
        (ServerFaultError("Memory has a fault on its side (502)."), Phase.FAILED, AccountState.FAILED),
        (SignInNeededError("Memory no longer takes this token."), Phase.SIGN_IN, AccountState.SIGN_IN),
        (ForbiddenError("This token may not read contacts."), Phase.FAILED, AccountState.FAILED),
        (ProtocolError("The answer could not be understood."), Phase.FAILED, AccountState.FAILED),
        (NotFoundError("No such list."), Phase.FAILED, AccountState.FAILED),
    ],
)
async def test_an_error_has_words_and_removes_nothing(
    desk: Desk, error: KnownError, phase: Phase, state: AccountState
) -> None:
    await desk.pull()
    before = desk.cached()
    desk.vendor.faults.append(error)
    result = await desk.pull(full=True)
    assert result.phase is phase
    assert result.error is error
    assert desk.account.state is state
    assert desk.board.last.phase is phase
    assert desk.board.last.text
    assert desk.cached() == before


async def test_offline_says_from_when_the_saved_data_is(desk: Desk) -> None:
    desk.vendor.faults.append(OfflineError("No route."))
    await desk.pull()
    assert desk.board.last.text == "No saved data for Memory yet; it needs one connection."
    await desk.pull()
    desk.vendor.faults.append(OfflineError("No route."))
    await desk.pull()
    saved_at = NOON.astimezone().strftime("%H:%M")
    assert desk.board.last.text == f"No connection. You are working with data saved at {saved_at}."


async def test_the_rate_limit_says_when_it_goes_on(desk: Desk) -> None:
    until = NOON + timedelta(minutes=7)
    desk.vendor.faults.append(RateLimitedError("slow", until=until))
    result = await desk.pull()
    assert result.retry_at == until
    assert desk.board.last.text == "Memory asks us to slow down."
    assert desk.board.last.hint == f"Continuing at {until.astimezone().strftime('%H:%M')}."


async def test_a_full_disk_ends_the_pull_with_words(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object, **__: object) -> None:
        raise StorageError("There is no room to save on this computer.", "Free some space.")

    monkeypatch.setattr(desk.database, "write", full)
    result = await desk.pull()
    assert isinstance(result.error, StorageError)
    assert desk.board.last.text == "There is no room to save on this computer."


# ── what is gone ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_missing_from_a_full_listing_and_not_found_is_gone(desk: Desk) -> None:
    await desk.pull()
    desk.vendor.remove("7")
    result = await desk.pull(full=True)
    assert result.removed == 1
    assert "get 7" in desk.vendor.requests
    assert desk.cached() == desk.vendor.bodies()


async def test_missing_from_a_full_listing_but_still_there_is_kept(desk: Desk) -> None:
    await desk.pull()
    hidden = desk.vendor.contacts.pop("7")

    async def get(remote_id: str) -> object:
        return _remote({**hidden, "name": "Still there"})

    desk.vendor.get = get  # type: ignore[method-assign, assignment]
    result = await desk.pull(full=True)
    assert result.removed == 0
    assert desk.cached()["7"]["name"] == "Still there"


async def test_a_missing_one_that_was_cancelled_is_gone(desk: Desk) -> None:
    await desk.pull()
    hidden = desk.vendor.contacts.pop("7")

    async def get(remote_id: str) -> object:
        return _remote({**hidden, "canceled_at": "2026-11-22T00:00:00Z"})

    desk.vendor.get = get  # type: ignore[method-assign, assignment]
    assert (await desk.pull(full=True)).removed == 1
    assert "7" not in desk.cached()


async def test_a_line_that_breaks_while_asking_removes_nothing(desk: Desk) -> None:
    await desk.pull()
    desk.vendor.remove("7")
    desk.vendor.remove("8")
    desk.vendor.faults.extend([None, None, None, None, OfflineError("No connection.")])
    assert (await desk.pull(full=True)).phase is Phase.OFFLINE
    assert len(desk.cached()) == 25
    assert (await desk.pull()).removed == 2  # it goes on with the full listing
    assert desk.cached() == desk.vendor.bodies()


async def test_many_missing_below_the_brake_are_sampled(tmp_path: object) -> None:
    desk = Desk(tmp_path / "many.db", memory=MemoryVendor(400, per_page=100))  # type: ignore[operator]
    await desk.pull()
    for number in range(100, 139):
        desk.vendor.remove(str(number))
    desk.vendor.requests.clear()
    result = await desk.pull(full=True)
    assert result.removed == 39
    assert sum(request.startswith("get") for request in desk.vendor.requests) == 20
    assert desk.cached() == desk.vendor.bodies()
    desk.close()


async def test_many_missing_of_which_one_is_still_there_are_all_kept(tmp_path: object) -> None:
    desk = Desk(tmp_path / "many.db", memory=MemoryVendor(400, per_page=100))  # type: ignore[operator]
    await desk.pull()
    hidden = {str(number): desk.vendor.contacts.pop(str(number)) for number in range(100, 139)}

    async def get(remote_id: str) -> object:
        return _remote(hidden[remote_id])

    desk.vendor.get = get  # type: ignore[method-assign, assignment]
    result = await desk.pull(full=True)
    assert result.removed == 0
    assert result.unsettled
    assert len(desk.cached()) == 400
    desk.close()


# ── the brake ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("cached", "gone", "brakes"), [(25, 10, False), (25, 11, True), (120, 12, False), (120, 13, True)]
)
async def test_the_brake_holds_over_ten_and_over_ten_percent(
    tmp_path: object, cached: int, gone: int, brakes: bool
) -> None:
    desk = Desk(tmp_path / "brake.db", cached)  # type: ignore[operator]
    await desk.pull()
    for number in range(1, gone + 1):
        desk.vendor.remove(str(number))
    result = await desk.pull(full=True)
    assert (result.phase is Phase.BRAKED) is brakes
    assert len(desk.cached()) == (cached if brakes else cached - gone)
    desk.close()


async def test_an_empty_list_empties_nothing(desk: Desk) -> None:
    await desk.pull()
    since = desk.since()
    desk.vendor.contacts.clear()
    result = await desk.pull(full=True)
    assert result.phase is Phase.BRAKED
    assert desk.board.last.text == "Memory now returns 0 of 25 contacts."
    assert desk.account.state is AccountState.BRAKED
    assert len(desk.cached()) == 25
    assert desk.since() == since


async def test_told_deletions_pass_the_brake_too(desk: Desk) -> None:
    await desk.pull()
    since = desk.since()
    for number in range(1, 12):
        desk.vendor.remove(str(number))
    desk.vendor.edit("20")
    result = await desk.pull()
    assert result.phase is Phase.BRAKED
    assert result.would_remove == 11
    assert len(desk.cached()) == 25
    assert desk.since() == since
    desk.restart()
    assert (await desk.pull()).phase is Phase.BRAKED, "the question stands after a restart"


@pytest.mark.parametrize("full", [True, False])
async def test_accepting_lets_as_many_go_as_were_asked_about(desk: Desk, full: bool) -> None:
    await desk.pull()
    for number in range(1, 15):
        desk.vendor.remove(str(number))
    assert (await desk.pull(full=full)).would_remove == 14
    assert desk.account.config["would_remove"] == "14"
    result = await desk.pull(full=full, removals=Removals(agreed=14))
    assert (result.phase, result.removed) == (Phase.DONE, 14)
    assert desk.cached() == desk.vendor.bodies()
    assert desk.account.state is AccountState.GOOD
    assert "would_remove" not in desk.account.config


async def test_accepting_does_not_cover_more_than_was_asked(desk: Desk) -> None:
    await desk.pull()
    for number in range(1, 16):
        desk.vendor.remove(str(number))
    assert (await desk.pull(full=True, removals=Removals(agreed=14))).phase is Phase.BRAKED
    assert len(desk.cached()) == 25


@pytest.mark.parametrize(
    ("cached", "changed", "brakes"), [(25, 20, False), (25, 21, True), (200, 40, False), (200, 41, True)]
)
@pytest.mark.parametrize("full", [True, False])
async def test_the_brake_holds_over_twenty_and_over_twenty_percent_of_other_values(
    tmp_path: object, cached: int, changed: int, brakes: bool, full: bool
) -> None:
    desk = Desk(tmp_path / "brake.db", cached)  # type: ignore[operator]
    await desk.pull()
    before, since = desk.cached(), desk.since()
    for number in range(1, changed + 1):
        desk.vendor.edit(str(number), name="")
    result = await desk.pull(full=full)
    assert (result.phase is Phase.BRAKED, result.would_alter > 20) == (brakes, brakes)
    lost = [name for name, raw in desk.cached().items() if raw != before[name]]
    assert (desk.cached() == desk.vendor.bodies()) is not brakes
    assert len(lost) <= max(20, cached * 0.2), "what came before the page that went too far"
    if brakes:
        assert desk.since() == since
        words = desk.board.last.text
        assert words.startswith("Memory now returns other values for ") and words.endswith(f"of {cached} contacts.")
        desk.restart()
        assert desk.account.state is AccountState.BRAKED, "the question outlives the program"
    desk.close()


async def test_a_time_that_moved_on_everywhere_alters_nobody(desk: Desk) -> None:
    await desk.pull()
    for number in range(1, 26):
        desk.vendor.edit(str(number), touched=True)
    result = await desk.pull(full=True)
    assert (result.phase, result.changed) == (Phase.DONE, 25)


@pytest.mark.parametrize("full", [True, False])
async def test_other_values_are_taken_over_once_somebody_says_so(desk: Desk, full: bool) -> None:
    await desk.pull()
    for number in range(1, 26):
        desk.vendor.edit(str(number), city="Nantes")
    result = await desk.pull(full=full)
    assert (result.phase, result.would_remove) == (Phase.BRAKED, 0)
    assert desk.account.config["would_alter"] == str(result.would_alter)
    for _ in range(3):
        again = await desk.pull(full=full)
        assert (again.phase, again.would_alter) == (Phase.BRAKED, result.would_alter), "asking again is no answer"
    assert desk.cached() != desk.vendor.bodies()
    assert (await desk.pull(full=full, removals=Removals(alter=True))).phase is Phase.DONE
    assert desk.cached() == desk.vendor.bodies()
    assert "would_alter" not in desk.account.config and desk.account.state is AccountState.GOOD


@pytest.mark.parametrize("full", [True, False])
async def test_kept_values_stay_until_the_next_full_listing(desk: Desk, full: bool) -> None:
    await desk.pull()
    for number in range(1, 26):
        desk.vendor.edit(str(number), city="Nantes")
    desk.vendor.make()
    await desk.pull(full=full)
    before = {name: raw for name, raw in desk.cached().items() if raw != desk.vendor.bodies().get(name)}
    result = await desk.pull(full=full, removals=Removals(keep_values=True))
    assert result.phase is Phase.DONE and "26" in desk.cached(), "new ones come"
    assert {name: desk.cached()[name] for name in before} == before
    assert desk.account.state is AccountState.GOOD
    assert len(before) > 3, "most of them had not come"
    assert {name: desk.cached()[name] for name in before} == before


@pytest.mark.parametrize("full", [True, False])
async def test_no_question_and_no_answer_holds_back_that_a_guest_is_closed(desk: Desk, full: bool) -> None:
    """A vendor's restriction counts at once, also where everything else of a page is to be decided by a person."""

    await desk.pull()
    before = desk.cached()
    for number in range(1, 26):
        desk.vendor.edit(str(number), city="Nantes")
    desk.vendor.edit("22", restricted_at="2026-11-28T08:00:00Z")
    desk.vendor.edit("24", forget_at="2020-01-01T00:00:00Z")
    assert (await desk.pull(full=full)).phase is Phase.BRAKED
    assert desk.closed() == ["22"] and "24" not in desk.cached()
    assert [desk.cached()[name] for name in ("21", "23", "25")] == [before[name] for name in ("21", "23", "25")]
    desk.vendor.edit("23", restricted_at="2026-11-28T08:00:00Z")
    assert (await desk.pull(full=full, removals=Removals(keep_values=True))).phase is Phase.DONE
    assert desk.closed() == ["22", "23"]
    assert desk.cached()["23"] == desk.vendor.bodies()["23"]
    assert [desk.cached()[name] for name in ("21", "25")] == [before[name] for name in ("21", "25")]


@pytest.mark.parametrize("full", [True, False])
async def test_a_question_holds_back_no_restriction_on_a_later_page_or_in_a_later_check(
    tmp_path: Path, full: bool
) -> None:
    desk = Desk(tmp_path / "later.db", 60)
    await desk.pull()
    before = desk.cached()
    for number in range(1, 61):
        desk.vendor.edit(str(number), city="Nantes")
    desk.vendor.edit("58", restricted_at="2026-11-28T08:00:00Z")
    result = await desk.pull(full=full)
    assert (result.phase, desk.board.last.phase) == (Phase.BRAKED, Phase.BRAKED)
    assert (desk.closed(), desk.cached()["57"]) == (["58"], before["57"]), "that page is far behind the one that braked"
    desk.vendor.edit("60", restricted_at="2026-11-28T09:00:00Z")
    desk.vendor.edit("55", forget_at="2020-01-01T00:00:00Z")
    again = await desk.pull(full=full)
    assert (again.phase, again.would_alter) == (Phase.BRAKED, result.would_alter)
    assert desk.closed() == ["58", "60"] and "55" not in desk.cached()
    assert desk.cached()["57"] == before["57"]
    assert (await desk.pull(full=full, removals=Removals(alter=True))).phase is Phase.DONE
    assert desk.cached() == {name: raw for name, raw in desk.vendor.bodies().items() if name != "55"}
    desk.close()


@pytest.mark.parametrize("full", [True, False])
async def test_a_question_stands_although_the_pages_behind_it_do_not_come(tmp_path: Path, full: bool) -> None:
    """Else the next check would go on behind what was stored, and as much again would get other values."""
    desk = Desk(tmp_path / "cut.db", 60)
    await desk.pull()
    before = desk.cached()
    for number in range(1, 61):
        desk.vendor.edit(str(number), city="Nantes")
    desk.vendor.faults.extend([None] * 4 + [OfflineError("No connection.")])
    assert (await desk.pull(full=full)).phase is Phase.OFFLINE
    assert (desk.account.state, "would_alter" in desk.account.config) == (AccountState.OFFLINE, True)
    lost = [name for name, raw in desk.cached().items() if raw != before[name]]
    for _ in range(2):
        desk.restart()
        assert (await desk.pull(full=full)).phase is Phase.BRAKED
        assert [name for name, raw in desk.cached().items() if raw != before[name]] == lost
    desk.close()


async def test_stopped_behind_a_page_that_went_too_far_the_question_stands(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "stopped.db", 60)
    await desk.pull()
    for number in range(1, 61):
        desk.vendor.edit(str(number), city="Nantes")
    reached = asyncio.Event()

    async def hang(page: int) -> None:
        if page == 6:
            reached.set()
            await asyncio.Event().wait()

    desk.vendor.pause = hang
    check = asyncio.create_task(desk.pull(full=True))
    await asyncio.wait_for(reached.wait(), 20)
    while "would_alter" not in desk.account.config:
        await asyncio.sleep(0.01)
    check.cancel()
    with pytest.raises(asyncio.CancelledError):
        await check
    assert desk.account.state is AccountState.BRAKED
    desk.close()


@pytest.mark.parametrize("full", [True, False])
async def test_keeping_keeps_them_until_the_next_full_listing(desk: Desk, full: bool) -> None:
    await desk.pull()
    for number in range(1, 15):
        desk.vendor.remove(str(number))
    desk.vendor.edit("20", name="Edited meanwhile")
    await desk.pull(full=full)
    result = await desk.pull(full=full, removals=Removals(keep=True))
    assert (result.phase, result.removed) == (Phase.DONE, 0)
    assert len(desk.cached()) == 25
    assert desk.cached()["20"]["name"] == "Edited meanwhile"
    assert desk.account.state is AccountState.GOOD
    assert (await desk.pull(full=True)).phase is Phase.BRAKED


# ── a list that moves while it is read ───────────────────────────────────────────────────────────────────────────────


async def test_a_record_that_slipped_over_a_border_is_found_by_reading_again(desk: Desk) -> None:
    def delete_one(vendor: MemoryVendor, page: int) -> None:
        if page == 2 and "1" in vendor.contacts:
            vendor.remove("1")  # 11 moves onto page 1, which was read already

    desk.vendor.before_read = delete_one
    await desk.pull()
    await desk.pull()
    assert desk.cached() == desk.vendor.bodies()


async def test_a_list_that_never_holds_still_removes_nothing_and_keeps_the_cursor(desk: Desk) -> None:
    await desk.pull()
    since = desk.since()

    def shrink(vendor: MemoryVendor, page: int) -> None:
        if page == 2:
            vendor.contacts.pop(min(vendor.contacts, key=int))  # not told: only a full listing could find it

    desk.vendor.before_read = shrink
    result = await desk.pull(full=True)
    assert result.unsettled
    assert result.removed == 0
    assert desk.since() == since
    assert "kept changing" in desk.board.last.text
    desk.vendor.before_read = None
    await desk.pull(full=True)
    assert desk.cached() == desk.vendor.bodies()


async def test_a_pause_in_which_as_many_were_made_as_deleted_hides_nobody(desk: Desk) -> None:
    desk.vendor.faults.extend([None, None, OfflineError("No connection.")])
    await desk.pull()
    desk.vendor.remove("1")  # 21 moves onto page 2, which was read already
    desk.vendor.make()
    await desk.pull()
    await desk.pull()
    assert desk.cached() == desk.vendor.bodies()


async def test_a_list_that_ends_before_the_page_it_was_interrupted_at(desk: Desk) -> None:
    desk.vendor.faults.extend([None, None, OfflineError("No connection.")])
    await desk.pull()
    for number in range(3, 26):
        desk.vendor.remove(str(number))
    result = await desk.pull()
    assert result.phase is Phase.BRAKED
    assert (await desk.pull(removals=Removals(agreed=result.would_remove))).phase is Phase.DONE
    assert desk.cached() == desk.vendor.bodies()


async def test_a_total_that_never_fits_is_not_taken_for_a_moving_list(desk: Desk) -> None:
    class Liar:
        """Announces 3 more than it lists, as a vendor might that counts cancelled ones."""

        whole = False

        async def get(self, remote_id: str) -> object:
            return await desk.vendor.get(remote_id)

        async def pages(self, cursor: object) -> object:
            async for page in desk.vendor.pages(cursor):  # type: ignore[arg-type]
                yield Page(page.contacts, page.number, page.removed, page.after, page.total + 3, page.pages,
                           page.next_since, page.full)  # fmt: skip

    result = await desk.pull(source=Liar())  # type: ignore[arg-type]
    assert not result.unsettled
    assert desk.since() != ""
    assert sum(request == "page 1" for request in desk.vendor.requests) == 2


async def test_without_any_total_the_pages_count(desk: Desk) -> None:
    desk.vendor.tells_total = False
    assert (await desk.pull()).phase is Phase.DONE
    assert desk.cached() == desk.vendor.bodies()


async def test_a_vendor_that_does_not_tell_its_time_is_listed_fully_each_time(desk: Desk) -> None:
    desk.vendor.tells_time = False
    await desk.pull()
    desk.vendor.remove("1")
    result = await desk.pull()
    assert result.full
    assert desk.cached() == desk.vendor.bodies()


async def test_a_full_listing_comes_at_least_daily(desk: Desk) -> None:
    await desk.pull()
    desk.vendor.contacts.pop("5")  # never told
    desk.clock.forward(23 * 3600)
    assert not (await desk.pull()).full
    desk.clock.forward(2 * 3600)
    assert (await desk.pull()).full
    assert desk.cached() == desk.vendor.bodies()


@pytest.mark.parametrize("jump", [-10 * 365 * 86400, -3600, 3600, 10 * 365 * 86400])
async def test_a_wall_clock_that_jumps_loses_nothing(desk: Desk, jump: float) -> None:
    await desk.pull()
    desk.clock.moment += timedelta(seconds=jump)
    desk.vendor.edit("2", name="After the jump")
    desk.vendor.remove("3")
    await desk.pull()
    assert desk.cached() == desk.vendor.bodies()


async def test_a_list_without_a_page_is_an_odd_answer(desk: Desk) -> None:
    class Silent:
        whole = False

        async def get(self, remote_id: str) -> object:
            return await desk.vendor.get(remote_id)

        async def pages(self, cursor: object) -> object:
            return
            yield

    await desk.pull()
    assert (await desk.pull(full=True, source=Silent())).phase is Phase.FAILED  # type: ignore[arg-type]
    assert len(desk.cached()) == 25


# ── odd records, erasure ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.expect_log
async def test_one_odd_record_never_stops_a_page(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.helpers import desk as module
    from tests.helpers.memory_vendor import summarise

    def fragile(raw: dict[str, object]) -> object:
        if raw["id"] == 13:
            raise ValueError("odd")
        return summarise(raw)

    monkeypatch.setattr(module, "summarise", fragile)
    assert (await desk.pull()).phase is Phase.DONE
    assert desk.cached() == desk.vendor.bodies()


async def test_entries_that_were_no_contacts_are_told(desk: Desk) -> None:
    class Odd:
        whole = False

        async def get(self, remote_id: str) -> object:
            return await desk.vendor.get(remote_id)

        async def pages(self, cursor: object) -> object:
            async for page in desk.vendor.pages(cursor):  # type: ignore[arg-type]
                yield Page(page.contacts, page.number, page.removed, page.after, page.total + 3, page.pages,
                           page.next_since, page.full, odd=1)  # fmt: skip

    result = await desk.pull(source=Odd())  # type: ignore[arg-type]
    assert (result.phase, result.odd) == (Phase.DONE, 3)
    assert desk.board.last.hint == "3 entries could not be read and were left out."


async def test_a_contact_whose_time_to_be_forgotten_has_come_is_erased(desk: Desk) -> None:
    await desk.pull()
    desk.vendor.edit("9", forget_at="2026-11-01T00:00:00Z")
    desk.vendor.edit("10", forget_at="2030-11-01T00:00:00Z")
    assert (await desk.pull()).phase is Phase.DONE
    assert "9" not in desk.cached()
    assert "10" in desk.cached()
    result = await desk.pull(full=True)
    assert not result.unsettled
    assert sum(request == "page 1" for request in desk.vendor.requests[-3:]) == 1


# ── stopping ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_cancel_leaves_the_checkpoint_and_says_where_it_stopped(desk: Desk) -> None:
    third, never = asyncio.Event(), asyncio.Event()

    async def pause(page: int) -> None:
        if page == 3:
            third.set()
            await never.wait()

    desk.vendor.pause = pause
    task = asyncio.ensure_future(desk.pull())
    await third.wait()
    while desk.board.of(desk.id).text != "Page 2 of 3":
        await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert desk.board.last.phase is Phase.STOPPED
    assert desk.board.last.text == "Stopped after page 2 of 3."
    assert desk.checkpoint() == 3
    desk.vendor.pause = None
    desk.vendor.requests.clear()
    await desk.pull()
    assert desk.vendor.requests == ["page 3", "page 1"]  # the second asks what was deleted while it paused
    assert desk.cached() == desk.vendor.bodies()


async def test_the_next_page_is_fetched_while_this_one_is_stored(desk: Desk) -> None:
    """Page 2 is asked for before page 1 is committed."""
    order: list[str] = []
    seams.set_gate(order.append)
    desk.vendor.before_read = lambda _vendor, page: order.append(f"ask {page}")
    await desk.pull()
    steps = [step for step in order if step.startswith("ask") or step == "pull.page.after_commit"]
    assert steps.index("ask 2") < steps.index("pull.page.after_commit")
    assert steps.count("pull.page.after_commit") == 3


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("full", [True, False])
def test_killed_at_any_step_it_goes_on_and_ends_equal(tmp_path: object, full: bool) -> None:
    """The n-th gate kills, for n = 1, 2, 3 … until a run ends unhurt."""
    for fatal in range(1, 100):
        desk = Desk(tmp_path / f"{full}{fatal}.db", 25)  # type: ignore[operator]
        if not full:
            desk.run()
        for number in range(1, 6):
            if not full:
                desk.vendor.remove(str(number))
        for number in range(6, 22):
            desk.vendor.edit(str(number))
        since = desk.since()
        passed = 0

        def gate(name: str, fatal: int = fatal) -> None:
            nonlocal passed
            passed += 1
            if passed == fatal:
                raise Killed(name)

        seams.set_gate(gate)
        try:
            desk.run()
            unhurt = True
        except Killed as killed:
            unhurt = False
            if "finish.after" not in str(killed) and "write: after" not in str(killed):
                assert desk.since() == since
        seams.set_gate(None)
        desk.restart()
        desk.run()
        assert desk.cached() == desk.vendor.bodies()
        desk.close()
        if unhurt:
            return
    raise AssertionError("the run never ended unhurt")


# ── vendors whose every listing brings everything ────────────────────────────────────────────────────────────────────


@pytest.fixture
def whole(desk: Desk) -> Desk:
    desk.vendor.whole = True
    return desk


def later(desk: Desk) -> None:
    """Beyond the vendor's tolerance."""
    desk.vendor.ticks += 10


async def test_where_nothing_changed_one_request_confirms_everything(whole: Desk) -> None:
    later(whole)
    await whole.pull()
    since, before = whole.since(), whole.cached()
    whole.clock.forward(600)
    whole.vendor.requests.clear()
    result = await whole.pull()
    assert whole.vendor.requests == ["page 1"]
    assert (result.phase, result.new, result.changed, result.removed) == (Phase.DONE, 0, 0, 0)
    assert whole.board.last.text == "Nothing has changed."
    assert (whole.cached(), whole.since(), whole.checkpoint()) == (before, since, None)
    assert whole.account.checked_at == seams.iso(NOON + timedelta(minutes=10))


async def test_where_anything_changed_everything_is_read_and_what_is_missing_goes(whole: Desk) -> None:
    later(whole)
    await whole.pull()
    later(whole)
    whole.vendor.edit("3", name="Renamed")
    whole.vendor.remove("4")
    whole.vendor.make(name="New")
    result = await whole.pull()
    assert (result.full, result.new, result.changed, result.removed) == (True, 1, 1, 1)
    assert whole.cached() == whole.vendor.bodies()


async def test_once_a_day_and_on_demand_it_is_read_unasked(whole: Desk) -> None:
    later(whole)
    await whole.pull()
    whole.vendor.requests.clear()
    await whole.pull(full=True)
    assert whole.vendor.requests == ["page 1", "page 2", "page 3"]
    whole.clock.forward(25 * 3600)
    whole.vendor.requests.clear()
    await whole.pull()
    assert whole.vendor.requests == ["page 1", "page 2", "page 3"]


async def test_an_interrupted_whole_listing_goes_on_and_misses_nothing(whole: Desk) -> None:
    later(whole)
    await whole.pull()
    later(whole)
    whole.vendor.edit("3", name="Renamed")
    whole.vendor.faults.extend([None, None, OfflineError("No connection.")])
    assert (await whole.pull()).phase is Phase.OFFLINE
    whole.vendor.remove("5")
    whole.restart()
    for _ in range(2):
        assert (await whole.pull()).phase is Phase.DONE
    assert whole.cached() == whole.vendor.bodies()


async def test_unchanged_where_nobody_asked_is_no_answer(whole: Desk) -> None:
    class Odd(MemoryVendor):
        async def pages(self, cursor):
            yield Page((), number=1, unchanged=True)

    result = await whole.pull(source=Odd(whole=True))
    assert result.phase is Phase.FAILED
    assert whole.cached() == {}


async def test_a_contact_that_may_no_longer_be_seen_goes_where_everything_is_listed(whole: Desk) -> None:
    later(whole)
    await whole.pull()

    class Blind(MemoryVendor):
        async def get(self, remote_id: str) -> object:
            raise ForbiddenError("This is another contact's profile.")

    other = Blind(whole=True)
    other.make(id="900")
    result = await whole.pull(source=other, full=True, removals=Removals(agreed=25))
    assert result.phase is Phase.DONE
    assert set(whole.cached()) == {"900"}


async def test_after_other_contacts_were_selected_the_old_ones_go_unasked(whole: Desk) -> None:
    """They may be at the vendor all the same: asking for each would bring them back for ever."""
    later(whole)
    await whole.pull()
    config = {**whole.account.config, RESELECTED: "yes"}
    whole.database.write_sync(lambda c, t: accounts.update(c, t, whole.id, config=config))
    everything = dict(whole.vendor.contacts)
    few = MemoryVendor(whole=True)
    few.contacts = {"7": everything["7"]}
    few.requests.clear()
    result = await whole.pull(source=few, full=True)
    assert (result.phase, result.removed) == (Phase.DONE, 24)
    assert few.requests == ["page 1"]
    assert RESELECTED not in whole.account.config


async def test_after_an_interrupted_whole_listing_the_next_check_reads_everything_unasked(whole: Desk) -> None:
    """A contact may have moved onto a page that had been read; nobody would ask for it where nothing changes later."""
    whole.vendor.order = lambda raw: -int(raw["id"])
    later(whole)
    whole.vendor.faults.extend([None, OfflineError("No connection.")])
    assert (await whole.pull()).phase is Phase.OFFLINE
    whole.vendor.remove("25")
    whole.vendor.make()
    whole.restart()
    assert (await whole.pull()).phase is Phase.DONE
    assert whole.since() == ""
    later(whole)
    assert (await whole.pull()).phase is Phase.DONE
    assert whole.cached() == whole.vendor.bodies()
    assert whole.since() != ""
