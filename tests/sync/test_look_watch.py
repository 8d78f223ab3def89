"""Rows whose answer was lost are looked up by themselves: three times, and nothing is sent by that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from crmdesk.core.errors import ForbiddenError, OfflineError, StorageError
from crmdesk.sync.look_watch import LONGEST, PAUSES, TRIES, Looks, LookWatch
from tests.helpers.submission_world import World, empty_file, lost


class Watched:
    """A world with two rows of which nobody knows whether they arrived, and the looks at them."""

    def __init__(self) -> None:
        self.world = World(empty_file())
        self.asked: list[int] = []
        self.fault: Exception | None = None
        self.looks = LookWatch(
            self.world.database, self.world.clock, self.world.desk, self._look_up, self.world.verbs.can_look_up  # type: ignore[arg-type]
        )  # fmt: skip
        self.looks.running = True  # asked by hand

    async def _look_up(self, number: int) -> object:
        self.asked.append(number)
        if self.fault is not None:
            raise self.fault
        return await self.world.verbs.look_up(number)

    def told(self) -> list[set[int]]:
        """Submissions of which each commit says that they moved."""
        return [one.submissions for one in self.world.database.touched]

    async def lose(self) -> int:
        self.world.vendor.script.append(lost)
        return await self.world.sent(["a", "b"])

    async def pass_by(self, seconds: float) -> None:
        """Time goes on in steps, as it does."""
        for _ in range(int(seconds // 10)):
            self.world.clock.forward(10)
            await self.looks.ask_due()


@pytest.fixture
async def watched() -> AsyncIterator[Watched]:
    made = Watched()
    yield made
    await made.looks.aclose()


async def test_what_arrived_is_found_after_a_minute_and_nothing_is_sent(watched: Watched) -> None:
    number = await watched.lose()
    assert watched.world.stages(number) == "uu"
    await watched.pass_by(PAUSES[0] - 10)
    assert not watched.asked
    await watched.pass_by(10)
    assert watched.asked == [number] and watched.world.stages(number) == "ss"
    await watched.pass_by(3600)
    assert watched.asked == [number] and len(watched.world.vendor.calls) == 1


async def test_what_is_not_there_is_asked_for_three_times_and_stays_unknown(watched: Watched) -> None:
    number = await watched.lose()
    watched.world.vendor.hidden = True
    times = []
    for step in range(1, 400):
        before = len(watched.asked)
        await watched.pass_by(10)
        times += [step * 10] * (len(watched.asked) - before)
    assert times == [60, 120, 720]
    assert watched.world.stages(number) == "uu" and len(watched.world.vendor.calls) == 1
    assert "does not have it so far" in watched.world.rows(number)[0].note


async def test_people_see_when_it_is_asked_next(watched: Watched) -> None:
    number = await watched.lose()
    watched.world.vendor.hidden = True
    shown = await watched.looks.of(number)
    assert (shown.next_at, shown.done) == (watched.world.clock.now() + timedelta(seconds=60), 0)
    await watched.pass_by(60)
    assert (await watched.looks.of(number)).done == 1
    await watched.pass_by(700)
    assert await watched.looks.of(number) == type(shown)(None, 3)
    assert await watched.looks.of(number + 1) == type(shown)(None, 0)
    watched.looks.running = False
    assert await watched.looks.of(number) == type(shown)(None, 0)


async def test_no_time_is_shown_that_passes_without_a_question(watched: Watched) -> None:
    """While somebody works off-line nothing is asked; the panel is told when they go off-line, and when they return."""
    number = await watched.lose()
    assert (await watched.looks.of(number)).next_at is not None
    before = len(watched.told())
    watched.world.desk.working_offline = True
    watched.looks.show()
    async with asyncio.timeout(5):
        while len(watched.told()) == before:
            await asyncio.sleep(0)
    assert watched.told()[before:] == [{number}]
    assert await watched.looks.of(number) == Looks(None, 0)
    watched.world.clock.forward(3600)
    watched.world.desk.working_offline = False
    assert (await watched.looks.of(number)).next_at == watched.world.clock.now(), "not a time that has passed"


async def test_a_look_that_came_to_nothing_is_shown_at_once(watched: Watched) -> None:
    number = await watched.lose()
    before = len(watched.told())
    watched.fault = OfflineError("No line.")
    await watched.pass_by(60)
    assert watched.asked == [number] and watched.told()[before:] == [{number}]
    assert (await watched.looks.of(number)).next_at == watched.world.clock.now() + timedelta(seconds=120)


async def test_without_a_line_it_is_tried_again_less_and_less_often_and_not_for_ever(watched: Watched) -> None:
    number = await watched.lose()
    watched.fault = OfflineError("No line.")
    await watched.pass_by(3600)
    assert 5 < len(watched.asked) < TRIES
    watched.fault = None
    await watched.pass_by(600)
    assert watched.world.stages(number) == "ss"


async def test_what_cannot_be_asked_is_left_alone(watched: Watched) -> None:
    await watched.lose()
    watched.fault = ForbiddenError("This vendor cannot be asked.")
    await watched.pass_by(3600)
    assert len(watched.asked) == 1


async def test_an_account_that_was_removed_is_not_asked(watched: Watched) -> None:
    await watched.lose()
    watched.looks._can = no
    await watched.pass_by(3600)
    assert watched.asked == []


async def no(_number: int) -> bool:
    return False


async def test_rows_that_left_long_ago_are_a_persons(watched: Watched) -> None:
    await watched.lose()
    watched.world.clock.forward(LONGEST.total_seconds() + 60)
    await watched.pass_by(3600)
    assert watched.asked == []


async def test_a_time_that_nobody_of_ours_wrote_does_not_end_the_questions(watched: Watched) -> None:
    number = await watched.lose()
    watched.world.native.execute("UPDATE submission_row SET sent_at='some day'")
    assert (await watched.looks.of(number)).next_at == watched.world.clock.now() + timedelta(seconds=60)
    await watched.pass_by(60)
    assert watched.asked == [number] and watched.world.stages(number) == "ss"


async def test_after_a_start_it_goes_on(watched: Watched) -> None:
    """What was on its way when the program ended is unknown, and looked up once its minute has passed."""
    number = await watched.lose()
    watched.world.clock.forward(3600)
    await watched.looks.ask_due()
    assert watched.asked == [number] and watched.world.stages(number) == "ss"


async def test_it_runs_by_itself(watched: Watched) -> None:
    number = await watched.lose()
    watched.looks.start()
    watched.world.clock.forward(60)
    watched.looks.wake()
    async with asyncio.timeout(5):
        while watched.world.stages(number) != "ss":
            await asyncio.sleep(0)


@pytest.mark.expect_log
@pytest.mark.parametrize("fault", [StorageError("The disk is full."), KeyError("an odd list")], ids=["disk", "ours"])
async def test_rows_whose_look_fails_hold_up_no_others_and_are_not_asked_for_ever(
    watched: Watched, fault: Exception
) -> None:
    first, second = await watched.lose(), await watched.lose()

    async def look_up(number: int) -> object:
        watched.asked.append(number)
        if number == first:
            raise fault
        return await watched.world.verbs.look_up(number)

    watched.looks._look_up = look_up
    await watched.pass_by(12 * 3600)
    assert watched.world.stages(second) == "ss"
    assert watched.asked.count(first) == TRIES
