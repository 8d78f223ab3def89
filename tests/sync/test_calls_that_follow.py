"""A call that leaves while the rows of the one before are settled: what is on the disk at each moment, and what a start
makes of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from crmdesk.core import seams
from crmdesk.core.errors import InDoubtError, KnownError, StorageError
from crmdesk.core.submission import CallStage, Pause, RowStage, SubmissionStage
from crmdesk.store import call_reads, restarts
from crmdesk.sync import submission_call, submission_sending
from tests.helpers.submission_world import Vendor, World, answer, empty_file, went_well

KEYS = ["a", "b", "c", "d", "e", "f"]
Step = tuple[str, str, str]  # gate, stages of calls, stages of rows


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def world() -> World:
    return World(empty_file())


@pytest.fixture(autouse=True)
def gates() -> Iterator[None]:
    yield
    seams.set_gate(None)


def at(name: str, act: Callable[[], None], *, times: int = 1, skip: int = 0) -> None:
    """`act` where the program passes this gate, behind the first `skip`, so many times."""
    passed = 0

    def gate(passing: str) -> None:
        nonlocal passed
        if passing == name:
            passed += 1
            if skip < passed <= skip + times:
                act()

    seams.set_gate(gate)


def calls_of(world: World, number: int) -> str:
    return " ".join(call.stage.value for call in call_reads.of_submission(world.native, number))


async def sealed(world: World, keys: list[str] = KEYS, **how: int) -> int:
    number = await world.draft(keys, **how)
    await world.verbs.send(number, "Maria")
    return number


async def test_before_a_byte_leaves_the_answer_before_it_and_its_own_claim_are_in_one_commit(world: World) -> None:
    number = await sealed(world)
    seen: list[Step] = []

    def look(gate: str) -> None:
        if gate in ("submission.answer.before_commit", "submission.answer.after_commit", "submission.call.sending"):
            seen.append((gate.removeprefix("submission."), calls_of(world, number), world.stages(number)))

    seams.set_gate(look)
    await world.pump()
    assert seen[:4] == [
        ("call.sending", "sending sealed sealed", "ggqqqq"),
        ("answer.before_commit", "answered sending sealed", "ggggqq"),
        ("answer.after_commit", "answered sending sealed", "ggggqq"),
        ("call.sending", "settled sending sealed", "ssggqq"),
    ]
    assert world.stages(number) == "ssssss" and world.vendor.calls == [["a", "b"], ["c", "d"], ["e", "f"]]


async def test_the_counter_and_the_ledger_have_it_before_a_byte_leaves(world: World) -> None:
    number = await sealed(world)
    seen = []

    def look() -> None:
        install = restarts.install_of(world.native)
        mark = world.epochs.read(install)
        (out,) = [c for c in call_reads.of_submission(world.native, number) if c.stage is CallStage.SENDING]
        assert mark is not None and (mark.number, mark.token) == (restarts.epoch_of(world.native), out.token)
        rows = [row for row in world.rows(number) if row.stage is RowStage.SENDING]
        assert [world.lines(row.id)[0].stage for row in rows] == [RowStage.SENDING] * 2
        seen.append(out.number)

    world.vendor.before_send = look
    await world.pump()
    assert seen == [1, 2, 3]


@pytest.mark.parametrize("crash", range(1, 34))
async def test_killed_at_any_step_at_most_the_call_that_was_out_is_unknown(world: World, crash: int) -> None:
    """And what was answered is known, although its rows had not been settled. Between the counter's raising and the
    commit behind it the next call is in doubt, too: a copy of this folder may have sent it."""
    number = await sealed(world)
    passed, answered, died = 0, 0, ""

    def kill(gate: str) -> None:
        nonlocal passed, answered, died
        passed += 1
        if passed >= crash:
            died = died or gate
            raise Killed
        answered += gate == "submission.answer.after_commit"

    seams.set_gate(kill)
    with contextlib.suppress(Killed):
        await world.pump()
    seams.set_gate(None)
    world = world.again()
    await world.verbs.recover()
    stages, there = world.stages(number), world.vendor.counts()
    doubted = 2 if died in ("submission.epoch.raised", "submission.answer.before_commit") else 0
    assert stages.count("u") in {0, 2, 2 + doubted} and "g" not in stages and "q" not in stages
    assert stages.count("s") >= 2 * answered, "an answer that was kept is settled"
    assert all(count == 1 for count in there.values())
    for row, stage in zip(world.rows(number), stages, strict=True):
        assert stage != "s" or there[row.values["key"]], "told to be sent"
        assert stage != "n" or not there[row.values["key"]], "told not to be sent"
    await world.pump()
    assert world.vendor.counts() == there, "nothing goes by itself"
    assert call_reads.unknown_in_row(world.native) in {stages.count("u") // 2, (stages.count("u") - 2) // 2}


def test_the_kills_reach_the_last_step() -> None:
    async def count() -> int:
        world, passed = World(empty_file()), 0
        await sealed(world)

        def pass_by(_gate: str) -> None:
            nonlocal passed
            passed += 1

        seams.set_gate(pass_by)
        await world.pump()
        return passed

    assert 20 < asyncio.run(count()) <= 33


async def test_a_doubt_in_the_answer_stops_the_next_call(world: World) -> None:
    world.vendor.script.append(lambda vendor, rows: answer(vendor.make(rows)[:1], []))
    number = await sealed(world)
    await world.pump()
    assert (world.stages(number), len(world.vendor.calls)) == ("suqqqq", 1)
    assert (await world.verbs.get(number)).pause is Pause.UNKNOWN


async def test_after_the_trial_nothing_follows_by_itself(world: World) -> None:
    number = await sealed(world, trial=1)
    await world.pump()
    assert (world.stages(number), world.vendor.calls) == ("sqqqqq", [["a"]])


@pytest.mark.parametrize("verb", ["pause", "stop"])
async def test_a_person_who_stops_while_a_call_is_out_stops_the_next_one(world: World, verb: str) -> None:
    number = await sealed(world)
    real = world.vendor.send

    async def send(*given: Any) -> Any:
        if len(world.vendor.calls) == 1:
            await getattr(world.verbs, verb)(number)
        return await real(*given)

    world.vendor.send = send  # type: ignore[method-assign]
    await world.pump()
    assert world.stages(number) == ("ssssqq" if verb == "pause" else "ssssnn")
    assert len(world.vendor.calls) == 2


async def test_three_in_a_row_are_counted_although_calls_follow_each_other(world: World) -> None:
    def lost(vendor: Vendor, rows: list[dict[str, Any]]) -> Any:
        raise InDoubtError("The line dropped.")

    world.vendor.script.extend([went_well, lost, lost, went_well, lost])
    number = await sealed(world, per_call=1)
    for _ in range(4):
        await world.pump()
        with contextlib.suppress(KnownError):
            await world.verbs.go_on(number)
    assert world.stages(number) == "suusus" and call_reads.unknown_in_row(world.native) == 0


async def test_an_account_that_others_wait_for_is_given_to_them(world: World) -> None:
    """Calls follow each other for a second, then the lane is free for a moment."""
    number = await sealed(world)
    held: list[bool] = []
    real = world.vendor.send

    async def send(*given: Any) -> Any:
        if len(world.vendor.calls) == 1:
            world.clock.forward(submission_sending.SERIES)
            held.append(world.desk.lane(1).locked())
            waiting.append(asyncio.create_task(another()))
            await asyncio.sleep(0)
        return await real(*given)

    async def another() -> None:
        async with world.desk.lane(1):
            held.append(len(world.vendor.calls) == 2)

    waiting: list[asyncio.Task[None]] = []
    world.vendor.send = send  # type: ignore[method-assign]
    await world.pump()
    assert held == [True, True] and world.stages(number) == "ssssss"


async def test_working_offline_stops_what_would_follow(world: World) -> None:
    number = await sealed(world)
    world.vendor.before_send = lambda: setattr(world.desk, "working_offline", True)
    await world.pump()
    assert world.stages(number) == "ssqqqq"


async def test_a_change_of_the_account_waits_for_no_second_call(world: World) -> None:
    await sealed(world)
    world.vendor.before_send = lambda: setattr(world.desk, "changing", True)
    assert await world.verbs.sending._next_there(1)
    assert len(world.vendor.calls) == 1, "the lane is free for the change behind it"


@pytest.mark.expect_log
async def test_a_full_disk_costs_no_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither where the answer is kept with the next claim, nor where rows are settled beside the next call."""
    monkeypatch.setattr(submission_call, "KEPT_TRIES", (0.0, 0.0))

    def full() -> None:
        raise StorageError("The disk is full.")

    number = await sealed(world)
    at("submission.answer.before_commit", full)
    await world.pump()
    assert world.stages(number) == "ssssss"

    other = await sealed(world, ["u", "v", "w", "x", "y", "z"])
    at("submission.settled.before_commit", full, times=3)
    await world.pump()
    assert world.stages(other) == "ggssqq" and calls_of(world, other) == "answered settled sealed"
    seams.set_gate(None)
    world.clock.forward(10)
    await world.pump()
    assert world.stages(other) == "ssssss" and set(world.vendor.counts().values()) == {1}


@pytest.mark.expect_log
async def test_where_another_copy_is_in_use_the_answer_is_kept_and_nothing_follows(world: World) -> None:
    number = await sealed(world)

    def another() -> None:
        install = restarts.install_of(world.native)
        mark = world.epochs.read(install)
        assert mark is not None
        assert world.epochs.swap(install, mark, type(mark)(mark.number + 5))

    world.vendor.before_send = another
    await world.pump()
    assert (world.stages(number), len(world.vendor.calls)) == ("ssuuuu", 1)


@pytest.mark.parametrize("gate", ["submission.answer.before_commit", "submission.answer.after_commit"])
async def test_cancelled_where_a_call_was_claimed_behind_another_it_goes_back(world: World, gate: str) -> None:
    number = await sealed(world)

    def cancel() -> None:
        raise asyncio.CancelledError

    at(gate, cancel)
    with pytest.raises(asyncio.CancelledError):
        await world.pump()
    assert calls_of(world, number) == "answered sealed sealed" and world.stages(number) == "ggqqqq"
    assert not world.lines(world.ids(number)[2]), "it did not leave"
    seams.set_gate(None)
    later = world.again()
    await later.verbs.recover()
    assert later.stages(number) == "ssnnnn"


@pytest.mark.expect_log
async def test_a_call_that_was_altered_does_not_follow_and_is_set_aside(world: World) -> None:
    number = await sealed(world)
    _, second, _ = call_reads.of_submission(world.native, number)
    world.native.execute("UPDATE call SET body=? WHERE id=?", (b"[]", second.id))
    with contextlib.suppress(KnownError, Exception):
        await world.pump()
    found = await world.verbs.get(number)
    assert (world.stages(number), found.pause, found.stage) == ("ssqqqq", Pause.FAULT, SubmissionStage.PAUSED)


@pytest.mark.expect_log
async def test_a_call_whose_rows_do_not_fit_costs_the_one_before_nothing(world: World) -> None:
    number = await sealed(world)
    world.native.execute("UPDATE submission_row SET stage='not sent' WHERE position=2")
    with contextlib.suppress(KnownError, Exception):
        await world.pump()
    found = await world.verbs.get(number)
    assert (world.stages(number), found.pause) == ("ssnqqq", Pause.FAULT)
    assert len(world.vendor.calls) == 1


async def test_an_answer_is_not_kept_waiting_by_what_is_read_ahead(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else reads for long."""
    monkeypatch.setattr(submission_call, "PATIENCE", 0.0)
    number = await sealed(world)
    real = world.database.read

    async def read(fn: Any, **how: Any) -> Any:
        if "_look_ahead" in fn.__qualname__:
            await asyncio.sleep(3600)
        return await real(fn, **how)

    monkeypatch.setattr(world.database, "read", read)
    await asyncio.wait_for(world.pump(), 5)
    assert world.stages(number) == "ssssss" and len(world.vendor.calls) == 3
